# SPDX-License-Identifier: Apache-2.0
"""What a tracker in memory keeps of a ticket, and the clock by which it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tandem.connectors.base import Author, Comment, Entry, File
from tandem.core.values import Json


@dataclass(slots=True)
class Clock:
    """A clock that stands still but for ``step`` with each change."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    step: timedelta = timedelta(seconds=1)

    def tick(self) -> datetime:
        """Go on by a step, and tell the time."""
        self.now += self.step
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Shot:
    """A ticket as it was at one change: what a lagging index may still show."""

    at: datetime
    fields: Mapping[str, Json]


@dataclass(slots=True)
class Ticket:
    """A ticket with all its past."""

    id: str
    key: str
    reporter: Author
    mark: str | None
    described_public: bool
    fields: dict[str, Json]
    shots: list[Shot] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    merged_into: str | None = None
    follows: str | None = None  # the closed ticket whose follow-up it is
    deleted: bool = False
    revised_at: datetime | None = None  # when a comment was last edited or made private
    files_blacked_out: set[str] = field(default_factory=set)
    description_back_at: datetime | None = None  # when it was blacked out or made private
    hidden: bool = False  # from the integration's account

    @property
    def created_at(self) -> datetime:
        return self.shots[0].at

    @property
    def updated_at(self) -> datetime:
        return self.shots[-1].at
