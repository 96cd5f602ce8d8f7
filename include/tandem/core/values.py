# SPDX-License-Identifier: Apache-2.0
"""JSON values in one canonical form: what is equal compares, hashes and stores alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

Json = JsonValue  # pydantic's name for it is one that it can validate without end
_DIGITS = 30  # longer numbers are none that a person wrote


def canonical(value: Json) -> str:
    """Write a value as the one JSON text that every equal value has."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def same(left: Json, right: Json) -> bool:
    """Tell whether two values are equal in canonical form (``1`` and ``1.0`` are, ``1`` and ``true`` are not)."""
    return canonical(_plain(left)) == canonical(_plain(right))


def _plain(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def as_set(value: Json) -> frozenset[str]:
    """Read a set-valued field: absent and empty are the empty set."""
    return frozenset(str(item) for item in value) if isinstance(value, list) else frozenset()


def from_set(items: frozenset[str]) -> Json:
    """Write a set in canonical form: sorted."""
    return sorted(items)  # type: ignore[return-value]


def as_number(value: Json) -> Json:
    """Read a number, whether it is one or its text (``12``, ``"12.0"``, ``"-3.5"``); none for anything else.

    What a float cannot hold to the digit is none, too: it would not be read back.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        exact = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not exact.is_finite() or abs(exact.adjusted()) > _DIGITS:
        return None
    if exact == exact.to_integral_value():
        return int(exact)
    near = float(exact)
    return near if Decimal(repr(near)) == exact else None


def number_text(value: Json) -> str:
    """Write a number as people do: without an exponent, and without a fraction of nothing."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def length(text: str, utf16: bool) -> int:
    """Count a text as its tracker does: in UTF-16 units (most emoji are two of them), else in code points."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if utf16 else len(text)


def utc_text(moment: datetime) -> str:
    """Write an instant as UTC text with milliseconds, so that texts sort as the instants do."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_utc_text(text: str) -> datetime:
    """Read back what :func:`utc_text` wrote."""
    return datetime.fromisoformat(text)
