# SPDX-License-Identifier: Apache-2.0
"""Transitions by ids: what a contract calls by name is bound to the ids that have this name when it is first seen.

A transition's name is people's, as a status's is: an administrator changes it, an account reads it in its own language.
Each place and type may have a workflow of its own, which numbers its transitions by itself, so ids are kept apart so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tandem.connectors.base import Edge, Way

Bound = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]]
"""Place → type → status → name in the contract → ids."""


def ids_of(bound: Bound, place: str, type_: str, to: str) -> Mapping[str, Sequence[str]]:
    """Give the ids to which the names of transitions to a status are bound there."""
    return bound.get(place, {}).get(type_, {}).get(to, {})


def meant(by: Sequence[str], ways: Sequence[Way], bound: Mapping[str, Sequence[str]]) -> list[Way]:
    """Choose the ways that a contract means: of its names the first that is one of them."""
    return next((found for name in by if (found := _called(name, ways, bound.get(name, ())))), [])


def _called(name: str, ways: Sequence[Way], bound: Sequence[str]) -> list[Way]:
    """Those of the ways to which a name was bound, else those that have this name or id now."""
    kept = [way for way in ways if way.id in bound]
    return kept or [way for way in ways if name in (way.name, way.id)]


def bind(named: Mapping[str, Sequence[str]], edges: Iterable[Edge], before: Bound) -> dict[str, Any]:
    """Bind the names of transitions, given by status, to ids; what is bound stays so, whatever it is called by now."""
    made = {
        place: {
            type_: {to: {by: list(ids) for by, ids in own.items()} for to, own in by_status.items()}
            for type_, by_status in types.items()
        }
        for place, types in before.items()
    }
    offered: dict[tuple[str, str, str, str], list[Way]] = {}
    for edge in edges:
        if edge.way.to in named:
            offered.setdefault((edge.place, edge.type, edge.source, edge.way.to), []).append(edge.way)
    for (place, type_, _, to), ways in offered.items():
        for name in named[to]:
            ids = made.setdefault(place, {}).setdefault(type_, {}).setdefault(to, {}).setdefault(name, [])
            ids += [way.id for way in _called(name, ways, ids) if way.id not in ids]
    return made


def renamed(named: Mapping[str, Sequence[str]], edges: Iterable[Edge], bound: Bound) -> dict[str, tuple[str, str]]:
    """Give what is called otherwise now: status → its name in the contract and that in the tracker."""
    found: dict[str, tuple[str, str]] = {}
    for edge in edges:
        by = named.get(edge.way.to, ())
        if edge.way.name in by or edge.way.id in by:
            continue
        ids = ids_of(bound, edge.place, edge.type, edge.way.to)
        was = next((name for name in by if edge.way.id in ids.get(name, ())), None)
        if was is not None:
            found.setdefault(edge.way.to, (was, edge.way.name))
    return found
