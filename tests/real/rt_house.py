# SPDX-License-Identifier: Apache-2.0
"""A real Request Tracker as its people use it, through the `rt` library, and our connector to it under test."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from httpx2 import BasicAuth
from rt.rest2 import Attachment, Rt

from real.rt_server import RequestTrackerServer
from tandem.connectors.base import Condition, Needs
from tandem.connectors.request_tracker import RequestTracker
from tandem.core.values import Json
from tandem.http import Http

LABELS, ORDER, SEVERITY, COMPONENTS = "CF.{Labels}", "CF.{Order}", "CF.{Severity}", "CF.{Components}"
READ = frozenset({"Subject", "Content", "Status", "Owner", "Priority", "Due", LABELS, SEVERITY})
IN_SCOPE = (Condition("Queue", is_="Support"), Condition(LABELS, contains="shared"))


@dataclass(frozen=True)
class Person:
    """Somebody who works in a Request Tracker."""

    rt: Rt

    def opens(self, subject: str, text: str = "It is so.", queue: str = "Support", **fields: Json) -> str:
        """Makes a ticket; ``fields`` are as the library takes them, custom ones by name in ``CustomFields``."""
        return str(self.rt.create_ticket(queue, subject=subject, content=text, **fields))

    def sets(self, ticket: str, **fields: Json) -> None:
        """Sets fields, under Request Tracker's own names."""
        self.rt.edit_ticket(ticket, **fields)

    def sets_custom(self, ticket: str, **fields: Json) -> None:
        self.rt.edit_ticket(ticket, CustomFields=fields)

    def says(
        self, ticket: str, text: str, *, public: bool = True, files: Mapping[str, bytes] | None = None, kind: str = ""
    ) -> None:
        """Replies to the customer, or comments to the staff alone."""
        attached = [Attachment(name, kind or "application/x-test", body) for name, body in (files or {}).items()]
        say = self.rt.reply if public else self.rt.comment
        say(ticket, text, attachments=attached or None)

    def sees(self, ticket: str) -> dict[str, Json]:
        return dict(self.rt.get_ticket(ticket))


def person(server: RequestTrackerServer, name: str) -> Person:
    """One of the people, with the client library."""
    return Person(Rt(f"{server.url}/REST/2.0", http_auth=BasicAuth(*server.login(name)), http_timeout=60))


def rt_way(url: str) -> dict[str, Any]:
    """The connection to a Request Tracker, as its integration's account."""
    return {"conn_type": "http", "host": url, "login": "tandem", "password": "tandem-password"}


def needs(**changes: object) -> Needs:
    return Needs(**{"read": READ, "write": READ, "scope": IN_SCOPE, "description": "Content", **changes})  # type: ignore[arg-type]


def connector(
    url: str,
    wants: Needs | None = None,
    who: str = "tandem",
    clock: Callable[[], float] = time.time,
    password: str = "",
) -> RequestTracker:
    """Our connector, logged in as one of the people; ``clock`` is what it takes for the time."""
    session = requests.Session()
    session.auth = (who, password or f"{who}-password")
    http = Http(session, url, tenant=f"request-tracker/{who}", clock=clock)
    return RequestTracker(http, wants or needs(), lambda: datetime.fromtimestamp(clock(), UTC))
