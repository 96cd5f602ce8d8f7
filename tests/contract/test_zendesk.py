# SPDX-License-Identifier: Apache-2.0
"""The Zendesk connector keeps the contract, against the simulated Zendesk over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from contract.connector_suite import SECRET, ConnectorContract, Fields
from support.sandbox import running_sandbox
from support.zendesk import ZendeskDesk
from tandem.connectors.base import Condition, Needs
from tandem.connectors.zendesk import Zendesk
from tandem.core.values import Json
from tandem.http import Http

TENANT = "mercuri-zendesk"
ORDER = 360001234567
FIELDS = Fields("subject", "description", "tags", "priority", "high", f"custom_field_{ORDER}", SECRET)
OFFERED = frozenset({"subject", "description", "tags", "priority", "status"})
NEEDS = Needs(OFFERED, OFFERED, (Condition("tags", contains="shared"),), description="description")
WRITES = {"create": "POST", "update": "PUT", "comment": "PUT"}


def _person(name: str, role: str) -> dict[str, str]:
    return {"name": name, "email": f"{name.lower()}@mercuri.example", "password": name.lower(), "role": role}


WORLD: dict[str, Any] = {
    "tenants": [
        {
            "name": TENANT,
            "kind": "zendesk",
            "company": "Mercuri Inc.",
            "people": {"tandem": _person("Tandem", "admin"), "anna": _person("Anna", "agent")},
            "settings": {
                "export_lag": 1,
                "search_lag": 1,
                "job_delay": 0,
                "ticket_fields": [{"id": ORDER, "title": "Order number"}],
            },
        }
    ]
}


@dataclass
class ZendeskBench:
    desk: ZendeskDesk
    fields: Fields = FIELDS
    needs: Needs = NEEDS
    place: str | None = None
    create: Mapping[str, Json] = field(default_factory=dict)
    statuses: tuple[str, str] = ("new", "open")
    refuses_stale: bool = True
    ahead: float = 0.0

    def connect(self, needs: Needs) -> Zendesk:
        session = requests.Session()
        session.auth = self.desk.place.integration.basic
        return Zendesk(Http(session, self.desk.place.url, tenant=TENANT), needs)

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        tags = {"tags": ["shared"]} if shared else {}
        made = self.desk.make("anna", subject=title, comment={"body": title, "public": public}, **tags)
        return str(made["id"])

    def edits(self, ticket: str, field: str, value: Json) -> None:
        if field == FIELDS.hidden:
            self._change(ticket, custom_fields=[{"id": ORDER, "value": value}])
        else:
            self._change(ticket, **{field: value})

    def moves(self, ticket: str, status: str) -> None:
        self._change(ticket, status=status)

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        comment: dict[str, Any] = {"body": text, "public": public}
        if file is not None:
            headers = {"Content-Type": "text/plain"}
            answer = self.desk.ask("POST", "uploads.json?filename=a.txt", "anna", data=file, headers=headers)
            assert answer.status_code == 201, answer.text
            comment["uploads"] = [answer.json()["upload"]["token"]]
        self._change(ticket, comment=comment)

    def hides(self, ticket: str) -> None:
        answer = self.desk.ask("DELETE", f"tickets/{ticket}.json", "tandem")
        assert answer.status_code == 204, answer.text

    def closes(self, ticket: str) -> None:
        self._change(ticket, status="closed")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def settles(self) -> None:
        self.desk.control.advance(3, TENANT)
        self.ahead += 3

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        number = self.desk.control.fault("cut_after", TENANT, method=WRITES[verb], path="/tickets", count=1)
        yield
        assert [fault["struck"] for fault in self.desk.control.faults() if fault["id"] == number] == [1]
        self.desk.control.clear_faults()

    def _change(self, ticket: str, **fields: Any) -> None:
        answer = self.desk.change(int(ticket), "anna", **fields)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def bench() -> Iterator[ZendeskBench]:
    with running_sandbox(WORLD) as running:
        yield ZendeskBench(ZendeskDesk(running[TENANT], running.control))


class TestZendesk(ConnectorContract):
    pass
