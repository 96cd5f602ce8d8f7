# SPDX-License-Identifier: Apache-2.0
"""What one offer shows of a ticket in memory. What its owner did not offer is left out here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from tandem.connectors.away import Step, times_away
from tandem.connectors.base import Away, Comment, File, History, Needs, Record
from tandem.connectors.memory import scope
from tandem.connectors.memory.tickets import Ticket
from tandem.connectors.memory.tracker import Tracker
from tandem.core.values import Json

WITHHELD = "The first message of this ticket is internal."
PRIVATE_FIRST = "private first comment"


class Offered:
    """One offer's view of a tracker."""

    def __init__(self, tracker: Tracker, needs: Needs) -> None:
        self._tracker, self._needs = tracker, needs
        self._fields = needs.read | needs.write

    def reason(self, ticket: Ticket, fields: Mapping[str, Json] | None = None) -> str:
        """Why a ticket is out of scope, as it is or with other fields; empty where it is in."""
        if self._needs.query is not None:
            return "query"
        if self._hides_description(ticket) and self._needs.private_first == "skip":
            return PRIVATE_FIRST
        return scope.reason(self._needs.scope, fields or ticket.fields, self._tracker.kind.fields)

    def _hides_description(self, ticket: Ticket) -> bool:
        offered = self._needs.description is not None and self._needs.description in self._needs.read
        return offered and not ticket.described_public and self._needs.comments != "all"

    def record(self, ticket: Ticket) -> Record:
        """Read the offered fields."""
        reason = self.reason(ticket)
        fields = {} if reason else {n: v for n, v in ticket.fields.items() if n in self._fields}
        if fields and self._hides_description(ticket):
            fields[str(self._needs.description)] = WITHHELD
        infos, people = self._tracker.kind.fields, self._tracker.people
        named = {str(v): people[str(v)] for n, v in fields.items() if infos[n].kind == "person" and v is not None}
        closed = str(ticket.fields["status"]) if ticket.fields["status"] in self._tracker.kind.final else None
        return Record(
            id=ticket.id,
            key=ticket.key,
            url=f"memory:///{ticket.key}",
            version=self._tracker.version(ticket),
            place=str(ticket.fields[self._tracker.kind.place]),
            type="" if reason else str(ticket.fields[self._tracker.kind.type] or ""),
            created_at=ticket.created_at,
            updated_at=ticket.updated_at,
            in_scope=not reason,
            fields=fields,
            people=named,
            reporter=None if reason else ticket.reporter,
            mark=ticket.mark,
            final=f"merged into {ticket.merged_into}" if ticket.merged_into else closed,
            follows=ticket.follows,
            settled=not self._tracker.version(ticket).endswith("?"),
            scope_reason=reason,
        )

    def history(self, ticket: Ticket) -> History:
        """Read what happened, what was said, and what is attached."""
        rules = set(self._needs.automations)
        entries = [
            replace(entry, by_rule=entry.by_rule or entry.author.id in rules)
            for entry in (ticket.entries if self._tracker.kind.capabilities.history else ())
            if entry.field in self._fields
            and not (entry.field == self._needs.description and self._hides_description(ticket))
        ]
        inside = not self.reason(ticket)
        if not inside:
            entries = [replace(entry, before=None) for entry in entries if entry.mark and not entry.by_rule]
        comments = [comment for comment in ticket.comments if comment.mark or (inside and self._offered(comment))]
        files = self._files(ticket) if self._needs.files else ()
        if not inside:
            files = tuple(file for file in files if file.author.id == self._tracker.account.id)
        told = {file.id for file in files}
        cut = [replace(c, files=tuple(file for file in self.carried(ticket, c) if file in told)) for c in comments]
        offers_all = self._needs.comments == "all"
        return History(
            tuple(entries),
            tuple(cut),
            tuple(files),
            inside=inside,
            away=self._away(ticket) if inside else None,
            hidden=frozenset(one.id for one in ticket.comments if not (offers_all or one.public)),
            blacked_out={one.id: one.edited_at for one in ticket.comments if one.redacted and one.edited_at},
            files_taken_back=frozenset(ticket.files_blacked_out | self._riding_hidden(ticket)),
            description_taken_back=ticket.description_back_at,
            withheld=frozenset(one.id for one in ticket.files if inside and self._needs.files) - told,
        )

    def _riding_hidden(self, ticket: Ticket) -> set[str]:
        """The files of comments that are hidden, or of a description that is."""
        hidden = [one for one in ticket.comments if self._needs.comments != "all" and not one.public]
        found = {file for one in hidden for file in self.carried(ticket, one)}
        if self._hides_description(ticket) and self._tracker.kind.capabilities.files_in_comments:
            found |= {file.id for file in ticket.files if file.comment is None}
        return found

    def _away(self, ticket: Ticket) -> tuple[Away, ...] | None:
        if not self._tracker.kind.capabilities.history:
            return None
        conditions, dictionary = self._needs.scope, self._tracker.kind.fields
        deciding = scope.deciding(conditions)
        steps = [Step(e.at, e.order, e.field, e.before, e.after) for e in ticket.entries if e.field in deciding]
        return times_away(steps, partial(scope.holds, conditions, dictionary), one_series=True)

    def _offered(self, comment: Comment) -> bool:
        return self._needs.comments == "all" or (self._needs.comments == "public" and comment.public)

    def carried(self, ticket: Ticket, comment: Comment) -> Sequence[str]:
        """List the files that came with a comment, or that it shows."""
        carried = [file.id for file in ticket.files if file.comment == comment.id]
        return carried or comment.files

    def _files(self, ticket: Ticket) -> tuple[File, ...]:
        """A file is as private as the most private comment that shows it."""
        hidden = {f for c in ticket.comments if not self._offered(c) for f in self.carried(ticket, c)}
        shown = {f for c in ticket.comments if self._offered(c) for f in self.carried(ticket, c)}
        inner = {f for c in ticket.comments if not c.public for f in self.carried(ticket, c)}
        return tuple(
            replace(f, referenced=f.id in shown, private=f.id in inner) for f in ticket.files if f.id not in hidden
        )
