# SPDX-License-Identifier: Apache-2.0
"""The hub ticket: the one message that passes from a side's *map* to *diff*. No native value is in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from tandem.core.rules import Which


class Message(BaseModel):
    """A frozen, serialisable piece of the message. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(Message):
    """What was done to one element of a set: what people did, wherever that was, and when."""

    cause: str
    at: datetime
    there: bool  # it came; false: it went

    def newer_than(self, other: Step) -> bool:
        """Tell which of two steps that did not see each other is the newer one; all pairs tell the same."""
        return (self.at, self.cause) > (other.at, other.cause)


class FieldState(Message):
    """One hub field as its side shows it now, beside what the side showed when both last agreed.

    ``changed`` is judged by the side itself, on its own native values. An ``unsaid`` value (a person that cannot be
    mapped) says nothing: the field counts as unchanged.
    """

    value: Any = None
    base: Any = None
    has_base: bool = False
    changed: bool = False
    unsaid: bool = False
    overwritten: bool = False  # our own write ran over this value: it counts as shown, and is not
    steps: dict[str, Step] = {}  # of a set in a ring: what stands of its elements, where no event here tells it


class HubFile(Message):
    """A file that may leave, named by the event that reported it."""

    event: int
    native: str
    name: str
    size: int
    media_type: str
    cause: str = ""  # of its own event


class HubEvent(Message):
    """One thing that happened on a side, in hub terms."""

    id: int
    kind: str  # made, field, comment, edited, withdrawn, removed, withheld, file, left, …
    at: datetime
    order: str
    field: str = ""
    before: Any = None
    after: Any = None
    known: bool = True  # false: the value cannot be told in hub terms
    author: str = ""
    company: str = ""  # of who said it, as far as it may be named
    names: str = "none"  # how much of both may be named beyond the next side: full, company, none
    onward: bool = False  # whether it may go on from the next side
    cause: str = ""  # the same in every pair that sees it
    again: str = ""  # what a write claims that carries it once more, after it was written over
    steps: dict[str, Step] = {}  # by element of a set that another pair wrote: for each what was done to it
    person: bool = True
    brought: bool = False  # another pair wrote it: it was done before, at another tracker or at this one
    doc: dict[str, Any] | None = None
    private: bool = False
    native: str = ""  # id of the comment or file
    files: tuple[HubFile, ...] = ()
    note: str = ""  # why it does not travel; none if it does


class HubProblem(Message):
    """A value that has no place in its side's contract. ``shown`` is for the sealed quarantine row only."""

    field: str
    code: str
    key: str
    what: str
    shown: str = ""


class HubTicket(Message):
    """A ticket in neutral terms, as one side reports it."""

    side: Which
    ticket: str
    link: str
    in_scope: bool
    scope_reason: str = ""
    final: str | None = None
    unseen: bool = False
    fields: dict[str, FieldState] = {}
    events: tuple[HubEvent, ...] = ()
    problems: tuple[HubProblem, ...] = ()
    unmade: tuple[HubProblem, ...] = ()  # texts for the other side that could not be composed: each holds itself alone
    reporter: str = ""
    company: str = ""  # of who opened it, as far as it may be named
    names: str = "none"
    told: dict[str, str] = {}  # what the other side may show of this ticket, by twin field
    heard: dict[str, Any] = {}  # what this side was last told of its twin, by twin field
    lossy: int = 0
