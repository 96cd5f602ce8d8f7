# SPDX-License-Identifier: Apache-2.0
"""Writes: one ticket a call, each with our mark in its audit's metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import requests

from tandem.connectors.base import Draft, Needs, Note, Outcome, Patch, Redaction, Upload, settled
from tandem.connectors.zendesk.redact import redact
from tandem.connectors.zendesk.shape import (
    CUSTOM,
    DESCRIPTION,
    MARK,
    comment_of,
    field_name,
    native,
    part,
    rich,
    stamp,
    value_of,
    version,
)
from tandem.core.doc import is_empty
from tandem.core.values import Json
from tandem.errors import ClosedError, ItemError, PrivacyError, RefusedError, TooLargeError
from tandem.http import Body, Http, parsed
from tandem.markup import Html

W = TypeVar("W")
MAX_COMMENT = 65_535  # bytes of HTML


class Writer:
    """Writes to one Zendesk. ``forget`` is told each ticket that is about to be written to."""

    def __init__(self, http: Http, needs: Needs, markup: Html, forget: Callable[[str], None]) -> None:
        self._http = http
        self._needs = needs
        self._markup = markup
        self._forget = forget

    def create(self, drafts: Sequence[Draft]) -> tuple[Outcome, ...]:
        return self._each(self._create, drafts)

    def update(self, patches: Sequence[Patch]) -> tuple[Outcome, ...]:
        return self._each(self._update, patches)

    def comment(self, notes: Sequence[Note]) -> tuple[Outcome, ...]:
        return self._each(self._comment, notes)

    def redact(self, redactions: Sequence[Redaction]) -> tuple[Outcome, ...]:
        return self._each(lambda one: redact(self._http, self._forget, one), redactions)

    def attach(self, upload: Upload) -> Outcome:
        """Upload a file. Its token is good for one comment, for three days."""
        try:
            with upload.open() as chunks:
                response = self._http.request(
                    "POST",
                    "/api/v2/uploads.json",
                    params={"filename": upload.name},
                    data=Body(chunks, upload.size) if upload.size else b"".join(Body(chunks, 0)),
                    headers={"Content-Type": upload.media_type},
                )
        except ItemError as error:
            return Outcome(error=error)
        stored = part(parsed(response), "upload")
        return Outcome(id=str(stored["token"]), files=(str(part(stored, "attachment")["id"]),))

    def download(self, file: str) -> AbstractContextManager[Iterator[bytes]]:
        found = parsed(self._http.request("GET", f"/api/v2/attachments/{file}.json"))
        return self._http.download(found["attachment"]["content_url"])

    def _each(self, write: Callable[[W], Outcome], items: Sequence[W]) -> tuple[Outcome, ...]:
        return tuple(self._http.map(settled(write), items))

    def _create(self, draft: Draft) -> Outcome:
        given = {name: value for name, value in draft.fields.items() if value is not None}
        ticket = native(given) | {"external_id": draft.mark, "metadata": {MARK: draft.mark}}
        if draft.place:
            ticket["brand_id"] = int(draft.place)
        body = draft.fields.get(DESCRIPTION)
        self._fits(body, "a new ticket: its description")
        # Zendesk makes no ticket without a first comment: the subject stands in for an empty description.
        said = {"body": draft.fields.get("subject") or "-"} if self._says_nothing(body) else {"html_body": body}
        ticket["comment"] = {**said, "public": True, **({"uploads": list(draft.files)} if draft.files else {})}
        if draft.follow_up_of:
            ticket["via_followup_source_id"] = int(draft.follow_up_of)
        response = self._http.request("POST", "/api/v2/tickets.json", json={"ticket": ticket}, accept=(403, 422))
        if response.status_code in (403, 422):
            raise self._refusal(response, None)
        return self._done(response, draft.fields)

    def _update(self, patch: Patch) -> Outcome:
        if DESCRIPTION in patch.fields:
            what = f"ticket {patch.id}: the description is its first comment, which cannot be changed"
            raise RefusedError(what, fields=(DESCRIPTION,))
        ticket = native(patch.fields) | {"metadata": {MARK: patch.mark}}
        if patch.version:
            # Whatever the value of safe_update, its presence counts; the stamp has whole seconds.
            ticket |= {"safe_update": True, "updated_stamp": stamp(patch.version)}
        return self._done(self._put(patch.id, ticket), patch.fields)

    def _comment(self, note: Note) -> Outcome:
        self._fits(note.body, f"ticket {note.id}: a comment")
        said = {"html_body": note.body, "public": note.public, "uploads": list(note.files)}
        response = self._put(note.id, {"comment": said, "metadata": {MARK: note.mark}})
        body = parsed(response)
        event = comment_of(part(body, "audit"))
        if event is None:  # all that a write did stands in its audit
            raise RefusedError(f"ticket {note.id}: Zendesk accepted a comment and did not make it")
        if event.get("public") is not note.public:
            self._withdraw(note, str(event["id"]), shown=event.get("public") is not False)
        return Outcome(
            id=str(event["id"]),
            version=version(part(body, "ticket")["updated_at"], response),
            history=str(body["audit"]["id"]),
            files=tuple(str(file["id"]) for file in event.get("attachments") or ()),
        )

    def _withdraw(self, note: Note, comment: str, *, shown: bool) -> None:
        """Stop where a comment came out otherwise visible than we said; one that all can see is made private."""
        if shown:
            path = f"/api/v2/tickets/{note.id}/comments/{comment}/make_private.json"
            self._http.request("PUT", path, ticket=note.id)
        asked, became = ("private", "public") if shown else ("public", "private")
        raise PrivacyError(
            f"ticket {note.id}: a comment written as {asked} became {became}",
            where=self._http.tenant,
            fix="Give the integration account a role that may write public and private comments.",
        )

    def _put(self, id_: str, ticket: Mapping[str, Any]) -> requests.Response:
        self._forget(id_)
        path = f"/api/v2/tickets/{id_}.json"
        response = self._http.request("PUT", path, json={"ticket": ticket}, ticket=id_, accept=(403, 422))
        if response.status_code in (403, 422):
            raise self._refusal(response, id_)
        return response

    def _done(self, response: requests.Response, asked: Mapping[str, Json]) -> Outcome:
        body = parsed(response)
        ticket = part(body, "ticket")
        audit = body.get("audit") or {}
        said = comment_of(audit) or {}
        names = (self._needs.read | self._needs.write | asked.keys()) - {DESCRIPTION, "requester"}
        shown = {name: value_of(ticket, name) for name in sorted(names)}
        if DESCRIPTION in asked and said:
            shown[DESCRIPTION] = rich(said)
        return Outcome(
            id=str(ticket["id"]),
            version=version(ticket["updated_at"], response),
            shown=shown,
            # A write that changed nothing leaves no audit.
            history=str(audit["id"]) if audit.get("events") else None,
            files=tuple(str(file["id"]) for file in said.get("attachments") or ()),
            first_comment=str(said["id"]) if said else None,
        )

    def _refusal(self, response: requests.Response, id_: str | None) -> ItemError:
        """Say why Zendesk refused: a closed ticket takes nothing, else by the names of fields; never by its texts."""
        where = f"ticket {id_}" if id_ else "a new ticket"
        if id_ and self._is_closed(id_):
            return ClosedError(f"{where} is closed", where=self._http.tenant)
        if response.status_code == 403:
            return RefusedError(f"{where}: the account may not write to it", where=self._http.tenant)
        fields = _refused_fields(response)
        named = ", ".join(fields) or "no field named"
        return RefusedError(f"{where}: Zendesk refuses the write ({named})", where=self._http.tenant, fields=fields)

    def _is_closed(self, id_: str) -> bool:
        response = self._http.request("GET", f"/api/v2/tickets/{id_}.json", accept=(403, 404))
        return response.status_code == 200 and parsed(response)["ticket"]["status"] == "closed"

    def _fits(self, body: Json, what: str) -> None:
        length = self._markup.length(body)
        if length > MAX_COMMENT:
            raise TooLargeError(f"{what} has {length} bytes, {MAX_COMMENT} are the most", where=self._http.tenant)

    def _says_nothing(self, body: Json) -> bool:
        return is_empty(self._markup.parse(body).doc)


def _refused_fields(response: requests.Response) -> tuple[str, ...]:
    """Read field names out of a 422: the keys of its details, and the numbers of custom fields."""
    try:
        details = response.json().get("details")
    except (requests.exceptions.JSONDecodeError, AttributeError):
        return ()
    found: set[str] = set()
    for key, problems in details.items() if isinstance(details, dict) else ():
        numbers = (
            [p.get("ticket_field_id") for p in problems if isinstance(p, dict)] if isinstance(problems, list) else []
        )
        custom = {f"{CUSTOM}{number}" for number in numbers if number}
        found |= custom or {field_name(str(key))}
    return tuple(sorted(found))
