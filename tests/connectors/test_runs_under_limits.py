# SPDX-License-Identifier: Apache-2.0
"""Whole runs against trackers that let us ask seldom: they wait as told, end in time, and lose or repeat nothing.

Our clock, the waits and the trackers' clocks are one: whoever sleeps moves all of them.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from engine.house import TENANTS, House
from engine.people import JIRA, ZENDESK, People
from engine.truth import check
from support.sandbox import RunningSandbox, running_sandbox
from tandem.config.models import Side
from tandem.config.needs import needs
from tandem.connectors.base import Connector
from tandem.connectors.registry import factory
from tandem.errors import RateLimitedError
from tandem.http import READ_WAITS, Http

LONGEST = 15 * 60.0  # that we let a tracker tell us to wait


@dataclass
class Time:
    """One time for us and the trackers."""

    box: RunningSandbox
    skew: float = 0.0
    slept: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> float:
        return time.time() + self.skew

    def pass_by(self, seconds: float) -> None:
        with self.lock:
            self.skew += seconds
            self.box.control.advance(seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)


@dataclass
class Office:
    """The pair under limits: what runs asked, and how they ended."""

    house: House
    time: Time
    people: People
    ended: list[float] = field(default_factory=list)  # runs that gave up, by the wait that they named

    def until_calm(self, most: int = 40) -> None:
        """Run as a scheduler would: again after the time that a run which gave up has named."""
        idle = 0
        for _ in range(most):
            try:
                told = self.house.run()
            except RateLimitedError as error:
                assert error.retry_after is not None
                self.ended.append(error.retry_after)
                self.time.pass_by(error.retry_after)
                continue
            idle = idle + 1 if not told["diff"]["actions"] and not told["diff"]["links"] else 0
            if idle == 2:
                return
            self.time.pass_by(120)
        raise AssertionError("it does not come to rest")

    def refused(self, tenant: str) -> list[dict[str, Any]]:
        """Our own requests that met a limit."""
        return [one for one in self._ours(tenant) if one["status"] == 429]

    def _ours(self, tenant: str) -> list[dict[str, Any]]:
        login = self.house.box[tenant].integration.email
        return [one for one in self.house.box.control.requests(tenant) if one["account"] == login]


@pytest.fixture
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def office(box: RunningSandbox, tmp_path: Path) -> Office:
    house, clock, name = House(box, f"sqlite:///{tmp_path / 'state.db'}"), Time(box), uuid.uuid4().hex
    house.env = replace(
        house.env,
        connect=_connect(box, clock, name),
        now=lambda: datetime.fromtimestamp(clock.now(), UTC),
        sleep=clock.sleep,
    )
    house.run()
    clock.pass_by(10)
    return Office(house, clock, People(box, 5))


def _connect(box: RunningSandbox, clock: Time, name: str) -> Callable[[Side], Connector]:
    def connect(offer: Side) -> Connector:
        place = box[TENANTS[offer.connection]]
        session = requests.Session()
        session.auth = place.integration.basic
        # Budgets are the process's: each office has tenants of its own.
        http = Http(session, place.url, tenant=f"{offer.connection}-{name}", clock=clock.now, sleep=clock.sleep)
        return factory(offer.system)(http, needs(offer))

    return connect


def _busy(office: Office, tickets: int, comments: int) -> None:
    """Tickets are opened, and one on each side is talked about a lot."""
    people = office.people
    for _ in range(tickets):
        people.open_ticket()
    issue = people.open_issue()
    talked = next(iter(people.tickets))
    for _ in range(comments):
        people.change_ticket(talked, people.tickets[talked], "say")
        people.change_issue(issue, people.issues[issue], "say")
    office.time.pass_by(10)
    office.house.box.control.clear_requests()


def test_with_fewer_requests_a_minute_than_there_are_tickets_all_comes_to_its_end(office: Office) -> None:
    """Were a read given up after a few seconds, each run would begin anew with the first ticket, and never end."""
    _busy(office, 14, 3)
    office.house.box.control.settings(ZENDESK, requests_per_minute=12, exports_per_minute=2)
    office.until_calm()
    office.house.box.control.settings(ZENDESK, requests_per_minute=None, exports_per_minute=None)
    assert all(1 <= wait <= 60 for wait in office.ended)
    assert all(0 < wait <= READ_WAITS for wait in office.time.slept)
    # Whoever asks at the same moment may be refused too, but nobody asks again before the time.
    assert 0 < len(office.refused(ZENDESK)) <= 4 * (len(office.ended) + len(office.time.slept))
    assert check(office.house, office.people) == []


def test_a_ticket_over_its_budget_waits_and_all_others_flow(office: Office) -> None:
    people = office.people
    first, second = people.open_issue(), people.open_issue()
    office.until_calm()
    office.house.box.control.settings(ZENDESK, updates_per_ticket=4)
    for _ in range(7):
        people.change_issue(first, people.issues[first], "say")
    people.change_issue(second, people.issues[second], "say")
    office.time.pass_by(10)
    office.house.box.control.clear_requests()
    told = office.house.run()
    assert (told["load"]["comment"], told["load"]["deferred"]) == (5, 1)  # four of the first, and the second's
    office.until_calm()
    assert office.ended == []  # no run ended for it
    assert len(office.refused(ZENDESK)) <= 3
    assert check(office.house, office.people) == []


def test_writes_to_one_issue_and_bursts_are_spread(office: Office) -> None:
    _busy(office, 12, 30)
    office.house.box.control.settings(JIRA, issue_write_limit=True, burst_limit={"requests": 6, "seconds": 3})
    office.until_calm()
    office.house.box.control.settings(JIRA, issue_write_limit=False, burst_limit=None)
    assert office.refused(JIRA), "the limit was never met"
    assert office.time.slept, "waits this short are waited for in the run itself"
    assert all(0 < wait <= READ_WAITS for wait in office.time.slept)
    assert check(office.house, office.people) == []


@pytest.mark.parametrize("told", ["600", "86000"])
def test_a_long_wait_in_the_middle_of_a_batch_ends_the_run_and_nothing_comes_twice(office: Office, told: str) -> None:
    people = office.people
    for _ in range(6):
        people.open_ticket()
    office.until_calm()
    for number, memory in people.tickets.items():
        people.change_ticket(number, memory, "say")
    office.time.pass_by(10)
    office.house.box.control.fault("rate_limited", JIRA, method="POST", path="/comment$", skip=3, retry_after=told)
    with pytest.raises(RateLimitedError) as stopped:
        office.house.run()
    assert stopped.value.retry_after == pytest.approx(min(float(told), LONGEST), abs=5)
    office.house.box.control.clear_faults()
    office.house.box.control.clear_requests()
    with pytest.raises(RateLimitedError) as early:
        office.house.run()
    assert early.value.retry_after is not None
    asked = Counter(
        one["method"] for one in office.house.box.control.requests(JIRA) if one["path"].endswith("/comment")
    )
    assert asked["POST"] == 0  # whoever comes before the time does not even ask
    office.time.pass_by(early.value.retry_after)
    office.until_calm()
    assert office.ended == []
    assert check(office.house, office.people) == []
