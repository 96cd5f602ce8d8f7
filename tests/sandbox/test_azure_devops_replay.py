# SPDX-License-Identifier: Apache-2.0
"""Each recorded story is told again to the simulated Azure DevOps, and the answers are compared.

Compared are status, keys, JSON types and names of headers. The numbers and ids of a story are those that we gave to its
things before. What a story takes for granted (projects, work items, saved queries) is made first. New recordings in
`TANDEM_RECORDED`/azure_devops run by themselves.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
import requests

from support import material
from support.azure_devops import NAME, PATCH, Desk, fields_of, people, world
from support.material import demand
from support.sandbox import running_sandbox

RECORDED = demand(material.RECORDED / "azure_devops")
TRANSPORT = {"content-encoding", "transfer-encoding", "keep-alive", "connection", "date", "content-length"}
"""Headers of the wire."""
MARKDOWN_SINCE = "2025-07"
"""Since then answers have `multilineFieldsFormat`."""


@dataclass(frozen=True)
class Sent:
    """A recorded exchange."""

    method: str
    parts: tuple[str, ...]
    """Of the path, behind the organization."""
    query: tuple[tuple[str, str], ...]
    accept: str
    kind: str
    body: Any
    status: int
    headers: frozenset[str]
    answer: Any


@dataclass(frozen=True)
class Story:
    name: str
    organization: str
    year: str
    exchanges: tuple[Sent, ...]

    def projects(self) -> list[str]:
        """Those that are there before it begins."""
        made = {one.body["name"] for one in self.exchanges if one.method == "POST" and one.parts[-1:] == ("projects",)}
        named = {one.parts[0] for one in self.exchanges if one.parts[0] != "_apis"}
        for one in self.exchanges:
            named |= set(re.findall(r"\[System\.TeamProject\] = '([^']+)'", json.dumps(one.body)))
            named |= set(re.findall(r'"System.TeamProject": "([^"]+)"', json.dumps(one.answer)))
        return sorted(named - made)


def stories() -> Iterator[Story]:
    for file in sorted(RECORDED.glob("*.json")):
        exchanges = []
        for one in json.loads(file.read_text())["interactions"]:
            asked, said = one["request"], one["response"]
            url = urlsplit(asked["uri"])
            organization, *parts = [unquote(part) for part in url.path.split("/") if part]
            heads = {name.lower(): value for name, value in (asked.get("headers") or {}).items()}
            exchanges.append(
                Sent(
                    asked["method"],
                    tuple(parts),
                    tuple(parse_qsl(url.query)),
                    heads.get("accept", "application/json"),
                    heads.get("content-type", "application/json").split(";")[0],
                    asked["body"],
                    said["status"]["code"],
                    frozenset(name.lower() for name in said["headers"]),
                    said["body"],
                )
            )
        year = min(re.findall(r"20\d\d-\d\d", json.dumps([one.answer for one in exchanges])) or ["2025-01"])
        yield Story(file.stem, organization, year, tuple(exchanges))


def misfits(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """How our answer differs in keys and types from theirs."""
    if type(ours) is not type(theirs):
        return [f"{where}: {type(ours).__name__}, recorded {type(theirs).__name__}"]
    if isinstance(ours, list):
        if len(ours) != len(theirs) and not where.endswith("workItems"):
            return [f"{where}: {len(ours)} entries, recorded {len(theirs)}"]
        pairs = zip(ours, theirs, strict=False)
        return [m for number, pair in enumerate(pairs) for m in misfits(*pair, f"{where}[{number}]")]
    if not isinstance(ours, dict):
        return []
    found = [f"{where}.{key}: missing" for key in theirs if key not in ours]
    found += [f"{where}.{key}: never recorded" for key in ours if key not in theirs]
    return found + [m for key in ours if key in theirs for m in misfits(ours[key], theirs[key], f"{where}.{key}")]


@dataclass
class Teller:
    """Tells one story to a running sandbox."""

    desk: Desk
    organization: str
    known: dict[str, str] = field(default_factory=dict)
    """Recorded number or id: ours."""
    as_of: str = ""
    relations: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    """Our number of a work item: addresses of its relations, ours and theirs, each as they came."""

    def ours(self, text: str) -> str:
        """A text with our numbers in the place of theirs."""
        if not self.known:
            return text
        either = "|".join(sorted(map(re.escape, self.known), key=len, reverse=True))
        return re.sub(rf"(?<![\w-])({either})(?![\w-])", lambda found: self.known[found[1]], text)

    def request(self, method: str, path: str, **sent: Any) -> requests.Response:
        url = f"{self.desk.place.url}/{self.organization}/{path}"
        auth = ("", self.desk.place.people["tandem"].token or "")
        return requests.request(method, url, auth=auth, timeout=10, **sent)

    def send(self, sent: Sent) -> list[str]:
        """Send what was sent, and say how the answer differs."""
        self.prepare(sent)
        path = quote(self.ours("/".join(sent.parts)), safe="/$")
        query = [(name, self.as_of if name == "asOf" else self.ours(value)) for name, value in sent.query]
        given: dict[str, Any] = {}
        if sent.body is not None:
            there = self.ours(json.dumps(sent.body)).replace("https://dev.azure.com", self.desk.place.url)
            given["data"] = json.dumps(self.placed(json.loads(there), path.rsplit("/", 1)[-1])).encode()
        heads = {"Accept": sent.accept, "Content-Type": sent.kind}
        answer = self.request(sent.method, path, params=query, headers=heads, **given)
        if answer.status_code != sent.status:
            return [f"{answer.status_code}, recorded {sent.status}: {answer.text[:200]}"]
        body = answer.json() if answer.content else None
        self.learn(body, sent.answer)
        mine = {name.lower() for name in answer.headers}
        lacking = [f"lacks the header {name}" for name in sorted(sent.headers - TRANSPORT - mine)]
        return lacking + misfits(body, sent.answer)

    def placed(self, document: Any, number: str) -> Any:
        """A document whose relations go by our places: those of the same work items as there."""
        if number not in self.relations or not isinstance(document, list):
            return document
        ours, theirs = (list(one) for one in self.relations[number])
        for operation in document:
            place = re.fullmatch(r"/relations/(\d+)", operation.get("path", ""))
            if place and operation["op"] == "remove":
                number_there = self.known[theirs.pop(int(place[1])).rsplit("/", 1)[-1]]
                here = next(at for at, url in enumerate(ours) if url.rsplit("/", 1)[-1] == number_there)
                operation["path"] = f"/relations/{here}"
                del ours[here]
        return document

    def learn(self, ours: Any, theirs: Any) -> None:
        if isinstance(ours, dict) and isinstance(theirs, dict):
            if "id" in ours and "id" in theirs:
                self.known[str(theirs["id"])] = str(ours["id"])
            self.as_of = ours.get("asOf", self.as_of)
            if "relations" in ours and "relations" in theirs:
                urls = ([one["url"] for one in ours["relations"]], [one["url"] for one in theirs["relations"]])
                self.relations[str(ours["id"])] = urls

    def prepare(self, sent: Sent) -> None:
        """Make what a request takes for granted."""
        shown = sent.answer.get("value", [sent.answer]) if isinstance(sent.answer, dict) else []
        for one in shown:
            if isinstance(one, dict) and "rev" in one and sent.method == "GET" and str(one["id"]) not in self.known:
                self._work_item(str(one["id"]), one["fields"])
        if "wiql" in sent.parts and sent.method == "GET" and sent.parts[-1] not in self.known:
            for one in sent.answer["workItems"]:
                self._work_item(str(one["id"]), {"System.WorkItemType": "Task"})
            columns = ", ".join(f"[{one['referenceName']}]" for one in sent.answer["columns"])
            wiql = f"SELECT {columns} FROM WorkItems WHERE [System.Id] > 0"
            saved = self.request(
                "POST",
                f"{self.project}/_apis/wit/queries/Shared%20Queries?api-version=7.1",
                json={"name": "Recorded", "wiql": wiql},
            )
            self.known[sent.parts[-1]] = saved.json()["id"]

    def _work_item(self, number: str, fields: dict[str, Any]) -> None:
        if number in self.known:
            return
        kind, title = fields["System.WorkItemType"], fields.get("System.Title", "as recorded")
        made = self.request(
            "POST",
            f"{self.project}/_apis/wit/workItems/${kind}?api-version=7.1",
            json=fields_of({"System.Title": title}),
            headers={"Content-Type": PATCH},
        )
        assert made.status_code == 200, made.text
        self.known[number] = str(made.json()["id"])

    @property
    def project(self) -> str:
        found = self.request("GET", "_apis/projects?api-version=7.1").json()["value"]
        return str(found[0]["name"])


@contextmanager
def telling(story: Story) -> Iterator[Teller]:
    settings = {
        "organization": story.organization,
        "projects": {name: {"process": "Basic"} for name in story.projects()},
        "markdown": story.year >= MARKDOWN_SINCE,
    }
    with running_sandbox(world(settings, people=people(tandem="admin"))) as running:
        yield Teller(Desk(running[NAME], running.control), story.organization)


@pytest.mark.parametrize("story", [pytest.param(one, id=Path(one.name).stem) for one in stories()])
def test_a_recorded_story_is_answered_here_as_it_was_there(story: Story) -> None:
    with telling(story) as teller:
        for number, sent in enumerate(story.exchanges):
            assert (number, teller.send(sent)) == (number, [])


def test_a_replay_would_notice_a_difference() -> None:
    assert misfits({"id": 1, "more": [1]}, {"id": "1", "lacking": 2, "more": [{}]}) == [
        ".lacking: missing",
        ".id: int, recorded str",
        ".more[0]: int, recorded dict",
    ]
