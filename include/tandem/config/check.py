# SPDX-License-Identifier: Apache-2.0
"""What can be told of one side without asking its tracker: each problem with its line and its fix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tandem.config.check_texts import check_composed, check_sent, check_where, within
from tandem.config.codes import Code
from tandem.config.models import NOBODY, TWIN, FieldRule, Side
from tandem.config.traits import HUB_FIELDS, TWIN_FIELDS, is_declared, values_of
from tandem.config.validate import did_you_mean
from tandem.connectors.base import SystemTraits
from tandem.errors import Problem

Values = Mapping[str, tuple[int | str, ...]]

# Which kinds of fields a key of a field means anything for.
_KINDS = {
    "map": ("choice", "scalar", "set"),
    "otherwise": ("choice", "scalar", "set"),
    "ignore": ("choice", "scalar", "people", "set"),
    "when": ("choice", "scalar"),
    "too_long": ("text", "rich"),
    "fallback": ("people",),
    "only": ("set",),
}


def check_side(side: Side, traits: SystemTraits, values: Values) -> Iterator[Problem]:
    """Check one side by itself. ``values`` are the hub values that the pair adds."""
    for rule in side.fields.values():
        yield from _field(side, rule, traits)
        for at, one in rule.maps():
            yield from _map(side, one, at, values)
        yield from _never(side, rule)
        yield from check_where(side, rule, values)
    for rule in side.sent.values():
        yield from check_sent(side, rule, values)
        yield from _never(side, rule)
        yield from check_where(side, rule, values)
    yield from _natives(side)
    yield from _transitions(side, traits)
    if side.closed not in traits.closed:
        what = f"On {side.system} a closed ticket cannot be treated as `{side.closed}`."
        yield side.problem(Code.CLOSED, what, f"Choose one of: {', '.join(sorted(traits.closed))}.", "closed")
    if not side.has("scope"):
        fix = f"Add scope: with conditions on native fields, such as [{{field: {_place(traits)}, is: …}}]."
        yield side.problem(Code.SCOPE, "The offer does not say which tickets it offers.", fix, "scope")
    elif not side.scope:
        what = "The scope takes in every ticket that the account can see."
        fix = f"Name at least the place: scope: [{{field: {_place(traits)}, is: …}}]."
        yield side.problem(Code.EVERYTHING, what, fix, "scope", warning=True)
    elif is_open(side, traits):
        what = "The scope takes in every ticket of its place, whoever opens one and whatever stands in it."
        yield side.problem(Code.EVERYTHING, what, narrower(traits), "scope", warning=True)
    yield from _create(side, traits)
    yield from _options(side, traits)
    if side.attachments is not None and not side.has("attachments.unreferenced"):
        what = "Files travel, and nothing is said about those that no text of the ticket shows."
        fix = "Add `unreferenced: send` (most files in most trackers) or `unreferenced: hold`."
        yield side.problem(Code.UNREFERENCED, what, fix, "attachments")
    yield from _placeholders(side)


def is_open(side: Side, traits: SystemTraits | None) -> bool:
    """Tell whether a scope names no more than the place, if so much."""
    places = traits.places if traits is not None else frozenset()
    return all(condition.field in places for condition in side.scope) and side.query is None


def _place(traits: SystemTraits) -> str:
    return min(traits.places, default="project")


def narrower(traits: SystemTraits | None) -> str:
    """Say how a scope is made to take less than all."""
    example = f": {traits.narrow}" if traits is not None and traits.narrow else ""
    return f"Add a condition on what people set on those that may leave{example}."


def _field(side: Side, rule: FieldRule, traits: SystemTraits) -> Iterator[Problem]:
    key = f"fields.{rule.hub}"
    if rule.hub not in (*HUB_FIELDS, *TWIN_FIELDS) and not is_declared(rule.hub):
        fix = (
            f"{did_you_mean(rule.hub, (*HUB_FIELDS, *TWIN_FIELDS))} Fields of your own are called `x_…`, in lower case."
        )
        yield side.problem(Code.HUB_FIELD, f"There is no hub field `{rule.hub}`.", fix, key)
        return
    if rule.hub in TWIN_FIELDS:
        yield from _twin(side, rule)
        return
    if rule.is_composed:
        yield from check_composed(side, rule)
        return
    given = {name for name in (*_KINDS, "kind", "on_change") if side.has(f"{key}.{name}")}
    for name in sorted(given & _KINDS.keys()):
        if rule.kind not in _KINDS[name]:
            what = f"`{name}` means nothing for `{rule.hub}`, which is of kind {rule.kind}."
            yield side.problem(Code.NOT_FOR_KIND, what, f"Remove `{name}`.", f"{key}.{name}")
    if "kind" in given and rule.hub in HUB_FIELDS:
        what = f"The kind of `{rule.hub}` is always {rule.kind}."
        yield side.problem(Code.NOT_FOR_KIND, what, "Remove `kind`.", f"{key}.kind")
    create_only = rule.native in traits.create_only
    if rule.on_change and not create_only:
        what = f"On {side.system}, `{rule.native}` can be changed at any time: `on_change` means nothing for it."
        yield side.problem(Code.NOT_FOR_KIND, what, "Remove `on_change`.", f"{key}.on_change")
    if create_only and rule.comes_in and not rule.once and not rule.on_change:
        what = f"On {side.system}, `{rule.native}` is set at creation only."
        fix = "Say what a later change does: `on_change: comment` adds it as a comment, `on_change: ignore` leaves it."
        yield side.problem(Code.ON_CHANGE, what, fix, key)
    if rule.kind == "people" and rule.fallback not in (None, NOBODY) and not side.people.account(rule.fallback or ""):
        what = f"`{rule.fallback}` is not in the company's map of people."
        fix = did_you_mean(rule.fallback or "", (*side.people.accounts, NOBODY))
        yield side.problem(Code.ALIAS, what, fix, f"{key}.fallback")


def _twin(side: Side, rule: FieldRule) -> Iterator[Problem]:
    """A field that shows something of the other side's ticket is only ever written."""
    key = f"fields.{rule.hub}"
    senseless = ["kind", "once", "on_change", "too_long", "fallback", "only", "ignore"]
    senseless += ["direction"] if rule.direction != "in" else []
    senseless += ["map", "otherwise", "when"] if rule.hub != "twin.status" else []
    for name in senseless:
        if side.has(f"{key}.{name}"):
            what = f"`{name}` means nothing for `{rule.hub}`: it shows what the other side says, and is never read."
            yield side.problem(Code.NOT_FOR_KIND, what, f"Remove `{name}`.", f"{key}.{name}")


def _map(side: Side, rule: FieldRule, at: str, values: Values) -> Iterator[Problem]:
    """Check one of a field's maps. ``at`` is the key below the field at which it stands (empty, or ``when.0.``)."""
    key = f"fields.{rule.hub}.{at}"
    if rule.kind == "choice" and not rule.map:
        what = f"`{rule.hub}` is a field of choices and has no map."
        fix = f"Add map: {{{', '.join(f'{value}: …' for value in values_of(rule.hub) or ('value',))}}}."
        yield side.problem(Code.NO_MAP, what, fix, f"{key}map" if at else f"fields.{rule.hub}")
    known = (*values_of(rule.hub), *values.get(rule.hub.removeprefix(TWIN), ()))
    named = [(value, f"{key}map.{value}") for value in rule.map]
    if rule.otherwise_out is not None and side.has(f"{key}otherwise"):
        named.append((rule.otherwise_out, f"{key}otherwise.out"))
    for value, place in named:
        if known and value not in known:
            fix = f"{did_you_mean(str(value), map(str, known))} A pair can add values of its own under `values:`."
            yield side.problem(Code.HUB_VALUE, f"`{value}` is no value of `{rule.hub}`.", fix, place)
    if rule.goes_out:
        yield from _unreadable(side, rule, f"{key}map")
    if rule.otherwise_in is not None and side.has(f"{key}otherwise"):
        yield from _otherwise(side, rule, f"{key}otherwise.in")
    both = [native for names in rule.map.values() for native in names if native in rule.ignore]
    for native in both if side.has(f"{key}ignore") else ():
        what = f'"{native}" is in the map and under `ignore`.'
        yield side.problem(Code.AMBIGUOUS, what, "Remove it from one of the two.", f"{key}ignore")


def _never(side: Side, rule: FieldRule) -> Iterator[Problem]:
    """Find maps that no ticket comes to, because an entry before them fits all that they fit."""
    for number, entry in enumerate(rule.when):
        for earlier in rule.when[:number]:
            spots = _within(entry.place, earlier.place) and _within(entry.type, earlier.type)
            if spots and within(entry, earlier):
                what = "Each ticket that this entry fits is fitted by one before it."
                yield side.problem(
                    Code.NEVER, what, "Put it before it, or remove it.", f"fields.{rule.hub}.when.{number}"
                )
                break


def _within(names: Sequence[str], others: Sequence[str]) -> bool:
    return not others or (bool(names) and set(names) <= set(others))


def _unreadable(side: Side, rule: FieldRule, key: str) -> Iterator[Problem]:
    """Find native values that would read as several hub values (writing them is no trouble)."""
    stands_for: defaultdict[str, list[str]] = defaultdict(list)
    for value, names in rule.map.items():
        for native in dict.fromkeys(names):
            stands_for[native].append(str(value))
    for native, meant in stands_for.items():
        if len(meant) > 1:
            what = f'"{native}" stands for {" and ".join(f"`{value}`" for value in meant)}: it cannot be read.'
            fix = "Keep it under one of them, or make the field `direction: in`."
            yield side.problem(Code.AMBIGUOUS, what, fix, f"{key}.{meant[-1]}")


def _otherwise(side: Side, rule: FieldRule, key: str) -> Iterator[Problem]:
    """Find a stand-in that would not be read: the ticket would be set aside by our own write."""
    named = {*(name for names in rule.map.values() for name in names), *rule.ignore}
    if rule.kind == "set":
        what = f"`otherwise: {{in: …}}` means nothing for `{rule.hub}`: an element that has no word here stays at home."
        yield side.problem(Code.NOT_FOR_KIND, what, "Remove it, or put the element into the map.", key)
    elif rule.goes_out and rule.otherwise_out is None and rule.otherwise_in not in named:
        what = f'"{rule.otherwise_in}" is written for values that the map does not name, and the map cannot read it.'
        fix = "Put it into the map or under `ignore`, add `otherwise: {out: …}`, or make the field `direction: in`."
        yield side.problem(Code.NOT_READ_BACK, what, fix, key)


def _natives(side: Side) -> Iterator[Problem]:
    written: dict[str, str] = {}
    for rule in side.fields.values():
        if not rule.comes_in:
            continue
        if first := written.get(rule.native):
            what = f"`{first}` and `{rule.hub}` are both written into `{rule.native}`."
            fix = "Make one of them `direction: out`, or give it a field of its own."
            yield side.problem(Code.FIELD_TWICE, what, fix, f"fields.{rule.hub}")
        written.setdefault(rule.native, rule.hub)


def _transitions(side: Side, traits: SystemTraits) -> Iterator[Problem]:
    if side.transitions and not traits.workflow:
        what = f"{side.system} has no workflow: a status is written like any other field."
        yield side.problem(Code.TRANSITION, what, "Remove `transitions`.", "transitions")
        return
    status = side.fields.get("status")
    maps = [rule.map for _, rule in status.maps()] if status else []
    mapped = [native for one in maps for names in one.values() for native in names]
    for to in side.transitions:
        if to not in mapped:
            what = f'"{to}" is no status of the map.'
            yield side.problem(Code.TRANSITION, what, did_you_mean(to, mapped), f"transitions.{to}")


def _create(side: Side, traits: SystemTraits) -> Iterator[Problem]:
    if not side.has("create"):
        what = "The other side's new tickets are to be created here, and nothing is said about how."
        fix = "Add create: with native values beside the mapped fields ({} if none is needed), or `create: none`."
        yield side.problem(Code.CREATE, what, fix, "create")
    if side.create is None:
        return
    filled = {*side.create, *(rule.native for rule in side.fields.values() if rule.comes_in)}
    for native in traits.create_needs:
        if native not in filled:
            what = f"On {side.system} no ticket can be created without `{native}`."
            yield side.problem(Code.CREATE, what, f"Add it: create: {{{native}: …}}.", "create")


def _options(side: Side, traits: SystemTraits) -> Iterator[Problem]:
    for name in side.options:
        if name not in traits.options:
            what = f"{side.system} has no option `{name}`."
            fix = did_you_mean(name, traits.options) if traits.options else "Remove it."
            yield side.problem(Code.UNKNOWN_KEY, what, fix, f"options.{name}")
    for name, allowed in traits.options.items():
        value = side.options.get(name)
        shown = " or ".join(allowed) or "…"
        if value is None:
            what = f"{side.system} does not tell `{name}`, so the contract must."
            yield side.problem(Code.MISSING, what, f"Add it: options: {{{name}: {shown}}}.", "options")
        elif allowed and value not in allowed:
            what = f"`{value}` is no value of `{name}`."
            yield side.problem(Code.WRONG_VALUE, what, f"Write {shown}.", f"options.{name}")


def _placeholders(side: Side) -> Iterator[Problem]:
    """Find what :func:`tandem.config.start.new_contract` left to be filled in."""
    written: list[tuple[str, object]] = [("connection", side.connection), ("company", side.company)]
    written += [(f"options.{name}", value) for name, value in side.options.items()]
    written += [(f"create.{name}", value) for name, value in (side.create or {}).items()]
    written += [(f"fields.{rule.hub}", rule.native) for rule in side.fields.values()]
    written += [
        (f"scope.{n}", value) for n, item in enumerate(side.scope) for value in (item.field, item.is_, item.contains)
    ]
    for key, value in written:
        for text in _texts(value):
            if text.startswith("<") and text.endswith(">"):
                what = f"`{text}` has not been filled in."
                yield side.problem(Code.PLACEHOLDER, what, "Put your own value in its place.", key)


def _texts(value: object) -> Iterator[str]:
    """Give the texts in a value, however deep in lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value.values()])
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts(part)
