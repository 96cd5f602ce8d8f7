# SPDX-License-Identifier: Apache-2.0
"""The data dictionary of a pair: each shared field at both sides, which way it goes, its table, limits and samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tandem.check import Bound, SideReport
from tandem.config.composed import uses
from tandem.config.models import NOBODY, TWIN, FieldRule, Pair, Side, WhenRule, Which
from tandem.config.traits import TWIN_FIELDS
from tandem.config.units import spoken
from tandem.connectors.base import FieldInfo
from tandem.papers.page import Paper, Section
from tandem.papers.sides import called, in_short

MEANING = {
    "title": "what it is about, in one line",
    "description": "what was said when it was opened",
    "type": "what kind of thing it is: incident, problem, request, change, bug, feature, task",
    "status": "how far it is: new, in progress, pending, solved, closed",
    "priority": "how urgent it is, from 1 (highest) to 4",
    "assignee": "who works on it",
    "reporter": "who opened it",
    "labels": "words that people sort it by",
    "due": "until when it is to be done",
}
WAYS = {(True, True): "both ways", (True, False): "left to right", (False, True): "right to left"}
STAYS = "stays"
OWN = "made there of what comes"
Samples = Mapping[str, Sequence[str]]  # hub field → values as its side shows them


def dictionary(
    pair: Pair, reports: Sequence[SideReport], samples: Mapping[str, Samples], bound: Mapping[Which, Bound]
) -> Paper:
    """Describe what a pair carries, for both companies: what a contract has beside that stays in its house.

    ``samples``, and to what names are ``bound``, are by side (``left``, ``right``).
    """
    left, right = reports
    title = f"What {' and '.join(in_short(pair))} share"
    text = [
        f"Pair {pair.name}: {pair.left.name} (left) and {pair.right.name} (right), every {_minutes(pair)}. "
        "Values are told in each side's own words; a table says which stand for the same."
    ]
    tables = _tables(pair, Called(left, bound.get("left", Bound())), Called(right, bound.get("right", Bound())))
    return Paper(
        title, text, [_fields(pair, left, right), *tables, _things(pair, left, right), _samples(pair, samples)]
    )


@dataclass(frozen=True, slots=True)
class Called:
    """What a side's tracker calls its choices today."""

    report: SideReport
    bound: Bound

    def __call__(self, rule: FieldRule, name: str) -> str:
        """Give a name as the contract has it and, where it has changed since runs bound it, the tracker's."""
        info = self.report.found.fields.get(rule.native) if self.report.found else None
        now = self.bound.renamed(info, name) if info is not None else None
        return f"{name} (now {now})" if now else name


def _minutes(pair: Pair) -> str:
    seconds = int(pair.interval.total_seconds())
    return f"{seconds // 60} min" if seconds % 60 == 0 and seconds else f"{seconds} s"


def _fields(pair: Pair, left: SideReport, right: SideReport) -> Section:
    rows = []
    for hub in _hubs(pair):
        own, theirs = _rule(pair.left, hub), _rule(pair.right, hub)
        way = _way(own, theirs)
        rule = pair.conflicts.rule(hub) if way == "both ways" and not hub.startswith(TWIN) else "–"
        rows.append(
            (
                hub,
                OWN if _is_own(own or theirs) and not hub.startswith(TWIN) else _meaning(hub),
                _native(pair.left, own, left),
                _native(pair.right, theirs, right),
                way,
                rule,
                "; ".join(dict.fromkeys([*_policies("left", own), *_policies("right", theirs)])) or "–",
            )
        )
    head = ("field", "meaning", *called(pair), "goes", "both changed it", "rules")
    return Section("Fields", (), head, rows)


def _hubs(pair: Pair) -> list[str]:
    """The hub fields that go anywhere: what one side alone has is nobody else's."""
    known = dict.fromkeys(hub for side in (pair.left, pair.right) for hub in (*side.fields, *side.sent))
    shared = [hub for hub in known if _way(_rule(pair.left, hub), _rule(pair.right, hub)) != STAYS]
    return sorted(shared, key=lambda hub: (hub.startswith(TWIN), hub.startswith("x_")))


def _rule(side: Side, hub: str) -> FieldRule | None:
    """How a side holds a field, or what it composes of it for the other."""
    return side.sent.get(hub, side.fields.get(hub))


def _meaning(hub: str) -> str:
    return TWIN_FIELDS.get(hub) or MEANING.get(hub) or "agreed on by both companies"


def _way(left: FieldRule | None, right: FieldRule | None) -> str:
    one = left or right
    if one is not None and _is_own(one):
        if not one.hub.startswith(TWIN) and not uses(one):
            return STAYS  # always the same, whatever comes
        return "left to right" if left is None else "right to left" if right is None else "both ways"
    if left is None or right is None:
        return STAYS
    return WAYS.get((left.goes_out and right.comes_in, right.goes_out and left.comes_in), STAYS)


def _is_own(rule: FieldRule | None) -> bool:
    """Whether one side alone has the field: what is written there is its own choice."""
    return rule is not None and rule.is_own and rule.comes_in


def _native(side: Side, rule: FieldRule | None, report: SideReport) -> str:
    if rule is None:
        return "–"
    info = report.found.fields.get(rule.native) if report.found else None
    parts = [f'"{info.label}"' if info and info.label else "", rule.native, info.kind if info else rule.kind]
    return ", ".join(part for part in parts if part) + _limit(info)


def _limit(info: FieldInfo | None) -> str:
    if info is None:
        return ""
    longest = f", at most {info.max_length:,} characters" if info.max_length else ""
    return longest + (", required" if info.required else "") + ("" if info.writable else ", read only")


def _policies(which: str, rule: FieldRule | None) -> Iterator[str]:
    if rule is None:
        return
    for text in rule.templates:
        yield f"{which}: composed: {text}"
    if rule.values and _is_own(rule):  # which ones is nobody else's
        yield f"{which}: fixed values"
    for value in rule.values if not _is_own(rule) else ():
        yield f"{which}: always {value or 'empty'}"
    if rule.once:
        yield f"{which}: written at creation only"
    if rule.on_change is not None:
        told = "told in a comment" if rule.on_change == "comment" else "left out"
        yield f"{which}: set at creation only, a later change is {told}"
    if rule.kind in ("text", "rich") and rule.comes_in and rule.too_long != "quarantine":
        yield f"{which}: what is too long {'goes into a comment' if rule.too_long == 'comment' else 'is cut'}"
    if rule.kind == "people" and rule.comes_in:
        unknown = "left empty" if rule.fallback == NOBODY else rule.fallback or "left as it is"
        yield f"{which}: somebody unknown there: {unknown}"
    if rule.only is not None:
        yield f"{which}: only {', '.join(sorted(rule.only))}"


def _tables(pair: Pair, left: Called, right: Called) -> Iterator[Section]:
    """The value tables of both sides, by hub value."""
    for hub in _hubs(pair):
        own, theirs = _rule(pair.left, hub), _rule(pair.right, hub)
        values = dict.fromkeys(value for rule in (own, theirs) if rule for _, each in rule.maps() for value in each.map)
        if not values:
            continue
        rows = [(str(value), _names(own, value, left), _names(theirs, value, right)) for value in values]
        rows += [("any other", _otherwise(own), _otherwise(theirs))]
        yield Section(f"Values of {hub}", (), ("meaning", *called(pair)), rows)


def _names(rule: FieldRule | None, value: int | str, called: Called) -> str:
    """What stands for a hub value: the first is written, all are read; maps for some places say so."""
    if rule is None:
        return "–"
    told = []
    for number, (_, each) in enumerate(rule.maps()):
        names = each.map.get(value, ())
        if names:
            entry = rule.when[number - 1] if number else None
            where = f" (for {', '.join(_spots(entry))})" if entry else ""
            told.append(", ".join(called(rule, name) for name in names) + where)
    if not told and rule.otherwise_in is not None:
        return f"{called(rule, rule.otherwise_in)} (only written)"
    return "; ".join(told) or "–"


def _spots(entry: WhenRule) -> list[str]:
    """For which tickets an entry of `when` is."""
    return [*entry.place, *entry.type, *(f"{hub} {' or '.join(map(str, some))}" for hub, some in entry.where.items())]


def _otherwise(rule: FieldRule | None) -> str:
    if rule is None:
        return "–"
    told = []
    if rule.otherwise_in is not None:
        told.append(f"what comes is written as {rule.otherwise_in}")
    sent = f"sent as {rule.otherwise_out}" if rule.otherwise_out is not None else "set aside until it is mapped"
    told.append(f"what stands here is {sent}" if told else sent)
    if rule.ignore:
        told.append(f"no value: {', '.join(rule.ignore)}")
    return "; ".join(told)


def _things(pair: Pair, left: SideReport, right: SideReport) -> Section:
    """Comments, files, new and closed tickets."""
    rows = [("comments", _comments(left, pair.right), _comments(right, pair.left))]
    rows += [("files", _files(left), _files(right))]
    rows += [(what, say(pair.left), say(pair.right)) for what, say in _SAID]
    return Section("Comments, files and tickets", (), ("what", *called(pair)), rows)


def _comments(report: SideReport, other: Side) -> str:
    side = report.side
    told = {"public": "public ones leave", "all": "public and internal ones leave", "none": "none leaves"}
    if other.comments.out == "none":
        return f"{told[side.comments.out]}; none comes"
    hidden = other.comments.out == "all" and (side.comments.as_ == "public" or not report.internal_comments)
    also = ", internal ones as internal" if report.internal_comments else "; internal ones are not: there are none here"
    also = also if hidden else ""
    return f"{told[side.comments.out]}; the other side's are written as {side.comments.as_}{also}"


def _files(report: SideReport) -> str:
    rule, limit = report.side.attachments, report.largest_file
    if rule is None:
        return "none"
    size = f"up to {spoken(rule.up_to)}" if rule.up_to else "of any size"
    size += f" (the tracker takes {spoken(limit)})" if limit else ""
    kinds = [f"only {', '.join(rule.allow)}"] if rule.allow else []
    kinds += [f"not {', '.join(rule.deny)}"] if rule.deny else []
    loose = "also such as no text shows" if rule.unreferenced == "send" else "only such as a text shows"
    return ", ".join([size, *kinds, loose])


def _create(side: Side) -> str:
    return "are not made here" if side.create is None else "are made here"


def _closed(side: Side) -> str:
    told = {"reopen": "are opened again", "follow_up": "are gone on with in a follow-up", "quarantine": "are set aside"}
    return f"{told[side.closed]} when something comes for them"


def _mail(side: Side) -> str:
    if side.system == "zendesk":
        return "the requester and those in copy get mail of public comments, by the desk's own triggers"
    return "whoever watches the ticket, by the tracker's own notification rules"


_SAID = (
    ("new tickets", _create),
    ("closed tickets", _closed),
    ("who gets mail of what we write", _mail),
)


def _samples(pair: Pair, samples: Mapping[str, Samples]) -> Section:
    left, right = samples.get("left", {}), samples.get("right", {})
    rows = [
        (hub, "; ".join(left.get(hub, ())) or "–", "; ".join(right.get(hub, ())) or "–")
        for hub in _hubs(pair)
        if left.get(hub) or right.get(hub)
    ]
    text = [] if rows else ["None were asked for, or no ticket is in scope."]
    return Section("Samples from tickets in scope", text, ("field", *called(pair)), rows)
