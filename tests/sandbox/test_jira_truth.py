# SPDX-License-Identifier: Apache-2.0
"""The simulated Jira's answers have the keys and types of recorded ones, and fit the vendor's description.

Recording beats description: where a real answer breaks the published schema, `tests/specs/corrections.yaml` says so.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from specs.description import Description, described
from support import material
from support.jira import JiraSite, doc, jira_site
from support.material import demand

RECORDED = demand(material.RECORDED / "jira")

# Their content is a matter of the site.
OPEN = {"avatarUrls", "customfield_10000", "customfield_10018", "customfield_10019"}
ABSENT = {"entityId", "scope"}
"""Keys of team-managed projects, which are not simulated."""


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


def recorded_issues() -> list[dict[str, Any]]:
    """Return all recorded issues of Cloud sites."""
    metrics = json.loads((RECORDED / "jirametrics_cloud_issues.json").read_text())["interactions"]
    issues = [one["body"] for one in metrics if "/SP-" in one["origin_path"]]
    adf = json.loads((RECORDED / "cloud_v3_issue_adf.json").read_text())["interactions"]
    return issues + [one["response"]["body"] for one in adf]


def misfits(ours: Any, theirs: list[Any], where: str = "") -> list[str]:
    """How our answer differs in keys and types from all that was recorded in its place; null fits everywhere."""
    if where.rsplit(".", 1)[-1] in OPEN or ours is None:
        return []
    kinds = {type(value).__name__ for value in theirs if value is not None}
    if kinds and type(ours).__name__ not in kinds:
        return [f"{where}: {type(ours).__name__}, recorded {kinds}"]
    if isinstance(ours, list):
        items = [item for value in theirs if value for item in value]
        return [problem for item in ours if items for problem in misfits(item, items, f"{where}[]")]
    if not isinstance(ours, dict) or not kinds:
        return []
    objects = [value for value in theirs if isinstance(value, dict)]
    known = set().union(*objects)
    always = set.intersection(*(set(value) for value in objects)) - ABSENT
    problems = [f"{where}.{key}: not recorded" for key in ours if key not in known]
    problems += [f"{where}.{key}: recorded always, missing here" for key in always if key not in ours]
    for key, value in ours.items():
        problems += misfits(value, [one[key] for one in objects if key in one], f"{where}.{key}")
    return problems


def whole_issue(site: JiraSite) -> str:
    """Make an issue that has everything."""
    other = site.create()
    key = site.create(description=doc("text"), labels=["a"], duedate="2024-01-01")
    site.edit(key, assignee={"accountId": site.account("elaine")})
    site.attach(key, "a.png", b"png")
    site.ask("POST", f"3/issue/{key}/comment", json={"body": doc("comment")})
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": other}}
    assert site.ask("POST", "3/issueLink", json=link).status_code == 201
    site.go(key, "Start")
    site.go(key, "Finish", fields={"resolution": {"name": "Fixed"}})
    return key


@pytest.mark.parametrize("version", ["2", "3"])
def test_an_issue_has_the_keys_and_types_of_recorded_issues(site: JiraSite, version: str) -> None:
    ours = site.get(f"{version}/issue/{whole_issue(site)}", expand="changelog")
    mine = {name for name in ours["fields"] if name.startswith(("customfield_1004", "customfield_1005"))}
    for name in mine:
        del ours["fields"][name]
    recorded = recorded_issues()
    assert isinstance(ours["fields"]["description"], dict if version == "3" else str)
    # The form of rich text is a matter of the version, and tested by itself.
    for issue in (ours, *recorded):
        issue["fields"]["description"] = None
        for comment in issue["fields"].get("comment", {}).get("comments", []):
            comment["body"] = None
    assert misfits(ours, recorded) == []


def test_an_untouched_issue_is_mostly_null(site: JiraSite) -> None:
    fields = site.fields(site.create())
    assert sum(value is None for value in fields.values()) > len(fields) / 2
    [theirs] = [one["fields"] for one in recorded_issues()[-1:]]
    assert {name for name in theirs if not name.startswith("customfield_")} <= set(fields)
    for name in ("labels", "components", "fixVersions", "versions", "issuelinks", "subtasks"):
        assert fields[name] == theirs[name] == []


def test_statuses_have_the_keys_and_types_of_recorded_ones(site: JiraSite) -> None:
    metrics = json.loads((RECORDED / "jirametrics_cloud_issues.json").read_text())["interactions"]
    theirs = next(one["body"] for one in metrics if one["origin_path"].endswith("sample_statuses.json"))
    assert misfits(site.get("2/status"), [theirs]) == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("2/issue/{key}/comment", "issue/10002/comment.json"),
        ("2/issue/{key}/transitions", "issue/10002/transitions.json"),
        ("2/issue/{key}/watchers", "issue/10002/watchers.json"),
        ("2/issue/{key}/properties", "issue/10002/properties.json"),
        ("2/issueLinkType", "issueLinkType.json"),
        ("2/priority", "priority.json"),
        ("2/resolution", "resolution.json"),
        ("2/field", "field.json"),
        ("2/project", "project.json"),
    ],
)
def test_older_recordings_have_no_key_that_is_missing_here(site: JiraSite, ours: str, theirs: str) -> None:
    """Bodies of the Server era had users by name; and custom fields are not the system's, the key has no schema."""
    excused = {"name", "key", "emailAddress", "schema", "system"}
    all_recorded = json.loads((RECORDED / "jira-ruby_mock_responses.json").read_text())["interactions"]
    recorded = next(one["body"] for one in all_recorded if one["origin_path"].endswith("mock_responses/" + theirs))
    key = whole_issue(site)
    site.ask("PUT", f"2/issue/{key}/properties/p", json=1)
    found = misfits(site.get(ours.format(key=key)), [recorded])
    lost = [one for one in found if "missing here" in one and one.split(":")[0].rsplit(".", 1)[-1] not in excused]
    assert sorted(set(lost)) == []


def test_refusals_have_the_form_of_recorded_ones(site: JiraSite) -> None:
    answer = site.ask("PUT", "2/issue/SHOP-1", json={})
    assert answer.json() == {"errorMessages": ["one of 'fields' or 'update' required"], "errors": {}}
    answer = site.ask("PUT", "2/issue/SHOP-1", json={"fields": {"invalid": 1}})
    assert (answer.status_code, set(answer.json())) == (400, {"errorMessages", "errors"})
    assert list(answer.json()["errors"]) == ["invalid"]


@pytest.fixture(scope="module")
def spec() -> Description:
    demand(material.SPECS / "jira-cloud-v3.openapi.json")
    return described("jira")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/serverInfo", {}),
        ("/myself", {}),
        ("/mypermissions", {"permissions": "EDIT_ISSUES"}),
        ("/user", {"accountId": "{account}"}),
        ("/user/search", {"query": "e"}),
        ("/user/assignable/search", {"project": "SHOP"}),
        ("/users/search", {}),
        ("/field", {}),
        ("/project", {}),
        ("/project/{projectIdOrKey}", {}),
        ("/project/{projectIdOrKey}/statuses", {}),
        ("/status", {}),
        ("/statuses/search", {}),
        ("/priority", {}),
        ("/issuetype", {}),
        ("/resolution", {}),
        ("/issueLinkType", {}),
        ("/issue/createmeta/{projectIdOrKey}/issuetypes", {}),
        ("/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", {}),
        ("/issue/{issueIdOrKey}", {"expand": "changelog,names,transitions,editmeta", "properties": "*all"}),
        ("/issue/{issueIdOrKey}/editmeta", {}),
        ("/issue/{issueIdOrKey}/transitions", {"expand": "transitions.fields"}),
        ("/issue/{issueIdOrKey}/changelog", {}),
        ("/issue/{issueIdOrKey}/comment", {}),
        ("/issue/{issueIdOrKey}/properties", {}),
        ("/issue/{issueIdOrKey}/remotelink", {}),
        ("/issue/{issueIdOrKey}/watchers", {}),
        ("/issue/{issueIdOrKey}/votes", {}),
        ("/attachment/meta", {}),
        ("/attachment/{id}", {}),
        ("/search/jql", {"jql": "project = SHOP", "fields": "*all", "expand": "names"}),
    ],
)
def test_answers_fit_the_description(site: JiraSite, spec: Description, path: str, query: dict[str, str]) -> None:
    key = whole_issue(site)
    link = {"globalId": "g", "object": {"url": "https://e.example", "title": "t"}}
    site.ask("POST", f"3/issue/{key}/remotelink", json=link)
    type_id = site.get("3/issue/createmeta/SHOP/issuetypes")["issueTypes"][0]["id"]
    parts = {"projectIdOrKey": "SHOP", "issueIdOrKey": key, "issueTypeId": type_id}
    parts["id"] = site.fields(key)["attachment"][0]["id"]
    asked = {name: value.format(account=site.account("elaine")) for name, value in query.items()}
    answer = site.get("3" + path.format(**parts), **asked)
    assert list(spec.problems("GET", "/rest/api/3" + path.format(**parts), 200, answer)) == []


def test_answers_to_posts_fit_the_description(site: JiraSite, spec: Description) -> None:
    key = whole_issue(site)
    comment = site.get(f"3/issue/{key}/comment")["comments"][0]["id"]
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "new"}
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("/issue", "201", {"fields": fields}),
        ("/issue/bulk", "201", {"issueUpdates": [{"fields": fields}, {"fields": {}}]}),
        ("/issue/bulkfetch", "200", {"issueIdsOrKeys": [key, "SHOP-9999"], "expand": ["changelog"]}),
        ("/changelog/bulkfetch", "200", {"issueIdsOrKeys": [key]}),
        ("/comment/list", "200", {"ids": [int(comment)]}),
        ("/search/jql", "200", {"jql": "project = SHOP", "fields": ["summary"], "maxResults": 1}),
    ]
    for path, status, body in bodies:
        answer = site.ask("POST", "3" + path, json=body)
        assert str(answer.status_code) == status, answer.text
        assert list(spec.problems("POST", "/rest/api/3" + path, answer.status_code, answer.json())) == []
