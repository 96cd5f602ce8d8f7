# SPDX-License-Identifier: Apache-2.0
"""The client library `pysnow` works with the sandbox as it does with ServiceNow."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pysnow
import pytest
import requests

from support.servicenow import NAME, Desk, running_desk

CALLS = 300
TEXTS = (
    "plain",
    "two\nlines\n\nand a paragraph",
    "[code]<b>bold</b> & <script>alert(1)</script>[/code]",
    "Übersicht 🧵 \u202e right to left",
    "x" * 5000,
    "^ORDERBY^NQ=",
    " ",
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with running_desk() as running:
        yield running


def client(desk: Desk, who: str = "john") -> pysnow.Client:
    person = desk.place.people[who]
    return pysnow.Client(host=desk.place.netloc, use_ssl=False, user=person.email, password=person.password)


def test_pysnow_writes_and_reads_incidents_with_journals_and_files(desk: Desk, tmp_path: Path) -> None:
    incidents = client(desk).resource(api_path="/table/incident")
    file = tmp_path / "cart.txt"
    file.write_bytes(b"cart")

    made = incidents.create({"short_description": "Cart forgets the coupon", "urgency": "1", "comments": "see file"})
    number = made["number"]
    made.upload(str(file))
    incidents.update(query={"number": number}, payload={"state": "2", "work_notes": "only for us"})
    (read,) = incidents.get(query={"number": number}, display_value=True, exclude_reference_link=True).all()

    assert (read["state"], read["priority"], read["opened_by"]) == ("In Progress", "3 - Moderate", "John Infinity")
    assert "see file" in read["comments"]
    assert "only for us" in read["work_notes"]
    (attached,) = incidents.attachments.get(sys_id=made["sys_id"])
    assert (attached["file_name"], attached["size_bytes"]) == ("cart.txt", "4")
    assert incidents.get(query={"number": number}, fields=["number"]).one() == {"number": number}


def test_pysnow_queries_pages_and_streams(desk: Desk) -> None:
    incidents = client(desk).resource(api_path="/table/incident")
    for place in range(7):
        incidents.create({"short_description": f"page {place}", "category": "hardware"})
    query = pysnow.QueryBuilder().field("category").equals("hardware").AND().field("number").order_ascending()

    seen = [row for start in range(0, 7, 3) for row in incidents.get(query=query, limit=3, offset=start).all()]
    streamed = list(incidents.get(query=query, stream=True).all())

    assert [row["short_description"] for row in seen] == [f"page {place}" for place in range(7)]
    assert seen == streamed


def test_pysnow_asks_for_times(desk: Desk) -> None:
    incidents = client(desk).resource(api_path="/table/incident")
    made = incidents.create({"short_description": "in time"})["number"]

    def found(query: Any) -> bool:
        return made in [row["number"] for row in incidents.get(query=query, fields=["number"]).all()]

    at = datetime.now(UTC)
    day, zone = timedelta(days=1), ZoneInfo(desk.place.people["john"].zone or "Europe/Brussels")
    local = at.astimezone(zone).replace(tzinfo=None)
    for query, there in (
        (pysnow.QueryBuilder().field("sys_created_on").between(local - day, local + day), True),
        (pysnow.QueryBuilder().field("sys_created_on").between(local - 2 * day, local - day), False),
        (pysnow.QueryBuilder().field("sys_created_on").greater_than(at - day), True),
        ("sys_created_on>javascript:gs.daysAgoStart(1)", True),
        ("sys_created_on>javascript:gs.minutesAgo(5)", True),
        ("sys_created_on<javascript:gs.hoursAgo(1)", False),
        ("sys_created_onONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()", True),
        ("sys_created_onONYesterday@javascript:gs.beginningOfYesterday()@javascript:gs.endOfYesterday()", False),
        ("sys_created_on>=javascript:gs.dateGenerate('2020-01-31','00:00:00')", True),
    ):
        assert found(query) is there, query


def test_pysnow_understands_refusals(desk: Desk) -> None:
    incidents = client(desk).resource(api_path="/table/incident")
    made = incidents.create({"short_description": "No"})
    with pytest.raises(requests.HTTPError, match="403"):
        made.update({"state": "6"}).one()
    with pytest.raises(requests.HTTPError, match="401"):
        pysnow.Client(host=desk.place.netloc, use_ssl=False, user="john", password="wrong").resource(
            api_path="/table/incident"
        ).get(query={}).all()
    with pytest.raises(pysnow.exceptions.NoResults):
        incidents.get(query={"number": "none"}).one()


def test_a_long_random_tour_with_pysnow_meets_no_fault(desk: Desk) -> None:
    """Hundreds of mixed calls, right and wrong ones; what was written is what is read."""
    chance = random.Random(5)
    desk.control.settings(NAME, requests_per_hour=None)
    tables = {name: client(desk).resource(api_path=f"/table/{name}") for name in ("incident", "problem", "sc_task")}
    wrote: dict[str, tuple[str, str]] = {}
    refused = 0

    def make() -> None:
        name = chance.choice(list(tables))
        title = f"w{chance.randrange(10**6)}"
        made = tables[name].create({"short_description": title, "description": chance.choice(TEXTS)}).one()
        wrote[made["sys_id"]] = (name, title)

    def one() -> tuple[str, str]:
        sys_id = chance.choice(list(wrote))
        return sys_id, wrote[sys_id][0]

    def rename() -> None:
        sys_id, name = one()
        title = f"r{chance.randrange(10**6)}"
        tables[name].update(query={"sys_id": sys_id}, payload={"short_description": title}).one()
        wrote[sys_id] = (name, title)

    def say() -> None:
        sys_id, name = one()
        tables[name].update(query={"sys_id": sys_id}, payload={chance.choice(("comments", "work_notes")): "said"}).one()

    def move() -> None:
        sys_id, name = one()
        values = {"state": chance.choice(("1", "2", "3", "4", "6")), "close_notes": chance.choice(("", "done"))}
        tables[name].update(query={"sys_id": sys_id}, payload=values | {"close_code": "Solved (Permanently)"}).one()

    def look() -> None:
        sys_id, name = one()
        query: Any = chance.choice(({"sys_id": sys_id}, f"sys_idIN{sys_id},nothing", f"nonsense^sys_id={sys_id}"))
        assert tables[name].get(query=query, limit=50).all()[0]["short_description"]

    def wrong() -> None:
        tables["incident"].get(query={"number": chance.choice(TEXTS)}).one()

    steps = (make, rename, say, move, look, wrong)
    for number in range(CALLS):
        try:
            (steps[number % len(steps)] if number < len(steps) else chance.choice(steps))()
        except (requests.HTTPError, pysnow.exceptions.NoResults, pysnow.exceptions.MultipleResults):
            refused += 1
    assert refused
    for sys_id, (name, title) in wrote.items():
        assert tables[name].get(query={"sys_id": sys_id}).one()["short_description"] == title
    assert [one for one in desk.control.requests(NAME) if one["status"] is None or one["status"] >= 500] == []
