# SPDX-License-Identifier: Apache-2.0
"""Request Tracker 5, REST 2.

All that happens on a ticket is a transaction: append-only, with growing numbers, which are the cursor, the order of a
ticket's history and its versions. A reply (`correspond`) is public, a comment is for the staff. The first message of a
ticket is its description. Replies send mail and open tickets again, both as transactions of Request Tracker's own.

Marks: a message carries its mark in its Content-Type, where nobody sees it; changes of fields are told by a custom
field that is set before them (see :mod:`.history`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from tandem.connectors.base import (
    NOTHING,
    Capabilities,
    Cursor,
    Draft,
    Edit,
    History,
    Known,
    Move,
    Needs,
    Note,
    Outcome,
    Page,
    Patch,
    Preflight,
    Record,
    Redaction,
    Upload,
    Way,
    nothing_known,
)
from tandem.connectors.request_tracker import check
from tandem.connectors.request_tracker.catalogue import Catalogue
from tandem.connectors.request_tracker.files import download
from tandem.connectors.request_tracker.listing import Feed
from tandem.connectors.request_tracker.people import People
from tandem.connectors.request_tracker.read import Reader
from tandem.connectors.request_tracker.scope import Scope
from tandem.connectors.request_tracker.ways import Ways
from tandem.connectors.request_tracker.write import MAX_COMMENT, Writer
from tandem.core.doc import Markup
from tandem.errors import GoneError, RefusedError
from tandem.http import Http
from tandem.markup import Html

__all__ = ["CAPABILITIES", "RequestTracker"]

CAPABILITIES = Capabilities(
    system="request_tracker",
    cursor=Cursor.TOKEN,
    version_resolution=0.0,  # numbers of transactions
    search_delay=0.0,  # searches read the tables themselves
    sweep_every=24 * 3600.0,
    fetch_batch=50,
    read_batch=50,
    write_batch=20,
    compare_and_set=False,  # If-Match is tested before the write and not in one with it
    history=True,
    private_comments=True,
    files_in_comments=True,
    workflow=True,
    edit_comments=False,
    redact_comments=False,
    max_file=10_000_000,  # what a server keeps of a file as it is installed (MaxAttachmentSize)
    empty_files=False,
    max_comment=MAX_COMMENT,
    clock=1.0,
    label_max=255,
    life_cycle_ends=frozenset({"deleted"}),
    place_field="Queue",
)


def _now() -> datetime:
    return datetime.now(UTC)


class RequestTracker:
    """One Request Tracker, for one offer."""

    def __init__(self, http: Http, needs: Needs, clock: Callable[[], datetime] = _now) -> None:
        self._http = http
        self._needs = needs
        self._markup = Html((), frozenset() if needs.own_addresses else http.hosts)
        self._catalogue = Catalogue(http)
        self._people = People(http)
        self._scope = Scope(self._catalogue, needs)
        self._ways = Ways(http, needs)
        self._reader = Reader(http, needs, self._scope, self._catalogue, self._people)
        self._feed = Feed(http, self._scope, self._reader, clock)
        self._writer = Writer(http, self._catalogue, self._reader, self._ways, self._markup)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    @property
    def markup(self) -> Markup:
        return self._markup

    def preflight(self) -> Preflight:
        return check.preflight(self._http, self._needs, self._catalogue, self._scope, self._people.login)

    def start(self, now: datetime) -> str:
        return self._feed.start(now)

    def changed_since(self, cursor: str, known: Known = nothing_known) -> Iterator[Page]:
        return self._feed.changed_since(cursor)

    def in_scope(self) -> Iterator[Page]:
        return self._feed.in_scope()

    def fetch(
        self, ids: Sequence[str], known: Mapping[str, str] = NOTHING, *, ahead: bool = False
    ) -> tuple[Record, ...]:
        """Read tickets by id. Their transactions are kept for :meth:`history`, whether asked for or not."""
        return self._reader.fetch(ids, known)

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        return self._reader.history(ids)

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        return self._reader.find(marks, after)

    def ways(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        return self._ways.of(ids)

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        return self._writer.create(drafts)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        return self._writer.update(patches)

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        return self._writer.transition(moves)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        return self._writer.comment(notes)

    def edit(self, edits: Sequence[Edit]) -> tuple[Outcome, ...]:
        """Refuse: what was said in Request Tracker is never changed."""
        return tuple(Outcome(error=RefusedError("Request Tracker cannot edit comments")) for _ in edits)

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        """Refuse: what was said in Request Tracker is taken back by an administrator alone."""
        return tuple(Outcome(error=RefusedError("Request Tracker cannot take comments back")) for _ in redactions)

    def attach(self, upload: Upload) -> Outcome:
        return self._writer.attach(upload)

    def download(self, ticket: str, file: str) -> AbstractContextManager[Iterator[bytes]]:
        """Give a file's bytes.

        Raises:
            GoneError: it is not there, or not offered (any more).
        """
        if not self._reader.offers(ticket, file):
            raise GoneError(f"ticket {ticket}: the file is not there, or not offered", where=self._http.tenant)
        return download(self._http, file)
