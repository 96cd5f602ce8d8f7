# SPDX-License-Identifier: Apache-2.0
"""Small worlds, whole: every way in which people's acts, two runs and one death can fall together.

One linked ticket. Each of the acts of a cast may come anywhere or not at all, in any order: before any task that asks a
tracker and, in the worlds of ``CLOSE``, in the midst of such a task too, before any call to its side. The process may
die before each commit, and before and behind each call to a tracker; what is left of its run is then given up. Nothing
is sampled: each moment that ways can come to is gone on from (:mod:`engine.graph`), and the ways are counted on the
graph (:mod:`engine.every_way`). That moments are rightly taken for one is tried: some ways are gone straight through
with real deaths, and must pass through the very moments that the graph names.

With ``TANDEM_EXAMPLES=all`` each three acts of the kernel are a cast, for one or two minutes of the processor's time
each; else the casts are few, and differ in what is under way while a ticket leaves and comes back.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest

from engine.every_way import EveryWay
from engine.graph import Graph
from engine.play import Play
from engine.ways import KERNEL, World

ALL = os.environ.get("TANDEM_EXAMPLES") == "all"
STRAIGHT = 20 if ALL else 3  # ways of each cast that are gone with real deaths
Cast = tuple[str, ...]
CLOSE: Sequence[Cast] = [("title left", "title right")]
THREE: Sequence[Cast] = [
    ("comment left", "leaves left", "comes back left"),
    ("comment left", "hides left", "leaves left"),
    ("label right", "leaves left", "comes back left"),
]
OPEN: Sequence[Cast] = list(combinations(KERNEL, 3)) if ALL else THREE


@pytest.mark.timeout(0)
@pytest.mark.parametrize("cast", [*CLOSE, *OPEN], ids=" + ".join)
def test_every_way_through_a_small_world_ends_well(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    graph = Graph(World(Play("desk and board"), {name: KERNEL[name] for name in cast}))
    every = EveryWay(graph, again=False, within=cast in CLOSE)
    try:
        ways = every.go()
        astray = [every.straight(every.some(chance)) for chance in map(Random, range(STRAIGHT))]
    finally:
        graph.close()
    with capsys.disabled():
        print(
            f"\nsmall world of {', '.join(cast)}: all {ways:,} ways; {every.points:,} deaths;"
            f" {len(graph.moments):,} moments, gone on from by {graph.told['tasks']:,} tasks;"
            f" {len(every.last):,} last ones come to rest in {len(every.rest)}; {STRAIGHT} ways gone straight"
        )
    assert graph.wrong == []
    assert not any(astray), astray
