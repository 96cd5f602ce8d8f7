# SPDX-License-Identifier: Apache-2.0
"""Five places with five ways to write (Azure DevOps counts twice), a pair between each two, and people who write there.

Each place has an offer for each other one, so that a ticket goes to that one alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from engine.house import House
from support.azure_devops import PROJECT
from support.azure_devops import Desk as AzureDesk
from support.jira import JiraSite
from support.sandbox import STORY, RunningSandbox, running_sandbox
from support.servicenow import Desk
from support.zendesk import ZendeskDesk
from tandem.core.doc import Doc, Markup
from tandem.markup import Adf, CommonMark, Html, Journal, Plain
from tandem.state.vault import new_keys

DESCRIPTION = "System.Description"
TENANTS = {
    "zendesk": "mercuri-zendesk",
    "jira": "infinity-jira",
    "servicenow": "infinity-servicenow",
    "azure": "global-azure-devops",
    "markdown": "other-azure-devops",
}
PAIRS = list(combinations(TENANTS, 2))
HTML, MARKDOWN = Html(), CommonMark(azure=True)
MARKUPS: Mapping[str, Markup] = {
    "zendesk": HTML,
    "jira": Adf(),
    "servicenow": Plain(),
    "azure": HTML,
    "markdown": MARKDOWN,
}
_SHARED = {"comments": {"out": "public", "names": "full"}, "attachments": {"up_to": "20 MB", "unreferenced": "send"}}


def _offer(scope: Mapping[str, Any], create: Mapping[str, Any], **conditions: Any) -> dict[str, Any]:
    named = [{"field": name, "is": value} for name, value in conditions.items()]
    return {"scope": [*named, *({"field": name, **how} for name, how in scope.items())], "create": dict(create)}


def _azure(markup: str) -> dict[str, Any]:
    fields = {"title": "System.Title", "description": {"field": "Text", "too_long": "comment"}}
    options = {"marker": "Custom.Tandem", "markup": markup}
    return {
        "company": "Global Pvt Ltd",
        "system": "azure_devops",
        "closed": "reopen",
        "options": options,
        "fields": fields,
    }


def _contract(place: str) -> dict[str, Any]:
    """What a place offers to each other one."""
    others = [other for other in TENANTS if other != place]
    if place == "zendesk":
        kind: dict[str, Any] = {"company": "Mercuri Inc.", "system": "zendesk", "closed": "quarantine"}
        kind["fields"] = {"title": "subject", "description": {"field": "description", "on_change": "comment"}}
        offers = {other: _offer({"tags": {"contains": other}}, {"tags": [other]}) for other in others}
    elif place == "jira":
        kind = {"company": "Infinity Solutions", "system": "jira", "closed": "reopen"}
        kind["fields"] = {"title": "summary", "description": "description"}
        made = {"project": "SHOP", "issuetype": "Task"}
        offers = {o: _offer({"labels": {"contains": o}}, {**made, "labels": [o]}, project="SHOP") for o in others}
    elif place == "servicenow":
        kind = {"company": "Infinity Solutions", "system": "servicenow", "closed": "reopen"}
        kind["fields"] = {"title": "short_description", "description": {"field": "description", "too_long": "cut"}}
        table = {"sys_class_name": "incident"}
        offers = {o: _offer({"assignment_group": {"is": o}}, {**table, "assignment_group": o}, **table) for o in others}
    else:
        kind = _azure("html" if place == "azure" else "markdown")
        made = {"System.TeamProject": PROJECT, "System.WorkItemType": "Feature"}
        project = {"System.TeamProject": PROJECT}
        offers = {o: _offer({"System.Tags": {"contains": o}}, {**made, "System.Tags": [o]}, **project) for o in others}
    contract = {**deepcopy(_SHARED), **kind, "connection": place, "zone": "Europe/Brussels", "offers": offers}
    if place != "azure" and place != "markdown":
        contract["comments"]["as"] = "public"
    return contract


def laid_out(root: Path) -> Path:
    """All contracts and pairs (JSON is YAML)."""
    (root / "contracts").mkdir(parents=True)
    (root / "pairs").mkdir()
    for place in TENANTS:
        (root / "contracts" / f"{place}.yaml").write_text(json.dumps(_contract(place)))
    for left, right in PAIRS:
        people = {"responsible": ["i@infinity.example"], "accountable": "e@infinity.example"}
        pair = {"left": f"{left}/{right}", "right": f"{right}/{left}", "schedule": "*/2 * * * *", "people": people}
        pair |= {"conflicts": {"default": "newest"}, "tie": "right", "start": "now", "deadline": "10 min"}
        (root / "pairs" / f"{left}__{right}.yaml").write_text(json.dumps(pair))
    return root


def world() -> dict[str, Any]:
    """The story's trackers, empty, and a second Azure DevOps, in which people write Markdown."""
    told: dict[str, Any] = YAML(typ="safe").load(STORY)
    del told["control_port"]
    told["tenants"].append({**deepcopy(told["tenants"][-1]), "name": TENANTS["markdown"]})
    for tenant in told["tenants"]:
        tenant |= {"tickets": [], "port": 0}
        if tenant["kind"] == "servicenow":
            tenant["settings"]["groups"] = list(TENANTS)
    return told


@dataclass
class Place:
    """What people do and see at one of the places."""

    name: str
    box: RunningSandbox

    def __post_init__(self) -> None:
        where, control = self.box[TENANTS[self.name]], self.box.control
        self.zendesk, self.jira = ZendeskDesk(where, control), JiraSite(where, control)
        self.desk, self.azure = Desk(where, control), AzureDesk(where, control)
        self.form = "markdown" if self.name == "markdown" else "html"

    @property
    def comments_path(self) -> str:
        return f"{PROJECT}/_apis/wit/workItems"

    def make(self, title: str, text: Any, other: str) -> str:
        """Open a ticket that goes to another place."""
        if self.name == "zendesk":
            comment = {"html_body": text}
            return str(self.zendesk.make("anna", subject=title, tags=[other], comment=comment)["id"])
        if self.name == "jira":
            key = self.jira.create(summary=title, description=text, labels=[other])
            return str(self.jira.get(f"3/issue/{key}")["id"])
        if self.name == "servicenow":
            group = self.desk.read("table/sys_user_group", query=f"name={other}")[0]["sys_id"]
            return str(self.desk.make(short_description=title, description=text, assignment_group=group)["sys_id"])
        values = {"fields/System.Title": title, "fields/System.Tags": other, f"fields/{DESCRIPTION}": text}
        values |= {f"multilineFieldsFormat/{DESCRIPTION}": "Markdown"} if self.form == "markdown" else {}
        patch = [{"op": "add", "path": f"/{path}", "value": value} for path, value in values.items()]
        made = self.azure.patch(f"{self.comments_path}/$Feature", patch, method="POST")
        assert made.status_code == 200, made.text
        return str(made.json()["id"])

    def text(self, ticket: str) -> Any:
        """The description of a ticket as its tracker has it."""
        if self.name == "zendesk":
            return self.zendesk.read(f"tickets/{ticket}/comments.json")["comments"][0]["html_body"]
        if self.name == "jira":
            return self.jira.fields(ticket)["description"]
        if self.name == "servicenow":
            return self.desk.read(f"table/incident/{ticket}")["description"]
        return self.azure.item(int(ticket))["fields"][DESCRIPTION]

    def write(self, ticket: str, text: Any) -> None:
        """Write the description anew."""
        if self.name == "jira":
            self.jira.edit(ticket, description=text)
        elif self.name == "servicenow":
            self.desk.change(ticket, description=text)
        else:
            self.azure.set(int(ticket), {DESCRIPTION: text})

    def say(self, ticket: str, text: Any) -> None:
        """Comment, for all to read."""
        if self.name == "zendesk":
            assert self.zendesk.change(int(ticket), "anna", comment={"html_body": text, "public": True}).ok
        elif self.name == "jira":
            assert self.jira.ask("POST", f"3/issue/{ticket}/comment", "elaine", json={"body": text}).ok
        elif self.name == "servicenow":
            self.desk.change(ticket, comments=text)
        else:
            self.azure.say(int(ticket), text, form=self.form)

    def said(self, ticket: str) -> list[Doc]:
        """What the comments of a ticket say, oldest first."""
        if self.name == "zendesk":
            bodies = [one["html_body"] for one in self.zendesk.read(f"tickets/{ticket}/comments.json")["comments"]][1:]
        elif self.name == "jira":
            bodies = [one["body"] for one in self.jira.get(f"3/issue/{ticket}/comment")["comments"]]
        elif self.name == "servicenow":
            rows = self.desk.read("table/sys_journal_field", query=f"element_id={ticket}^ORDERBYsys_created_on")
            bodies = [row["value"] for row in rows]
        else:
            bodies = [one["text"] for one in self.azure.comments(int(ticket), order="asc")]
        markup = Journal() if self.name == "servicenow" else MARKUPS[self.name]
        return [markup.parse(body).doc for body in bodies]

    def edited(self, text: Any, old: str, new: str, gone: str, more: str) -> Any:
        """A text in which somebody changed a word, took the item away that has another, and added a paragraph."""
        if isinstance(text, dict):
            inner = json.loads(json.dumps(_without(text, gone)).replace(old, new))
            return {
                **inner,
                "content": [*inner["content"], {"type": "paragraph", "content": [{"type": "text", "text": more}]}],
            }
        if MARKUPS[self.name] is HTML:
            return re.sub(rf"<li>[^<]*{gone}[^<]*</li>", "", text).replace(old, new) + f"<div>{more}</div>"
        lines = [line for line in text.replace("\r\n", "\n").split("\n") if gone not in line]
        return "\n".join(lines).replace(old, new) + f"\n\n{more}"


def _without(node: dict[str, Any], word: str) -> dict[str, Any]:
    """A document without the item that has a word."""

    def has_it(part: dict[str, Any]) -> bool:
        own = [one for one in part.get("content", ()) if not one["type"].endswith("List")]
        return part["type"] in ("listItem", "taskItem") and word in repr(own)

    parts = [_without(part, word) for part in node.get("content", ()) if not has_it(part)]
    return {**node, "content": parts} if parts else node


@dataclass
class Between:
    """A pair."""

    house: House
    left: Place
    right: Place

    def run(self) -> int:
        """One run, some time later; gives how much it did."""
        self.house.box.control.advance(12)
        return int(self.house.run()["diff"]["actions"])

    def twin(self, place: Place, ticket: str) -> str:
        """The twin of a place's ticket."""
        found = self.house.twins()
        return found[ticket] if place is self.left else next(left for left, right in found.items() if right == ticket)


@contextmanager
def running_texts(folder: Path) -> Iterator[dict[tuple[str, str], Between]]:
    """All pairs, each with its first run done."""
    root, keys = laid_out(folder / "root"), new_keys()
    with running_sandbox(world()) as box:
        places = {name: Place(name, box) for name in TENANTS}
        found = {}
        for left, right in PAIRS:
            tenants = {name: TENANTS[name] for name in (left, right)}
            state = f"sqlite:///{folder}/{left}-{right}.db"
            house = House(box, state, root, keys, pair=f"{left}__{right}", tenants=tenants)
            found[left, right] = Between(house, places[left], places[right])
            found[left, right].run()
        yield found
