# SPDX-License-Identifier: Apache-2.0
"""What a plan is made of: the pair's rules as diff needs them, the writes that are meant, and states of events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tandem.core.doc import Doc
from tandem.core.merge import Clash
from tandem.core.model import HubEvent
from tandem.core.rules import Which
from tandem.core.values import Json

STATUS = "status"
CREATE, UPDATE, MOVE, COMMENT, ATTACH = "create", "update", "status", "comment", "attach"
LEFT = "left"  # kind of the event that a ticket left the scope, where the other side is told
DELETED = "deleted"  # kind of the event that a tracker deleted its ticket, where the other side is told
REOPENED = "reopened"  # kind of the event that people went on from a closed ticket in a follow-up
NO_LONGER_SHARED = "The other side no longer shares this ticket: what is done there does not come here any more."
NOT_ANY_MORE = "the contract does not offer it any more"
BACK = "back to what both agreed on"
OUT_OF_SIGHT = "its twin is out of scope, and what to keep of it there is not known"
_RANK = {CREATE: 0, MOVE: 1, UPDATE: 1, COMMENT: 2, ATTACH: 3}


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """How a pair treats one hub field. ``ways`` holds the sides that may be written."""

    hub: str
    ways: frozenset[Which]
    rule: str
    a_set: bool = False
    once: frozenset[Which] = frozenset()  # sides that take it at creation only
    on_change: Mapping[Which, str] = field(default_factory=dict)  # sides that cannot change it: "comment" or "ignore"
    over: frozenset[Which] = frozenset()  # sides where some of what is shown is kept when it is written over

    def is_closed(self, target: Which) -> bool:
        """Tell whether a later change ends without a trace at a side."""
        return target in self.once or self.on_change.get(target) == "ignore"

    def stays(self, target: Which, in_sight: bool, aside: Collection[str]) -> tuple[str, str] | None:
        """The state in which a change towards a side waits, and why; none if it may go.

        ``in_sight``: it can be read what it is to be written over. ``aside``: the fields that are set aside.
        """
        if self.hub in aside:
            return "quarantined", "the field is set aside"
        if target in self.over - self.once - self.on_change.keys() and not in_sight:
            return "parked", OUT_OF_SIGHT
        return None


@dataclass(frozen=True, slots=True)
class PairRules:
    """What diff needs to know of a pair."""

    fields: Mapping[str, FieldPlan]
    tie: Which
    workflow: frozenset[Which] = frozenset()  # sides whose status moves along a workflow
    creates: frozenset[Which] = frozenset()  # sides that make tickets
    takes_comments: frozenset[Which] = frozenset()
    takes_files: frozenset[Which] = frozenset()
    twins: Mapping[Which, frozenset[str]] = field(default_factory=dict)  # what each side shows of its twin
    stands: Mapping[str, Which] = field(default_factory=dict)  # by field: whose change stood where both met elsewhere


Aside = Mapping[Which, Collection[str]]
"""Fields that are set aside, by the side that would send them."""
NONE: Aside = {}


@dataclass(frozen=True, slots=True)
class Intent:
    """One remote write that is meant. ``carries`` arrive with it; ``covers`` are superseded by it."""

    target: Which
    kind: str
    at: datetime
    order: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    carries: tuple[int, ...] = ()
    covers: tuple[int, ...] = ()
    step: int | None = None  # event whose value this status step writes
    event: HubEvent | None = None  # the comment or file
    text: Doc | None = None  # of a comment that tells of a change which the target cannot make
    follows: str = ""  # of a create: the closed ticket that it goes on from
    cause: str = ""  # of a write that no event causes: what it is made for, once
    gives_back: bool = False  # what our own write ran over stands again at its own side, and nothing more is agreed


@dataclass(frozen=True, slots=True)
class State:
    """The state that an event comes to without a write."""

    name: str
    reason: str = ""


@dataclass(slots=True)
class LinkPlan:
    """All that is decided for one link in one run."""

    intents: list[Intent] = field(default_factory=list)
    rebase: set[tuple[Which, str]] = field(default_factory=set)  # bases that take in what the side shows
    unsaid: set[tuple[Which, str]] = field(default_factory=set)  # values to be remembered as unsaid
    left_out: dict[tuple[Which, str], int] = field(default_factory=dict)  # elements of sets, counted by their source
    clashes: dict[str, Clash] = field(default_factory=dict)
    idle: set[tuple[Which, str]] = field(default_factory=set)  # fields of which a side has nothing to send
    states: dict[int, State] = field(default_factory=dict)

    def mark(self, events: Iterable[HubEvent | int], name: str, reason: str = "") -> None:
        """Bring events to a state."""
        for event in events:
            self.states[event if isinstance(event, int) else event.id] = State(name, reason)

    def ordered(self) -> list[Intent]:
        """The intents in the order in which their events happened."""
        return sorted(self.intents, key=lambda i: (i.kind != CREATE, i.at, i.order, _RANK.get(i.kind, len(_RANK))))
