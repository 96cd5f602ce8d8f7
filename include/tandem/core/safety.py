# SPDX-License-Identifier: Apache-2.0
"""The safety stop: a plan beyond the pair's limits stops before its first write."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

EMPTIED = 25
"""So many tickets may have one field emptied by one run; more looks like a fault of the source."""
UNSEEN_SHARE = 0.1
UNSEEN_LEAST = 5
ALL_GONE = 2
"""So many linked tickets of a side, all unseen, are a side that is suddenly empty; one alone may just be gone."""
SHARE_LEAST = 50
"""From so many links on the share of changed tickets says something."""
CREATES, CLOSES, FIELDS, UNSEEN, CHANGED = "creates", "closes", "emptied", "unseen", "changed_share"


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that was counted, against its limit. ``side`` is where it would be written, or was missed."""

    limit: str
    side: str
    value: int
    allowed: int

    @property
    def over(self) -> bool:
        return self.value > self.allowed


def intervals(since: timedelta | None, interval: timedelta) -> float:
    """How many intervals of the schedule a run covers, at least one: after an outage the limits grow with it."""
    return 1.0 if since is None else max(1.0, since / interval)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a plan would do, and what was missed, each by the side where it is so."""

    creates: Mapping[str, int] = field(default_factory=dict)
    closes: Mapping[str, int] = field(default_factory=dict)
    emptied: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (side, field) → tickets
    changed: Mapping[str, int] = field(default_factory=dict)  # linked tickets that would be written to
    unseen: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # (linked tickets that cannot be seen, linked)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may do without asking. ``creates`` and ``closes`` are an interval's; ``changed_share`` is of 1."""

    creates: int
    closes: int
    changed_share: float | None = None


def measure(counts: Counts, limits: Limits, *, covered: float, raised: Mapping[tuple[str, str], int]) -> list[Measured]:
    """Measure a plan. ``raised`` holds limits that a person approved for this run: (limit, side) → value."""
    found = [
        Measured(name, side, count, math.floor(limit * covered))
        for name, limit, some in (
            (CREATES, limits.creates, counts.creates),
            (CLOSES, limits.closes, counts.closes),
        )
        for side, count in some.items()
    ]
    found += [Measured(FIELDS, f"{side} {name}", count, EMPTIED) for (side, name), count in counts.emptied.items()]
    for side, (missing, linked) in counts.unseen.items():
        allowed = max(UNSEEN_LEAST, math.floor(linked * UNSEEN_SHARE))
        found.append(Measured(UNSEEN, side, missing, min(allowed, linked - 1) if linked >= ALL_GONE else allowed))
        if limits.changed_share is not None and linked >= SHARE_LEAST:
            most = math.floor(linked * limits.changed_share)
            found.append(Measured(CHANGED, side, counts.changed.get(side, 0), most))
    return [
        Measured(one.limit, one.side, one.value, max(one.allowed, raised.get((one.limit, one.side), 0)))
        for one in found
    ]


def words(measured: Sequence[Measured]) -> str:
    """Say what stopped a run."""
    named = {
        CREATES: "tickets would be created",
        CLOSES: "tickets would be closed",
        FIELDS: "tickets would have the field emptied",
        UNSEEN: "linked tickets cannot be seen",
        CHANGED: "linked tickets would be changed",
    }
    return "; ".join(f"{one.side}: {one.value} {named[one.limit]} (limit {one.allowed})" for one in measured)
