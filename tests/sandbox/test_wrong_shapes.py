# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent, the trackers answer in their own words: a body of another shape is refused, never a fault."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.azure_devops import PATCH, PROJECT, Desk, running_desk
from support.jira import JiraSite, jira_site
from support.zendesk import ZendeskDesk

VALUES: tuple[Any, ...] = (
    *(None, True, 3, 1.5, 2**70, "", "purple", [], [None], [["a"]], [{}], {}, {"a": 1}, {"id": 1}, {"name": 3}),
    *({"body": 3}, {"body": "x", "uploads": [1]}, {"type": "doc", "version": 1, "content": [3]}),
    *([{"id": "x", "value": []}], [{"add": None}], [{"set": {"a": []}}], {"key": "p"}),
)
TICKET = (
    *("subject", "comment", "status", "priority", "tags", "additional_tags", "custom_fields", "assignee_id"),
    *("requester", "requester_id", "due_at", "external_id", "metadata", "updated_stamp", "custom_status_id"),
    *("collaborator_ids", "via_followup_source_id"),
)
ISSUE = (
    *("summary", "description", "issuetype", "priority", "labels", "assignee", "duedate", "resolution", "comment"),
    *("components", "fixVersions", "timetracking", "parent", "worklog", "security"),
    *("issuelinks", "customfield_10050", "customfield_10051", "customfield_10053", "customfield_10054", "nonsense"),
)


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


def zendesk_calls(ticket: int) -> Iterator[tuple[str, str, Any]]:
    path = f"tickets/{ticket}.json"
    for value in VALUES:
        yield from (("PUT", path, {"ticket": {name: value}}) for name in TICKET)
        yield from (
            (("PUT", path, value), ("PUT", path, {"ticket": value}), ("POST", "tickets.json", {"ticket": value}))
        )
        yield "PUT", "tickets/update_many.json", {"tickets": value}
        yield "POST", f"tickets/{ticket}/merge.json", {"ids": value}
        yield "POST", "users.json", {"user": value}


def test_zendesk_refuses_what_has_another_shape(desk: ZendeskDesk) -> None:
    ticket = desk.make()["id"]
    answers = [(desk.ask(method, path, json=body), body) for method, path, body in zendesk_calls(ticket)]
    assert [(str(one.request.url), body) for one, body in answers if one.status_code >= 500] == []
    assert sum(one.status_code in (400, 422) for one, _ in answers) > len(answers) / 3
    assert desk.read(f"tickets/{ticket}.json")["ticket"]["id"] == ticket


def jira_calls(key: str) -> Iterator[tuple[str, str, Any]]:
    issue = f"3/issue/{key}"
    for value in VALUES:
        yield from (("PUT", issue, {"fields": {name: value}}) for name in ISSUE)
        yield from (("PUT", issue, {"update": {name: value}}) for name in ISSUE)
        yield from ((("PUT", issue, {"properties": value}), ("POST", f"{issue}/comment", {"body": value})))
        yield "POST", f"{issue}/comment", {"body": "x", "visibility": value, "properties": value}
        yield "POST", f"{issue}/transitions", {"transition": value}
        yield "POST", "3/issue/bulkfetch", {"issueIdsOrKeys": value}
        yield "POST", "3/changelog/bulkfetch", {"issueIdsOrKeys": [key], "fieldIds": value}
        yield "POST", "3/comment/list", {"ids": value}
        yield "POST", "3/search/jql", {"jql": "project = SHOP", "maxResults": value}
        yield "POST", "3/issueLink", value
        yield "POST", f"{issue}/worklog", {"timeSpent": value, "started": value, "comment": value}
        yield "POST", "3/component", {"name": value, "project": value}
        yield "POST", "3/version", {"name": "v", "projectId": value, "releaseDate": value}
        yield "POST", "3/jql/match", {"jqls": value, "issueIds": value}
        yield "POST", "3/issue/watching", {"issueIds": value}
        yield "POST", f"{issue}/notify", value


def test_jira_refuses_what_has_another_shape(site: JiraSite) -> None:
    key = site.create()
    answers = [(site.ask(method, path, "elaine", json=body), body) for method, path, body in jira_calls(key)]
    assert [(str(one.request.url), body) for one, body in answers if one.status_code >= 500] == []
    refused = [one for one, _ in answers if one.status_code == 400]
    assert len(refused) > len(answers) / 3
    assert all(set(one.json()) == {"errorMessages", "errors"} for one in refused)
    assert site.get(f"3/issue/{key}")["key"] == key


FIELDS = (
    *("System.Title", "System.State", "System.Reason", "System.AssignedTo", "System.AreaPath", "System.Tags"),
    *(
        "System.TeamProject",
        "System.WorkItemType",
        "System.History",
        "System.Description",
        "System.Id",
        "System.Parent",
    ),
    *("Microsoft.VSTS.Common.Priority", "Microsoft.VSTS.Scheduling.DueDate", "Microsoft.VSTS.Scheduling.Effort"),
    *("System.Parent", "Microsoft.VSTS.Build.FoundIn"),
)
OPS: tuple[Any, ...] = ("add", "remove", "replace", "test", "move", 0, 9, None, [])


@pytest.fixture(scope="module")
def boards() -> Iterator[Desk]:
    with running_desk() as running:
        yield running


def azure_devops_calls(number: int) -> Iterator[tuple[str, str, Any]]:
    item = f"wit/workItems/{number}"
    made = f"{PROJECT}/_apis/wit/workItems/$Bug"
    for value in VALUES:
        yield from (("PATCH", item, [{"op": "add", "path": f"/fields/{name}", "value": value}]) for name in FIELDS)
        yield from (("PATCH", item, [{"op": op, "path": "/fields/System.Title", "value": value}]) for op in OPS)
        for path in ("/relations/-", "/relations/0", "/relations/0/attributes/comment", "/rev", "/id", "/", "", value):
            yield from (("PATCH", item, [{"op": op, "path": path, "value": value}]) for op in ("add", "remove", "test"))
        yield "PATCH", item, [{"op": "add", "path": "/multilineFieldsFormat/System.Description", "value": value}]
        yield "PATCH", item, [{"op": "add", "path": "/relations/-", "value": {"rel": value, "url": value}}]
        relation = {"rel": "Hyperlink", "url": "https://e.example", "attributes": value}
        yield "PATCH", item, [{"op": "add", "path": "/relations/-", "value": relation}]
        yield from ((("PATCH", item, value), ("PATCH", item, [value]), ("POST", made, value)))
        yield "POST", f"{PROJECT}/_apis/wit/workItems/{number}/comments", {"text": value}
        yield "POST", f"{PROJECT}/_apis/wit/workItems/{number}/comments", value
        yield from (("POST", path, value) for path in ("wit/wiql", "wit/workitemsbatch", "wit/$batch", "projects"))
        yield "POST", "wit/wiql", {"query": value}
        yield from (
            ("POST", "wit/workitemsbatch", {"ids": [number], name: value}) for name in ("fields", "$expand", "asOf")
        )
        yield "POST", "wit/workitemsbatch", {"ids": value}
        yield "POST", "wit/workitemsdelete", {"ids": value}
        yield "POST", "wit/$batch", [{"method": value, "uri": value, "headers": value, "body": value}]
        yield from (
            ("POST", "wit/reporting/workItemRevisions", {name: value}) for name in ("fields", "types", "$expand")
        )
        yield "POST", f"{PROJECT}/_apis/wit/queries/Shared Queries", {"name": value, "wiql": value}
        yield "PATCH", f"wit/recyclebin/{number}", value
        yield "GET", f"wit/workItems?ids={value}&$expand={value}&asOf={value}", None
        yield "GET", f"wit/reporting/workItemRevisions?continuationToken={value}&$maxPageSize={value}", None
        yield "GET", f"{PROJECT}/_apis/wit/workItems/{number}/comments?continuationToken={value}&$top={value}", None
        yield "GET", f"{item}/updates?$top={value}&$skip={value}", None


def test_azure_devops_refuses_what_has_another_shape(boards: Desk) -> None:
    number = boards.make()["id"]
    heads = {"Content-Type": PATCH}
    answers = [
        (boards.ask(method, path, "ada", json=body, headers=heads), body)
        for method, path, body in azure_devops_calls(number)
    ]
    assert [(str(one.request.url), body) for one, body in answers if one.status_code >= 500] == []
    refused = [one for one, _ in answers if one.status_code == 400]
    assert len(refused) > len(answers) / 3
    assert all("typeKey" in one.json() for one in refused)
