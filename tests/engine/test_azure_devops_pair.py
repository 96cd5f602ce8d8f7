# SPDX-License-Identifier: Apache-2.0
"""A pair of ServiceNow and Azure DevOps through the whole engine: the example as it stands, on simulated trackers."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.house import House
from support.azure_devops import NAME as AZURE
from support.azure_devops import PROJECT, REPRO_STEPS
from support.azure_devops import Desk as AzureDesk
from support.azure_devops import tenant as azure_tenant
from support.sandbox import RunningSandbox, running_sandbox
from support.servicenow import NAME as SNOW
from support.servicenow import Desk
from support.servicenow import world as servicenow_world
from support.story import laid_out
from tandem.check import check_trackers
from tandem.config.load import load_pair
from tandem.errors import RetryableError

PAIR = "infinity-servicenow__global-azure_devops"
TENANTS = {"infinity_servicenow": SNOW, "global_azure_devops": AZURE}
INCIDENT = "table/incident"
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
        for _ in range(8):
            told = self.run()
            if not told["diff"]["actions"] and not told["diff"]["links"]:
                return
        raise AssertionError("it does not come to rest")

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


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    with running_sandbox(world()) as box:
        root = laid_out(tmp_path / "root", PAIR)
        house = House(box, f"sqlite:///{tmp_path}/state.db", root, pair=PAIR, tenants=TENANTS)
        both = Both(box, house, Desk(box[SNOW], box.control), AzureDesk(box[AZURE], box.control))
        house.run()
        yield both


def test_the_example_is_right_as_it_stands(tmp_path: Path) -> None:
    root = laid_out(tmp_path / "root", PAIR)
    pair = load_pair(root / "pairs" / f"{PAIR}.yaml", root / "contracts")
    assert (pair.name, pair.warnings) == (PAIR, ())


def test_the_example_passes_the_check_of_both_trackers(both: Both) -> None:
    pair = load_pair(both.house.root / "pairs" / f"{PAIR}.yaml", both.house.root / "contracts")
    report = check_trackers(pair, both.house.env.connect)
    assert [problem for problem in report.everything if not problem.warning] == []


@pytest.mark.parametrize(
    ("category", "type_", "area"),
    [
        ("feature", "Feature", "Development"),
        ("design", "Feature", "Development"),
        ("software", "Bug", "Development"),
        ("inquiry", "Bug", "Development"),
        ("network", "Bug", "Network"),
        ("connection", "Bug", "Network"),
    ],
)
def test_work_is_routed_by_the_contracts_rules(both: Both, category: str, type_: str, area: str) -> None:
    incident = both.incident(short_description="Look here", description="Since noon.", category=category, urgency="1")
    both.settle()
    fields = both.fields(incident)
    assert (fields["System.WorkItemType"], fields["System.AreaPath"]) == (type_, f"{PROJECT}\\{area}")
    text = fields[REPRO_STEPS if type_ == "Bug" else "System.Description"]
    assert "Since noon." in text
    assert (fields["System.Title"], fields["System.State"]) == ("Look here", "New")
    assert "infinity" in fields["System.Tags"]


def test_tickets_of_both_sides_get_one_twin_each_and_a_third_run_writes_nothing(both: Both) -> None:
    incident = both.incident(short_description="No network", impact="1", urgency="1")
    feature = both.item("Feature", System__Description="<div>We <b>propose</b></div>")
    both.run()
    assert both.fields(incident)["Microsoft.VSTS.Common.Priority"] == 1
    row = both.row(feature)
    assert (row["short_description"], row["category"], row["state"]) == ("Made by Global", "feature", "1")
    assert row["assignment_group"]["value"] == both.group if isinstance(row["assignment_group"], dict) else True
    assert row["description"].endswith("We propose")
    both.settle()
    both.box.control.clear_requests()
    assert (both.run()["diff"]["actions"], both.writes()) == (0, [])
    assert len(both.house.twins()) == len(both.desk.read(INCIDENT)) == 2


def test_fields_go_both_ways(both: Both) -> None:
    incident = both.incident(short_description="before", description="before")
    both.settle()
    item = int(both.twin(incident))
    both.desk.change(incident, short_description="from ServiceNow", description="two\nlines", impact="1", urgency="1")
    both.settle()
    fields = both.fields(incident)
    assert (fields["System.Title"], fields["Microsoft.VSTS.Common.Priority"]) == ("from ServiceNow", 1)
    assert "two<br>lines" in fields[REPRO_STEPS]
    both.azure.set(item, {"System.Title": "from Azure", "Microsoft.VSTS.Common.Priority": 4, REPRO_STEPS: ""})
    both.settle()
    row = both.desk.read(f"{INCIDENT}/{incident}")
    assert (row["short_description"], row["priority"], row["description"]) == ("from Azure", "4", "")
    assert both.run()["diff"]["actions"] == 0


def test_states_follow_with_their_reasons_and_back(both: Both) -> None:
    incident = both.incident()
    both.settle()
    item = int(both.twin(incident))
    both.azure.set(item, {"System.State": "Active"})
    both.settle()
    assert both.desk.read(f"{INCIDENT}/{incident}")["state"] == "2"
    both.azure.set(item, {"System.State": "Resolved"})
    both.settle()
    row = both.desk.read(f"{INCIDENT}/{incident}")
    assert (row["state"], row["close_code"]) == ("6", "Solved (Permanently)")
    both.azure.set(item, {"System.State": "Closed"})
    both.settle()
    assert both.desk.read(f"{INCIDENT}/{incident}")["state"] == "6"
    both.desk.change(incident, state="2")
    both.settle()
    fields = both.fields(incident)
    assert (fields["System.State"], "Microsoft.VSTS.Common.ClosedDate" in fields) == ("Active", False)
    both.desk.change(incident, **SOLVED)
    both.settle()
    fields = both.fields(incident)
    assert (fields["System.State"], fields["System.Reason"]) == ("Resolved", "Fixed")
    assert both.run()["diff"]["actions"] == 0


def test_public_comments_go_both_ways_once_and_work_notes_stay(both: Both) -> None:
    incident = both.incident()
    both.settle()
    item = both.twin(incident)
    both.desk.change(incident, comments="from ServiceNow, for all")
    both.desk.change(incident, work_notes="a secret of Infinity's")
    both.azure.say(int(item), "<div>from <b>Azure</b></div>")
    both.azure.say(int(item), "in **Markdown**", form="markdown")
    both.settle()
    both.settle()
    said = both.talk(item)
    assert len(said) == 3
    assert sum("from ServiceNow, for all" in text for text in said) == 1
    told = both.journal(incident)
    assert sorted(element for element, _ in told) == ["comments"] * 3 + ["work_notes"]
    assert sum("from" in text and "Azure" in text for _, text in told) == 1
    assert sum("<strong>Markdown</strong>" in text for _, text in told) == 1
    whole = repr(both.azure.item(int(item))) + repr(both.azure.read(f"wit/workItems/{item}/updates"))
    assert "secret of Infinity" not in whole + repr(said)


def test_an_edited_comment_is_said_again_where_none_can_be_edited(both: Both) -> None:
    incident = both.incident()
    both.settle()
    item = both.twin(incident)
    made = both.azure.say(int(item), "<div>before</div>")
    both.settle()
    path = f"{PROJECT}/_apis/wit/workItems/{item}/comments/{made['id']}"
    assert both.azure.ask("PATCH", path, "david", json={"text": "<div>after</div>"}).status_code == 200
    both.settle()
    assert [text.rpartition("\n")[2] for _, text in both.journal(incident)] == ["before", "Edited: after"]


def test_files_go_both_ways_bit_for_bit(both: Both) -> None:
    incident = both.incident()
    both.settle()
    item = both.twin(incident)
    both.desk.attach(incident, "from-servicenow.bin", bytes(range(256)))
    both.azure.attach(int(item), "from-azure.bin", b"\x00\r\n")
    both.settle()
    both.settle()
    assert both.files(item) == {"from-servicenow.bin": bytes(range(256)), "from-azure.bin": b"\x00\r\n"}
    rows = both.desk.read("attachment", query=f"table_sys_id={incident}")
    assert sorted(row["file_name"] for row in rows) == ["from-azure.bin", "from-servicenow.bin"]


def test_a_conflict_is_decided_by_the_newer_edit(both: Both) -> None:
    incident = both.incident(short_description="before")
    both.settle()
    both.azure.set(int(both.twin(incident)), {"System.Title": "older, from Azure"})
    both.box.control.advance(30)
    both.desk.change(incident, short_description="newer, from ServiceNow")
    both.settle()
    assert both.fields(incident)["System.Title"] == "newer, from ServiceNow"
    assert both.desk.read(f"{INCIDENT}/{incident}")["short_description"] == "newer, from ServiceNow"


def test_what_leaves_the_scope_is_not_looked_at_and_what_is_thrown_away_is_parked(both: Both) -> None:
    incident, other = both.incident(short_description="before"), both.incident(short_description="other")
    both.settle()
    both.azure.set(int(both.twin(incident)), {"System.Tags": "ours", "System.Title": "secret now"})
    path = f"{PROJECT}/_apis/wit/workitems/{both.twin(other)}"
    assert both.azure.ask("DELETE", path, "david").status_code == 200
    both.settle()
    rows = {row["short_description"] for row in both.desk.read(INCIDENT)}
    assert rows == {"before", "other"}
    assert both.run()["diff"]["actions"] == 0


def test_an_edit_between_reading_and_writing_is_not_run_over(both: Both) -> None:
    """The write names the revision that was compared: it is refused, and the next run merges."""
    incident = both.incident(short_description="before")
    both.settle()
    item = int(both.twin(incident))
    both.desk.change(incident, short_description="from ServiceNow")

    def edit(task: str) -> None:
        if task == "load":
            both.azure.set(item, {"System.Title": "a person's, meanwhile"})

    both.house.between = edit
    both.run()
    both.house.between = None
    assert both.azure.item(item)["fields"]["System.Title"] == "a person's, meanwhile"
    both.settle()
    assert both.fields(incident)["System.Title"] == both.desk.read(f"{INCIDENT}/{incident}")["short_description"]


WRITES = [
    (SNOW, "POST", "/table/incident|/batch"),
    (SNOW, "PATCH", "/table/incident|/batch"),
    (SNOW, "POST", "/attachment/file|/batch"),
    (AZURE, "POST", r"(?i)/workitems/\$"),
    (AZURE, "PATCH", r"(?i)/workitems/|/\$batch"),
    (AZURE, "POST", "/attachments"),
]


@pytest.mark.parametrize("kind", ["error_after", "cut_after"])
def test_lost_answers_are_looked_up_and_nothing_comes_twice(both: Both, kind: str) -> None:
    first, second = both.incident(short_description="first"), both.item(System__Title="second")
    both.settle()
    item = both.twin(first)
    lost = 0
    for number, (tenant, method, path) in enumerate(WRITES):
        both.incident(short_description=f"incident {number}")
        both.item(System__Title=f"item {number}")
        both.desk.change(first, comments=f"said {number}")
        both.azure.say(int(second), f"<div>noted {number}</div>")
        both.desk.change(first, short_description=f"renamed {number}")
        both.azure.set(int(second), {"System.Title": f"renamed too {number}"})
        both.desk.attach(first, f"{number}.bin", f"file {number}".encode())
        both.azure.attach(int(second), f"{number}.txt", f"file {number}".encode())
        both.box.control.fault(kind, tenant, method=method, path=path, count=1)
        for _ in range(4):
            try:
                both.run()
            except RetryableError:
                lost += 1
        both.box.control.clear_faults()
    assert lost >= len(WRITES) - 1, "the faults struck"
    both.settle()
    count = len(WRITES)
    assert sorted(text.rpartition(">said")[2] for text in both.talk(item)) == [f" {n}</p>" for n in range(count)]
    assert both.files(item) == {f"{n}.bin": f"file {n}".encode() for n in range(count)}
    row = both.row(second)
    noted = [text.rpartition("\n")[2] for _, text in both.journal(row["sys_id"])]
    assert sorted(noted) == [f"noted {n}" for n in range(count)]
    assert (both.fields(first)["System.Title"], row["short_description"]) == (
        *(f"renamed {count - 1}", f"renamed too {count - 1}"),
    )
    assert len(both.desk.read(INCIDENT)) == len(both.house.twins()) == 2 * count + 2
    assert len(both.azure.find(f"[System.TeamProject] = '{PROJECT}'")) == 2 * count + 2
    both.box.control.clear_requests()
    assert (both.run()["diff"]["actions"], both.writes()) == (0, [])


def test_nothing_new_costs_two_requests_a_side_at_most(both: Both) -> None:
    incident, item = both.incident(), both.item()
    both.azure.attach(int(item), "a.txt", b"a")
    both.desk.change(incident, comments="a word")
    both.settle()
    both.box.control.advance(60)
    both.settle()
    both.box.control.clear_requests()
    both.run()
    for tenant in (SNOW, AZURE):
        assert len(both.box.control.requests(tenant)) <= 2, both.box.control.requests(tenant)


def test_what_happened_on_known_items_comes_with_the_feed(both: Both) -> None:
    """No item is asked for its own updates or comments, though people and we ourselves wrote to it."""
    incidents = [both.incident(short_description=f"incident {number}") for number in range(4)]
    both.settle()
    for number, incident in enumerate(incidents):
        both.azure.set(int(both.twin(incident)), {"System.Title": f"renamed {number}"})
        both.azure.say(int(both.twin(incident)), f"<div>said {number}</div>")
        both.azure.attach(int(both.twin(incident)), f"{number}.txt", f"file {number}".encode())
    extracted: list[str] = []

    def note(task: str) -> None:
        if task == "extract":
            both.box.control.clear_requests()
        elif task == "map":
            asked = both.box.control.requests(AZURE)
            extracted.extend(f"{one['method']} {one['path'].rpartition('/')[2].lower()}" for one in asked)

    both.house.between = note
    told = both.run()
    both.house.between = None
    assert (told["load"]["update"], told["load"]["comment"]) == (4, 4)
    assert "POST workitemrevisions" in extracted
    assert not {"GET updates", "GET comments"} & set(extracted)
    both.settle()
    for number, incident in enumerate(incidents):
        row = both.desk.read(f"{INCIDENT}/{incident}")
        assert row["short_description"] == f"renamed {number}"
        assert [text.rpartition("\n")[2] for _, text in both.journal(incident)] == [f"said {number}"]
