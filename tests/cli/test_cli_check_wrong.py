# SPDX-License-Identifier: Apache-2.0
"""Things wrong on purpose in Zendesk and Jira, and what `tandem check` says of each: where it stands, and the fix."""

from collections.abc import Iterator

import pytest
from cli_house import JIRA, PAIR, ZENDESK, House, connection, keys_of, only, problems

from support.sandbox import Control, RunningSandbox

JIRA_FILE, ZENDESK_FILE = "contracts/infinity-jira.yaml", "contracts/mercuri-zendesk.yaml"
DONE = "transitions:   {Done: {by: Finish, fields: {resolution: Fixed}}}"
ATTACHED = "    attachments: {up_to: 20 MB, unreferenced: send}\n"


@pytest.fixture
def control(box: RunningSandbox) -> Iterator[Control]:
    """The trackers' settings, which are afterwards as before."""
    before = {name: box.control.settings(name) for name in (JIRA, ZENDESK)}
    yield box.control
    for name, settings in before.items():
        box.control.settings(name, **settings)


def test_a_wrong_token_for_jira_is_found(house: House, box: RunningSandbox) -> None:
    found = only(house, "TDM-220", AIRFLOW_CONN_INFINITY_JIRA=connection(box[JIRA], "not-the-token"))
    assert (found["key"], found["line"]) == ("connection", 5)
    assert "API token" in found["fix"]


def test_an_account_that_is_no_agent_is_found(house: House, box: RunningSandbox) -> None:
    found = only(house, "TDM-221", AIRFLOW_CONN_MERCURI_ZENDESK=_as(box, "carla"))
    assert (found["key"], "role of an agent" in found["fix"]) == ("connection", True)


def test_an_agent_who_sees_a_part_of_the_tickets_is_a_warning(
    house: House, box: RunningSandbox, control: Control
) -> None:
    control.settings(ZENDESK, restricted={box[ZENDESK].people["anna"].email: "groups"})
    found = only(house, "TDM-221", AIRFLOW_CONN_MERCURI_ZENDESK=_as(box, "anna"))
    assert (found["key"], found["warning"]) == ("connection", True)
    assert "a part of the tickets alone (groups)" in found["what"]


def _as(box: RunningSandbox, alias: str) -> str:
    person, whole = box[ZENDESK].people[alias], connection(box[ZENDESK])
    login = box[ZENDESK].integration
    return whole.replace(f"{login.email}/token", person.email).replace(str(login.token), person.password)


def test_a_project_that_the_account_may_not_browse_is_found_where_the_scope_names_it(
    house: House, control: Control
) -> None:
    projects = control.settings(JIRA)["projects"]
    control.settings(JIRA, projects={**projects, "SHOP": {**projects["SHOP"], "browse": ["elaine"]}})
    found = problems(house)
    assert ("TDM-221", "offers.customers.scope.0") in keys_of(found)
    assert any("right to browse" in one["fix"] for one in found)


def test_files_that_are_wrong_keep_nobody_from_asking_the_trackers(house: House) -> None:
    """What the files alone show and what only the trackers know come at once."""
    house.open_issue("shows the ways out of To Do")
    house.edit(
        ZENDESK_FILE,
        ("closed: quarantine", "closed: reopen"),
        ("pending: pending, solved: solved}", "pending: [pending, solved], solved: solved}"),
        ("{out: public, as: public, names", "{out: public, names"),
        (", unreferenced: send}", "}"),
        ("scope: [{field: tags, contains: customer}]", "scope: []"),
        ("custom_field_360001234567", "custom_field_1"),
        ("4: low}", "4: lowest}"),
    )
    own = "    reveal:      [key, status]\n    create:      {project: SHOP, issuetype: Task, labels: [customer]}"
    house.edit(
        JIRA_FILE,
        (ATTACHED + own, own),
        (DONE, "transitions:   {Done: {by: Finish}}"),
        ("[Low, Lowest]", "[Low, Lowst]"),
        ("customfield_10042", "customfield_99999"),
    )
    assert keys_of(problems(house)) == {
        ("TDM-203", "transitions.Done"),
        ("TDM-222", "fields.x_order_no"),
        ("TDM-222", "offers.customers.fields.x_order_no"),
        ("TDM-225", "fields.priority.map.4"),
        ("TDM-233", "fields.status.map.solved"),
        ("TDM-237", "closed"),
        ("TDM-238", "comments"),
        ("TDM-239", "attachments"),
        ("TDM-242", "scope"),
        ("TDM-258", "attachments"),
    }
    told = house.tandem("check")
    assert told.code == 1
    assert told.out.count("log-in ok") == 2
    assert told.out.endswith("problems, 2 warnings. Nothing was written.\n")


def test_one_side_that_cannot_be_read_keeps_nobody_from_asking_the_other(house: House) -> None:
    house.edit(JIRA_FILE, ("closed: reopen", "closd: reopen"))
    house.edit(ZENDESK_FILE, ("4: low}", "4: lowest}"))
    assert keys_of(problems(house)) == {("TDM-213", "closd"), ("TDM-225", "fields.priority.map.4")}


def test_a_key_that_is_none_keeps_nobody_from_looking_at_the_rest_of_its_contract(house: House) -> None:
    """Nor is what follows from it told: the other side's `as` is wrong, and not missing."""
    house.edit(
        JIRA_FILE,
        ("closed: reopen", "closd: reopen"),
        ("[Low, Lowest]", "[Low, Lowst]"),
        ("{out: public, as: public, names: full, onward: true, in:", "{out: public, as: publc, names: full, in:"),
    )
    assert keys_of(problems(house)) == {
        ("TDM-213", "closd"),
        ("TDM-215", "offers.customers.comments.as"),
        ("TDM-225", "fields.priority.map.4"),
    }


def test_a_contract_that_is_still_being_written_is_not_asked_about(house: House) -> None:
    house.edit(JIRA_FILE, ("connection: infinity_jira", "connection: <connection>"))
    told = house.tandem("check", "--json").data
    assert keys_of(told["problems"]) == {("TDM-254", "connection")}
    assert [side["logged_in"] for side in told["sides"]] == [True, False]


def test_a_status_that_no_transition_reaches_is_found_once_all_others_were_seen(house: House, control: Control) -> None:
    workflow = control.settings(JIRA)["workflow"]
    ways = [one for one in workflow["transitions"] if one["name"] != "Wait"]
    control.settings(JIRA, workflow={**workflow, "transitions": ways})
    for names in ([], ["Start"], ["Start", "Review"], ["Finish"]):
        key = house.open_issue("shows the ways out of its status")
        for name in names:
            house.go(key, name)
    found = only(house, "TDM-203")
    assert found["key"] == "fields.status.map.pending"
    assert found["what"] == 'In SHOP, no transition leads to "Waiting" from any status of the map.'


def test_a_field_without_which_zendesk_solves_no_ticket_is_told_unless_something_fills_it(
    house: House, control: Control
) -> None:
    fields = control.settings(ZENDESK)["ticket_fields"]
    cause = {"id": 360009999999, "title": "Root cause", "type": "tagger", "options": ["cause_cable", "cause_other"]}
    control.settings(ZENDESK, ticket_fields=[*fields, {**cause, "required_to_solve": True}])
    found = only(house, "TDM-203")
    assert (found["file"].endswith(ZENDESK_FILE), found["key"], found["warning"]) == (
        True,
        "fields.status.map.solved",
        True,
    )
    assert 'only with "Root cause" (custom_field_360009999999)' in found["what"]
    assert "create: {custom_field_360009999999: Cause_cable}" in found["fix"]
    house.edit(ZENDESK_FILE, ("create:      {", "create:      {custom_field_360009999999: Cause_cable, "))
    assert problems(house) == []


def test_a_jira_that_is_no_cloud_is_told_from_none(house: House, control: Control) -> None:
    control.settings(JIRA, deployment="Server")
    found = only(house, "TDM-229")
    assert (found["key"], found["line"], found["warning"]) == ("connection", 5, False)
    assert "Jira Server 9.12.0" in found["what"]


def test_a_clock_that_is_off_is_a_warning_with_its_fix(house: House, control: Control) -> None:
    control.advance(300, ZENDESK)
    try:
        found = only(house, "TDM-228")
    finally:
        control.advance(-300, ZENDESK)
    assert (found["key"], found["warning"]) == ("connection", True)
    assert " s ahead of ours" in found["what"] and "NTP" in found["fix"]


def test_what_is_renamed_is_known_by_its_id_and_told_once_a_field(started: House, control: Control) -> None:
    started.open_issue("shows the ways out of To Do")
    assert started.tandem("check").code == 0
    started.forget_preflight()
    assert started.tandem("run", PAIR).code == 0
    control.settings(JIRA, renamed={"In Progress": "Doing", "Finish": "Complete", "Low": "Minor"})
    told = started.tandem("check", "--json")
    assert told.code == 0, told.out
    assert [(one["code"], one["key"], one["warning"]) for one in told.data["problems"]] == [
        ("TDM-257", "fields.priority.map.4", True),
        ("TDM-257", "fields.status.map.in_progress", True),
        ("TDM-257", "transitions.Done.by", True),
    ]
    assert '"Finish" is "Complete"' in told.data["problems"][2]["what"]
    described = started.tandem("dictionary", PAIR)
    assert (described.code, "| 4 | low | Low (now Minor), Lowest |" in described.out) == (0, True), described.out
    assert "In Progress (now Doing), In Review" in described.out
    fresh = started.tandem("check", "--json", TANDEM_DB=f"sqlite:///{started.folder / 'another.db'}")
    assert {one["code"] for one in fresh.data["problems"] if not one["warning"]} == {"TDM-203", "TDM-225"}


def test_a_misspelt_status_does_not_stand_in_the_way_of_the_transition_to_it(house: House) -> None:
    """The files alone would have the transition written like the status; the tracker knows which is right."""
    house.open_issue("shows the ways out of To Do")
    house.edit(JIRA_FILE, ("solved: Done}", "solved: Doen}"))
    found = only(house, "TDM-225")
    assert (found["key"], found["fix"].partition("? ")[0]) == ("fields.status.map.solved", 'Did you mean "Done"')
    house.edit(JIRA_FILE, ("solved: Doen}", "solved: Done}"), ("{Done: {by: Finish", "{Waitng: {by: Finish"))
    assert ("TDM-251", "transitions.Waitng") in keys_of(problems(house))


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("create:      {project: SHOP, issuetype: Task, labels: [customer]}", "create: {project: shop}", "SHOP"),
        ("1: Highest", "1: HIGHEST", "Highest"),
        ("by: Finish", "by: FINISH", "Finish"),
    ],
)
def test_a_name_in_another_case_is_told_as_it_is_spelled_there(house: House, old: str, new: str, meant: str) -> None:
    house.open_issue("shows the ways out of To Do")
    house.edit(JIRA_FILE, (old, new))
    assert any(one["fix"].startswith(f'Did you mean "{meant}"? ') for one in problems(house))


@pytest.mark.parametrize(("word", "tag"), [("Customer", "customer"), ("my customer", "my_customer")])
def test_a_tag_that_no_ticket_can_have_is_told(house: House, word: str, tag: str) -> None:
    house.edit(ZENDESK_FILE, ("contains: customer}]", f"contains: {word}}}]"))
    (found,) = [one for one in problems(house) if one["code"] == "TDM-224"]
    assert (found["key"], found["warning"], found["fix"]) == ("scope.0", True, f'Write "{tag}".')


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "prority = Hgh AND priority = Hihg ORDER BY created",
            ["Remove `ORDER BY …`.", 'Did you mean "priority"? ', 'Did you mean "High"? '],
        ),
        ("summary ~ cart) OR (summary ~ basket", ["Correct "]),
        ("summary ~ cart AND", ["Correct "]),
    ],
)
def test_all_that_is_wrong_with_a_raw_query_is_told(house: House, query: str, told: list[str]) -> None:
    scope = "scope: [{field: project, is: SHOP}, {field: labels, contains: customer}]"
    house.edit(JIRA_FILE, (scope, f"{scope}\n    query: {query}"))
    found = problems(house)
    assert {(one["code"], one["key"]) for one in found} == {("TDM-226", "offers.customers.query")}
    for words in told:
        assert len([one for one in found if one["fix"].startswith(words)]) == 1, (words, found)
    assert len(found) == len(told)


@pytest.mark.parametrize(
    ("old", "new", "code", "key", "meant"),
    [
        ("in_progress: [open", "in_progres: [open", "TDM-232", "fields.status.map.in_progres", "in_progress"),
        ("  labels:      {", "  lables:      {", "TDM-230", "fields.lables", "labels"),
        ("{field: tags, contains: customer}", "{field: group_id, is: Suport}", "TDM-224", "scope.0", "Support"),
    ],
)
def test_what_follows_from_a_misspelt_word_is_not_told(
    house: House, old: str, new: str, code: str, key: str, meant: str
) -> None:
    house.edit(ZENDESK_FILE, (old, new))
    found = [one for one in problems(house) if one["code"] != "TDM-267"]
    assert [(one["code"], one["key"]) for one in found] == [(code, key)]
    assert any(found[0]["fix"].startswith(f"Did you mean {quote}{meant}{quote}?") for quote in '`"')


def test_a_field_of_ones_own_that_is_spelt_in_two_ways_is_told_at_both_sides(house: House) -> None:
    """Neither company is shown what the other wrote."""
    house.edit(ZENDESK_FILE, ("  x_order_no:  {", "  x_orderno:  {"))
    found = problems(house)
    assert {(one["code"], one["key"], one["warning"]) for one in found} == {
        ("TDM-230", "fields.x_orderno", True),
        ("TDM-230", "offers.customers.fields.x_order_no", True),
    }
    for one in found:
        assert ("x_orderno" in one["what"] + one["fix"]) is (one["key"] == "fields.x_orderno")


@pytest.mark.parametrize(
    ("query", "told"), [("created >= 1970-01-01", True), ("summary ~ narrow", False), ("status is not EMPTY", True)]
)
def test_a_raw_query_that_leaves_nothing_out_is_a_warning(house: House, query: str, told: bool) -> None:
    for number in range(10):
        house.open_issue(f"{'narrow' if number else 'wide'} {number}")
    scope = "scope: [{field: project, is: SHOP}, {field: labels, contains: customer}]"
    house.edit(JIRA_FILE, (scope, f"scope: [{{field: project, is: SHOP}}]\n    query: {query}"))
    found = [(one["code"], one["key"], one["warning"]) for one in problems(house)]
    assert found == ([("TDM-227", "offers.customers.query", True)] if told else [])


def test_what_a_project_asks_of_a_new_issue_is_told_for_the_types_that_are_made(house: House, control: Control) -> None:
    projects = control.settings(JIRA)["projects"]
    control.settings(JIRA, projects={**projects, "SHOP": {**projects["SHOP"], "required": ["duedate"]}})
    found = only(house, "TDM-240")
    assert (found["key"], found["fix"]) == ("offers.customers.create", "Add it: create: {duedate: …}.")
    assert found["what"].startswith("No Task and no Bug can be created without")
    house.edit(JIRA_FILE, ("create:      {project: SHOP,", "create:      {duedate: 2030-01-01, project: SHOP,"))
    assert problems(house) == []


@pytest.mark.parametrize(
    "scope", ["{field: subject, set: true}", "{field: status, set: true}", "{field: created_at, set: true}"]
)
def test_a_scope_whose_conditions_are_true_of_all_is_a_warning(house: House, scope: str) -> None:
    house.edit(ZENDESK_FILE, ("{field: tags, contains: customer}", scope))
    found = [(one["code"], one["key"], one["warning"]) for one in problems(house) if one["code"] != "TDM-267"]
    assert found == [("TDM-242", "scope", True)]


@pytest.mark.parametrize("scope", ["{field: created, set: true}", "{field: creator, set: true}"])
def test_what_jira_itself_fills_narrows_no_scope(house: House, scope: str) -> None:
    house.edit(JIRA_FILE, ("{field: labels, contains: customer}]", f"{scope}]"))
    found = only(house, "TDM-242")
    assert (found["key"], found["warning"]) == ("offers.customers.scope", True)


def test_a_contract_that_offers_files_to_nobody_is_told(house: House) -> None:
    own = "    reveal:      [key, status]\n    create:      {project: SHOP, issuetype: Task, labels: [customer]}"
    house.edit(JIRA_FILE, (ATTACHED + own, own))
    found = only(house, "TDM-258")
    assert (found["key"], found["warning"]) == ("attachments", True)


def test_files_larger_than_the_other_sides_tracker_takes_are_told(house: House) -> None:
    """Zendesk takes 50 MB (MiB, in fact), whatever Jira's contract lets go."""
    house.edit(JIRA_FILE, (ATTACHED, ATTACHED.replace("20 MB", "2 GB")))
    found = only(house, "TDM-258")
    assert (found["key"], found["warning"]) == ("offers.customers.attachments.up_to", True)
    assert "52.4 MB" in found["what"] and "50 MiB" in found["fix"]


def test_an_account_of_the_people_file_that_is_none_is_told_by_its_person(house: House) -> None:
    people = "contracts/people/infinity-solutions.yaml"
    house.edit(people, ("557058:a784eefe-7608-d6c0-b117-712903912c51", "557058:somebody-who-left"))
    found = only(house, "TDM-259")
    assert (found["key"], found["warning"]) == ("fields.assignee", True)
    assert "anna@mercuri.example" in found["what"] and "somebody" not in found["what"]
