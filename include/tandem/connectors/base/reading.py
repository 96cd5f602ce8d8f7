# SPDX-License-Identifier: Apache-2.0
"""What is read of a tracker: tickets as listings and records tell them, and what happened on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tandem.connectors.base.about import Author
from tandem.core.values import Json


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as a listing names it: enough to know whether it must be read.

    A listing goes on behind what it named. Where two changes may bear one version, as with stamps of whole seconds, and
    another may still come, ``version`` sorts behind any that a reading by id can have given for that moment.
    """

    id: str
    version: str
    created_at: datetime
    in_scope: bool
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A ticket read by its id. Out of scope, ``fields`` is empty: nothing of it may be looked at."""

    id: str
    key: str
    url: str
    version: str
    place: str  # container in the system: project, brand, table; never empty
    type: str  # native type, as far as the workflow depends on it
    created_at: datetime
    updated_at: datetime
    in_scope: bool
    fields: Mapping[str, Json] = field(default_factory=dict)
    people: Mapping[str, Author] = field(default_factory=dict)  # accounts that the fields name
    reporter: Author | None = None
    mark: str | None = None
    final: str | None = None  # why the ticket takes no more: "closed", "deleted", "merged into …"
    follows: str | None = None  # id of the closed ticket whose follow-up this is
    settled: bool = True  # false while one more change may still bear the same version
    scope_reason: str = ""  # out of scope: the condition that failed, or "restricted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One field's change in the tracker's history. ``id`` is unique within the ticket."""

    id: str
    order: str  # sorts as text within the ticket's history
    at: datetime
    author: Author
    field: str
    before: Json
    after: Json
    mark: str | None = None
    by_rule: bool = False  # the tracker says that a rule of its own did it
    write: str | None = None  # the write that it is part of, as ``Outcome.history`` names it
    told: bool = True  # false where the history does not tell the two values whole: then neither may be compared


@dataclass(frozen=True, slots=True)
class File:
    """A file as offered: its text, if any, may leave."""

    id: str
    name: str
    size: int
    media_type: str
    at: datetime
    author: Author
    comment: str | None = None  # id of the comment that carries it
    referenced: bool = False  # some text of the ticket shows it
    mark: str | None = None
    # It came with a private text, or one shows or names it; told of what may leave, and of copies that we made.
    private: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment whose text may leave (or that is ours)."""

    id: str
    order: str
    at: datetime
    author: Author
    body: Json  # the tracker's native rich text
    public: bool
    files: tuple[str, ...] = ()
    mark: str | None = None
    edited_at: datetime | None = None
    redacted: bool = False  # part of it was blacked out, for good
    write: str | None = None  # mark of the last edit of ours that it bears, whoever edited it since


@dataclass(frozen=True, slots=True)
class Away:
    """A time in which a ticket was out of scope: that it was, and from when to when; nothing of why.

    ``opened`` and ``closed`` begin the orders of the changes that took it out and back in. Where comments are ordered
    in ``one_series`` with changes, they decide within one unit of the tracker's clock; else both ends belong to it.
    """

    since: datetime
    until: datetime | None = None
    opened: str = ""
    closed: str = ""
    one_series: bool = False

    def holds(self, at: datetime, order: str = "") -> bool:
        """Tell whether a comment or file was made in this time."""
        if at < self.since or (self.until is not None and at > self.until):
            return False
        if not (self.one_series and order):
            return True
        return not ((at == self.since and order < self.opened) or (at == self.until and order >= self.closed))

    def spans(self, entry: Entry) -> bool:
        """Tell whether a field was changed in this time. The changes that open and close it are not part of it."""
        if not (self.opened or self.closed):
            return self.holds(entry.at)
        late = bool(self.closed) and entry.order >= self.closed
        return entry.order > self.opened and not (self.opened and entry.order.startswith(self.opened)) and not late


@dataclass(frozen=True, slots=True)
class History:
    """What happened on one ticket. ``whole`` is false where the tracker gave less than it counted, or a part was asked.

    Only of a whole history may anything be concluded from what is not in it.
    ``inside``: it was in scope when this was read; else our own marked work alone is told.
    ``hidden``: ids of comments that are there and may not leave: that they are, and nothing of them. A comment that is
    neither told nor hidden in a whole history was deleted.
    ``blacked_out``: when something of a comment was blacked out last, by its id. ``files_taken_back``: ids of files of
    which nothing is left, or whose comment is hidden. ``description_taken_back``: when the description, where that is
    the first comment, was made private or blacked out last. All these are told of a ticket out of scope too: what left
    it once may have to be taken back.
    ``withheld``: ids of files that are there and may not leave, because a private text shows or names them. What was
    withheld stays so when that text is deleted, until an offered text shows it.
    ``away``: when the ticket was out of scope, told by the history of the fields that decide it; none where that tells
    nothing.
    """

    entries: tuple[Entry, ...]
    comments: tuple[Comment, ...]
    files: tuple[File, ...]
    whole: bool = True
    inside: bool = True
    away: tuple[Away, ...] | None = None
    hidden: frozenset[str] = frozenset()
    blacked_out: Mapping[str, datetime] = field(default_factory=dict)
    files_taken_back: frozenset[str] = frozenset()
    description_taken_back: datetime | None = None
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Delta:
    """What happened on one ticket since it was last read, as a listing tells it: a part of its history.

    ``whole``: it begins with the ticket's making and says all that the history would say. Only such a one serves for a
    ticket of which nothing is known. Else nothing follows from what is absent from it. The description is never in it.
    ``withheld`` and ``away`` are as in :class:`History`.
    Of a ticket that was read whole before (:data:`Known`) it holds all that is offered up to ``version``; a record of a
    later version, or one that is out of scope, asks for the whole history. Work of our own account may come without
    its mark: what the journal does not explain by its id, the history must. A connector gives no delta where it is not
    sure: not where somebody changed who may read a comment or blacked one out, nor, of a ticket that was read before,
    where it may have been out of scope meanwhile.
    """

    version: str
    entries: tuple[Entry, ...]
    comments: tuple[Comment, ...]
    files: tuple[File, ...]
    whole: bool = False
    away: tuple[Away, ...] | None = ()
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. ``cursor`` stands behind it (``None`` in listings of the scope).

    ``deltas`` holds, by ticket, parts of the histories of its tickets, where the listing tells them.
    """

    seen: tuple[Seen, ...]
    cursor: str | None = None
    deltas: Mapping[str, Delta] = field(default_factory=dict)


Known = Callable[[Collection[str]], Mapping[str, str]]
"""Which of these tickets were read whole and in scope, and not since unseen: id → version up to which all is known.

Where the feed can tell of a ticket from its making on (``Capabilities.feed_whole``), the others stand there, too, with
an empty text: of them nothing is known.
"""


def nothing_known(ids: Collection[str]) -> Mapping[str, str]:
    """Of no ticket anything is known: the answer of a reader that keeps nothing."""
    return {}
