# SPDX-License-Identifier: Apache-2.0
"""A full tour of the simulated Jira with the client `jira`, in both of the API's versions."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jira import JIRA, Issue, JIRAError

from support.jira import JiraSite, doc, jira_site

ADMINS = {"type": "role", "value": "Administrators"}


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


@pytest.fixture(params=["2", "3"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def jira(site: JiraSite, version: str) -> JIRA:
    return client(site, version, "tandem")


@pytest.fixture
def issue(jira: JIRA, version: str) -> Issue:
    return made(jira, description=said("As it was", version))


def client(site: JiraSite, version: str, alias: str) -> JIRA:
    options = {"rest_api_version": version}
    return JIRA(server=site.place.url, basic_auth=site.place.people[alias].basic, options=options, max_retries=0)


def made(jira: JIRA, **fields: Any) -> Issue:
    given: dict[str, Any] = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "Tour"}
    return jira.create_issue(fields=given | fields)


def said(text: str, version: str) -> Any:
    """Write a text as the version takes it."""
    return text if version == "2" else doc(text)


def heard(body: Any, version: str) -> Any:
    """Read what `said` wrote, from a resource's attribute."""
    return body if version == "2" else body.content[0].content[0].text


def test_issues_are_made_one_by_one_and_in_bulk(jira: JIRA, version: str) -> None:
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Bug"}, "summary": "One of many"}
    good, bad, last = jira.create_issues([fields, fields | {"summary": ""}, fields | {"labels": ["last"]}])
    assert (good["status"], bad["status"], last["status"]) == ("Success", "Error", "Success")
    assert "summary" in str(bad["error"])
    parent = jira.issue(good["issue"].key)
    child = made(jira, issuetype={"name": "Sub-task"}, parent={"key": parent.key}, summary="Part")
    assert jira.issue(child.key).fields.parent.key == parent.key
    assert [one.key for one in jira.issue(parent.key).fields.subtasks] == [child.key]
    assert jira.issue(child.key).fields.issuetype.subtask is True
    with pytest.raises(JIRAError) as refused:
        parent.delete()
    assert refused.value.status_code == 400
    parent.delete(deleteSubtasks=True)
    for key in (parent.key, child.key):
        with pytest.raises(JIRAError) as gone:
            jira.issue(key)
        assert gone.value.status_code == 404


def test_an_issue_is_changed_by_fields_and_by_verbs(jira: JIRA, issue: Issue, version: str, site: JiraSite) -> None:
    issue.update(summary="Renamed", priority={"name": "High"}, assignee={"accountId": site.account("elaine")})
    issue.update(fields={"description": said("As it is", version), "labels": ["a", "b"], "duedate": "2026-12-24"})
    comment = {"comment": [{"add": {"body": said("By a verb", version)}}]}
    issue.update(update={"labels": [{"add": "c"}, {"remove": "a"}], **comment})
    issue.update(notify=False, fields={"environment": said("Kiosk", version)}, update={"labels": [{"set": ["z"]}]})
    issue.add_field_value("labels", "y")
    shown = jira.issue(issue.key, expand="changelog,renderedFields,names,schema,transitions,editmeta,operations")
    assert (shown.fields.summary, shown.fields.priority.name, shown.fields.duedate) == ("Renamed", "High", "2026-12-24")
    assert sorted(shown.fields.labels) == ["y", "z"]
    assert heard(shown.fields.description, version) == "As it is"
    assert heard(jira.comments(issue.key)[-1].body, version) == "By a verb"
    assert shown.fields.assignee.displayName == "Elaine Moreau"
    newest = shown.changelog.histories[0]
    assert newest.items[0].field == "labels"
    assert shown.changelog.total == len(shown.changelog.histories)
    with pytest.raises(JIRAError) as refused:
        issue.update(status={"name": "Done"})
    assert "status" in refused.value.text
    jira.assign_issue(issue.key, None)
    assert jira.issue(issue.key).fields.assignee is None
    jira.assign_issue(issue.key, site.account("omar"))
    assert jira.issue(issue.key).fields.assignee.displayName == "Omar Haddad"
    jira.assign_issue(issue.key, "-1")
    assert jira.issue(issue.key).fields.assignee is None


def test_comments_are_public_restricted_and_paged(jira: JIRA, issue: Issue, version: str, site: JiraSite) -> None:
    first = jira.add_comment(issue.key, said("For all", version))
    jira.add_comment(issue, said("For admins", version), visibility=ADMINS)
    group = {"type": "group", "value": "jira-administrators"}
    jira.add_comment(issue, said("For a group", version), visibility=group)
    jira.add_comment(issue, said("Marked internal", version), is_internal=True)
    first.update(body=said("For everyone", version))
    assert len(jira.comments(issue)) == 4
    mine = client(site, version, "elaine")
    assert [heard(one.body, version) for one in mine.comments(issue.key)] == ["For everyone", "Marked internal"]
    assert mine.issue(issue.key).fields.comment.total == 2
    shown = jira.comment(issue, first.id, expand="renderedBody")
    assert shown.renderedBody == "<p>For everyone</p>"
    newest = jira.comments(issue, order_by="-created")[0]
    assert heard(newest.body, version) == "Marked internal"
    first.update(body=said("No longer", version), visibility=ADMINS)
    assert jira.comment(issue, first.id).visibility.value == "Administrators"
    with pytest.raises(JIRAError) as hidden:
        mine.comment(issue.key, first.id)
    assert hidden.value.status_code == 404
    first.delete()
    assert len(jira.comments(issue)) == 3


def test_an_internal_comment_of_a_service_desk_says_so(jira: JIRA, version: str) -> None:
    ticket = made(jira, project={"key": "DESK"}, duedate="2026-12-24")
    internal = jira.add_comment(ticket, said("Between us", version), is_internal=True)
    public = jira.add_comment(ticket, said("For you", version))
    assert [jira.comment(ticket, one.id).jsdPublic for one in (internal, public)] == [False, True]


def test_status_moves_by_transitions_with_fields_comment_and_work(jira: JIRA, issue: Issue, version: str) -> None:
    assert [way["name"] for way in jira.transitions(issue)] == ["Start", "Close as known"]
    assert jira.find_transitionid_by_name(issue, "start") == "11"
    # A transition without a screen takes no comment: it is lost without a word.
    jira.transition_issue(issue, "Start", comment=said("Lost", version))
    assert jira.comments(issue) == []
    offered = {way["name"]: way for way in jira.transitions(issue, expand="transitions.fields")}
    assert offered["Finish"]["fields"]["resolution"]["required"] is True
    with pytest.raises(JIRAError) as refused:
        jira.transition_issue(issue, offered["Finish"]["id"])
    assert "Resolution is required" in refused.value.text
    jira.transition_issue(
        issue,
        offered["Finish"]["id"],
        fields={"resolution": {"name": "Fixed"}},
        comment=said("Done at last", version),
        worklog="1h 30m",
    )
    done = jira.issue(issue.key)
    assert (done.fields.status.name, done.fields.status.statusCategory.key) == ("Done", "done")
    assert (done.fields.resolution.name, done.fields.timespent) == ("Fixed", 5400)
    assert heard(jira.comments(issue)[0].body, version) == "Done at last"
    jira.transition_issue(issue, "Reopen")
    assert jira.issue(issue.key).fields.resolution is None


def test_files_are_sent_fetched_in_pieces_and_deleted(jira: JIRA, issue: Issue, tmp_path: Path) -> None:
    path = tmp_path / "Übersicht.bin"
    path.write_bytes(bytes(range(256)))
    jira.add_attachment(issue, str(path))
    jira.add_attachment(issue.key, io.BytesIO(b"text"), filename="note.txt")
    one, two = jira.issue(issue.key).fields.attachment
    assert (one.filename, one.size, one.get()) == ("Übersicht.bin", 256, bytes(range(256)))
    assert b"".join(two.iter_content(2)) == b"text"
    assert jira.attachment(two.id).author.displayName == "Tandem"
    assert jira.attachment_meta()["enabled"] is True
    one.delete()
    jira.delete_attachment(two.id)
    assert jira.issue(issue.key).fields.attachment == []


def test_search_pages_counts_and_is_refused(jira: JIRA, version: str) -> None:
    label = f"page-{version}"
    keys = [made(jira, labels=[label]).key for _ in range(5)]
    jql = f"labels = {label} order by created asc"
    assert [one.key for one in jira.enhanced_search_issues(jql, maxResults=0)] == keys
    page: Any = jira.enhanced_search_issues(jql, maxResults=2, json_result=True, fields="summary")
    assert (page["isLast"], "total" in page, len(page["issues"])) == (False, False, 2)
    rest: Any = jira.enhanced_search_issues(jql, maxResults=9, json_result=True, nextPageToken=page["nextPageToken"])
    assert [one["key"] for one in rest["issues"]] == keys[2:]
    posted = jira.enhanced_search_issues(jql, maxResults=3, use_post=True, fields=["summary"])
    assert len(posted) == 3
    assert jira.approximate_issue_count(f"labels = {label}") == 5
    number = int(jira.issue(keys[0]).id)
    assert jira.enhanced_search_issues(jql, reconcileIssues=[number], maxResults=1)[0].key == keys[0]
    for wrong in ("", "order by created", "colour = red", "project = NOWHERE"):
        with pytest.raises(JIRAError) as refused:
            jira.enhanced_search_issues(wrong)
        assert refused.value.status_code == 400


def test_people_watch_vote_and_are_found(jira: JIRA, issue: Issue, site: JiraSite) -> None:
    jira.add_watcher(issue, "Elaine Moreau")
    assert jira.watchers(issue).watchCount == 2
    jira.remove_watcher(issue, site.account("elaine"))
    assert jira.watchers(issue).watchCount == 1
    jira.add_vote(issue)
    assert jira.votes(issue).hasVoted is True
    jira.remove_vote(issue)
    assert jira.votes(issue).votes == 0
    assert [one.displayName for one in jira.search_users(query="elaine")] == ["Elaine Moreau"]
    gone = jira.user(site.account("gone"))
    assert (gone.active, hasattr(gone, "emailAddress"), hasattr(gone, "timeZone")) == (False, False, False)
    assert not hasattr(jira.user(site.account("omar")), "emailAddress")
    assert jira.user(site.account("elaine"), expand="groups").groups.items[0].name == "jira-users"
    assert [one.displayName for one in jira.search_allowed_users_for_issue("lea", issueKey=issue.key)] == ["Lea Brandt"]
    assert jira.search_assignable_users_for_issues(query="lea", project="SHOP") == []
    assert jira.groups() == ["jira-administrators", "jira-users"]
    assert len(jira.group_members("jira-administrators")) == 2
    assert jira.current_user() == site.account("tandem")


def test_work_is_logged_and_takes_from_the_estimate(jira: JIRA, issue: Issue, version: str) -> None:
    issue.update(timetracking={"originalEstimate": "2d", "remainingEstimate": "1d"})
    logged = jira.add_worklog(issue, timeSpent="2h 30m", comment=said("Looked", version))
    assert (logged.timeSpent, logged.timeSpentSeconds) == ("2h 30m", 9000)
    assert heard(jira.worklog(issue, logged.id).comment, version) == "Looked"
    tracking = jira.issue(issue.key).fields.timetracking
    assert (tracking.originalEstimate, tracking.remainingEstimate, tracking.timeSpent) == ("2d", "5h 30m", "2h 30m")
    logged.update(timeSpent="3h")
    jira.add_worklog(issue, timeSpentSeconds=3600, adjustEstimate="new", newEstimate="4h", visibility=ADMINS)
    assert [one.timeSpentSeconds for one in jira.worklogs(issue)] == [10800, 3600]
    fields = jira.issue(issue.key).fields
    assert (fields.timespent, fields.timeestimate, fields.workratio) == (14400, 14400, 25)
    logged.delete()
    assert jira.issue(issue.key).fields.timespent == 3600


def test_issues_are_linked_here_and_elsewhere(jira: JIRA, issue: Issue, version: str) -> None:
    other = made(jira)
    jira.create_issue_link("Blocks", issue.key, other.key, comment={"body": said("They belong", version)})
    [link] = jira.issue(other.key).fields.issuelinks
    assert (link.type.name, link.inwardIssue.key) == ("Blocks", issue.key)
    assert jira.issue_link(link.id).outwardIssue.key == other.key
    jira.delete_issue_link(link.id)
    assert jira.issue(other.key).fields.issuelinks == []
    assert jira.issue_link_type(jira.issue_link_types()[0].id).name == "Blocks"
    jira.add_simple_link(issue, {"url": "https://a.example", "title": "A"})
    remote = jira.remote_links(issue)[0]
    jira.remote_link(issue, remote.id).update({"url": "https://b.example", "title": "B"})
    assert jira.remote_link(issue, remote.id).object.title == "B"
    jira.delete_remote_link(issue, internal_id=remote.id)
    assert jira.remote_links(issue) == []


def test_projects_have_components_versions_and_roles(jira: JIRA, issue: Issue, version: str) -> None:
    cart = jira.create_component(f"Cart {version}", "SHOP", description="The cart")
    first = jira.create_version(f"1.{version}", "SHOP", releaseDate="2026-12-24", startDate="2026-01-01")
    issue.update(fields={"components": [{"name": cart.name}], "fixVersions": [{"id": first.id}]})
    issue.update(update={"versions": [{"add": {"name": first.name}}]})
    shown = jira.issue(issue.key, expand="changelog")
    assert [one.name for one in shown.fields.components] == [cart.name]
    assert [one.releaseDate for one in shown.fields.fixVersions] == ["2026-12-24"]
    assert [one.field for entry in shown.changelog.histories for one in entry.items] == [
        *("Version", "Component", "Fix Version"),
    ]
    found = jira.enhanced_search_issues(f'component = "{cart.name}" and fixVersion = "{first.name}"')
    assert [one.key for one in found] == [issue.key]
    assert jira.component_count_related_issues(cart.id) == 1
    assert jira.version_count_related_issues(first.id)["issuesFixedCount"] == 1
    assert jira.version_count_unresolved_issues(first.id) == 1
    first.update(released=True)
    jira.rename_version("SHOP", first.name, f"2.{version}")
    assert jira.get_project_version_by_name("SHOP", f"2.{version}").released is True
    jira.move_version(first.id, position="First")
    assert jira.project_versions("SHOP")[0].id == first.id
    cart.update(description="Another cart")
    assert jira.component(cart.id).description == "Another cart"
    assert [one.id for one in jira.project_components("SHOP")] == [cart.id]
    jira.delete_component(cart.id)
    first.delete()
    assert jira.issue(issue.key).fields.components == jira.issue(issue.key).fields.versions == []
    role = jira.project_roles("SHOP")["Administrators"]["id"]
    assert {one.displayName for one in jira.project_role("SHOP", role).actors} == {"Tandem", "Automation for Jira"}


def test_the_site_is_described_one_by_one(jira: JIRA, issue: Issue) -> None:
    assert jira.priority("1").name == "Highest"
    assert jira.resolution("10000").name == "Fixed"
    assert jira.status("3").name == jira.status("In Progress").name == "In Progress"
    assert jira.statuscategory(2).key == "new"
    assert len(jira.statuscategories()) == 3
    assert jira.issue_type(jira.issue_type_by_name("Sub-task").id).subtask is True
    assert [one.name for one in jira.issue_types_for_project("SHOP")] == ["Bug", "Story", "Task", "Sub-task"]
    [kind] = jira.createmeta(projectKeys="SHOP", issuetypeNames="Sub-task", expand="projects.issuetypes.fields")[
        "projects"
    ][0]["issuetypes"]
    assert kind["fields"]["parent"]["required"] is True
    assert {"summary", "components", "fixVersions", "timetracking"} <= set(jira.editmeta(issue)["fields"])
    assert jira.security_level("10100").name == "Confidential"
    rights = jira.my_permissions(issueKey=issue.key, permissions="EDIT_ISSUES,BROWSE_PROJECTS")["permissions"]
    assert all(one["havePermission"] for one in rights.values())
    with pytest.raises(JIRAError) as refused:
        jira.my_permissions(permissions="NO_SUCH_THING")
    assert refused.value.status_code == 400


def test_properties_are_kept_beside_an_issue(jira: JIRA, issue: Issue) -> None:
    before = jira.issue(issue.key).fields.updated
    jira.add_issue_property(issue.key, "origin", {"id": "42"})
    assert jira.issue_property(issue.key, "origin").value.id == "42"
    assert [one.key for one in jira.issue_properties(issue.key)] == ["origin"]
    jira.issue_property(issue.key, "origin").delete()
    assert jira.issue_properties(issue.key) == []
    assert jira.issue(issue.key).fields.updated == before
