# SPDX-License-Identifier: Apache-2.0
"""Long random tours of the vendors' real client libraries: hundreds of mixed calls, right and wrong ones, no fault."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jira import JIRA, JIRAError
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, Ticket, User
from zenpy.lib.exception import APIException, ZenpyException

from support.jira import JiraSite, doc, jira_site
from support.sandbox import RunningSandbox
from support.zendesk import ZendeskDesk

CALLS = 300
TEXTS = (
    "plain",
    "two\nlines\n\nand a paragraph",
    "<b>bold</b> & <script>alert(1)</script>",
    "*wiki* _text_ {code}x < y{code} [link|https://e.example] !picture.png! {panel",
    "| a | b |\n|| c || d |",
    "Übersicht 🧵 \u202e right to left \x07",
    "h1. heading\n# one\n## two\n* three\n-----\nbq. said",
    "{{placeholder}} [~someone] #12 @all /close",
    "x" * 3000,
    " ",
)


@dataclass
class Tour:
    """A walk through one tracker: chance, and what the tracker was last told and took."""

    chance: random.Random
    titles: dict[Any, str] = field(default_factory=dict)
    labels: dict[Any, set[str]] = field(default_factory=dict)
    said: dict[Any, int] = field(default_factory=dict)
    refused: int = 0

    def text(self) -> str:
        return self.chance.choice(TEXTS)

    def word(self) -> str:
        return f"w{self.chance.randrange(10**6)}"

    def one(self) -> Any:
        return self.chance.choice(list(self.titles))

    def go(self, steps: dict[str, Callable[[], None]], refusals: tuple[type[Exception], ...]) -> None:
        """Take so many steps at random; a refusal is an answer like any other."""
        names = list(steps)
        for number in range(CALLS):
            name = names[number] if number < len(names) else self.chance.choice(names)
            try:
                steps[name]()
            except refusals:
                self.refused += 1


def faults(running: RunningSandbox | JiraSite | ZendeskDesk, tenant: str) -> list[str]:
    """Requests that were answered with a 5xx or not at all."""
    return [
        f"{one['method']} {one['path']} {one['status']}"
        for one in running.control.requests(tenant)
        if one["status"] is None or one["status"] >= 500
    ]


# ---- Jira


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


class JiraTour:
    """What Elaine does with the client `jira`, in one of its versions."""

    def __init__(self, site: JiraSite, version: str, seed: int) -> None:
        self.tour, self.version = Tour(random.Random(seed)), version
        options = {"rest_api_version": version}
        self.jira = JIRA(
            server=site.place.url, basic_auth=site.place.people["elaine"].basic, options=options, max_retries=0
        )

    def rich(self) -> Any:
        text = self.tour.text()
        return text if self.version == "2" else doc(*text.split("\n"))

    def make(self) -> None:
        title = self.tour.word()
        made = self.jira.create_issue(
            project="SHOP", issuetype={"name": "Task"}, summary=title, description=self.rich()
        )
        self.tour.titles[made.key], self.tour.labels[made.key], self.tour.said[made.key] = title, set(), 0

    def rename(self) -> None:
        key, title = self.tour.one(), self.tour.word()
        self.jira.issue(key).update(summary=title)
        self.tour.titles[key] = title

    def label(self) -> None:
        key, labels = self.tour.one(), {self.tour.word() for _ in range(self.tour.chance.randrange(4))}
        self.jira.issue(key).update(fields={"labels": sorted(labels)})
        self.tour.labels[key] = labels

    def describe(self) -> None:
        self.jira.issue(self.tour.one()).update(fields={"description": self.rich(), "customfield_10050": self.rich()})

    def set_fields(self) -> None:
        choices = [
            {"priority": {"name": "High"}},
            {"duedate": "2026-12-24"},
            {"duedate": None},
            {"customfield_10042": self.tour.text()[:200].strip().replace("\n", " ") or None},
            {"customfield_10051": 12.5},
            {"customfield_10052": {"value": "Web"}},
            {"customfield_10053": [{"value": "North"}, {"value": "South"}]},
            {"customfield_10054": "2026-01-02T03:04:05.000+0100"},
        ]
        self.jira.issue(self.tour.one()).update(fields=self.tour.chance.choice(choices))

    def say(self) -> None:
        key = self.tour.one()
        self.jira.add_comment(key, self.rich())
        self.tour.said[key] += 1

    def say_again(self) -> None:
        key = self.tour.one()
        for comment in self.jira.comments(key)[-1:]:
            comment.update(body=self.rich())

    def unsay(self) -> None:
        key = self.tour.one()
        for comment in self.jira.comments(key)[:1]:
            comment.delete()
            self.tour.said[key] -= 1

    def move(self) -> None:
        key = self.tour.one()
        ways = [way["name"] for way in self.jira.transitions(key)]
        fields = {"resolution": {"name": "Fixed"}}
        name = self.tour.chance.choice(ways)
        self.jira.transition_issue(key, name, fields=fields if name == "Finish" else None)

    def attach(self) -> None:
        self.jira.add_attachment(
            self.tour.one(), io.BytesIO(b"\x00" * 50), filename=f"Übersicht {self.tour.word()}.bin"
        )

    def detach(self) -> None:
        for file in self.jira.issue(self.tour.one()).fields.attachment[:1]:
            assert file.get() == b"\x00" * 50
            file.delete()

    def link(self) -> None:
        self.jira.create_issue_link("Relates", self.tour.one(), self.tour.one())

    def search(self) -> None:
        word = self.tour.chance.choice(["project = SHOP", "labels is EMPTY", 'summary ~ "w*"', "priority = High"])
        self.jira.enhanced_search_issues(f"{word} order by updated desc", maxResults=20, expand="renderedFields")

    def look(self) -> None:
        shown = self.jira.issue(self.tour.one(), expand="changelog,renderedFields,transitions,editmeta,names,schema")
        assert shown.changelog.total >= 0

    def be_wrong(self) -> None:
        key, chance = self.tour.one(), self.tour.chance
        wrong: list[Callable[[], object]] = [
            lambda: self.jira.issue("SHOP-99999"),
            lambda: self.jira.issue("no key/at all"),
            lambda: self.jira.enhanced_search_issues("colour = red"),
            lambda: self.jira.enhanced_search_issues('summary ~ "'),
            lambda: self.jira.issue(key).update(summary=""),
            lambda: self.jira.issue(key).update(summary="x" * 256),
            lambda: self.jira.issue(key).update(fields={"nonsense": 1}),
            lambda: self.jira.issue(key).update(fields={"labels": "no list"}),
            lambda: self.jira.issue(key).update(fields={"labels": ["with space"]}),
            lambda: self.jira.issue(key).update(fields={"duedate": "tomorrow"}),
            lambda: self.jira.issue(key).update(fields={"priority": {"name": "Purple"}}),
            lambda: self.jira.issue(key).update(fields={"priority": 3}),
            lambda: self.jira.issue(key).update(fields={"description": {"type": "doc"}}),
            lambda: self.jira.issue(key).update(fields={"description": 12}),
            lambda: self.jira.issue(key).update(fields={"customfield_10051": "many"}),
            lambda: self.jira.add_comment(key, "z" * 40_000),
            lambda: self.jira.transition_issue(key, "9999"),
            lambda: self.jira.create_issue(fields={"project": {"key": "NONE"}, "issuetype": {"name": "Bug"}}),
            lambda: self.jira.create_issue(fields={"project": {"key": "SHOP"}, "issuetype": {"name": "Bug"}}),
            lambda: self.jira.attachment("99999"),
        ]
        chance.choice(wrong)()


@pytest.mark.parametrize(("version", "seed"), [("2", 1), ("3", 2)])
def test_the_jira_client_tours_without_a_fault(site: JiraSite, version: str, seed: int) -> None:
    walk = JiraTour(site, version, seed)
    steps = [walk.make, walk.rename, walk.label, walk.describe, walk.set_fields, walk.say, walk.say_again, walk.unsay]
    steps += [walk.move, walk.attach, walk.detach, walk.link, walk.search, walk.look, walk.be_wrong]
    walk.tour.go({step.__name__: step for step in steps}, (JIRAError,))
    assert faults(site, site.place.name) == []
    assert 0 < walk.tour.refused < CALLS / 4
    for key, title in walk.tour.titles.items():
        issue = walk.jira.issue(key)
        labels = set(issue.fields.labels) - {"finished"}  # a house rule's
        assert (issue.fields.summary, labels) == (title, walk.tour.labels[key])
        assert issue.fields.comment.total == walk.tour.said[key]


# ---- Zendesk


class ZendeskTour:
    """What Anna does with the client `zenpy`."""

    def __init__(self, zenpy: Zenpy, file: Path, seed: int) -> None:
        self.tour, self.zenpy, self.file = Tour(random.Random(seed)), zenpy, file

    def ticket(self) -> Any:
        return self.zenpy.tickets(id=self.tour.one())

    def make(self) -> None:
        title = self.tour.word()
        comment = Comment(body=self.tour.text().strip() or "-", public=self.tour.chance.random() < 0.8)
        requester = User(name="New Customer", email=f"{self.tour.word()}@customer.example")
        number = self.zenpy.tickets.create(Ticket(subject=title, comment=comment, requester=requester)).ticket.id
        self.tour.titles[number], self.tour.labels[number], self.tour.said[number] = title, set(), 1

    def rename(self) -> None:
        ticket, title = self.ticket(), self.tour.word()
        ticket.subject = title
        self.zenpy.tickets.update(ticket)
        self.tour.titles[ticket.id] = title

    def label(self) -> None:
        ticket, tags = self.ticket(), {self.tour.word() for _ in range(self.tour.chance.randrange(4))}
        ticket.tags = sorted(tags)
        self.zenpy.tickets.update(ticket)
        self.tour.labels[ticket.id] = tags

    def add_tags(self) -> None:
        number, tag = self.tour.one(), self.tour.word()
        self.zenpy.tickets.add_tags(number, [tag])
        self.tour.labels[number].add(tag)

    def set_fields(self) -> None:
        ticket, chance = self.ticket(), self.tour.chance
        ticket.priority = chance.choice(["low", "normal", "high", "urgent"])
        ticket.type = chance.choice(["question", "incident", "problem", "task"])
        ticket.status = chance.choice(["open", "pending", "hold", "solved"])
        self.zenpy.tickets.update(ticket)

    def say(self) -> None:
        ticket = self.ticket()
        html = self.tour.chance.random() < 0.5
        text = self.tour.text().strip() or "-"
        public = self.tour.chance.random() < 0.7
        ticket.comment = Comment(html_body=text, public=public) if html else Comment(body=text, public=public)
        self.zenpy.tickets.update(ticket)
        self.tour.said[ticket.id] += 1

    def send_file(self) -> None:
        token = self.zenpy.attachments.upload(str(self.file), target_name=f"Übersicht {self.tour.word()}.bin").token
        ticket = self.ticket()
        ticket.comment = Comment(body="a file", uploads=[token])
        self.zenpy.tickets.update(ticket)
        self.tour.said[ticket.id] += 1

    def make_many(self) -> None:
        self.zenpy.tickets.create([Ticket(subject=self.tour.word(), description=self.tour.word()) for _ in range(3)])

    def update_many(self) -> None:
        self.zenpy.tickets.update([Ticket(id=self.tour.one(), priority="high") for _ in range(3)])

    def look(self) -> None:
        number = self.tour.one()
        assert len(list(self.zenpy.tickets.comments(ticket=number))) == self.tour.said[number]
        assert list(self.zenpy.tickets.audits(ticket=number))

    def search(self) -> None:
        list(self.zenpy.search(type="ticket", status_less_than="solved"))

    def be_wrong(self) -> None:
        ticket = self.ticket()
        wrong: list[Callable[[], object]] = [
            lambda: self.zenpy.tickets(id=987654),
            lambda: self.zenpy.tickets.update(Ticket(id=987654, subject="x")),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, status="purple")),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, priority=3)),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, assignee_id=123456789)),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, assignee_id="nobody")),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, custom_fields=[{"id": "x", "value": []}])),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, custom_fields="none")),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, comment=Comment(body="", public=True))),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, comment=Comment(body="x" * 70_000))),
            lambda: self.zenpy.tickets.update(Ticket(id=ticket.id, comment=Comment(body="x", uploads=["no-token"]))),
            lambda: self.zenpy.tickets.create(Ticket(subject="no comment")),
            lambda: self.zenpy.tickets.create(Ticket(subject="x", description="y", requester_id=1)),
            lambda: self.zenpy.tickets.create(Ticket(subject="x", description="y", due_at="tomorrow", type="task")),
            lambda: self.zenpy.users(id=1),
            lambda: self.zenpy.job_status(id="none"),
        ]
        before = len(list(self.zenpy.tickets.comments(ticket=ticket.id)))
        try:
            self.tour.chance.choice(wrong)()
        finally:
            self.tour.said[ticket.id] += len(list(self.zenpy.tickets.comments(ticket=ticket.id))) - before


def test_zenpy_tours_without_a_fault(desk: ZendeskDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    person = desk.place.people["anna"]
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", desk.place.netloc)
    (tmp_path / "file.bin").write_bytes(bytes(range(256)))
    desk.control.settings(desk.place.name, job_delay=0)
    zenpy = Zenpy(subdomain="mercuri", email=person.email, token=person.token)
    zenpy.disable_caching()  # else it sends old values along with new ones
    walk = ZendeskTour(zenpy, tmp_path / "file.bin", 3)
    steps = [walk.make, walk.rename, walk.label, walk.add_tags, walk.set_fields, walk.say, walk.send_file]
    steps += [walk.make_many, walk.update_many, walk.look, walk.search, walk.be_wrong]
    walk.tour.go({step.__name__: step for step in steps}, (APIException, ZenpyException))
    assert faults(desk, desk.place.name) == []
    assert 0 < walk.tour.refused < CALLS / 4
    for number, title in walk.tour.titles.items():
        ticket = zenpy.tickets(id=number)
        assert (ticket.subject, set(ticket.tags)) == (title, walk.tour.labels[number])
        assert len(list(zenpy.tickets.comments(ticket=number))) == walk.tour.said[number]
