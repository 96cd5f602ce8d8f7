# SPDX-License-Identifier: Apache-2.0
"""What real sites answered, and what the vendor's description says they may: taken without a loss."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connectors.answering import answering
from support import material
from support.material import demand
from tandem.connectors.base import Condition, Needs, Note, Patch
from tandem.connectors.jira import Jira
from tandem.connectors.jira.shape import SYSTEM, Form, flat, form, instant, told, wire
from tandem.errors import PrivacyError
from tandem.http import Http

RECORDED = demand(material.RECORDED / "jira")
SPEC = demand(material.SPECS / "jira-cloud-v3.openapi.json")
ISSUE: dict[str, Any] = json.loads((RECORDED / "cloud_v3_issue_adf.json").read_text())["interactions"][0]["response"][
    "body"
]
DOWNLOADS = [i["body"] for i in json.loads((RECORDED / "jirametrics_cloud_issues.json").read_text())["interactions"]]
WITH_HISTORY = [body for body in DOWNLOADS if isinstance(body, dict) and "changelog" in body]
PROJECT = (Condition("project", is_="UL"),)
UL = {"project": {"id": "10000", "key": "UL", "projectTypeKey": "software"}}


def jira(url: str, *read: str, scope: tuple[Condition, ...] = PROJECT, **needs: Any) -> Jira:
    return Jira(Http(requests.Session(), url, tenant="recorded"), Needs(frozenset(read), frozenset(), scope, **needs))


def test_a_real_issue_is_read_as_it_is():
    wanted = ("summary", "description", "status", "priority", "labels", "assignee", "duedate", "components")
    with answering(issue_bulkfetch={"issues": [ISSUE]}) as (url, _):
        (record,) = jira(url, *wanted).fetch(["10004"])
    assert (record.id, record.key, record.place, record.type) == ("10004", "UL-5", "UL", "10001")
    assert record.url == f"{url}/browse/UL-5"
    assert record.version == "2023-01-10T01:41:43.359Z"  # recorded as +0800
    assert record.created_at == datetime(2023, 1, 10, 1, 41, 43, 359000, UTC)
    assert record.fields["description"] == ISSUE["fields"]["description"]
    assert record.fields | {"description": None, "summary": None} == {
        **dict.fromkeys(wanted),
        "status": "10000",
        "priority": "3",
    }


def test_every_recorded_field_has_a_flat_form():
    values = [pair for body in [ISSUE, *WITH_HISTORY] for pair in body["fields"].items()]
    assert len(values) > 800
    for name, value in values:
        shown = flat(name, value)
        assert shown is None or isinstance(shown, str | int | float) or shown == value or isinstance(shown, list)
        assert (shown is None) == (value in (None, "", []))


def test_every_recorded_change_can_be_told():
    histories = [history for body in WITH_HISTORY for history in body["changelog"]["histories"]]
    statuses = 0
    for history in histories:
        assert instant(history["created"]).tzinfo is UTC
        for item in history["items"]:
            shape = SYSTEM.get(item.get("fieldId"), Form("text"))
            before, after = told(item, "from", shape), told(item, "to", shape)
            if item["field"] == "status":
                statuses += 1
                assert (before, after) == (item["from"], item["to"])
    assert statuses == 29


@pytest.mark.parametrize(
    ("shape", "item", "before", "after"),
    [
        (SYSTEM["labels"], {"fromString": "b a", "toString": ""}, ["a", "b"], None),
        (SYSTEM["summary"], {"from": None, "fromString": "old", "to": None, "toString": "new"}, "old", "new"),
        (SYSTEM["description"], {"fromString": "*wiki*", "toString": "{code}"}, None, None),
        (SYSTEM["assignee"], {"from": "557058:ab", "fromString": "Elaine", "to": None}, "557058:ab", None),
        (
            SYSTEM["duedate"],
            {"from": None, "to": "2026-11-25", "toString": "2026-11-25 00:00:00.0"},
            None,
            "2026-11-25",
        ),
        (SYSTEM["components"], {"from": None, "to": "10001", "toString": "Cart"}, None, None),
        (Form("number"), {"from": None, "fromString": None, "to": None, "toString": "13"}, None, 13),
        (Form("set", "id", many=True), {"from": "[10019]", "to": "[10021, 10020]"}, ["10019"], ["10020", "10021"]),
    ],
)
def test_a_change_is_told_in_the_forms_of_the_fields(shape, item, before, after):
    assert (told(item, "from", shape), told(item, "to", shape)) == (before, after)


def test_a_value_is_written_in_the_shape_of_its_field():
    option = form({"type": "option", "custom": "com.atlassian…:select"})
    assert wire("10020", option) == {"id": "10020"}
    assert wire("Gold", option) == {"value": "Gold"}
    assert wire("Fixed", SYSTEM["resolution"]) == {"name": "Fixed"}
    assert wire("SHOP", SYSTEM["project"]) == {"key": "SHOP"}
    assert wire("557058:ab", SYSTEM["assignee"]) == {"accountId": "557058:ab"}
    assert wire(["b", "a"], SYSTEM["labels"]) == ["b", "a"]
    assert wire(["10001"], SYSTEM["components"]) == [{"id": "10001"}]
    assert wire("2026-11-25T10:05:00.250Z", form({"type": "datetime"})) == "2026-11-25T10:05:00.250+0000"
    assert [wire(None, SYSTEM[name]) for name in ("labels", "components", "assignee", "duedate")] == [
        [],
        [],
        None,
        None,
    ]


def test_the_published_answer_of_bulk_changelogs_is_read_though_its_schema_refuses_it():
    paths = json.loads(SPEC.read_text())["paths"]
    media = paths["/rest/api/3/changelog/bulkfetch"]["post"]["responses"]["200"]["content"]["application/json"]
    published = json.loads(media["example"])
    for log in published["issueChangeLogs"]:
        for history in log["changeHistories"]:
            history["items"][0]["fieldId"] = "summary"
    pages = [published, {"issueChangeLogs": [], "nextPageToken": None}]
    issue = {"id": "10100", "key": "UL-1", "fields": UL | {"comment": {"comments": [], "total": 0}}}
    with answering(
        issue_bulkfetch={"issues": [issue]},
        changelog_bulkfetch=lambda body, _: pages[1 if "nextPageToken" in body else 0],
    ) as (url, asked):
        found = jira(url, "summary", files=False).history(["10100"])["10100"]
    assert [(entry.id, entry.before, entry.after) for entry in found.entries] == [
        ("10001:summary", "old summary", "new summary"),
        ("10002:summary", "old summary 2", "new summary 2"),
    ]
    assert found.entries[0].at == datetime.fromtimestamp(1492070429, UTC)
    assert asked[-1][1]["nextPageToken"] == published["nextPageToken"]


def test_fields_are_asked_for_in_tens_and_issues_in_hundreds():
    names = [name for name in SYSTEM if name != "security"][:15]
    ids = [str(number) for number in range(10000, 10250)]
    with answering(
        issue_bulkfetch=lambda body, _: {"issues": [{"id": i, "fields": UL} for i in body["issueIdsOrKeys"]]},
        changelog_bulkfetch={"issueChangeLogs": []},
    ) as (url, asked):
        assert len(jira(url, *names, files=False).history(ids)) == 250
    fetched = [len(body["issueIdsOrKeys"]) for path, body in asked if "issue/" in path]
    logged = [(len(body["issueIdsOrKeys"]), len(body["fieldIds"])) for path, body in asked if "changelog" in path]
    assert sorted(fetched) == [50, 100, 100]
    assert logged == [(250, 10), (250, 6)]  # with the field that decides the scope


def _comment(number: int) -> dict[str, Any]:
    at = "2023-01-10T09:41:43.359+0800"
    return {"id": str(number), "author": None, "body": {"type": "doc"}, "created": at, "updated": at}


def _paging(total: int, there: int) -> dict[str, Any]:
    listed = [_comment(number) for number in range(there)]

    def page(_: Any, path: str) -> Any:
        start = int(path.partition("startAt=")[2].partition("&")[0])
        return {"comments": listed[start : start + 100], "total": total, "startAt": start, "maxResults": 100}

    field = {"comments": listed[:50], "total": total, "maxResults": 50, "startAt": 0}
    issue = {"id": "10004", "key": "UL-5", "fields": UL | {"comment": field}}
    return {
        "issue_bulkfetch": {"issues": [issue]},
        "changelog_bulkfetch": {"issueChangeLogs": []},
        "10004_comment": page,
        "3_myself": {"accountId": "us"},
    }


def test_a_list_of_comments_that_is_not_whole_is_paged_on():
    with answering(**_paging(330, 330)) as (url, asked):
        found = jira(url, "summary", files=False).history(["10004"])["10004"]
    assert [comment.id for comment in found.comments] == [str(number) for number in range(330)]
    assert found.whole
    assert sum("/comment?" in path for path, _ in asked) == 3


def test_comments_that_the_site_counts_and_does_not_give_are_a_gap():
    with answering(**_paging(330, 320)) as (url, _):
        found = jira(url, "summary", files=False).history(["10004"])["10004"]
    assert (len(found.comments), found.whole) == (320, False)


@pytest.mark.parametrize(
    ("kind", "told", "public"),
    [
        ("software", None, True),  # as sites without service management tell comments
        ("business", None, True),
        ("service_desk", None, False),
        ("service_desk", True, True),
        ("service_desk", False, False),
        ("software", True, True),
        ("software", "yes", False),
        ("something new", None, False),
        (None, None, False),  # nobody says what the project is
    ],
)
@pytest.mark.parametrize("where", ["in the issue", "when asked"])
def test_a_comment_is_public_only_where_that_is_known(kind: str | None, told: Any, public: bool, where: str) -> None:
    """Recorded comments of Jira Cloud say ``jsdPublic``; older sites' do not, nor do their projects say their type."""
    said = _comment(1) | ({} if told is None else {"jsdPublic": told})
    project = {"id": "10000", "key": "UL"} | ({"projectTypeKey": kind} if kind and where == "in the issue" else {})
    issue = {"id": "10004", "key": "UL-5", "fields": {"project": project, "comment": {"comments": [said], "total": 1}}}
    answers = {"issue_bulkfetch": {"issues": [issue]}, "changelog_bulkfetch": {"issueChangeLogs": []}}
    with answering(**answers, project_UL={"key": "UL", "projectTypeKey": kind}, **{"3_myself": {}}) as (url, _):
        told_of = {
            comments: jira(url, "summary", files=False, comments=comments).history(["10004"])["10004"]
            for comments in ("public", "all")
        }
    assert [one.public for one in told_of["all"].comments] == [public]
    assert ([one.id for one in told_of["public"].comments], told_of["public"].hidden) == (
        (["1"], frozenset()) if public else ([], {"1"})
    )


def test_every_recorded_comment_of_jira_cloud_says_for_whom_it_is():
    said = [one for body in DOWNLOADS for one in _comments_in(body)]
    assert said
    assert all(one["jsdPublic"] is True for one in said)


def _comments_in(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if {"body", "created", "author"} <= node.keys():
            yield node
        for part in node.values():
            yield from _comments_in(part)
    elif isinstance(node, list):
        for part in node:
            yield from _comments_in(part)


@pytest.mark.parametrize(
    ("made", "shown", "stays"),
    [
        ({"jsdPublic": False}, {}, True),
        ({}, {"jsdPublic": False}, True),
        ({}, {}, False),
        ({"jsdPublic": None}, {}, False),
    ],
)
def test_a_comment_that_is_not_known_to_be_internal_is_deleted_again(
    made: dict[str, Any], shown: dict[str, Any], stays: bool
) -> None:
    project = {"fields": {"project": {"projectTypeKey": "service_desk"}}}
    answers = {"10004_comment": {"id": "7", **made}, "comment_7": {"id": "7", **shown}}
    with answering(issue_10004=project, **answers) as (url, asked):
        note = Note("10004", {"type": "doc", "content": []}, False, "m")
        if stays:
            (outcome,) = jira(url, "summary").comment([note])
            assert outcome.id == "7"
        else:
            with pytest.raises(PrivacyError):
                jira(url, "summary").comment([note])
    assert sum("/comment/7" in path for path, _ in asked) == (
        0 if made.get("jsdPublic") is False else 1 if stays else 2
    )


def test_an_issue_that_cannot_be_given_with_others_is_asked_for_alone():
    failed = [{"id": "10004", "errorMessage": "…"}]
    with answering(issue_bulkfetch={"issues": [], "issueErrors": failed}, issue_10004=ISSUE) as (url, asked):
        (record,) = jira(url, "summary").fetch(["10004"])
    assert record.key == "UL-5"
    assert "properties=tandem" in asked[-1][0]


def test_a_site_that_shows_nothing_after_an_edit_is_believed_its_status():
    with answering(issue_10004=None) as (url, _):
        site = Jira(
            Http(requests.Session(), url, tenant="recorded"), Needs(frozenset(), frozenset({"summary"}), PROJECT)
        )
        (outcome,) = site.update([Patch("10004", {"summary": "x"}, "m")])
    assert (outcome.error, outcome.id, outcome.shown, outcome.version) == (None, "10004", None, None)
