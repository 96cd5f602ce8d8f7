# SPDX-License-Identifier: Apache-2.0
"""Zendesk's records as ours, and back: names, values, versions, text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote

import requests

from tandem.budgets import answered_at
from tandem.connectors.base import Author
from tandem.core.values import Json, canonical
from tandem.errors import RefusedError, UnknownOutcomeError

Raw = Mapping[str, Any]

DESCRIPTION = "description"
MARK = "tandem"  # key in the metadata of an audit, where Zendesk keeps what the writer says about a write
CUSTOM = "custom_field_"
WRITABLE = frozenset(
    {
        *("subject", DESCRIPTION, "status", "priority", "type", "tags", "due_at", "requester", "requester_id"),
        *("assignee_id", "group_id", "brand_id", "organization_id", "ticket_form_id"),
    }
)
PEOPLE = ("assignee_id", "requester_id", "submitter_id")
ITSELF = Author("-1", "Zendesk")  # the author of what Zendesk does by itself


def moment(text: str) -> datetime:
    """Read one of Zendesk's times: UTC, whole seconds."""
    return datetime.fromisoformat(text).astimezone(UTC)


OPEN, LISTED = "?", "@"  # end a version whose second is not over, as read by id and as listed


def version(updated_at: str, response: requests.Response) -> str:
    """Make a version of ``updated_at``, whose stamp has whole seconds.

    A version read while its second was not over ends in ``?``, which sorts before the ``Z`` of the final one: so the
    ticket is read once more, and a second edit within that second is seen.
    """
    answered = answered_at(response)
    if answered is not None:
        # The state was read between sending and answering: the earliest moment counts.
        read = answered.timestamp() - response.elapsed.total_seconds()
        if read >= moment(updated_at).timestamp() + 1:
            return updated_at
    return updated_at.removesuffix("Z") + OPEN


def listed_version(updated_at: str, response: requests.Response) -> str:
    """The version of a ticket as a listing names it.

    A listing stands still after it named a ticket. While it cannot know that the second was over, it says so by ``@``,
    which sorts behind every ``?`` that was read in that second: so the ticket is read once more.
    """
    return version(updated_at, response).replace(OPEN, LISTED)


def stamp(seen: str) -> str:
    """The ``updated_stamp`` of a version."""
    return seen.rstrip(f"Z{OPEN}{LISTED}") + "Z"


def as_tag(word: str) -> str:
    """Write a word as Zendesk keeps it as a tag: in small letters, and without spaces."""
    return "_".join(word.lower().split())


def flat(value: Any) -> Json:
    """Give a value its one flat form: texts, sorted lists of texts, none for empty."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return sorted(str(item) for item in value)  # type: ignore[return-value]
    return canonical(value) if isinstance(value, dict) else str(value)


def value_of(ticket: Raw, name: str) -> Json:
    """Read a field of a ticket under our name for it."""
    if name.startswith(CUSTOM):
        number = name.removeprefix(CUSTOM)
        listed = ticket.get("custom_fields") or ()
        return flat(next((field["value"] for field in listed if str(field["id"]) == number), None))
    return flat(ticket.get(name))


def field_name(audited: str) -> str:
    """Our name for a field that an audit names: custom ones by number alone."""
    return CUSTOM + audited if audited.isdigit() else audited


def audited_value(name: str, value: Any) -> Json:
    """Read a value of an audit; older ones write tags as one text."""
    if name == "tags" and isinstance(value, str):
        value = value.split()
    return flat(value)


def mark_of(audit: Raw) -> str | None:
    """The mark that we gave to the write behind an audit."""
    custom = (audit.get("metadata") or {}).get("custom")
    mark = custom.get(MARK) if isinstance(custom, dict) else None
    return mark if isinstance(mark, str) else None


def rich(event: Raw) -> str:
    """A comment's HTML.

    Addresses of its own files, which open them for anyone, give way to ``attachment:<id>?name=<name>``.
    """
    html = event.get("html_body")
    text = html if isinstance(html, str) and html else f"<p>{escape(str(event.get('body') or ''))}</p>"
    for file in event.get("attachments") or ():
        for address in (file.get("content_url"), file.get("mapped_content_url")):
            if address:
                known = f"attachment:{file['id']}?name={quote(str(file['file_name']), safe='')}"
                text = text.replace(escape(address), known).replace(address, known)
    return text


def native(fields: Mapping[str, Json]) -> dict[str, Any]:
    """Write fields as the body of a ticket; empty ones are emptied. The description is not among them.

    Raises:
        RefusedError: a field that tickets do not have: Zendesk would pass over it in silence.
    """
    unknown = sorted(name for name in fields if name not in WRITABLE and not name.removeprefix(CUSTOM).isdigit())
    if unknown:
        raise RefusedError(f"Zendesk's tickets have no field {', '.join(unknown)} to write", fields=unknown)
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if name.startswith(CUSTOM):
            field = {"id": int(name.removeprefix(CUSTOM)), "value": value}
            body.setdefault("custom_fields", []).append(field)
        elif name == "requester":
            body[name] = value if isinstance(value, dict) else {"email": value, "name": str(value).partition("@")[0]}
        elif name == "tags":
            body[name] = value or []
        elif name.endswith("_id") and isinstance(value, str) and value.isdigit():
            body[name] = int(value)
        elif name != DESCRIPTION:
            body[name] = value
    return body


def part(body: Any, name: str) -> dict[str, Any]:
    """A named object of a write's answer.

    Raises:
        UnknownOutcomeError: the answer has none.
    """
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise UnknownOutcomeError(f"Zendesk's answer to a write has no {name}")
    return found


def comment_of(audit: Raw) -> dict[str, Any] | None:
    """The comment that an audit made, if it made one."""
    events = audit.get("events") or ()
    return next((event for event in events if event.get("type") == "Comment" and not by_rule(event)), None)


def by_rule(thing: Raw) -> bool:
    """Tell whether an audit or event says that a rule of Zendesk's did it."""
    via = thing.get("via")
    return isinstance(via, dict) and via.get("channel") == "rule"
