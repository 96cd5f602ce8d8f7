# SPDX-License-Identifier: Apache-2.0
"""The priority of incidents and problems, which follows from impact and urgency: to write it is to write those."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from tandem.connectors.servicenow.site import Site
from tandem.errors import CredentialsError, ItemError

COMPUTED = frozenset({"incident", "problem"})
LOOKUP = "dl_u_priority"  # the instance's own rules of it
_DELIVERED = {"1": ("1", "1"), "2": ("1", "2"), "3": ("2", "2"), "4": ("2", "3"), "5": ("3", "3")}


class Priorities:
    """Which impact and urgency make which priority."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def computed(self) -> bool:
        """Whether this table's priority cannot be set by itself."""
        return bool(COMPUTED & set(self._site.line))

    def spelled(self, body: Mapping[str, str]) -> dict[str, str]:
        """Add impact and urgency to a body that sets the priority, unless it sets them itself."""
        wanted = body.get("priority")
        if not (wanted and self.computed) or {"impact", "urgency"} & body.keys() or wanted not in self._pairs:
            return dict(body)
        impact, urgency = self._pairs[wanted]
        return {**body, "impact": impact, "urgency": urgency}

    @cached_property
    def _pairs(self) -> Mapping[str, tuple[str, str]]:
        """Priority → the pair that makes it, as even as there is; the vendor's own where the rules cannot be read."""
        try:
            rows = [
                row
                for rows in self._site.pages(LOOKUP, "active=true", ("impact", "urgency", "priority"))
                for row in rows
                if row["impact"].isdigit() and row["urgency"].isdigit()
            ]
        except (ItemError, CredentialsError):
            rows = []
        found: dict[str, tuple[str, str]] = {}
        for row in sorted(rows, key=lambda row: (abs(int(row["impact"]) - int(row["urgency"])), row["impact"])):
            found.setdefault(row["priority"], (row["impact"], row["urgency"]))
        return found or _DELIVERED
