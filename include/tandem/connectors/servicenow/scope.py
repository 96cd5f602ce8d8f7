# SPDX-License-Identifier: Apache-2.0
"""A scope, twice: as an encoded query, which may find too much, and as a judgement on a read row, which alone decides.

ServiceNow passes over any part of a query that it does not understand and runs the rest: a typing error would take
the whole table. So each condition is tested on each row that came, a row without a column that decides is out, and a
raw query is taken apart and held against the dictionary before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from tandem.connectors.base import Condition
from tandem.connectors.servicenow.shape import ID, TABLE, Column, Raw, flat, quoted
from tandem.connectors.servicenow.site import FETCH, Site
from tandem.core.values import Json

QUERY = "query"
_EXAMPLES = {
    "boolean": "true or false",
    "number": "12",
    "date": "2026-11-25",
    "datetime": "2026-11-25 10:00:00 (UTC)",
}
_SPLIT = re.compile(r"(?<!\^)\^(?!\^)")
# The vendor's "operators available for filters and queries", but for those that ask for changes: no query knows these.
_TERM = re.compile(
    r"([a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*)"
    r"(?:DOES NOT CONTAIN|NOT LIKE|STARTSWITH|ENDSWITH|CONTAINS|BETWEEN|NOT IN|ISNOTEMPTY|ISEMPTY|EMPTYSTRING|ANYTHING"
    r"|RELATIVE(?:GT|GE|LT|LE|EE)@|(?:GT|LT|GT_OR_EQUALS|LT_OR_EQUALS)_FIELD|(?:MORE|LESS)THAN@|DATEPART"
    r"|N?SAMEAS|DYNAMIC|INSTANCEOF|NOTON|LIKE|IN|ON|!=|>=|<=|>|<|=)",
)

_COMPARED = re.compile(r"(?P<column>[a-z_][a-z0-9_]*)(?P<sign>NOT IN|IN|!=|>=|<=|>|<|=)(?P<value>.*)", re.DOTALL)


class Scope:
    """Which rows belong to an offer. All conditions must hold, and the raw query, where there is one."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._conditions = site.needs.scope

    @property
    def fields(self) -> frozenset[str]:
        """Columns that decide."""
        return frozenset(condition.field for condition in self._conditions)

    def query(self, *, narrowed: bool = True) -> str:
        """Render all that a query can tell of the scope. It never finds less than :meth:`reason` lets in."""
        parts = [part for condition in self._conditions for part in self._rendered(condition)]
        parts += [self._site.needs.query] if self._site.needs.query and narrowed else []
        return "^".join(parts)

    def reasons(self, rows: Sequence[Raw]) -> dict[str, str]:
        """Judge rows as read: for each the condition that failed, empty if it is in scope."""
        found = {row["sys_id"]: self._reason(row) for row in rows}
        raw = self._site.needs.query
        maybe = [sys_id for sys_id, reason in found.items() if not reason]
        if raw and maybe:
            within: set[str] = set()
            for start in range(0, len(maybe), FETCH // 2):
                listed = ",".join(maybe[start : start + FETCH // 2])
                rows, _, _ = self._site.page(self._site.table, f"sys_idIN{listed}^{raw}", ("sys_id",))
                within |= {row["sys_id"] for row in rows}
            found |= {sys_id: QUERY for sys_id in maybe if sys_id not in within}
        return found

    def _reason(self, row: Raw) -> str:
        for condition in self._conditions:
            value = row.get(condition.field)
            if value is None or not self._holds(condition, value):
                return condition.field
        return ""

    def holds(self, field: str, value: Json) -> bool:
        """Tell whether a flat value of one column keeps a row in scope."""
        stored = ",".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        return all(self._holds(condition, stored) for condition in self._conditions if condition.field == field)

    def unknown(self, condition: Condition) -> Iterator[tuple[str, str]]:
        """Name the words of a condition that mean nothing here, each with what would.

        ServiceNow would pass over a number, a time or a truth that is none, and find nothing by a name that is none.
        """
        column = self._site.columns.get(condition.field)
        for word in _words(condition) if column is not None else ():
            assert column is not None
            if column.choices:
                known = {part.casefold() for pair in column.choices.items() for part in pair}
                if word.casefold() not in known:
                    yield word, f"Choose from: {', '.join(column.choices.values())}."
            elif column.reference and column.name != TABLE:
                if not ID.fullmatch(word) and len(self._site.stored(condition.field, word)) < 2:
                    yield word, f"Write the name of a row of {column.reference}, as it stands there, or its sys_id."
            elif (example := _EXAMPLES.get(_form(column))) and not _reads(_form(column), word):
                yield word, f"Write it as ServiceNow stores it: {example}."

    def _rendered(self, condition: Condition) -> Iterator[str]:
        name = condition.field
        wanted = [value for word in _wanted(condition) for value in sorted(self._site.stored(name, word))]
        if wanted:
            yield "^OR".join(f"{name}={quoted(value)}" for value in wanted)
        if condition.contains is not None:
            among = sorted(self._site.stored(name, condition.contains))
            yield "^OR".join(f"{name}LIKE{quoted(value)}" for value in among)
        if condition.set_ is not None:
            yield f"{name}{'ISNOTEMPTY' if condition.set_ else 'ISEMPTY'}"

    def _holds(self, condition: Condition, raw: str) -> bool:
        column = self._site.columns.get(condition.field)
        value = flat(column, raw) if column is not None else raw or None
        checks = []
        wanted = list(_wanted(condition))
        if wanted:
            checks.append(any(raw in self._site.stored(condition.field, word) for word in wanted))
        if condition.contains is not None:
            among = self._site.stored(condition.field, condition.contains)
            listed = isinstance(value, list)
            checks.append(
                bool(among & set(map(str, value))) if listed else condition.contains.casefold() in raw.casefold()  # type: ignore[arg-type]
            )
        if condition.set_ is not None:
            checks.append((value is not None) is condition.set_)
        return bool(checks) and all(checks)


def _form(column: Column) -> str:
    return column.type if column.type == "boolean" else column.kind


def _reads(form: str, word: str) -> bool:
    """Tell whether ServiceNow would read a word as a value of such a column."""
    if form == "boolean":
        return word in ("true", "false")
    try:
        if form == "number":
            float(word)
        else:
            day = form == "date" or len(word) == len("2026-11-25")
            datetime.strptime(word, "%Y-%m-%d" if day else "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def misread(query: str, known: Callable[[str], bool]) -> list[str]:
    """Name the parts of a raw query that ServiceNow would pass over, or that would widen the scope."""
    found = []
    for place, part in enumerate(_SPLIT.split(query) if query else ()):
        # An "or" of the first part would be one of the scope's own last condition.
        term = _TERM.match(part.removeprefix("OR") if place else part)
        if part.startswith(("NQ", "ORDERBY", "GROUPBY")) or term is None or not known(term[1]):
            found.append(part)
    return found


def named(query: str) -> frozenset[str]:
    """The columns of the table that a raw query compares with values."""
    return frozenset(found["column"] for _, found in _compared(query))


def _compared(query: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the parts of a raw query that compare a column of the table with values."""
    for place, part in enumerate(_SPLIT.split(query)):
        if found := _COMPARED.fullmatch(part.removeprefix("OR") if place else part):
            yield part, found


def misvalued(query: str, columns: Mapping[str, Column]) -> Iterator[tuple[str, str]]:
    """Name the parts of a raw query whose value cannot be meant, each with what could be."""
    for part, found in _compared(query):
        column = columns.get(found["column"])
        if column is None:
            continue
        listed = found["value"].split(",") if found["sign"].endswith("IN") else [found["value"]]
        for word in listed:
            if not word or word == "NULL" or word.startswith("javascript:"):
                continue
            if column.choices and word not in column.choices:
                stored = ", ".join(f"{value} ({label})" for value, label in column.choices.items())
                yield part, f"Write what is stored: {stored}."
            elif not column.choices and (like := _EXAMPLES.get(_form(column))) and not _reads(_form(column), word):
                yield part, f"Write it as ServiceNow stores it: {like}."


def _wanted(condition: Condition) -> Iterator[str]:
    """Yield the words one of which the column must be."""
    listed = condition.is_ if isinstance(condition.is_, list) else [condition.is_]
    for word in listed if condition.is_ is not None else ():
        yield ("true" if word else "false") if isinstance(word, bool) else str(word)
    yield from condition.in_


def _words(condition: Condition) -> Iterator[str]:
    yield from _wanted(condition)
    if condition.contains is not None:
        yield condition.contains
