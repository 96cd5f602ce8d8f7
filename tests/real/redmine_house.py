# SPDX-License-Identifier: Apache-2.0
"""Nordwind's Redmine as its people use it (through python-redmine), and our connector to it under test."""

import io
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import redminelib
import requests

from real.redmine_server import Redmine as Server
from real.redmine_server import key
from real.wire import Wire, wire_to
from tandem.connectors.base import Condition, Needs
from tandem.connectors.redmine import Redmine
from tandem.http import Http

FIELDS = ("Tandem", "Labels", "Order no", "Channel", "Regions", "Expert", "Watched by", "Seen in", "Seen on")
FIELDS += ("Confirmed", "Count", "Cost", "Analysis", "Internal", "Page")
CF: Mapping[str, str] = {name: f"cf_{number}" for number, name in enumerate(FIELDS, start=1)}
OPTIONS = {"marker": CF["Tandem"], "markup": "textile"}
SHOP = Condition("project", is_="shop")
SHARED = Condition(CF["Labels"], contains="shared")
READ = frozenset({"subject", "description", "status", "priority", "assigned_to", CF["Labels"]})
NEEDS = Needs(READ, READ, (SHOP, SHARED), options=OPTIONS)
STATUSES = {"New": "1", "In Progress": "2", "Resolved": "3", "Feedback": "4", "Closed": "5", "Rejected": "6"}
_NUMBERS = itertools.count(1)


@dataclass
class House:
    """A running Redmine; people by their log-ins."""

    server: Server
    wire: Wire
    _clients: dict[str, redminelib.Redmine] = field(default_factory=dict)

    def as_(self, login: str) -> redminelib.Redmine:
        """The client library in the name of a person."""
        if login not in self._clients:
            self._clients[login] = redminelib.Redmine(self.server.url, key=key(login))
        return self._clients[login]

    def account(self, login: str) -> str:
        return str(self.as_(login).user.get("current").id)

    def connect(self, login: str = "tandem", needs: Needs = NEEDS, **changes: Any) -> Redmine:
        """Connect as an account; each object has a tenant of its own."""
        session = requests.Session()
        session.headers["X-Redmine-API-Key"] = key(login)
        return Redmine(Http(session, self.wire.url, tenant=f"redmine-{next(_NUMBERS)}"), replace(needs, **changes))

    def opens(self, subject: str, by: str = "ines", *, labels: tuple[str, ...] = ("shared",), **fields: Any) -> str:
        """Make an issue and give its id."""
        given = {"project_id": "shop", "tracker_id": 1, "subject": subject, "description": f"Text of {subject}"}
        custom = [{"id": number("Labels"), "value": list(labels)}, *fields.pop("custom_fields", ())]
        return str(self.as_(by).issue.create(**(given | fields), custom_fields=custom).id)

    def copies(self, issue: str, subject: str, by: str = "ines") -> str:
        """Make an issue out of another, with all its fields, as people do by "Copy"."""
        sent = {"issue": {"subject": subject, "project_id": "shop"}, "copy_from": issue}
        made = requests.post(f"{self.server.url}/issues.json", json=sent, headers={"X-Redmine-API-Key": key(by)})
        assert made.status_code == 201, made.text
        return str(made.json()["issue"]["id"])

    def edits(self, issue: str, by: str = "ines", **fields: Any) -> None:
        self.as_(by).issue.update(int(issue), **fields)

    def sets(self, issue: str, name: str, value: Any, by: str = "ines") -> None:
        """Set a custom field by its name."""
        self.edits(issue, by, custom_fields=[{"id": number(name), "value": value}])

    def says(self, issue: str, text: str, by: str = "ines", *, public: bool = True, file: bytes | None = None) -> None:
        uploads = [{"path": io.BytesIO(file), "filename": "a.txt"}] if file is not None else []
        self.edits(issue, by, notes=text, private_notes=not public, uploads=uploads)

    def rewrites(self, note: str, by: str = "ines", **changes: Any) -> None:
        """Edit a note, or hide it: Redmine keeps no trace of that."""
        self.as_(by).issue_journal.update(int(note), **changes)

    def attaches(self, issue: str, name: str, content: bytes, by: str = "ines") -> None:
        self.edits(issue, by, uploads=[{"path": io.BytesIO(content), "filename": name}])

    def shown(self, issue: str, by: str = "admin") -> Any:
        """An issue with all that belongs to it."""
        return self.as_(by).issue.get(int(issue), include=["journals", "attachments"])

    def writes(self) -> int:
        """How many writes went over the wire up to now."""
        return len([1 for method, _ in self.wire.seen if method != "GET"])

    def notes(self, issue: str, by: str = "admin") -> list[tuple[str, bool]]:
        """The notes of an issue, oldest first, each with whether it is private."""
        return [(one.notes, one.private_notes) for one in self.shown(issue, by).journals if getattr(one, "notes", "")]


def redmine_way(url: str) -> dict[str, Any]:
    """The connection to a Redmine, as its integration's account."""
    return {"conn_type": "http", "host": url, "extra": {"X-Redmine-API-Key": key("tandem")}}


def number(name: str) -> int:
    """The id of a custom field."""
    return int(CF[name].removeprefix("cf_"))


@contextmanager
def open_house(server: Server) -> Iterator[House]:
    with wire_to(server.port) as wire:
        yield House(server, wire)
