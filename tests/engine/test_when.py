# SPDX-License-Identifier: Apache-2.0
"""Maps that depend on where a ticket lies and of what type it is: reading, writing, creating, walking, moving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.laws import at_rest
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.memory import JIRA_LIKE
from tandem.state import tables

REVERSED = {"1": "Low", "2": "Medium", "3": "High", "4": "Highest"}
ANYWHERE = [{"field": "labels", "contains": "customer"}]


def reversed_for(**where: Any) -> dict[str, Any]:
    """Priorities stand on their head for some tickets; Jira's are in scope wherever they lie."""
    return {"scope": ANYWHERE, "fields": {"priority": {"when": [{**where, "map": REVERSED}]}}}


@pytest.mark.parametrize(("place", "shown"), [("SHOP", "urgent"), ("OPS", "low")])
def test_a_value_is_read_by_the_map_of_its_place(tmp_path: Path, place: str, shown: str) -> None:
    bench = Bench(tmp_path, right=reversed_for(place="OPS"))
    bench.run()
    issue = bench.open(RIGHT, priority="1", project=place)
    bench.quiet()
    assert bench.get(LEFT, bench.twin(RIGHT, issue), "priority") == shown
    at_rest(bench)


@pytest.mark.parametrize(("type_", "written", "back"), [("2", "2", "high"), ("1", "3", "normal")])
def test_a_change_is_written_and_read_by_the_map_of_the_type(
    tmp_path: Path, type_: str, written: str, back: str
) -> None:
    bench = Bench(tmp_path, right=reversed_for(type="Bug"))
    bench.run()
    issue = bench.open(RIGHT, priority="1", issuetype=type_)
    bench.quiet()
    ticket = bench.twin(RIGHT, issue)
    bench.set(LEFT, ticket, "priority", "high")
    bench.quiet()
    assert bench.get(RIGHT, issue, "priority") == written
    bench.set(RIGHT, issue, "priority", "2")
    bench.quiet()
    assert bench.get(LEFT, ticket, "priority") == back
    at_rest(bench)


def test_a_brand_is_named_as_people_write_it(tmp_path: Path) -> None:
    heads = {"1": "Low", "2": "Normal", "3": "High", "4": "Urgent"}
    bench = Bench(tmp_path, left={"fields": {"priority": {"when": [{"place": ["Shop", "Other"], "map": heads}]}}})
    bench.run()
    shop, help_ = (bench.open(LEFT, priority="urgent", brand_id=brand) for brand in ("2", "1"))
    bench.quiet()
    assert [bench.get(RIGHT, bench.twin(LEFT, ticket), "priority") for ticket in (shop, help_)] == ["4", "1"]
    at_rest(bench)


def test_a_status_of_a_brand_is_told_in_clear_by_its_own_map(tmp_path: Path) -> None:
    own = {"place": "Shop", "map": {"in_progress": "Pending", "solved": ["Solved", "Open"]}}
    bench = Bench(tmp_path, left={"fields": {"status": {"when": [own]}}})
    _, issue = bench.linked(brand_id="2")
    assert bench.get(RIGHT, issue, "status") == "3"
    assert [row["status"] for row in bench.rows(tables.link)] == ["solved"]
    at_rest(bench)


def test_a_value_that_says_nothing_in_one_place_says_something_in_another(tmp_path: Path) -> None:
    own = {"place": "Shop", "map": {"in_progress": "Open", "solved": "Pending"}, "ignore": ["New", "Solved"]}
    bench = Bench(tmp_path, left={"fields": {"status": {"when": [own]}}})
    bench.run()
    quiet, heard = (bench.open(LEFT, status="open", brand_id=brand) for brand in ("2", "1"))
    bench.quiet()
    for ticket in (quiet, heard):
        bench.move(LEFT, ticket, "solved")
    bench.quiet()
    assert [bench.get(RIGHT, bench.twin(LEFT, ticket), "status") for ticket in (quiet, heard)] == ["2", "3"]
    at_rest(bench)


def test_types_of_one_name_have_one_map(tmp_path: Path) -> None:
    """Jira's projects have types of their own, and name them alike."""
    types = replace(JIRA_LIKE.fields["issuetype"], choices={"1": "Bug", "2": "Task", "3": "Bug"})
    kind = replace(JIRA_LIKE, fields={**JIRA_LIKE.fields, "issuetype": types})
    bench = Bench(tmp_path, right=reversed_for(type="Bug"), kinds={"right": kind})
    bench.run()
    issues = [bench.open(RIGHT, priority="1", issuetype=type_) for type_ in ("1", "2", "3")]
    bench.quiet()
    shown = [bench.get(LEFT, bench.twin(RIGHT, issue), "priority") for issue in issues]
    assert shown == ["low", "urgent", "low"]
    at_rest(bench)


def test_a_new_ticket_is_made_by_the_map_of_where_it_will_lie(tmp_path: Path) -> None:
    bench = Bench(tmp_path, right={**reversed_for(place="OPS"), "create": {"project": "OPS"}})
    ticket, issue = bench.linked(priority="urgent")
    assert bench.get(RIGHT, issue, "project") == "OPS"
    assert bench.get(RIGHT, issue, "priority") == "4"
    assert bench.get(LEFT, ticket, "priority") == "urgent"
    at_rest(bench)


@pytest.mark.parametrize(("type_", "made", "priority"), [("incident", "1", "4"), ("task", "2", "1")])
def test_a_new_ticket_is_made_by_the_map_of_the_type_that_it_comes_to(
    tmp_path: Path, type_: str, made: str, priority: str
) -> None:
    right = reversed_for(type="Bug")
    right["fields"]["type"] = {"field": "issuetype", "map": {"incident": "Bug", "task": "Task"}, "direction": "in"}
    left = {"field": "type", "map": {"incident": "Incident", "task": "Task"}, "direction": "out"}
    bench = Bench(tmp_path, left={"fields": {"type": left}}, right=right)
    _, issue = bench.linked(priority="urgent", type=type_)
    assert bench.get(RIGHT, issue, "issuetype") == made
    assert bench.get(RIGHT, issue, "priority") == priority
    at_rest(bench)


def test_a_status_walks_by_the_map_in_force(tmp_path: Path) -> None:
    """In Operations there is no work in progress: to do is open, in progress is solved."""
    entry = {"place": "OPS", "map": {"in_progress": "To Do", "solved": "In Progress"}}
    right = {"scope": ANYWHERE, "fields": {"status": {"when": [entry]}}, "create": {"project": "OPS"}}
    bench = Bench(tmp_path, right=right)
    ticket, issue = bench.linked()
    assert bench.get(RIGHT, issue, "status") == "1"
    bench.move(LEFT, ticket, "solved")
    told = bench.run()["load"]
    assert (told["planned"], told["status"]) == (1, 1)
    assert bench.get(RIGHT, issue, "status") == "2"
    bench.move(RIGHT, issue, "1")
    bench.quiet()
    assert bench.get(LEFT, ticket, "status") == "open"
    at_rest(bench)


def test_the_steps_of_a_status_are_read_by_the_map_in_force(tmp_path: Path) -> None:
    entry = {"place": "OPS", "map": {"in_progress": "To Do", "solved": "In Progress"}}
    right = {"scope": ANYWHERE, "fields": {"status": {"when": [entry]}}, "create": {"project": "OPS"}}
    bench = Bench(tmp_path, right=right)
    ticket, issue = bench.linked()
    for status in ("2", "1", "2"):
        bench.move(RIGHT, issue, status)
    bench.quiet()
    entries = bench.tracker(LEFT).tickets[ticket].entries
    assert [entry.after for entry in entries if entry.field == "status"] == ["solved", "open", "solved"]
    at_rest(bench)


@pytest.mark.parametrize(("place", "status"), [("OPS", "3"), ("SHOP", "1")])
def test_a_walk_goes_over_the_statuses_of_the_map_in_force(tmp_path: Path, place: str, status: str) -> None:
    """On the way from to do to done lies in progress, which only the map of Operations knows."""
    entry = {"place": "OPS", "map": {"in_progress": ["To Do", "In Progress"], "solved": "Done"}}
    own = {"field": "status", "map": {"new": None, "in_progress": "To Do", "solved": "Done"}, "when": [entry]}
    bench = Bench(tmp_path, right={"scope": ANYWHERE, "fields": {"status": own}, "create": {"project": place}})
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    bench.run()
    assert bench.get(RIGHT, issue, "status") == status
    assert bool(bench.events("quarantined")) is (place == "SHOP")


def test_a_new_ticket_comes_to_its_status_by_the_map_of_where_it_will_lie(tmp_path: Path) -> None:
    entry = {"place": "OPS", "map": {"in_progress": "To Do", "solved": "In Progress"}}
    right = {"scope": ANYWHERE, "fields": {"status": {"when": [entry]}}, "create": {"project": "OPS"}}
    bench = Bench(tmp_path, right=right)
    bench.run()
    ticket = bench.open(LEFT, status="solved")
    bench.quiet()
    assert bench.get(RIGHT, bench.twin(LEFT, ticket), "status") == "2"
    at_rest(bench)


def test_a_ticket_that_moves_is_read_anew_and_writes_nothing_by_itself(tmp_path: Path) -> None:
    bench = Bench(tmp_path, right=reversed_for(place="OPS"))
    ticket, issue = bench.linked(priority="urgent")
    bench.tracker(RIGHT).relocate(issue, "OPS", bench.person(RIGHT))
    before = bench.changes()
    at_rest(bench)
    assert bench.changes() == before
    bench.set(LEFT, ticket, "priority", "high")
    bench.quiet()
    assert bench.get(RIGHT, issue, "priority") == "3"
    bench.set(RIGHT, issue, "priority", "4")
    bench.quiet()
    assert bench.get(LEFT, ticket, "priority") == "urgent"
    at_rest(bench)


def test_a_type_that_was_renamed_keeps_its_map(tmp_path: Path) -> None:
    bench = Bench(tmp_path, right=reversed_for(type="Bug"))
    bench.run()
    tracker = bench.tracker(RIGHT)
    types = replace(JIRA_LIKE.fields["issuetype"], choices={"1": "Fault", "2": "Task"})
    tracker.kind = replace(tracker.kind, fields={**JIRA_LIKE.fields, "issuetype": types})
    bench.wait(7200)
    issue = bench.open(RIGHT, priority="1", issuetype="1")
    bench.quiet()
    assert bench.get(LEFT, bench.twin(RIGHT, issue), "priority") == "low"


@pytest.mark.parametrize(("where", "written"), [({"place": "SHOP"}, "1"), ({"type": "Bug"}, "4")])
def test_out_of_scope_nothing_is_written_by_a_map_that_may_be_the_wrong_one(
    tmp_path: Path, where: Mapping[str, str], written: str
) -> None:
    """Of a ticket out of scope the place is told, the type is not: what needs it waits in sight."""
    bench = Bench(tmp_path, right=reversed_for(**where) | {"create": {"project": "SHOP", "issuetype": "Bug"}})
    ticket, issue = bench.linked(priority="urgent")
    assert bench.get(RIGHT, issue, "priority") == "4"
    bench.label(RIGHT, issue, remove="customer")
    bench.quiet()
    bench.set(LEFT, ticket, "priority", "low")  # which the other map would take for what stands there already
    bench.run()
    bench.run()
    assert bench.get(RIGHT, issue, "priority") == written
    assert [row["state"] for row in bench.events("quarantined")] == (["quarantined"] if written == "4" else [])
    bench.label(RIGHT, issue, add="customer")
    bench.wait(3600)
    bench.quiet()
    assert bench.get(RIGHT, issue, "priority") == "1"
    at_rest(bench)
