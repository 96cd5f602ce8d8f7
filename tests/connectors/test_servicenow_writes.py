# SPDX-License-Identifier: Apache-2.0
"""Writing to ServiceNow: marks, batches, what it would cut or drop in silence, and what it computes by itself."""

import json
from base64 import b64decode

import pytest

from connectors.servicenow_house import READ, connector, history, made, make, needs, record, sent
from contract.bench import mark
from support.servicenow import NAME, Desk
from tandem.connectors.base import Draft, Move, Note, Patch, Redaction
from tandem.errors import (
    BudgetError,
    GoneError,
    RefusedError,
    TooLargeError,
    UnavailableError,
    UnknownOutcomeError,
)


def test_a_create_bears_its_mark_in_the_correlation_id(servicenow: Desk) -> None:
    ours = mark()
    ticket = made(connector(servicenow), ours)
    row = servicenow.read(f"table/incident/{ticket}")
    assert (row["correlation_id"], row["correlation_display"]) == (ours, "Tandem")
    assert servicenow.read("table/sys_audit", query=f"documentkey={ticket}") == []


def test_of_two_tickets_with_one_correlation_id_the_older_counts(servicenow: Desk) -> None:
    ours = mark()
    first = made(connector(servicenow), ours)
    servicenow.control.advance(2)
    made(connector(servicenow), ours)
    assert connector(servicenow).find([ours, mark()], {}) == {ours: first}


def test_a_copy_that_somebody_makes_of_our_ticket_is_theirs(servicenow: Desk) -> None:
    subject, ours, write = connector(servicenow), mark(), mark()
    ticket = made(subject, ours)
    subject.update([Patch(ticket, {"contact_type": "phone"}, write)])
    copy = servicenow.copy(ticket, short_description="a copy")
    assert (copy["correlation_id"], copy["correlation_display"].partition("~")[0]) == (ours, write)
    fresh = connector(servicenow)
    assert (record(fresh, ticket).mark, record(fresh, copy["sys_id"]).mark) == (ours, None)
    servicenow.change(ticket, who="tandem", correlation_id="")
    assert fresh.find([ours], {}) == {}


def test_a_person_s_correlation_id_is_no_mark(servicenow: Desk) -> None:
    ticket = make(servicenow, correlation_id="monitoring-17")
    assert record(connector(servicenow), ticket).mark is None


def test_several_writes_go_in_one_call(servicenow: Desk) -> None:
    tickets = [make(servicenow) for _ in range(5)]
    subject = connector(servicenow)
    subject.preflight()
    servicenow.control.clear_requests()
    outcomes = subject.update([Patch(ticket, {"contact_type": "phone"}, mark()) for ticket in tickets])
    assert [outcome.error for outcome in outcomes] == [None] * 5
    assert [one["path"] for one in servicenow.control.requests(NAME)] == ["/api/now/v1/batch"]


def test_what_a_batch_did_not_come_to_is_sent_again_and_only_that(servicenow: Desk) -> None:
    servicenow.control.settings(NAME, batch_calls=2)
    tickets = [make(servicenow) for _ in range(5)]
    outcomes = connector(servicenow).update([Patch(ticket, {"contact_type": "phone"}, mark()) for ticket in tickets])
    assert [(outcome.id, outcome.error) for outcome in outcomes] == [(ticket, None) for ticket in tickets]
    asked = [json.loads(one["body"])["rest_requests"] for one in sent(servicenow, "POST", "batch")]
    assert [len(calls) for calls in asked] == [5, 3, 1]
    assert {servicenow.read(f"table/incident/{ticket}")["sys_mod_count"] for ticket in tickets} == {"1"}


def test_without_a_batch_api_each_goes_alone(servicenow: Desk) -> None:
    servicenow.control.settings(NAME, batch=False)
    tickets = [make(servicenow) for _ in range(3)]
    subject = connector(servicenow)
    for kind in ("phone", "email"):
        outcomes = subject.update([Patch(ticket, {"contact_type": kind}, mark()) for ticket in tickets])
        assert [outcome.error for outcome in outcomes] == [None] * 3
    assert len(sent(servicenow, "POST", "batch")) == 1


def test_a_batch_whose_answer_was_lost_is_unknown_and_all_of_it_is_in_the_history(servicenow: Desk) -> None:
    tickets, marks = [make(servicenow) for _ in range(3)], [mark() for _ in range(3)]
    servicenow.control.fault("cut_after", NAME, path="batch", count=1)
    subject = connector(servicenow)
    patches = [Patch(ticket, {"contact_type": "phone"}, ours) for ticket, ours in zip(tickets, marks, strict=True)]
    with pytest.raises(UnknownOutcomeError):
        subject.update(patches)
    told = subject.history(tickets)
    assert [told[ticket].entries[0].mark for ticket in tickets] == marks


def test_a_refusal_within_a_batch_is_the_item_s_own(servicenow: Desk) -> None:
    ticket = make(servicenow)
    patches = [
        Patch(ticket, {"state": "6"}, mark()),  # the data policy asks for a code
        Patch("0" * 32, {"contact_type": "phone"}, mark()),
        Patch(ticket, {"short_description": "x" * 200}, mark()),
        Patch(ticket, {"no_such_column": "x"}, mark()),
        Patch(ticket, {"comments": "not as a field"}, mark()),
        Patch(ticket, {"contact_type": "phone"}, mark()),
    ]
    outcomes = connector(servicenow).update(patches)
    assert [type(outcome.error) for outcome in outcomes] == [
        *(RefusedError, GoneError, TooLargeError, RefusedError, RefusedError, type(None))
    ]
    assert "data policy" in str(outcomes[0].error)


def test_a_rate_limit_within_a_batch_keeps_the_item_back(servicenow: Desk) -> None:
    subject = connector(servicenow)
    tickets = [make(servicenow) for _ in range(3)]
    subject.preflight()
    servicenow.control.advance(3600)
    servicenow.control.settings(NAME, requests_per_hour=2)
    outcomes = subject.update([Patch(ticket, {"contact_type": "phone"}, mark()) for ticket in tickets])
    assert [type(outcome.error) for outcome in outcomes] == [type(None), BudgetError, BudgetError]


def test_a_batch_of_which_nothing_is_done_is_no_endless_loop(servicenow: Desk) -> None:
    tickets = [make(servicenow) for _ in range(2)]
    subject = connector(servicenow)
    subject.preflight()
    servicenow.control.fault("rate_limited", NAME, path="batch", count=1, retry_after="0")
    outcomes = subject.update([Patch(ticket, {"contact_type": "phone"}, mark()) for ticket in tickets])
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert issubclass(UnavailableError, Exception)


@pytest.mark.parametrize(("priority", "impact", "urgency"), [("1", "1", "1"), ("2", "1", "2"), ("4", "2", "3")])
def test_the_priority_is_written_as_the_impact_and_urgency_that_make_it(
    servicenow: Desk, priority: str, impact: str, urgency: str
) -> None:
    ticket = make(servicenow)
    (outcome,) = connector(servicenow).update([Patch(ticket, {"priority": priority}, mark())])
    assert outcome.shown == {"priority": priority}
    row = servicenow.read(f"table/incident/{ticket}")
    assert (row["priority"], row["impact"], row["urgency"]) == (priority, impact, urgency)
    (outcome,) = connector(servicenow).update([Patch(ticket, {"priority": priority, "urgency": "1"}, mark())])
    assert servicenow.read(f"table/incident/{ticket}")["urgency"] == "1"


def test_the_standard_pairs_hold_where_the_lookup_cannot_be_read(servicenow: Desk) -> None:
    servicenow.control.settings(NAME, closed_tables={"tandem": ["dl_u_priority"]})
    (outcome,) = connector(servicenow).create([Draft(mark(), None, {"short_description": "x", "priority": "1"})])
    assert record(connector(servicenow, needs(scope=())), str(outcome.id)).id == outcome.id
    assert servicenow.read(f"table/incident/{outcome.id}" if outcome.error is None else "table/task")["priority"] == "1"


def test_a_resolution_goes_with_its_state(servicenow: Desk) -> None:
    ticket = make(servicenow)
    subject = connector(servicenow)
    (way,) = [way for way in subject.ways([ticket])[ticket] if way.to == "6"]
    assert (way.name, way.needs) == ("Resolved", ("close_code", "close_notes"))
    fields = {"close_code": "Solved (Permanently)", "close_notes": "Done elsewhere"}
    (outcome,) = subject.transition([Move(ticket, way, fields, mark())])
    assert outcome.error is None
    assert record(subject, ticket).fields["state"] == "6"


def test_a_time_is_written_in_utc(servicenow: Desk) -> None:
    ticket = make(servicenow)
    subject = connector(servicenow, needs(read=READ | {"due_date"}))
    (outcome,) = subject.update([Patch(ticket, {"due_date": "2026-07-01T14:00:00+02:00"}, mark())])
    assert servicenow.read(f"table/incident/{ticket}")["due_date"] == "2026-07-01 12:00:00"
    assert outcome.shown == {"due_date": "2026-07-01T12:00:00Z"}


def test_the_same_words_said_twice_are_two_entries(servicenow: Desk) -> None:
    ticket, marks = make(servicenow), [mark(), mark()]
    subject = connector(servicenow)
    ids = [subject.comment([Note(ticket, "Thanks!", True, ours)])[0].id for ours in marks]
    told = history(subject, ticket).comments
    assert len(set(ids)) == 2
    assert ({comment.id for comment in told}, {comment.mark for comment in told}) == (set(ids), set(marks))


def test_what_people_say_in_the_second_of_our_note_is_theirs(servicenow: Desk) -> None:
    servicenow.control.begin_second(NAME)
    ticket, ours = make(servicenow), mark()
    subject = connector(servicenow)
    subject.comment([Note(ticket, "Same", True, ours)])
    servicenow.change(ticket, "beth", comments="Same")
    marks = {comment.author.name: comment.mark for comment in history(subject, ticket).comments}
    assert marks == {"Tandem Infinity": ours, "Beth Infinity": None}


def test_a_journal_that_nobody_may_change_keeps_its_text(servicenow: Desk) -> None:
    servicenow.control.settings(NAME, journal_writers=[])
    ticket = make(servicenow)
    subject = connector(servicenow)
    (note,) = subject.comment([Note(ticket, "a word", True, mark())])
    (outcome,) = subject.redact([Redaction(ticket, str(note.id), "taken back", mark())])
    assert isinstance(outcome.error, RefusedError)
    assert [comment.body for comment in history(subject, ticket).comments] == ["a word"]


def test_a_taken_back_text_is_in_no_table(servicenow: Desk) -> None:
    ticket = make(servicenow)
    subject = connector(servicenow)
    (note,) = subject.comment([Note(ticket, "spoken too soon", True, mark())])
    (outcome,) = subject.redact([Redaction(ticket, str(note.id), "taken back", mark())])
    assert outcome.error is None
    for table in ("sys_journal_field", "sys_audit", "incident"):
        assert "spoken too soon" not in servicenow.ask("GET", f"table/{table}?sysparm_display_value=all").text


def test_a_write_names_no_more_than_it_writes(servicenow: Desk) -> None:
    tickets = [make(servicenow), make(servicenow)]
    connector(servicenow).update([Patch(ticket, {"contact_type": None}, mark()) for ticket in tickets])
    (asked,) = sent(servicenow, "POST", "batch")
    bodies = [json.loads(b64decode(call["body"])) for call in json.loads(asked["body"])["rest_requests"]]
    assert [set(body) for body in bodies] == [{"contact_type", "correlation_display"}] * 2
    assert bodies[0]["contact_type"] == ""


def test_each_write_under_one_mark_is_known(servicenow: Desk) -> None:
    """The audit tells of changes alone, and the parts of a long comment and the steps of a walk have one mark."""
    ticket, subject, ours = make(servicenow), connector(servicenow), f"{'0' * 32}:{'a' * 64}"
    for part in ("first part", "second part", "third part"):
        [outcome] = subject.comment([Note(ticket, part, True, ours)])
        assert outcome.error is None
    write = "1" * 32
    for title in ("older", "newer"):
        subject.update([Patch(ticket, {"short_description": title}, write)])
    told = history(connector(servicenow), ticket)
    assert [(one.body, one.mark) for one in told.comments] == [
        ("first part", ours),
        ("second part", ours),
        ("third part", ours),
    ]
    assert [one.mark for one in told.entries if one.field == "short_description"] == [write, write]
    assert len(servicenow.read(f"table/incident/{ticket}")["correlation_display"]) <= 100
