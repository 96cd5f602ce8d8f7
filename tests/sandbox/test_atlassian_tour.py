# SPDX-License-Identifier: Apache-2.0
"""A full tour of the simulated Jira with `atlassian-python-api`: its classic client, and its newer one for Cloud."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from atlassian import Jira, JiraCloud
from requests import HTTPError

from support.jira import JiraSite, doc, jira_site

ADMINS = {"type": "role", "value": "Administrators"}
TASK = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "Tour"}


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


@pytest.fixture(scope="module")
def jira(site: JiraSite) -> Jira:
    person = site.place.people["tandem"]
    return Jira(url=site.place.url, username=person.email, password=person.token, cloud=True)


@pytest.fixture(scope="module")
def cloud(site: JiraSite) -> JiraCloud:
    person = site.place.people["tandem"]
    return JiraCloud(site.place.url, username=person.email, password=person.token)


@pytest.fixture
def key(jira: Jira) -> str:
    return str(jira.create_issue(fields=TASK | {"description": "As it was"})["key"])


def test_issues_are_made_read_and_changed(jira: Jira, key: str, site: JiraSite) -> None:
    made = jira.create_issues([{"fields": TASK}, {"fields": TASK | {"summary": ""}}])
    assert len(made["issues"]) == len(made["errors"]) == 1
    child = jira.create_issue(TASK | {"issuetype": {"name": "Sub-task"}, "parent": {"key": key}})["key"]
    assert jira.get_issue_tree_recursive(key) == [{key: child}]
    jira.update_issue_field(key, {"summary": "Renamed", "labels": ["a"]})
    jira.issue_field_value_append(key, "labels", "b")
    jira.edit_issue(key, {"labels": [{"remove": "a"}]})
    jira.issue_update(key, {"priority": {"name": "High"}})
    jira.bulk_update_issue_field([key, child], {"duedate": "2026-12-24"})
    fields = jira.issue(key)["fields"]
    assert (fields["summary"], fields["labels"], fields["priority"]["name"]) == ("Renamed", ["b"], "High")
    assert jira.issue_field_value(child, "duedate") == "2026-12-24"
    jira.assign_issue(key, site.account("elaine"))
    assert jira.issue_field_value(key, "assignee")["displayName"] == "Elaine Moreau"
    found, unknown = jira.bulk_issue([key, child, "no-key"], fields="summary")
    assert {one["key"]: one["fields"]["summary"] for one in found["issues"]} == {key: "Renamed", child: "Tour"}
    assert unknown == []
    assert jira.issue_exists(key)
    with pytest.raises(HTTPError):
        jira.delete_issue(key, delete_subtasks=False)
    jira.delete_issue(key)
    assert jira.issue_deleted(child)


def test_comments_status_and_work(jira: Jira, key: str) -> None:
    public = jira.issue_add_comment(key, "For all")
    jira.issue_add_comment(key, "For admins", visibility=ADMINS)
    jira.issue_edit_comment(key, public["id"], "For everyone")
    listed = jira.issue_get_comments(key)
    assert [one["body"] for one in listed["comments"]] == ["For everyone", "For admins"]
    assert [one.get("visibility", {}).get("value") for one in listed["comments"]] == [None, "Administrators"]
    jira.set_comment_property(public["id"], "origin", {"id": "42"})
    assert jira.get_comment_properties_keys(public["id"])["keys"][0]["key"] == "origin"
    jira.set_issue_status(key, "In Progress")
    jira.set_issue_status(key, "Done", fields={"resolution": {"name": "Fixed"}})
    assert jira.get_issue_status(key) == "Done"
    assert [one["to"] for one in jira.get_issue_status_changelog(key)] == ["Done", "In Progress"]
    jira.issue_worklog(key, "2026-01-02T03:04:05.000+0000", 3600, comment="An hour")
    [logged] = jira.issue_get_worklog(key)["worklogs"]
    assert (logged["timeSpent"], logged["comment"]) == ("1h", "An hour")


def test_files_links_and_properties(jira: Jira, key: str, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes(b"a note")
    [file] = jira.add_attachment(key, str(path))
    jira.add_attachment_object(key, io.BytesIO(b"more"))
    assert jira.get_attachment(file["id"])["size"] == 6
    assert jira.get_attachment_content(file["id"]) == b"a note"
    (tmp_path / "all").mkdir()
    jira.download_issue_attachments(key, path=str(tmp_path / "all"))
    assert list((tmp_path / "all").iterdir())
    jira.remove_attachment(file["id"])
    assert len(jira.get_attachments_ids_from_issue(key)) == 1
    jira.create_or_update_issue_remote_links(key, "https://a.example", "A", global_id="g")
    jira.create_or_update_issue_remote_links(key, "https://a.example", "B", global_id="g")
    [remote] = jira.get_issue_remote_links(key)
    assert remote["object"]["title"] == "B"
    jira.delete_issue_remote_link_by_id(key, remote["id"])
    other = jira.create_issue(TASK)["key"]
    jira.create_issue_link({"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": other}})
    [link] = jira.issue_field_value(key, "issuelinks")
    assert link["outwardIssue"]["key"] == other
    jira.remove_issue_link(link["id"])
    jira.set_issue_property(key, "origin", {"id": "42"})
    assert jira.get_issue_property(key, "origin")["value"] == {"id": "42"}


def test_search_goes_on_to_the_end(jira: Jira) -> None:
    keys = [jira.create_issue(TASK | {"labels": ["atlassian"]})["key"] for _ in range(5)]
    jql = "labels = atlassian order by created asc"
    page = jira.enhanced_jql(jql, limit=2, fields=["summary"])
    assert (len(page["issues"]), page["isLast"]) == (2, False)
    rest = jira.enhanced_jql(jql, nextPageToken=page["nextPageToken"], fields="summary")
    assert [one["key"] for one in page["issues"] + rest["issues"]] == keys
    assert [one["key"] for one in jira.enhanced_jql_get_list_of_tickets(jql, limit=2)][:2] == keys[:2]
    assert jira.approximate_issue_count(jql)["count"] == 5
    number = int(jira.issue(keys[0])["id"])
    assert jira.match_jql([number], [jql, "labels = other", "colour = red"])["matches"] == [
        {"matchedIssues": [number], "errors": []},
        {"matchedIssues": [], "errors": []},
        {
            "matchedIssues": [],
            "errors": ["Field 'colour' does not exist or you do not have permission to view it."],
        },
    ]
    with pytest.raises(HTTPError):
        jira.enhanced_jql("order by created")


def test_the_site_and_its_people(jira: Jira, key: str, site: JiraSite) -> None:
    assert jira.get_server_info()["deploymentType"] == "Cloud"
    assert jira.get_priority_by_id(1)["name"] == "Highest"
    assert jira.get_status_id_from_name("In Progress") == 3
    assert {one["key"] for one in jira.get_all_project_types()} == {"software", "service_desk", "business"}
    assert jira.get_permissions("EDIT_ISSUES", project_key="SHOP")["permissions"]["EDIT_ISSUES"]["havePermission"]
    assert jira.get_security_level_for_project("SHOP")["levels"][0]["name"] == "Confidential"
    assert jira.user(account_id=site.account("gone"))["active"] is False
    assert [one["displayName"] for one in jira.user_find_by_user_string(query="ela")] == ["Elaine Moreau"]
    jira.issue_add_watcher(key, site.account("elaine"))
    assert jira.issue_get_watchers(key)["watchCount"] == 2
    version = jira.add_version("SHOP", "10000", "1.0")
    part = jira.create_component({"name": "Cart", "project": "SHOP", "leadAccountId": site.account("elaine")})
    jira.update_issue_field(key, {"components": [{"id": part["id"]}], "fixVersions": [{"name": "1.0"}]})
    assert jira.get_component_related_issues(part["id"])["issueCount"] == 1
    jira.update_version(version["id"], name="1.1", is_released=True, release_date="2026-12-24")
    assert jira.get_project_versions("SHOP")[0]["name"] == "1.1"
    jira.delete_component(part["id"])
    jira.delete_version(version["id"])
    assert jira.issue_field_value(key, "components") == jira.issue_field_value(key, "fixVersions") == []
    assert jira.get_updated_worklogs(0)["lastPage"] is True


def test_the_cloud_client_goes_through_a_tickets_life_in_documents(cloud: JiraCloud, site: JiraSite) -> None:
    made = cloud.create_issue(data={"fields": TASK | {"description": doc("As it was"), "labels": ["cloud"]}})
    key = made["key"]
    changed = cloud.edit_issue(key, return_issue=True, data={"fields": {"summary": "Renamed"}})
    assert changed["fields"]["summary"] == "Renamed"
    said = cloud.add_comment(key, data={"body": doc("For admins"), "visibility": ADMINS})
    assert cloud.get_comment(key, said["id"])["visibility"]["value"] == "Administrators"
    assert (
        cloud.get_comments_by_ids(expand="properties", data={"ids": [int(said["id"])]})["values"][0]["properties"] == []
    )
    offered = cloud.get_transitions(key, expand="transitions.fields")["transitions"]
    cloud.do_transition(key, data={"transition": {"id": offered[0]["id"]}})
    assert cloud.get_issue(key, fields="status")["fields"]["status"]["name"] == "In Progress"
    logs = cloud.get_bulk_changelogs(data={"issueIdsOrKeys": [key]})["issueChangeLogs"][0]["changeHistories"]
    assert [one["items"][0]["field"] for one in logs] == ["summary", "status"]
    assert [one["items"][0]["field"] for one in cloud.get_change_logs(key)["values"]] == ["summary", "status"]
    fetched = cloud.bulk_fetch_issues(data={"issueIdsOrKeys": [key, "SHOP-9999"], "fields": ["summary"]})
    assert [one["key"] for one in fetched["issues"]] == [key]
    found: Any = cloud.search_and_reconsile_issues_using_jql(jql=f"key = {key}", fields="summary")
    assert [one["key"] for one in found["issues"]] == [key]
    assert cloud.count_issues(data={"jql": f"key = {key}"})["count"] == 1
    cloud.add_worklog(key, data={"timeSpent": "1h", "comment": doc("An hour")})
    assert cloud.get_issue_worklog(key)["worklogs"][0]["comment"] == doc("An hour")
    cloud.delete_comment(key, said["id"])
    cloud.delete_issue(key)
    with pytest.raises(HTTPError):
        cloud.get_issue(key)
