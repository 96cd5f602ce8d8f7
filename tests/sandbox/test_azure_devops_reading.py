# SPDX-License-Identifier: Apache-2.0
"""What the simulated Azure DevOps tells: queries, batches, and the feeds."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.azure_devops import NAME, Desk, people, running_desk

PREVIEW = {"api-version": "7.1-preview.1"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    with running_desk(people=people(root="admin", guest="end-user")) as desk:
        yield desk


@pytest.fixture
def desk(shared: Desk) -> Iterator[Desk]:
    """Settings, faults and the request log as at the start; work items of other tests remain."""
    before = shared.control.settings(NAME)
    shared.control.clear_requests()
    yield shared
    shared.control.clear_faults()
    shared.control.settings(NAME, **before)


def message(answer: Any) -> str:
    return f"{answer.status_code} {answer.json()['message']}"


# ---- queries


def test_a_query_answers_with_numbers_alone(desk: Desk) -> None:
    number = desk.make(title="only me")["id"]
    text = "Select [System.Id], [Title] From WorkItems Where [Title] = 'only me' Order By [System.ChangedDate] Desc"
    found = desk.ask("POST", "wit/wiql", json={"query": text}).json()
    assert (found["queryType"], [one["referenceName"] for one in found["columns"]]) == (
        "flat",
        ["System.Id", "System.Title"],
    )
    assert found["workItems"] == [{"id": number, "url": f"{desk.url}/_apis/wit/workItems/{number}"}]
    assert found["sortColumns"][0]["descending"] is True


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("[System.Title] CONTAINS 'needle'", True),
        ("[System.Title] = 'A NEEDLE in hay'", True),
        ("[System.Title] NOT CONTAINS 'needle'", False),
        ("[System.AreaPath] UNDER 'Shop'", True),
        ("[System.AreaPath] = 'Shop'", False),
        ("[System.AreaPath] NOT UNDER 'Shop\\Network'", True),
        ("[System.AssignedTo] = @Me", False),
        ("[System.AssignedTo] = 'Marco Global <marco@global.example>'", True),
        ("[System.AssignedTo] <> ''", True),
        ("[System.State] IN ('Active', 'New') AND NOT [System.Tags] CONTAINS 'no'", True),
        ("[System.State] NOT IN ('Active', 'New')", False),
        ("[System.Tags] CONTAINS 'hay'", False),  # a whole tag, no part of one
        ("[System.Tags] CONTAINS 'Haystack'", True),
        ("[System.State] EVER 'Closed' OR ([Priority] >= 2 AND [Priority] < 3)", True),
        ("EVER [System.State] = 'New'", True),
        ("[Microsoft.VSTS.Build.FoundIn] IS EMPTY", True),
        ("[System.Description] IS NOT EMPTY", False),
        ("[System.CreatedDate] >= @Today - 1", True),
        ("[System.ChangedDate] < @StartOfDay", False),
        ("[System.TeamProject] = @project", True),
        ("[System.ChangedDate] >= [System.CreatedDate]", True),
        ("[System.HyperLinkCount] > 0", False),
    ],
)
def test_conditions_of_queries(desk: Desk, where: str, found: bool) -> None:
    if not (known := desk.find("[System.Title] = 'a needle in hay'")):
        fields = {
            "System.AreaPath": "Shop\\Development",
            "System.AssignedTo": "marco@global.example",
            "System.Tags": "haystack",
        }
        known = [desk.make(title="a needle in hay", fields=fields)["id"]]
    assert (known[0] in desk.find(where)) is found


def test_dates_are_days_of_the_account_unless_asked_for_precisely(desk: Desk) -> None:
    number = desk.make(title="dated")["id"]
    at = desk.item(number)["fields"]["System.ChangedDate"]
    where = f"[System.ChangedDate] >= '{at}' AND [System.Title] = 'dated'"
    refused = desk.ask("POST", "wit/wiql", json={"query": f"SELECT [System.Id] FROM WorkItems WHERE {where}"})
    assert message(refused) == (
        "400 You cannot supply a time with the date when running a query using date precision. "
        f"The error is caused by «[System.ChangedDate] >= '{at}'»."
    )
    assert desk.find(where, timePrecision="true") == [number]
    assert desk.find(where.replace(">=", ">"), timePrecision="true") == []
    day = datetime.fromisoformat(at).astimezone(ZoneInfo("Asia/Kolkata")).date()
    assert desk.find(f"[System.ChangedDate] = '{day}' AND [System.Title] = 'dated'") == [number]
    assert desk.find(f"[System.ChangedDate] > '{day}' AND [System.Title] = 'dated'") == []


def test_a_query_that_finds_too_much_fails(desk: Desk) -> None:
    desk.control.settings(NAME, wiql_limit=1)
    for _ in range(2):
        desk.make(title="many")
    refused = desk.ask("POST", "wit/wiql", json={"query": "SELECT [System.Id] FROM WorkItems"})
    assert message(refused).startswith("400 VS402337: The number of work items returned exceeds the size limit of 1.")
    assert len(desk.find("[System.Title] = 'many'", _top=1)) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT [System.Id] FROM WorkItems WHERE [Nothing.Such] = 1", "TF51005"),
        ("SELECT [System.Id] FROM WorkItems WHERE [System.AreaPath] UNDER 'Shop\\Nowhere'", "TF51011"),
        ("SELECT [System.Id] FROM WorkItems WHERE", "TF51006"),
        ("SELECT TOP 5 [System.Id] FROM WorkItems", "missing a FROM clause. The error is caused by «5»."),
        ("SELECT [System.Id] FROM WorkItems WHERE [System.Id] LIKE 1", "TF51006"),
        ("SELECT [System.Id] FROM WorkItems WHERE [System.Id] = 'one'", "does not fit"),
        ("SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project", "@project"),
        (f"SELECT [System.Id] FROM WorkItems WHERE [System.Title] = '{'x' * 33000}'", "longer"),
    ],
)
def test_wrong_queries_are_refused(desk: Desk, query: str, said: str) -> None:
    answer = desk.ask("POST", "wit/wiql", json={"query": query})
    assert answer.status_code == 400
    assert said in answer.json()["message"]


# ---- many at once


def test_a_batch_reads_up_to_200_and_no_more(desk: Desk) -> None:
    number = desk.make()["id"]
    asked = {"ids": [number, number], "fields": ["System.Title", "System.AssignedTo"]}
    read = desk.ask("POST", "wit/workitemsbatch", json=asked).json()
    assert (read["count"], read["value"][0]["fields"]) == (1, {"System.Title": "Help"})
    refused = desk.ask("POST", "wit/workitemsbatch", json={"ids": list(range(1, 202))})
    assert message(refused).startswith("400 VS403474: You requested 201 work items which exceeds the limit of 200.")


def test_what_is_missing_fails_a_batch_or_is_left_out(desk: Desk) -> None:
    number = desk.make()["id"]
    ids = [10**6, number]

    def read(**more: Any) -> Any:
        return desk.ask("POST", "wit/workitemsbatch", json={"ids": ids, **more})

    assert message(read()).startswith("404 TF401232: Work item 1000000 does not exist")
    assert [one and one["id"] for one in read(errorPolicy="omit").json()["value"]] == [None, number]
    left_out = read(errorPolicy="Omit", fields=["System.Title"]).json()
    assert [one["id"] for one in left_out["value"]] == [number]


def test_fields_and_expansion_exclude_each_other(desk: Desk) -> None:
    number = desk.make()["id"]
    both = {"ids": [number], "fields": ["System.Title"], "$expand": "relations"}
    refused = desk.ask("POST", "wit/workitemsbatch", json=both)
    assert message(refused) == "400 The expand parameter can not be used with the fields parameter."
    assert desk.ask("POST", "wit/workitemsbatch", json={**both, "$expand": "links"}).status_code == 200
    unknown = desk.ask("GET", f"wit/workitems?ids={number}", params={"fields": "Custom.Nothing"})
    assert message(unknown) == "400 TF51535: Cannot find field Custom.Nothing."


def test_expanding_all_adds_what_a_save_does_not_tell(desk: Desk) -> None:
    made = desk.make()
    more = set(desk.item(made["id"])["fields"]) - set(made["fields"])
    assert {"System.Id", "System.Rev", "System.Watermark", "System.AuthorizedDate", "System.RevisedDate"} <= more
    assert "System.PersonId" in more
    assert desk.item(made["id"])["fields"]["System.RevisedDate"] == "9999-01-01T00:00:00Z"


def test_a_board_keeps_its_column_in_fields_of_its_own(desk: Desk) -> None:
    bug, task = desk.make()["fields"], desk.make(type="Task")["fields"]
    columns = [name for name in bug if name.startswith("WEF_")]
    assert [bug[name] for name in columns] == ["New", False]
    assert (bug["System.BoardColumn"], "System.BoardColumn" in task) == ("New", False)


def test_the_past_is_read_as_it_was(desk: Desk) -> None:
    made = desk.make(title="before")
    desk.control.advance(10, NAME)
    desk.set(made["id"], {"System.Title": "after"})
    path = f"wit/workItems/{made['id']}"
    assert desk.read(path, asOf=made["fields"]["System.ChangedDate"])["fields"]["System.Title"] == "before"
    assert desk.ask("GET", path, params={"asOf": "2001-01-01"}).status_code == 404


def test_times_lose_their_trailing_zeros(desk: Desk) -> None:
    desk.control.begin_second(NAME)
    at = desk.make()["fields"]["System.CreatedDate"]
    assert not at.rstrip("Z").endswith("0") or "." not in at


# ---- the feeds


def test_the_feed_goes_on_from_a_token_even_behind_its_last_page(desk: Desk) -> None:
    numbers = [desk.make(title=f"fed {place}")["id"] for place in range(3)]
    desk.set(numbers[0], {"System.Title": "fed again"})
    seen: list[tuple[int, int]] = []
    page = desk.read("wit/reporting/workItemRevisions", _maxPageSize=2)
    while True:
        seen += [(one["id"], one["rev"]) for one in page["values"]]
        if page["isLastBatch"]:
            break
        page = desk.read("wit/reporting/workItemRevisions", _maxPageSize=2, continuationToken=page["continuationToken"])
    assert [pair for pair in seen if pair[0] in numbers] == [*((one, 1) for one in numbers), (numbers[0], 2)]
    assert page["continuationToken"] in page["nextLink"]
    assert desk.read("wit/reporting/workItemRevisions", continuationToken=page["continuationToken"])["values"] == []
    added = desk.make()["id"]
    later = desk.read("wit/reporting/workItemRevisions", continuationToken=page["continuationToken"])["values"]
    assert [one["id"] for one in later] == [added]


def test_the_feed_names_people_by_text_and_long_texts_on_request(desk: Desk) -> None:
    number = desk.make(type="Feature", fields={"System.Description": "<p>long</p>"})["id"]

    def read(**query: Any) -> dict[str, Any]:
        found = desk.read("wit/reporting/workItemRevisions", includeLatestOnly="true", **query)["values"]
        return next(one["fields"] for one in found if one["id"] == number)

    assert read()["System.CreatedBy"] == "David Global <david@global.example>"
    assert read(includeIdentityRef="true")["System.CreatedBy"]["uniqueName"] == "David Global <david@global.example>"
    assert "System.Description" not in read()
    assert read(_expand="fields")["System.Description"] == "<p>long</p>"
    assert read(fields="System.Title") == {"System.Title": "Help"}


def test_the_feed_tells_of_deleted_ones_on_request(desk: Desk) -> None:
    start = desk.read("wit/reporting/workItemRevisions", includeLatestOnly="true")["continuationToken"]
    number = desk.make()["id"]
    assert desk.ask("DELETE", f"wit/workItems/{number}").status_code == 200

    def read(**query: Any) -> list[Any]:
        return list(desk.read("wit/reporting/workItemRevisions", continuationToken=start, **query)["values"])

    assert read() == []
    assert [(one["rev"], one["fields"]["System.IsDeleted"]) for one in read(includeDeleted="true")] == [
        (1, False),
        (2, True),
    ]


def test_the_feed_can_hold_discussions_alone(desk: Desk) -> None:
    start = desk.read("wit/reporting/workItemRevisions", includeLatestOnly="true")["continuationToken"]
    number = desk.make()["id"]
    said = desk.say(number, "to be heard")
    (only,) = desk.read(
        "wit/reporting/workItemRevisions", continuationToken=start, includeDiscussionChangesOnly="true"
    )["values"]
    assert (only["rev"], only["commentVersionRef"]["commentId"]) == (2, said["id"])
    path = "wit/reporting/workItemRevisions/discussions"
    (told,) = desk.read(path, continuationToken=start, **PREVIEW)["values"]
    assert told["commentVersionRef"]["text"] == "to be heard"


def test_the_feed_begins_at_a_time_or_at_a_token(desk: Desk) -> None:
    desk.control.advance(5, NAME)
    number = desk.make()["id"]
    at = desk.item(number)["fields"]["System.ChangedDate"]
    assert [one["id"] for one in desk.read("wit/reporting/workItemRevisions", startDateTime=at)["values"]] == [number]
    both = {"startDateTime": at, "continuationToken": "1;1;1"}
    assert desk.ask("GET", "wit/reporting/workItemRevisions", params=both).status_code == 400


def test_links_have_a_feed_of_their_own(desk: Desk) -> None:
    start = desk.read("wit/reporting/workItemLinks")["continuationToken"]
    one, two = desk.make()["id"], desk.make()["id"]
    desk.link(one, "System.LinkTypes.Related", two)
    found = desk.read("wit/reporting/workItemLinks", continuationToken=start)["values"]
    assert {(value["attributes"]["sourceId"], value["attributes"]["targetId"]) for value in found} == {
        (one, two),
        (two, one),
    }
