# SPDX-License-Identifier: Apache-2.0
"""Anna and Bruno in Mercuri's simulated Zendesk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from real.office import LABELS, Shown
from support.zendesk import ZendeskDesk

PRIORITIES = {1: "urgent", 2: "high", 3: "normal", 4: "low"}
# Zendesk never takes a ticket back to `new`, and `open` stands for it too where it came in.
STANDS_FOR = {
    "new": {"new", "in_progress"},
    "open": {"new", "in_progress"},
    "pending": {"pending"},
    "solved": {"solved"},
}
STATUSES = {"in_progress": "open", "pending": "pending", "solved": "solved"}


@dataclass(frozen=True)
class ZendeskOffice:
    desk: ZendeskDesk
    people: Mapping[str, str] = field(default_factory=lambda: {"anna": "Anna Ricci", "bruno": "Bruno Conti"})
    hides_files: bool = True

    def opens(self, title: str) -> str:
        made = self.desk.make("anna", f"Opened: {title}", subject=title, priority="high", tags=["customer"])
        return str(made["id"])

    def renames(self, ticket: str, title: str) -> None:
        self._change(ticket, subject=title)

    def ranks(self, ticket: str, priority: int) -> None:
        self._change(ticket, priority=PRIORITIES[priority])

    def moves(self, ticket: str, status: str) -> None:
        self._change(ticket, status=STATUSES[status])

    def labels(self, ticket: str, label: str, on: bool) -> None:
        verb = "additional_tags" if on else "remove_tags"
        body = {"tickets": [{"id": int(ticket), verb: [label]}]}
        assert self.desk.ask("PUT", "tickets/update_many.json", "anna", json=body).ok

    def says(self, ticket: str, text: str, by: str, *, public: bool, file: tuple[str, bytes] | None = None) -> None:
        comment: dict[str, Any] = {"body": text, "public": public}
        if file is not None:
            kind = {"Content-Type": "application/binary"}
            sent = self.desk.ask("POST", "uploads.json", by, params={"filename": file[0]}, data=file[1], headers=kind)
            comment["uploads"] = [sent.json()["upload"]["token"]]
        self._change(ticket, by, comment=comment)

    def shows(self, ticket: str) -> Shown:
        shown = self.desk.read(f"tickets/{ticket}")["ticket"]
        comments = self._all(f"tickets/{ticket}/comments", "comments")
        files: dict[str, tuple[bytes, ...]] = {}
        for file in (file for comment in comments for file in comment["attachments"]):
            content = requests.get(file["content_url"], timeout=30).content
            files[file["file_name"]] = (*files.get(file["file_name"], ()), content)
        return Shown(
            title=shown["subject"],
            priority=next((n for n, name in PRIORITIES.items() if name == shown["priority"]), None),
            statuses=frozenset(STANDS_FOR[shown["status"]]),
            labels=frozenset(shown["tags"]) & set(LABELS),
            said=tuple(one["body"] for one in comments if one["public"]),
            hidden=tuple(one["body"] for one in comments if not one["public"]),
            files=files,
        )

    def shared(self) -> list[str]:
        return [str(one["id"]) for one in self._all("tickets", "tickets") if "customer" in one["tags"]]

    def _all(self, path: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query = {"page[size]": "100"}
        while True:
            page = self.desk.read(path, **query)
            found += page[name]
            if not page["meta"]["has_more"]:
                return found
            query["page[after]"] = page["meta"]["after_cursor"]

    def _change(self, ticket: str, by: str = "anna", **fields: Any) -> None:
        answer = self.desk.change(int(ticket), by, **fields)
        assert answer.ok, answer.text
