# SPDX-License-Identifier: Apache-2.0
"""People at work in Infinity's Jira and in Nordwind's Redmine, who remember what they did; and what must hold then."""

import io
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.people import Desk, adf
from real.redmine_house import STATUSES, House, number
from support.sandbox import RunningSandbox

JIRA, REDMINE, TENANT = "Jira", "Redmine", "infinity-jira"
LABELS = ("checkout", "kiosk", "payment")
NAMES = {"Highest": ("Immediate", "Urgent"), "High": ("High",), "Medium": ("Normal",), "Low": ("Low",)}
NAMES["Lowest"] = ("Low",)
REACHED = {"New": {"To Do"}, "In Progress": {"In Progress", "In Review"}, "Feedback": {"Waiting"}}
REACHED |= {"Resolved": {"Done"}, "Closed": {"Done"}, "Rejected": {"Done"}}
KINDS = ("title", "priority", "status", "status", "label", "comment", "comment", "file")
_BORN = re.compile(r"(issue|ticket|title|summary)-")


@dataclass
class Memory:
    """What people did to one ticket. Keys of comments and files are their words and names."""

    comments: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by side, in order
    titles: dict[str, str] = field(default_factory=dict)  # by side, the last one
    files: dict[str, bytes] = field(default_factory=dict)


class Elaine:
    """She works in Jira."""

    def __init__(self, people: "People") -> None:
        self._people, self.desk = people, Desk(people.box, TENANT, "elaine")

    def opens(self) -> str:
        """Make an issue that is the customer's too."""
        title, memory = self._people.word("issue"), Memory()
        fields = {
            "project": {"key": "SHOP"},
            "issuetype": {"name": "Task"},
            "summary": title,
            "labels": ["customer"],
            "description": adf(f"Opened: {title}"),
        }
        made = str(self.desk.ask("POST", "/rest/api/3/issue", json={"fields": fields})["id"])
        memory.titles[JIRA] = title
        self._people.of_jira[made] = memory
        return made

    def changes(self, issue: str, memory: Memory, what: str) -> None:
        """Do one thing to an issue."""
        people, path = self._people, f"/rest/api/3/issue/{issue}"
        if what == "title":
            memory.titles[JIRA] = people.word("summary")
            self.desk.ask("PUT", path, json={"fields": {"summary": memory.titles[JIRA]}})
        elif what == "priority":
            name = people.random.choice([*NAMES])
            self.desk.ask("PUT", path, json={"fields": {"priority": {"name": name}}})
        elif what == "status":
            offered = self.desk.ask("GET", f"{path}/transitions")["transitions"]
            way = people.random.choice([one for one in offered if one["name"] != "Close as known"])
            sent: dict[str, Any] = {"transition": {"id": way["id"]}}
            sent |= {"fields": {"resolution": {"name": "Fixed"}}} if way["to"]["name"] == "Done" else {}
            self.desk.ask("POST", f"{path}/transitions", json=sent, allow=(400, 409))
        elif what == "label":
            verb, label = people.random.choice(("add", "remove")), people.random.choice(LABELS)
            self.desk.ask("PUT", path, json={"update": {"labels": [{verb: label}]}})
        elif what == "file":
            name, body = people.new_file(memory)
            self.desk.ask(
                "POST", f"{path}/attachments", files={"file": (name, body)}, headers={"X-Atlassian-Token": "no-check"}
            )
        elif what == "secret":
            people.secrets[JIRA].append(people.word("secret"))
            role = {"type": "role", "value": "Developers", "identifier": "Developers"}
            body_ = {"body": adf(people.secrets[JIRA][-1]), "visibility": role}
            self.desk.ask("POST", f"{path}/comment", json=body_)
        else:
            word = people.word("say")
            memory.comments[JIRA].append(word)
            self.desk.ask("POST", f"{path}/comment", json={"body": adf(f"{word}, see #12 and [[this]]")})


class People:
    """Elaine works in Jira; Ines and Omar in Redmine. Each word is written nowhere else."""

    def __init__(self, box: RunningSandbox, house: House, seed: int) -> None:
        self.box, self.house, self.seed = box, house, seed
        self.random = random.Random(seed)
        self.of_redmine: dict[str, Memory] = {}  # born there
        self.of_jira: dict[str, Memory] = {}
        self.secrets: dict[str, list[str]] = {JIRA: [], REDMINE: []}
        self.elaine = Elaine(self)
        self._number = 0

    def word(self, kind: str) -> str:
        """A word that is written nowhere else."""
        self._number += 1
        return f"{kind}-{self.seed}-{self._number:04d}"

    def new_file(self, memory: Memory) -> tuple[str, bytes]:
        name, body = self.word("file") + ".bin", self.random.randbytes(self.random.randint(1, 20_000))
        memory.files[name] = body
        return name, body

    def opens(self) -> str:
        """Ines makes an issue for Infinity."""
        title, memory = self.word("ticket"), Memory()
        issue = self.house.opens(title, priority_id=3, description=f"Opened: *{title}*\n\nwith #7")
        memory.titles[REDMINE] = title
        self.of_redmine[issue] = memory
        return issue

    def changes(self, issue: str, memory: Memory, what: str) -> None:
        """Ines or Omar does one thing to an issue in Redmine."""
        by = self.random.choice(("ines", "omar"))
        if what == "title":
            memory.titles[REDMINE] = self.word("title")
            self.house.edits(issue, by, subject=memory.titles[REDMINE])
        elif what == "priority":
            self.house.edits(issue, by, priority_id=self.random.randint(1, 5))
        elif what == "status":
            self.house.edits(issue, "ines", status_id=int(self.random.choice([*STATUSES.values()])))
        elif what == "label":
            labels = ["shared", *self.random.sample(LABELS, self.random.randint(0, 3))]
            self.house.sets(issue, "Labels", labels, by)
        elif what == "file":
            self.house.attaches(issue, *self.new_file(memory), by)
        elif what == "secret":
            secret = self.word("secret")
            self.secrets[REDMINE].append(secret)
            uploads = [{"path": io.BytesIO(secret.encode()), "filename": f"{secret}.txt"}]
            self.house.edits(issue, by, notes=secret, private_notes=True, uploads=uploads)
        else:
            word = self.word("say")
            memory.comments[REDMINE].append(word)
            self.house.says(issue, f"{word} is *bold*, see #12 and {{{{toc}}}}", by)

    def memory(self, left: str, right: str) -> Memory | None:
        return self.of_redmine.get(right) or self.of_jira.get(left)

    def own(self, twins: Mapping[str, str]) -> dict[str, str]:
        """Those that were born by these people's hands."""
        return {left: right for left, right in twins.items() if self.memory(left, right)}

    def settle(self) -> None:
        """Wait until both trackers list what was done up to now, for good: their seconds are over."""
        fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": self.word("probe")}
        made = self.elaine.desk.ask("POST", "/rest/api/3/issue", json={"fields": fields})
        query = {"jql": f"key = {made['key']}"}
        over = time.time() + 2.4
        while time.time() < over or not self.elaine.desk.ask("POST", "/rest/api/3/search/jql", json=query)["issues"]:
            time.sleep(0.05)

    def act(self, twins: Mapping[str, str]) -> None:
        """One random act of one of them; ``twins`` maps Jira's issues to Redmine's, so that both meet on one."""
        chance = self.random.random()
        if chance < 0.06 or not self.of_redmine:
            self.opens()
            return
        if chance < 0.12:
            self.elaine.opens()
            return
        what = "secret" if self.random.random() < 0.1 else self.random.choice(KINDS)
        if not twins:
            self.changes(*self.random.choice([*self.of_redmine.items()]), what)
            return
        left, right = self.random.choice([*twins.items()])
        memory = self.memory(left, right)
        assert memory is not None
        if self.random.random() < 0.5:
            self.changes(right, memory, what)
        else:
            self.elaine.changes(left, memory, what)


def check(people: People, twins: Mapping[str, str]) -> list[str]:
    """List every broken law, in words."""
    jira, redmine = _jira(people), _redmine(people, twins)
    wrong = [f"in Jira without a twin: {sorted(set(jira) - set(twins))}"] if set(jira) != set(twins) else []
    if set(redmine) != set(twins.values()):
        wrong.append(f"in Redmine without a twin: {sorted(set(redmine) - set(twins.values()))}")
    if len(twins) != len(people.of_redmine) + len(people.of_jira):
        wrong.append(f"{len(twins)} twins for {len(people.of_redmine)} + {len(people.of_jira)} born")
    for left, right in twins.items():
        if left in jira and right in redmine:
            memory = people.memory(left, right) or Memory()
            wrong += [f"{left}/#{right}: {what}" for what in _compare(people, jira[left], redmine[right], memory)]
    shown = repr(jira)
    wrong += [f"{word} is to be read in Jira" for word in people.secrets[REDMINE] if word in shown]
    seen_by_all = [note for issue in redmine for note, private in people.house.notes(issue) if not private]
    wrong += [f"{word} is public in Redmine" for word in people.secrets[JIRA] if word in repr(seen_by_all)]
    return wrong


def _jira(people: People) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    token = None
    while True:
        sent = {"jql": "project = SHOP AND labels = customer", "maxResults": 100, "fields": ["summary"]}
        sent |= {"nextPageToken": token} if token else {}
        page = people.elaine.desk.ask("POST", "/rest/api/3/search/jql", json=sent)
        for one in page["issues"]:
            issue = people.elaine.desk.ask("GET", f"/rest/api/2/issue/{one['id']}")
            if _BORN.match(issue["fields"]["summary"]):
                found[one["id"]] = issue
        token = page.get("nextPageToken")
        if not token:
            return found


def _redmine(people: People, twins: Mapping[str, str]) -> dict[str, Any]:
    """All issues there that people or the engine made in this test: nobody else writes such subjects after it began."""
    first = min((int(one) for one in [*people.of_redmine, *twins.values()]), default=0)
    listed = people.house.as_("admin").issue.filter(project_id="shop", status_id="*")
    return {
        str(one.id): people.house.shown(str(one.id)) for one in listed if one.id >= first and _BORN.match(one.subject)
    }


def _compare(people: People, jira: dict[str, Any], redmine: Any, memory: Memory) -> Iterator[str]:
    fields = jira["fields"]
    if redmine.subject != fields["summary"]:
        yield f"title {fields['summary']!r} / {redmine.subject!r}"
    if redmine.subject not in memory.titles.values():
        yield f"title {redmine.subject!r} is none of the last ones"
    if redmine.priority.name not in NAMES[fields["priority"]["name"]]:
        yield f"priority {fields['priority']['name']} / {redmine.priority.name}"
    if fields["status"]["name"] not in REACHED[redmine.status.name]:
        yield f"status {fields['status']['name']} / {redmine.status.name}"
    labels = next(one.value for one in redmine.custom_fields if one.id == number("Labels"))
    if set(fields["labels"]) & set(LABELS) != set(labels) & set(LABELS):
        yield f"labels {fields['labels']} / {labels}"
    left = [str(comment["body"]) for comment in fields["comment"]["comments"]]
    right = [one.notes for one in redmine.journals if getattr(one, "notes", "") and not one.private_notes]
    for side, texts in memory.comments.items():
        here, there = (right, left) if side == REDMINE else (left, right)
        for text in texts:
            counted = sum(text in one for one in here), sum(text in one for one in there)
            if counted != (1, 1):
                yield f"comment {text} of {side}: {counted[0]} here, {counted[1]} there"
            twin = next((one for one in there if text in one), "")
            if "wrote:" not in twin or not re.search(r"Elaine Moreau|Ines Petersen|Omar Haddad", twin):
                yield f"comment {text} does not name its author: {twin!r}"
        shown = [text for one in there for text in texts if text in one]
        if sorted(shown) == sorted(texts) and shown != texts:
            yield f"comments out of order: {shown}"
    for name, body in memory.files.items():
        mine = [file for file in redmine.attachments if file.filename == name]
        theirs = [file for file in fields["attachment"] if file["filename"] == name]
        if (len(mine), len(theirs)) != (1, 1):
            yield f"file {name}: {len(theirs)} in Jira, {len(mine)} in Redmine"
            continue
        if people.elaine.desk.session.get(theirs[0]["content"], timeout=30).content != body:
            yield f"file {name} differs in Jira"
        if people.house.as_("admin").download(mine[0].content_url).content != body:
            yield f"file {name} differs in Redmine"
