# SPDX-License-Identifier: Apache-2.0
"""Things wrong on purpose in Azure DevOps, and what `tandem check` says of each: where it stands, and the fix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure_devops_house import AZURE_FILE, PAIR, AzureDevOpsHouse, world
from cli_house import keys_of, only, problems

from support.azure_devops import NAME
from support.sandbox import RunningSandbox, running_sandbox

OWN_FIELDS = {"Custom.Cost": {"name": "Cost"}, "Custom.Room": {"name": "Room", "choices": ["A", "B"]}}
TAGS = "create:      {System.TeamProject: Shop, System.Tags: [infinity]}"


@pytest.fixture(scope="module")
def both() -> Iterator[RunningSandbox]:
    with running_sandbox(world()) as running:
        yield running


@pytest.fixture
def office(both: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureDevOpsHouse]:
    monkeypatch.chdir(tmp_path)
    before = both.control.settings(NAME)
    yield AzureDevOpsHouse(both, tmp_path)
    both.control.settings(NAME, **before)


def settings(office: AzureDevOpsHouse, **told: Any) -> None:
    """What the organization is by now; fields of its own come beside those that it has."""
    told["fields"] = {**office.box.control.settings(NAME)["fields"], **told.get("fields", {})}
    office.box.control.settings(NAME, **told)


def test_the_example_pair_has_no_problem(office: AzureDevOpsHouse) -> None:
    office.desk.make(title="a bug that is shared", fields={"System.Tags": "infinity"})
    said = office.tandem("check", PAIR)
    assert said.code == 0, said.out
    assert said.out.count("log-in ok") == 2
    assert "what rules ask for at a step is not known yet of Feature" in said.out
    assert said.out.endswith("0 problems. Nothing was written.\n")


@pytest.mark.parametrize("kind", ["wrong", "expired"])
def test_a_token_that_is_not_accepted_is_found(office: AzureDevOpsHouse, kind: str) -> None:
    settings(office, expired=["tandem"] if kind == "expired" else [])
    wrong = office.connection("not-the-token" if kind == "wrong" else None)
    found = only(office, "TDM-220", AIRFLOW_CONN_GLOBAL_AZURE_DEVOPS=wrong)
    assert (found["key"], "personal access token" in found["fix"]) == ("connection", True)


@pytest.mark.parametrize("project", ["Shop", "shop/", "Shop/Shop%20Team"])
def test_an_address_that_names_a_project_too_is_found(office: AzureDevOpsHouse, project: str) -> None:
    """As it stands in the browser: what is asked of the organisation would be asked of that project alone."""
    address = office.desk.url
    wrong = office.connection().replace(f'"{address}"', f'"{address}/{project}"')
    found = only(office, "TDM-220", AIRFLOW_CONN_GLOBAL_AZURE_DEVOPS=wrong)
    assert (found["key"], "names more than the organisation" in found["what"]) == ("connection", True)
    assert found["fix"] == f"Set host to {address}."


@pytest.mark.parametrize("told", [{"read_only_tokens": ["tandem"]}, {"read_only": {"tandem": ["Shop"]}}])
def test_an_account_that_may_only_read_is_found(office: AzureDevOpsHouse, told: dict[str, Any]) -> None:
    settings(office, **told)
    found = only(office, "TDM-221")
    assert (found["key"], "may not make work items" in found["what"]) == ("connection", True)


def test_a_project_that_the_account_does_not_see_is_found(office: AzureDevOpsHouse) -> None:
    settings(office, hidden={"tandem": ["Shop"]})
    found = only(office, "TDM-221")
    assert found["key"] == "scope.0"


def test_what_rules_ask_of_a_new_work_item_is_found(office: AzureDevOpsHouse) -> None:
    """The description of a type does not tell of them; a new work item that is judged does."""
    rules = [{"type": "Feature", "required": ["Custom.Cost", "Custom.Room"]}]
    settings(office, fields=OWN_FIELDS, rules=rules)
    cost, room = problems(office)
    assert (cost["key"], room["key"], room["fix"]) == ("create", "create", "Add it: create: {Custom.Room: A}.")
    assert ["Cost" in cost["what"], "Room" in room["what"]] == [True, True]
    office.edit(AZURE_FILE, (TAGS, TAGS.replace("Shop,", "Shop, Custom.Cost: x, Custom.Room: A,")))
    assert problems(office) == []


def test_two_fields_that_a_step_asks_for_are_named_with_a_line_that_fills_them(office: AzureDevOpsHouse) -> None:
    office.desk.make(title="shows what Resolved asks for", fields={"System.Tags": "infinity"})
    rules = [{"type": "Bug", "state": "Resolved", "required": ["Custom.Cost", "Custom.Room"]}]
    settings(office, fields=OWN_FIELDS, rules=rules)
    found = only(office, "TDM-203")
    assert found["key"] == "fields.status.map.solved"
    assert found["fix"] == "Fill in: transitions: {Resolved: {fields: {Custom.Cost: …, Custom.Room: A}}}"


def test_a_state_to_which_no_step_leads_is_found_for_the_type_that_has_none(office: AzureDevOpsHouse) -> None:
    """That none leads back to the first state is a warning: tickets begin there."""
    ways = {"New": ["Resolved"], "Active": ["Resolved"], "Resolved": ["Closed"], "Closed": ["Closed"]}
    settings(office, transitions={"Bug": ways})
    found = {one["key"]: (one["code"], one["warning"]) for one in problems(office)}
    assert found == {
        "fields.status.map.new": ("TDM-203", True),
        "fields.status.map.in_progress": ("TDM-203", False),
    }


def test_a_hidden_state_is_found(office: AzureDevOpsHouse) -> None:
    settings(office, hidden_states={"Bug": ["Resolved"], "Feature": ["Resolved"]})
    assert ("TDM-225", "fields.status.map.solved") in keys_of(problems(office))


def test_a_server_that_knows_no_markdown_is_found(office: AzureDevOpsHouse) -> None:
    office.edit(AZURE_FILE, ("markup: html", "markup: markdown"))
    assert problems(office) == []
    settings(office, markdown=False)
    found = only(office, "TDM-229")
    assert (found["key"], found["fix"]) == ("options.markup", "Write options: {markup: html}.")


def test_a_field_for_marks_that_is_none_is_found_where_it_is_named(office: AzureDevOpsHouse) -> None:
    office.edit(AZURE_FILE, ("marker: Custom.Tandem", "marker: Custom.Tandm"))
    assert only(office, "TDM-222")["key"] == "options.marker"


@pytest.mark.parametrize(
    ("create", "key"),
    [
        ("create: {System.TeamProject: Shop}", "scope.2"),
        ("create: {System.TeamProject: Shop, System.Tags: [mercuri]}", "create.System.Tags"),
        ("create: {System.TeamProject: Shop, System.Tags: [mercuri, Infinity]}", None),
    ],
)
def test_what_is_created_outside_the_offers_own_scope_is_a_warning(
    office: AzureDevOpsHouse, create: str, key: str | None
) -> None:
    office.edit(AZURE_FILE, (TAGS, create))
    found = [(one["code"], one["key"], one["warning"]) for one in problems(office)]
    assert found == ([("TDM-267", key, True)] if key else [])


def test_a_project_is_called_as_it_is_spelled_there(office: AzureDevOpsHouse) -> None:
    """Azure DevOps finds it in any case, and the scope does; a name that is written is the one that is read back."""
    office.edit(AZURE_FILE, ("TeamProject, is: Shop}", "TeamProject, is: shop}"))
    assert problems(office) == []
    office.edit(
        AZURE_FILE,
        (TAGS, "create: {System.Tags: [infinity]}"),
        ("fields:      ", "fields:\n  x_place: {field: System.TeamProject, value: SHOP, once: true}\n      "),
        ("'Shop\\Network'", "'shop\\network'"),
    )
    found = {one["key"]: (one["code"], one["fix"].partition("? ")[0]) for one in problems(office)}
    assert found == {
        "fields.x_place.value": ("TDM-225", 'Did you mean "Shop"'),
        "fields.x_topic.map.network": ("TDM-225", 'Did you mean "Shop\\Network"'),
    }


def test_a_field_for_marks_in_another_case_is_told_as_it_is_spelled(office: AzureDevOpsHouse) -> None:
    office.edit(AZURE_FILE, ("marker: Custom.Tandem", "marker: custom.tandem"))
    found = only(office, "TDM-222")
    assert (found["key"], found["fix"].partition("? ")[0]) == ("options.marker", 'Did you mean "Custom.Tandem"')


def test_a_misspelt_state_is_told_of_once_and_no_right_one_is_to_be_written_like_it(office: AzureDevOpsHouse) -> None:
    """`otherwise` names the same state, and names it well."""
    office.edit(AZURE_FILE, ("in_progress: Active,", "in_progress: Actve,"))
    found = only(office, "TDM-225")
    assert (found["key"], found["fix"].partition("? ")[0]) == ("fields.status.map.in_progress", 'Did you mean "Active"')


def test_a_map_that_writes_a_type_outside_the_scope_is_a_warning(office: AzureDevOpsHouse) -> None:
    office.edit(AZURE_FILE, ("in: [Bug, Feature]", "in: [Bug, Task]"))
    found = {one["key"]: one["code"] for one in problems(office) if one["warning"]}
    assert found["fields.type.map.feature"] == "TDM-267"


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("in: [Bug, Feature]", "in: [Bug, Featur]", "TDM-224", "scope.1"),
        ("feature: Feature,", "feature: Featur,", "TDM-225", "fields.type.map.feature"),
    ],
)
def test_a_misspelt_type_is_told_of_once(office: AzureDevOpsHouse, old: str, new: str, code: str, key: str) -> None:
    """Neither are its states, which nobody knows, told to be none, nor is it told to be out of scope."""
    office.edit(AZURE_FILE, (old, new))
    found = only(office, code)
    assert (found["key"], found["fix"].partition("? ")[0]) == (key, 'Did you mean "Feature"')


def test_a_scope_that_takes_everything_is_told_once_in_the_trackers_own_words(office: AzureDevOpsHouse) -> None:
    types = "  - {field: System.WorkItemType, in: [Bug, Feature]}\n  - {field: System.Tags, contains: infinity}\n"
    office.edit(AZURE_FILE, (types, ""), ("otherwise: {in: Active}", "otherwise: {in: Active, out: new}"))
    found = [one for one in problems(office) if one["key"] == "scope"]
    assert [(one["code"], one["warning"]) for one in found] == [("TDM-242", True)]
    assert "{field: System.Tags, contains: shared}" in found[0]["fix"]


@pytest.mark.parametrize("scope", ["{field: System.Id, set: true}", "{field: System.AreaPath, is: Shop}"])
def test_a_scope_whose_conditions_are_true_of_all_is_a_warning(office: AzureDevOpsHouse, scope: str) -> None:
    types = "  - {field: System.WorkItemType, in: [Bug, Feature]}\n  - {field: System.Tags, contains: infinity}\n"
    office.edit(AZURE_FILE, (types, f"  - {scope}\n"))
    found = [(one["code"], one["warning"]) for one in problems(office) if one["key"].startswith("scope")]
    assert found == [("TDM-242", True)]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("[System.Stat] = 'New' AND [System.Tag] CONTAINS 'x'", ["[System.State]", "[System.Tags]"]),
        ("[System.Tags] CONTAINS 'x') OR ([System.Id] > 0", ["brackets in pairs"]),
        ("SELECT [System.Id] FROM workitems WHERE [System.State] = 'New' ORDER BY [System.Id]", ["behind WHERE"] * 2),
        ("[System.State] = = 'New'", ["Write a condition in WIQL"]),
        ("[System.Title] CONTAINS 'select (order by' AND [State] = 'New'", []),
    ],
)
def test_all_that_is_wrong_with_a_raw_query_is_told(office: AzureDevOpsHouse, query: str, told: list[str]) -> None:
    office.edit(AZURE_FILE, ("closed: reopen", f'closed: reopen\nquery: "{query}"'))
    found = problems(office)
    assert {(one["code"], one["key"]) for one in found} <= {("TDM-226", "query")}
    assert [words in one["fix"] for words, one in zip(told, found, strict=True)] == [True] * len(told), found


@pytest.mark.parametrize(("query", "told"), [("[System.Id] > 0", True), ("[System.Title] CONTAINS 'narrow'", False)])
def test_a_raw_query_that_leaves_nothing_out_is_a_warning(office: AzureDevOpsHouse, query: str, told: bool) -> None:
    for number in range(10):
        office.desk.make(title="narrow" if number else "wide")
    types = "  - {field: System.WorkItemType, in: [Bug, Feature]}\n  - {field: System.Tags, contains: infinity}\n"
    office.edit(AZURE_FILE, (types, ""), ("closed: reopen", f'closed: reopen\nquery: "{query}"'))
    found = [(one["code"], one["key"], one["warning"]) for one in problems(office) if one["code"] != "TDM-203"]
    assert found == ([("TDM-227", "query", True)] if told else [])


def test_a_misspelt_project_is_told_once_with_what_was_meant(office: AzureDevOpsHouse) -> None:
    """That new tickets lie outside of it is no news."""
    office.edit(AZURE_FILE, ("{field: System.TeamProject, is: Shop}", "{field: System.TeamProject, is: Shp}"))
    found = only(office, "TDM-221")
    assert (found["key"], found["fix"].partition("? ")[0]) == ("scope.0", 'Did you mean "Shop"')


def test_a_field_for_marks_that_is_not_named_is_told_once_with_how_to_make_it(office: AzureDevOpsHouse) -> None:
    office.edit(AZURE_FILE, ("marker: Custom.Tandem, ", ""))
    found = only(office, "TDM-222")
    assert (found["key"], "Custom.<its name>" in found["fix"]) == ("options.marker", True)


def test_all_that_is_wrong_is_said_at_once_each_on_its_line(office: AzureDevOpsHouse) -> None:
    settings(office, read_only_tokens=["tandem"], fields={"Custom.Cost": {"name": "Cost", "required": True}})
    office.box.control.advance(240, NAME)
    office.edit(
        AZURE_FILE,
        ("System.Title, too_long", "System.Titel, too_long"),
        ('1: "1", 2: "2"', '1: "1", 2: "7"'),
        ("in_progress: Active", "in_progress: [Active, Resolved]"),
        ("'Shop\\Network'", "'Shop\\Netwrk'"),
        ("in: [Bug, Feature]", "in: [Bug, Feature, Bgu]"),
        (
            "comments:    {out: public, names",
            "query: \"[System.Stat] = 'New'\"\ncomments:    {out: public, as: internal, names",
        ),
        (", unreferenced: send}", "}"),
        (TAGS, TAGS.replace("infinity", "global")),
    )
    try:
        found = keys_of(problems(office))
    finally:
        office.box.control.advance(-240, NAME)
    assert found >= {
        ("TDM-221", "connection"),
        ("TDM-222", "fields.title"),
        ("TDM-224", "scope.1"),
        ("TDM-225", "fields.priority.map.2"),
        ("TDM-225", "fields.x_topic.map.network"),
        ("TDM-226", "query"),
        ("TDM-228", "connection"),
        ("TDM-231", "comments.as"),
        ("TDM-233", "fields.status.map.solved"),
        ("TDM-239", "attachments"),
        ("TDM-240", "create"),
        ("TDM-267", "create.System.Tags"),
    }
