# SPDX-License-Identifier: Apache-2.0
"""Speaks with the simulated Azure DevOps as its people do: over HTTP, each with a token of their own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from support.sandbox import Control, Place, running_sandbox

NAME = "global-azure-devops"
ORGANIZATION = "global"
PROJECT = "Shop"
PATCH = "application/json-patch+json"
VERSION = "7.1"
COMMENTS = "7.1-preview.4"
REPRO_STEPS = "Microsoft.VSTS.TCM.ReproSteps"
SHOP: dict[str, Any] = {"projects": {"Shop": {"process": "Agile", "areas": ["Development", "Network"]}}}
"""The story's project."""


def people(**roles: str) -> dict[str, Any]:
    """People by alias, who have the role given; the integration's account is among them."""
    return {
        alias: {
            "name": f"{alias.capitalize()} Global",
            "email": f"{alias}@global.example",
            "password": alias,
            "token": f"azure-devops-{alias}-token",
            "role": role,
        }
        for alias, role in {"tandem": "agent", "david": "agent", "marco": "agent", "ada": "admin", **roles}.items()
    }


def tenant(settings: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The organization of Global, for a world."""
    told = {"name": NAME, "kind": "azure_devops", "company": "Global Pvt Ltd", "zone": "Asia/Kolkata"}
    return {**told, "people": people(), "settings": {**SHOP, **(settings or {})}, **more}


def world(settings: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """One tenant."""
    return {"tenants": [tenant(settings, **more)]}


def fields_of(values: Mapping[str, Any], op: str = "add") -> list[dict[str, Any]]:
    """A patch document that sets fields by reference name; None empties one."""
    return [
        {"op": "remove", "path": f"/fields/{name}"}
        if value is None
        else {"op": op, "path": f"/fields/{name}", "value": value}
        for name, value in values.items()
    ]


@dataclass(frozen=True)
class Desk:
    """One organization, and the control interface of its sandbox."""

    place: Place
    control: Control

    @property
    def url(self) -> str:
        """The organization's address."""
        return f"{self.place.url}/{ORGANIZATION}"

    def ask(self, method: str, path: str, who: str | None = "tandem", **sent: Any) -> requests.Response:
        """A request below `_apis/`, or of a project (`Shop/_apis/...`), as one of the people or as nobody."""
        auth = ("", self.place.people[who].token or "") if who else None
        address = path if "_apis" in path else f"_apis/{path}"
        params = dict(sent.pop("params", None) or {})
        params.setdefault("api-version", COMMENTS if "/comments" in path else VERSION)
        return requests.request(method, f"{self.url}/{address}", auth=auth, params=params, **{"timeout": 10, **sent})

    def read(self, path: str, who: str = "tandem", **query: Any) -> Any:
        """The JSON of a successful GET. An underscore before a name of the query stands for its dollar sign."""
        asked = {f"${name[1:]}" if name.startswith("_") else name: value for name, value in query.items()}
        answer = self.ask("GET", path, who, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def patch(self, path: str, document: Any, who: str = "david", method: str = "PATCH", **query: Any) -> Any:
        """Sends a patch document; gives the response."""
        return self.ask(method, path, who, json=document, headers={"Content-Type": PATCH}, params=query)

    def make(self, who: str = "david", type: str = "Bug", project: str = PROJECT, **values: Any) -> dict[str, Any]:
        """Creates a work item and returns it. `fields` are by reference name."""
        fields = {"System.Title": values.pop("title", "Help"), **values.pop("fields", {})}
        assert not values, values
        answer = self.patch(f"{project}/_apis/wit/workItems/${quote(type)}", fields_of(fields), who, "POST")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def copy(self, number: int, title: str, who: str = "david") -> int:
        """Makes an item out of another, as the page's "Create copy of work item" does, and returns its number.

        All fields that can be written are copied, custom ones that the form does not show too.
        """
        listed = {one["referenceName"]: one for one in self.read("wit/fields", who)["value"]}
        told = self.item(number, who)["fields"]
        own = {"Title", "State", "Reason", "History", "CommentCount", "WorkItemType", "TeamProject"}
        fields = {
            name: value["uniqueName"] if isinstance(value, dict) else value
            for name, value in told.items()
            if name in listed and not listed[name]["readOnly"] and name.removeprefix("System.") not in own
        }
        place, kind = told["System.TeamProject"], told["System.WorkItemType"]
        return int(self.make(who, kind, place, title=title, fields=fields)["id"])

    def change(self, number: int, who: str = "david", **fields: Any) -> dict[str, Any]:
        """Sets fields, a double underscore in whose names stands for a dot, and returns the work item."""
        return self.set(number, {name.replace("__", "."): value for name, value in fields.items()}, who)

    def set(self, number: int, fields: Mapping[str, Any], who: str = "david") -> dict[str, Any]:
        """Sets fields by reference name, and returns the work item."""
        answer = self.patch(f"wit/workItems/{number}", fields_of(fields, "replace"), who)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def item(self, number: int, who: str = "tandem", expand: str = "all") -> dict[str, Any]:
        return dict(self.read(f"wit/workItems/{number}", who, _expand=expand))

    def say(self, number: int, text: str, who: str = "david", form: str = "html") -> dict[str, Any]:
        """Comments, and returns the comment."""
        path = f"{PROJECT}/_apis/wit/workItems/{number}/comments"
        answer = self.ask("POST", path, who, json={"text": text}, params={"format": form})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def comments(self, number: int, who: str = "tandem", **query: Any) -> list[dict[str, Any]]:
        """Newest first."""
        return list(self.read(f"{PROJECT}/_apis/wit/workItems/{number}/comments", who, **query)["comments"])

    def attach(self, number: int, name: str, content: bytes, who: str = "david", comment: str = "") -> dict[str, Any]:
        """Uploads a file and relates it to a work item, which is returned."""
        attributes = {"name": name, **({"comment": comment} if comment else {})}
        return self.relate(number, "AttachedFile", self.upload(name, content, who), who, **attributes)

    def upload(self, name: str, content: bytes, who: str = "david", project: str = "") -> str:
        """Stores a file that hangs on nothing, as a picture that is pasted into a text; gives its address."""
        kind = {"Content-Type": "application/octet-stream"}
        path = f"{project}/_apis/wit/attachments" if project else "wit/attachments"
        made = self.ask("POST", path, who, data=content, headers=kind, params={"fileName": name})
        assert made.status_code == 201, made.text
        return str(made.json()["url"])

    def relate(self, number: int, rel: str, url: str, who: str = "david", **attributes: str) -> dict[str, Any]:
        """Adds a relation, and returns the work item."""
        value = {"rel": rel, "url": url, "attributes": attributes}
        answer = self.patch(f"wit/workItems/{number}", [{"op": "add", "path": "/relations/-", "value": value}], who)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def link(self, number: int, rel: str, other: int, who: str = "david") -> dict[str, Any]:
        """Links two work items."""
        return self.relate(number, rel, f"{self.url}/_apis/wit/workItems/{other}", who)

    def find(self, where: str, who: str = "tandem", **query: Any) -> list[int]:
        """Numbers of the work items that a WIQL condition finds."""
        asked = {f"${name[1:]}" if name.startswith("_") else name: value for name, value in query.items()}
        text = f"SELECT [System.Id] FROM WorkItems WHERE {where}"
        answer = self.ask("POST", f"{PROJECT}/_apis/wit/wiql", who, json={"query": text}, params=asked)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["workItems"]]


@contextmanager
def running_desk(settings: Mapping[str, Any] | None = None, **more: Any) -> Iterator[Desk]:
    """An organization in a process of its own."""
    with running_sandbox(world(settings, **more)) as running:
        yield Desk(running[NAME], running.control)
