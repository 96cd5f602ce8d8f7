# SPDX-License-Identifier: Apache-2.0
"""What the events of one link's fields come to (engine §2): order, replay, conflicts."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core.planning import NOW, STATUS, TITLE, brief, names, plan
from core.tickets import (
    LEFT,
    RIGHT,
    at,
    change,
    comment,
    how,
    moved,
    pair_rules,
    respelled,
    resting,
    ticket,
    unsaid,
)
from tandem.core.merge import Clash
from tandem.core.model import FieldState, HubEvent
from tandem.core.plan import COMMENT, MOVE, UPDATE, plan_link

# ---- one field


@pytest.mark.parametrize("hub", ["status", "title"])
def test_nothing_changed_nothing_is_planned(hub: str) -> None:
    told = plan({hub: resting("a")}, {hub: resting("a")})
    assert (told.intents, told.states, told.rebase, told.unsaid) == ([], {}, set(), set())


def test_values_in_between_are_never_sent() -> None:
    """A field is written once, with its merged value, at the place of its last event."""
    told = plan(
        {"title": moved("a", "d")},
        {"title": resting("a")},
        change(1, 1, "a", "b", field="title"),
        comment(2, 2),
        change(3, 3, "b", "c", field="title"),
        change(4, 4, "c", "d", field="title"),
    )
    assert brief(told.ordered()) == [(COMMENT, 2), (UPDATE, "d")]
    written = told.ordered()[1]
    assert (written.target, written.at, written.carries, written.covers) == (RIGHT, at(4), (4,), (1, 3))


def test_a_change_without_history_counts_as_made_now() -> None:
    told = plan({"title": moved("a", "b")}, {"title": resting("a")}, comment(1, 1))
    assert brief(told.ordered()) == [(COMMENT, 1), (UPDATE, "b")]
    assert (told.ordered()[1].at, told.ordered()[1].carries) == (NOW, ())


def test_events_of_one_moment_are_ordered_by_the_history_and_never_by_arrival() -> None:
    """C14: within one second, Done arrives first."""
    told = plan(
        {"title": moved("a", "c")},
        {"title": resting("a")},
        change(7, 1, "b", "c", field="title", order="0002"),
        change(8, 1, "a", "b", field="title", order="0001"),
    )
    (written,) = told.intents
    assert (written.carries, written.covers) == ((7,), (8,))


def test_fields_changed_in_one_moment_go_in_one_write() -> None:
    rules = pair_rules(TITLE, how("priority"), how("type"))
    told = plan(
        {"title": moved("a", "b"), "priority": moved(1, 2), "type": moved("task", "bug")},
        {"title": resting("a"), "priority": resting(1), "type": resting("task")},
        change(1, 1, "a", "b", field="title"),
        change(2, 1, 1, 2, field="priority"),
        change(3, 2, "task", "bug", field="type"),
        rules=rules,
    )
    together, alone = told.ordered()
    assert (together.kind, together.fields) == (UPDATE, {"title": "b", "priority": 2})
    assert sorted(together.carries) == [1, 2] and together.at == at(1)
    assert (alone.fields, alone.carries) == ({"type": "bug"}, (3,))


def test_writes_of_one_moment_to_two_sides_stay_apart() -> None:
    told = plan(
        {"title": moved("a", "b"), "status": resting("new")},
        {"title": resting("a"), "status": resting("new"), "priority": moved(1, 2)},
        change(1, 1, "a", "b", field="title"),
        right_events=(change(2, 1, 1, 2, field="priority"),),
        rules=pair_rules(TITLE, STATUS, how("priority")),
    )
    assert [(i.target, i.fields) for i in told.ordered()] == [(RIGHT, {"title": "b"}), (LEFT, {"priority": 2})]


def test_a_field_that_was_not_asked_for_is_not_touched() -> None:
    """C19: absent is not empty."""
    rules = pair_rules(TITLE)
    left = ticket(LEFT, {}, change(1, 1, "a", None, field="title"))
    told = plan_link(left, ticket(RIGHT, {"title": resting("a")}), rules, {}, NOW)
    assert (told.intents, told.rebase, names(told)) == ([], set(), {1: "noted"})


def test_came_back_is_superseded() -> None:
    told = plan(
        {"status": resting("new")},
        {"status": resting("new")},
        change(1, 1, "new", "solved"),
        change(2, 2, "solved", "new"),
    )
    assert (told.intents, told.rebase, names(told)) == ([], set(), {1: "superseded", 2: "superseded"})


def test_a_new_spelling_is_settled_and_its_base_moves() -> None:
    told = plan(
        {"status": respelled("in_progress")},
        {"status": resting("solved")},
        change(1, 1, "in_progress", "in_progress"),
    )
    assert (told.intents, told.rebase, names(told)) == ([], {(LEFT, "status")}, {1: "settled"})


def test_the_same_on_both_sides_is_settled() -> None:
    told = plan(
        {"title": moved("a", "b")},
        {"title": moved("a", "b")},
        change(1, 1, "a", "b", field="title"),
        right_events=(change(2, 1, "a", "b", field="title"),),
    )
    assert (told.intents, names(told)) == ([], {1: "settled", 2: "settled"})
    assert told.rebase == {(LEFT, "title"), (RIGHT, "title")}


def test_unsaid_is_remembered_and_noted() -> None:
    told = plan({"title": unsaid("a")}, {"title": resting("a")}, change(1, 1, "a", None, field="title", known=False))
    assert (told.intents, told.rebase, told.unsaid) == ([], set(), {(LEFT, "title")})
    assert names(told) == {1: "noted"}


# ---- status


def steps(*path: str, start: int = 1) -> tuple[HubEvent, ...]:
    """Events that walk along statuses, one a minute."""
    walk = pairwise(path)
    return tuple(change(start + n, start + n, here, there) for n, (here, there) in enumerate(walk))


def test_status_is_replayed_step_by_step() -> None:
    told = plan(
        {"status": moved("new", "solved")},
        {"status": resting("new")},
        *steps("new", "in_progress", "new", "solved"),
    )
    assert brief(told.ordered()) == [(MOVE, "in_progress"), (MOVE, "new"), (MOVE, "solved")]
    assert [(i.carries, i.covers, i.step) for i in told.ordered()] == [((1,), (), 1), ((2,), (), 2), ((3,), (), 3)]


def test_a_step_that_says_nothing_new_rides_on_the_next() -> None:
    """In Progress → In Review is one hub value; what comes behind the last step is superseded."""
    told = plan(
        {"status": moved("new", "solved")},
        {"status": resting("new")},
        *steps("new", "in_progress", "in_progress", "solved", "solved"),
    )
    assert [(i.fields["status"], i.carries, i.covers) for i in told.ordered()] == [
        ("in_progress", (1,), ()),
        ("solved", (3,), (2,)),
    ]
    assert names(told) == {4: "superseded"}


@pytest.mark.parametrize(
    ("why", "events"),
    [
        ("a gap in the middle", (change(1, 1, "new", "in_progress"), change(2, 2, "pending", "solved"))),
        ("the oldest is missing", (change(1, 1, "pending", "in_progress"), change(2, 2, "in_progress", "solved"))),
        ("it ends elsewhere", (change(1, 1, "new", "in_progress"), change(2, 2, "in_progress", "pending"))),
        ("one is unknown", (change(1, 1, "new", "x", known=False), change(2, 2, "x", "solved"))),
    ],
)
def test_with_a_gap_in_the_history_status_is_written_once(why: str, events: tuple[HubEvent, ...]) -> None:
    told = plan({"status": moved("new", "solved")}, {"status": resting("new")}, *events)
    (written,) = told.intents
    assert (written.kind, written.fields, written.carries, written.covers) == (MOVE, {"status": "solved"}, (2,), (1,))
    assert written.step is None, why


@pytest.mark.parametrize("rule", ["left", "newest"])
def test_a_status_that_both_changed_is_written_once(rule: str) -> None:
    told = plan(
        {"status": moved("new", "solved")},
        {"status": moved("new", "pending")},
        *steps("new", "in_progress", "solved"),
        right_events=(change(9, 0, "new", "pending"),),
        rules=pair_rules(how("status", rule=rule)),
    )
    assert brief(told.intents) == [(MOVE, "solved")]
    assert (told.intents[0].carries, told.intents[0].covers) == ((2,), (1, 9))


def test_one_way_a_status_that_both_changed_is_written_once() -> None:
    told = plan(
        {"status": moved("new", "solved")},
        {"status": moved("new", "pending")},
        *steps("new", "in_progress", "solved"),
        right_events=(change(9, 0, "new", "pending"),),
        rules=pair_rules(how("status", ways=[RIGHT])),
    )
    assert brief(told.intents) == [(MOVE, "solved")]
    assert (told.clashes, names(told)) == ({}, {9: "superseded"})


def test_only_status_is_replayed() -> None:
    told = plan(
        {"title": moved("new", "solved")},
        {"title": resting("new")},
        *(event.model_copy(update={"field": "title"}) for event in steps("new", "in_progress", "solved")),
    )
    assert brief(told.intents) == [(UPDATE, "solved")]


# ---- conflicts


def test_what_lost_a_conflict_is_covered_by_the_winners_write() -> None:
    """It is superseded when the winner has arrived, and not before."""
    told = plan(
        {"title": moved("a", "L")},
        {"title": moved("a", "R")},
        change(1, 1, "a", "L", field="title"),
        right_events=(change(2, 2, "a", "b", field="title"), change(3, 3, "b", "R", field="title")),
    )
    (written,) = told.intents
    assert (written.target, written.fields, written.carries) == (RIGHT, {"title": "L"}, (1,))
    assert sorted(written.covers) == [2, 3] and told.states == {}
    assert told.clashes == {"title": Clash("left", LEFT)}


def test_a_held_conflict_writes_neither_side_and_other_fields_flow() -> None:
    told = plan(
        {"title": moved("a", "L"), "status": moved("new", "solved")},
        {"title": moved("a", "R"), "status": resting("new")},
        change(1, 1, "a", "L", field="title"),
        change(2, 2, "new", "solved"),
        right_events=(change(3, 3, "a", "R", field="title"),),
        rules=pair_rules(how("title", rule="hold"), STATUS),
    )
    assert brief(told.intents) == [(MOVE, "solved")]
    assert names(told) == {1: "conflict", 3: "conflict"} and told.rebase == set()
    assert told.clashes == {"title": Clash("hold", None)}


# ---- fields that a side takes at creation only


@pytest.mark.parametrize("rule", [how("title", once=[RIGHT]), how("title", on_change={RIGHT: "ignore"})])
@pytest.mark.parametrize("theirs", [(), (change(2, 2, "a", "R", field="title"),)])
@pytest.mark.parametrize("right", [resting("a"), moved("a", "R")])
def test_written_at_creation_only(rule: object, theirs: tuple[HubEvent, ...], right: FieldState) -> None:
    """The change ends noted, and the next run has nothing left to do: the loser does not win afterwards."""
    event = change(1, 1, "a", "L", field="title")
    theirs = theirs if right.changed else ()
    told = plan({"title": moved("a", "L")}, {"title": right}, event, right_events=theirs, rules=pair_rules(rule))  # type: ignore[arg-type]
    assert told.intents == [] and set(names(told).values()) == {"noted"} and len(told.states) == 1 + len(theirs)
    assert told.rebase == {(LEFT, "title")} | ({(RIGHT, "title")} if right.changed else set())


@pytest.mark.parametrize("right", [resting("a"), moved("a", "R")])
def test_a_change_that_the_other_side_cannot_make_is_told_in_a_comment(right: FieldState) -> None:
    told = plan(
        {"title": moved("a", "L")},
        {"title": right},
        change(1, 1, "a", "b", field="title"),
        change(2, 2, "b", "L", field="title"),
        rules=pair_rules(how("title", on_change={RIGHT: "comment"})),
    )
    (told_in,) = told.intents
    assert (told_in.kind, told_in.target, told_in.carries, told_in.covers) == (COMMENT, RIGHT, (2,), (1,))
    assert told_in.text is not None and "L" in str(told_in.text)
    assert told.rebase == ({(RIGHT, "title")} if right.changed else set())  # what lost does not win afterwards


def test_what_one_side_cannot_change_still_goes_the_other_way() -> None:
    told = plan(
        {"title": resting("a")},
        {"title": moved("a", "R")},
        right_events=(change(1, 1, "a", "R", field="title"),),
        rules=pair_rules(how("title", on_change={RIGHT: "comment"})),
    )
    assert [(i.target, i.kind, i.fields) for i in told.intents] == [(LEFT, UPDATE, {"title": "R"})]


# ---- one way


def test_a_change_that_does_not_travel_this_way_is_noted() -> None:
    told = plan(
        {"title": resting("a")},
        {"title": moved("a", "R")},
        right_events=(change(1, 1, "a", "R", field="title"),),
        rules=pair_rules(how("title", ways=[RIGHT])),
    )
    assert (told.intents, names(told), told.rebase) == ([], {1: "noted"}, {(RIGHT, "title")})


def test_a_label_that_does_not_travel_this_way_is_noted() -> None:
    told = plan(
        {"labels": resting(["a"])},
        {"labels": moved(["a"], ["a", "b"])},
        right_events=(change(1, 1, ["a"], ["a", "b"], field="labels"),),
        rules=pair_rules(how("labels", ways=[RIGHT], a_set=True)),
    )
    assert (told.intents, names(told), told.rebase) == ([], {1: "noted"}, {(LEFT, "labels"), (RIGHT, "labels")})
