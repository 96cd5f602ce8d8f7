# SPDX-License-Identifier: Apache-2.0
"""Comments, files and creation: each once, in order (engine §2, §7)."""

from __future__ import annotations

import pytest

from core.planning import NOW, STATUS, TITLE, brief, names, plan
from core.tickets import (
    LEFT,
    RIGHT,
    attached,
    change,
    comment,
    file,
    first,
    how,
    made,
    moved,
    pair_rules,
    resting,
    ticket,
    unsaid,
)
from tandem.core.model import HubEvent
from tandem.core.plan import ATTACH, COMMENT, CREATE, MOVE, UPDATE, plan_create

# ---- comments and files


def test_steps_comments_files_and_last_changes_keep_their_order() -> None:
    told = plan(
        {"status": moved("new", "solved"), "title": moved("a", "c")},
        {"status": resting("new"), "title": resting("a")},
        change(1, 1, "a", "b", field="title"),
        change(2, 2, "new", "in_progress"),
        comment(3, 3),
        attached(4, 4),
        change(5, 5, "b", "c", field="title"),
        change(6, 6, "in_progress", "solved"),
    )
    assert brief(told.ordered()) == [
        (MOVE, "in_progress"),
        (COMMENT, 3),
        (ATTACH, 4),
        (UPDATE, "c"),
        (MOVE, "solved"),
    ]


def test_a_file_that_rides_with_a_comment_is_not_sent_twice() -> None:
    told = plan({}, {}, attached(1, 1), comment(2, 2, file(1)), attached(3, 3))
    assert [(i.kind, i.carries) for i in told.ordered()] == [(COMMENT, (2, 1)), (ATTACH, (3,))]


def test_a_file_of_a_comment_that_does_not_travel_is_judged_by_itself() -> None:
    told = plan({}, {}, attached(1, 1), comment(2, 2, file(1), note="not offered"))
    assert [(i.kind, i.carries) for i in told.ordered()] == [(ATTACH, (1,))]
    assert names(told) == {2: "noted"}


def test_what_is_not_offered_is_noted_with_its_reason() -> None:
    told = plan({}, {}, comment(1, 1, note="not offered"), attached(2, 2, note="larger than 5 MB"))
    assert told.intents == []
    assert {id_: state.reason for id_, state in told.states.items()} == {1: "not offered", 2: "larger than 5 MB"}


def test_a_side_without_files_gets_none_in_comments_either() -> None:
    """A note stands in their place: the text must not point at nothing."""
    rules = pair_rules(STATUS, takes_files=[LEFT])
    told = plan({}, {}, attached(1, 1), comment(2, 2, file(1, "plan.pdf"), text="see there"), rules=rules)
    (said,) = told.intents
    assert (said.carries, said.event and said.event.files) == ((2,), ())
    assert "see there" in str(said.event) and "plan.pdf" in str(said.event)
    assert names(told) == {1: "noted"}


def test_a_side_without_comments_still_gets_the_files() -> None:
    told = plan({}, {}, attached(1, 1), comment(2, 2, file(1)), rules=pair_rules(STATUS, takes_comments=[LEFT]))
    assert [(i.kind, i.carries) for i in told.intents] == [(ATTACH, (1,))]
    assert names(told) == {2: "noted"}


# ---- creation


@pytest.mark.parametrize("first_event", [(made(1, 0),), ()])
def test_a_create_is_first_then_status_then_comments_and_files_in_order(first_event: tuple[HubEvent, ...]) -> None:
    born = ticket(
        LEFT,
        {"title": first("a"), "status": first("solved"), "type": unsaid(has_base=False), "priority": first(None)},
        *first_event,
        attached(2, 4),
        comment(3, 3, file(4)),
        attached(4, 3),
        change(5, 2, "new", "solved"),
    )
    rules = pair_rules(TITLE, STATUS, how("type"), how("priority"), workflow=[RIGHT])
    told = plan_create(born, rules, NOW)
    assert [(i.kind, i.carries) for i in told.ordered()] == [
        (CREATE, (1,) if first_event else ()),
        (MOVE, ()),
        (COMMENT, (3, 4)),
        (ATTACH, (2,)),
    ]
    create, step = told.ordered()[:2]
    assert (create.fields, create.covers) == ({"title": "a"}, (5,))  # statuses before the create are not replayed
    assert step.fields == {"status": "solved"}
    assert told.unsaid == {(LEFT, "type")}


def test_without_a_workflow_the_status_is_part_of_the_create() -> None:
    born = ticket(RIGHT, {"title": first("a"), "status": first("solved")}, made(1, 0))
    (create,) = plan_create(born, pair_rules(TITLE, STATUS, workflow=[RIGHT]), NOW).intents
    assert (create.target, create.fields) == (LEFT, {"title": "a", "status": "solved"})


def test_a_create_holds_only_what_goes_that_way() -> None:
    born = ticket(LEFT, {"title": first("a"), "labels": first([]), "internal": first("x"), "type": first("bug")})
    rules = pair_rules(TITLE, how("labels", a_set=True), how("type", ways=[LEFT]))
    (create,) = plan_create(born, rules, NOW).intents
    assert create.fields == {"title": "a"}
