# SPDX-License-Identifier: Apache-2.0
"""A Jira site to test the sandbox with: its world, and requests in the name of its people."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import requests

from support.sandbox import Control, Place, running_sandbox

JIRA = "infinity-jira"
_NUMBERS = count(1)

WORLD: dict[str, Any] = {
    "tenants": [
        {
            "name": JIRA,
            "kind": "jira",
            "company": "Infinity Solutions",
            "zone": "Europe/Brussels",
            "people": {
                "tandem": {"name": "Tandem", "email": "tandem@infinity.example", "password": "t", "token": "t-token"}
                | {"role": "admin"},
                "elaine": {"name": "Elaine Moreau", "email": "elaine@infinity.example", "password": "elaine"},
                "omar": {"name": "Omar Haddad", "email": "omar@infinity.example", "password": "omar"}
                | {"zone": "America/New_York"},
                "lea": {"name": "Lea Brandt", "email": "lea@infinity.example", "password": "lea", "role": "end-user"},
                "gone": {"name": "Former user", "email": "gone@infinity.example", "password": "gone", "active": False},
                "automation": {"name": "Automation for Jira", "email": "robot@infinity.example", "password": "robot"}
                | {"role": "admin"},
            },
            "settings": {
                "search_lag": 0,
                "projects": {
                    "SHOP": {"name": "Shop"},
                    "DESK": {"name": "Service desk", "service_desk": True, "required": ["duedate"]},
                    "VAULT": {"name": "Vault", "browse": ["elaine", "automation"]},
                },
                "resolutions": ["Fixed", "Known issue"],
                "custom_fields": {
                    "customfield_10042": {"name": "Order no"},
                    "customfield_10050": {"name": "Root cause", "type": "text"},
                    "customfield_10051": {"name": "Cost", "type": "number"},
                    "customfield_10052": {"name": "Channel", "type": "option", "options": ["Web", "Kiosk"]},
                    "customfield_10053": {"name": "Regions", "type": "options", "options": ["North", "South"]},
                    "customfield_10054": {"name": "Seen at", "type": "datetime"},
                    "customfield_10055": {"name": "Expert", "type": "user"},
                },
                "security_levels": {"Confidential": ["elaine", "omar"]},
                "hidden_emails": ["omar"],
                "workflow": {
                    "statuses": {"To Do": "new", "In Progress": "indeterminate", "Waiting": "indeterminate"}
                    | {"Done": "done"},
                    "initial": "To Do",
                    "transitions": [
                        {"name": "Start", "from": ["To Do", "Waiting"], "to": "In Progress"},
                        {"name": "Wait", "from": ["In Progress"], "to": "Waiting"},
                        {"name": "Finish", "from": ["In Progress"], "to": "Done", "required": ["resolution"]}
                        | {"optional": ["description"]},
                        {"name": "Close as known", "from": ["To Do"], "to": "Done", "required": ["issuelinks"]},
                        {"name": "Reopen", "from": ["Done"], "to": "To Do"},
                    ],
                },
                "rules": [
                    {"when": {"event": "created", "label": "vip"}, "fields": {"priority": {"name": "Highest"}}},
                    {
                        "when": {"event": "transitioned", "status": "Done"},
                        "update": {"labels": [{"add": "finished"}]},
                    },
                ],
            },
            "tickets": [{"project": "SHOP", "summary": "The first of all", "reporter": "elaine", "labels": ["old"]}],
        }
    ]
}


@dataclass(frozen=True)
class JiraSite:
    """The running site; requests go out as the integration account unless a person is named."""

    place: Place
    control: Control

    def ask(self, method: str, path: str, by: str = "tandem", **sent: Any) -> requests.Response:
        """Ask `/rest/api/<path>`, which begins with the version."""
        url = f"{self.place.url}/rest/api/{path}"
        return requests.request(method, url, auth=self.place.people[by].basic, timeout=10, **sent)

    def get(self, path: str, by: str = "tandem", **query: Any) -> Any:
        """Return the body of a GET that must succeed."""
        answer = self.ask("GET", path, by, params=query)
        assert answer.ok, answer.text
        return answer.json()

    def create(self, by: str = "elaine", project: str = "SHOP", **fields: Any) -> str:
        """Create an issue through version 3 and return its key."""
        given = {"project": {"key": project}, "issuetype": {"name": "Task"}, "summary": f"Issue {next(_NUMBERS)}"}
        answer = self.ask("POST", "3/issue", by, json={"fields": given | fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    def edit(self, key: str, by: str = "elaine", **fields: Any) -> None:
        answer = self.ask("PUT", f"3/issue/{key}", by, json={"fields": fields})
        assert answer.status_code == 204, answer.text

    def go(self, key: str, transition: str, by: str = "elaine", **sent: Any) -> requests.Response:
        """Take the transition of that name."""
        offered = self.get(f"3/issue/{key}/transitions", by)["transitions"]
        chosen = {one["name"]: one["id"] for one in offered}[transition]
        return self.ask("POST", f"3/issue/{key}/transitions", by, json={"transition": {"id": chosen}, **sent})

    def fields(self, key: str, by: str = "tandem", version: str = "3") -> Mapping[str, Any]:
        fields: Mapping[str, Any] = self.get(f"{version}/issue/{key}", by)["fields"]
        return fields

    def history(self, key: str) -> list[dict[str, Any]]:
        """Return the histories, oldest first."""
        return list(self.get(f"3/issue/{key}/changelog")["values"])

    def attach(self, key: str, name: str, content: bytes, by: str = "elaine") -> dict[str, Any]:
        headers = {"X-Atlassian-Token": "no-check"}
        answer = self.ask("POST", f"3/issue/{key}/attachments", by, files={"file": (name, content)}, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()[0])

    def media_of(self, attachment: str) -> str:
        """Find a file's Media-Services UUID the way integrations do: in the redirect."""
        answer = self.ask("GET", f"3/attachment/content/{attachment}", allow_redirects=False)
        return answer.headers["Location"].split("/file/")[1].split("/")[0]

    def account(self, alias: str) -> str:
        name = self.place.people[alias].name
        found = self.get("3/users/search")
        return str(next(one["accountId"] for one in found if one["displayName"] == name))

    def search(self, jql: str, by: str = "tandem", **query: Any) -> list[str]:
        """Return the keys that a query finds on its first page."""
        found = self.get("3/search/jql", by, jql=jql, fields="key", **query)
        return [issue["key"] for issue in found["issues"]]

    @contextmanager
    def settings(self, **changes: Any) -> Iterator[None]:
        """Run the block with other settings."""
        before = self.control.settings(JIRA)
        self.control.settings(JIRA, **changes)
        try:
            yield
        finally:
            self.control.settings(JIRA, **before)


def doc(*texts: str) -> dict[str, Any]:
    """Make a document of paragraphs."""
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in texts]
    return {"type": "doc", "version": 1, "content": paragraphs}


def picture(media: str) -> dict[str, Any]:
    """Make a document that shows one of the issue's files."""
    node = {"type": "media", "attrs": {"type": "file", "id": media, "collection": ""}}
    return {"type": "doc", "version": 1, "content": [{"type": "mediaSingle", "attrs": {}, "content": [node]}]}


@contextmanager
def jira_site() -> Iterator[JiraSite]:
    with running_sandbox(WORLD) as running:
        yield JiraSite(running[JIRA], running.control)
