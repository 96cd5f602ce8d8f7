# SPDX-License-Identifier: Apache-2.0
"""Drift: the sides are compared as they are, nothing is written by it, and a repair is the next run's to write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.conftest import Linked
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.core.rules import Which
from tandem.pipeline.drift import APART, EARLY, PENDING, UNSAID, Drift, drift
from tandem.pipeline.environment import Job


def compared(linked: Linked, **what: Any) -> Drift:
    linked.bench.wait(10)
    return drift(Job(PAIR, f"drift-{linked.bench.world.clock.now}"), linked.bench.env, **what)


def states(told: Drift) -> dict[str, str]:
    return {one.field: one.state for one in told.findings}


def test_sides_that_agree_are_told_so_and_nothing_is_written(linked: Linked) -> None:
    before = linked.bench.changes()
    told = compared(linked)
    assert (dict(told.counts), told.findings) == ({"in agreement": 1}, [])
    assert linked.bench.changes() == before


def test_what_the_next_run_has_in_hand_is_pending(linked: Linked) -> None:
    linked.set(LEFT, "title", "new")
    told = compared(linked, repair=True)
    assert states(told) == {"title": PENDING}
    assert not any(one.repaired for one in told.findings)
    linked.bench.quiet()
    assert linked.get(RIGHT, "title") == "new"
    assert states(compared(linked)) == {}


def test_after_a_change_of_a_contract_it_is_apart_and_the_repair_brings_it_in_line(linked: Linked) -> None:
    bench = linked.bench
    linked.set(LEFT, "priority", "low")
    bench.quiet()
    bench.write(right={"fields": {"priority": {"map": {"3": "Low", "4": "Medium"}}}})
    before = bench.changes()
    bench.quiet()
    assert bench.changes() == before, "a contract change writes nothing by itself"
    told = compared(linked)
    assert states(told) == {"priority": APART}
    assert bench.changes() == before
    compared(linked, repair=True)  # the pair's rule for it: right
    assert bench.changes() == before, "the repair is the next run's to write"
    bench.quiet()
    assert (linked.get(LEFT, "priority"), linked.get(RIGHT, "priority")) == ("normal", "4")
    assert states(compared(linked)) == {}
    assert {row["state"] for row in bench.events() if row["key"].startswith("repair:")} == {"arrived"}
    before = bench.changes()
    bench.quiet()
    assert bench.changes() == before


def test_an_unsaid_person_is_sent_once_the_map_knows_them_and_a_repair_asks_for_it(linked: Linked) -> None:
    """C12: the new entry writes nothing by itself."""
    bench = linked.bench
    bench.tracker(LEFT).person("pat", "pat@acme.example")
    linked.set(LEFT, "assignee_id", "pat")
    bench.quiet()
    assert bench.tracker(RIGHT).tickets[linked.issue].fields["assignee"] is None
    bench.tracker(RIGHT).person("omar", "omar@globex.example")
    for name, system, account in (("acme", "zendesk", "pat"), ("globex", "jira", "omar")):
        file = bench.root / "contracts/people" / f"{name}.yaml"
        known = json.loads(file.read_text())
        known["people"]["pat@acme.example"] = {system: account}
        file.write_text(json.dumps(known))
    before = bench.changes()
    bench.quiet()
    assert bench.changes() == before
    assert states(compared(linked)) == {"assignee": UNSAID}
    compared(linked, repair=True)
    bench.quiet()
    assert bench.tracker(RIGHT).tickets[linked.issue].fields["assignee"] == "omar"
    assert states(compared(linked)) == {}


def test_where_both_ways_are_open_somebody_must_say_who_is_right(linked: Linked) -> None:
    bench = linked.bench
    bench.write(pair={"conflicts": {"priority": "newest"}})
    linked.set(LEFT, "priority", "low")
    bench.quiet()
    bench.write(
        pair={"conflicts": {"priority": "newest"}}, right={"fields": {"priority": {"map": {"3": "Low", "4": "Medium"}}}}
    )
    bench.quiet()
    told = compared(linked, repair=True)
    assert [one.field for one in told.undecided] == ["priority"]
    compared(linked, repair=True, choice=Which.LEFT)
    bench.quiet()
    assert (linked.get(LEFT, "priority"), linked.get(RIGHT, "priority")) == ("low", "3")


def test_comments_and_files_made_before_they_were_offered_go_by_a_repair_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, left={"comments": {"out": "none"}}, right={"attachments": None})
    ticket, issue = bench.linked()
    linked = Linked(bench, ticket, issue)
    said = [bench.say(LEFT, ticket), bench.say(LEFT, ticket, file=b"with it")]
    secret = bench.say(LEFT, ticket, private=True)
    bench.attach(RIGHT, issue, b"alone")
    bench.quiet()
    bench.write()
    bench.quiet()
    assert bench.texts(RIGHT, issue) == [], "a wider policy is for what is made afterwards"
    told = compared(linked)
    assert sorted((one.field, one.state, one.repaired) for one in told.findings) == [
        ("comment", EARLY, False),
        ("comment", EARLY, False),
        ("file", EARLY, False),
        ("file", EARLY, False),
    ]
    assert dict(told.counts) == {EARLY: 1}
    before = bench.changes()
    assert all(one.repaired for one in compared(linked, repair=True).findings)
    assert bench.changes() == before, "the repair is the next run's to write"
    bench.quiet()
    shown = bench.texts(RIGHT, issue)
    assert [[word in text for text in shown] for word in said] == [[True, False], [False, True]]
    assert secret not in " ".join(shown)
    contents = [bench.tracker(RIGHT).contents[file.id] for file in bench.tracker(RIGHT).tickets[issue].files]
    assert sorted(contents) == [b"alone", b"with it"]
    assert [bench.tracker(LEFT).contents[file.id] for file in bench.tracker(LEFT).tickets[ticket].files].count(b"alone")
    assert states(compared(linked, repair=True)) == {}
    before = bench.changes()
    bench.quiet()
    assert bench.changes() == before
