# SPDX-License-Identifier: Apache-2.0
"""What a thousand changed tickets cost their trackers, counted at the trackers, beside the smallest possible number.

``pytest tests/engine/test_requests.py -s`` prints the table that ``docs/requests.md`` shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from engine.counting import Table, counted, quiet
from engine.house import TENANTS, House
from support.jira import doc
from support.sandbox import RunningSandbox, running_sandbox

ZENDESK, JIRA = TENANTS["mercuri_zendesk"], TENANTS["infinity_jira"]
LINKED = 1000
pytestmark = pytest.mark.timeout(900)  # it makes them all, with their twins
EACH = 10  # history entries and comments of each changed ticket
WRITTEN = 60  # tickets of the run whose writes are counted
READ_AT_MOST = 40


@dataclass
class Office:
    """The pair with its thousand linked tickets."""

    house: House
    table: Table
    twins: dict[str, str]

    def run(self, what: str, **job: Any) -> dict[str, Any]:
        """One run, counted by task."""
        return counted(self.house, self.table, what, **job)


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        limits = {"requests_per_minute": None, "exports_per_minute": None, "updates_per_ticket": None}
        running.control.settings(ZENDESK, search_lag=0, job_delay=0, **limits)
        running.control.settings(JIRA, search_lag=0, issue_write_limit=False, burst_limit=None)
        yield running


@pytest.fixture(scope="module")
def office(box: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A thousand tickets with their twins, and nothing to do."""
    house = House(box, f"sqlite:///{tmp_path_factory.mktemp('requests') / 'state.db'}")
    house.run()
    tickets = [
        {"subject": f"Ticket {n}", "tags": ["customer"], "priority": "normal", "comment": {"body": f"No {n} is broken"}}
        for n in range(LINKED)
    ]
    box.control.act(ZENDESK, "anna", [("POST", "/api/v2/tickets.json", {"ticket": one}) for one in tickets])
    quiet(house)
    office = Office(house, Table(), house.twins())
    assert len(office.twins) == LINKED
    return office


def _talk_in_zendesk(office: Office, tickets: list[str], each: int, *priorities: str) -> None:
    """Anna changes each ticket so often, to these priorities in turn, and says so in a comment each time."""
    control = office.house.box.control
    for turn in range(each):
        priority = priorities[turn % len(priorities)]
        bodies = [
            {"id": int(id_), "priority": priority, "comment": {"body": f"Turn {turn} of {id_}", "public": True}}
            for id_ in tickets
        ]
        calls = [bodies[start : start + 100] for start in range(0, len(bodies), 100)]
        control.act(ZENDESK, "anna", [("PUT", "/api/v2/tickets/update_many.json", {"tickets": some}) for some in calls])
        control.advance(5)
        control.act(ZENDESK, "anna", [("GET", "/api/v2/users/me.json", None)])  # the jobs are done


def _talk_in_jira(office: Office, issues: list[str], each: int) -> None:
    """Elaine does the same to issues."""
    said = [("PUT", f"/rest/api/3/issue/{id_}", _edit(turn, id_)) for turn in range(each) for id_ in issues]
    office.house.box.control.act(JIRA, "elaine", said)


def _edit(turn: int, issue: str) -> dict[str, Any]:
    comment = {"add": {"body": doc(f"Turn {turn} of {issue}")}}
    priority = {"set": {"name": ("Low", "Highest")[turn % 2]}}
    return {"update": {"comment": [comment], "priority": [priority]}}


def test_writes_and_the_reads_around_them_are_few(office: Office) -> None:
    """Each of some tickets is answered once on each side: one write each, and what is read before and after."""
    some = dict(list(office.twins.items())[:WRITTEN])
    _talk_in_zendesk(office, list(some), 1, "high")
    office.house.box.control.advance(120)
    what, table = f"{WRITTEN} written to Jira", office.table
    told = office.run(what)
    assert (told["load"]["comment"], told["load"]["update"]) == (WRITTEN, WRITTEN)
    print()
    print(table.text({(what, JIRA): 2 * WRITTEN}))
    assert table.total(what, ZENDESK, "load", "reconcile") <= 2 * WRITTEN // 10
    assert table.total(what, JIRA, "load", "reconcile") <= 2 * WRITTEN + 2 * WRITTEN // 10 + 10
    quiet(office.house)


def test_a_thousand_changed_tickets_cost_at_most_forty_requests_to_read(office: Office) -> None:
    """On both sides at once: each with ten history entries and ten comments of people. Writes are counted apart."""
    table, control = office.table, office.house.box.control
    office.run("nothing changed")
    for tenant in (ZENDESK, JIRA):
        assert table.total("nothing changed", tenant) <= 2
    _talk_in_zendesk(office, list(office.twins), EACH, "low", "urgent")
    _talk_in_jira(office, list(office.twins.values()), EACH)
    control.advance(120)
    told = office.run(f"{LINKED} changed", dry_run=True)
    assert told["extract"]["left"]["changed"] == told["extract"]["right"]["changed"] == LINKED
    assert told["extract"]["left"]["events"] == told["extract"]["right"]["events"] == LINKED * EACH * 2
    print()
    print(table.text())
    for tenant in (ZENDESK, JIRA):
        assert table.total(f"{LINKED} changed", tenant) <= READ_AT_MOST
