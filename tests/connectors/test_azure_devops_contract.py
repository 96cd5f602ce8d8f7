# SPDX-License-Identifier: Apache-2.0
"""The contract of connectors, kept by Azure DevOps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count

import pytest

from connectors.azure_devops_house import HIDDEN, IN_SCOPE, MARKER, ORDER, STATE, TAGS, TEXT, TITLE, connector, make
from contract.abilities import ComparedVersions, DeletedTickets, Workflow
from contract.bench import SECRET, Fields
from contract.connector_suite import ConnectorContract
from support.azure_devops import NAME, PROJECT, REPRO_STEPS, Desk
from tandem.connectors.azure_devops import AzureDevOps
from tandem.connectors.base import Needs
from tandem.core.values import Json

VERBS = {"create": ("POST", "workitems/"), "update": ("PATCH", "workitems/"), "comment": ("PATCH", "workitems/")}
READ = frozenset({TITLE, TEXT, TAGS, ORDER, STATE})
FIELDS = Fields(TITLE, TEXT, TAGS, ORDER, "A-7", HIDDEN, SECRET, STATE)
NEEDS = Needs(READ, READ, IN_SCOPE, options={"marker": MARKER, "markup": "html"})
FILES = count(1)


@dataclass
class AzureDevOpsBench:
    desk: Desk
    fields: Fields = FIELDS
    needs: Needs = NEEDS
    place: str | None = None
    create: Mapping[str, Json] = field(
        default_factory=lambda: {"System.TeamProject": PROJECT, "System.WorkItemType": "Bug"}
    )
    statuses: tuple[str, str] = ("New", "Active")
    refuses_stale: bool = True

    @property
    def ahead(self) -> float:
        there = parsedate_to_datetime(self.desk.ask("GET", "wit/fields").headers["Date"])
        return (there - self.now()).total_seconds()

    def connect(self, needs: Needs) -> AzureDevOps:
        return connector(self.desk, needs)

    def stranger(self, needs: Needs) -> AzureDevOps:
        return connector(self.desk, needs, who="marco")

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        return make(self.desk, title, title, System__Tags="shared" if shared else "")

    def edits(self, ticket: str, field: str, value: Json) -> None:
        text = "; ".join(map(str, value)) if isinstance(value, list) else value or ""
        self.desk.set(int(ticket), {REPRO_STEPS if field == TEXT else field: text})

    def moves(self, ticket: str, status: str) -> None:
        self.desk.change(int(ticket), System__State=status)

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        """People show a file in the comment that it belongs to: nothing else ties the two."""
        said = f"<div>{text}</div>"
        if file is not None:
            name = f"file-{next(FILES)}.txt"
            item = self.desk.attach(int(ticket), name, file)
            said += f'<img src="{item["relations"][-1]["url"]}">'
        self.desk.say(int(ticket), said)

    def hides(self, ticket: str) -> None:
        self.desk.change(int(ticket), System__AreaPath=f"{PROJECT}\\Cellar")

    def deletes(self, ticket: str) -> None:
        assert self.desk.ask("DELETE", f"{PROJECT}/_apis/wit/workitems/{ticket}", "david").ok

    def closes(self, ticket: str) -> None:
        self.desk.change(int(ticket), System__State="Closed")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def settles(self) -> None:
        self.desk.control.advance(2)

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        method, path = VERBS[verb]
        number = self.desk.control.fault("cut_after", NAME, method=method, path=f"(?i)/{path}", count=1)
        yield
        assert [fault["struck"] for fault in self.desk.control.faults() if fault["id"] == number] == [1]
        self.desk.control.clear_faults(number)


class TestAzureDevOps(ConnectorContract, ComparedVersions, DeletedTickets, Workflow):
    @pytest.fixture
    def bench(self, azure_devops: Desk) -> AzureDevOpsBench:
        return AzureDevOpsBench(azure_devops)
