# SPDX-License-Identifier: Apache-2.0
"""What one side needs to read and write its values, and what a value that was read can be."""

from __future__ import annotations

from dataclasses import dataclass

from tandem.core.doc import Markup
from tandem.core.rules import Choices, People
from tandem.core.values import Json


@dataclass(frozen=True, slots=True)
class Said:
    """A native value in hub terms."""

    value: Json
    lossy: int = 0


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A value that says nothing, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that is none: the field keeps its base."""

    why: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What one side needs to read and write its values: dictionary, people, markup, zone."""

    choices: Choices
    people: People
    markup: Markup
    emails: dict[str, str]  # account → lower-case e-mail, as the record's answer told
    zone: str = "UTC"
    due_hour: int = 17
    life_cycle_ends: frozenset[str] = frozenset()
    label_allowed: str | None = None
    label_max: int | None = None
    utf16: bool = False  # lines and labels are measured in UTF-16 units, else in code points
