# SPDX-License-Identifier: Apache-2.0
"""Redmine's values: from its JSON to the protocol's flat form, from a journal's texts, and back.

A field of ours is called as Redmine's JSON calls it (``subject``, ``status``, ``assigned_to``), a custom one as its
filters do (``cf_7``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tandem.connectors.base import Author
from tandem.core.values import Json

Raw = Mapping[str, Any]

CUSTOM = "cf_"
LINE_LONGEST = 255  # characters of a subject
OPEN, LISTED = "?", "@"  # end a version whose second is not over, as read by id and as listed
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Form:
    """How a field's values look. ``sent`` is its name in what is written, which journals use too."""

    kind: str  # as in ``FieldInfo``
    sent: str
    writable: bool = True
    names: Mapping[str, str] = field(default_factory=dict)  # of a set: what Redmine stores → what it is called


STANDARD: Mapping[str, Form] = {
    "subject": Form("text", "subject"),
    "description": Form("rich", "description"),
    "project": Form("choice", "project_id"),
    "tracker": Form("choice", "tracker_id"),
    "status": Form("choice", "status_id"),
    "priority": Form("choice", "priority_id"),
    "category": Form("choice", "category_id"),
    "fixed_version": Form("choice", "fixed_version_id"),
    "assigned_to": Form("person", "assigned_to_id"),
    "author": Form("person", "author_id", writable=False),
    "parent": Form("text", "parent_issue_id"),
    "start_date": Form("date", "start_date"),
    "due_date": Form("date", "due_date"),
    "done_ratio": Form("number", "done_ratio"),
    "estimated_hours": Form("number", "estimated_hours"),
    "is_private": Form("choice", "is_private"),
    "created_on": Form("datetime", "created_on", writable=False),
    "updated_on": Form("datetime", "updated_on", writable=False),
    "closed_on": Form("datetime", "closed_on", writable=False),
}
LABELS: Mapping[str, str] = {
    "assigned_to": "Assignee",
    "fixed_version": "Target version",
    "done_ratio": "% Done",
    "estimated_hours": "Estimated time",
    "is_private": "Private",
    "parent": "Parent task",
    "start_date": "Start date",
    "due_date": "Due date",
    "created_on": "Created",
    "updated_on": "Updated",
    "closed_on": "Closed",
}
YES_NO: Mapping[str, str] = {"1": "Yes", "0": "No"}
_JOURNALED = {form.sent: name for name, form in STANDARD.items()} | {"parent_id": "parent"}
_KINDS = {"int": "number", "float": "number", "date": "date", "user": "person", "list": "choice", "bool": "choice"}
_KINDS |= {"enumeration": "choice", "version": "choice", "attachment": "text"}


def custom(told: Raw) -> Form:
    """Read a custom field's form from what an administrator is told of it."""
    name, what = str(told["id"]), str(told.get("field_format"))
    if told.get("multiple"):
        named = what in ("enumeration", "version")
        return Form("set", name, names=options(told) if named else {})
    return Form(_KINDS.get(what, "text"), name, writable=what != "attachment")


def guessed(shown: Raw) -> Form:
    """Make out a custom field's form from how an issue shows it, which is all that others are told."""
    return Form("set" if shown.get("multiple") else "text", str(shown["id"]))


def options(told: Raw) -> dict[str, str]:
    """The options of a custom field: what is stored → what it is called."""
    return {str(one["value"]): str(one["label"]) for one in told.get("possible_values") or ()}


def label(name: str) -> str:
    """The name that people see for a field of every Redmine."""
    return LABELS.get(name) or name.capitalize()


def moment(value: object) -> datetime:
    """Read one of Redmine's times: UTC, whole seconds. What is undated is older than all else: 1970."""
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except ValueError:
        return _EPOCH


def stamp(at: datetime) -> str:
    """Write a time as Redmine does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def version(updated_on: str, there: float, *, listed: bool = False) -> str:
    """Make a version of a stamp that has whole seconds, read when it was at least ``there`` by Redmine's clock.

    While its second may not be over, it ends in ``?``, which sorts before the ``Z`` of the final one: the ticket is
    read once more, and a second change within that second is seen. In a listing it then ends in ``@``, which sorts
    behind every ``?``.
    """
    if there >= moment(updated_on).timestamp() + 1:
        return updated_on
    return updated_on.removesuffix("Z") + (LISTED if listed else OPEN)


def raw_value(issue: Raw, name: str) -> Any:
    """A field of an issue as Redmine shows it."""
    if not name.startswith(CUSTOM):
        return issue.get(name)
    number = name.removeprefix(CUSTOM)
    return next((one.get("value") for one in issue.get("custom_fields") or () if str(one["id"]) == number), None)


def flat(value: Any, form: Form) -> Json:
    """Give a value in the protocol's one form."""
    if isinstance(value, Mapping):
        value = value.get("id")
    if isinstance(value, list):
        return elements(map(str, value), form)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if form.kind == "set":
        return elements([str(value)], form)
    return number(value) if form.kind == "number" else lines(str(value))


def lines(value: str) -> str:
    """Give a text with the ends of lines that everybody else has: Redmine keeps descriptions as browsers send them."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


def elements(values: Iterable[str], form: Form) -> Json:
    """Give a set's elements by the names that people see, sorted; none for no element."""
    return sorted({form.names.get(value, value) for value in values if value}) or None  # type: ignore[return-value]


def number(value: Any) -> Json:
    """Read a number; a whole one has no fraction."""
    try:
        read = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(read):
        return None
    return int(read) if read.is_integer() else read


def wire(value: Json, form: Form) -> Any:
    """Write a flat value as Redmine takes it; an empty text empties a field."""
    if form.kind == "set":
        stored = {name: value for value, name in form.names.items()}
        return [stored.get(str(one), str(one)) for one in value] if isinstance(value, list) and value else [""]
    return "" if value is None else value


def journaled(detail: Raw) -> str | None:
    """Our name of the field that a detail of a journal tells of; none for what is no field."""
    if detail.get("property") == "cf":
        return CUSTOM + str(detail["name"])
    return _JOURNALED.get(str(detail.get("name"))) if detail.get("property") == "attr" else None


def author(told: Any) -> Author:
    """Read an account as an issue names it; nobody (a deleted one) has the empty id."""
    if not isinstance(told, Mapping):
        return Author("", "")
    return Author(str(told.get("id") or ""), str(told.get("name") or ""))


def details(journal: Raw) -> Sequence[Raw]:
    """The changes that a journal tells."""
    told: Sequence[Raw] = journal.get("details") or ()
    return told
