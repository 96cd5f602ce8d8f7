# SPDX-License-Identifier: Apache-2.0
"""Two client libraries of other makers work with the simulated Jira as they do with a real one."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from atlassian import Jira as AtlassianJira
from jira import JIRA, JIRAError

from support.jira import JiraSite, doc, jira_site


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


def client(site: JiraSite, alias: str = "elaine", version: str = "2") -> JIRA:
    person = site.place.people[alias]
    options = {"rest_api_version": version}
    return JIRA(server=site.place.url, basic_auth=person.basic, options=options, max_retries=0)


def test_the_jira_client_goes_through_a_tickets_life_in_wiki_text(site: JiraSite) -> None:
    jira = client(site)
    assert jira.server_info()["deploymentType"] == "Cloud"
    assert jira.myself()["displayName"] == "Elaine Moreau"
    issue = jira.create_issue(project="SHOP", issuetype={"name": "Bug"}, summary="Cart", description="It *forgets*")
    assert issue.fields.description == "It *forgets*"
    issue.update(summary="Cart forgets", fields={"labels": ["cart"]})
    issue.update(priority={"name": "High"})
    comment = jira.add_comment(issue, "Seen _twice_")
    comment.update(body="Seen _three times_")
    assert [one.body for one in jira.comments(issue)] == ["Seen _three times_"]
    jira.assign_issue(issue, "Omar Haddad")
    assert [one["name"] for one in jira.transitions(issue)] == ["Start", "Close as known"]
    jira.transition_issue(issue, "Start")
    jira.transition_issue(issue, "Finish", fields={"resolution": {"name": "Fixed"}})
    done = jira.issue(issue.key, expand="changelog")
    assert (done.fields.status.name, done.fields.resolution.name) == ("Done", "Fixed")
    assert done.fields.assignee.displayName == "Omar Haddad"
    assert [one.toString for one in done.changelog.histories[1].items] == ["Fixed", "Done"]
    jira.add_watcher(issue, "Omar Haddad")
    assert jira.watchers(issue).watchCount == 2


def test_the_jira_client_sends_fetches_and_deletes_files(site: JiraSite) -> None:
    jira = client(site)
    key = site.create()
    made = jira.add_attachment(key, io.BytesIO(b"\x00\x01png"), filename="cart.png")
    [shown] = jira.issue(key).fields.attachment
    assert (shown.filename, shown.get(), shown.id) == ("cart.png", b"\x00\x01png", made.id)
    shown.delete()
    assert jira.issue(key).fields.attachment == []


def test_the_jira_client_searches_page_by_page(site: JiraSite) -> None:
    jira = client(site)
    made = {site.create(labels=["paged"]) for _ in range(5)}
    found = jira.enhanced_search_issues("labels = paged order by key", maxResults=0)
    assert {issue.key for issue in found} == made
    page = jira.enhanced_search_issues("labels = paged order by key", maxResults=2, fields="summary")
    assert len(page) == 2
    with pytest.raises(JIRAError) as refused:
        jira.enhanced_search_issues("colour = red")
    assert refused.value.status_code == 400


def test_the_jira_client_reads_what_the_site_is_made_of(site: JiraSite) -> None:
    jira = client(site)
    assert {one["name"] for one in jira.fields()} >= {"Summary", "Order no", "Root cause"}
    assert [one.name for one in jira.priorities()] == ["Highest", "High", "Medium", "Low", "Lowest"]
    assert {one.name for one in jira.statuses()} == {"To Do", "In Progress", "Waiting", "Done"}
    assert [one.name for one in jira.resolutions()] == ["Fixed", "Known issue"]
    assert [one.key for one in jira.projects()] == ["SHOP", "DESK", "VAULT"]
    assert jira.project("SHOP").name == "Shop"
    assert [one.displayName for one in jira.search_users(query="omar")] == ["Omar Haddad"]
    assert {one.name for one in jira.issue_link_types()} >= {"Blocks", "Relates"}
    [project] = jira.createmeta(projectKeys="SHOP", expand="projects.issuetypes.fields")["projects"]
    assert [one["name"] for one in project["issuetypes"]] == ["Bug", "Story", "Task", "Sub-task"]
    assert project["issuetypes"][0]["fields"]["summary"]["required"] is True


@pytest.mark.filterwarnings("ignore:Unable to gather applicationlinks")
def test_the_jira_client_links_and_sees_no_more_than_its_account(site: JiraSite) -> None:
    jira, one, two = client(site), site.create(), site.create()
    jira.create_issue_link("Blocks", one, two)
    [link] = jira.issue(two).fields.issuelinks
    assert (link.inwardIssue.key, link.type.inward) == (one, "is blocked by")
    jira.add_remote_link(one, {"url": "https://e.example", "title": "Elsewhere"}, globalId="g1")
    assert [remote.globalId for remote in jira.remote_links(one)] == ["g1"]
    with pytest.raises(JIRAError) as hidden:
        client(site, "omar").issue(site.create(project="VAULT"))
    assert hidden.value.status_code == 404
    with pytest.raises(JIRAError) as refused:
        JIRA(server=site.place.url, basic_auth=("elaine@infinity.example", "wrong"), max_retries=0)
    assert refused.value.status_code == 401


def test_the_jira_client_speaks_documents_in_version_3(site: JiraSite) -> None:
    jira = client(site, version="3")
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "v3", "description": doc("Hello")}
    issue = jira.create_issue(fields=fields)
    assert issue.raw["fields"]["description"] == doc("Hello")
    found: Any = jira.enhanced_search_issues(f"key = {issue.key}", json_result=True, fields="description")
    assert found["issues"][0]["fields"]["description"] == doc("Hello")


def test_the_atlassian_client_works_too(site: JiraSite) -> None:
    person = site.place.people["elaine"]
    jira = AtlassianJira(url=site.place.url, username=person.email, password=person.password, cloud=True)
    made = jira.create_issue({"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "Other client"})
    key = made["key"]
    jira.update_issue_field(key, {"labels": ["other-client"]})
    jira.issue_add_comment(key, "Hello from another client")
    jira.set_issue_status(key, "In Progress")
    found = jira.enhanced_jql("labels = other-client", fields="*all")
    assert found["isLast"] is True
    [issue] = found["issues"]
    assert issue["fields"]["status"]["name"] == "In Progress"
    assert issue["fields"]["comment"]["total"] == 1
    assert jira.get_issue_status(key) == "In Progress"
    assert [one["toString"] for one in jira.get_issue_changelog(key)["values"][-1]["items"]] == ["In Progress"]
    assert jira.myself()["displayName"] == "Elaine Moreau"
