# SPDX-License-Identifier: Apache-2.0
"""What came to both sides of a set on different ways is agreed on, element by element, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tandem.core.in_common import Common, in_common
from tandem.core.model import FieldState, HubEvent
from tandem.core.rules import Which

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def step(at: int, before: str, after: str, *, elsewhere: bool = False, known: bool = True) -> HubEvent:
    """A change of a set from these letters to those, in the order of its times."""
    return HubEvent(
        id=at,
        kind="field",
        field="labels",
        at=START + timedelta(seconds=at),
        order=f"{at:04d}",
        before=list(before),
        after=list(after),
        known=known,
        person=not elsewhere,
        cause="elsewhere" if elsewhere else "here",
    )


def common(left: list[HubEvent], right: list[HubEvent]) -> tuple[str, str] | None:
    """The letters that came to both, and that went from both."""
    found = in_common(left, right, lambda which, event: event.cause == "elsewhere")
    return ("".join(sorted(found.came)), "".join(sorted(found.went))) if found else None


def test_what_came_to_the_other_side_and_was_taken_away_there_is_agreed_on_as_having_come() -> None:
    left = [step(1, "", "a")]
    right = [step(2, "", "a", elsewhere=True), step(3, "a", "")]
    assert common(left, right) == common(right, left) == ("a", "")


def test_what_both_sides_did_by_themselves_is_not_agreed_on_here() -> None:
    assert common([step(1, "", "a")], [step(2, "", "a"), step(3, "a", "")]) is None


def test_what_was_brought_before_it_was_done_here_is_another_step() -> None:
    left = [step(5, "", "a")]
    right = [step(2, "", "a", elsewhere=True), step(3, "a", "")]
    assert common(left, right) is None


def test_what_came_to_both_from_a_third_is_one_step_whatever_its_time() -> None:
    left = [step(5, "", "a", elsewhere=True)]
    right = [step(2, "", "a", elsewhere=True), step(3, "a", "")]
    assert common(left, right) == ("a", "")


def test_steps_are_held_against_each_other_one_by_one() -> None:
    left = [step(1, "b", "ab"), step(3, "ab", "b"), step(9, "b", "ab")]
    right = [step(2, "b", "ab", elsewhere=True), step(4, "ab", "b", elsewhere=True)]
    assert common(left, right) == ("", "a")


def test_a_history_with_a_gap_tells_nothing() -> None:
    left = [step(1, "", "a")]
    right = [step(2, "", "a", elsewhere=True), step(3, "a", "", known=False)]
    assert common(left, right) is None


@pytest.mark.parametrize(
    ("value", "base", "expected", "changed"),
    [("", "", "a", True), ("a", "", "a", False), ("ac", "bc", "ac", False), ("c", "bc", "ac", True)],
)
def test_a_base_takes_in_what_came_and_loses_what_went(value: str, base: str, expected: str, changed: bool) -> None:
    state = Common(frozenset("a"), frozenset("b")).based(FieldState(value=list(value), base=list(base), has_base=True))
    assert (state.base, state.has_base, state.changed) == (list(expected), True, changed)


def test_sides_are_told_apart() -> None:
    """Who tells that a step came from elsewhere is asked with its side."""
    asked = set[Which]()
    in_common([step(1, "", "a")], [step(2, "", "a")], lambda which, event: asked.add(which) is not None)
    assert asked == {Which.LEFT, Which.RIGHT}
