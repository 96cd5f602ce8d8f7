# SPDX-License-Identifier: Apache-2.0
"""What was done to each element of a set, and which of two such steps stands where they meet in a ring of pairs.

A write of several elements carries what different people did to them at different times. So each step keeps its own
cause and time, and what stands is told of each element by itself: of two steps the one that was taken in sight of the
other, else the newer one. All pairs know the same causes and times, so all come to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tandem.core.model import HubEvent, Step
from tandem.core.rules import Which
from tandem.core.values import as_set

Steps = dict[str, list[Step]]  # by element, the oldest first


def steps(events: Iterable[HubEvent]) -> Steps | None:
    """Tell when each element came and went; nothing where the history has a gap."""
    found: Steps = {}
    for event in sorted(events, key=lambda event: event.order):
        if not event.known:
            return None
        for element in as_set(event.before) ^ as_set(event.after):
            own = event.steps.get(element) or Step(cause=event.cause, at=event.at, there=element in as_set(event.after))
            found.setdefault(element, []).append(own)
    return found


def standing(left: Sequence[Step], right: Sequence[Step]) -> Which | None:
    """Tell on which side what was done last to an element stands; none where that is one and the same step."""
    if not (left and right):
        return Which.LEFT if left else Which.RIGHT
    ours, theirs = left[-1], right[-1]
    if ours.cause == theirs.cause:
        return None
    seen_here = theirs.cause in {step.cause for step in left}
    seen_there = ours.cause in {step.cause for step in right}
    if seen_here is not seen_there:
        return Which.LEFT if seen_here else Which.RIGHT
    return Which.LEFT if ours.newer_than(theirs) else Which.RIGHT
