# SPDX-License-Identifier: Apache-2.0
"""Changes of one field that meet in a ring: one of them stands, the same one everywhere, however the pairs run.

``TANDEM_TIES`` says how many storms of edits are seen with runs one after another, and as many with runs side by side.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from pathlib import Path
from random import Random
from typing import cast

import pytest
import sqlalchemy as sa

from engine.memory_files import SHARED_LABELS
from engine.memory_house import TASKS
from engine.ring_house import PRIORITIES, Ring, meaning
from tandem.core.values import Json
from tandem.pipeline.environment import Job
from tandem.state.tables import conflict

RING = [("acme", "globex"), ("globex", "initech"), ("acme", "initech")]
SQUARE = [("acme", "globex"), ("globex", "initech"), ("initech", "umbra"), ("acme", "umbra")]
STORMS = int(os.environ.get("TANDEM_TIES", "3"))
MOST = 14  # rounds to rest
Act = Callable[[Ring, Random], None]


def shared(root: Path, joins: Sequence[tuple[str, str]], order: Sequence[int], opened: str = "globex") -> Ring:
    """A ring in which one ticket stands everywhere."""
    ring = Ring(root, joins)
    ring.pairs = [ring.pairs[place] for place in order]
    ring.round()
    ring.open(opened)
    ring.quiet()
    return ring


def shown(ring: Ring, hub: str) -> dict[str, object]:
    """What each company's ticket says of a field."""
    values = {name: ring.get(name, hub) for name in ring.names}
    if hub == "labels":
        return {
            name: sorted(SHARED_LABELS.intersection(map(str, cast(list[Json], own)))) for name, own in values.items()
        }
    return values if hub == "title" else {name: meaning(name, hub, value) for name, value in values.items()}


def one(ring: Ring, hub: str) -> object:
    """What all say alike."""
    values = shown(ring, hub)
    assert len(set(map(str, values.values()))) == 1, f"{hub} apart: {values}"
    return next(iter(values.values()))


def conflicts(ring: Ring) -> int:
    """How many were told."""
    with ring.store.read() as tx:
        return len(tx.rows(sa.select(conflict)))


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize(
    "sides", [*combinations(("acme", "globex", "initech"), 2), ("acme", "globex", "initech")], ids=str
)
def test_edits_at_the_same_time_end_alike_round_a_ring(
    tmp_path: Path, order: Sequence[int], sides: Sequence[str]
) -> None:
    ring = shared(tmp_path, RING, order)
    for name in sides:
        ring.set(name, ring.only(name), "title", f"by {name}")
    ring.quiet()
    assert one(ring, "title") in {f"by {name}" for name in sides}
    assert conflicts(ring) >= len(sides) - 1


def test_a_label_that_came_round_and_was_taken_away_is_not_brought_anew(tmp_path: Path) -> None:
    """It came with another one, in one write; the pair between who set it and who took it away runs last."""
    ring = shared(tmp_path, RING, (0, 1, 2))
    toggle(ring, "acme", "checkout")
    ring.clock.advance(1)
    toggle(ring, "globex", "kiosk")
    ring.run("acme__globex")
    ring.run("globex__initech")
    assert {"checkout", "kiosk"} <= set(map(str, cast(list[Json], ring.get("initech", "labels"))))
    toggle(ring, "initech", "checkout")
    ring.run("acme__initech")
    ring.quiet()
    assert one(ring, "labels") == ["kiosk"]


def test_a_label_that_comes_late_is_not_brought_where_it_was_taken_away_before(tmp_path: Path) -> None:
    """The one way brought it, and the other way that it was taken away again."""
    ring = shared(tmp_path, RING, (0, 1, 2))
    toggle(ring, "acme", "payment")
    toggle(ring, "initech", "checkout")
    ring.run("acme__initech")
    toggle(ring, "acme", "payment")
    ring.run("acme__globex")
    assert "payment" in str(ring.get("initech", "labels"))
    ring.run("globex__initech")
    assert "payment" not in str(ring.get("globex", "labels"))
    ring.quiet()
    assert one(ring, "labels") == ["checkout"]


@pytest.mark.parametrize("side_by_side", [False, True], ids=["one after another", "side by side"])
@pytest.mark.parametrize("joins", [RING, SQUARE], ids=["ring", "square"])
@pytest.mark.parametrize("seed", range(STORMS))
def test_a_storm_of_edits_ends_alike(
    tmp_path: Path, joins: Sequence[tuple[str, str]], seed: int, side_by_side: bool
) -> None:
    """People edit within seconds at all corners, between the tasks of runs as well."""
    ring = stormed(tmp_path, joins, Random(seed), edit, 3, 0.1, side_by_side=side_by_side)
    for hub in ("title", "priority", "labels"):
        one(ring, hub)


@pytest.mark.parametrize(
    ("seed", "joins", "side_by_side"),
    [
        *((seed, RING, True) for seed in (12, 31, 46, 83, 97, 124)),
        *((seed, SQUARE, False) for seed in (14, 17, 19, 23, 33)),
        *((1000 + seed, joins, side) for seed in range(STORMS) for joins in (RING, SQUARE) for side in (True, False)),
    ],
    ids=str,
)
def test_a_storm_of_labels_ends_alike(
    tmp_path: Path, seed: int, joins: Sequence[tuple[str, str]], side_by_side: bool
) -> None:
    """One write of ours carries what several people did to several labels. (The first eleven ended apart before.)"""
    ring = stormed(tmp_path, joins, Random(seed), relabel, 4, 0.15, side_by_side=side_by_side)
    one(ring, "labels")


def stormed(
    root: Path, joins: Sequence[tuple[str, str]], chance: Random, act: Act, most: int, between: float, *,
    side_by_side: bool,
) -> Ring:  # fmt: skip
    """A ring at rest after a storm: two to ``most`` acts before each round, and some (``between``) between its runs."""
    ring = shared(root, joins, chance.sample(range(len(joins)), len(joins)), chance.choice(["acme", "globex"]))
    for _ in range(chance.randint(1, 3)):
        for _ in range(chance.randint(2, most)):
            act(ring, chance)
        if side_by_side:
            mixed(ring, chance, act)
            continue
        for pair in chance.sample(ring.pairs, len(ring.pairs)):
            ring.run(pair, wait=chance.choice([1, 3, 121]))
            if chance.random() < between:
                act(ring, chance)
    ring.quiet(most=MOST)
    return ring


def relabel(ring: Ring, chance: Random) -> None:
    """Somebody adds a label, or takes it away."""
    name = chance.choice(ring.names)
    toggle(ring, name, chance.choice(sorted(SHARED_LABELS)))
    ring.clock.advance(chance.choice([0, 0, 1, 3]))


def edit(ring: Ring, chance: Random) -> None:
    """Somebody edits a field, or takes a step."""
    name, hub = chance.choice(ring.names), chance.choice(["title", "title", "labels", "labels", "priority", "status"])
    if hub == "labels":
        toggle(ring, name, chance.choice(sorted(SHARED_LABELS)))
    elif hub == "status":
        ring.step(name, ring.only(name), chance)
    elif hub == "title":
        ring.set(name, ring.only(name), hub, f"{name} {next(ring.numbers)}")
    else:
        ring.set(name, ring.only(name), hub, chance.choice(PRIORITIES[name]))
    ring.clock.advance(chance.choice([0, 0, 1, 3]))


def toggle(ring: Ring, name: str, label: str) -> None:
    """Somebody adds a label, or takes it away."""
    now = cast(list[Json], ring.get(name, "labels") or [])
    rest = [one for one in now if one != label]
    ring.set(name, ring.only(name), "labels", rest if label in now else [*now, label])


def mixed(ring: Ring, chance: Random, act: Act) -> None:
    """One run of each pair, their tasks in any order among each other."""
    ring.clock.advance(3)
    left = {pair: list(TASKS) for pair in ring.pairs}
    jobs = {pair: Job(pair, f"run-{next(ring.runs)}") for pair in ring.pairs}
    while working := [pair for pair in ring.pairs if left[pair]]:
        pair = chance.choice(working)
        TASKS[left[pair].pop(0)](jobs[pair], ring.env)
        if chance.random() < 0.05:
            act(ring, chance)
