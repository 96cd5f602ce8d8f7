# SPDX-License-Identifier: Apache-2.0
"""A walk over several statuses into which a person steps, at each place of it: who came last has the last word.

A step between two statuses that say the same is no word, and what the walk was for goes on.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.base import FieldInfo, Way
from tandem.connectors.memory import JIRA_LIKE
from tandem.errors import RefusedError
from tandem.state import tables

NAMES = {"1": "To Do", "2": "In Progress", "3": "In Review", "4": "Done", "9": "On Hold", "6": "Verified"}
WAYS = ["12", "23", "36", "64", "21", "32", "42", "29", "39", "69", "92", "62", "63", "46"]
WORKFLOW = {
    here: tuple(
        Way(f"{one}1", "Finish" if one[1] == "4" else f"to {NAMES[one[1]]}", one[1]) for one in WAYS if one[0] == here
    )
    for here in NAMES
}
MAP = {"new": "To Do", "in_progress": ["In Progress", "In Review", "Verified"], "pending": "On Hold", "solved": "Done"}
LEFT_MAP = {"in_progress": "Open", "pending": "Pending", "solved": "Solved"}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    status = FieldInfo("status", "Status", "choice", choices=NAMES)
    kind = replace(JIRA_LIKE, fields={**JIRA_LIKE.fields, "status": status}, workflow=WORKFLOW)
    return Bench(
        tmp_path,
        left={"fields": {"status": {"map": LEFT_MAP}}},
        right={"fields": {"status": {"field": "status", "map": MAP}}},
        kinds={"right": kind},
    )


@pytest.mark.parametrize("to", ["9", "1", "2"])
@pytest.mark.parametrize("verb", ["fetch", "ways", "transition"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_person_who_steps_in_has_the_last_word(bench: Bench, step: int, verb: str, to: str) -> None:
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    tracker, reached, moved = bench.tracker(RIGHT), ["2", "3", "6"][step - 1], []

    def act(name: str, phase: str, item: object) -> None:
        here = tracker.tickets[issue].fields["status"]
        if name == verb and phase == "before" and here == reached and not moved:
            moved.append(here)
            for status in _path(here, to):
                bench.wait(10)
                bench.move(RIGHT, issue, status)

    tracker.fail = act
    bench.run()
    tracker.fail = lambda name, phase, item: None
    bench.quiet()
    assert moved == [reached]
    shown = bench.get(LEFT, ticket, "status"), bench.get(RIGHT, issue, "status")
    wanted = {"9": ("pending", "9"), "1": ("open", "1"), "2": ("solved", "4")}[to]  # the last says the same as before
    assert shown == wanted
    assert not bench.events("waiting", "deferred", "quarantined", "conflict")
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    assert not [row for row in bench.rows(tables.event) if row["state"] is None]


def test_a_ticket_whose_ways_the_tracker_refuses_to_tell_keeps_back_no_other(bench: Bench) -> None:
    pairs = [bench.linked(), bench.linked()]
    for ticket, _ in pairs:
        bench.move(LEFT, ticket, "solved")
    (_, refused), (_, other) = pairs

    def act(name: str, phase: str, item: object) -> None:
        if name == "ways" and phase == "before" and refused in str(item):
            raise RefusedError("No.", where=refused)

    bench.tracker(RIGHT).fail = act
    bench.run()
    assert (bench.get(RIGHT, refused, "status"), bench.get(RIGHT, other, "status")) == ("2", "4")
    assert bench.events("quarantined")
    bench.tracker(RIGHT).fail = lambda name, phase, item: None
    bench.quiet()
    assert bench.get(RIGHT, refused, "status") == "4"


def _path(here: str, to: str) -> list[str]:
    """The way that a person takes; somebody who is there already goes on hold and comes back."""
    if to == "1":
        return ["1"] if here == "2" else ["2", "1"]
    return ["9", "2"] if here == to else [to]


@pytest.mark.parametrize(("status", "wanted"), [("pending", ["2", "9"]), ("solved", ["2", "3", "6", "4"])])
def test_a_person_who_takes_a_step_back_has_the_last_word(bench: Bench, status: str, wanted: list[str]) -> None:
    """Each step in turn is taken back before anybody has read that it took effect: it took effect all the same."""
    ticket, issue = bench.linked()
    for number, reached in enumerate(wanted):
        back = ["1", *wanted][number]
        picture = bench.save()
        bench.move(LEFT, ticket, status)
        tracker, moved = bench.tracker(RIGHT), []

        def act(name: str, phase: str, item: object) -> None:
            here = bench.tracker(RIGHT).tickets[issue].fields["status"]
            if name == "fetch" and phase == "before" and here == reached and not moved:  # noqa: B023
                moved.append(here)  # noqa: B023
                bench.wait(10)
                bench.move(RIGHT, issue, back)  # noqa: B023

        tracker.fail = act
        bench.run()
        bench.tracker(RIGHT).fail = lambda name, phase, item: None
        bench.quiet()
        assert moved == [reached]
        on_its_way = back != "1" and reached != wanted[-1]  # it was said to be in progress before and after
        last = (status, wanted[-1]) if on_its_way else ("open", back)
        assert (bench.get(LEFT, ticket, "status"), bench.get(RIGHT, issue, "status")) == last, f"back from {reached}"
        assert not bench.events("waiting", "deferred", "quarantined", "conflict")
        bench.restore(picture)
