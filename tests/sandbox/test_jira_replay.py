# SPDX-License-Identifier: Apache-2.0
"""Each recorded request that the simulated Jira serves is sent to it, and the answers are compared.

Whole exchanges are replayed as they stand, with our issue in place of theirs. Of answers without their request the
path tells what was asked. Compared are status, keys, JSON types, and names of headers; null fits everywhere, and our
answers may have what a newer site adds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from support import material
from support.jira import JiraSite, doc, jira_site
from support.material import demand

RECORDED = demand(material.RECORDED / "jira")
NOT_SERVED = re.compile(
    r"board|sprint|rapidview|webhook|adf\.sample|project/SAMPLEPROJECT\.issues|empty_issues|^field/"
)
"""Jira Software's own API, administration, a bare document, and lists of the old search, which is gone."""
OF_PEOPLE = {"name", "key", "emailAddress"}
"""How Server told of people; Cloud does not, and hides addresses."""
OF_TEAMS = {"entityId", "scope"}
"""Of team-managed projects, which are not simulated."""
OF_THE_SITE = re.compile(r"\.(avatarUrls|customfield_\d+)$")
SERVER_ONLY = {
    "resolution": "iconUrl",
    "issue/10002/attachments": "properties",
    "user_accountId": "id",
    "project/SAMPLEPROJECT": "roles.Users",
}
"""By the beginning of the path: keys of Server bodies that no description and no recording of Cloud has."""
TRANSPORT = {"content-length", "transfer-encoding", "content-encoding", "connection", "x-amz-cf-id", "x-cache", "via"}
"""Headers that the wire decides, not the site."""


@dataclass(frozen=True)
class Sent:
    """A recorded exchange: its name, what was asked, and what was answered."""

    name: str
    method: str
    path: str
    body: Any
    status: int | None
    headers: frozenset[str]
    answer: Any


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


def exchanges() -> Iterator[Sent]:
    """Yield what was recorded with its request, in either form."""
    for file in sorted(RECORDED.glob("*.json")):
        for one in json.loads(file.read_text())["interactions"]:
            if "request" in one:
                asked, told = one["request"], one["response"]
                headers = frozenset(name.lower() for name in told.get("headers") or {})
                answer = told.get("body")
                yield Sent(
                    f"{file.stem}: {asked['method']} {asked['uri']}",
                    asked["method"],
                    asked["uri"],
                    asked.get("body"),
                    told["status"]["code"],
                    headers,
                    answer,
                )
            elif "response" in one:
                told = one["response"]
                headers = frozenset(name.lower() for name in told.get("response_headers") or {})
                yield Sent(
                    f"{file.stem}: {one['title']}",
                    one["method"],
                    one["url"],
                    None,
                    told["status_code"],
                    headers,
                    told.get("json_body"),
                )


def bodies() -> Iterator[tuple[str, Any]]:
    """Yield answers of which only the body was recorded, by the path of their file."""
    for file in sorted(RECORDED.glob("*.json")):
        for one in json.loads(file.read_text())["interactions"]:
            if "origin_path" in one:
                yield (
                    re.sub(r"^.*?(mock_responses|testdata|complete_sample|Fixtures)/", "", one["origin_path"]),
                    one["body"],
                )


def misfits(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """List the keys that our answer lacks and the values of another JSON type."""
    if ours is None or theirs is None or OF_THE_SITE.search(where):
        return []
    if kind(ours) != kind(theirs):
        return [f"{where}: {kind(ours)}, recorded {kind(theirs)}"]
    if isinstance(theirs, list):
        each = [[misfits(our, one, f"{where}[]") for our in ours] for one in theirs if ours]
        return [found for tries in each for found in min(tries, key=len)]
    if not isinstance(theirs, dict):
        return []
    person = "displayName" in theirs
    found = []
    for key, value in theirs.items():
        if key in ours:
            found += misfits(ours[key], value, f"{where}.{key}")
        elif key not in OF_TEAMS and not (person and key in OF_PEOPLE) and not OF_THE_SITE.search(f".{key}"):
            found.append(f"{where}.{key}: recorded, missing here")
    return found


def kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


class Stage:
    """An issue that has everything, and ways to ask for what hangs on it."""

    def __init__(self, site: JiraSite) -> None:
        self.site = site
        other = site.create()
        self.key = site.create(by="tandem", description=doc("text"), labels=["a"], duedate="2024-01-01")
        self.id = str(site.get(f"3/issue/{self.key}")["id"])
        self.child = site.create(issuetype={"name": "Sub-task"}, parent={"key": self.key})
        self.attachment = site.attach(self.key, "a.png", b"png", "tandem")["id"]
        self.comment = self.made("POST", f"2/issue/{self.key}/comment", {"body": "said"})["id"]
        self.worklog = self.made("POST", f"2/issue/{self.key}/worklog", {"timeSpent": "2d", "comment": "done"})["id"]
        part = {"name": f"Part of {self.key}", "project": "SHOP", "description": "A part"}
        lead = {"leadAccountId": site.account("elaine"), "assigneeType": "COMPONENT_LEAD"}
        self.component = self.made("POST", "2/component", part | lead)["id"]
        version = {"releaseDate": "2012-01-12", "released": True}
        self.version = self.made("POST", "2/version", part | version)["id"]
        for name in ("foo", "xyz"):
            site.ask("PUT", f"2/issue/{self.key}/properties/{name}", json="kept")
        for ends in (("inwardIssue", "outwardIssue"), ("outwardIssue", "inwardIssue")):
            link = dict(zip(ends, ({"key": self.key}, {"key": other}), strict=True))
            site.ask("POST", "2/issueLink", json={"type": {"name": "Blocks"}, **link})
        site.go(self.key, "Start")

    def made(self, method: str, path: str, body: Any) -> Any:
        answer = self.site.ask(method, path, json=body)
        assert answer.ok, answer.text
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Ask for a path with our numbers in place of `{...}`."""
        numbers = {"issue": self.key, "comment": self.comment, "attachment": self.attachment, "worklog": self.worklog}
        numbers |= {"component": self.component, "version": self.version, "account": self.site.account("tandem")}
        return self.site.ask(method, path.format(**numbers), json=body)


NEW_ISSUE = {"fields": {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "new"}}
ASKED: tuple[tuple[str, str, str, Any], ...] = (
    (r"component\.post", "POST", "2/component", {"name": "Fresh", "project": "SHOP"}),
    (r"component/\d+\.invalid\.put", "PUT", "2/component/{component}", {"invalid": 1}),
    (r"component/\d+\.put", "PUT", "2/component/{component}", {"description": "Changed"}),
    (r"component/\d+", "GET", "2/component/{component}", None),
    (r"version\.post", "POST", "2/version", {"name": "2.0", "project": "SHOP"}),
    (r"version/\d+\.invalid\.put", "PUT", "2/version/{version}", {"chump": 1}),
    (r"version/\d+\.put", "PUT", "2/version/{version}", {"description": "Changed"}),
    (r"version/\d+", "GET", "2/version/{version}", None),
    (r"field", "GET", "2/field", None),
    (r"issue\.post", "POST", "2/issue", NEW_ISSUE),
    (r"issue/\d+\.invalid\.put", "PUT", "2/issue/{issue}", {"fields": {"invalid": 1}}),
    (r"issue/\d+\.put\.missing_field_update", "PUT", "2/issue/{issue}", {}),
    (r"issue/\d+/attachments/\d+", "GET", "2/attachment/{attachment}", None),
    (r"issue/\d+/comment", "GET", "2/issue/{issue}/comment", None),
    (r"issue/\d+/comment\.post", "POST", "2/issue/{issue}/comment", {"body": "more"}),
    (r"issue/\d+/comment/\d+", "GET", "2/issue/{issue}/comment/{comment}", None),
    (r"issue/\d+/comment/\d+\.put", "PUT", "2/issue/{issue}/comment/{comment}", {"body": "changed"}),
    (r"issue/\d+/properties", "GET", "2/issue/{issue}/properties", None),
    (r"issue/\d+/properties/\w+", "GET", "2/issue/{issue}/properties/foo", None),
    (r"issue/\d+/transitions", "GET", "2/issue/{issue}/transitions", None),
    (r"issue/\d+/watchers", "GET", "2/issue/{issue}/watchers", None),
    (r"issue/\d+/worklog", "GET", "2/issue/{issue}/worklog", None),
    (r"issue/\d+/worklog\.post", "POST", "2/issue/{issue}/worklog", {"timeSpent": "1h"}),
    (r"issue/\d+/worklog/\d+", "GET", "2/issue/{issue}/worklog/{worklog}", None),
    (r"issue/\d+/worklog/\d+\.put", "PUT", "2/issue/{issue}/worklog/{worklog}", {"timeSpent": "4d"}),
    (r"issueLinkType", "GET", "2/issueLinkType", None),
    (r"issueLinkType/\d+", "GET", "2/issueLinkType/10000", None),
    (r"issuetype", "GET", "2/issuetype", None),
    (r"issuetype/\d+", "GET", "2/issuetype/10001", None),
    (r"priority", "GET", "2/priority", None),
    (r"priority/\d+", "GET", "2/priority/1", None),
    (r"project", "GET", "2/project", None),
    (r"project/\w+", "GET", "2/project/SHOP", None),
    (r"resolution", "GET", "2/resolution", None),
    (r"resolution/\d+", "GET", "2/resolution/10000", None),
    (r"(sample_)?status(es)?", "GET", "2/status", None),
    (r"status/\d+", "GET", "2/status/3", None),
    (r"statuscategory", "GET", "2/statuscategory", None),
    (r"statuscategory/\d+", "GET", "2/statuscategory/2", None),
    (r"user_accountId=\w+", "GET", "2/user?accountId={account}", None),
    (r"issue/\d+|sample_issues/[\w-]+|SP-\d+", "GET", "2/issue/{issue}?expand=changelog", None),
)
BY_HAND = {
    r"issue/\d+/transitions\.post": "the body of a 204 is none; the file holds a line break",
    r"issue/\d+/properties/xyz\.put": "the client's own mock: the description promises no body",
    r"issue": "a list of the old search, which answers 410",
}


def request_of(path: str) -> tuple[str, str, Any] | None:
    """Find what was asked, by the path of a recorded answer's file; none for what is not served."""
    name = path.removesuffix(".json")
    if NOT_SERVED.search(name) or any(re.fullmatch(pattern, name) for pattern in BY_HAND):
        return None
    for pattern, method, asked, body in ASKED:
        if re.fullmatch(pattern, name):
            return method, asked, body
    raise AssertionError(f"{path}: say in ASKED how it is asked for, or in NOT_SERVED why it is not")


@pytest.mark.parametrize(("path", "recorded"), list(bodies()), ids=[path for path, _ in bodies()])
def test_a_recorded_answer_has_nothing_that_ours_lacks(site: JiraSite, path: str, recorded: Any) -> None:
    asked = request_of(path)
    if asked is None:
        return
    answer = Stage(site).ask(*asked)
    assert answer.ok == ("invalid" not in path and "missing" not in path)
    server = {f".{key}: recorded, missing here" for begin, key in SERVER_ONLY.items() if path.startswith(begin)}
    assert [one for one in misfits(answer.json(), recorded) if one.removeprefix("[]") not in server] == []


@pytest.mark.parametrize("sent", list(exchanges()), ids=lambda sent: sent.name)
def test_a_recorded_request_is_answered_as_it_was(site: JiraSite, sent: Sent) -> None:
    stage = Stage(site)
    parts = urlsplit(sent.path)
    path = re.sub(r"/issue/[^/]+", f"/issue/{stage.id}", parts.path).partition("/rest/api/")[2]
    answer = site.ask(sent.method, path, params=parse_qsl(parts.query), json=sent.body)
    assert answer.status_code == sent.status
    assert sent.headers - TRANSPORT <= {name.lower() for name in answer.headers}
    if sent.answer not in (None, ""):
        assert misfits(answer.json(), sent.answer) == []


def test_every_document_that_was_recorded_is_taken_and_given_back(site: JiraSite) -> None:
    found = [body for path, body in bodies() if "adf" in path]
    assert found
    for document in found:
        key = site.create()
        answer = site.ask("PUT", f"3/issue/{key}", json={"fields": {"description": document}})
        if answer.status_code == 400:  # it shows files that are not the issue's
            assert answer.json()["errorMessages"] == ["ATTACHMENT_VALIDATION_ERROR"]
            continue
        assert site.fields(key)["description"] == document
