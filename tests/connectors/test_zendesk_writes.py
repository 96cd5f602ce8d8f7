# SPDX-License-Identifier: Apache-2.0
"""What the connector writes to a Zendesk, and what becomes of it."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from connectors.zendesk_house import (
    ORDER_FIELD,
    SECRET,
    TENANT,
    history,
    made,
    needs,
    record,
    say,
    sent,
)
from support.scripted import Answer, Server
from tandem.connectors.base import Draft, Move, Note, Patch, Redaction, Upload, Way
from tandem.connectors.zendesk import Zendesk
from tandem.errors import (
    BudgetError,
    ClosedError,
    GoneError,
    PrivacyError,
    RefusedError,
    StaleError,
    UnknownOutcomeError,
)
from tandem.http import Http

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
    assert isinstance(over.error, BudgetError)
    assert 0 < over.error.retry_after <= 601
    assert fine.error is None


@pytest.mark.parametrize("kind", ["cut_after", "error_after"])
def test_a_lost_answer_to_a_create_is_looked_up_and_not_repeated(desk, zendesk, kind):
    desk.control.fault(kind, TENANT, method="POST", path="/tickets", count=1)
    mark = f"mark-{kind}"
    draft = Draft(mark, None, {"subject": "Lost", "description": "<p>x</p>", "tags": ["shared"]})
    assert isinstance(zendesk.create([draft])[0].error, UnknownOutcomeError)
    number = zendesk.find([mark], {})[mark]
    assert record(zendesk, number).fields["subject"] == "Lost"
    assert len(sent(desk, "POST", "/tickets")) == 1
    assert len(desk.read("tickets", external_id=mark)["tickets"]) == 1


@pytest.mark.parametrize("kind", ["cut_after", "error_after"])
def test_a_lost_answer_to_a_comment_leaves_its_mark(desk, zendesk, kind):
    number = made(zendesk, f"mark-l-{kind}")
    desk.control.fault(kind, TENANT, method="PUT", path="/tickets", count=1)
    (lost,) = zendesk.comment([Note(number, "<p>Once</p>", True, f"mark-c-{kind}")])
    assert isinstance(lost.error, UnknownOutcomeError)
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


def test_a_field_that_zendesk_would_pass_over_is_refused(desk, zendesk):
    number = made(zendesk, "mark-unknown")
    (outcome,) = zendesk.update([Patch(number, {"colour": "red"}, "mark-unknown-2")])
    assert isinstance(outcome.error, RefusedError)
    assert outcome.error.fields == ("colour",)


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


@pytest.mark.parametrize("status", ["open", "closed"])
def test_a_comment_is_taken_back_whether_its_ticket_is_open_or_closed(desk, zendesk, status):
    number = made(zendesk, f"mark-back-{status}", status="open")
    stored = [zendesk.attach(_upload(number, content)) for content in (b"one", b"two")]
    (said,) = zendesk.comment([Note(number, "<p>Here <b>it</b> is</p>", True, "mark-back", (stored[0].id,))])
    (other,) = zendesk.comment([Note(number, "<p>And this</p>", True, "mark-stays", (stored[1].id,))])
    desk.change(int(number), status=status)
    for _ in range(2):  # again, as after a lost answer
        (outcome,) = zendesk.redact([Redaction(number, said.id, "<p>taken back</p>", "mark-r", ())])
        assert outcome.error is None
    told = history(zendesk, number)
    shown = {comment.id: comment for comment in told.comments}
    assert "Here" not in shown[said.id].body and not shown[said.id].public
    assert [file.id for file in told.files] == list(other.files)
    assert (told.files_taken_back, set(told.blacked_out)) == (set(said.files), {said.id})
    for _ in range(2):
        (outcome,) = zendesk.redact([Redaction(number, None, None, "mark-f", other.files)])
        assert outcome.error is None
    told = history(zendesk, number)
    assert told.files == () and "And this" in str(told.comments)


def test_a_first_comment_is_blacked_out_and_stays_the_tickets_description(desk, zendesk):
    number = made(zendesk, "mark-first-back")
    first = desk.read(f"tickets/{number}/comments")["comments"][0]
    (outcome,) = zendesk.redact([Redaction(number, str(first["id"]), "<p>taken back</p>", "mark-r", ())])
    assert outcome.error is None
    found = record(zendesk, number)
    assert found.in_scope and "Said" not in str(found.fields["description"])


@pytest.mark.parametrize("where", ["in scope", "out of scope", "closed"])
def test_what_people_take_back_is_told_wherever_the_ticket_is(desk, zendesk, where):
    number = desk.make("anna", tags=["shared"])["id"]
    say(desk, number, SECRET, True, "hidden.txt")
    say(desk, number, SECRET, True, "black.txt")
    _, hidden, black = [one for one in desk.read(f"tickets/{number}/comments")["comments"]]
    change = {"out of scope": {"tags": ["other"]}, "closed": {"status": "closed"}}.get(where)
    if change:
        assert desk.change(number, "anna", **change).ok
    assert desk.ask("PUT", f"tickets/{number}/comments/{hidden['id']}/make_private.json", "anna").ok
    body = {"ticket_id": number, "html_body": f"<p><redact>{SECRET}</redact></p>"}
    body["external_attachment_urls"] = [black["attachments"][0]["content_url"]]
    assert desk.ask("PUT", f"comment_redactions/{black['id']}.json", "anna", json=body).ok
    told = history(zendesk, number)
    assert told.hidden == {str(hidden["id"])}
    assert set(told.blacked_out) == {str(black["id"])}
    assert told.files_taken_back == {str(one["attachments"][0]["id"]) for one in (hidden, black)}
    assert SECRET not in repr(told)
    assert (told.inside, len(told.comments)) == ((where != "out of scope"), 0 if where == "out of scope" else 1)


def test_a_file_that_is_private_by_now_is_not_given_out(desk, zendesk):
    number = desk.make("anna", tags=["shared"])["id"]
    say(desk, number, "look", True, "plan.txt")
    told = history(zendesk, number)
    path = f"tickets/{number}/comments/{told.comments[0].id}/make_private.json"
    assert desk.ask("PUT", path, "anna").ok
    with pytest.raises(GoneError), zendesk.download(str(number), told.files[0].id):
        pass
