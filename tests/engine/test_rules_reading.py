# SPDX-License-Identifier: Apache-2.0
"""Cursor, sweep, windows, the lease, and tasks that are run again (engine §6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.conftest import Linked
from engine.laws import at_peace, laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, TASKS, Bench, acting
from tandem.core.rules import Which
from tandem.errors import ConfigurationError, LeaseHeldError, OvertakenError, UnavailableError
from tandem.pipeline.environment import Job
from tandem.state import tables


def test_a_change_that_the_index_hid_is_found_by_the_sweep(linked: Linked) -> None:
    """The cursor has gone on; the sweep compares versions."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    right.late[linked.issue] = 1e6
    linked.set(RIGHT, "title", "hidden")
    other = bench.open(RIGHT)
    for _ in range(3):
        bench.run()
    assert linked.get(LEFT, "title") != "hidden" and bench.twin(RIGHT, other)
    right.late.clear()
    bench.wait(3600)
    assert at_peace(bench) == []
    assert linked.get(LEFT, "title") == "hidden"


def test_a_new_ticket_that_the_index_hid_is_found_by_the_sweep(linked: Linked) -> None:
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    hidden, shown = bench.open(RIGHT), bench.open(RIGHT)
    right.late[hidden] = 1e6
    for _ in range(3):
        bench.run()
    assert shown in bench.twins().values() and hidden not in bench.twins().values()
    right.late.clear()
    bench.wait(3600)
    assert at_peace(bench) == []


def test_a_window_compares_by_id_and_finds_what_the_index_hid(linked: Linked) -> None:
    """It reports how many it compared, and does not move the cursor back."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    start = bench.world.clock.now
    right.late[linked.issue] = 1e6
    linked.set(RIGHT, "title", "hidden")
    bench.run()
    before = [row["cursor"] for row in bench.rows(tables.side)]
    told = bench.run(window=(start, bench.world.clock.now))
    assert linked.get(LEFT, "title") == "hidden"
    assert told["extract"]["right"]["compared"] >= 1
    assert [row["cursor"] for row in bench.rows(tables.side)] >= before
    right.late.clear()
    assert at_peace(bench) == []


def test_a_window_with_nothing_new_writes_nothing(linked: Linked) -> None:
    bench, before = linked.bench, linked.bench.changes()
    start = bench.world.clock.now - timedelta(days=1)
    told = bench.run(window=(start, bench.world.clock.now))
    assert bench.changes() == before and told["diff"]["actions"] == 0
    assert told["extract"]["left"]["compared"] >= 1 and laws(bench) == []


def test_pending_tickets_are_read_by_id_in_each_run(linked: Linked) -> None:
    """A deferred write goes though the index never shows the ticket again."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    linked.set(LEFT, "title", "early")

    def between(task: str) -> None:
        if task == "load":
            bench.wait(10)
            linked.set(RIGHT, "title", "late")
            right.late[linked.issue] = 1e6
            bench.between = lambda task: None

    bench.between = between
    bench.run()
    bench.quiet()
    assert linked.get(LEFT, "title") == "late"


def test_a_listing_out_of_date_never_undoes_what_is_newer(linked: Linked) -> None:
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    linked.set(RIGHT, "title", "first")
    bench.quiet()
    right.late[linked.issue] = 300.0
    linked.set(LEFT, "title", "second")
    assert at_peace(bench) == []
    assert linked.get(RIGHT, "title") == linked.get(LEFT, "title") == "second"


def test_more_tickets_than_a_page_holds(bench: Bench) -> None:
    bench.run()
    tickets = [bench.open(which) for which in (LEFT, RIGHT) for _ in range(8)]
    assert at_peace(bench) == []
    assert len(bench.twins()) == len(tickets)


def test_two_runs_at_once(linked: Linked) -> None:
    """The second ends at once and names the holder; the first goes on."""
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    told: list[LeaseHeldError] = []

    def between(task: str) -> None:
        if task == "load":
            with pytest.raises(LeaseHeldError) as refused:
                bench.task("extract", Job(PAIR, "second"))
            told.append(refused.value)

    bench.between = between
    bench.run()
    assert len(told) == 1 and "task diff" in told[0].holder
    bench.between = lambda task: None
    assert at_peace(bench) == []


def test_a_run_between_whose_tasks_another_came_is_overtaken_or_goes_on_in_order(linked: Linked) -> None:
    """Its lease ran out while Airflow slept: what it had planned is cancelled, and it writes nothing any more."""
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    late = Job(PAIR, "late")
    bench.wait()
    for name in ("extract", "map", "diff"):
        bench.task(name, late)
    bench.wait(600)
    bench.run()
    before = bench.changes()
    told = bench.task("load", late)
    assert told["planned"] == 0 and bench.changes() == before
    bench.task("reconcile", late)
    assert at_peace(bench) == []


@pytest.mark.parametrize("task", list(TASKS))
def test_a_task_that_is_cleared_changes_nothing(linked: Linked, task: str) -> None:
    """Of a finished run any task may be run again alone."""
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    linked.set(RIGHT, "title", "changed")
    bench.wait()
    job = Job(PAIR, "cleared")
    for name in TASKS:
        bench.task(name, job)
    bench.run()
    before = bench.changes()
    bench.wait(301)
    bench.task(task, job)
    assert bench.changes() == before
    if task != "extract":  # after which others may follow; else nobody waits for a run that had ended
        assert [row["run"] for row in bench.rows(tables.lease)] == [None]
    bench.wait(301)
    assert at_peace(bench) == []


@pytest.mark.parametrize("task", list(TASKS))
def test_a_task_that_runs_twice_within_its_run_does_its_work_once(linked: Linked, task: str) -> None:
    bench = linked.bench
    bench.say(LEFT, linked.ticket, file=b"bytes here")
    linked.set(RIGHT, "title", "changed")
    bench.open(LEFT)
    bench.wait()
    job = Job(PAIR, "twice")
    for name in TASKS:
        bench.task(name, job)
        if name == task:
            bench.task(name, job)
    assert at_peace(bench) == []


@pytest.mark.parametrize("task", list(TASKS)[1:])
def test_a_whole_run_cleared_from_a_task_on(linked: Linked, task: str) -> None:
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    bench.wait()
    job = Job(PAIR, "again")
    for name in TASKS:
        bench.task(name, job)
    linked.set(LEFT, "title", "meanwhile")
    names = list(TASKS)
    for name in names[names.index(task) :]:
        bench.task(name, job)
    assert at_peace(bench) == []
    assert linked.get(RIGHT, "title") == "meanwhile"


def test_a_dry_run_writes_nothing_and_the_next_run_does_it_all(linked: Linked) -> None:
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    linked.set(RIGHT, "title", "changed")
    bench.open(RIGHT)
    before = bench.changes()
    claims = len(bench.rows(tables.claim))
    told = bench.run(dry_run=True)
    assert told["diff"]["actions"] >= 3 and "load" not in told
    assert bench.changes() == before and len(bench.rows(tables.claim)) == claims
    assert bench.events("arrived") and all(row["state"] for row in bench.events())
    assert at_peace(bench) == []
    assert linked.get(LEFT, "title") == "changed" and len(bench.twins()) == 2


def test_a_dry_run_after_which_people_change_their_mind(linked: Linked) -> None:
    """The plan of a dry run is not kept to: the newer merge wins."""
    bench = linked.bench
    linked.set(LEFT, "title", "a thought")
    bench.run(dry_run=True)
    linked.set(LEFT, "title", "a better one")
    assert at_peace(bench) == []
    entries = bench.tracker(RIGHT).tickets[linked.issue].entries
    assert [entry.after for entry in entries if entry.field == "summary"] == ["a better one"]


def test_only_the_tickets_that_were_asked_for(linked: Linked) -> None:
    bench = linked.bench
    other = bench.open(LEFT)
    bench.quiet()
    for ticket in (linked.ticket, other):
        bench.set(LEFT, ticket, "title", f"new {ticket}")
    bench.run(tickets=(bench.tracker(LEFT).tickets[other].key,))
    assert bench.get(RIGHT, bench.twin(LEFT, other), "title") == f"new {other}"
    assert linked.get(RIGHT, "title") != f"new {linked.ticket}"
    assert [row["ticket"] for row in bench.events("waiting")] == [linked.ticket]
    assert at_peace(bench) == []


def test_each_run_uses_the_configuration_that_its_extract_read(linked: Linked) -> None:
    bench = linked.bench
    linked.set(LEFT, "title", "mine")
    bench.wait(10)
    linked.set(RIGHT, "title", "later")

    def between(task: str) -> None:
        if task == "diff":
            bench.write(pair={"conflicts": {"default": "left"}})

    bench.between = between
    bench.run()
    assert linked.get(LEFT, "title") == "later"


def test_a_pair_that_cannot_be_read_stops_before_anything(linked: Linked) -> None:
    bench, before = linked.bench, linked.bench.changes()
    bench.say(LEFT, linked.ticket)
    bench.write(left={"fields": {"priority": {"map": {"9": "Urgent"}}}})
    with pytest.raises(ConfigurationError):
        bench.run()
    assert bench.changes() == before + 1
    bench.write()
    assert at_peace(bench) == []


@pytest.mark.parametrize("which", list(Which))
def test_a_tracker_that_cannot_be_reached_loses_nothing(linked: Linked, which: Which) -> None:
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    bench.say(RIGHT, linked.issue)

    def down(verb: str, phase: str, item: object) -> None:
        raise UnavailableError("down")

    bench.tracker(which).fail = down
    for _ in range(3):
        with pytest.raises(UnavailableError):
            bench.run()
    bench.tracker(which).fail = lambda verb, phase, item: None
    assert at_peace(bench) == []


def test_the_lease_is_given_back_where_a_task_ends_by_an_exception(linked: Linked) -> None:
    def down(verb: str, phase: str, item: object) -> None:
        raise UnavailableError("down")

    bench = linked.bench
    bench.tracker(LEFT).fail = down
    with pytest.raises(UnavailableError):
        bench.run()
    assert [row["run"] for row in bench.rows(tables.lease)] == [None]


def test_an_older_try_of_the_same_task_is_overtaken(linked: Linked) -> None:
    """Airflow took the first try for dead and started a second; the first wakes up, and writes nothing."""
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    bench.wait()
    job = Job(PAIR, "tried")
    for name in ("extract", "map", "diff"):
        bench.task(name, job)
    woken = False

    def wake(verb: str, phase: str, item: object) -> None:
        nonlocal woken
        if verb == "fetch" and not woken:
            woken = True
            bench.task("load", Job(PAIR, "tried", try_number=2))

    bench.tracker(LEFT).fail = wake
    with pytest.raises(OvertakenError):
        bench.task("load", job)
    bench.tracker(LEFT).fail = lambda verb, phase, item: None
    bench.task("reconcile", job)
    assert woken and at_peace(bench) == []


def test_every_event_is_in_a_state_after_a_run(linked: Linked) -> None:
    bench = linked.bench
    with bench.store.begin() as tx:
        first = sa.select(sa.func.min(tables.event.c.id)).scalar_subquery()
        tx.run(sa.update(tables.event).where(tables.event.c.id == first).values(state=None))
    bench.run()
    assert all(row["state"] for row in bench.events())


@pytest.mark.parametrize("task", ["extract", "reconcile"])
def test_a_ticket_that_is_hidden_between_two_reads_of_it_loses_nothing(linked: Linked, task: str) -> None:
    """It is read in its new version, and what happened on it is not told: the version must not count as read."""
    bench, left = linked.bench, linked.bench.tracker(LEFT)
    waits = bench.say(LEFT, linked.ticket)
    if task == "reconcile":  # our own write is read back
        linked.set(RIGHT, "title", "to be written")

    def hide(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("history", "before") and linked.ticket in list(item or ()):  # type: ignore[call-overload]
            left.tickets[linked.ticket].hidden = True

    def between(name: str) -> None:
        left.fail = hide if name == task else (lambda verb, phase, item: None)

    bench.between = between
    bench.run()
    bench.between = lambda name: None
    left.fail = lambda verb, phase, item: None
    left.tickets[linked.ticket].hidden = False
    assert at_peace(bench) == []
    assert [waits in text for text in bench.texts(RIGHT, linked.issue)].count(True) == 1
    assert not [row for row in bench.events("dropped", "noted") if row["kind"] == "comment"]


@pytest.mark.parametrize("which", list(Which))
def test_what_came_after_a_change_ahead_of_its_record_waits_with_it(linked: Linked, which: Which) -> None:
    """Between the reading of a ticket and of its history somebody solves it and says so: in this order it arrives."""
    bench, there = linked.bench, linked.bench.tracker(which.other)
    linked.set(which, "title", "to be read")
    solved = "solved" if which is LEFT else "3"

    def act(verb: str, phase: str, item: object) -> None:
        if verb == "history" and not said:
            with acting(bench.tracker(which)):
                bench.move(which, linked.id(which), solved)
                said.append(bench.say(which, linked.id(which)))

    said: list[str] = []
    bench.tracker(which).fail = act
    bench.run()
    bench.tracker(which).fail = lambda verb, phase, item: None
    assert at_peace(bench) == []
    twin = there.tickets[linked.id(which.other)]
    status = max(e.order for e in twin.entries if e.field == "status" and e.author == there.account)
    (comment,) = [c.order for c in twin.comments if said[0] in str(c.body)]
    assert status < comment


def test_an_event_that_comes_twice_is_stored_once(linked: Linked) -> None:
    """All is read again from the beginning: nothing is new, and nothing is written."""
    bench = linked.bench
    bench.say(LEFT, linked.ticket, file=b"bytes")
    bench.attach(RIGHT, linked.issue)
    linked.set(RIGHT, "title", "said once")
    bench.quiet()
    known, before = [row["key"] for row in bench.events()], bench.changes()
    with bench.store.begin() as tx:
        tx.run(sa.update(tables.side).where(tables.side.c.side == "left").values(cursor="0"))
        tx.run(sa.update(tables.side).where(tables.side.c.side == "right").values(cursor="2020-01-01T00:00:00.000Z"))
        tx.run(sa.update(tables.member).values(version=None))
        tx.run(sa.delete(tables.record))
    told = bench.run()
    assert told["extract"]["left"]["changed"] and told["extract"]["right"]["changed"], told["extract"]
    assert [row["key"] for row in bench.events()] == known
    assert bench.changes() == before
