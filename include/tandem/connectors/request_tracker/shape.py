# SPDX-License-Identifier: Apache-2.0
"""Request Tracker's records as ours, and back: names, values, versions, and where a mark is carried.

Native fields have the names that Request Tracker gives them: ``Subject``, ``Status``, ``CF.{Order number}``. The first
message of a ticket is ``Content``. Accounts are known by their names, as they stand in every answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from tandem.connectors.base import Author
from tandem.core.values import Json

Raw = Mapping[str, Any]

API = "/REST/2.0"
DESCRIPTION = "Content"  # the first message, which nobody can change
MARK_FIELD = "Tandem"  # custom field that names the write under way
PARAMETER = "tandem"  # parameter of a message's Content-Type that carries our mark
SUBJECT_LONGEST = 200  # characters that the column holds; PostgreSQL and MySQL cut what is beyond, SQLite does not
NEVER = "1970-01-01T00:00:00Z"  # how an empty date is told and written
ITSELF = "RT_System"  # the account behind everything that Request Tracker does by itself
NOBODY = "Nobody"  # the owner of a ticket that has none
DATES = frozenset({"Due", "Starts", "Started", "Told", "Resolved"})
TIMES = frozenset({"Created", "LastUpdated"})
NUMBERS = frozenset({"Priority", "TimeWorked", "TimeEstimated", "TimeLeft"})
WRITABLE = frozenset({"Subject", "Status", "Priority", "Owner", "Queue", "Due", "Starts", "Requestor"})
PEOPLE = ("Owner", "Requestor", "Creator")
# Lists of people, by our names → Request Tracker's roles. The first of its requestors is also told alone.
ROLES: Mapping[str, str] = {"Requestors": "Requestor", "Cc": "Cc", "AdminCc": "AdminCc"}
WRITABLE |= NUMBERS | {DESCRIPTION} | ROLES.keys()
_CUSTOM = re.compile(r"CF\.\{(.+)\}")


def custom(name: str) -> str:
    """Our name for a custom field, which is also that of Request Tracker's own searches."""
    return f"CF.{{{name}}}"


def custom_name(field: str) -> str | None:
    """The name of a custom field, if a native field is one."""
    found = _CUSTOM.fullmatch(field)
    return found[1] if found else None


def moment(text: str) -> datetime:
    """Read a time: UTC, whole seconds."""
    return datetime.fromisoformat(text).astimezone(UTC)


def version(transaction: object) -> str:
    """Make a version of the number of a ticket's newest transaction, which is also its ETag."""
    return f"{int(str(transaction)):012d}"


def etag(seen: str) -> str:
    """The ETag of a version."""
    return f'"{int(seen)}"'


def flat_date(value: object) -> Json:
    """Read a date; one that is not set is told as the year 1970, or as nothing at all in histories."""
    text = str(value or "").strip()
    if not text or text.startswith("1970-01-01"):
        return None
    return text if text.endswith("Z") else f"{text.replace(' ', 'T')}Z"


def name_of(value: object) -> str:
    """The name or number behind a reference to another record."""
    return str(value.get("id") or "") if isinstance(value, Mapping) else str(value or "")


def own_value(ticket: Raw, field: str) -> Json:
    """Read one of Request Tracker's own fields of a ticket."""
    value = ticket.get(field)
    if field == "Requestor":
        return next(iter(holders(ticket, field)), None)
    if field in ROLES:
        return sorted(holders(ticket, ROLES[field])) or None  # type: ignore[return-value]
    if field == "Owner":
        return _owner(name_of(value))
    if field in DATES | TIMES:
        return flat_date(value)
    return name_of(value) or None


def holders(ticket: Raw, role: str) -> list[str]:
    """Who has a role on a ticket, by names, in the order in which they got it."""
    value = ticket.get(role)
    people = [name_of(one) for one in value] if isinstance(value, list) else [name_of(value)]
    return [one for one in people if one]


def _owner(name: str) -> Json:
    return None if name in ("", NOBODY) else name


def told_value(field: str, value: object, names: Mapping[str, Author]) -> Json:
    """Read a value as a transaction tells it: accounts by their numbers, times without a zone (they are UTC)."""
    text = str(value or "")
    if field == "Owner":
        known = names.get(text)
        return _owner(known.id if known else text)
    if field in DATES:
        return flat_date(text)
    return text or None


def content_type(base: str, mark: str) -> str:
    """Write a message's type with our mark as a parameter: kept with the message, and seen by nobody."""
    return f'{base}; {PARAMETER}="{mark}"'


def headers(text: object) -> Message:
    """Read the headers of a part of a message."""
    return HeaderParser().parsestr(str(text or "").strip() + "\n\n")


def mark_in(part: Message) -> str | None:
    """The mark in a part's Content-Type."""
    found = part.get_param(PARAMETER)
    return found if isinstance(found, str) and found else None
