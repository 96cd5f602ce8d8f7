# SPDX-License-Identifier: Apache-2.0
"""ServiceNow, by its Table API: incidents, problems, change requests, catalog tasks; one table an offer.

Comments are journals: what is written reads back empty and lies in a table of its own. Who changed what is in the
audit. Every value is a text. A stamp has whole seconds, but each row counts its updates, and that count is the version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

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
from tandem.connectors.learnt import take_up
from tandem.connectors.servicenow import check, history, listing, read
from tandem.connectors.servicenow.scope import Scope
from tandem.connectors.servicenow.site import FETCH, PAGE, Site
from tandem.connectors.servicenow.write import MAX_COMMENT, Writer
from tandem.connectors.stored import Stored
from tandem.core.doc import Markup
from tandem.core.values import Json
from tandem.errors import GoneError, RefusedError
from tandem.http import Http
from tandem.markup import Journal

__all__ = ["CAPABILITIES", "ServiceNow"]

CAPABILITIES = Capabilities(
    system="servicenow",
    cursor=Cursor.TIME,
    version_resolution=0.0,  # a row counts its updates
    search_delay=10.0,  # a stamp is of a transaction's beginning, and it shows at its end
    sweep_every=24 * 3600.0,
    fetch_batch=FETCH,
    read_batch=FETCH,
    write_batch=20,
    compare_and_set=False,
    history=True,
    private_comments=True,
    files_in_comments=False,
    tells_own_files=False,  # a file changes no ticket, and those of others alone are listed beside
    workflow=True,
    edit_comments=False,
    redact_comments=True,  # by an account that may write to the journal; else it is refused
    max_file=1024 * 1024 * 1024,
    max_comment=MAX_COMMENT,
    clock=1.0,
    label_allowed=r"[^,\r\n]",  # lists are one text, joined by commas
    label_max=100,
    place_field="sys_class_name",
)


class ServiceNow:
    """One table of one ServiceNow, for one offer; lists are read ``page`` rows a call."""

    def __init__(self, http: Http, needs: Needs, page: int = PAGE) -> None:
        self._site = Site(http, needs, page)
        self._scope = Scope(self._site)
        self._writer = Writer(self._site)
        self._markup = Journal(frozenset() if needs.own_addresses else http.hosts)
        self._delay = CAPABILITIES.search_delay if needs.search_delay is None else needs.search_delay
        self._capabilities = CAPABILITIES
        self._stored = Stored()

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def markup(self) -> Markup:
        return self._markup

    def preflight(self) -> Preflight:
        take_up(self._site)
        told = check.preflight(self._site, self._scope, self._delay)
        if told.max_file is not None:
            self._capabilities = replace(self._capabilities, max_file=told.max_file)
        return told

    def recall(self, learnt: Mapping[str, Json]) -> None:
        self._site.recall(learnt)

    def start(self, now: datetime) -> str:
        return listing.start(self._site, now)

    def changed_since(self, cursor: str, known: Known = nothing_known) -> Iterator[Page]:
        return listing.changed_since(self._site, self._scope, cursor, known, self._delay)

    def in_scope(self) -> Iterator[Page]:
        return listing.in_scope(self._site, self._scope)

    def fetch(
        self, ids: Sequence[str], known: Mapping[str, str] = NOTHING, *, ahead: bool = False
    ) -> tuple[Record, ...]:
        return read.fetch(self._site, self._scope, ids, ahead=ahead)

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        return history.history(self._site, self._scope, ids)

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        return read.find(self._site, marks)

    def ways(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        """Give the table's other states; whether one may follow is for the instance's own rules, which answer."""
        return {id_: check.ways(self._site, state) for id_, state in read.states(self._site, ids).items()}

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        return self._writer.create(drafts)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        return self._writer.update(patches)

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        return self._writer.transition(moves)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        return self._writer.comment(notes)

    def edit(self, edits: Sequence[Edit]) -> tuple[Outcome, ...]:
        """Refuse: what stands in a journal is not edited."""
        return tuple(Outcome(error=RefusedError("ServiceNow cannot edit comments")) for _ in edits)

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        return self._writer.redact(redactions)

    def attach(self, upload: Upload) -> Outcome:
        return self._stored.noted(self._writer.attach(upload))

    def download(self, ticket: str, file: str) -> AbstractContextManager[Iterator[bytes]]:
        """Stream a file's bytes.

        Raises:
            GoneError: it is not there, or not offered (any more).
        """
        if not self._stored.take(file) and not history.offers(self._site, self._scope, ticket, file):
            raise GoneError(f"ticket {ticket}: the file is not there, or not offered", where=self._site.http.tenant)
        return self._site.http.download(f"/api/now/attachment/{file}/file")
