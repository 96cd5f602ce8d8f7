# SPDX-License-Identifier: Apache-2.0
"""Who asks the simulated Azure DevOps, in which version, how often, and what they may see and do."""

from collections.abc import Iterator
from typing import Any

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
