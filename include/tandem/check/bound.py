# SPDX-License-Identifier: Apache-2.0
"""Names in a contract as the engine reads them: by the ids to which runs have bound them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tandem.config import scope_ids
from tandem.config import ways as way_names
from tandem.connectors.base import FieldInfo


@dataclass(frozen=True, slots=True)
class Bound:
    """To which ids runs have bound what a side's contract calls by name; nothing where the pair has not run yet."""

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # native field → name → id
    scope: scope_ids.Bound = field(default_factory=dict)
    ways: way_names.Bound = field(default_factory=dict)

    def id_of(self, info: FieldInfo, name: str) -> str | None:
        """Give the choice that a name stands for; none: there is no such choice."""
        kept = self.names.get(info.name, {}).get(name)
        if kept in info.choices:
            return kept
        named = {label: id_ for id_, label in info.choices.items()}
        return named.get(name, name if name in info.choices else None)

    def renamed(self, info: FieldInfo, name: str) -> str | None:
        """Give what the tracker now calls a choice that the contract knows by another name."""
        id_ = self.id_of(info, name)
        if id_ is None or name == id_ or name in info.choices.values():
            return None
        return info.choices[id_]
