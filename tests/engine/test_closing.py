# SPDX-License-Identifier: Apache-2.0
"""Closing, reopening, follow-ups, merges, and tickets that are deleted or moved (engine §9); `insist` (§3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.deaths import each_death
from engine.memory_house import LEFT, RIGHT, Bench, acting
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.errors import RefusedError, RetryableError, UnknownOutcomeError
from tandem.state import tables


def house(tmp_path: Path, on: str = "reopen", **left: Any) -> Bench:
    """A bench whose closed left tickets are followed up."""
    return Bench(tmp_path, left={"closed": "follow_up", "follow_up_on": on, **left})


def closed(bench: Bench, **fields: Json) -> tuple[str, str]:
    """A linked ticket that was solved and closed left; its twin is Done."""
    ticket, issue = bench.linked(**fields)
    bench.move(LEFT, ticket, "solved")
    bench.quiet()
    bench.move(LEFT, ticket, "closed")
    bench.quiet()
    return ticket, issue


def follow_ups(bench: Bench, ticket: str) -> list[str]:
    """The tickets that go on from one."""
    return [one.id for one in bench.tracker(LEFT).tickets.values() if one.follows == ticket]


def calm(bench: Bench) -> None:
    """Runs until nothing is planned, and one more that must write nothing; every event is in a state."""
    bench.quiet()
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    assert not bench.events("waiting", "deferred")


def test_what_was_done_before_closing_still_goes_out(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    ticket, issue = bench.linked()
    text = bench.say(LEFT, ticket)
    bench.move(LEFT, ticket, "solved")
    bench.move(LEFT, ticket, "closed")
    calm(bench)
    assert [text in one for one in bench.texts(RIGHT, issue)] == [True]
    assert bench.get(RIGHT, issue, "status") != "closed"
    assert bench.link(LEFT, ticket).state == "linked", "nothing waits for it"


def test_automatic_closing_does_not_travel(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    ticket, issue = bench.linked()
    before = bench.get(RIGHT, issue, "status")
    bench.move(LEFT, ticket, "closed")
    calm(bench)
    assert bench.get(RIGHT, issue, "status") == before


def test_a_solved_ticket_is_reopened_itself(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    bench.quiet()
    bench.move(RIGHT, issue, "2")
    calm(bench)
    assert bench.get(LEFT, ticket, "status") == "open" and follow_ups(bench, ticket) == []


def test_a_reopening_opens_one_follow_up_that_begins_with_the_waiting_comment(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = closed(bench)
    first, second = bench.say(RIGHT, issue, file=b"what it shows"), bench.say(RIGHT, issue)
    calm(bench)
    assert follow_ups(bench, ticket) == [], "a comment alone waits"
    assert bench.link(LEFT, ticket).state == "parked"
    bench.move(RIGHT, issue, "2")
    calm(bench)
    (new,) = follow_ups(bench, ticket)
    made = bench.tracker(LEFT).tickets[new]
    assert first in str(made.fields["description"]) and made.fields["status"] == "open"
    assert [bench.tracker(LEFT).contents[file.id] for file in made.files] == [b"what it shows"]
    assert [second in text for text in bench.texts(LEFT, new)] == [True]
    assert made.fields["subject"] == bench.get(RIGHT, issue, "title")
    assert bench.twin(RIGHT, issue) == new
    assert not any(first in text for text in bench.texts(RIGHT, issue)[2:]), "its description is never offered"
    members = {row["ticket"]: row["current"] for row in bench.rows(tables.member) if row["side"] == "left"}
    assert (members[ticket], members[new]) == (False, True)
    presences = [row for row in bench.rows(tables.presence) if row["system"] == "left" and row["kind"] == "comment"]
    assert any(row["native"] == f"first:{new}" for row in presences), "the twin of the comment that waited"
    former = [row for row in bench.rows(tables.presence) if row["native"] == ticket and row["kind"] == "ticket"]
    assert [row["current"] for row in former if row["system"] == "left"] == [False]
    answer = bench.say(LEFT, new)
    calm(bench)
    assert any(answer in text for text in bench.texts(RIGHT, issue))


def test_without_a_comment_a_line_names_the_old_ticket(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = closed(bench)
    bench.move(RIGHT, issue, "2")
    calm(bench)
    (new,) = follow_ups(bench, ticket)
    assert f"ticket {ticket}" in str(bench.tracker(LEFT).tickets[new].fields["description"])
    assert bench.texts(RIGHT, issue) == [] and len(bench.tracker(RIGHT).tickets) == 1


def test_a_comment_opens_a_follow_up_where_the_contract_says_so(tmp_path: Path) -> None:
    bench = house(tmp_path, on="comment")
    ticket, issue = closed(bench)
    text = bench.say(RIGHT, issue)
    calm(bench)
    (new,) = follow_ups(bench, ticket)
    assert text in str(bench.tracker(LEFT).tickets[new].fields["description"])
    assert bench.get(LEFT, new, "status") == "solved", "nobody reopened it"


def test_where_comments_come_in_as_internal_none_becomes_the_description(tmp_path: Path) -> None:
    bench = house(tmp_path, comments={"as": "internal"})
    ticket, issue = closed(bench)
    text = bench.say(RIGHT, issue)
    bench.move(RIGHT, issue, "2")
    calm(bench)
    (new,) = follow_ups(bench, ticket)
    made = bench.tracker(LEFT).tickets[new]
    assert text not in str(made.fields["description"])
    assert [(text in str(one.body), one.public) for one in made.comments] == [(True, False)]


def test_each_closing_has_its_own_follow_up(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = closed(bench)
    for _ in range(2):
        bench.move(RIGHT, issue, "2")
        calm(bench)
        (ticket,) = follow_ups(bench, ticket)
        bench.move(LEFT, ticket, "solved")
        calm(bench)
        bench.move(LEFT, ticket, "closed")
        calm(bench)
    assert len(bench.tracker(LEFT).tickets) == 3 and len(bench.tracker(RIGHT).tickets) == 1


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_follow_up_whose_answer_is_lost_is_found(tmp_path: Path, phase: str) -> None:
    bench = house(tmp_path)
    ticket, issue = closed(bench)
    text = bench.say(RIGHT, issue)
    bench.move(RIGHT, issue, "2")

    def fail(verb: str, when: str, item: object) -> None:
        if (verb, when) == ("create", phase):
            raise UnknownOutcomeError("the answer was lost")

    bench.tracker(LEFT).fail = fail
    with pytest.raises(RetryableError):
        bench.run()
    bench.revive()
    calm(bench)
    (new,) = follow_ups(bench, ticket)
    assert bench.twin(RIGHT, issue) == new
    shown = [str(bench.tracker(LEFT).tickets[new].fields["description"]), *bench.texts(LEFT, new)]
    assert sum(text in one for one in shown) == 1


def test_killed_at_each_commit_a_follow_up_is_one(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = closed(bench)
    texts = [bench.say(RIGHT, issue) for _ in range(2)]
    bench.move(RIGHT, issue, "2")
    point = 0
    for point in each_death(bench):
        calm(bench)
        (new,) = follow_ups(bench, ticket)
        assert bench.twin(RIGHT, issue) == new, f"killed at commit {point}"
        shown = [str(bench.tracker(LEFT).tickets[new].fields["description"]), *bench.texts(LEFT, new)]
        assert [sum(text in one for one in shown) for text in texts] == [1, 1], f"killed at commit {point}"
    assert point >= 5


def test_a_follow_up_made_by_people_joins_the_link_and_reopens_the_twin(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    bench.quiet()
    last = bench.say(LEFT, ticket)
    bench.move(LEFT, ticket, "closed")
    new = bench.tracker(LEFT).open_ticket(
        {"subject": bench.get(LEFT, ticket, "title"), "description": "<p>again!</p>", "tags": ["customer"]},
        bench.person(LEFT),
        follows=ticket,
    )
    more = bench.say(LEFT, new)
    calm(bench)
    assert bench.twin(RIGHT, issue) == new and len(bench.tracker(RIGHT).tickets) == 1
    assert bench.get(RIGHT, issue, "status") == "2"
    texts = bench.texts(RIGHT, issue)
    assert [last in texts[0], more in texts[1], len(texts)] == [True, True, 2]
    assert "again!" not in repr(bench.tracker(RIGHT).tickets[issue])
    assert bench.get(RIGHT, issue, "priority") is not None or bench.get(LEFT, new, "priority") is None


@pytest.mark.parametrize("apart", [True, False])
def test_of_two_follow_ups_of_one_ticket_the_second_is_a_ticket_of_its_own(tmp_path: Path, apart: bool) -> None:
    bench = house(tmp_path)
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "closed")
    words = {"description": "<p>again!</p>", "tags": ["customer"]}
    new = []
    for title in ("first", "second"):
        new.append(bench.tracker(LEFT).open_ticket({"subject": title, **words}, bench.person(LEFT), follows=ticket))
        if apart:
            bench.run()
    said = [bench.say(LEFT, one) for one in new]
    calm(bench)
    assert not bench.events("waiting", "deferred")
    assert bench.twin(LEFT, new[0]) == issue and bench.twin(LEFT, new[1]) != issue
    assert [bench.get(RIGHT, bench.twin(LEFT, one), "title") for one in new] == ["first", "second"]
    for one, text in zip(new, said, strict=True):
        assert sum(text in shown for shown in bench.texts(RIGHT, bench.twin(LEFT, one))) == 1


@pytest.mark.parametrize("newer", [LEFT, RIGHT])
@pytest.mark.parametrize("hub", ["title", "priority"])
@pytest.mark.parametrize("on", ["comment", "reopen"])
def test_a_conflict_on_a_closed_ticket_does_not_keep_its_follow_up_waiting(
    tmp_path: Path, newer: Which, hub: str, on: str
) -> None:
    """What lost it goes nowhere first: it is decided by the write that opens the follow-up."""
    bench = house(tmp_path, on=on)
    ticket, issue = bench.linked()
    if on == "reopen":
        bench.move(LEFT, ticket, "solved")
        bench.quiet()
    native = {"title": ("left word", "right word"), "priority": ("urgent", "4")}[hub]
    for which, id_ in sorted(((LEFT, ticket), (RIGHT, issue)), key=lambda one: one[0] is newer):
        bench.set(which, id_, hub, native[which is RIGHT])
        bench.wait(5)
    bench.move(LEFT, ticket, "closed")
    text = bench.say(RIGHT, issue)
    if on == "reopen":
        bench.move(RIGHT, issue, "2")
    calm(bench)
    [new] = follow_ups(bench, ticket)
    meant = {"title": native[newer is RIGHT], "priority": "low"}[hub]  # of priorities the right one counts
    assert bench.get(LEFT, new, hub) == meant
    said = [str(bench.get(LEFT, new, "description")), *bench.texts(LEFT, new)]
    assert sum(text in one for one in said) == 1
    assert bench.twin(RIGHT, issue) == new


def test_the_twin_is_told_of_a_deletion_once_where_the_contract_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, left={"on_delete": "note"})
    ticket, issue = bench.linked()
    bench.tracker(LEFT).delete(ticket)
    for _ in range(4):
        bench.run()
    assert ["deleted its ticket" in text for text in bench.texts(RIGHT, issue)] == [True]
    assert bench.link(RIGHT, issue).state == "parked"


@pytest.mark.parametrize("insisting", [True, False])
def test_a_trackers_own_consequence_is_undone_once_if_the_pair_insists(tmp_path: Path, insisting: bool) -> None:
    """As Request Tracker does it: a reply opens a solved ticket again."""
    bench = Bench(tmp_path, pair={"insist": ["status"] if insisting else []})
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    bench.quiet()
    left, seen = bench.tracker(LEFT), [0]

    def reopen(tracker: Any, id_: str) -> None:
        one = tracker.tickets[id_]
        if len(one.comments) > seen[0]:
            seen[0] = len(one.comments)
            tracker.change(id_, {"status": "open"}, tracker.robot)

    left.rules.append(reopen)
    bench.say(RIGHT, issue)
    calm(bench)
    shown = (bench.get(LEFT, ticket, "status"), bench.get(RIGHT, issue, "status"))
    assert shown == (("solved", "3") if insisting else ("open", "2"))


@pytest.mark.parametrize("insisting", [True, False])
def test_a_consequence_of_our_comment_is_not_taken_for_one_of_the_status_that_we_wrote_before_it(
    tmp_path: Path, insisting: bool
) -> None:
    """In one run the ticket is solved and replied to, and the reply opens it: both sides must still agree."""
    bench = Bench(tmp_path, pair={"insist": ["status"] if insisting else []})
    ticket, issue = bench.linked()
    bench.quiet()
    left, seen = bench.tracker(LEFT), [len(bench.tracker(LEFT).tickets[ticket].comments)]

    def reopen(tracker: Any, id_: str) -> None:
        one = tracker.tickets[id_]
        if len(one.comments) > seen[0]:
            seen[0] = len(one.comments)
            tracker.change(id_, {"status": "open"}, tracker.robot)

    left.rules.append(reopen)
    bench.move(RIGHT, issue, "3")
    bench.say(RIGHT, issue)
    calm(bench)
    shown = (bench.get(LEFT, ticket, "status"), bench.get(RIGHT, issue, "status"))
    assert shown == (("solved", "3") if insisting else ("open", "2"))


def test_what_a_tracker_does_behind_a_persons_reply_is_theirs_however_near_our_own_write_is(tmp_path: Path) -> None:
    """A pair that insists sets back what its own write led to, and nothing that people brought about."""
    bench = Bench(tmp_path, pair={"insist": ["status"]})
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    bench.quiet()
    bench.set(RIGHT, issue, "title", "written by us a moment before")
    bench.run()
    left = bench.tracker(LEFT)
    bench.say(LEFT, ticket)
    left.change(ticket, {"status": "open"}, left.robot)
    calm(bench)
    assert (bench.get(LEFT, ticket, "status"), bench.get(RIGHT, issue, "status")) == ("open", "2")


def test_c18_a_reopening_that_is_refused_waits_with_growing_pauses_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path)
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    bench.quiet()
    caplog.set_level("WARNING", "tandem")
    tried = [0]

    def refuse(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("update", "before"):
            tried[0] += 1
            raise RefusedError(f"cannot be reopened, at {bench.world.clock.now}")

    bench.tracker(LEFT).fail = refuse
    bench.move(RIGHT, issue, "2")
    before = bench.changes()
    for _ in range(10):
        bench.run()
    assert tried[0] < 6, "its pauses grow"
    for _ in range(16):
        bench.run(wait=7 * 3600)
    assert bench.changes() == before, "no notice was written"
    assert len([one for one in caplog.records if "refused" in one.getMessage()]) == 1
    (held,) = [row for row in bench.rows(tables.quarantine) if row["state"] != "released"]
    assert held["state"] == "parked"
    with acting(bench.tracker(LEFT)):
        assert bench.get(LEFT, ticket, "status") == "solved"


def test_c03_a_moved_issue_keeps_its_link_and_its_former_key(tmp_path: Path) -> None:
    scope = [{"field": "project", "in": ["SHOP", "OPS"]}, {"field": "labels", "contains": "customer"}]
    bench = Bench(tmp_path, right={"scope": scope})
    ticket, issue = bench.linked()
    right = bench.tracker(RIGHT)
    old = right.tickets[issue].key
    right.relocate(issue, "OPS", bench.person(RIGHT))
    text = bench.say(LEFT, ticket)
    bench.move(RIGHT, issue, "3")
    calm(bench)
    assert bench.twin(LEFT, ticket) == issue and any(text in one for one in bench.texts(RIGHT, issue))
    (member,) = [row for row in bench.rows(tables.member) if row["ticket"] == issue]
    assert member["former_keys"] == [old] and member["place"] == "OPS"
    assert bench.get(LEFT, ticket, "status") == "solved"


@pytest.mark.parametrize("by", ["us", "people"])
def test_a_follow_ups_description_is_never_offered_whatever_becomes_of_it(tmp_path: Path, by: str) -> None:
    bench = house(tmp_path)
    ticket, issue = closed(bench)
    before = bench.get(RIGHT, issue, "description")
    if by == "us":
        bench.move(RIGHT, issue, "2")
    else:
        fields: dict[str, Json] = {"subject": "again", "description": "<p>again!</p>", "tags": ["customer"]}
        bench.tracker(LEFT).open_ticket(fields, bench.person(LEFT), follows=ticket)
        bench.run()  # the closed ticket is read again before its link goes on
    calm(bench)
    (new,) = follow_ups(bench, ticket)
    bench.tracker(LEFT).redact_description(new)
    calm(bench)
    assert bench.get(RIGHT, issue, "description") == before
    assert not bench.link(LEFT, new).pending
