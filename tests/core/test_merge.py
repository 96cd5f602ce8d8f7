# SPDX-License-Identifier: Apache-2.0
"""The merge of one field (engine §1): the sentences one by one, then laws over all states."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tickets import (
    BOTH,
    LEFT,
    NOON,
    RIGHT,
    RULES,
    after,
    first,
    moved,
    respelled,
    resting,
    sets,
    states,
    times,
    unsaid,
    values,
    verdict,
    ways,
)
from tandem.core.merge import NOTHING, Clash, Merged, Times, Write
from tandem.core.model import FieldState
from tandem.core.rules import Which
from tandem.core.values import Json, as_set, same

SETTLED = Merged(agreed=True)


def swapped(merged: Merged) -> Merged:
    """The same verdict, seen from the other end."""
    clash = merged.clash and Clash(
        {"left": "right", "right": "left"}.get(merged.clash.rule, merged.clash.rule),
        merged.clash.winner.other if merged.clash.winner else None,
    )
    return Merged(merged.to_right, merged.to_left, merged.agreed, clash)


# ---- one or both changed


@given(values, values)
def test_nobody_changed_nothing_is_written(left: Json, right: Json) -> None:
    assert verdict(resting(left), resting(right)) == NOTHING


@pytest.mark.parametrize("value", ["solved", None, 0, ""])
def test_one_changed_the_other_is_written(value: Json) -> None:
    assert verdict(moved("new", value), resting("new")) == Merged(to_right=Write(value))
    assert verdict(resting("new"), moved("new", value)) == Merged(to_left=Write(value))


def test_both_changed_to_the_same_value_settles() -> None:
    assert verdict(moved("new", "solved"), moved("in_progress", "solved"), rule="hold") == SETTLED


def test_a_new_spelling_of_the_same_value_is_settled_and_not_written() -> None:
    assert verdict(respelled("in_progress"), resting("in_progress")) == SETTLED
    assert verdict(respelled("in_progress"), resting("solved")) == NOTHING


def test_a_new_spelling_is_no_side_of_a_conflict() -> None:
    assert verdict(respelled("in_progress"), moved("in_progress", "solved"), rule="left") == Merged(
        to_left=Write("solved")
    )


def test_back_to_the_base_is_no_change() -> None:
    back = FieldState(value="new", base="new", has_base=True, changed=False)
    assert verdict(back, moved("new", "solved")) == Merged(to_left=Write("solved"))


# ---- changed apart


@pytest.mark.parametrize("which", list(Which))
def test_the_side_that_rules_the_field_wins(which: Which) -> None:
    told = verdict(moved("new", "L"), moved("new", "R"), rule=which.value)
    assert told.clash == Clash(which.value, which)
    assert told.to(which) is None
    assert told.to(which.other) == Write("L" if which is LEFT else "R")


def test_hold_writes_neither_side() -> None:
    assert verdict(moved("new", "L"), moved("new", "R"), rule="hold") == Merged(clash=Clash("hold", None))


@pytest.mark.parametrize(
    ("lead", "tie", "winner"),
    [
        (5.0, LEFT, RIGHT),
        (4.999, LEFT, LEFT),
        (4.999, RIGHT, RIGHT),
        (0.0, RIGHT, RIGHT),
        (-4.999, RIGHT, RIGHT),
        (-5.0, RIGHT, LEFT),
    ],
)
def test_the_newest_wins_and_closer_than_five_seconds_is_a_tie(lead: float, tie: Which, winner: Which) -> None:
    """``lead``: by how many seconds right changed later."""
    stamps = Times(NOON, NOON + timedelta(seconds=lead))
    told = verdict(moved("new", "L"), moved("new", "R"), rule="newest", times=stamps, tie=tie)
    assert told.clash == Clash("newest", winner)
    assert told.to(winner.other) == Write("L" if winner is LEFT else "R")


@pytest.mark.parametrize("stamps", [Times(), Times(left=NOON), Times(right=NOON)])
def test_without_a_time_it_is_a_tie(stamps: Times) -> None:
    told = verdict(moved("new", "L"), moved("new", "R"), rule="newest", times=stamps, tie=RIGHT)
    assert told == Merged(to_left=Write("R"), clash=Clash("newest", RIGHT))


# ---- one way only


@pytest.mark.parametrize("rule", RULES)
def test_one_way_the_sender_says_and_there_is_no_conflict(rule: str) -> None:
    one_way = {"rule": rule, "ways": [RIGHT]}
    assert verdict(moved("new", "L"), moved("new", "R"), **one_way) == Merged(to_right=Write("L"))  # type: ignore[arg-type]
    assert verdict(resting("new"), moved("new", "R"), **one_way) == NOTHING  # type: ignore[arg-type]


@given(states(), states(), st.sampled_from(RULES), times, ways)
def test_only_a_side_that_may_be_written_is(
    left: FieldState, right: FieldState, rule: str, stamps: Times, open_to: frozenset[Which]
) -> None:
    told = verdict(left, right, rule=rule, times=stamps, ways=open_to)
    assert {which for which in Which if told.to(which)} <= open_to
    assert open_to == BOTH or told.clash is None


# ---- no base yet, and unsaid


def test_a_side_without_a_base_is_news() -> None:
    assert verdict(first("x"), resting("new")) == Merged(to_right=Write("x"))
    assert verdict(first("x"), moved("new", "y"), rule="right") == Merged(
        to_left=Write("y"), clash=Clash("right", RIGHT)
    )
    assert verdict(first("x"), first("x")) == SETTLED
    assert verdict(first("x"), first("y"), rule="right") == Merged(to_left=Write("y"), clash=Clash("right", RIGHT))
    assert verdict(first("x"), first("y"), rule="hold") == Merged(clash=Clash("hold", None))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("empty", [first(None), unsaid(has_base=False)])
def test_first_contact_empties_nobody(empty: FieldState, rule: str) -> None:
    """Only a field that was agreed on can have been emptied; one that shows nothing yet takes what the other shows."""
    assert verdict(empty, first("x"), rule=rule) == Merged(to_left=Write("x"))
    assert verdict(empty, resting("x"), rule=rule) == NOTHING


@pytest.mark.parametrize("silent", [unsaid(), unsaid("ana"), unsaid(has_base=False)])
def test_first_contact_does_not_empty_a_person_who_cannot_be_mapped(silent: FieldState) -> None:
    assert verdict(silent, first(None), rule="right") == NOTHING


@given(states(), states(), st.sampled_from(RULES), times, ways)
def test_unsaid_never_writes(
    left: FieldState, right: FieldState, rule: str, stamps: Times, open_to: frozenset[Which]
) -> None:
    told = verdict(left, right, rule=rule, times=stamps, ways=open_to)
    assert not (left.unsaid and told.to_right)
    assert not (right.unsaid and told.to_left)
    assert not ((left.unsaid or right.unsaid) and (told.clash or told.agreed))


def test_unsaid_is_written_over_only_by_a_change() -> None:
    """C12: sam, set on the right, arrives; that right stays as it was does not."""
    assert verdict(unsaid(), moved(None, "sam")) == Merged(to_left=Write("sam"))
    assert verdict(unsaid(), resting("sam")) == NOTHING
    assert verdict(unsaid("sam"), moved("sam", None)) == Merged(to_left=Write(None))


# ---- laws over all states


@given(states(), states(), st.sampled_from(RULES), times, st.sampled_from(list(Which)), ways, st.booleans())
def test_swapping_the_sides_swaps_the_result(
    left: FieldState,
    right: FieldState,
    rule: str,
    stamps: Times,
    tie: Which,
    open_to: frozenset[Which],
    a_set: bool,
) -> None:
    told = verdict(left, right, rule=rule, times=stamps, tie=tie, ways=open_to, a_set=a_set)
    mirrored = verdict(
        right,
        left,
        rule={"left": "right", "right": "left"}.get(rule, rule),
        times=Times(stamps.right, stamps.left),
        tie=tie.other,
        ways=frozenset(which.other for which in open_to),
        a_set=a_set,
    )
    assert mirrored == swapped(told)


@given(states(), states(), st.sampled_from(RULES), times, ways)
def test_once_it_is_applied_nothing_is_left_to_do(
    left: FieldState, right: FieldState, rule: str, stamps: Times, open_to: frozenset[Which]
) -> None:
    told = verdict(left, right, rule=rule, times=stamps, ways=open_to)
    again = verdict(after(left, told, LEFT), after(right, told, RIGHT), rule=rule, times=stamps, ways=open_to)
    held = told.clash is not None and told.clash.winner is None
    assert again == (told if held else NOTHING)


@given(states(), states(), st.sampled_from(RULES), times)
def test_a_write_leaves_both_the_same(left: FieldState, right: FieldState, rule: str, stamps: Times) -> None:
    told = verdict(left, right, rule=rule, times=stamps)
    assert not (told.to_left and told.to_right)
    if told.to_left or told.to_right or told.agreed:
        assert same(after(left, told, LEFT).value, after(right, told, RIGHT).value)


@given(states(), states(), st.sampled_from(RULES), times)
def test_no_change_is_lost_unless_the_rule_lets_it_lose(
    left: FieldState, right: FieldState, rule: str, stamps: Times
) -> None:
    told = verdict(left, right, rule=rule, times=stamps)
    for which, state, peer in ((LEFT, left, right), (RIGHT, right, left)):
        news = not state.unsaid and state.has_base and not same(state.value, state.base)
        if news and not same(state.value, peer.value) and told.to(which.other) is None:
            assert told.clash is not None and told.clash.winner is not which


# ---- sets


def test_elements_added_and_removed_travel_one_by_one() -> None:
    told = verdict(moved(["a", "b"], ["b", "c"]), moved(["a", "b"], ["a", "b", "d"]), rule="hold", a_set=True)
    assert told == Merged(to_left=Write(["b", "c", "d"]), to_right=Write(["b", "c", "d"]))


def test_the_same_element_on_both_sides_settles() -> None:
    assert verdict(moved([], ["a"]), moved([], ["a"]), a_set=True) == SETTLED
    assert verdict(moved(["a"], []), moved(["a"], None), a_set=True) == SETTLED


def test_a_set_that_goes_one_way() -> None:
    told = verdict(moved(["a"], ["b"]), moved(["a"], ["a", "c"]), ways=[RIGHT], a_set=True)
    assert told == Merged(to_right=Write(["b", "c"]))
    assert not verdict(resting(["a"]), moved(["a"], ["c"]), ways=[RIGHT], a_set=True).to_left


def test_two_sets_that_meet_for_the_first_time_are_united() -> None:
    told = verdict(first(["a", "b"]), first(["b", "c"]), a_set=True)
    assert told == Merged(to_left=Write(["a", "b", "c"]), to_right=Write(["a", "b", "c"]))
    assert verdict(first(["a"]), first(None), a_set=True) == Merged(to_right=Write(["a"]))


def test_an_element_removed_here_and_new_there_stays_on_both() -> None:
    """It must not change places: removed where it was new, added where it was removed."""
    assert verdict(moved(["a"], []), first(["a"]), a_set=True) == Merged(to_left=Write(["a"]))
    assert verdict(moved(["a"], []), moved([], ["a"]), a_set=True) == Merged(to_left=Write(["a"]))


@given(states(sets, mapped=True), states(sets, mapped=True), st.sampled_from(list("abcd")))
def test_each_changed_element_ends_the_same_on_both_sides(left: FieldState, right: FieldState, element: str) -> None:
    told = verdict(left, right, a_set=True)
    ends = [element in as_set(after(s, told, which).value) for which, s in ((LEFT, left), (RIGHT, right))]
    added, removed = [], []
    for state in (left, right):
        now, before = as_set(state.value), as_set(state.base) if state.has_base else frozenset()
        added.append(element in now - before)
        removed.append(element in before - now)
    if any(added):
        assert ends == [True, True]
    elif any(removed):
        assert ends == [False, False]
    else:
        assert ends == [element in as_set(left.value), element in as_set(right.value)]


@given(states(sets, mapped=True), states(sets, mapped=True), st.sampled_from(list(Which)))
def test_one_way_every_element_does_what_the_sender_did(left: FieldState, right: FieldState, target: Which) -> None:
    told = verdict(left, right, ways=[target], a_set=True)
    source, own = (left, right) if target is RIGHT else (right, left)
    now, before = as_set(source.value), as_set(source.base) if source.has_base else frozenset()
    assert told.to(target.other) is None
    ends = as_set(after(own, told, target).value)
    assert ends == (as_set(own.value) | (now - before)) - (before - now)


@given(states(sets, mapped=True), states(sets, mapped=True), ways)
def test_sets_too_are_at_rest_once_it_is_applied(
    left: FieldState, right: FieldState, open_to: frozenset[Which]
) -> None:
    told = verdict(left, right, ways=open_to, a_set=True)
    assert told.clash is None
    again = verdict(after(left, told, LEFT), after(right, told, RIGHT), ways=open_to, a_set=True)
    assert again == NOTHING
