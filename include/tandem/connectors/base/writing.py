# SPDX-License-Identifier: Apache-2.0
"""What is written to a tracker, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from tandem.connectors.base.about import Way
from tandem.core.values import Json
from tandem.errors import ItemError, UnknownOutcomeError


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket to be made. ``fields`` are native; ``mark`` is the origin's marker.

    ``follow_up_of``: the closed ticket that it goes on from, where the tracker has follow-ups. ``files`` ride in its
    first comment, as in a :class:`Note`.
    """

    mark: str
    place: str | None
    fields: Mapping[str, Json]
    follow_up_of: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """Fields to be set. ``version`` is the one that was compared (given to trackers that can test it)."""

    id: str
    fields: Mapping[str, Json]
    mark: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A status change along one way of the workflow, with the fields that its screen asks for."""

    id: str
    way: Way
    fields: Mapping[str, Json]
    mark: str


@dataclass(frozen=True, slots=True)
class Note:
    """A comment to be written. ``files`` are what :meth:`Connector.attach` answered for them."""

    id: str  # of the ticket
    body: Json
    public: bool
    mark: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A comment of ours whose text is to be replaced; the files that it shows stay."""

    id: str  # of the ticket
    comment: str
    body: Json
    mark: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """A comment of ours that is to be taken back with its files, as far as the tracker can.

    ``body`` is a neutral line, for a tracker that can put one in the text's place. Without a ``comment`` the files
    alone are taken back, wherever they are shown.
    """

    id: str  # of the ticket
    comment: str | None
    body: Json
    mark: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be written to a ticket, as a stream that can be opened once."""

    id: str  # of the ticket
    name: str
    media_type: str
    size: int
    open: Callable[[], AbstractContextManager[Iterable[bytes]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one write. ``id`` is that of the thing made, or of the ticket."""

    id: str | None = None
    version: str | None = None
    # Fields as answered, where the answer has them; where no history can be read, a create and an update always tell.
    shown: Mapping[str, Json] | None = None
    history: str | None = None  # id of the history entry, where the answer has it
    files: tuple[str, ...] = ()  # ids of the files written with it
    first_comment: str | None = None  # of a ticket made: id of the comment that is its description
    error: ItemError | UnknownOutcomeError | None = None  # the latter: its answer was lost, nobody knows yet


W = TypeVar("W")


def settled(write: Callable[[W], Outcome]) -> Callable[[W], Outcome]:
    """Let what is wrong with one write, or is not known of it, become its outcome."""

    def outcome(one: W) -> Outcome:
        try:
            return write(one)
        except (ItemError, UnknownOutcomeError) as error:
            return Outcome(error=error)

    return outcome
