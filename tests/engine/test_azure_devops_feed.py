# SPDX-License-Identifier: Apache-2.0
"""What the feed of revisions tells through the whole engine: as much as an item's own updates would, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.development_house import AZURE, INCIDENT, PROJECT, Both, running_pair


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    with running_pair(tmp_path) as both:
        yield both


def attached(both: Both, item: str) -> list[str]:
    """The names of the files at an item's incident."""
    row = both.row(item)["sys_id"]
    return [one["file_name"] for one in both.desk.read("attachment", query=f"table_sys_id={row}")]


def test_a_file_that_a_private_text_named_stays_when_the_feed_told_of_it(both: Both) -> None:
    """The file came with a revision that the feed told; later the text is gone, and the item is read whole."""
    item = both.item()
    both.settle()
    both.azure.set(int(item), {"System.Description": "<p>Nobody gets salaries.txt.</p>"})
    both.azure.attach(int(item), "salaries.txt", b"private")
    both.settle()
    said = both.azure.say(int(item), "<div>said</div>")
    both.azure.set(int(item), {"System.Description": ""})
    path = f"{PROJECT}/_apis/wit/workItems/{item}/comments/{said['id']}"
    assert both.azure.ask("PATCH", path, "david", json={"text": "<div>said anew</div>"}).status_code == 200
    both.settle()
    assert attached(both, item) == []


def test_many_that_were_made_cost_no_request_each_and_no_edit_goes_unseen(both: Both) -> None:
    """Before the read-back people say something at one copy, delete what they said at another, rename a third."""
    incidents = [both.incident(short_description=f"incident {number}") for number in range(6)]
    items = [both.item(System__Title=f"item {number}") for number in range(6)]
    both.azure.say(int(items[0]), "<div>said at once</div>")
    asked: list[str] = []

    def meddle(task: str) -> None:
        asked.extend(f"{one['method']} {one['path']}".lower() for one in both.box.control.requests(AZURE))
        if task == "reconcile":
            said, taken, renamed = sorted(map(int, both.house.twins().values()), reverse=True)[:3]
            both.azure.say(said, "<div>a person's</div>")
            gone = both.azure.say(taken, "<div>never said</div>")
            path = f"{PROJECT}/_apis/wit/workItems/{taken}/comments/{gone['id']}"
            assert both.azure.ask("DELETE", path, "ada").status_code == 204
            both.azure.set(renamed, {"System.Title": "a person's, meanwhile"})
        both.box.control.clear_requests()

    both.house.between = meddle
    told = both.run()
    both.house.between = None
    assert told["load"]["create"] == 12
    asked += [f"{one['method']} {one['path']}".lower() for one in both.box.control.requests(AZURE)]
    assert len([path for path in asked if path.endswith("/updates")]) == 1, "of the copy at which one took back"
    both.settle()
    rows = [both.desk.read(f"{INCIDENT}/{incident}") for incident in incidents]
    assert [row["short_description"] for row in rows] == [both.fields(one)["System.Title"] for one in incidents]
    assert "a person's, meanwhile" in [row["short_description"] for row in rows]
    said = [text for incident in incidents for _, text in both.journal(incident)]
    assert [text.rpartition("\n")[2] for text in said] == ["a person's"]
    assert [text.rpartition("\n")[2] for _, text in both.journal(both.row(items[0])["sys_id"])] == ["said at once"]
    assert both.run()["diff"]["actions"] == 0
