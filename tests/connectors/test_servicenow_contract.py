# SPDX-License-Identifier: Apache-2.0
"""The contract of connectors, kept by ServiceNow."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count

import pytest

from connectors.servicenow_house import IN_SCOPE, SECRET, connector, make
from contract.abilities import PrivateComments, Workflow
from contract.bench import SECRET as HIDDEN
from contract.bench import Fields
from contract.connector_suite import ConnectorContract
from support.servicenow import NAME, Desk
from tandem.connectors.base import Needs
from tandem.connectors.servicenow import ServiceNow
from tandem.core.values import Json

VERBS = {"create": "POST", "update": "PATCH", "comment": "PATCH"}
READ = frozenset({"short_description", "description", "u_labels", "contact_type", "state"})
FIELDS = Fields("short_description", "description", "u_labels", "contact_type", "phone", "u_secret", HIDDEN, "state")
NEEDS = Needs(READ, READ, IN_SCOPE)
FILES = count(1)


@dataclass
class ServiceNowBench:
    desk: Desk
    fields: Fields = FIELDS
    needs: Needs = NEEDS
    place: str | None = "incident"
    create: Mapping[str, Json] = field(default_factory=lambda: {"sys_class_name": "incident"})
    statuses: tuple[str, str] = ("1", "2")
    refuses_stale: bool = False

    @property
    def ahead(self) -> float:
        there = parsedate_to_datetime(self.desk.ask("GET", "table/incident?sysparm_limit=1").headers["Date"])
        return (there - self.now()).total_seconds()

    def connect(self, needs: Needs) -> ServiceNow:
        return connector(self.desk, needs)

    def stranger(self, needs: Needs) -> ServiceNow:
        return connector(self.desk, needs, who="beth")

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        labels = "shared" if shared else ""
        return make(self.desk, short_description=title, description=title, u_labels=labels)

    def edits(self, ticket: str, field: str, value: Json) -> None:
        text = ",".join(map(str, value)) if isinstance(value, list) else value or ""
        self.desk.change(ticket, **{field: text})

    def moves(self, ticket: str, status: str) -> None:
        self.desk.change(ticket, state=status)

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        """People name a file in the note that it belongs to: nothing else ties the two."""
        name = f"file-{next(FILES)}.txt"
        if file is not None:
            self.desk.attach(ticket, name, file)
            text += f" ({name})"
        self.desk.change(ticket, **{"comments" if public else "work_notes": text})

    def hides(self, ticket: str) -> None:
        number = self.desk.read(f"table/incident/{ticket}")["number"]
        hidden = self.desk.control.settings(NAME)["hidden"].get("tandem", ())
        self.desk.control.settings(NAME, hidden={"tandem": [*hidden, number]})

    def closes(self, ticket: str) -> None:
        self.desk.change(ticket, state="7", close_code="Solved (Permanently)", close_notes=SECRET)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def settles(self) -> None:
        self.desk.control.advance(2)

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        number = self.desk.control.fault("cut_after", NAME, method=VERBS[verb], path="/table/incident", count=1)
        yield
        assert [fault["struck"] for fault in self.desk.control.faults() if fault["id"] == number] == [1]
        self.desk.control.clear_faults(number)


class TestServiceNow(ConnectorContract, PrivateComments, Workflow):
    @pytest.fixture
    def bench(self, servicenow: Desk) -> ServiceNowBench:
        return ServiceNowBench(servicenow)
