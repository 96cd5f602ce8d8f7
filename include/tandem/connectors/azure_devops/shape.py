# SPDX-License-Identifier: Apache-2.0
"""Azure DevOps' values as ours, and back.

A field is called by its reference name (``System.Title``). An empty field is absent, never null. A person comes in
three forms: as an object, as the text ``Name <account>``, or as an object that holds such a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from tandem.connectors.base import Author
from tandem.core.values import Json, utc_text

T = TypeVar("T")
Raw = Mapping[str, Any]

PROJECT, TYPE, STATE = "System.TeamProject", "System.WorkItemType", "System.State"
TITLE = "System.Title"
AREA, ITERATION, TAGS, HISTORY = "System.AreaPath", "System.IterationPath", "System.Tags", "System.History"
DESCRIPTION, REPRO = "System.Description", "Microsoft.VSTS.TCM.ReproSteps"
TEXT = "Text"  # ours: the long text that people see first on an item's form
CREATED, CREATED_BY = "System.CreatedDate", "System.CreatedBy"
CHANGED, CHANGED_BY = "System.ChangedDate", "System.ChangedBy"
DELETED = "System.IsDeleted"
FORMATS = "multilineFieldsFormat"  # of an item that is read whole: field → form
FILE = "AttachedFile"
NOBODY = Author("", "")
TITLE_LONGEST = 255
TEXT_LONGEST = 1_000_000  # characters of a long text
PATHS = frozenset({AREA, ITERATION})

# Whole numbers of which the tracker knows only a few; contracts name them like any other choice.
_CHOICES = frozenset({PROJECT, TYPE, STATE, "System.Reason", "Microsoft.VSTS.Common.Priority"})
_KINDS = {"html": "rich", "plainText": "lines", "treePath": "choice", "dateTime": "datetime", "boolean": "choice"}
_KINDS |= {"integer": "number", "double": "number", "identity": "person"}
_WHOLE = frozenset({"integer", "picklistInteger"})
_PERSON = re.compile(r"(?P<name>.*?)\s*<(?P<account>[^<>]+)>", re.DOTALL)
_ATTACHMENT = re.compile(r"/_apis/wit/attachments/([0-9a-fA-F-]{36})", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPOKEN = "%m/%d/%Y %I:%M:%S %p"  # how the recycle bin writes a time


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the organisation's dictionary. ``type`` is Azure DevOps' own word for it."""

    name: str
    label: str
    type: str
    read_only: bool = False
    identity: bool = False
    picked: bool = False  # one of a list

    @property
    def kind(self) -> str:
        """Our kind, as in ``FieldInfo``."""
        if self.name == TAGS:
            return "set"
        if self.identity:
            return "person"
        if self.picked or self.name in _CHOICES or self.type.startswith("picklist"):
            return "choice"
        return _KINDS.get(self.type, "text")

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers, written as such."""
        return self.type in _WHOLE


def field(told: Raw) -> Field:
    """Read a field from the dictionary."""
    return Field(
        name=str(told["referenceName"]),
        label=str(told.get("name") or told["referenceName"]),
        type=str(told.get("type") or "string"),
        read_only=told.get("readOnly") is True,
        identity=told.get("isIdentity") is True or told.get("type") == "identity",
        picked=told.get("isPicklist") is True,
    )


TEXT_FIELD = Field(TEXT, "Text", "html")


def stored(name: str, type_: str) -> str:
    """The field in which a value stands: the form of a Bug shows its steps, and no description."""
    if name != TEXT:
        return name
    return REPRO if type_ == "Bug" else DESCRIPTION


def moment(value: object) -> datetime:
    """Read a time: UTC, none to seven digits of a second. What is undated is older than all else: 1970."""
    text = str(value or "")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.strptime(text, _SPOKEN).replace(tzinfo=UTC)
        except ValueError:
            return _EPOCH
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:  # the first and the last day that there are stand for none
        return _EPOCH


def version(rev: object) -> str:
    """Make a version of a revision's number."""
    try:
        return f"{int(str(rev)):010d}"
    except ValueError:
        return f"{0:010d}"


def revision(of: str) -> int:
    """Read the number back."""
    return int(of)


def author(told: Any) -> Author:
    """Read a person in any of the forms. The id is the account's unique name, which nearly all of them hold: whoever
    has none is known by the id, and by a name that everybody may give themselves only where there is nothing else."""
    if isinstance(told, str):
        found = _PERSON.fullmatch(told.strip())
        return _person(found["account"], found["name"]) if found else _person(told.strip(), "")
    if not isinstance(told, Mapping):
        return NOBODY
    unique = str(told.get("uniqueName") or told.get("name") or told.get("id") or told.get("displayName") or "")
    found = _PERSON.fullmatch(unique.strip())
    name = str(told.get("displayName") or "")
    return _person(found["account"], name or found["name"]) if found else _person(unique, name)


def _person(account: str, name: str) -> Author:
    id_ = account.strip().lower()
    return Author(id_, name or account, id_ if "@" in id_ else None)


def tags(value: object) -> list[str]:
    """Read the one text that holds all tags."""
    return sorted({part.strip() for part in str(value or "").split(";") if part.strip()})


def flat(known: Field | None, raw: Any, markdown: bool = False) -> Json:
    """Give a value its one flat form. A long text in Markdown says so, for others are HTML."""
    if raw is None or raw == "":
        return None
    kind = known.kind if known else ""
    if kind == "set":
        return tags(raw) or None  # type: ignore[return-value]
    if kind == "person" or isinstance(raw, Mapping):
        return author(raw).id or None
    if kind == "datetime":
        return utc_text(moment(raw)) if moment(raw) != _EPOCH else str(raw)
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if kind == "number" and isinstance(raw, int | float):
        return int(raw) if float(raw).is_integer() else raw
    text = raw if isinstance(raw, str) else str(raw)
    return {"markdown": text} if kind == "rich" and markdown else text


def native(known: Field, value: Json) -> Any:
    """Write a flat value as Azure DevOps takes it; an empty text empties a field."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get("markdown") or "")
    if known.kind == "set":
        return "; ".join(map(str, value if isinstance(value, list) else [value]))
    if known.whole and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if known.type == "boolean":
        return str(value).casefold() == "true"
    return value


def markdown(item: Raw, name: str) -> bool:
    """Tell whether a long text of an item, or of a revision, is Markdown. HTML is what is not named."""
    formats = item.get(FORMATS)
    return isinstance(formats, Mapping) and str(formats.get(name) or "").casefold() == "markdown"


def attachment(relation: Raw) -> str | None:
    """The id of the file that a relation names; none for what is no file."""
    found = _ATTACHMENT.search(str(relation.get("url") or "")) if relation.get("rel") == FILE else None
    return found[1].lower() if found else None


def files_in(text: object) -> list[str]:
    """The ids of files that a text shows."""
    return list(dict.fromkeys(one.lower() for one in _ATTACHMENT.findall(str(text or ""))))


def batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """Cut into pieces of at most so many."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
