# SPDX-License-Identifier: Apache-2.0
"""Field rules and terms for tests of the mapping: a tracker with a few statuses and priorities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tandem.config.models import FieldRule, People
from tandem.core.doc import Markup
from tandem.core.mapping import Kept, Said, Terms, Unsaid, to_hub, to_native
from tandem.core.rules import Choices
from tandem.core.values import Json
from tandem.markup import Plain


def rule(hub: str, *, kind: str = "text", **more: Any) -> FieldRule:
    """A field's rule; the native field has the hub's name."""
    return FieldRule(hub, f"native_{hub}" if hub != "status" else hub, kind, **more)  # type: ignore[arg-type]


STATUS = rule(
    "status",
    kind="choice",
    map={"new": ("To Do",), "in_progress": ("In Progress", "In Review"), "solved": ("Done",)},
    ignore=("Backlog",),
)
PRIORITY = rule("priority", kind="choice", map={1: ("Urgent",), 2: ("High",)}, otherwise_out=3, otherwise_in="Low")
TEXT = rule("title")
_NAMES = {
    "1": "To Do",
    "2": "Urgent",
    "3": "In Progress",
    "4": "In Review",
    "5": "Done",
    "6": "Backlog",
    "7": "High",
    "8": "Low",
    "9": "Trivial",
    "99": "Never mapped",
}
CHOICES = Choices(ids={name: id_ for id_, name in _NAMES.items()}, names=_NAMES)


def terms(
    choices: Choices | None = None,
    *,
    people: Mapping[str, str] | None = None,
    emails: Mapping[str, str] | None = None,
    markup: Markup | None = None,
    **more: Any,
) -> Terms:
    """What a side needs to read and write. ``people``: alias → account."""
    return Terms(
        choices=choices or Choices(),
        people=People(dict(people or {})),
        markup=markup or Plain(),
        emails=dict(emails or {}),
        **more,
    )


def _default(on: FieldRule) -> Terms:
    return terms(CHOICES if on.kind == "choice" or on.map else None)


def read(of: FieldRule, native: Json, on: Terms | None = None) -> Said | Unsaid | Kept:
    """Read a native value."""
    return to_hub(of, native, on or _default(of))


def said(of: FieldRule, native: Json, on: Terms | None = None) -> Json:
    """Read a native value that must say something."""
    told = read(of, native, on)
    assert isinstance(told, Said)
    return told.value


def write(of: FieldRule, value: Json, *, present: Json = None, on: Terms | None = None) -> Json:
    """Write a hub value."""
    return to_native(of, value, on or _default(of), present)
