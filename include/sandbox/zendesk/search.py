# SPDX-License-Identifier: Apache-2.0
"""The search language, as far as integrations use it: `type:ticket status<solved tags:vip updated>2026-11-01 word`."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.zendesk.desk import Desk
from sandbox.zendesk.errors import ZendeskError
from sandbox.zendesk.records import PRIORITIES, STATUSES, Ticket, User

_TERM = re.compile(r'(?P<minus>-)?(?:(?P<key>[a-z_0-9]+)(?P<op>[:<>]=?)(?P<value>"[^"]*"|\S+)|(?P<word>"[^"]*"|\S+))')
_ORDERED = {"status": STATUSES, "priority": PRIORITIES}
_TIMES: dict[str, Callable[[Ticket], float]] = {
    "created": lambda t: t.created_at,
    "created_at": lambda t: t.created_at,
    "updated": lambda t: t.updated_at,
    "updated_at": lambda t: t.updated_at,
}
_NAMES = {"ticket_type": "type", "requester": "requester_id", "assignee": "assignee_id", "form": "ticket_form_id"}


def found_tickets(desk: Desk, user: User, query: str) -> list[Ticket]:
    """Tickets whose indexed state fits, as they are now, by id. Raises: ZendeskError (422) for what it cannot read."""
    terms = [match for match in _TERM.finditer(query) if match["key"] not in ("type", "order_by", "sort")]
    indexed = [ticket for ticket in desk.searchable() if all(_fits(desk, ticket, term) for term in terms)]
    return [desk.tickets[t.id] for t in indexed if desk.sees(user, desk.tickets[t.id])]


def kind_of(query: str) -> str | None:
    """What `type:` asks for."""
    match = re.search(r"(?:^|\s)type:(\w+)", query)
    return match[1] if match else None


def found_users(desk: Desk, query: str) -> list[User]:
    """By e-mail, name or external id; people are indexed at once."""
    wanted = [
        (m["key"], (m["value"] or m["word"]).strip('"').lower()) for m in _TERM.finditer(query) if m["key"] != "type"
    ]

    def fits(user: User) -> bool:
        texts = {"email": user.email, "name": user.name, "role": user.role, "external_id": user.external_id}
        return all(
            (texts.get(key) or "").lower() == value
            if key
            else any(value in (text or "").lower() for text in texts.values())
            for key, value in wanted
        )

    return [user for user in desk.users.values() if fits(user)]


def _fits(desk: Desk, ticket: Ticket, term: re.Match[str]) -> bool:
    if term["word"] is not None:
        text = " ".join([str(ticket.values["subject"] or ""), *(c.plain_body for c in ticket.comments)])
        hit = term["word"].strip('"').lower() in text.lower()
    else:
        hit = _compares(desk, ticket, term["key"], term["op"], term["value"].strip('"'))
    return hit != bool(term["minus"])


def _compares(desk: Desk, ticket: Ticket, key: str, op: str, wanted: str) -> bool:
    name = _NAMES.get(key, key)
    if name in _TIMES:
        return _ordered(int(_TIMES[name](ticket)), _time(wanted), op)
    if name in _ORDERED:
        order, value = _ORDERED[name], ticket.values[name]
        if wanted not in order or value is None:
            return op == ":" and wanted == "none" and value is None
        return _ordered(order.index(value), order.index(wanted), op)
    if name == "tags":
        return bool(set(wanted.split(",")) & set(ticket.values["tags"]))
    field = re.fullmatch(r"custom_field_(\d+)", name)
    if field or name == "fieldvalue":
        values = [ticket.custom.get(int(field[1]))] if field else list(ticket.custom.values())
        return wanted in [str(value) for value in values if value is not None]
    if name not in ticket.values and name != "via":
        raise ZendeskError(422, {"error": "invalid", "description": f"Invalid search: {key} is not a search keyword"})
    value = ticket.via["channel"] if name == "via" else ticket.values[name]
    return _same(desk, value, wanted)


def _same(desk: Desk, value: Any, wanted: str) -> bool:
    if value is None or wanted == "none":
        return value is None and wanted == "none"
    user = desk.users.get(value) if isinstance(value, int) else None
    names = {str(value).lower()} | ({(user.email or "").lower(), user.name.lower()} if user else set())
    return wanted.lower() in names


def _time(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00").timestamp())
    except ValueError:
        raise ZendeskError(422, {"error": "invalid", "description": f"Invalid search: {text} is no time"}) from None


def _ordered(value: int, wanted: int, op: str) -> bool:
    return {
        ":": value == wanted,
        "<": value < wanted,
        ">": value > wanted,
        "<=": value <= wanted,
        ">=": value >= wanted,
    }[op]
