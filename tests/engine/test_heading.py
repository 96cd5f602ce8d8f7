# SPDX-License-Identifier: Apache-2.0
"""The heading over a comment that came in shows of the other side's ticket what that side reveals (engine §15)."""

from __future__ import annotations

from engine.conftest import Linked
from engine.memory_house import LEFT, RIGHT


def test_a_heading_shows_what_the_other_side_reveals(linked: Linked) -> None:
    bench = linked.bench
    heading = "{{ author }} of {{ twin.company }} on {{ twin.key }} [{{ twin.status }}]:"
    bench.write(
        left={"reveal": ["key", "status"], "comments": {"out": "public", "as": "public", "names": "full"}},
        right={"comments": {"out": "public", "as": "public", "names": "full", "in": heading}},
    )
    linked.set(LEFT, "status", "open")
    bench.run()
    word = bench.say(LEFT, linked.ticket)
    bench.run()
    text = next(text for text in bench.texts(RIGHT, linked.issue) if word in text)
    key = bench.link(LEFT, linked.ticket).members[LEFT].key
    assert key in text and "[in_progress]" in text
