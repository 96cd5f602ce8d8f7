# SPDX-License-Identifier: Apache-2.0
"""The simulated Jira's issues over HTTP: writing, refusing, the workflow, history, comments, files, rights."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from support.jira import JIRA, JiraSite, doc, jira_site, picture


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


def test_comments_are_listed_edited_and_deleted_and_their_properties_come_by_list_only(site: JiraSite) -> None:
    key = site.create()
    before = site.fields(key)["updated"]
    marker = {"key": "marker", "value": {"origin": "1"}}
    added = site.ask("POST", f"3/issue/{key}/comment", json={"body": doc("First"), "properties": [marker]})
    assert added.status_code == 201
    comment = added.json()
    assert comment["body"] == doc("First")
    assert comment["jsdPublic"] is True
    assert "properties" not in comment
    assert site.fields(key)["updated"] > before
    listed = site.ask("POST", "3/comment/list?expand=properties", json={"ids": [int(comment["id"]), 1]}).json()
    assert [one["properties"] for one in listed["values"]] == [[marker]]
    site.ask("POST", f"2/issue/{key}/comment", "elaine", json={"body": "Second *one*"})
    page = site.get(f"2/issue/{key}/comment", orderBy="-created", maxResults=1)
    assert (page["total"], page["comments"][0]["body"]) == (2, "Second *one*")
    changed = site.ask("PUT", f"3/issue/{key}/comment/{comment['id']}", json={"body": doc("Changed")}).json()
    assert changed["updated"] >= changed["created"]
    assert site.ask("DELETE", f"3/issue/{key}/comment/{comment['id']}", "omar").status_code == 400
    assert site.ask("DELETE", f"3/issue/{key}/comment/{comment['id']}").status_code == 204
    assert site.ask("GET", f"3/issue/{key}/comment/{comment['id']}").status_code == 404
    assert site.ask("POST", f"3/issue/{key}/comment", json={"body": "wiki"}).status_code == 400
    assert site.ask("POST", f"2/issue/{key}/comment", json={"body": " "}).status_code == 400


def test_an_internal_comment_exists_only_in_a_service_desk(site: JiraSite) -> None:
    internal = {"body": doc("Between us"), "properties": [{"key": "sd.public.comment", "value": {"internal": True}}]}
    desk, shop = site.create(project="DESK", duedate="2024-01-01"), site.create()
    assert site.ask("POST", f"3/issue/{desk}/comment", json=internal).json()["jsdPublic"] is False
    assert site.ask("POST", f"3/issue/{shop}/comment", json=internal).json()["jsdPublic"] is True


def test_a_restricted_comment_is_not_there_for_others(site: JiraSite) -> None:
    key = site.create()
    body = {"body": doc("For admins"), "visibility": {"type": "role", "value": "Administrators"}}
    comment = site.ask("POST", f"3/issue/{key}/comment", json=body).json()
    assert comment["visibility"]["value"] == "Administrators"
    assert site.get(f"3/issue/{key}/comment", "elaine")["total"] == 0
    assert site.ask("GET", f"3/issue/{key}/comment/{comment['id']}", "elaine").status_code == 404
    assert site.fields(key, "elaine")["comment"]["comments"] == []
    assert site.ask("POST", f"3/issue/{key}/comment", "elaine", json=body).status_code == 400


def test_a_file_needs_the_header_and_is_fetched_from_another_host_without_credentials(site: JiraSite) -> None:
    key = site.create()
    content = bytes(range(256)) * 40
    refused = site.ask("POST", f"3/issue/{key}/attachments", files={"file": ("a.bin", content)})
    assert refused.status_code == 403
    made = site.attach(key, "grüße.bin", content)
    assert made["filename"] == "grüße.bin"
    assert made["size"] == len(content)
    assert isinstance(made["id"], str)
    assert isinstance(site.get(f"3/attachment/{made['id']}")["id"], int)
    site.control.clear_requests(JIRA)
    there = site.ask("GET", f"3/attachment/content/{made['id']}", allow_redirects=False)
    assert there.status_code == 303
    assert there.headers["Location"].startswith("http://localhost:")
    assert site.ask("GET", f"3/attachment/content/{made['id']}").content == content
    asked = [(entry["path"].split("/")[1], entry["account"]) for entry in site.control.requests(JIRA)]
    assert asked[-2:] == [("rest", "tandem@infinity.example"), ("file", None)]
    assert requests.get(there.headers["Location"].split("?")[0], timeout=10).status_code == 401
    assert site.history(key)[-1]["items"][0]["toString"] == "grüße.bin"
    assert site.ask("DELETE", f"3/attachment/{made['id']}", "omar").status_code == 403
    assert site.ask("DELETE", f"3/attachment/{made['id']}").status_code == 204
    assert site.fields(key)["attachment"] == []


def test_a_text_that_loses_its_media_node_loses_the_file(site: JiraSite) -> None:
    key = site.create()
    kept, shown = site.attach(key, "kept.png", b"1"), site.attach(key, "shown.png", b"2")
    media = site.media_of(shown["id"])
    assert media != shown["id"]
    site.edit(key, description=picture(media))
    assert site.fields(key, version="2")["description"] == "!shown.png!"
    site.ask("PUT", f"2/issue/{key}", json={"fields": {"description": "!shown.png!\n\nand words"}})
    assert len(site.fields(key)["attachment"]) == 2
    site.edit(key, description=doc("words only"))
    assert [one["filename"] for one in site.fields(key)["attachment"]] == ["kept.png"]
    assert site.ask("GET", f"3/attachment/{shown['id']}").status_code == 404
    assert [one["field"] for one in site.history(key)[-1]["items"]] == ["description", "Attachment"]
    comment = {"body": picture(site.media_of(kept["id"]))}
    number = site.ask("POST", f"3/issue/{key}/comment", json=comment).json()["id"]
    site.ask("PUT", f"3/issue/{key}/comment/{number}", json={"body": doc("gone")})
    assert site.fields(key)["attachment"] == []


def test_a_media_node_of_no_file_of_the_issue_is_refused(site: JiraSite) -> None:
    key, other = site.create(), site.create()
    media = site.media_of(site.attach(other, "theirs.png", b"1")["id"])
    answer = site.ask("PUT", f"3/issue/{key}", json={"fields": {"description": picture(media)}})
    assert answer.json()["errorMessages"] == ["ATTACHMENT_VALIDATION_ERROR"]


def test_a_remote_link_with_a_known_global_id_is_updated(site: JiraSite) -> None:
    key = site.create()
    link = {"globalId": "tandem=1", "object": {"url": "https://e.example/1", "title": "One"}}
    first = site.ask("POST", f"3/issue/{key}/remotelink", json=link)
    again = site.ask("POST", f"3/issue/{key}/remotelink", json=link | {"relationship": "twin"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    [shown] = site.get(f"3/issue/{key}/remotelink")
    assert (shown["globalId"], shown["relationship"]) == ("tandem=1", "twin")


def test_properties_do_not_count_as_a_change(site: JiraSite) -> None:
    key = site.create()
    before = site.fields(key)["updated"]
    path = f"3/issue/{key}/properties/marker"
    assert [site.ask("PUT", path, json={"a": n}).status_code for n in (1, 2)] == [201, 200]
    assert site.get(path)["value"] == {"a": 2}
    assert site.fields(key)["updated"] == before
    assert site.ask("DELETE", path).status_code == 204
    assert site.ask("GET", path).status_code == 404


def test_a_moved_issue_keeps_its_id_and_is_found_by_its_old_key(site: JiraSite) -> None:
    key = site.create()
    number = site.get(f"3/issue/{key}")["id"]
    task = site.get("3/issuetype")
    target = f"DESK,{next(kind['id'] for kind in task if kind['name'] == 'Task')}"
    body = {"targetToSourcesMapping": {target: {"issueIdsOrKeys": [key], "inferFieldDefaults": True}}}
    done = site.ask("POST", "3/bulk/issues/move", "elaine", json=body)
    assert site.get(f"3/bulk/queue/{done.json()['taskId']}")["status"] == "COMPLETE"
    moved = site.get(f"3/issue/{key}")
    assert moved["id"] == number
    assert moved["key"].startswith("DESK-")
    assert [one["field"] for one in site.history(key)[-1]["items"]] == ["project", "Key"]


def test_what_an_account_may_not_see_is_not_there(site: JiraSite) -> None:
    hidden = site.create(project="VAULT")
    secret = site.create(security={"name": "Confidential"})
    for key in (hidden, secret):
        answer = site.ask("GET", f"3/issue/{key}")
        assert answer.status_code == 404
        assert answer.json()["errorMessages"] == ["Issue does not exist or you do not have permission to see it."]
    assert site.fields(secret, "omar")["security"]["name"] == "Confidential"
    assert site.ask("GET", f"3/issue/{hidden}", "omar").status_code == 404
    assert secret not in site.search("project = SHOP")
    assert secret in site.search("project = SHOP", "omar")
    assert [one["key"] for one in site.get("3/project")] == ["SHOP", "DESK"]
    found = site.ask("POST", "3/issue/bulkfetch", json={"issueIdsOrKeys": [hidden, secret]}).json()
    assert (found["issues"], found["issueErrors"]) == ([], [])


def test_a_person_who_only_looks_changes_nothing(site: JiraSite) -> None:
    key = site.create()
    assert site.ask("PUT", f"3/issue/{key}", "lea", json={"fields": {"summary": "no"}}).status_code == 403
    assert site.get(f"3/issue/{key}/transitions", "lea")["transitions"] == []
    assert site.ask("POST", f"3/issue/{key}/comment", "lea", json={"body": doc("no")}).status_code == 403
    assert site.ask("DELETE", f"3/issue/{key}", "elaine").status_code == 403
    assert site.ask("DELETE", f"3/issue/{key}").status_code == 204
    assert site.ask("GET", f"3/issue/{key}").status_code == 404
    permissions = site.get("3/mypermissions", "lea", permissions="BROWSE_PROJECTS,EDIT_ISSUES")["permissions"]
    assert {name: one["havePermission"] for name, one in permissions.items()} == {
        "BROWSE_PROJECTS": True,
        "EDIT_ISSUES": False,
    }


def test_addresses_are_hidden_where_the_profile_says_so(site: JiraSite) -> None:
    people = {one["displayName"]: one for one in site.get("3/users/search")}
    assert people["Elaine Moreau"]["emailAddress"] == "elaine@infinity.example"
    assert "emailAddress" not in people["Omar Haddad"]
    assert people["Former user"]["active"] is False
    assert site.get("3/user/search", query="omar@infinity.example") == []
    assert [one["displayName"] for one in site.get("3/user/search", query="elaine")] == ["Elaine Moreau"]
    assignable = {one["displayName"] for one in site.get("3/user/assignable/search", project="SHOP")}
    assert "Former user" not in assignable
    assert "Lea Brandt" not in assignable
    refused = site.ask("PUT", "3/issue/SHOP-1/assignee", json={"accountId": people["Former user"]["accountId"]})
    assert refused.status_code == 400


def test_screens_say_what_they_require_and_allow(site: JiraSite) -> None:
    types = site.get("3/issue/createmeta/DESK/issuetypes")["issueTypes"]
    assert [one["name"] for one in types] == ["Bug", "Story", "Task"]
    fields = site.get(f"3/issue/createmeta/DESK/issuetypes/{types[0]['id']}")["fields"]
    required = {one["fieldId"] for one in fields if one["required"]}
    assert required == {"summary", "issuetype", "project", "duedate"}
    edits = site.get("3/issue/SHOP-1/editmeta")["fields"]
    assert [one["value"] for one in edits["customfield_10052"]["allowedValues"]] == ["Web", "Kiosk"]
    assert edits["customfield_10053"]["schema"]["items"] == "option"
    assert "resolution" not in edits
    made = {"project": {"key": "DESK"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    refused = site.ask("POST", "3/issue", json={"fields": made})
    assert refused.json()["errors"] == {"duedate": "Due date is required."}


def test_writes_to_one_issue_are_limited_when_the_limit_is_on(site: JiraSite) -> None:
    key, other = site.create(), site.create()
    with site.settings(issue_write_limit=True):
        refused = None
        for number in range(25):
            answer = site.ask("PUT", f"3/issue/{key}/properties/n", json=number)
            refused = answer if answer.status_code == 429 else refused
        assert refused is not None
        assert refused.headers["RateLimit-Reason"] == "jira-per-issue-on-write"
        assert int(refused.headers["Retry-After"]) >= 1
        assert site.ask("PUT", f"3/issue/{other}/properties/n", json=1).ok
    assert site.ask("PUT", f"3/issue/{key}/properties/n", json=1).ok


def test_bursts_on_one_endpoint_are_limited_when_the_limit_is_on(site: JiraSite) -> None:
    with site.settings(burst_limit={"requests": 3, "seconds": 60}):
        codes = [site.ask("GET", "3/priority").status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        assert site.ask("GET", "3/resolution").status_code == 200
        assert site.ask("GET", "3/priority").headers["X-RateLimit-Remaining"] == "0"


def test_concurrent_creates_get_keys_of_their_own(site: JiraSite) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: site.create(), range(40)))
    assert len(set(keys)) == 40


def test_people_act_through_the_pages_by_the_same_rules(site: JiraSite) -> None:
    form = {"who": "omar", "title": "Kiosk is dark", "comment": "Since noon.\r\nAll of them."}
    files = {"files": ("photo.png", b"png", "image/png")}
    made = requests.post(f"{site.place.url}/ui/new", data=form, files=files, timeout=10)
    key = made.url.split("/tickets/")[1].split("?")[0]
    fields = site.fields(key, version="2")
    assert (fields["reporter"]["displayName"], fields["description"]) == ("Omar Haddad", "Since noon.\nAll of them.")
    assert "photo.png" in made.text

    def act(**filled: str) -> requests.Response:
        return requests.post(f"{site.place.url}/ui/tickets/{key}", data={"who": "elaine", **filled}, timeout=10)

    assert act(status="Done").status_code == 422
    assert act(status="In Progress", comment="On it", internal="true").ok
    assert act(status="Done", priority="High").ok
    fields = site.fields(key)
    assert (fields["status"]["name"], fields["priority"]["name"]) == ("Done", "High")
    assert "finished" in fields["labels"]
    assert site.fields(key, "lea")["comment"]["comments"] == []
    [comment] = site.fields(key, "elaine")["comment"]["comments"]
    assert comment["visibility"]["value"] == "Developers"
    page = requests.get(f"{site.place.url}/ui/tickets/{key}", timeout=10).text
    for word in ("Kiosk is dark", "On it", "Fixed", "Elaine Moreau", "Automation for Jira"):
        assert word in page
