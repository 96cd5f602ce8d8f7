# SPDX-License-Identifier: Apache-2.0
"""What only some trackers can, as tests: a connector's test class takes those that hold for its tracker.

``ConnectorContract`` fails where an ability is there and its tests are not, or the other way round.
"""

from dataclasses import replace

from contract.bench import SECRET, Bench, connected, draft, lose_answer, mark, note, past, read, swept, upload
from tandem.connectors.base import Connector, Move, Patch
from tandem.errors import ClosedError, GoneError, StaleError, TransitionError


class PrivateComments:
    """Comments that customers do not see."""

    def test_files_of_a_private_comment_stay(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("files")
        bench.comments(ticket, "look", file=b"open")
        bench.comments(ticket, SECRET, public=False, file=SECRET.encode())
        offered = past(connector, ticket)
        assert [file.size for file in offered.files] == [4]
        assert SECRET not in repr(offered)
        assert len(past(connected(bench, replace(bench.needs, comments="all")), ticket).files) == 2

    def test_of_what_is_private_only_that_it_is_there_is_told(self, bench: Bench, connector: Connector) -> None:
        """By ids, so that a copy can be taken back of what was made private later; out of scope, too."""
        ticket = bench.opens("between us")
        bench.comments(ticket, "look", file=b"open")
        bench.comments(ticket, SECRET, public=False, file=SECRET.encode())
        every = past(connected(bench, replace(bench.needs, comments="all")), ticket)
        secret = {one.id for one in every.comments if not one.public}
        assert (len(secret), every.hidden, every.withheld) == (1, frozenset(), frozenset())
        assert [file.size for file in every.files if file.private] == [len(SECRET)]
        told = past(connector, ticket)
        assert told.hidden == secret
        assert not any(file.private for file in told.files)
        if not connector.capabilities.files_in_comments:  # else it has no life of its own
            assert told.withheld == {file.id for file in every.files if file.private}
        assert past(connected(bench, replace(bench.needs, comments="none")), ticket).hidden == secret
        bench.edits(ticket, bench.fields.labels, ["other"])
        assert past(connector, ticket).hidden == secret


class PrivateDescription:
    """The description is the first comment, and that may be private."""

    def test_a_private_description_does_not_leave(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens(SECRET, public=False)
        bench.edits(ticket, bench.fields.title, "harmless")
        skipped = read(connector, ticket)
        assert not skipped.in_scope
        assert dict(skipped.fields) == {}
        withheld = read(connected(bench, replace(bench.needs, private_first="withhold")), ticket)
        assert withheld.in_scope
        assert withheld.fields[bench.fields.description]
        assert SECRET not in repr((skipped, withheld.fields[bench.fields.description]))


class FinalTickets:
    """A status after which a ticket takes nothing more."""

    def test_a_final_ticket_takes_no_more_and_says_so(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("over")
        bench.closes(ticket)
        assert read(connector, ticket).final
        (update,) = connector.update([Patch(ticket, {bench.fields.title: "new"}, mark())])
        (comment,) = connector.comment([note(bench, ticket, "late", mark())])
        assert isinstance(update.error, ClosedError)
        assert isinstance(comment.error, ClosedError)

    def test_of_a_ticket_that_is_final_our_own_work_is_told(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("over"), mark()
        lose_answer(bench, "comment", lambda: connector.comment([note(bench, ticket, "the last word", ours)]))
        bench.closes(ticket)
        assert [comment.mark for comment in past(connector, ticket).comments] == [ours]


class DeletedTickets:
    """Tickets that people delete. Some trackers show them to whoever has the id, and take what is written to them."""

    def test_a_deleted_ticket_is_out_of_sight_and_takes_nothing(self, bench: Bench, connector: Connector) -> None:
        ticket, ours = bench.opens("deleted"), mark()
        bench.comments(ticket, SECRET)
        bench.deletes(ticket)  # type: ignore[attr-defined]
        assert all(record.final for record in connector.fetch([ticket]))
        (update,) = connector.update([Patch(ticket, {bench.fields.title: "new"}, mark())])
        (comment,) = connector.comment([note(bench, ticket, "late", ours)])
        assert isinstance(update.error, GoneError | ClosedError)
        assert isinstance(comment.error, GoneError | ClosedError)
        bench.settles()
        assert ticket not in swept(connector)


class FollowUps:
    """A closed ticket is gone on from in a new one."""

    def test_a_follow_up_names_the_closed_ticket_and_is_found_by_its_mark(
        self, bench: Bench, connector: Connector
    ) -> None:
        old, ours = bench.opens("over"), mark()
        bench.closes(old)
        made = replace(draft(bench, "again", ours), follow_up_of=old)
        (outcome,) = connector.create([made])
        assert outcome.id is not None and outcome.id != old
        assert outcome.first_comment
        assert read(connector, outcome.id).follows == old
        assert read(connector, old).follows is None
        assert connector.find([ours], {}) == {ours: outcome.id}

    def test_a_follow_up_takes_files_along(self, bench: Bench, connector: Connector) -> None:
        old = bench.opens("over")
        bench.closes(old)
        stored = connector.attach(upload(old, "a.txt", b"bytes"))
        made = replace(draft(bench, "again", mark()), follow_up_of=old, files=(str(stored.id),))
        (outcome,) = connector.create([made])
        assert outcome.id is not None
        (file,) = outcome.files
        assert [(one.id, one.size) for one in past(connector, outcome.id).files] == [(file, 5)]

    def test_only_a_closed_ticket_is_followed_up(self, bench: Bench, connector: Connector) -> None:
        (outcome,) = connector.create([replace(draft(bench, "again", mark()), follow_up_of=bench.opens("open"))])
        assert outcome.error is not None


class ComparedVersions:
    """A write that names the version it was made for."""

    def test_a_stale_update_is_refused(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("one")
        bench.settles()
        version = read(connector, ticket).version
        bench.edits(ticket, bench.fields.title, "two")
        bench.settles()
        (stale,) = connector.update([Patch(ticket, {bench.fields.title: "three"}, mark(), version)])
        assert isinstance(stale.error, StaleError)
        record = read(connector, ticket)
        assert record.fields[bench.fields.title] == "two"
        (fresh,) = connector.update([Patch(ticket, {bench.fields.title: "three"}, mark(), record.version)])
        assert fresh.error is None


class Workflow:
    """Ways between statuses, and no others."""

    def test_a_way_that_is_not_open_is_refused(self, bench: Bench, connector: Connector) -> None:
        ticket = bench.opens("status")
        way = replace(connector.ways([ticket])[ticket][0], id="987654")
        (outcome,) = connector.transition([Move(ticket, way, {}, mark())])
        assert isinstance(outcome.error, TransitionError)
        assert outcome.error.reachable
        assert read(connector, ticket).fields[bench.fields.status] == bench.statuses[0]
