# SPDX-License-Identifier: Apache-2.0
"""Base and merge, events and replay (engine §1, §2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_house import LEFT, RIGHT, Bench, aged
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Clock, Memory
from tandem.core.rules import Which
from tandem.errors import BudgetError
from tandem.state import tables


def ours(linked: Linked, which: Which, field: str) -> list[object]:
    """The values that our own writes gave a field."""
    tracker = linked.bench.tracker(which)
    entries = tracker.tickets[linked.id(which)].entries
    return [entry.after for entry in entries if entry.field == field and entry.mark]


def states(linked: Linked, which: Which, field: str) -> list[str]:
    return [
        row["state"]
        for row in linked.bench.events()
        if (row["side"], row["field"], row["kind"]) == (which, field, "field")
    ]


@pytest.mark.parametrize("which", list(Which))
def test_one_side_changed(linked: Linked, which: Which) -> None:
    linked.set(which, "title", "changed here")
    assert at_peace(linked.bench) == []
    assert linked.get(which.other, "title") == "changed here"


def test_both_changed_to_the_same_value(linked: Linked) -> None:
    linked.set(LEFT, "title", "agreed")
    linked.set(RIGHT, "title", "agreed")
    assert at_peace(linked.bench) == []
    assert ours(linked, LEFT, "subject") == ours(linked, RIGHT, "summary") == []
    assert states(linked, LEFT, "subject") == states(linked, RIGHT, "summary") == ["settled"]


@pytest.mark.parametrize(("first", "second"), [(LEFT, RIGHT), (RIGHT, LEFT)])
def test_the_newest_change_wins_and_the_loser_is_shown(linked: Linked, first: Which, second: Which) -> None:
    linked.set(first, "title", "early")
    linked.bench.wait(10)
    linked.set(second, "title", "late")
    assert at_peace(linked.bench) == []
    assert linked.get(LEFT, "title") == linked.get(RIGHT, "title") == "late"
    (conflict,) = linked.bench.rows(tables.conflict)
    assert (conflict["state"], conflict["winner"]) == ("decided", second)
    assert linked.bench.store.vault.open(conflict["sealed"])[f"value_{first}"] == "early"  # type: ignore[index,call-overload]


def test_closer_than_five_seconds_is_a_tie(linked: Linked) -> None:
    linked.set(RIGHT, "title", "of the side that wins ties")
    linked.set(LEFT, "title", "a second later")
    assert at_peace(linked.bench) == []
    assert linked.get(LEFT, "title") == "of the side that wins ties"


def test_times_are_corrected_by_each_clock(linked: Linked) -> None:
    """Left's clock is an hour ahead: its stamp looks newer, and is not."""
    left = linked.bench.tracker(LEFT)
    left.clock, left.offset = Clock(linked.bench.world.clock.now + timedelta(hours=1)), 3600.0
    linked.bench.wait(3700)  # preflight asks for the clock again
    linked.bench.run()
    linked.set(LEFT, "title", "early")
    linked.bench.wait(20)
    linked.set(RIGHT, "title", "late")
    assert at_peace(linked.bench) == []
    assert linked.get(LEFT, "title") == linked.get(RIGHT, "title") == "late"


def test_a_side_that_rules_a_field_wins_though_older(linked: Linked) -> None:
    linked.set(RIGHT, "priority", "1")
    linked.bench.wait(60)
    linked.set(LEFT, "priority", "low")
    assert at_peace(linked.bench) == []
    assert (linked.get(LEFT, "priority"), linked.get(RIGHT, "priority")) == ("urgent", "1")


def test_a_held_conflict_writes_neither_side_until_they_agree(linked: Linked) -> None:
    linked.bench.write(pair={"conflicts": {"default": "hold"}})
    linked.set(LEFT, "title", "mine")
    linked.set(RIGHT, "title", "ours")
    linked.set(LEFT, "priority", "low")
    text = linked.bench.say(LEFT, linked.ticket)
    linked.bench.quiet()
    assert (linked.get(LEFT, "title"), linked.get(RIGHT, "title")) == ("mine", "ours")
    assert linked.get(RIGHT, "priority") == "4" and text in linked.bench.texts(RIGHT, linked.issue)[-1]
    assert [row["state"] for row in linked.bench.rows(tables.conflict)] == ["held"]
    assert {row["state"] for row in linked.bench.events() if row["field"] in ("subject", "summary")} == {"conflict"}
    linked.set(LEFT, "title", "ours")
    assert at_peace(linked.bench) == []
    assert [row["state"] for row in linked.bench.rows(tables.conflict)] == ["settled"]


def test_labels_merge_by_element_and_only_offered_ones(linked: Linked) -> None:
    linked.bench.label(LEFT, linked.ticket, add="checkout")
    linked.bench.label(LEFT, linked.ticket, add="secret-deal")
    linked.bench.label(RIGHT, linked.issue, add="payment")
    linked.bench.label(RIGHT, linked.issue, remove="kiosk")
    linked.bench.label(RIGHT, linked.issue, add="sprint-9")
    assert at_peace(linked.bench) == []
    assert set(linked.get(LEFT, "labels")) == {"customer", "own", "secret-deal", "checkout", "payment"}  # type: ignore[arg-type]
    assert set(linked.get(RIGHT, "labels")) == {"customer", "sprint-9", "checkout", "payment"}  # type: ignore[arg-type]


def test_a_label_that_is_too_long_there_is_left_out_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It stays where it is, keeps nothing back, and is not told again."""
    bench = Bench(tmp_path, kinds={"right": aged(JIRA_LIKE, label_max=len("kiosk"))})
    caplog.set_level("INFO", "tandem")
    ticket, issue = bench.linked(labels=("customer", "kiosk", "checkout"))
    assert bench.get(RIGHT, issue, "labels") == ["customer", "kiosk"]
    told = [one.getMessage() for one in caplog.records if "the other side cannot hold" in one.getMessage()]
    assert len(told) == 1 and "1 " in told[0] and "checkout" not in told[0]
    bench.label(LEFT, ticket, add="payment")
    report = bench.run()["reconcile"]
    assert report["unsaid"] == 1
    bench.quiet()
    assert [(row["state"], row["reason"]) for row in bench.events("noted")] == [
        ("noted", "an element that the other side cannot hold")
    ]
    assert bench.get(LEFT, ticket, "labels") == ["checkout", "customer", "kiosk", "payment"]
    bench.label(RIGHT, issue, remove="kiosk")
    assert [what for what in at_peace(bench) if "labels" not in what] == []
    assert bench.get(LEFT, ticket, "labels") == ["checkout", "customer", "payment"]
    assert bench.run()["reconcile"]["unsaid"] == 0


def test_half_a_character_in_a_label_comes_to_rest(linked: Linked) -> None:
    for which, label in ((LEFT, "half \ud83e"), (RIGHT, "other half \udd14")):
        linked.bench.write(left={"fields": {"labels": {"only": None}}}, right={"fields": {"labels": {"only": None}}})
        linked.bench.label(which, linked.id(which), add=label)
        assert [one for one in at_peace(linked.bench) if "its own labels" not in one] == []  # here all are shared
        assert linked.bench.run()["extract"]["left"]["compared"] == 0
    assert "half \ufffd" in str(linked.get(RIGHT, "labels")) and "other half \ufffd" in str(linked.get(LEFT, "labels"))


def test_emptying_travels(linked: Linked) -> None:
    linked.set(LEFT, "assignee_id", "anna")
    linked.bench.quiet()
    assert linked.get(RIGHT, "assignee") == "elaine"
    linked.set(LEFT, "assignee_id", None)
    assert at_peace(linked.bench) == []
    assert linked.get(RIGHT, "assignee") is None


def test_a_person_who_cannot_be_mapped_is_unsaid(linked: Linked) -> None:
    """It counts as unchanged while the side shows this very value, also after the map knows it."""
    bench = linked.bench
    bench.tracker(LEFT).person("bruno")
    linked.set(RIGHT, "assignee", "elaine")
    bench.quiet()
    assert linked.get(LEFT, "assignee_id") == "anna"
    linked.set(LEFT, "assignee_id", "bruno")
    assert at_peace(bench) == []
    assert linked.get(RIGHT, "assignee") == "elaine"
    (told,) = [row for row in bench.events("noted") if row["field"] == "assignee_id"]
    assert "unsaid" in told["reason"]
    people = bench.root / "contracts/people/acme.yaml"
    people.write_text(
        people.read_text().replace(
            '"anna@acme.example"', '"bruno@acme.example": {"zendesk": "bruno"}, "anna@acme.example"'
        )
    )
    bench.say(LEFT, linked.ticket)
    assert at_peace(bench) == []
    assert linked.get(RIGHT, "assignee") == "elaine"
    linked.set(LEFT, "assignee_id", "anna")
    linked.set(RIGHT, "assignee", None)
    assert at_peace(bench) == []


def test_a_person_without_an_account_there_is_unsaid_too(linked: Linked) -> None:
    """Left can name her by her address; right has no account for it and no fallback."""
    linked.bench.tracker(LEFT).person("clara", "clara@acme.example")
    linked.set(LEFT, "assignee_id", "clara")
    linked.set(LEFT, "priority", "low")
    assert at_peace(linked.bench) == []
    assert linked.get(RIGHT, "assignee") is None and linked.get(RIGHT, "priority") == "4"
    assert [row["state"] for row in linked.bench.events() if row["field"] == "assignee_id"] == ["noted"]


@pytest.mark.parametrize("how", ["comment", "ignore"])
def test_a_field_that_is_set_at_creation_only(linked: Linked, how: str) -> None:
    """A later change of the peer's is told in a comment, or left; it is never a conflict."""
    linked.bench.write(left={"fields": {"description": {"on_change": how}}})
    before = linked.get(LEFT, "description")
    linked.set(RIGHT, "description", "now we know more")
    assert at_peace(linked.bench) == []
    told = [text for text in linked.bench.texts(LEFT, linked.ticket) if "now we know more" in text]
    assert len(told) == (how == "comment") and linked.get(LEFT, "description") == before
    assert linked.bench.rows(tables.conflict) == []


def test_an_edit_right_after_the_create_is_not_taken_for_ours(linked: Linked) -> None:
    """The read-back shows a person's value; the base is what was created, so that the change travels back."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    ticket = bench.open(LEFT, status="open")

    def edit(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("create", "after"):
            right.fail = lambda verb, phase, item: None
            bench.set(RIGHT, list(right.tickets)[-1], "title", "renamed at once")

    right.fail = edit
    assert at_peace(bench) == []
    assert bench.get(LEFT, ticket, "title") == "renamed at once"


def test_an_unmapped_spelling_of_the_same_value_is_left_alone(linked: Linked) -> None:
    """Open and pending are one hub value: a change between them is no news, and is not written over."""
    linked.bench.move(LEFT, linked.ticket, "pending")
    assert at_peace(linked.bench) == []
    assert (linked.get(LEFT, "status"), ours(linked, RIGHT, "status")) == ("pending", ["2"])
    linked.bench.say(RIGHT, linked.issue)
    linked.bench.quiet()
    assert linked.get(LEFT, "status") == "pending"


# ---- §2


def test_status_is_replayed_step_by_step(linked: Linked) -> None:
    for status in ("3", "2", "3"):
        linked.bench.move(RIGHT, linked.issue, status)
    assert at_peace(linked.bench) == []
    assert ours(linked, LEFT, "status") == ["solved", "open", "solved"]
    assert states(linked, RIGHT, "status")[-3:] == ["arrived"] * 3


def test_a_status_that_came_back_is_superseded(linked: Linked) -> None:
    linked.bench.move(LEFT, linked.ticket, "solved")
    linked.bench.move(LEFT, linked.ticket, "open")
    before = len(linked.bench.tracker(RIGHT).feed)
    assert at_peace(linked.bench) == []
    assert len(linked.bench.tracker(RIGHT).feed) == before
    assert states(linked, LEFT, "status") == ["superseded", "superseded"]


def test_of_any_other_field_values_in_between_are_never_sent(linked: Linked) -> None:
    for priority in ("low", "high", "urgent"):
        linked.set(LEFT, "priority", priority)
    assert at_peace(linked.bench) == []
    assert ours(linked, RIGHT, "priority") == ["1"]
    assert states(linked, LEFT, "priority") == ["superseded", "superseded", "arrived"]


def test_steps_comments_and_last_changes_keep_their_order(linked: Linked) -> None:
    """A title is written where it was last changed: after the comment."""
    bench = linked.bench
    linked.set(RIGHT, "title", "first wording")
    bench.move(RIGHT, linked.issue, "3")
    text = bench.say(RIGHT, linked.issue)
    linked.set(RIGHT, "title", "second wording")
    bench.move(RIGHT, linked.issue, "2")
    bench.move(RIGHT, linked.issue, "3")
    assert at_peace(bench) == []
    twin = bench.tracker(LEFT).tickets[linked.ticket]
    done = [(entry.at, entry.after) for entry in twin.entries if entry.mark]
    done += [(comment.at, text) for comment in twin.comments if text in str(comment.body)]
    assert [what for _, what in sorted(done)] == ["solved", text, "second wording", "open", "solved"]


def test_a_ticket_over_its_budget_is_deferred_and_others_flow(linked: Linked) -> None:
    bench = linked.bench
    other = bench.open(LEFT, status="open")
    bench.quiet()

    def over(verb: str, phase: str, item: object) -> None:
        if phase == "before" and getattr(item, "id", "") == linked.issue and verb in ("update", "comment"):
            raise BudgetError("over its budget", retry_after=60)

    bench.tracker(RIGHT).fail = over
    texts = [bench.say(LEFT, linked.ticket) for _ in range(3)]
    there = bench.say(LEFT, other)
    told = bench.run()
    assert there in bench.texts(RIGHT, bench.twin(LEFT, other))[-1]
    assert told["load"]["deferred"] == 1
    assert {row["state"] for row in bench.events("deferred")} == {"deferred"} and len(bench.events("deferred")) == 3
    bench.tracker(RIGHT).fail = lambda verb, phase, item: None
    assert at_peace(bench) == []
    shown = [text for text in bench.texts(RIGHT, linked.issue) for word in texts if word in text]
    assert [text.split()[-1] for text in shown] == texts


def test_strict_ordering_writes_one_at_a_time_in_the_order_of_events(linked: Linked) -> None:
    bench = linked.bench
    other = bench.open(LEFT, status="open")
    bench.quiet()
    bench.write(pair={"ordering": "strict"})
    said = [bench.say(LEFT, id_) for id_ in (linked.ticket, other, linked.ticket, other)]
    assert at_peace(bench) == []
    comments = [c for ticket in bench.tracker(RIGHT).tickets.values() for c in ticket.comments]
    shown = [str(comment.body).split()[-1] for comment in sorted(comments, key=lambda comment: comment.at)]
    assert [text for text in shown if text in said] == said


def test_waves_never_hold_one_ticket_twice(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call's items are different tickets, though many tickets go in one call."""
    bench, calls = linked.bench, []
    other = bench.open(LEFT, status="open")
    bench.quiet()
    plain = Memory.comment
    monkeypatch.setattr(
        Memory, "comment", lambda self, notes: calls.append([n.id for n in notes]) or plain(self, notes)
    )
    for id_ in (linked.ticket, other, linked.ticket, other):
        bench.say(LEFT, id_)
    assert at_peace(bench) == []
    assert sorted(map(len, calls)) == [2, 2] and all(len(set(call)) == len(call) for call in calls)


@pytest.mark.parametrize("which", list(Which))
def test_without_a_history_a_base_is_what_the_write_was_answered(tmp_path: Path, which: Which) -> None:
    """A person's edit right behind our write is in the read-back, and is no part of what both agreed on."""
    kinds = {"left": aged(ZENDESK_LIKE, history=False), "right": replace(aged(JIRA_LIKE, history=False), answers=True)}
    bench = Bench(tmp_path, kinds=kinds, pair={"conflicts": {"default": "right"}})
    ids = dict(zip(Which, bench.linked(), strict=True))
    tracker = bench.tracker(which)

    def edit_behind(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("update", "after"):
            tracker.fail = lambda verb, phase, item: None
            bench.set(which, ids[which], "title", "theirs")

    bench.set(which.other, ids[which.other], "title", "ours")
    tracker.fail = edit_behind
    bench.quiet()
    assert [bench.get(side, ids[side], "title") for side in Which] == ["theirs", "theirs"]
