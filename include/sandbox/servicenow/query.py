# SPDX-License-Identifier: Apache-2.0
"""Encoded queries: `active=true^priorityIN1,2^ORshort_descriptionLIKEvpn^ORDERBYDESCsys_updated_on`.

What cannot be understood, or names a column that is not there, is passed over in silence, and the rest runs.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

Row = dict[str, str]
Cell = Callable[[Row, str], str]
"""Reads a column of a row, also across references (`assigned_to.name`). Raises: KeyError."""

_SPLIT = re.compile(r"(?<!\^)\^(?!\^)")
_TERM = re.compile(
    r"(?P<column>[a-z_][a-z0-9_.]*)"
    r"(?P<operator>DOES NOT CONTAIN|NOT LIKE|STARTSWITH|ENDSWITH|CONTAINS|BETWEEN|NOT IN|ISNOTEMPTY|ISEMPTY|EMPTYSTRING"
    r"|ANYTHING|NSAMEAS|SAMEAS|NOTON|LIKE|IN|ON|!=|>=|<=|>|<|=)"
    r"(?P<value>.*)",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Term:
    column: str
    operator: str
    value: str

    @cached_property
    def _listed(self) -> frozenset[str]:
        return frozenset(self.value.lower().split(","))

    def holds(self, row: Row, cell: Cell) -> bool:
        """Raises: KeyError for a column that is not there."""
        there = cell(row, self.column)
        found, value = there.lower(), self.value.lower()
        match self.operator:
            case "=":
                return found == value
            case "!=":
                return found != value
            case "IN":
                return found in self._listed
            case "NOT IN":
                return found not in self._listed
            case "LIKE" | "CONTAINS":
                return value in found
            case "NOT LIKE" | "DOES NOT CONTAIN":
                return value not in found
            case "STARTSWITH":
                return found.startswith(value)
            case "ENDSWITH":
                return found.endswith(value)
            case "ISEMPTY" | "EMPTYSTRING":
                return not there
            case "ISNOTEMPTY":
                return bool(there)
            case "ANYTHING":
                return True
            case "SAMEAS":
                return found == cell(row, self.value).lower()
            case "NSAMEAS":
                return found != cell(row, self.value).lower()
            case "ON" | "NOTON":  # a word for people, then the first and the last second: `Today@…@…`
                _, low, high = [*value.split("@"), "", ""][:3]
                return bool(there) and (order(low) <= order(found) <= order(high)) is (self.operator == "ON")
            case "BETWEEN":
                low, _, high = value.partition("@")
                return bool(there) and order(low) <= order(found) <= order(high)
        if not there:
            return False
        left, right = order(found), order(value)
        return {">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}[self.operator]


def order(value: str) -> tuple[int, float, str]:
    """Numbers before texts, empty first."""
    if not value:
        return (0, 0, "")
    return (1, float(value), "") if _NUMBER.fullmatch(value) else (2, 0, value)


@dataclass(frozen=True)
class Query:
    """`any_of` are queries of which one must hold (`^NQ`): each all of its groups, of a group any (`^OR`)."""

    any_of: tuple[tuple[tuple[Term, ...], ...], ...]
    orders: tuple[tuple[str, bool], ...]
    """Column, and whether descending."""
    invalid: bool
    """Whether something in it was passed over."""

    def holds(self, row: Row, cell: Cell) -> bool:
        return any(all(any(term.holds(row, cell) for term in group) for group in groups) for groups in self.any_of)

    def sort(self, rows: Iterable[Row], cell: Cell) -> list[Row]:
        found = list(rows)
        for column, descending in reversed(self.orders):
            found.sort(key=lambda row: order(cell(row, column).lower()), reverse=descending)
        return found


def parse(text: str, known: Callable[[str], bool]) -> Query:
    """Read a query; `known` tells whether a column is there."""
    any_of: list[list[list[Term]]] = [[]]
    orders: list[tuple[str, bool]] = []
    invalid = False
    for part in _SPLIT.split(text):
        part = part.replace("^^", "^")
        if part in ("", "EQ"):
            continue
        ordering = re.fullmatch(r"(ORDERBYDESC|ORDERBY)([a-z_][a-z0-9_.]*)", part)
        if ordering:
            if known(ordering[2]):
                orders.append((ordering[2], ordering[1] == "ORDERBYDESC"))
            else:
                invalid = True
            continue
        joined = "NQ" if part.startswith("NQ") else "OR" if part.startswith("OR") else ""
        if joined == "NQ":
            any_of.append([])
        term = _TERM.fullmatch(part[len(joined) :])
        if term is None or not known(term["column"]):
            invalid = True
            continue
        made = Term(term["column"], term["operator"], term["value"])
        if joined == "OR" and any_of[-1]:
            any_of[-1][-1].append(made)
        else:
            any_of[-1].append([made])
    groups = tuple(tuple(tuple(group) for group in one) for one in any_of)
    return Query(groups, tuple(orders), invalid)
