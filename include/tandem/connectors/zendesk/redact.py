# SPDX-License-Identifier: Apache-2.0
"""Comments of ours that are taken back: hidden from the customer, their words blacked out, their files removed.

Zendesk cannot edit a comment. What it blacks out is gone for good, in closed tickets too; to do it again is harmless.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tandem.connectors.base import Outcome, Redaction
from tandem.connectors.zendesk.audits import read_audits
from tandem.connectors.zendesk.shape import rich
from tandem.errors import GoneError
from tandem.http import Http

BLACK = "▇"  # what Zendesk puts in the place of each character
_TEXT = re.compile(r"(<[^>]*>)|([^<]+)")


def redact(http: Http, forget: Callable[[str], None], change: Redaction) -> Outcome:
    """Take a comment back.

    Raises:
        GoneError: the ticket or the comment is not there.
    """
    forget(change.id)
    audits = read_audits(http, change.id)
    found = [event for _, event in audits.comments() if str(event["id"]) == change.comment] if audits else []
    if audits is None or not found:
        raise GoneError(f"ticket {change.id}: the comment is not there", where=http.tenant)
    event = found[0]
    base = f"/api/v2/tickets/{change.id}/comments/{change.comment}"
    if audits.is_public(event):
        http.request("PUT", f"{base}/make_private.json", ticket=change.id)
    body = rich(event)
    if _words(body):
        path = f"/api/v2/comment_redactions/{change.comment}.json"
        http.request("PUT", path, json={"ticket_id": int(change.id), "html_body": marked(body)}, ticket=change.id)
    for file in event.get("attachments") or ():
        path = f"{base}/attachments/{file['id']}/redact.json"
        http.request("PUT", path, json={}, ticket=change.id, accept=(404,))  # one that is gone already
    return Outcome(id=change.comment)


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
