# SPDX-License-Identifier: Apache-2.0
"""Global's people at work in Azure DevOps Boards, through its REST API; and what that shows."""

import hashlib
from dataclasses import dataclass

from demo.people import Account, Json

ORGANIZATION, PROJECT = "global", "Shop"
API = f"/{ORGANIZATION}/_apis/wit"
VERSION = {"api-version": "7.1"}
COMMENTS = {"api-version": "7.1-preview.4"}
PATCH = {"Content-Type": "application/json-patch+json"}


@dataclass(frozen=True)
class Board:
    """Someone at Azure DevOps."""

    account: Account

    def items(self, title: str) -> list[int]:
        """The numbers of all work items with this title."""
        query = f"SELECT [System.Id] FROM WorkItems WHERE [System.Title] = '{title}'"
        found = self.account.call("POST", f"{API}/wiql", params=VERSION, json={"query": query})
        return [int(each["id"]) for each in found["workItems"]]

    def item(self, number: int) -> dict[str, Json]:
        """A work item with its relations."""
        return dict(self.account.call("GET", f"{API}/workItems/{number}", params={**VERSION, "$expand": "all"}))

    def change(self, number: int, fields: dict[str, Json]) -> None:
        """Sets fields by reference name."""
        document = [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in fields.items()]
        self.account.call("PATCH", f"{API}/workItems/{number}", params=VERSION, json=document, headers=PATCH)

    def comment(self, number: int, text: str) -> None:
        """Writes a comment."""
        path = f"/{ORGANIZATION}/{PROJECT}/_apis/wit/workItems/{number}/comments"
        self.account.call("POST", path, params=COMMENTS, json={"text": text})

    def comments(self, number: int) -> list[str]:
        """The texts of its comments, newest first."""
        path = f"/{ORGANIZATION}/{PROJECT}/_apis/wit/workItems/{number}/comments"
        return [str(each["text"]) for each in self.account.call("GET", path, params=COMMENTS)["comments"]]

    def files(self, number: int) -> dict[str, str]:
        """Name and SHA-256 of each file, its bytes downloaded."""
        related = [each for each in self.item(number).get("relations") or () if each["rel"] == "AttachedFile"]
        return {
            each["attributes"]["name"]: hashlib.sha256(self.account.content(each["url"])).hexdigest()
            for each in related
        }
