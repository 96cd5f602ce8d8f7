# SPDX-License-Identifier: Apache-2.0
"""The simulated Jira's issues over HTTP: writing, refusing, the workflow, history, comments, files, rights."""

from collections.abc import Iterator

import pytest
import requests

from support.jira import JiraSite, doc, jira_site


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


def test_only_valid_credentials_of_active_accounts_are_let_in(site: JiraSite) -> None:
    url = f"{site.place.url}/rest/api/3/myself"
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, auth=("tandem@infinity.example", "wrong"), timeout=10).status_code == 401
    assert site.ask("GET", "3/myself", "gone").status_code == 401
    assert requests.get(url, auth=("TANDEM@infinity.example", "t-token"), timeout=10).json()["displayName"] == "Tandem"
    assert site.get("3/myself", "omar")["timeZone"] == "America/New_York"


def test_the_server_says_what_it_is_even_to_strangers_but_not_to_wrong_passwords(site: JiraSite) -> None:
    url = f"{site.place.url}/rest/api/2/serverInfo"
    said = requests.get(url, timeout=10).json()
    assert said["deploymentType"] == "Cloud"
    assert said["versionNumbers"][0] > 1000
    assert said["serverTime"].endswith(("+0100", "+0200"))
    assert requests.get(url, auth=("elaine@infinity.example", "no"), timeout=10).status_code == 401


def test_create_answers_id_key_and_self_and_keeps_its_properties(site: JiraSite) -> None:
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Bug"}, "summary": "Cart", "labels": ["b", "a"]}
    marker = {"key": "marker", "value": "origin-1"}
    answer = site.ask("POST", "3/issue", json={"fields": fields, "properties": [marker]})
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "key", "self"}
    key = answer.json()["key"]
    found = site.ask("POST", "3/issue/bulkfetch", json={"issueIdsOrKeys": [key, "SHOP-999"], "properties": ["marker"]})
    assert found.json()["issues"][0]["properties"] == {"marker": "origin-1"}
    assert [issue["key"] for issue in found.json()["issues"]] == [key]
    assert found.json()["issueErrors"] == []  # what is not found is not listed
    assert site.get(f"3/issue/{key}/properties/marker") == marker
    assert site.fields(key)["labels"] == ["a", "b"]
    assert site.fields(key)["priority"]["name"] == "Medium"


def test_one_store_speaks_wiki_in_version_2_and_documents_in_version_3(site: JiraSite) -> None:
    key = site.create(description=doc("Hello [world]"))
    assert site.fields(key, version="2")["description"] == "Hello \\[world\\]"
    answer = site.ask("PUT", f"2/issue/{key}", json={"fields": {"description": "now *bold*"}})
    assert (answer.status_code, answer.content) == (204, b"")
    content = site.fields(key)["description"]["content"][0]["content"]
    assert content[1] == {"type": "text", "text": "bold", "marks": [{"type": "strong"}]}
    [change] = site.history(key)[-1]["items"]
    assert (change["fromString"], change["toString"]) == ("Hello \\[world\\]", "now *bold*")
    site.edit(key, description=None)
    assert site.fields(key)["description"] is None


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("summary", "two\nlines", "newline"),
        ("summary", "x" * 256, "255"),
        ("summary", "\N{GRINNING FACE}" * 128, "255"),
        ("summary", "", "must specify"),
        ("labels", ["a b"], "spaces"),
        ("labels", ["x" * 256], "255"),
        ("priority", {"name": "Urgent"}, "not valid"),
        ("status", {"name": "Done"}, "cannot be set"),
        ("resolution", {"name": "Fixed"}, "cannot be set"),
        ("assignee", {"accountId": "nobody"}, "does not exist"),
        ("duedate", "2024-02-30", "yyyy-MM-dd"),
        ("description", "plain", "Atlassian Document"),
        ("description", doc("x" * 32_768), "32,767"),
        ("customfield_10042", 7, "string"),
        ("customfield_10051", "7", "number"),
        ("customfield_10052", {"value": "Fax"}, "not valid"),
        ("customfield_99999", "x", "cannot be set"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(site: JiraSite, field: str, value: object, says: str) -> None:
    key = "SHOP-1"
    before = site.fields(key)["updated"]
    answer = site.ask("PUT", f"3/issue/{key}", json={"fields": {field: value}})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == []
    assert says in answer.json()["errors"][field]
    assert site.fields(key)["updated"] == before


def test_an_edit_without_fields_and_a_document_outside_the_schema_are_refused(site: JiraSite) -> None:
    answer = site.ask("PUT", "3/issue/SHOP-1", json={})
    assert answer.json() == {"errorMessages": ["one of 'fields' or 'update' required"], "errors": {}}
    broken = {"type": "doc", "version": 1, "content": [{"type": "sparkle"}]}
    answer = site.ask("PUT", "3/issue/SHOP-1", json={"fields": {"description": broken}})
    assert (answer.status_code, answer.json()["errorMessages"]) == (400, ["INVALID_INPUT"])
    assert site.ask("PUT", "3/issue/SHOP-1", data="{").status_code == 400


def test_text_of_the_longest_length_is_kept_whole(site: JiraSite) -> None:
    key = site.create(description=doc("x" * 32_767), summary="s" * 255)
    assert site.fields(key)["description"] == doc("x" * 32_767)


def test_every_kind_of_custom_field_comes_back_as_it_was_set(site: JiraSite) -> None:
    expert = site.account("omar")
    key = site.create(
        customfield_10042="A-1",
        customfield_10050=doc("because"),
        customfield_10051=2.5,
        customfield_10052={"value": "Web"},
        customfield_10053=[{"value": "North"}, {"value": "South"}],
        customfield_10054="2024-05-01T10:00:00.000+0000",
        customfield_10055={"accountId": expert},
    )
    fields = site.fields(key)
    assert fields["customfield_10042"] == "A-1"
    assert fields["customfield_10050"] == doc("because")
    assert fields["customfield_10051"] == 2.5
    assert fields["customfield_10052"]["value"] == "Web"
    assert [one["value"] for one in fields["customfield_10053"]] == ["North", "South"]
    assert fields["customfield_10054"] == "2024-05-01T12:00:00.000+0200"
    assert fields["customfield_10055"]["accountId"] == expert
    site.edit(key, customfield_10042=None, customfield_10053=[])
    assert site.fields(key)["customfield_10042"] is None
    assert site.history(key)[-1]["items"][0]["fieldtype"] == "custom"


def test_updates_add_and_remove_and_updated_always_grows(site: JiraSite) -> None:
    key = site.create(labels=["a"])
    seen = [site.fields(key)["updated"]]
    for update in (
        {"labels": [{"add": "b"}, {"remove": "a"}]},
        {"labels": [{"set": ["c"]}]},
        {"labels": [{"add": "c"}]},
    ):
        assert site.ask("PUT", f"3/issue/{key}", json={"update": update}).status_code == 204
        seen.append(site.fields(key)["updated"])
    assert seen == sorted(set(seen))
    assert site.fields(key)["labels"] == ["c"]
    changes = [(one["fromString"], one["toString"]) for entry in site.history(key) for one in entry["items"]]
    assert changes == [("a", "b"), ("b", "c")]


def test_an_edit_can_answer_with_the_issue_and_its_history_keeps_the_metadata(site: JiraSite) -> None:
    key = site.create()
    mark = {"type": "tandem", "extraData": {"action": "42"}}
    answer = site.ask(
        "PUT",
        f"3/issue/{key}?returnIssue=true&expand=changelog",
        json={"fields": {"summary": "Marked"}, "historyMetadata": mark},
    )
    assert answer.status_code == 200
    assert answer.json()["fields"]["summary"] == "Marked"
    assert answer.json()["changelog"]["histories"][0]["historyMetadata"] == mark
    assert site.history(key)[-1]["author"]["displayName"] == "Tandem"


def test_status_moves_only_along_the_workflow_with_the_fields_of_the_screen(site: JiraSite) -> None:
    key = site.create()
    offered = site.get(f"3/issue/{key}/transitions", expand="transitions.fields")["transitions"]
    assert [one["name"] for one in offered] == ["Start", "Close as known"]
    assert site.ask("POST", f"3/issue/{key}/transitions", json={"transition": {"id": "31"}}).status_code == 400
    started = site.go(key, "Start")
    assert (started.status_code, started.content) == (204, b"")
    refused = site.go(key, "Finish")
    assert refused.json()["errors"] == {"resolution": "Resolution is required."}
    finish = site.get(f"3/issue/{key}/transitions", expand="transitions.fields")["transitions"][1]
    assert [one["name"] for one in finish["fields"]["resolution"]["allowedValues"]] == ["Fixed", "Known issue"]
    assert site.go(key, "Finish", fields={"labels": ["x"], "resolution": {"name": "Fixed"}}).status_code == 400
    mark = {"type": "tandem"}
    assert site.go(key, "Finish", fields={"resolution": {"name": "Fixed"}}, historyMetadata=mark).status_code == 204
    fields = site.fields(key)
    assert fields["status"]["statusCategory"] == fields["status"]["statusCategory"] | {"id": 3, "key": "done"}
    assert fields["resolution"]["name"] == "Fixed"
    assert fields["resolutiondate"] is not None
    ours, rule = site.history(key)[-2:]
    assert [one["field"] for one in ours["items"]] == ["resolution", "status"]
    assert ours["historyMetadata"] == mark
    assert (rule["author"]["displayName"], rule["items"][0]["toString"]) == ("Automation for Jira", "finished")
    assert site.go(key, "Reopen").status_code == 204
    assert site.fields(key)["resolution"] is None


def test_a_transition_may_need_a_linked_issue(site: JiraSite) -> None:
    key, known = site.create(), site.create()
    assert "issuelinks" in site.go(key, "Close as known").json()["errors"]
    link = [{"add": {"type": {"name": "Duplicate"}, "outwardIssue": {"key": known}}}]
    assert site.go(key, "Close as known", update={"issuelinks": link}).status_code == 204
    [shown] = site.fields(known)["issuelinks"]
    assert (shown["inwardIssue"]["key"], shown["type"]["inward"]) == (key, "is duplicated by")
    assert site.history(known)[-1]["items"][0]["toString"] == f"This issue is duplicated by {key}"


def test_an_edit_whose_comment_does_not_fit_changes_nothing(site: JiraSite) -> None:
    key = site.create()
    before = site.fields(key)["updated"]
    body = {"fields": {"summary": "half done"}, "update": {"comment": [{"add": {"body": "wiki"}}]}}
    assert site.ask("PUT", f"3/issue/{key}", json=body).status_code == 400
    assert site.fields(key)["updated"] == before
    body["update"] = {"comment": [{"add": {"body": doc("whole")}}]}
    assert site.ask("PUT", f"3/issue/{key}", json=body).status_code == 204
    assert site.fields(key)["comment"]["comments"][0]["body"] == doc("whole")


def test_house_rules_act_as_their_own_account(site: JiraSite) -> None:
    key = site.create(labels=["vip"])
    assert site.fields(key)["priority"]["name"] == "Highest"
    [entry] = site.history(key)
    assert entry["author"]["accountType"] == "app"


def test_bulk_create_answers_item_by_item(site: JiraSite) -> None:
    good = {"fields": {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "one of many"}}
    bad = {"fields": {"project": {"key": "SHOP"}, "issuetype": {"name": "Epic"}, "summary": "never"}}
    answer = site.ask("POST", "3/issue/bulk", json={"issueUpdates": [good, bad, good]})
    assert answer.status_code == 201
    assert len(answer.json()["issues"]) == 2
    [error] = answer.json()["errors"]
    assert (error["failedElementNumber"], error["status"]) == (1, 400)
    assert "issuetype" in error["elementErrors"]["errors"]
    assert site.ask("POST", "3/issue/bulk", json={"issueUpdates": [bad]}).status_code == 400


def test_the_embedded_changelog_is_cut_newest_first_and_the_pages_hold_all(site: JiraSite) -> None:
    key = site.create()
    for number in range(45):
        site.edit(key, summary=f"name {number}")
    embedded = site.get(f"3/issue/{key}", expand="changelog")["changelog"]
    assert (embedded["total"], embedded["maxResults"], len(embedded["histories"])) == (45, 40, 40)
    assert embedded["histories"][0]["items"][0]["toString"] == "name 44"
    page = site.get(f"3/issue/{key}/changelog", startAt=40, maxResults=100)
    assert (page["isLast"], page["values"][0]["items"][0]["toString"]) == (True, "name 40")
    first = site.ask("POST", "3/changelog/bulkfetch", json={"issueIdsOrKeys": [key], "maxResults": 30}).json()
    rest = site.ask(
        "POST",
        "3/changelog/bulkfetch",
        json={"issueIdsOrKeys": [key], "maxResults": 30, "nextPageToken": first["nextPageToken"]},
    ).json()
    told = [one for page in (first, rest) for one in page["issueChangeLogs"][0]["changeHistories"]]
    assert [one["items"][0]["toString"] for one in told] == [f"name {n}" for n in range(45)]
    assert isinstance(told[0]["created"], int)
    assert "nextPageToken" not in rest
    only = {"issueIdsOrKeys": [key], "fieldIds": ["priority"]}
    assert site.ask("POST", "3/changelog/bulkfetch", json=only).json()["issueChangeLogs"] == []
    many = {"issueIdsOrKeys": [key], "fieldIds": [f"f{n}" for n in range(11)]}
    assert site.ask("POST", "3/changelog/bulkfetch", json=many).status_code == 400
