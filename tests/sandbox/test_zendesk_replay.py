# SPDX-License-Identifier: Apache-2.0
"""Each recorded request that the simulated Zendesk serves is sent to it, story by story, and the answers are compared.

Ids and tokens that a recorded answer gave stand for those that ours gave in its place. Compared are status, keys, JSON
types and names of headers; null fits everywhere. New recordings in `TANDEM_RECORDED`/zendesk run by themselves.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests

from support import material
from support.material import demand
from support.sandbox import running_sandbox
from support.zendesk import ZendeskDesk

RECORDED = demand(material.RECORDED / "zendesk")
WORLD = {
    "tenants": [
        {
            "name": "mercuri-zendesk",
            "kind": "zendesk",
            "company": "Mercuri Inc.",
            "people": {
                alias: {
                    "name": alias.capitalize(),
                    "email": f"{alias}@mercuri.example",
                    "password": alias,
                    "role": role,
                }
                for alias, role in (("tandem", "admin"), ("anna", "agent"))
            },
            "settings": {"job_delay": 10},
        }
    ]
}
TRANSPORT = re.compile(
    r"(cf-|access-control-)|(content-(length|encoding)|transfer-encoding|connection|server|nel|report-to|via|set-cookie"
    r"|vary|etag|last-modified|x-zendesk-(zorg|api-gateway|api-warn)|zendesk-rate-?limit-.*)$"
)
"""Headers of the wire and the edge, and budgets that some plans have."""
OPEN = {"custom_fields", "fields", "user_fields", "organization_fields", "custom", "from", "to", "photo", "logo"}
"""Their content is a matter of the account."""
NEWER = {"generated_timestamp", "metadata", "mapped_content_url"}
"""Keys that older recordings lack."""


@dataclass(frozen=True)
class Sent:
    """A recorded exchange."""

    method: str
    path: str
    query: str
    body: Any
    status: int
    headers: frozenset[str]
    answer: Any


def stories() -> Iterator[tuple[str, list[Sent]]]:
    """Name and exchanges of each story, in order; two forms of recording hold whole exchanges."""
    for file in sorted(RECORDED.glob("*.json")):
        for number, one in enumerate(json.loads(file.read_text())["interactions"]):
            name = f"{file.stem}-{number}"
            if "interactions" in one:
                yield name, [_taped(each) for each in one["interactions"]]
            elif "request" in one:
                yield name, [_taped(one)]
            elif isinstance(one.get("body"), list) and all("path" in each for each in one["body"]):
                yield f"{name}-{one['origin_path'].rsplit('/', 1)[-1]}", [_nocked(each) for each in one["body"]]


def _taped(one: dict[str, Any]) -> Sent:
    asked, said = one["request"], one["response"]
    parts = urlsplit(asked["uri"])
    headers = frozenset(name.lower() for name in said["headers"])
    return Sent(asked["method"], parts.path, parts.query, asked["body"], said["status"]["code"], headers, said["body"])


def _nocked(one: dict[str, Any]) -> Sent:
    parts = urlsplit(one["path"])
    headers = frozenset(name.lower() for name in one.get("rawHeaders", ())[::2])
    return Sent(one["method"], parts.path, parts.query, one["body"] or None, one["status"], headers, one["response"])


def _leaves(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{where}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{where}.{number}")
    else:
        yield where, value


def learn(known: dict[str, str], theirs: Any, ours: Any) -> None:
    """Remember what our answer gave in the place of their ids, tokens and cursors."""
    mine = dict(_leaves(ours))
    for where, value in _leaves(theirs):
        given = mine.get(where)
        name = where.rsplit(".", 1)[-1]
        if given is not None and (name == "id" or name.endswith("_id") or name in ("token", "after_cursor")):
            known.setdefault(str(value), str(given))


def misfits(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """How our answer differs in keys and types from theirs."""
    if ours is None or theirs is None:
        return []
    if type(ours) is not type(theirs) and not {type(ours), type(theirs)} <= {int, float}:
        return [f"{where}: {type(ours).__name__}, recorded {type(theirs).__name__}"]
    if isinstance(ours, list):
        return [m for item in ours[:1] for other in theirs[:1] for m in misfits(item, other, f"{where}[]")]
    if not isinstance(ours, dict) or where.rsplit(".", 1)[-1] in OPEN:
        return []
    found = [f"{where}.{key}: missing" for key in theirs if key not in ours]
    found += [f"{where}.{key}: never recorded" for key in ours if key not in theirs and key not in NEWER]
    return found + [m for key in ours if key in theirs for m in misfits(ours[key], theirs[key], f"{where}.{key}")]


@dataclass
class Replay:
    """Stories told again. `known`: what stands here for their ids, tokens and cursors."""

    desk: ZendeskDesk
    known: dict[str, str]

    def step(self, sent: Sent) -> list[str]:
        """Send what was sent, and say how the answer differs."""
        if sent.status < 400:
            self._stand_in(sent)
        path = self._ours(unquote(f"{sent.path}?{sent.query}")).removeprefix("/api/v2/")
        given: dict[str, Any] = {}
        if sent.path.startswith("/api/v2/uploads") and sent.method == "POST":
            given = {"data": b"# read me", "headers": {"Content-Type": "text/plain"}}
        elif isinstance(sent.body, dict):
            given = {"json": json.loads(self._ours(json.dumps(sent.body)))}
        anonymous = isinstance(sent.answer, dict) and sent.answer.get("user", {}).get("name") == "Anonymous user"
        answer = self.desk.ask(sent.method, path, None if anonymous else "tandem", **given)
        if "/job_statuses/" in sent.path:
            answer = self._polled(path, sent.answer["job_status"]["status"])
        named = f"{sent.method} {sent.path}"
        if answer.status_code != sent.status:
            return [f"{named}: {answer.status_code}, recorded {sent.status}: {answer.text[:200]}"]
        ours = answer.json() if answer.content else None
        learn(self.known, sent.answer, ours)
        mine = {_spelled(name) for name in answer.headers}
        wanted = {_spelled(name) for name in sent.headers if not TRANSPORT.match(name)}
        found = [f"{named} {misfit}" for misfit in _judged(ours, sent.answer or None)]
        return found + [f"{named} lacks the header {name}" for name in sorted(wanted - mine)]

    def _polled(self, path: str, wanted: str) -> requests.Response:
        """A job as far as it had come."""
        for _ in range(8):
            answer = self.desk.ask("GET", path)
            if answer.status_code != 200 or answer.json()["job_status"]["status"] == wanted:
                break
            self.desk.control.advance(2)
        return answer

    def _stand_in(self, sent: Sent) -> None:
        """Make what was there before the story began, and is asked for by its id."""
        numbers = re.findall(r"^/api/v2/\w+/(\d+)", sent.path)
        numbers += re.findall(r"\d+", unquote(sent.query)) if "ids=" in sent.query else []
        bodies = [one for listed in (sent.body or {}).values() if isinstance(listed, list) for one in listed]
        numbers += [str(one["id"]) for one in bodies if "id" in one]
        for number in sorted({number for number in numbers if not self._is_here(sent, number)}):
            if "/tickets" in sent.path:
                self.known[number] = str(self.desk.make()["id"])
            elif "/organizations" in sent.path:
                made = self.desk.ask("POST", "organizations", json={"organization": {"name": f"Stand-in {number}"}})
                self.known[number] = str(made.json()["organization"]["id"])
            elif "/users" in sent.path:
                self.known[number] = str(self.desk.user_id("anna"))
            elif "/brands" in sent.path:
                self.known[number] = str(self.desk.read("brands")["brands"][0]["id"])
        token = re.fullmatch(r"/api/v2/uploads/(\w+)\.json", sent.path)
        if token and token[1] not in self.known:
            made = self.desk.ask("POST", "uploads?filename=a", data=b"a")
            self.known[token[1]] = made.json()["upload"]["token"]

    def _is_here(self, sent: Sent, number: str) -> bool:
        """Of what an earlier story deleted a later one may speak again; long lists are taken as they are."""
        kind = sent.path.split("/")[3].removesuffix(".json")
        at = f"{kind}/{self.known.get(number)}"
        return number in self.known and ("ids=" in sent.query or self.desk.ask("GET", at).status_code == 200)

    def _ours(self, text: str) -> str:
        return re.sub(r"[\w-]{2,}=*", lambda found: self.known.get(found[0], found[0]), text)


def _spelled(header: str) -> str:
    """One of the spellings of rate headers."""
    name = header.lower().replace("rate-limit", "ratelimit")
    return "ratelimit" if name == "ratelimit-limit" else name


def _judged(ours: Any, theirs: Any) -> list[str]:
    """A stub in a recording (`{"user": {"name": ...}}`) names only what its test looked at."""
    user = theirs.get("user") if isinstance(theirs, dict) else None
    if isinstance(user, dict) and set(user) == {"name"}:
        return misfits({"user": {"name": ours["user"]["name"]}}, theirs)
    return misfits(ours, theirs)


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    """A desk for the stories alone, which build on each other."""
    with running_sandbox(WORLD) as running:
        desk = ZendeskDesk(running["mercuri-zendesk"], running.control)
        for number in range(30):
            desk.ask("POST", "organizations", json={"organization": {"name": f"Here before {number}"}})
        desk.make(tags=["here", "before", "them"])
        yield Replay(desk, {})


@pytest.mark.parametrize(("name", "story"), [pytest.param(name, told, id=name) for name, told in stories()])
def test_a_recorded_story_goes_here_as_it_went_there(replay: Replay, name: str, story: list[Sent]) -> None:
    # An empty 404 is the answer of a host that has no account.
    served = [sent for sent in story if not (sent.status == 404 and not sent.answer)]

    assert [misfit for sent in served for misfit in replay.step(sent)] == []


def test_a_replay_would_notice_a_difference(replay: Replay) -> None:
    headers, path = frozenset({"x-unheard-of"}), "/api/v2/brands.json"
    brand = replay.desk.read("brands")["brands"][0]
    page = {"brands": [{**brand, "id": "text", "more": 1}], "next_page": None, "previous_page": None, "count": 1}

    assert replay.step(Sent("GET", path, "", None, 200, headers, page)) == [
        f"GET {path} .brands[].more: missing",
        f"GET {path} .brands[].id: int, recorded str",
        f"GET {path} lacks the header x-unheard-of",
    ]
    (status,) = replay.step(Sent("GET", path, "", None, 201, headers, page))
    assert status.startswith(f"GET {path}: 200, recorded 201")
