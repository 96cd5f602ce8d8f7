# SPDX-License-Identifier: Apache-2.0
"""What is peculiar to Request Tracker, seen on a real one."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from contract.bench import SECRET, mark, past, read, upload
from real.rt_house import COMPONENTS, IN_SCOPE, LABELS, ORDER, SEVERITY, Person, connector, needs, person
from real.rt_server import RequestTrackerServer
from real.wire import Wire, wire_to
from tandem.connectors.base import Condition, Draft, Move, Note, Patch
from tandem.connectors.request_tracker import RequestTracker
from tandem.core.plain import to_plain
from tandem.core.values import Json
from tandem.errors import ClosedError, ItemError, RefusedError, TransitionError

CUSTOM = {
    LABELS: ["ein Wort", 'mit "Zeichen", und ü'],
    COMPONENTS: ["cart", "payment"],
    SEVERITY: "high",
    ORDER: "4711 / 12",
    "CF.{Story}": "first line\nsecond line 🧵",
    "CF.{Day}": "2026-03-29",
    "CF.{Moment}": "2026-03-29T01:30:00Z",
    "CF.{City}": "Oslo",
    "CF.{Host}": "10.0.0.1",
}
NAMES = frozenset({"Subject", "Content", "Status", "Owner", "Priority", "Due", *CUSTOM})
WIDE = needs(read=NAMES, write=NAMES, scope=(Condition("Queue", is_="Support"),), statuses=("new", "open", "resolved"))


@pytest.fixture
def nora(request_tracker: RequestTrackerServer) -> Person:
    return person(request_tracker, "nora")


@pytest.fixture
def tracker(request_tracker: RequestTrackerServer) -> RequestTracker:
    return connector(request_tracker.url, WIDE)


@pytest.fixture
def wire(request_tracker: RequestTrackerServer) -> Iterator[Wire]:
    with wire_to(request_tracker.port) as laid:
        yield laid


# ---- values


def test_custom_fields_of_each_kind_are_made_changed_and_emptied(tracker: RequestTracker) -> None:
    (made,) = tracker.create([Draft(mark(), None, {"Queue": "Support", "Subject": "kinds", **CUSTOM})])
    assert made.id is not None
    born = read(tracker, made.id)
    assert {name: born.fields[name] for name in CUSTOM} == CUSTOM
    other = {
        **CUSTOM,
        LABELS: ["anders"],
        COMPONENTS: ["kiosk"],
        SEVERITY: "low",
        "CF.{Moment}": "2026-10-25T00:30:00Z",
        "CF.{Story}": "x" * 70_000,
    }
    for values in (other, dict.fromkeys(CUSTOM)):
        ours = mark()
        (outcome,) = tracker.update([Patch(made.id, values, ours)])
        assert outcome.error is None
        shown = read(tracker, made.id)
        assert {name: shown.fields[name] for name in CUSTOM} == values
        told = {entry.field: entry.after for entry in past(tracker, made.id).entries if entry.mark == ours}
        assert told == {name: value for name, value in values.items() if value != born.fields[name]}
        born = shown


def test_own_fields_are_emptied_in_request_tracker_s_own_way(tracker: RequestTracker, nora: Person) -> None:
    ticket = nora.opens("dates", Due="2026-03-29T01:30:00Z", Owner="olaf", Priority="50")
    record = read(tracker, ticket)
    assert [record.fields[name] for name in ("Due", "Owner", "Priority")] == ["2026-03-29T01:30:00Z", "olaf", "50"]
    assert record.people["olaf"].email == "olaf@nordwind.example"
    (outcome,) = tracker.update([Patch(ticket, {"Due": None, "Owner": None, "Priority": None}, mark())])
    assert outcome.error is None
    record = read(tracker, ticket)
    assert [record.fields[name] for name in ("Due", "Owner", "Priority")] == [None, None, "0"]
    owners = [entry for entry in past(tracker, ticket).entries if entry.field == "Owner"]
    assert [(entry.before, entry.after) for entry in owners] == [("olaf", None)]


def test_all_requestors_are_told_and_none_is_written_over(request_tracker: RequestTrackerServer, nora: Person) -> None:
    wide = replace(
        WIDE, read=NAMES | {"Requestor", "Requestors", "Cc"}, write=NAMES | {"Requestor", "Requestors", "Cc"}
    )
    tracker, first, ours = connector(request_tracker.url, wide), "zoe@customer.example", mark()
    ticket = nora.opens("asked by two", Requestor=[first, "kim@customer.example"])
    record = read(tracker, ticket)
    assert [record.fields[name] for name in ("Requestor", "Requestors", "Cc")] == [first, ["kim", first], None]
    assert record.reporter is not None
    assert (record.reporter.id, record.reporter.name) == (first, f"{first}, Kim Customer")
    assert record.people["kim"].email == "kim@customer.example"
    (refused,) = tracker.update([Patch(ticket, {"Requestor": "ole@customer.example"}, mark())])
    assert isinstance(refused.error, RefusedError)
    assert refused.error.fields == ("Requestor",)
    nora.sets(ticket, Requestor=[first], Cc=["kim@customer.example"])
    (done,) = tracker.update([Patch(ticket, {"Requestors": ["nora", "ole@customer.example"], "Cc": None}, ours)])
    assert done.error is None
    record = read(tracker, ticket)
    assert [record.fields[name] for name in ("Requestors", "Cc")] == [["nora", "ole@customer.example"], None]
    told = [(one.before, one.after, one.mark) for one in past(tracker, ticket).entries if one.field == "Requestors"]
    assert told == [(["kim", first], [first], None), ([first], ["nora", "ole@customer.example"], ours)]


def test_what_is_refused_in_a_sentence_is_an_error_that_names_the_field(tracker: RequestTracker, nora: Person) -> None:
    ticket = nora.opens("refusals")
    for field, value in {"Owner": "reader", SEVERITY: "extreme", "CF.{No such}": "x", "Priority": "very high"}.items():
        (outcome,) = tracker.update([Patch(ticket, {field: value}, mark())])
        assert isinstance(outcome.error, RefusedError)
        assert outcome.error.fields == (field,)
    before = nora.sees(ticket)
    assert (before["Owner"]["id"], before["Priority"]) == ("Nobody", "0")
    (outcome,) = tracker.update([Patch(ticket, {"Owner": "reader", "Subject": "taken"}, mark())])
    assert outcome.error is None
    assert outcome.shown == {"Owner": None, "Subject": "taken"}


def test_an_account_that_may_only_read_is_told_so_for_each_write(
    request_tracker: RequestTrackerServer, nora: Person
) -> None:
    reader, ticket = connector(request_tracker.url, needs(), "reader"), nora.opens("read only")
    outcomes = [
        *reader.update([Patch(ticket, {"Subject": "mine"}, mark())]),
        *reader.comment([Note(ticket, "<p>mine</p>", True, mark())]),
        *reader.create([Draft(mark(), None, {"Queue": "Support", "Subject": "mine"})]),
    ]
    assert all(isinstance(one.error, ItemError) for one in outcomes)
    assert nora.sees(ticket)["Subject"] == "read only"


# ---- lifecycles


def test_ways_are_those_with_a_button_and_the_mapped_statuses_beside_them(
    tracker: RequestTracker, nora: Person
) -> None:
    ticket = nora.opens("ways")
    nora.sets(ticket, Status="stalled")
    ways = {way.to: way.sure for way in tracker.ways([ticket])[ticket]}
    assert ways == {"open": True, "new": False, "resolved": False}
    way = next(way for way in tracker.ways([ticket])[ticket] if way.to == "resolved")
    (outcome,) = tracker.transition([Move(ticket, way, {}, mark())])
    assert outcome.error is None
    assert read(tracker, ticket).fields["Status"] == "resolved"


def test_a_lifecycle_of_its_own_refuses_what_it_does_not_lead_to(
    request_tracker: RequestTrackerServer, nora: Person
) -> None:
    tracker = connector(
        request_tracker.url, replace(WIDE, scope=(Condition("Queue", is_="Changes"),), statuses=("requested", "done"))
    )
    ticket = nora.opens("to build", queue="Changes")
    ways = {way.to: way for way in tracker.ways([ticket])[ticket]}
    assert {to: way.sure for to, way in ways.items()} == {"approved": True, "refused": True, "done": False}
    (refused,) = tracker.transition([Move(ticket, ways["done"], {}, mark())])
    assert isinstance(refused.error, TransitionError)
    assert refused.error.reachable == ("approved", "refused")
    (done,) = tracker.transition([Move(ticket, ways["approved"], {}, mark())])
    assert done.error is None


def test_a_reply_opens_a_ticket_and_that_is_nobody_s_decision(tracker: RequestTracker, nora: Person) -> None:
    ticket = nora.opens("replied to")
    (said,) = tracker.comment([Note(ticket, "<p>an answer</p>", True, mark())])
    assert said.error is None
    assert read(tracker, ticket).fields["Status"] == "open"
    (step,) = [entry for entry in past(tracker, ticket).entries if entry.field == "Status"]
    assert (step.before, step.after, step.by_rule, step.mark) == ("new", "open", True, None)
    nora.sets(ticket, Status="resolved")
    tracker.comment([Note(ticket, "<p>an answer</p>", False, mark())])
    assert read(tracker, ticket).fields["Status"] == "resolved"


# ---- merged and deleted


def test_a_merged_ticket_names_its_survivor_and_takes_nothing(tracker: RequestTracker, nora: Person) -> None:
    gone, survivor = nora.opens("one"), nora.opens("other")
    nora.says(gone, SECRET, public=False)
    known = read(tracker, gone).version
    nora.rt.merge_ticket(gone, survivor)
    record = read(tracker, gone)
    assert (record.id, record.final, record.in_scope, dict(record.fields)) == (
        gone,
        f"merged into {survivor}",
        False,
        {},
    )
    assert record.version > known
    (update,) = tracker.update([Patch(gone, {"Subject": "not for it"}, mark())])
    (comment,) = tracker.comment([Note(gone, "<p>not for it</p>", True, mark())])
    assert isinstance(update.error, ClosedError)
    assert isinstance(comment.error, ClosedError)
    assert nora.sees(survivor)["Subject"] == "other"
    told = past(tracker, survivor)
    assert told.comments == ()  # what was said on the one belongs to the one
    assert SECRET not in repr(told)


def test_a_deleted_ticket_says_so_and_is_back_when_it_is_restored(tracker: RequestTracker, nora: Person) -> None:
    ticket = nora.opens("deleted")
    nora.rt.delete_ticket(ticket)
    assert read(tracker, ticket).final == "deleted"
    assert ticket not in {seen.id for page in tracker.in_scope() for seen in page.seen}
    nora.sets(ticket, Status="open")
    record = read(tracker, ticket)
    assert (record.final, record.in_scope, record.fields["Status"]) == (None, True, "open")


# ---- messages


def test_bodies_and_copies_of_mail_are_no_files(tracker: RequestTracker, nora: Person) -> None:
    ticket = nora.opens("mail goes out", "the first", Requestor="kim@customer.example")
    nora.says(ticket, "with a file", files={"a/b:c?.txt": b"\xff\x00 no UTF-8"}, kind="text/plain")
    nora.says(ticket, "", files={"alone.bin": b"1"})
    told = past(tracker, ticket)
    assert [file.name for file in told.files] == ["b:c?.txt", "alone.bin"]
    assert plain(tracker, told.comments[0].body) == "with a file"


def test_plain_text_keeps_its_lines_and_its_signs(tracker: RequestTracker, nora: Person) -> None:
    said = "a <b> & c\n\n  indented\n> quoted 🧵"
    ticket = nora.opens("plain", said)
    nora.says(ticket, said)
    shown = read(tracker, ticket).fields["Content"]
    (comment,) = past(tracker, ticket).comments
    for native in (shown, comment.body):
        assert plain(tracker, native) == said


def test_a_file_of_ours_that_says_it_is_text_arrives_bit_for_bit(tracker: RequestTracker, nora: Person) -> None:
    ticket, content = nora.opens("text"), "größe".encode("latin-1") + b"\r\n"
    stored = tracker.attach(replace(upload(ticket, "notes.txt", content), media_type="text/plain"))
    (outcome,) = tracker.comment([Note(ticket, "<p>here</p>", True, mark(), (str(stored.id),))])
    assert outcome.error is None
    with tracker.download(ticket, outcome.files[0]) as chunks:
        assert b"".join(chunks) == content


def test_an_empty_file_and_one_that_perl_takes_for_nothing(tracker: RequestTracker, nora: Person) -> None:
    ticket = nora.opens("odd files")
    assert isinstance(tracker.attach(upload(ticket, "empty.txt", b"")).error, RefusedError)
    stored = tracker.attach(upload(ticket, "0", b"0"))
    tracker.comment([Note(ticket, "<p>0</p>", True, mark(), (str(stored.id),))])
    (file,) = past(tracker, ticket).files
    assert (file.name, file.size) == ("0_", 1)


# ---- marks


def test_a_mark_that_others_write_is_not_ours(
    request_tracker: RequestTrackerServer, tracker: RequestTracker, nora: Person
) -> None:
    api, forged = f"{request_tracker.url}/REST/2.0", mark()
    said = {"Content": "x", "ContentType": f'text/plain; tandem="{forged}"'}
    made = requests.post(
        f"{api}/ticket", json={"Queue": "Support", "Subject": "forged", **said}, auth=request_tracker.login("nora")
    )
    ticket = made.json()["id"]
    requests.post(f"{api}/ticket/{ticket}/correspond", json=said, auth=request_tracker.login("nora"))
    assert read(tracker, ticket).mark is None
    assert [comment.mark for comment in past(tracker, ticket).comments] == [None]
    assert tracker.find([forged], {}) == {}


def test_what_is_done_by_hand_under_our_account_is_no_write_of_ours(
    request_tracker: RequestTrackerServer, tracker: RequestTracker, nora: Person
) -> None:
    ticket, ours, hand = nora.opens("by hand"), mark(), person(request_tracker, "tandem")
    tracker.update([Patch(ticket, {"Subject": "ours", LABELS: ["a"]}, ours)])
    hand.sets(ticket, Subject="by hand")
    hand.sets(ticket, Priority="10")
    marked = {(entry.field, str(entry.after)): entry.mark for entry in past(tracker, ticket).entries}
    assert marked == {
        ("Subject", "ours"): ours,
        (LABELS, "['a']"): ours,
        ("Subject", "by hand"): None,
        ("Priority", "10"): None,
    }


def test_an_edit_in_the_moment_of_our_write_is_seen_in_the_history(wire: Wire, nora: Person) -> None:
    tracker, ticket = connector(wire.url, WIDE), nora.opens("before")
    record, ours = read(tracker, ticket), mark()
    with wire.interrupted("PUT", "/ticket/", lambda: nora.sets(ticket, Subject="theirs"), which=2):
        (outcome,) = tracker.update([Patch(ticket, {"Subject": "ours"}, ours, record.version)])
    assert outcome.error is None
    steps = [(entry.before, entry.after, entry.mark) for entry in past(tracker, ticket).entries]
    assert steps == [("before", "theirs", None), ("theirs", "ours", ours)]


# ---- listings and scope


def test_mail_that_goes_out_behind_our_write_does_not_make_the_next_one_stale(
    tracker: RequestTracker, nora: Person
) -> None:
    ticket = nora.opens("mail", Requestor="kim@customer.example")
    tracker.comment([Note(ticket, "<p>sends mail</p>", True, mark())])
    version = read(tracker, ticket).version
    (outcome,) = tracker.update([Patch(ticket, {"Subject": "after it"}, mark(), version)])
    assert outcome.error is None


def test_a_query_narrows_the_scope_and_is_tested_on_each_ticket(
    request_tracker: RequestTrackerServer, nora: Person
) -> None:
    high, low = nora.opens("high", Priority="90"), nora.opens("low", Priority="10")
    tracker = connector(request_tracker.url, replace(WIDE, query="Priority > 50"))
    assert tracker.preflight().problems == ()
    assert [(one.id, one.in_scope, one.scope_reason) for one in tracker.fetch([high, low])] == [
        (high, True, ""),
        (low, False, "query"),
    ]
    swept = {seen.id for page in tracker.in_scope() for seen in page.seen}
    assert high in swept
    assert low not in swept
    for query in ("Nonsense = (", "Nonsense = 1", "Priority > 50) OR (Priority > 0", "Subject = 'open"):
        wrong = connector(request_tracker.url, replace(WIDE, query=query)).preflight()
        assert [problem.code for problem in wrong.problems] == ["TDM-226"], query


def test_the_field_of_our_marks_is_nobodys_field(request_tracker: RequestTrackerServer) -> None:
    for own in (replace(WIDE, read=WIDE.read | {"CF.{Tandem}"}), replace(WIDE, write=WIDE.write | {"CF.{Tandem}"})):
        told = connector(request_tracker.url, own).preflight().problems
        assert [(problem.code, problem.key) for problem in told] == [("TDM-223", "CF.{Tandem}")]


def test_of_tickets_that_nothing_happened_on_a_listing_soon_says_nothing(
    request_tracker: RequestTrackerServer, nora: Person
) -> None:
    """The newest minute is listed again, for what was committed late; then it is not."""
    ticket = nora.opens("seen", CustomFields={"Labels": "shared"})
    now = [time.time()]
    tracker = connector(request_tracker.url, needs(scope=IN_SCOPE), clock=lambda: now[0])
    cursor = tracker.start(datetime.fromtimestamp(now[0], UTC))
    for minutes, listed in ((0, True), (2, True), (4, False)):
        now[0] = time.time() + 60 * minutes
        seen: list[str] = []
        for page in tracker.changed_since(cursor):
            seen += [one.id for one in page.seen]
            cursor = page.cursor or cursor
        assert (ticket in seen) == listed


# ---- logging in


def test_an_auth_token_stands_in_the_place_of_the_password(request_tracker: RequestTrackerServer, nora: Person) -> None:
    """The token alone says whose it is; what it writes is known again as our own work."""
    account = person(request_tracker, "tandem").rt.get_user("tandem")
    token = request_tracker.token(str(account["id"]))
    tracker, ticket, ours = connector(request_tracker.url, WIDE, "whoever", password=token), nora.opens("token"), mark()
    told = tracker.preflight()
    assert (told.account.id, told.problems) == ("tandem", ())
    (changed,) = tracker.update([Patch(ticket, {"Subject": "changed"}, ours)])
    stored = tracker.attach(upload(ticket, "a.bin", b"\x00\xff"))
    (said,) = tracker.comment([Note(ticket, "<p>said</p>", True, ours, (str(stored.id),))])
    assert (changed.error, said.error) == (None, None)
    happened = past(tracker, ticket)
    assert [entry.mark for entry in happened.entries if entry.field == "Subject"] == [ours]
    assert [comment.mark for comment in happened.comments] == [ours]
    with tracker.download(ticket, said.files[0]) as chunks:
        assert b"".join(chunks) == b"\x00\xff"


def test_an_auth_token_that_was_revoked_is_told(request_tracker: RequestTrackerServer, nora: Person) -> None:
    token = request_tracker.token(str(nora.rt.get_user("nora")["id"]))
    (problem,) = connector(request_tracker.url, needs(), password=token).preflight().problems
    assert problem.code == "TDM-220"
    assert "auth token" in problem.fix
    assert token not in repr(problem)


# ---- preflight


def test_preflight_tells_all_that_is_wrong_at_once(request_tracker: RequestTrackerServer) -> None:
    scope = (Condition("Queue", in_=("Support", "Nowhere")), Condition("CF.{Gone}", is_="x"))
    found = connector(
        request_tracker.url, needs(read=frozenset({"Subject", "Nope"}), write=frozenset({"Created"}), scope=scope)
    ).preflight()
    assert sorted({problem.code for problem in found.problems}) == ["TDM-222", "TDM-223", "TDM-224"]
    assert set(found.fields["Queue"].choices.values()) == {"Support", "Changes"}
    assert dict(found.fields[SEVERITY].choices) == {}  # not asked for


def test_preflight_knows_a_wrong_log_in_and_an_account_without_rights(
    request_tracker: RequestTrackerServer,
) -> None:
    for who, code in {"nobody-here": "TDM-220", "kim": "TDM-221"}.items():
        (problem,) = connector(request_tracker.url, needs(), who).preflight().problems
        assert problem.code == code


def test_preflight_asks_for_the_field_that_names_our_writes(request_tracker: RequestTrackerServer) -> None:
    """Whoever may not see it cannot write by it either."""
    found = connector(request_tracker.url, needs(), "reader").preflight()
    assert "TDM-221" in {problem.code for problem in found.problems}


def plain(tracker: RequestTracker, native: Json) -> str:
    return to_plain(tracker.markup.parse(native).doc)
