# SPDX-License-Identifier: Apache-2.0
"""Sides that are held, and values that our own writes ran over (engine §1, §12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.planning import NOW, names, plan
from core.tickets import (
    LEFT,
    RIGHT,
    attached,
    change,
    comment,
    first,
    how,
    moved,
    pair_rules,
    resting,
    ticket,
)
from tandem.core.intents import OUT_OF_SIGHT
from tandem.core.model import FieldState
from tandem.core.plan import COMMENT, MOVE, UPDATE, LinkPlan, State, plan_link

# ---- a side that is held


@pytest.mark.parametrize("state", ["quarantined", "parked"])
def test_a_held_source_sends_nothing_while_inbound_flows(state: str) -> None:
    told = plan(
        {"title": moved("a", "L"), "status": resting("new")},
        {"title": resting("a"), "status": moved("new", "solved")},
        change(1, 1, "a", "L", field="title"),
        comment(2, 2),
        attached(3, 3),
        right_events=(change(4, 4, "new", "solved"), comment(5, 5)),
        held={LEFT: state},
    )
    assert [(i.target, i.kind) for i in told.ordered()] == [(LEFT, MOVE), (LEFT, COMMENT)]
    assert names(told) == {1: state, 2: state, 3: state} and told.rebase == set()


def test_both_held_nothing_moves() -> None:
    told = plan(
        {"title": moved("a", "L")},
        {"title": moved("a", "R")},
        change(1, 1, "a", "L", field="title"),
        right_events=(change(2, 2, "a", "R", field="title"),),
        held={LEFT: "quarantined", RIGHT: "parked"},
        rules=pair_rules(how("title", rule="newest")),
    )
    assert (told.intents, told.rebase, told.clashes) == ([], set(), {})
    assert names(told) == {1: "quarantined", 2: "parked"}


def test_labels_that_a_held_side_added_are_not_taken_from_it() -> None:
    told = plan(
        {"labels": moved(["a"], ["a", "mine"])},
        {"labels": moved(["a"], ["a", "theirs"])},
        held={LEFT: "quarantined"},
        rules=pair_rules(how("labels", a_set=True)),
    )
    assert [(i.target, i.fields) for i in told.intents] == [(LEFT, {"labels": ["a", "mine", "theirs"]})]


def test_what_a_held_side_changed_is_not_written_over_unless_the_rule_says_so() -> None:
    """While it cannot be sent, the other side's change waits for it."""

    def told(rule: str) -> LinkPlan:
        return plan(
            {"title": moved("a", "L")},
            {"title": moved("a", "R")},
            change(1, 1, "a", "L", field="title"),
            right_events=(change(2, 2, "a", "R", field="title"),),
            held={LEFT: "quarantined"},
            rules=pair_rules(how("title", rule=rule)),
        )

    assert (told("left").intents, names(told("left"))) == ([], {1: "quarantined", 2: "waiting"})
    assert told("left").rebase == set() and told("left").clashes == {}
    assert [(i.target, i.fields) for i in told("right").intents] == [(LEFT, {"title": "R"})]
    assert names(told("right")) == {1: "quarantined"}
    assert names(told("hold")) == {1: "quarantined", 2: "conflict"}


def test_at_first_contact_a_held_side_empties_nothing() -> None:
    told = plan(
        {"title": first(None)}, {"title": first("x")}, held={LEFT: "quarantined"}, rules=pair_rules(how("title"))
    )
    assert [(i.target, i.fields) for i in told.intents] == [(LEFT, {"title": "x"})]


# ---- a value that our own write ran over


def test_what_our_write_ran_over_is_given_back_before_it_goes_on() -> None:
    lost = moved("ours", "theirs").model_copy(update={"overwritten": True})
    told = plan({"title": lost}, {"title": resting("ours")}, change(1, 1, None, "theirs", field="title"))
    (back,) = told.intents
    assert (back.target, back.fields, back.gives_back, back.carries) == (LEFT, {"title": "theirs"}, True, ())
    assert told.states[1].name == "waiting" and told.rebase == set()


@pytest.mark.parametrize("right", [moved("ours", "theirs"), resting("ours")])
def test_what_our_write_ran_over_goes_back_though_nothing_else_is_written(right: FieldState) -> None:
    base = "ours" if right.changed else "theirs"
    lost = FieldState(value="theirs", base=base, has_base=True, changed=base != "theirs", overwritten=True)
    told = plan({"title": lost}, {"title": right}, change(1, 1, None, "theirs", field="title"))
    (back,) = told.intents
    assert (back.target, back.fields, back.carries) == (LEFT, {"title": "theirs"}, (1,))
    assert told.states == {} and (LEFT, "title") not in told.rebase


def test_what_our_write_ran_over_may_lose() -> None:
    lost = moved("ours", "theirs").model_copy(update={"overwritten": True})
    told = plan(
        {"title": lost},
        {"title": moved("ours", "R")},
        change(1, 1, None, "theirs", field="title"),
        rules=pair_rules(how("title", rule="right")),
    )
    assert [(i.target, i.fields, i.covers) for i in told.intents] == [(LEFT, {"title": "R"}, (1,))]


# ---- a target that is out of scope


def test_what_is_written_over_what_is_there_waits_until_that_is_in_sight() -> None:
    """Its other side's changes of another kind go, and one that is told in a comment does too."""
    over = frozenset({RIGHT})
    rules = pair_rules(
        replace(how("labels", a_set=True), over=over),
        replace(how("text", on_change={RIGHT: "comment"}), over=over),
        how("title"),
    )
    left = {"labels": moved(["a"], []), "text": moved("a", "L"), "title": moved("a", "L")}
    events = [change(number, number, "a", "L", field=hub) for number, hub in enumerate(left, start=1)]
    far = ticket(RIGHT, {hub: resting(state.base) for hub, state in left.items()}).model_copy(
        update={"in_scope": False}
    )
    told = plan_link(ticket(LEFT, left, *events), far, rules, {RIGHT: "parked"}, NOW)
    assert {(i.kind, *i.fields) for i in told.intents} == {(COMMENT, "text"), (UPDATE, "title")}
    assert (told.states, told.rebase) == ({1: State("parked", OUT_OF_SIGHT)}, set())
    near = far.model_copy(update={"in_scope": True})
    assert {
        hub for i in plan_link(ticket(LEFT, left, *events), near, rules, {}, NOW).intents for hub in i.fields
    } == set(left)
