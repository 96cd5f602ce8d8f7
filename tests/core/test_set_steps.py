# SPDX-License-Identifier: Apache-2.0
"""What was done to each element of a set, and which of two steps stands: the same one whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.core.model import HubEvent, Step
from tandem.core.rules import Which
from tandem.core.set_steps import standing, steps

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LEFT, RIGHT = Which


def event(at: int, before: str, after: str, *, known: bool = True, **told: Step) -> HubEvent:
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
        cause=f"write {at}",
        steps=told,
    )


def step(cause: str, at: int = 0, *, there: bool = True) -> Step:
    """What people did to an element."""
    return Step(cause=cause, at=START + timedelta(seconds=at), there=there)


def test_each_element_has_its_own_steps_in_the_order_of_its_history() -> None:
    found = steps([event(2, "ab", "b"), event(1, "b", "ab"), event(3, "b", "c")])
    assert found is not None
    assert {name: [(one.cause, one.there) for one in chain] for name, chain in found.items()} == {
        "a": [("write 1", True), ("write 2", False)],
        "b": [("write 3", False)],
        "c": [("write 3", True)],
    }


def test_a_write_of_several_elements_tells_of_each_what_was_done_to_it() -> None:
    first = step("first", -9)
    assert steps([event(1, "", "ab", a=first)]) == {"a": [first], "b": [step("write 1", 1)]}


def test_a_history_with_a_gap_tells_nothing() -> None:
    assert steps([event(1, "", "a"), event(2, "", "b", known=False)]) is None


def test_the_newer_step_stands() -> None:
    assert standing([step("x", 1)], [step("y", 2)]) is RIGHT
    assert standing([step("x", 3)], [step("y", 2)]) is LEFT


def test_what_was_done_in_sight_of_the_other_stands_whatever_the_clocks_say() -> None:
    """Somebody took away what had come from a tracker whose clock is ahead."""
    came, went = step("x", 9), step("y", 2, there=False)
    assert standing([came], [came, went]) is RIGHT
    assert standing([came, went], [came]) is LEFT


def test_one_step_that_came_to_both_stands_at_neither() -> None:
    assert standing([step("x")], [step("y"), step("x")]) is None


def test_a_side_of_which_nothing_is_known_gives_way() -> None:
    assert standing([step("x")], []) is LEFT
    assert standing([], [step("x")]) is RIGHT


def test_a_time_that_is_the_same_is_decided_alike_by_all() -> None:
    assert (standing([step("x")], [step("y")]), standing([step("y")], [step("x")])) == (RIGHT, LEFT)


CHAINS = st.lists(st.builds(step, st.sampled_from("uvwxyz"), st.integers(0, 3), there=st.booleans()), max_size=4)


@given(CHAINS, CHAINS)
def test_sides_may_be_exchanged(left: list[Step], right: list[Step]) -> None:
    if left or right:
        there, back = standing(left, right), standing(right, left)
        assert (there and there.other) == back or not (left and right and there)


@pytest.mark.parametrize("at", [-1, 0, 1])
def test_of_three_steps_that_did_not_see_each_other_one_is_newest(at: int) -> None:
    """No two pairs could go on writing over each other for ever."""
    some = [step("x"), step("y", at), step("z")]
    newest = max(some, key=lambda one: (one.at, one.cause))
    assert all(newest is one or newest.newer_than(one) for one in some)
