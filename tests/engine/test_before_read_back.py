# SPDX-License-Identifier: Apache-2.0
"""What happens to a ticket after our write to it was answered, and before it was read back (engine §1, §3, §6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.memory_house import LEFT, RIGHT, Bench, acting
from tandem.connectors.memory import Tracker
from tandem.core.rules import Which


def _states(bench: Bench, which: Which) -> dict[str, tuple[str, str]]:
    return {row["key"]: (row["state"], row["reason"]) for row in bench.events() if row["side"] == which}


@pytest.mark.parametrize("which", Which)
def test_of_a_ticket_that_cannot_be_seen_what_happens_waits_with_the_reason(linked: Linked, which: Which) -> None:
    bench, there = linked.bench, linked.bench.tracker(which).tickets[linked.id(which)]
    linked.set(which.other, "title", "written and never read back")
    bench.run(upto="load")
    there.hidden = True
    late = bench.say(which.other, linked.id(which.other))
    for _ in range(3):
        bench.run()
    told = _states(bench, which.other)
    assert {state for state, _ in told.values()} <= {"parked", "arrived", "settled", "echo"}
    assert any(state == "parked" and "not to be seen" in reason for state, reason in told.values())
    there.hidden = False
    bench.quiet()
    assert {state for state, _ in _states(bench, which.other).values()} <= {"arrived", "settled", "echo"}
    assert linked.get(which, "title") == "written and never read back"
    assert sum(late in text for text in bench.texts(which, linked.id(which))) == 1


def test_what_was_written_to_a_ticket_that_is_deleted_by_now_is_settled(linked: Linked) -> None:
    bench = linked.bench
    linked.set(RIGHT, "title", "written and never read back")
    bench.run(upto="load")
    bench.tracker(LEFT).delete(linked.ticket)
    for _ in range(2):
        bench.run()
    assert {state for state, _ in _states(bench, RIGHT).values()} <= {"arrived", "parked", "settled", "echo"}
    assert bench.link(RIGHT, linked.issue).state == "parked"


@pytest.mark.parametrize("note", ["note", "silent"])
def test_a_copy_that_is_deleted_before_it_was_read_leaves_nothing_waiting(tmp_path: Path, note: str) -> None:
    bench = Bench(tmp_path, left={"on_delete": note})
    bench.run()
    issue = bench.open(RIGHT)
    bench.run(upto="load")
    bench.tracker(LEFT).delete(next(iter(bench.tracker(LEFT).tickets)))
    bench.run()
    bench.say(RIGHT, issue)
    for _ in range(2):
        bench.run()
    assert not bench.events("waiting", "deferred") and not [row for row in bench.events() if row["state"] is None]
    assert bench.link(RIGHT, issue).state == "parked"
    assert sum("deleted its ticket" in text for text in bench.texts(RIGHT, issue)) == (note == "note")


def _opens_when_answered(tracker: Tracker, ticket: str) -> None:
    found = tracker.tickets[ticket]
    solved = [entry.order for entry in found.entries if entry.after == "solved"]
    if solved and found.comments and found.comments[-1].order > solved[-1] and found.fields["status"] == "solved":
        tracker.change(ticket, {"status": "open"}, tracker.robot)


def _urgent_when_paid(tracker: Tracker, ticket: str) -> None:
    found = tracker.tickets[ticket]
    if "payment" in (found.fields["tags"] or []) and found.entries[-1].field == "tags":  # type: ignore[operator]
        tracker.change(ticket, {"priority": "urgent"}, tracker.robot)


def test_what_a_rule_does_behind_a_persons_reply_is_no_alteration_of_ours(linked: Linked) -> None:
    """A customer answers in the moment in which we solve the ticket, and their tracker opens it again."""
    bench, desk = linked.bench, linked.bench.tracker(LEFT)
    desk.rules.append(_opens_when_answered)
    bench.move(RIGHT, linked.issue, "3")

    def reply(verb: str, phase: str, item: object) -> None:
        if (verb, phase) in {("update", "after"), ("transition", "after")}:
            with acting(desk):
                bench.say(LEFT, linked.ticket)

    desk.fail = reply
    bench.run()
    desk.fail = lambda verb, phase, item: None
    bench.quiet()
    assert linked.get(LEFT, "status") == "open"
    assert linked.get(RIGHT, "status") == "2", "it is open again here, too"


def test_what_a_rule_does_behind_a_persons_edit_is_no_alteration_of_ours(linked: Linked) -> None:
    bench, desk = linked.bench, linked.bench.tracker(LEFT)
    desk.rules.append(_urgent_when_paid)
    linked.set(RIGHT, "priority", "4")

    def edit(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("update", "after"):
            with acting(desk):
                bench.label(LEFT, linked.ticket, add="payment")

    desk.fail = edit
    bench.run()
    desk.fail = lambda verb, phase, item: None
    bench.quiet()
    assert linked.get(LEFT, "priority") == "urgent"
    assert linked.get(RIGHT, "priority") == "1"
