# SPDX-License-Identifier: Apache-2.0
"""How one hub field stands in one tracker: its native field, its maps, and what the contract composes itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer

from tandem.core.values import Json

Kind = Literal["text", "rich", "choice", "people", "set", "date", "number", "scalar"]
Direction = Literal["both", "in", "out"]

TWIN = "twin."
"""How the names of fields begin that show something of the other side's ticket."""

OWN = "own."
"""How a text that leaves names what its offer reveals of its own ticket."""


def hub_value(value: int | str) -> int | str:
    """Read a hub value: digits are numbers (priority ``1``), all else are words."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


HubValue = Annotated[int | str, BeforeValidator(hub_value)]

# A set is stored in one order, so that what is equal hashes alike.
Names = Annotated[frozenset[str], PlainSerializer(sorted)]


def _unknown(hub: str) -> Json:
    return None


@dataclass(frozen=True, slots=True)
class WhenRule:
    """Another map (or another text), for tickets of some places, types and hub values (none named: of any)."""

    map: Mapping[HubValue, tuple[str, ...]]
    place: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    otherwise_out: HubValue | None = None
    otherwise_in: str | None = None
    ignore: tuple[str, ...] = ()
    where: Mapping[str, tuple[HubValue, ...]] = field(default_factory=dict)  # hub field → values of which it has one
    template: str | None = None
    value: str | None = None

    def fits(self, hub: Callable[[str], Json]) -> bool:
        """Tell whether a ticket's hub values are those of ``where``."""
        return all(any(str(hub(name)) == str(one) for one in values) for name, values in self.where.items())


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one hub field stands in one tracker, and which way it goes (``in``: the tracker takes it in)."""

    hub: str
    native: str
    kind: Kind
    direction: Direction = "both"
    map: Mapping[HubValue, tuple[str, ...]] = field(default_factory=dict)  # the first name is written, all are read
    otherwise_out: HubValue | None = None  # hub value for native values that the map does not name
    otherwise_in: str | None = None  # native value for hub values that the map does not name
    ignore: tuple[str, ...] = ()  # native values that are no value: the field keeps its base
    once: bool = False  # written at creation only
    on_change: Literal["comment", "ignore"] | None = None  # for fields that the tracker sets only at creation
    too_long: Literal["comment", "cut", "quarantine"] = "quarantine"
    fallback: str | None = None  # alias for people unknown here; NOBODY: write it empty; None: leave it unsaid
    only: Names | None = None  # the only elements of a set that are offered and taken
    when: tuple[WhenRule, ...] = ()  # the first that fits a ticket replaces map, otherwise and ignore, or the text
    template: str | None = None  # what is written is composed of hub fields (tandem.config.composed)
    value: str | None = None  # what is written is always this
    told: bool = False  # the other side composes what comes in

    @property
    def goes_out(self) -> bool:
        return self.direction != "in"

    @property
    def comes_in(self) -> bool:
        return self.direction != "out"

    @property
    def of_twin(self) -> bool:
        """Whether the field is only ever written here: it shows something of the other side's ticket, or a text that
        either contract composes, or a fixed value."""
        return self.told or self.is_own

    @property
    def is_own(self) -> bool:
        """Whether the contract asks for it by itself: no field of the other side's has to be there."""
        return self.hub.startswith(TWIN) or self.is_composed

    @property
    def is_composed(self) -> bool:
        """Whether the contract itself says what is written, or what is sent."""
        own = (self.template, self.value, *(one.template for one in self.when), *(one.value for one in self.when))
        return any(text is not None for text in own)

    @property
    def templates(self) -> list[str]:
        """All templates of the field, whichever is in force."""
        return [text for text in (self.template, *(entry.template for entry in self.when)) if text is not None]

    @property
    def values(self) -> list[str]:
        """All fixed values of the field, whichever is in force."""
        return [text for text in (self.value, *(entry.value for entry in self.when)) if text is not None]

    def map_at(
        self,
        place: Collection[str],
        type_: Collection[str] | None,
        hub: Callable[[str], Json] = _unknown,
    ) -> int | None:
        """Give the place among :meth:`maps` of the rule in force for a ticket, by all words for its place and its type,
        and by its hub values.

        ``type_`` is none where nothing but the place is told; the answer is none where more would have to be known.
        """
        for number, entry in enumerate(self.when, start=1):
            if entry.place and not set(entry.place) & set(place):
                continue
            if (entry.type or entry.where) and type_ is None:
                return None
            if (not entry.type or set(entry.type) & set(type_ or ())) and entry.fits(hub):
                return number
        return 0

    def maps(self) -> list[tuple[str, FieldRule]]:
        """List all rules that may be in force, each with the key below the field at which its map stands."""
        rules = [("", self)]
        for number, entry in enumerate(self.when):
            rule = replace(
                self,
                map=entry.map,
                otherwise_out=entry.otherwise_out,
                otherwise_in=entry.otherwise_in,
                ignore=entry.ignore,
                when=(),
            )
            rules.append((f"when.{number}.", rule))
        return rules
