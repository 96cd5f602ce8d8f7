# SPDX-License-Identifier: Apache-2.0
"""The three-way merge of one field: each side against its own base.

=====================  =====================  ==========================================
left                   right                  verdict
=====================  =====================  ==========================================
unchanged              unchanged              nothing
changed                unchanged              write right
unchanged              changed                write left
changed                changed, the same      settled
changed                changed, apart         the pair's rule; the losing value is kept
changed back           unchanged              nothing (superseded)
no base on either      equal                  settled
no base on either      unequal                the pair's rule
no base                any                    what it shows is news; showing nothing is none
=====================  =====================  ==========================================

Sets merge element by element. A field that may pass one way only is never written the other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tandem.core.model import FieldState
from tandem.core.plain import to_plain
from tandem.core.rules import Which
from tandem.core.values import Json, as_set, from_set, same

TIE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Clash:
    """Both sides changed one field apart. ``winner`` is none while the rule is to hold."""

    rule: str
    winner: Which | None


@dataclass(frozen=True, slots=True)
class Write:
    """A value to be written to a side."""

    value: Json


@dataclass(frozen=True, slots=True)
class Merged:
    """The verdict on one field: what to write where. ``agreed``: both sides say the same, so their bases move."""

    to_left: Write | None = None
    to_right: Write | None = None
    agreed: bool = False
    clash: Clash | None = None

    def to(self, target: Which) -> Write | None:
        """Give what is to be written to a side."""
        return self.to_left if target is Which.LEFT else self.to_right


NOTHING = Merged()


@dataclass(frozen=True, slots=True)
class Times:
    """When each side last changed a field (in one clock), as far as its history tells.

    ``stands``: the side whose change stood already where the same two met elsewhere; that holds, whatever the rule.
    """

    left: datetime | None = None
    right: datetime | None = None
    stands: Which | None = None

    def newest(self, tie: Which) -> Which:
        """Tell which side changed last; closer than five seconds, or without a time, it is a tie."""
        if self.left is None or self.right is None or abs(self.left - self.right) < TIE:
            return tie
        return Which.LEFT if self.left > self.right else Which.RIGHT


def merge(
    left: FieldState,
    right: FieldState,
    *,
    rule: str,
    times: Times,
    tie: Which,
    ways: frozenset[Which],
    a_set: bool = False,
) -> Merged:
    """Merge one field. ``ways`` holds the sides that may be written (from the other side's value)."""
    if a_set:
        return _merge_set(left, right, ways)
    moved_left, moved_right = moved(left), moved(right)
    if alike(left.value, right.value) and not (left.unsaid or right.unsaid):
        shifted = left.changed or right.changed or not (left.has_base and right.has_base)
        return Merged(agreed=True) if shifted else NOTHING
    if moved_left and moved_right:
        return _clash(left, right, rule, times, tie, ways)
    if moved_left and Which.RIGHT in ways:
        return Merged(to_right=Write(left.value))
    if moved_right and Which.LEFT in ways:
        return Merged(to_left=Write(right.value))
    return NOTHING


def alike(left: Json, right: Json) -> bool:
    """Tell whether two sides say the same; where one of them has no markup, the words alone count."""
    if isinstance(left, dict) is not isinstance(right, dict) and left is not None and right is not None:
        left, right = (to_plain(one) if isinstance(one, dict) else one for one in (left, right))
    return same(left, right)


def moved(state: FieldState) -> bool:
    """Tell whether a side has news: another hub value than its base was (a new spelling of the same is none).

    Without a base, whatever it shows is news; that it shows nothing is not, for only what was agreed on can be emptied.
    """
    if state.unsaid:
        return False
    return state.changed and not same(state.value, state.base) if state.has_base else state.value is not None


def _clash(left: FieldState, right: FieldState, rule: str, times: Times, tie: Which, ways: frozenset[Which]) -> Merged:
    if not ways:
        return NOTHING
    if len(ways) == 1:  # one way only: what the sender says holds, whatever the receiver changed
        return _write(next(iter(ways)), left, right, None)
    if rule == "hold":
        return Merged(clash=Clash(rule, None))
    winner = times.stands or (times.newest(tie) if rule == "newest" else Which(rule))
    return _write(winner.other, left, right, Clash(rule, winner))


def _write(target: Which, left: FieldState, right: FieldState, clash: Clash | None) -> Merged:
    if target is Which.LEFT:
        return Merged(to_left=Write(right.value), clash=clash)
    return Merged(to_right=Write(left.value), clash=clash)


def _merge_set(left: FieldState, right: FieldState, ways: frozenset[Which]) -> Merged:
    """Merge element by element: what one side added or removed since its own base is done at the other."""
    shown_left, shown_right = as_set(left.value), as_set(right.value)
    both = len(ways) == 2
    want_left = _with_changes(left, right, both) if Which.LEFT in ways else shown_left
    want_right = _with_changes(right, left, both) if Which.RIGHT in ways else shown_right
    to_left = Write(from_set(want_left)) if want_left != shown_left else None
    to_right = Write(from_set(want_right)) if want_right != shown_right else None
    if to_left or to_right:
        return Merged(to_left=to_left, to_right=to_right)
    changed = left.changed or right.changed or not (left.has_base and right.has_base)
    return Merged(agreed=True) if changed else NOTHING


def _with_changes(target: FieldState, peer: FieldState, both: bool) -> frozenset[str]:
    """Do to a set what its peer did to its own. Where both may be written (``both``), what is new here stays."""
    (added, removed), (new_here, _) = _changes(peer), _changes(target)
    return (as_set(target.value) | added) - (removed - new_here if both else removed)


def _changes(state: FieldState) -> tuple[frozenset[str], frozenset[str]]:
    """What a side added to its base and removed from it (no base: it added all that it shows)."""
    now, before = as_set(state.value), as_set(state.base) if state.has_base else frozenset()
    return now - before, before - now
