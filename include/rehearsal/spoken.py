# SPDX-License-Identifier: Apache-2.0
"""What a contract speaks of, so that a tracker can be made in which it is all there."""

from __future__ import annotations

from tandem.config.models import Side


def values(side: Side, native: str) -> list[str]:
    """All native names that a contract uses for a field, in order."""
    found: dict[str, None] = {}
    for rule in (each for field in side.fields.values() for _, each in field.maps()):
        if rule.native == native:
            found.update(dict.fromkeys(name for names in rule.map.values() for name in names))
            found.update(dict.fromkeys([*rule.ignore, *([rule.otherwise_in] if rule.otherwise_in else [])]))
    for native_name, value in (side.create or {}).items():
        if native_name == native and isinstance(value, str):
            found[value] = None
    for transition in side.transitions.values():
        if isinstance(filled := transition.fields.get(native), str):
            found[filled] = None
    for condition in side.scope:
        if condition.field == native:
            told = [*condition.in_, *([condition.is_] if condition.is_ is not None else [])]
            found.update(dict.fromkeys(map(str, told)))
    return list(found)
