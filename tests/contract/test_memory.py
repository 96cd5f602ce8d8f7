# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from contract.abilities import (
    ComparedVersions,
    DeletedTickets,
    FinalTickets,
    FollowUps,
    PrivateComments,
    PrivateDescription,
    Workflow,
)
from contract.bench import SECRET, Fields
from contract.connector_suite import ConnectorContract
from tandem.connectors.base import Condition, Needs
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Memory, Tracker
from tandem.core.values import Json
from tandem.errors import UnknownOutcomeError

NAMES = {
    "jira": Fields("summary", "description", "labels", "priority", "2", "duedate", SECRET),
    "zendesk": Fields("subject", "description", "tags", "priority", "high", "custom_field_7", SECRET),
}


@dataclass
class MemoryBench:
    tracker: Tracker
    fields: Fields
    needs: Needs
    statuses: tuple[str, str]
    place: str | None = None
    create: Mapping[str, Json] = field(default_factory=dict)
    ahead: float = 0.0
    wrong: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.person = self.tracker.person("sam")

    @property
    def refuses_stale(self) -> bool:
        return self.tracker.kind.stamped

    def connect(self, needs: Needs) -> Memory:
        return Memory(self.tracker, needs)

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        fields: dict[str, Json] = {self.fields.title: title, self.fields.description: title}
        labels: dict[str, Json] = {self.fields.labels: ["shared"]} if shared else {}
        return self.tracker.open_ticket(fields | labels, self.person, public=public)

    def edits(self, ticket: str, field: str, value: Json) -> None:
        self.tracker.edit(ticket, field, value, self.person)

    def moves(self, ticket: str, status: str) -> None:
        self.tracker.move(ticket, status, self.person)

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        files = [] if file is None else [self.tracker.attach(ticket, "a.txt", file, self.person)]
        self.tracker.comment(ticket, text, self.person, public=public, files=files)

    def hides(self, ticket: str) -> None:
        self.tracker.tickets[ticket].hidden = True

    def deletes(self, ticket: str) -> None:
        self.tracker.delete(ticket)

    def closes(self, ticket: str) -> None:
        self.tracker.move(ticket, "closed", self.person)

    def now(self) -> datetime:
        return self.tracker.clock.now

    def settles(self) -> None:
        self.tracker.clock.advance(self.tracker.lag + 1)

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        def fail(called: str, phase: str, item: object) -> None:
            if (called, phase) == (verb, "after"):
                raise UnknownOutcomeError("the answer was lost")

        self.tracker.fail = fail
        yield
        self.tracker.fail = lambda verb, phase, item: None


def _bench(kind, names, statuses, description=None):
    read = {names.title, names.description, names.labels, names.empty, "status"}
    scope = (Condition(names.labels, contains="shared"),)
    needs = Needs(frozenset(read), frozenset(read), scope, description=description)
    return MemoryBench(Tracker(kind), names, needs, statuses)


class TestLikeJira(ConnectorContract, DeletedTickets, Workflow):
    @pytest.fixture
    def bench(self):
        return _bench(JIRA_LIKE, NAMES["jira"], ("1", "2"))


class TestWithoutHistory(ConnectorContract, DeletedTickets, Workflow):
    @pytest.fixture
    def bench(self):
        blind = replace(JIRA_LIKE, capabilities=replace(JIRA_LIKE.capabilities, history=False), answers=True)
        return replace(_bench(blind, NAMES["jira"], ("1", "2")), wrong={"status": "no such status"})


class TestLikeZendesk(
    ConnectorContract, PrivateComments, PrivateDescription, DeletedTickets, FinalTickets, FollowUps, ComparedVersions
):
    @pytest.fixture
    def bench(self):
        return _bench(ZENDESK_LIKE, NAMES["zendesk"], ("new", "open"), description="description")
