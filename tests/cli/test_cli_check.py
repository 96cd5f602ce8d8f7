# SPDX-License-Identifier: Apache-2.0
"""`tandem check` over the real sandbox: what is right passes, what is wrong is named all at once with its fix."""

import pytest
import sqlalchemy as sa
from cli_house import PAIR, House, connection, keys_of

from support.sandbox import RunningSandbox
from tandem.state.store import open_store
from tandem.state.tables import edge
from tandem.state.vault import Vault

JIRA_FILE, ZENDESK_FILE = "contracts/infinity-jira.yaml", "contracts/mercuri-zendesk.yaml"


def test_the_example_pair_has_no_problem(house: House) -> None:
    said = house.tandem("check", PAIR)
    assert said.code == 0, said.out
    assert said.out.count("log-in ok") == 2
    assert said.out.endswith("0 problems. Nothing was written.\n")


def test_json_is_one_object_and_says_what_was_found(house: House) -> None:
    told = house.tandem("check", "--json").data
    assert (told["ok"], told["problems"], told["pairs"]) == (True, [], [PAIR])
    assert [side["logged_in"] for side in told["sides"]] == [True, True]
    assert all(abs(side["clock_offset"]) < 5 for side in told["sides"])
    assert any("compare-and-set" in remark for remark in told["sides"][1]["remarks"])


def test_all_that_is_wrong_is_said_at_once_each_on_its_line(house: House) -> None:
    house.open_issue("shows the ways out of To Do")
    house.edit(
        JIRA_FILE,
        ("transitions:   {Done: {by: Finish, fields: {resolution: Fixed}}}\n", ""),
        ("[Low, Lowest]", "[Low, Lowst]"),
        ("customfield_10042", "customfield_99999"),
        ("issuetype: Task,", "issuetype: Taks,"),
        ("pending: Waiting", "pending: Wating"),
        ("contains: customer}]", "contains: customer}, {field: priority, is: Nope}]"),
    )
    house.edit(ZENDESK_FILE, ("4: low}", "4: lowest}"), ("tags: [customer]}", "tags: [customer], group_id: Nobody}"))
    told = house.tandem("check", "--json")
    assert told.code == 1
    assert keys_of(told.data["problems"]) == {
        ("TDM-203", "fields.status.map.solved"),
        ("TDM-222", "offers.customers.fields.x_order_no"),
        ("TDM-224", "offers.customers.scope.2"),
        ("TDM-225", "fields.priority.map.4"),
        ("TDM-225", "fields.status.map.pending"),
        ("TDM-225", "offers.customers.create.issuetype"),
        ("TDM-225", "create.group_id"),
    }
    assert all(one["file"] and one["line"] and one["fix"] for one in told.data["problems"])
    by_file = {one["file"] for one in told.data["problems"]}
    assert {name.rpartition("/")[2] for name in by_file} == {"infinity-jira.yaml", "mercuri-zendesk.yaml"}


def test_an_open_choice_of_transitions_is_named_with_the_line_that_settles_it(house: House) -> None:
    house.open_issue("shows the ways out of To Do")
    house.edit(JIRA_FILE, ("transitions:   {Done: {by: Finish, fields: {resolution: Fixed}}}\n", ""))
    said = house.tandem("check")
    assert '"Done" is reached by 2 transitions ("Finish", "Close as known")' in said.out
    assert "transitions: {Done: {by: Finish, fields: {resolution: Fixed}}}" in said.out


@pytest.mark.parametrize(
    ("written", "key", "what"),
    [
        ("{Done: {by: Finsh, fields: {resolution: Fixed}}}", "transitions.Done.by", 'No transition "Finsh"'),
        ("{Done: {by: Finish}}", "transitions.Done", 'asks for "resolution"'),
        ("{Done: {by: Finish, fields: {resolution: Mended}}}", "transitions.Done.fields.resolution", '"Mended"'),
    ],
)
def test_a_transition_that_cannot_be_taken_is_named(house: House, written: str, key: str, what: str) -> None:
    house.open_issue("shows the ways out of To Do")
    house.edit(JIRA_FILE, ("{Done: {by: Finish, fields: {resolution: Fixed}}}", written))
    problems = house.tandem("check", "--json").data["problems"]
    assert [one["key"] for one in problems] == [key]
    assert what in problems[0]["what"]


def test_a_wrong_password_that_zendesk_answers_with_200_is_found_and_the_other_side_is_still_asked(
    house: House, box: RunningSandbox
) -> None:
    wrong = connection(box["mercuri-zendesk"], "not-the-token")
    house.edit(JIRA_FILE, ("[Low, Lowest]", "[Low, Lowst]"))
    said = house.tandem("check", "--json", AIRFLOW_CONN_MERCURI_ZENDESK=wrong)
    assert [side["logged_in"] for side in said.data["sides"]] == [False, True]
    assert keys_of(said.data["problems"]) == {("TDM-220", "connection"), ("TDM-225", "fields.priority.map.4")}
    assert "not-the-token" not in said.out + said.err


def test_missing_keys_and_a_missing_connection_are_problems_beside_the_others(house: House) -> None:
    said = house.tandem("check", "--json", TANDEM_CONTENT_KEYS=None, AIRFLOW_CONN_MERCURI_ZENDESK=None)
    assert said.code == 1
    assert [one["where"] for one in said.data["problems"]] == ["connection mercuri_zendesk", "environment"]
    assert said.data["sides"][1]["logged_in"]


def test_a_broken_file_is_told_with_the_line_and_without_asking(house: House) -> None:
    house.edit(JIRA_FILE, ("connection: infinity_jira", "conection: infinity_jira"))
    said = house.tandem("check")
    assert said.code == 1
    assert "TDM-213   include/contracts/infinity-jira.yaml:5   conection" in said.out
    assert "Did you mean `connection`?" in said.out


def test_what_the_workflow_showed_is_remembered_for_the_walks_of_runs(started: House) -> None:
    started.open_issue("shows the ways out of To Do")
    assert started.tandem("check").code == 0
    vault = Vault([started.environ["TANDEM_CONTENT_KEYS"]], started.environ["TANDEM_HASH_KEY"])
    with open_store(started.environ["TANDEM_DB"], vault).read() as tx:
        names = {tx.open(row["sealed"]) for row in tx.rows(sa.select(edge).where(edge.c.system == "infinity_jira"))}
    assert {"Start", "Finish"} <= names


def test_a_misspelt_pair_is_a_usage_error_with_a_guess(house: House) -> None:
    said = house.tandem("check", "mercuri-zendesk__infinity-jra", "--json")
    assert (said.code, said.data["exit"]) == (2, 2)
    assert f"Did you mean {PAIR}?" in said.err
