# SPDX-License-Identifier: Apache-2.0
"""The connector for Jira Cloud (REST API version 3)."""

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
    Facts,
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
from tandem.connectors.jira import check, read, rewrite, write
from tandem.connectors.jira.history import asked, history, offers
from tandem.connectors.jira.shape import TEXT_LONGEST
from tandem.connectors.jira.site import API, FETCH, Site
from tandem.connectors.learnt import take_up
from tandem.connectors.stored import Stored
from tandem.core.doc import Markup
from tandem.core.values import Json
from tandem.errors import RefusedError
from tandem.http import Http
from tandem.markup import Adf

__all__ = ["Jira"]

_CAPABILITIES = Capabilities(
    system="jira",
    cursor=Cursor.TIME,
    version_resolution=0.001,
    search_delay=60.0,  # Atlassian promises no bound: seconds to minutes; the sweep finds what is later
    sweep_every=3600.0,
    fetch_batch=FETCH,
    read_batch=500,  # the changelogs of up to 1000 issues come in one call
    write_batch=50,
    compare_and_set=False,
    history=True,
    private_comments=False,
    files_in_comments=False,
    workflow=True,
    edit_comments=True,
    redact_comments=True,
    max_file=1_000_000_000,  # Jira Cloud's default; an administrator may lower it, and preflight knows
    max_comment=TEXT_LONGEST,
    clock=0.001,
    label_allowed=r"\S",
    label_max=255,
    utf16=True,  # as Java counts
    place_field="project",
    type_field="issuetype",
)


class Jira:
    """One Jira Cloud site, for one offer. Threads may share an object."""

    def __init__(self, http: Http, needs: Needs) -> None:
        self._site = Site(http, needs)
        delay = _CAPABILITIES.search_delay if needs.search_delay is None else needs.search_delay
        self._capabilities = replace(_CAPABILITIES, search_delay=delay)
        self._stored = Stored()

    @property
    def capabilities(self) -> Capabilities:
        """What this site can do; private comments and its own limit of a file are known after :meth:`preflight`."""
        return self._capabilities

    @property
    def markup(self) -> Markup:
        """ADF. Jira acts on no pattern in a document's text: mentions and cards are nodes of their own."""
        return Adf(hosts=frozenset() if self._site.needs.own_addresses else self._site.http.hosts)

    def preflight(self) -> Preflight:
        """Read log-in, rights, clock, dictionary and workflow; all problems at once."""
        take_up(self._site)
        found = check.preflight(self._site, self._capabilities.search_delay)
        if found.private_comments is not None:
            self._capabilities = replace(self._capabilities, private_comments=found.private_comments)
        if found.max_file is not None:
            self._capabilities = replace(self._capabilities, max_file=found.max_file)
        return found

    def recall(self, learnt: Mapping[str, Json]) -> None:
        """Take up what an earlier preflight learnt."""
        take_up(self._site, learnt)

    def remember(self, facts: Facts) -> None:
        """Keep by which names texts show files, so that each is asked for once."""
        self._site.media.remember(facts)

    def start(self, now: datetime) -> str:
        """Give the cursor for ``now``: an instant of the tracker's clock."""
        return read.start(self._site, now)

    def changed_since(self, cursor: str, known: Known = nothing_known) -> Iterator[Page]:
        """List what changed behind a cursor, oldest first, going back by the search delay.

        A search tells no history; those of many issues come in few calls.
        """
        return read.changed_since(self._site, cursor, timedelta(seconds=self._capabilities.search_delay))

    def in_scope(self) -> Iterator[Page]:
        """List id and version of every issue in scope, as far as the search knows."""
        return read.in_scope(self._site)

    def fetch(
        self, ids: Sequence[str], known: Mapping[str, str] = NOTHING, *, ahead: bool = False
    ) -> tuple[Record, ...]:
        """Read issues by id. Those that are gone or unseen are left out."""
        return read.fetch(self._site, ids, beside=asked(self._site) if ahead else ())

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        """Read what happened on issues that are in scope, private things left out."""
        return history(self._site, ids)

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        """Find issues made with these marks; ``after`` maps each project's key to its highest known issue key."""
        return read.find(self._site, marks, after)

    def ways(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        """Read which transitions each issue offers now."""
        return read.ways(self._site, ids)

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        """Create issues, marked in the very call."""
        return write.each(self._site, write.create, drafts)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        """Set fields; Jira compares no version."""
        return write.each(self._site, write.update, patches)

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        """Move issues along their workflow."""
        return write.each(self._site, write.transition, moves)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        """Add comments, marked in the very call."""
        return write.each(self._site, write.comment, notes)

    def edit(self, edits: Sequence[Edit]) -> tuple[Outcome, ...]:
        """Replace texts of comments, marked in the very call."""
        return write.each(self._site, rewrite.edit, edits)

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        """Put a neutral line in the place of comments, and delete their files."""
        return write.each(self._site, rewrite.redact, redactions)

    def attach(self, upload: Upload) -> Outcome:
        """Attach a file; its id is the attachment's, by which a text may show it."""
        return self._stored.noted(write.attach(self._site, upload))

    def download(self, ticket: str, file: str) -> AbstractContextManager[Iterator[bytes]]:
        """Stream an attachment's bytes.

        Raises:
            RefusedError: the file may not leave (any more): a private text shows it, or its issue is out of scope.
        """
        if not self._stored.take(file) and not offers(self._site, ticket, file):
            raise RefusedError("a file is not offered, or not any more", where=self._site.http.tenant)
        return self._site.http.download(f"{API}/attachment/content/{file}".lstrip("/"))
