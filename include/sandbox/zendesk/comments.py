# SPDX-License-Identifier: Apache-2.0
"""Comments: made once, never edited; only made private or blacked out."""

import html
import re
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.records import Attachment, Audit, Comment, Ticket, User
from sandbox.zendesk.text import html_from_html, html_from_text, redacted, text_from_html


def checked_body(desk: Desk, body: dict[str, Any], field: str = "comment") -> tuple[str, str]:
    """HTML and text of what is to be said. Raises: ZendeskError (422)."""
    html_body, text = body.get("html_body"), body.get("body")
    if html_body:
        source = html_from_html(str(html_body))
        plain = text_from_html(source)
    else:
        plain = str(text or "").replace("\r\n", "\n").strip()
        source = html_from_text(plain)
    if not plain and "<img" not in source:
        raise errors.invalid(field, "cannot be blank", "BlankValue")
    if len(str(html_body or text).encode()) > desk.settings.comment_limit:
        raise errors.invalid(field, f"is too long (maximum is {desk.settings.comment_limit} bytes)", "ValueTooLong")
    return source, plain


def checked_author(desk: Desk, author_id: Any, otherwise: int) -> int:
    """Raises: ZendeskError (422) if there is no such user."""
    if author_id is None:
        return otherwise
    if not isinstance(author_id, int) or author_id not in desk.users:
        raise errors.invalid("author", "is invalid", "InvalidValue")
    return author_id


def add_comment(
    desk: Desk, ticket: Ticket, audit: Audit, said: tuple[str, str], author: int, public: bool, files: list[Attachment]
) -> Comment:
    """Appends it, with its event in the audit."""
    source, plain = said
    for file in files:
        file.inline = file.token in source
    comment = Comment(
        id=desk.new_id(),
        audit_id=audit.id,
        author_id=author,
        html_body=source,
        plain_body=plain,
        public=public,
        created_at=audit.created_at,
        attachments=files,
        via=audit.via,
        metadata=audit.metadata,
    )
    ticket.comments = [*ticket.comments, comment]
    ticket.is_public = ticket.is_public or public
    audit.events.append(comment)
    return comment


def comment_of(ticket: Ticket, number: int) -> Comment:
    """Raises: ZendeskError (404)."""
    found = next((comment for comment in ticket.comments if comment.id == number), None)
    if found is None:
        raise errors.not_found()
    return found


def _event(desk: Desk, user: User, ticket: Ticket, event: dict[str, Any]) -> None:
    metadata: dict[str, Any] = {"system": {}, "custom": {}}
    via = {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}
    audit = Audit(desk.new_id(), ticket.id, desk.now(), user.id, via, metadata)
    audit.events.append({"id": desk.new_id(), **event})
    ticket.audits = [*ticket.audits, audit]
    desk.touch(ticket)


def make_private(desk: Desk, user: User, ticket: Ticket, comment: Comment) -> None:
    """There is no way back."""
    if comment.public:
        comment.public = False
        ticket.is_public = any(c.public for c in ticket.comments)
        event = {"type": "CommentPrivacyChange", "comment_id": comment.id, "public": False}
        _event(desk, user, ticket, event)


def redact(desk: Desk, user: User, ticket: Ticket, comment: Comment, text: str) -> None:
    """Blacks out a string wherever it stands in the comment, for good."""
    if not text or text not in comment.plain_body:
        raise errors.invalid("text", "not found in the comment")
    comment.plain_body = comment.plain_body.replace(text, redacted(text))
    comment.html_body = comment.html_body.replace(html.escape(text, quote=False), redacted(text))
    _redacted(desk, user, ticket, comment)


def redact_marked(desk: Desk, user: User, ticket: Ticket, comment: Comment, marked: str) -> None:
    """The newer way: the body comes in with `<redact>` around what is to go."""
    for part in re.findall(r"<redact>(.*?)</redact>", marked, re.DOTALL):
        text = text_from_html(part)
        comment.plain_body = comment.plain_body.replace(text, redacted(text))
        comment.html_body = comment.html_body.replace(part, redacted(text))
    _redacted(desk, user, ticket, comment)


def redact_file(desk: Desk, user: User, ticket: Ticket, comment: Comment, number: int) -> Attachment:
    """The file's content goes for good; a note of its name stays. Raises: ZendeskError (404)."""
    file = next((file for file in comment.attachments if file.id == number and not file.redacted), None)
    if file is None:
        raise errors.not_found()
    file.redacted, file.content = True, b""
    event = {"type": "AttachmentRedactionEvent", "attachment_id": file.id, "comment_id": comment.id}
    _event(desk, user, ticket, event)
    return file


def _redacted(desk: Desk, user: User, ticket: Ticket, comment: Comment) -> None:
    if comment is ticket.comments[0]:
        ticket.description = comment.plain_body
    _event(desk, user, ticket, {"type": "CommentRedactionEvent", "comment_id": comment.id})
