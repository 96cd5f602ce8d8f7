# SPDX-License-Identifier: Apache-2.0
"""Infinity's Jira as its people use it, and our connector to it under test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import requests

from support.jira import JIRA, WORLD, JiraSite
from support.sandbox import running_sandbox
from tandem.connectors.base import Condition, Needs, Record, Way
from tandem.connectors.jira import Jira
from tandem.http import Http

SHOP = Condition("project", is_="SHOP")
CUSTOMER = Condition("labels", contains="customer")
SCOPE = (SHOP, CUSTOMER)
READ = frozenset({"summary", "description", "status", "priority", "labels", "assignee", "customfield_10042"})


def _world(**changes: Any) -> dict[str, Any]:
    world = deepcopy(WORLD)
    settings = world["tenants"][0]["settings"]
    settings |= changes
    settings["security_levels"] = {"Confidential": ["elaine", "tandem"], "Board": ["elaine"]}
    settings["projects"]["DESK"]["required"] = []
    settings["projects"]["OPS"] = {"name": "Operations", "issue_types": ["Task"]}
    settings["rules"], world["tenants"][0]["tickets"] = [], []
    return world


@dataclass(frozen=True)
class House:
    """A running site with ways to act as its people and as our connector."""

    site: JiraSite
    moved: list[float] = field(default_factory=list)
    """By how many seconds the site's clock was moved, each time."""

    def wait(self, seconds: float) -> None:
        self.site.control.advance(seconds)
        self.moved.append(seconds)

    def jira(
        self,
        *,
        scope: tuple[Condition, ...] = SCOPE,
        login: tuple[str, str] | None = None,
        **needs: Any,
    ) -> Jira:
        """Connect as the integration account; by default for customer issues of SHOP, all fields both ways."""
        session = requests.Session()
        session.auth = login or self.site.place.integration.basic
        wanted = {"read": READ, "write": READ - {"status"}, "scope": scope} | needs
        return Jira(Http(session, self.site.place.url, tenant=f"jira-{time.monotonic_ns()}"), Needs(**wanted))

    def make(self, by: str = "elaine", **fields: Any) -> str:
        """Make an issue that is in scope; return its id."""
        key = self.site.create(by, **({"labels": ["customer"]} | fields))
        return str(self.site.get(f"3/issue/{key}", by, fields="created")["id"])

    def comment(self, issue: str, body: dict[str, Any], by: str = "elaine", **more: Any) -> str:
        answer = self.site.ask("POST", f"3/issue/{issue}/comment", by, json={"body": body, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def way(self, issue: str, name: str) -> Way:
        return next(way for way in self.jira().ways([issue])[issue] if way.name == name)

    def record(self, issue: str, **needs: Any) -> Record:
        (record,) = self.jira(**needs).fetch([issue])
        return record

    def status(self, name: str) -> str:
        return next(str(one["id"]) for one in self.site.get("3/status") if one["name"] == name)

    @contextmanager
    def asked(self) -> Iterator[list[dict[str, Any]]]:
        """Fill a list with the requests that the block causes."""
        before = self.site.control.requests(JIRA)
        seen: list[dict[str, Any]] = []
        yield seen
        seen += self.site.control.requests(JIRA, after=before[-1]["number"] if before else 0)


@contextmanager
def open_house(**settings: Any) -> Iterator[House]:
    """Open the site, with other settings if they are given."""
    with running_sandbox(_world(**settings)) as running:
        yield House(JiraSite(running[JIRA], running.control))
