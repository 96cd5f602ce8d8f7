# SPDX-License-Identifier: Apache-2.0
"""What every connector must keep: the sentences of ``tandem.connectors.base`` as tests.

A connector's test module subclasses :class:`ConnectorContract`, with those of :mod:`contract.abilities` that its
tracker has, and gives a ``bench`` fixture.
"""

from dataclasses import replace

import pytest

from contract.abilities import ComparedVersions, FinalTickets, PrivateComments, PrivateDescription, Workflow
from contract.bench import (
    BYTES,
    SECRET,
    Bench,
    connected,
    draft,
    fetched,
    highest,
    listed,
    mark,
    note,
    past,
    read,
    send,
    swept,
    text,
    upload,
)
from tandem.connectors.base import Connector, Move, Patch
from tandem.core.values import Json
from tandem.errors import GoneError, ItemError, RetryableError, TooLargeError


class ConnectorContract:
    """Subclass it as ``TestX`` with a fixture ``bench``."""

    @pytest.fixture
    def connector(self, bench: Bench) -> Connector:
        return connected(bench, bench.needs)

    # ---- preflight

    def test_preflight_tells_account_clock_and_dictionary(self, bench: Bench) -> None:
        told = bench.connect(bench.needs).preflight()
        assert [problem for problem in told.problems if not problem.warning] == []
        assert told.account.id
        assert set(told.fields) >= bench.needs.read | bench.needs.write
        assert told.fields[bench.fields.title].writable
        assert abs(told.offset - bench.ahead) < 10

    def test_preflight_names_all_unknown_fields_at_once(self, bench: Bench) -> None:
        needs = replace(bench.needs, read=bench.needs.read | {"no_such_field", "nor_this"})
        found = " ".join(str(problem) for problem in bench.connect(needs).preflight().problems)
        assert "no_such_field" in found
        assert "nor_this" in found

    def test_what_preflight_learns_can_be_kept_for_other_objects(self, bench: Bench) -> None:
        """Each task of a run builds its connector anew, and only the first asks the tracker about itself."""
        asked, fresh = bench.connect(bench.needs), bench.connect(bench.needs)
        told, knows = asked.preflight(), asked.capabilities
        private, largest = fresh.capabilities.private_comments, fresh.capabilities.max_file
        assert (private if told.private_comments is None else told.private_comments) == knows.private_comments
        assert (largest if told.max_file is None else told.max_file) == knows.max_file

    def test_what_only_some_trackers_can_is_tested_where_it_is(self, bench: Bench, connector: Connector) -> None:
        can = connector.capabilities
        there = {
            PrivateComments: can.private_comments,
            PrivateDescription: can.private_comments and bench.needs.description is not None,
            FinalTickets: can.life_cycle_ends,
            ComparedVersions: bench.refuses_stale,
            Workflow: can.workflow,
        }
        assert {ability for ability in there if isinstance(self, ability)} == {a for a, has in there.items() if has}

    # ---- reading

    def test_a_record_has_what_was_asked_for_and_no_more(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("Kiosk is dark")
        bench.edits(ticket, bench.fields.hidden, bench.fields.hidden_value)
        record = read(connector, ticket)
        assert record.in_scope
        assert set(record.fields) == bench.needs.read | bench.needs.write
        assert record.fields[bench.fields.title] == "Kiosk is dark"
        assert record.fields[bench.fields.labels] == ["shared"]
        assert record.fields[bench.fields.empty] is None
        assert record.place
        assert record.key
        assert record.mark is None
        assert record.created_at.tzinfo is not None
        assert record.created_at <= record.updated_at
        assert SECRET not in repr(record)

    def test_tickets_that_are_gone_unseen_or_named_twice_are_no_trouble(
        self, bench: Bench, connector: Connector
    ) -> None:
        seen, unseen = bench.opens("one"), bench.opens("two")
        bench.hides(unseen)
        assert [record.id for record in connector.fetch([unseen, seen, "99999999", seen])] == [seen]
        assert connector.fetch([]) == ()

    def test_sets_are_sorted_and_emptying_shows_as_empty(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("labels")
        bench.edits(ticket, bench.fields.labels, ["zebra", "shared", "apple"])
        bench.edits(ticket, bench.fields.empty, bench.fields.empty_value)
        filled = read(connector, ticket)
        bench.edits(ticket, bench.fields.empty, None)
        assert filled.fields[bench.fields.labels] == ["apple", "shared", "zebra"]
        assert filled.fields[bench.fields.empty] == bench.fields.empty_value
        assert read(connector, ticket).fields[bench.fields.empty] is None

    def test_versions_sort_as_the_changes_came(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("versions")
        versions = []
        for title in ("b", "c", "d"):
            bench.settles()
            bench.edits(ticket, bench.fields.title, title)
            versions.append(read(connector, ticket).version)
        assert versions == sorted(set(versions))

    def test_reading_changes_no_version(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("still")
        bench.settles()
        first = read(connector, ticket).version
        past(connector, ticket)
        assert read(connector, ticket).version == first

    def test_history_tells_who_changed_what(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("first")
        bench.edits(ticket, bench.fields.title, "second")
        bench.edits(ticket, bench.fields.hidden, bench.fields.hidden_value)
        bench.settles()
        bench.edits(ticket, bench.fields.title, "third")
        told = past(connector, ticket)
        titles = [entry for entry in told.entries if entry.field == bench.fields.title]
        assert [(entry.before, entry.after) for entry in titles] == [("first", "second"), ("second", "third")]
        assert titles[0].order < titles[1].order
        assert titles[0].at < titles[1].at
        assert all(entry.author.id and entry.mark is None for entry in titles)
        assert len({entry.id for entry in told.entries}) == len(told.entries)
        assert {entry.field for entry in told.entries} <= bench.needs.read | bench.needs.write
        assert SECRET not in repr(told)
        assert told.whole

    # ---- listings

    def test_all_that_changes_behind_a_cursor_is_listed(self, bench: Bench, connector: Connector) -> None:
        before = bench.opens("old")
        bench.settles()
        cursor = connector.start(bench.now())
        tickets = [bench.opens(f"ticket {number}") for number in range(7)]
        bench.settles()
        first, cursor = listed(connector, cursor)
        assert set(tickets) <= set(first)
        bench.edits(before, bench.fields.title, "new")
        bench.edits(tickets[3], bench.fields.title, "new")
        bench.settles()
        second, _ = listed(connector, cursor)
        assert {before, tickets[3]} <= set(second)

    def test_each_page_s_cursor_leads_on_without_a_gap(self, bench: Bench, connector: Connector) -> None:
        cursor = connector.start(bench.now())
        tickets = [bench.opens(f"ticket {number}") for number in range(7)]
        bench.settles()
        pages = list(connector.changed_since(cursor))
        for number, page in enumerate(pages):
            assert page.cursor is not None
            before = {seen.id for earlier in pages[: number + 1] for seen in earlier.seen}
            behind, _ = listed(connector, page.cursor)
            assert set(tickets) <= before | set(behind)

    def test_a_change_that_the_listing_did_not_show_yet_comes_later(self, bench: Bench, connector: Connector) -> None:
        first, second = bench.opens("one"), bench.opens("two")
        bench.settles()
        _, cursor = listed(connector, connector.start(bench.now()))
        bench.edits(first, bench.fields.title, "changed")
        shown, cursor = listed(connector, cursor)
        bench.edits(second, bench.fields.title, "changed")
        more, cursor = listed(connector, cursor)
        bench.settles()
        rest, _ = listed(connector, cursor)
        assert {first, second} <= {*shown, *more, *rest}

    def test_the_oldest_change_is_listed_first(self, bench: Bench, connector: Connector) -> None:
        cursor = connector.start(bench.now())
        tickets = [bench.opens(f"ticket {number}") for number in range(4)]
        for ticket in reversed(tickets):
            bench.settles()
            bench.edits(ticket, bench.fields.title, "again")
        bench.settles()
        order = [seen.id for page in connector.changed_since(cursor) for seen in page.seen if seen.id in tickets]
        last = sorted(tickets, key=lambda ticket: len(order) - order[::-1].index(ticket))
        assert last == tickets[::-1]

    def test_the_sweep_lists_exactly_what_is_in_scope_with_its_version(
        self, bench: Bench, connector: Connector
    ) -> None:
        tickets = {bench.opens(f"ticket {number}") for number in range(7)}
        outside, left = bench.opens("outside", shared=False), bench.opens("left")
        bench.edits(left, bench.fields.labels, ["other"])
        bench.settles()
        seen = {seen.id: seen for page in connector.in_scope() for seen in page.seen}
        assert tickets <= set(seen)
        assert not {outside, left} & set(seen)
        assert all(seen[ticket].in_scope for ticket in tickets)
        assert {record.id: record.version for record in connector.fetch(sorted(tickets))} == {
            ticket: seen[ticket].version for ticket in tickets
        }

    def test_what_left_the_scope_is_never_listed_as_within(self, bench: Bench, connector: Connector) -> None:
        cursor = connector.start(bench.now())
        ticket = bench.opens("left")
        bench.edits(ticket, bench.fields.labels, ["other"])
        bench.settles()
        shown = [seen for page in connector.changed_since(cursor) for seen in page.seen if seen.id == ticket]
        assert not any(seen.in_scope for seen in shown)

    # ---- scope and privacy

    def test_of_a_ticket_out_of_scope_only_that_is_told(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens(SECRET, shared=False)
        bench.edits(ticket, bench.fields.title, SECRET + "!")
        bench.comments(ticket, SECRET)
        record = read(connector, ticket)
        assert not record.in_scope
        assert record.scope_reason == bench.fields.labels
        assert dict(record.fields) == {}
        told = connector.history([ticket]).get(ticket)
        assert SECRET not in repr((record, told))

    def test_a_ticket_comes_back_into_scope(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("back", shared=False)
        bench.edits(ticket, bench.fields.labels, ["shared"])
        assert read(connector, ticket).in_scope

    def test_comments_leave_as_far_as_they_are_offered(self, bench: Bench) -> None:
        ticket = bench.opens("talk")
        bench.comments(ticket, "for all")
        private = connected(bench, bench.needs).capabilities.private_comments
        if private:
            bench.comments(ticket, SECRET, public=False)
        public = past(connected(bench, bench.needs), ticket)
        assert [(text(bench, comment.body), comment.public) for comment in public.comments] == [("for all", True)]
        assert SECRET not in repr(public)
        everything = past(connected(bench, replace(bench.needs, comments="all")), ticket)
        assert [comment.public for comment in everything.comments] == ([True, False] if private else [True])
        assert past(connected(bench, replace(bench.needs, comments="none")), ticket).comments == ()

    def test_comments_come_in_order_with_author_and_time(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("talk")
        for line in ("one", "two", "three"):
            bench.comments(ticket, line)
            bench.settles()
        told = past(connector, ticket).comments
        by_order = sorted(told, key=lambda comment: comment.order)
        assert [text(bench, comment.body) for comment in by_order] == ["one", "two", "three"]
        assert len({comment.id for comment in told}) == len({comment.order for comment in told}) == 3
        assert all(comment.author.id and comment.author.name and comment.mark is None for comment in told)
        assert [comment.at for comment in by_order] == sorted(comment.at for comment in told)

    def test_files_leave_only_where_they_are_offered(self, bench: Bench) -> None:
        ticket = bench.opens("files")
        bench.comments(ticket, "look", file=b"open")
        told = past(connected(bench, replace(bench.needs, files=False)), ticket)
        assert told.files == ()
        assert len(past(connected(bench, bench.needs), ticket).files) == 1

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
        with bench.loses_answer("create"), pytest.raises(RetryableError):
            connector.create([draft(bench, "lost", ours)])
        found = connector.find([ours], after)
        assert set(found) == {ours}
        assert read(connector, found[ours]).fields[bench.fields.title] == "lost"
        bench.settles()
        titles = [record.fields.get(bench.fields.title) for record in connector.fetch(swept(connector))]
        assert titles.count("lost") == 1

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
        assert {entry.field: entry.after for entry in entries} == values
        if outcome.history is not None:
            assert all(entry.id.startswith(outcome.history) for entry in entries)

    def test_an_update_whose_answer_was_lost_is_found_in_the_history(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("before"), mark()
        with bench.loses_answer("update"), pytest.raises(RetryableError):
            connector.update([Patch(ticket, {bench.fields.title: "after"}, ours)])
        entries = [entry for entry in past(connector, ticket).entries if entry.mark == ours]
        assert [(entry.field, entry.before, entry.after) for entry in entries] == [
            (bench.fields.title, "before", "after")
        ]

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
        with bench.loses_answer("comment"), pytest.raises(RetryableError):
            connector.comment([note(bench, ticket, "ours", ours)])
        assert [comment.mark for comment in past(connector, ticket).comments] == [ours]

    def test_of_a_ticket_that_left_the_scope_our_own_work_is_told_and_nothing_of_people(
        self, bench: Bench, connector: Connector
    ) -> None:
        ticket, change, lost, sent = bench.opens(SECRET), mark(), mark(), mark()
        bench.comments(ticket, SECRET, file=SECRET.encode())
        (outcome,) = connector.update([Patch(ticket, {bench.fields.title: "ours"}, change)])
        assert outcome.error is None
        with bench.loses_answer("comment"), pytest.raises(RetryableError):
            connector.comment([note(bench, ticket, "ours, too", lost)])
        send(bench, connector, ticket, "ours.bin", BYTES, sent)
        bench.edits(ticket, bench.fields.title, SECRET + "!")
        bench.edits(ticket, bench.fields.labels, ["other"])
        assert not read(connector, ticket).in_scope
        told = past(connector, ticket)
        assert SECRET not in repr(told)
        assert [(entry.field, entry.before, entry.after, entry.mark) for entry in told.entries] == [
            (bench.fields.title, None, "ours", change)
        ]
        assert [text(bench, comment.body) for comment in told.comments if comment.mark == lost] == ["ours, too"]
        assert all(comment.mark in (lost, sent) for comment in told.comments)
        assert [(file.name, file.size) for file in told.files] == [("ours.bin", len(BYTES))]
        assert fetched(connector, ticket, told.files[0].id) == BYTES

    # ---- writes

    def test_fields_are_emptied(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("full")
        for value in (bench.fields.empty_value, None):
            (outcome,) = connector.update([Patch(ticket, {bench.fields.empty: value}, mark())])
            assert outcome.error is None
            assert read(connector, ticket).fields[bench.fields.empty] == value

    def test_one_bad_ticket_holds_only_itself(self, bench: Bench, connector: Connector) -> None:
        bad = draft(bench, "bad " * 100, mark())
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

    # ---- the workflow

    def test_a_status_is_reached_and_marked(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("status"), mark()
        begin, target = bench.statuses
        if connector.capabilities.workflow:
            way = next(way for way in connector.ways([ticket])[ticket] if way.to == target)
            (outcome,) = connector.transition([Move(ticket, way, {}, ours)])
        else:
            assert not any(connector.ways([ticket]).values())
            (outcome,) = connector.update([Patch(ticket, {"status": target}, ours)])
        assert outcome.error is None
        assert read(connector, ticket).fields["status"] == target
        steps = [entry for entry in past(connector, ticket).entries if entry.field == "status"]
        assert [(entry.before, entry.after, entry.mark) for entry in steps] == [(begin, target, ours)]

    def test_a_person_s_status_step_is_in_the_history(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("status")
        bench.moves(ticket, bench.statuses[1])
        steps = [entry for entry in past(connector, ticket).entries if entry.field == "status"]
        assert [(entry.before, entry.after, entry.mark) for entry in steps] == [(*bench.statuses, None)]

    # ---- files

    def test_files_arrive_bit_for_bit(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("files")
        contents = {"image.png": BYTES, "Übersicht 🧵.bin": b"\r\n\x00"}
        for name, content in contents.items():
            send(bench, connector, ticket, name, content)
        told = past(connector, ticket)
        assert {file.name: file.size for file in told.files} == {name: len(body) for name, body in contents.items()}
        assert {file.name: fetched(connector, ticket, file.id) for file in told.files} == contents
        assert all(file.media_type == "application/x-test" for file in told.files)

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
