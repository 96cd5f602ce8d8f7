# SPDX-License-Identifier: Apache-2.0
"""Laws of planning, over random tickets and rules (engine §2)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.planning import NOW
from core.tickets import (
    BOTH,
    LEFT,
    RIGHT,
    RULES,
    attached,
    change,
    comment,
    file,
    how,
    made,
    pair_rules,
    ticket,
)
from tandem.core.model import FieldState, HubEvent
from tandem.core.plan import CREATE, MOVE, PairRules, plan_create, plan_link
from tandem.core.rules import Which
from tandem.core.values import Json

# ---- the law: every event has a place


SHOWN: dict[str, list[Json]] = {
    "status": ["new", "in_progress", "solved"],
    "title": ["a", "b"],
    "labels": [["a"], ["b"]],
}


@st.composite
def sides(draw: st.DrawFn, which: Which) -> tuple[dict[str, FieldState], list[HubEvent]]:
    """One side: fields with a history that may have gaps, and comments with files."""
    number = draw(st.integers(1, 2)) * 100 + (1000 if which is RIGHT else 0)
    fields: dict[str, FieldState] = {}
    events: list[HubEvent] = []
    for hub, values in SHOWN.items():
        path = draw(st.lists(st.sampled_from(values), min_size=1, max_size=4))
        base, value = path[0], path[-1]
        has_base, silent = draw(st.booleans()), draw(st.integers(0, 5)) == 0
        changed = has_base and (base != value or draw(st.booleans()))
        fields[hub] = FieldState(
            value=(base if has_base else None) if silent else value,
            base=base if has_base else None,
            has_base=has_base,
            changed=changed,
            unsaid=silent,
        )
        for before, after in pairwise(path):
            if draw(st.integers(0, 3)):  # now and then the history lacks an entry
                number += 1
                minutes = draw(st.integers(0, 3))
                events.append(change(number, minutes, before, after, field=hub, known=draw(st.integers(0, 4)) > 0))
    for _ in range(draw(st.integers(0, 3))):
        number += 2
        note = draw(st.sampled_from(["", "", "not offered"]))
        minutes = draw(st.integers(0, 3))
        rides = draw(st.booleans())
        if rides or draw(st.booleans()):
            events.append(attached(number, minutes, note="" if rides else note))
        events.append(comment(number + 1, minutes, *([file(number)] if rides else []), note=note))
    return fields, draw(st.permutations(events))


plans = st.builds(
    lambda ways, rule, once, on_change: (frozenset(ways), rule, once, on_change),
    st.sets(st.sampled_from(list(Which))),
    st.sampled_from(RULES),
    st.sets(st.sampled_from(list(Which)), max_size=1),
    st.dictionaries(st.sampled_from(list(Which)), st.sampled_from(["comment", "ignore"]), max_size=1),
)
some_rules = st.builds(
    lambda status, title, labels, comments, files: pair_rules(
        how("status", ways=status[0], rule=status[1], once=status[2]),
        how("title", ways=title[0], rule=title[1], once=title[2], on_change=title[3]),
        how("labels", ways=labels[0], a_set=True),
        takes_comments=comments,
        takes_files=files,
    ),
    plans,
    plans,
    plans,
    st.sets(st.sampled_from(list(Which))),
    st.sets(st.sampled_from(list(Which))),
)
holds = st.dictionaries(st.sampled_from(list(Which)), st.sampled_from(["quarantined", "parked"]))


aside = st.dictionaries(st.sampled_from(list(Which)), st.sets(st.sampled_from(["status", "title", "labels"])))


@given(sides(LEFT), sides(RIGHT), some_rules, holds, aside)
def test_every_event_comes_to_a_state_or_rides_on_one_write(
    left: tuple[dict[str, FieldState], list[HubEvent]],
    right: tuple[dict[str, FieldState], list[HubEvent]],
    rules: PairRules,
    held: dict[Which, str],
    aside: dict[Which, set[str]],
) -> None:
    told = plan_link(ticket(LEFT, left[0], *left[1]), ticket(RIGHT, right[0], *right[1]), rules, held, NOW, aside)
    places = Counter([*told.states, *(id_ for i in told.intents for id_ in (*i.carries, *i.covers))])
    assert places == Counter(event.id for event in [*left[1], *right[1]])
    own = {which: {event.id for event in side[1]} for which, side in ((LEFT, left), (RIGHT, right))}
    for intent in told.intents:
        assert intent.target.other not in held
        assert set(intent.carries) <= own[intent.target.other]
        assert not aside.get(intent.target.other, set()) & intent.fields.keys()
    for which, state in held.items():
        assert {told.states[id_].name for id_ in own[which]} <= {state}
        assert {hub for side, hub in told.rebase if side is which} <= set(told.clashes)  # a conflict that it lost
        assert not any(side is which for side, _ in told.unsaid)


@given(sides(LEFT), some_rules)
def test_every_event_of_a_new_ticket_comes_to_a_state_or_rides_on_one_write(
    left: tuple[dict[str, FieldState], list[HubEvent]], rules: PairRules
) -> None:
    born = ticket(LEFT, left[0], made(1, 0), *left[1])
    told = plan_create(born, rules, NOW)
    places = Counter([*told.states, *(id_ for i in told.intents for id_ in (*i.carries, *i.covers))])
    assert places == Counter(event.id for event in born.events)
    assert told.ordered()[0].kind == CREATE and {i.target for i in told.intents} == {RIGHT}


@given(sides(LEFT), sides(RIGHT), some_rules)
def test_a_field_is_written_once_a_side_unless_it_is_a_status_that_is_replayed(
    left: tuple[dict[str, FieldState], list[HubEvent]],
    right: tuple[dict[str, FieldState], list[HubEvent]],
    rules: PairRules,
) -> None:
    told = plan_link(ticket(LEFT, left[0], *left[1]), ticket(RIGHT, right[0], *right[1]), rules, {}, NOW)
    written = Counter((i.target, hub) for i in told.intents for hub in i.fields)
    assert {key for key, count in written.items() if count > 1} <= {(which, "status") for which in BOTH}
    for target, source in ((LEFT, right), (RIGHT, left)):
        walked = [i.fields["status"] for i in told.ordered() if i.target is target and i.kind == MOVE]
        if walked:
            assert walked[-1] == source[0]["status"].value
        if len(walked) > 1:
            assert source[0]["status"].has_base
