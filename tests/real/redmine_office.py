# SPDX-License-Identifier: Apache-2.0
"""Ines and Omar in a real Redmine, through python-redmine."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

from real.office import LABELS, Shown
from real.redmine_house import STATUSES, House, number

PRIORITIES = {1: ("Urgent", "Immediate"), 2: ("High",), 3: ("Normal",), 4: ("Low",)}
PRIORITY_IDS = {1: 4, 2: 3, 3: 2, 4: 1}
HUB = {
    "New": "new",
    "In Progress": "in_progress",
    "Feedback": "pending",
    "Resolved": "solved",
    "Closed": "solved",
    "Rejected": "solved",
}
MOVES = {"in_progress": "In Progress", "pending": "Feedback", "solved": "Resolved"}


@dataclass(frozen=True)
class RedmineOffice:
    house: House
    people: Mapping[str, str] = field(default_factory=lambda: {"ines": "Ines Petersen", "omar": "Omar Haddad"})
    hides_files: bool = True

    def opens(self, title: str) -> str:
        return self.house.opens(title, priority_id=PRIORITY_IDS[2], description=f"Opened: {title}")

    def renames(self, ticket: str, title: str) -> None:
        self.house.edits(ticket, subject=title)

    def ranks(self, ticket: str, priority: int) -> None:
        self.house.edits(ticket, priority_id=PRIORITY_IDS[priority])

    def moves(self, ticket: str, status: str) -> None:
        self.house.edits(ticket, status_id=int(STATUSES[MOVES[status]]))

    def labels(self, ticket: str, label: str, on: bool) -> None:
        now = set(self._labels(ticket))
        self.house.sets(ticket, "Labels", sorted(now | {label} if on else now - {label}))

    def says(self, ticket: str, text: str, by: str, *, public: bool, file: tuple[str, bytes] | None = None) -> None:
        uploads = [{"path": io.BytesIO(file[1]), "filename": file[0]}] if file else []
        self.house.edits(ticket, by, notes=text, private_notes=not public, uploads=uploads)

    def shows(self, ticket: str) -> Shown:
        shown = self.house.shown(ticket)
        notes = self.house.notes(ticket)
        files: dict[str, tuple[bytes, ...]] = {}
        for file in shown.attachments:
            content = self.house.as_("admin").download(file.content_url).content
            files[file.filename] = (*files.get(file.filename, ()), content)
        return Shown(
            title=shown.subject,
            priority=next(n for n, names in PRIORITIES.items() if shown.priority.name in names),
            statuses=frozenset({HUB[shown.status.name]}),
            labels=frozenset(self._labels(ticket)) & set(LABELS),
            said=tuple(unescape(text) for text, private in notes if not private),  # signs are written as entities
            hidden=tuple(unescape(text) for text, private in notes if private),
            files=files,
        )

    def shared(self) -> list[str]:
        listed = self.house.as_("admin").issue.filter(project_id="shop", status_id="*")
        return [str(one.id) for one in listed if "shared" in self._labels(str(one.id))]

    def _labels(self, ticket: str) -> list[str]:
        custom = self.house.shown(ticket).custom_fields
        return list(next(one.value for one in custom if one.id == number("Labels")) or ())
