# SPDX-License-Identifier: Apache-2.0
"""What may leave (engine §7), and when tickets come, go and end (§9, §10)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.conftest import Linked
from engine.laws import at_peace, laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.memory.offered import WITHHELD
from tandem.core.rules import Which
from tandem.errors import SafetyStopError
from tandem.state import runs, tables


def seen_by(bench: Bench, which: Which) -> str:
    """All that a tracker holds, as text."""
    tracker = bench.tracker(which)
    return "\n".join(map(repr, [*tracker.tickets.values(), *tracker.contents.values()]))


# ---- §7


def test_private_notes_and_their_files_stay(linked: Linked) -> None:
    bench = linked.bench
    bench.say(LEFT, linked.ticket, private=True, file=b"private bytes")
    text = bench.say(LEFT, linked.ticket, file=b"public bytes")
    assert at_peace(bench) == []
    assert [text in shown for shown in bench.texts(RIGHT, linked.issue)] == [True]
    assert b"private bytes" not in bench.tracker(RIGHT).contents.values()
    assert b"public bytes" in bench.tracker(RIGHT).contents.values()
    secrets = [deed.text for deed in bench.world.deeds if deed.private]
    state = (bench.root / "state.db").read_bytes()
    assert not any(secret.encode() in state for secret in secrets)


def test_content_is_sealed_in_the_state(linked: Linked) -> None:
    bench = linked.bench
    text = bench.say(LEFT, linked.ticket)
    linked.set(RIGHT, "title", "a title that nobody may read in the state")
    assert at_peace(bench) == []
    bench.store.close()
    state = (bench.root / "state.db").read_bytes()
    assert text.encode() not in state and b"nobody may read" not in state


def test_where_no_comments_are_offered_none_goes(tmp_path: Path) -> None:
    bench = Bench(tmp_path, left={"comments": {"out": "none"}})
    ticket, issue = bench.linked()
    text = bench.say(LEFT, ticket)
    back = bench.say(RIGHT, issue)
    bench.quiet()
    assert bench.texts(RIGHT, issue) == [back]
    assert text not in seen_by(bench, RIGHT) and back in bench.texts(LEFT, ticket)[-1]


def test_a_file_that_no_text_shows_is_held_where_the_offer_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, right={"attachments": {"unreferenced": "hold"}})
    ticket, issue = bench.linked()
    bench.attach(RIGHT, issue, b"lonely")
    shown = bench.tracker(RIGHT).attach(issue, "shown.txt", b"shown", bench.person(RIGHT))
    bench.tracker(RIGHT).comment(issue, "see it", bench.person(RIGHT), files=[shown])
    bench.quiet()
    left = bench.tracker(LEFT)
    assert [left.contents[file.id] for file in left.tickets[ticket].files] == [b"shown"]
    assert [row["reason"] for row in bench.events("noted") if row["kind"] == "file"] == ["held: no text refers to it"]


def test_a_restricted_ticket_is_out_of_scope_whatever_its_labels(linked: Linked) -> None:
    bench = linked.bench
    made = bench.open(RIGHT, security="1", title="between us")
    linked.set(RIGHT, "security", "1")
    text = bench.say(RIGHT, linked.issue)
    for _ in range(3):
        bench.run()
    assert made not in bench.twins().values() and "between us" not in seen_by(bench, LEFT)
    assert text not in seen_by(bench, LEFT)
    linked.set(RIGHT, "security", None)
    bench.world.born.remove((RIGHT, made))
    bench.quiet()
    assert "between us" not in seen_by(bench, LEFT)


def test_a_ticket_restricted_in_mid_run_does_not_go(linked: Linked) -> None:
    """The scope is asked again before each write to the peer."""
    bench = linked.bench
    made = bench.open(RIGHT, title="soon between us")
    text = bench.say(RIGHT, linked.issue)

    def between(task: str) -> None:
        if task == "load":
            bench.set(RIGHT, made, "security", "1")
            linked.set(RIGHT, "security", "1")

    bench.between = between
    bench.run()
    assert "soon between us" not in seen_by(bench, LEFT) and text not in seen_by(bench, LEFT)
    assert {row["state"] for row in bench.events() if row["ticket"] == made} == {"parked"}


def test_a_comment_made_private_before_it_was_sent_does_not_go(linked: Linked) -> None:
    bench = linked.bench
    text = bench.say(LEFT, linked.ticket)
    comment = bench.tracker(LEFT).tickets[linked.ticket].comments[-1].id
    bench.run(dry_run=True)
    bench.tracker(LEFT).make_private(linked.ticket, comment)
    bench.quiet()
    assert text not in seen_by(bench, RIGHT)
    assert [row["state"] for row in bench.events() if row["key"] == f"comment:{comment}"] == ["dropped"]


@pytest.mark.parametrize("how", ["skip", "withhold"])
def test_a_ticket_whose_first_comment_is_private(tmp_path: Path, how: str) -> None:
    bench = Bench(tmp_path, left={"private_first": how})
    bench.run()
    fields: dict[str, Any] = {"subject": "call us", "description": "<p>internal words</p>", "tags": ["customer"]}
    ticket = bench.tracker(LEFT).open_ticket(fields, bench.person(LEFT), public=False)
    bench.quiet()
    assert "internal words" not in seen_by(bench, RIGHT)
    if how == "skip":
        assert bench.twins() == {}
    else:
        assert WITHHELD in str(bench.get(RIGHT, bench.twin(LEFT, ticket), "description"))


def test_no_key_or_address_of_the_senders_tracker_leaves(linked: Linked) -> None:
    bench = linked.bench
    for which in Which:
        linked.set(which, "priority", "low" if which is LEFT else "1")
        bench.say(which, linked.id(which), file=b"bytes" if which is LEFT else None)
    assert at_peace(bench) == []
    assert "memory:///" not in seen_by(bench, LEFT) + seen_by(bench, RIGHT)
    assert bench.tracker(RIGHT).tickets[linked.issue].key not in seen_by(bench, LEFT)


def test_a_field_that_is_not_offered_is_not_read(linked: Linked) -> None:
    """Nor does what comes in find its way out: custom_field_7 goes out only, and has no field there."""
    bench = linked.bench
    linked.set(LEFT, "custom_field_7", "order 4711")
    linked.set(RIGHT, "duedate", "2026-12-24")
    assert at_peace(bench) == []
    assert "4711" not in seen_by(bench, RIGHT) and "2026-12-24" not in seen_by(bench, LEFT)


# ---- §9


def test_a_closed_ticket_parks_its_link_and_the_run_succeeds(linked: Linked) -> None:
    bench = linked.bench
    bench.move(LEFT, linked.ticket, "solved")
    bench.quiet()
    bench.move(LEFT, linked.ticket, "closed")
    text = bench.say(RIGHT, linked.issue)
    told = bench.run()
    assert told["reconcile"]["parked"] >= 1
    link = bench.link(LEFT, linked.ticket)
    assert link.state == "parked" and "closed" in link.reason
    assert {(row["state"], "closed" in row["reason"]) for row in bench.events("parked")} == {("parked", True)}
    assert not any(text in one for one in bench.texts(LEFT, linked.ticket))
    assert at_peace(bench) == []


def test_a_ticket_closed_in_mid_run_parks_what_was_on_its_way(linked: Linked) -> None:
    bench = linked.bench
    bench.say(RIGHT, linked.issue)

    def between(task: str) -> None:
        if task == "load":
            bench.move(LEFT, linked.ticket, "closed")
            bench.between = lambda task: None

    bench.between = between
    bench.run()
    assert at_peace(bench) == []
    assert [row["kind"] for row in bench.events("parked")] == ["comment"]
    assert bench.link(LEFT, linked.ticket).state == "parked"


def test_a_merged_ticket_parks_with_the_survivor_named(linked: Linked) -> None:
    bench = linked.bench
    other = bench.open(LEFT)
    bench.quiet()
    bench.tracker(LEFT).merge(linked.ticket, other)
    bench.say(RIGHT, linked.issue)
    assert at_peace(bench) == []
    assert f"merged into {other}" in bench.link(LEFT, linked.ticket).reason


def test_a_ticket_that_the_tracker_calls_deleted(linked: Linked) -> None:
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    bench.tracker(LEFT).delete(linked.ticket)
    bench.say(RIGHT, linked.issue)
    assert at_peace(bench) == []
    (member,) = [row for row in bench.rows(tables.member) if row["ticket"] == linked.ticket]
    assert (member["state"], member["reason"]) == ("final", "deleted")
    assert bench.link(RIGHT, linked.issue).state == "parked" and linked.issue in bench.tracker(RIGHT).tickets


def test_unseen_is_not_deleted_and_all_flows_when_it_is_back(linked: Linked) -> None:
    bench, left = linked.bench, linked.bench.tracker(LEFT)
    left.tickets[linked.ticket].hidden = True
    text = bench.say(RIGHT, linked.issue)
    linked.set(RIGHT, "title", "meanwhile")
    for _ in range(3):
        bench.run()
    (member,) = [row for row in bench.rows(tables.member) if row["ticket"] == linked.ticket]
    assert member["state"] == "unseen" and bench.link(RIGHT, linked.issue).state == "parked"
    assert {row["state"] for row in bench.events("parked")} == {"parked"}
    left.tickets[linked.ticket].hidden = False
    assert at_peace(bench) == []
    assert linked.get(LEFT, "title") == "meanwhile" and any(text in one for one in bench.texts(LEFT, linked.ticket))


def test_an_unseen_source_is_found_by_the_sweep(linked: Linked) -> None:
    bench = linked.bench
    bench.tracker(RIGHT).tickets[linked.issue].hidden = True
    bench.run(wait=3700)
    (member,) = [row for row in bench.rows(tables.member) if row["ticket"] == linked.issue]
    assert member["state"] == "unseen" and bench.link(LEFT, linked.ticket).state == "parked"
    bench.tracker(RIGHT).tickets[linked.issue].hidden = False
    bench.say(LEFT, linked.ticket)
    assert at_peace(bench) == []


def test_a_moved_ticket_keeps_its_link_and_its_former_key(tmp_path: Path) -> None:
    bench = Bench(tmp_path, right={"scope": [{"field": "labels", "contains": "customer"}]})
    ticket, issue = bench.linked()
    key = bench.tracker(RIGHT).tickets[issue].key
    bench.tracker(RIGHT).relocate(issue, "OPS", bench.person(RIGHT))
    bench.say(RIGHT, issue)
    bench.quiet()
    (there,) = [row for row in bench.rows(tables.presence) if row["native"] == issue and row["kind"] == "ticket"]
    assert (there["place"], there["former"]) == ("OPS", ["SHOP"])
    (member,) = [row for row in bench.rows(tables.member) if row["ticket"] == issue]
    assert member["former_keys"] == [key] and member["key"].startswith("OPS-") and bench.twin(LEFT, ticket) == issue
    assert len(bench.texts(LEFT, ticket)) == 1


# ---- §10


def leave(linked: Linked, which: Which) -> None:
    linked.bench.label(which, linked.id(which), remove="customer")


def come_back(linked: Linked, which: Which) -> None:
    linked.bench.label(which, linked.id(which), add="customer")


@pytest.mark.parametrize("which", list(Which))
def test_out_of_scope_nothing_leaves_and_what_comes_in_is_still_written(linked: Linked, which: Which) -> None:
    bench, other = linked.bench, which.other
    before = linked.get(other, "title")
    leave(linked, which)
    bench.quiet()
    linked.set(which, "title", "not yours any more")
    secret = bench.say(which, linked.id(which))
    text = bench.say(other, linked.id(other))
    linked.set(other, "priority", "low" if other is LEFT else "4")
    bench.quiet()
    assert linked.get(other, "title") == before and secret not in seen_by(bench, other)
    assert any(text in one for one in bench.texts(which, linked.id(which)))
    assert linked.get(which, "priority") == ("low" if which is LEFT else "4")
    link = bench.link(LEFT, linked.ticket)
    assert link.state == "parked" and "out of scope" in link.reason
    assert laws(bench) == []


def test_a_status_is_written_out_of_scope_where_one_way_leads_there(linked: Linked) -> None:
    """Its status cannot be read: nobody walks about in the dark."""
    bench = linked.bench
    leave(linked, RIGHT)
    bench.quiet()
    bench.move(LEFT, linked.ticket, "solved")
    assert at_peace(bench) == []
    entries = [e for e in bench.tracker(RIGHT).tickets[linked.issue].entries if e.field == "status" and e.mark]
    assert [entry.after for entry in entries] == ["2", "3"]
    bench.move(RIGHT, linked.issue, "2")
    bench.move(RIGHT, linked.issue, "1")
    bench.move(LEFT, linked.ticket, "open")
    bench.move(LEFT, linked.ticket, "solved")
    bench.move(LEFT, linked.ticket, "open")
    bench.quiet()
    come_back(linked, RIGHT)
    assert at_peace(bench) == []


@pytest.mark.parametrize("on_return", ["drop", "send"])
def test_back_in_scope_fields_merge_and_comments_made_outside_are_dropped(linked: Linked, on_return: str) -> None:
    bench = linked.bench
    bench.write(pair={"on_return": on_return})
    leave(linked, LEFT)
    bench.quiet()
    text = bench.say(LEFT, linked.ticket)
    bench.world.deeds.pop()
    linked.set(LEFT, "title", "changed outside")
    bench.quiet()
    come_back(linked, LEFT)
    bench.quiet()
    later = bench.say(LEFT, linked.ticket)
    assert at_peace(bench) == []
    assert linked.get(RIGHT, "title") == "changed outside"
    shown = bench.texts(RIGHT, linked.issue)
    assert any(text in one for one in shown) == (on_return == "send") and any(later in one for one in shown)
    dropped = [(row["kind"], row["reason"]) for row in bench.events("dropped")]
    outside = "made outside the scope"
    assert sorted(dropped) == ([("comment", outside), ("field", outside)] if on_return == "drop" else [])


def test_what_was_made_before_leaving_resumes_in_order(linked: Linked) -> None:
    bench = linked.bench
    texts = [bench.say(LEFT, linked.ticket), bench.say(LEFT, linked.ticket)]
    bench.run(dry_run=True)
    leave(linked, LEFT)
    bench.quiet()
    assert len([row for row in bench.events("parked") if row["kind"] == "comment"]) == 2
    come_back(linked, LEFT)
    assert at_peace(bench) == []
    assert [text.split()[-1] for text in bench.texts(RIGHT, linked.issue)] == texts


@pytest.mark.parametrize(
    ("start", "taken"),
    [("now", set()), ("open", {"open"}), ("all", {"open", "solved"}), ("2020-01-01", {"open", "solved"})],
)
def test_start(tmp_path: Path, start: str, taken: set[str]) -> None:
    bench = Bench(tmp_path, pair={"start": start})
    tickets = {status: bench.open(LEFT, status=status) for status in ("open", "solved")}
    text = bench.say(LEFT, tickets["open"])
    bench.wait(600)
    if start in ("open", "all"):  # the first run shows its plan and asks
        with pytest.raises(SafetyStopError):
            bench.run()
        with bench.store.begin() as tx:
            runs.approve(tx, PAIR, "creates", "globex-jira", 2, "elaine", bench.world.clock.now)
    bench.quiet()
    assert set(bench.twins()) == {tickets[status] for status in taken}
    assert (text in seen_by(bench, RIGHT)) == ("open" in taken)
    if not taken:
        for ticket in tickets.values():
            bench.say(LEFT, ticket)
            bench.set(LEFT, ticket, "title", "still not taken")
        bench.run()
        bench.run(wait=90_000)
        assert bench.twins() == {}
        made = bench.open(LEFT)
        bench.quiet()
        assert list(bench.twins()) == [made]


def test_an_old_ticket_that_comes_into_scope_is_read_whole(linked: Linked) -> None:
    """With the create go, in the order of making, all its comments and files."""
    bench = linked.bench
    ticket = bench.open(LEFT, status="open", labels=())
    texts = [bench.say(LEFT, ticket) for _ in range(3)]
    bench.say(LEFT, ticket, file=b"old bytes")
    bench.move(LEFT, ticket, "solved")
    bench.wait(86_400)
    bench.quiet()
    assert ticket not in bench.twins()
    bench.label(LEFT, ticket, add="customer")
    assert at_peace(bench) == []
    shown = bench.texts(RIGHT, bench.twin(LEFT, ticket))
    assert [text.split()[-1] for text in shown][:3] == texts
    assert bench.get(RIGHT, bench.twin(LEFT, ticket), "status") == "3"


def test_without_its_past(tmp_path: Path) -> None:
    bench = Bench(tmp_path, pair={"past": "none"})
    bench.run()
    ticket = bench.open(LEFT, status="open")
    before = bench.say(LEFT, ticket)
    bench.quiet()
    after = bench.say(LEFT, ticket)
    bench.quiet()
    assert before not in seen_by(bench, RIGHT) and after in seen_by(bench, RIGHT)
    assert [row["reason"] for row in bench.events("dropped")] == ["made before first contact"]


def test_where_the_other_side_makes_no_tickets_the_link_is_parked(tmp_path: Path) -> None:
    bench = Bench(tmp_path, right={"create": "none"})
    bench.run()
    ticket = bench.open(LEFT)
    bench.say(LEFT, ticket)
    bench.quiet()
    assert bench.tracker(RIGHT).tickets == {} and "makes no tickets" in bench.link(LEFT, ticket).reason


def test_a_contract_change_writes_nothing_by_itself(linked: Linked) -> None:
    bench = linked.bench
    bench.write(left={"fields": {"priority": {"map": {"1": "Urgent", "2": "High", "3": "Low", "4": "Normal"}}}})
    before = bench.changes()
    for _ in range(3):
        bench.run()
    assert bench.changes() == before
    linked.set(RIGHT, "priority", "4")
    bench.quiet()
    assert linked.get(LEFT, "priority") == "normal"


def test_what_the_contract_no_longer_offers_is_dropped(linked: Linked) -> None:
    bench = linked.bench
    linked.set(LEFT, "priority", "low")
    bench.run(dry_run=True)
    bench.write(left={"fields": {"priority": None}}, pair={"conflicts": {"priority": None}})
    bench.quiet()
    assert linked.get(RIGHT, "priority") == "3"
    assert [row["state"] for row in bench.events() if row["field"] == "priority"] == ["dropped"]


def test_what_was_made_outside_does_not_leave_when_the_return_is_seen_at_read_back(linked: Linked) -> None:
    """The ticket comes back into scope between our write to it and our reading it back."""
    bench = linked.bench
    bench.write(pair={"on_return": "drop"})
    linked.bench.label(LEFT, linked.ticket, remove="customer")
    bench.run()
    outside = bench.say(LEFT, linked.ticket)
    linked.set(RIGHT, "title", "comes in all the same")

    def back(task: str) -> None:
        if task == "reconcile":
            bench.label(LEFT, linked.ticket, add="customer")

    bench.between = back
    bench.run()
    bench.between = lambda task: None
    bench.run()
    bench.run()
    assert not any(outside in text for text in bench.texts(RIGHT, linked.issue))
    assert [row["state"] for row in bench.events() if row["side"] == LEFT and row["kind"] == "comment"] == ["dropped"]
