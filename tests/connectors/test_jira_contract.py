# SPDX-License-Identifier: Apache-2.0
"""The contract of connectors, kept by Jira in a service project, which has all that other projects have and more."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from connectors.jira_house import House, open_house
from contract.abilities import DeletedTickets, PrivateComments, Workflow
from contract.bench import SECRET, Fields
from contract.connector_suite import ConnectorContract
from support.jira import JIRA, doc, picture
from tandem.connectors.base import Condition, Needs
from tandem.connectors.jira import Jira
from tandem.core.values import Json

LAG = 1.0
VERBS = {"create": ("POST", "/issue$"), "update": ("PUT", "/issue/[0-9]+"), "comment": ("POST", "/comment$")}


@dataclass
class JiraBench:
    house: House
    fields: Fields
    needs: Needs
    statuses: tuple[str, str]
    create: Mapping[str, Json]
    place: str = "DESK"
    refuses_stale: bool = False

    @property
    def ahead(self) -> float:
        return sum(self.house.moved)

    def connect(self, needs: Needs, login: tuple[str, str] | None = None) -> Jira:
        return self.house.jira(login=login, **{name: getattr(needs, name) for name in Needs.__slots__})

    def stranger(self, needs: Needs) -> Jira:
        return self.connect(needs, self.house.site.place.people["elaine"].basic)

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        labels = ["shared"] if shared else []
        return self.house.make(project=self.place, summary=title, description=doc(title), labels=labels)

    def edits(self, ticket: str, field: str, value: Json) -> None:
        self.house.site.edit(ticket, **{field: {"id": value} if field == "assignee" and value else value})

    def moves(self, ticket: str, status: str) -> None:
        name = {self.statuses[1]: "Start"}[status]
        assert self.house.site.go(ticket, name).ok

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        internal = [] if public else [{"key": "sd.public.comment", "value": {"internal": True}}]
        body = doc(text)
        if file is not None:
            stored = self.house.site.attach(ticket, "a.txt", file)
            body["content"] += picture(self.house.site.media_of(stored["id"]))["content"]
        self.house.comment(ticket, body, properties=internal)

    def hides(self, ticket: str) -> None:
        self.house.site.edit(ticket, security={"name": "Board"})

    def deletes(self, ticket: str) -> None:
        assert self.house.site.ask("DELETE", f"3/issue/{ticket}").ok

    def closes(self, ticket: str) -> None:
        raise NotImplementedError("no status of Jira is final")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def settles(self) -> None:
        self.house.wait(LAG + 0.1)

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        method, path = VERBS[verb]
        number = self.house.site.control.fault("cut_after", JIRA, method=method, path=path, count=1)
        yield
        assert [fault["struck"] for fault in self.house.site.control.faults() if fault["id"] == number] == [1]
        self.house.site.control.clear_faults(number)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house(search_lag=LAG) as house:
        yield house


class TestJira(ConnectorContract, DeletedTickets, PrivateComments, Workflow):
    @pytest.fixture
    def bench(self, house: House) -> JiraBench:
        fields = Fields(
            title="summary",
            description="description",
            labels="labels",
            empty="assignee",
            empty_value=house.site.account("omar"),
            hidden="customfield_10042",
            hidden_value=SECRET,
        )
        read = frozenset({"summary", "description", "labels", "assignee", "status"})
        scope = (Condition("project", is_="DESK"), Condition("labels", contains="shared"))
        statuses = (house.status("To Do"), house.status("In Progress"))
        kind = next(str(one["id"]) for one in house.site.get("3/issuetype") if one["name"] == "Task")
        return JiraBench(house, fields, Needs(read, read, scope), statuses, {"issuetype": kind})
