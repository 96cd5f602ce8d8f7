# SPDX-License-Identifier: Apache-2.0
"""What the core reads of a contract: one field's rule, and the tracker's dictionary for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from tandem.core.values import Json


class Which(StrEnum):
    """One of a pair's two sides."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Which:
        """The side at the other end."""
        return Which.RIGHT if self is Which.LEFT else Which.LEFT


class FieldRule(Protocol):
    """How one side holds one hub field (``tandem.config.models.FieldRule`` is one)."""

    @property
    def hub(self) -> str: ...
    @property
    def native(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def map(self) -> Mapping[int | str, tuple[str, ...]]: ...
    @property
    def otherwise_out(self) -> int | str | None: ...
    @property
    def otherwise_in(self) -> str | None: ...
    @property
    def ignore(self) -> tuple[str, ...]: ...
    @property
    def fallback(self) -> str | None: ...
    @property
    def only(self) -> frozenset[str] | None: ...


class People(Protocol):
    """One company's map of people to its own accounts."""

    def account(self, alias: str) -> str | None: ...
    def alias(self, account: str) -> str | None: ...
    def mention(self, alias: str) -> str | None: ...
    def mentioned(self, id_: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Choices:
    """A tracker's dictionary for one native field: ids of names and names of ids."""

    ids: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    max_length: int | None = None
    kind: str = ""

    @property
    def is_box(self) -> bool:
        """Whether the field is a box to be ticked: it is never empty, and its ids are these two."""
        return self.names.keys() == {"true", "false"}

    def id_of(self, name: str) -> str:
        """Give the id that a name is bound to; a field without choices writes the name itself."""
        return self.ids.get(name, name)

    def name_of(self, id_: Json) -> str:
        """Give the name that people see for an id."""
        text = str(id_)
        return self.names.get(text, text)
