# SPDX-License-Identifier: Apache-2.0
"""`tandem wake` over the real sandbox: what a search does not show yet is read by its key."""

from __future__ import annotations

from cli_house import JIRA, PAIR, House


def test_an_issue_that_search_does_not_show_yet_comes_across(house: House) -> None:
    house.tandem("run", PAIR)
    house.box.control.settings(JIRA, search_lag=3600)
    key = house.open_issue("Not in the index", labels=["customer"])
    assert house.tandem("run", PAIR, "--json").data["counts"]["diff"]["actions"] == 0
    said = house.tandem("wake", "infinity-jira", key)
    assert (said.code, said.out.strip()) == (0, f"{PAIR}: read at the next run: {key}")
    assert house.tandem("run", PAIR, "--json").data["counts"]["diff"]["actions"] == 1
    assert house.tandem("run", PAIR, "--json").data["counts"]["diff"]["actions"] == 0


def test_a_contract_that_nobody_has_is_told_with_those_that_are_there(house: House) -> None:
    said = house.tandem("wake", "infinty-jira", "SHOP-1")
    assert said.code == 2 and "infinity-jira" in said.err
