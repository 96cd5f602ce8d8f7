# SPDX-License-Identifier: Apache-2.0
"""The other side refuses to take something back: it is tried again with a pause, and holds nothing else (§8, §12)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_house import LEFT, RIGHT, Bench, aged
from tandem.connectors.memory import JIRA_LIKE
from tandem.core.rules import Which
from tandem.errors import RefusedError
from tandem.state import tables

HOUR = 3600


def refusing(bench: Bench, which: Which, when: Callable[[int], bool] = lambda number: True) -> list[object]:
    """A side refuses to take comments back, or some of its refusals by their number; gives those that were tried."""
    tried: list[object] = []

    def fail(verb: str, phase: str, item: object) -> None:
        if verb in ("redact", "edit") and phase == "before":
            tried.append(item)
            if when(len(tried)):
                raise RefusedError("not now")

    bench.tracker(which).fail = fail
    return tried


def hide(linked: Linked, which: Which, text: str) -> None:
    tracker, ticket = linked.bench.tracker(which), linked.id(which)
    said = next(one for one in tracker.tickets[ticket].comments if text in str(one.body))
    tracker.make_private(ticket, said.id)
    linked.bench.world.deeds[:] = [one for one in linked.bench.world.deeds if one.text != text]


def there(linked: Linked, which: Which, text: str) -> bool:
    return any(text in one for one in linked.bench.texts(which, linked.id(which)))


@pytest.mark.parametrize("which", list(Which))
def test_it_is_tried_again_with_a_pause_and_all_else_goes(linked: Linked, which: Which) -> None:
    bench, ticket = linked.bench, linked.id(which)
    first, second = bench.say(which, ticket), bench.say(which, ticket)
    bench.quiet()
    tried = refusing(bench, which.other)
    hide(linked, which, first)
    bench.run()
    bench.run(wait=5)  # the first pause is none
    assert len(tried) == 2 and there(linked, which.other, first)
    assert [row["state"] for row in bench.events() if row["kind"] == "withdrawn"] == ["quarantined"]
    later = bench.say(which, ticket)
    assert bench.run(wait=5)["diff"]["actions"] == 1
    assert there(linked, which.other, later), "it holds what is said later"
    assert bench.run(wait=5)["diff"]["actions"] == 0, "it is tried in each run"
    hide(linked, which, second)
    assert bench.run(wait=5)["diff"]["actions"] == 1, "another one that is taken back waits for it"
    bench.tracker(which.other).fail = lambda verb, phase, item: None
    bench.wait(HOUR)
    assert at_peace(bench) == []
    assert not there(linked, which.other, first) and not there(linked, which.other, second)
    assert not [row for row in bench.rows(tables.quarantine) if row["state"] != "released"]


def test_it_is_let_go_of_when_nothing_is_left_to_be_taken_back(linked: Linked) -> None:
    bench = linked.bench
    text = bench.say(LEFT, linked.ticket)
    bench.quiet()
    refusing(bench, RIGHT)
    hide(linked, LEFT, text)
    bench.run()
    bench.tracker(RIGHT).fail = lambda verb, phase, item: None
    twin = next(one for one in bench.tracker(RIGHT).tickets[linked.issue].comments if text in str(one.body))
    bench.tracker(RIGHT).delete_comment(linked.issue, twin.id)
    bench.wait(HOUR)
    assert at_peace(bench) == []
    assert not [row for row in bench.rows(tables.quarantine) if row["state"] != "released"]


def test_a_part_that_is_refused_is_not_forgotten_over_the_next(tmp_path: Path) -> None:
    """A long comment stands there in parts: it is taken back when all of them are."""
    bench = Bench(tmp_path, kinds={"right": aged(JIRA_LIKE, max_comment=120)})
    ticket, issue = bench.linked()
    linked = Linked(bench, ticket, issue)
    words = " ".join(bench.word("long") for _ in range(30))
    bench.tracker(LEFT).comment(ticket, f"<p>{words}</p>", bench.person(LEFT), public=True, files=[])
    bench.quiet()
    parts = [text for text in bench.texts(RIGHT, issue) if "long-" in text]
    assert len(parts) > 2
    tried = refusing(bench, RIGHT, when=lambda number: number == 1)
    hide(linked, LEFT, words)
    bench.run()
    assert len(tried) == 1
    assert [row["state"] for row in bench.events() if row["kind"] == "withdrawn"] == ["quarantined"]
    bench.wait(HOUR)
    assert at_peace(bench) == []
    assert not any("long-" in text for text in bench.texts(RIGHT, issue))
