# SPDX-License-Identifier: Apache-2.0
"""A status whose words depend on other fields: written by where the ticket will be, read by where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.laws import at_rest
from engine.memory_house import LEFT, RIGHT, Bench

USUAL = {"new": None, "in_progress": "To Do", "pending": "In Progress", "solved": "Done"}
OF_BUGS = {"in_progress": "To Do", "pending": "Done", "solved": "In Progress"}


WHEN = [{"where": {"type": "incident"}, "map": OF_BUGS}]  # of a bug, what Jira calls in progress is solved
FILES: dict[str, Any] = {
    "left": {
        "fields": {
            "type": {"field": "type", "map": {"incident": "Incident", "task": "Task"}},
            "status": {"map": {"in_progress": "Open", "pending": "Pending", "solved": "Solved"}},
        }
    },
    "right": {
        "fields": {
            "type": {"field": "issuetype", "map": {"incident": "Bug", "task": "Task"}},
            "status": {"field": "status", "map": USUAL, "when": WHEN},
        }
    },
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, **FILES)


@pytest.mark.parametrize(("type_", "status"), [("incident", "2"), ("task", "3")])
def test_a_status_is_written_and_read_by_the_map_that_another_field_chooses(
    bench: Bench, type_: str, status: str
) -> None:
    ticket, issue = bench.linked(type=type_)
    bench.move(LEFT, ticket, "solved")
    at_rest(bench)
    assert bench.get(RIGHT, issue, "status") == status
    bench.move(RIGHT, issue, "3" if type_ == "incident" else "2")
    at_rest(bench)
    assert bench.get(LEFT, ticket, "status") == "pending"


@pytest.mark.parametrize("first", ["type", "status"])
@pytest.mark.parametrize(("type_", "to", "status"), [("incident", "task", "3"), ("task", "incident", "2")])
def test_a_type_and_a_status_that_change_together_arrive_together(
    bench: Bench, first: str, type_: str, to: str, status: str
) -> None:
    """Whichever of the two is written first: the status is that of the type that the ticket will have."""
    ticket, issue = bench.linked(type=type_)
    acts = {"type": lambda: bench.set(LEFT, ticket, "type", to), "status": lambda: bench.move(LEFT, ticket, "solved")}
    acts.pop(first)()
    bench.wait(60)
    for act in acts.values():
        act()
    at_rest(bench)
    assert (bench.get(RIGHT, issue, "issuetype"), bench.get(RIGHT, issue, "status")) == (
        {"incident": "1", "task": "2"}[to],
        status,
    )
    assert bench.get(LEFT, ticket, "status") == "solved"


@pytest.mark.parametrize(("type_", "status"), [("incident", "2"), ("task", "3")])
def test_a_new_ticket_comes_to_its_status_by_what_it_will_be(bench: Bench, type_: str, status: str) -> None:
    bench.run()
    ticket = bench.open(LEFT, type=type_, status="solved")
    at_rest(bench)
    assert bench.get(RIGHT, bench.twin(LEFT, ticket), "status") == status


def test_another_type_alone_writes_no_status(bench: Bench) -> None:
    ticket, issue = bench.linked(type="incident")
    bench.move(LEFT, ticket, "solved")
    at_rest(bench)
    bench.set(LEFT, ticket, "type", "task")
    at_rest(bench)
    assert (bench.get(LEFT, ticket, "status"), bench.get(RIGHT, issue, "status")) == ("solved", "2")


def test_what_is_still_open_is_told_by_the_map_in_force(bench: Bench) -> None:
    bench.open(RIGHT, issuetype="1", status="2")
    at_work = bench.open(RIGHT, issuetype="2", status="2")
    bench.wait(86_400)
    bench.run()
    assert bench.twins() == {}
    bench.write(pair={"start": "open"}, **FILES)
    bench.quiet()
    assert set(bench.twins().values()) == {at_work}
