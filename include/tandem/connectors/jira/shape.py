# SPDX-License-Identifier: Apache-2.0
"""Jira's values: from its JSON (REST v3) to the protocol's flat form, from the changelog's strings, and back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tandem.connectors.base import Author
from tandem.core.values import Json, canonical, utc_text

MARK = "tandem"  # entity property of issues and comments, and key in the history's extra data
EDIT = "tandem.edit"  # entity property of comments: the last edit of ours
TEXT_LONGEST = 32_767  # of a rich text, in the unit of the codec's ``length``

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_INSTANTS = frozenset({"created", "updated", "resolutiondate", "statuscategorychangedate", "lastViewed"})
_CHOICES = frozenset({"option", "priority", "status", "resolution", "issuetype", "project", "securitylevel"})
_PARTS = {"string": "", "option": "id", "component": "id", "version": "id", "user": "accountId", "group": "name"}
_TEXTAREA = ":textarea"
_TWO = re.compile(r"(\d+)/(\d+)")
_LEVELS = re.compile(
    r"Parent values: (?P<name>.*?)\((?P<id>\d+)\)(?:Level 1 values: (?P<below>.*)\((?P<below_id>\d+)\))?", re.DOTALL
)
BELOW = " > "  # stands between the names of a choice and the one below it
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Form:
    """How a field's values look: ``kind`` as in ``FieldInfo``, ``by`` the key of a value that is an object."""

    kind: str
    by: str = ""
    name: str = ""  # key that takes the name people see, instead of ``by``
    many: bool = False
    child: bool = False  # a choice may have one below it: ``upper/lower``, by ids; by names ``Upper > Lower``
    stepwise: bool = False  # the changelog tells each element that came or went, never the whole set
    writable: bool = True


SYSTEM: Mapping[str, Form] = {
    "summary": Form("text"),
    "description": Form("rich"),
    "environment": Form("rich"),
    "issuetype": Form("choice", "id", "name"),
    "priority": Form("choice", "id", "name"),
    "status": Form("choice", "id", "name", writable=False),  # by transitions only
    "resolution": Form("choice", "id", "name"),
    "security": Form("choice", "id", "name"),
    "project": Form("choice", "id", "key"),
    "assignee": Form("person", "accountId"),
    "reporter": Form("person", "accountId"),
    "creator": Form("person", "accountId", writable=False),
    "labels": Form("set", many=True),
    "components": Form("set", "id", "name", many=True, stepwise=True),
    "fixVersions": Form("set", "id", "name", many=True, stepwise=True),
    "versions": Form("set", "id", "name", many=True, stepwise=True),
    "duedate": Form("date"),
    "created": Form("datetime", writable=False),
    "updated": Form("datetime", writable=False),
    "resolutiondate": Form("datetime", writable=False),
}


def form(schema: Mapping[str, Any]) -> Form:
    """Read a field's form from its ``schema`` in ``GET /rest/api/3/field``; one of an unknown type is not written."""
    kind, custom = schema.get("type"), str(schema.get("custom", ""))
    if kind == "string":
        return Form("rich" if custom.endswith(_TEXTAREA) else "text")
    if kind in ("number", "date", "datetime"):
        return Form(str(kind))
    if kind == "user":
        return Form("person", "accountId")
    if kind in _CHOICES:
        return Form("choice", "id", "value" if kind == "option" else "name")
    if kind == "option-with-child":
        return Form("choice", "id", "value", child=True)
    if kind == "array" and schema.get("items") in _PARTS:
        part = str(schema["items"])
        return Form("set", _PARTS[part], "value" if part == "option" else "name", many=True)
    return Form("text", writable=False)


def instant(value: Any) -> datetime:
    """Read a time: Jira writes milliseconds and an offset without colon; ``changelog/bulkfetch`` also epochs.

    The published example of bulk changelogs has seconds since 1970; later answers may have milliseconds.
    """
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def told_at(thing: Mapping[str, Any], *names: str) -> datetime:
    """Read the first of these times that a thing tells. What is undated is older than all else: 1970."""
    for name in names:
        try:
            return instant(thing[name])
        except (KeyError, ValueError, OverflowError):
            continue
    return _EPOCH


def stamp(value: Any) -> str:
    """Write one of Jira's times as UTC text with milliseconds."""
    return utc_text(instant(value))


def author(user: Any) -> Author:
    """Read an account; its address is often hidden. Nobody (an anonymous change) has the empty id.

    An account without its id, as older answers tell of it, goes by its key or name.
    """
    if not isinstance(user, Mapping):
        return Author("", "")
    number = next((str(user[key]) for key in ("accountId", "key", "name") if user.get(key)), "")
    return Author(number, str(user.get("displayName") or ""), user.get("emailAddress") or None)


def flat(name: str, value: Any) -> Json:
    """Give a field's value in the protocol's one form."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, list):
        return sorted(str(flat(name, item)) for item in value if item is not None)  # type: ignore[return-value]
    if isinstance(value, Mapping):
        return _flat_object(value)
    if isinstance(value, str) and (name in _INSTANTS or name.startswith("customfield_")):
        return _stamped(value) or value
    return value if isinstance(value, bool | int | float | str) else str(value)


def _stamped(text: str) -> str | None:
    """Write a time as :func:`stamp` does; none for a text that is no time, whatever it looks like."""
    if not _STAMP.fullmatch(text):
        return None
    try:
        return stamp(text)
    except (ValueError, OverflowError):
        return None


def _flat_object(value: Mapping[str, Any]) -> Json:
    if value.get("type") == "doc":
        return dict(value)
    if isinstance(value.get("child"), Mapping):  # a cascading choice
        return f"{value.get('id')}/{value['child'].get('id')}"
    for key in ("accountId", "id", "key", "value", "name"):
        if value.get(key) is not None:
            return str(value[key])
    return canonical(dict(value))


def people(value: Any) -> dict[str, Author]:
    """List the accounts that a field's value names, by id."""
    found = value if isinstance(value, list) else [value]
    return {user["accountId"]: author(user) for user in found if isinstance(user, Mapping) and user.get("accountId")}


def told(item: Mapping[str, Any], end: str, shape: Form) -> Json:
    """Read one end (``from`` or ``to``) of a change in the changelog, as far as it is told there.

    Rich text stands there as wiki markup and some sets element by element: neither can be compared, so it is none.
    """
    if shape.kind == "rich" or shape.stepwise:
        return None
    raw, shown = item.get(end) or None, item.get(end + "String") or None
    if shape.many:
        words = str(shown or "").split() if not shape.by else str(raw or "").strip("[]").replace(",", " ").split()
        return sorted(words) or None  # type: ignore[return-value]
    if shape.child:
        return "/".join(id_ for id_, _ in levels(shown)) or None
    if shape.kind in ("choice", "person"):
        return None if raw is None else str(raw)
    if shape.kind == "date":
        return str(raw or shown)[:10] if raw or shown else None
    if shape.kind == "datetime":
        return next((found for text in (raw, shown) if (found := _stamped(str(text)))), None)
    if shape.kind == "number":
        return _number(shown)
    return None if shown is None else str(shown)


def levels(shown: Any) -> list[tuple[str, str]]:
    """Read what the changelog says of a choice with one below it: id and name of each."""
    found = _LEVELS.fullmatch(str(shown or ""))
    if found is None:
        return []
    upper = [(found["id"], found["name"])]
    return upper + ([(found["below_id"], found["below"])] if found["below_id"] else [])


def is_told(item: Mapping[str, Any], end: str, shape: Form) -> bool:
    """Tell whether one end of a change can be compared: an instant, say, may stand there without its seconds."""
    if shape.kind == "rich" or shape.stepwise:
        return False
    return told(item, end, shape) is not None or not (item.get(end) or item.get(end + "String"))


def _number(shown: Any) -> Json:
    try:
        number = float(str(shown))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def wire(value: Json, shape: Form) -> Any:
    """Write a flat value as Jira takes it. Ids are digits; other words for a choice are the name people see."""
    if shape.many:
        return [_part(str(item), shape) for item in value] if isinstance(value, list) else []
    if value is None:
        return None
    if shape.child:
        return _with_child(str(value), shape)
    if shape.by:
        return _part(str(value), shape)
    if shape.kind == "datetime":
        return instant(value).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    return value


def _with_child(value: str, shape: Form) -> Any:
    """Write a choice with the one below it; names may hold a stroke, so only two ids are taken apart by it."""
    by_ids = _TWO.fullmatch(value)
    upper, _, below = (by_ids[1], "", by_ids[2]) if by_ids else value.partition(BELOW)
    return {**_part(upper, shape), **({"child": _part(below, shape)} if below else {})}


def _part(value: str, shape: Form) -> Any:
    if not shape.by:
        return value
    return {shape.by if shape.by != "id" or value.isdigit() or not shape.name else shape.name: value}


def mark_of(value: Any) -> str | None:
    """Read our marker from an entity property's value."""
    mark = value.get("mark") if isinstance(value, Mapping) else None
    return mark if isinstance(mark, str) else None
