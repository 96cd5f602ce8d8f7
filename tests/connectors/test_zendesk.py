# SPDX-License-Identifier: Apache-2.0
"""The Zendesk connector against the simulated Zendesk over HTTP, and against recordings of a real one."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from support.sandbox import RunningSandbox, running_sandbox
from support.scripted import NOW, Answer, Server
from support.zendesk import ZendeskDesk
from tandem.connectors.base import Condition, Draft, Move, Needs, Note, Patch, Upload, Way
from tandem.connectors.zendesk import Zendesk
from tandem.connectors.zendesk.audits import WITHHELD, Audits, history_of
from tandem.connectors.zendesk.scope import Scope
from tandem.connectors.zendesk.shape import moment, stamp, value_of, version
from tandem.errors import (
    ClosedError,
    GoneError,
    PrivacyError,
    RefusedError,
    StaleError,
    UnknownOutcomeError,
)
from tandem.http import Http

RECORDED = Path(os.environ.get("TANDEM_RECORDED", Path(__file__).parents[3] / "shared" / "recorded")) / "zendesk"
TENANT = "mercuri-zendesk"
ORDER = 360001234567
ORDER_FIELD = f"custom_field_{ORDER}"
CAUSE = 360001234568
SECRET = "the cellar key lies under the mat"
READ = frozenset({"subject", "description", "status", "priority", "type", "tags", "assignee_id", ORDER_FIELD})
IN_SCOPE = (Condition("tags", contains="shared"),)


def _person(name: str, role: str) -> dict[str, object]:
    return {"name": name, "email": f"{name.lower()}@mercuri.example", "password": name.lower(), "role": role}


WORLD = {
    "tenants": [
        {
            "name": TENANT,
            "kind": "zendesk",
            "company": "Mercuri Inc.",
            "people": {
                "tandem": _person("Tandem", "admin"),
                "anna": _person("Anna", "agent"),
                "carla": _person("Carla", "end-user"),
            },
            "settings": {
                "export_lag": 0,
                "search_lag": 0,
                "job_delay": 0,
                "ticket_fields": [
                    {"id": ORDER, "title": "Order number"},
                    {
                        "id": CAUSE,
                        "title": "Cause",
                        "type": "tagger",
                        "options": ["cart", "payment"],
                        "required_to_solve": False,
                    },
                ],
                "house_rules": [{"title": "Escalate", "when": {"tags": ["vip"]}, "set": {"priority": "urgent"}}],
            },
        }
    ]
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(WORLD) as running:
        yield running


@pytest.fixture
def desk(sandbox: RunningSandbox) -> Iterator[ZendeskDesk]:
    """Faults, the request log and settings are as at the start; tickets of other tests remain."""
    desk = ZendeskDesk(sandbox[TENANT], sandbox.control)
    before = sandbox.control.settings(TENANT)
    sandbox.control.clear_requests()
    yield desk
    sandbox.control.clear_faults()
    sandbox.control.settings(TENANT, **before)


def needs(**changes: object) -> Needs:
    return Needs(**{"read": READ, "write": READ, "scope": IN_SCOPE, **changes})  # type: ignore[arg-type]


def connector(desk: ZendeskDesk, wants: Needs | None = None, who: str = "tandem", word: str | None = None) -> Zendesk:
    person = desk.place.people[who]
    session = requests.Session()
    session.auth = (person.email, word or person.password)
    return Zendesk(Http(session, desk.place.url, tenant=f"{TENANT}/{who}"), wants or needs())


@pytest.fixture
def zendesk(desk: ZendeskDesk) -> Zendesk:
    return connector(desk)


def record(zendesk: Zendesk, number: object):
    (found,) = zendesk.fetch([str(number)])
    return found


def history(zendesk: Zendesk, number: object):
    return zendesk.history([str(number)])[str(number)]


def made(zendesk: Zendesk, mark: str, **fields: object) -> str:
    given = {"subject": "A copy", "description": "<p>Said elsewhere</p>", "tags": ["shared"], **fields}
    (outcome,) = zendesk.create([Draft(mark, None, given)])
    assert outcome.error is None
    return str(outcome.id)


def everything(pages) -> dict[str, object]:
    return {seen.id: seen for page in pages for seen in page.seen}


def sent(desk: ZendeskDesk, method: str, path: str = "") -> list[dict[str, object]]:
    return [one for one in desk.control.requests(TENANT) if one["method"] == method and path in one["path"]]


# ---- recordings of the real thing

recorded = pytest.mark.skipif(
    not RECORDED.exists() and not os.environ.get("TANDEM_TEST_ALL"), reason="the recordings are not here"
)


def _bodies(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _bodies(item)


def _recorded(kind: str) -> list[dict[str, object]]:
    files = sorted(RECORDED.glob("*.json"))
    found = [body for file in files for body in _bodies(json.loads(file.read_text()))]
    key = {"ticket": "custom_status_id", "audit": "ticket_id"}[kind]
    return (
        [body for body in found if key in body and "events" in body]
        if kind == "audit"
        else [body for body in found if key in body and "subject" in body and "created_at" in body]
    )


@recorded
def test_every_recorded_ticket_is_understood():
    tickets = _recorded("ticket")
    assert len(tickets) > 100
    for ticket in tickets:
        values = {name: value_of(ticket, name) for name in READ | {"requester_id", "due_at", "ticket_form_id"}}
        assert all(value is None or isinstance(value, str | list) for value in values.values())
        assert values["requester_id"] == str(ticket["requester_id"])
        assert (values["priority"], values["due_at"]) == (ticket["priority"], ticket["due_at"])
        assert moment(ticket["updated_at"]).utcoffset() == timedelta(0)


@recorded
def test_every_recorded_audit_is_understood():
    audits = _recorded("audit")
    assert audits
    for audit in audits:
        told = history_of(Audits((audit,)), needs(), {})
        changes = [event for event in audit["events"] if event["type"] == "Change"]
        assert [entry.after for entry in told.entries] == [str(event["value"]) for event in changes]
        assert not told.comments  # a first comment is the description


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
    withholding = connector(desk, needs(private_first="withhold", comments="all"))
    found = record(withholding, number)
    assert (found.in_scope, found.fields["description"]) == (True, WITHHELD)
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
    assert found == {str(closed): "closed", str(target): None}


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
    _say(desk, number, SECRET, True)
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


def test_a_second_edit_in_the_same_second_is_another_version(desk, zendesk):
    """Laggards too: the state may be read before the second ends and answered after it."""
    number = desk.make("anna", tags=["shared"])["id"]
    early = record(zendesk, number)
    assert early.version.endswith("?")
    desk.control.advance(2, TENANT)
    late = record(zendesk, number)
    assert late.updated_at == early.updated_at
    assert early.version < late.version


# ---- history and privacy


def test_changes_are_told_with_author_values_and_order(desk, zendesk):
    number = desk.make("anna", tags=["shared"], priority="low")["id"]
    desk.change(number, "anna", priority="high", status="open", tags=["shared", "x"])
    desk.change(number, "tandem", custom_fields=[{"id": ORDER, "value": "B-2"}], subject="Other")
    entries = history(zendesk, number).entries
    told = {entry.field: (entry.before, entry.after, entry.author.name, entry.by_rule) for entry in entries}
    assert told == {
        "priority": ("low", "high", "Anna", False),
        "status": ("new", "open", "Anna", False),
        "tags": (["shared"], ["shared", "x"], "Anna", False),
        ORDER_FIELD: (None, "B-2", "Tandem", False),
        "subject": ("Help", "Other", "Tandem", False),
    }
    assert len({entry.id for entry in entries}) == len(entries)
    assert [entry.order for entry in entries] == sorted(entry.order for entry in entries)


def test_a_field_that_is_not_offered_has_no_history(desk):
    number = desk.make("anna", tags=["shared"], priority="low")["id"]
    desk.change(number, "anna", priority="high", subject=SECRET)
    only = needs(read=frozenset({"priority"}), write=frozenset())
    told = history(connector(desk, only), number)
    assert [entry.field for entry in told.entries] == ["priority"]
    assert SECRET not in repr(told)


def test_a_rule_of_the_house_is_not_taken_for_us(desk, zendesk):
    number = made(zendesk, "mark-rule")
    (outcome,) = zendesk.update([Patch(number, {"tags": ["shared", "vip"], "priority": "low"}, "mark-vip")])
    told = [(entry.field, entry.after, entry.mark, entry.by_rule) for entry in history(zendesk, number).entries]
    assert ("priority", "low", "mark-vip", False) in told
    assert ("priority", "urgent", None, True) in told
    ids = [entry.id for entry in history(zendesk, number).entries]
    assert len(set(ids)) == len(ids)
    assert all(id_.startswith(f"{outcome.history}:") for id_ in ids)


def test_a_history_of_many_pages_is_read_to_its_end(desk, zendesk):
    number = desk.make("anna", tags=["shared"])["id"]
    with requests.Session() as session:
        session.auth = desk.place.people["anna"].basic
        for turn in range(101):  # a page has a hundred
            body = {"ticket": {"subject": f"Turn {turn}"}}
            session.put(f"{desk.place.url}/api/v2/tickets/{number}.json", json=body, timeout=10).raise_for_status()
    told = history(zendesk, number)
    assert [entry.after for entry in told.entries] == [f"Turn {turn}" for turn in range(101)]
    assert told.whole


def _say(desk: ZendeskDesk, number: object, text: str, public: bool, name: str | None = None) -> None:
    comment = {"body": text, "public": public}
    if name:
        uploaded = desk.ask(
            "POST", "uploads.json", "anna", params={"filename": name}, data=b"content of " + name.encode()
        )
        comment["uploads"] = [uploaded.json()["upload"]["token"]]
    assert desk.change(number, "anna", comment=comment).ok


def test_private_comments_and_their_files_never_leave(desk):
    number = desk.make("anna", text="first", tags=["shared"])["id"]
    _say(desk, number, "for all", True, "plan.txt")
    _say(desk, number, SECRET, False, f"{SECRET}.txt")
    for policy, comments in (("public", 1), ("none", 0)):
        zendesk = connector(desk, needs(comments=policy))
        told = history(zendesk, number)
        assert SECRET not in repr((told, record(zendesk, number), list(zendesk.in_scope())))
        assert len(told.comments) == len(told.files) == comments
    everyone = history(connector(desk, needs(comments="all")), number)
    assert [comment.public for comment in everyone.comments] == [True, False]
    assert len(everyone.files) == 2


def test_a_comment_made_private_later_is_private(desk, zendesk):
    number = desk.make("anna", tags=["shared"])["id"]
    _say(desk, number, SECRET, True, "secret.txt")
    (comment,) = history(zendesk, number).comments
    desk.ask("PUT", f"tickets/{number}/comments/{comment.id}/make_private.json", "anna")
    told = history(zendesk, number)
    assert (told.comments, told.files) == ((), ())


def test_a_privacy_change_counts_though_the_comment_still_says_public():
    first = {"id": 1, "type": "Comment", "public": True, "body": "first"}
    said = {"id": 2, "type": "Comment", "public": True, "body": SECRET}
    change = {"id": 3, "type": "CommentPrivacyChange", "comment_id": 2, "public": False}
    at = {"created_at": "2026-11-25T10:00:00Z", "author_id": 7}
    audits = Audits(tuple({"id": n, "events": [event], **at} for n, event in enumerate((first, said, change), 10)))
    assert SECRET not in repr(history_of(audits, needs(), {}))


@pytest.mark.parametrize("public", [False, None, "true", 1])
def test_what_does_not_say_public_is_private(public):
    first = {"id": 1, "type": "Comment", "public": True, "body": "first"}
    said = {"id": 2, "type": "Comment", "public": public, "body": SECRET}
    audit = {"id": 10, "created_at": "2026-11-25T10:00:00Z", "author_id": 7, "events": [first, said]}
    assert history_of(Audits((audit,)), needs(), {}).comments == ()


def test_the_first_comment_is_the_description_and_its_files_the_tickets(desk, zendesk):
    uploaded = desk.ask("POST", "uploads.json", "anna", params={"filename": "shot.png"}, data=b"pixels").json()[
        "upload"
    ]
    address = uploaded["attachment"]["content_url"]
    html = f'<p>See <img src="{address}"></p>'
    comment = {"html_body": html, "uploads": [uploaded["token"]]}
    number = desk.make("anna", tags=["shared"], comment=comment)["id"]
    found, told = record(zendesk, number), history(zendesk, number)
    assert told.comments == ()
    (file,) = told.files
    assert (file.name, file.size, file.comment, file.referenced) == ("shot.png", 6, None, True)
    # The address would open the file for anyone who has it.
    assert address not in str(found.fields["description"])
    assert f'src="attachment:{file.id}"' in str(found.fields["description"])


# ---- marks


def test_what_we_write_is_known_again_by_its_mark(desk, zendesk):
    number = made(zendesk, "mark-1", priority="high", **{ORDER_FIELD: "A-9"})
    (updated,) = zendesk.update([Patch(number, {"priority": "low"}, "mark-2")])
    (said,) = zendesk.comment([Note(number, "<p>Hello</p>", True, "mark-3")])
    (noted,) = zendesk.comment([Note(number, f"<p>{SECRET}</p>", False, "mark-4")])
    found, told = record(zendesk, number), history(zendesk, number)
    assert (found.mark, found.fields[ORDER_FIELD]) == ("mark-1", "A-9")
    assert [(entry.mark, entry.id) for entry in told.entries] == [("mark-2", f"{updated.history}:priority")]
    assert updated.shown["priority"] == "low"
    # Ours are told whatever their visibility: they must be found again.
    assert [(one.id, one.mark, one.public) for one in told.comments] == [
        (said.id, "mark-3", True),
        (noted.id, "mark-4", False),
    ]


def test_a_create_answers_what_it_shows(desk, zendesk):
    draft = Draft("mark-c", None, {"subject": "New", "description": "<p>Text</p>", "tags": ["shared"]})
    (outcome,) = zendesk.create([draft])
    found = record(zendesk, outcome.id)
    assert outcome.shown["description"] == found.fields["description"]
    assert outcome.shown["subject"] == "New"
    assert found.fields["status"] == "new"


def test_a_create_names_requester_and_brand_and_needs_no_description(desk, zendesk):
    brand = next(iter(zendesk.preflight().fields["brand_id"].choices))
    requester = {"name": "Dora", "email": "dora@customer.example"}
    given = {"subject": "Alone", "description": "<p></p>", "tags": ["shared"], "requester": requester}
    (outcome,) = zendesk.create([Draft("mark-d", brand, given)])
    found = record(zendesk, outcome.id)
    assert (found.place, found.reporter.email) == (brand, "dora@customer.example")
    assert "Alone" in str(found.fields["description"])


def test_find_takes_the_marker_and_not_a_foreign_external_id(desk, zendesk):
    foreign = desk.make("anna", external_id="mark-f", tags=["shared"])["id"]
    ours = made(zendesk, "mark-f")
    assert dict(zendesk.find(["mark-f", "mark-never"], {})) == {"mark-f": ours}
    assert record(zendesk, foreign).mark is None


# ---- writing


def test_emptying_a_field_empties_it(desk, zendesk):
    number = made(zendesk, "mark-e", priority="high", tags=["shared", "x"], **{ORDER_FIELD: "A-9"})
    patch = Patch(number, {"priority": None, ORDER_FIELD: None, "tags": ["shared"]}, "mark-e2")
    (outcome,) = zendesk.update([patch])
    assert outcome.error is None
    found = record(zendesk, number)
    assert (found.fields["priority"], found.fields[ORDER_FIELD], found.fields["tags"]) == (None, None, ["shared"])


def test_a_stale_write_is_refused_and_a_fresh_one_is_not(desk, zendesk):
    number = made(zendesk, "mark-s")
    desk.control.advance(2, TENANT)
    before = record(zendesk, number).version
    desk.change(number, "anna", subject="Anna was here")
    (late,) = zendesk.update([Patch(number, {"subject": "Mine"}, "mark-s2", before)])
    assert isinstance(late.error, StaleError)
    (fresh,) = zendesk.update([Patch(number, {"subject": "Mine"}, "mark-s3", record(zendesk, number).version)])
    assert fresh.error is None
    assert fresh.shown["subject"] == "Mine"


def test_a_status_is_a_field_like_any_other(desk, zendesk):
    number = made(zendesk, "mark-t")
    (outcome,) = zendesk.transition([Move(number, Way("", "", "solved"), {"priority": "low"}, "mark-t2")])
    assert (outcome.shown["status"], outcome.shown["priority"]) == ("solved", "low")
    assert zendesk.ways([number]) == {}


def test_each_refusal_is_its_items_own(desk, zendesk):
    closed, fine = made(zendesk, "mark-r1"), made(zendesk, "mark-r2")
    desk.change(int(closed), "anna", status="closed")
    outcomes = zendesk.update(
        [
            Patch(closed, {"subject": "x"}, "mark-r3"),
            Patch(fine, {"priority": SECRET}, "mark-r4"),
            Patch("999999", {"subject": "x"}, "mark-r5"),
            Patch(fine, {"description": "x"}, "mark-r6"),
            Patch(fine, {"subject": "Through"}, "mark-r7"),
        ]
    )
    assert [type(outcome.error) for outcome in outcomes] == [
        ClosedError,
        RefusedError,
        GoneError,
        RefusedError,
        type(None),
    ]
    assert [getattr(outcome.error, "fields", ()) for outcome in outcomes] == [
        (),
        ("priority",),
        (),
        ("description",),
        (),
    ]
    assert SECRET not in str(outcomes[1].error)
    (said,) = zendesk.comment([Note(closed, "<p>Too late</p>", True, "mark-r8")])
    assert isinstance(said.error, ClosedError)


def test_only_the_ticket_over_its_budget_is_put_off(desk, zendesk):
    busy, other = made(zendesk, "mark-b1"), made(zendesk, "mark-b2")
    desk.control.settings(TENANT, updates_per_ticket=1)
    assert zendesk.update([Patch(busy, {"subject": "One"}, "mark-b3")])[0].error is None
    over, fine = zendesk.update(
        [Patch(busy, {"subject": "Two"}, "mark-b4"), Patch(other, {"subject": "One"}, "mark-b5")]
    )
    assert over.error is not None
    assert over.error.code == "TDM-208"
    assert fine.error is None


@pytest.mark.parametrize("kind", ["cut_after", "error_after"])
def test_a_lost_answer_to_a_create_is_looked_up_and_not_repeated(desk, zendesk, kind):
    desk.control.fault(kind, TENANT, method="POST", path="/tickets", count=1)
    mark = f"mark-{kind}"
    with pytest.raises(UnknownOutcomeError):
        zendesk.create([Draft(mark, None, {"subject": "Lost", "description": "<p>x</p>", "tags": ["shared"]})])
    number = zendesk.find([mark], {})[mark]
    assert record(zendesk, number).fields["subject"] == "Lost"
    assert len(sent(desk, "POST", "/tickets")) == 1
    assert len(desk.read("tickets", external_id=mark)["tickets"]) == 1


@pytest.mark.parametrize("kind", ["cut_after", "error_after"])
def test_a_lost_answer_to_a_comment_leaves_its_mark(desk, zendesk, kind):
    number = made(zendesk, f"mark-l-{kind}")
    desk.control.fault(kind, TENANT, method="PUT", path="/tickets", count=1)
    with pytest.raises(UnknownOutcomeError):
        zendesk.comment([Note(number, "<p>Once</p>", True, f"mark-c-{kind}")])
    assert [comment.mark for comment in history(zendesk, number).comments] == [f"mark-c-{kind}"]


def test_a_history_asked_for_after_a_write_shows_it(desk, zendesk):
    number = made(zendesk, "mark-h")
    record(zendesk, number)
    zendesk.update([Patch(number, {"subject": "Newer"}, "mark-h2")])
    assert [entry.mark for entry in history(zendesk, number).entries] == ["mark-h2"]


# ---- files


def _upload(number: str, content: bytes) -> Upload:
    @contextmanager
    def opened() -> Iterator[list[bytes]]:
        yield [content[start : start + 1000] for start in range(0, len(content), 1000)]

    return Upload(number, "Entwurf für Müller.bin", "application/octet-stream", len(content), opened)


@pytest.mark.parametrize("size", [0, 1, 150_000])
def test_a_file_rides_in_its_comment_and_comes_back_whole(desk, zendesk, size):
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    number = made(zendesk, f"mark-file-{size}")
    stored = zendesk.attach(_upload(number, content))
    (said,) = zendesk.comment([Note(number, "<p>Here</p>", True, f"mark-file-c-{size}", (stored.id,))])
    told = history(zendesk, number)
    (file,) = told.files
    assert said.files == stored.files == (file.id,)
    assert told.comments[0].files == (file.id,)
    assert (file.name, file.size, file.comment, file.mark) == (
        "Entwurf für Müller.bin",
        size,
        said.id,
        f"mark-file-c-{size}",
    )
    desk.control.clear_requests()
    with zendesk.download(number, file.id) as chunks:
        assert hashlib.sha256(b"".join(chunks)).digest() == hashlib.sha256(content).digest()
    # The content lies on another host name, which gets no log-in.
    assert [one["account"] for one in desk.control.requests(TENANT)][-1] is None


def test_a_file_too_large_is_that_items_error(desk, zendesk):
    number = made(zendesk, "mark-large")
    desk.control.settings(TENANT, attachment_limit=10)
    assert zendesk.attach(_upload(number, b"x" * 11)).error.code == "TDM-205"


# ---- visibility written


@pytest.mark.parametrize(("asked", "became"), [(False, True), (True, False)])
def test_a_comment_that_comes_out_otherwise_visible_stops_the_side(asked, became):
    server = Server()
    comment = {"id": 5, "type": "Comment", "public": became, "body": "x", "attachments": []}
    body = {"ticket": {"id": 7, "updated_at": "2026-11-25T10:00:00Z"}, "audit": {"id": 4, "events": [comment]}}
    server.script = [Answer(body=json.dumps(body).encode())]
    try:
        zendesk = Zendesk(Http(requests.Session(), server.url, tenant=f"visible-{asked}"), needs())
        with pytest.raises(PrivacyError):
            zendesk.comment([Note("7", "<p>x</p>", asked, "mark")])
        withdrawn = [seen.path for seen in server.seen[1:]]
        assert withdrawn == (["/api/v2/tickets/7/comments/5/make_private.json"] if became else [])
    finally:
        server.close()
