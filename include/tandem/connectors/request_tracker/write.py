# SPDX-License-Identifier: Apache-2.0
"""Writes: one ticket a call, each with our mark; what is answered with a sentence is read back.

Request Tracker answers 200 to a change of fields and says in words, in the account's own language, what it made of it.
It may have refused all of it. A deleted ticket takes everything, and what is sent to a merged one lands on another
ticket: so the state is asked for before each write that names no version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from json import dumps
from typing import Any, TypeVar

import requests

from tandem.connectors.base import Draft, Move, Note, Outcome, Patch, Upload, Way, settled
from tandem.connectors.request_tracker.catalogue import Catalogue
from tandem.connectors.request_tracker.history import write_mark
from tandem.connectors.request_tracker.messages import HTML, said_in
from tandem.connectors.request_tracker.read import Reader, Seen
from tandem.connectors.request_tracker.shape import (
    API,
    DATES,
    DESCRIPTION,
    MARK_FIELD,
    NEVER,
    NOBODY,
    NUMBERS,
    ROLES,
    SUBJECT_LONGEST,
    WRITABLE,
    content_type,
    custom_name,
    etag,
    flat_date,
    holders,
    own_value,
)
from tandem.connectors.request_tracker.spool import Spool
from tandem.connectors.request_tracker.ways import Ways, ends_of
from tandem.core.doc import doc, is_empty, paragraph
from tandem.core.values import Json, as_set, same
from tandem.errors import (
    ClosedError,
    GoneError,
    ItemError,
    RefusedError,
    StaleError,
    TooLargeError,
    TransitionError,
)
from tandem.http import Http, parsed
from tandem.markup import Html

W = TypeVar("W")
MAX_COMMENT = 500_000  # bytes of HTML; below what a server keeps of a message as it is installed (10 MB)
STATUS = "Status"


class Writer:
    """Writes to one Request Tracker."""

    def __init__(self, http: Http, catalogue: Catalogue, reader: Reader, ways: Ways, markup: Html) -> None:
        self._http = http
        self._catalogue = catalogue
        self._reader = reader
        self._ways = ways
        self._markup = markup
        self._spool = Spool()

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        return self._each(self._create, drafts)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        return self._each(self._update, patches)

    def transition(self, moves: Sequence[Move]) -> tuple[Outcome, ...]:
        return self._each(self._move, moves)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        return self._each(self._comment, notes)

    def attach(self, upload: Upload) -> Outcome:
        """Take a file in that is about to go with a comment."""
        try:
            return Outcome(id=self._spool.put(upload))
        except ItemError as error:
            return Outcome(error=error)

    def _each(self, write: Callable[[W], Outcome], items: Sequence[W]) -> tuple[Outcome, ...]:
        return tuple(self._http.map(settled(write), items))

    # ---- one write

    def _create(self, draft: Draft) -> Outcome:
        given = {name: value for name, value in draft.fields.items() if value is not None}
        body = self._native(given)
        queue = draft.place or given.get("Queue")
        if not isinstance(queue, str):
            raise RefusedError("a new ticket needs a queue", where=self._http.tenant, fields=("Queue",))
        text = draft.fields.get(DESCRIPTION)
        self._fits(text, "a new ticket: its description")
        # Without a first message there is nothing that could carry the mark: the subject stands in for an empty one.
        said = text if not is_empty(self._markup.parse(text).doc) else self._plain(given.get("Subject"))
        body |= {"Queue": self._catalogue.queue_id(queue), "Content": said}
        body["ContentType"] = content_type(HTML, draft.mark)
        response = self._http.request("POST", f"{API}/ticket", json=body, accept=(400, 403))
        if response.status_code != 201:
            raise RefusedError(_refused("a new ticket", response), where=self._http.tenant)
        return Outcome(id=str(parsed(response)["id"]))

    def _update(self, patch: Patch) -> Outcome:
        if DESCRIPTION in patch.fields:
            what = f"ticket {patch.id}: the description is its first message, which cannot be changed"
            raise RefusedError(what, where=self._http.tenant, fields=(DESCRIPTION,))
        if "Requestor" in patch.fields:
            self._alone(patch.id)
        shown = self._set(patch.id, patch.fields, patch.mark, patch.version)
        wrong = self._without_effect(patch.fields, shown)
        if wrong and set(wrong) >= patch.fields.keys():
            what = f"ticket {patch.id}: Request Tracker takes the write and changes nothing ({', '.join(wrong)})"
            raise RefusedError(what, where=self._http.tenant, fields=wrong)
        return Outcome(id=patch.id, shown=shown)

    def _move(self, move: Move) -> Outcome:
        """Set a status. Where the lifecycle has no such transition, that is seen by the status alone."""
        ends = ends_of(move.way)
        if ends is None or ends[1] != move.way.to:
            raise self._no_way(move)
        shown = self._set(move.id, {**move.fields, STATUS: move.way.to}, move.mark, None)
        if shown[STATUS] != move.way.to:
            raise self._no_way(move)
        return Outcome(id=move.id, shown=shown)

    def _no_way(self, move: Move) -> TransitionError:
        there: Sequence[Way] = [way for way in self._ways.of([move.id]).get(move.id, ()) if way.sure]
        reachable = tuple(sorted({way.to for way in there}))
        what = f'ticket {move.id}: its lifecycle does not lead to "{move.way.to}" from here'
        return TransitionError(what, reachable=reachable, where=self._http.tenant)

    def _set(self, id_: str, fields: Mapping[str, Json], mark: str, seen: str | None) -> dict[str, Json]:
        """Set fields behind their mark, and give what the ticket shows then.

        The mark goes first: of a write that was cut off in the middle all that was done is known by it.
        """
        body = self._native(fields)
        if seen is None:
            self._there(id_)
        self._reader.forget(id_)
        marking = {"CustomFields": {MARK_FIELD: write_mark(mark, fields)}}
        headers = {"If-Match": etag(seen)} if seen is not None else {}
        said = self._put(id_, marking, headers)
        if not any(mark in str(sentence) for sentence in said):
            what = f"ticket {id_}: the custom field {MARK_FIELD}, which names our writes, cannot be set in its queue"
            fix = f"Apply it to the queue, and let our account see and modify it: {MARK_FIELD}."
            raise RefusedError(what, where=self._http.tenant, fix=fix)
        self._put(id_, body, {})
        state = self._there(id_)
        customs = self._catalogue.of(state.ticket)
        return {
            name: customs.get(name) if custom_name(name) is not None else own_value(state.ticket, name)
            for name in fields
        }

    def _put(self, id_: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> list[Any]:
        path = f"{API}/ticket/{id_}"
        response = self._http.request("PUT", path, json=body, headers=headers, ticket=id_, accept=(403, 412))
        if response.status_code == 412:
            raise StaleError(f"ticket {id_} changed since it was read", where=self._http.tenant)
        if response.status_code == 403:
            raise GoneError(f"ticket {id_}: our account may not see it", where=self._http.tenant)
        said = parsed(response)
        return said if isinstance(said, list) else []

    def _comment(self, note: Note) -> Outcome:
        """Say something: to all as a reply, which sends mail and may open the ticket again, or to the staff alone."""
        self._fits(note.body, f"ticket {note.id}: a comment")
        self._there(note.id)
        files = self._spool.take(note.files)
        self._reader.forget(note.id)
        body = {"Content": note.body, "ContentType": content_type(HTML, note.mark)}
        path = f"{API}/ticket/{note.id}/{'correspond' if note.public else 'comment'}"
        if files:
            form = [("JSON", (None, dumps(body), "application/json")), *(file.part() for file in files)]
            response = self._http.request("POST", path, files=form, ticket=note.id, accept=(400, 403))
        else:
            response = self._http.request("POST", path, json=body, ticket=note.id, accept=(400, 403))
        if response.status_code != 201:
            raise RefusedError(_refused(f"ticket {note.id}", response), where=self._http.tenant)
        number = response.headers["Location"].rpartition("/")[2]
        stored = said_in(self._http, [int(number)])[int(number)].files if files else ()
        return Outcome(id=number, files=tuple(part.id for part in stored))

    # ---- what is asked before, and what is compared after

    def _there(self, id_: str) -> Seen:
        """Ask for a ticket's state.

        Raises:
            GoneError: it is not there, or not to be seen.
            ClosedError: it was deleted or merged into another.
        """
        state = self._reader.state(id_)
        if state is None:
            raise GoneError(f"ticket {id_} is not there, or our account may not see it", where=self._http.tenant)
        if state.final is not None:
            raise ClosedError(f"ticket {id_} is {state.final}", where=self._http.tenant)
        return state

    def _alone(self, id_: str) -> None:
        """Let a requestor be written only where there are no others: Request Tracker would take them all off."""
        if len(holders(self._there(id_).ticket, "Requestor")) > 1:
            what = f"ticket {id_} has several requestors, and one that is written would stand in the place of them all"
            fix = "Write them as a list (`Requestors`), or at creation only (`once: true`)."
            raise RefusedError(what, where=self._http.tenant, fix=fix, fields=("Requestor",))

    def _native(self, fields: Mapping[str, Json]) -> dict[str, Any]:
        """Write fields as Request Tracker takes them; what it does not know it would pass over in silence.

        Raises:
            RefusedError: a field that tickets do not have, or a value that would be taken for another one.
            TooLargeError: the subject is longer than what is kept of it.
        """
        body: dict[str, Any] = {}
        unknown: list[str] = []
        for name, value in fields.items():
            label = custom_name(name)
            field = self._catalogue.named(label) if label is not None else None
            if field is not None:
                body.setdefault("CustomFields", {})[field.name] = field.wire(value)
            elif name not in WRITABLE:
                unknown.append(name)
            elif name != DESCRIPTION:
                body[ROLES.get(name, name)] = self._own(name, value)
        if unknown:
            what = f"Request Tracker's tickets have no field {', '.join(sorted(unknown))} to write"
            raise RefusedError(what, where=self._http.tenant, fields=sorted(unknown))
        return body

    def _own(self, name: str, value: Json) -> Any:
        if name == "Subject" and isinstance(value, str) and len(value) > SUBJECT_LONGEST:
            what = f"the subject has {len(value)} characters, {SUBJECT_LONGEST} are the most"
            raise TooLargeError(what, where=self._http.tenant, fields=(name,))
        if name in NUMBERS and value is not None and not str(value).lstrip("-").isdigit():
            # An unknown word would be taken for 0 without a sign.
            raise RefusedError(f"{name} takes a number", where=self._http.tenant, fields=(name,))
        if name == "Queue" and isinstance(value, str):
            return self._catalogue.queue_id(value)
        if name == "Requestor":
            return [value] if value is not None else []
        if name in ROLES:
            return sorted(as_set(value))
        if name in DATES:
            return flat_date(value) or NEVER
        empty = {"Owner": NOBODY, **dict.fromkeys(NUMBERS, "0")}.get(name, "")
        return str(value) if value is not None else empty

    def _without_effect(self, fields: Mapping[str, Json], shown: Mapping[str, Json]) -> tuple[str, ...]:
        return tuple(sorted(name for name, value in fields.items() if not self._says(name, value, shown[name])))

    def _says(self, name: str, wanted: Json, shown: Json) -> bool:
        """Tell whether a field shows what was written, however it is spelt."""
        label = custom_name(name)
        field = self._catalogue.named(label) if label is not None else None
        if name == "Requestor":
            return True  # written as an address and shown as an account
        if name in ROLES:
            meant, there = set(as_set(wanted)), set(as_set(shown))
            return len(meant) == len(there) and all("@" in one for one in meant - there)
        if field is not None and field.many:
            listed = wanted if isinstance(wanted, list) else [] if wanted is None else [wanted]
            return same(field.flat(list(listed)), shown)
        if field is not None:
            return same(field.one(wanted), shown)
        if name in DATES:
            return same(flat_date(wanted), shown)
        if name == "Queue" and isinstance(wanted, str):
            return self._catalogue.queue_id(wanted) == shown
        if name in NUMBERS:
            return str(wanted if wanted is not None else 0) == str(shown)
        return same(wanted or None, shown)

    def _plain(self, text: Json) -> Json:
        return self._markup.render(doc(paragraph(str(text or "-")))).native

    def _fits(self, body: Json, what: str) -> None:
        length = self._markup.length(body)
        if length > MAX_COMMENT:
            raise TooLargeError(f"{what} has {length} bytes, {MAX_COMMENT} are the most", where=self._http.tenant)


def _refused(what: str, response: requests.Response) -> str:
    """Say that a write was refused; the reason is a sentence that may hold what was written."""
    return f"{what}: Request Tracker refuses the write ({response.status_code})"
