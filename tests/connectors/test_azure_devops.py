# SPDX-License-Identifier: Apache-2.0
"""Reading Azure DevOps: the preflight, the feed, what it costs, and what its values look like."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.answering import Page, answering
from connectors.azure_devops_house import (
    ASSIGNEE,
    HIDDEN,
    IN_SCOPE,
    MARKER,
    ORDER,
    PRIORITY,
    READ,
    SECRET,
    SETTINGS,
    STATE,
    TAGS,
    TEXT,
    TITLE,
    at_the_end,
    connector,
    history,
    make,
    needs,
    record,
    sent,
)
from contract.bench import mark
from support.azure_devops import NAME, PROJECT, REPRO_STEPS, Desk
from tandem.connectors.azure_devops import AzureDevOps
from tandem.connectors.base import Condition, Needs, Patch
from tandem.core.plain import to_plain
from tandem.errors import ConfigurationError, CredentialsError
from tandem.http import Http


def told(azure: AzureDevOps) -> list[tuple[str, str, bool]]:
    """Code, key and whether it is a warning, of each problem that the preflight finds."""
    return sorted((one.code, one.key, one.warning) for one in azure.preflight().problems)


def words(azure: AzureDevOps) -> str:
    return "\n".join(str(one) for one in azure.preflight().problems)


def listed(azure: AzureDevOps, cursor: str) -> list[str]:
    return [one.id for page in azure.changed_since(cursor) for one in page.seen]


# ---- preflight


def test_nothing_is_wrong_where_nothing_is(azure_devops: Desk) -> None:
    found = connector(azure_devops).preflight()
    assert found.problems == ()
    assert found.private_comments is False
    assert any("private" in remark for remark in found.remarks)
    assert (found.account.id, found.account.email) == ("tandem@global.example", "tandem@global.example")


def test_the_dictionary_tells_kinds_and_choices(azure_devops: Desk) -> None:
    fields = connector(azure_devops).preflight().fields
    kinds = {name: fields[name].kind for name in (TITLE, TEXT, TAGS, STATE, PRIORITY, ASSIGNEE, ORDER)}
    assert kinds == {
        TITLE: "text",
        TEXT: "rich",
        TAGS: "set",
        STATE: "choice",
        PRIORITY: "choice",
        ASSIGNEE: "person",
        ORDER: "text",
    }
    assert fields["Custom.Count"].kind == "number"
    assert list(fields[PRIORITY].choices) == ["1", "2", "3", "4"]
    assert {"New", "Active", "Resolved", "Closed"} <= set(fields[STATE].choices)
    assert fields[TITLE].max_length == 255
    assert fields[TITLE].required


def test_a_token_that_is_not_accepted_is_told(azure_devops: Desk) -> None:
    """It is answered with a page to log in at, and a status of success."""
    assert told(connector(azure_devops, word="wrong")) == [("TDM-220", "", False)]
    azure_devops.control.settings(NAME, expired=["tandem"])
    assert told(connector(azure_devops)) == [("TDM-220", "", False)]
    with pytest.raises(CredentialsError):
        connector(azure_devops).fetch(["1"])


def test_a_wrong_address_is_told(azure_devops: Desk) -> None:
    there = replace(azure_devops.place, url=azure_devops.place.url + "/nowhere")
    assert told(connector(replace(azure_devops, place=there))) == [("TDM-220", "", False)]


def test_an_area_in_which_nothing_may_be_made_is_told(azure_devops: Desk) -> None:
    """The tracker is asked whether it would make an item, and makes none."""
    scope = (*IN_SCOPE, Condition("System.AreaPath", is_=f"{PROJECT}\\Web"))
    before = azure_devops.find("[System.Id] > 0")
    assert told(connector(azure_devops, needs(scope=scope))) == []
    azure_devops.control.settings(NAME, read_only={"tandem": [f"{PROJECT}\\Web"]})
    assert told(connector(azure_devops, needs(scope=scope))) == [("TDM-221", "System.AreaPath", False)]
    assert told(connector(azure_devops, needs(scope=scope, write=frozenset()))) == []
    assert azure_devops.find("[System.Id] > 0") == before


def test_a_project_that_is_not_there_is_told(azure_devops: Desk) -> None:
    scope = (Condition("System.TeamProject", is_="Nowhere"), IN_SCOPE[1])
    assert ("TDM-221", "System.TeamProject", False) in told(connector(azure_devops, needs(scope=scope)))


def test_unknown_fields_states_and_choices_are_told_at_once(azure_devops: Desk) -> None:
    wants = needs(
        read=READ | {"Custom.Nothing"},
        write=READ | {"System.CreatedDate"},
        scope=(*IN_SCOPE, Condition("System.WorkItemType", is_="Story")),
        statuses=("New", "On Hold"),
    )
    assert told(connector(azure_devops, wants)) == [
        ("TDM-222", "Custom.Nothing", False),
        ("TDM-223", "System.CreatedDate", False),
        ("TDM-224", "System.WorkItemType", False),
        ("TDM-225", STATE, False),
    ] or ("TDM-225", STATE, False) in told(connector(azure_devops, replace(wants, scope=IN_SCOPE)))


def test_a_state_that_no_step_leads_to_is_told(azure_devops: Desk) -> None:
    islands = {"Bug": {"New": ["Active"], "Active": ["Closed"], "Resolved": ["Closed"], "Closed": ["Active"]}}
    azure_devops.control.settings(NAME, transitions=islands)
    scope = (*IN_SCOPE, Condition("System.WorkItemType", is_="Bug"))
    found = words(connector(azure_devops, needs(scope=scope, statuses=("New", "Active", "Resolved"))))
    assert 'no step of the process leads to the state "Resolved"' in found
    assert '"Active"' not in found


def test_a_scope_that_takes_everything_is_told(azure_devops: Desk) -> None:
    assert told(connector(azure_devops, needs(scope=IN_SCOPE[:1]))) == [("TDM-227", "scope", True)]
    assert ("TDM-227", "System.TeamProject", False) in told(connector(azure_devops, needs(scope=IN_SCOPE[1:])))


def test_a_field_for_marks_that_is_none_is_told(azure_devops: Desk) -> None:
    for marker in ("", "System.Title", "Custom.Count", "Custom.Nothing"):
        options = {"marker": marker, "markup": "html"}
        assert ("TDM-222", "options.marker", False) in told(connector(azure_devops, needs(options=options)))
    fields = {**SETTINGS["fields"], MARKER: {"name": "Tandem", "types": ["Task"]}}
    azure_devops.control.settings(NAME, fields=fields)
    scope = (*IN_SCOPE, Condition("System.WorkItemType", is_="Bug"))
    assert "Bug of Shop has no field Custom.Tandem" in words(connector(azure_devops, needs(scope=scope)))


def test_a_raw_query_that_is_not_understood_is_told(azure_devops: Desk) -> None:
    wrong, right = "[System.Tags] CONTINS 'x'", "[System.Title] CONTAINS 'dark'"
    assert ("TDM-226", "query", False) in told(connector(azure_devops, needs(query=wrong)))
    assert told(connector(azure_devops, needs(query=right))) == []


def test_a_raw_query_narrows_the_scope(azure_devops: Desk) -> None:
    dark, light = make(azure_devops, "it is dark"), make(azure_devops, "it is light")
    subject = connector(azure_devops, needs(query="[System.Title] CONTAINS 'dark'"))
    assert [record(subject, one).scope_reason for one in (dark, light)] == ["", "query"]
    swept = {one.id for page in subject.in_scope() for one in page.seen}
    assert dark in swept
    assert light not in swept


# ---- scope


def test_an_area_holds_those_below_it(azure_devops: Desk) -> None:
    scope = (IN_SCOPE[0], Condition("System.AreaPath", is_=f"{PROJECT}\\Network"))
    subject = connector(azure_devops, needs(scope=scope))
    here = make(azure_devops, System__AreaPath=f"{PROJECT}\\Network")
    below = make(azure_devops, System__AreaPath=f"{PROJECT}\\Network\\Core")
    beside = make(azure_devops, System__AreaPath=f"{PROJECT}\\Web")
    assert [record(subject, one).in_scope for one in (here, below, beside)] == [True, True, False]
    swept = {one.id for page in subject.in_scope() for one in page.seen}
    assert {here, below} <= swept
    assert beside not in swept


def test_a_tag_is_one_of_the_tags_and_no_part_of_one(azure_devops: Desk) -> None:
    other = make(azure_devops, System__Tags="shared kitchen; unshared")
    assert not record(connector(azure_devops), other).in_scope


# ---- the feed


def test_nothing_new_costs_two_requests_at_most(azure_devops: Desk) -> None:
    make(azure_devops)
    subject = connector(azure_devops)
    cursor = [page.cursor for page in subject.changed_since(subject.start(datetime.now(UTC) - timedelta(days=1)))][-1]
    azure_devops.control.clear_requests()
    assert cursor is not None
    assert listed(connector(azure_devops), cursor) == []
    assert len(azure_devops.control.requests(NAME)) <= 2


def test_a_thousand_changed_tickets_cost_forty_requests_at_most(azure_devops: Desk) -> None:
    """Each with ten changes and ten comments by people; read as the engine reads tickets that it holds."""
    act = azure_devops.control.act
    base = "/global"
    body = [
        {"op": "add", "path": f"/fields/{name}", "value": value} for name, value in ((TITLE, "m"), (TAGS, "shared"))
    ]
    version = "api-version=7.1"
    opened = act(NAME, "david", [("POST", f"{base}/{PROJECT}/_apis/wit/workitems/$Bug?{version}", body)] * 1000)
    ids = [str(one["id"]) for one in opened]
    subject = connector(azure_devops)
    known = {one.id: one.version for start in range(0, 1000, 200) for one in subject.fetch(ids[start : start + 200])}
    assert len(known) == 1000
    cursor = at_the_end(subject)
    for turn in range(10):
        edit = [
            {"op": "add", "path": f"/fields/{PRIORITY}", "value": turn % 2 + 3},
            {"op": "add", "path": "/fields/System.History", "value": f"<div>Turn {turn}</div>"},
        ]
        act(NAME, "marco", [("PATCH", f"{base}/_apis/wit/workitems/{id_}?{version}", edit) for id_ in ids])
    azure_devops.control.clear_requests()
    subject = connector(azure_devops)
    entries = comments = asked = 0
    for page in subject.changed_since(cursor, lambda some: {id_: known[id_] for id_ in some if id_ in known}):
        some = [one.id for one in page.seen]
        records = subject.fetch(some, ahead=True)
        short = {one.id for one in records if one.id in page.deltas and one.version <= page.deltas[one.id].version}
        asked += len(set(some) - short)
        entries += sum(len(one.entries) for one in page.deltas.values())
        comments += sum(len(one.comments) for one in page.deltas.values())
    assert (asked, entries, comments) == (0, 10_000, 10_000)
    asked_for = Counter(
        f"{one['method']} {one['path'].rpartition('/')[2]}" for one in azure_devops.control.requests(NAME)
    )
    print(asked_for)
    assert asked_for.total() <= 40


def test_what_is_thrown_away_is_told_and_what_is_taken_back_is_there(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    cursor = at_the_end(connector(azure_devops))
    assert azure_devops.ask("DELETE", f"{PROJECT}/_apis/wit/workitems/{ticket}", "david").status_code == 200
    seen = [one for page in connector(azure_devops).changed_since(cursor) for one in page.seen if one.id == ticket]
    assert [(one.deleted, one.in_scope) for one in seen] == [(True, False)]
    (gone,) = connector(azure_devops).fetch([ticket])
    assert (gone.final, gone.in_scope, dict(gone.fields)) == ("deleted", False, {})
    path = f"{PROJECT}/_apis/wit/recyclebin/{ticket}"
    assert azure_devops.ask("PATCH", path, "david", json={"isDeleted": False}).status_code == 200
    assert record(connector(azure_devops), ticket).in_scope


# ---- records and histories


def test_values_come_in_their_one_flat_form(azure_devops: Desk) -> None:
    ticket = make(azure_devops, "Dark", "<div>text</div>", System__AssignedTo="marco@global.example")
    azure_devops.set(int(ticket), {"Custom.Count": 7, TAGS: "zebra; shared; apple"})
    subject = connector(azure_devops, needs(read=READ | {"Custom.Count"}))
    fields = record(subject, ticket).fields
    assert (fields[PRIORITY], fields["Custom.Count"], fields[ASSIGNEE]) == ("2", 7, "marco@global.example")
    assert fields[TAGS] == ["apple", "shared", "zebra"]
    assert record(subject, ticket).people["marco@global.example"].name == "Marco Global"


def test_of_a_bug_its_steps_are_the_text_and_of_all_else_the_description(azure_devops: Desk) -> None:
    bug = make(azure_devops, text="<p>steps</p>")
    feature = make(azure_devops, text="<p>wish</p>", type_="Feature")
    subject = connector(azure_devops)
    assert [record(subject, one).fields[TEXT] for one in (bug, feature)] == ["<p>steps</p>", "<p>wish</p>"]
    for one in (bug, feature):
        (outcome,) = subject.update([Patch(one, {TEXT: "<p>new</p>"}, mark())])
        assert outcome.error is None
    assert azure_devops.item(int(bug))["fields"][REPRO_STEPS] == "<p>new</p>"
    assert azure_devops.item(int(feature))["fields"]["System.Description"] == "<p>new</p>"
    steps = [(e.before, e.after) for e in history(subject, feature).entries if e.field == TEXT]
    assert steps == [("<p>wish</p>", "<p>new</p>")]


def test_each_text_is_read_as_what_it_is(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    azure_devops.say(int(ticket), "<div>in <b>HTML</b></div>")
    azure_devops.say(int(ticket), "in **Markdown**", form="markdown")
    subject = connector(azure_devops)
    first, second = history(subject, ticket).comments
    shown = [to_plain(subject.markup.parse(one.body).doc) for one in (first, second)]
    assert shown == ["in HTML", "in Markdown"]


def test_only_the_fields_asked_for_are_requested(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    subject = connector(azure_devops, Needs(frozenset({TITLE}), frozenset(), IN_SCOPE, files=False))
    azure_devops.control.clear_requests()
    record(subject, ticket)
    (asked,) = sent(azure_devops, "POST", "workitemsbatch")
    assert HIDDEN not in asked["body"]
    assert "Priority" not in asked["body"]


def test_a_file_that_a_private_text_names_stays(azure_devops: Desk) -> None:
    ticket = make(azure_devops, text="<p>see open.txt</p>")
    for name in ("open.txt", "secret.txt"):
        azure_devops.attach(int(ticket), name, SECRET.encode())
    subject = connector(azure_devops)
    assert {one.name for one in history(subject, ticket).files} == {"open.txt", "secret.txt"}
    azure_devops.set(int(ticket), {"System.Description": "<div>not offered: secret.txt</div>"})
    assert [one.name for one in history(subject, ticket).files] == ["open.txt"]


def test_a_link_to_another_item_is_no_change_of_its_own(azure_devops: Desk) -> None:
    ticket, other = make(azure_devops), make(azure_devops)
    before = record(connector(azure_devops), ticket).version
    azure_devops.link(int(ticket), "System.LinkTypes.Related", int(other))
    assert record(connector(azure_devops), ticket).version == before
    azure_devops.change(int(ticket), System__Title="after")
    entries = history(connector(azure_devops), ticket).entries
    assert [(one.field, one.after) for one in entries] == [(TITLE, "after")]


def test_what_a_rule_does_in_the_same_revision_stands_in_the_same_write(azure_devops: Desk) -> None:
    rules = [{"type": "Bug", "state": "Resolved", "set": {PRIORITY: 4}}]
    azure_devops.control.settings(NAME, rules=rules)
    ticket, ours = make(azure_devops), mark()
    subject = connector(azure_devops)
    (outcome,) = subject.update([Patch(ticket, {STATE: "Resolved"}, ours)])
    assert outcome.error is None
    entries = history(subject, ticket).entries
    assert {(one.field, one.mark) for one in entries} == {(STATE, ours), (PRIORITY, ours)}


@pytest.mark.parametrize("status", [203, 302])
def test_a_page_to_log_in_at_is_no_answer(status: int) -> None:
    with answering(wit_fields=Page(status), _apis_connectionData=Page(status)) as (url, _):
        azure = AzureDevOps(Http(requests.Session(), url, tenant="proxy"), needs())
        assert [one.code for one in azure.preflight().problems] == ["TDM-220"]
        with pytest.raises(CredentialsError):
            azure.fetch(["1"])


def test_what_a_rule_asks_for_in_a_state_is_told_with_the_steps_there(azure_devops: Desk) -> None:
    """Azure DevOps judges a step that it does not save."""
    rules = [{"type": "Bug", "state": "Resolved", "required": ["Custom.Order"]}]
    azure_devops.control.settings(NAME, rules=rules)
    ticket = make(azure_devops)
    scope = (*IN_SCOPE, Condition("System.WorkItemType", is_="Bug"))
    wants = needs(scope=scope, statuses=("New", "Active", "Resolved"))
    edges = connector(azure_devops, wants).preflight().edges
    assert {edge.type for edge in edges} == {"Bug"}
    asked = {(edge.way.to, edge.way.needs) for edge in edges if edge.way.to in ("Active", "Resolved")}
    assert asked == {("Active", ()), ("Resolved", ("Custom.Order",))}
    assert azure_devops.item(int(ticket))["rev"] == 1


def test_a_project_that_our_account_lost_is_named_by_the_feed(azure_devops: Desk) -> None:
    """It is nothing of one ticket, and no cursor passes it: what happens there meanwhile is told afterwards."""
    azure = connector(azure_devops)
    cursor = azure.start(datetime.now(UTC))
    ticket = make(azure_devops)
    azure_devops.control.settings(NAME, hidden={"tandem": [PROJECT]})
    with pytest.raises(ConfigurationError) as caught:
        list(azure.changed_since(cursor))
    [problem] = caught.value.problems
    assert (problem.code, PROJECT in problem.what) == ("TDM-221", True)
    azure_devops.control.settings(NAME, hidden={})
    assert ticket in listed(azure, cursor)


def test_the_organisations_former_address_is_its_own(azure_devops: Desk) -> None:
    markup = connector(azure_devops).markup
    read = markup.parse("<p>see https://global.visualstudio.com/Shop/_workitems/edit/7</p>")
    assert to_plain(read.doc) == "see [address]"
