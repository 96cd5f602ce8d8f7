# SPDX-License-Identifier: Apache-2.0
"""What can be told of all pairs together: round a ring one field has one rule, or the ring could not agree on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from tandem.config import yaml
from tandem.config.codes import Code
from tandem.config.models import Pair
from tandem.config.traits import HUB_FIELDS, is_declared
from tandem.errors import Problem


def check_rings(pairs: Sequence[Pair]) -> Iterator[Problem]:
    """Name each field for which the pairs of a ring say different things of who wins.

    ``left`` and ``right`` differ only if they go round: each side would win over the next.
    """
    said: set[tuple[frozenset[str], str]] = set()
    for pair in pairs:
        for hub in _both(pair):
            ring = _ring(pair, [other for other in pairs if hub in _both(other)])
            names = frozenset(one.name for one in ring)
            if ring and (names, hub) not in said and not _agree(ring, hub):
                said.add((names, hub))
                yield _problem(ring, hub)


def _both(pair: Pair) -> list[str]:
    """The hub fields that both sides of a pair know, and of which they can say different things."""
    shared = pair.left.fields.keys() & pair.right.fields.keys()
    rules = {hub: (pair.left.fields[hub], pair.right.fields[hub]) for hub in shared}
    plain = (hub for hub in rules if hub in HUB_FIELDS or is_declared(hub))
    return sorted(hub for hub in plain if all(one.direction == "both" and one.kind != "set" for one in rules[hub]))


def _ends(pair: Pair) -> tuple[str, str]:
    return pair.left.connection, pair.right.connection


def _ring(pair: Pair, others: Sequence[Pair]) -> list[Pair]:
    """Find the shortest ring that a pair closes: the way from its right tracker to its left one by other pairs."""
    start, end = _ends(pair)[1], _ends(pair)[0]
    ways: deque[tuple[str, list[Pair]]] = deque([(start, [])])
    seen = {start}
    while ways:
        here, way = ways.popleft()
        for other in others:
            if set(_ends(other)) == {start, end} or here not in _ends(other):
                continue  # another pair of the same two trackers joins other tickets
            there = next((one for one in _ends(other) if one != here), here)
            if there == end:
                return [pair, *way, other]
            if there not in seen:
                seen.add(there)
                ways.append((there, [*way, other]))
    return []


def _agree(ring: Iterable[Pair], hub: str) -> bool:
    rules = {pair.conflicts.rule(hub) for pair in ring}
    if rules <= {"left", "right"}:
        beats: dict[str, set[str]] = {}
        for pair in ring:
            left, right = _ends(pair)
            winner, loser = (left, right) if pair.conflicts.rule(hub) == "left" else (right, left)
            beats.setdefault(winner, set()).add(loser)
        return not any(_reaches(beats, one, one) for one in beats)
    return len(rules) == 1


def _reaches(beats: dict[str, set[str]], start: str, end: str) -> bool:
    waiting, seen = list(beats.get(start, ())), set[str]()
    while waiting:
        here = waiting.pop()
        if here == end:
            return True
        if here not in seen:
            seen.add(here)
            waiting += beats.get(here, ())
    return False


def _problem(ring: Sequence[Pair], hub: str) -> Problem:
    first = ring[0]
    told = ", ".join(f"{pair.name}: {pair.conflicts.rule(hub)}" for pair in ring)
    what = f"Round a ring of pairs the rules for `{hub}` do not go together ({told})."
    fix = "Give it one rule in all of them: newest or hold, or let one tracker win over the others."
    key = hub if hub in first.conflicts.fields else "default"
    return yaml.read(first.files[0]).problem(Code.RING, what, fix, f"conflicts.{key}")
