# SPDX-License-Identifier: Apache-2.0
"""Comments of ours that are taken back: hidden from the customer, their words blacked out, their files removed.

Zendesk cannot edit a comment. What it blacks out is gone for good, in closed tickets too; to do it again is harmless.
Of a closed ticket a file goes by another way than of an open one; and whether a comment of it can be hidden Zendesk
does not say: with all its words blacked out it need not be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from tandem.connectors.base import Outcome, Redaction
from tandem.connectors.zendesk.audits import read_audits
from tandem.connectors.zendesk.shape import Raw, rich
from tandem.errors import GoneError
from tandem.http import Http

BLACK = "▇"  # what Zendesk puts in the place of each character
_TEXT = re.compile(r"(<[^>]*>)|([^<]+)")


def redact(http: Http, forget: Callable[[str], None], change: Redaction) -> Outcome:
    """Take a comment back, or files alone.

    The first comment stays public: without it the ticket would have no public description, and leave the scope.

    Raises:
        GoneError: the ticket or the comment is not there.
    """
    forget(change.id)
    audits = read_audits(http, change.id)
    if audits is None:
        raise GoneError(f"ticket {change.id} is not there", where=http.tenant)
    said = [event for _, event in audits.comments()]
    if change.comment is None:
        for event in said:
            _black_out_files(http, change.id, event, audits.files_blacked_out, only=change.files)
        return Outcome()
    found = [event for event in said if str(event["id"]) == change.comment]
    if not found:
        raise GoneError(f"ticket {change.id}: the comment is not there", where=http.tenant)
    event = found[0]
    if audits.is_public(event) and event is not audits.first:
        path = f"/api/v2/tickets/{change.id}/comments/{change.comment}/make_private.json"
        http.request("PUT", path, ticket=change.id, accept=(422,))
    body = rich(event)
    if _words(body):
        _black_out(http, change.id, event, html_body=marked(body))
    _black_out_files(http, change.id, event, audits.files_blacked_out)
    return Outcome(id=change.comment)


def _black_out(http: Http, ticket: str, event: Raw, **what: Any) -> None:
    path = f"/api/v2/comment_redactions/{event['id']}.json"
    http.request("PUT", path, json={"ticket_id": int(ticket), **what}, ticket=ticket)


def _black_out_files(
    http: Http, ticket: str, event: Raw, gone: Collection[str], only: Collection[str] | None = None
) -> None:
    for file in event.get("attachments") or ():
        id_ = str(file["id"])
        if id_ in gone or (only is not None and id_ not in only):
            continue
        path = f"/api/v2/tickets/{ticket}/comments/{event['id']}/attachments/{id_}/redact.json"
        answer = http.request("PUT", path, json={}, ticket=ticket, accept=(404, 422))
        if answer.status_code == 422:  # the ticket is closed
            _black_out(http, ticket, event, external_attachment_urls=[file["content_url"]])


def marked(body: str) -> str:
    """Mark all words of a text for redaction, and the links and pictures in it."""

    def mark(piece: re.Match[str]) -> str:
        tag, text = piece.groups()
        if tag is None:
            return f"<redact>{text}</redact>" if _words(text) else str(text)
        return re.sub(r"^<(a|img)\b(.*?)(\s*/?)>$", r"<\1\2 redact\3>", tag, flags=re.DOTALL | re.IGNORECASE)

    return _TEXT.sub(mark, body)


def _words(body: str) -> str:
    """What a text still says to a reader."""
    return re.sub(rf"<[^>]*>|&nbsp;|[\s{BLACK}]", "", body)
