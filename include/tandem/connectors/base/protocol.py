# SPDX-License-Identifier: Apache-2.0
"""What the engine asks of every tracker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from tandem.connectors.base.about import Capabilities, Preflight, Way
from tandem.connectors.base.reading import History, Known, Page, Record, nothing_known
from tandem.connectors.base.writing import Draft, Edit, Move, Note, Outcome, Patch, Redaction, Upload
from tandem.core.doc import Markup
from tandem.core.values import Json

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
        (no value before ours either): it alone says whether a write whose answer was lost took place. That something of
        people's was hidden or blacked out is told, too, by its id.
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


@runtime_checkable
class Recalls(Protocol):
    """A connector that takes up what an earlier one learnt of its tracker; to be one is not asked of any."""

    def recall(self, learnt: Mapping[str, Json]) -> None:
        """Take up :attr:`Preflight.learnt`, as far as it holds here. A preflight lets go of it and asks anew.

        What another log-in learnt, or another release, does not hold (:mod:`tandem.connectors.learnt`).
        """


class Facts(Protocol):
    """Where connectors keep what never changes of one tracker, for all that are made later. Threads may share it.

    A fact is forgotten some months after it was kept: then the tracker is asked again.
    """

    def recall(self, name: str) -> Json:
        """Give a fact; none if there is none of this name."""

    def keep(self, name: str, fact: Json) -> None:
        """Keep a fact in the place of what was kept under this name. It is sealed; its name is not."""


@runtime_checkable
class Remembers(Protocol):
    """A connector that keeps facts of its tracker so as to ask for each once; to be one is not asked of any."""

    def remember(self, facts: Facts) -> None:
        """Take up a place for facts."""
