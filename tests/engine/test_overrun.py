# SPDX-License-Identifier: Apache-2.0
"""A person's edit that our own write ran over: it stands again at its own side before it goes on, whatever dies."""

from __future__ import annotations

from typing import Any

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, TASKS, KilledError
from tandem.pipeline.environment import Job


def run_over(linked: Linked, hub: str, early: str, theirs: str) -> None:
    """Elaine sets a field of the twin in the very moment in which our write of it is on its way."""
    bench = linked.bench
    linked.set(LEFT, hub, early)

    def meet(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("update", "before"):
            bench.tracker(RIGHT).fail = lambda verb, phase, item: None
            bench.wait(10)
            linked.set(RIGHT, hub, theirs)

    bench.tracker(RIGHT).fail = meet
    bench.run()
    assert [row["state"] for row in bench.events() if row["key"].startswith("lost:")] == ["waiting"]


def die_once(linked: Linked, point: int) -> bool:
    """A run that ends at one of its points, before a commit or at a call; tell whether it came so far."""
    bench, passed = linked.bench, 0

    def reached(*_: object) -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            bench.kill()

    bench.wait()
    bench.on_commit = reached
    for which in (LEFT, RIGHT):
        bench.tracker(which).fail = reached
    job = Job(PAIR, f"run-{next(bench.runs)}")
    try:
        for name in TASKS:
            bench.task(name, job)
    except KilledError:
        return True
    finally:
        bench.revive()
    return False


def test_no_death_of_the_run_that_mends_it_loses_the_edit(linked: Linked) -> None:
    bench = linked.bench
    run_over(linked, "title", "early", "in the very moment")
    picture = bench.save()
    died, point = True, 0
    while died:
        point += 1
        bench.restore(picture)
        died = die_once(linked, point)
        assert at_peace(bench) == [], point
        assert linked.get(LEFT, "title") == linked.get(RIGHT, "title") == "in the very moment", point
    assert point > 20


def test_people_who_go_on_from_there_have_the_last_word(linked: Linked) -> None:
    """Elaine sets it once more before the next run: what was run over is a step on the way, and is not given back."""
    run_over(linked, "title", "early", "in the very moment")
    linked.bench.wait(30)
    linked.set(RIGHT, "title", "once more")
    assert at_peace(linked.bench) == []
    assert linked.get(LEFT, "title") == linked.get(RIGHT, "title") == "once more"
    said = [entry.after for entry in linked.bench.tracker(RIGHT).tickets[linked.issue].entries]
    assert said.count("in the very moment") == 1


def test_its_own_side_gets_it_back_before_the_other_hears_of_it(linked: Linked) -> None:
    run_over(linked, "title", "early", "in the very moment")
    linked.bench.run()
    assert (linked.get(LEFT, "title"), linked.get(RIGHT, "title")) == ("early", "in the very moment")
    linked.bench.run()
    assert linked.get(LEFT, "title") == "in the very moment"
    assert at_peace(linked.bench) == []
