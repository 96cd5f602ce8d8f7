# SPDX-License-Identifier: Apache-2.0
"""Later changes and the ends of tickets (engine.md §8, §9) over HTTP on both trackers, with a crash at each boundary.

The boundaries are each write that a run asks of a tracker, and each transaction of its state. At a write the process of
`tandem run` is killed (SIGKILL) before or after the tracker did what was asked, or the answer is lost. A normal run of
the tests takes a part of them; ``TANDEM_EXAMPLES=all`` takes each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from engine.deaths import mortal
from engine.house import House
from engine.people import JIRA, ZENDESK, People
from engine.people_later import Later
from engine.remembered import Memory
from engine.storms import furnished, killed_at
from engine.truth import check, wait_for_feeds
from support.sandbox import running_sandbox
from tandem.errors import RetryableError

ALL = os.environ.get("TANDEM_EXAMPLES") == "all"
EDITED, TICKET = r"/comment/\d+$", r"/tickets/\d+\.json$"


@dataclass
class Street:
    """The pair with its people."""

    house: House
    people: People
    later: Later

    def linked(self, count: int) -> list[Memory]:
        """Tickets on both sides, solved, with a comment of each side and a file, at rest."""
        tickets = [self.people.open_ticket() for _ in range(count)]
        memories = [self.people.tickets[ticket] for ticket in tickets]
        self.rest()
        for ticket, memory in zip(tickets, memories, strict=True):
            memory.ticket, memory.issue = ticket, self.house.twins()[str(ticket)]
            self.people.change_ticket(ticket, memory, "file")
            self.people.change_issue(memory.issue, memory, "comment")
            self.people.zendesk.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": {"status": "solved"}})
        self.rest()
        self.rest()
        return memories

    def rest(self) -> None:
        wait_for_feeds(self.people)
        self.house.run()

    def calm(self) -> None:
        """Runs until nothing is planned, and one more that must write nothing."""
        for _ in range(6):
            wait_for_feeds(self.people)
            if not self.house.run()["diff"]["actions"]:
                break
        assert self.house.run()["diff"]["actions"] == 0


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    root = furnished(folder / "include", closed="reopen")
    with running_sandbox() as box:
        house, people = House(box, f"sqlite:///{folder}/state.db", root), People(box, 7)
        house.run()
        yield Street(house, people, Later(people, follow_up=True))


# ---- what people do, and the writes that follow from it: (tracker, method, path)

Write = tuple[str, str, str]


def rewrite(street: Street, memory: Memory) -> None:
    street.later.rewrite(memory)


def hide(street: Street, memory: Memory) -> None:
    street.later.hide(memory)


def restrict(street: Street, memory: Memory) -> None:
    street.later.restrict(memory)


def black_out(street: Street, memory: Memory) -> None:
    street.later.black_out(memory)


def close_and_reopen(street: Street, memory: Memory) -> None:
    """The ticket is closed; then Elaine goes on with it, in a comment and by its status."""
    assert memory.issue is not None
    street.later.close(memory)
    street.people.change_issue(memory.issue, memory, "comment")
    reopen = next(
        way
        for way in street.people.jira.ask("GET", f"/rest/api/3/issue/{memory.issue}/transitions")["transitions"]
        if way["name"] == "Reopen"
    )
    sent = {"transition": {"id": reopen["id"]}}
    street.people.jira.ask("POST", f"/rest/api/3/issue/{memory.issue}/transitions", json=sent)
    street.people.change_issue(memory.issue, memory, "comment")
    memory.closed = False


def close(street: Street, memory: Memory) -> None:
    """A last word, and the ticket is closed: what was said before still goes out."""
    assert memory.ticket is not None
    street.people.change_ticket(memory.ticket, memory, "comment")
    street.later.close(memory)


SCENES: list[tuple[Callable[[Street, Memory], None], list[Write]]] = [
    (rewrite, [(ZENDESK, "PUT", TICKET)]),
    (hide, [(JIRA, "DELETE", "/attachment/"), (JIRA, "PUT", EDITED)]),
    (
        restrict,
        [
            (ZENDESK, "PUT", "/make_private.json$"),
            (ZENDESK, "PUT", "/comment_redactions/"),
        ],
    ),
    (black_out, [(JIRA, "PUT", EDITED)]),
    (close_and_reopen, [(ZENDESK, "POST", r"/tickets\.json$"), (ZENDESK, "PUT", TICKET)]),
    (close, [(JIRA, "POST", "/comment$")]),
]
POINTS = [
    (scene, write, kind)
    for scene, writes in SCENES
    for write in writes
    for kind in ("hang", "hang_after", "error_after", "cut_after")
]


def strike(street: Street, write: Write, kind: str) -> None:
    """A run that comes to grief at a write."""
    tenant, method, path = write
    control, account = street.house.box.control, street.house.box[tenant].integration.email
    number = control.fault(kind, tenant, account=account, method=method, path=path, count=1)
    if kind.startswith("hang"):
        killed_at(street.house, number)
    else:
        with suppress(RetryableError):
            street.house.run()
    assert next(one["struck"] for one in control.faults() if one["id"] == number), f"{kind} at {write} never struck"
    control.clear_faults()


def test_nothing_is_lost_or_done_twice_at_any_write(street: Street) -> None:
    points = POINTS if ALL else POINTS[::5]
    for memory, (scene, write, kind) in zip(street.linked(len(points)), points, strict=True):
        scene(street, memory)
        wait_for_feeds(street.people)
        strike(street, write, kind)
        street.rest()
    street.calm()
    assert check(street.house, street.people) == []


def test_nothing_is_lost_or_done_twice_at_any_transaction(street: Street) -> None:
    """One ticket of each scene in one run, killed at each transaction that changes something."""
    step, point = (1 if ALL else 9), 4
    with mortal(street.house.store, street.house.run) as killed:
        while True:
            for memory, (scene, _) in zip(street.linked(len(SCENES)), SCENES, strict=True):
                scene(street, memory)
            wait_for_feeds(street.people)
            if not killed(point):
                break
            street.rest()
            point += step
    assert point > 20
    street.calm()
    assert check(street.house, street.people) == []
