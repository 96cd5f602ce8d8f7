# SPDX-License-Identifier: Apache-2.0
"""What the connector reads of a Zendesk, and what never leaves it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.zendesk_house import (
    CAUSE,
    ORDER,
    ORDER_FIELD,
    READ,
    SECRET,
    TENANT,
    connector,
    desk_time,
    everything,
    history,
    needs,
    record,
    say,
    sent,
)
from support.scripted import NOW, Answer, Server
from tandem.connectors.base import Condition, History
from tandem.connectors.zendesk import Zendesk
from tandem.connectors.zendesk.audits import WITHHELD
from tandem.connectors.zendesk.scope import Scope
from tandem.connectors.zendesk.shape import stamp, version
from tandem.http import Http

# ---- account and dictionary


def test_preflight_tells_account_clock_and_fields(desk):
    desk.control.advance(90, TENANT)
    told = connector(desk).preflight()
    desk.control.advance(-90, TENANT)
    assert (told.account.name, told.account.email) == ("Tandem", "tandem@mercuri.example")
    assert told.offset > 60
    assert not told.problems
    assert told.remarks == ('admin "Tandem": exports readable',)
    assert set(told.fields["status"].choices) >= {"new", "open", "pending", "solved"}
    assert told.fields[ORDER_FIELD].label == "Order number"
    assert set(told.fields[f"custom_field_{CAUSE}"].choices) == {"cart", "payment"}
    assert "Mercuri Inc." in told.fields["brand_id"].choices.values()


@pytest.mark.parametrize(
    ("who", "word", "changes", "codes"),
    [
        ("tandem", "wrong", {}, ["TDM-220"]),
        ("carla", None, {}, ["TDM-221"]),
        ("tandem", None, {"read": READ | {"colour"}, "statuses": ("open", "asleep")}, ["TDM-222", "TDM-225"]),
        ("tandem", None, {"write": READ | {"submitter_id"}}, ["TDM-223"]),
        ("tandem", None, {"scope": (Condition("brand_id", is_="Acme"),), "query": "vip"}, ["TDM-224", "TDM-226"]),
    ],
)
def test_preflight_names_all_problems_at_once(desk, who, word, changes, codes):
    problems = connector(desk, needs(**changes), who, word).preflight().problems
    assert [problem.code for problem in problems] == codes
    assert all(problem.fix for problem in problems)


@pytest.mark.parametrize(("part", "codes"), [("groups", ["TDM-221"]), (None, [])])
def test_an_agent_who_sees_a_part_of_the_tickets_alone_is_told(desk, part, codes):
    email = desk.place.people["anna"].email
    before = desk.control.settings(TENANT)["restricted"]
    desk.control.settings(TENANT, restricted={email: part} if part else {})
    told = connector(desk, who="anna").preflight().problems
    desk.control.settings(TENANT, restricted=before)
    assert [(one.code, one.warning) for one in told] == [(code, True) for code in codes]
    assert all(part in one.what for one in told)


def test_preflight_says_what_an_agent_costs(desk):
    told = connector(desk, who="anna").preflight()
    assert not told.problems
    assert "by search" in told.remarks[0]


# ---- listings


@pytest.mark.parametrize("who", ["tandem", "anna"])
def test_what_changes_after_the_start_is_seen(desk, who):
    zendesk = connector(desk, who=who)
    cursor = zendesk.start(datetime.now(UTC))
    ours = desk.make("anna", tags=["shared"])["id"]
    other = desk.make("anna")["id"]
    desk.control.advance(3, TENANT)
    pages = list(zendesk.changed_since(cursor))
    seen = everything(pages)
    assert (seen[str(ours)].in_scope, seen[str(other)].in_scope) == (True, False)
    desk.change(other, "anna", tags=["shared"])
    desk.control.advance(3, TENANT)
    assert everything(zendesk.changed_since(pages[-1].cursor))[str(other)].in_scope


@pytest.mark.parametrize("ahead", [-300, 0, 300])
def test_a_clock_of_ours_that_is_wrong_hides_nothing(desk, ahead):
    """Zendesk refuses an export that starts within its last minute, and knows only its own clock."""
    desk.control.settings(TENANT, export_lag=60)
    ours = desk_time(desk) + timedelta(seconds=ahead)

    def fresh() -> Zendesk:
        return connector(desk, clock=lambda: ours.timestamp())

    cursor = fresh().start(ours)
    number = desk.make("anna", tags=["shared"])["id"]
    list(fresh().changed_since(cursor))
    desk.control.advance(400, TENANT)
    ours += timedelta(seconds=400)
    assert everything(fresh().changed_since(cursor))[str(number)].in_scope


def test_a_run_with_nothing_new_asks_once(desk):
    zendesk = connector(desk)
    desk.control.advance(3, TENANT)
    pages = list(zendesk.changed_since(zendesk.start(datetime.now(UTC))))
    desk.control.clear_requests()
    assert everything(zendesk.changed_since(pages[-1].cursor)) == {}
    assert len(desk.control.requests(TENANT)) == 1


def test_reading_goes_on_when_the_right_to_export_is_taken_away(desk):
    zendesk = connector(desk)
    desk.control.advance(3, TENANT)
    pages = list(zendesk.changed_since(zendesk.start(datetime.now(UTC))))
    number = desk.make("anna", tags=["shared"])["id"]
    assert everything(connector(desk, who="anna").changed_since(pages[-1].cursor))[str(number)].in_scope


def test_a_deleted_ticket_is_told_by_zendesks_own_word(desk, zendesk):
    cursor = zendesk.start(datetime.now(UTC))
    number = str(desk.make("anna", tags=["shared"])["id"])
    desk.ask("DELETE", f"tickets/{number}.json")
    desk.control.advance(3, TENANT)
    seen = everything(zendesk.changed_since(cursor))[number]
    assert (seen.deleted, seen.in_scope) == (True, False)


def test_the_scope_is_listed_to_its_end(desk, zendesk):
    body = {"tickets": [{"subject": "Many", "comment": {"body": "x"}, "tags": ["shared"]}] * 100}
    for _ in range(2):
        desk.finished(desk.ask("POST", "tickets/create_many.json", json=body))
    outside = desk.make("anna")["id"]
    listed = everything(zendesk.in_scope())
    assert len(listed) >= 200
    assert str(outside) not in listed
    assert all(seen.in_scope for seen in listed.values())


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition("status", is_="open"), True),
        (Condition("status", is_="new"), False),
        (Condition("status", in_=("new", "open")), True),
        (Condition("tags", contains="a"), True),
        (Condition("tags", contains="ab"), False),
        (Condition("brand_id", is_="9"), True),
        (Condition(ORDER_FIELD, is_="A-1"), True),
        (Condition(ORDER_FIELD, contains="A-"), True),
        (Condition(ORDER_FIELD, set_=True), True),
        (Condition("assignee_id", set_=False), True),
        (Condition("assignee_id", set_=True), False),
        (Condition("assignee_id", is_=None), False),
        (Condition("no_such_field", is_="x"), False),
        (Condition("checked", is_=True), True),
    ],
)
def test_conditions_hold_or_fail_closed(desk, condition, holds):
    ticket = {"status": "open", "tags": ["a", "b"], "brand_id": 9, "assignee_id": None, "checked": True}
    ticket["custom_fields"] = [{"id": ORDER, "value": "A-1"}]
    scope = Scope(Http(requests.Session(), desk.place.url, tenant=TENANT), needs(scope=(condition,)))
    assert scope.reason(ticket) == ("" if holds else condition.field)


def test_a_brand_may_be_named(desk):
    number = desk.make("anna")["id"]
    by_name = connector(desk, needs(scope=(Condition("brand_id", is_="Mercuri Inc."),)))
    assert record(by_name, number).in_scope
    assert not record(connector(desk, needs(scope=(Condition("brand_id", in_=("Acme", "77")),))), number).in_scope


def test_a_query_that_cannot_be_tested_lets_nothing_out(desk):
    number = desk.make("anna", tags=["shared"])["id"]
    found = record(connector(desk, needs(query="tags:shared")), number)
    assert (found.in_scope, dict(found.fields)) == (False, {})


# ---- records


def test_a_record_has_what_was_asked_for_and_no_more(desk, zendesk):
    number = desk.make(
        "anna",
        text="Hello\nworld",
        subject="Cart",
        tags=["shared", "b", "a"],
        custom_fields=[{"id": ORDER, "value": "A-1"}],
        assignee_id=desk.user_id("anna"),
        type="incident",
    )["id"]
    found = record(zendesk, number)
    assert found.fields.keys() == READ
    assert found.fields["subject"] == "Cart"
    assert found.fields["tags"] == ["a", "b", "shared"]
    assert found.fields[ORDER_FIELD] == "A-1"
    assert found.fields["priority"] is None
    assert "Hello<br>world" in str(found.fields["description"])
    assert found.people[str(found.fields["assignee_id"])].email == "anna@mercuri.example"
    assert found.reporter is not None
    assert found.reporter.name == "Anna"
    assert (found.type, found.final, found.mark) == ("incident", None, None)
    assert found.place in connector(desk).preflight().fields["brand_id"].choices
    assert requests.get(found.url, auth=desk.place.people["anna"].basic, timeout=10).ok
    assert history(zendesk, number).entries == ()  # creation is no change


def test_outside_the_scope_nothing_of_a_ticket_is_seen(desk, zendesk):
    number = desk.make("anna", text=SECRET, subject=SECRET)["id"]
    found = record(zendesk, number)
    assert (found.in_scope, found.scope_reason) == (False, "tags")
    assert SECRET not in repr(found)
    assert (dict(found.fields), found.reporter) == ({}, None)
    assert not sent(desk, "GET", f"/tickets/{number}/")


def test_a_private_first_comment_keeps_the_ticket_or_its_text(desk):
    number = desk.make("anna", tags=["shared"], comment={"body": SECRET, "public": False})["id"]
    skipping = record(connector(desk), number)
    assert (skipping.in_scope, skipping.scope_reason) == (False, "private first comment")
    assert history(connector(desk), number) == History((), (), (), inside=False)
    withholding = connector(desk, needs(private_first="withhold", comments="all"))
    found = record(withholding, number)
    assert (found.in_scope, found.fields["description"]) == (True, WITHHELD)
    assert dict(skipping.fields) == {}
    assert SECRET not in repr((skipping, found, history(withholding, number)))


def test_closed_and_merged_are_told_apart_and_what_is_gone_is_left_out(desk, zendesk):
    closed = desk.make("anna", tags=["shared"])["id"]
    desk.change(closed, "anna", status="closed")
    deleted = desk.make("anna", tags=["shared"])["id"]
    desk.ask("DELETE", f"tickets/{deleted}.json")
    merged, target = desk.make("anna", tags=["shared"])["id"], desk.make("anna", tags=["shared"])["id"]
    desk.finished(desk.ask("POST", f"tickets/{target}/merge.json", "anna", json={"ids": [merged]}))
    found = {one.id: one.final for one in zendesk.fetch([str(n) for n in (closed, deleted, merged, target, 999_999)])}
    assert found.pop(str(merged)).startswith("merged")
    assert found == {str(closed): "closed", str(deleted): "deleted", str(target): None}


def test_a_ticket_is_deleted_by_the_list_of_the_deleted_only():
    server = Server()
    listed = {"id": 7, "subject": SECRET, "deleted_at": "2026-11-25T10:00:00Z"}
    server.script = [
        Answer(body=b'{"tickets": []}'),
        Answer(body=json.dumps({"deleted_tickets": [{**listed, "id": 6}], "next_page": "more"}).encode()),
        Answer(body=json.dumps({"deleted_tickets": [listed], "next_page": None}).encode()),
    ]
    try:
        zendesk = Zendesk(Http(requests.Session(), server.url, tenant="deleted"), needs())
        (found,) = zendesk.fetch(["7", "8"])
    finally:
        server.close()
    assert (found.id, found.final, found.in_scope) == ("7", "deleted", False)
    assert SECRET not in repr(found)


def test_a_redaction_is_an_edit(desk, zendesk):
    number = desk.make("anna", tags=["shared"])["id"]
    say(desk, number, SECRET, True)
    (before,) = history(zendesk, number).comments
    path = f"tickets/{number}/comments/{before.id}/redact.json"
    assert desk.ask("PUT", path, "anna", json={"text": SECRET}).ok
    (after,) = history(zendesk, number).comments
    assert before.edited_at is None
    assert after.edited_at is not None
    assert SECRET not in repr(after)


@pytest.mark.parametrize(("read_at", "final"), [(0, False), (0.9, False), (1, True), (60, True)])
def test_a_version_is_final_only_after_its_second(read_at, final):
    response = requests.Response()
    response.elapsed = timedelta(0)
    updated = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    read = datetime.fromtimestamp(NOW + read_at, UTC)
    response.headers["Date"] = read.strftime("%a, %d %b %Y %H:%M:%S GMT")
    seen = version(updated, response)
    assert (seen == updated) == final
    assert seen <= updated
    assert stamp(seen) == updated
    later = datetime.fromtimestamp(NOW + 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert seen < version(later, response)


def test_a_listing_that_cannot_know_its_second_over_has_the_ticket_read_again(desk, zendesk):
    """It goes on behind what it named: what was read by id in that second must not pass for what it names."""
    cursor = zendesk.start(datetime.now(UTC))
    desk.control.begin_second(TENANT)
    number = desk.make("anna", tags=["shared"])["id"]
    early = record(zendesk, number)
    assert early.version.endswith("?")
    desk.control.advance(1, TENANT)
    desk.control.fault("slow", TENANT, path="/api/v2/incremental", seconds=1.5)
    late = everything(zendesk.changed_since(cursor))[str(number)]
    assert early.version < late.version < early.version.replace("?", "Z")


def test_a_second_edit_in_the_same_second_is_another_version(desk, zendesk):
    """Laggards too: the state may be read before the second ends and answered after it."""
    desk.control.begin_second(TENANT)
    number = desk.make("anna", tags=["shared"])["id"]
    early = record(zendesk, number)
    assert early.version.endswith("?")
    desk.control.advance(2, TENANT)
    late = record(zendesk, number)
    assert late.updated_at == early.updated_at
    assert early.version < late.version
