# SPDX-License-Identifier: Apache-2.0
"""Large things pass in flat memory: a file of 200 MB both ways, and a ticket of 5,000 comments. Over real HTTP.

Each is moved by a process of its own, which tells by how much its memory grew.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from engine.house import INCLUDE, TENANTS
from support.jira import doc
from support.sandbox import RunningSandbox, running_sandbox
from support.zendesk import ZendeskDesk

ZENDESK, JIRA = TENANTS["mercuri_zendesk"], TENANTS["infinity_jira"]
pytestmark = pytest.mark.timeout(600)
MB = 1024 * 1024
FILE = 200 * MB
GROWTH = 60  # MB at most
COMMENTS = 5_000

MOVE = """
import hashlib, json, resource, sys
from contextlib import contextmanager
import requests
from tandem.connectors.base import Condition, Needs, Note, Upload
from tandem.connectors.jira import Jira
from tandem.connectors.zendesk import Zendesk
from tandem.http import Http

asked = json.loads(sys.argv[1])

def side(name):
    one = asked[name]
    session = requests.Session()
    session.auth = (one["user"], one["word"])
    title = frozenset({one["title"]})
    needs = Needs(read=title, write=title, scope=(Condition(one["title"], set_=True),))
    return {"jira": Jira, "zendesk": Zendesk}[one["kind"]](Http(session, one["url"], tenant=name), needs)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

source, target = side("source"), side("target")
ticket, copy = asked["source"]["ticket"], asked["target"]["ticket"]
source.preflight(), target.preflight()
if asked["what"] == "file":
    (file,) = source.history([ticket])[ticket].files
    hashes = [hashlib.sha256(), hashlib.sha256()]
    before = peak()

    @contextmanager
    def stream():
        with source.download(ticket, file.id) as chunks:
            def hashed():
                for chunk in chunks:
                    hashes[0].update(chunk)
                    yield chunk
            yield hashed()

    sent = target.attach(Upload(copy, file.name, "application/octet-stream", file.size, stream))
    assert sent.error is None, sent.error
    if target.capabilities.files_in_comments:
        (noted,) = target.comment([Note(copy, "<p>the file</p>", True, "mark", (sent.id,))])
        assert noted.error is None, noted.error
        sent = noted
    with target.download(copy, sent.files[0]) as chunks:
        for chunk in chunks:
            hashes[1].update(chunk)
    assert hashes[0].digest() == hashes[1].digest()
    print(json.dumps({"grew": peak() - before, "size": file.size}))
else:
    before = peak()
    (record,) = source.fetch([ticket], ahead=True)
    told = source.history([ticket])[ticket]
    assert told.whole
    print(json.dumps({"grew": peak() - before, "comments": len(told.comments)}))
"""


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.control.settings(ZENDESK, export_lag=0, search_lag=0, attachment_limit=2 * FILE)
        running.control.settings(JIRA, search_lag=0)
        yield running


def _place(box: RunningSandbox, tenant: str, ticket: str) -> dict[str, str]:
    place = box[tenant]
    login, zendesk = place.integration, place.kind == "zendesk"
    return {
        "kind": place.kind,
        "url": place.url,
        "user": f"{login.email}/token" if zendesk else login.email,
        "word": login.token or login.password,
        "title": "subject" if zendesk else "summary",
        "ticket": ticket,
    }


def _moved(what: str, source: dict[str, str], target: dict[str, str]) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, "-c", MOVE, json.dumps({"what": what, "source": source, "target": target})],
        env={"PYTHONPATH": str(INCLUDE)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    return dict(json.loads(told.stdout))


def _in_zendesk(box: RunningSandbox, size: int = 0) -> str:
    desk = ZendeskDesk(box[ZENDESK], box.control)
    comment: dict[str, Any] = {"body": "Look"}
    if size:
        answer = desk.ask(
            "POST", "uploads.json", "anna", params={"filename": "large.bin"}, data=bytes(size), timeout=120
        )
        comment["uploads"] = [answer.json()["upload"]["token"]]
    return str(desk.make("anna", tags=["customer"], comment=comment)["id"])


def _in_jira(box: RunningSandbox, size: int = 0) -> str:
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "Large", "labels": ["customer"]}
    (made,) = box.control.act(JIRA, "elaine", [("POST", "/rest/api/3/issue", {"fields": fields})])
    if size:
        answer = requests.post(
            f"{box[JIRA].url}/rest/api/3/issue/{made['id']}/attachments",
            files={"file": ("large.bin", bytes(size))},
            headers={"X-Atlassian-Token": "no-check"},
            auth=box[JIRA].people["elaine"].basic,
            timeout=120,
        )
        assert answer.ok
    return str(made["id"])


def test_a_file_of_200_mb_passes_from_zendesk_to_jira(box: RunningSandbox) -> None:
    told = _moved("file", _place(box, ZENDESK, _in_zendesk(box, FILE)), _place(box, JIRA, _in_jira(box)))
    assert told["size"] == FILE
    assert told["grew"] < GROWTH


def test_a_file_of_200_mb_passes_from_jira_to_a_zendesk_that_takes_it(box: RunningSandbox) -> None:
    told = _moved("file", _place(box, JIRA, _in_jira(box, FILE)), _place(box, ZENDESK, _in_zendesk(box)))
    assert told["size"] == FILE
    assert told["grew"] < GROWTH


def test_a_jira_issue_of_5_000_comments_is_read_in_flat_memory(box: RunningSandbox) -> None:
    issue = _in_jira(box)
    said = [{"add": {"body": doc(f"Comment {number} " + "and so on " * 20)}} for number in range(COMMENTS)]
    calls = [{"update": {"comment": said[start : start + 250]}} for start in range(0, COMMENTS, 250)]
    box.control.act(JIRA, "elaine", [("PUT", f"/rest/api/3/issue/{issue}", body) for body in calls])
    told = _moved("comments", _place(box, JIRA, issue), _place(box, ZENDESK, _in_zendesk(box)))
    assert told["comments"] == COMMENTS
    assert told["grew"] < GROWTH


def test_a_zendesk_ticket_of_5_000_comments_is_read_in_flat_memory(box: RunningSandbox) -> None:
    ticket = _in_zendesk(box)
    said = [
        {"comment": {"body": f"Comment {number} " + "and so on " * 20, "public": True}} for number in range(COMMENTS)
    ]
    box.control.act(ZENDESK, "anna", [("PUT", f"/api/v2/tickets/{ticket}.json", {"ticket": one}) for one in said])
    told = _moved("comments", _place(box, ZENDESK, ticket), _place(box, JIRA, _in_jira(box)))
    assert told["comments"] == COMMENTS
    assert told["grew"] < GROWTH
