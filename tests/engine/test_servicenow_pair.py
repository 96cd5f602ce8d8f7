# SPDX-License-Identifier: Apache-2.0
"""A pair of Jira and ServiceNow through the whole engine: the story's files as they stand, on simulated trackers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML

from engine.house import House
from support.jira import JIRA, JiraSite, doc
from support.sandbox import STORY, RunningSandbox, running_sandbox
from support.servicenow import NAME, Desk
from support.servicenow import world as servicenow_world
from support.story import laid_out
from tandem.check import check_trackers
from tandem.config.load import load_pair
from tandem.errors import RetryableError
from tandem.state import tables

PAIR = "infinity-jira__infinity-servicenow"
TENANTS = {"infinity_jira": JIRA, "infinity_servicenow": NAME}
INCIDENT, ISSUE = "table/incident", "3/issue"
SOLVED = {"state": "6", "close_code": "Solved (Permanently)", "close_notes": "Replaced the cable."}


def world() -> dict[str, Any]:
    """The story's Jira, whose project has internal comments, and a ServiceNow whose account is no admin."""
    tenant = next(one for one in YAML(typ="safe").load(STORY)["tenants"] if one["name"] == JIRA)
    jira = {**deepcopy(tenant), "port": 0, "tickets": []}
    jira["settings"]["search_lag"] = 0
    jira["settings"]["projects"]["SHOP"]["service_desk"] = True
    grants = {"tandem": ["sys_audit", "sys_journal_field", "sys_properties"]}
    (servicenow,) = servicenow_world({"grants": grants})["tenants"]
    servicenow["people"]["tandem"]["role"] = "agent"
    return {"tenants": [jira, servicenow]}


@dataclass
class Both:
    """The pair, and people at both trackers."""

    box: RunningSandbox
    house: House
    site: JiraSite
    desk: Desk
    network: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    def __post_init__(self) -> None:
        self.network = self.desk.read("table/sys_user_group", query="name=Network")[0]["sys_id"]

    def run(self) -> dict[str, Any]:
        """Let time pass, and run."""
        self.box.control.advance(3)
        return self.house.run()

    def settle(self) -> None:
        """Run until nothing is left to do."""
        self.house.settle(3)

    def issue(self, **fields: Any) -> str:
        """Elaine makes an issue in scope."""
        key = self.site.create("elaine", "SHOP", **{"labels": ["root-cause"], **fields})
        return str(self.site.get(f"{ISSUE}/{key}", fields="created")["id"])

    def incident(self, **values: Any) -> str:
        """John makes an incident in scope."""
        return str(self.desk.make(**{"assignment_group": self.network, **values})["sys_id"])

    def twin_of_issue(self, issue: str) -> dict[str, Any]:
        return dict(self.desk.read(f"{INCIDENT}/{self.house.twins()[issue]}"))

    def twin_of_incident(self, incident: str) -> Mapping[str, Any]:
        issue = next(left for left, right in self.house.twins().items() if right == incident)
        return self.site.fields(issue)

    def journal(self, incident: str) -> list[tuple[str, str]]:
        """Element and text of each entry, oldest first."""
        rows = self.desk.read("table/sys_journal_field", query=f"element_id={incident}^ORDERBYsys_created_on")
        return [(row["element"], row["value"]) for row in rows]

    def talk(self, issue: str) -> list[tuple[bool, str]]:
        """Whether customers see it, and text, of each comment of an issue."""
        comments = self.site.get(f"{ISSUE}/{issue}/comment")["comments"]
        return [(comment["jsdPublic"], repr(comment["body"])) for comment in comments]

    def say(self, issue: str, text: str, *, internal: bool = False) -> None:
        body: dict[str, Any] = {"body": doc(text)}
        if internal:
            body["properties"] = [{"key": "sd.public.comment", "value": {"internal": True}}]
        assert self.site.ask("POST", f"{ISSUE}/{issue}/comment", "elaine", json=body).status_code == 201

    def attach(self, issue: str, name: str, content: bytes) -> None:
        headers = {"X-Atlassian-Token": "no-check"}
        files = {"file": (name, content, "application/x-test")}
        answer = self.site.ask("POST", f"{ISSUE}/{issue}/attachments", "elaine", headers=headers, files=files)
        assert answer.status_code == 200

    def files(self, incident: str) -> dict[str, bytes]:
        rows = self.desk.read("attachment", query=f"table_sys_id={incident}")
        return {row["file_name"]: self.desk.ask("GET", f"attachment/{row['sys_id']}/file").content for row in rows}

    def writes(self) -> list[str]:
        """What the integration's accounts wrote, as far as the request log goes back."""
        reads = ("/bulkfetch", "/search/jql", "/comment/list", "/changelog")
        return [
            f"{one['tenant']} {one['method']} {one['path']}"
            for one in self.box.control.requests()
            if one["method"] != "GET" and not one["path"].endswith(reads) and str(one["account"]).startswith("tandem@")
        ]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    with running_sandbox(world()) as box:
        root = laid_out(tmp_path / "root", PAIR)
        house = House(box, f"sqlite:///{tmp_path}/state.db", root, pair=PAIR, tenants=TENANTS)
        both = Both(box, house, JiraSite(box[JIRA], box.control), Desk(box[NAME], box.control))
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


def test_tickets_of_both_sides_get_one_twin_each_and_a_third_run_writes_nothing(both: Both) -> None:
    issue = both.issue(summary="The kiosk is dark", description=doc("Since noon."), priority={"name": "High"})
    incident = both.incident(short_description="No network", description="In hall 3\n\nand 4", urgency="1", impact="1")
    both.run()
    twin = both.twin_of_issue(issue)
    assert (twin["short_description"], twin["priority"], twin["state"]) == ("The kiosk is dark", "2", "1")
    assert twin["description"].endswith("wrote:\n\nSince noon.")
    fields = both.twin_of_incident(incident)
    assert (fields["summary"], fields["priority"]["name"], fields["labels"]) == (
        "No network",
        "Highest",
        ["root-cause"],
    )
    both.run()
    both.box.control.clear_requests()
    told = both.run()
    assert (told["diff"]["actions"], both.writes()) == (0, [])
    assert len(both.house.twins()) == 2
    assert len(both.desk.read(INCIDENT)) == 2


def test_fields_go_both_ways(both: Both) -> None:
    issue = both.issue(summary="before", description=doc("before"))
    both.settle()
    incident = both.house.twins()[issue]
    both.site.edit(issue, summary="from Jira", priority={"name": "Highest"}, description=doc("two\nlines"))
    both.settle()
    row = both.desk.read(f"{INCIDENT}/{incident}")
    assert (row["short_description"], row["priority"], row["description"]) == ("from Jira", "1", "two\nlines")
    both.desk.change(incident, short_description="from ServiceNow", impact="3", urgency="2", description="")
    both.settle()
    fields = both.site.fields(issue)
    assert (fields["summary"], fields["priority"]["name"]) == ("from ServiceNow", "Low")
    assert "two" not in repr(fields["description"])
    assert both.house.run()["diff"]["actions"] == 0


@pytest.mark.parametrize("policy", ["comment", "cut"])
def test_what_is_said_behind_a_text_that_does_not_fit_comes_home_and_the_text_stays(both: Both, policy: str) -> None:
    contract = both.house.root / "contracts" / "infinity-servicenow.yaml"
    old = "description: {field: description, too_long: comment}"
    assert old in contract.read_text()
    contract.write_text(contract.read_text().replace(old, old.replace("comment", policy)))
    lines = [f"Line {number} of what was seen in hall {number % 7}, in so many words." for number in range(100)]
    text = {"type": "doc", "version": 1, "content": [doc(line)["content"][0] for line in lines]}
    issue = both.issue(summary="Much was seen", description=text)
    both.run()
    twin = both.twin_of_issue(issue)
    assert len(twin["description"]) <= 4_000 and "Line 99" not in twin["description"]
    shorter = twin["description"].replace(lines[3], "Line 3, and nothing more.").replace(lines[5], "Line 5.")
    both.desk.change(twin["sys_id"], description=f"{shorter}\n\nJohn was there.")
    both.settle()
    there = [block["content"][0]["text"] for block in both.site.fields(issue)["description"]["content"]]
    wanted = [{3: "Line 3, and nothing more.", 5: "Line 5."}.get(at, line) for at, line in enumerate(lines)]
    assert there == [*wanted, "John was there."]
    before = both.writes()
    both.run()
    assert both.writes() == before


def test_a_write_of_ours_to_an_incident_is_known_as_ours(both: Both) -> None:
    """Else the next pair takes it for John's, and what came round a ring comes twice."""
    issue = both.issue(summary="before")
    both.settle()
    both.site.edit(issue, summary="from Jira")
    both.settle()
    with both.house.store.read() as tx:
        rows = tx.rows(sa.select(tables.event).where(tables.event.c.field == "short_description"))
    assert [row["state"] for row in rows if row["side"] == "right"] == ["echo"]


def test_states_follow_with_what_their_policies_ask_for_and_back(both: Both) -> None:
    issue = both.issue()
    both.settle()
    incident = both.house.twins()[issue]
    for transition, state in (("Start", "2"), ("Wait", "3")):
        assert both.site.go(issue, transition).status_code == 204
        both.settle()
        assert both.desk.read(f"{INCIDENT}/{incident}")["state"] == state
    assert both.desk.read(f"{INCIDENT}/{incident}")["hold_reason"] == "4"
    both.desk.change(incident, **SOLVED)
    both.settle()
    fields = both.site.fields(issue)
    assert (fields["status"]["name"], fields["resolution"]["name"]) == ("Done", "Fixed")
    assert both.site.go(issue, "Reopen").status_code == 204
    both.settle()
    assert both.desk.read(f"{INCIDENT}/{incident}")["state"] == "1"
    sent = {"fields": {"resolution": {"name": "Fixed"}}}
    assert both.site.go(issue, "Finish", **sent).status_code == 204
    both.settle()
    row = both.desk.read(f"{INCIDENT}/{incident}")
    assert (row["state"], row["close_code"], row["close_notes"]) == (
        *("6", "Solved (Permanently)"),
        "Resolved where it was worked on.",
    )


def test_comments_stay_public_or_private_and_come_once(both: Both) -> None:
    issue = both.issue()
    both.settle()
    incident = both.house.twins()[issue]
    both.say(issue, "from Jira, for all")
    both.say(issue, "from Jira, for us", internal=True)
    both.desk.change(incident, comments="from ServiceNow, for all")
    both.desk.change(incident, work_notes="from ServiceNow, [code]<b>for us</b>[/code]")
    both.settle()
    both.settle()
    told = [(element, text.rpartition("\n")[2]) for element, text in both.journal(incident)]
    assert sorted(told) == [
        ("comments", "from Jira, for all"),
        ("comments", "from ServiceNow, for all"),
        ("work_notes", "from Jira, for us"),
        ("work_notes", "from ServiceNow, [code]<b>for us</b>[/code]"),
    ]
    said = both.talk(issue)
    assert len(said) == 4
    assert [public for public, text in said if "from ServiceNow, for all" in text] == [True]
    (bold,) = [text for public, text in said if "for us" in text and "strong" in text]
    assert [public for public, text in said if text == bold] == [False]


def test_files_go_both_ways_bit_for_bit(both: Both) -> None:
    issue = both.issue()
    both.settle()
    incident = both.house.twins()[issue]
    both.attach(issue, "from-jira.bin", bytes(range(256)))
    both.desk.attach(incident, "from-servicenow.bin", b"\x00\r\n")
    both.settle()
    both.settle()
    assert both.files(incident) == {"from-jira.bin": bytes(range(256)), "from-servicenow.bin": b"\x00\r\n"}
    assert sorted(one["filename"] for one in both.site.fields(issue)["attachment"]) == [
        "from-jira.bin",
        "from-servicenow.bin",
    ]


def test_a_conflict_is_decided_by_the_newer_edit(both: Both) -> None:
    issue = both.issue(summary="before")
    both.settle()
    incident = both.house.twins()[issue]
    both.site.edit(issue, summary="older, from Jira")
    both.box.control.advance(30)
    both.desk.change(incident, short_description="newer, from ServiceNow")
    both.settle()
    assert both.site.fields(issue)["summary"] == "newer, from ServiceNow"
    assert both.desk.read(f"{INCIDENT}/{incident}")["short_description"] == "newer, from ServiceNow"


def test_a_ticket_that_leaves_the_group_is_not_looked_at(both: Both) -> None:
    incident = both.incident(short_description="before")
    both.settle()
    both.desk.change(incident, assignment_group="", short_description="secret now")
    both.settle()
    assert both.twin_of_incident(incident)["summary"] == "before"
    assert both.house.run()["diff"]["actions"] == 0


WRITES = [
    (NAME, "POST", "/table/incident"),
    (NAME, "PATCH", "/table/incident"),
    (NAME, "POST", "/attachment/file"),
    (JIRA, "POST", "/issue$"),
    (JIRA, "POST", "/comment$"),
    (JIRA, "PUT", "/issue/[^/]+$"),
]


@pytest.mark.parametrize("kind", ["error_after", "cut_after"])
def test_lost_answers_are_looked_up_and_nothing_comes_twice(both: Both, kind: str) -> None:
    issue, incident = both.issue(summary="first"), both.incident(short_description="second")
    both.settle()
    lost = 0
    for number, (tenant, method, path) in enumerate(WRITES):
        both.issue(summary=f"issue {number}")
        both.incident(short_description=f"incident {number}")
        both.say(issue, f"said {number}")
        both.desk.change(incident, comments=f"noted {number}")
        both.site.edit(issue, summary=f"renamed {number}")
        both.desk.change(incident, short_description=f"renamed {number}")
        both.attach(issue, f"{number}.bin", f"{number}".encode())
        both.box.control.fault(kind, tenant, method=method, path=f"{path}|/batch" if tenant == NAME else path, count=1)
        for _ in range(4):
            try:
                both.run()
            except RetryableError:
                lost += 1
        both.box.control.clear_faults()
    assert lost >= len(WRITES) - 1, "the faults struck"
    both.settle()
    twin, back = both.house.twins()[issue], both.twin_of_incident(incident)
    count = len(WRITES)
    assert sorted(text.rpartition("\n")[2] for _, text in both.journal(twin)) == [f"said {n}" for n in range(count)]
    assert both.files(twin) == {f"{n}.bin": f"{n}".encode() for n in range(count)}
    assert both.desk.read(f"{INCIDENT}/{twin}")["short_description"] == back["summary"] == f"renamed {count - 1}"
    titles = [row["short_description"] for row in both.desk.read(INCIDENT)]
    assert sorted(titles) == sorted(set(titles) | {f"renamed {count - 1}"}) or titles.count(f"renamed {count - 1}") == 2
    assert len(titles) == len(both.house.twins()) == 2 * count + 2
    both.box.control.clear_requests()
    assert (both.run()["diff"]["actions"], both.writes()) == (0, [])


def test_nothing_new_costs_two_requests_a_side_at_most(both: Both) -> None:
    issue, incident = both.issue(), both.incident()
    both.desk.attach(incident, "a.txt", b"a")
    both.say(issue, "a word")
    both.settle()
    both.box.control.advance(60)
    both.settle()
    both.box.control.clear_requests()
    both.run()
    for tenant in (JIRA, NAME):
        assert len(both.box.control.requests(tenant)) <= 2, both.box.control.requests(tenant)
