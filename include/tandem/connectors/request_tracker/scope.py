# SPDX-License-Identifier: Apache-2.0
"""Which tickets are in scope: the conditions of an offer, as a search and on each ticket. The second alone decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tandem.connectors.base import Condition, Needs
from tandem.connectors.request_tracker.catalogue import Catalogue
from tandem.connectors.request_tracker.shape import DESCRIPTION, Raw, custom_name, own_value
from tandem.core.values import Json

QUEUE = "Queue"
TYPE = "Type"  # reminders and approvals are tickets too, of another type; they are nobody's
SEARCHED = frozenset({"Queue", "Status", "Owner", "Subject", "Priority"})  # own fields that a search can test as we do


class Scope:
    """The conditions of one offer. People name queues by their names; tickets tell numbers."""

    def __init__(self, catalogue: Catalogue, needs: Needs) -> None:
        self._catalogue = catalogue
        self._needs = needs

    @property
    def fields(self) -> frozenset[str]:
        """All fields that decide."""
        return frozenset(condition.field for condition in self._needs.scope)

    @property
    def query(self) -> str | None:
        """What narrows the scope further, as Request Tracker's own search."""
        return self._needs.query

    def reason(self, ticket: Raw) -> str:
        """Name the first condition that a ticket does not fulfil; empty if it is in scope."""
        if ticket.get("Type") not in (None, "ticket"):
            return TYPE
        values = self._catalogue.of(ticket)
        for condition in self._needs.scope:
            name = condition.field
            value = values.get(name) if custom_name(name) is not None else own_value(ticket, name)
            if name == DESCRIPTION or not self._holds(value, condition):
                return name
        return ""

    def holds(self, field: str, value: Json) -> bool:
        """Tell whether a value of one field keeps a ticket in scope."""
        return all(self._holds(value, condition) for condition in self._needs.scope if condition.field == field)

    def search(self) -> str:
        """Write the scope as a search, as far as one can: it may find more than is in scope, and never less."""
        parts = ["Type = 'ticket'", *(part for one in self._needs.scope if (part := self._part(one)))]
        return " AND ".join([*parts, *([f"({self._needs.query})"] if self._needs.query else [])])

    def unknown(self, condition: Condition) -> tuple[str, ...]:
        """List the queues that a condition names and that we cannot see."""
        if condition.field != QUEUE:
            return ()
        known = {*self._catalogue.queues, *(queue.name for queue in self._catalogue.queues.values())}
        return tuple(text for text in wanted(condition) if text not in known)

    def _part(self, condition: Condition) -> str:
        custom = custom_name(condition.field)
        if (custom is None and condition.field not in SEARCHED) or condition.set_ is not None:
            return ""
        texts = self._ids(condition) if condition.field == QUEUE else list(wanted(condition))
        texts = [condition.contains] if condition.contains is not None and custom is not None else texts
        if not texts or any("'" in text or "\\" in text for text in [*texts, condition.field]):
            return ""
        name = f"'{condition.field}'" if custom is not None else condition.field
        return "(" + " OR ".join(f"{name} = '{text}'" for text in texts) + ")"

    def _holds(self, value: Json, condition: Condition) -> bool:
        if condition.set_ is not None:
            return (value is not None) == condition.set_
        if value is None:
            return False
        if condition.contains is not None:
            return condition.contains in value if isinstance(value, list | str) else False
        options: Iterable[str] = self._ids(condition) if condition.field == QUEUE else wanted(condition)
        return any(str(one) in options for one in (value if isinstance(value, list) else [value]))

    def _ids(self, condition: Condition) -> list[str]:
        asked = wanted(condition)
        return [one.id for one in self._catalogue.queues.values() if one.name in asked or one.id in asked]


def wanted(condition: Condition) -> Sequence[str]:
    """The values that a condition names."""
    if condition.in_:
        return condition.in_
    return () if condition.is_ is None else (str(condition.is_),)
