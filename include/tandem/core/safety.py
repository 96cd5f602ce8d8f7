# SPDX-License-Identifier: Apache-2.0
"""The safety stop: a plan beyond the pair's limits stops before its first write."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

EMPTIED = 25
"""So many tickets may have one field emptied by one run; more looks like a fault of the source."""
UNSEEN_SHARE = 0.1
UNSEEN_LEAST = 5
CREATES, CLOSES, FIELDS, UNSEEN = "creates", "closes", "emptied", "unseen"


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


def intervals(since: timedelta | None, interval: timedelta) -> int:
    """How many intervals of the schedule a run covers, at least one: after an outage the limits grow with it."""
    return 1 if since is None else max(1, math.ceil(since / interval))


def measure(
    *,
    creates: Mapping[str, int],
    closes: Mapping[str, int],
    emptied: Mapping[tuple[str, str], int],
    unseen: Mapping[str, tuple[int, int]],
    limits: Mapping[str, int],
    covered: int,
    raised: Mapping[tuple[str, str], int],
) -> list[Measured]:
    """Measure a plan: creates and closes by side written, emptied fields by (side, field), unseen tickets by side.

    ``unseen`` holds (unseen, linked). ``raised`` holds limits that a person approved for this run.
    """
    found = [Measured(CREATES, side, count, limits[CREATES] * covered) for side, count in creates.items()]
    found += [Measured(CLOSES, side, count, limits[CLOSES] * covered) for side, count in closes.items()]
    found += [Measured(FIELDS, f"{side} {name}", count, EMPTIED) for (side, name), count in emptied.items()]
    for side, (missing, linked) in unseen.items():
        found.append(Measured(UNSEEN, side, missing, max(UNSEEN_LEAST, math.floor(linked * UNSEEN_SHARE))))
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
    }
    return "; ".join(f"{one.side}: {one.value} {named[one.limit]} (limit {one.allowed})" for one in measured)
