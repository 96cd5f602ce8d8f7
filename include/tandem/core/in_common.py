# SPDX-License-Identifier: Apache-2.0
"""What two sides of a set have in common since they last agreed, because it came to both on different ways.

A label that goes round a ring of pairs may come to a side, and be taken away there, before the pair that joins it to
the label's own side runs again. Against its old base that side has nothing to say, and the label would be brought anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from tandem.core.model import FieldState, HubEvent
from tandem.core.rules import Which
from tandem.core.values import as_set, from_set

Foreign = Callable[[Which, HubEvent], bool]  # whether an event of a side tells of what was done elsewhere
Step = tuple[bool, HubEvent]  # an element came or went


@dataclass(frozen=True, slots=True)
class Common:
    """The elements that came to both sides of a set, or went from both."""

    came: frozenset[str]
    went: frozenset[str]

    def based(self, state: FieldState) -> FieldState:
        """Let a side's base take them in."""
        base = (as_set(state.base) if state.has_base else frozenset[str]()) - self.went | self.came
        changed = as_set(state.value) != base
        return state.model_copy(update={"base": from_set(base), "has_base": True, "changed": changed})


def in_common(left: Iterable[HubEvent], right: Iterable[HubEvent], foreign: Foreign) -> Common | None:
    """Tell what both sides have made of the elements of a set, as far as their steps are the same ones; or nothing."""
    ours, theirs = _steps(left), _steps(right)
    last: dict[str, bool] = {}
    for element in ours.keys() & theirs.keys():
        for one, other in zip(ours[element], theirs[element], strict=False):
            if not _same(one, other, foreign):
                break
            last[element] = one[0]
    if not last:
        return None
    came = frozenset(element for element, there in last.items() if there)
    return Common(came, frozenset(last) - came)


def moved_last_by(events: Iterable[HubEvent], some: Collection[int]) -> frozenset[str]:
    """The elements of a set whose last step is one of some events, named by their ids."""
    return frozenset(element for element, steps in _steps(events).items() if steps[-1][1].id in some)


def _steps(events: Iterable[HubEvent]) -> dict[str, list[Step]]:
    """By element, when it came and went; nothing where the history of a side has a gap."""
    found: dict[str, list[Step]] = {}
    for event in sorted(events, key=lambda event: event.order):
        if not event.known:
            return {}
        before, after = as_set(event.before), as_set(event.after)
        for element in before ^ after:
            found.setdefault(element, []).append((element in after, event))
    return found


def _same(left: Step, right: Step, foreign: Foreign) -> bool:
    """Tell whether two steps are one, which came to a side or to both from elsewhere: never before it was made."""
    (came_left, one), (came_right, other) = left, right
    from_left, from_right = not foreign(Which.LEFT, one), not foreign(Which.RIGHT, other)
    if came_left is not came_right or (from_left and from_right):
        return False
    return other.at >= one.at if from_left else not from_right or one.at >= other.at
