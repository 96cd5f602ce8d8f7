# SPDX-License-Identifier: Apache-2.0
"""Speaks with the simulated Zendesk as its people do: over HTTP, each with their own log-in."""

from dataclasses import dataclass
from typing import Any

import requests

from support.sandbox import Control, Place


@dataclass(frozen=True)
class ZendeskDesk:
    """One Zendesk tenant, and the control interface of its sandbox."""

    place: Place
    control: Control

    def ask(self, method: str, path: str, who: str | None = "tandem", **sent: Any) -> requests.Response:
        """A request below `/api/v2/` as one of the people (by password), or as nobody."""
        auth = self.place.people[who].basic if who else None
        return requests.request(method, f"{self.place.url}/api/v2/{path}", auth=auth, **{"timeout": 10, **sent})

    def read(self, path: str, who: str = "tandem", **query: Any) -> dict[str, Any]:
        """The body of a successful GET."""
        answer = self.ask("GET", path, who, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def make(self, who: str = "tandem", text: str = "It does not work", **ticket: Any) -> dict[str, Any]:
        """Creates a ticket and returns it."""
        body = {"subject": "Help", "comment": {"body": text}, **ticket}
        answer = self.ask("POST", "tickets.json", who, json={"ticket": body})
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["ticket"])

    def change(self, number: int, who: str = "tandem", **ticket: Any) -> requests.Response:
        return self.ask("PUT", f"tickets/{number}.json", who, json={"ticket": ticket})

    def user_id(self, alias: str) -> int:
        email = self.place.people[alias].email
        return int(self.read("users/search", query=f"email:{email}")["users"][0]["id"])

    def finished(self, answer: requests.Response) -> dict[str, Any]:
        """The job that a bulk call started, when it is completed."""
        assert answer.status_code == 200, answer.text
        number = answer.json()["job_status"]["id"]
        self.control.advance(60)
        job = self.read(f"job_statuses/{number}")["job_status"]
        assert job["status"] == "completed"
        return dict(job)
