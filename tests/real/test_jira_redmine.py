# SPDX-License-Identifier: Apache-2.0
"""The example pair of Infinity's Jira (simulated) and Nordwind's Redmine (real), both ways through the whole engine."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from real.nordwind import TENANT, People, check
from real.pairing import Pairing, sandbox_way
from real.redmine_house import House, open_house
from real.redmine_server import Redmine, key
from support.sandbox import RunningSandbox, running_sandbox
from tandem.errors import RetryableError

PAIR = "infinity-jira__nordwind-redmine"


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
    ways = {
        "infinity_jira": sandbox_way(box[TENANT]),
        "nordwind_redmine": {
            "conn_type": "http",
            "host": house.wire.url,
            "extra": {"X-Redmine-API-Key": key("tandem")},
        },
    }
    made = Pairing(PAIR, tmp_path, ways)
    made.run()
    return made


def rest(pairing: Pairing, people: People) -> None:
    """Come to rest; a run after that asks little and writes nothing."""
    people.settle()
    pairing.calm()
    before = len([one for one in people.house.wire.seen if one[0] != "GET"])
    told = pairing.run()
    assert not told["diff"]["actions"]
    assert len([one for one in people.house.wire.seen if one[0] != "GET"]) == before


def test_what_people_do_arrives_once_on_both_sides(pairing: Pairing, house: House, box: RunningSandbox) -> None:
    people = People(box, house, 1)
    ours, theirs = people.opens(), people.elaine.opens()
    rest(pairing, people)
    twins = pairing.twins()
    assert ours in twins.values() and theirs in twins
    left = next(left for left, right in twins.items() if right == ours)
    for what in ("title", "priority", "label", "comment", "file", "secret", "comment"):
        people.changes(ours, people.of_redmine[ours], what)
        people.changes(twins[theirs], people.of_jira[theirs], what)
        people.elaine.changes(left, people.of_redmine[ours], what)
        people.elaine.changes(theirs, people.of_jira[theirs], what)
    house.edits(ours, status_id=4)
    for command in ("check", "run"):
        said = pairing.tandem(command, PAIR)
        assert said.returncode == 0, said.stdout + said.stderr
    rest(pairing, people)
    assert check(people, pairing.twins()) == []
    house.as_("admin").issue.delete(int(twins[theirs]))
    house.edits(ours, status_id=5)
    rest(pairing, people)
    shown = people.elaine.desk.ask("GET", f"/rest/api/2/issue/{left}")["fields"]["status"]["name"]
    assert shown == "Done"
    assert people.elaine.desk.ask("GET", f"/rest/api/2/issue/{theirs}")["id"] == theirs


def test_people_act_while_runs_go_on(pairing: Pairing, house: House, box: RunningSandbox) -> None:
    people = People(box, house, 2)
    for _ in range(3):
        twins = people.own(pairing.twins())
        working = threading.Thread(target=lambda now=twins: [people.act(now) for _ in range(45)])
        working.start()
        while working.is_alive():
            pairing.run()
        working.join()
    rest(pairing, people)
    assert check(people, people.own(pairing.twins())) == []


def test_a_redmine_that_is_killed_in_mid_load_costs_nothing(
    pairing: Pairing, house: House, box: RunningSandbox
) -> None:
    people = People(box, house, 3)
    for _ in range(3):
        people.opens()
        people.elaine.opens()
    rest(pairing, people)
    deaths = 0
    for round_ in range(3):
        twins = people.own(pairing.twins())
        for left, right in twins.items():
            memory = people.memory(left, right)
            assert memory is not None
            for what in ("comment", "title", "file"):
                people.elaine.changes(left, memory, what)
        people.elaine.opens()
        people.settle()
        # The write is done, and its answer is lost with the server.
        with (
            house.wire.cut_off("PUT", "/issues/", house.server.server.kill, which=2 + 3 * round_),
            pytest.raises(RetryableError),
        ):
            pairing.calm()
        deaths += 1
        house.server.server.start()
    rest(pairing, people)
    assert deaths == 3
    assert check(people, people.own(pairing.twins())) == []
