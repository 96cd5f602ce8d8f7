# SPDX-License-Identifier: Apache-2.0
"""What becomes of a value on its way into a row: all turns into text, and what does not fit is cut or dropped."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.servicenow.columns import Column
from sandbox.servicenow.instance import FORM

TIMES = ("glide_date_time", "due_date")


def as_text(value: Any) -> str:
    """A JSON value as the vendor's Java reads it: objects come out as `{a=b}`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={as_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_text(item) for item in value) + "]"
    return str(value)


def stored(column: Column, value: Any, was: str) -> str:
    """What is stored of a value: cut to the column's length in silence; the old one, where it is no such thing."""
    text = as_text(value)
    if not text:
        return ""
    if column.type == "boolean":
        return "true" if text.lower() in ("true", "1", "yes") else "false"
    if column.type in TIMES:
        return text if _time(text) else was
    if column.type == "glide_date":
        return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else was
    if column.type == "integer":
        return text if column.choices or re.fullmatch(r"-?\d+", text) else was
    if column.type == "decimal":
        return text if re.fullmatch(r"-?\d+(\.\d+)?", text) else was
    if column.type == "reference":
        # Rubbish is accepted, cut to the length of an id: as recorded.
        return text[:32]
    return text[: column.length]


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def from_display(column: Column, text: str, zone: ZoneInfo, look_up: Callable[[str, str], str | None]) -> str:
    """`sysparm_input_display_value=true`: labels, names and times of the user's zone stand for what is stored."""
    if column.type in TIMES and _time(text):
        local = datetime.strptime(text, FORM).replace(tzinfo=zone)
        return local.astimezone(UTC).strftime(FORM)
    if column.choices:
        return next((value for value, label in column.choices.items() if label.lower() == text.lower()), text)
    if column.type == "reference":
        return look_up(column.reference, text) or text
    return text
