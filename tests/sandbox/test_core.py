# SPDX-License-Identifier: Apache-2.0
"""The sandbox's core: start, faults, request log, clocks, settings."""

import socket
import time
from email.utils import parsedate_to_datetime

import pytest
import requests
from pydantic import ValidationError

from sandbox.world import STORY, Tenant, load_world
from support.sandbox import running_sandbox
from support.zendesk import ZendeskDesk


def test_the_storys_world_is_valid_and_names_three_companies() -> None:
    world = load_world(STORY)

    assert [(t.company, t.kind) for t in world.tenants] == [
        ("Mercuri Inc.", "zendesk"),
        ("Infinity Solutions", "jira"),
        ("Infinity Solutions", "servicenow"),
        ("Global Pvt Ltd", "azure_devops"),
    ]
    assert all(tenant.people[tenant.integration].token for tenant in world.tenants)


def test_a_tenant_needs_its_integration_account() -> None:
    with pytest.raises(ValidationError, match="integration account 'tandem' is none of the people of m"):
        Tenant.model_validate({"name": "m", "kind": "zendesk", "company": "M", "people": {}})


def test_a_taken_port_gives_way_to_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        person = {"name": "T", "email": "t@m.example", "password": "t", "role": "admin"}
        tenant = {"name": "m", "kind": "zendesk", "company": "M", "port": port, "people": {"tandem": person}}
        with running_sandbox({"tenants": [tenant]}) as running:
            found = int(running["m"].netloc.split(":")[1])

            assert port < found <= port + 200
            assert f"port {port} is taken: m is at {running['m'].url} instead" in running.said()
            assert "M, Zendesk (m)" in running.said()
            assert "t@m.example / t" in running.said()


def test_a_world_that_does_not_fit_is_refused_with_the_reason() -> None:
    with pytest.raises(AssertionError, match="Extra inputs are not permitted"), running_sandbox({"tenant": []}):
        pass


def test_what_is_asked_is_noted_with_its_account_and_answer(desk: ZendeskDesk) -> None:
    desk.make("anna", "the marker äöü")
    desk.ask("GET", "users/me.json?x=%C3%A4", who=None)

    first, second = desk.control.requests("mercuri-zendesk")

    assert (first["method"], first["path"], first["status"]) == ("POST", "/api/v2/tickets.json", 201)
    assert first["account"] == "anna@mercuri.example"
    assert "the marker" in first["body"]
    assert first["answer_bytes"] > 100
    assert (second["account"], second["query"], second["body"]) == (None, "x=%C3%A4", "")
    assert desk.control.requests("mercuri-zendesk", after=first["number"]) == [second]

    desk.control.clear_requests("mercuri-zendesk")
    assert desk.control.requests() == []


def test_a_fault_strikes_what_it_matches_as_often_as_it_says(desk: ZendeskDesk) -> None:
    number = desk.control.fault(
        "error_before", "mercuri-zendesk", method="GET", path=r"tickets/\d+\?x=1$", skip=1, count=2, status=503
    )
    made = desk.make()["id"]

    statuses = [desk.ask("GET", f"tickets/{made}?x=1").status_code for _ in range(4)]
    other = desk.ask("GET", f"tickets/{made}").status_code

    assert (statuses, other) == ([200, 503, 503, 200], 200)
    assert desk.control.faults()[0] | {"fault": None} == {"id": number, "fault": None, "passed": 1, "struck": 2}
    assert [r["fault"] for r in desk.control.requests()] == [None, None, number, number, None, None]


def test_a_fault_can_be_aimed_by_the_body(desk: ZendeskDesk) -> None:
    desk.control.fault("error_before", body="bad ticket")

    assert desk.ask("POST", "tickets", json={"ticket": {"comment": "a bad ticket"}}).status_code == 500
    assert desk.ask("POST", "tickets", json={"ticket": {"comment": "a good ticket"}}).status_code == 201


def test_an_error_before_does_nothing_and_an_error_after_has_done_it(desk: ZendeskDesk) -> None:
    before = desk.read("tickets/count")["count"]["value"]
    for kind in ("error_before", "error_after"):
        desk.control.fault(kind, count=1, method="POST")
        assert desk.ask("POST", "tickets", json={"ticket": {"comment": kind}}).status_code == 500

    assert desk.read("tickets/count")["count"]["value"] == before + 1


def test_a_cut_answer_breaks_off_after_the_write(desk: ZendeskDesk) -> None:
    before = desk.read("tickets/count")["count"]["value"]
    desk.control.fault("cut_after", count=1, method="POST")

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        desk.make()

    assert desk.read("tickets/count")["count"]["value"] == before + 1


def test_a_cut_answer_without_a_body_never_comes(desk: ZendeskDesk) -> None:
    made = desk.make()["id"]
    desk.control.fault("cut_after", count=1, method="DELETE")

    with pytest.raises(requests.ConnectionError):
        desk.ask("DELETE", f"tickets/{made}")

    assert desk.ask("GET", f"tickets/{made}").status_code == 404


def test_a_tracker_that_is_down_does_nothing_and_comes_back(desk: ZendeskDesk) -> None:
    before = desk.read("tickets/count")["count"]["value"]
    number = desk.control.fault("down", "mercuri-zendesk")

    with pytest.raises(requests.ConnectionError):
        desk.make()
    desk.control.clear_faults(number)

    assert desk.read("tickets/count")["count"]["value"] == before


def test_a_hanging_tracker_answers_nobody_and_others_meanwhile(desk: ZendeskDesk) -> None:
    desk.control.fault("hang", path="users/me", count=1)

    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{desk.place.url}/api/v2/users/me", timeout=0.2)

    assert desk.ask("GET", "users/me").status_code == 200


def test_a_tracker_that_hangs_after_it_has_done_the_work_keeps_it(desk: ZendeskDesk) -> None:
    before = desk.read("tickets/count")["count"]["value"]
    desk.control.fault("hang_after", method="POST", count=1)

    with pytest.raises(requests.ReadTimeout):
        desk.ask("POST", "tickets", json={"ticket": {"comment": "kept"}}, timeout=0.5)

    assert desk.read("tickets/count")["count"]["value"] == before + 1


def test_a_fault_may_strike_one_account_alone(desk: ZendeskDesk) -> None:
    desk.control.fault("error_before", account=desk.place.people["anna"].email)

    assert desk.ask("GET", "users/me", "anna").status_code == 500
    assert desk.ask("GET", "users/me").status_code == 200


def test_a_slow_tracker_answers_after_its_time(desk: ZendeskDesk) -> None:
    desk.control.fault("slow", seconds=0.3, count=1)

    started = time.monotonic()
    assert desk.ask("GET", "users/me").status_code == 200
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("retry_after", ["7", "Wed, 25 Nov 2026 10:05:00 GMT", "soon", None])
def test_rate_limiting_says_when_to_come_back_as_told(desk: ZendeskDesk, retry_after: str | None) -> None:
    desk.control.fault("rate_limited", retry_after=retry_after, count=1)

    answer = desk.ask("GET", "users/me")

    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, retry_after)
    assert answer.json()["error"] == "APIRateLimitExceeded"


def test_the_date_header_and_new_tickets_follow_the_tenants_clock(desk: ZendeskDesk) -> None:
    before = parsedate_to_datetime(desk.ask("GET", "users/me").headers["Date"])
    desk.control.advance(3600, "mercuri-zendesk")
    answer = desk.ask("POST", "tickets", json={"ticket": {"comment": "later"}})

    ahead = parsedate_to_datetime(answer.headers["Date"]) - before
    assert 3600 <= ahead.total_seconds() < 3630
    assert answer.json()["ticket"]["created_at"][:13] != before.strftime("%Y-%m-%dT%H")


def test_settings_that_do_not_fit_are_refused_and_change_nothing(desk: ZendeskDesk) -> None:
    answer = requests.post(
        f"{desk.control.url}/tenants/mercuri-zendesk/settings", json={"export_lag": 3, "search_lags": 1}, timeout=10
    )

    assert answer.status_code == 422
    assert "search_lags" in answer.text
    assert desk.control.settings("mercuri-zendesk")["export_lag"] == 60


def test_control_names_the_tenants_if_asked_for_another(desk: ZendeskDesk) -> None:
    answer = requests.post(f"{desk.control.url}/clock", json={"tenant": "nobody", "advance": 1}, timeout=10)

    assert (answer.status_code, answer.json()["detail"]) == (404, "no tenant 'nobody'; there are: mercuri-zendesk")


def test_an_answer_on_a_kept_connection_is_not_held_back(desk: ZendeskDesk) -> None:
    """Headers and body go out as two packets: with Nagle's algorithm the second waits 40 ms for the first's receipt."""
    took = []
    with requests.Session() as session:
        session.auth = desk.place.integration.basic
        for _ in range(20):
            began = time.perf_counter()
            assert session.get(f"{desk.place.url}/api/v2/users/me.json", timeout=10).ok
            took.append(time.perf_counter() - began)
    assert min(took[1:]) < 0.03
