# SPDX-License-Identifier: Apache-2.0
"""The connector protocol: all that the engine asks of a tracker, in the tracker's own terms.

Glossary: a *record* is a ticket as its tracker shows it, fields under their native names, each value in the
connector's one flat form (choices, people and places as ids; rich text as the tracker's native value; sets as sorted
lists; empty as ``None``; a field that was not asked for is absent). A *version* is an opaque text; the versions of
one ticket sort as texts in the order of its changes. A *mark* is an opaque text that we give to a write and that the
tracker gives back when the thing written is read: the engine recognises its own work by it.

A connector holds no mapping, no state that outlives it and no Airflow object. One item's failure is an
``Outcome.error``; an exception means that the call as a whole failed. Nothing that ``Needs`` does not name leaves a
connector: what a tracker answers beyond it is dropped on the answer itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from tandem.core.doc import Markup
from tandem.core.values import Json
from tandem.errors import ItemError, Problem


class Cursor(StrEnum):
    """How a tracker's position in its feed of changes is told."""

    TOKEN = "token"  # given by the tracker, used as it is
    TIME = "time"  # an instant; the reader goes back by the overlap


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a tracker can do, in numbers. Times in seconds, sizes in bytes."""

    system: str  # "jira", "zendesk": names the tracker in messages
    cursor: Cursor
    version_resolution: float  # smallest distance of two versions that can be told apart
    search_delay: float  # how long a search may lag behind a write
    sweep_every: float  # how often the whole scope is listed
    fetch_batch: int
    read_batch: int  # tickets whose records and histories are read and stored together
    write_batch: int  # writes in one call of create, update, transition or comment
    compare_and_set: bool  # update refuses a stale version by itself, without a window
    history: bool  # who changed which field when can be read
    private_comments: bool
    files_in_comments: bool  # a file can only be written as part of a comment
    workflow: bool  # status changes by transitions (else it is a field like any other)
    edit_comments: bool  # a comment's text can be replaced
    redact_comments: bool  # a comment's text and files can be taken back
    max_file: int
    max_comment: int  # in the unit of ``markup.length``
    clock: float  # resolution of the tracker's times
    label_allowed: str | None = None  # regular expression for one character that a label may hold (none: any)
    label_max: int | None = None  # characters in a label
    utf16: bool = False  # lines and labels are measured in UTF-16 units, else in code points
    life_cycle_ends: frozenset[str] = frozenset()  # statuses that are no value of a map (Zendesk "closed", "deleted")
    follow_ups: bool = False  # a closed ticket can be followed by a new one that the tracker knows as its follow-up
    reopens_closed: bool = True  # a closed ticket can be opened again
    place_field: str = ""  # native field that says where a ticket lies: its dictionary names Record.place
    type_field: str = ""  # native field that holds Record.type


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a scope, on a native field as people write it (names, not ids)."""

    field: str
    is_: Json = None
    in_: tuple[str, ...] = ()
    contains: str | None = None
    set_: bool | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """All that a connector may read and write for one side of a pair."""

    read: frozenset[str]  # native fields that are offered
    write: frozenset[str]  # native fields that the contract writes
    scope: tuple[Condition, ...]
    query: str | None = None  # a raw query that narrows the scope further, as the tracker spells it
    comments: str = "public"  # "public", "all", "none": which comments may leave
    files: bool = True
    private_first: str = "skip"  # Zendesk: what to do with a private first comment ("skip" or "withhold")
    description: str | None = None  # native field of the description, where the first comment is it
    automations: tuple[str, ...] = ()  # accounts whose edits are house rules
    statuses: tuple[str, ...] = ()  # status names or ids that the contract maps
    search_delay: float | None = None  # overrides the capability
    own_addresses: bool = False  # whether texts may carry addresses of this tracker to others


@dataclass(frozen=True, slots=True)
class Author:
    """A person or program in a tracker. ``id`` is the account's id, never a display name."""

    id: str
    name: str
    email: str | None = None


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
    place: str  # container in the system: project, brand, table
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


@dataclass(frozen=True, slots=True)
class Delta:
    """What happened on one ticket since it was last read, as a listing tells it: a part of its history.

    Nothing follows from what is absent from it, and the description is never in it. Of a ticket that was read whole
    before (:data:`Known`) it holds all that is offered up to ``version``; a record of a later version, or one that is
    out of scope, asks for the whole history. Work of our own account may come without its mark: what the journal does
    not explain by its id, the history must. A connector gives no delta where it is not sure: not where somebody changed
    who may read a comment or blacked one out, nor where the ticket may have been out of scope meanwhile.
    """

    version: str
    entries: tuple[Entry, ...]
    comments: tuple[Comment, ...]
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. ``cursor`` stands behind it (``None`` in listings of the scope).

    ``deltas`` holds, by ticket, parts of the histories of its tickets, where the listing tells them.
    """

    seen: tuple[Seen, ...]
    cursor: str | None = None
    deltas: Mapping[str, Delta] = field(default_factory=dict)


Known = Callable[[Collection[str]], Mapping[str, str]]
"""Which of these tickets were read whole and in scope, and not since unseen: id → version up to which all is known."""


def nothing_known(ids: Collection[str]) -> Mapping[str, str]:
    """Of no ticket anything is known: the answer of a reader that keeps nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field in the tracker's dictionary. ``choices`` maps ids to the names people see."""

    name: str
    label: str
    kind: str  # "text", "rich", "choice", "set", "person", "date", "datetime", "number"
    writable: bool = True
    max_length: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a status to another, as the workflow offers it. ``needs`` are fields it cannot do without."""

    id: str
    name: str
    to: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A way that was seen in a place for a type: a piece of the workflow's graph."""

    place: str
    type: str
    source: str
    way: Way


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a tracker said about itself and our account. ``offset`` is its clock minus ours, in seconds."""

    account: Author
    offset: float
    version: str
    fields: Mapping[str, FieldInfo]
    search_delay: float
    edges: tuple[Edge, ...] = ()
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()  # worth telling: "admin: exports readable"
    # What only this place can say of itself, as the object that asked then also has it in its capabilities:
    private_comments: bool | None = None
    max_file: int | None = None
    # Place → a key that is no higher than the newest there ("" if there is none): lost creates are found behind it.
    highest: Mapping[str, str] = field(default_factory=dict)


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

    ``body`` is a neutral line, for a tracker that can put one in the text's place.
    """

    id: str  # of the ticket
    comment: str
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
    shown: Mapping[str, Json] | None = None  # fields as answered, where the answer has them
    history: str | None = None  # id of the history entry, where the answer has it
    files: tuple[str, ...] = ()  # ids of the files written with it
    first_comment: str | None = None  # of a ticket made: id of the comment that is its description
    error: ItemError | None = None


NOTHING: Mapping[str, str] = MappingProxyType({})


class Connector(Protocol):
    """One side's tracker, for one offer."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def markup(self) -> Markup: ...

    def preflight(self) -> Preflight:
        """Read log-in, rights, clock, dictionary and workflow; all problems at once.

        Raises:
            RetryableError: the tracker cannot be reached now.
        """

    def start(self, now: datetime) -> str:
        """Give the cursor behind which everything that changes from ``now`` (by our clock) on will be seen."""

    def changed_since(self, cursor: str, known: Known = nothing_known) -> Iterator[Page]:
        """List what changed behind a cursor, oldest first. An item may come again; none is left out.

        ``known`` is asked for the tickets that were read whole before: of them the listing may tell what happened
        since (:class:`Delta`). A page whose cursor is kept is one whose deltas are all taken in.
        """

    def in_scope(self) -> Iterator[Page]:
        """List id and version of every ticket in scope, as far as the tracker's search knows."""

    def fetch(
        self, ids: Sequence[str], known: Mapping[str, str] = NOTHING, *, ahead: bool = False
    ) -> tuple[Record, ...]:
        """Read tickets by id or key, strongly consistent. Those that are gone or unseen are left out.

        ``known``: id → version up to which all is known of a ticket. Of one that shows no later version, a field that
        only its history tells and that nobody can have changed may be absent: the reader has it. ``ahead``:
        :meth:`history` is asked for the same tickets next, so what serves both is read once.
        """

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        """Read what happened on tickets, private things left out.

        Of one that is out of scope or final by now our own marked work is told all the same, and nothing of people's
        (no value before ours either): it alone says whether a write whose answer was lost took place.
        """

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        """Find tickets made with these marks: mark → id, strongly consistent.

        ``after`` maps each place to the highest ticket key known there before the first of the creates.
        """

    def ways(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        """Read which ways the workflow offers for each ticket now (empty where it has no workflow)."""

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]: ...

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]: ...

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]: ...

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]: ...

    def edit(self, edits: Sequence[Edit]) -> tuple[Outcome, ...]:
        """Replace texts of comments (where ``edit_comments`` says so); the outcome's id is the comment's."""

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        """Take comments back (where ``redact_comments`` says so). To do it again changes nothing more."""

    def attach(self, upload: Upload) -> Outcome:
        """Store a file. Where files ride in comments, the id answered is a token for :class:`Note`."""

    def download(self, ticket: str, file: str) -> AbstractContextManager[Iterator[bytes]]:
        """Stream a file's bytes. Credentials never follow a redirect to another host."""
