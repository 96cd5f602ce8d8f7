# SPDX-License-Identifier: Apache-2.0
"""What a tracker is and can do, and what one side of a pair may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tandem.core.values import Json
from tandem.errors import Problem


class Cursor(StrEnum):
    """How a tracker's position in its feed of changes is told."""

    TOKEN = "token"  # given by the tracker, used as it is
    TIME = "time"  # an instant; the connector itself goes back by the search's delay and the clock's resolution


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
    redacts_closed: bool = False  # comments can be taken back in tickets that take nothing else any more
    place_field: str = ""  # native field that says where a ticket lies: its dictionary names Record.place
    type_field: str = ""  # native field that holds Record.type
    # Edits of comments leave no trace: each linked ticket is read anew once in so many seconds, and texts are compared.
    reread_every: float | None = None
    feed_pays: int | None = None  # from so many tickets on, the feed tells at once and for less what happened on them
    feed_whole: bool = False  # the feed may tell all that happened on a ticket of which nothing is known
    tells_own_files: bool = True  # a file that our account stored changes its ticket, or is listed beside it
    empty_files: bool = True  # a file of no bytes can be stored
    private_files: bool = True  # a file of a private comment is as private; else none is sent with one


@dataclass(frozen=True, slots=True)
class SystemTraits:
    """What can be said of a system without asking it. ``create_needs``: native fields that no create can do without.

    A connector of another package says it of itself: its class has them as ``traits``.
    ``options``: what a contract must say beside what all contracts say, and the values it may have (none: any).
    """

    private_comments: bool
    history: bool
    workflow: bool
    create_only: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset({"reopen", "follow_up", "quarantine"})
    create_needs: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    loose_files: bool = False  # files hang on the ticket, and hardly a text shows one
    places: frozenset[str] = frozenset()  # native fields that say where a ticket lies, and nothing of what it is
    narrow: str = ""  # a condition, as a contract writes it, on what people set on the tickets that may leave
    start: str = ""  # what `new-contract` begins with, from options to create; `<…>` is to be filled in


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
    options: Mapping[str, str] = field(default_factory=dict)  # what only this kind of tracker must be told
    accounts: frozenset[str] = frozenset()  # of the people file, where people are written here
    mentioned: frozenset[str] = frozenset()  # all accounts of the people file: texts may call them


@dataclass(frozen=True, slots=True)
class Author:
    """A person or program in a tracker. ``id`` is the account's id, never a display name."""

    id: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field in the tracker's dictionary. ``choices`` maps ids to the names people see."""

    name: str
    label: str
    # "text", "lines" (text without markup), "rich", "choice", "set", "person", "persons", "date", "datetime", "number";
    # "unknown" where the tracker does not tell
    kind: str
    writable: bool = True
    max_length: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    required: bool = False  # no ticket can be made without it
    required_of: tuple[str, ...] = ()  # ids of types no ticket of which can be made without it
    filled: bool = False  # each ticket has a value of it, whoever makes it and however
    needed_in: tuple[str, ...] = ()  # ids of statuses into which no ticket goes without it


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a status to another, as the workflow offers it. ``needs`` are fields it cannot do without.

    Where a tracker does not tell all ways, one that may be there and may not is not ``sure``.
    """

    id: str
    name: str
    to: str
    needs: tuple[str, ...] = ()
    sure: bool = True


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
    whole_workflow: bool = False  # whether there are no other edges for the places and types that they name
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()  # worth telling: "admin: exports readable"
    # What only this place can say of itself, as the object that asked then also has it in its capabilities:
    private_comments: bool | None = None
    max_file: int | None = None
    untold: frozenset[str] = frozenset()  # fields of whose changes no history tells, though it tells of others
    inactive: frozenset[str] = frozenset()  # those of the accounts asked for that were deactivated, or are gone
    # Account → the id by which texts call it, where that is another than the account's own.
    mentions: Mapping[str, str] = field(default_factory=dict)
    # Place → a key that is no higher than the newest there ("" if there is none): lost creates are found behind it.
    highest: Mapping[str, str] = field(default_factory=dict)
    # What connectors that are made later may take up until the next preflight, so as not to ask it again (Recalls).
    learnt: Mapping[str, Json] = field(default_factory=dict)
