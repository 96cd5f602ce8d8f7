# SPDX-License-Identifier: Apache-2.0
"""The Jira connector keeps the contract, against the simulated Jira over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from contract.connector_suite import SECRET, ConnectorContract, Fields
from support.jira import JIRA, WORLD, JiraSite, doc, picture
from support.sandbox import running_sandbox
from tandem.connectors.base import Condition, Needs
from tandem.connectors.jira import Jira
from tandem.core.values import Json
from tandem.http import Http

FIELDS = Fields("summary", "description", "labels", "duedate", "2026-12-24", "customfield_10042", SECRET)
WRITTEN = frozenset({"summary", "description", "labels", "duedate"})
SCOPE = (Condition("project", is_="SHOP"), Condition("labels", contains="shared"))
NEEDS = Needs(WRITTEN | {"status"}, WRITTEN | {"issuetype"}, SCOPE)
WRITES = {"create": ("POST", r"/issue(\?|$)"), "update": ("PUT", "/issue/"), "comment": ("POST", "/comment")}


def _world() -> dict[str, Any]:
    world = deepcopy(WORLD)
    settings = world["tenants"][0]["settings"]
    settings["search_lag"] = 1
    settings["security_levels"] = {"Board": ["elaine"]}
    settings["projects"] = {"SHOP": {"name": "Shop"}}
    settings["rules"], world["tenants"][0]["tickets"] = [], []
    return world


@dataclass
class JiraBench:
    site: JiraSite
    statuses: tuple[str, str]
    create: Mapping[str, Json]
    fields: Fields = FIELDS
    needs: Needs = NEEDS
    place: str | None = "SHOP"
    refuses_stale: bool = False
    ahead: float = 0.0

    def connect(self, needs: Needs) -> Jira:
        session = requests.Session()
        session.auth = self.site.place.integration.basic
        return Jira(Http(session, self.site.place.url, tenant=JIRA), needs)

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        key = self.site.create(summary=title, description=doc(title), labels=["shared"] if shared else [])
        return str(self.site.get(f"3/issue/{key}", "elaine", fields="created")["id"])

    def edits(self, ticket: str, field: str, value: Json) -> None:
        self.site.edit(ticket, **{field: value})

    def moves(self, ticket: str, status: str) -> None:
        offered = self.site.get(f"3/issue/{ticket}/transitions", "elaine")["transitions"]
        (name,) = [one["name"] for one in offered if one["to"]["id"] == status]
        assert self.site.go(ticket, name).ok

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        body = doc(text)
        if file is not None:
            shown = picture(self.site.media_of(str(self.site.attach(ticket, "a.txt", file)["id"])))
            body["content"] += shown["content"]
        answer = self.site.ask("POST", f"3/issue/{ticket}/comment", "elaine", json={"body": body})
        assert answer.status_code == 201, answer.text

    def hides(self, ticket: str) -> None:
        self.site.edit(ticket, security={"name": "Board"})

    def closes(self, ticket: str) -> None:
        raise AssertionError("no status is final in Jira")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def settles(self) -> None:
        self.site.control.advance(2, JIRA)
        self.ahead += 2

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        method, path = WRITES[verb]
        number = self.site.control.fault("cut_after", JIRA, method=method, path=path, count=1)
        yield
        assert [fault["struck"] for fault in self.site.control.faults() if fault["id"] == number] == [1]
        self.site.control.clear_faults()


@pytest.fixture(scope="module")
def bench() -> Iterator[JiraBench]:
    with running_sandbox(_world()) as running:
        site = JiraSite(running[JIRA], running.control)
        named = {one["name"]: str(one["id"]) for one in site.get("3/status")}
        task = next(str(one["id"]) for one in site.get("3/issuetype") if one["name"] == "Task")
        yield JiraBench(site, (named["To Do"], named["In Progress"]), {"issuetype": task})


class TestJira(ConnectorContract):
    pass
