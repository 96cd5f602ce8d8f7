# SPDX-License-Identifier: Apache-2.0
"""JSON Patch documents: what somebody wants of a work item."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.azure_devops import errors
from sandbox.azure_devops.fields import Fields

_OPS = ("add", "remove", "replace", "move", "copy", "test")
"""An operation may also come as its number in this list."""


@dataclass
class Wanted:
    """A document, read."""

    tests: list[tuple[str, Any]] = field(default_factory=list)
    """`/rev`, `/id` or a field's reference name, and what it must be."""
    fields: dict[str, Any] = field(default_factory=dict)
    """By reference name; None or an empty text empties the field."""
    more_tags: list[str] = field(default_factory=list)
    """Tags that are added to those that are there."""
    relations: list[tuple[str, int | None, Any]] = field(default_factory=list)
    """Operation, place in the list (None: its end), value."""
    formats: dict[str, str] = field(default_factory=dict)
    """Long fields: `markdown` or `html`."""


def read(document: Any, fields: Fields, *, markdown: bool) -> Wanted:
    """Raises: AzureError (400)."""
    if not isinstance(document, list) or not document:
        raise errors.bad_patch("You must pass a valid patch document in the body of the request.")
    wanted = Wanted()
    for one in document:
        if not isinstance(one, dict) or not isinstance(one.get("path"), str):
            raise errors.bad_patch("You must pass a valid patch document in the body of the request.")
        raw = one.get("op")
        number = isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < len(_OPS)
        op = _OPS[raw] if number and isinstance(raw, int) else str(raw).lower()
        if op not in ("add", "remove", "replace", "test"):
            raise errors.bad_patch(f"The patch operation {raw} is not supported.")
        _READERS.get(one["path"].strip("/").split("/")[0].lower(), _unknown)(
            wanted, op, one["path"], one.get("value"), fields, markdown
        )
    return wanted


def _field(wanted: Wanted, op: str, path: str, value: Any, fields: Fields, markdown: bool) -> None:
    name = path.strip("/").split("/", 1)[1] if "/" in path.strip("/") else ""
    found = fields.get(name)
    if found is None:
        raise errors.no_field(name)
    reference = found.reference
    if op == "test":
        wanted.tests.append((reference, value))
    elif reference == "System.Tags" and op == "add":
        wanted.more_tags.append(str(value or ""))
    else:
        wanted.fields[reference] = None if op == "remove" else value


def _rev(wanted: Wanted, op: str, path: str, value: Any, fields: Fields, markdown: bool) -> None:
    if op == "test":
        wanted.tests.append(("/" + path.strip("/").lower(), value))
    elif path.strip("/").lower() != "id":  # a client may send `add /id -1` for a new work item
        raise errors.bad_patch(f"The path {path} cannot be written.")


def _relation(wanted: Wanted, op: str, path: str, value: Any, fields: Fields, markdown: bool) -> None:
    parts = path.strip("/").split("/")
    place = parts[1] if len(parts) > 1 else "-"
    if len(parts) == 4 and parts[2:] == ["attributes", "comment"] and place.isdigit() and op in ("add", "replace"):
        wanted.relations.append(("comment", int(place), value))
    elif len(parts) == 2 and place == "-" and op == "add":
        wanted.relations.append(("add", None, value))
    elif len(parts) == 2 and place.isdigit() and op == "remove":
        wanted.relations.append(("remove", int(place), None))
    else:
        raise errors.bad_patch(f"The operation {op} on the path {path} is not supported.")


def _format(wanted: Wanted, op: str, path: str, value: Any, fields: Fields, markdown: bool) -> None:
    if not markdown:
        raise errors.bad_patch(f"The path {path} is not supported.")
    name = path.strip("/").split("/", 1)[-1]
    found = fields.get(name)
    if found is None or found.type not in ("html", "history"):
        raise errors.bad_patch(f"The field {name} has no format.")
    if str(value).lower() not in ("markdown", "html"):
        raise errors.bad_patch(f"The format {value} is unknown.")
    wanted.formats[found.reference] = str(value).lower()


def _unknown(wanted: Wanted, op: str, path: str, value: Any, fields: Fields, markdown: bool) -> None:
    raise errors.bad_patch(f"The path {path} is not supported.")


_READERS: dict[str, Callable[[Wanted, str, str, Any, Fields, bool], None]] = {
    "fields": _field,
    "rev": _rev,
    "id": _rev,
    "relations": _relation,
    "multilinefieldsformat": _format,
}
