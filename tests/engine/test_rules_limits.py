# SPDX-License-Identifier: Apache-2.0
"""The safety stop (engine §11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.core.safety import EMPTIED, SHARE_LEAST, UNSEEN_LEAST
from tandem.errors import SafetyStopError, UnavailableError
from tandem.state import runs, tables


def limited(path: Path, **limits: int) -> Bench:
    bench = Bench(path, pair={"limits": limits})
    bench.run()
    return bench


def approve(bench: Bench, told: dict[str, Any]) -> None:
    """A person approves what stopped the newest run, as `tandem approve` does."""
    with bench.store.begin() as tx:
        for limit, side, value, _ in told["counts"]["safety"]["stops"]:
            runs.approve(tx, PAIR, limit, side, value, "elaine", bench.world.clock.now)


def newest(bench: Bench) -> dict[str, Any]:
    with bench.store.read() as tx:
        return runs.recent_runs(tx, PAIR)[0]


def test_too_many_creates_stop_before_the_first_write(tmp_path: Path) -> None:
    """Nothing at all is written, the other ticket's comment neither; the message says value, limit, side, way out."""
    bench = limited(tmp_path, creates=2)
    ticket = bench.open(LEFT)
    bench.quiet()
    bench.say(LEFT, ticket)
    for _ in range(3):
        bench.open(LEFT)
    before = bench.changes()
    with pytest.raises(SafetyStopError) as stop:
        bench.run(wait=100)
    assert bench.changes() == before
    assert "globex-jira: 3 tickets would be created (limit 2)" in str(stop.value)
    assert f"tandem approve {PAIR}" in str(stop.value)
    assert newest(bench)["state"] == "stopped"
    assert {row["state"] for row in bench.events()} >= {"waiting"}
    assert None not in {row["state"] for row in bench.events()}


def test_creates_within_the_limit_go(tmp_path: Path) -> None:
    bench = limited(tmp_path, creates=2)
    bench.open(LEFT)
    bench.open(LEFT)
    assert at_peace(bench) == []


def test_limits_grow_with_the_intervals_that_a_run_covers(tmp_path: Path) -> None:
    """An outage heals by itself."""
    bench = limited(tmp_path, creates=2)
    for _ in range(5):
        bench.open(LEFT)
    bench.wait(4 * 60)
    assert at_peace(bench) == []
    assert len(bench.twins()) == 5


def test_a_run_that_failed_covers_nothing(tmp_path: Path) -> None:
    """What it had planned is still to be done when the trackers are back."""
    bench = limited(tmp_path, creates=2)
    bench.wait(4 * 60)
    for _ in range(5):
        bench.open(LEFT)

    def down(verb: str, phase: str, item: object) -> None:
        if verb == "create":
            raise UnavailableError("down")

    bench.tracker(RIGHT).fail = down
    with pytest.raises(UnavailableError):
        bench.run()
    bench.tracker(RIGHT).fail = lambda verb, phase, item: None
    bench.run(wait=30)
    bench.quiet()
    assert len(bench.twins()) == 5


def test_a_plan_that_was_stopped_does_not_pass_by_waiting(tmp_path: Path) -> None:
    """The intervals of a run that was stopped are covered: only a person lets its plan go on."""
    bench = limited(tmp_path, creates=2)
    for _ in range(5):
        bench.open(LEFT)
    for _ in range(4):
        with pytest.raises(SafetyStopError):
            bench.run()
    assert bench.twins() == {}
    approve(bench, newest(bench))
    bench.run()
    assert len(bench.twins()) == 5


def test_a_share_of_changed_tickets_stops_if_it_is_limited(tmp_path: Path) -> None:
    bench = Bench(tmp_path, pair={"limits": {"changed_share": "10 %"}})
    bench.run()
    tickets = [bench.open(LEFT) for _ in range(SHARE_LEAST)]
    bench.quiet()
    for ticket in tickets[:6]:
        bench.set(LEFT, ticket, "title", bench.word())
    with pytest.raises(SafetyStopError, match=r"globex-jira: 6 linked tickets would be changed \(limit 5\)"):
        bench.run()
    approve(bench, newest(bench))
    bench.run()
    bench.quiet()
    twins = bench.twins()
    assert all(bench.get(LEFT, left, "title") == bench.get(RIGHT, right, "title") for left, right in twins.items())


@pytest.mark.parametrize("number", [2, 4])
def test_a_side_that_is_suddenly_empty_stops_until_a_person_accepts_it(tmp_path: Path, number: int) -> None:
    """Once accepted, it is counted no longer, and the other tickets flow."""
    bench = Bench(tmp_path)
    bench.run()
    tickets = [bench.open(LEFT) for _ in range(number)]
    bench.quiet()
    for ticket in tickets:
        bench.tracker(LEFT).tickets[ticket].hidden = True
    bench.wait(90_000)
    before = bench.changes()
    for _ in range(2):
        with pytest.raises(SafetyStopError, match="cannot be seen"):
            bench.run()
    assert bench.changes() == before
    approve(bench, newest(bench))
    other = bench.open(LEFT)
    bench.run()
    bench.quiet()
    assert other in bench.twins()
    assert {bench.get(RIGHT, right, "status") for right in bench.twins().values()} == {"1"}
    said = bench.say(RIGHT, bench.twins()[tickets[0]])
    bench.tracker(LEFT).tickets[tickets[0]].hidden = False
    bench.run()
    bench.quiet()
    assert any(said in text for text in bench.texts(LEFT, tickets[0]))


def test_an_approval_raises_the_limits_for_the_next_run_only(tmp_path: Path) -> None:
    bench = limited(tmp_path, creates=2)
    for _ in range(4):
        bench.open(LEFT)
    with pytest.raises(SafetyStopError):
        bench.run(wait=100)
    approve(bench, newest(bench))
    bench.run(wait=1)
    assert len(bench.twins()) == 4
    for _ in range(4):
        bench.open(LEFT)
    with pytest.raises(SafetyStopError):
        bench.run(wait=100)


def test_an_approval_does_not_freeze_the_plan(tmp_path: Path) -> None:
    """More than was approved stops again; what changed meanwhile goes as it is now."""
    bench = limited(tmp_path, creates=2)
    tickets = [bench.open(LEFT) for _ in range(3)]
    with pytest.raises(SafetyStopError):
        bench.run(wait=100)
    approve(bench, newest(bench))
    bench.set(LEFT, tickets[0], "title", "as it is now")
    bench.run(wait=1)
    bench.quiet()
    assert bench.get(RIGHT, bench.twin(LEFT, tickets[0]), "title") == "as it is now"


def test_more_than_was_approved_stops_again(tmp_path: Path) -> None:
    bench = limited(tmp_path, creates=2)
    for _ in range(3):
        bench.open(LEFT)
    with pytest.raises(SafetyStopError):
        bench.run(wait=100)
    approve(bench, newest(bench))
    for _ in range(3):
        bench.open(LEFT)
    with pytest.raises(SafetyStopError):  # five are more than three, and more than twice two
        bench.run(wait=90)
    assert bench.twins() == {}


def test_too_many_closes_stop(tmp_path: Path) -> None:
    bench = limited(tmp_path, closes=1)
    tickets = [bench.open(LEFT, status="open") for _ in range(3)]
    bench.quiet()
    for ticket in tickets:
        bench.move(LEFT, ticket, "solved")
    with pytest.raises(SafetyStopError, match="closed"):
        bench.run()
    assert {bench.get(RIGHT, twin, "status") for twin in bench.twins().values()} == {"2"}


def test_a_field_emptied_on_many_tickets_stops(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run()
    tickets = [bench.open(LEFT, assignee_id="anna") for _ in range(EMPTIED + 1)]
    bench.quiet()
    for ticket in tickets:
        bench.set(LEFT, ticket, "assignee_id", None)
    with pytest.raises(SafetyStopError, match="emptied"):
        bench.run()
    assert {bench.tracker(RIGHT).tickets[twin].fields["assignee"] for twin in bench.twins().values()} == {"elaine"}


def test_many_tickets_unseen_at_once_stop_until_they_are_back(tmp_path: Path) -> None:
    """It ends by itself when nine in ten are back, and all flows."""
    bench = Bench(tmp_path)
    bench.run()
    tickets = [bench.open(LEFT) for _ in range(UNSEEN_LEAST + 2)]
    bench.quiet()
    texts = {ticket: bench.say(RIGHT, twin) for ticket, twin in bench.twins().items()}
    for ticket in tickets:
        bench.tracker(LEFT).tickets[ticket].hidden = True
    bench.wait(90_000)
    with pytest.raises(SafetyStopError, match="cannot be seen"):
        bench.run()
    for ticket in tickets[1:]:
        bench.tracker(LEFT).tickets[ticket].hidden = False
    bench.run()
    bench.quiet()
    for ticket in tickets[1:]:
        assert any(texts[ticket] in text for text in bench.texts(LEFT, ticket))


@pytest.mark.parametrize("start", ["open", "all"])
def test_a_first_run_that_takes_old_tickets_stops_for_approval(tmp_path: Path, start: str) -> None:
    bench = Bench(tmp_path, pair={"start": start})
    ticket = bench.open(LEFT, status="open")
    bench.wait(600)
    with pytest.raises(SafetyStopError):
        bench.run()
    approve(bench, newest(bench))
    bench.run()
    assert list(bench.twins()) == [ticket]


def test_a_dry_run_uses_up_no_approval(linked: Linked) -> None:
    bench = linked.bench
    with bench.store.begin() as tx:
        runs.approve(tx, PAIR, "creates", "globex-jira", 9, "elaine", bench.world.clock.now)
    bench.run(dry_run=True)
    assert len(bench.rows(tables.approval)) == 1
    bench.run()
    assert bench.rows(tables.approval) == []
