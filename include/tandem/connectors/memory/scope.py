# SPDX-License-Identifier: Apache-2.0
"""Which tickets an offer takes: its conditions, judged on a ticket's own values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tandem.connectors.base import Condition, FieldInfo
from tandem.core.values import Json

RESTRICTED = "restricted"
SECURITY = "security"


def reason(conditions: tuple[Condition, ...], fields: Mapping[str, Json], dictionary: Mapping[str, FieldInfo]) -> str:
    """Name the first condition that fails; empty if all hold. A restricted ticket is out unless one names it."""
    if fields.get(SECURITY) is not None and all(condition.field != SECURITY for condition in conditions):
        return RESTRICTED
    failed = (c.field for c in conditions if not _holds(c, fields.get(c.field), dictionary.get(c.field)))
    return next(failed, "")


def deciding(conditions: tuple[Condition, ...]) -> set[str]:
    """The fields that decide, that of restriction included."""
    return {condition.field for condition in conditions} | {SECURITY}


def holds(conditions: tuple[Condition, ...], dictionary: Mapping[str, FieldInfo], field: str, value: Json) -> bool:
    """Tell whether a value of one field keeps a ticket in scope."""
    own = [condition for condition in conditions if condition.field == field]
    if field == SECURITY and not own:
        return value is None
    return all(_holds(condition, value, dictionary.get(field)) for condition in own)


def _holds(condition: Condition, value: Json, info: FieldInfo | None) -> bool:
    if info is None:
        return False
    spelled = {text for item in (value if isinstance(value, list) else [value]) for text in _spellings(item, info)}
    wanted = set(_wanted(condition))
    checks = []
    if wanted:
        checks.append(bool(spelled & wanted))
    if condition.contains is not None:
        inside = isinstance(value, str) and not info.choices and condition.contains in value
        checks.append(inside or condition.contains in spelled)
    if condition.set_ is not None:
        checks.append((value is not None) is condition.set_)
    return bool(checks) and all(checks)


def _wanted(condition: Condition) -> Iterator[str]:
    if condition.is_ is not None:
        yield from map(str, condition.is_ if isinstance(condition.is_, list) else [condition.is_])
    yield from condition.in_


def _spellings(item: Json, info: FieldInfo) -> set[str]:
    """A choice may be written by its id or by the name that people see."""
    return set() if item is None else {str(item), info.choices.get(str(item), str(item))}
