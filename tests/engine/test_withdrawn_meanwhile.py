# SPDX-License-Identifier: Apache-2.0
"""What people take back after a run has read it and before it writes: it does not leave, and all else does.

Minutes lie between the two where much is carried, and hours where a run is tried again after an outage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine.memory_house import LEFT, RIGHT, Bench, aged
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE
from tandem.core.rules import Which

UNTOLD = replace(JIRA_LIKE.capabilities, reread_every=24 * 3600.0, private_comments=True)
KINDS = {
    "as they are": {},
    "no edit is told": {"right": replace(JIRA_LIKE, capabilities=UNTOLD)},
    "no feed tells all": {"left": aged(ZENDESK_LIKE, feed_pays=None)},
}


@pytest.fixture(params=list(KINDS))
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
    return Bench(tmp_path, kinds=KINDS[request.param])


def between(bench: Bench, task: str, act: Callable[[], object]) -> dict[str, dict[str, int]]:
    """One run; before this task of it people act."""
    bench.between = lambda name: act() if name == task else None
    try:
        told: dict[str, dict[str, int]] = bench.run()
    finally:
        bench.between = lambda name: None
    return told


def rests(bench: Bench) -> None:
    bench.quiet()
    before = bench.changes()
    assert bench.run()["diff"]["actions"] == 0
    assert bench.changes() == before
    assert not bench.events("waiting", "deferred", "quarantined")


def everything_at(bench: Bench, which: Which) -> str:
    """All that was ever written to a side's tickets, its past included, and the names of its files."""
    tracker = bench.tracker(which)
    return repr([asdict(ticket) for ticket in tracker.tickets.values()])


@pytest.mark.parametrize("which", list(Which))
@pytest.mark.parametrize("task", ["map", "diff", "load"])
def test_a_comment_made_private_after_it_was_read_never_leaves(bench: Bench, which: Which, task: str) -> None:
    ticket, issue = bench.linked()
    at = ticket if which is LEFT else issue
    text, behind = bench.say(which, at, file=b"confidential"), bench.say(which, at)
    tracker = bench.tracker(which)
    said = next(one.id for one in tracker.tickets[at].comments if text in str(one.body))
    between(bench, task, lambda: tracker.make_private(at, said))
    assert text not in everything_at(bench, which.other)
    rests(bench)
    there = everything_at(bench, which.other)
    assert text not in there and behind in there
    assert b"confidential" not in bench.tracker(which.other).contents.values()


def test_an_edit_after_the_reading_goes_as_it_reads_now(bench: Bench) -> None:
    _, issue = bench.linked()
    text = bench.say(RIGHT, issue)
    tracker = bench.tracker(RIGHT)
    said = tracker.tickets[issue].comments[-1].id
    between(bench, "load", lambda: tracker.edit_comment(issue, said, "the password is taken out"))
    rests(bench)
    there = everything_at(bench, LEFT)
    assert text not in there and there.count("the password is taken out") == 1


def test_an_edit_of_an_edit_goes_as_it_reads_now(bench: Bench) -> None:
    _, issue = bench.linked()
    bench.say(RIGHT, issue)
    bench.quiet()
    tracker = bench.tracker(RIGHT)
    said = tracker.tickets[issue].comments[-1].id
    tracker.edit_comment(issue, said, "the password is hunter2")
    bench.set(RIGHT, issue, "title", bench.word("title"))
    between(bench, "load", lambda: tracker.edit_comment(issue, said, "it is taken out"))
    assert "hunter2" not in everything_at(bench, LEFT)
    rests(bench)
    if tracker.kind.capabilities.reread_every is None:
        assert "it is taken out" in everything_at(bench, LEFT)


def test_a_text_that_was_changed_after_the_reading_goes_as_it_reads_now(bench: Bench) -> None:
    ticket, issue = bench.linked()
    bench.set(RIGHT, issue, "title", "the password is hunter2")
    word = bench.say(RIGHT, issue)
    between(bench, "load", lambda: bench.set(RIGHT, issue, "title", "it is taken out"))
    assert "hunter2" not in everything_at(bench, LEFT)
    rests(bench)
    assert bench.get(LEFT, ticket, "title") == "it is taken out"
    assert everything_at(bench, LEFT).count(word) == 1


def test_a_new_ticket_goes_without_what_was_taken_out_of_its_description(bench: Bench) -> None:
    bench.run()
    issue = bench.open(RIGHT, description="the password is hunter2")
    between(bench, "load", lambda: bench.set(RIGHT, issue, "description", "it is taken out"))
    assert "hunter2" not in everything_at(bench, LEFT)
    rests(bench)
    assert "it is taken out" in str(bench.get(LEFT, bench.twin(RIGHT, issue), "description"))


def test_a_description_made_private_after_the_reading_stays_at_home(bench: Bench) -> None:
    bench.run()
    ticket = bench.open(LEFT, description="<p>between us</p>")
    between(bench, "load", lambda: bench.tracker(LEFT).hide_description(ticket))
    assert "between us" not in everything_at(bench, RIGHT)
    rests(bench)
    assert "between us" not in everything_at(bench, RIGHT)


def test_a_file_deleted_after_the_reading_leaves_its_ticket_alone(bench: Bench) -> None:
    _, issue = bench.linked()
    name, word = bench.attach(RIGHT, issue), bench.say(RIGHT, issue)
    tracker = bench.tracker(RIGHT)
    file = tracker.tickets[issue].files[-1].id
    between(bench, "load", lambda: tracker.delete_file(issue, file))
    assert name not in everything_at(bench, LEFT)
    rests(bench)
    there = everything_at(bench, LEFT)
    assert name not in there and there.count(word) == 1


def test_nothing_is_asked_where_nothing_happened_since(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    ticket, issue = bench.linked()
    for which, at in ((LEFT, ticket), (RIGHT, issue)):
        bench.wait()
        bench.say(which, at, file=b"bytes")
        bench.wait()
        asked: list[str] = []
        bench.tracker(which).fail = lambda verb, phase, item, asked=asked: asked.append(f"{verb} {phase}")
        bench.run()
        first = len([verb for verb in asked if verb.startswith("history")])
        assert first <= 1, asked
        bench.tracker(which).fail = lambda verb, phase, item: None
        bench.quiet()
