# SPDX-License-Identifier: Apache-2.0
"""Writing to Azure DevOps: marks, batches, stale revisions, rules, texts in both forms, files by relation."""

import json
from typing import Any

import pytest

from connectors.azure_devops_house import (
    ASSIGNEE,
    IN_SCOPE,
    MARKER,
    PRIORITY,
    READ,
    STATE,
    TAGS,
    TEXT,
    TITLE,
    connector,
    history,
    made,
    make,
    needs,
    record,
    sent,
)
from contract.bench import BYTES, mark, past, upload
from support.azure_devops import NAME, PROJECT, REPRO_STEPS, Desk
from tandem.connectors.base import Draft, Edit, Move, Note, Patch, Redaction, Way
from tandem.core.doc import doc, paragraph
from tandem.core.plain import to_plain
from tandem.errors import (
    GoneError,
    RefusedError,
    StaleError,
    TooLargeError,
    TransitionError,
    UnknownOutcomeError,
)


def way(to: str) -> Way:
    return Way(to, to, to)


def batches(desk: Desk) -> list[dict[str, Any]]:
    return [one for one in desk.control.requests(NAME) if one["path"].endswith("$batch")]


def test_a_new_item_bears_its_mark_and_each_write_its_own_beside_it(azure_devops: Desk) -> None:
    origin, write = mark(), mark()
    subject = connector(azure_devops)
    ticket = made(subject, origin)
    assert azure_devops.item(int(ticket))["fields"][MARKER] == origin
    (outcome,) = subject.update([Patch(ticket, {TITLE: "new"}, write)])
    assert outcome.error is None
    says = azure_devops.item(int(ticket))["fields"][MARKER]
    assert says.startswith(f"{origin} {write}~")
    subject.update([Patch(ticket, {TITLE: "newer"}, write)])  # the next step of a walk has the same mark
    assert azure_devops.item(int(ticket))["fields"][MARKER] != says
    assert [entry.mark for entry in past(connector(azure_devops), ticket).entries if entry.field == TITLE] == [
        write
    ] * 2
    assert record(connector(azure_devops), ticket).mark == origin
    assert connector(azure_devops).find([origin, mark()], {}) == {origin: ticket}


def test_of_two_items_with_one_mark_the_older_counts(azure_devops: Desk) -> None:
    ours = mark()
    subject = connector(azure_devops)
    first = made(subject, ours)
    made(subject, ours)
    assert subject.find([ours], {}) == {ours: first}


def test_a_copy_that_somebody_makes_of_our_item_is_theirs(azure_devops: Desk) -> None:
    subject, ours, later = connector(azure_devops), mark(), mark()
    ticket = made(subject, ours)
    subject.update([Patch(ticket, {TITLE: "ours"}, mark())])
    copy = str(azure_devops.copy(int(ticket), "a copy"))
    assert azure_devops.item(int(copy))["fields"][MARKER].startswith(f"{ours} ")
    fresh = connector(azure_devops)
    assert (record(fresh, ticket).mark, record(fresh, copy).mark) == (ours, None)
    azure_devops.ask("DELETE", f"wit/workItems/{ticket}", "ada")
    assert fresh.find([ours], {}) == {}
    fresh.update([Patch(copy, {TITLE: "a copy of ours"}, later)])
    assert azure_devops.item(int(copy))["fields"][MARKER].startswith(f"- {later}~")
    assert [entry.mark for entry in past(connector(azure_devops), copy).entries if entry.field == TITLE] == [later]


def test_what_people_write_into_our_field_is_no_mark(azure_devops: Desk) -> None:
    ticket, ours = make(azure_devops), mark()
    azure_devops.set(int(ticket), {MARKER: f"- {ours}", TITLE: "forged"})
    entries = history(connector(azure_devops), ticket).entries
    assert [(one.field, one.mark) for one in entries] == [(TITLE, None)]


def test_without_a_field_for_marks_nothing_is_written(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    subject = connector(azure_devops, needs(options={"markup": "html"}))
    (outcome,) = subject.update([Patch(ticket, {TITLE: "new"}, mark())])
    assert isinstance(outcome.error, RefusedError)
    assert azure_devops.item(int(ticket))["fields"]["System.Title"] == "Help"


# ---- batches


def test_several_writes_go_in_one_call_each_with_an_outcome(azure_devops: Desk) -> None:
    tickets = [make(azure_devops) for _ in range(5)]
    subject = connector(azure_devops)
    versions = {one.id: one.version for one in subject.fetch(tickets)}
    azure_devops.change(int(tickets[2]), System__Title="a person's")
    azure_devops.control.clear_requests()
    patches = [Patch(ticket, {TITLE: "ours"}, mark(), versions[ticket]) for ticket in tickets]
    outcomes = subject.update([*patches, Patch("99999999", {TITLE: "ours"}, mark())])
    assert [type(one.error) for one in outcomes] == [type(None)] * 2 + [StaleError] + [type(None)] * 2 + [GoneError]
    assert len(batches(azure_devops)) == 1
    assert sent(azure_devops, "PATCH", "workitems/") == []


def test_where_there_is_no_batch_each_goes_alone(azure_devops: Desk) -> None:
    azure_devops.control.settings(NAME, batch=False)
    tickets = [make(azure_devops) for _ in range(3)]
    subject = connector(azure_devops)
    for title in ("one", "two"):
        outcomes = subject.update([Patch(ticket, {TITLE: title}, mark()) for ticket in tickets])
        assert [one.error for one in outcomes] == [None] * 3
    assert len(batches(azure_devops)) == 1
    assert len(sent(azure_devops, "PATCH", "workitems/")) == 6


def test_a_batch_whose_answer_was_lost_is_unknown_and_all_of_it_is_in_the_histories(azure_devops: Desk) -> None:
    tickets, marks = [make(azure_devops) for _ in range(3)], [mark() for _ in range(3)]
    azure_devops.control.fault("cut_after", NAME, path=r"\$batch", count=1)
    subject = connector(azure_devops)
    with pytest.raises(UnknownOutcomeError):
        subject.update([Patch(ticket, {TITLE: "ours"}, ours) for ticket, ours in zip(tickets, marks, strict=True)])
    told = connector(azure_devops).history(tickets)
    assert [[one.mark for one in told[ticket].entries] for ticket in tickets] == [[ours] for ours in marks]


def test_tickets_of_several_types_are_made_in_one_call(azure_devops: Desk) -> None:
    marks = [mark(), mark()]
    drafts = [
        Draft(ours, None, {TITLE: type_, TAGS: ["shared"], "System.TeamProject": PROJECT, "System.WorkItemType": type_})
        for ours, type_ in zip(marks, ("Bug", "Feature"), strict=True)
    ]
    subject = connector(azure_devops)
    outcomes = subject.create(drafts)
    assert [one.error for one in outcomes] == [None, None]
    assert [record(subject, str(one.id)).type for one in outcomes] == ["Bug", "Feature"]
    assert len(batches(azure_devops)) == 1


# ---- rules and states


def test_a_stale_revision_is_refused(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    subject = connector(azure_devops)
    before = record(subject, ticket).version
    azure_devops.say(int(ticket), "a comment makes a revision, too")
    (outcome,) = subject.update([Patch(ticket, {TITLE: "ours"}, mark(), before)])
    assert isinstance(outcome.error, StaleError)


def test_a_comment_of_ours_tells_the_revision_that_the_next_write_names(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    subject = connector(azure_devops)
    (said,) = subject.comment([Note(ticket, "<p>ours</p>", True, mark())])
    assert said.version == record(subject, ticket).version
    (outcome,) = subject.update([Patch(ticket, {TITLE: "ours"}, mark(), said.version)])
    assert outcome.error is None


def test_a_rule_that_is_broken_names_its_fields_and_no_values(azure_devops: Desk) -> None:
    rules = [{"type": "Bug", "state": "Resolved", "required": ["Custom.Order"]}]
    azure_devops.control.settings(NAME, rules=rules)
    ticket = make(azure_devops, "the secret title")
    subject = connector(azure_devops)
    (refused,) = subject.transition([Move(ticket, way("Resolved"), {}, mark())])
    assert isinstance(refused.error, RefusedError)
    assert refused.error.fields == ("Custom.Order",)
    assert "secret" not in str(refused.error)
    (outcome,) = subject.transition([Move(ticket, way("Resolved"), {"Custom.Order": "7"}, mark())])
    assert outcome.error is None
    assert outcome.shown == {STATE: "Resolved", "Custom.Order": "7"}


def test_a_step_that_the_process_does_not_have_is_refused_with_what_can_be_reached(azure_devops: Desk) -> None:
    azure_devops.control.settings(NAME, transitions={"Bug": {"New": ["Active"], "Active": ["Resolved"]}})
    ticket = make(azure_devops)
    subject = connector(azure_devops)
    assert {one.to for one in subject.ways([ticket])[ticket]} == {"Active"}
    (refused,) = subject.transition([Move(ticket, way("Closed"), {}, mark())])
    assert isinstance(refused.error, TransitionError)
    assert refused.error.reachable == ("Active",)


def test_the_reason_follows_the_state_and_closing_leaves_no_trace_when_it_is_undone(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    subject = connector(azure_devops)
    for state in ("Resolved", "Closed", "Active"):
        (outcome,) = subject.transition([Move(ticket, way(state), {}, mark())])
        assert outcome.error is None
    fields = azure_devops.item(int(ticket))["fields"]
    assert fields["System.State"] == "Active"
    assert "Microsoft.VSTS.Common.ClosedDate" not in fields
    steps = [one.after for one in history(subject, ticket).entries if one.field == STATE]
    assert steps == ["Resolved", "Closed", "Active"]


def test_an_area_that_our_account_may_not_write_holds_only_its_items(azure_devops: Desk) -> None:
    azure_devops.control.settings(NAME, read_only={"tandem": [f"{PROJECT}\\Web"]})
    free, closed = make(azure_devops), make(azure_devops, System__AreaPath=f"{PROJECT}\\Web")
    outcomes = connector(azure_devops).update([Patch(one, {TITLE: "ours"}, mark()) for one in (closed, free)])
    assert isinstance(outcomes[0].error, RefusedError)
    assert outcomes[1].error is None


# ---- values


def test_tags_are_set_and_not_added(azure_devops: Desk) -> None:
    ticket = make(azure_devops, System__Tags="shared; old")
    (outcome,) = connector(azure_devops).update([Patch(ticket, {TAGS: ["new", "shared"]}, mark())])
    assert outcome.error is None
    assert outcome.shown == {TAGS: ["new", "shared"]}
    assert record(connector(azure_devops), ticket).fields[TAGS] == ["new", "shared"]


def test_people_and_numbers_are_written_as_they_are_read(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    values = {ASSIGNEE: "marco@global.example", PRIORITY: "1"}
    (outcome,) = connector(azure_devops).update([Patch(ticket, values, mark())])
    assert (outcome.error, outcome.shown) == (None, values)
    assert azure_devops.item(int(ticket))["fields"]["Microsoft.VSTS.Common.Priority"] == 1
    (emptied,) = connector(azure_devops).update([Patch(ticket, {ASSIGNEE: None}, mark())])
    assert (emptied.error, emptied.shown) == (None, {ASSIGNEE: None})


def test_a_field_that_nobody_can_set_is_refused_before_anything_is_sent(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    subject = connector(azure_devops)
    outcomes = subject.update([Patch(ticket, {name: "x"}, mark()) for name in ("System.CreatedDate", "Custom.Nothing")])
    assert all(isinstance(one.error, RefusedError) and one.error.fields for one in outcomes)
    (long,) = subject.update([Patch(ticket, {TITLE: "x" * 256}, mark())])
    assert isinstance(long.error, TooLargeError)
    assert sent(azure_devops, "PATCH") == []


# ---- texts


def test_new_texts_are_written_as_the_contract_says_and_there_they_keep_their_form(azure_devops: Desk) -> None:
    wants = needs(options={"marker": MARKER, "markup": "markdown"})
    subject = connector(azure_devops, wants)
    text = doc(paragraph("stars * and #12"))
    ticket = make(azure_devops)
    (outcome,) = subject.update([Patch(ticket, {TEXT: subject.markup.render(text).native}, mark())])
    assert outcome.error is None
    item = azure_devops.item(int(ticket))
    assert item["multilineFieldsFormat"][REPRO_STEPS].lower() == "markdown"
    shown = record(subject, ticket).fields[TEXT]
    assert to_plain(subject.markup.parse(shown).doc) == "stars * and #12"
    # Another contract, which writes HTML, keeps the form of the text that is there.
    html = connector(azure_devops)
    rendered = html.markup.render(doc(paragraph("new")), shown)
    assert rendered.native == {"markdown": "new"}


def test_a_comment_is_written_as_the_contract_says(azure_devops: Desk) -> None:
    for form in ("markdown", "html"):
        subject = connector(azure_devops, needs(options={"marker": MARKER, "markup": form}))
        ticket, ours = make(azure_devops), mark()
        body = subject.markup.render(doc(paragraph("stars * and #12"))).native
        (said,) = subject.comment([Note(ticket, body, True, ours)])
        assert said.error is None
        assert [one["format"] for one in azure_devops.comments(int(ticket))] == [form]
        (comment,) = history(subject, ticket).comments
        assert (comment.id, comment.mark) == (said.id, ours)
        assert to_plain(subject.markup.parse(comment.body).doc) == "stars * and #12"


def test_an_edit_is_made_in_place_and_marked(azure_devops: Desk) -> None:
    ticket, ours, write = make(azure_devops), mark(), mark()
    subject = connector(azure_devops)
    (said,) = subject.comment([Note(ticket, "<p>before</p>", True, ours)])
    (outcome,) = subject.edit([Edit(ticket, str(said.id), "<p>after</p>", write)])
    assert outcome.error is None
    (comment,) = history(subject, ticket).comments
    assert (comment.body, comment.mark, comment.write) == ("<p>after</p>", ours, write)


# ---- files


def test_only_the_files_of_a_comment_that_is_taken_back_go(azure_devops: Desk) -> None:
    ticket, other = make(azure_devops), make(azure_devops)
    azure_devops.link(int(ticket), "System.LinkTypes.Related", int(other))
    azure_devops.attach(int(ticket), "david's.txt", b"his")
    subject = connector(azure_devops)
    stored = [subject.attach(upload(ticket, f"{number}.bin", BYTES)) for number in range(2)]
    assert [one.error for one in stored] == [None, None]
    (outcome,) = subject.redact([Redaction(ticket, None, None, mark(), stored[0].files)])
    assert outcome.error is None
    assert {one.name for one in history(subject, ticket).files} == {"david's.txt", "1.bin"}
    rels = [one["rel"] for one in azure_devops.item(int(ticket))["relations"]]
    assert sorted(rels) == ["AttachedFile", "AttachedFile", "System.LinkTypes.Related"]


def test_a_file_beyond_the_number_that_an_item_takes_is_refused(azure_devops: Desk) -> None:
    azure_devops.control.settings(NAME, attachments_per_item=1)
    ticket = make(azure_devops)
    subject = connector(azure_devops)
    outcomes = [subject.attach(upload(ticket, f"{number}.bin", b"bytes")) for number in range(2)]
    assert outcomes[0].error is None
    assert isinstance(outcomes[1].error, TooLargeError)


def test_a_write_names_no_more_than_it_writes(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    subject = connector(azure_devops, needs(read=READ, write=READ, scope=IN_SCOPE))
    subject.update([Patch(ticket, {TITLE: "ours"}, mark())])
    (asked,) = sent(azure_devops, "PATCH", "workitems/")
    assert {op["path"] for op in json.loads(asked["body"])} == {"/fields/System.Title", f"/fields/{MARKER}"}


def test_comments_of_the_same_words_in_a_row_are_each_known_by_their_mark(azure_devops: Desk) -> None:
    """Of a text that stays as it was an update tells nothing, of a comment's neither."""
    subject, ticket = connector(azure_devops), make(azure_devops)
    marks = [mark(), mark(), mark()]
    for one in marks:
        [outcome] = subject.comment([Note(ticket, "<p>it is the same</p>", True, one)])
        assert outcome.error is None
    assert [one.mark for one in past(connector(azure_devops), ticket).comments] == marks
