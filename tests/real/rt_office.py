# SPDX-License-Identifier: Apache-2.0
"""Nora and Olaf in a real Request Tracker, through the `rt` library."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from real.office import LABELS, Shown
from real.rt_house import Person

PRIORITIES = {1: "100", 2: "75", 3: "50", 4: "0"}
STATUSES = {"new": "new", "in_progress": "open", "pending": "stalled", "solved": "resolved"}
TALK = {"Create": True, "Correspond": True, "Comment": False}


@dataclass(frozen=True)
class RequestTrackerOffice:
    person: Person  # Nora
    olaf: Person
    people: Mapping[str, str] = field(default_factory=lambda: {"nora": "Nora Berg", "olaf": "Olaf Dahl"})
    hides_files: bool = True

    def opens(self, title: str) -> str:
        return self.person.opens(title, f"Opened: {title}", CustomFields={"Labels": ["customer"]}, Priority="75")

    def renames(self, ticket: str, title: str) -> None:
        self.person.sets(ticket, Subject=title)

    def ranks(self, ticket: str, priority: int) -> None:
        self.person.sets(ticket, Priority=PRIORITIES[priority])

    def moves(self, ticket: str, status: str) -> None:
        self.person.sets(ticket, Status=STATUSES[status])

    def labels(self, ticket: str, label: str, on: bool) -> None:
        now = set(_labels(self.person.sees(ticket)))
        self.person.sets_custom(ticket, Labels=sorted(now | {label} if on else now - {label}))  # type: ignore[arg-type]

    def says(self, ticket: str, text: str, by: str, *, public: bool, file: tuple[str, bytes] | None = None) -> None:
        {"nora": self.person, "olaf": self.olaf}[by].says(
            ticket, text, public=public, files=dict([file]) if file else None
        )

    def shows(self, ticket: str) -> Shown:
        shown = self.person.sees(ticket)
        said: list[str] = []
        hidden: list[str] = []
        files: dict[str, tuple[bytes, ...]] = {}
        for step in self.person.rt.get_ticket_history(ticket):
            if step["Type"] not in TALK:
                continue
            whole = self.person.rt.get_transaction(step["id"])
            parts = [link["_url"].rpartition("/")[2] for link in whole["_hyperlinks"] if link["ref"] == "attachment"]
            text = ""
            for part in parts:
                told: dict[str, Any] = dict(self.person.rt.get_attachment(part))
                content = base64.b64decode(told.get("Content") or "")
                if told.get("Filename"):
                    files[told["Filename"]] = (*files.get(told["Filename"], ()), content)
                elif told["ContentType"].startswith("text/"):
                    text += unescape(re.sub(r"<[^>]*>", " ", content.decode()))
            (said if TALK[step["Type"]] else hidden).append(text)
        return Shown(
            title=str(shown["Subject"]),
            priority=next((n for n, number in PRIORITIES.items() if number == str(shown["Priority"])), None),
            statuses=frozenset(hub for hub, status in STATUSES.items() if status == shown["Status"]),
            labels=frozenset(_labels(shown)) & set(LABELS),
            said=tuple(said),
            hidden=tuple(hidden),
            files=files,
        )

    def shared(self) -> list[str]:
        query = "Queue = 'Support' AND 'CF.{Labels}' = 'customer'"
        return [str(one["id"]) for one in self.person.rt.search(raw_query=query)]


def _labels(ticket: dict[str, Any]) -> list[str]:
    return [value for field in ticket["CustomFields"] if field["name"] == "Labels" for value in field["values"]]
