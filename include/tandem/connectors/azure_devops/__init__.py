# SPDX-License-Identifier: Apache-2.0
"""Azure DevOps Boards (REST API 7.1): work items of one organisation.

Each change makes a new revision, and its number is the version; a write may name the revision that it was made for.
Revisions come in one feed. A comment is a revision too. Nothing can be said beside a write, so our marks ride in a
custom field. There are no private comments, and files are relations of an item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from tandem.connectors.azure_devops import check, history, listing, read, rewrite, write
from tandem.connectors.azure_devops.calls import Calls
from tandem.connectors.azure_devops.scope import Scope
from tandem.connectors.azure_devops.shape import PROJECT, TEXT_LONGEST, TYPE
from tandem.connectors.azure_devops.site import FETCH, Site
from tandem.connectors.azure_devops.texts import ACTS, Texts
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
    settled,
)
from tandem.connectors.learnt import take_up
from tandem.connectors.stored import Stored
from tandem.core.doc import Markup
from tandem.core.values import Json
from tandem.errors import GoneError
from tandem.http import Http
from tandem.markup import CommonMark, Html

__all__ = ["CAPABILITIES", "AzureDevOps"]

CAPABILITIES = Capabilities(
    system="azure_devops",
    cursor=Cursor.TOKEN,
    version_resolution=0.0,  # revisions are counted
    search_delay=0.0,  # queries read the database
    sweep_every=24 * 3600.0,
    fetch_batch=FETCH,
    read_batch=FETCH,
    write_batch=100,
    compare_and_set=True,
    history=True,
    private_comments=False,
    files_in_comments=False,
    workflow=True,
    edit_comments=True,
    redact_comments=True,  # what was said before stays in the item's history
    max_file=60 * 1024 * 1024,
    max_comment=TEXT_LONGEST,
    clock=0.001,
    label_allowed=r"[^,;\r\n]",  # tags are one text
    label_max=400,
    place_field=PROJECT,
    type_field=TYPE,
    feed_pays=4,  # of each by itself the updates and the comments are read
    feed_whole=True,
    private_files=False,  # who sees an item sees all its files
)


class AzureDevOps:
    """One organisation of Azure DevOps, for one offer. Threads may share an object."""

    def __init__(self, http: Http, needs: Needs) -> None:
        self._site = Site(http, needs)
        self._scope = Scope(self._site)
        self._calls = Calls(self._site)
        self._stored = Stored()
        own = frozenset() if needs.own_addresses else http.hosts | self._site.former_hosts
        self._markup = Texts(
            Html(ACTS, own, calls=True), CommonMark(own, azure=True), needs.options.get("markup", "html")
        )

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    @property
    def markup(self) -> Markup:
        return self._markup

    def preflight(self) -> Preflight:
        """Read log-in, rights, clock, dictionary and workflow; all problems at once."""
        take_up(self._site)
        return check.preflight(self._site, self._scope, CAPABILITIES.search_delay)

    def recall(self, learnt: Mapping[str, Json]) -> None:
        take_up(self._site, learnt)

    def start(self, now: datetime) -> str:
        return listing.start(self._site, now)

    def changed_since(self, cursor: str, known: Known = nothing_known) -> Iterator[Page]:
        return listing.changed_since(self._site, self._scope, cursor, known)

    def in_scope(self) -> Iterator[Page]:
        return listing.in_scope(self._site, self._scope)

    def fetch(
        self, ids: Sequence[str], known: Mapping[str, str] = NOTHING, *, ahead: bool = False
    ) -> tuple[Record, ...]:
        """Read items by id. Those that are hidden are left out; of one in the recycle bin that is told."""
        return read.fetch(self._site, self._scope, ids, ahead=ahead)

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        return history.history(self._site, self._scope, ids)

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        """Find items made with these marks, wherever they are."""
        return read.find(self._site, marks)

    def ways(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        return read.ways(self._site, ids)

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        return write.each(self._site, self._calls, write.create, drafts)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        return write.each(self._site, self._calls, write.update, patches)

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        return write.each(self._site, self._calls, write.transition, moves)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        return write.each(self._site, self._calls, write.comment, notes)

    def edit(self, edits: Sequence[Edit]) -> tuple[Outcome, ...]:
        return tuple(map(settled(partial(rewrite.edit, self._site, self._calls)), edits))

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        return tuple(map(settled(partial(rewrite.redact, self._site, self._calls)), redactions))

    def attach(self, upload: Upload) -> Outcome:
        return self._stored.noted(write.attach(self._site, self._calls, upload))

    def download(self, ticket: str, file: str) -> AbstractContextManager[Iterator[bytes]]:
        """Stream a file's bytes.

        Raises:
            GoneError: it is not there, or not offered (any more).
        """
        site = self._site
        if not self._stored.take(file) and not history.offers(site, self._scope, ticket, file):
            raise GoneError(f"ticket {ticket}: the file is not there, or not offered", where=site.http.tenant)
        project, _ = site.kind_of(ticket)
        return site.http.download(site.file_path(project, file))
