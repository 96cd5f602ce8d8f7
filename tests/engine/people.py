# SPDX-License-Identifier: Apache-2.0
"""People at work in both trackers, through the vendors' own APIs, who remember what they did."""

from __future__ import annotations

import random
import threading
from typing import Any

import requests

from engine.remembered import JIRA, ZENDESK, Memory, Said
from support.sandbox import RunningSandbox

__all__ = ["JIRA", "LABELS", "PRIORITIES", "ZENDESK", "Desk", "Memory", "People", "adf"]

PRIORITIES = {"urgent": "Highest", "high": "High", "normal": "Medium", "low": "Low"}
LABELS = ("checkout", "kiosk", "payment")
RESTRICTED = {"type": "role", "value": "Developers", "identifier": "Developers"}


class Desk:
    """One person's session."""

    def __init__(self, box: RunningSandbox, tenant: str, who: str) -> None:
        place = box[tenant]
        self.url = place.url
        self.name = place.people[who].name
        self.session = requests.Session()
        self.session.auth = place.people[who].basic

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        """Call the API; a refusal is an error of the test, except where ``allow`` names its status: then it is None."""
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
            comment["uploads"] = [self._upload(memory, self.word("file") + ".bin")]
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
            "description": adf(f"Opened: {title}"),
        }
        made = self.jira.ask("POST", "/rest/api/3/issue", json={"fields": fields})
        memory.titles[JIRA].append(title)
        self.issues[made["id"]] = memory
        return str(made["id"])

    def _upload(self, memory: Memory, name: str) -> str:
        body = self.random.randbytes(self.random.randint(1, 20_000))
        memory.files[name] = body
        answer = self.zendesk.ask(
            "POST", f"/api/v2/uploads.json?filename={name}", data=body, headers={"Content-Type": "application/binary"}
        )
        return str(answer["upload"]["token"])

    def change_ticket(self, ticket: int, memory: Memory, what: str) -> None:
        """Anna does one thing to a ticket, unless it is closed."""
        sent: dict[str, Any] = {}
        said: Said | None = None
        if what == "title":
            sent["subject"] = self.word("title")
        elif what == "priority":
            sent["priority"] = self.random.choice(list(PRIORITIES))
        elif what == "status":
            sent["status"] = self.random.choice(("open", "pending", "solved"))
        elif what == "label":
            self._tag(ticket)
            return
        elif what == "secret":
            self.secrets.append(self.word("secret"))
            sent["comment"] = {"body": f"between us: {self.secrets[-1]}", "public": False}
        else:
            said = Said(ZENDESK, "", self.zendesk.name, [self.word("say")], ticket)
            sent["comment"] = {"html_body": f"<p>{said.words[-1]} <strong>bold</strong></p>", "public": True}
            if what == "file":
                said.files.append(self.word("file") + ".bin")
                sent["comment"]["uploads"] = [self._upload(memory, said.files[-1])]
        done = self.zendesk.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": sent}, allow=(422,))
        if done is None:  # it was closed, or went on in another ticket
            for name in said.files if said is not None else ():
                del memory.files[name]
            return
        if "subject" in sent:
            memory.titles[ZENDESK].append(sent["subject"])
        if "priority" in sent:
            memory.priorities[ZENDESK].append(sent["priority"])
        if said is not None:
            said.id = str(next(event["id"] for event in done["audit"]["events"] if event["type"] == "Comment"))
            memory.remember(said)

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
            self.jira.ask("PUT", path, json={"fields": {"summary": title}})
            memory.titles[JIRA].append(title)
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
            memory.loose_files |= {name} if JIRA in memory.outside else set()
            self.jira.ask(
                "POST", f"{path}/attachments", files={"file": (name, body)}, headers={"X-Atlassian-Token": "no-check"}
            )
        elif what == "secret":
            self.secrets.append(self.word("secret"))
            self.jira.ask("POST", f"{path}/comment", json={"body": adf(self.secrets[-1]), "visibility": RESTRICTED})
        else:
            word = self.word("say")
            made = self.jira.ask("POST", f"{path}/comment", json={"body": adf(word)})
            memory.remember(Said(JIRA, made["id"], self.jira.name, [word]))

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


def adf(text: str) -> dict[str, Any]:
    return {
        "version": 1,
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }
