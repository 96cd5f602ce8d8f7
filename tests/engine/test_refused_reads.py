# SPDX-License-Identifier: Apache-2.0
"""A tracker that refuses to tell what happened on one ticket, or breaks down over it: it keeps back no other."""

from __future__ import annotations

import pytest

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_house import LEFT, RIGHT
from tandem.errors import RefusedError, TandemError, UnavailableError


@pytest.mark.parametrize("error", [RefusedError, UnavailableError])
@pytest.mark.parametrize("alone", [False, True])
def test_a_ticket_of_which_the_tracker_does_not_tell_keeps_back_no_other(
    linked: Linked, error: type[TandemError], alone: bool
) -> None:
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    other, issue = bench.linked()
    before = bench.get(RIGHT, issue, "priority")

    def refuse(name: str, phase: str, item: object) -> None:
        if name == "history" and phase == "before" and linked.issue in str(item):
            raise error("No.", where=linked.issue)

    right.fail = refuse
    linked.set(RIGHT, "title", "refused")
    if not alone:
        bench.set(RIGHT, issue, "title", "told")
    bench.set(LEFT, other, "priority", "low")
    bench.run()
    bench.run()
    assert linked.get(LEFT, "title") != "refused"
    assert alone or bench.get(LEFT, other, "title") == "told"
    assert bench.get(RIGHT, issue, "priority") != before
    right.fail = lambda name, phase, item: None
    assert at_peace(bench) == []
    assert linked.get(LEFT, "title") == "refused"


@pytest.mark.parametrize("error", [RefusedError, UnavailableError])
@pytest.mark.parametrize("from_the", [1, 2])
def test_a_tracker_that_tells_of_no_ticket_ends_the_run(
    linked: Linked, error: type[TandemError], from_the: int
) -> None:
    """Then it is not the tickets that are wrong, and nobody may take it for quiet; also where it falls in the midst."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    for _ in range(5):
        bench.open(RIGHT)
    bench.quiet()
    issues = [id_ for id_, one in right.tickets.items() if not one.deleted]
    for one in issues:
        bench.set(RIGHT, one, "title", "refused")
    asked: list[str] = []

    def refuse(name: str, phase: str, item: object) -> None:
        if name == "history" and phase == "before":
            asked.append(str(item))
            if len(asked) == 1 or len(asked) > from_the:
                raise error("No.")

    right.fail = refuse
    if from_the == 1 or error is UnavailableError:
        with pytest.raises(error):
            bench.run()
    else:
        bench.run()
    assert len(asked) <= 1 + len(issues)
    right.fail = lambda name, phase, item: None
    assert at_peace(bench) == []
    assert {bench.get(RIGHT, one, "title") for one in issues} == {"refused"}
    assert linked.get(LEFT, "title") == "refused"
