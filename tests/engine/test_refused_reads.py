# SPDX-License-Identifier: Apache-2.0
"""A tracker that refuses to tell what happened on one ticket: it waits, and keeps back no other."""

from __future__ import annotations

import pytest

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_house import LEFT, RIGHT
from tandem.errors import RefusedError


@pytest.mark.parametrize("alone", [False, True])
def test_a_ticket_of_which_the_tracker_refuses_to_tell_keeps_back_no_other(linked: Linked, alone: bool) -> None:
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    other, issue = bench.linked()
    before = bench.get(RIGHT, issue, "priority")

    def refuse(name: str, phase: str, item: object) -> None:
        if name == "history" and phase == "before" and linked.issue in str(item):
            raise RefusedError("No.", where=linked.issue)

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


def test_a_tracker_that_tells_of_no_ticket_ends_the_run(linked: Linked) -> None:
    """Then it is not the tickets that are wrong, and nobody may take it for quiet."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    _, issue = bench.linked()
    for one in (linked.issue, issue):
        bench.set(RIGHT, one, "title", "refused")

    def refuse(name: str, phase: str, item: object) -> None:
        if name == "history" and phase == "before":
            raise RefusedError("No.")

    right.fail = refuse
    with pytest.raises(RefusedError):
        bench.run()
    right.fail = lambda name, phase, item: None
    assert at_peace(bench) == []
    assert linked.get(LEFT, "title") == "refused"
