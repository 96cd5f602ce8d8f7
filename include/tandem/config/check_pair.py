# SPDX-License-Identifier: Apache-2.0
"""What can be told of two sides together. No message shows one company what is in the other's file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatch

from tandem.config.check_texts import check_told
from tandem.config.codes import Code
from tandem.config.models import TWIN, FieldRule, Pair, Side, hub_value
from tandem.config.template import names_in
from tandem.config.traits import HUB_FIELDS, HUB_VALUES, TWIN_FIELDS, is_declared, values_of
from tandem.config.validate import did_you_mean
from tandem.connectors.base import SystemTraits
from tandem.errors import Problem

Say = Callable[[Code, str, str, str], Problem]
"""Makes a problem of code, what, fix and key, in the file that holds the pair's rules."""

_REVEALED = {f"{TWIN}{part}": part for part in ("key", "url", "status")}


def check_sides(pair: Pair, traits: Mapping[str, SystemTraits]) -> Iterator[Problem]:
    """Check each side against what the other can send."""
    for side, other in ((pair.left, pair.right), (pair.right, pair.left)):
        for hub, rule in side.fields.items():
            sent = other.fields.get(hub.removeprefix(TWIN))
            if hub in TWIN_FIELDS and not _revealed(hub, other):
                what = f"The other side does not reveal `{hub}`."
                reveal = f"reveal: [{hub.removeprefix(TWIN)}]"
                fix = f"Remove the field, or ask {other.company} to offer it (`{reveal}`)."
                yield side.problem(Code.NOT_REVEALED, what, fix, f"fields.{hub}")
            elif rule.told:
                yield from _composed_there(side, rule, other.sent[hub])
            elif sent and rule.comes_in and (sent.goes_out or rule.of_twin):
                known = (*values_of(hub), *pair.values.get(hub.removeprefix(TWIN), ()))
                yield from _taken(side, rule, sent, known)
        yield from _like(side, other)
        yield from _comments(side, other, traits[side.system])
        yield from _files(side, other, traits[side.system])
        yield from check_told(side, other, frozenset(name for name in TWIN_FIELDS if _revealed(name, other)))


def _revealed(hub: str, other: Side) -> bool:
    """The company always is. A status must have a neutral word, too."""
    part = _REVEALED.get(hub)
    return part is None or (part in other.reveal and (part != "status" or "status" in other.fields))


def _like(side: Side, other: Side) -> Iterator[Problem]:
    """A field of one's own that two companies spell in two ways goes nowhere. The other's spelling is not shown."""
    ours, theirs = ({hub for hub in one.fields if is_declared(hub)} for one in (side, other))
    for hub in sorted(ours - theirs):
        if get_close_matches(hub, theirs - ours, 1, 0.85):
            what = f"The other side has no `{hub}`, but a field of a name like it: neither travels."
            fix = "Write the name that you agreed on, letter by letter, at both sides."
            yield replace(side.problem(Code.HUB_FIELD, what, fix, f"fields.{hub}"), warning=True)


def _taken(side: Side, rule: FieldRule, sent: FieldRule, known: Sequence[int | str]) -> Iterator[Problem]:
    maps = [one for _, one in sent.maps()]
    named = [*(value for one in maps for value in one.map), *(one.otherwise_out for one in maps)]
    can_come = dict.fromkeys(value for value in named if not known or value in known)  # else told as what it is
    for at, own in rule.maps():
        for value in can_come if own.map and own.otherwise_in is None else ():
            taken = rule.only is None or str(value) in rule.only
            if value is not None and value not in own.map and taken:
                what = f"The other side can send `{value}` as `{rule.hub}`, and nothing here stands for it."
                rest = (
                    "or name under `only` what is taken"
                    if rule.kind == "set"
                    else "or `otherwise: {in: …}` to the field"
                )
                fix = f"Add `{value}: …` to the map, {rest}."
                yield side.problem(Code.NOT_TAKEN, what, fix, f"fields.{rule.hub}.{at}map")


def _composed_there(side: Side, rule: FieldRule, sent: FieldRule) -> Iterator[Problem]:
    """A field for which the other side composes a text, or sets a value: it goes one way."""
    key = f"fields.{rule.hub}"
    if rule.kind in ("people", "set", "number", "date") and (sent.templates or rule.kind in ("people", "set")):
        what = f"What comes as `{rule.hub}` is a text, and the field is of kind {rule.kind}."
        yield side.problem(Code.NOT_FOR_KIND, what, "Take it into a field of text or of choices.", key)
    if rule.direction == "both":
        what = f"The other side composes `{rule.hub}`: what people write here stays here, until there is news."
        fix = "Write `direction: in`, unless another pair carries it on from here."
        yield side.problem(Code.COMPOSED, what, fix, key, warning=True)
    for at, own in rule.maps():
        for value in sent.values if own.map and own.otherwise_in is None else ():
            if hub_value(value) not in own.map:
                what = f"The other side can send `{value}` as `{rule.hub}`, and nothing here stands for it."
                fix = f"Add `{value}: …` to the map, or `otherwise: {{in: …}}` to the field."
                yield side.problem(Code.NOT_TAKEN, what, fix, f"{key}.{at}map")


def _comments(side: Side, other: Side, traits: SystemTraits) -> Iterator[Problem]:
    if other.comments.out != "none" and traits.private_comments and not side.has("comments.as"):
        what = f"{side.system} has public and internal comments; nothing is said about which are written."
        fix = "Add `as: public` or `as: internal` under `comments:`."
        yield side.problem(Code.COMMENTS_AS, what, fix, "comments")
    if side.comments.out == "all" and side.company != other.company:
        what = f"Internal comments would leave {side.company}."
        fix = "Write `out: public`; `all` is for two systems of one company."
        yield side.problem(Code.INTERNAL_OUT, what, fix, "comments.out")
    for name in names_in(side.comments.in_):
        if not _revealed(name, other):
            what = f"The other side does not reveal `{name}`; the heading leaves it out."
            fix = f"Remove it from the heading, or ask {other.company} to reveal it."
            yield side.problem(Code.NOT_REVEALED, what, fix, "comments.in", warning=True)


def _files(side: Side, other: Side, traits: SystemTraits) -> Iterator[Problem]:
    """Find files that the contract offers and that nobody will ever send, or store."""
    files = side.attachments
    if files is None:
        return
    reason = _unsent(side, other, traits)
    if reason is not None:
        what, fix, key = reason
        yield side.problem(Code.FILES, what, fix, f"attachments{key}", warning=True)


def _unsent(side: Side, other: Side, traits: SystemTraits) -> tuple[str, str, str] | None:
    """Say why no file leaves a side, how it would, and at which key; none: files may leave."""
    files = side.attachments
    assert files is not None
    if other.attachments is None:
        what = "Files are offered here, and the other side neither offers nor takes any: nobody will send them."
        return what, f"Ask {other.company} to write `attachments:` too, or write `attachments: none`.", ""
    if files.allow and all(any(fnmatch(kind, deny) for deny in files.deny) for kind in files.allow):
        what = "All kinds of files that are allowed are denied as well: nobody will send any."
        return what, "Take from `deny` what shall travel.", ".deny"
    if any(deny in ("*", "*/*") for deny in files.deny):
        return "All kinds of files are denied: nobody will send any.", "Name those that shall not travel.", ".deny"
    shown = side.comments.out != "none" or any(rule.goes_out for rule in side.fields.values() if rule.kind == "rich")
    if files.unreferenced == "hold" and side.has("attachments.unreferenced"):
        if not shown:
            what = "Only files that a text shows are sent, and no text leaves: nobody will send any."
            return what, "Write `unreferenced: send`, or offer comments or the description.", ".unreferenced"
        if traits.loose_files:
            what = f"On {side.system} files hang on the ticket, and hardly a text names one: next to none will be sent."
            return what, "Write `unreferenced: send`, unless only files that a text names shall go.", ".unreferenced"
    return None


def check_rules(pair: Pair, traits: Mapping[str, SystemTraits], say: Say) -> Iterator[Problem]:
    """Check the pair's own rules: for conflicts, for what it insists on, and for values of its own."""
    history = all(traits[side.system].history for side in (pair.left, pair.right))
    known = sorted(hub for hub in {*pair.left.fields, *pair.right.fields} if not hub.startswith(TWIN))
    rules = {"default": pair.conflicts.default, **pair.conflicts.fields}
    for hub, rule in rules.items():
        key = f"conflicts.{hub}"
        if rule == "newest" and not history:
            what = "The newest change cannot be told: one of the trackers has no readable history."
            yield say(Code.NEWEST, what, "Choose left, right or hold.", key)
        if hub == "default":
            continue
        if hub not in known:
            yield say(Code.HUB_FIELD, f"`{hub}` is no field of this pair.", did_you_mean(hub, (*known, "default")), key)
        elif reason := never(pair, hub, traits):
            yield say(Code.NO_CONFLICT, f"A rule for `{hub}` can never apply: {reason}.", "Remove it.", key)
    for n, hub in enumerate(sorted(pair.insist)):
        if hub not in known:
            yield say(Code.HUB_FIELD, f"`{hub}` is no field of this pair.", did_you_mean(hub, known), f"insist.{n}")
    for hub in pair.values:
        if hub not in HUB_VALUES and not is_declared(hub):
            fix = did_you_mean(hub, HUB_VALUES)
            what = f"`{hub}` has no values." if hub in HUB_FIELDS else f"There is no hub field `{hub}`."
            yield say(Code.HUB_FIELD, what, fix, f"values.{hub}")


def check_insisting(pair: Pair, traits: Mapping[str, SystemTraits], say: Say) -> Iterator[Problem]:
    """Find a side on which a pair insists in vain: nobody can tell there what its tracker did by itself."""
    blind = [side.name for side in (pair.left, pair.right) if not traits[side.system].history]
    if pair.insist and blind:
        where = " and ".join(f"`{name}`" for name in blind)
        what = f"On {where} no history tells what the tracker changed by itself: it is a change like any other there."
        fix = "Nothing to do if it may stand; else let the tracker's administrator switch that rule off."
        yield replace(say(Code.NEWEST, what, fix, "insist"), warning=True)


def never(pair: Pair, hub: str, traits: Mapping[str, SystemTraits]) -> str | None:
    """Say why the two sides can never disagree on a field, if so."""
    for side in (pair.left, pair.right):
        rule = side.fields.get(hub)
        if rule is None or rule.direction != "both" or rule.of_twin:
            return "the field does not go both ways"
        if rule.once:
            return "one side writes the field once"
        if rule.native in traits[side.system].create_only:
            return "one tracker sets the field at creation only, and `on_change` settles what comes later"
        if rule.kind == "set":
            return "sets are merged element by element"
    return None
