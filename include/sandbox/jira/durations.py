# SPDX-License-Identifier: Apache-2.0
"""Spans of work as people write them: weeks of five days, days of eight hours, `3h 20m`."""

import re

_SECONDS = {"w": 5 * 8 * 3600, "d": 8 * 3600, "h": 3600, "m": 60}
_SPAN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)\s*([wdhm])\s*)+", re.IGNORECASE)


def read(text: str) -> int | None:
    """Return seconds; a number alone is minutes, and what is no span is none."""
    if text.strip().isdigit():
        return int(text) * 60
    if not _SPAN.fullmatch(text):
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([wdhm])", text.lower())
    return int(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def write(seconds: int) -> str:
    """Write as Jira does, without the units that are nought."""
    words = []
    for unit, size in _SECONDS.items():
        number, seconds = divmod(seconds, size)
        if number:
            words.append(f"{number}{unit}")
    return " ".join(words) or "0m"
