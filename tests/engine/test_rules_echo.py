# SPDX-License-Identifier: Apache-2.0
"""Echo, origin, marks and names (engine §3, §4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.memory import Tracker
from tandem.core.rules import Which
from tandem.state import tables


def test_what_the_journal_explains_is_an_echo(linked: Linked) -> None:
    linked.set(LEFT, "title", "changed")
    linked.bench.say(LEFT, linked.ticket)
    assert at_peace(linked.bench) == []
    right = [row for row in linked.bench.events() if row["side"] == RIGHT and row["ticket"] == linked.issue]
    assert {row["state"] for row in right} == {"echo"} and {row["kind"] for row in right} >= {"field", "comment"}


@pytest.mark.parametrize("which", list(Which))
def test_a_person_with_the_integrations_account_is_a_person(linked: Linked, which: Which) -> None:
    """An echo is what the journal explains, never whatever our account did."""
    tracker = linked.bench.tracker(which)
    tracker.edit(linked.id(which), "subject" if which is LEFT else "summary", "by hand", tracker.account)
    tracker.comment(linked.id(which), "written by hand", tracker.account)
    assert at_peace(linked.bench) == []
    assert linked.get(which.other, "title") == "by hand"
    there = linked.bench.texts(which.other, linked.id(which.other))
    assert sum("written by hand" in text for text in there) == 1


def test_a_copy_that_bears_our_mark_is_never_sent_on(linked: Linked) -> None:
    """Not even where the journal has forgotten that it made it."""
    bench = linked.bench
    text = bench.say(LEFT, linked.ticket)
    bench.quiet()
    with bench.store.begin() as tx:
        copies = (tables.presence.c.kind == "comment") & tables.presence.c.action.is_not(None)
        tx.run(tables.presence.delete().where(copies))
        tx.run(tables.event.delete().where(tables.event.c.side == RIGHT))
    linked.set(RIGHT, "priority", "1")
    assert at_peace(bench) == []
    assert sum(text in one for one in bench.texts(LEFT, linked.ticket)) == 1


def test_a_ticket_with_the_mark_of_another_installation_is_left_alone(linked: Linked) -> None:
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    mark = "0123456789abcdef0123456789abcdef:" + "0" * 64
    fields = {"summary": "theirs", "labels": ["customer"]}
    right.open_ticket(fields, right.account, mark=mark)  # type: ignore[arg-type]
    bench.quiet()
    assert [t.fields["subject"] for t in bench.tracker(LEFT).tickets.values()].count("theirs") == 0


def test_a_house_rules_change_to_another_field_travels(linked: Linked) -> None:
    def escalate(tracker: Tracker, ticket: str) -> None:
        if tracker.tickets[ticket].fields["status"] == "3":
            tracker.change(ticket, {"priority": "4"}, tracker.robot)

    linked.bench.tracker(RIGHT).rules.append(escalate)
    linked.bench.move(LEFT, linked.ticket, "solved")
    assert at_peace(linked.bench) == []
    assert linked.get(LEFT, "priority") == "low"


def test_a_house_rules_change_to_the_field_we_wrote_becomes_the_base(linked: Linked) -> None:
    """It is shown once, it is no drift, and nobody writes it again: each side rules its own house."""

    def shout(tracker: Tracker, ticket: str) -> None:
        title = str(tracker.tickets[ticket].fields["summary"])
        tracker.change(ticket, {"summary": title.upper()}, tracker.robot)

    bench = linked.bench
    bench.tracker(RIGHT).rules.append(shout)
    linked.set(LEFT, "title", "quiet words")
    told = bench.run()
    assert told["reconcile"]["updated"] == 1
    before = bench.changes()
    for _ in range(3):
        bench.run()
    assert bench.changes() == before
    assert (linked.get(LEFT, "title"), linked.get(RIGHT, "title")) == ("quiet words", "QUIET WORDS")
    linked.set(LEFT, "title", "more words")
    bench.quiet()
    assert linked.get(RIGHT, "title") == "MORE WORDS"


def test_an_account_named_as_automation_is_a_house_rule(linked: Linked) -> None:
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    bench.write(right={"automations": ["bot"]})
    bot = right.person("bot")

    def append(tracker: Tracker, ticket: str) -> None:
        title = str(tracker.tickets[ticket].fields["summary"])
        if not title.endswith("[x]"):
            tracker.change(ticket, {"summary": f"{title} [x]"}, bot)

    right.rules.append(append)
    linked.set(LEFT, "title", "words")
    bench.quiet()
    assert (linked.get(LEFT, "title"), linked.get(RIGHT, "title")) == ("words", "words [x]")


@pytest.mark.parametrize(
    ("names", "heading"), [("full", "Anna (Acme) wrote:"), ("company", "Acme wrote:"), ("none", "")]
)
def test_comments_name_their_author_as_far_as_the_offer_says(tmp_path: Path, names: str, heading: str) -> None:
    bench = Bench(tmp_path, left={"comments": {"names": names}})
    bench.run()
    ticket = bench.open(LEFT, status="open")
    text = bench.say(LEFT, ticket)
    bench.quiet()
    (shown,) = bench.texts(RIGHT, bench.twin(LEFT, ticket))
    assert shown == (f"{heading}\n\n{text}" if heading else text)
    assert ("Anna" in repr(bench.tracker(RIGHT).tickets)) == (names == "full")


def test_every_write_claims_its_causes_at_its_target(linked: Linked) -> None:
    linked.set(LEFT, "title", "one")
    linked.set(LEFT, "priority", "low")
    for status in ("3", "2"):
        linked.bench.move(RIGHT, linked.issue, status)
    linked.bench.say(RIGHT, linked.issue)
    assert at_peace(linked.bench) == []
    done = [row for row in linked.bench.rows(tables.action) if row["state"] == "done"]
    claimed = {(row["action"], row["cause"]) for row in linked.bench.rows(tables.claim)}
    assert done and claimed == {(row["id"], cause) for row in done for cause in row["causes"]}


def test_a_house_rule_that_moves_a_ticket_on_after_our_step_has_the_last_word(linked: Linked) -> None:
    """Its status is not where the step led: no second step is taken against the rule, and nothing is set aside."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)

    def opens_again(tracker: Tracker, ticket: str) -> None:
        if tracker.tickets[ticket].fields["status"] == "3":
            tracker.change(ticket, {"status": "1"}, tracker.robot, status_too=True)

    right.rules.append(opens_again)
    bench.move(LEFT, linked.ticket, "solved")
    bench.quiet()
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    steps = [one.after for one in right.tickets[linked.issue].entries if one.field == "status" and one.mark]
    assert steps.count("3") == 1
    assert (linked.get(LEFT, "status"), linked.get(RIGHT, "status")) == ("solved", "1")
    assert bench.rows(tables.quarantine) == []
