# SPDX-License-Identifier: Apache-2.0
"""A tracker that tells of no edit of a comment, not even that its ticket changed: what texts say is compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.memory_house import LEFT, RIGHT, Bench, aged
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE
from tandem.state import tables

DAY = 24 * 3600.0


@pytest.fixture
def linked(tmp_path: Path) -> Linked:
    """One ticket on both sides; the right tells of no edits, and both take them."""
    can = replace(JIRA_LIKE.capabilities, reread_every=DAY, private_comments=True)
    kinds = {"right": replace(JIRA_LIKE, capabilities=can), "left": aged(ZENDESK_LIKE, edit_comments=True)}
    bench = Bench(tmp_path, kinds=kinds)
    return Linked(bench, *bench.linked())


def says(linked: Linked, text: str) -> str:
    """Somebody comments at the right, and the copy stands at the left."""
    tracker, person = linked.bench.tracker(RIGHT), linked.bench.person(RIGHT)
    said = tracker.comment(linked.issue, text, person).id
    linked.bench.quiet()
    assert text in linked.bench.texts(LEFT, linked.ticket)[-1]
    return said


def rests(linked: Linked) -> None:
    """Nothing is on its way, and the next run writes nothing."""
    linked.bench.quiet()
    before = linked.bench.changes()
    assert linked.bench.run()["diff"]["actions"] == 0
    assert linked.bench.changes() == before
    assert not linked.bench.link(LEFT, linked.ticket).pending


def test_each_edit_is_seen_when_its_ticket_changes_next(linked: Linked) -> None:
    bench, said = linked.bench, says(linked, "first")
    for words in ("better", "first", "better"):  # each time it is another edit
        bench.tracker(RIGHT).edit_comment(linked.issue, said, words)
        bench.run()
        bench.set(RIGHT, linked.issue, "title", bench.word("title"))
        rests(linked)
        (text,) = bench.texts(LEFT, linked.ticket)
        assert words in text


def test_an_edit_of_a_ticket_at_rest_is_seen_within_a_day(linked: Linked) -> None:
    bench, said = linked.bench, says(linked, "first")
    bench.tracker(RIGHT).edit_comment(linked.issue, said, "better")
    bench.run()
    assert "first" in bench.texts(LEFT, linked.ticket)[-1]
    bench.wait(DAY)
    rests(linked)
    (text,) = bench.texts(LEFT, linked.ticket)
    assert "better" in text


def test_what_is_made_private_without_a_trace_is_taken_back_within_a_day(linked: Linked) -> None:
    bench, said = linked.bench, says(linked, "too much")
    bench.tracker(RIGHT).make_private(linked.issue, said)
    bench.wait(DAY)
    rests(linked)
    assert "too much" not in repr(bench.texts(LEFT, linked.ticket))


def test_what_is_made_public_goes_once_and_what_is_hidden_again_is_taken_back(linked: Linked) -> None:
    bench, tracker = linked.bench, linked.bench.tracker(RIGHT)
    said = tracker.comment(linked.issue, "between us", bench.person(RIGHT), public=False).id
    rests(linked)
    assert not bench.texts(LEFT, linked.ticket)
    tracker.make_public(linked.issue, said)
    bench.wait(DAY)
    rests(linked)
    assert ["between us" in text for text in bench.texts(LEFT, linked.ticket)] == [True]
    tracker.make_private(linked.issue, said)
    bench.wait(DAY)
    rests(linked)
    assert "between us" not in repr(bench.texts(LEFT, linked.ticket))


def test_a_copy_that_people_changed_without_a_trace_is_theirs(linked: Linked) -> None:
    bench = linked.bench
    said = bench.tracker(LEFT).comment(linked.ticket, "<p>first</p>", bench.person(LEFT)).id
    bench.quiet()
    (copy,) = bench.tracker(RIGHT).tickets[linked.issue].comments
    bench.tracker(RIGHT).edit_comment(linked.issue, copy.id, "ours now")
    bench.tracker(LEFT).edit_comment(linked.ticket, said, "<p>better</p>")
    rests(linked)
    assert bench.texts(RIGHT, linked.issue) == ["ours now"]


def test_our_own_edit_is_no_edit_of_people(linked: Linked) -> None:
    bench = linked.bench
    said = bench.tracker(LEFT).comment(linked.ticket, "<p>first</p>", bench.person(LEFT)).id
    bench.quiet()
    for words in ("better", "best"):
        bench.tracker(LEFT).edit_comment(linked.ticket, said, f"<p>{words}</p>")
        rests(linked)
        (text,) = bench.texts(RIGHT, linked.issue)
        assert words in text
    bench.wait(DAY)
    rests(linked)
    assert not [row for row in bench.rows(tables.event) if row["kind"] == "edited" and row["side"] == "right"]


def test_an_empty_file_is_told_of_where_none_can_be_stored(tmp_path: Path) -> None:
    bench = Bench(tmp_path, kinds={"right": aged(JIRA_LIKE, empty_files=False)})
    ticket, issue = bench.linked()
    text, behind = bench.say(LEFT, ticket, file=b""), bench.say(LEFT, ticket, file=b"full")
    bench.quiet()
    first, second = bench.texts(RIGHT, issue)
    assert text in first and "the other side takes no empty file" in first
    assert behind in second
    assert [file.size for file in bench.tracker(RIGHT).tickets[issue].files] == [4]
    assert not bench.rows(tables.quarantine)


def test_an_empty_file_that_no_comment_shows_is_noted_and_all_else_goes(tmp_path: Path) -> None:
    bench = Bench(tmp_path, kinds={"left": aged(ZENDESK_LIKE, empty_files=False)})
    ticket, issue = bench.linked()
    bench.attach(RIGHT, issue, b"")
    text = bench.say(RIGHT, issue)
    bench.quiet()
    assert [text in one for one in bench.texts(LEFT, ticket)] == [True]
    told = [(row["state"], row["reason"]) for row in bench.rows(tables.event) if row["kind"] == "file"]
    assert told == [("noted", "the other side takes no empty file")]
    assert not bench.rows(tables.quarantine)
