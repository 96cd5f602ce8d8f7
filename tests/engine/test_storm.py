# SPDX-License-Identifier: Apache-2.0
"""People at work on both sides, between runs and during them, with and without kills: every law holds at the end.

The great storm has all of it at once: comments that are rewritten, hidden, blacked out and deleted, tickets that leave
the scope, are closed, followed up and merged, while runs are killed (SIGKILL), their answers are lost, and both
trackers let them ask seldom and list late. ``TANDEM_STORMS`` says how many (``3``), or which (``7-12``).
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.house import House
from engine.people import People
from engine.people_later import Later, meet
from engine.storms import Working, clear_up, furnished, killed_run, weather
from engine.truth import check, wait_for_feeds
from support.sandbox import RunningSandbox, running_sandbox
from tandem.errors import RetryableError
from tandem.state import runs

STORMS = os.environ.get("TANDEM_STORMS", "1")
ROUNDS = 5


def seeds() -> range:
    """Which great storms this run of the tests sees."""
    first, _, last = STORMS.partition("-")
    return range(int(first), int(last) + 1) if last else range(1, int(first) + 1)


@pytest.fixture
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def calm(house: House, people: People, most: int = 8) -> None:
    """Undisturbed runs until one finds nothing to do; then another, which must not write.

    What is set aside is read by its id in each run: a status that no way leads to, of a ticket that is out of scope.
    """
    for _ in range(most):
        wait_for_feeds(people)
        told = house.run()
        if not told["diff"]["actions"] and told["diff"]["links"] <= set_aside(house):
            break
    before = len(house.box.control.requests())
    told = house.run()
    asked = house.box.control.requests()[before:]
    assert not told["diff"]["actions"], "a run with nothing new plans no write"
    aside = set_aside(house)
    assert told["diff"]["links"] <= aside, "only what is set aside is taken up again"
    paths = [f"{one['tenant']} {one['method']} {one['path']}" for one in asked]
    assert len(asked) <= 4 * (1 + aside), f"a run with nothing new asks each side twice at most: {paths}"


def set_aside(house: House) -> int:
    """How many links are set aside as a whole or in part."""
    with house.store.read() as tx:
        return len({one.link for one in runs.held(tx, house.pair)})


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
        killed += killed_run(house, chance.uniform(1.5, 6.0))
    calm(house, people)
    assert check(house, people) == []


# ---- the great storm


@pytest.mark.parametrize("seed", seeds())
def test_a_great_storm(box: RunningSandbox, tmp_path: Path, seed: int) -> None:
    chance, mood = random.Random(seed), random.Random(-seed)
    closed = chance.choice(("quarantine", "reopen", "comment"))
    root = furnished(tmp_path / "include", closed=closed, on_edit=chance.choice(("edit", "edit", "comment")))
    house, people = House(box, f"sqlite:///{tmp_path}/state.db", root), People(box, seed)
    later = Later(people, follow_up=closed != "quarantine")

    def twins() -> dict[int, str]:
        return {int(left): right for left, right in house.twins().items()}

    def act() -> None:
        for _ in range(30):
            if mood.random() < 0.5:
                people.act(twins())
            else:
                later.act()

    house.run()
    people.open_ticket(with_file=True)
    people.open_issue()
    house.run()
    weather(box, chance)
    ended = Counter[str]()
    for _ in range(ROUNDS):
        meet(people, twins())
        working = Working(act)
        for _ in range(2):
            if chance.random() < 0.5:
                ended["killed" if killed_run(house, chance.uniform(0.8, 8.0)) else "done"] += 1
                continue
            try:
                house.run()
                ended["done"] += 1
            except RetryableError:
                ended["failed"] += 1
        working.done()
    clear_up(box)
    meet(people, twins())
    later.settle()
    calm(house, people, 12)
    print(f"storm {seed}: {dict(ended)}, {len(people.tickets)} + {len(people.issues)} tickets, {dict(later.done)}")
    assert check(house, people) == []
