# SPDX-License-Identifier: Apache-2.0
"""The tracker itself: what a vendor's server would hold, and what people do in it.

House rules and failures are given from outside: ``rules`` act after each change as the tracker's own robot, ``fail``
is called before and after each call of the connector and may raise, or act as a person in the midst of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from tandem.connectors.base import Author, Comment, Entry, File, Way
from tandem.connectors.memory.kinds import Kind
from tandem.connectors.memory.tickets import Clock, Shot, Ticket
from tandem.core.values import Json, same
from tandem.errors import ClosedError, GoneError, RefusedError, StaleError, TooLargeError, TransitionError

Fail = Callable[[str, str, object], None]  # verb, "before" or "after", the item or ids


class Tracker:
    """One tracker. Every ``by`` is who acts; native values are in the connector's flat form."""

    def __init__(self, kind: Kind, clock: Clock | None = None) -> None:
        self.kind = kind
        self.clock = clock or Clock()
        self.offset = 0.0  # what the connector's preflight says of the clock, in seconds
        self.lag = kind.capabilities.search_delay  # how far listings lag behind, in seconds
        self.account, self.robot = Author("account", "Integration"), Author("robot", "House rule")
        self.late: dict[str, float] = {}  # tickets whose place in the search's index lags by so much more
        self.people: dict[str, Author] = {}
        self.gone: set[str] = set()  # accounts that were deactivated
        self.tickets: dict[str, Ticket] = {}
        self.feed: list[tuple[datetime, str]] = []  # each change of each ticket, oldest first
        self.contents: dict[str, bytes] = {}  # of files and of uploads that no comment has yet
        self.rules: list[Callable[[Tracker, str], None]] = []
        self.fail: Fail = lambda verb, phase, item: None
        self._uploads: dict[str, File] = {}
        self._numbers = count(1)
        self._ruling = False

    # ---- what people do

    def person(self, name: str, email: str | None = None) -> Author:
        """Give a person an account."""
        self.people[name] = Author(name, name.title(), email)
        return self.people[name]

    def open_ticket(
        self,
        fields: Mapping[str, Json],
        by: Author,
        *,
        mark: str | None = None,
        public: bool = True,
        follows: str | None = None,
        files: Sequence[str] = (),
    ) -> str:
        """Open a ticket and return its id; ``public`` is that of the description, in which ``files`` ride.

        ``follows``: the closed ticket that it goes on from.
        """
        if follows is not None:
            self._closed(follows)
        values = {**self.kind.start, **self._checked(fields)}
        missing = [name for name, info in self.kind.fields.items() if info.required and values.get(name) is None]
        if missing:
            raise RefusedError("a required field is empty", fields=missing)
        number = len(self.tickets) + 1
        id_ = str(10_000 + number) if self.kind.keyed else str(number)
        key = f"{values[self.kind.place]}-{number}" if self.kind.keyed else id_
        full: dict[str, Json] = {name: None for name in self.kind.fields} | values
        self.tickets[id_] = Ticket(id_, key, by, mark, public, full)
        self.tickets[id_].follows = follows
        self.tickets[id_].files = [replace(self._uploads.pop(file), author=by, mark=mark) for file in files]
        self._touched(self.tickets[id_])
        return id_

    def edit(self, id_: str, name: str, value: Json, by: Author) -> None:
        """Set one field."""
        self.change(id_, {name: value}, by)

    def move(self, id_: str, status: str, by: Author, fields: Mapping[str, Json] | None = None) -> None:
        """Take the way that leads to a status, or set it where there is no workflow."""
        if not self.kind.workflow:
            self.change(id_, {"status": status, **(fields or {})}, by)
            return
        way = next((way for way in self.ways(id_) if way.to == status), None)
        if way is None:
            raise TransitionError("no way leads there", reachable=[way.to for way in self.ways(id_)])
        self.walk(id_, way.id, fields or {}, by)

    def relocate(self, id_: str, place: str, by: Author) -> None:
        """Move a ticket to another place: its id stays, its key does not."""
        ticket = self._open(id_)
        self.change(id_, {self.kind.place: place}, by)
        if self.kind.keyed:
            ticket.key = f"{place}-{1000 + next(self._numbers)}"

    def comment(
        self,
        id_: str,
        body: Json,
        by: Author,
        *,
        public: bool = True,
        files: Sequence[str] = (),
        mark: str | None = None,
    ) -> Comment:
        """Write a comment. ``files``: uploads that it takes along, or files of the ticket that it shows."""
        ticket = self._open(id_)
        if self.kind.markup.length(body) > self.kind.capabilities.max_comment:
            raise TooLargeError("the comment is too long")
        if not public and not self.kind.capabilities.private_comments:
            raise RefusedError("there are no private comments here")
        there = self._uploads if self.kind.capabilities.files_in_comments else {file.id for file in ticket.files}
        if not set(files) <= set(there):
            raise RefusedError("the comment shows a file that is not there")
        at, number = self._tick(), self._number()
        carried = [self._uploads.pop(file) for file in files if file in self._uploads]
        ticket.files += [replace(file, comment=number, at=at, author=by, mark=mark) for file in carried]
        ticket.comments.append(Comment(number, number, at, by, body, public, tuple(files), mark))
        self._touched(ticket, at)
        return ticket.comments[-1]

    def edit_comment(self, id_: str, comment: str, body: Json, *, write: str | None = None) -> None:
        """Change a comment's text; ``write`` is the mark of an edit by the integration."""

        def edited(old: Comment, at: datetime) -> Comment:
            return replace(old, body=body, edited_at=at, write=write or old.write)

        self._revise(id_, comment, edited, ours=write is not None)

    def make_public(self, id_: str, comment: str) -> None:
        """Show a comment to the customer."""
        self._revise(id_, comment, lambda old, at: replace(old, public=True, edited_at=at))

    def redact(self, id_: str, comment: str, text: str) -> None:
        """Black words of a comment out, for good."""

        def blacked(old: Comment, at: datetime) -> Comment:
            return replace(old, body=str(old.body).replace(text, "▇" * len(text)), edited_at=at, redacted=True)

        self._revise(id_, comment, blacked, ticket=self._there(id_))

    def redact_description(self, id_: str) -> None:
        """Black out a description, where that is the first comment."""
        ticket = self._there(id_)
        ticket.fields["description"] = "▇▇▇"
        ticket.revised_at = ticket.description_back_at = self._tick()
        self._touched(ticket, ticket.revised_at)

    def hide_description(self, id_: str) -> None:
        """Make a description private, where that is the first comment."""
        ticket = self._there(id_)
        ticket.described_public = False
        ticket.revised_at = ticket.description_back_at = self._tick()
        self._touched(ticket, ticket.revised_at)

    def delete_comment(self, id_: str, comment: str) -> None:
        """Delete a comment, and the files that ride in it."""
        ticket = self._open(id_)
        ticket.comments = [one for one in ticket.comments if one.id != comment]
        self.remove_files(id_, [file.id for file in ticket.files if file.comment == comment])
        ticket.revised_at = self._tick()
        self._touched(ticket, ticket.revised_at)

    def remove_files(self, id_: str, files: Sequence[str]) -> None:
        """Take files away, with their content."""
        ticket = self._there(id_)
        ticket.files = [file for file in ticket.files if file.id not in files]
        for file in files:
            self.contents.pop(file, None)

    def redact_file(self, id_: str, file: str) -> None:
        """Black a file out, for good: that it was there stays known."""
        self.remove_files(id_, [file])
        ticket = self.tickets[id_]
        ticket.files_blacked_out.add(file)
        ticket.revised_at = self._tick()
        self._touched(ticket, ticket.revised_at)

    def delete_file(self, id_: str, file: str) -> None:
        """Delete a file."""
        self.remove_files(id_, [file])
        ticket = self.tickets[id_]
        ticket.revised_at = self._tick()
        self._touched(ticket, ticket.revised_at)

    def make_private(self, id_: str, comment: str) -> None:
        """Hide a comment from the customer."""
        self._revise(id_, comment, lambda old, at: replace(old, public=False), ticket=self._there(id_))

    def attach(self, id_: str, name: str, content: bytes, by: Author, media_type: str = "text/plain") -> str:
        """Attach a file to a ticket; where files ride in comments, hold it until a comment takes it along."""
        # An upload belongs to no ticket yet: a closed one hinders it as little as any.
        ticket = self.tickets[id_] if self.kind.capabilities.files_in_comments else self._open(id_)
        if len(content) > self.kind.capabilities.max_file:
            raise TooLargeError("the file is too large")
        if not (content or self.kind.capabilities.empty_files):
            raise RefusedError("a file must have content")
        at, number = self._tick(), self._number()
        file = File(number, name, len(content), media_type, at, by)
        self.contents[number] = content
        if self.kind.capabilities.files_in_comments:
            self._uploads[number] = file
        else:
            ticket.files.append(file)
            self._touched(ticket, at)
        return number

    def merge(self, id_: str, into: str) -> None:
        """Merge a ticket into another; it takes no more."""
        self._open(id_).merged_into = into
        self._touched(self.tickets[id_])

    def delete(self, id_: str) -> None:
        """Delete a ticket."""
        self._open(id_).deleted = True
        self._touched(self.tickets[id_])

    # ---- what any write comes to

    def change(
        self,
        id_: str,
        fields: Mapping[str, Json],
        by: Author,
        *,
        mark: str | None = None,
        version: str | None = None,
        status_too: bool = False,
    ) -> str | None:
        """Set fields in one history entry and return its number; none if they stood so already."""
        ticket = self._open(id_)
        if self.kind.stamped and version is not None and version.rstrip("Z?") < self.version(ticket).rstrip("Z?"):
            raise StaleError("the ticket changed since it was read")
        values = self._checked(fields)
        fixed = self.kind.create_only | ({"status"} if self.kind.workflow and not status_too else set())
        if set(values) & fixed:
            raise RefusedError("a field cannot be set so", fields=sorted(set(values) & fixed))
        changed = {name: value for name, value in values.items() if not same(value, ticket.fields[name])}
        if not changed:
            return None
        at, number = self._tick(), self._number()
        for name, value in changed.items():
            before = ticket.fields[name]
            rule = by == self.robot
            ticket.entries.append(Entry(f"{number}:{name}", number, at, by, name, before, value, mark, rule, number))
        ticket.fields |= changed
        self._touched(ticket, at)
        return number

    def walk(
        self, id_: str, way_id: str, fields: Mapping[str, Json], by: Author, *, mark: str | None = None
    ) -> str | None:
        """Take a way of the workflow."""
        way = next((way for way in self.ways(id_) if way.id == way_id), None)
        if way is None:
            raise TransitionError("the workflow has no such way from here", reachable=[w.to for w in self.ways(id_)])
        missing = [name for name in way.needs if fields.get(name) is None]
        if missing:
            raise TransitionError(f"the screen asks for {', '.join(missing)}", reachable=[w.to for w in self.ways(id_)])
        return self.change(id_, {**fields, "status": way.to}, by, mark=mark, status_too=True)

    def ways(self, id_: str) -> tuple[Way, ...]:
        """Tell which ways lead on from where a ticket stands."""
        return self.kind.workflow.get(str(self._open(id_).fields["status"]), ())

    def version(self, ticket: Ticket, at: datetime | None = None) -> str:
        """Name a ticket's version. Of a stamp whose second is not over, ``?`` says so, and sorts before ``Z``."""
        at = at or ticket.updated_at
        if self.kind.capabilities.version_resolution < 1:
            return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        over = self.clock.now >= at + timedelta(seconds=1)
        return at.isoformat(timespec="seconds").replace("+00:00", "Z" if over else "?")

    def _open(self, id_: str) -> Ticket:
        ticket = self.tickets.get(id_)
        if ticket is None or ticket.deleted:
            raise GoneError("the ticket is not there")
        if ticket.fields["status"] in self.kind.final or ticket.merged_into:
            raise ClosedError("the ticket takes no more")
        return ticket

    def _closed(self, id_: str) -> None:
        ticket = self.tickets.get(id_)
        if not self.kind.capabilities.follow_ups or ticket is None or ticket.fields["status"] not in self.kind.final:
            raise RefusedError("only a closed ticket is followed up")

    def _checked(self, fields: Mapping[str, Json]) -> dict[str, Json]:
        unknown = sorted(set(fields) - set(self.kind.fields))
        if unknown:
            raise RefusedError(f"no such field: {', '.join(unknown)}", fields=unknown)
        return {name: self._value(name, value) for name, value in fields.items()}

    def _value(self, name: str, value: Json) -> Json:
        info = self.kind.fields[name]
        if value in (None, "", []):
            return None
        if info.choices and value not in info.choices:
            raise RefusedError(f"{name} has no such choice", fields=[name])
        if info.kind == "person" and (value not in self.people or value in self.gone):
            raise RefusedError(f"{name} names nobody", fields=[name])
        length = self.kind.markup.length(value) if info.kind == "rich" else len(str(value))
        if info.max_length is not None and length > info.max_length:
            raise TooLargeError(f"{name} is too long", fields=[name])
        return sorted(map(str, value)) if isinstance(value, list) else value  # type: ignore[return-value]

    def _there(self, id_: str) -> Ticket:
        """A ticket of which something is to be taken back: where the tracker has that, a closed one is no hindrance."""
        return self.tickets[id_] if self.kind.capabilities.redacts_closed else self._open(id_)

    def _revise(
        self,
        id_: str,
        comment: str,
        change: Callable[[Comment, datetime], Comment],
        ticket: Ticket | None = None,
        *,
        ours: bool = False,
    ) -> None:
        """Change a comment. Where that leaves no trace, a write of ours alone shows that the ticket changed."""
        ticket, at = ticket or self._open(id_), self._tick()
        told = self.kind.capabilities.reread_every is None
        for place, old in enumerate(ticket.comments):
            if old.id == comment:
                new = change(old, at)
                ticket.comments[place] = new if told else replace(new, edited_at=old.edited_at)
        if told or ours:
            ticket.revised_at = at
            self._touched(ticket, at)

    def _touched(self, ticket: Ticket, at: datetime | None = None) -> None:
        """Note a change in the feed and the index, then let the house rules act on it (but not on themselves)."""
        at = at or self._tick()
        ticket.shots.append(Shot(at, dict(ticket.fields)))
        self.feed.append((at, ticket.id))
        if not self._ruling:
            self._ruling = True
            try:
                for rule in self.rules:
                    rule(self, ticket.id)
            finally:
                self._ruling = False

    def _tick(self) -> datetime:
        now = self.clock.tick()
        return now.replace(microsecond=now.microsecond // 1000 * 1000 if self.kind.capabilities.clock < 1 else 0)

    def _number(self) -> str:
        return str(next(self._numbers)).zfill(8)
