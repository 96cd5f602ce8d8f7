# SPDX-License-Identifier: Apache-2.0
"""Each endpoint that runs over the four trackers use fails once, in each way: nothing is lost, and nothing comes twice.

Which they are is read off a play without a fault. Who is asked to wait does so, or its run ends and says for how long.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from engine.house import House, way_to
from engine.ring_of_four import AZURE, JIRA, PAIRS, SNOW, TRACKERS, ZENDESK, Four, running_ring
from support.azure_devops import PROJECT
from support.jira import doc
from support.sandbox import Control
from tandem.config.models import Side as Offer
from tandem.config.needs import needs
from tandem.connectors.base import Connector
from tandem.connectors.registry import factory
from tandem.errors import RetryableError
from tandem.http import Http

OURS = "tandem@"
POSTED = re.compile(r"bulkfetch|comment/list|search/jql|wiql|workitemsbatch|workitemrevisions")  # reads all the same
# What stands for one thing among many in a path: ids, keys, tokens.
ONE = re.compile(r"/(?:\d+(?:\.json)?|[0-9a-f]{32}|[0-9a-f-]{36}|[A-Z]+-\d+|\$\w+|[A-Za-z0-9_-]{22,24})(?=/|$|\.json)")
NAMED = re.compile(r'\[file: [^\]]*\]|"alt": "[^"]*"')
WORDS = re.compile(r"word-\d+(?:\.txt)?|anew|withdrawn|Edited|no text")
Endpoint = tuple[str, str, str, str]  # tenant, account, method, path without ids
Fault = tuple[str, Mapping[str, Any]]
READS: Sequence[Fault] = (
    ("rate_limited", {"retry_after": "3"}),
    ("rate_limited", {"retry_after": None}),
    ("error_before", {"status": 503}),
)
WRITES: Sequence[Fault] = (
    *READS,
    ("rate_limited", {"retry_after": "120"}),  # longer than a task waits
    ("error_after", {"status": 503}),
    ("cut_after", {}),
)


@dataclass
class Time:
    """A clock that waits move on, ours and the trackers' alike."""

    control: Control
    ahead: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def clock(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.ahead += seconds
            self.control.advance(seconds)


def set_going(house: House, time: Time) -> None:
    """Let a house live by this clock; what it is told to wait is no affair of other tests."""

    def connected(offer: Offer) -> Connector:
        way = way_to(house.box, offer.connection, house.tenants)
        tenant = f"{offer.connection}@{house.box.pid}"
        http = Http(way.session, way.url, tenant=tenant, clock=time.clock, sleep=time.sleep)
        return factory(offer.system)(http, needs(offer))

    house.env = replace(house.env, connect=connected, now=time.now, sleep=time.sleep)


@dataclass
class Play:
    """What people did in one play, and where it stands."""

    said: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    tickets: list[dict[str, str]] = field(default_factory=list)

    def bare(self, text: str) -> str:
        """What a text says, as any play says it. Whether it names its files depends on the way that it came."""
        for kind in (self.said, self.files, self.titles):
            for number, word in enumerate(kind):
                text = text.replace(word, f"{word[:5]}{number}")
        return " ".join(WORDS.findall(NAMED.sub("", text)))


@dataclass
class Street:
    """The ring, its clock, and what people do in it."""

    four: Four
    time: Time
    numbers: Iterator[int] = field(default_factory=lambda: count(1000))
    failed: int = 0  # runs that ended with an error

    def word(self, kept: list[str]) -> str:
        kept.append(f"word-{next(self.numbers)}")
        return kept[-1]

    def begin(self, play: Play) -> None:
        """A ticket in Zendesk and one in Jira find their ways to everywhere."""
        self.four.open_ticket(self.word(play.titles))
        self.four.jira.create(summary=self.word(play.titles), labels=["customer", "root-cause"])
        self.rest()
        found = self.four.zendesk.read("tickets.json", who="anna")["tickets"]
        own = {one["subject"]: str(one["id"]) for one in found}
        play.tickets = [self.four.everywhere(own[title]) for title in play.titles]

    def act(self, play: Play) -> None:
        """All that travels, said and done at each tracker."""
        four, ids = self.four, play.tickets[-1]
        for tracker in TRACKERS:
            four.say(tracker, ids, self.word(play.said))
        jira, azure, snow, zendesk = [self.word(play.files) + ".txt" for _ in TRACKERS]
        four.jira.attach(ids[JIRA], jira, jira.encode())
        four.azure.attach(int(ids[AZURE]), azure, azure.encode())
        four.desk.attach(ids[SNOW], snow, snow.encode())
        sent = four.zendesk.ask("POST", "uploads.json", "anna", params={"filename": zendesk}, data=zendesk.encode())
        comment = {"body": self.word(play.said), "uploads": [sent.json()["upload"]["token"]]}
        assert four.zendesk.change(int(ids[ZENDESK]), "anna", comment=comment).ok
        four.rename(SNOW, ids, self.word(play.titles))
        four.solve(JIRA, play.tickets[0])
        self.rest()

    def edit(self, play: Play) -> None:
        """What was said is edited, and what may not be read any more is taken back."""
        four, ids = self.four, play.tickets[-1]
        hushed, jira, _, azure = play.said[:4]
        for one in four.jira.get(f"3/issue/{ids[JIRA]}/comment", "elaine")["comments"]:
            if jira in repr(one["body"]):
                path = f"3/issue/{ids[JIRA]}/comment/{one['id']}"
                assert four.jira.ask("PUT", path, "elaine", json={"body": doc(f"{jira} anew")}).ok
        for one in four.azure.comments(int(ids[AZURE]), "david"):
            if azure in one["text"]:
                path = f"{PROJECT}/_apis/wit/workItems/{ids[AZURE]}/comments/{one['id']}"
                assert four.azure.ask("PATCH", path, "david", json={"text": f"<div>{azure} anew</div>"}).ok
        comments = four.zendesk.read(f"tickets/{ids[ZENDESK]}/comments.json", who="anna")["comments"]
        [hidden] = [one["id"] for one in comments if hushed in one["body"]]
        path = f"tickets/{ids[ZENDESK]}/comments/{hidden}/make_private.json"
        assert four.zendesk.ask("PUT", path, "anna").ok
        self.rest()

    def rest(self, most: int = 60) -> None:
        """Runs until two rounds in a row wrote nothing and none failed."""
        still = 0
        for _ in range(most):
            done = 0
            for pair in PAIRS:
                try:
                    done += self.four.run(pair)
                except RetryableError as error:  # it is tried again by Airflow, behind the time that it names
                    self.failed, done = self.failed + 1, done + 1
                    self.time.sleep(max(getattr(error, "retry_after", None) or 0.0, 1.0))
            still = 0 if done else still + 1
            if still == 2:
                return
        raise AssertionError("the ring does not come to rest")

    def play(
        self, endpoints: Collection[Endpoint] = (), faults: Sequence[Fault] = ()
    ) -> tuple[Play, Counter[Endpoint]]:
        """People act in three turns, while each endpoint fails in each way. Gives how often each did."""
        control, play, struck = self.four.box.control, Play(), Counter[Endpoint]()
        self.time.sleep(3700)  # the trackers are asked about themselves once more
        for one in sorted(endpoints):
            tenant, account, method, path = one
            for kind, how in READS if method == "GET" or POSTED.search(path) else WRITES:
                control.fault(kind, tenant, account=account, method=method, path=path, count=1, **how)
        for deed in (self.begin, self.act, self.edit):
            deed(play)
        for one in control.faults():
            fault = one["fault"]
            struck[(fault["tenant"], fault["account"], fault["method"], fault["path"])] += one["struck"]
        control.clear_faults()
        return play, struck

    def shown(self, play: Play) -> list[Any]:
        """What the tickets of a play show, at each tracker, in the words of any play."""
        told = []
        for ids in play.tickets:
            texts = {name: sorted(map(play.bare, said)) for name, said in self.four.texts(ids).items()}
            told.append((texts, self._fields(play, ids), self._files(play, ids)))
        return [*told, [self.four.titled(title) for title in play.titles]]

    def _fields(self, play: Play, ids: dict[str, str]) -> list[str]:
        ticket = self.four.zendesk.read(f"tickets/{ids[ZENDESK]}.json")["ticket"]
        issue, row = self.four.jira.fields(ids[JIRA]), self.four.desk.read(f"table/incident/{ids[SNOW]}")
        item = self.four.azure.item(int(ids[AZURE]))["fields"]
        titles = [ticket["subject"], issue["summary"], row["short_description"], item["System.Title"]]
        return [*map(play.bare, titles), ticket["status"], issue["status"]["name"], row["state"], item["System.State"]]

    def _files(self, play: Play, ids: dict[str, str]) -> dict[str, list[str]]:
        comments = self.four.zendesk.read(f"tickets/{ids[ZENDESK]}/comments.json")["comments"]
        related = self.four.azure.item(int(ids[AZURE])).get("relations", ())
        rows = self.four.desk.read("table/sys_attachment", query=f"table_sys_id={ids[SNOW]}")
        names = {
            ZENDESK: [one["file_name"] for said in comments for one in said["attachments"]],
            JIRA: [one["filename"] for one in self.four.jira.fields(ids[JIRA])["attachment"]],
            SNOW: [one["file_name"] for one in rows],
            AZURE: [one["attributes"]["name"] for one in related if one["rel"] == "AttachedFile"],
        }
        return {tracker: sorted(map(play.bare, own)) for tracker, own in names.items()}


def endpoints_of(asked: list[dict[str, Any]]) -> set[Endpoint]:
    """What was asked by our accounts, without the ids in it."""
    ours = [one for one in asked if str(one["account"]).startswith(OURS)]
    return {(one["tenant"], one["account"], one["method"], _shape(one["path"])) for one in ours}


def _shape(path: str) -> str:
    return "^" + "/[^/?]+".join(re.escape(part) for part in ONE.split(path)) + r"(\?|$)"


def test_each_endpoint_fails_in_each_way(tmp_path: Path) -> None:
    with running_ring(tmp_path) as four:
        street = Street(four, Time(four.box.control))
        for house in four.houses.values():
            set_going(house, street.time)
        control = four.box.control
        before = control.requests()[-1]["number"]
        calm, _ = street.play()
        used, expected = endpoints_of(control.requests(after=before)), street.shown(calm)
        before = control.requests()[-1]["number"]
        play, struck = street.play(used)
        met = used & endpoints_of(control.requests(after=before))  # some are only asked for many at once
        assert {tenant for tenant, *_ in met} == set(TRACKERS) and len(met) > 60
        assert [one for one in met if not struck[one]] == []
        assert street.failed > 10
        assert street.shown(play) == expected
        assert sum(four.run(pair) for pair in PAIRS) == 0
