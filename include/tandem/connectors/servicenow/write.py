# SPDX-License-Identifier: Apache-2.0
"""Writes to tickets, each with its mark in the very call.

A create bears its mark in ``correlation_id``; every other write sets ``correlation_display`` to its own, which the
audit keeps. ServiceNow cuts what is too long without a word, so lengths are tested here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from secrets import randbelow

from tandem.connectors.base import Draft, Move, Note, Outcome, Patch, Redaction, Upload
from tandem.connectors.servicenow.calls import Answer, Calls, Write
from tandem.connectors.servicenow.priority import Priorities
from tandem.connectors.servicenow.shape import (
    JOURNALS,
    ORIGIN,
    TABLE,
    TIMES,
    WRITE,
    Raw,
    flat,
    marking,
    native,
    quoted,
    version,
)
from tandem.connectors.servicenow.site import Site
from tandem.core.values import Json
from tandem.errors import GoneError, ItemError, RefusedError, TooLargeError, TransitionError
from tandem.http import Body, parsed

MAX_COMMENT = 4000
FILE_NAME = 100


class Writer:
    """Writes to the tickets of one offer."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._calls = Calls(site.http)
        self._priorities = Priorities(site)
        self._times = count(randbelow(TIMES))
        self._given: set[str] = set()  # journal entries that were told as ours, so that none is told twice

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        return self._each([self._draft(draft) for draft in drafts])

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        return self._each([self._patch(patch.id, patch.fields, patch.mark) for patch in patches])

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        """Set states. There is no workflow engine: whether a state may follow is for the instance's own rules."""
        states = self._site.columns["state"].choices if "state" in self._site.columns else {}
        made: list[Write | ItemError] = []
        for move in moves:
            if move.way.id not in states or move.way.to != move.way.id:
                what = f"there is no state {move.way.id}"
                made.append(TransitionError(what, reachable=sorted(states), where=self._site.http.tenant))
            else:
                made.append(self._patch(move.id, {**move.fields, "state": move.way.to}, move.mark))
        return self._each(made)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        """Add journal entries, and read which they became: the answer to a write does not tell."""
        outcomes = list(self._each([self._note(note) for note in notes]))
        done = [(place, note) for place, note in enumerate(notes) if outcomes[place].error is None]
        ids = self._entries([note for _, note in done])
        for (place, note), entry in zip(done, ids, strict=True):
            outcomes[place] = Outcome(
                id=entry, version=outcomes[place].version, history=outcomes[place].history, files=note.files
            )
        return tuple(outcomes)

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        """Put a neutral line in the place of texts, in the journal and in the audit, and delete their files."""
        return tuple(self._redact(one) for one in redactions)

    def attach(self, upload: Upload) -> Outcome:
        """Store a file at a ticket, as a stream."""
        site = self._site
        if len(upload.name) > FILE_NAME:
            return Outcome(error=TooLargeError(f"a file's name is longer than {FILE_NAME}", where=site.http.tenant))
        params = {"table_name": site.table, "table_sys_id": upload.id, "file_name": upload.name}
        try:
            with upload.open() as chunks:
                answer = site.http.request(
                    "POST",
                    "/api/now/attachment/file",
                    params=params,
                    data=Body(chunks, upload.size),
                    headers={"Content-Type": upload.media_type},
                )
        except ItemError as error:
            return Outcome(error=error)
        number = str(parsed(answer)["result"]["sys_id"])
        return Outcome(id=number, files=(number,))

    # ---- one write

    def _each(self, made: Sequence[Write | ItemError]) -> tuple[Outcome, ...]:
        answers = iter(self._calls.send([one for one in made if isinstance(one, Write)]))
        return tuple(
            Outcome(error=one) if isinstance(one, ItemError) else self._outcome(one, next(answers)) for one in made
        )

    def _outcome(self, write: Write, answer: Answer) -> Outcome:
        if isinstance(answer, ItemError):
            return Outcome(error=answer)
        columns = self._site.columns
        shown = {name: flat(columns[name], answer[name]) for name in write.fields if name in answer}
        seen = version(answer)
        return Outcome(id=str(answer["sys_id"]), version=seen, shown=shown, history=seen if write.ticket else None)

    def _draft(self, draft: Draft) -> Write | ItemError:
        site = self._site
        named = draft.fields.get(TABLE) or draft.place or site.table
        if named != site.table:
            return RefusedError(f"the scope is of the table {site.table}", where=site.http.tenant, fields=(TABLE,))
        if draft.follow_up_of is not None:
            return RefusedError("ServiceNow has no follow-ups", where=site.http.tenant)
        fields = {name: value for name, value in draft.fields.items() if name != TABLE}
        try:
            body = self._body(fields)
        except ItemError as error:
            return error
        return Write("POST", f"/api/now/table/{site.table}", {**body, ORIGIN: draft.mark, WRITE: "Tandem"})

    def _patch(self, ticket: str, fields: Mapping[str, Json], mark: str) -> Write | ItemError:
        try:
            body = self._body(fields)
        except ItemError as error:
            return error
        return self._change(ticket, {**body, WRITE: marking(mark, next(self._times))}, sorted(fields))

    def _change(self, ticket: str, body: Mapping[str, str], fields: Sequence[str] = ()) -> Write:
        return Write("PATCH", f"/api/now/table/{self._site.table}/{ticket}", body, fields, ticket)

    def _note(self, note: Note) -> Write | ItemError:
        text = str(note.body or "")
        if len(text) > MAX_COMMENT:
            return TooLargeError(f"a comment is longer than {MAX_COMMENT} characters", where=self._site.http.tenant)
        return self._change(note.id, {_journal(note): text, WRITE: marking(note.mark, next(self._times))})

    def _body(self, fields: Mapping[str, Json]) -> dict[str, str]:
        """Columns as they are stored.

        Raises:
            RefusedError: a column that is not there or that nobody can set: ServiceNow would pass over it in silence.
            TooLargeError: longer than the column: ServiceNow would cut it in silence.
        """
        columns, where = self._site.columns, self._site.http.tenant
        wrong = sorted(name for name in fields if name not in columns or columns[name].read_only or name in JOURNALS)
        if wrong:
            what = f"{self._site.table} has no column to write: {', '.join(wrong)}"
            raise RefusedError(what, where=where, fields=wrong)
        body = {name: native(columns[name], value) for name, value in fields.items()}
        for name, text in body.items():
            if columns[name].kind in ("text", "lines", "set") and len(text) > columns[name].length > 0:
                what = f"the value for {name} is longer than {columns[name].length} characters"
                raise TooLargeError(what, where=where, fields=[name])
        return self._priorities.spelled(body)

    # ---- journals

    def _entries(self, notes: Sequence[Note]) -> list[str | None]:
        """Find the newest entry of our account for each of these, each once."""
        tickets = {note.id for note in notes}
        mine = f"^sys_created_by={quoted(self._site.user_name)}"
        fields = ("element", "value", "sys_created_on")
        rows = self._site.where("sys_journal_field", "element_id", tickets, fields, mine) if tickets else []
        newest = sorted(rows, key=lambda row: row["sys_created_on"], reverse=True)
        return [self._taken(newest, note) for note in notes]

    def _taken(self, newest: Sequence[Raw], note: Note) -> str | None:
        """Take the newest entry that says what a note says. Within a second nothing else tells two of them apart."""
        wanted = (note.id, _journal(note), _as_read(str(note.body or "")))
        for row in newest:
            said = (row["element_id"], row["element"], _as_read(row["value"]))
            if said == wanted and row["sys_id"] not in self._given:
                self._given.add(row["sys_id"])
                return row["sys_id"]
        return None

    def _redact(self, one: Redaction) -> Outcome:
        try:
            if one.comment is not None:
                self._overwrite(one)
            for file in one.files:
                answer = self._calls.one(Write("DELETE", f"/api/now/attachment/{file}", {}))
                if isinstance(answer, ItemError) and not isinstance(answer, GoneError):  # gone already is well
                    raise answer
        except ItemError as error:
            return Outcome(error=error)
        return Outcome(id=one.comment)

    def _overwrite(self, one: Redaction) -> None:
        """Put the line in the place of an entry's text. Raises: ItemError."""
        entry = self._entry(one)
        line = str(one.body or "")
        if entry["value"] != line:
            for sys_id in self._audited(one, entry):
                self._demand(Write("PATCH", f"/api/now/table/sys_audit/{sys_id}", {"newvalue": line}))
            self._demand(Write("PATCH", f"/api/now/table/sys_journal_field/{one.comment}", {"value": line}))

    def _audited(self, one: Redaction, entry: Raw) -> list[str]:
        """The rows of the audit that hold an entry's text."""
        query = f"documentkey={one.id}^fieldname={entry['element']}^user={quoted(entry['sys_created_by'])}"
        rows = [row for rows in self._site.pages("sys_audit", query, ("newvalue",)) for row in rows]
        return [row["sys_id"] for row in rows if row["newvalue"] == entry["value"]]

    def _demand(self, write: Write) -> None:
        """Do a write. Raises: ItemError."""
        answer = self._calls.one(write)
        if isinstance(answer, ItemError):
            raise answer

    def _entry(self, one: Redaction) -> Raw:
        fields = ("element", "value", "sys_created_by", "sys_created_on")
        query = f"sys_id={quoted(one.comment or '')}^element_id={quoted(one.id)}"
        rows, _, _ = self._site.page("sys_journal_field", query, ("sys_id", *fields), limit=1)
        if not rows:
            raise GoneError(f"ticket {one.id}: the comment is not there", where=self._site.http.tenant)
        return rows[0]


def _journal(note: Note) -> str:
    return next(name for name, public in JOURNALS.items() if public is note.public)


def _as_read(text: str) -> str:
    """A text as it may come back: line ends in either form, nothing at its ends."""
    return text.replace("\r\n", "\n").strip()
