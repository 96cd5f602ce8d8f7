# SPDX-License-Identifier: Apache-2.0
"""Speaks with the simulated ServiceNow as its people do: over HTTP, each with their own log-in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from support.sandbox import Control, Place, running_sandbox

NAME = "infinity-servicenow"
GROUPS: dict[str, Any] = {"groups": ["Service Desk", "Network", "Global Development"]}
"""Those of the story."""


def people(**roles: str) -> dict[str, Any]:
    """People by alias, who have the role given; the integration's account is among them."""
    return {
        alias: {
            "name": f"{alias.capitalize()} Infinity",
            "email": f"{alias}@infinity.example",
            "password": alias,
            "token": f"token-of-{alias}",
            "role": role,
        }
        for alias, role in {"tandem": "admin", "john": "agent", "beth": "agent", **roles}.items()
    }


def world(settings: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """One tenant."""
    tenant = {"name": NAME, "kind": "servicenow", "company": "Infinity Solutions", "zone": "America/Los_Angeles"}
    return {"tenants": [{**tenant, "people": people(), "settings": {**GROUPS, **(settings or {})}, **more}]}


@dataclass(frozen=True)
class Desk:
    """One ServiceNow instance, and the control interface of its sandbox."""

    place: Place
    control: Control

    def ask(self, method: str, path: str, who: str | None = "tandem", **sent: Any) -> requests.Response:
        """A request below `/api/now/` as one of the people (by password), or as nobody."""
        auth = self.place.people[who].basic if who else None
        return requests.request(method, f"{self.place.url}/api/now/{path}", auth=auth, **{"timeout": 10, **sent})

    def read(self, path: str, who: str = "tandem", **query: Any) -> Any:
        """The result of a successful GET; `sysparm_` is put before the query's names."""
        asked = {f"sysparm_{name}": value for name, value in query.items()}
        answer = self.ask("GET", path, who, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def make(self, who: str = "john", table: str = "incident", **values: Any) -> dict[str, Any]:
        """Creates a row and returns it."""
        answer = self.ask("POST", f"table/{table}", who, json={"short_description": "Help", **values})
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["result"])

    def copy(self, sys_id: str, who: str = "john", table: str = "incident", **values: Any) -> dict[str, Any]:
        """Makes a row out of another, as "Insert and stay" on its form does, and returns it."""
        told = {name: value for name, value in self.read(f"table/{table}/{sys_id}", who).items() if value}
        kept = {name: value for name, value in told.items() if not name.startswith("sys_") and name != "number"}
        plain = {name: value["value"] if isinstance(value, dict) else value for name, value in kept.items()}
        return self.make(who, table, **{**plain, **values})

    def change(self, sys_id: str, who: str = "john", table: str = "incident", **values: Any) -> dict[str, Any]:
        """Changes a row and returns it."""
        answer = self.ask("PATCH", f"table/{table}/{sys_id}", who, json=values)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["result"])

    def attach(self, sys_id: str, name: str, content: bytes, who: str = "john", table: str = "incident") -> Any:
        """Stores a file at a row."""
        query = {"table_name": table, "table_sys_id": sys_id, "file_name": name}
        kind = {"Content-Type": "application/x-test"}
        answer = self.ask("POST", "attachment/file", who, params=query, data=content, headers=kind)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]

    def user_id(self, alias: str) -> str:
        found = self.read("table/sys_user", query=f"email={self.place.people[alias].email}")
        return str(found[0]["sys_id"])


@contextmanager
def running_desk(settings: Mapping[str, Any] | None = None, **more: Any) -> Iterator[Desk]:
    """An instance in a process of its own."""
    with running_sandbox(world(settings, **more)) as running:
        yield Desk(running[NAME], running.control)
