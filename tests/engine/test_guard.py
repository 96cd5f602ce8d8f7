# SPDX-License-Identifier: Apache-2.0
"""The guard against ping-pong (engine §3): X → Y → X by our own writes, with nobody acting, is held."""

from __future__ import annotations

from pathlib import Path

from engine.conftest import Linked
from engine.memory_house import LEFT, RIGHT, Bench, aged
from tandem.connectors.memory import ZENDESK_LIKE
from tandem.state import tables


def _rule_sets(linked: Linked, title: str) -> None:
    tracker = linked.bench.tracker(LEFT)
    tracker.edit(linked.ticket, "subject", title, tracker.robot)
    linked.bench.run()


def test_rules_that_swing_a_field_to_and_fro_are_held(linked: Linked) -> None:
    for title in ("X", "Y", "X"):
        _rule_sets(linked, title)
    assert linked.get(RIGHT, "title") == "Y", "the third swing is not written"
    held = [row for row in linked.bench.rows(tables.conflict) if row["state"] == "held"]
    assert [row["field"] for row in held] == ["title"]
    text = linked.bench.say(LEFT, linked.ticket)
    linked.bench.run()
    assert linked.get(RIGHT, "title") == "Y"
    assert sum(text in one for one in linked.bench.texts(RIGHT, linked.issue)) == 1, "all else flows"


def test_a_person_who_changes_their_mind_is_not_a_swing(linked: Linked) -> None:
    for title in ("X", "Y", "X"):
        linked.set(LEFT, "title", title)
        linked.bench.run()
    assert linked.get(RIGHT, "title") == "X"


def test_a_person_in_between_lets_a_rule_go_on(linked: Linked) -> None:
    _rule_sets(linked, "X")
    linked.set(LEFT, "title", "Y")
    linked.bench.run()
    _rule_sets(linked, "X")
    assert linked.get(RIGHT, "title") == "X"


def test_where_nobody_tells_who_acts_a_few_swings_are_a_persons(tmp_path: Path) -> None:
    bench = Bench(tmp_path, kinds={"left": aged(ZENDESK_LIKE, history=False)})
    ticket, issue = bench.linked()
    for status, there in (("solved", "3"), ("open", "2"), ("solved", "3"), ("open", "2")):
        bench.move(LEFT, ticket, status)
        bench.run()
        assert bench.get(RIGHT, issue, "status") == there
    assert not bench.rows(tables.conflict)


def test_what_swings_on_and_on_is_held_there_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, kinds={"left": aged(ZENDESK_LIKE, history=False)})
    ticket, issue = bench.linked()
    for number in range(8):
        bench.set(LEFT, ticket, "title", "XY"[number % 2])
        bench.run()
    assert bench.get(RIGHT, issue, "title") == "Y", "it stays where it was held"
    assert {row["field"] for row in bench.rows(tables.conflict) if row["state"] == "held"} == {"title"}
    assert [each.after for each in bench.tracker(RIGHT).tickets[issue].entries if each.field == "summary"] == [
        *"XYXYXY"
    ]
