# SPDX-License-Identifier: Apache-2.0
"""What every connector must keep when it writes: marks, outcomes of each item, the workflow, files."""

from dataclasses import replace
from mimetypes import guess_type

from contract.bench import (
    BYTES,
    SECRET,
    Bench,
    connected,
    draft,
    fetched,
    highest,
    lose_answer,
    mark,
    note,
    past,
    read,
    refused,
    rich,
    send,
    swept,
    text,
    told,
    upload,
)
from tandem.connectors.base import Connector, Edit, Move, Patch, Redaction
from tandem.core.values import Json
from tandem.errors import GoneError, ItemError, TooLargeError


class Writes:
    """Part of ``ConnectorContract``."""

    # ---- marks

    def test_what_we_create_is_known_by_its_mark(self, bench: Bench, connector: Connector) -> None:
        bench.opens("another's")
        first, second = mark(), mark()
        after = highest(bench, connector)
        outcomes = connector.create([draft(bench, "one", first), draft(bench, "two", second)])
        assert [outcome.error for outcome in outcomes] == [None, None]
        one, two = (str(outcome.id) for outcome in outcomes)
        assert connector.find([first, second, mark()], after) == {first: one, second: two}
        assert (read(connector, one).mark, read(connector, two).mark) == (first, second)
        record = read(connector, one)
        assert record.in_scope
        assert record.fields[bench.fields.title] == "one"
        assert text(bench, record.fields[bench.fields.description]) == "Text of one"

    def test_a_create_whose_answer_was_lost_is_found_and_is_one(self, bench: Bench, connector: Connector) -> None:
        bench.opens("another's")
        ours, after = mark(), highest(bench, connector)
        title = f"lost {ours[:8]}"  # a real tracker keeps what earlier runs of this made
        lose_answer(bench, "create", lambda: connector.create([draft(bench, title, ours)]))
        found = connector.find([ours], after)
        assert set(found) == {ours}
        assert read(connector, found[ours]).fields[bench.fields.title] == title
        bench.settles()
        there, size = swept(connector), connector.capabilities.fetch_batch
        records = [one for at in range(0, len(there), size) for one in connector.fetch(there[at : at + size])]
        assert [record.fields.get(bench.fields.title) for record in records].count(title) == 1

    def test_an_update_is_marked_in_the_history(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("before"), mark()
        bench.settles()
        version = read(connector, ticket).version
        values: dict[str, Json] = {bench.fields.title: "after", bench.fields.labels: ["more", "shared"]}
        (outcome,) = connector.update([Patch(ticket, values, ours, version)])
        assert outcome.error is None
        assert outcome.id == ticket
        record = read(connector, ticket)
        assert {name: record.fields[name] for name in values} == values
        if outcome.shown is not None:
            assert {name: outcome.shown[name] for name in values} == values
        entries = [entry for entry in past(connector, ticket).entries if entry.mark == ours]
        assert {entry.field: entry.after for entry in entries} == (values if connector.capabilities.history else {})
        if outcome.history is not None:
            assert all(entry.id.startswith(outcome.history) for entry in entries)

    def test_an_update_whose_answer_was_lost_is_found_in_the_history(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("before"), mark()
        lose_answer(bench, "update", lambda: connector.update([Patch(ticket, {bench.fields.title: "after"}, ours)]))
        assert read(connector, ticket).fields[bench.fields.title] == "after"
        entries = [entry for entry in past(connector, ticket).entries if entry.mark == ours]
        assert [(entry.field, entry.before, entry.after) for entry in entries] == told(
            connector, (bench.fields.title, "before", "after")
        )

    def test_where_no_history_tells_it_a_write_tells_how_its_fields_stand_behind_it(
        self, bench: Bench, connector: Connector
    ) -> None:
        """Else what anybody changes in the next moment, the tracker itself too, would pass for what we wrote."""
        (made,) = connector.create([draft(bench, "made", mark())])
        (changed,) = connector.update([Patch(str(made.id), {bench.fields.title: "changed"}, mark())])
        assert (made.error, changed.error) == (None, None)
        if not connector.capabilities.history:
            assert [(one.shown or {}).get(bench.fields.title) for one in (made, changed)] == ["made", "changed"]

    def test_a_comment_is_marked_and_comes_back_as_it_was(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("talk"), mark()
        (outcome,) = connector.comment([note(bench, ticket, "ours", ours)])
        assert outcome.error is None
        (comment,) = past(connector, ticket).comments
        assert (comment.id, comment.mark, comment.public) == (outcome.id, ours, True)
        assert text(bench, comment.body) == "ours"
        assert past(connected(bench, replace(bench.needs, comments="none")), ticket).comments[0].mark == ours

    def test_a_comment_whose_answer_was_lost_is_found(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("talk"), mark()
        lose_answer(bench, "comment", lambda: connector.comment([note(bench, ticket, "ours", ours)]))
        assert [comment.mark for comment in past(connector, ticket).comments] == [ours]

    def test_of_a_ticket_that_left_the_scope_our_own_work_is_told_and_nothing_of_people(
        self, bench: Bench, connector: Connector
    ) -> None:
        ticket, change, lost, sent = bench.opens(SECRET), mark(), mark(), mark()
        bench.comments(ticket, SECRET, file=SECRET.encode())
        (outcome,) = connector.update([Patch(ticket, {bench.fields.title: "ours"}, change)])
        assert outcome.error is None
        lose_answer(bench, "comment", lambda: connector.comment([note(bench, ticket, "ours, too", lost)]))
        send(bench, connector, ticket, "ours.bin", BYTES, sent)
        bench.edits(ticket, bench.fields.title, SECRET + "!")
        bench.edits(ticket, bench.fields.labels, ["other"])
        assert not read(connector, ticket).in_scope
        found = past(connector, ticket)
        assert SECRET not in repr(found)
        assert [(entry.field, entry.before, entry.after, entry.mark) for entry in found.entries] == told(
            connector, (bench.fields.title, None, "ours", change)
        )
        assert [text(bench, comment.body) for comment in found.comments if comment.mark == lost] == ["ours, too"]
        assert all(comment.mark in (lost, sent) for comment in found.comments)
        assert [(file.name, file.size) for file in found.files] == [("ours.bin", len(BYTES))]
        assert fetched(connector, ticket, found.files[0].id) == BYTES

    # ---- writes

    def test_fields_are_emptied(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("full")
        for value in (bench.fields.empty_value, None):
            (outcome,) = connector.update([Patch(ticket, {bench.fields.empty: value}, mark())])
            assert outcome.error is None
            assert read(connector, ticket).fields[bench.fields.empty] == value

    def test_one_bad_ticket_holds_only_itself(self, bench: Bench, connector: Connector) -> None:
        bad = refused(bench, mark())
        outcomes = connector.create([draft(bench, "good", mark()), bad, draft(bench, "better", mark())])
        assert [outcome.error is None for outcome in outcomes] == [True, False, True]
        assert isinstance(outcomes[1].error, ItemError)
        assert [read(connector, str(outcomes[at].id)).fields[bench.fields.title] for at in (0, 2)] == ["good", "better"]

    def test_what_cannot_be_written_is_told_for_each_item(self, bench: Bench, connector: Connector) -> None:
        there, gone = bench.opens("there"), bench.opens("gone")
        bench.hides(gone)
        patches = [Patch(ticket, {bench.fields.title: "new"}, mark()) for ticket in (gone, there)]
        refused, done = connector.update(patches)
        assert isinstance(refused.error, GoneError)
        assert done.error is None
        notes = connector.comment([note(bench, ticket, "text", mark()) for ticket in (gone, there)])
        assert isinstance(notes[0].error, GoneError)
        assert notes[1].error is None

    def test_a_comment_beyond_the_limit_is_refused(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("long")
        (outcome,) = connector.comment([note(bench, ticket, "x" * (connector.capabilities.max_comment + 1), mark())])
        assert isinstance(outcome.error, TooLargeError)
        assert past(connector, ticket).comments == ()

    def test_a_private_note_is_never_public(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("private"), mark()
        (outcome,) = connector.comment([note(bench, ticket, SECRET, ours, public=False)])
        told = past(connected(bench, replace(bench.needs, comments="all")), ticket)
        if connector.capabilities.private_comments:
            assert outcome.error is None
            assert [(comment.mark, comment.public) for comment in told.comments] == [(ours, False)]
        else:
            assert isinstance(outcome.error, ItemError)
            assert told.comments == ()

    # ---- comments that we wrote, later on

    def test_a_comment_of_ours_is_edited_and_marked(self, bench: Bench, connector: Connector) -> None:
        ticket, ours, write = bench.opens("talk"), mark(), mark()
        (made,) = connector.comment([note(bench, ticket, "before", ours)])
        (outcome,) = connector.edit([Edit(ticket, str(made.id), rich(bench, "after"), write)])
        (comment,) = past(connector, ticket).comments
        if connector.capabilities.edit_comments:
            assert (outcome.error, outcome.id) == (None, comment.id)
            assert (text(bench, comment.body), comment.mark, comment.write) == ("after", ours, write)
            assert comment.edited_at is not None
        else:
            assert isinstance(outcome.error, ItemError)
            assert (text(bench, comment.body), comment.edited_at) == ("before", None)

    def test_a_comment_of_ours_is_taken_back_with_its_file(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("talk")
        send(bench, connector, ticket, "a.bin", BYTES)
        (file,) = past(connector, ticket).files
        (made,) = connector.comment([note(bench, ticket, SECRET, mark())])
        wanted = [one.id for one in past(connector, ticket).comments] or [str(made.id)]
        line = rich(bench, "taken back")
        changes = [Redaction(ticket, id_, line, mark(), (file.id,)) for id_ in dict.fromkeys([*wanted, str(made.id)])]
        if not connector.capabilities.redact_comments:
            assert all(isinstance(one.error, ItemError) for one in connector.redact(changes))
            return
        for _ in range(2):  # again, as after a lost answer
            assert [one.error for one in connector.redact(changes)] == [None] * len(changes)
        told = past(connector, ticket)
        assert SECRET not in repr(told)
        assert told.files == ()
        assert len(told.comments) == len(changes)

    def test_a_comment_that_is_gone_cannot_be_taken_back(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("talk")
        (outcome,) = connector.redact([Redaction(ticket, "99999999", rich(bench, "taken back"), mark())])
        assert isinstance(outcome.error, ItemError)

    # ---- the workflow

    def test_a_status_is_reached_and_marked(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("status"), mark()
        begin, target = bench.statuses
        if connector.capabilities.workflow:
            way = next(way for way in connector.ways([ticket])[ticket] if way.to == target)
            (outcome,) = connector.transition([Move(ticket, way, {}, ours)])
        else:
            assert not any(connector.ways([ticket]).values())
            (outcome,) = connector.update([Patch(ticket, {bench.fields.status: target}, ours)])
        assert outcome.error is None
        assert read(connector, ticket).fields[bench.fields.status] == target
        steps = [entry for entry in past(connector, ticket).entries if entry.field == bench.fields.status]
        assert [(entry.before, entry.after, entry.mark) for entry in steps] == told(connector, (begin, target, ours))

    def test_a_person_s_status_step_is_in_the_history(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("status")
        bench.moves(ticket, bench.statuses[1])
        steps = [entry for entry in past(connector, ticket).entries if entry.field == bench.fields.status]
        assert [(entry.before, entry.after, entry.mark) for entry in steps] == told(connector, (*bench.statuses, None))

    # ---- files

    def test_files_arrive_bit_for_bit(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("files")
        contents = {"image.png": BYTES, "Übersicht 🧵.bin": b"\r\n\x00"}
        for name, content in contents.items():
            send(bench, connector, ticket, name, content)
        told = past(connector, ticket)
        assert {file.name: file.size for file in told.files} == {name: len(body) for name, body in contents.items()}
        assert {file.name: fetched(connector, ticket, file.id) for file in told.files} == contents
        for file in told.files:  # as it was told, or by its name where the tracker keeps no types
            assert file.media_type in ("application/x-test", guess_type(file.name)[0] or "application/octet-stream")

    def test_two_files_may_have_one_name(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("files")
        for content in (b"one", b"two"):
            send(bench, connector, ticket, "image.png", content)
        files = past(connector, ticket).files
        assert sorted(fetched(connector, ticket, file.id) for file in files) == [b"one", b"two"]

    def test_people_s_files_can_be_read(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("files")
        bench.comments(ticket, "look", file=BYTES)
        told = past(connector, ticket)
        (file,) = told.files
        assert (file.size, file.author.id != "", file.mark) == (len(BYTES), True, None)
        assert fetched(connector, ticket, file.id) == BYTES
        if connector.capabilities.files_in_comments:
            assert file.comment == told.comments[0].id
            assert told.comments[0].files == (file.id,)

    def test_a_file_of_another_size_than_said_is_not_stored(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("files")
        for size in (2, 4):
            outcome = connector.attach(replace(upload(ticket, "short.bin", b"abc"), size=size))
            assert isinstance(outcome.error, ItemError)
        assert past(connector, ticket).files == ()
