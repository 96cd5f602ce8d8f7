# SPDX-License-Identifier: Apache-2.0
"""What the simulated Azure DevOps tells: queries, batches, feeds, versions, and who may read at all."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from support.azure_devops import NAME, PATCH, Desk, fields_of, people, running_desk

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


# ---- who asks, and how


@pytest.mark.parametrize("auth", [None, ("", "wrong"), ("david@global.example", "wrong")])
def test_who_is_unknown_gets_a_page_to_sign_in(desk: Desk, auth: Any) -> None:
    def ask(**headers: str) -> requests.Response:
        return requests.get(f"{desk.url}/_apis/projects", auth=auth, headers=headers, timeout=10)

    assert (ask().status_code, ask().headers["Content-Type"]) == (203, "text/html; charset=utf-8")
    assert ask(**{"X-TFS-FedAuthRedirect": "Suppress"}).status_code == 401


def test_an_old_token_is_nobody_s(desk: Desk) -> None:
    assert desk.read("connectionData", "david", **PREVIEW)["authenticatedUser"]["providerDisplayName"] == "David Global"
    desk.control.settings(NAME, expired=["david"])
    assert desk.ask("GET", "projects", "david").status_code == 203


@pytest.mark.parametrize(
    ("version", "path", "said"),
    [
        ("9.0", "wit/workItems/1", "out of range"),
        ("7.2-preview.9", "wit/workItems/1", "out of range"),
        ("7.2", "wit/workItems/1", "under preview"),
        ("7.1", "Shop/_apis/wit/workItems/1/comments", "under preview"),
    ],
)
def test_versions_are_held_to(desk: Desk, version: str, path: str, said: str) -> None:
    answer = desk.ask("GET", path, params={"api-version": version})
    assert (answer.status_code, said in answer.json()["message"]) == (400, True)


def test_a_save_without_a_version_is_refused(desk: Desk) -> None:
    number = desk.make()["id"]
    answer = desk.patch(f"wit/workItems/{number}", fields_of({"System.Title": "x"}), **{"api-version": ""})
    assert message(answer).startswith('400 No api-version was supplied for the "PATCH" request.')
    accepted = {"Content-Type": PATCH, "Accept": "application/json;api-version=5.0"}
    told = desk.ask(
        "PATCH",
        f"wit/workItems/{number}",
        json=fields_of({"System.Title": "x"}),
        headers=accepted,
        params={"api-version": ""},
    )
    assert told.headers["Content-Type"] == "application/json; charset=utf-8; api-version=5.0"


def test_areas_are_hidden_or_closed_to_some(desk: Desk) -> None:
    number = desk.make(fields={"System.AreaPath": "Shop\\Network"})["id"]
    desk.control.settings(NAME, hidden={"david": ["Shop\\Network"]}, read_only={"marco": ["Shop\\Network"]})
    assert message(desk.ask("GET", f"wit/workItems/{number}", "david")).startswith("404 TF401232")
    assert number not in desk.find("[System.Id] > 0", "david")
    assert desk.item(number, "marco")["id"] == number
    refused = desk.patch(f"wit/workItems/{number}", fields_of({"System.Title": "x"}), "marco")
    assert message(refused).startswith("403 TF237111")


def test_guests_only_read(desk: Desk) -> None:
    number = desk.make()["id"]
    assert desk.item(number, "guest")["id"] == number
    assert desk.patch(f"wit/workItems/{number}", fields_of({"System.Title": "x"}), "guest").status_code == 403


def test_a_token_may_be_good_for_reading_alone(desk: Desk) -> None:
    number = desk.make()["id"]
    desk.control.settings(NAME, read_only_tokens=["david"])
    refused = desk.patch(f"wit/workItems/{number}", fields_of({"System.Title": "x"}), "david")
    assert message(refused).startswith("401 TF400813")
    assert number in desk.find("[System.Id] > 0", "david")
    assert desk.ask("POST", "wit/workitemsbatch", "david", json={"ids": [number]}).status_code == 200


def test_a_project_can_be_hidden_whole(desk: Desk) -> None:
    number = desk.make()["id"]
    desk.control.settings(NAME, hidden={"marco": ["Shop"]})
    assert desk.read("projects", "marco")["value"] == []
    assert message(desk.ask("GET", "Shop/_apis/wit/fields", "marco")).startswith("404 TF200016")
    assert message(desk.ask("GET", f"wit/workItems/{number}", "marco")).startswith("404 TF401232")


def test_an_unknown_project_is_told_on_every_method(desk: Desk) -> None:
    for method in ("GET", "POST"):
        answer = desk.ask(method, "Nowhere/_apis/wit/workItems/$Bug", json=[])
        assert message(answer).startswith("404 TF200016: The following project does not exist: Nowhere.")


def test_throttling_first_asks_to_wait_and_then_refuses(desk: Desk) -> None:
    desk.control.settings(NAME, throttle=10)
    answers = [desk.ask("GET", "projects", "root") for _ in range(16)]
    assert [one.status_code for one in answers] == [200] * 15 + [429]
    assert "X-RateLimit-Resource" not in answers[0].headers
    assert ("X-RateLimit-Remaining" in answers[8].headers, "Retry-After" in answers[8].headers) == (True, False)
    assert answers[12].status_code == 200
    assert int(answers[12].headers["Retry-After"]) <= 300
    assert answers[-1].json()["message"].startswith("TF400733")
    desk.control.advance(301, NAME)
    assert desk.ask("GET", "projects", "root").status_code == 200


def test_faults_speak_the_vendor_s_language(desk: Desk) -> None:
    desk.control.fault("rate_limited", NAME, count=1, retry_after="7")
    limited = desk.ask("GET", "projects")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    desk.control.fault("refused", NAME, count=1, text="It is not wanted.", field="System.Title", status=400)
    refused = desk.ask("GET", "projects")
    assert (message(refused), refused.json()["typeKey"]) == ("400 It is not wanted.", "RuleValidationException")
    desk.control.fault("error_before", NAME, count=1)
    assert desk.ask("GET", "projects").json()["message"].startswith("TF400898")


def test_people_act_by_the_hundred(desk: Desk) -> None:
    path = "/global/Shop/_apis/wit/workItems/$Bug?api-version=7.1"
    asked = [("POST", path, fields_of({"System.Title": f"bulk {place}"})) for place in range(250)]
    made = desk.control.act(NAME, "marco", asked)
    assert len({one["id"] for one in made}) == 250
    ids = [one["id"] for one in made]
    read = [desk.ask("POST", "wit/workitemsbatch", json={"ids": some}).json() for some in (ids[:200], ids[200:])]
    titles = [one["fields"]["System.Title"] for page in read for one in page["value"]]
    assert titles == [f"bulk {place}" for place in range(250)]
