# SPDX-License-Identifier: Apache-2.0
"""Durations, sizes, shares and schedules as people write them: ``10 min``, ``20 MB``, ``30 %``, ``*/2 * * * *``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from croniter import CroniterError, croniter  # type: ignore[import-untyped]

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
LONGEST = timedelta(days=366)

_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([A-Za-z%]+)")
_FIRES = 50
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def duration(text: str) -> timedelta:
    """Read ``90 s``, ``10 min``, ``2 h``, ``1.5 h`` or ``3 d``.

    Raises:
        ValueError: it is not a duration above nothing and up to a year; the message says what is.
    """
    seconds = _amount(text, SECONDS, "a duration", "10 min, 2 h, 90 s, 3 d")
    read = timedelta(seconds=seconds)
    if not timedelta(0) < read <= LONGEST:
        raise ValueError("a duration is longer than nothing and at most a year")
    return read


def size(text: str) -> int:
    """Read ``20 MB``, ``512 kB``, ``1.5 GB`` or ``8 MiB`` as bytes.

    Raises:
        ValueError: it is not a size above nothing; the message says what is.
    """
    read = round(_amount(text, BYTES, "a size", "20 MB, 512 kB, 8 MiB"))
    if read < 1:
        raise ValueError("a size is at least 1 B")
    return read


def spoken(size: int) -> str:
    """Say a size in bytes as people do: ``20 MB``, ``512 kB``."""
    unit = next((name for name in ("GB", "MB", "kB") if size >= BYTES[name]), "B")
    return f"{size / BYTES[unit]:.3g} {unit}"


def exact(size: int) -> str:
    """Write a size in bytes as a contract has it, in the largest unit of which it is a whole number, or just below."""
    unit = max((name for name, one in BYTES.items() if size % one == 0), key=BYTES.__getitem__)
    if size // BYTES[unit] >= 10**9:  # a contract takes nine digits
        unit = "kB"
    return f"{size // BYTES[unit]} {unit}"


def share(text: str) -> float:
    """Read ``30 %`` as 0.3.

    Raises:
        ValueError: it is not a share above nothing and up to 100 %.
    """
    read = _amount(text, {"%": 0.01}, "a share", "30 %")
    if not 0 < read <= 1:
        raise ValueError("a share is above 0 % and at most 100 %")
    return read


@lru_cache(maxsize=256)
def interval(schedule: str) -> timedelta:
    """Give the smallest distance between two times of a cron expression (limits are counted per interval).

    Raises:
        ValueError: it is not a cron expression of five fields (or ``@hourly`` …), or its time never comes.
    """
    if not (schedule.startswith("@") or len(schedule.split()) == 5) or not croniter.is_valid(schedule):
        raise ValueError("it is not a cron expression of five fields: minute hour day month weekday")
    try:
        times = croniter(schedule, _MONDAY)
        fires: list[datetime] = [times.get_next(datetime) for _ in range(_FIRES)]
    except CroniterError:
        raise ValueError("its time never comes") from None
    return min(later - sooner for sooner, later in pairwise(fires))


def _amount(text: str, units: dict[str, int] | dict[str, float], what: str, examples: str) -> float:
    match = _AMOUNT.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{what} is a number and a unit, such as {examples}")
    number, unit = match.groups()
    if unit not in units:
        raise ValueError(f"`{unit}` is no unit of {what}; there are {', '.join(units)}")
    return float(number) * units[unit]
