# SPDX-License-Identifier: Apache-2.0
"""Redmine (REST API; 5.0 and later, older ones as far as they can).

Who changed what is in the journals of an issue, notes too. A stamp has whole seconds. Most writes are answered with
nothing, also where Redmine did nothing. Nothing can be said beside a write, so our marks ride in a custom field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

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
from tandem.connectors.redmine import check, read, rewrite, write
from tandem.connectors.redmine.history import history, offers
from tandem.connectors.redmine.site import PAGE, Site
from tandem.connectors.redmine.write import NOTE_LONGEST
from tandem.core.doc import Markup
from tandem.errors import GoneError
from tandem.http import Http
from tandem.markup import CommonMark, Textile

__all__ = ["Redmine"]

_CAPABILITIES = Capabilities(
    system="redmine",
    cursor=Cursor.TIME,
    version_resolution=1.0,
    search_delay=60.0,  # lists are as fresh as the database; a change is stamped before it is committed
    sweep_every=3600.0,  # the sweep alone finds what was deleted
    fetch_batch=PAGE,
    read_batch=PAGE,
    write_batch=20,
    compare_and_set=False,  # the version that Redmine itself compares is told to nobody
    history=True,
    private_comments=True,
    files_in_comments=False,
    workflow=True,
    edit_comments=True,
    redact_comments=True,
    max_file=1_000_000_000,  # what an administrator allows (5 MB at first) is not told: a larger one is refused
    max_comment=NOTE_LONGEST,
    clock=1.0,
    place_field="project",
    type_field="tracker",
    reread_every=24 * 3600.0,  # an edit of a note touches nothing else
    private_files=False,  # who sees an issue sees all its files
)


class Redmine:
    """One Redmine, for one offer. Threads may share an object."""

    def __init__(self, http: Http, needs: Needs) -> None:
        self._site = Site(http, needs)
        delay = _CAPABILITIES.search_delay if needs.search_delay is None else needs.search_delay
        self._capabilities = replace(_CAPABILITIES, search_delay=delay)

    @property
    def capabilities(self) -> Capabilities:
        """What this Redmine can do; whether our role may write private notes is known after :meth:`preflight`."""
        return self._capabilities

    @property
    def markup(self) -> Markup:
        """Textile or CommonMark, as the contract says."""
        needs = self._site.needs
        hosts = frozenset() if needs.own_addresses else self._site.http.hosts
        return CommonMark(hosts) if needs.options.get("markup") == "common_mark" else Textile(hosts)

    def preflight(self) -> Preflight:
        """Read log-in, rights, clock and dictionary; all problems at once."""
        found = check.preflight(self._site, self._capabilities.search_delay)
        if found.private_comments is not None:
            self._capabilities = replace(self._capabilities, private_comments=found.private_comments)
        return found

    def start(self, now: datetime) -> str:
        """Give the cursor for ``now``: an instant of Redmine's clock."""
        return read.start(self._site, now)

    def changed_since(self, cursor: str, known: Known = nothing_known) -> Iterator[Page]:
        """List what changed behind a cursor, oldest first, going back by the search delay."""
        return read.changed_since(self._site, cursor, timedelta(seconds=self._capabilities.search_delay))

    def in_scope(self) -> Iterator[Page]:
        """List id and version of every issue in scope."""
        return read.in_scope(self._site)

    def fetch(
        self, ids: Sequence[str], known: Mapping[str, str] = NOTHING, *, ahead: bool = False
    ) -> tuple[Record, ...]:
        """Read issues by id. Those that are hidden are left out."""
        return read.fetch(self._site, ids, ahead=ahead)

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        """Read what happened on issues, private things left out."""
        return history(self._site, ids)

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        """Find issues made with these marks, wherever they are."""
        return read.find(self._site, marks)

    def ways(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        """Read which statuses each issue can be given now."""
        return read.ways(self._site, ids)

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        """Create issues, marked in the very call."""
        return write.each(self._site, write.create, drafts)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        """Set fields; Redmine compares no version that it tells."""
        return write.each(self._site, write.update, patches)

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        """Give issues another status."""
        return write.each(self._site, write.transition, moves)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        """Add notes, marked in the very call."""
        return write.each(self._site, write.comment, notes)

    def edit(self, edits: Sequence[Edit]) -> tuple[Outcome, ...]:
        """Replace texts of notes, and mark that they were."""
        return write.each(self._site, rewrite.edit, edits)

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        """Put a neutral line in the place of notes, and delete their files."""
        return write.each(self._site, rewrite.redact, redactions)

    def attach(self, upload: Upload) -> Outcome:
        """Attach a file; its id is the attachment's."""
        return write.attach(self._site, upload)

    def download(self, ticket: str, file: str) -> AbstractContextManager[Iterator[bytes]]:
        """Stream an attachment's bytes.

        Raises:
            GoneError: it is not there, or not offered (any more).
        """
        if not offers(self._site, ticket, file):
            raise GoneError("a file is not there, or not offered", where=self._site.http.tenant)
        return self._site.http.download(f"/attachments/download/{file}")
