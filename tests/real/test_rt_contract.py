# SPDX-License-Identifier: Apache-2.0
"""The contract of connectors, kept by a real Request Tracker."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from contract.abilities import ComparedVersions, FinalTickets, PrivateComments, Workflow
from contract.bench import SECRET, Fields
from contract.connector_suite import ConnectorContract
from real.rt_house import IN_SCOPE, LABELS, ORDER, SEVERITY, Person, connector, person
from real.rt_server import RequestTrackerServer
from real.wire import Wire, wire_to
from support.waiting import wait_for_second
from tandem.connectors.base import Needs
from tandem.connectors.request_tracker import RequestTracker
from tandem.core.values import Json

READ = frozenset({"Subject", "Content", "Status", LABELS, SEVERITY})
FIELDS = Fields("Subject", "Content", LABELS, SEVERITY, "high", ORDER, SECRET, status="Status")
NEEDS = Needs(READ, READ, IN_SCOPE, statuses=("new", "open", "stalled", "resolved"))
# Of an update the first request sets its mark, the second the fields.
VERBS = {
    "create": ("POST", "/ticket$", 1),
    "update": ("PUT", "/ticket/", 2),
    "comment": ("POST", "/co(rrespond|mment)$", 1),
}


@dataclass
class RequestTrackerBench:
    wire: Wire
    nora: Person
    fields: Fields = FIELDS
    needs: Needs = NEEDS
    place: str | None = None
    statuses: tuple[str, str] = ("new", "open")
    refuses_stale: bool = True
    ahead: float = 0.0

    @property
    def create(self) -> Mapping[str, Json]:
        return {"Queue": "Support"}

    def connect(self, needs: Needs) -> RequestTracker:
        return connector(self.wire.url, needs)

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        return self.nora.opens(title, title, CustomFields={"Labels": ["shared"] if shared else []})

    def edits(self, ticket: str, field: str, value: Json) -> None:
        name = field.removeprefix("CF.{").removesuffix("}")
        if name == field:
            self.nora.sets(ticket, **{field: value})
        else:
            self.nora.sets_custom(ticket, **{name: value})

    def moves(self, ticket: str, status: str) -> None:
        self.nora.sets(ticket, Status=status)

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        self.nora.says(ticket, text, public=public, files={"a.txt": file} if file is not None else None)

    def hides(self, ticket: str) -> None:
        self.nora.sets(ticket, Queue="Board")

    def closes(self, ticket: str) -> None:
        self.nora.rt.delete_ticket(ticket)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def settles(self) -> None:
        """Waits for the next second of the real clock: what happens then has another time."""
        wait_for_second()

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        with self.wire.loses_answer(*VERBS[verb]):
            yield


class TestRequestTracker(ConnectorContract, PrivateComments, FinalTickets, ComparedVersions, Workflow):
    @pytest.fixture
    def bench(self, request_tracker: RequestTrackerServer) -> Iterator[RequestTrackerBench]:
        with wire_to(request_tracker.port) as wire:
            yield RequestTrackerBench(wire, person(request_tracker, "nora"))
