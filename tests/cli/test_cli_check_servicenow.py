# SPDX-License-Identifier: Apache-2.0
"""Things wrong on purpose in ServiceNow, and what `tandem check` says of each: where it stands, and the fix."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import connection, keys_of, only, problems
from servicenow_house import JIRA_FILE, PAIR, RIGHTS, SERVICENOW_FILE, ServiceNowHouse, world

from support.sandbox import INCLUDE, RunningSandbox, running_sandbox
from support.servicenow import NAME

SCOPE = "scope: [{field: sys_class_name, is: incident}, {field: assignment_group, in: [Network, Global Development]}]"
RESOLVED = "  Resolved: {fields: {close_code: Solved (Permanently), close_notes: Resolved where it was worked on.}}"


@pytest.fixture(scope="module")
def both() -> Iterator[RunningSandbox]:
    with running_sandbox(world()) as running:
        yield running


@pytest.fixture
def office(both: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceNowHouse]:
    monkeypatch.chdir(tmp_path)
    before = both.control.settings(NAME)
    yield ServiceNowHouse(both, tmp_path)
    both.control.settings(NAME, **before)


def test_the_example_pair_has_no_problem(office: ServiceNowHouse) -> None:
    said = office.tandem("check", PAIR)
    assert said.code == 0, said.out
    assert said.out.count("log-in ok") == 2
    assert said.out.endswith("0 problems. Nothing was written.\n")


def test_a_misspelt_state_is_told_of_as_that_alone(office: ServiceNowHouse) -> None:
    office.edit(SERVICENOW_FILE, ("in_progress: In Progress", "in_progress: in progress"))
    found = only(office, "TDM-225")
    assert "In Progress" in found["fix"]


def test_all_that_is_wrong_is_said_at_once_each_on_its_line(office: ServiceNowHouse) -> None:
    office.desk.make(comments="there is one")
    office.desk.change(office.desk.make()["sys_id"], urgency="1")
    office.box.control.settings(NAME, grants={"tandem": [name for name in RIGHTS if name != "sys_audit"]})
    office.edit(
        SERVICENOW_FILE,
        ("{field: short_description, too_long", "{field: shrt_description, too_long"),
        ("2: 2 - High,", "2: 2 - Higher,"),
        ("pending: On Hold,", "pending: [On Hold, Resolved],"),
        (RESOLVED, "  Resolved: {fields: {close_code: Solved}}"),
        (SCOPE, SCOPE.replace("Network", "Netwrk") + "\n    query: actve=true"),
        ("{out: all, as: public, names", "{out: all, names"),
        (
            "onward: true}\n    attachments: {up_to: 20 MB, unreferenced: send}",
            "onward: true}\n    attachments: {unreferenced: hold}",
        ),
        ("create:      {sys_class_name: incident, assignment_group: Network}", "create: {sys_class_name: incident}"),
    )
    assert keys_of(problems(office)) == {
        ("TDM-203", "transitions.Resolved"),
        ("TDM-221", "connection"),
        ("TDM-222", "fields.title"),
        ("TDM-224", "offers.incidents.scope.1"),
        ("TDM-225", "fields.priority.map.2"),
        ("TDM-225", "transitions.Resolved.fields.close_code"),
        ("TDM-226", "offers.incidents.query"),
        ("TDM-233", "fields.status.map.solved"),
        ("TDM-238", "offers.incidents.comments"),
        ("TDM-258", "offers.incidents.attachments.unreferenced"),
    }


def test_what_is_misspelt_is_told_with_what_is_nearest(office: ServiceNowHouse) -> None:
    office.edit(
        SERVICENOW_FILE,
        ("{field: short_description, too_long", "{field: Short description, too_long"),
        ("{field: priority, map", "{field: priorty, map"),
        (SCOPE, SCOPE.replace("Network", "Netwrk")),
    )
    fixes = {one["key"]: one["fix"] for one in problems(office)}
    assert fixes["fields.title"].startswith('Did you mean "short_description"? ')
    assert fixes["fields.priority"].startswith('Did you mean "priority"? ')
    assert fixes["offers.incidents.scope.1"].startswith('Did you mean "Network"? ')


def test_a_row_that_is_misspelt_is_told_by_its_name_and_once(office: ServiceNowHouse) -> None:
    """Ids of rows say nothing to people, and a row that is none is in no scope either."""
    office.edit(SERVICENOW_FILE, ("incident, assignment_group: Network}", "incident, assignment_group: Netwrk}"))
    found = only(office, "TDM-225")
    assert found["fix"].startswith('Did you mean "Network"? There are: Global Development, Network, ')


def test_a_misspelt_field_is_not_to_be_filled_by_create_as_well(office: ServiceNowHouse) -> None:
    office.edit(SERVICENOW_FILE, ("{field: short_description, too_long", "{field: Short_Description, too_long"))
    assert only(office, "TDM-222")["key"] == "fields.title"


def test_what_two_offers_of_a_contract_share_is_said_once(office: ServiceNowHouse) -> None:
    shutil.copy(INCLUDE / "pairs" / "mercuri-zendesk__infinity-jira.yaml", office.root / "pairs")
    office.edit(JIRA_FILE, ("[Low, Lowest]", "[Low, Lowst]"))
    lost = {"AIRFLOW_CONN_MERCURI_ZENDESK": '{"conn_type": "http", "host": "https://127.0.0.1:9"}'}
    found = [one["code"] for one in problems(office, **lost)]
    assert found.count("TDM-225") == 1


@pytest.mark.parametrize(
    "scope",
    [
        "{field: short_description, set: true}",
        "{field: state, in: [1, 2, 3, 6, 7, 8]}",
        "{field: sys_id, set: true}",
        "{field: active, in: ['true', 'false']}",
        "{field: priority, in: [1, 2, 3, 4 - Low, 5 - Planning]}",
    ],
)
def test_a_scope_whose_conditions_are_true_of_all_is_a_warning(office: ServiceNowHouse, scope: str) -> None:
    office.edit(SERVICENOW_FILE, (SCOPE, f"scope: [{{field: sys_class_name, is: incident}}, {scope}]"))
    found = [(one["code"], one["key"], one["warning"]) for one in problems(office)]
    assert found == [("TDM-242", "offers.incidents.scope", True)]


@pytest.mark.parametrize(
    ("scope", "code", "key", "fix"),
    [
        ("[]", "TDM-227", "scope", "{field: sys_class_name, is: incident}"),
        ("[{field: active, is: true}]", "TDM-227", "scope", "{field: sys_class_name, is: incident}"),
        ("[{field: sys_class_name, is: incdent}]", "TDM-224", "scope.0", 'Did you mean "incident"? '),
    ],
)
def test_without_its_table_nothing_is_said_of_columns_and_choices(
    office: ServiceNowHouse, scope: str, code: str, key: str, fix: str
) -> None:
    """They would be those of all tasks, which the contract does not mean."""
    office.edit(SERVICENOW_FILE, (SCOPE, f"scope: {scope}"))
    found = [one for one in problems(office) if not one["warning"]]
    assert [(one["code"], one["key"]) for one in found] == [(code, f"offers.incidents.{key}")]
    assert fix in found[0]["fix"]


@pytest.mark.parametrize(
    ("rules", "key"), [("{default: newest}", "default"), ("{default: left, priority: newest}", "priority")]
)
def test_a_column_that_is_not_audited_has_no_newest_change(office: ServiceNowHouse, rules: str, key: str) -> None:
    office.box.control.settings(NAME, unaudited=["task.priority", "task.short_description"])
    office.edit(f"pairs/{PAIR}.yaml", ("conflicts: {default: newest}", f"conflicts: {rules}"))
    found = {one["what"].partition(" cannot")[0]: one for one in problems(office)}
    told = ["The newest change of `priority`"] + (["The newest change of `title`"] if key == "default" else [])
    assert sorted(found) == told
    for one in found.values():
        assert (one["code"], one["key"], one["warning"]) == ("TDM-245", f"conflicts.{key}", False)
        assert "`infinity-servicenow/incidents` keeps no history of " in one["what"]
    hub = found[told[0]]["fix"]
    assert hub.startswith("Write conflicts: {priority: left} (or right, hold), or have")
    office.edit(f"pairs/{PAIR}.yaml", (rules, "{default: left}"))
    said = office.tandem("check", PAIR)
    assert said.code == 0, said.out
    assert "no history of priority, short_description: an edit in the moment of our write may go unseen" in said.out


@pytest.mark.parametrize("unaudited", ["incident", "task.correlation_display"])
def test_where_our_own_work_is_not_audited_no_pair_can_run(office: ServiceNowHouse, unaudited: str) -> None:
    office.box.control.settings(NAME, unaudited=[unaudited])
    office.edit(f"pairs/{PAIR}.yaml", ("conflicts: {default: newest}", "conflicts: {default: left}"))
    found = only(office, "TDM-221")
    assert (found["key"], "correlation_display" in found["what"]) == ("connection", True)
    assert "Audit" in found["fix"]


@pytest.mark.parametrize("table", ["sys_db_object", "incident", "sys_user_group", "sys_attachment"])
def test_a_table_that_the_account_may_not_read_is_named_beside_all_else(office: ServiceNowHouse, table: str) -> None:
    office.box.control.settings(NAME, closed_tables={"tandem": [table]})
    office.edit(SERVICENOW_FILE, ("{field: short_description, too_long", "{field: shrt_description, too_long"))
    found = problems(office)
    assert ("TDM-222", "fields.title") in keys_of(found)
    told = {one["what"] for one in found if one["code"] == "TDM-221"}
    assert told == {f"Our account may not read {table}."}


def test_what_a_state_asks_for_is_told_with_a_value_that_it_takes(office: ServiceNowHouse) -> None:
    asked = "  On Hold:  {fields: {hold_reason: Awaiting Vendor}}\n"
    office.edit(SERVICENOW_FILE, (asked, ""))
    fix = only(office, "TDM-203")["fix"]
    line = fix.removeprefix("Fill in: transitions: {").removesuffix("}")
    office.edit(SERVICENOW_FILE, ("  Resolved: {fields", f"  {line}\n  Resolved: {{fields"))
    assert problems(office) == []


def test_columns_of_our_marks_are_nobodys_fields(office: ServiceNowHouse) -> None:
    description = "  description: {field: description, too_long: comment}"
    own = "  x_a: correlation_id\n  x_b: {field: correlation_display, direction: out}\n"
    office.edit(SERVICENOW_FILE, (description, own + description))
    assert keys_of(problems(office)) == {("TDM-223", "fields.x_a"), ("TDM-223", "fields.x_b")}


def test_a_misspelt_stand_in_is_told_of_once(office: ServiceNowHouse) -> None:
    """It would be read, were it written as it was meant."""
    ignored = "    ignore: [Canceled]\n"
    office.edit(SERVICENOW_FILE, (ignored, ignored + "    otherwise: {in: Canceld}\n"))
    found = only(office, "TDM-225")
    assert (found["key"], found["fix"].partition("? ")[0]) == ("fields.status.otherwise.in", 'Did you mean "Canceled"')


def test_a_contract_that_is_not_there_says_nothing_of_the_pairs_own_name(office: ServiceNowHouse) -> None:
    office.edit(f"pairs/{PAIR}.yaml", ("left: infinity-jira/root_cause", "left: infinty-jira/root_cause"))
    assert [one["code"] for one in problems(office)] == ["TDM-218"]


def test_a_tracker_that_does_not_answer_may_have_another_address(office: ServiceNowHouse) -> None:
    there = office.trackers()["AIRFLOW_CONN_INFINITY_SERVICENOW"]
    lost = there.replace(office.box[NAME].url, "http://127.0.0.1:9")
    found = only(office, "TDM-102", AIRFLOW_CONN_INFINITY_SERVICENOW=lost)
    assert (found["key"], "its host" in found["fix"]) == ("connection", True)


def test_a_scope_that_takes_its_whole_table_is_told_once(office: ServiceNowHouse) -> None:
    office.edit(SERVICENOW_FILE, (SCOPE, "scope: [{field: sys_class_name, is: incident}]"))
    found = only(office, "TDM-242")
    assert (found["key"], found["warning"]) == ("offers.incidents.scope", True)
    assert "{field: assignment_group, is: " in found["fix"]


def test_a_wrong_password_is_found_and_the_other_side_is_still_asked(office: ServiceNowHouse) -> None:
    office.edit(JIRA_FILE, ("[Low, Lowest]", "[Low, Lowst]"))
    wrong = connection(office.box[NAME], "not-the-token")
    said = office.tandem("check", "--json", AIRFLOW_CONN_INFINITY_SERVICENOW=wrong)
    assert keys_of(said.data["problems"]) == {("TDM-220", "connection"), ("TDM-225", "fields.priority.map.4")}
    assert [side["logged_in"] for side in said.data["sides"]] == [True, False]
    assert "not-the-token" not in said.out + said.err


@pytest.mark.parametrize(
    ("scope", "code", "key"),
    [
        ("[]", "TDM-242", "scope"),
        ("[{field: sys_class_name, is: incident}]", "TDM-242", "scope"),
        ("[{field: sys_class_name, is: incident}, {field: active, is: yes}]", "TDM-224", "scope.1"),
        ("[{field: sys_class_name, is: incident}, {field: asignment_group, is: Network}]", "TDM-222", "scope.1"),
        ("[{field: sys_class_name, is: incdent}, {field: active, is: true}]", "TDM-224", "scope.0"),
        ("[{field: active, is: true}]", "TDM-227", "scope"),
    ],
)
def test_a_scope_that_takes_other_tickets_than_it_says_is_found(
    office: ServiceNowHouse, scope: str, code: str, key: str
) -> None:
    """Mistyped parts of a query are passed over by ServiceNow in silence: it would give the whole table."""
    office.edit(SERVICENOW_FILE, (SCOPE, f"scope: {scope}"))
    assert (code, f"offers.incidents.{key}") in keys_of(problems(office))


@pytest.mark.parametrize("query", ["actve=true", "assigned_to.nme=John", "active=true^NQactive=false", "active~true"])
def test_a_raw_query_that_would_be_passed_over_is_found(office: ServiceNowHouse, query: str) -> None:
    office.edit(SERVICENOW_FILE, (SCOPE, f"{SCOPE}\n    query: {query}"))
    found = only(office, "TDM-226")
    assert (found["key"], found["line"]) == ("offers.incidents.query", 25)


@pytest.mark.parametrize(
    ("query", "part", "fix"),
    [
        ("active=ture", "active=ture", "true or false"),
        ("opened_at>=yesterday", "opened_at>=yesterday", "2026-11-25 10:00:00"),
        ("reassignment_count>many^urgency=1", "reassignment_count>many", "12"),
        ("stateINNew,2", "stateINNew,2", "1 (New)"),
        ("urgency=1^ORstate=99", "ORstate=99", "6 (Resolved)"),
    ],
)
def test_a_value_that_a_raw_query_cannot_mean_is_found(
    office: ServiceNowHouse, query: str, part: str, fix: str
) -> None:
    """ServiceNow stores codes, and passes over a number, a time or a truth that is none."""
    office.edit(SERVICENOW_FILE, (SCOPE, f"{SCOPE}\n    query: {query}"))
    found = only(office, "TDM-226")
    assert (found["key"], f'"{part}"' in found["what"]) == ("offers.incidents.query", True), found
    assert fix in found["fix"]


def test_all_parts_of_a_raw_query_that_are_wrong_are_told_and_right_ones_are_not(office: ServiceNowHouse) -> None:
    right = "stateIN1,2^state!=NULL^active=true^opened_at>javascript:gs.daysAgoStart(7)^sys_created_on>2026-01-01"
    office.edit(SERVICENOW_FILE, (SCOPE, f"{SCOPE}\n    query: {right}"))
    assert problems(office) == []
    office.edit(SERVICENOW_FILE, (right, "actve=true^state=New^active=ture"))
    assert [one["code"] for one in problems(office)] == ["TDM-226"] * 3


@pytest.mark.parametrize(("query", "told"), [("sys_created_on>=2000-01-01", True), ("urgency=1", False)])
def test_a_raw_query_that_leaves_nothing_out_is_a_warning(office: ServiceNowHouse, query: str, told: bool) -> None:
    for number in range(10):
        office.desk.make(urgency="1" if number else "3")
    office.edit(SERVICENOW_FILE, (SCOPE, f"scope: [{{field: sys_class_name, is: incident}}]\n    query: {query}"))
    found = [(one["code"], one["key"], one["warning"]) for one in problems(office)]
    assert found == ([("TDM-227", "offers.incidents.query", True)] if told else [])


def test_a_clock_that_is_off_is_a_warning_with_its_fix(office: ServiceNowHouse) -> None:
    office.box.control.advance(-600, NAME)
    try:
        found = only(office, "TDM-228")
    finally:
        office.box.control.advance(600, NAME)
    assert (found["key"], found["warning"]) == ("connection", True)
    assert "behind ours" in found["what"]


def test_what_is_renamed_is_known_by_its_id(office: ServiceNowHouse) -> None:
    assert office.tandem("run", PAIR).code == 0
    choices = {"1": "New", "2": "Doing", "3": "On Hold", "6": "Resolved", "7": "Closed", "8": "Canceled"}
    office.box.control.settings(NAME, choices={"incident.state": choices})
    found = only(office, "TDM-257")
    assert (found["key"], found["warning"]) == ("fields.status.map.in_progress", True)
    assert '"In Progress" is "Doing"' in found["what"]
    assert office.tandem("check", PAIR).code == 0
