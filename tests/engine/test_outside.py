# SPDX-License-Identifier: Apache-2.0
"""Leaving the scope and coming back (engine §10): what was made before flows, what was made outside does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.memory import Memory
from tandem.core.plan import NO_LONGER_SHARED
from tandem.core.rules import Which
from tandem.state import tables


def leave(linked: Linked, which: Which) -> None:
    linked.bench.label(which, linked.id(which), remove="customer")


def come_back(linked: Linked, which: Which) -> None:
    linked.bench.label(which, linked.id(which), add="customer")


def shown(linked: Linked, which: Which, words: list[str]) -> list[str]:
    """Which of these words stand at a side, in what order."""
    texts = linked.bench.texts(which, linked.id(which))
    return [word for text in texts for word in words if word in text]


def forget(linked: Linked) -> None:
    """What was said outside need not arrive: the laws do not ask for it."""
    linked.bench.world.deeds.clear()


@pytest.mark.parametrize("which", list(Which))
def test_left_and_back_between_two_runs(linked: Linked, which: Which) -> None:
    """More than once, and never seen out by any run: no word of outside goes, and every other does."""
    bench, ticket, words = linked.bench, linked.id(which), []
    for _ in range(3):
        words.append(bench.say(which, ticket))
        leave(linked, which)
        bench.say(which, ticket)
        come_back(linked, which)
    words.append(bench.say(which, ticket))
    everything = [deed.text for deed in bench.world.deeds]
    forget(linked)
    assert at_peace(bench) == []
    assert shown(linked, which.other, everything) == words
    assert [row["reason"] for row in bench.events("dropped")] == ["made outside the scope"] * 3


@pytest.mark.parametrize("which", list(Which))
def test_what_was_made_just_before_leaving_and_not_read_yet_is_not_lost(linked: Linked, which: Which) -> None:
    bench, ticket = linked.bench, linked.id(which)
    before = bench.say(which, ticket)
    leave(linked, which)
    outside = bench.say(which, ticket)
    bench.quiet()
    assert shown(linked, which.other, [before, outside]) == []
    come_back(linked, which)
    forget(linked)
    assert at_peace(bench) == []
    assert shown(linked, which.other, [before, outside]) == [before]


def test_within_one_second_the_order_of_the_history_decides(linked: Linked) -> None:
    bench, ticket = linked.bench, linked.ticket
    clock = bench.tracker(LEFT).clock
    step, clock.step = clock.step, clock.step * 0
    before = bench.say(LEFT, ticket)
    leave(linked, LEFT)
    outside = bench.say(LEFT, ticket)
    come_back(linked, LEFT)
    after = bench.say(LEFT, ticket)
    clock.step = step
    forget(linked)
    assert at_peace(bench) == []
    assert shown(linked, RIGHT, [before, outside, after]) == [before, after]


def test_files_made_outside_stay_and_those_made_before_go(linked: Linked) -> None:
    bench, issue = linked.bench, linked.issue
    before = bench.attach(RIGHT, issue, b"before")
    leave(linked, RIGHT)
    outside = bench.attach(RIGHT, issue, b"outside")
    bench.quiet()
    come_back(linked, RIGHT)
    forget(linked)
    assert at_peace(bench) == []
    names = [file.name for file in bench.tracker(LEFT).tickets[linked.ticket].files]
    assert before in names and outside not in names
    assert b"outside" not in bench.tracker(LEFT).contents.values()


def test_a_field_changed_outside_merges_from_the_base_and_its_steps_are_dropped(linked: Linked) -> None:
    """Status is replayed step by step; what was passed through outside is nobody's business."""
    bench = linked.bench
    leave(linked, LEFT)
    for status in ("solved", "open", "solved"):
        bench.move(LEFT, linked.ticket, status)
    come_back(linked, LEFT)
    assert at_peace(bench) == []
    ours = [e.after for e in bench.tracker(RIGHT).tickets[linked.issue].entries if e.field == "status" and e.mark]
    assert ours == ["2", "3"] and linked.get(RIGHT, "status") == "3"
    assert {(row["field"], row["reason"]) for row in bench.events("dropped")} == {("status", "made outside the scope")}


def test_a_field_changed_outside_is_as_new_as_its_change(linked: Linked) -> None:
    """Under `newest` the time of a change counts, wherever the ticket was."""
    bench = linked.bench
    leave(linked, LEFT)
    linked.set(LEFT, "title", "older, made outside")
    bench.wait(600)
    linked.set(RIGHT, "title", "newer")
    come_back(linked, LEFT)
    assert at_peace(bench) == []
    assert linked.get(LEFT, "title") == linked.get(RIGHT, "title") == "newer"


def test_on_return_send_sends_all(linked: Linked) -> None:
    bench = linked.bench
    bench.write(pair={"on_return": "send"})
    leave(linked, LEFT)
    bench.say(LEFT, linked.ticket)
    bench.quiet()
    bench.move(LEFT, linked.ticket, "solved")
    come_back(linked, LEFT)
    assert at_peace(bench) == []
    assert bench.events("dropped") == []


def test_a_waiting_comment_that_was_rewritten_outside_does_not_go(linked: Linked) -> None:
    bench, left = linked.bench, linked.bench.tracker(LEFT)
    word = bench.say(LEFT, linked.ticket)
    comment = left.tickets[linked.ticket].comments[-1].id
    bench.run(dry_run=True)
    leave(linked, LEFT)
    left.edit_comment(linked.ticket, comment, "<p>written-outside</p>")
    bench.quiet()
    come_back(linked, LEFT)
    forget(linked)
    assert at_peace(bench) == []
    assert shown(linked, RIGHT, [word, "written-outside"]) == []
    assert [row["reason"] for row in bench.events("dropped")] == ["changed outside the scope"]


def test_a_restriction_counts_like_a_condition(linked: Linked) -> None:
    bench, issue = linked.bench, linked.issue
    linked.set(RIGHT, "security", "1")
    outside = bench.say(RIGHT, issue)
    linked.set(RIGHT, "security", None)
    after = bench.say(RIGHT, issue)
    forget(linked)
    assert at_peace(bench) == []
    assert shown(linked, LEFT, [outside, after]) == [after]


def test_where_no_history_tells_it_is_outside_since_the_last_read_that_saw_it_inside(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, history = linked.bench, Memory.history
    monkeypatch.setattr(
        Memory, "history", lambda self, ids: {n: replace(h, away=None) for n, h in history(self, ids).items()}
    )
    leave(linked, LEFT)
    outside = bench.say(LEFT, linked.ticket)
    bench.quiet()
    come_back(linked, LEFT)
    bench.quiet()
    after = bench.say(LEFT, linked.ticket)
    forget(linked)
    assert at_peace(bench) == []
    assert shown(linked, RIGHT, [outside, after]) == [after]


def test_what_a_narrower_contract_put_out_of_scope_is_outside_too(linked: Linked) -> None:
    """No history of a field tells it: the last read that saw it in scope does."""
    bench = linked.bench
    bench.write(left={"scope": [{"field": "tags", "contains": "kiosk2"}]})
    bench.wait(90_000)
    bench.run()
    outside = bench.say(LEFT, linked.ticket)
    bench.quiet()
    assert bench.link(LEFT, linked.ticket).state == "parked"
    bench.write()
    bench.wait(90_000)
    bench.run()
    after = bench.say(LEFT, linked.ticket)
    forget(linked)
    assert at_peace(bench) == []
    assert shown(linked, RIGHT, [outside, after]) == [after]


@pytest.mark.parametrize("which", list(Which))
def test_the_other_side_is_told_once_and_neutrally_that_a_ticket_left(linked: Linked, which: Which) -> None:
    bench, other = linked.bench, which.other
    bench.write(pair={"on_leave": "note"})
    for round_ in (1, 2):
        leave(linked, which)
        linked.set(which, "title", "not yours")
        bench.quiet()
        bench.quiet()
        assert sum(NO_LONGER_SHARED in text for text in bench.texts(other, linked.id(other))) == round_
        come_back(linked, which)
        assert at_peace(bench) == []
    assert not any(NO_LONGER_SHARED in text for text in bench.texts(which, linked.id(which)))
    assert bench.link(LEFT, linked.ticket).state == "linked"


def test_nobody_is_told_where_the_pair_does_not_say_so(linked: Linked) -> None:
    leave(linked, LEFT)
    linked.bench.quiet()
    assert linked.bench.texts(RIGHT, linked.issue) == []


def test_a_first_sight_knows_no_outside(tmp_path: Path) -> None:
    """What was made before a ticket first came into scope goes with its create (`past: all`)."""
    bench = Bench(tmp_path)
    bench.run()
    ticket = bench.open(LEFT, labels=())
    word = bench.say(LEFT, ticket)
    bench.label(LEFT, ticket, add="customer")
    assert at_peace(bench) == []
    assert any(word in text for text in bench.texts(RIGHT, bench.twin(LEFT, ticket)))


@pytest.mark.parametrize("which", list(Which))
@pytest.mark.parametrize("when", ["sent", "unread"])
def test_an_edit_made_outside_does_not_leave_when_its_ticket_is_back(linked: Linked, which: Which, when: str) -> None:
    bench, ticket = linked.bench, linked.id(which)
    before = bench.say(which, ticket)
    if when == "sent":
        bench.quiet()
    (comment,) = [one for one in bench.tracker(which).tickets[ticket].comments if before in str(one.body)]
    leave(linked, which)
    bench.tracker(which).edit_comment(ticket, comment.id, f"{before} WRITTEN OUTSIDE")
    bench.quiet()
    come_back(linked, which)
    bench.quiet()
    assert shown(linked, which.other, [before, "OUTSIDE"]) == ([before] if when == "sent" else [])
    assert [row["reason"] for row in bench.events("dropped")] == ["changed outside the scope"]
    bench.tracker(which).edit_comment(ticket, comment.id, f"{before} as written inside")
    forget(linked)
    assert at_peace(bench) == []
    assert shown(linked, which.other, ["OUTSIDE", "as written inside"]) == ["as written inside"]


def test_a_comment_made_private_and_shown_again_outside_does_not_leave(linked: Linked) -> None:
    """Dropped as private before it was sent, it would go once it is public; not as it reads since outside."""
    bench, left = linked.bench, linked.bench.tracker(LEFT)
    word = bench.say(LEFT, linked.ticket)
    comment = left.tickets[linked.ticket].comments[-1].id
    bench.run(dry_run=True)
    left.make_private(linked.ticket, comment)
    bench.quiet()
    leave(linked, LEFT)
    left.make_public(linked.ticket, comment)
    come_back(linked, LEFT)
    bench.quiet()
    assert shown(linked, RIGHT, [word]) == []


@pytest.mark.parametrize("born", list(Which))
def test_a_twin_that_left_before_its_create_was_read_back_has_bases_all_the_same(tmp_path: Path, born: Which) -> None:
    """Back in scope it shows what it was made with: that is no change of anybody's."""
    bench = Bench(tmp_path)
    bench.run()
    ticket = bench.open(born, priority="high" if born is LEFT else "2")
    bench.run(upto="load")  # and its run died
    (twin,) = bench.tracker(born.other).tickets
    bench.label(born.other, twin, remove="customer")
    bench.quiet()
    word = bench.word("title")
    bench.set(born, ticket, "title", word)
    bench.wait()
    bench.label(born.other, twin, add="customer")
    bench.quiet()
    assert (bench.get(born, ticket, "title"), bench.get(born.other, twin, "title")) == (word, word)
    assert bench.texts(LEFT, ticket if born is LEFT else twin) == [], "nobody changed its description"
    assert not bench.rows(tables.conflict)


@pytest.mark.parametrize("which", list(Which))
def test_what_was_written_out_of_scope_and_read_back_inside_ran_over_nothing(linked: Linked, which: Which) -> None:
    """Out of scope a ticket shows nothing: what it showed before our write is not known, and nobody's edit."""
    bench = linked.bench
    leave(linked, which)
    bench.quiet()
    word = bench.word("title")
    linked.set(which.other, "title", word)
    bench.run(upto="load")  # and its run died
    come_back(linked, which)
    bench.quiet()
    assert (linked.get(LEFT, "title"), linked.get(RIGHT, "title")) == (word, word)
    assert not [row for row in bench.events() if row["key"].startswith("lost:")]
