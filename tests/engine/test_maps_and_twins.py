# SPDX-License-Identifier: Apache-2.0
"""Maps by type, and fields that show the other side's ticket, against the simulated Zendesk and Jira themselves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.house import INCLUDE, PAIR, House
from engine.people import People
from engine.truth import wait_for_feeds
from support.sandbox import RunningSandbox, running_sandbox

CHANGES = {
    "infinity-jira": (
        (
            "4: [Low, Lowest]}}",
            "4: [Low, Lowest]}, when: [{place: SHOP, type: Bug, map: {1: Highest, 2: Medium, 3: Low, 4: Lowest}}]}",
        ),
        ("{x_order_no: {field: customfield_10042, direction: in}}", "{twin.key: customfield_10042}"),
    ),
    "mercuri-zendesk": (
        (
            "x_order_no:  {field: custom_field_360001234567, direction: out}",
            "twin.key: {field: custom_field_360001234567}",
        ),
    ),
}


@pytest.fixture
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The story's files, changed so."""
    for part in ("contracts", "pairs"):
        shutil.copytree(INCLUDE / part, tmp_path / part)
    for name, changes in CHANGES.items():
        file = tmp_path / "contracts" / f"{name}.yaml"
        text = file.read_text()
        for old, new in changes:
            assert old in text, "the story's file has changed: mend the test"
            text = text.replace(old, new)
        file.write_text(text)
    return tmp_path


def test_a_bug_has_its_own_priorities_and_both_tickets_name_each_other(
    box: RunningSandbox, root: Path, tmp_path: Path
) -> None:
    house, people = House(box, f"sqlite:///{tmp_path}/state.db", root), People(box, 5)
    house.run()
    tickets = {}
    for type_ in ("incident", "question"):
        sent = {"subject": people.word(type_), "type": type_, "priority": "high", "tags": ["customer"]}
        body = {"ticket": {**sent, "comment": {"body": people.word("text")}}}
        tickets[type_] = people.zendesk.ask("POST", "/api/v2/tickets.json", json=body)["ticket"]["id"]
    for _ in range(3):
        wait_for_feeds(people)
        told = house.run()
    assert not told["diff"]["actions"], f"the third run of {PAIR} still writes"
    twins = house.twins()
    for type_, priority in (("incident", "Medium"), ("question", "High")):
        ticket = tickets[type_]
        issue = people.jira.ask("GET", f"/rest/api/3/issue/{twins[str(ticket)]}")
        assert issue["fields"]["priority"]["name"] == priority
        assert issue["fields"]["customfield_10042"] == str(ticket)
        shown = people.zendesk.ask("GET", f"/api/v2/tickets/{ticket}.json")["ticket"]
        assert {"id": 360001234567, "value": issue["key"]} in shown["custom_fields"]
        assert shown["priority"] == "high"
