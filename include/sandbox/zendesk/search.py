# SPDX-License-Identifier: Apache-2.0
"""The search language, as far as integrations use it: `type:ticket status<solved tags:vip updated>2026-11-01 word`.

Words and phrases are found at the beginning of words. A property said twice with `:` means either, all else both.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from sandbox.zendesk.desk import Desk
from sandbox.zendesk.errors import ZendeskError
from sandbox.zendesk.records import BRAND_ID, GROUP_ID, PRIORITIES, STATUSES, Organization, Ticket, User
from sandbox.zendesk.shapes import brand_shape, group_shape
from sandbox.zendesk.values import EMPTY

Kind: TypeAlias = Literal["ticket", "user", "organization", "group"]
KINDS: tuple[Kind, ...] = ("ticket", "user", "organization", "group")

_TERM = re.compile(
    r'(?P<minus>-)?(?:(?P<key>[a-zA-Z_0-9]+)(?P<op>[<>]=?|:[<>]?)(?P<value>"[^"]*"|[^\s"]+)|(?P<word>"[^"]*"|\S+))'
)
_SORTS = ("order_by", "sort")
_ORDERED: Mapping[str, tuple[str, ...]] = {"status": STATUSES, "priority": PRIORITIES}
_AGO = re.compile(r"(\d+)\s*(minute|hour|day|week|month|year)s?")
_DAYS = {"week": 7, "month": 30, "year": 365}
_NAMES = {
    "ticket_type": "type",
    "requester": "requester_id",
    "submitter": "submitter_id",
    "assignee": "assignee_id",
    "organization": "organization_id",
    "group": "group_id",
    "brand": "brand_id",
    "form": "ticket_form_id",
    "cc": "email_cc_ids",
    "created_at": "created",
    "updated_at": "updated",
}
_TIMES = ("created", "updated", "due_date")
_TEXTS = ("subject", "description", "name", "notes", "details")


@dataclass(frozen=True)
class _Term:
    key: str | None
    """None: a word or a phrase, wherever it stands."""
    op: str
    wanted: str
    minus: bool


@dataclass(frozen=True)
class _Held:
    """A record as search looks at it: what it holds by property, and the texts in which words are found."""

    values: Mapping[str, Any]
    texts: tuple[str, ...]


def kinds_of(query: str) -> tuple[Kind, ...]:
    """Which kinds of records `type:` asks for: all where it is not said."""
    said = {term.wanted for term in _terms(query, types=True)}
    return tuple(kind for kind in KINDS if kind in said) if said else KINDS


def order_of(query: str) -> tuple[str | None, str | None]:
    """What `order_by:` and `sort:` say."""
    said = {match["key"]: match["value"].strip('"') for match in _TERM.finditer(query) if match["key"] in _SORTS}
    return said.get("order_by"), said.get("sort")


def found_tickets(desk: Desk, user: User, query: str) -> list[Ticket]:
    """Tickets whose indexed state fits, as they are now, by id. Raises: ZendeskError (422) for what it cannot read."""
    fits = _fitting(desk, user, query)
    indexed = [ticket for ticket in desk.searchable() if fits(_ticket(ticket))]
    return [desk.tickets[t.id] for t in indexed if desk.sees(user, desk.tickets[t.id])]


def found_users(desk: Desk, user: User, query: str) -> list[User]:
    """People are indexed at once. Raises: ZendeskError (422)."""
    fits = _fitting(desk, user, query)
    return [one for one in desk.users.values() if fits(_user(one))]


def found_organizations(desk: Desk, user: User, query: str) -> list[Organization]:
    """Raises: ZendeskError (422)."""
    fits = _fitting(desk, user, query)
    return [one for one in desk.organizations.values() if fits(_organization(one))]


def found_groups(desk: Desk, user: User, query: str) -> list[dict[str, Any]]:
    """The one group, if it fits, as it is shown. Raises: ZendeskError (422)."""
    shown, fits = group_shape(desk), _fitting(desk, user, query)
    held = _Held({"name": shown["name"], "created": desk.started_at, "updated": desk.started_at}, (shown["name"],))
    return [shown] if fits(held) else []


def _ticket(ticket: Ticket) -> _Held:
    said = [comment.plain_body for comment in ticket.comments]
    values = {
        **ticket.values,
        **{f"custom_field_{number}": value for number, value in ticket.custom.items()},
        "created": ticket.created_at,
        "updated": ticket.updated_at,
        "due_date": _due(ticket.values.get("due_at")),
        "description": ticket.description,
        "fieldvalue": [value for value in ticket.custom.values() if value is not None],
        "via": ticket.via["channel"],
        "submitter_id": ticket.submitter_id,
        "commenter": [comment.author_id for comment in ticket.comments],
        "has_attachment": str(any(comment.attachments for comment in ticket.comments)).lower(),
        "brand_id": BRAND_ID,
    }
    return _Held(values, (str(ticket.id), str(ticket.values["subject"] or ""), *said))


def _user(user: User) -> _Held:
    values = {name: getattr(user, name) for name in ("email", "name", "role", "external_id", "phone", "notes")} | {
        "details": user.details,
        "tags": user.tags,
        "organization_id": user.organization_id,
        "group_id": None if user.role == "end-user" else GROUP_ID,
        "created": user.created_at,
        "updated": user.updated_at,
        "is_suspended": str(user.suspended).lower(),
        "is_verified": str(user.verified).lower(),
    }
    texts = (user.email, user.name, user.role, user.external_id, user.notes, user.details)
    return _Held(values, tuple(text or "" for text in texts))


def _organization(one: Organization) -> _Held:
    values = {name: getattr(one, name) for name in ("name", "external_id", "notes", "details", "tags")}
    beside = {"created": one.created_at, "updated": one.updated_at}
    return _Held(values | beside, (one.name, one.notes or "", one.details or ""))


def _terms(query: str, *, types: bool = False) -> list[_Term]:
    found = []
    for match in _TERM.finditer(query):
        key = match["key"].lower() if match["key"] else None
        if key in _SORTS or (key == "type") is not types:
            continue
        op = (match["op"] or ":").removeprefix(":") or ":"
        key = _NAMES.get(key, key) if key else None
        found.append(_Term(key, op, (match["value"] or match["word"]).strip('"'), bool(match["minus"])))
    return found


def _fitting(desk: Desk, user: User, query: str) -> Callable[[_Held], bool]:
    """Make a test of a query. Raises: ZendeskError (422) for a property that no kind of record has, or a bad time."""
    every: list[_Term] = []
    either: dict[str, list[_Term]] = {}
    for term in _terms(query):
        if term.key is not None and not _known(term.key):
            text = f"Invalid search: {term.key} is not a search keyword"
            raise ZendeskError(422, {"error": "invalid", "description": text})
        if term.key in _TIMES and term.wanted not in ("*", "none"):
            _time(term.wanted, desk)
        if term.key is not None and term.op == ":" and not term.minus:
            either.setdefault(term.key, []).append(term)
        else:
            every.append(term)

    def fits(held: _Held) -> bool:
        return all(_fits(desk, user, held, term) is not term.minus for term in every) and all(
            any(_fits(desk, user, held, term) for term in terms) for terms in either.values()
        )

    return fits


def _known(key: str) -> bool:
    return key in _KEYS or key.startswith("custom_field_")


_KEYS = (
    frozenset(EMPTY)
    | frozenset({"description", "fieldvalue", "via", "commenter", "has_attachment", "submitter_id"})
    | frozenset({"due_date", "created", "updated", "name", "email", "role", "phone", "notes", "details"})
    | frozenset({"is_suspended", "is_verified"})
)
"""All properties that may be asked for, of whatever kind of records."""


def _fits(desk: Desk, user: User, held: _Held, term: _Term) -> bool:
    if term.key is None:
        return any(_begins(text, term.wanted) for text in held.texts)
    value = held.values.get(term.key)
    if term.wanted == "*":
        return value not in (None, "", [], ())
    if term.wanted == "none":
        return value in (None, "", [], ())
    if value is None:
        return False
    if term.key in _TIMES:
        return _at(float(value), term, desk)
    if order := _ORDERED.get(term.key):
        return term.wanted in order and _compares(order.index(value), order.index(term.wanted), term.op)
    if term.key in _TEXTS:
        return _begins(str(value), term.wanted)
    wanted = {str(user.id)} if term.wanted == "me" else {one.lower() for one in term.wanted.split(",")}
    values = value if isinstance(value, list | tuple) else (value,)
    return any(wanted & _called(desk, term.key, one) for one in values)


def _called(desk: Desk, key: str, value: Any) -> set[str]:
    """Return the words by which a value is asked for, in lower case: its id, and names where it has them."""
    names: Iterable[str | None] = ()
    match key:
        case "organization_id":
            found = desk.organizations.get(value)
            names = (found.name,) if found else ()
        case "group_id":
            names = (group_shape(desk)["name"],)
        case "brand_id":
            names = (brand_shape(desk)["name"],)
        case "requester_id" | "submitter_id" | "assignee_id" | "commenter" | "email_cc_ids":
            person = desk.users.get(value)
            names = (person.email, person.name) if person else ()
    return {str(value).lower(), *(name.lower() for name in names if name)}


def _begins(text: str, wanted: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(wanted.rstrip('*'))}", text, re.IGNORECASE) is not None


def _at(value: float, term: _Term, desk: Desk) -> bool:
    wanted = _time(term.wanted, desk)
    if term.op == ":" and "T" not in term.wanted and not _AGO.fullmatch(term.wanted):
        return wanted <= value < wanted + 86_400
    return _compares(int(value), wanted, term.op)


def _time(text: str, desk: Desk) -> int:
    """Read a day, an instant, or how long ago: `4hours`. Raises: ZendeskError (422)."""
    if ago := _AGO.fullmatch(text):
        number, unit = int(ago[1]), ago[2]
        days = _DAYS.get(unit)
        span = timedelta(days=number * days) if days else timedelta(**{f"{unit}s": number})
        return int(desk.now() - span.total_seconds())
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ZendeskError(422, {"error": "invalid", "description": f"Invalid search: {text} is no time"}) from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _due(text: Any) -> float | None:
    return datetime.fromisoformat(str(text)).timestamp() if text else None


def _compares(value: int, wanted: int, op: str) -> bool:
    return {
        ":": value == wanted,
        "<": value < wanted,
        ">": value > wanted,
        "<=": value <= wanted,
        ">=": value >= wanted,
    }[op]
