# SPDX-License-Identifier: Apache-2.0
"""The story's four trackers over HTTP, its three pairs, and a fourth that closes the ring: Zendesk and Azure DevOps."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from engine.house import STEPS, House
from support.azure_devops import PROJECT
from support.azure_devops import Desk as AzureDesk
from support.jira import JiraSite, doc
from support.sandbox import INCLUDE, STORY, RunningSandbox, running_sandbox
from support.servicenow import Desk
from support.zendesk import ZendeskDesk
from tandem.pipeline.environment import Job
from tandem.state.vault import new_keys

ZENDESK, JIRA, SNOW, AZURE = "mercuri-zendesk", "infinity-jira", "infinity-servicenow", "global-azure-devops"
TRACKERS = (ZENDESK, JIRA, SNOW, AZURE)
CONNECTIONS = {
    "mercuri-zendesk": ("mercuri_zendesk", ZENDESK),
    "infinity-jira": ("infinity_jira", JIRA),
    "infinity-servicenow": ("infinity_servicenow", SNOW),
    "global-azure_devops": ("global_azure_devops", AZURE),
}
CLOSING = "mercuri-zendesk__global-azure_devops"
PAIRS = (
    "mercuri-zendesk__infinity-jira",
    "infinity-jira__infinity-servicenow",
    "infinity-servicenow__global-azure_devops",
    CLOSING,
)
SOLVED = {"state": "6", "close_code": "Solved (Permanently)", "close_notes": "Replaced the cable."}
Change = Callable[[dict[str, Any]], None]


def _zendesk(contract: dict[str, Any]) -> None:
    """Two offers: what Global has no field for goes to Infinity alone."""
    others = dict.fromkeys(("type", "assignee", "labels", "x_order_no"), "none")
    contract["offers"] = {"infinity": {}, "global": {"fields": others}}


def _jira(contract: dict[str, Any]) -> None:
    """What comes from Mercuri is everybody's at once."""
    for offer in contract["offers"].values():
        offer["create"]["labels"] = ["customer", "root-cause"]


def _servicenow(contract: dict[str, Any]) -> None:
    for offer in contract["offers"].values():
        offer["create"]["assignment_group"] = "Global Development"


def _azure_devops(contract: dict[str, Any]) -> None:
    made = {**contract["create"], "System.WorkItemType": "Bug"}
    others = {"type": "none", "x_topic": "none"}
    contract["offers"] = {"infinity": {}, "mercuri": {"fields": others, "create": made}}


CHANGES: Mapping[str, Change] = {
    "mercuri-zendesk": _zendesk,
    "infinity-jira": _jira,
    "infinity-servicenow": _servicenow,
    "global-azure_devops": _azure_devops,
}
OFFERS = {
    PAIRS[0]: ("mercuri-zendesk/infinity", "infinity-jira/customers"),
    PAIRS[1]: ("infinity-jira/root_cause", "infinity-servicenow/incidents"),
    PAIRS[2]: ("infinity-servicenow/global", "global-azure_devops/infinity"),
    PAIRS[3]: ("mercuri-zendesk/global", "global-azure_devops/mercuri"),
}


DUE = {
    "mercuri-zendesk": "due_at",
    "infinity-jira": "duedate",
    "infinity-servicenow": "due_date",
    "global-azure_devops": "Microsoft.VSTS.Scheduling.DueDate",
}


def laid_out(root: Path) -> Path:
    """The story's contracts, opened round the ring, and four pairs of equal rules (JSON is YAML)."""
    shutil.copytree(INCLUDE / "contracts", root / "contracts")
    (root / "pairs").mkdir()
    read = YAML(typ="safe")
    for name, change in CHANGES.items():
        path = root / "contracts" / f"{name}.yaml"
        contract = read.load(path)
        change(contract)
        contract["fields"]["due"] = DUE[name]
        path.write_text(json.dumps(contract, indent=1))
    for name, (left, right) in OFFERS.items():
        pair = read.load(INCLUDE / "pairs" / f"{PAIRS[2]}.yaml")
        pair |= {"left": left, "right": right}
        if name != PAIRS[2]:
            del pair["values"]
        (root / "pairs" / f"{name}.yaml").write_text(json.dumps(pair, indent=1))
    return root


def world(*, service_desk: bool = True) -> dict[str, Any]:
    """The story's, where Jira has internal comments: its project is a service desk."""
    told: dict[str, Any] = YAML(typ="safe").load(STORY)
    jira = next(one for one in told["tenants"] if one["name"] == JIRA)
    jira["settings"]["projects"]["SHOP"]["service_desk"] = service_desk
    return told


@dataclass
class Four:
    """The ring, and people at its trackers."""

    box: RunningSandbox
    houses: Mapping[str, House]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        control = self.box.control
        self.zendesk, self.jira = ZendeskDesk(self.box[ZENDESK], control), JiraSite(self.box[JIRA], control)
        self.desk, self.azure = Desk(self.box[SNOW], control), AzureDesk(self.box[AZURE], control)

    # ---- runs

    def run(self, pair: str) -> int:
        """One run of a pair, some time later; gives how much it did."""
        self.box.control.advance(12)
        return int(self.houses[pair].run()["diff"]["actions"])

    def overlapping(self, *pairs: str) -> None:
        """Run pairs at the same time: each task of all of them before the next."""
        self.box.control.advance(12)
        jobs = [(Job(pair, f"beside-{next(self.numbers)}"), self.houses[pair].env) for pair in pairs]
        for step in STEPS.values():
            for job, env in jobs:
                step(job, env)

    def quiet(self, order: Sequence[str] = PAIRS, most: int = 10) -> None:
        """Rounds until two in a row wrote nothing: the feeds are behind by a second, and a run reads what it wrote."""
        still = 0
        for _ in range(most):
            still = 0 if sum([self.run(pair) for pair in order]) else still + 1
            if still == 2:
                return
        raise AssertionError("the ring does not come to rest")

    # ---- people

    def open_ticket(self, subject: str, **more: Any) -> str:
        """Anna opens a ticket of a customer's."""
        given = {"subject": subject, "tags": ["customer"], "priority": "normal", **more}
        made = self.zendesk.make("anna", f"{subject}: it broke", **given)
        return str(made["id"])

    def say(self, tracker: str, ids: Mapping[str, str], text: str) -> None:
        """Somebody of that company comments, for all to read."""
        id_ = ids[tracker]
        if tracker == ZENDESK:
            body = {"comment": {"body": text, "public": True}}
            assert self.zendesk.change(int(id_), "anna", **body).ok
        elif tracker == JIRA:
            sent = self.jira.ask("POST", f"3/issue/{id_}/comment", "elaine", json={"body": doc(text)})
            assert sent.status_code == 201
        elif tracker == SNOW:
            self.desk.change(id_, comments=text)
        else:
            self.azure.say(int(id_), f"<div>{text}</div>")

    def edit(self, tracker: str, ids: Mapping[str, str], old: str, new: str) -> None:
        """Its author writes a comment anew, where the tracker lets people do that: Jira and Azure DevOps."""
        id_ = ids[tracker]
        if tracker == JIRA:
            said = self.jira.get(f"3/issue/{id_}/comment")["comments"]
            [comment] = [one["id"] for one in said if old in json.dumps(one["body"])]
            path, body = f"3/issue/{id_}/comment/{comment}", {"body": doc(new)}
            assert self.jira.ask("PUT", path, "elaine", json=body).status_code == 200
        else:
            [comment] = [one["id"] for one in self.azure.comments(int(id_)) if old in one["text"]]
            path = f"{PROJECT}/_apis/wit/workItems/{id_}/comments/{comment}"
            sent = self.azure.ask("PATCH", path, "david", json={"text": f"<div>{new}</div>"})
            assert sent.status_code == 200, sent.text

    def rename(self, tracker: str, ids: Mapping[str, str], title: str) -> None:
        id_ = ids[tracker]
        if tracker == ZENDESK:
            assert self.zendesk.change(int(id_), "anna", subject=title).ok
        elif tracker == JIRA:
            self.jira.edit(id_, summary=title)
        elif tracker == SNOW:
            self.desk.change(id_, short_description=title)
        else:
            self.azure.set(int(id_), {"System.Title": title})

    def solve(self, tracker: str, ids: Mapping[str, str]) -> None:
        id_ = ids[tracker]
        if tracker == ZENDESK:
            assert self.zendesk.change(int(id_), "anna", status="solved").ok
        elif tracker == JIRA:
            fields = {"resolution": {"name": "Fixed"}}
            assert self.jira.go(id_, "Finish", fields=fields).status_code == 204
        elif tracker == SNOW:
            self.desk.change(id_, **SOLVED)
        else:
            self.azure.set(int(id_), {"System.State": "Resolved"})

    # ---- looking

    def everywhere(self, ticket: str) -> dict[str, str]:
        """A ticket of Zendesk's at each tracker, by the pairs' own links."""
        issue = self.houses[PAIRS[0]].twins()[ticket]
        incident = self.houses[PAIRS[1]].twins()[issue]
        item = self.houses[PAIRS[2]].twins()[incident]
        assert self.houses[CLOSING].twins()[ticket] == item, "the ring is closed"
        return {ZENDESK: ticket, JIRA: issue, SNOW: incident, AZURE: item}

    def titled(self, title: str) -> dict[str, int]:
        """How many tickets of each tracker bear a title."""
        tickets = self.zendesk.read("tickets.json")["tickets"]
        return {
            ZENDESK: sum(one["subject"] == title for one in tickets),
            JIRA: sum(self.jira.fields(key)["summary"] == title for key in self.jira.search("project = SHOP")),
            SNOW: len(self.desk.read("table/incident", query=f"short_description={title}")),
            AZURE: len(self.azure.find(f"[System.Title] = '{title}'")),
        }

    def texts(self, ids: Mapping[str, str]) -> dict[str, list[str]]:
        """What is said on a ticket, at each tracker."""
        comments = self.zendesk.read(f"tickets/{ids[ZENDESK]}/comments.json")["comments"]
        said = self.jira.get(f"3/issue/{ids[JIRA]}/comment")["comments"]
        rows = self.desk.read("table/sys_journal_field", query=f"element_id={ids[SNOW]}")
        return {
            ZENDESK: [one["body"] for one in comments],
            JIRA: [json.dumps(one["body"]) for one in said],
            SNOW: [row["value"] for row in rows],
            AZURE: [one["text"] for one in self.azure.comments(int(ids[AZURE]))],
        }

    def solved(self, ids: Mapping[str, str]) -> dict[str, int]:
        """How often a ticket came to be solved, by each tracker's own history."""
        audits = self.zendesk.read(f"tickets/{ids[ZENDESK]}/audits.json")["audits"]
        steps = [item for one in self.jira.history(ids[JIRA]) for item in one["items"] if item["field"] == "status"]
        audit = self.desk.read("table/sys_audit", query=f"documentkey={ids[SNOW]}^fieldname=state^newvalue=6")
        updates = self.azure.read(f"wit/workItems/{ids[AZURE]}/updates")["value"]
        states = [(one.get("fields") or {}).get("System.State", {}).get("newValue") for one in updates]
        return {
            ZENDESK: sum(
                event.get("field_name") == "status" and event.get("value") == "solved"
                for one in audits
                for event in one["events"]
            ),
            JIRA: sum(step["toString"] == "Done" for step in steps),
            SNOW: len(audit),
            AZURE: states.count("Resolved"),
        }

    def due(self, ids: Mapping[str, str]) -> dict[str, str | None]:
        """Until when a ticket is to be done: a day in Jira, else an instant."""
        item = self.azure.item(int(ids[AZURE]))["fields"]
        return {
            ZENDESK: self.zendesk.read(f"tickets/{ids[ZENDESK]}.json")["ticket"]["due_at"],
            JIRA: self.jira.fields(ids[JIRA])["duedate"],
            SNOW: self.desk.read(f"table/incident/{ids[SNOW]}")["due_date"] or None,
            AZURE: item.get(DUE["global-azure_devops"]),
        }

    def sent(self, tracker: str) -> str:
        """All that was ever asked of a tracker."""
        return "\n".join(f"{one['path']} {one['query']} {one['body']}" for one in self.box.control.requests(tracker))


@contextmanager
def running_ring(folder: Path, *, service_desk: bool = True) -> Iterator[Four]:
    """The ring with its first round done."""
    root, keys = laid_out(folder / "root"), new_keys()
    with running_sandbox(world(service_desk=service_desk)) as box:
        houses = {
            name: House(
                box,
                f"sqlite:///{folder}/state.db",
                root,
                keys,
                pair=name,
                tenants=dict(CONNECTIONS[offer.partition("/")[0]] for offer in offers),
            )
            for name, offers in OFFERS.items()
        }
        four = Four(box, houses)
        for name in PAIRS:
            four.run(name)
        yield four
