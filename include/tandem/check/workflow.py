# SPDX-License-Identifier: Apache-2.0
"""A contract's statuses held against the workflow, as far as it was seen; ``pipeline/walk.py`` walks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tandem.check.bound import Bound
from tandem.check.names import example, label, nearest, told_renamed
from tandem.config import ways as way_names
from tandem.config.models import FieldRule, Side, TransitionRule
from tandem.connectors.base import Capabilities, Edge, FieldInfo, Preflight, Way
from tandem.errors import Problem, TransitionError

CODE = TransitionError.code
BEGINS = "new"
"""The status in which tickets are created."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """The workflow that a tracker showed, in the terms of one side's contract."""

    side: Side
    found: Preflight
    capabilities: Capabilities
    bound: Bound
    status: FieldRule

    @property
    def info(self) -> FieldInfo:
        return self.found.fields[self.status.native]

    def id_of(self, name: str) -> str | None:
        return self.bound.id_of(self.info, name)

    def rule(self, status: str) -> tuple[str, TransitionRule] | None:
        """What the contract says of the way to a status, and by which word."""
        return next(((to, rule) for to, rule in self.side.transitions.items() if self.id_of(to) == status), None)

    def problems(self) -> Iterator[Problem]:
        """Each status that may be written is reached by one way, whose screen the contract fills."""
        edges = self._by_map()
        said: set[tuple[str, str]] = set()
        for number, (at, rule) in enumerate(self.status.maps()):
            for value, names in rule.map.items():
                target = self.id_of(names[0]) if names else None
                for met in _offered(edges[number], target) if target is not None else ():
                    problem = self._choice(f"fields.status.{at}map.{value}", names[0], met)
                    if problem is not None and (problem.key, problem.what) not in said:
                        said.add((problem.key, problem.what))
                        yield problem
            yield from self._unreachable(f"fields.status.{at}map", rule, edges[number])
        yield from self._renamed()

    def _by_map(self) -> list[list[Edge]]:
        """Sort the ways that were seen by the map that is in force where they were seen."""
        sorted_: list[list[Edge]] = [[] for _ in self.status.maps()]
        for edge in self.found.edges:
            spot = ((self.capabilities.place_field, edge.place), (self.capabilities.type_field, edge.type))
            place, type_ = (_words(self.found.fields.get(native), word) for native, word in spot)
            number = self.status.map_at(place, type_)
            assert number is not None
            sorted_[number].append(edge)
        return sorted_

    def _choice(self, key: str, name: str, met: Sequence[Edge]) -> Problem | None:
        """Say why the engine could not take one of these ways, if so."""
        side, fields, ways = self.side, self.found.fields, [edge.way for edge in met]
        named = self.rule(ways[0].to)
        rule = named[1] if named else None
        filled = set(rule.fields) if rule is not None else set()
        there = ways
        if rule is not None and rule.by:
            bound = way_names.ids_of(self.bound.ways, met[0].place, met[0].type, ways[0].to)
            there = way_names.meant(rule.by, ways, bound)
        able = [way for way in there if set(way.needs) <= filled]
        if len(able) == 1:
            return None
        if named is not None and not there:
            names = " or ".join(f'"{one}"' for one in named[1].by)
            what = f'No transition {names} leads to "{name}".'
            offered = ", ".join(f'"{way.name}"' for way in ways)
            near = next((found for one in named[1].by if (found := nearest(one, [way.name for way in ways]))), None)
            guess = f'Did you mean "{near}"? ' if near else ""
            return side.problem(CODE, what, f"{guess}Choose from: {offered}.", f"transitions.{named[0]}.by")
        if len(there) == 1:
            missing = sorted(set(there[0].needs) - filled)
            what = f'The way to "{name}" ("{there[0].name}") asks for {_list(label(fields, one) for one in missing)}.'
            at = f"transitions.{named[0]}" if named is not None else key
            return side.problem(CODE, what, f"Fill in: {_line(name, None, there[0], fields)}", at)
        needy = [way for way in there if way.needs]
        listed = ", ".join(f'"{way.name}"' for way in there)
        asks = "".join(f'; "{way.name}" asks for {_list(label(fields, one) for one in way.needs)}' for way in needy)
        what = f'"{name}" is reached by {len(there)} transitions ({listed}){asks}.'
        first = min(able or there, key=lambda way: len(way.needs))
        twins = len({way.name for way in there}) < len(there)  # of one name: only the id tells them apart
        return side.problem(
            CODE, what, f"Choose one: {_line(name, first.id if twins else first.name, first, fields)}", key
        )

    def _unreachable(self, key: str, rule: FieldRule, seen: Iterable[Edge]) -> Iterator[Problem]:
        """Name statuses that no way leads to. It can be told only where every mapped status was seen from inside, or
        where the tracker tells all ways: a status that has none is then an end.

        A name that is no status is told of as that, and not once more as one that cannot be reached. Many workflows do
        not lead back to where a ticket begins; that is worth a warning alone.
        """
        mapped = {self.id_of(name) or name: str(value) for value, names in rule.map.items() for name in names}
        graph: dict[tuple[str, str], list[Edge]] = {}
        for edge in seen:
            graph.setdefault((edge.place, edge.type), []).append(edge)
        for (place, type_), edges in graph.items():
            sources = {edge.source for edge in edges}
            several = len({kind for there, kind in graph if there == place}) > 1
            for names in rule.map.values():
                if names and self.info.choices and self.id_of(names[0]) is None:
                    continue
                target = (self.id_of(names[0]) or names[0]) if names else ""
                others = set(mapped) - {target}
                seen_all = self.found.whole_workflow or others <= sources
                if others and seen_all and not any(e.way.to == target for e in edges if e.source in others):
                    where = _name(self.found.fields.get(self.capabilities.place_field), place)
                    if several:
                        where += f", for {_name(self.found.fields.get(self.capabilities.type_field), type_)}"
                    what = f'In {where}, no transition leads to "{names[0]}" from any status of the map.'
                    fix = "Map a status that can be reached, or have the workflow lead there."
                    begins = mapped[target] == BEGINS
                    if begins:
                        fix = (
                            "A ticket that the other side sets back to it stays as it is here: its status is set aside."
                        )
                    yield self.side.problem(CODE, what, fix, f"{key}.{mapped[target]}", warning=begins)

    def _renamed(self) -> Iterator[Problem]:
        named = {
            id_: rule.by
            for to, rule in self.side.transitions.items()
            if rule.by and (id_ := self.id_of(to)) is not None
        }
        changed = way_names.renamed(named, self.found.edges, self.bound.ways)
        words = {self.id_of(to): to for to in self.side.transitions}
        found = [(f"transitions.{words[to]}.by", by, now) for to, (by, now) in changed.items()]
        if found:
            yield told_renamed(self.side, "transitions", found)

    def remark(self) -> str:
        """Say how much could be looked at: only a ticket that stands in a status shows its ways."""
        wanted = {self.id_of(name) for _, rule in self.status.maps() for names in rule.map.values() for name in names}
        known = {id_ for id_ in wanted if id_ is not None}
        sources = {edge.source for edge in self.found.edges}
        if not self.info.choices or known <= sources:
            return ""
        seen = f"{len(known & sources)} of {len(known)}"
        return f"workflow seen from {seen} mapped statuses (no ticket stands in the others yet)"


def workflow(side: Side, found: Preflight, capabilities: Capabilities, bound: Bound) -> Workflow | None:
    """Give the workflow as one side meets it; none where statuses are not written by transitions."""
    status = side.fields.get("status")
    if not capabilities.workflow or status is None or not status.comes_in or status.native not in found.fields:
        return None
    return Workflow(side, found, capabilities, bound, status)


def _words(info: FieldInfo | None, word: str) -> set[str]:
    """A choice's id and name, whichever of them is given."""
    choices = info.choices if info is not None else {}
    return {word} | {part for pair in choices.items() if word in pair for part in pair}


def _name(info: FieldInfo | None, word: str) -> str:
    """A choice as people call it."""
    return info.choices.get(word, word) if info is not None else word


def _offered(edges: Iterable[Edge], target: str) -> list[tuple[Edge, ...]]:
    """List the ways to a status as one meets them: those from one status, in one place, for one type."""
    met: dict[tuple[str, str, str], dict[str, Edge]] = {}
    for edge in edges:
        if edge.way.to == target and edge.source != target:
            met.setdefault((edge.place, edge.type, edge.source), {})[edge.way.id] = edge
    return [tuple(ways.values()) for ways in met.values()]


def _line(name: str, by: str | None, way: Way, fields: Mapping[str, FieldInfo]) -> str:
    """Write the line of the contract that would settle it."""
    parts = [f"by: {by}"] if by else []
    if way.needs:
        parts.append("fields: {" + ", ".join(f"{one}: {example(fields, one)}" for one in way.needs) + "}")
    return f"transitions: {{{name}: {{{', '.join(parts)}}}}}"


def _list(items: Iterable[str]) -> str:
    return " and ".join(items)
