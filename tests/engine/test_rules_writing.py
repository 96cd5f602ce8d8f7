# SPDX-License-Identifier: Apache-2.0
"""Writing (engine §5), and what is set aside (§12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.conftest import Linked
from engine.laws import at_peace, laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, TASKS, Bench
from engine.test_crash import at_call, broken_run
from tandem.connectors.base import Way
from tandem.connectors.memory import JIRA_LIKE, Tracker
from tandem.core.rules import Which
from tandem.errors import OvertakenError, RefusedError, StaleError, UnknownOutcomeError
from tandem.pipeline.environment import Job
from tandem.state import lease, runs, tables


def shorter(field: str, longest: int) -> Any:
    """A Jira-like tracker whose field holds less."""
    fields = {**JIRA_LIKE.fields, field: replace(JIRA_LIKE.fields[field], max_length=longest)}
    return replace(JIRA_LIKE, fields=fields)


def deaf(tracker: Tracker, field: str) -> None:
    """Our writes to a field are accepted without effect."""
    plain = tracker.change

    def change(id_: str, fields: Mapping[str, Any], by: Any, **more: Any) -> str | None:
        heard = {name: value for name, value in fields.items() if name != field or by != tracker.account}
        return plain(id_, heard, by, **more)

    tracker.change = change  # type: ignore[method-assign]


def test_the_first_ticket_of_all_is_found_though_its_answer_was_lost(bench: Bench) -> None:
    """No key was known in the place before; it is looked up at once, before any search knows it."""
    bench.run()
    ticket = bench.open(LEFT, status="open")
    bench.say(LEFT, ticket)

    def lose(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("create", "after"):
            raise UnknownOutcomeError("the answer was lost")

    bench.tracker(RIGHT).fail = lose
    bench.wait()
    broken_run(bench)
    bench.run(wait=1)
    assert at_peace(bench) == []


def test_a_write_without_effect_sets_its_field_aside_and_others_flow(linked: Linked) -> None:
    bench = linked.bench
    deaf(bench.tracker(RIGHT), "priority")
    linked.set(LEFT, "priority", "low")
    text = bench.say(LEFT, linked.ticket)
    bench.run()
    linked.set(LEFT, "title", "goes all the same")
    bench.run()
    assert linked.get(RIGHT, "title") == "goes all the same" and text in bench.texts(RIGHT, linked.issue)[-1]
    (held,) = bench.rows(tables.quarantine)
    assert (held["field"], held["side"], held["state"]) == ("priority", "left", "open")
    content = bench.store.vault.open(held["sealed"])
    assert isinstance(content, dict) and content["allowed"] == ["High", "Highest", "Low", "Medium"]
    assert {row["state"] for row in bench.events() if row["field"] == "priority"} == {"quarantined"}
    del bench.tracker(RIGHT).change  # type: ignore[method-assign]
    bench.wait(3600)
    assert at_peace(bench) == []
    assert linked.get(RIGHT, "priority") == "4"


@pytest.mark.parametrize("who", ["there", "back", "anew"])
def test_what_was_set_aside_ends_where_both_sides_agree_without_a_write(linked: Linked, who: str) -> None:
    """As with a priority that a tracker derives from something else: people bring both together, at either side."""
    bench = linked.bench
    deaf(bench.tracker(RIGHT), "priority")
    linked.set(LEFT, "priority", "low")
    bench.run()
    bench.run()
    assert [row["state"] for row in bench.rows(tables.quarantine)] == ["open"]
    if who == "there":
        linked.set(RIGHT, "priority", "4")
    elif who == "back":
        linked.set(LEFT, "priority", "normal")
    else:  # what the rule prefers
        linked.set(RIGHT, "priority", "1")
    bench.quiet()
    bench.run()
    assert [row["state"] for row in bench.rows(tables.quarantine)] == ["released"]
    assert not bench.link(LEFT, linked.ticket).pending
    assert at_peace(bench) == []


def test_a_field_that_the_tracker_refuses_is_set_aside_alone(linked: Linked) -> None:
    bench = linked.bench

    def refuse(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("update", "before") and "priority" in item.fields:
            raise RefusedError("not on the screen", fields=["priority"])

    bench.tracker(RIGHT).fail = refuse
    linked.set(LEFT, "priority", "low")
    bench.run()
    linked.set(LEFT, "title", "flows")
    text = bench.say(LEFT, linked.ticket)
    bench.run()
    assert linked.get(RIGHT, "title") == "flows" and text in bench.texts(RIGHT, linked.issue)[-1]
    assert [row["field"] for row in bench.rows(tables.quarantine)] == ["priority"]
    bench.tracker(RIGHT).fail = lambda verb, phase, item: None
    bench.wait(3600)
    assert at_peace(bench) == []


def test_a_bad_ticket_waits_in_order_while_others_flow_and_goes_when_mended(linked: Linked) -> None:
    bench = linked.bench
    other = bench.open(LEFT, status="open", priority="high")
    bench.quiet()
    bench.write(left={"fields": {"priority": {"map": {"4": None}, "otherwise": {"in": "Normal"}}}})
    linked.set(LEFT, "priority", "low")
    texts = [bench.say(LEFT, linked.ticket), bench.say(LEFT, linked.ticket)]
    there = bench.say(LEFT, other)
    bench.run()
    bench.run()
    assert there in bench.texts(RIGHT, bench.twin(LEFT, other))[-1]
    assert bench.texts(RIGHT, linked.issue) == []
    (held,) = bench.rows(tables.quarantine)
    assert (held["code"], held["key"]) == ("TDM-204", "fields.priority.map")
    assert len(bench.events("quarantined")) == 3
    back = bench.say(RIGHT, linked.issue)
    bench.run()
    assert back in bench.texts(LEFT, linked.ticket)[-1]  # only one direction is held
    bench.write()
    assert at_peace(bench) == []
    assert [text.split()[-1] for text in bench.texts(RIGHT, linked.issue) if "Anna" in text] == texts


def test_a_vain_try_backs_off_and_something_new_tries_at_once(linked: Linked) -> None:
    bench, tries = linked.bench, []

    def refuse(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("comment", "before"):
            tries.append(item)
            raise RefusedError("not now")

    bench.tracker(RIGHT).fail = refuse
    bench.say(LEFT, linked.ticket)
    for _ in range(8):
        bench.run()
    assert 2 <= len(tries) <= 4
    count = len(tries)
    bench.say(LEFT, linked.ticket)
    bench.run()
    assert len(tries) == count + 1
    bench.tracker(RIGHT).fail = lambda verb, phase, item: None
    bench.wait(8 * 3600)
    assert at_peace(bench) == []


def test_what_was_tried_too_often_is_parked(linked: Linked) -> None:
    bench = linked.bench

    def refuse(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("comment", "before"):
            raise RefusedError("never")

    bench.tracker(RIGHT).fail = refuse
    bench.say(LEFT, linked.ticket)
    for _ in range(runs.PARK_AFTER + 2):
        bench.run(wait=7 * 3600)
    (held,) = bench.rows(tables.quarantine)
    assert (held["state"], held["tries"]) == ("parked", runs.PARK_AFTER)


def test_a_stale_write_is_tried_three_times_and_then_deferred(linked: Linked) -> None:
    bench, tries = linked.bench, []

    def stale(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("update", "before"):
            tries.append(item.version)
            raise StaleError("changed")

    bench.tracker(LEFT).fail = stale
    linked.set(RIGHT, "title", "late")
    text = bench.say(RIGHT, linked.issue)
    bench.run()
    assert len(tries) == 3 and {row["reason"] for row in bench.events("deferred")} == {"changed"}
    assert not any(text in one for one in bench.texts(LEFT, linked.ticket))  # it must keep order with the title
    bench.tracker(LEFT).fail = lambda verb, phase, item: None
    assert at_peace(bench) == []


def test_a_stale_write_goes_again_while_its_field_shows_the_same(linked: Linked) -> None:
    """Somebody comments in the moment of our write: the stamp is older, the field is not."""
    bench = linked.bench

    def speak(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("update", "before"):
            bench.tracker(LEFT).fail = lambda verb, phase, item: None
            bench.say(LEFT, linked.ticket)

    bench.tracker(LEFT).fail = speak
    linked.set(RIGHT, "title", "late")
    told = bench.run()
    assert told["load"]["update"] == 1 and linked.get(LEFT, "title") == "late"
    assert at_peace(bench) == []


def test_load_never_merges(linked: Linked) -> None:
    """The twin's field changed since it was read: the write waits for the next run's merge."""
    bench = linked.bench
    linked.set(LEFT, "title", "early")

    def between(task: str) -> None:
        if task == "load":
            bench.wait(10)
            linked.set(RIGHT, "title", "late")
            bench.between = lambda task: None

    bench.between = between
    told = bench.run()
    assert told["load"]["deferred"] == 1
    assert at_peace(bench) == []
    assert linked.get(LEFT, "title") == linked.get(RIGHT, "title") == "late"


def test_the_shortest_way_is_walked_with_the_screens_fields(linked: Linked) -> None:
    bench = linked.bench
    bench.move(RIGHT, linked.issue, "1")
    bench.quiet()
    bench.move(LEFT, linked.ticket, "solved")
    assert at_peace(bench) == []
    twin = bench.tracker(RIGHT).tickets[linked.issue]
    assert (twin.fields["status"], twin.fields["resolution"]) == ("3", "1")
    assert [entry.after for entry in twin.entries if entry.field == "status" and entry.mark][-2:] == ["2", "3"]


def test_where_no_way_leads_the_direction_is_set_aside_with_what_can_be_reached(tmp_path: Path) -> None:
    workflow = {**JIRA_LIKE.workflow, "3": (), "2": (Way("21", "Put back", "1"),)}
    bench = Bench(tmp_path, kinds={"right": replace(JIRA_LIKE, workflow=workflow)})
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    bench.run()
    (held,) = bench.rows(tables.quarantine)
    content = str(bench.store.vault.open(held["sealed"]))
    assert held["code"] == "TDM-203" and "To Do" in content
    text = bench.say(RIGHT, issue)
    bench.run()
    assert text in bench.texts(LEFT, ticket)[-1] and bench.get(RIGHT, issue, "status") == "2"
    assert bench.get(LEFT, ticket, "status") == "solved"


def test_a_way_that_the_contract_cannot_fill_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path, right={"transitions": None})
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "solved")
    bench.run()
    (held,) = bench.rows(tables.quarantine)
    assert "resolution" in str(bench.store.vault.open(held["sealed"])) and bench.get(RIGHT, issue, "status") == "2"


def test_a_comment_that_is_too_long_goes_in_parts(linked: Linked) -> None:
    words = [f"w{number:05d}" for number in range(9000)]
    bench = linked.bench
    bench.tracker(LEFT).comment(linked.ticket, f"<p>{' '.join(words)}</p>", bench.person(LEFT))
    assert at_peace(bench) == []
    shown = bench.texts(RIGHT, linked.issue)
    assert len(shown) == 2 and [word for text in shown for word in text.split() if word.startswith("w0")] == words
    assert all(len(text) <= JIRA_LIKE.capabilities.max_comment for text in shown)


def test_a_title_that_is_too_long_is_cut_and_told_whole(tmp_path: Path) -> None:
    bench = Bench(tmp_path, kinds={"right": shorter("summary", 40)})
    ticket, issue = bench.linked()
    title = " ".join(f"word{number}" for number in range(12))
    bench.set(LEFT, ticket, "title", title)
    bench.quiet()
    cut = str(bench.get(RIGHT, issue, "title"))
    assert len(cut) <= 40 and cut.endswith("…") and title.startswith(cut[:-1])
    assert sum(title in text for text in bench.texts(RIGHT, issue)) == 1
    before = bench.changes()
    bench.run()
    assert bench.changes() == before and bench.get(LEFT, ticket, "title") == title
    made = bench.open(LEFT, title=title + " again")
    bench.quiet()
    assert sum(title + " again" in text for text in bench.texts(RIGHT, bench.twin(LEFT, made))) == 1


def test_a_file_beyond_the_limits_leaves_a_note_in_its_place(linked: Linked) -> None:
    bench = linked.bench
    big, bad = "big.txt", "bad.exe"
    ids = [
        bench.tracker(LEFT).attach(linked.ticket, name, content, bench.person(LEFT))
        for name, content in ((big, b"x" * 100_001), (bad, b"x"))
    ]
    bench.tracker(LEFT).comment(linked.ticket, "<p>see files</p>", bench.person(LEFT), files=ids)
    assert at_peace(bench) == []
    (shown,) = bench.texts(RIGHT, linked.issue)
    assert f"{big}: not sent: larger" in shown and f"{bad}: not sent: this type" in shown
    assert bench.tracker(RIGHT).tickets[linked.issue].files == []
    assert {row["state"] for row in bench.events() if row["kind"] == "file"} <= {"noted", "arrived"}


def test_two_files_of_one_name_are_two_files(linked: Linked) -> None:
    bench = linked.bench
    for content in (b"one", b"two"):
        id_ = bench.tracker(RIGHT).attach(linked.issue, "same.txt", content, bench.person(RIGHT))
        assert id_
    assert at_peace(bench) == []
    left = bench.tracker(LEFT)
    found = [left.contents[file.id] for file in left.tickets[linked.ticket].files if file.name == "same.txt"]
    assert sorted(found) == [b"one", b"two"]


def test_a_lone_file_rides_in_a_carrier_that_never_travels_back(linked: Linked) -> None:
    name = linked.bench.attach(RIGHT, linked.issue, b"lone")
    assert at_peace(linked.bench) == []
    (carrier,) = linked.bench.texts(LEFT, linked.ticket)
    assert name in carrier and "Elaine (Globex) wrote:" in carrier
    assert linked.bench.texts(RIGHT, linked.issue) == []


def test_comments_come_in_as_the_side_says(tmp_path: Path) -> None:
    bench = Bench(tmp_path, left={"comments": {"as": "internal"}})
    ticket, issue = bench.linked()
    text = bench.say(RIGHT, issue)
    bench.quiet()
    (shown,) = bench.tracker(LEFT).tickets[ticket].comments
    assert text in str(shown.body) and not shown.public


@pytest.mark.parametrize("task", ["extract", "map", "diff", "load", "reconcile"])
def test_an_overtaken_try_writes_nothing(linked: Linked, task: str) -> None:
    """Another process takes the lease for a newer try while the task works."""
    bench = linked.bench
    bench.say(LEFT, linked.ticket)
    bench.say(RIGHT, linked.issue)
    job = Job(PAIR, "overtaken")
    names = list(TASKS)
    bench.wait()
    for name in names[: names.index(task)]:
        bench.task(name, job)
    before, ended = bench.changes(), count(1)

    def overtake(connection: object, record: object) -> None:
        if next(ended) == 6:  # the task has its lease, and has not written anything yet
            lease.take(bench.store, PAIR, job.run_id, task, now=bench.world.clock.now)

    sa.event.listen(bench.store.engine, "checkin", overtake)
    with pytest.raises(OvertakenError):
        bench.task(task, job)
    sa.event.remove(bench.store.engine, "checkin", overtake)
    assert bench.changes() == before
    bench.revive()
    assert at_peace(bench) == []


def test_a_person_who_meets_our_write_is_merged_as_if_the_side_showed_it(linked: Linked) -> None:
    """Without compare-and-set: the value that our write ran over becomes an open event of its side."""
    bench = linked.bench
    linked.set(LEFT, "title", "early")

    def meet(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("update", "before"):
            bench.tracker(RIGHT).fail = lambda verb, phase, item: None
            bench.wait(10)
            linked.set(RIGHT, "title", "in the very moment")

    bench.tracker(RIGHT).fail = meet
    bench.run()
    assert linked.get(RIGHT, "title") == "early"
    assert {row["key"].split(":")[0] for row in bench.events("waiting")} == {"field", "lost"}
    assert at_peace(bench) == []
    assert linked.get(LEFT, "title") == linked.get(RIGHT, "title") == "in the very moment"


@pytest.mark.parametrize("which", list(Which))
def test_a_carried_file_whose_answer_was_lost_comes_once(linked: Linked, which: Which) -> None:
    bench = linked.bench
    bench.say(which, linked.id(which), file=b"bytes of it")
    seen = 0

    def lose(verb: str, phase: str, item: Any) -> None:
        nonlocal seen
        seen += verb == "attach" and phase == "after"
        if seen == 1 and verb == "attach":
            seen += 1
            raise UnknownOutcomeError("lost")

    bench.tracker(which.other).fail = lose
    bench.wait()
    broken_run(bench)
    assert seen >= 2
    assert at_peace(bench) == []


def test_points_of_a_run_can_be_met(linked: Linked) -> None:
    """The bench's own hooks do what the tests of crashes rely on."""
    met: list[int] = []
    at_call(linked.bench, 1, lambda: met.append(1))
    linked.bench.run()
    assert met == [1] and laws(linked.bench) == []


@pytest.mark.parametrize("which", list(Which))
def test_what_cannot_be_looked_up_now_is_not_taken_for_undone(linked: Linked, which: Which) -> None:
    """The twin is out of sight when its lost answer is asked for: the write is neither repeated nor given up."""
    bench, peer = linked.bench, linked.bench.tracker(which.other)

    def lose(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("comment", "after"):
            raise UnknownOutcomeError("the answer was lost")

    text = bench.say(which, linked.id(which))
    peer.fail = lose
    bench.wait()
    broken_run(bench)
    peer.fail = lambda verb, phase, item: None
    peer.tickets[linked.id(which.other)].hidden = True
    bench.run()
    assert [row["state"] for row in bench.rows(tables.action) if row["kind"] == "comment"] == ["sent"]
    peer.tickets[linked.id(which.other)].hidden = False
    assert at_peace(bench) == []
    assert sum(text in one for one in bench.texts(which.other, linked.id(which.other))) == 1


def test_the_history_speaks_before_the_value(linked: Linked) -> None:
    """Our write took place and its answer was lost; a person then set the old value again: it is their later change."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    before = linked.get(RIGHT, "title")
    linked.set(LEFT, "title", "ours")

    def lose(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("update", "after"):
            raise UnknownOutcomeError("lost")

    right.fail = lose
    with pytest.raises(UnknownOutcomeError):
        bench.run()
    right.fail = lambda verb, phase, item: None
    bench.wait(30)
    linked.set(RIGHT, "title", before)
    bench.quiet()
    ours = [one for one in right.tickets[linked.issue].entries if one.field == "summary" and one.after == "ours"]
    assert len(ours) == 1, "it is not written again"
    assert (linked.get(LEFT, "title"), linked.get(RIGHT, "title")) == (before, before)


def test_a_status_counts_only_once_it_is_read(linked: Linked) -> None:
    """A transition that is accepted and leaves the status as it was is a failure: the field waits, all else flows."""
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    before = linked.get(RIGHT, "status")
    deaf(right, "status")
    bench.move(LEFT, linked.ticket, "solved")
    text = bench.say(LEFT, linked.ticket)
    bench.run()
    assert linked.get(RIGHT, "status") == before
    assert [(row["code"], row["field"]) for row in bench.rows(tables.quarantine)] == [("TDM-202", "status")]
    assert [row["state"] for row in bench.events() if row["field"] == "status"][-1] == "quarantined"
    assert text in bench.texts(RIGHT, linked.issue)[-1]
    del right.change  # type: ignore[method-assign]
    bench.wait(3600)
    assert at_peace(bench) == []
    assert linked.get(RIGHT, "status") == "3"


@pytest.mark.parametrize(("said", "written"), [("urgent", "1"), (None, "4")])
def test_a_mapped_field_wins_over_what_the_contract_creates_with(
    tmp_path: Path, said: str | None, written: str
) -> None:
    bench = Bench(tmp_path, right={"create": {"priority": "Low"}})
    bench.run()
    ticket = bench.open(LEFT, priority=said)
    bench.quiet()
    assert bench.get(RIGHT, bench.twin(LEFT, ticket), "priority") == written
