# SPDX-License-Identifier: Apache-2.0
"""What stands beside the fields of the simulated Jira's issues: comments, files, links, sight, limits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from support.jira import JIRA, JiraSite, doc, jira_site, picture


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


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
    assert [one["name"] for one in types] == ["Bug", "Story", "Task", "Sub-task"]
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
    assert ">None<" not in page
