# SPDX-License-Identifier: Apache-2.0
"""Over two hops: who is named, what may go on, what stays private, what becomes of it later (engine §2-§4, §7, §8)."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.memory_house import TASKS, KilledError
from engine.ring_house import Ring
from tandem.errors import TransitionError, UnknownOutcomeError
from tandem.pipeline.environment import Job
from tandem.state import tables

CHAIN = [("acme", "globex"), ("globex", "initech")]
SAID = {"out": "public", "as": "public", "names": "full", "onward": True}


def chain(root: Path, **contracts: Any) -> Ring:
    """Acme's desk, Globex's Jira, Initech's Jira; one ticket of Acme's that is everywhere."""
    made = Ring(root, CHAIN, {name: {"comments": {**SAID, **rules}} for name, rules in contracts.items()})
    made.round()
    made.open("acme", status="open")
    made.quiet()
    return made


def at(ring: Ring, name: str, words: str) -> list[str]:
    """The comments of a company's ticket that hold these words."""
    return [text for text in ring.texts(name) if words in text]


def test_a_comment_goes_one_hop_where_its_company_does_not_let_it_be_passed_on(tmp_path: Path) -> None:
    ring = chain(tmp_path, acme={"onward": False})
    ring.say("acme", ring.only("acme"), "for Globex alone", files=["plan.txt"])
    ring.say("globex", ring.only("globex"), "for both")
    ring.quiet()
    assert at(ring, "globex", "for Globex alone") and not at(ring, "initech", "for Globex alone")
    assert not ring.trackers["initech"].tickets[ring.only("initech")].files
    assert at(ring, "acme", "for both") and at(ring, "initech", "for both")
    [kept] = [row for row in ring.events(ring.pairs[1]) if row["kind"] == "comment" and row["state"] == "noted"]
    assert "one hop" in kept["reason"] and kept["sealed"] is None


@pytest.mark.parametrize(
    ("acme", "globex", "named"),
    [("full", "full", "Anna (Acme)"), ("company", "full", "Acme"), ("full", "company", "Acme"), ("none", "full", "")],
)
def test_no_name_goes_further_than_every_company_on_the_way_allows(
    tmp_path: Path, acme: str, globex: str, named: str
) -> None:
    ring = chain(tmp_path, acme={"names": acme}, globex={"names": globex})
    ring.say("acme", ring.only("acme"), "who said it")
    ring.quiet()
    [text] = at(ring, "initech", "who said it")
    assert text == (f"{named} wrote:\n\nwho said it" if named else "who said it")


def test_files_go_through_a_chain_once(tmp_path: Path) -> None:
    ring = chain(tmp_path)
    ring.say("acme", ring.only("acme"), "see the picture", files=["picture.png"])
    ring.say("initech", ring.only("initech"), "see the log", files=["log.txt"])
    ring.quiet()
    for name in ring.names:
        assert sorted(one.name for one in ring.trackers[name].tickets[ring.only(name)].files) == [
            "log.txt",
            "picture.png",
        ]


def test_a_comment_with_a_file_goes_on_beyond_a_tracker_whose_comments_hold_files(tmp_path: Path) -> None:
    """There one write carried both, for two causes; beyond it each goes on for its own."""
    joins = [("acme", "globex"), ("acme", "hooli")]
    ring = Ring(tmp_path, joins, {name: {"comments": SAID} for name in ("acme", "globex", "hooli")})
    ring.round()
    ring.open("globex")
    ring.quiet()
    ring.say("globex", ring.only("globex"), "see the plan and the log", files=["plan.txt", "log.txt"])
    ring.quiet()
    for name in ring.names:
        assert len(at(ring, name, "see the plan and the log")) == 1, name
        assert sorted(one.name for one in ring.trackers[name].tickets[ring.only(name)].files) == ["log.txt", "plan.txt"]


def test_a_file_that_goes_without_a_comment_goes_on_without_one(tmp_path: Path) -> None:
    """Where a tracker takes files with comments alone, ours only holds the file: nobody said it, and it ends there."""
    joins = [("acme", "globex"), ("acme", "hooli"), ("umbra", "hooli")]
    ring = Ring(tmp_path, joins, {name: {"comments": SAID} for name in ("acme", "globex", "hooli", "umbra")})
    ring.round()
    ticket = ring.open("globex")
    ring.quiet()
    ring.trackers["globex"].attach(ticket, "plan.txt", b"plan", ring.person("globex"))
    ring.quiet()
    for name in ring.names:
        assert [one.name for one in ring.trackers[name].tickets[ring.only(name)].files] == ["plan.txt"]
    assert {name: len(at(ring, name, "plan.txt")) for name in ring.names} == {
        "acme": 1, "globex": 0, "umbra": 1, "hooli": 0,
    }  # fmt: skip
    open_ = [row for pair in ring.pairs for row in ring.events(pair) if row["state"] in ("waiting", "deferred")]
    assert open_ == []


def test_each_status_step_is_taken_at_the_far_end(tmp_path: Path) -> None:
    ring = Ring(tmp_path, [("globex", "initech"), ("initech", "hooli")])
    ring.round()
    ticket = ring.open("globex")
    ring.quiet()
    for status in ("2", "3"):
        ring.move("globex", ticket, status)
        ring.run(ring.pairs[0])
    ring.quiet()
    steps = [one for one in ring.trackers["hooli"].tickets[ring.only("hooli")].entries if one.field == "status"]
    assert [step.after for step in steps] == ["2", "3"]


@pytest.mark.parametrize("ring", [False, True], ids=["chain", "ring"])
@pytest.mark.parametrize("step", [0, 1, 2], ids=["after the walk", "in the midst of it", "at its end"])
def test_a_walk_over_several_statuses_ends_alike_at_the_far_end(tmp_path: Path, ring: bool, step: int) -> None:
    """What was done is the end of the walk: the statuses on its way are no steps of their own."""
    house = Ring(tmp_path, [*CHAIN, *([("acme", "initech")] if ring else [])])
    house.round()
    ticket = house.open("acme", status="new")
    house.quiet()
    middle, far = house.trackers["globex"], house.trackers["initech"]
    assert (house.get("globex", "status"), house.get("initech", "status")) == ("1", "1")
    house.move("acme", ticket, "solved")
    moves = count(1)

    def reads_along(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("transition", "after") and next(moves) == step:
            house.run(house.pairs[1])

    middle.fail = reads_along
    house.quiet()
    assert [house.get(name, "status") for name in house.names] == ["solved", "3", "3"]
    steps = [one.after for one in far.tickets[house.only("initech")].entries if one.field == "status"]
    assert steps == ["2", "3"]
    house.move("initech", house.only("initech"), "2")
    house.quiet()
    assert [house.get(name, "status") for name in house.names] == ["open", "2", "2"]


@pytest.mark.parametrize("read", [False, True], ids=["read later", "read on its way"])
@pytest.mark.parametrize("ends", ["refused", "killed", "not wanted any more"])
def test_a_walk_that_stops_on_its_way_leaves_nobody_behind(tmp_path: Path, read: bool, ends: str) -> None:
    """What the middle shows in the end is what the far end shows, also where nobody meant it."""
    house = Ring(tmp_path, CHAIN)
    house.round()
    ticket = house.open("acme", status="new")
    house.quiet()
    middle = house.trackers["globex"]
    house.move("acme", ticket, "solved")

    def stops(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("transition", "before") and middle.tickets[item.id].fields["status"] == "2":
            middle.fail = lambda verb, phase, item: None if ends != "refused" else stops(verb, phase, item)
            if read:
                house.run(house.pairs[1])
            raise TransitionError("It asks for a resolution.") if ends == "refused" else KilledError

    middle.fail = stops
    try:
        house.run(house.pairs[0])
    except KilledError:
        if read:
            house.run(house.pairs[1])
    if ends == "not wanted any more":
        house.move("acme", ticket, "open")
    house.clock.advance(3600)  # a dead process's lease
    house.quiet()
    stands = "3" if ends == "killed" else "2"
    assert (house.get("globex", "status"), house.get("initech", "status")) == (stands, stands)


@pytest.mark.parametrize("read", ["before the next try", "after it", "after the run"])
def test_a_walk_whose_answer_is_lost_on_its_way_is_known_for_its_end_alone(tmp_path: Path, read: str) -> None:
    """The status between is no word of him who wrote the last one: that still has to go on."""
    house = Ring(tmp_path, CHAIN)
    house.round()
    ticket = house.open("acme", status="new")
    house.quiet()
    middle = house.trackers["globex"]
    house.move("acme", ticket, "solved")
    house.say("acme", ticket, "it works again")

    def stops(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("transition", "before") and middle.tickets[item.id].fields["status"] == "2":
            middle.fail = lambda verb, phase, item: None
            raise UnknownOutcomeError("The answer was lost.")

    middle.fail = stops
    house.clock.advance(121)
    job = Job(house.pairs[0], "lost")
    for task in TASKS.values():
        try:
            task(job, house.env)
        except UnknownOutcomeError:
            if read == "before the next try":
                house.run(house.pairs[1])
            task(job, house.env)
            if read == "after it":
                house.run(house.pairs[1])
    if read == "after the run":
        house.run(house.pairs[1])
    house.quiet()
    assert [house.get(name, "status") for name in house.names] == ["solved", "3", "3"]
    assert at(house, "initech", "it works again")
    assert [row for pair in house.pairs for row in house.events(pair) if row["state"] == "deferred"] == []


def test_what_was_private_where_it_was_said_goes_no_further_whatever_its_copies_say(tmp_path: Path) -> None:
    inside = {"out": "all", "as": "internal"}
    ring = Ring(
        tmp_path,
        [("umbra", "acme"), ("acme", "globex")],
        {
            "umbra": {"comments": {**SAID, **inside}, "company": "Acme"},
            "acme": {"comments": {**SAID, **inside, "out": "public"}},
        },
    )
    ring.round()
    ring.open("umbra")
    ring.quiet()
    ring.say("umbra", ring.only("umbra"), "a work note", private=True, files=["secret.txt"])
    ring.say("umbra", ring.only("umbra"), "for all")
    ring.run(ring.pairs[0])
    tracker, ticket = ring.trackers["acme"], ring.only("acme")
    [note] = [one for one in tracker.tickets[ticket].comments if "a work note" in str(one.body)]
    assert note.public is False
    tracker.make_public(ticket, note.id)
    ring.quiet()
    assert not at(ring, "globex", "a work note") and not ring.trackers["globex"].tickets[ring.only("globex")].files
    [passed] = at(ring, "globex", "for all")  # its copy is internal at Acme, and it stays what it was
    assert "Omar (Acme) wrote:" in passed


def test_a_copy_that_is_internal_goes_on_though_its_ticket_moves_before_the_write(tmp_path: Path) -> None:
    """It was for all where it was said; a tracker that tells of no edits is asked before each write."""
    joins = [("umbra", "acme"), ("acme", "globex")]
    ring = Ring(tmp_path, joins, {"acme": {"comments": {**SAID, "as": "internal", "out": "public"}}})
    ring.round()
    ring.open("umbra")
    ring.quiet()
    ring.say("umbra", ring.only("umbra"), "for all")
    ring.run(ring.pairs[0])
    ring.clock.advance(121)
    job = Job(ring.pairs[1], "moved")
    for name, task in TASKS.items():
        if name == "load":
            ring.set("acme", ring.only("acme"), "priority", "low")
        task(job, ring.env)
    assert len(at(ring, "globex", "for all")) == 1


@pytest.mark.parametrize("act", ["edit", "hide", "redact"])
def test_what_becomes_of_a_comment_reaches_all_its_copies(tmp_path: Path, act: str) -> None:
    ring = chain(tmp_path)
    name = "initech" if act == "edit" else "acme"
    ticket = ring.only(name)
    comment = ring.say(name, ticket, "as it was said")
    ring.quiet()
    others = [one for one in ring.names if one != name]
    assert all(len(at(ring, one, "as it was said")) == 1 for one in others)
    tracker = ring.trackers[name]
    if act == "edit":
        tracker.edit_comment(ticket, comment, "as it is meant")
    elif act == "hide":
        tracker.make_private(ticket, comment)
    else:
        tracker.redact(ticket, comment, "as it was said")
    ring.quiet()
    for one in others:
        if act == "edit":
            assert len(at(ring, one, "as it is meant")) == 1
        else:
            assert not at(ring, one, "as it was said"), one


def test_what_people_hide_at_a_copy_is_taken_back_beyond_it_and_not_before(tmp_path: Path) -> None:
    ring = Ring(tmp_path, [("globex", "acme"), ("acme", "initech")])
    ring.round()
    ring.open("globex")
    ring.quiet()
    ring.say("globex", ring.only("globex"), "not for the far end")
    ring.quiet()
    ticket = ring.only("acme")
    [copy] = [one for one in ring.trackers["acme"].tickets[ticket].comments if "not for" in str(one.body)]
    ring.trackers["acme"].make_private(ticket, copy.id)
    ring.quiet()
    assert at(ring, "globex", "not for the far end") and not at(ring, "initech", "not for the far end")


def test_what_a_comment_tells_of_a_change_does_not_come_back_round_a_ring(tmp_path: Path) -> None:
    """Nothing was read of the change itself, so only the first pair knows by whose write the far end was told."""
    joins = [("acme", "globex"), ("globex", "initech"), ("initech", "hooli"), ("acme", "hooli")]
    contracts: dict[str, Any] = {name: {"comments": SAID} for name in ("acme", "globex", "initech", "hooli")}
    contracts["acme"] = {**contracts["acme"], "fields": {"description": {"on_change": "comment"}}}
    ring = Ring(tmp_path, joins, contracts)
    ring.round()
    ring.open("acme", status="open")
    ring.quiet()
    ring.set("globex", ring.only("globex"), "description", "it smokes")
    ring.clock.advance(121)
    job = Job(ring.pairs[0], "without its event")
    for name, task in TASKS.items():
        task(job, ring.env)
        if name == "extract":
            with ring.store.engine.begin() as connection:
                own = (tables.event.c.pair == ring.pairs[0], tables.event.c.field == "description")
                assert connection.execute(sa.delete(tables.event).where(*own)).rowcount == 1
    assert len(at(ring, "acme", "it smokes")) == 1
    ring.quiet([ring.pairs[3], ring.pairs[2], ring.pairs[1], ring.pairs[0]])
    assert len(at(ring, "hooli", "Globex wrote")) == 1
    assert at(ring, "acme", "wrote") == []
    assert [row["reason"] for pair in ring.pairs for row in ring.events(pair) if row["state"] == "deferred"] == []
