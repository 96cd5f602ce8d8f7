# SPDX-License-Identifier: Apache-2.0
"""A scope, twice: as JQL, which may find too much, and as a judgement on a read issue, which alone decides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tandem.connectors.base import Condition
from tandem.connectors.jira.shape import BELOW, SYSTEM, Form

RESTRICTED = "restricted"
QUERY = "query"
EVERYTHING = 'created >= "1970-01-02"'  # JQL must be bounded

_CLAUSES = {
    "components": "component",
    "fixVersions": "fixVersion",
    "versions": "affectedVersion",
    "duedate": "due",
    "security": "level",
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_EXACT = frozenset({"choice", "person", "set"})  # kinds that JQL compares with "="; texts it only searches in


@dataclass(frozen=True, slots=True)
class Scope:
    """Which issues belong to an offer. All conditions must hold, and the raw query, where there is one."""

    conditions: tuple[Condition, ...]
    query: str | None = None

    @property
    def fields(self) -> frozenset[str]:
        """All fields that decide, that of restriction included."""
        return frozenset(condition.field for condition in self.conditions) | {"security"}

    @property
    def projects(self) -> tuple[str, ...]:
        """Projects that the conditions name; none means all."""
        named = (list(_wanted(condition)) for condition in self.conditions if condition.field == "project")
        return tuple(dict.fromkeys(word for words in named for word in words))

    def places(self) -> str:
        """Render what says where issues lie: all that a search for changes may ask for.

        An issue that has just left the scope by another field must still be seen.
        """
        return " AND ".join(_rendered(c, SYSTEM["project"]) for c in self.conditions if c.field == "project")

    def within(self, projects: Collection[str]) -> Scope:
        """Narrow the scope to some of the projects that it names."""
        narrowed = (
            replace(c, is_=None, in_=tuple(word for word in _wanted(c) if word in projects))
            if c.field == "project"
            else c
            for c in self.conditions
        )
        return replace(self, conditions=tuple(narrowed))

    def jql(self, forms: Mapping[str, Form]) -> str:
        """Render all that JQL can tell of the scope. It never finds less than :meth:`reason` lets in."""
        parts = [_rendered(condition, forms.get(condition.field)) for condition in self.conditions]
        parts += [f"({self.query})"] if self.query else []
        return " AND ".join(part for part in parts if part) or EVERYTHING

    def reason(self, fields: Mapping[str, Any]) -> str:
        """Judge an issue by its fields as read: empty if in scope, else the condition that failed.

        A restricted issue is out whatever the conditions say, unless one of them names ``security``.
        """
        if not self.holds("security", fields.get("security")) and not self.names("security"):
            return RESTRICTED
        return next((c.field for c in self.conditions if not _holds(c, fields.get(c.field))), "")

    def names(self, field: str) -> bool:
        """Tell whether a condition names a field."""
        return any(condition.field == field for condition in self.conditions)

    def holds(self, field: str, value: Any) -> bool:
        """Tell whether a value of one field keeps an issue in scope."""
        if field == "security" and not self.names(field):
            return value is None
        return all(_holds(condition, value) for condition in self.conditions if condition.field == field)


def quoted(word: str) -> str:
    """Write any text as one JQL string: quoted, it is never a keyword, a function or a field."""
    return '"' + "".join(map(_escaped, word)) + '"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return f"\\u{ord(letter):04x}" if letter < " " or letter == "\x7f" else letter


def clause(name: str) -> str:
    """Write a field's name as JQL knows it."""
    if name.startswith("customfield_"):
        return f"cf[{name.removeprefix('customfield_')}]"
    return _CLAUSES.get(name) or (name if name in SYSTEM else quoted(name))


def among(name: str, words: tuple[str, ...]) -> str:
    """Write that a field is one of these."""
    if len(words) == 1:
        return f"{clause(name)} = {quoted(words[0])}"
    return f"{clause(name)} in ({', '.join(map(quoted, words))})"


def _rendered(condition: Condition, shape: Form | None) -> str:
    parts = []
    wanted = tuple(_wanted(condition))
    if wanted and shape is not None and shape.kind in _EXACT and not shape.child:  # the judgement decides these
        parts.append(among(condition.field, wanted))
    if condition.contains is not None and shape is not None and shape.many:
        parts.append(among(condition.field, (condition.contains,)))
    if condition.set_ is not None:
        parts.append(f"{clause(condition.field)} is {'not ' if condition.set_ else ''}EMPTY")
    return " AND ".join(parts)


def _wanted(condition: Condition) -> Iterator[str]:
    """Yield the words one of which the field must be."""
    if isinstance(condition.is_, list):
        yield from map(str, condition.is_)
    elif condition.is_ is not None:
        yield str(condition.is_)
    yield from condition.in_


def _holds(condition: Condition, value: Any) -> bool:
    checks = []
    if condition.is_ is not None:
        words = condition.is_ if isinstance(condition.is_, list) else [condition.is_]
        checks.append(any(_is(value, str(word)) for word in words))
    if condition.in_:
        checks.append(any(_is(value, word) for word in condition.in_))
    if condition.contains is not None:
        checks.append(_contains(value, condition.contains))
    if condition.set_ is not None:
        checks.append((value not in (None, "", [])) is condition.set_)
    return bool(checks) and all(checks)


def _is(value: Any, word: str) -> bool:
    """Compare with what people write: an id or key, or a name in any case; a label or text exactly."""
    if isinstance(value, list):
        return any(_is(item, word) for item in value)
    if isinstance(value, Mapping):
        if word in (str(value.get("id")), str(value.get("accountId"))) or _is_below(value, word):
            return True
        return any(str(value[key]).casefold() == word.casefold() for key in ("key", "name", "value") if value.get(key))
    return value is not None and str(value) == word


def _is_below(value: Mapping[str, Any], word: str) -> bool:
    """Tell whether a word means a choice together with the one below it."""
    below = value.get("child")
    if not isinstance(below, Mapping):
        return False
    name = f"{value.get('value')}{BELOW}{below.get('value')}"
    return word == f"{value.get('id')}/{below.get('id')}" or word.casefold() == name.casefold()


def _contains(value: Any, word: str) -> bool:
    if isinstance(value, str):
        return word.casefold() in value.casefold()
    if isinstance(value, Mapping) and value.get("type") == "doc":
        return word.casefold() in " ".join(_texts(value)).casefold()
    return _is(value, word)


def _texts(node: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(node.get("text"), str):
        yield node["text"]
    for child in node.get("content") or ():
        yield from _texts(child)
