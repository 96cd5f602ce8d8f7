# SPDX-License-Identifier: Apache-2.0
"""`tandem connect` and `tandem relink`, over the real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_house import JIRA, PAIR, ZENDESK, House, keys_of, until

from support.sandbox import RunningSandbox

TEXT = "Both have it: see below."


@pytest.fixture
def both(house: House) -> tuple[str, str]:
    """The same ticket, opened by people at both sides before the pair began."""
    number = house.open_ticket("Till will not open", comment={"body": TEXT}, priority="high")
    issue = house.open_issue(
        "Till will not open", description=TEXT, labels=["customer"], priority={"name": "High"},
    )  # fmt: skip
    return number, issue


def listed(house: House, text: str) -> str:
    file = house.folder / "list.csv"
    file.write_text(text)
    return str(file)


def writes(box: RunningSandbox, since: dict[str, int]) -> list[str]:
    found = []
    for tenant in (ZENDESK, JIRA):
        for one in box.control.requests(tenant, since[tenant]):
            reads = (
                one["method"] == "GET"
                or "bulkfetch" in one["path"]
                or "search" in one["path"]
                or "/list" in one["path"]
            )
            found += [] if reads else [f"{one['method']} {one['path']}"]
    return found


def now(box: RunningSandbox) -> dict[str, int]:
    return {
        tenant: max((one["number"] for one in box.control.requests(tenant)), default=0) for tenant in (ZENDESK, JIRA)
    }


def test_tickets_of_both_sides_are_joined_and_nothing_is_written(
    house: House, box: RunningSandbox, both: tuple[str, str]
) -> None:
    number, issue = both
    file = listed(house, f"left,right\n#{number},{issue}\n")
    since = now(box)
    said = house.tandem("connect", PAIR, file, "--prefer", "left", "--json")
    assert said.code == 0, said.err
    assert said.data["joined"] == [{"line": 2, "left": number, "right": issue}]
    assert writes(box, since) == []
    assert house.tandem("run", PAIR).code == 0
    house.change_ticket(number, subject="Till opens again")
    until(
        lambda: (house.tandem("run", PAIR).code, house.twin("Till opens again"))[1],
        lambda twin: twin is not None and twin["key"] == issue,
        "the change did not arrive",
    )
    again = house.tandem("connect", PAIR, file)
    assert (again.code, "1 were joined already" in again.out) == (0, True)


def test_what_differs_is_listed_and_waits_for_a_choice(house: House, both: tuple[str, str]) -> None:
    number, issue = both
    house.change_ticket(number, priority="urgent")
    file = listed(house, f"{number},{issue}\n")
    said = house.tandem("connect", PAIR, file)
    assert said.code == 3
    assert f"line 1  {number} / {issue}  priority: 1 / 2" in said.out and "Nothing was joined" in said.out
    told = house.tandem("connect", PAIR, file, "--json").data
    assert {"line": 1, "left": number, "right": issue, "field": "priority", "values": [1, 2]} in told["differences"]
    assert house.tandem("connect", PAIR, file, "--prefer", "hold").code == 0


def test_all_that_is_wrong_with_a_list_is_told_at_once(house: House, both: tuple[str, str]) -> None:
    number, _ = both
    outside = house.open_issue("nobody's business")
    said = house.tandem("connect", PAIR, listed(house, f"{number},{outside}\n424242,SHOP-424242\n"), "--json")
    assert said.code == 1
    assert [(one["code"], one["line"]) for one in said.data["problems"]] == [
        ("TDM-322", 1), ("TDM-322", 2), ("TDM-322", 2),
    ]  # fmt: skip
    assert keys_of(said.data["problems"]) == {("TDM-322", "")}


@pytest.mark.parametrize("words", [("nowhere.csv",), ("list.csv", "--prefer", "both")])
def test_a_list_that_is_not_there_and_a_choice_that_is_none_are_a_wrong_use(
    house: House, words: tuple[str, ...]
) -> None:
    listed(house, "1,SHOP-1\n")
    assert house.tandem("connect", PAIR, *words).code == 2


def test_a_lost_state_is_relinked_and_goes_on_when_it_is_accepted(started: House, box: RunningSandbox) -> None:
    number = started.open_ticket("State is lost", priority="high")
    started.change_ticket(number, comment={"body": "before the loss", "public": True})
    twin = until(
        lambda: (started.tandem("run", PAIR).code, started.twin("State is lost"))[1],
        lambda seen: seen is not None and "before the loss" in str(seen["fields"]["comment"]),
        "the twin is not there",
    )
    assert twin is not None
    until(lambda: started.tandem("run", PAIR).out, lambda out: "nothing to write; in step" in out, "it does not rest")
    for file in Path(started.folder).glob("state.db*"):
        file.unlink()
    since = now(box)
    said = started.tandem("relink", PAIR, "--json")
    assert said.code == 3, said.err
    assert said.data["joined"] >= 1 and (said.data["twins"] >= 1)
    stopped = started.tandem("run", PAIR)
    assert stopped.code == 3 and "TDM-323" in stopped.err
    rest = ("--rest", "drop") if said.data["without_twin"] else ()
    if rest:
        assert started.tandem("relink", PAIR, "--accept").code == 2
    assert started.tandem("relink", PAIR, "--accept", *rest).code == 0
    for _ in range(2):
        assert started.tandem("run", PAIR).code == 0
    assert writes(box, since) == []
    started.change_ticket(number, comment={"body": "after the loss", "public": True})
    until(
        lambda: (started.tandem("run", PAIR).code, started.twin("State is lost"))[1],
        lambda seen: seen is not None and "after the loss" in str(seen["fields"]["comment"]),
        "the comment did not arrive",
    )


def test_accepting_what_was_not_relinked_is_a_wrong_use(started: House) -> None:
    assert started.tandem("relink", PAIR, "--accept").code == 2
