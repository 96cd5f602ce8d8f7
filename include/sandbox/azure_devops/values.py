# SPDX-License-Identifier: Apache-2.0
"""What becomes of a value on its way into a field, and tags, which are one text."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import nh3

from sandbox.azure_devops import errors
from sandbox.azure_devops.errors import Broken
from sandbox.azure_devops.fields import LONG_LENGTH, STRING_LENGTH, TITLE_LENGTH, WorkField
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.times import read

MOST_TAGS = 100
_UNSAFE = re.compile(r"<\s*/?\s*(script|style|iframe|object|embed|form|meta|link)\b|\son\w+\s*=|javascript:", re.I)


class Unfit(Exception):
    """A value breaks a rule of its field."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.message)
        self.broken = broken


def stored(organization: Organization, field: WorkField, value: Any, zone: ZoneInfo, *, bypass: bool) -> Any:
    """What is kept of a value, None of an empty one.

    Raises: Unfit; AzureError (400): nobody has that name.
    """
    if value is None or value == "":
        return None
    if field.type == "identity":
        found = organization.people.named(value)
        if (found is None or not found.person.active) and not bypass:  # who has left stays where they are named
            shown = value.get("uniqueName") or value.get("displayName") if isinstance(value, Mapping) else value
            raise errors.no_identity(str(shown), field.name, field.reference)
        return found or str(value)
    try:
        kept: Any = _typed(field, value, zone)
    except (ValueError, OverflowError):
        raise Unfit(Broken(field.reference, field.name, ("invalidType",))) from None
    if isinstance(kept, str):
        most = TITLE_LENGTH if field.reference == "System.Title" else LONG_LENGTH if field.long else STRING_LENGTH
        if len(kept) > most:
            raise Unfit(Broken(field.reference, field.name, ("invalidTooLong",)))
        kept = safe(kept) if field.type == "html" else kept if field.long else kept.strip() or None
    if field.choices and not bypass:
        kept = next((one for one in field.choices if str(one).lower() == str(kept).lower()), None)
        if kept is None:
            flags = ("hasValues", "limitedToValues", "allowsOldValue", "invalidListValue")
            raise Unfit(Broken(field.reference, field.name, flags))
    return kept


def _typed(field: WorkField, value: Any, zone: ZoneInfo) -> str | int | float | bool | datetime:
    match field.type:
        case "integer":
            return int(str(value))
        case "double":
            return float(str(value))
        case "boolean":
            if str(value).lower() not in ("true", "false", "1", "0"):
                raise ValueError(value)
            return str(value).lower() in ("true", "1")
        case "dateTime":
            return read(str(value), zone)
    if isinstance(value, dict | list):
        raise ValueError(value)
    return str(value)


def safe(html: str) -> str:
    """What could run is taken out; everything else stays as it was sent."""
    return nh3.clean(html, link_rel=None) if _UNSAFE.search(html) else html


def tags_of(text: str | None) -> list[str]:
    return [tag.strip() for tag in re.split(r"[;,]", text or "") if tag.strip()]


def one_text(known: dict[str, str], tags: Iterable[str]) -> str | None:
    """Tags as they are kept: each once, in order, spelled as the project first spelled them."""
    found: dict[str, str] = {}
    for tag in tags:
        found.setdefault(tag.lower(), known.setdefault(tag.lower(), tag))
    return "; ".join(found[key] for key in sorted(found)) or None
