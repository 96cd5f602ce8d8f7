# SPDX-License-Identifier: Apache-2.0
"""People at work in both trackers, through the vendors' own APIs, who remember what they did."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import requests

from support.sandbox import RunningSandbox

ZENDESK, JIRA = "mercuri-zendesk", "infinity-jira"
PRIORITIES = {"urgent": "Highest", "high": "High", "normal": "Medium", "low": "Low"}
LABELS = ("checkout", "kiosk", "payment")


@dataclass
class Memory:
    """What people did to one ticket. Keys of comments and files are their texts and names."""

    comments: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by side, in order
    files: dict[str, bytes] = field(default_factory=dict)
    titles: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    priorities: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class Desk:
    """One person's session."""

    def __init__(self, box: RunningSandbox, tenant: str, who: str) -> None:
        place = box[tenant]
        self.url = place.url
        self.session = requests.Session()
        self.session.auth = place.people[who].basic

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        """Call the API; a refusal is an error of the test, except where ``allow`` names its status."""
        allow = sent.pop("allow", ())
        answer = self.session.request(method, self.url + path, timeout=30, **sent)
        if answer.status_code in allow:
            return None
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None


class People:
    """Anna works in Zendesk, Elaine in Jira; what they write is unique, so that it can be counted at the peer."""

    def __init__(self, box: RunningSandbox, seed: int) -> None:
        self.box = box
        self.zendesk = Desk(box, ZENDESK, "anna")
        self.jira = Desk(box, JIRA, "elaine")
        self.random = random.Random(seed)
        self.number = 0
        self.tickets: dict[int, Memory] = {}  # born in Zendesk
        self.issues: dict[str, Memory] = {}  # born in Jira
        self.secrets: list[str] = []
        self.lock = threading.Lock()

    def admin(self) -> Desk:
        """The integration's own session in Zendesk, which may read exports."""
        desk = Desk(self.box, ZENDESK, "anna")
        login = self.box[ZENDESK].integration
        desk.session.auth = (f"{login.email}/token", login.token or "")
        return desk

    def word(self, kind: str) -> str:
        """A word that is written nowhere else."""
        with self.lock:
            self.number += 1
            return f"{kind}-{self.number:05d}"

    def open_ticket(self, *, with_file: bool = False) -> int:
        """Anna opens a ticket for a customer of Infinity's."""
        memory, title = Memory(), self.word("ticket")
        comment: dict[str, Any] = {"html_body": f"<p>Opened: {title}</p>"}
        if with_file:
            comment["uploads"] = [self._upload(memory)]
        made = self.zendesk.ask(
            "POST",
            "/api/v2/tickets.json",
            json={"ticket": {"subject": title, "priority": "high", "tags": ["customer"], "comment": comment}},
        )
        memory.titles[ZENDESK].append(title)
        memory.priorities[ZENDESK].append("high")
        self.tickets[made["ticket"]["id"]] = memory
        return int(made["ticket"]["id"])

    def open_issue(self) -> str:
        """Elaine opens an issue that is the customer's too."""
        memory, title = Memory(), self.word("issue")
        fields = {
            "project": {"key": "SHOP"},
            "issuetype": {"name": "Task"},
            "summary": title,
            "labels": ["customer"],
            "description": _adf(f"Opened: {title}"),
        }
        made = self.jira.ask("POST", "/rest/api/3/issue", json={"fields": fields})
        memory.titles[JIRA].append(title)
        self.issues[made["id"]] = memory
        return str(made["id"])

    def _upload(self, memory: Memory) -> str:
        name = self.word("file") + ".bin"
        body = self.random.randbytes(self.random.randint(1, 20_000))
        memory.files[name] = body
        answer = self.zendesk.ask(
            "POST", f"/api/v2/uploads.json?filename={name}", data=body, headers={"Content-Type": "application/binary"}
        )
        return str(answer["upload"]["token"])

    def change_ticket(self, ticket: int, memory: Memory, what: str) -> None:
        """Anna does one thing to a ticket."""
        sent: dict[str, Any] = {}
        if what == "title":
            sent["subject"] = self.word("title")
            memory.titles[ZENDESK].append(sent["subject"])
        elif what == "priority":
            sent["priority"] = self.random.choice(list(PRIORITIES))
            memory.priorities[ZENDESK].append(sent["priority"])
        elif what == "status":
            sent["status"] = self.random.choice(("open", "pending", "solved"))
        elif what == "label":
            return self._tag(ticket)
        elif what == "secret":
            self.secrets.append(self.word("secret"))
            sent["comment"] = {"body": f"between us: {self.secrets[-1]}", "public": False}
        else:
            text = self.word("say")
            sent["comment"] = {"html_body": f"<p>{text} <strong>bold</strong></p>", "public": True}
            if what == "file":
                sent["comment"]["uploads"] = [self._upload(memory)]
            memory.comments[ZENDESK].append(text)
        self.zendesk.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": sent})
        return None

    def _tag(self, ticket: int) -> None:
        label = self.random.choice(LABELS)
        kind = self.random.choice(("additional_tags", "remove_tags"))
        body = {"tickets": [{"id": ticket, kind: [label]}]}
        self.zendesk.ask("PUT", "/api/v2/tickets/update_many.json", json=body)

    def change_issue(self, issue: str, memory: Memory, what: str) -> None:
        """Elaine does one thing to an issue."""
        path = f"/rest/api/3/issue/{issue}"
        if what == "title":
            title = self.word("summary")
            memory.titles[JIRA].append(title)
            self.jira.ask("PUT", path, json={"fields": {"summary": title}})
        elif what == "priority":
            name = self.random.choice(list(PRIORITIES.values()))
            memory.priorities[JIRA].append(name)
            self.jira.ask("PUT", path, json={"fields": {"priority": {"name": name}}})
        elif what == "status":
            ways = self.jira.ask("GET", f"{path}/transitions")["transitions"]
            ways = [way for way in ways if way["name"] != "Close as known"]
            way = self.random.choice(ways)
            sent: dict[str, Any] = {"transition": {"id": way["id"]}}
            if way["to"]["name"] == "Done":
                sent["fields"] = {"resolution": {"name": "Fixed"}}
            self.jira.ask("POST", f"{path}/transitions", json=sent, allow=(400, 409))
        elif what == "label":
            verb = self.random.choice(("add", "remove"))
            label = self.random.choice(LABELS)
            self.jira.ask("PUT", path, json={"update": {"labels": [{verb: label}]}})
        elif what == "file":
            name = self.word("file") + ".bin"
            body = self.random.randbytes(self.random.randint(1, 20_000))
            memory.files[name] = body
            self.jira.ask(
                "POST", f"{path}/attachments", files={"file": (name, body)}, headers={"X-Atlassian-Token": "no-check"}
            )
        elif what == "secret":
            self.secrets.append(self.word("secret"))
            body = {
                "body": _adf(self.secrets[-1]),
                "visibility": {"type": "role", "value": "Developers", "identifier": "Developers"},
            }
            self.jira.ask("POST", f"{path}/comment", json=body)
        else:
            text = self.word("say")
            memory.comments[JIRA].append(text)
            self.jira.ask("POST", f"{path}/comment", json={"body": _adf(text)})

    def act(self, twins: dict[int, str] | None = None) -> None:
        """One random act of one of them; ``twins`` maps tickets to issues, so that both can meet on one ticket."""
        choice = self.random.random()
        if choice < 0.08 or not self.tickets:
            self.open_ticket(with_file=self.random.random() < 0.3)
            return
        if choice < 0.12:
            self.open_issue()
            return
        what = self.random.choice(
            ("title", "priority", "status", "status", "label", "comment", "comment", "file", "secret")
        )
        pairs = list((twins or {}).items())
        if choice < 0.55 or not pairs:
            born = self.random.choice([*self.tickets.items()])
            self.change_ticket(*born, what)
        else:
            ticket, issue = self.random.choice(pairs)
            memory = self.tickets.get(ticket) or self.issues.get(issue)
            if memory is not None:
                self.change_issue(issue, memory, what)


def _adf(text: str) -> dict[str, Any]:
    return {
        "version": 1,
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }
