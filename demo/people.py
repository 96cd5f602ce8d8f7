# SPDX-License-Identifier: Apache-2.0
"""The story's people at work: each with a log-in of their own, through the vendors' HTTP APIs, as a browser would.

Also how the demo asks a tracker what it shows; nothing here knows of Tandem.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests

from demo.processes import DemoError

Json = Any


@dataclass(frozen=True)
class Tenant:
    """One tracker of the sandbox: where it is, and who works there."""

    name: str
    kind: str
    company: str
    url: str
    people: Mapping[str, Mapping[str, Json]]


def credentials(tenant: Tenant, alias: str) -> tuple[str, str]:
    """Log-in and password, as the tracker's kind asks for them; a token where it takes one."""
    person = tenant.people[alias]
    login = f"{person['email']}/token" if tenant.kind == "zendesk" else str(person["email"])
    return login, str(person["password" if tenant.kind == "servicenow" else "token"])


class Account:
    """One person's session at one tracker."""

    def __init__(self, tenant: Tenant, alias: str) -> None:
        person = tenant.people[alias]
        self.name = str(person["name"])
        self.email = str(person["email"])
        self._url = tenant.url
        self._session = requests.Session()
        self._session.auth = credentials(tenant, alias)

    def call(self, method: str, path: str, **request: Any) -> Json:
        """One request; the parsed answer, None if it is empty. Raises: DemoError on an error answer."""
        answer = self._session.request(method, urljoin(self._url, path), timeout=60, **request)
        if not answer.ok:
            raise DemoError(f"{self.name}: {method} {path} was answered {answer.status_code}: {answer.text[:300]}")
        return answer.json() if answer.content else None

    def content(self, address: str) -> bytes:
        """The bytes behind an address that the tracker named."""
        answer = self._session.get(urljoin(self._url, address), timeout=60)
        answer.raise_for_status()
        return answer.content


@dataclass(frozen=True)
class Desk:
    """Someone at Zendesk."""

    account: Account

    def open_ticket(
        self,
        subject: str,
        text: str,
        *,
        priority: str = "normal",
        tags: Sequence[str] = ("customer",),
        custom: Mapping[int, str] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> int:
        """Creates a ticket; returns its number."""
        comment = {"body": text, "uploads": [self._upload(name, data) for name, data in (files or {}).items()]}
        ticket = {
            "subject": subject,
            "comment": comment,
            "priority": priority,
            "tags": list(tags),
            "custom_fields": [{"id": number, "value": value} for number, value in (custom or {}).items()],
        }
        return int(self.account.call("POST", "/api/v2/tickets.json", json={"ticket": ticket})["ticket"]["id"])

    def _upload(self, name: str, data: bytes) -> str:
        answer = self.account.call(
            "POST",
            "/api/v2/uploads.json",
            params={"filename": name},
            data=data,
            headers={"Content-Type": "image/png" if name.endswith(".png") else "application/octet-stream"},
        )
        return str(answer["upload"]["token"])

    def change(self, ticket: int, **fields: Json) -> None:
        """Sets fields of a ticket."""
        self.account.call("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": fields})

    def comment(self, ticket: int, text: str, public: bool = True) -> None:
        """Writes a comment, or an internal note."""
        self.change(ticket, comment={"body": text, "public": public})

    def ticket(self, ticket: int) -> dict[str, Json]:
        """The ticket as Zendesk shows it."""
        return dict(self.account.call("GET", f"/api/v2/tickets/{ticket}.json")["ticket"])

    def comments(self, ticket: int) -> list[dict[str, Json]]:
        """Its comments, the description first."""
        return list(self.account.call("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"])


@dataclass(frozen=True)
class Seat:
    """Someone at Jira."""

    account: Account

    def issues(self, project: str) -> list[dict[str, Json]]:
        """All issues of a project, as its search shows them now."""
        found: list[dict[str, Json]] = []
        token: str | None = None
        while True:
            body: dict[str, Json] = {
                "jql": f"project = {project} ORDER BY created ASC",
                "fields": ["*all"],
                "maxResults": 100,
            }
            if token:
                body["nextPageToken"] = token
            page = self.account.call("POST", "/rest/api/3/search/jql", json=body)
            found += page["issues"]
            token = page.get("nextPageToken")
            if not token:
                return found

    def issue(self, key: str) -> dict[str, Json]:
        """The issue as Jira shows it, with its comments and files."""
        return dict(self.account.call("GET", f"/rest/api/3/issue/{key}"))

    def comments(self, key: str) -> list[dict[str, Json]]:
        """Its comments, oldest first."""
        return list(self.account.call("GET", f"/rest/api/3/issue/{key}/comment")["comments"])

    def comment(self, key: str, text: str) -> None:
        """Writes a comment."""
        self.account.call("POST", f"/rest/api/3/issue/{key}/comment", json={"body": document(text)})

    def change(self, key: str, **fields: Json) -> None:
        """Sets fields of an issue."""
        self.account.call("PUT", f"/rest/api/3/issue/{key}", json={"fields": fields})

    def move(self, key: str, way: str, **fields: Json) -> None:
        """Takes the way of this name through the workflow. Raises: DemoError if it is not offered now."""
        offered = self.account.call("GET", f"/rest/api/3/issue/{key}/transitions")["transitions"]
        number = next((each["id"] for each in offered if each["name"] == way), None)
        if number is None:
            raise DemoError(f"{key} offers no transition {way!r}, only {[each['name'] for each in offered]}")
        self.account.call(
            "POST", f"/rest/api/3/issue/{key}/transitions", json={"transition": {"id": number}, "fields": fields}
        )

    def files(self, key: str) -> dict[str, str]:
        """Name and SHA-256 of each file of an issue, its bytes downloaded."""
        attached = self.issue(key)["fields"].get("attachment") or []
        return {
            each["filename"]: hashlib.sha256(self.account.content(each["content"])).hexdigest() for each in attached
        }


def document(text: str) -> dict[str, Json]:
    """Jira's rich text (ADF) with one paragraph a line."""
    lines = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": lines}


def plain(node: Json) -> str:
    """All text of an ADF document, in reading order."""
    if not isinstance(node, dict):
        return ""
    if node.get("type") in ("text", "mention", "emoji"):
        return str(node.get("text") or node.get("attrs", {}).get("text", ""))
    inner = "".join(plain(child) for child in node.get("content", ()))
    return f"{inner}\n" if node.get("type") in ("paragraph", "heading", "listItem") else inner
