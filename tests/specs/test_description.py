# SPDX-License-Identifier: Apache-2.0
"""The corrected descriptions: they take what real systems answered, and refuse what is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from specs.description import FILES, SPECS, Description, check_file, corrections, described

RECORDED = Path(os.environ.get("TANDEM_RECORDED", Path(__file__).parents[3] / "shared" / "recorded"))
ALL = bool(os.environ.get("TANDEM_TEST_ALL"))

pytestmark = pytest.mark.skipif(
    not ALL and not (SPECS.is_dir() and RECORDED.is_dir()), reason="the vendors' descriptions are not at hand"
)


def recorded(node: Any) -> Iterator[tuple[str, str, int, Any]]:
    """Yield method, path, status and body of each full exchange."""
    if isinstance(node, list):
        for item in node:
            yield from recorded(item)
    elif isinstance(node, dict):
        if "request" in node and "response" in node:
            asked, said = node["request"], node["response"]
            yield asked["method"], urlsplit(asked["uri"]).path, int(said["status"]["code"]), said["body"] or None
        else:
            yield from recorded(list(node.values()))


def test_what_zendesk_answered_is_allowed() -> None:
    described_, wrong, seen = described("zendesk"), set[str](), 0
    for file in sorted((RECORDED / "zendesk").glob("*.json")):
        for method, path, status, body in recorded(json.loads(file.read_text())):
            seen += described_.template(path) is not None
            wrong |= set(described_.problems(method, path, status, body))
    assert seen > 20
    assert wrong == set()


def test_what_azure_devops_answered_is_allowed() -> None:
    described_, wrong, seen = described("azure_devops"), set[str](), 0
    for file in sorted((RECORDED / "azure_devops").glob("*.json")):
        for method, path, status, body in recorded(json.loads(file.read_text())):
            seen += described_.template(path) is not None
            wrong |= set(described_.problems(method, path, status, body))
    assert seen > 40
    assert wrong == set()


def test_what_jira_shows_as_examples_is_allowed() -> None:
    """No exchange of Jira's is recorded whole; its own examples must pass at least where we correct it."""
    jira = described("jira")
    for method, path in (
        ("post", "/rest/api/3/issue/bulkfetch"),
        ("post", "/rest/api/3/changelog/bulkfetch"),
        ("get", "/rest/api/3/issue/{issueIdOrKey}/remotelink"),
    ):
        root = json.loads((SPECS / FILES["jira"]).read_text())
        example = root["paths"][path][method]["responses"]["200"]["content"]["application/json"]["example"]
        body = json.loads(example) if isinstance(example, str) else example
        assert jira.problems(method, path.replace("{issueIdOrKey}", "SHOP-1"), 200, body) == []


@pytest.mark.parametrize("number", range(len(corrections())))
def test_each_correction_says_why_and_finds_its_place(number: int) -> None:
    one = corrections()[number]
    assert len(one.proof.split()) > 3
    Description(one.spec, [one])


@pytest.mark.parametrize(
    ("spec", "method", "path", "status", "body", "said"),
    [
        ("zendesk", "GET", "/api/v2/tickets/1.json", 200, {"ticket": {"id": "1"}}, "ticket/id"),
        ("zendesk", "GET", "/api/v2/tickets/1.json", 200, {"ticket": {"status": "asleep"}}, "asleep"),
        ("zendesk", "POST", "/api/v2/tickets.json", 200, {"ticket": {}}, "not described"),
        ("jira", "GET", "/rest/api/3/issue/SHOP-1", 200, {"id": 10001}, "id"),
        ("jira", "POST", "/rest/api/3/issue", 200, {"id": "10001"}, "not described"),
        ("azure_devops", "GET", "/o/_apis/wit/workItems/1", 200, {"id": "1"}, "id"),
        ("azure_devops", "GET", "/o/p/_apis/wit/workitems", 200, [], "not of type 'object'"),
        ("azure_devops", "GET", "/o/p/_apis/wit/workitems/1", 404, {"message": "gone"}, "innerException"),
        ("azure_devops", "POST", "/o/p/_apis/wit/attachments", 204, None, "not described"),
    ],
)
def test_a_wrong_answer_is_found(
    tmp_path: Path, spec: str, method: str, path: str, status: int, body: Any, said: str
) -> None:
    line = {"kind": spec, "method": method, "path": path, "status": status, "body": body}
    (tmp_path / "exchanges").write_text(json.dumps(line))
    assert any(said in one for one in check_file(tmp_path / "exchanges"))
