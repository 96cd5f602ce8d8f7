# SPDX-License-Identifier: Apache-2.0
"""A real Redmine and a real Request Tracker in step: nobody here wrote either, and both sides' people act."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from real.office import Staff
from real.pairing import Pairing
from real.redmine_house import House, open_house, redmine_way
from real.redmine_office import RedmineOffice
from real.redmine_server import Redmine
from real.rt_house import person, rt_way
from real.rt_office import RequestTrackerOffice
from real.rt_server import RequestTrackerServer
from real.storm import LONG, SEED, storm
from real.wire import Wire, wire_to
from tandem.errors import RetryableError

PAIR = "nordwind-redmine__nordwind-request_tracker"


@pytest.fixture
def redmines(redmine: Redmine) -> Iterator[House]:
    with open_house(redmine) as house:
        yield house


@pytest.fixture
def wire(request_tracker: RequestTrackerServer) -> Iterator[Wire]:
    with wire_to(request_tracker.port) as laid:
        yield laid


@pytest.fixture
def pairing(redmines: House, wire: Wire, tmp_path: Path) -> Pairing:
    """The pair, after its first run: what people make from now on has a twin."""
    ways = {"nordwind_redmine": redmine_way(redmines.wire.url), "nordwind_request_tracker": rt_way(wire.url)}
    made = Pairing(PAIR, tmp_path, ways)
    made.run()
    return made


@pytest.fixture
def staff(pairing: Pairing, redmines: House, request_tracker: RequestTrackerServer) -> Staff:
    nora, olaf = (person(request_tracker, name) for name in ("nora", "olaf"))
    return Staff(RedmineOffice(redmines), RequestTrackerOffice(nora, olaf), pairing.twins, SEED)


def rest(pairing: Pairing, redmines: House, wire: Wire) -> None:
    """Come to rest; a run after that writes nothing."""
    pairing.calm()
    before = writes(redmines, wire)
    told = pairing.run()
    assert not told["diff"]["actions"]
    assert writes(redmines, wire) == before


def writes(redmines: House, wire: Wire) -> int:
    return redmines.writes() + len([1 for method, _ in wire.seen if method != "GET"])


@pytest.mark.timeout(LONG)
def test_people_of_both_act_while_runs_go_on(pairing: Pairing, staff: Staff, redmines: House, wire: Wire) -> None:
    storm(staff, pairing.run)
    rest(pairing, redmines, wire)
    assert len(staff.born) > 3
    assert staff.wrong() == []


def test_what_we_wrote_does_not_make_the_next_check_fail(pairing: Pairing, staff: Staff) -> None:
    """An issue of their own that we changed bears the mark of the change alone."""
    ticket = staff.opens(0)
    pairing.calm()
    staff.does(1, pairing.twins()[ticket], staff.told[(0, ticket)], "title")
    pairing.calm()
    assert staff.wrong() == []
    checked = pairing.tandem("check", PAIR)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_comment_that_is_longer_than_a_note_goes_in_parts_and_none_comes_back(
    pairing: Pairing, staff: Staff, request_tracker: RequestTrackerServer
) -> None:
    ticket = staff.opens(1)
    person(request_tracker, "nora").says(ticket, "long " * 14_000 + "end")
    pairing.calm()
    left = next(left for left, right in pairing.twins().items() if right == ticket)
    said = staff.offices[0].shows(left).said
    assert "Nora Berg (" in said[0] and said[-1].endswith("end")
    assert "".join(said).count("long") == 14_000
    assert len(staff.offices[1].shows(ticket).said) == 2  # the first message, and what she said
    assert staff.wrong() == []


def test_an_empty_file_holds_up_nothing(pairing: Pairing, staff: Staff, redmines: House) -> None:
    """Request Tracker cannot store one: a note stands in its place, and what comes behind it goes."""
    ticket = staff.opens(0)
    redmines.edits(ticket, notes="with one", uploads=[{"path": io.BytesIO(b""), "filename": "empty.txt"}])
    redmines.attaches(ticket, "alone.txt", b"")
    redmines.says(ticket, "behind it", file=b"full")
    pairing.calm()
    shown = staff.offices[1].shows(pairing.twins()[ticket])
    assert "(empty.txt: not sent, the other side takes no empty file)" in shown.said[1]
    assert "behind it" in shown.said[2]
    assert dict(shown.files) == {"a.txt": (b"full",)}
    assert pairing.reasons()[ticket] == ("linked", "")


def test_a_copy_of_a_twin_is_a_ticket_of_its_own(pairing: Pairing, staff: Staff, redmines: House) -> None:
    ticket = staff.opens(1)
    pairing.calm()
    original = next(left for left, right in pairing.twins().items() if right == ticket)
    copy = redmines.copies(original, "a copy")
    pairing.calm()
    assert pairing.twins()[copy] != ticket
    assert staff.offices[1].shows(pairing.twins()[copy]).title == "a copy"


def test_a_priority_that_redmine_derives_holds_up_nothing_for_good(
    pairing: Pairing, staff: Staff, redmines: House
) -> None:
    """An issue with subtasks takes its priority from them: ours has no effect until they say the same."""
    ticket = staff.opens(1)
    pairing.calm()
    twin = next(left for left, right in pairing.twins().items() if right == ticket)
    subtask = redmines.opens("a part of it", labels=(), parent_issue_id=int(twin), priority_id=1)
    pairing.calm()
    assert staff.offices[1].shows(ticket).priority == 4
    staff.offices[1].ranks(ticket, 1)
    pairing.run()
    redmines.edits(subtask, priority_id=5)
    staff.offices[1].renames(ticket, "flows all the same")
    while pairing.run()["diff"]["actions"]:
        pass
    assert pairing.run()["diff"]["links"] == 0
    assert {staff.offices[0].shows(twin).priority, staff.offices[1].shows(ticket).priority} == {1}
    assert staff.offices[0].shows(twin).title == "flows all the same"


def test_a_note_that_people_make_public_goes_once_with_its_file_whenever_they_do(
    pairing: Pairing, staff: Staff, redmines: House, wire: Wire
) -> None:
    """Before the run, or in its midst; and one that they hid before it was read never goes."""
    steps = ("", "extract", "map", "diff", "load", "reconcile")
    shown, hidden = ({step: staff.opens(0) for step in steps} for _ in range(2))
    pairing.calm()
    for step in steps:
        redmines.says(shown[step], f"shown {step}", public=False, file=step.encode() or b"before")
        redmines.says(hidden[step], f"hidden {step}")

    def turn(step: str) -> None:
        for issue, private in ((shown[step], False), (hidden[step], True)):
            (note,) = (one for one in redmines.shown(issue).journals if getattr(one, "notes", ""))
            redmines.rewrites(note.id, private_notes=private)

    turn("")
    pairing.between = turn
    pairing.run()
    pairing.between = None
    for issue in (*shown.values(), *hidden.values()):
        redmines.edits(issue, done_ratio=10)
    rest(pairing, redmines, wire)
    twins = pairing.twins()
    for step in steps:
        there = staff.offices[1].shows(twins[shown[step]])
        assert [f"shown {step}" in text for text in there.said] == [False, True]
        assert dict(there.files) == {"a.txt": (step.encode() or b"before",)}
    for step in ("", "extract"):
        assert "hidden" not in repr(staff.offices[1].shows(twins[hidden[step]]).said)


def test_both_die_in_mid_load_and_come_back(
    pairing: Pairing,
    staff: Staff,
    redmines: House,
    wire: Wire,
    redmine: Redmine,
    request_tracker: RequestTrackerServer,
) -> None:
    chance = random.Random(5)
    for server in (redmine.server, request_tracker.server):
        for _ in range(10):
            staff.act()
        ends = threading.Timer(chance.uniform(1.0, 5.0), server.kill)
        ends.start()
        with suppress(RetryableError):
            pairing.run()
        ends.join()
        server.start()
    rest(pairing, redmines, wire)
    assert staff.wrong() == []
