# SPDX-License-Identifier: Apache-2.0
"""Files whose write is under way, or has no answer yet, and which another pair meets where they are going."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.memory_house import TASKS
from engine.ring_house import Ring
from tandem.errors import GoneError, UnknownOutcomeError
from tandem.pipeline.environment import Job
from tandem.state import tables

SAID = {"comments": {"out": "public", "as": "public", "names": "full", "onward": True}}


def joined(root: Path, *joins: tuple[str, str]) -> Ring:
    """Companies with one ticket that is everywhere."""
    ring = Ring(root, joins, {name: SAID for join in joins for name in join})
    ring.round()
    ring.open(joins[0][0])
    ring.quiet()
    return ring


def files(ring: Ring) -> dict[str, list[str]]:
    """The names of the files that each company's ticket holds."""
    return {name: sorted(one.name for one in ring.trackers[name].tickets[ring.only(name)].files) for name in ring.names}


def run_and_lose(ring: Ring, at: str, verb: str, meanwhile: Callable[[], object]) -> None:
    """Run the first pair once; the answer to one of its writes is lost, and something happens before the next try."""
    tracker = ring.trackers[at]

    def lose(name: str, phase: str, item: Any) -> None:
        if (name, phase) == (verb, "after"):
            tracker.fail = lambda name, phase, item: None
            raise UnknownOutcomeError("The answer was lost.")

    tracker.fail = lose
    ring.clock.advance(121)
    job = Job(ring.pairs[0], "lost")
    for task in TASKS.values():
        try:
            task(job, ring.env)
        except UnknownOutcomeError:
            meanwhile()
            task(job, ring.env)


@pytest.mark.parametrize("names", [["plan.txt"], ["plan.txt", "plan.txt"]], ids=["one", "two of one name"])
def test_a_file_that_another_pair_meets_before_its_answer_is_known_is_a_copy(tmp_path: Path, names: list[str]) -> None:
    ring = joined(tmp_path, ("acme", "globex"), ("globex", "initech"))
    ring.say("acme", ring.only("acme"), "see the plan", files=names)
    run_and_lose(ring, "globex", "attach", lambda: ring.run(ring.pairs[1]))
    ring.quiet()
    assert files(ring) == dict.fromkeys(ring.names, names)


def test_a_comment_with_a_file_that_another_pair_meets_before_its_answer_is_known_is_a_copy(tmp_path: Path) -> None:
    """Where files ride in comments, they are known by their comment."""
    ring = joined(tmp_path, ("acme", "globex"), ("acme", "hooli"), ("globex", "hooli"))
    ring.say("globex", ring.only("globex"), "see the plan and the log", files=["plan.txt", "log.txt"])
    run_and_lose(ring, "acme", "comment", lambda: ring.run(ring.pairs[1]))
    ring.quiet()
    assert files(ring) == {name: ["log.txt", "plan.txt"] for name in ring.names}
    for name in ring.names:
        assert sum("see the plan and the log" in text for text in ring.texts(name)) == 1, name


def test_of_a_comment_that_goes_without_one_of_its_files_the_others_are_known_as_what_they_are(tmp_path: Path) -> None:
    ring = joined(tmp_path, ("acme", "globex"))
    tracker, ticket = ring.trackers["globex"], ring.only("globex")
    ring.say("globex", ticket, "see both", files=["lost.txt", "plan.txt"])
    lost, plan = (one.id for one in tracker.tickets[ticket].files)

    def fail(verb: str, phase: str, item: Any) -> None:
        if verb == "download" and item == lost:
            raise GoneError("It is not there.")

    tracker.fail = fail
    ring.quiet()
    assert files(ring)["acme"] == ["plan.txt"]
    with ring.store.read() as tx:
        rows = tx.rows(sa.select(tables.presence).where(tables.presence.c.kind == "file"))
    [copy] = [row["origin"] for row in rows if row["system"] == "acme"]
    assert [row["native"] for row in rows if row["origin"] == copy and row["system"] == "globex"] == [plan]
