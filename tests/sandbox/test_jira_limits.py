# SPDX-License-Identifier: Apache-2.0
"""What the simulated Jira caps, and in which words and headers it says so."""

from collections.abc import Iterator

import pytest

from support.jira import WORLD, JiraSite, doc
from support.sandbox import running_sandbox

JIRA = "infinity-jira"
FULL = {
    "project": "SHOP",
    "summary": "Said too much about",
    "reporter": "elaine",
    "comments": [{"by": "elaine", "text": f"No. {number}"} for number in range(4999)],
}


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    [tenant] = WORLD["tenants"]
    with running_sandbox({"tenants": [tenant | {"tickets": [FULL]}]}) as running:
        yield JiraSite(running[JIRA], running.control)


def test_an_issue_takes_five_thousand_comments(site: JiraSite) -> None:
    last = site.ask("POST", "3/issue/SHOP-1/comment", json={"body": doc("The last")})
    assert last.status_code == 201
    refused = site.ask("POST", "3/issue/SHOP-1/comment", json={"body": doc("Too much")})
    assert refused.status_code == 400
    assert "5000 comments" in refused.json()["errorMessages"][0]
    page = site.get("3/issue/SHOP-1/comment", startAt=4990, maxResults=100)
    assert (page["total"], len(page["comments"])) == (5000, 10)
    listed = site.get("3/search/jql", jql="project = SHOP", fields="comment")["issues"][0]["fields"]["comment"]
    assert (listed["total"], len(listed["comments"])) == (5000, 20)
    many = {"ids": list(range(10001, 11002))}
    assert site.ask("POST", "3/comment/list", json=many).status_code == 400


def test_an_issue_takes_two_thousand_files(site: JiraSite) -> None:
    key, headers = site.create(), {"X-Atlassian-Token": "no-check"}
    for _ in range(4):
        files = [("file", (f"{number}.txt", b"x")) for number in range(500)]
        assert site.ask("POST", f"3/issue/{key}/attachments", files=files, headers=headers).ok
    refused = site.ask("POST", f"3/issue/{key}/attachments", files={"file": ("more.txt", b"x")}, headers=headers)
    assert refused.status_code == 413
    assert len(site.fields(key)["attachment"]) == 2000
    with site.settings(attachment_limit=3):
        big = site.ask("POST", f"3/issue/{site.create()}/attachments", files={"file": ("b", b"1234")}, headers=headers)
    assert big.status_code == 413


def test_bulk_reads_are_capped_in_issues_and_properties(site: JiraSite) -> None:
    many = {"issueIdsOrKeys": [str(number) for number in range(101)]}
    assert site.ask("POST", "3/issue/bulkfetch", json=many).status_code == 400
    marked = {"issueIdsOrKeys": ["SHOP-1"], "properties": [f"p{number}" for number in range(6)]}
    assert site.ask("POST", "3/issue/bulkfetch", json=marked).status_code == 400
    logs = {"issueIdsOrKeys": [str(number) for number in range(1001)]}
    assert site.ask("POST", "3/changelog/bulkfetch", json=logs).status_code == 400
    update = {"fields": {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "x"}}
    assert site.ask("POST", "3/issue/bulk", json={"issueUpdates": [update] * 51}).status_code == 400
    reconciled = {"jql": "project = SHOP", "reconcileIssues": list(range(51))}
    assert site.ask("POST", "3/search/jql", json=reconciled).status_code == 400


def test_only_an_edit_can_answer_with_the_issue(site: JiraSite) -> None:
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "x"}
    made = site.ask("POST", "3/issue?returnIssue=true", json={"fields": fields})
    assert (made.status_code, set(made.json())) == (201, {"id", "key", "self"})
    key = made.json()["key"]
    edited = site.ask("PUT", f"3/issue/{key}?returnIssue=true", json={"fields": {"summary": "y"}})
    assert (edited.status_code, edited.json()["fields"]["summary"]) == (200, "y")
    moved = site.ask("POST", f"3/issue/{key}/transitions?returnIssue=true", json={"transition": {"id": "11"}})
    assert (moved.status_code, moved.content) == (204, b"")


def test_either_part_of_a_refusal_may_be_empty(site: JiraSite) -> None:
    by_field = site.ask("PUT", "3/issue/SHOP-1", json={"fields": {"nonsense": 1}}).json()
    assert by_field["errorMessages"] == []
    assert list(by_field["errors"]) == ["nonsense"]
    in_words = site.ask("GET", "3/issue/SHOP-9999").json()
    assert len(in_words["errorMessages"]) == 1
    assert in_words["errors"] == {}


def test_the_quota_of_the_hour_is_in_points_and_says_when_it_comes_back(site: JiraSite) -> None:
    for _ in range(3):
        site.create(labels=["quota"])
    before = site.get("3/serverInfo")["serverTime"][14:19]
    site.control.advance((60 - int(before[:2])) * 60)  # a fresh hour
    with site.settings(hourly_points=10):
        first = site.ask("GET", "3/priority")
        assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("10", "9")
        assert "X-RateLimit-NearLimit" not in first.headers
        found = site.ask("GET", "3/search/jql", params={"jql": "labels = quota", "fields": "summary"})
        assert found.headers["X-RateLimit-Remaining"] == "8"  # its three issues count from the next one on
        for left in (4, 3, 2):
            assert site.ask("GET", "3/priority").headers["X-RateLimit-Remaining"] == str(left)
        near = site.ask("GET", "3/priority")
        assert near.headers["X-RateLimit-NearLimit"] == "true"
        site.ask("GET", "3/priority")
        refused = site.ask("GET", "3/priority")
        assert refused.status_code == 429
        assert refused.headers["RateLimit-Reason"] == "jira-quota-tenant-based"
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert refused.headers["X-RateLimit-Reset"].endswith(":00Z")
        wait = int(refused.headers["Retry-After"])
        assert 0 < wait <= 3601
        site.control.advance(wait)
        assert site.ask("GET", "3/priority").ok


def test_a_429_that_is_ordered_has_all_of_its_headers(site: JiraSite) -> None:
    number = site.control.fault("rate_limited", JIRA, count=1, retry_after="7")
    refused = site.ask("GET", "3/myself")
    site.control.clear_faults(number)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert refused.headers["RateLimit-Reason"] == "jira-burst-based"
    assert [refused.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "NearLimit")] == [
        "100",
        "0",
        "true",
    ]
    assert refused.headers["X-RateLimit-Reset"]
