# SPDX-License-Identifier: Apache-2.0
"""ServiceNow's values as ours, and back. There everything is a text, and empty is the empty text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from tandem.core.values import Json
from tandem.errors import MappingError

T = TypeVar("T")
Raw = Mapping[str, str]

TABLE = "sys_class_name"  # says which kind of task a row is
ORIGIN, WRITE = "correlation_id", "correlation_display"  # columns that carry the mark of a create, and of each write
JOURNALS: Mapping[str, bool] = {"comments": True, "work_notes": False}
"""Journal: whether customers see it."""
ID = re.compile(r"[0-9a-f]{32}")
_MARK = re.compile(r"[0-9a-f-]{32,36}:[0-9a-f]{64}")
_WRITE_MARK = re.compile(rf"({_MARK.pattern}|{ID.pattern})(?:~[0-9a-z]{{2}})?")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
TIMES = len(_DIGITS) ** 2  # how many writes in a row can be told from one another
_FORM = "%Y-%m-%d %H:%M:%S"
_TIMES = frozenset({"glide_date_time", "due_date"})
_NUMBERS = frozenset({"integer", "decimal", "float", "price", "longint", "percent_complete"})
_LINES = 255  # characters from which on a column is shown in several lines


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. ``type`` is ServiceNow's internal type."""

    name: str
    label: str
    type: str
    length: int
    reference: str = ""
    read_only: bool = False
    mandatory: bool = False
    audited: bool = True  # changes leave a trace
    choices: Mapping[str, str] = field(default_factory=dict)  # stored value → label

    @property
    def kind(self) -> str:
        """Our kind; ``lines`` is text of several lines without markup."""
        if self.type == "glide_list":
            return "set"
        if self.choices or self.type == "boolean":
            return "choice"
        if self.type == "reference":
            return "person" if self.reference == "sys_user" else "choice"
        if self.type in _TIMES:
            return "datetime"
        if self.type == "glide_date":
            return "date"
        if self.type in _NUMBERS:
            return "number"
        return "lines" if self.type == "string" and self.length > _LINES else "text"


def plain(row: Mapping[str, Json]) -> Raw:
    """Give a row as stored texts: some instances answer with references and values as objects, whatever was asked."""
    return {name: _stored(value) for name, value in row.items()}


def _stored(value: Json) -> str:
    if isinstance(value, dict):
        inner = value.get("value")
        return _stored(inner) if inner is not None else str(value.get("link") or "").rpartition("/")[2]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def moment(text: str) -> datetime:
    """Read a stored time: UTC, whole seconds."""
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)


def stamp(at: datetime) -> str:
    """Write a time as it is stored."""
    return at.astimezone(UTC).strftime(_FORM)


def version(row: Raw) -> str:
    """Make a version of a row: the number of its updates, which tells apart what happens within one second."""
    return f"{int(row['sys_mod_count'] or 0):010d}"


def mark(text: str) -> str | None:
    """Read a mark; whatever else stands in its column is somebody's own."""
    return text if _MARK.fullmatch(text) else None


def write_mark(text: str) -> str | None:
    """Read the mark of a write: of a comment that of its origin, of fields the id of the action."""
    found = _WRITE_MARK.fullmatch(text)
    return found[1] if found else None


def marking(mark: str, time: int) -> str:
    """What a write sets its column to. The parts of a long comment and the steps of a walk have one mark.

    Set anew each time, it is a change each time, and so in the audit of each.
    """
    return f"{mark}~{_DIGITS[time % TIMES // len(_DIGITS)]}{_DIGITS[time % len(_DIGITS)]}"


def flat(column: Column, raw: str) -> Json:
    """Give a stored value its one flat form."""
    if raw == "":
        return None
    if column.kind == "set":
        return sorted({part for part in raw.split(",") if part})  # type: ignore[return-value]
    if column.kind == "datetime":
        try:
            return moment(raw).strftime("%Y-%m-%dT%H:%M:%SZ")
        except ValueError:
            return raw
    return raw


def native(column: Column, value: Json) -> str:
    """Write a flat value as it is stored.

    Raises:
        MappingError: it is no value of such a column.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    if column.kind == "datetime":
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            raise MappingError(f"The value for {column.name} is no time.", fields=[column.name]) from None
        return stamp(at if at.tzinfo else at.replace(tzinfo=UTC))
    return str(value)


def quoted(word: str) -> str:
    """Write a text as a value of an encoded query, whose conditions are joined by ``^``."""
    return word.replace("^", "^^")


def batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """Cut into pieces of at most so many."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
