# SPDX-License-Identifier: Apache-2.0
"""Somebody who was deactivated is given nothing: the stand-in is, else the field stays as it is (engine §16)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.memory_house import LEFT, RIGHT, Bench

HOUR = 3601  # seconds, after which the preflight looks anew


def bench_of(path: Path, fallback: str | None) -> Bench:
    right: dict[str, Any] = {
        "fields": {"assignee": {"field": "assignee", **({"fallback": fallback} if fallback else {})}}
    }
    known = {"anna@acme.example": {"jira": "elaine"}, "desk@globex.example": {"jira": "desk"}}
    bench = Bench(path)
    (path / "contracts/people/globex.yaml").write_text(json.dumps({"company": "Globex", "people": known}))
    bench.write(right=right)
    (path / "contracts/people/globex.yaml").write_text(json.dumps({"company": "Globex", "people": known}))
    bench.tracker(RIGHT).person("desk", "desk@globex.example")
    return bench


@pytest.mark.parametrize(("fallback", "shown"), [("desk@globex.example", "desk"), ("none", None), (None, None)])
def test_a_ticket_is_made_for_the_stand_in(tmp_path: Path, fallback: str | None, shown: str | None) -> None:
    bench = bench_of(tmp_path, fallback)
    bench.tracker(RIGHT).gone.add("elaine")
    _, issue = bench.linked(assignee_id="anna")
    assert bench.get(RIGHT, issue, "assignee") == shown
    assert not bench.events("quarantined")
    before = bench.changes()
    bench.run()
    assert bench.changes() == before


def test_who_leaves_keeps_what_she_has_and_gets_nothing_new(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, None)
    ticket, issue = bench.linked(assignee_id="anna")
    assert bench.get(RIGHT, issue, "assignee") == "elaine"
    bench.tracker(RIGHT).gone.add("elaine")
    bench.wait(HOUR)
    before = bench.changes()
    bench.quiet()
    assert bench.changes() == before and bench.get(LEFT, ticket, "assignee_id") == "anna"
    other = bench.open(LEFT, assignee_id="anna")
    bench.quiet()
    assert bench.get(RIGHT, bench.twin(LEFT, other), "assignee") is None
    assert not bench.events("quarantined")


def test_who_comes_back_is_written_again(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, None)
    bench.tracker(RIGHT).gone.add("elaine")
    ticket, issue = bench.linked()
    bench.tracker(RIGHT).gone.clear()
    bench.wait(HOUR)
    bench.set(LEFT, ticket, "assignee_id", "anna")
    bench.quiet()
    assert bench.get(RIGHT, issue, "assignee") == "elaine"
