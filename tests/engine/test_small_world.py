# SPDX-License-Identifier: Apache-2.0
"""A small world with no short cut: ways in which three acts of people, two runs and one crash can fall together.

One linked ticket. Each run is split at its five tasks; each act stands in one of the eleven places before, between and
behind them; the process may end in any of the ten tasks, when what the trackers said or took is not recorded yet. All
orders of all triples of the kernel's acts are counted. A normal run of the tests takes every so-manieth way, the same
ones each time; ``TANDEM_EXAMPLES=all`` takes each, ``TANDEM_WAYS`` so many. Each is gone from its start, so that what
:mod:`engine.test_every_way` does whole by taking like moments for one stands beside what takes none for another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, permutations

import pytest

from engine.memory_files import PAIR
from engine.memory_house import TASKS, KilledError
from engine.play import Play
from engine.ways import KERNEL
from tandem.errors import RetryableError
from tandem.pipeline.environment import Job

ALL = os.environ.get("TANDEM_EXAMPLES") == "all"
TAKEN = int(os.environ.get("TANDEM_WAYS", "60"))
TASK_NAMES = list(TASKS)
SLOTS = range(2 * len(TASK_NAMES) + 1)
CRASHES: Sequence[int | None] = [None, *range(2 * len(TASK_NAMES))]
Way = tuple[tuple[str, ...], tuple[int, ...], int | None]  # acts in order, the place of each, the task that dies


def ways() -> Iterator[Way]:
    """Every way, in one order for ever."""
    for acts in permutations(KERNEL, 3):
        for slots in combinations_with_replacement(SLOTS, 3):
            for crash in CRASHES:
                yield acts, slots, crash


def number_of_ways() -> int:
    triples, places = len(list(permutations(KERNEL, 3))), len(list(combinations_with_replacement(SLOTS, 3)))
    return triples * places * len(CRASHES)


def go(setting: str, way: Way) -> list[str]:
    """One way through the world; gives the laws that it broke."""
    acts, slots, crash = way
    play = Play(setting)
    try:
        job, lost = Job(PAIR, "run-0"), False
        for step in SLOTS:
            for act, slot in zip(acts, slots, strict=True):
                if slot == step:
                    play.do("act", **KERNEL[act])
            if step == SLOTS[-1]:
                break
            if step % len(TASK_NAMES) == 0:
                play.bench.wait(121)
                job, lost = Job(PAIR, f"run-{next(play.bench.runs)}"), False
            if not lost:
                lost = not _task(play, job, TASK_NAMES[step % len(TASK_NAMES)], dies=step == crash)
        return play.end()
    finally:
        play.close()


def _task(play: Play, job: Job, name: str, *, dies: bool) -> bool:
    """One task; one that dies does so at its first transaction behind a call to a tracker. Tell whether it lived."""
    bench, called = play.bench, name in ("map", "diff")

    def calls(verb: str, phase: str, item: object) -> None:
        nonlocal called
        called = called or phase == "after" or verb in ("fetch", "history")

    if dies:
        bench.on_commit = lambda number: bench.kill() if called else None
        for tracker in bench.world.trackers.values():
            tracker.fail = calls
    try:
        bench.task(name, job)
    except (KilledError, RetryableError):
        bench.revive()
        return False
    bench.on_commit = lambda number: None
    for tracker in bench.world.trackers.values():
        tracker.fail = lambda verb, phase, item: None
    return True


@pytest.mark.timeout(0)
def test_every_way_through_a_small_world_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    total = number_of_ways()
    taken = total if ALL else TAKEN
    every = max(1, total // taken) | 1  # odd, so that each place and each crash has its turn
    wrong, told = [], 0
    for number, way in enumerate(ways()):
        if number % every == 0:
            told += 1
            wrong += [f"{way}: {what}" for what in go("desk and board", way)]
    with capsys.disabled():
        print(f"\nsmall world: {told} of {total} ways, every {every}th")
    assert wrong == []
