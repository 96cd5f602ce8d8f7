# SPDX-License-Identifier: Apache-2.0
"""What every connector must keep: the sentences of ``tandem.connectors.base`` as tests.

A connector's test module subclasses :class:`ConnectorContract`, with those of :mod:`contract.abilities` that its
tracker has, and gives a ``bench`` fixture. A tracker whose ``history`` cannot be read tells no entry and no time away,
and comments and files all the same: so much is asked of it.
"""

from dataclasses import replace

import pytest

from contract.abilities import (
    ComparedVersions,
    DeletedTickets,
    FinalTickets,
    FollowUps,
    PrivateComments,
    PrivateDescription,
    Workflow,
)
from contract.bench import (
    SECRET,
    Bench,
    connected,
    listed,
    past,
    read,
    text,
)
from contract.kept import Keeps
from contract.writes import Writes
from tandem.connectors.base import Connector


class ConnectorContract(Keeps, Writes):
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
            DeletedTickets: hasattr(bench, "deletes"),
            FollowUps: can.follow_ups,
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

    def test_a_ticket_is_found_by_its_key_as_by_its_id(self, bench: Bench, connector: Connector) -> None:
        """The key is what people know of a ticket."""
        ticket = bench.opens("named")
        key = read(connector, ticket).key
        assert [(record.id, record.key) for record in connector.fetch([key, ticket])] == [(ticket, key)]

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
        assert told.whole
        if not connector.capabilities.history:
            assert (told.entries, told.away) == ((), None)
            return
        titles = [entry for entry in told.entries if entry.field == bench.fields.title]
        assert [(entry.before, entry.after) for entry in titles] == [("first", "second"), ("second", "third")]
        assert titles[0].order < titles[1].order
        assert titles[0].at < titles[1].at
        assert all(entry.author.id and entry.mark is None for entry in titles)
        assert len({entry.id for entry in told.entries}) == len(told.entries)
        assert {entry.field for entry in told.entries} <= bench.needs.read | bench.needs.write
        assert SECRET not in repr(told)

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

    def test_what_a_listing_tells_of_a_known_ticket_is_a_true_part_of_its_history(
        self, bench: Bench, connector: Connector
    ) -> None:
        """All since it was read, as the history tells it; nothing of a ticket of which nothing is known."""
        ticket, other = bench.opens("told"), bench.opens("not known")
        bench.settles()
        cursor = connector.start(bench.now())
        before, earlier = read(connector, ticket), past(connector, ticket)
        for one in (ticket, other):
            bench.edits(one, bench.fields.title, "told anew")
            bench.edits(one, bench.fields.hidden, bench.fields.hidden_value)
            bench.comments(one, "for all", file=b"open")
        if connector.capabilities.private_comments:
            bench.comments(ticket, SECRET, public=False)
        bench.settles()
        pages = list(connector.changed_since(cursor, lambda ids: {ticket: before.version} if ticket in ids else {}))
        assert [page.deltas for page in connector.changed_since(cursor) if page.deltas] == []
        told, whole, now = (
            [page.deltas for page in pages if page.deltas],
            past(connector, ticket),
            read(connector, ticket),
        )
        for delta in [deltas[ticket] for deltas in told]:
            assert now.version <= delta.version
            assert {one.id for one in whole.entries} - {one.id for one in earlier.entries} <= {
                one.id for one in delta.entries
            }
            assert set(delta.entries) <= {replace(one, mark=None) for one in whole.entries} | set(whole.entries)
            assert set(delta.comments) == set(whole.comments)
            assert set(delta.files) == set(whole.files)
            assert whole.withheld - earlier.withheld <= delta.withheld <= whole.withheld
        assert {id_ for deltas in told for id_ in deltas} <= {ticket}
        assert SECRET not in repr(told)

    def test_what_a_listing_tells_of_a_new_ticket_is_all_of_its_history(
        self, bench: Bench, connector: Connector
    ) -> None:
        """Or nothing, where it tells of known tickets alone."""
        cursor = connector.start(bench.now())
        ticket = bench.opens("new")
        bench.edits(ticket, bench.fields.title, "told anew")
        bench.edits(ticket, bench.fields.hidden, bench.fields.hidden_value)
        bench.comments(ticket, "for all", file=b"open")
        if connector.capabilities.private_comments:
            bench.comments(ticket, SECRET, public=False)
        bench.settles()
        whole_feed = connector.capabilities.feed_whole
        pages = list(connector.changed_since(cursor, lambda ids: dict.fromkeys(ids if whole_feed else (), "")))
        told = {id_: delta for page in pages for id_, delta in page.deltas.items()}
        if not whole_feed:
            assert told == {}
            return
        assert all(delta.whole for delta in told.values())
        delta, whole = told[ticket], past(connector, ticket)
        assert delta.version == read(connector, ticket).version
        shown = (delta.entries, delta.comments, delta.files, delta.away, delta.withheld)
        assert shown == (whole.entries, whole.comments, whole.files, whole.away, whole.withheld)
        assert SECRET not in repr(told)

    def test_a_ticket_known_as_it_is_may_come_without_its_description_alone(
        self, bench: Bench, connector: Connector
    ) -> None:
        ticket = bench.opens("known")
        bench.settles()
        whole = read(connector, ticket)
        (short,) = connector.fetch([ticket], {ticket: whole.version})
        assert replace(short, fields=whole.fields, mark=whole.mark) == whole
        assert {*whole.fields} - {*short.fields} <= {bench.fields.description}
        assert {name: whole.fields[name] for name in short.fields} == short.fields
        bench.edits(ticket, bench.fields.title, "moved")
        (moved,) = connector.fetch([ticket], {ticket: whole.version}, ahead=True)
        assert {*moved.fields} == {*whole.fields}
        assert bool(past(connector, ticket).entries) is connector.capabilities.history

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

    def test_made_without_a_scope_it_shows_one_field_of_any_ticket(self, bench: Bench) -> None:
        """So the engine looks at what it is about to write over in a ticket that is out of scope."""
        ticket, field = bench.opens("outside", shared=False), frozenset({bench.fields.description})
        alone = replace(bench.needs, read=field, write=field, scope=(), comments="none", files=False)
        record = read(bench.connect(alone), ticket)
        assert record.in_scope
        assert set(record.fields) == field
        assert record.fields[bench.fields.description]

    def test_a_ticket_comes_back_into_scope(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("back", shared=False)
        bench.edits(ticket, bench.fields.labels, ["shared"])
        assert read(connector, ticket).in_scope

    def test_the_history_tells_when_a_ticket_was_out_of_scope(self, bench: Bench, connector: Connector) -> None:
        """More than once, and to the comment; of the fields that decide nothing else is told."""
        ticket = bench.opens("to and fro")
        for number in range(2):
            bench.comments(ticket, f"inside {number}")
            bench.settles()
            bench.edits(ticket, bench.fields.labels, ["other"])
            bench.settles()
            bench.comments(ticket, f"outside {number}")
            bench.edits(ticket, bench.fields.title, f"outside {number}")
            bench.settles()
            bench.edits(ticket, bench.fields.labels, ["shared"])
            bench.settles()
        bench.comments(ticket, "inside 2")
        bench.edits(ticket, bench.fields.title, "inside 2")
        told = past(connector, ticket)
        if not connector.capabilities.history:
            assert told.away is None
            return
        assert told.away is not None
        assert len(told.away) == 2
        made = {text(bench, c.body): any(one.holds(c.at, c.order) for one in told.away) for c in told.comments}
        changed = {
            str(e.after): any(one.spans(e) for one in told.away) for e in told.entries if e.field == bench.fields.title
        }
        assert made == {said: said.startswith("outside") for said in made}
        assert changed == {said: said.startswith("outside") for said in changed}
        assert len(made) == 5
        assert len(changed) == 3

    def test_a_ticket_that_never_left_was_never_away(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("stays")
        bench.edits(ticket, bench.fields.labels, ["shared", "apple"])
        assert past(connector, ticket).away == (() if connector.capabilities.history else None)

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
