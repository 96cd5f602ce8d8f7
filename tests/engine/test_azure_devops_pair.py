# SPDX-License-Identifier: Apache-2.0
"""A pair of ServiceNow and Azure DevOps through the whole engine: the example as it stands, on simulated trackers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.development_house import AZURE, INCIDENT, PAIR, PROJECT, SNOW, SOLVED, Both, running_pair
from support.azure_devops import REPRO_STEPS
from support.story import laid_out
from tandem.check import check_trackers
from tandem.config.load import load_pair
from tandem.errors import RetryableError


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    with running_pair(tmp_path) as both:
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


def test_copies_that_people_make_of_both_twins_are_tickets_of_their_own(both: Both) -> None:
    incident, item = both.incident(short_description="Theirs"), both.item("Bug")
    both.settle()
    of_twin = both.azure.copy(int(both.twin(incident)), "A copy of the twin")
    inserted = both.desk.copy(both.row(item)["sys_id"], short_description="Inserted from the twin")["sys_id"]
    both.settle()
    assert both.row(str(of_twin))["short_description"] == "A copy of the twin"
    assert both.fields(inserted)["System.Title"] == "Inserted from the twin"
    assert len(both.house.twins()) == len(both.desk.read(INCIDENT)) == 4
    assert both.run()["diff"]["actions"] == 0


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


def test_a_picture_that_is_pasted_into_a_text_goes_as_a_file_once(both: Both) -> None:
    """It hangs on no item: only the text shows it. Text and picture may be edited, attached, and said again."""
    word, later, said = (both.azure.upload("image.png", bytes([number]) * 99) for number in range(3))
    item = both.item(Microsoft__VSTS__TCM__ReproSteps=f'<div>one <img src="{word}" alt=Image></div>')
    both.settle()
    both.azure.set(int(item), {REPRO_STEPS: f'<div>two <img src="{word}"> <img src="{later}"></div>'})
    both.azure.say(int(item), f'<div>said <img src="{said}"></div>')
    both.settle()
    both.desk.change(both.row(item)["sys_id"], description="three")
    both.settle()
    steps = both.azure.item(int(item))["fields"][REPRO_STEPS]
    assert "three" in steps
    assert all(url in steps for url in (word, later))
    both.azure.relate(int(item), "AttachedFile", word, name="image.png")
    both.azure.say(int(item), f'<div>again <img src="{word}"></div>')
    both.settle()
    both.house.run(tickets=(item,))
    both.settle()
    incident = both.row(item)["sys_id"]
    rows = both.desk.read("attachment", query=f"table_sys_id={incident}")
    assert sorted((row["file_name"], int(row["size_bytes"])) for row in rows) == [("image.png", 99)] * 3
    contents = {both.desk.ask("GET", f"attachment/{row['sys_id']}/file").content for row in rows}
    assert contents == {bytes([number]) * 99 for number in range(3)}
    assert list(both.files(item)) == ["image.png"]
    assert both.open_events() == []


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
    lost = 0
    for number, (tenant, method, path) in enumerate(WRITES):
        both.busy(number, first, second)
        both.box.control.fault(kind, tenant, method=method, path=path, count=1)
        for _ in range(4):
            try:
                both.run()
            except RetryableError:
                lost += 1
        both.box.control.clear_faults()
    assert lost >= len(WRITES) - 1, "the faults struck"
    both.settle()
    assert both.wrong(first, second, len(WRITES)) == []
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


def test_many_that_were_written_are_read_back_by_the_feed_and_no_edit_goes_unseen(both: Both) -> None:
    """Between the writes and the read-back one comment is deleted by people, and one title is changed."""
    incidents = [both.incident(short_description=f"incident {number}") for number in range(6)]
    both.settle()
    for number, incident in enumerate(incidents):
        both.desk.change(incident, short_description=f"renamed {number}", comments=f"said {number}")
    deleted, renamed = both.twin(incidents[0]), both.twin(incidents[1])

    def meddle(task: str) -> None:
        if task == "reconcile":
            (said,) = both.azure.comments(int(deleted))
            path = f"{PROJECT}/_apis/wit/workItems/{deleted}/comments/{said['id']}"
            assert both.azure.ask("DELETE", path, "ada").status_code == 204
            both.azure.set(int(renamed), {"System.Title": "a person's, meanwhile"})
            both.box.control.clear_requests()

    both.house.between = meddle
    both.run()
    both.house.between = None
    asked = [f"{one['method']} {one['path']}".lower() for one in both.box.control.requests(AZURE)]
    assert any(one.endswith("workitemrevisions") for one in asked)
    assert [one for one in asked if one.endswith("/updates")] == [f"get /global/_apis/wit/workitems/{deleted}/updates"]
    both.settle()
    assert [both.talk(both.twin(incident)) == [] for incident in incidents] == [True, *[False] * 5]
    shown = [both.desk.read(f"{INCIDENT}/{incident}")["short_description"] for incident in incidents]
    assert shown == [both.fields(incident)["System.Title"] for incident in incidents]
    assert shown[:2] == ["renamed 0", "a person's, meanwhile"]
    assert both.run()["diff"]["actions"] == 0


@pytest.mark.parametrize("ahead", [-400, 400])
def test_the_newer_edit_wins_though_a_clock_is_off(tmp_path: Path, ahead: float) -> None:
    """Nothing is passed over either: what happens right after the first run, and in the second after a run."""
    with running_pair(tmp_path, ahead=ahead) as both:
        incident, item = both.incident(short_description="before"), both.item(System__Title="before too")
        both.settle()
        both.azure.set(int(both.twin(incident)), {"System.Title": "older, from Azure"})
        both.desk.change(both.row(item)["sys_id"], short_description="older, from ServiceNow")
        both.box.control.advance(30)
        both.desk.change(incident, short_description="newer, from ServiceNow")
        both.azure.set(int(item), {"System.Title": "newer, from Azure"})
        both.azure.say(int(item), "<div>said</div>")
        both.settle()
        shown = both.fields(incident)["System.Title"], both.desk.read(f"{INCIDENT}/{incident}")["short_description"]
        assert shown == ("newer, from ServiceNow",) * 2
        shown = both.azure.item(int(item))["fields"]["System.Title"], both.row(item)["short_description"]
        assert shown == ("newer, from Azure",) * 2
        assert [text.rpartition("\n")[2] for _, text in both.journal(both.row(item)["sys_id"])] == ["said"]
        assert both.run()["diff"]["actions"] == 0
