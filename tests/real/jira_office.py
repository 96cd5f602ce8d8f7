# SPDX-License-Identifier: Apache-2.0
"""Elaine and Omar in Infinity's simulated Jira."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.people import Desk, adf
from real.office import LABELS, Shown
from support.sandbox import RunningSandbox
from support.waiting import wait_until

TENANT = "infinity-jira"
PRIORITIES = {1: "Highest", 2: "High", 3: "Medium", 4: "Low"}
STATUSES = {"new": {"To Do"}, "in_progress": {"In Progress", "In Review"}, "pending": {"Waiting"}, "solved": {"Done"}}
STAFF_ALONE = {"type": "role", "value": "Developers", "identifier": "Developers"}
ISSUE, SEARCH = "/rest/api/3/issue", "/rest/api/3/search/jql"


@dataclass(frozen=True)
class JiraOffice:
    box: RunningSandbox
    desks: dict[str, Desk] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=lambda: {"elaine": "Elaine Moreau", "omar": "Omar Haddad"})
    hides_files: bool = False  # a file of Jira's belongs to the issue, and no text hides it before it is written

    def __post_init__(self) -> None:
        self.desks.update({who: Desk(self.box, TENANT, who) for who in self.people})

    def ask(self, method: str, path: str, by: str = "elaine", **sent: Any) -> Any:
        return self.desks[by].ask(method, path, **sent)

    def opens(self, title: str) -> str:
        own = {"labels": ["customer"], "description": adf(f"Opened: {title}"), "priority": {"name": "High"}}
        return str(self._opens("SHOP", title, **own)["id"])

    def renames(self, ticket: str, title: str) -> None:
        self.ask("PUT", f"{ISSUE}/{ticket}", json={"fields": {"summary": title}})

    def ranks(self, ticket: str, priority: int) -> None:
        self.ask("PUT", f"{ISSUE}/{ticket}", json={"fields": {"priority": {"name": PRIORITIES[priority]}}})

    def moves(self, ticket: str, status: str) -> None:
        """Go to a status if one step leads there; else go where one leads."""
        offered = self.ask("GET", f"{ISSUE}/{ticket}/transitions")["transitions"]
        ways = [one for one in offered if one["name"] != "Close as known"]
        way = next((one for one in ways if one["to"]["name"] in STATUSES[status]), ways[0])
        sent: dict[str, Any] = {"transition": {"id": way["id"]}}
        sent |= {"fields": {"resolution": {"name": "Fixed"}}} if way["to"]["name"] == "Done" else {}
        # Meanwhile it may have been moved by the other side's people: then there is no such step.
        self.ask("POST", f"{ISSUE}/{ticket}/transitions", json=sent, allow=(400, 409))

    def labels(self, ticket: str, label: str, on: bool) -> None:
        change = {"labels": [{"add" if on else "remove": label}]}
        self.ask("PUT", f"{ISSUE}/{ticket}", json={"update": change})

    def says(self, ticket: str, text: str, by: str, *, public: bool, file: tuple[str, bytes] | None = None) -> None:
        if file is not None:
            unchecked = {"X-Atlassian-Token": "no-check"}
            self.ask("POST", f"{ISSUE}/{ticket}/attachments", by, files={"file": file}, headers=unchecked)
        sent = {"body": adf(text), **({} if public else {"visibility": STAFF_ALONE})}
        self.ask("POST", f"{ISSUE}/{ticket}/comment", by, json=sent)

    def rewrites(self, ticket: str, text: str) -> None:
        """Elaine edits the newest comment."""
        (*_, newest) = self.ask("GET", f"{ISSUE}/{ticket}/comment")["comments"]
        self.ask("PUT", f"{ISSUE}/{ticket}/comment/{newest['id']}", json={"body": adf(text)})

    def shows(self, ticket: str) -> Shown:
        shown = self.ask("GET", f"/rest/api/2/issue/{ticket}")["fields"]
        comments = shown["comment"]["comments"]
        assert len(comments) == shown["comment"]["total"]
        files: dict[str, tuple[bytes, ...]] = {}
        for one in shown["attachment"]:
            content = self.desks["elaine"].session.get(one["content"], timeout=30).content
            files[one["filename"]] = (*files.get(one["filename"], ()), content)
        priorities = {name: n for n, name in PRIORITIES.items()} | {"Lowest": 4}
        return Shown(
            title=shown["summary"],
            priority=priorities[shown["priority"]["name"]],
            statuses=frozenset(hub for hub, names in STATUSES.items() if shown["status"]["name"] in names),
            labels=frozenset(shown["labels"]) & set(LABELS),
            said=tuple(str(one["body"]) for one in comments if "visibility" not in one),
            hidden=tuple(str(one["body"]) for one in comments if "visibility" in one),
            files=files,
        )

    def shared(self) -> list[str]:
        found: list[str] = []
        query = {"jql": "project = SHOP AND labels = customer", "maxResults": 100, "fields": ["summary"]}
        while True:
            page = self.ask("POST", SEARCH, json=query)
            found += [str(one["id"]) for one in page["issues"]]
            if not page.get("nextPageToken"):
                return found
            query["nextPageToken"] = page["nextPageToken"]

    def searches_show_all(self) -> None:
        """Wait until Jira's search lists what was done up to now."""
        made = self._opens("OPS", "Is this listed?")
        query = {"jql": f"key = {made['key']}"}
        wait_until(lambda: bool(self.ask("POST", SEARCH, json=query)["issues"]), "Jira's search")

    def _opens(self, project: str, title: str, **fields: Any) -> dict[str, Any]:
        given = {"project": {"key": project}, "issuetype": {"name": "Task"}, "summary": title, **fields}
        return dict(self.ask("POST", ISSUE, json={"fields": given}))
