# SPDX-License-Identifier: Apache-2.0
"""Reading ServiceNow: its preflight, its lists, what it hides, and what it would pass over in silence."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.servicenow_house import (
    IN_SCOPE,
    READ,
    SECRET,
    TABLE,
    connector,
    history,
    make,
    needs,
    record,
    sent,
)
from support.servicenow import GROUPS, NAME, Desk
from tandem.connectors.base import Condition
from tandem.connectors.servicenow import ServiceNow
from tandem.connectors.servicenow.scope import misread


def problems(servicenow: ServiceNow) -> dict[str, str]:
    """Code and key of each problem: what it says."""
    return {f"{one.code} {one.key}".strip(): one.what for one in servicenow.preflight().problems}


def listed(servicenow: ServiceNow, cursor: str) -> list[str]:
    return [seen.id for page in servicenow.changed_since(cursor) for seen in page.seen]


# ---- preflight


def test_the_dictionary_tells_lengths_choices_and_kinds(servicenow: Desk) -> None:
    told = connector(servicenow, needs(read=READ | {"assignment_group", "due_date", "u_flag"})).preflight()
    fields = told.fields
    assert told.problems == ()
    assert (fields["short_description"].kind, fields["short_description"].max_length) == ("text", 160)
    assert (fields["description"].kind, fields["description"].max_length) == ("lines", 4000)
    assert fields["state"].choices["6"] == "Resolved"
    assert set(fields["assignment_group"].choices.values()) == set(GROUPS["groups"])
    assert [fields[name].kind for name in ("assigned_to", "u_labels", "due_date", "u_flag", "u_cost")] == [
        *("person", "set", "datetime", "choice", "number")
    ]
    assert fields["sys_class_name"].choices == {"incident": "incident"}
    assert told.max_file == 1024 * 1024 * 1024
    assert {edge.way.needs for edge in told.edges if edge.way.to == "6"} == {("close_code", "close_notes")}


def test_a_wrong_log_in_and_a_wrong_address_are_told(servicenow: Desk) -> None:
    assert list(problems(connector(servicenow, word="wrong"))) == ["TDM-220"]


def test_missing_rights_are_told(servicenow: Desk) -> None:
    """Lists are merely empty for those who may not read journals and audit."""
    make(servicenow, comments="there is one")
    servicenow.change(make(servicenow), urgency="1")
    found = problems(connector(servicenow, who="john"))
    assert {key for key in found if key.startswith("TDM-221")} == {"TDM-221 sys_audit", "TDM-221 sys_journal_field"}
    servicenow.control.settings(NAME, unreadable={"tandem": ["contact_type", "correlation_id", "sys_mod_count"]})
    hidden = problems(connector(servicenow))
    assert {f"TDM-222 {name}" for name in ("contact_type", "correlation_id", "sys_mod_count")} <= set(hidden)
    servicenow.control.settings(NAME, closed_tables={"tandem": ["sys_dictionary"]})
    assert "TDM-221" in problems(connector(servicenow))
    servicenow.control.settings(NAME, closed_tables={"tandem": ["sys_user"]})
    [told] = problems(connector(servicenow))
    assert told == "TDM-221 sys_user"  # the log-in is right


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ((Condition("u_labels", contains="shared"),), "TDM-227 sys_class_name"),
        ((Condition("sys_class_name", in_=("incident", "problem")),), "TDM-227 sys_class_name"),
        ((Condition("sys_class_name", is_="incidnt"),), "TDM-224 sys_class_name"),
        ((TABLE,), "TDM-227 scope"),
        ((TABLE, Condition("state", is_="Finished")), "TDM-224 state"),
        ((TABLE, Condition("u_lables", contains="shared")), "TDM-222 u_lables"),
        ((TABLE, Condition("assignment_group", is_="Netwrk")), "TDM-224 assignment_group"),
        ((TABLE, Condition("assigned_to", in_=("john@infinity.example", "nobody@x"))), "TDM-224 assigned_to"),
        ((TABLE, Condition("active", is_="yes")), "TDM-224 active"),
        ((TABLE, Condition("u_cost", is_="a lot")), "TDM-224 u_cost"),
        ((TABLE, Condition("opened_at", is_="yesterday")), "TDM-224 opened_at"),
    ],
)
def test_a_scope_that_cannot_be_meant_is_told(servicenow: Desk, scope: tuple[Condition, ...], key: str) -> None:
    assert key in problems(connector(servicenow, needs(scope=scope)))


@pytest.mark.parametrize(
    "condition",
    [
        Condition("assignment_group", is_="network"),
        Condition("assigned_to", is_="john@infinity.example"),
        Condition("assigned_to", is_="0" * 32),
        Condition("active", is_=True),
        Condition("u_cost", is_=12),
        Condition("opened_at", is_="2026-11-25 10:00:00"),
        Condition("due_date", set_=True),
    ],
)
def test_a_condition_that_servicenow_reads_is_none(servicenow: Desk, condition: Condition) -> None:
    assert problems(connector(servicenow, needs(scope=(TABLE, condition)))) == {}


@pytest.mark.parametrize(
    "query",
    [
        *(
            "stte=6",
            "state=6^NQactive=true",
            "active=true^ORDERBYnumber",
            "state:6",
            "ORstate=6",
            "active=true^garbage",
        ),
        *("assigned_to.nme=John", "asigned_to.name=John", "caller_id.company.nme=x", "short_description.name=x"),
    ],
)
def test_a_query_that_would_be_passed_over_is_told(servicenow: Desk, query: str) -> None:
    assert "TDM-226 query" in problems(connector(servicenow, needs(query=query)))


def test_a_query_that_is_understood_narrows_the_scope(servicenow: Desk) -> None:
    inside, outside = make(servicenow, category="network"), make(servicenow)
    narrowed = connector(
        servicenow,
        needs(query="category=network^ORcategory=database^assigned_to.nameISEMPTY^caller_id.company.nameISEMPTY"),
    )
    assert narrowed.preflight().problems == ()
    assert [record(narrowed, ticket).in_scope for ticket in (inside, outside)] == [True, False]
    assert [seen.id for page in narrowed.in_scope() for seen in page.seen] == [inside]
    assert record(narrowed, outside).scope_reason == "query"


def test_a_query_is_taken_apart_as_servicenow_does() -> None:
    known = ["active", "short_description", "caller_id.name"].__contains__
    assert misread("", known) == []
    assert misread("active=true^short_descriptionLIKEup ^^ down^ORcaller_id.name=x", known) == []
    assert misread("active=true^actve=true^NQactive=false", known) == ["actve=true", "NQactive=false"]


@pytest.mark.parametrize(
    "part",
    [
        "opened_atONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()",
        "opened_atRELATIVEGT@hour@ago@3",
        "opened_at>=javascript:gs.daysAgoStart(30)",
        "opened_atDATEPARTMonday@javascript:gs.datePart('dayofweek','monday','EE')",
        "assigned_toDYNAMIC90d1921e5f510100a9ad2572f2b477fe",
        "impactSAMEASurgency",
        "impactGT_FIELDurgency",
        "descriptionEMPTYSTRING",
    ],
)
def test_what_people_copy_from_a_list_s_filter_is_understood(part: str) -> None:
    known = ["opened_at", "assigned_to", "impact", "description"].__contains__
    assert misread(part, known) == []
    assert misread(f"x{part}", known) == [f"x{part}"]


@pytest.mark.parametrize("part", ["stateVALCHANGES", "stateCHANGESTO6", "stateIS6", "state LIKE 6"])
def test_what_no_query_knows_is_named(part: str) -> None:
    assert misread(f"active=true^{part}", ["active", "state"].__contains__) == [part]


# ---- lists


def test_pages_go_on_by_key_where_many_rows_share_a_second(servicenow: Desk) -> None:
    servicenow.control.begin_second(NAME)
    subject = connector(servicenow, page=3)
    cursor = subject.start(datetime.now(UTC))
    tickets = [make(servicenow) for _ in range(10)]
    for ticket in tickets[:4]:
        servicenow.change(ticket, urgency="1")
    found = listed(subject, cursor)
    assert set(tickets) <= set(found)
    assert {seen.id for page in subject.in_scope() for seen in page.seen} >= set(tickets)
    assert not any("sysparm_offset" in one["query"] for one in sent(servicenow, "GET", "table/incident"))


def test_a_page_that_rights_empty_is_not_the_end(servicenow: Desk) -> None:
    """ServiceNow cuts a page before it looks at rights."""
    servicenow.control.advance(60)
    subject = connector(servicenow, page=2)
    cursor = subject.start(datetime.now(UTC))
    servicenow.control.advance(30)
    numbers = []
    for _ in range(6):
        numbers.append(servicenow.make(u_labels="shared")["number"])
        servicenow.control.advance(1)
    servicenow.control.settings(NAME, hidden={"tandem": numbers[:5]})
    assert listed(subject, cursor) == [servicenow.read("table/incident", query=f"number={numbers[5]}")[0]["sys_id"]]


def test_a_new_file_is_seen_although_it_changes_no_row(servicenow: Desk) -> None:
    ticket = make(servicenow)
    servicenow.control.advance(60)
    subject = connector(servicenow)
    cursor = subject.start(datetime.now(UTC))
    before = record(subject, ticket).version
    servicenow.attach(ticket, "late.txt", b"late")
    *_, page = subject.changed_since(cursor)
    assert [(seen.id, seen.version > before, seen.in_scope) for seen in page.seen] == [(ticket, True, False)]
    assert record(subject, ticket).version == before
    *_, again = subject.changed_since(str(page.cursor))
    assert again.seen == ()
    servicenow.attach(ticket, "another.txt", b"later")
    *_, more = subject.changed_since(str(again.cursor))
    assert [seen.id for seen in more.seen] == [ticket]
    assert {file.name for file in history(subject, ticket).files} == {"late.txt", "another.txt"}


def test_nothing_new_costs_two_requests(servicenow: Desk) -> None:
    servicenow.control.advance(600)
    cursor = connector(servicenow).start(datetime.now(UTC))
    servicenow.control.clear_requests()
    assert listed(connector(servicenow), cursor) == []
    assert len(servicenow.control.requests(NAME)) == 2


def test_many_tickets_are_read_in_few_requests(servicenow: Desk) -> None:
    """By query: rows, audit, journal, files, and people; the dictionary and its choices once an object."""
    tickets = [make(servicenow, comments="hello") for _ in range(40)]
    subject = connector(servicenow)
    servicenow.control.clear_requests()
    records = subject.fetch(tickets, ahead=True)
    told = subject.history([one.id for one in records])
    assert [len(told[ticket].comments) for ticket in tickets] == [1] * 40
    assert len(servicenow.control.requests(NAME)) <= 9


def test_a_thousand_changed_tickets_cost_forty_requests_at_most(servicenow: Desk) -> None:
    """Each with changes and comments by people; read in the pieces that the engine reads."""
    servicenow.control.advance(600)
    cursor = connector(servicenow).start(datetime.now(UTC))
    body = {"short_description": "many", "u_labels": "shared"}
    act = servicenow.control.act
    made = act(NAME, "john", [("POST", "/api/now/table/incident?sysparm_fields=sys_id", body)] * 1000)
    rows = [f"/api/now/table/incident/{one['result']['sys_id']}?sysparm_fields=sys_id" for one in made]
    for number in range(3):
        act(NAME, "beth", [("PATCH", row, {"short_description": f"m{number}", "comments": "a word"}) for row in rows])
    servicenow.control.clear_requests()
    subject = connector(servicenow)
    ids = listed(subject, cursor)
    size = subject.capabilities.read_batch
    entries = comments = 0
    for start in range(0, len(ids), size):
        some = subject.fetch(ids[start : start + size], ahead=True)
        told = subject.history([one.id for one in some])
        entries += sum(len(one.entries) for one in told.values())
        comments += sum(len(one.comments) for one in told.values())
    assert (len(ids), entries, comments) == (1000, 3000, 3000)
    assert len(servicenow.control.requests(NAME)) <= 40


# ---- records and histories


def test_a_ticket_is_found_by_its_number_too(servicenow: Desk) -> None:
    made = servicenow.make(u_labels="shared")
    subject = connector(servicenow)
    assert [one.id for one in subject.fetch([made["number"], "no^such"])] == [made["sys_id"]]


def test_values_come_in_their_one_flat_form(servicenow: Desk) -> None:
    beth = servicenow.user_id("beth")
    ticket = make(servicenow, due_date="2026-07-01 12:00:00", assigned_to=beth, u_labels="b,shared,a", u_flag="true")
    got = record(connector(servicenow, needs(read=READ | {"due_date", "u_flag", "opened_by"})), ticket)
    assert got.fields["due_date"] == "2026-07-01T12:00:00Z"
    assert got.fields["u_labels"] == ["a", "b", "shared"]
    assert (got.fields["assigned_to"], got.fields["u_flag"], got.fields["contact_type"]) == (beth, "true", None)
    assert got.people[beth].email == "beth@infinity.example"
    assert got.reporter is not None and got.reporter.name == "John Infinity"


def test_a_column_that_is_hidden_is_unknown_and_not_empty(servicenow: Desk) -> None:
    ticket = make(servicenow, contact_type="phone")
    servicenow.control.settings(NAME, unreadable={"tandem": ["contact_type"]})
    assert "contact_type" not in record(connector(servicenow), ticket).fields
    servicenow.control.settings(NAME, unreadable={"tandem": ["u_labels"]})
    assert not record(connector(servicenow), ticket).in_scope


def test_conditions_name_groups_and_labels_of_choices(servicenow: Desk) -> None:
    (group,) = servicenow.read("table/sys_user_group", query="name=Network")
    scope = (TABLE, Condition("assignment_group", is_="network"), Condition("state", in_=("New", "In Progress")))
    subject = connector(servicenow, needs(scope=scope))
    inside, other = make(servicenow, assignment_group=group["sys_id"]), make(servicenow)
    assert [record(subject, ticket).in_scope for ticket in (inside, other)] == [True, False]
    assert inside in [seen.id for page in subject.in_scope() for seen in page.seen]
    servicenow.change(inside, state="3", hold_reason="1")
    assert record(subject, inside).scope_reason == "state"


def test_authors_are_accounts_though_the_audit_tells_user_names(servicenow: Desk) -> None:
    ticket = make(servicenow)
    servicenow.change(ticket, "beth", urgency="1", comments="said")
    told = history(connector(servicenow, needs(read=READ | {"urgency"})), ticket)
    assert {entry.author.id for entry in told.entries} == {servicenow.user_id("beth")}
    assert told.comments[0].author.name == "Beth Infinity"


def test_what_a_rule_does_in_the_same_update_stands_in_the_same_write(servicenow: Desk) -> None:
    rule = {"table": "incident", "when": {"contact_type": "phone"}, "set": {"short_description": "By phone"}}
    servicenow.control.settings(NAME, rules=[rule])
    ticket = make(servicenow)
    servicenow.change(ticket, contact_type="phone")
    told = history(connector(servicenow), ticket)
    assert len({entry.write for entry in told.entries}) == 1
    assert {entry.field for entry in told.entries} == {"contact_type", "short_description"}


def test_two_changes_within_a_second_are_two_versions(servicenow: Desk) -> None:
    ticket = make(servicenow)
    servicenow.control.begin_second(NAME)
    subject, versions = connector(servicenow), []
    for urgency in ("1", "2"):
        servicenow.change(ticket, urgency=urgency)
        versions.append(record(subject, ticket).version)
    assert versions[0] < versions[1]


# ---- privacy


def test_only_the_columns_asked_for_are_requested(servicenow: Desk) -> None:
    ticket = make(servicenow, u_secret=SECRET)
    subject = connector(servicenow)
    told = (record(subject, ticket), history(subject, ticket))
    assert SECRET not in repr(told)
    assert not [one for one in servicenow.control.requests(NAME) if "u_secret" in one["query"]]
    reads = [one for one in sent(servicenow, "GET", "/table/") if one["account"] == "tandem@infinity.example"]
    assert all("sysparm_fields" in one["query"] and "sysparm_display_value=false" in one["query"] for one in reads)


def test_a_file_that_a_private_text_names_stays(servicenow: Desk) -> None:
    ticket = make(servicenow)
    for name in ("open.txt", "noted.txt", "described.txt"):
        servicenow.attach(ticket, name, b"x")
    servicenow.change(ticket, work_notes="see noted.txt", close_notes="and described.txt")
    told = history(connector(servicenow, needs(read=READ, write=READ)), ticket)
    assert [file.name for file in told.files] == ["open.txt"]
    assert len(told.withheld) == 2


def test_a_picture_belongs_to_the_comment_that_shows_it(servicenow: Desk) -> None:
    ticket = make(servicenow)
    shown, hidden = (servicenow.attach(ticket, f"{n}.png", b"x")["sys_id"] for n in range(2))
    servicenow.change(ticket, comments=f'[code]<img src="/sys_attachment.do?sys_id={shown}">[/code]')
    servicenow.change(ticket, work_notes=f'[code]<img src="/sys_attachment.do?sys_id={hidden}">[/code]')
    told = history(connector(servicenow), ticket)
    (file,), (comment,) = told.files, told.comments
    assert (file.id, file.referenced, file.comment, comment.files) == (shown, True, comment.id, (shown,))


def test_ids_of_notes_that_may_not_leave_are_told_and_nothing_of_them(servicenow: Desk) -> None:
    ticket = make(servicenow, work_notes=SECRET)
    told = history(connector(servicenow), ticket)
    assert (len(told.hidden), told.comments) == (1, ())
    assert SECRET not in repr(told)


def test_a_scope_without_conditions_on_a_row_keeps_it_out(servicenow: Desk) -> None:
    ticket = make(servicenow)
    elsewhere = connector(servicenow, replace(needs(), scope=(*IN_SCOPE, Condition("no_such_column", set_=False))))
    assert not record(elsewhere, ticket).in_scope
