# SPDX-License-Identifier: Apache-2.0
"""Which issues belong to an offer: its conditions, judged on each answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tandem.connectors.base import Condition
from tandem.connectors.redmine.shape import Raw, raw_value

RESTRICTED = "restricted"
PRIVATE = "is_private"


@dataclass(frozen=True, slots=True)
class Scope:
    """The conditions of one offer; all must hold. ``words`` tells by what else people know a project: its identifier.

    ``names``: of a custom field, what Redmine stores → what people call it.
    """

    conditions: tuple[Condition, ...]
    words: Callable[[str], str | None] = lambda number: None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def fields(self) -> frozenset[str]:
        """All fields that decide, that of restriction included."""
        return frozenset(condition.field for condition in self.conditions) | {PRIVATE}

    @property
    def projects(self) -> tuple[str, ...]:
        """Projects that the conditions name; none means all."""
        named = (list(wanted(condition)) for condition in self.conditions if condition.field == "project")
        return tuple(dict.fromkeys(word for words in named for word in words))

    def reason(self, issue: Raw) -> str:
        """Judge an issue as read: empty if it is in scope, else the condition that failed.

        A private issue is out whatever the conditions say, unless one of them names ``is_private``.
        """
        if issue.get(PRIVATE) is not False and not any(one.field == PRIVATE for one in self.conditions):
            return RESTRICTED
        return next((c.field for c in self.conditions if not self._holds(c, raw_value(issue, c.field))), "")

    def holds(self, name: str, value: Any) -> bool:
        """Tell whether a value of one field, as Redmine stores it, keeps an issue in scope."""
        own = [condition for condition in self.conditions if condition.field == name]
        if name == PRIVATE and not own:
            return value in (False, None, "0", "")
        return all(self._holds(condition, value) for condition in own)

    def _holds(self, condition: Condition, value: Any) -> bool:
        if condition.set_ is not None:
            return (value not in (None, "", [], [""])) is condition.set_
        if condition.contains is not None and isinstance(value, str):
            return condition.contains.casefold() in value.casefold()
        words = [condition.contains] if condition.contains is not None else list(wanted(condition))
        return any(self._is(condition.field, value, str(word)) for word in words)

    def _is(self, name: str, value: Any, word: str) -> bool:
        """Compare with what people write: an id, an identifier, or a name in any case; a text exactly."""
        if isinstance(value, list):
            return any(self._is(name, one, word) for one in value)
        if isinstance(value, bool):
            return word.casefold() in (("1", "true") if value else ("0", "false"))
        known: list[Any] = [value]
        called: list[Any] = [self.names.get(name, {}).get(str(value))]
        if isinstance(value, Mapping):
            known, called = [value.get("id")], [value.get("name")]
        if name == "project":
            called.append(self.words(str(known[0])))
        if any(one is not None and str(one) == word for one in known):
            return True
        return any(one is not None and str(one).casefold() == word.casefold() for one in called)


def wanted(condition: Condition) -> Iterator[str]:
    """Yield the words one of which the field must be."""
    if isinstance(condition.is_, bool):
        yield "true" if condition.is_ else "false"
    elif isinstance(condition.is_, list):
        yield from map(str, condition.is_)
    elif condition.is_ is not None:
        yield str(condition.is_)
    yield from condition.in_
