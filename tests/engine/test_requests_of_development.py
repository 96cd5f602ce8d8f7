# SPDX-License-Identifier: Apache-2.0
"""What changed tickets cost ServiceNow and Azure DevOps, counted there, beside the smallest possible number.

A thousand of them where ``TANDEM_EXAMPLES=all``, else as many as two of the largest reads hold: the rest is more of
the same. ``pytest tests/engine/test_requests_of_development.py -s`` prints the table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

import pytest

from engine.counting import Table, counted, quiet
from engine.development_house import AZURE, PROJECT, SNOW, Both, running_pair

pytestmark = pytest.mark.timeout(900)
LINKED = 1000 if os.environ.get("TANDEM_EXAMPLES") == "all" else 200
EACH = 10  # history entries and comments of each changed ticket
WRITTEN = 60  # tickets of the run whose writes are counted
FILES = 10  # tickets that get a file on each side


@dataclass
class Office:
    """The pair with its linked tickets."""

    both: Both
    table: Table
    twins: dict[str, str]

    def run(self, what: str, **job: Any) -> dict[str, Any]:
        """One run, counted by task."""
        return counted(self.both.house, self.table, what, **job)

    def talk(self, incidents: list[str], each: int) -> None:
        """John changes each incident so often, and says so in a comment each time."""
        said = [
            ("PATCH", f"/api/now/table/incident/{id_}", {"urgency": str(turn % 3 + 1), "comments": f"Turn {turn}"})
            for turn in range(each)
            for id_ in incidents
        ]
        self.both.box.control.act(SNOW, "john", said)

    def talk_there(self, items: list[str], each: int) -> None:
        """David does the same to work items: a change and its comment are one revision."""
        path = "/global/_apis/wit/workItems/{}?api-version=7.1"
        said = [("PATCH", path.format(id_), _revision(turn)) for turn in range(each) for id_ in items]
        self.both.box.control.act(AZURE, "david", said)


def _revision(turn: int) -> list[dict[str, Any]]:
    values = {"Microsoft.VSTS.Common.Priority": turn % 4 + 1, "System.History": f"<div>Turn {turn}</div>"}
    return [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in values.items()]


def _new(number: int) -> list[dict[str, Any]]:
    values = {"System.Title": f"New item {number}", "System.Tags": "infinity", "System.History": "<div>Please</div>"}
    return [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in values.items()]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Incidents with their work items, and nothing to do."""
    with running_pair(tmp_path_factory.mktemp("requests")) as both:
        made = {"assignment_group": both.group, "category": "software", "impact": "2", "urgency": "2"}
        asked = [
            ("POST", "/api/now/table/incident", {**made, "short_description": f"Incident {number}"})
            for number in range(LINKED)
        ]
        both.box.control.act(SNOW, "john", asked)
        quiet(both.house)
        office = Office(both, Table(), both.house.twins())
        assert len(office.twins) == LINKED
        yield office


def test_writes_and_the_reads_around_them_are_few(office: Office) -> None:
    """Each of some tickets is answered once on each side: a field and a comment, in calls of many writes."""
    some, table = dict(list(office.twins.items())[:WRITTEN]), office.table
    office.talk(list(some), 1)
    office.talk_there(list(some.values()), 1)
    office.both.box.control.advance(120)
    what = f"{WRITTEN} written to each"
    told = office.run(what)
    assert told["load"]["comment"] == 2 * WRITTEN
    assert told["load"]["update"] == WRITTEN, "of a priority that both changed the newer goes on"
    print()
    print(table.text())
    for tenant in (SNOW, AZURE):
        assert table.total(what, tenant, "load", "reconcile") <= 25
    quiet(office.both.house)


def test_new_tickets_cost_no_request_each(office: Office) -> None:
    """Some are made on each side, with a word each: neither they nor their copies are asked for one by one."""
    both, table = office.both, office.table
    made = {"assignment_group": both.group, "category": "software", "impact": "2", "urgency": "2", "comments": "Please"}
    asked = [
        ("POST", "/api/now/table/incident", {**made, "short_description": f"New incident {number}"})
        for number in range(WRITTEN)
    ]
    both.box.control.act(SNOW, "john", asked)
    path = f"/global/{PROJECT}/_apis/wit/workitems/$Bug?api-version=7.1"
    both.box.control.act(AZURE, "david", [("POST", path, _new(number)) for number in range(WRITTEN)])
    both.box.control.advance(120)
    what = f"{WRITTEN} made on each"
    told = office.run(what)
    assert told["load"]["create"] == 2 * WRITTEN
    print()
    print(table.text())
    assert table.total(what, AZURE) <= 23
    assert table.total(what, SNOW) <= 40
    quiet(both.house)


def test_a_file_costs_its_target_no_more_than_to_store_it_and_to_read_it_back(office: Office) -> None:
    """At its source the ticket is asked once more whether the file may leave: it may have been named in private."""
    both, table = office.both, office.table
    some = dict(list(office.twins.items())[:FILES])
    for number, (incident, item) in enumerate(some.items()):
        both.desk.attach(incident, f"s{number}.txt", b"of an incident")
        both.azure.attach(int(item), f"a{number}.txt", b"of a work item")
    both.box.control.advance(120)
    what = f"{FILES} files on each"
    told = office.run(what)
    assert told["load"]["attach"] == 2 * FILES
    print()
    print(table.text())
    from_source = 4 * FILES  # the ticket, its texts, its files, and the bytes
    assert table.total(what, SNOW, "load") <= from_source + 2 * FILES + 12
    assert table.total(what, AZURE, "load") <= from_source + 3 * FILES + 12  # the bytes, then the item, are written
    quiet(both.house)


def test_changed_tickets_are_read_by_the_hundred(office: Office) -> None:
    """On both sides at once: each with ten history entries and ten comments of people."""
    table = office.table
    office.run("nothing changed")
    assert (table.total("nothing changed", SNOW), table.total("nothing changed", AZURE)) == (2, 1)
    office.talk(list(office.twins), EACH)
    office.talk_there(list(office.twins.values()), EACH)
    office.both.box.control.advance(120)
    what = f"{LINKED} changed"
    told = office.run(what, dry_run=True)
    for side in ("left", "right"):
        assert told["extract"][side]["changed"] == LINKED
        assert told["extract"][side]["events"] >= LINKED * EACH * 2 - WRITTEN, "a priority may be set to what it was"
    print()
    print(table.text({(what, SNOW): _least_of_servicenow(), (what, AZURE): _least_of_azure_devops()}))
    # What is asked once a run, whatever changed: people, the listing of files.
    assert table.total(what, SNOW) <= _least_of_servicenow() + 3
    assert table.total(what, AZURE) <= _least_of_azure_devops()


def _least_of_servicenow() -> int:
    """A listing; by id, 180 a call: rows and files; two thousand rows of audit and journal a page."""
    calls, last = divmod(LINKED, 180)
    tickets = [180] * calls + [last] * bool(last)
    audit = sum(ceil(some * EACH * 2 / 2000) for some in tickets)
    journal = sum(ceil(some * EACH / 2000) for some in tickets)
    return ceil(LINKED / 2000) + 2 * len(tickets) + audit + journal


def _least_of_azure_devops() -> int:
    """The feed, a thousand revisions a page; 200 items a call: as they were before, with their files, as they are."""
    return ceil(LINKED * EACH / 1000) + 3 * ceil(LINKED / 200)
