# SPDX-License-Identifier: Apache-2.0
"""People at work on both sides, between runs and during them, with and without kills: every law holds at the end."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.house import PAIR, House
from engine.people import People
from engine.truth import check, wait_for_feeds
from support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def calm(house: House, people: People) -> None:
    """Undisturbed runs until one finds nothing to do; then another, which must not write."""
    for _ in range(8):
        wait_for_feeds(people)
        told = house.run()
        if not told["diff"]["actions"] and not told["diff"]["links"]:
            break
    before = len(house.box.control.requests())
    told = house.run()
    asked = house.box.control.requests()[before:]
    assert not told["diff"]["actions"], "a run with nothing new plans no write"
    assert len(asked) <= 4, "a run with nothing new asks each side twice at most"


@pytest.mark.parametrize("seed", [11, 12])
def test_people_act_while_runs_go_on(box: RunningSandbox, tmp_path: Path, seed: int) -> None:
    house, people = House(box, f"sqlite:///{tmp_path}/state.db"), People(box, seed)
    house.run()
    for _ in range(4):
        twins = {int(left): right for left, right in house.twins().items()}
        working = threading.Thread(target=lambda now=twins: [people.act(now) for _ in range(40)])
        working.start()
        while working.is_alive():
            house.run()
        working.join()
    calm(house, people)
    assert check(house, people) == []


def test_runs_are_killed_at_any_moment(box: RunningSandbox, tmp_path: Path) -> None:
    house, people = House(box, f"sqlite:///{tmp_path}/state.db"), People(box, 13)
    chance = random.Random(13)
    house.run()
    killed = 0
    while killed < 8:
        twins = {int(left): right for left, right in house.twins().items()}
        for _ in range(12):
            people.act(twins)
        process = subprocess.Popen(
            [sys.executable, "-m", "tandem.cli", "run", PAIR, "--json"],
            env=house.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(chance.uniform(1.5, 6.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
    calm(house, people)
    assert check(house, people) == []
