# SPDX-License-Identifier: Apache-2.0
"""An answer that is lost after the write took place: it is looked up and never repeated, from the first create on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.house import House
from engine.people import JIRA, ZENDESK, People
from engine.truth import check, wait_for_feeds
from support.sandbox import RunningSandbox, running_sandbox
from tandem.errors import RetryableError


@pytest.fixture
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


WRITES = [
    (JIRA, "POST", "/issue$"),
    (JIRA, "POST", "/comment$"),
    (JIRA, "POST", "/attachments$"),
    (JIRA, "POST", "/transitions$"),
    (JIRA, "PUT", "/issue/[^/]+$"),
    (ZENDESK, "POST", "/tickets(.json)?$"),
    (ZENDESK, "PUT", "/tickets/"),
]


@pytest.mark.parametrize("kind", ["error_after", "cut_after"])
def test_lost_answers_are_looked_up(box: RunningSandbox, tmp_path: Path, kind: str) -> None:
    house, people = House(box, f"sqlite:///{tmp_path}/state.db"), People(box, 5)
    house.run()
    lost = 0
    for tenant, method, path in WRITES:
        ticket = people.open_ticket(with_file=True)
        people.open_issue()
        for known, issue in list(house.twins().items())[:2]:
            memory = people.tickets.get(int(known)) or people.issues[issue]
            for what in ("comment", "status", "title"):
                people.change_ticket(int(known), memory, what)
            people.change_issue(issue, memory, "comment")
        people.change_ticket(ticket, people.tickets[ticket], "comment")
        wait_for_feeds(people)
        box.control.fault(kind, tenant, method=method, path=path, count=1)
        for _ in range(4):
            try:
                house.run()
            except RetryableError:
                lost += 1
        box.control.clear_faults()
    assert lost >= len(WRITES), "the faults struck"
    wait_for_feeds(people)
    house.run()
    assert house.run()["diff"]["actions"] == 0
    assert check(house, people) == []
