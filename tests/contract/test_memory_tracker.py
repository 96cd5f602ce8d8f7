# SPDX-License-Identifier: Apache-2.0
"""What the tracker in memory does beyond the contract: the hooks by which tests of the engine work."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tandem.connectors.base import Condition, Move, Needs, Patch
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Clock, Memory, Tracker
from tandem.errors import RefusedError, StaleError, TransitionError, UnavailableError

FIELDS = frozenset({"summary", "status", "priority", "labels", "assignee", "resolution"})
NEEDS = Needs(FIELDS, FIELDS, (Condition("project", is_="Shop"),))
ZENDESK = frozenset({"subject", "status"})


@pytest.fixture
def tracker():
    return Tracker(JIRA_LIKE)


@pytest.fixture
def sam(tracker):
    return tracker.person("sam", "sam@infinity.example")


@pytest.fixture
def jira(tracker):
    return Memory(tracker, NEEDS)


def _reads(connector, ticket):
    (record,) = connector.fetch([ticket])
    return record


def test_a_house_rule_acts_after_us_and_says_so(tracker, jira, sam):
    ticket = tracker.open_ticket({"summary": "one"}, sam)
    tracker.rules.append(lambda here, id_: here.edit(id_, "priority", "1", here.robot))
    jira.update([Patch(ticket, {"summary": "two"}, "mark")])
    entries = jira.history([ticket])[ticket].entries
    assert [(entry.field, entry.by_rule, entry.mark) for entry in entries] == [
        ("summary", False, "mark"),
        ("priority", True, None),
    ]


def test_an_automation_s_account_is_a_house_rule(tracker, sam):
    ticket = tracker.open_ticket({"summary": "one"}, sam)
    tracker.edit(ticket, "summary", "two", sam)
    told = Memory(tracker, replace(NEEDS, automations=("sam",))).history([ticket])[ticket]
    assert [entry.by_rule for entry in told.entries] == [True]


def test_a_failure_before_the_write_leaves_nothing(tracker, jira, sam):
    ticket = tracker.open_ticket({"summary": "one"}, sam)

    def fail(verb, phase, item):
        if (verb, phase) == ("update", "before"):
            raise UnavailableError("down")

    tracker.fail = fail
    with pytest.raises(UnavailableError):
        jira.update([Patch(ticket, {"summary": "two"}, "mark")])
    assert _reads(jira, ticket).fields["summary"] == "one"


def test_one_item_s_failure_is_its_own(tracker, jira, sam):
    tickets = [tracker.open_ticket({"summary": "one"}, sam) for _ in range(2)]

    def fail(verb, phase, item):
        if verb == "update" and phase == "before" and item.id == tickets[0]:
            raise RefusedError("not this one")

    tracker.fail = fail
    outcomes = jira.update([Patch(ticket, {"summary": "two"}, "mark") for ticket in tickets])
    assert [type(outcome.error) for outcome in outcomes] == [RefusedError, type(None)]


def test_a_person_can_act_in_the_midst_of_our_write(tracker, jira, sam):
    ticket = tracker.open_ticket({"summary": "one"}, sam)

    def meanwhile(verb, phase, item):
        if (verb, phase) == ("update", "before"):
            tracker.edit(ticket, "summary", "person's", sam)

    tracker.fail = meanwhile
    jira.update([Patch(ticket, {"summary": "ours"}, "mark")])
    last = jira.history([ticket])[ticket].entries[-1]
    assert (last.before, last.after, last.mark) == ("person's", "ours", "mark")


def test_the_index_shows_the_past_while_reading_by_id_shows_the_present(tracker, jira, sam):
    ticket = tracker.open_ticket({"summary": "one"}, sam)
    assert list(jira.in_scope()) == []
    tracker.clock.advance(tracker.lag)
    (page,) = jira.in_scope()
    tracker.relocate(ticket, "OPS", sam)
    assert list(jira.in_scope()) == [page]
    record = _reads(jira, ticket)
    assert (record.in_scope, record.scope_reason) == (False, "project")
    assert record.id == ticket
    assert record.key.startswith("OPS-")
    assert record.version > page.seen[0].version


def test_a_change_that_the_index_hid_behind_a_later_one_is_still_listed(tracker, jira, sam):
    tracker.lag = 0
    slow, quick = (tracker.open_ticket({"summary": "one"}, sam) for _ in range(2))
    tracker.late[slow] = 30
    (page,) = jira.changed_since(jira.start(tracker.clock.now))
    assert [seen.id for seen in page.seen] == [quick]
    tracker.clock.advance(30)
    (later,) = jira.changed_since(page.cursor)
    assert [seen.id for seen in later.seen] == [slow, quick]


def test_a_restricted_ticket_is_out_of_scope_unless_a_condition_names_it(tracker, jira, sam):
    ticket = tracker.open_ticket({"summary": "one", "security": "1"}, sam)
    assert _reads(jira, ticket).scope_reason == "restricted"
    named = replace(NEEDS, scope=(Condition("security", in_=("Internal",)),))
    assert _reads(Memory(tracker, named), ticket).in_scope


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition("priority", is_="High"), True),
        (Condition("priority", is_="2"), True),
        (Condition("priority", in_=("Low", "Highest")), False),
        (Condition("labels", contains="kiosk"), True),
        (Condition("labels", contains="kio"), False),
        (Condition("summary", contains="prin"), True),
        (Condition("assignee", set_=True), False),
        (Condition("assignee", set_=False), True),
        (Condition("assignee", is_="None"), False),
        (Condition("no_such_field", set_=False), False),
        (Condition("priority"), False),
    ],
)
def test_conditions_are_judged_on_the_ticket(tracker, sam, condition, holds):
    ticket = tracker.open_ticket({"summary": "no printer", "priority": "2", "labels": ["kiosk"]}, sam)
    assert _reads(Memory(tracker, replace(NEEDS, scope=(condition,))), ticket).in_scope is holds


def test_a_raw_query_is_never_guessed(tracker, sam):
    ticket = tracker.open_ticket({"summary": "one"}, sam)
    connector = Memory(tracker, replace(NEEDS, query="labels = kiosk"))
    assert not _reads(connector, ticket).in_scope
    assert [problem.key for problem in connector.preflight().problems] == ["query"]


def test_a_screen_asks_for_its_fields(tracker, jira, sam):
    ticket = tracker.open_ticket({"summary": "one"}, sam)
    tracker.move(ticket, "2", sam)
    finish = next(way for way in jira.ways([ticket])[ticket] if way.to == "3")
    (bare,) = jira.transition([Move(ticket, finish, {}, "mark")])
    (filled,) = jira.transition([Move(ticket, finish, {"resolution": "1"}, "mark")])
    assert isinstance(bare.error, TransitionError)
    assert sorted(bare.error.reachable) == ["1", "3"]
    assert filled.error is None
    assert _reads(jira, ticket).fields["resolution"] == "1"


def test_status_is_no_field_where_there_is_a_workflow(tracker, jira, sam):
    ticket = tracker.open_ticket({"summary": "one"}, sam)
    (outcome,) = jira.update([Patch(ticket, {"status": "2"}, "mark")])
    assert isinstance(outcome.error, RefusedError)
    assert {edge.way.name for edge in jira.preflight().edges} == {"Begin", "Put back", "Finish", "Reopen"}


def test_people_are_named_by_the_fields_that_are_offered(tracker, jira, sam):
    ticket = tracker.open_ticket({"summary": "one", "assignee": "sam"}, sam)
    assert _reads(jira, ticket).people == {"sam": sam}
    (outcome,) = jira.update([Patch(ticket, {"assignee": "nobody"}, "mark")])
    assert isinstance(outcome.error, RefusedError)
    assert outcome.error.fields == ("assignee",)


def test_a_merged_ticket_is_final_and_a_deleted_one_gone(tracker, jira, sam):
    one, two, three = (tracker.open_ticket({"summary": "one"}, sam) for _ in range(3))
    tracker.merge(one, two)
    tracker.delete(three)
    assert [record.final for record in jira.fetch([one, two, three])] == [f"merged into {two}", None]


def test_the_export_tells_what_was_deleted():
    desk = Tracker(ZENDESK_LIKE)
    sam = desk.person("sam")
    connector = Memory(desk, Needs(ZENDESK, ZENDESK, (Condition("status", set_=True),)))
    ticket = desk.open_ticket({"subject": "one"}, sam)
    desk.delete(ticket)
    desk.clock.advance(desk.lag)
    (page,) = connector.changed_since("0")
    assert [(seen.id, seen.deleted, seen.in_scope) for seen in page.seen] == [(ticket, True, False)]


def test_two_changes_of_one_second_have_one_stamp_and_the_open_one_says_so():
    desk = Tracker(ZENDESK_LIKE, Clock(step=timedelta(milliseconds=10)))
    sam = desk.person("sam")
    connector = Memory(desk, Needs(ZENDESK, ZENDESK, (Condition("status", set_=True),)))
    ticket = desk.open_ticket({"subject": "one"}, sam)
    early = _reads(connector, ticket).version
    desk.edit(ticket, "subject", "two", sam)
    assert early.endswith("?")
    desk.lag = 0
    (listed,) = next(iter(connector.in_scope())).seen
    assert early < listed.version < early.replace("?", "Z")
    assert _reads(connector, ticket).version == early
    (passed,) = connector.update([Patch(ticket, {"subject": "three"}, "mark", early)])
    assert passed.error is None
    desk.clock.advance(1)
    late = _reads(connector, ticket).version
    assert early < late == early.replace("?", "Z")
    desk.edit(ticket, "subject", "four", sam)
    (refused,) = connector.update([Patch(ticket, {"subject": "five"}, "mark", late)])
    assert isinstance(refused.error, StaleError)


def test_the_description_is_set_at_creation_only():
    desk = Tracker(ZENDESK_LIKE)
    ticket = desk.open_ticket({"subject": "one", "description": "<p>text</p>"}, desk.person("sam"))
    with pytest.raises(RefusedError):
        desk.edit(ticket, "description", "<p>other</p>", desk.people["sam"])


def test_what_people_make_private_leaves_no_more():
    desk = Tracker(ZENDESK_LIKE)
    sam = desk.person("sam")
    connector = Memory(desk, Needs(ZENDESK, ZENDESK, (Condition("status", set_=True),)))
    ticket = desk.open_ticket({"subject": "one"}, sam)
    comment = desk.comment(ticket, "<p>text</p>", sam, files=[desk.attach(ticket, "a", b"1", sam)])
    desk.edit_comment(ticket, comment.id, "<p>redacted</p>")
    (shown,) = connector.history([ticket])[ticket].comments
    assert shown.body == "<p>redacted</p>"
    assert shown.edited_at is not None
    desk.make_private(ticket, comment.id)
    told = connector.history([ticket])[ticket]
    assert (told.comments, told.files) == ((), ())
