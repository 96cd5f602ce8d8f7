# SPDX-License-Identifier: Apache-2.0
"""The connector for a tracker in memory. It keeps to the protocol to the letter, privacy included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from tandem.connectors.base import (
    NOTHING,
    Capabilities,
    Comment,
    Cursor,
    Delta,
    Draft,
    Edge,
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
    Seen,
    Upload,
    Way,
    nothing_known,
)
from tandem.connectors.memory.offered import Offered
from tandem.connectors.memory.tickets import Shot, Ticket
from tandem.connectors.memory.tracker import Tracker
from tandem.core.doc import Markup
from tandem.core.values import Json, from_utc_text, utc_text
from tandem.errors import GoneError, ItemError, Problem, RefusedError, TransitionError

_CHUNK = 4096
Item = TypeVar("Item")


class Memory:
    """One tracker in memory, for one offer."""

    def __init__(self, tracker: Tracker, needs: Needs) -> None:
        self._tracker, self._needs = tracker, needs
        delay = tracker.kind.capabilities.search_delay if needs.search_delay is None else needs.search_delay
        self._capabilities = replace(
            tracker.kind.capabilities,
            search_delay=delay,
            place_field=tracker.kind.place,
            type_field=tracker.kind.type,
        )
        self._fields = needs.read | needs.write
        self._offered = Offered(tracker, needs)

    @property
    def capabilities(self) -> Capabilities:
        """What this tracker can do."""
        return self._capabilities

    @property
    def markup(self) -> Markup:
        """How its texts are written."""
        return self._tracker.kind.markup

    def preflight(self) -> Preflight:
        """Read dictionary, workflow and clock; all problems at once."""
        self._tracker.fail("preflight", "before", None)
        kind, named = self._tracker.kind, {condition.field for condition in self._needs.scope}
        missing = sorted((self._fields | named) - set(kind.fields))
        problems = [self._problem(f"There is no field {name}.", name) for name in missing]
        problems += [self._problem("There is no query language here.", "query")] if self._needs.query else []
        edges = [
            Edge(place, type_, source, way)
            for place in kind.fields[kind.place].choices
            for type_ in kind.fields[kind.type].choices
            for source, ways in kind.workflow.items()
            for way in ways
        ]
        known = {name: info for name, info in kind.fields.items() if name in {*self._fields, kind.place, kind.type}}
        return Preflight(
            account=self._tracker.account,
            offset=self._tracker.offset,
            version="1",
            fields=known,
            search_delay=self._capabilities.search_delay,
            edges=tuple(edges),
            problems=tuple(problems),
            inactive=self._needs.accounts & (self._tracker.gone | (self._needs.accounts - self._tracker.people.keys())),
            highest=self._highest() if kind.keyed and self._needs.write else {},
        )

    def _highest(self) -> dict[str, str]:
        """The highest key in each place, as far as the search knows."""
        known = [(int(t.key.rpartition("-")[2]), t.key) for t, _ in self._indexed()]
        places = self._tracker.kind.fields[self._tracker.kind.place].choices
        return {
            place: max(((n, key) for n, key in known if key.startswith(f"{place}-")), default=(0, ""))[1]
            for place in places
        }

    # ---- reading

    def start(self, now: datetime) -> str:
        """Give the cursor for ``now``: a place in the feed, or an instant of the tracker's clock."""
        local = now + timedelta(seconds=self._tracker.offset)
        if self._capabilities.cursor is Cursor.TIME:
            return utc_text(local)
        return str(sum(at < local for at, _ in self._tracker.feed))

    def changed_since(self, cursor: str, known: Known = nothing_known) -> Iterator[Page]:
        """List what changed behind a cursor, oldest first, as far as the listing has caught up."""
        self._tracker.fail("changed_since", "before", cursor)
        if self._capabilities.cursor is Cursor.TIME:
            yield from self._searched(cursor)
        else:
            yield from self._exported(int(cursor), known)

    def in_scope(self) -> Iterator[Page]:
        """List what is in scope, as far as the search has caught up."""
        self._tracker.fail("in_scope", "before", None)
        shown = [self._seen(ticket, shot) for ticket, shot in self._indexed()]
        for some in self._paged([seen for seen in shown if seen.in_scope]):
            yield Page(tuple(some))

    def fetch(
        self, ids: Sequence[str], known: Mapping[str, str] = NOTHING, *, ahead: bool = False
    ) -> tuple[Record, ...]:
        """Read tickets by id; of one that is known as it is, without what it was made with for good."""
        self._tracker.fail("fetch", "before", ids)
        return tuple(self._short(self._offered.record(ticket), known.get(ticket.id)) for ticket in self._visible(ids))

    def _short(self, record: Record, known: str | None) -> Record:
        if known is None or known.endswith("?") or record.version > known or not self._tracker.kind.tells:
            return record
        left_out = self._tracker.kind.create_only
        return replace(record, fields={name: value for name, value in record.fields.items() if name not in left_out})

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        """Read what happened on tickets: on those in scope all that is offered, on others our own work alone."""
        self._tracker.fail("history", "before", ids)
        return {ticket.id: self._offered.history(ticket) for ticket in self._visible(ids)}

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        """Find our creates; where tickets have keys, only those of the places named, above the highest key."""
        self._tracker.fail("find", "before", marks)
        wanted, keyed = set(marks), self._tracker.kind.keyed
        tickets = [ticket for ticket in self._visible(self._tracker.tickets) if ticket.mark in wanted]
        return {str(t.mark): t.id for t in tickets if not keyed or self._above(t, after)}

    def ways(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        """Read which ways each ticket offers now."""
        self._tracker.fail("ways", "before", ids)
        return {t.id: self._tracker.ways(t.id) for t in self._visible(ids)} if self._tracker.kind.workflow else {}

    @contextmanager
    def download(self, ticket: str, file: str) -> Iterator[Iterator[bytes]]:
        """Stream a file's bytes.

        Raises:
            GoneError: it is not there, or not offered.
        """
        self._tracker.fail("download", "before", file)
        offered = {found.id for shown in self._visible([ticket]) for found in self._offered.history(shown).files}
        if file not in offered:
            raise GoneError("the file is not there")
        content = self._tracker.contents[file]
        yield (content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK))

    # ---- writing

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        """Open tickets."""
        return self._each("create", drafts, self._create)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        """Set fields."""
        return self._each("update", patches, self._update)

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        """Take ways of the workflow."""
        return self._each("transition", moves, self._transition)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        """Write comments."""
        return self._each("comment", notes, self._comment)

    def edit(self, edits: Sequence[Edit]) -> tuple[Outcome, ...]:
        """Replace texts of comments."""
        return self._each("edit", edits, self._edit)

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        """Take comments back."""
        return self._each("redact", redactions, self._redact)

    def attach(self, upload: Upload) -> Outcome:
        """Store a file; where files ride in comments, the id is a token for a note."""
        return self._each("attach", [upload], self._attach)[0]

    def _each(self, verb: str, items: Sequence[Item], write: Callable[[Item], Outcome]) -> tuple[Outcome, ...]:
        outcomes = []
        for item in items:
            try:
                self._tracker.fail(verb, "before", item)
                outcome = write(item)
                self._tracker.fail(verb, "after", item)
            except ItemError as error:
                outcome = Outcome(error=error)
            outcomes.append(outcome)
        return tuple(outcomes)

    def _create(self, draft: Draft) -> Outcome:
        place: dict[str, Json] = {} if draft.place is None else {self._tracker.kind.place: draft.place}
        id_ = self._tracker.open_ticket(
            {**draft.fields, **place},
            self._tracker.account,
            mark=draft.mark,
            follows=draft.follow_up_of,
            files=draft.files,
        )
        ticket = self._own(id_)
        answer = self._answer(ticket, draft.fields, None)
        return replace(answer, files=tuple(file.id for file in ticket.files), first_comment=f"first:{id_}")

    def _update(self, patch: Patch) -> Outcome:
        ticket = self._own(patch.id)
        number = self._tracker.change(
            ticket.id, patch.fields, self._tracker.account, mark=patch.mark, version=patch.version
        )
        return self._answer(ticket, patch.fields, number)

    def _transition(self, move: Move) -> Outcome:
        ticket = self._own(move.id)
        if not self._tracker.kind.workflow:
            raise TransitionError("there is no workflow here: status is a field")
        number = self._tracker.walk(ticket.id, move.way.id, move.fields, self._tracker.account, mark=move.mark)
        return self._answer(ticket, {**move.fields, "status": move.way.to}, number)

    def _comment(self, note: Note) -> Outcome:
        ticket = self._own(note.id)
        made = self._tracker.comment(
            ticket.id, note.body, self._tracker.account, public=note.public, files=note.files, mark=note.mark
        )
        return Outcome(id=made.id, files=made.files)

    def _edit(self, change: Edit) -> Outcome:
        if not self._capabilities.edit_comments:
            raise RefusedError("comments cannot be edited here")
        self._comment_of(change)
        self._tracker.edit_comment(change.id, change.comment, change.body, write=change.mark)
        return Outcome(id=change.comment)

    def _redact(self, change: Redaction) -> Outcome:
        """Where comments can be edited a line stands in the place of what was said; else it is blacked out."""
        if change.comment is None:
            self._tracker.remove_files(change.id, change.files)
            return Outcome()
        if change.comment == f"first:{change.id}":
            self._tracker.redact_description(change.id)
            self._tracker.remove_files(change.id, [file.id for file in self._own(change.id).files if not file.comment])
            return Outcome(id=change.comment)
        said = self._comment_of(change)
        if self._capabilities.edit_comments:
            self._tracker.edit_comment(change.id, change.comment, change.body, write=change.mark)
        else:
            self._tracker.make_private(change.id, change.comment)
            self._tracker.redact(change.id, change.comment, str(said.body))
        carried = self._offered.carried(self._own(change.id), said)
        self._tracker.remove_files(change.id, [*change.files, *carried])
        return Outcome(id=change.comment)

    def _comment_of(self, change: Edit | Redaction) -> Comment:
        said = next((one for one in self._own(change.id).comments if one.id == change.comment), None)
        if said is None:
            raise GoneError("the comment is not there")
        return said

    def _attach(self, upload: Upload) -> Outcome:
        ticket = self._own(upload.id)
        with upload.open() as chunks:
            content = b"".join(chunks)
        if len(content) != upload.size:
            raise RefusedError("the file has another size than was said")
        file = self._tracker.attach(ticket.id, upload.name, content, self._tracker.account, upload.media_type)
        return Outcome(id=file, files=() if self._capabilities.files_in_comments else (file,))

    def _answer(self, ticket: Ticket, fields: Iterable[str], number: str | None) -> Outcome:
        if not self._tracker.kind.answers:
            return Outcome(id=ticket.id)
        shown = {name: ticket.fields[name] for name in fields}
        return Outcome(ticket.id, self._tracker.version(ticket), shown, number)

    # ---- tickets that are there

    def _visible(self, ids: Iterable[str]) -> list[Ticket]:
        tickets = self._tracker.tickets
        keys = {ticket.key: id_ for id_, ticket in tickets.items()}
        known = (name if name in tickets else keys.get(name) for name in ids)
        found = [tickets[id_] for id_ in dict.fromkeys(known) if id_ is not None]
        return [ticket for ticket in found if not (ticket.deleted or ticket.hidden)]

    def _own(self, id_: str) -> Ticket:
        found = self._visible([id_])
        if not found:
            raise GoneError("the ticket is not there")
        return found[0]

    # ---- listings

    def _indexed(self) -> list[tuple[Ticket, Shot]]:
        """What the search knows: each ticket as it was when the index caught up with it last."""
        tickets = self._visible(self._tracker.tickets)
        past = [(t, [shot for shot in t.shots if shot.at <= self._horizon(t.id)]) for t in tickets]
        return [(ticket, shots[-1]) for ticket, shots in past if shots]

    def _horizon(self, id_: str = "") -> datetime:
        return self._tracker.clock.now - timedelta(seconds=self._tracker.lag + self._tracker.late.get(id_, 0))

    def _searched(self, cursor: str) -> Iterator[Page]:
        delay = timedelta(seconds=self._capabilities.search_delay + self._capabilities.clock)
        since = from_utc_text(cursor) - delay
        found = [(shot.at, ticket.id, self._seen(ticket, shot)) for ticket, shot in self._indexed() if shot.at >= since]
        newest = cursor
        for some in self._paged(sorted(found, key=lambda item: item[:2])):
            newest = max(newest, utc_text(some[-1][0]))
            yield Page(tuple(seen for _, _, seen in some), newest)

    def _exported(self, position: int, known: Known) -> Iterator[Page]:
        """A ticket stands in the export once, at the place of its last change."""
        feed, horizon = self._tracker.feed, self._horizon()
        latest = {id_: number for number, (_, id_) in enumerate(feed, start=1)}
        ready = sorted(n for n in latest.values() if n > position and feed[n - 1][0] <= horizon)
        for some in self._paged(ready):
            tickets = [self._tracker.tickets[feed[number - 1][1]] for number in some]
            shown = [ticket for ticket in tickets if not ticket.hidden]
            held = known([ticket.id for ticket in shown]) if self._tracker.kind.tells else {}
            told = {t.id: self._delta(t, held[t.id], horizon) for t in shown if t.id in held}
            deltas = {id_: delta for id_, delta in told.items() if delta is not None}
            yield Page(tuple(self._seen(ticket) for ticket in shown), str(some[-1]), deltas)

    def _delta(self, ticket: Ticket, held: str, horizon: datetime) -> Delta | None:
        """What happened up to the horizon, without our marks; none where a comment was revised, or a second goes on."""
        version = self._tracker.version(ticket, max(shot.at for shot in ticket.shots if shot.at <= horizon))
        revised = ticket.revised_at is not None and self._tracker.version(ticket, ticket.revised_at) > held
        if version.endswith("?") or revised:
            return None
        told = self._offered.history(ticket)
        if told.away != ():
            return None
        return Delta(
            version,
            tuple(replace(entry, mark=None) for entry in told.entries if entry.at <= horizon),
            tuple(replace(comment, mark=None) for comment in told.comments if comment.at <= horizon),
            tuple(replace(file, mark=None) for file in told.files if file.at <= horizon),
            withheld=told.withheld,
        )

    def _seen(self, ticket: Ticket, shot: Shot | None = None) -> Seen:
        version = self._tracker.version(ticket, shot.at if shot else None)
        inside = not ticket.deleted and not self._offered.reason(ticket, shot.fields if shot else None)
        version = version.replace("?", "@")  # the feed goes on behind it: whoever read it in this second reads it again
        return Seen(ticket.id, version, ticket.created_at, inside, ticket.deleted)

    def _paged(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        size = self._tracker.kind.page
        return (items[start : start + size] for start in range(0, len(items), size))

    def _above(self, ticket: Ticket, after: Mapping[str, str]) -> bool:
        place, _, number = ticket.key.rpartition("-")
        return place in after and int(number) > int(after[place].rpartition("-")[2] or 0)

    def _problem(self, what: str, key: str) -> Problem:
        return Problem("TDM-301", what, "Correct the contract.", where=self._capabilities.system, key=key)
