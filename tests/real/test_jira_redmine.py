# SPDX-License-Identifier: Apache-2.0
"""The example pair of Infinity's Jira (simulated) and Nordwind's Redmine (real), both ways through the whole engine."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from real.jira_office import TENANT, JiraOffice
from real.office import Staff
from real.pairing import Pairing, sandbox_way
from real.redmine_house import House, open_house, redmine_way
from real.redmine_office import RedmineOffice
from real.redmine_server import Redmine
from real.storm import LONG, SEED, storm
from support.sandbox import RunningSandbox, running_sandbox
from tandem.errors import RetryableError

PAIR = "infinity-jira__nordwind-redmine"
JIRA, REDMINE = 0, 1


@pytest.fixture(scope="module")
def house(redmine: Redmine) -> Iterator[House]:
    with open_house(redmine) as house:
        yield house


@pytest.fixture
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def pairing(box: RunningSandbox, house: House, tmp_path: Path) -> Pairing:
    """The pair, after its first run: what people make from now on has a twin."""
    ways = {"infinity_jira": sandbox_way(box[TENANT]), "nordwind_redmine": redmine_way(house.wire.url)}
    made = Pairing(PAIR, tmp_path, ways)
    made.run()
    return made


@pytest.fixture
def elaine(box: RunningSandbox) -> JiraOffice:
    return JiraOffice(box)


@pytest.fixture
def staff(pairing: Pairing, house: House, elaine: JiraOffice) -> Staff:
    return Staff(elaine, RedmineOffice(house), pairing.twins, SEED)


def rest(pairing: Pairing, house: House, elaine: JiraOffice) -> None:
    """Come to rest; a run after that asks little and writes nothing."""
    elaine.searches_show_all()
    pairing.calm()
    before = house.writes()
    assert not pairing.run()["diff"]["actions"]
    assert house.writes() == before


def test_what_people_do_arrives_once_on_both_sides(
    pairing: Pairing, house: House, elaine: JiraOffice, staff: Staff
) -> None:
    ours, theirs = staff.opens(REDMINE), staff.opens(JIRA)
    rest(pairing, house, elaine)
    twins = pairing.twins()
    left = next(left for left, right in twins.items() if right == ours)
    at_home = {JIRA: theirs, REDMINE: ours}
    for what in ("title", "priority", "label", "say", "file", "secret", "say"):
        for side, ticket in at_home.items():
            staff.does(side, ticket, staff.told[(side, ticket)], what)
        staff.does(JIRA, left, staff.told[(REDMINE, ours)], what)
        staff.does(REDMINE, twins[theirs], staff.told[(JIRA, theirs)], what)
    house.edits(ours, status_id=4)
    for command in ("check", "run"):
        said = pairing.tandem(command, PAIR)
        assert said.returncode == 0, said.stdout + said.stderr
    rest(pairing, house, elaine)
    assert staff.wrong() == []
    house.as_("admin").issue.delete(int(twins[theirs]))
    house.edits(ours, status_id=5)
    rest(pairing, house, elaine)
    assert elaine.shows(left).statuses == {"solved"}
    assert elaine.shows(theirs)


def test_what_people_change_in_a_note_is_seen_within_a_day(
    pairing: Pairing, house: House, elaine: JiraOffice, staff: Staff
) -> None:
    """An edit of a note touches nothing else, not even the issue: it is seen when the issue is read next."""
    ticket, quiet = staff.opens(REDMINE), staff.opens(REDMINE)
    for number in (ticket, quiet):
        house.says(number, "first")
        house.says(number, "second")
    rest(pairing, house, elaine)
    left = {right: left for left, right in pairing.twins().items()}

    def said(issue: str) -> list[str]:
        return [text.partition("wrote:")[2].strip() for text in elaine.shows(left[issue]).said]

    def rewrite(issue: str, which: int, **changes: object) -> None:
        noted = [one.id for one in house.shown(issue).journals if getattr(one, "notes", "")]
        house.rewrites(noted[which], **changes)

    for words in ("better", "first", "better"):  # each time it is another edit
        rewrite(ticket, 0, notes=words)
        house.edits(ticket, priority_id=2 if words == "first" else 3)
        rest(pairing, house, elaine)
        assert said(ticket) == [words, "second"]
    rewrite(quiet, 0, notes="better")
    rewrite(quiet, 1, private_notes=True)
    rest(pairing, house, elaine)
    assert said(quiet) == ["first", "second"]
    pairing.later = timedelta(hours=25)
    rest(pairing, house, elaine)
    assert said(quiet)[0] == "better"
    assert "second" not in repr(said(quiet))


def test_a_twin_that_people_changed_is_theirs_though_redmine_does_not_tell(
    pairing: Pairing, house: House, elaine: JiraOffice, staff: Staff
) -> None:
    ticket = staff.opens(JIRA)
    elaine.says(ticket, "first", "elaine", public=True)
    rest(pairing, house, elaine)
    twin = pairing.twins()[ticket]
    (note,) = (one for one in house.shown(twin).journals if getattr(one, "notes", ""))
    house.rewrites(note.id, "admin", notes="ours now")
    elaine.rewrites(ticket, "better")
    rest(pairing, house, elaine)
    assert house.notes(twin) == [("ours now", False)]


@pytest.mark.timeout(LONG)
def test_people_act_while_runs_go_on(pairing: Pairing, house: House, elaine: JiraOffice, staff: Staff) -> None:
    storm(staff, pairing.run)
    rest(pairing, house, elaine)
    assert staff.wrong() == []


def test_a_redmine_that_is_killed_in_mid_load_costs_nothing(
    pairing: Pairing, house: House, elaine: JiraOffice, staff: Staff
) -> None:
    for side in (JIRA, REDMINE) * 3:
        staff.opens(side)
    rest(pairing, house, elaine)
    for round_ in range(3):
        for left, right in pairing.twins().items():
            told = staff.told[(JIRA, left) if (JIRA, left) in staff.told else (REDMINE, right)]
            for what in ("say", "title", "file"):
                staff.does(JIRA, left, told, what)
        staff.opens(JIRA)
        elaine.searches_show_all()
        # The write is done, and its answer is lost with the server.
        with (
            house.wire.cut_off("PUT", "/issues/", house.server.server.kill, which=2 + 3 * round_),
            pytest.raises(RetryableError),
        ):
            pairing.calm()
        house.server.server.start()
    rest(pairing, house, elaine)
    assert staff.wrong() == []
