# SPDX-License-Identifier: Apache-2.0
"""A scope, twice: as a query, which may find too much, and as a judgement on a read item, which alone decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tandem.connectors.azure_devops.shape import PATHS, Raw, flat
from tandem.connectors.azure_devops.site import FETCH, Site
from tandem.connectors.base import Condition
from tandem.core.values import Json

QUERY = "query"


class Scope:
    """Which items belong to an offer. All conditions must hold, and the raw query, where there is one."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._conditions = site.needs.scope

    @property
    def fields(self) -> frozenset[str]:
        """Fields that decide."""
        return frozenset(condition.field for condition in self._conditions)

    def wiql(self, *, narrowed: bool = True) -> str:
        """Render all that a query can tell of the scope. It never finds less than :meth:`reasons` lets in."""
        parts = [part for condition in self._conditions for part in self._rendered(condition)]
        parts += [f"({self._site.needs.query})"] if self._site.needs.query and narrowed else []
        return " AND ".join(parts)

    def reasons(self, items: Sequence[Raw]) -> dict[str, str]:
        """Judge items as read: for each the condition that failed, empty if it is in scope."""
        found = {str(item["id"]): self.reason(item.get("fields") or {}) for item in items}
        raw = self._site.needs.query
        maybe = [id_ for id_, reason in found.items() if not reason]
        for start in range(0, len(maybe) if raw else 0, FETCH):
            some = maybe[start : start + FETCH]
            asked = f"[System.Id] IN ({', '.join(some)}) AND ({raw})"
            within = {id_ for ids in self._site.query(asked) for id_ in ids}
            found |= {id_: QUERY for id_ in some if id_ not in within}
        return found

    def reason(self, fields: Mapping[str, Any]) -> str:
        """Judge an item's fields by the conditions alone."""
        for condition in self._conditions:
            value = flat(self._site.fields.get(condition.field), fields.get(condition.field))
            if not _holds(condition, value):
                return condition.field
        return ""

    def holds(self, name: str, value: Json) -> bool:
        """Tell whether a flat value of one field keeps an item in scope."""
        return all(_holds(condition, value) for condition in self._conditions if condition.field == name)

    def _rendered(self, condition: Condition) -> Iterator[str]:
        name, kind = f"[{condition.field}]", self._kind(condition)
        words = list(wanted(condition))
        if words and kind == "set":
            yield _either(f"{name} CONTAINS {quoted(word)}" for word in words)
        elif words:
            sign = "UNDER" if condition.field in PATHS else "="
            yield _either(f"{name} {sign} {quoted(word)}" for word in words)
        if condition.contains is not None and kind in ("set", "text", "choice"):
            yield f"{name} CONTAINS {quoted(condition.contains)}"
        if condition.set_ is not None and kind != "rich":
            yield f"{name} {'<>' if condition.set_ else '='} ''"

    def _kind(self, condition: Condition) -> str:
        known = self._site.fields.get(condition.field)
        return known.kind if known else ""


def quoted(word: str) -> str:
    """Write a text as a value of a query."""
    return "'" + word.replace("'", "''") + "'"


def wanted(condition: Condition) -> Iterator[str]:
    """Yield the words one of which the field must be."""
    listed = condition.is_ if isinstance(condition.is_, list) else [condition.is_]
    for word in listed if condition.is_ is not None else ():
        yield ("true" if word else "false") if isinstance(word, bool) else str(word)
    yield from condition.in_


def _either(parts: Iterator[str]) -> str:
    return f"({' OR '.join(parts)})"


def _holds(condition: Condition, value: Json) -> bool:
    checks = []
    listed = [str(one).casefold() for one in value] if isinstance(value, list) else [_text(value)]
    words = [word.casefold() for word in wanted(condition)]
    if words:
        checks.append(any(one == word or _below(condition.field, one, word) for one in listed for word in words))
    if condition.contains is not None:
        part = condition.contains.casefold()
        checks.append(part in listed if isinstance(value, list) else part in listed[0])
    if condition.set_ is not None:
        checks.append((value is not None) is condition.set_)
    return bool(checks) and all(checks)


def _text(value: Json) -> str:
    text = value.get("markdown") if isinstance(value, dict) else value
    return "" if text is None else str(text).casefold()


def _below(field: str, path: str, node: str) -> bool:
    """An area holds those below it, as in Azure DevOps' own ``UNDER``."""
    return field in PATHS and path.startswith(node.rstrip("\\") + "\\")
