# SPDX-License-Identifier: Apache-2.0
"""Which tickets are in scope: the conditions of an offer, evaluated on each answer."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.connectors.base import Condition, Needs
from tandem.connectors.zendesk.shape import Raw, value_of
from tandem.core.values import Json
from tandem.http import Http, parsed

NAMED = {"brand_id": "brands", "group_id": "groups"}  # fields whose choices people know by name


class Scope:
    """The conditions of one offer. Names of brands and groups are looked up once, when they are first needed."""

    def __init__(self, http: Http, needs: Needs) -> None:
        self._http = http
        self._needs = needs
        self._named: dict[str, dict[str, str]] = {}

    def names(self, field: str) -> dict[str, str]:
        """The choices of a brand or group field: id → name."""
        if field not in self._named:
            listed = NAMED[field]
            found: dict[str, str] = {}
            params: dict[str, str] = {"page[size]": "100"}
            while True:
                body = parsed(self._http.request("GET", f"/api/v2/{listed}.json", params=params))
                found |= {str(item["id"]): str(item["name"]) for item in body[listed]}
                meta = body.get("meta") or {}
                if not meta.get("has_more"):
                    break
                params["page[after]"] = meta["after_cursor"]
            self._named[field] = found
        return self._named[field]

    def reason(self, ticket: Raw) -> str:
        """Name the first condition that a ticket does not fulfil; empty if it is in scope."""
        if self._needs.query is not None:
            return "query"  # cannot be evaluated on one ticket; the preflight says so
        return next((c.field for c in self._needs.scope if not self._holds(value_of(ticket, c.field), c)), "")

    @property
    def fields(self) -> frozenset[str]:
        """All fields that decide."""
        return frozenset(condition.field for condition in self._needs.scope)

    def holds(self, field: str, value: Json) -> bool:
        """Tell whether a value of one field keeps a ticket in scope."""
        return all(self._holds(value, condition) for condition in self._needs.scope if condition.field == field)

    def unknown(self, condition: Condition) -> tuple[str, ...]:
        """List the brands or groups that a condition names and Zendesk does not have."""
        if condition.field not in NAMED:
            return ()
        names = self.names(condition.field)
        return tuple(text for text in _wanted(condition) if text not in names and text not in names.values())

    def _holds(self, value: Json, condition: Condition) -> bool:
        if condition.set_ is not None:
            return (value is not None) == condition.set_
        if value is None:
            return False
        if condition.contains is not None:
            return condition.contains in value if isinstance(value, list | str) else False
        return self._is(condition, value)

    def _is(self, condition: Condition, value: Json) -> bool:
        wanted = _wanted(condition)
        if any(one in wanted for one in (value if isinstance(value, list) else [value])):
            return True
        if condition.field in NAMED and any(not text.isdigit() for text in wanted):
            return self.names(condition.field).get(str(value)) in wanted
        return False


def _wanted(condition: Condition) -> Sequence[str]:
    if condition.in_:
        return condition.in_
    if condition.is_ is None:
        return ()
    return ("true" if condition.is_ else "false",) if isinstance(condition.is_, bool) else (str(condition.is_),)


def words(condition: Condition) -> Sequence[str]:
    """The words that a condition asks for."""
    return (*_wanted(condition), *([condition.contains] if condition.contains is not None else []))
