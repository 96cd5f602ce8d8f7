# SPDX-License-Identifier: Apache-2.0
"""The contract of connectors, kept by Zendesk."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from connectors.zendesk_house import IN_SCOPE, ORDER, ORDER_FIELD, TENANT, connector, desk_time
from contract.abilities import (
    ComparedVersions,
    DeletedTickets,
    FinalTickets,
    FollowUps,
    PrivateComments,
    PrivateDescription,
)
from contract.bench import SECRET, Fields
from contract.connector_suite import ConnectorContract
from support.zendesk import ZendeskDesk
from tandem.connectors.base import Needs
from tandem.connectors.zendesk import Zendesk
from tandem.core.values import Json

LAG = 1.0
VERBS = {"create": ("POST", "/tickets.json"), "update": ("PUT", "/tickets/"), "comment": ("PUT", "/tickets/")}
READ = frozenset({"subject", "description", "tags", "priority", "status"})


FIELDS = Fields("subject", "description", "tags", "priority", "high", ORDER_FIELD, SECRET)
NEEDS = Needs(READ, READ, IN_SCOPE, description="description")


@dataclass
class ZendeskBench:
    desk: ZendeskDesk
    fields: Fields = FIELDS
    needs: Needs = NEEDS
    place: str | None = None
    create: Mapping[str, Json] = field(default_factory=dict)
    statuses: tuple[str, str] = ("new", "open")
    refuses_stale: bool = True

    @property
    def ahead(self) -> float:
        return (desk_time(self.desk) - self.now()).total_seconds()

    def connect(self, needs: Needs) -> Zendesk:
        return connector(self.desk, needs)

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        comment = {"body": title, "public": public}
        tags = ["shared"] if shared else []
        return str(self.desk.make("anna", subject=title, comment=comment, tags=tags)["id"])

    def edits(self, ticket: str, field: str, value: Json) -> None:
        change = {"custom_fields": [{"id": ORDER, "value": value}]} if field == ORDER_FIELD else {field: value}
        assert self.desk.change(int(ticket), "anna", **change).ok

    def moves(self, ticket: str, status: str) -> None:
        assert self.desk.change(int(ticket), "anna", status=status).ok

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        comment: dict[str, Json] = {"body": text, "public": public}
        if file is not None:
            answer = self.desk.ask("POST", "uploads.json", "anna", params={"filename": "a.txt"}, data=file)
            comment["uploads"] = [answer.json()["upload"]["token"]]
        assert self.desk.change(int(ticket), "anna", comment=comment).ok

    def hides(self, ticket: str) -> None:
        ours = self.desk.place.integration.email
        hidden = self.desk.control.settings(TENANT)["hidden"]
        self.desk.control.settings(TENANT, hidden={ours: [*hidden.get(ours, ()), int(ticket)]})

    def deletes(self, ticket: str) -> None:
        assert self.desk.ask("DELETE", f"tickets/{ticket}.json", "anna").ok

    def closes(self, ticket: str) -> None:
        self.moves(ticket, "closed")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def settles(self) -> None:
        self.desk.control.advance(LAG + 2)

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        method, path = VERBS[verb]
        number = self.desk.control.fault("cut_after", TENANT, method=method, path=path, count=1)
        yield
        assert [fault["struck"] for fault in self.desk.control.faults() if fault["id"] == number] == [1]
        self.desk.control.clear_faults(number)


class TestZendesk(
    ConnectorContract, PrivateComments, PrivateDescription, DeletedTickets, FinalTickets, FollowUps, ComparedVersions
):
    @pytest.fixture
    def bench(self, desk: ZendeskDesk) -> ZendeskBench:
        desk.control.settings(TENANT, export_lag=LAG, search_lag=LAG)
        return ZendeskBench(desk)
