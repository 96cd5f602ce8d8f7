# SPDX-License-Identifier: Apache-2.0
"""The pair of Infinity's ServiceNow and Global's Azure DevOps on simulated trackers, and the people at both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.house import House
from engine.laws import FINAL
from support.azure_devops import NAME as AZURE
from support.azure_devops import PROJECT
from support.azure_devops import Desk as AzureDesk
from support.azure_devops import tenant as azure_tenant
from support.sandbox import RunningSandbox, running_sandbox
from support.servicenow import NAME as SNOW
from support.servicenow import Desk
from support.servicenow import world as servicenow_world
from support.story import laid_out
from tandem.state import tables

PAIR = "infinity-servicenow__global-azure_devops"
TENANTS = {"infinity_servicenow": SNOW, "global_azure_devops": AZURE}
INCIDENT = "table/incident"
ITEMS = f"[System.TeamProject] = '{PROJECT}'"
SOLVED = {"state": "6", "close_code": "Solved (Permanently)", "close_notes": "Replaced the cable."}
CATEGORIES = {
    "inquiry": "Inquiry / Help",
    "software": "Software",
    "hardware": "Hardware",
    "network": "Network",
    "database": "Database",
    "connection": "Connection",
    "feature": "Feature",
    "design": "Design Change",
}
SHOP: dict[str, Any] = {
    "projects": {PROJECT: {"process": "Agile", "areas": ["Development", "Network"]}},
    "fields": {"Custom.Tandem": {"name": "Tandem"}},
}


def world(**settings: Any) -> dict[str, Any]:
    """A ServiceNow whose account is no admin, and whose categories know features; an Azure DevOps of one project."""
    ours = {
        "grants": {"tandem": ["sys_audit", "sys_journal_field", "sys_properties"]},
        "choices": {"incident.category": CATEGORIES},
    }
    (servicenow,) = servicenow_world(ours)["tenants"]
    servicenow["people"]["tandem"]["role"] = "agent"
    return {"tenants": [servicenow, azure_tenant({**deepcopy(SHOP), **settings})]}


@dataclass
class Both:
    """The pair, and people at both trackers."""

    box: RunningSandbox
    house: House
    desk: Desk
    azure: AzureDesk
    group: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    def __post_init__(self) -> None:
        self.group = self.desk.read("table/sys_user_group", query="name=Global Development")[0]["sys_id"]

    def run(self) -> dict[str, Any]:
        """Let time pass, and run."""
        self.box.control.advance(12)
        return self.house.run()

    def settle(self) -> None:
        """Run until nothing is left to do."""
        self.house.settle(12)

    def incident(self, **values: Any) -> str:
        """John hands an incident to Global."""
        return str(self.desk.make(**{"assignment_group": self.group, "category": "software", **values})["sys_id"])

    def item(self, type: str = "Bug", **fields: Any) -> str:
        """David makes a work item that is shared with Infinity."""
        given = {name.replace("__", "."): value for name, value in fields.items()}
        made = self.azure.make("david", type, title="Made by Global", fields={"System.Tags": "infinity", **given})
        return str(made["id"])

    def twin(self, incident: str) -> str:
        return self.house.twins()[incident]

    def fields(self, incident: str) -> dict[str, Any]:
        """What the work item of an incident shows."""
        return dict(self.azure.item(int(self.twin(incident)))["fields"])

    def row(self, item: str) -> dict[str, Any]:
        """The incident of a work item."""
        incident = next(left for left, right in self.house.twins().items() if right == item)
        return dict(self.desk.read(f"{INCIDENT}/{incident}"))

    def journal(self, incident: str) -> list[tuple[str, str]]:
        """Element and text of each entry, oldest first."""
        rows = self.desk.read("table/sys_journal_field", query=f"element_id={incident}^ORDERBYsys_created_on")
        return [(row["element"], row["value"]) for row in rows]

    def talk(self, item: str) -> list[str]:
        """The texts of a work item's comments, oldest first."""
        return [one["text"] for one in self.azure.comments(int(item), order="asc")]

    def files(self, item: str) -> dict[str, bytes]:
        """The files of a work item."""
        relations = self.azure.item(int(item)).get("relations") or ()
        found = {}
        for one in relations:
            if one["rel"] == "AttachedFile":
                path = one["url"].removeprefix(self.azure.url + "/")
                found[one["attributes"]["name"]] = self.azure.ask("GET", path).content
        return found

    def busy(self, number: int, first: str, second: str) -> None:
        """People do a bit of everything: with one ticket born at each side, and two new ones."""
        self.incident(short_description=f"incident {number}")
        self.item(System__Title=f"item {number}")
        self.desk.change(first, comments=f"said {number}")
        self.azure.say(int(second), f"<div>noted {number}</div>")
        self.desk.change(first, short_description=f"renamed {number}")
        self.azure.set(int(second), {"System.Title": f"renamed too {number}"})
        self.desk.change(first, **({"state": "2"} if number % 2 else SOLVED))
        self.azure.set(int(second), {"System.State": "Active" if number % 2 else "Resolved"})
        self.desk.attach(first, f"{number}.bin", f"file {number}".encode())
        self.azure.attach(int(second), f"{number}.txt", f"file {number}".encode())

    def wrong(self, first: str, second: str, count: int) -> list[str]:
        """What is lost or there twice after so many times of :meth:`busy` with two tickets, and no others made."""
        item, last, there = self.twin(first), count - 1, self.azure.item(int(second))["fields"]
        row, born = self.row(second), self.desk.read(f"{INCIDENT}/{first}")
        fields = self.fields(first)
        twice = 2 * count + 2
        attached = self.desk.read("attachment", query=f"table_sys_id={row['sys_id']}")
        shown = {
            "comments of an item": sorted(text.rpartition(">said")[2] for text in self.talk(item)),
            "entries of an incident": sorted(text.rpartition("\n")[2] for _, text in self.journal(row["sys_id"])),
            "files of an item": self.files(item),
            "files of an incident": sorted(one["file_name"] for one in attached),
            "titles": (
                fields["System.Title"],
                row["short_description"],
                born["short_description"],
                there["System.Title"],
            ),
            "states": (fields["System.State"], row["state"], born["state"], there["System.State"]),
            "tickets": (len(self.house.twins()), len(self.desk.read(INCIDENT)), len(self.azure.find(ITEMS))),
            "open events": self.open_events(),
        }
        renamed, renamed_too = f"renamed {last}", f"renamed too {last}"
        expected = {
            "comments of an item": sorted(f" {n}</p>" for n in range(count)),
            "entries of an incident": sorted(f"noted {n}" for n in range(count)),
            "files of an item": {f"{n}.bin": f"file {n}".encode() for n in range(count)},
            "files of an incident": sorted(f"{n}.txt" for n in range(count)),
            "titles": (renamed, renamed_too, renamed, renamed_too),
            "states": ("Active", "2", "2", "Active") if last % 2 else ("Resolved", "6", "6", "Resolved"),
            "tickets": (twice, twice, twice),
            "open events": [],
        }
        return [f"{what}: {shown[what]} and not {expected[what]}" for what in shown if shown[what] != expected[what]]

    def open_events(self) -> list[str]:
        """Events that are in no final state."""
        table = tables.event
        with self.house.store.read() as tx:
            rows = tx.rows(sa.select(table).where(table.c.pair == PAIR))
        return [f"{row['key']}: {row['state']}" for row in rows if row["state"] not in FINAL]

    def writes(self) -> list[str]:
        """What the integration's accounts wrote, as far as the request log goes back."""
        reads = ("/workitemsbatch", "/wiql", "/workitemrevisions")
        return [
            f"{one['tenant']} {one['method']} {one['path']}"
            for one in self.box.control.requests()
            if one["method"] != "GET"
            and not one["path"].lower().endswith(reads)
            and str(one["account"]).startswith("tandem@")
        ]


@contextmanager
def running_pair(folder: Path, *, ahead: float = 0) -> Iterator[Both]:
    """The pair with its first run done; the clock of Azure DevOps may be so many seconds ahead of ours."""
    with running_sandbox(world()) as box:
        box.control.advance(ahead, AZURE)
        root = laid_out(folder / "root", PAIR)
        house = House(box, f"sqlite:///{folder}/state.db", root, pair=PAIR, tenants=TENANTS, patient=False)
        both = Both(box, house, Desk(box[SNOW], box.control), AzureDesk(box[AZURE], box.control))
        house.run()
        yield both
