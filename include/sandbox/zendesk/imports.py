# SPDX-License-Identifier: Apache-2.0
"""Imported tickets: with times and texts of their own, without rules, mails and metrics."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.records import Ticket, User
from sandbox.zendesk.tickets import add_silently, create_ticket


def import_ticket(desk: Desk, user: User, body: Mapping[str, Any]) -> Ticket:
    """The first of `comments` is the description; each may say its author, time and whether it is public.

    Raises: ZendeskError (422).
    """
    listed = body.get("comments") or ([{"value": body["description"]}] if body.get("description") else [])
    said = [_comment(one) for one in listed if isinstance(one, Mapping)]
    if not said:
        raise errors.invalid("comments", "cannot be blank", "BlankValue")
    times = [_time(one.get("created_at")) for one in said]
    rest = {name: value for name, value in body.items() if name not in ("comments", "description", "metadata")}
    ticket = create_ticket(desk, user, {**rest, "comment": said[0]}, rules=False)
    ticket.imported = True
    for further in said[1:]:
        add_silently(desk, user, ticket, further)
    for comment, at in zip(ticket.comments, times, strict=True):
        comment.created_at = at or comment.created_at
    ticket.created_at = _time(body.get("created_at")) or ticket.created_at
    ticket.updated_at = _time(body.get("updated_at")) or ticket.updated_at
    return ticket


def _comment(said: Mapping[str, Any]) -> dict[str, Any]:
    """`value` is the older name of `body`."""
    return {"body": said.get("value"), **said}


def _time(text: Any) -> float | None:
    """Raises: ZendeskError (422)."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        raise errors.invalid("created_at", "is not a time", "InvalidValue") from None
