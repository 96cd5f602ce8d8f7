# SPDX-License-Identifier: Apache-2.0
"""Each recorded request is sent to the simulated ServiceNow, and the answers are compared.

Compared are status, keys, JSON types and names of headers. A column that is a reference in one answer may be empty in
the other, and with it an empty text. New recordings in `TANDEM_RECORDED`/servicenow run by themselves.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from support import material
from support.material import demand
from support.servicenow import Desk, running_desk

RECORDED = demand(material.RECORDED / "servicenow")
TRANSPORT = re.compile(r"content-encoding|transfer-encoding|keep-alive|connection|date|content-length")
"""Headers of the wire."""
VERB = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True)
class Sent:
    """A recorded exchange."""

    method: str
    path: str
    query: str
    status: int
    headers: dict[str, str]
    answer: Any

    @property
    def rows(self) -> list[dict[str, Any]]:
        found = self.answer["result"]
        return list(found) if isinstance(found, list) else [found]


def exchanges() -> Iterator[tuple[str, Sent]]:
    """Name and exchange, of both forms of recording."""
    for file in sorted(RECORDED.glob("*.json")):
        for number, one in enumerate(json.loads(file.read_text())["interactions"]):
            said = one["response"]
            if "request" in one:
                parts = urlsplit(one["request"]["uri"])
                sent = Sent(
                    one["request"]["method"],
                    parts.path,
                    parts.query,
                    said["status"]["code"],
                    said["headers"],
                    said["body"],
                )
                yield f"{file.stem}-{number}", sent
            else:
                path = "/" + str(one["url"]).lstrip("/")
                sent = Sent(one["method"], path, "", said["status_code"], said["response_headers"], said["json_body"])
                yield f"{file.stem}-{one['title'].replace(' ', '-')}", sent


def misfits(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """How our answer differs in keys and types from theirs."""
    empty = (None, "")
    if ours in empty or theirs in empty:  # unset columns are empty texts, whatever they hold else
        return [] if isinstance(ours, str | None) or isinstance(theirs, str | None) else [f"{where}: not empty"]
    if type(ours) is not type(theirs):
        return [f"{where}: {type(ours).__name__}, recorded {type(theirs).__name__}"]
    if isinstance(ours, list):
        return [m for item in ours[:1] for other in theirs[:1] for m in misfits(item, other, f"{where}[]")]
    if not isinstance(ours, dict):
        return []
    found = [f"{where}.{key}: missing" for key in theirs if key not in ours]
    found += [f"{where}.{key}: never recorded" for key in ours if key not in theirs]
    return found + [m for key in ours if key in theirs for m in misfits(ours[key], theirs[key], f"{where}.{key}")]


@dataclass
class Replay:
    desk: Desk
    incident: dict[str, Any]

    def send(self, sent: Sent) -> list[str]:
        """Send what was sent, and say how the answer differs."""
        kind = str(sent.rows[0].get("sys_class_name") or "incident").lower()
        path = VERB.sub(kind, sent.path, count=1)
        path = VERB.sub(self.incident["sys_id"] if kind == "incident" else "", path)
        query = dict(part.split("=", 1) for part in (sent.query or self._asked(sent)).split("&") if part)
        given: dict[str, Any] = {}
        if path.endswith("/attachment/file"):
            query |= {"table_name": "incident", "table_sys_id": self.incident["sys_id"], "file_name": "test"}
            given = {"data": b"{}", "headers": {"Content-Type": "application/json"}}
        elif sent.method != "GET":
            given = {"json": {"comments": "test"} if sent.method == "PATCH" else {}}
        answer = self.desk.ask(sent.method, path.removeprefix("/api/now/"), params=query, **given)
        if answer.status_code != sent.status:
            return [f"{answer.status_code}, recorded {sent.status}: {answer.text[:200]}"]
        mine = {name.lower() for name in answer.headers}
        wanted = {name.lower() for name in sent.headers if not TRANSPORT.fullmatch(name.lower())}
        found = [f"lacks the header {name}" for name in sorted(wanted - mine)]
        return found + misfits(self._fields(answer.json(), sent), sent.answer)

    def _asked(self, sent: Sent) -> str:
        """What was asked beside the path: a list tells it in its Link header, a value in how it is shown."""
        link = next((value for name, value in sent.headers.items() if name.lower() == "link"), "")
        found = re.match(r"<[^?>]*\?([^>]*)>", link)
        shown = any(isinstance(v, dict) and "display_value" in v for v in sent.rows[0].values())
        return found[1] if found else "sysparm_display_value=true" if shown else ""

    def _fields(self, ours: Any, sent: Sent) -> Any:
        """Of a subset of columns, which the recording is then, only those are compared."""
        result = ours["result"]
        if "sysparm_query=TEST" not in sent.query:
            return ours
        asked = sent.rows[0]
        return {"result": [{name: row[name] for name in asked} for row in result]}


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    with running_desk() as desk:
        made = desk.make(assigned_to=desk.user_id("john"))
        desk.change(made["sys_id"], state="6", close_code="Solved (Permanently)", close_notes="n", work_notes="w")
        for _ in range(2):
            desk.make()
        desk.make(table="problem")
        desk.attach(made["sys_id"], "test", b"a")
        desk.control.advance(5)
        yield Replay(desk, made)


@pytest.mark.parametrize("sent", [pytest.param(sent, id=name) for name, sent in exchanges()])
def test_a_recorded_request_is_answered_here_as_it_was_there(replay: Replay, sent: Sent) -> None:
    assert replay.send(sent) == []


def test_pages_are_linked_as_recorded(replay: Replay) -> None:
    """Which relations a page has, in which order, and where they lead, counted from the page."""
    listed = [sent for _, sent in exchanges() if any(name.lower() == "link" for name in sent.headers)]
    assert listed
    total = int(replay.desk.ask("GET", "table/incident?sysparm_limit=1").headers["X-Total-Count"])
    for sent in listed:
        theirs = _relations(next(value for name, value in sent.headers.items() if name.lower() == "link"))
        offset = int(dict(theirs)["prev"]) + 1 if "next" in dict(theirs) else total - 1
        link = replay.desk.ask("GET", f"table/incident?sysparm_limit=1&sysparm_offset={offset}").headers["Link"]
        assert [rel for rel, _ in _relations(link)] == [rel for rel, _ in theirs]
        assert dict(_relations(link))["prev"] == str(offset - 1)
        assert "; " not in link
        assert link.count(">;rel=") == link.count(",<") + 1


def _relations(link: str) -> list[tuple[str, str]]:
    return [(rel, offset) for offset, rel in re.findall(r"sysparm_offset=(-?\d+)>;rel=\"(\w+)\"", link)]


def test_a_replay_would_notice_a_difference(replay: Replay) -> None:
    row = replay.desk.read("table/incident")[0]
    theirs = {"result": [{**row, "number": {"link": "", "value": ""}, "more": ""}]}
    sent = Sent("GET", "/api/now/table/incident", "", 200, {"X-Unheard-Of": ""}, theirs)

    assert replay.send(sent) == [
        "lacks the header x-unheard-of",
        ".result[].more: missing",
        ".result[].number: str, recorded dict",
    ]
    (status,) = replay.send(Sent("GET", "/api/now/table/incident", "", 201, {}, theirs))
    assert status.startswith("200, recorded 201")
