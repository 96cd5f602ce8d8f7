# SPDX-License-Identifier: Apache-2.0
"""Zendesk and a real Request Tracker in step: what each side's people do arrives at the other, once."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from real.office import Staff
from real.pairing import Pairing, sandbox_way
from real.rt_house import Person, person, rt_way
from real.rt_office import RequestTrackerOffice
from real.rt_server import RequestTrackerServer
from real.storm import LONG, SEED, storm
from real.zendesk_office import ZendeskOffice
from support.sandbox import RunningSandbox, running_sandbox
from support.zendesk import ZendeskDesk
from tandem.errors import RetryableError

PAIR = "mercuri-zendesk__nordwind-request_tracker"
ZENDESK = "mercuri-zendesk"
HELD = "for the staff alone"


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def desk(box: RunningSandbox) -> ZendeskDesk:
    return ZendeskDesk(box[ZENDESK], box.control)


@pytest.fixture
def nora(request_tracker: RequestTrackerServer) -> Person:
    return person(request_tracker, "nora")


@pytest.fixture
def olaf(request_tracker: RequestTrackerServer) -> Person:
    return person(request_tracker, "olaf")


@pytest.fixture
def pairing(box: RunningSandbox, request_tracker: RequestTrackerServer, tmp_path: Path) -> Pairing:
    """The pair, after its first run: what people make from now on has a twin."""
    ways = {"mercuri_zendesk": sandbox_way(box[ZENDESK]), "nordwind_request_tracker": rt_way(request_tracker.url)}
    made = Pairing(PAIR, tmp_path, ways)
    made.run()
    return made


def settled(pairing: Pairing, box: RunningSandbox) -> None:
    """Come to rest, once Zendesk's exports show all; the next run must not write."""
    box.control.advance(3)
    pairing.calm()
    told = pairing.run()
    assert told["diff"]["actions"] == 0


def customers(desk: ZendeskDesk, subject: str, **fields: Any) -> int:
    return int(desk.make("anna", "Please help.", subject=subject, tags=["customer"], **fields)["id"])


def status(desk: ZendeskDesk, number: object) -> str:
    return str(desk.read(f"tickets/{number}")["ticket"]["status"])


def said(desk: ZendeskDesk, number: object) -> list[str]:
    return [one["body"] for one in desk.read(f"tickets/{number}/comments")["comments"]]


@pytest.fixture
def linked(pairing: Pairing, box: RunningSandbox, desk: ZendeskDesk) -> tuple[int, str]:
    """A ticket of Zendesk's and its twin in Request Tracker, at rest."""
    number = customers(desk, "Cart forgets the coupon", priority="high")
    settled(pairing, box)
    return number, pairing.twins()[str(number)]


def test_a_ticket_goes_across_with_what_is_said_and_not_with_what_is_internal(
    pairing: Pairing, box: RunningSandbox, desk: ZendeskDesk, nora: Person, linked: tuple[int, str]
) -> None:
    number, twin = linked
    shown = nora.sees(twin)
    assert (shown["Subject"], shown["Priority"], shown["Status"]) == ("Cart forgets the coupon", "75", "new")
    nora.says(twin, "We look into it.")
    nora.says(twin, HELD, public=False)
    settled(pairing, box)
    assert said(desk, number) == ["Please help.", "Nora Berg (Nordwind Hosting) wrote:\n\nWe look into it."]
    assert status(desk, number) == "open"


@pytest.mark.parametrize("insists", [True, False])
def test_a_ticket_that_our_reply_opens_again(
    pairing: Pairing, box: RunningSandbox, desk: ZendeskDesk, nora: Person, linked: tuple[int, str], insists: bool
) -> None:
    number, twin = linked
    if not insists:
        pairing.edit(f"pairs/{PAIR}.yaml", ("insist: [status] ", "# "))
    nora.sets(twin, Status="resolved")
    settled(pairing, box)
    assert status(desk, number) == "solved"
    desk.change(number, "anna", comment={"body": "One word more.", "public": True})
    settled(pairing, box)
    steps = [step for step in nora.rt.get_ticket_history(twin) if step["Type"] == "Status"]
    assert (nora.sees(twin)["Status"], status(desk, number)) == (
        ("resolved", "solved") if insists else ("open", "open")
    )
    assert len(steps) <= 4  # opened and set back, or opened and no more: nobody fights


def test_a_lifecycle_of_its_own_is_walked_to_where_the_other_side_stands(
    pairing: Pairing, box: RunningSandbox, desk: ZendeskDesk, nora: Person
) -> None:
    pairing.edit(
        "contracts/nordwind-request_tracker.yaml",
        ("is: Support", "is: Changes"),
        ("Queue: Support", "Queue: Changes"),
        (
            "map: {new: new, in_progress: open, pending: stalled, solved: resolved}",
            "map: {new: requested, in_progress: [approved, building], solved: done}\n    otherwise: {in: approved}",
        ),
        ("ignore: [rejected]", "ignore: [refused]"),
    )
    number = customers(desk, "A new page")
    settled(pairing, box)
    desk.change(number, "anna", status="solved")
    settled(pairing, box)
    twin = pairing.twins()[str(number)]
    assert (nora.sees(twin)["Status"], status(desk, number)) == ("done", "solved")


def test_a_merged_twin_parks_its_link_and_names_the_survivor(
    pairing: Pairing, box: RunningSandbox, desk: ZendeskDesk, nora: Person, linked: tuple[int, str]
) -> None:
    number, twin = linked
    other = customers(desk, "The same once more")
    settled(pairing, box)
    survivor = pairing.twins()[str(other)]
    nora.says(twin, HELD, public=False)
    nora.rt.merge_ticket(twin, survivor)
    desk.change(number, "anna", comment={"body": "Not for the survivor.", "public": True})
    settled(pairing, box)
    state, reason = pairing.reasons()[str(number)]
    assert (state, reason) == ("parked", f"nordwind-request_tracker: merged into {survivor}")
    assert said(desk, other) == ["Please help."]
    assert [step["Type"] for step in nora.rt.get_ticket_history(survivor)].count("Correspond") == 0


def test_a_deleted_twin_waits_until_it_is_restored(
    pairing: Pairing, box: RunningSandbox, desk: ZendeskDesk, nora: Person, linked: tuple[int, str]
) -> None:
    number, twin = linked
    nora.rt.delete_ticket(twin)
    desk.change(number, "anna", comment={"body": "Are you there?", "public": True})
    settled(pairing, box)
    assert pairing.reasons()[str(number)][0] == "parked"
    assert [step["Type"] for step in nora.rt.get_ticket_history(twin)].count("Correspond") == 0
    nora.sets(twin, Status="open")
    settled(pairing, box)
    assert [step["Type"] for step in nora.rt.get_ticket_history(twin)].count("Correspond") == 1


def test_the_command_line_checks_and_runs_it(pairing: Pairing, nora: Person, olaf: Person) -> None:
    office = RequestTrackerOffice(nora, olaf)
    for reached in ("stalled", "open", "resolved"):  # from none of them does a button lead back to "new"
        nora.sets(office.opens(f"Stands at {reached}"), Status=reached)
    ticket = office.opens("Told by the command line")
    checked = pairing.tandem("check", PAIR)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ran = pairing.tandem("run", PAIR)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ticket in pairing.twins().values()


@pytest.fixture
def staff(pairing: Pairing, desk: ZendeskDesk, nora: Person, olaf: Person) -> Staff:
    return Staff(ZendeskOffice(desk), RequestTrackerOffice(nora, olaf), pairing.twins, SEED)


@pytest.mark.timeout(LONG)
def test_what_people_do_while_runs_go_on_arrives_once(pairing: Pairing, box: RunningSandbox, staff: Staff) -> None:
    storm(staff, pairing.run)
    settled(pairing, box)
    assert staff.wrong() == []


def test_a_request_tracker_that_dies_in_mid_load_and_comes_back(
    pairing: Pairing, box: RunningSandbox, staff: Staff, request_tracker: RequestTrackerServer
) -> None:
    chance = random.Random(5)
    for _ in range(2):
        for _ in range(12):
            staff.act()
        while len(staff.born) < 4:  # a load with nothing to make proves little
            staff.act()
        box.control.advance(3)
        ends = threading.Timer(chance.uniform(1.0, 6.0), request_tracker.server.kill)
        ends.start()
        with suppress(RetryableError):
            pairing.run()
        ends.join()
        request_tracker.server.start()
    settled(pairing, box)
    assert staff.wrong() == []
