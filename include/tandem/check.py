# SPDX-License-Identifier: Apache-2.0
"""What a pair's trackers say when they are asked, held against its contracts: all that is wrong, at once.

The files themselves are checked by :mod:`tandem.config.load`. Here both trackers are asked (their connectors'
preflight), and what the contracts name is looked up in their dictionaries and workflows. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Literal

from tandem.config import yaml
from tandem.config.codes import Code
from tandem.config.models import FieldRule, Pair, Side
from tandem.connectors.base import Capabilities, Connector, Edge, FieldInfo, Preflight, Way
from tandem.errors import ConfigurationError, CredentialsError, Problem, RetryableError, TransitionError

NO_FIELD, READ_ONLY, SCOPE, CHOICE, EVERYTHING = "TDM-222", "TDM-223", "TDM-224", "TDM-225", "TDM-227"
MOST_SKEW = 60.0
"""Seconds that a tracker's clock may be off before it is worth a word. Times are corrected by it all the same."""

LISTED = 12  # choices named in a message


@dataclass(frozen=True, slots=True)
class SideReport:
    """What was found on one side. ``found`` is none where its tracker could not be asked."""

    side: Side
    found: Preflight | None = None
    capabilities: Capabilities | None = None
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def logged_in(self) -> bool:
        return self.found is not None and bool(self.found.account.id)


@dataclass(frozen=True, slots=True)
class PairReport:
    """What was found on a pair: that of both sides, and of its own rules. Warnings are among the problems."""

    pair: Pair
    sides: tuple[SideReport, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def everything(self) -> tuple[Problem, ...]:
        """All problems, once each."""
        every = (*self.pair.warnings, *(problem for side in self.sides for problem in side.problems), *self.problems)
        return tuple(dict.fromkeys(every))


def check_trackers(pair: Pair, connect: Callable[[Side], Connector]) -> PairReport:
    """Ask both trackers of a pair. What is wrong on one keeps nobody from looking at the other."""
    sides = tuple(_check_side(side, connect) for side in (pair.left, pair.right))
    return PairReport(pair, sides, tuple(_rules(pair, sides)))


def _check_side(side: Side, connect: Callable[[Side], Connector]) -> SideReport:
    try:
        connector = connect(side)
        found = connector.preflight()
    except ConfigurationError as error:
        return SideReport(side, problems=error.problems)
    except (CredentialsError, RetryableError) as error:
        fix = error.fix if isinstance(error, CredentialsError) else "Try again when the tracker answers."
        return SideReport(side, problems=(Problem(error.code, error.what, fix, where=error.where or side.connection),))
    capabilities = connector.capabilities
    problems = [_placed(side, problem) for problem in found.problems]
    if found.fields:
        # What the connector says of names is said below with the line of each; an open scope the files' check has told.
        said = [p for p in problems if p.code != CHOICE and not (p.code == EVERYTHING and not side.scope)]
        own = [*_choices(side, found.fields, capabilities), *_create(side, found.fields)]
        own += _comments(side, capabilities)
        own += _workflow(side, found, capabilities) if capabilities.workflow else ()
        problems = [*said, *own]
    return SideReport(side, found, capabilities, tuple(problems), tuple(_remarks(side, found, capabilities)))


# ---- where a native field stands in the contract


def _placed(side: Side, problem: Problem) -> Problem:
    """Put what a connector says of a native field on the contract's line that names it."""
    if problem.key == "query":
        keys: Sequence[str] = ("query",)
    elif problem.code == SCOPE:
        keys = [key for key in _named(side, problem.key) if key.startswith("scope")]
    elif problem.code in (NO_FIELD, READ_ONLY):
        keys = _named(side, problem.key)
    elif problem.code == EVERYTHING:
        keys = ("scope",)
    else:
        keys = ()
    if problem.code == READ_ONLY:
        keys = [key for key in keys if not key.startswith("scope")]
    if not keys:
        return replace(problem, what=_sentence(problem.what))
    placed = side.problem(problem.code, _sentence(problem.what), problem.fix, keys[0], warning=problem.warning)
    return replace(placed, where=problem.where or placed.where)


def _named(side: Side, native: str) -> list[str]:
    """List the keys at which a contract names a native field, written ones first."""
    rules = sorted(side.fields.values(), key=lambda rule: not rule.comes_in)
    keys = [f"fields.{rule.hub}" for rule in rules if rule.native == native]
    keys += [f"create.{name}" for name in side.create or () if name == native]
    keys += [f"transitions.{to}.fields.{native}" for to, rule in side.transitions.items() if native in rule.fields]
    return keys + [f"scope.{number}" for number, condition in enumerate(side.scope) if condition.field == native]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


# ---- dictionary


def _choices(side: Side, fields: Mapping[str, FieldInfo], capabilities: Capabilities) -> Iterator[Problem]:
    """Every name that the contract uses must be a choice of its field, as the engine binds names: exactly."""
    for key, native, name in [*_names(side), *_spots(side, capabilities)]:
        info = fields.get(native)
        if info is None or not info.choices or name in info.choices or name in info.choices.values():
            continue
        words = info.choices.values() if any(id_.isdecimal() for id_ in info.choices) else info.choices
        known = sorted(set(words))  # ids where they are words, as in Zendesk
        near = get_close_matches(name, [*known, *info.choices], 1)
        listed = ", ".join(known[:LISTED]) + (", …" if len(known) > LISTED else "")
        guess = f'Did you mean "{near[0]}"? ' if near else ""
        what = f'"{name}" is no choice of {native}.'
        yield side.problem(CHOICE, what, f"{guess}There are: {listed}.", key)


def _names(side: Side) -> Iterator[tuple[str, str, str]]:
    """List (key, native field, name) of all names that stand for choices."""
    for hub, field_rule in side.fields.items():
        for at, rule in field_rule.maps():
            key = f"fields.{hub}.{at}"
            for value, names in rule.map.items():
                yield from ((f"{key}map.{value}", rule.native, name) for name in names if name)
            yield from ((f"{key}ignore", rule.native, name) for name in rule.ignore if side.has(f"{key}ignore"))
            if rule.otherwise_in and side.has(f"{key}otherwise"):
                yield f"{key}otherwise.in", rule.native, rule.otherwise_in
    given = [(f"create.{native}", native, given) for native, given in (side.create or {}).items()]
    for to, transition in side.transitions.items():
        given += [(f"transitions.{to}.fields.{native}", native, given) for native, given in transition.fields.items()]
    yield from ((key, native, name) for key, native, name in given if isinstance(name, str))


def _spots(side: Side, capabilities: Capabilities) -> Iterator[tuple[str, str, str]]:
    """List (key, native field, name) of the places and types for which there are maps of their own."""
    for hub, rule in side.fields.items():
        for number, entry in enumerate(rule.when):
            key = f"fields.{hub}.when.{number}"
            yield from ((f"{key}.place", capabilities.place_field, name) for name in entry.place)
            yield from ((f"{key}.type", capabilities.type_field, name) for name in entry.type)


def _create(side: Side, fields: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    """What the tracker asks for in a new ticket must be filled by `create` or by a field that comes in."""
    if side.create is None:
        return
    filled = {*side.create, *(rule.native for rule in side.fields.values() if rule.comes_in)}
    for name, info in fields.items():
        if info.required and info.writable and name not in filled:
            what = f"No ticket can be created without {_label(fields, name)}, and nothing fills it."
            yield side.problem(Code.CREATE, what, f"Add it: create: {{{name}: {_example(fields, name)}}}.", "create")


def _comments(side: Side, capabilities: Capabilities) -> Iterator[Problem]:
    if side.comments.as_ == "internal" and not capabilities.private_comments:
        what = "What comes in is to be written as internal comments, and there are none here."
        yield side.problem(Code.NOT_FOR_KIND, what, "Write `as: public`, or name a place that has them.", "comments.as")


def _label(fields: Mapping[str, FieldInfo], name: str) -> str:
    label = fields[name].label if name in fields else ""
    return f'"{label}" ({name})' if label and label.casefold() != name.casefold() else f'"{name}"'


def _example(fields: Mapping[str, FieldInfo], name: str) -> str:
    names = list(fields[name].choices.values()) if name in fields else []
    return names[0] if names else "…"


# ---- workflow


def _workflow(side: Side, found: Preflight, capabilities: Capabilities) -> Iterator[Problem]:
    """Each status that may be written is reached by one way, whose screen the contract fills."""
    status = side.fields.get("status")
    if status is None or not status.comes_in or status.once or status.native not in found.fields:
        return
    choices = found.fields[status.native].choices
    ids = {name: id_ for id_, name in choices.items()}
    edges = _by_map(status, found, capabilities)
    said: set[tuple[str, str]] = set()
    for number, (at, rule) in enumerate(status.maps()):
        for value, names in rule.map.items():
            if not names or (names[0] not in ids and names[0] not in choices):
                continue
            target = ids.get(names[0], names[0])
            for ways in _offered(edges[number], target):
                problem = _choice(side, f"fields.status.{at}map.{value}", choices[target], ways, found.fields)
                if problem is not None and (problem.key, problem.what) not in said:
                    said.add((problem.key, problem.what))
                    yield problem
        yield from _unreachable(side, f"fields.status.{at}map", rule, edges[number], ids)


def _by_map(status: FieldRule, found: Preflight, capabilities: Capabilities) -> list[list[Edge]]:
    """Sort the ways that were seen by the map that is in force where they were seen."""
    sorted_: list[list[Edge]] = [[] for _ in status.maps()]
    for edge in found.edges:
        spot = ((capabilities.place_field, edge.place), (capabilities.type_field, edge.type))
        place, type_ = (_words(found.fields.get(native), word) for native, word in spot)
        number = status.map_at(place, type_)
        assert number is not None
        sorted_[number].append(edge)
    return sorted_


def _words(info: FieldInfo | None, word: str) -> set[str]:
    """A choice's id and name, whichever of them is given."""
    choices = info.choices if info is not None else {}
    return {word} | {part for pair in choices.items() if word in pair for part in pair}


def _offered(edges: Iterable[Edge], target: str) -> list[tuple[Way, ...]]:
    """List the ways to a status as one meets them: those from one status, in one place, for one type."""
    met: dict[tuple[str, str, str], dict[str, Way]] = {}
    for edge in edges:
        if edge.way.to == target and edge.source != target:
            met.setdefault((edge.place, edge.type, edge.source), {})[edge.way.id] = edge.way
    return list(dict.fromkeys(tuple(ways.values()) for ways in met.values()))


def _choice(side: Side, key: str, name: str, ways: Sequence[Way], fields: Mapping[str, FieldInfo]) -> Problem | None:
    """Say why the engine could not take one of these ways, if so (see ``pipeline/walk.py``)."""
    rule = side.transitions.get(name) or (side.transitions.get(ways[0].to) if ways else None)
    filled = set(rule.fields) if rule is not None else set()
    by = rule.by if rule is not None else None
    there = [way for way in ways if by is None or by in (way.name, way.id)]
    able = [way for way in there if set(way.needs) <= filled]
    if len(able) == 1:
        return None
    code = TransitionError.code
    if not there:
        what = f'No transition "{by}" leads to "{name}".'
        offered = ", ".join(f'"{way.name}"' for way in ways)
        return side.problem(code, what, f"Choose from: {offered}.", f"transitions.{name}.by")
    if len(there) == 1:
        missing = sorted(set(there[0].needs) - filled)
        what = f'The way to "{name}" ("{there[0].name}") asks for {_list(_label(fields, one) for one in missing)}.'
        return side.problem(code, what, f"Fill in: {_line(name, None, there[0], fields)}", _at(side, key, name))
    needy = [way for way in there if way.needs]
    named = ", ".join(f'"{way.name}"' for way in there)
    asks = "".join(f'; "{way.name}" asks for {_list(_label(fields, one) for one in way.needs)}' for way in needy)
    what = f'"{name}" is reached by {len(there)} transitions ({named}){asks}.'
    first = min(able or there, key=lambda way: len(way.needs))
    return side.problem(code, what, f"Choose one: {_line(name, first.name, first, fields)}", key)


def _at(side: Side, key: str, name: str) -> str:
    return f"transitions.{name}" if side.has(f"transitions.{name}") else key


def _line(name: str, by: str | None, way: Way, fields: Mapping[str, FieldInfo]) -> str:
    """Write the line of the contract that would settle it."""
    parts = [f"by: {by}"] if by else []
    if way.needs:
        parts.append("fields: {" + ", ".join(f"{one}: {_example(fields, one)}" for one in way.needs) + "}")
    return f"transitions: {{{name}: {{{', '.join(parts)}}}}}"


def _unreachable(
    side: Side, key: str, status: FieldRule, seen: Iterable[Edge], ids: Mapping[str, str]
) -> Iterator[Problem]:
    """Name statuses that no way leads to. It can be told only where every mapped status was seen from inside."""
    mapped = {ids.get(name, name): str(value) for value, names in status.map.items() for name in names}
    graph: dict[tuple[str, str], list[Edge]] = {}
    for edge in seen:
        graph.setdefault((edge.place, edge.type), []).append(edge)
    for (place, _), edges in graph.items():
        sources = {edge.source for edge in edges}
        for names in status.map.values():
            target = ids.get(names[0], names[0]) if names else ""
            others = set(mapped) - {target}
            if others and others <= sources and not any(e.way.to == target for e in edges if e.source in others):
                what = f'In {place}, no transition leads to "{names[0]}" from any status of the map.'
                fix = "Map a status that can be reached."
                yield side.problem(TransitionError.code, what, fix, f"{key}.{mapped[target]}")


def _list(items: Iterable[str]) -> str:
    return " and ".join(items)


# ---- the pair's rules, and what is worth knowing


def _rules(pair: Pair, sides: Sequence[SideReport]) -> Iterator[Problem]:
    """`newest` needs a history on both sides that our account can read."""
    blind = [report.side.name for report in sides if report.capabilities and not report.capabilities.history]
    if not blind or not pair.files:
        return
    document = yaml.read(pair.files[0])
    for hub, rule in {"default": pair.conflicts.default, **pair.conflicts.fields}.items():
        if rule == "newest":
            what = f"The newest change cannot be told: no history can be read in {_list(blind)}."
            yield document.problem(Code.NEWEST, what, "Choose left, right or hold.", f"conflicts.{hub}")


def _remarks(side: Side, found: Preflight, capabilities: Capabilities) -> Iterator[str]:
    yield from found.remarks
    if not found.fields:
        return
    if abs(found.offset) > MOST_SKEW:
        way: Literal["ahead", "behind"] = "ahead" if found.offset > 0 else "behind"
        yield (
            f"its clock is {abs(found.offset):.0f} s {way} of ours: times are corrected by that; "
            "see that both machines keep time (NTP)"
        )
    if not capabilities.compare_and_set:
        yield (
            "no compare-and-set: a person's edit in the moment of our write is found in the history and merged next"
            if capabilities.history
            else "no compare-and-set and no readable history: an edit in the moment of our write may go unseen"
        )
    if not capabilities.private_comments:
        yield "no internal comments here: what is private elsewhere is not written here"
    if capabilities.workflow and (told := _seen(side, found)):
        yield told


def _seen(side: Side, found: Preflight) -> str:
    """Say how much of the workflow could be looked at: only a ticket that stands in a status shows its ways."""
    status = side.fields.get("status")
    if status is None or not status.comes_in or status.native not in found.fields:
        return ""
    if not found.fields[status.native].choices:
        return ""
    names = {name for _, rule in status.maps() for names in rule.map.values() for name in names}
    sources = {edge.source for edge in found.edges}
    seen = sum(1 for id_, label in found.fields[status.native].choices.items() if label in names and id_ in sources)
    if seen == len(names):
        return ""
    return f"workflow seen from {seen} of {len(names)} mapped statuses (no ticket stands in the others yet)"
