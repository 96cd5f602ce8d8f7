# SPDX-License-Identifier: Apache-2.0
"""Zendesk Support, API v2.

The first comment of a ticket is its description; it and all comments are append-only. Status is a field like any
other. Who changed what is in the audits of a ticket, whose metadata also carry our marks. A stamp has whole seconds.
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
from tandem.connectors.zendesk import dictionary
from tandem.connectors.zendesk.events import Events
from tandem.connectors.zendesk.listing import Feed, start
from tandem.connectors.zendesk.people import People
from tandem.connectors.zendesk.read import Reader
from tandem.connectors.zendesk.scope import Scope
from tandem.connectors.zendesk.write import MAX_COMMENT, Writer
from tandem.core.doc import Markup
from tandem.errors import GoneError, RefusedError
from tandem.http import Http
from tandem.markup import Html
from tandem.markup.neutralise import ZENDESK

__all__ = ["CAPABILITIES", "Zendesk"]

CAPABILITIES = Capabilities(
    system="zendesk",
    cursor=Cursor.TOKEN,
    version_resolution=1.0,
    search_delay=60.0,
    sweep_every=24 * 3600.0,
    fetch_batch=100,
    read_batch=100,
    write_batch=20,
    compare_and_set=False,  # safe_update compares whole seconds only
    history=True,
    private_comments=True,
    files_in_comments=True,
    workflow=False,
    edit_comments=False,
    redact_comments=True,
    redacts_closed=True,
    max_file=50 * 1024 * 1024,
    max_comment=MAX_COMMENT,
    clock=1.0,
    # Tags are kept in lower case and without spaces: of scripts with cases only small letters come back as written.
    label_allowed=r"[a-z0-9_:/\-ß-öø-ÿ]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]",
    label_max=255,
    life_cycle_ends=frozenset({"closed", "deleted"}),
    follow_ups=True,
    reopens_closed=False,
    place_field="brand_id",
    type_field="type",
)


def _now() -> datetime:
    return datetime.now(UTC)


class Zendesk:
    """One Zendesk, for one offer."""

    def __init__(self, http: Http, needs: Needs, clock: Callable[[], datetime] = _now) -> None:
        self._http = http
        self._needs = needs
        own = frozenset() if needs.own_addresses else http.hosts
        self._markup = Html(ZENDESK, own)
        self._delay = CAPABILITIES.search_delay if needs.search_delay is None else needs.search_delay
        self._scope = Scope(http, needs)
        people = People(http)
        self._feed = Feed(http, self._scope, Events(http, needs, self._scope, people), self._delay, clock)
        self._reader = Reader(http, needs, self._scope, people)
        self._writer = Writer(http, needs, self._markup, self._reader.forget)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    @property
    def markup(self) -> Markup:
        return self._markup

    def preflight(self) -> Preflight:
        return dictionary.preflight(self._http, self._needs, self._scope, self._delay)

    def start(self, now: datetime) -> str:
        return start(now, self._http)

    def changed_since(self, cursor: str, known: Known = nothing_known) -> Iterator[Page]:
        return self._feed.changed_since(cursor, known)

    def in_scope(self) -> Iterator[Page]:
        return self._feed.in_scope()

    def fetch(
        self, ids: Sequence[str], known: Mapping[str, str] = NOTHING, *, ahead: bool = False
    ) -> tuple[Record, ...]:
        """Read tickets by id. Audits that were read for them are kept for :meth:`history`, whether asked for or not."""
        return self._reader.fetch(ids, known)

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        return self._reader.history(ids)

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        return self._reader.find(marks)

    def ways(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        return {}

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        return self._writer.create(drafts)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        return self._writer.update(patches)

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        return self._writer.update(
            [Patch(move.id, {**move.fields, "status": move.way.to}, move.mark) for move in moves]
        )

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        return self._writer.comment(notes)

    def edit(self, edits: Sequence[Edit]) -> tuple[Outcome, ...]:
        """Refuse: what was said in Zendesk is never changed."""
        return tuple(Outcome(error=RefusedError("Zendesk cannot edit comments")) for _ in edits)

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        return self._writer.redact(redactions)

    def attach(self, upload: Upload) -> Outcome:
        return self._writer.attach(upload)

    def download(self, ticket: str, file: str) -> AbstractContextManager[Iterator[bytes]]:
        """Stream a file's bytes.

        Raises:
            GoneError: it is not there, or not offered (any more).
        """
        if not self._reader.offers(ticket, file):
            raise GoneError(f"ticket {ticket}: the file is not there, or not offered", where=self._http.tenant)
        return self._writer.download(file)
