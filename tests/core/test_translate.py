# SPDX-License-Identifier: Apache-2.0
"""What map tells of a ticket (engine §1, §7): changed, unsaid, absent, ahead, lost; and nothing that is not offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.fields import CHOICES, PRIORITY, STATUS, rule
from core.tickets import LEFT, at
from tandem.config.models import AttachmentRule, CommentRule, FieldRule, People, Side
from tandem.config.needs import needs
from tandem.connectors.base import Author, Record
from tandem.connectors.memory import JIRA_LIKE, Memory, Tracker
from tandem.core.model import FieldState, HubTicket
from tandem.core.plan import NOT_ANY_MORE
from tandem.core.rules import Choices
from tandem.core.values import Json
from tandem.pipeline.environment import End
from tandem.pipeline.translate import hub_ticket
from tandem.state.links import Base, Link
from tandem.state.records import Event

ANNA, PAT = "17", "99"
SECRET = "Merger with Initech"
FIELDS = (
    rule("title"),
    STATUS,
    PRIORITY,
    rule("assignee", kind="people"),
    rule("labels", kind="set", only=frozenset({"kiosk", "payment"})),
    rule("description", kind="rich"),
    rule("due", kind="date"),
)
LINK = Link("link", "origin", "linked", "", False, at(0))
PICKY = AttachmentRule(unreferenced="hold", up_to=2_000_000, deny=(".exe",))


def end(*rules: FieldRule, people: Mapping[str, str] | None = None, **offer: Any) -> End:
    """A side with these fields over a tracker in memory."""
    side = Side(
        name="acme",
        contract="acme",
        offer=None,
        company="Acme",
        system="memory",
        connection="left",
        file=Path("acme.yaml"),
        fields={one.hub: one for one in rules or FIELDS},
        people=People(dict(people if people is not None else {"anna@acme.example": ANNA})),
        **{"comments": CommentRule(out="public", names="full"), "attachments": PICKY, **offer},
    )
    dictionary = {"status": CHOICES, "native_priority": CHOICES, "native_due": Choices(kind="date")}
    return End(LEFT, side, Memory(Tracker(JIRA_LIKE), needs(side)), dictionary)


def record(fields: Mapping[str, Json], *, updated: float = 30, **more: Any) -> Record:
    return Record(
        id="1",
        key="A-1",
        url="https://acme.example/A-1",
        version="1",
        place="A",
        type="Task",
        created_at=at(0),
        updated_at=at(updated),
        fields=fields,
        **{"in_scope": True, "reporter": Author("5", "Rita"), **more},
    )


def event(
    id_: int, minutes: float, kind: str = "field", *, key: str = "", field: str | None = None, **content: Json
) -> Event:
    return Event(id_, "1", key or f"k{id_}", kind, field, f"{id_:04d}", at(minutes), True, None, content)


def told(
    fields: Mapping[str, Json], bases: Mapping[str, Base] | None = None, *events: Event, side: End | None = None
) -> HubTicket:
    return hub_ticket(side or end(), LINK, record(fields), bases or {}, events)


def base(value: Json, unsaid: Json = None) -> Base:
    return Base(value, "mapping", unsaid)


def state(value: Json, was: Json, **more: bool) -> FieldState:
    return FieldState(value=value, base=was, has_base=True, **more)


# ---- changed is judged by a side's own native value


@pytest.mark.parametrize(
    ("hub", "was", "now", "expected"),
    [
        ("title", "a", "a", state("a", "a")),
        ("title", "a", "b", state("b", "a", changed=True)),
        ("title", "a", None, state(None, "a", changed=True)),
        ("title", None, "", state(None, None)),
        ("status", "3", "5", state("solved", "in_progress", changed=True)),
        ("status", "3", "4", state("in_progress", "in_progress", changed=True)),  # another spelling
        ("status", "3", "6", state("in_progress", "in_progress")),  # ignored: it keeps its base
        ("labels", ["kiosk"], ["kiosk", "payment"], state(["kiosk", "payment"], ["kiosk"], changed=True)),
        ("labels", ["kiosk"], [], state([], ["kiosk"], changed=True)),
        ("labels", ["kiosk", "own"], ["own", "kiosk"], state(["kiosk"], ["kiosk"])),
        ("due", "2026-03-01", None, state(None, "2026-03-01", changed=True)),
    ],
)
def test_a_side_changed_what_shows_something_else_than_its_base(
    hub: str, was: Json, now: Json, expected: FieldState
) -> None:
    native = {one.hub: one.native for one in FIELDS}[hub]
    assert told({native: now}, {hub: base(was)}).fields == {hub: expected}


def test_without_a_base_a_field_says_what_it_shows() -> None:
    assert told({"native_title": "a"}).fields == {"title": FieldState(value="a")}


def test_a_base_is_mapped_by_the_contract_in_force() -> None:
    """A changed contract writes nothing by itself: base and present value are mapped alike."""
    wider = replace(STATUS, map={"new": ("To Do",), "in_progress": ("In Progress",), "pending": ("In Review",)})
    assert told({"status": "4"}, {"status": base("4")}, side=end(wider)).fields == {
        "status": state("pending", "pending")
    }


# ---- absent, empty and not asked for (C19)


def test_only_what_was_asked_for_and_is_empty_was_emptied() -> None:
    bases = {
        "title": base("a"),
        "priority": base("2"),
        "assignee": base(ANNA),
        "labels": base(["kiosk"]),
        "due": base("2026-03-01"),
    }
    ticket = told({"native_title": "", "native_priority": None, "native_assignee": None, "native_labels": []}, bases)
    emptied = {hub: field.value for hub, field in ticket.fields.items() if field.changed}
    assert emptied == {"title": None, "priority": None, "assignee": None, "labels": []}
    assert ticket.fields["due"] == state("2026-03-01", "2026-03-01")  # the answer did not hold it
    assert ticket.problems == ()


def test_what_was_never_asked_for_is_not_there() -> None:
    assert told({}).fields == {}


# ---- unsaid (C12)


def test_a_person_who_cannot_be_mapped_is_unsaid() -> None:
    ticket = told({"native_assignee": PAT}, {"assignee": base(ANNA)})
    known = "anna@acme.example"
    assert ticket.fields == {"assignee": state(known, known, changed=True, unsaid=True)}
    assert ticket.problems == () and PAT not in ticket.model_dump_json()


@pytest.mark.parametrize("people", [{}, {"pat@acme.example": PAT}])
def test_unsaid_stays_silent_while_it_is_shown_also_when_the_map_knows_it(people: dict[str, str]) -> None:
    remembered = {"assignee": base(None, unsaid=PAT)}
    assert told({"native_assignee": PAT}, remembered, side=end(people=people)).fields == {"assignee": state(None, None)}


def test_a_real_change_behind_an_unsaid_value_is_told() -> None:
    remembered = {"assignee": base("17", unsaid=PAT)}
    known = "anna@acme.example"
    assert told({"native_assignee": None}, remembered).fields == {"assignee": state(None, known, changed=True)}
    assert told({"native_assignee": ANNA}, remembered).fields == {"assignee": state(known, known)}
    again = told({"native_assignee": "98"}, remembered).fields["assignee"]
    assert again.unsaid and again.value == known  # another unknown person says as little


def test_an_unsaid_value_leaves_other_fields_alone() -> None:
    ticket = told({"native_assignee": PAT, "status": "5"}, {"assignee": base(None, unsaid=PAT), "status": base("3")})
    assert ticket.fields["status"].changed and not ticket.fields["assignee"].changed


# ---- values without a place in the map


def test_a_value_without_a_place_holds_its_side_and_names_its_key() -> None:
    ticket = told({"status": "99", "native_title": "b"}, {"status": base("3"), "title": base("a")})
    (problem,) = ticket.problems
    assert (problem.field, problem.code, problem.key) == ("status", "TDM-204", "fields.status.map")
    assert problem.shown == "Never mapped" and problem.shown not in problem.what
    assert ticket.fields["status"] == state("in_progress", "in_progress")
    assert ticket.fields["title"].changed


def test_a_value_that_does_not_go_out_needs_no_place() -> None:
    ticket = told({"status": "99"}, {"status": base("3")}, side=end(replace(STATUS, direction="in")))
    assert ticket.problems == () and ticket.fields["status"] == state("in_progress", "in_progress")


# ---- events: ahead of the record, lost, unknown


def status_events(*path: str, start: float) -> list[Event]:
    pairs = pairwise(path)
    return [
        event(n, start + n, field="status", before=here, after=there) for n, (here, there) in enumerate(pairs, start=1)
    ]


def ids(ticket: HubTicket) -> list[int]:
    return [one.id for one in ticket.events]


def test_events_that_the_record_does_not_show_yet_are_left() -> None:
    """They were made between the reading of the ticket and that of its history; the next run has both."""
    events = status_events("1", "3", "5", "3", "5", start=30)
    assert ids(told({"status": "1"}, {"status": base("1")}, *events[:2])) == []
    assert ids(told({"status": "3"}, {"status": base("1")}, *events[:2])) == [1]
    assert ids(told({"status": "3"}, {"status": base("1")}, *events)) == [1, 2, 3]
    assert ids(told({"status": "5"}, {"status": base("1")}, *events)) == [1, 2, 3, 4]


def test_events_older_than_the_record_are_never_ahead() -> None:
    """Something that the history does not hold took them back."""
    events = status_events("1", "3", "5", start=10)
    assert ids(told({"status": "1"}, {"status": base("1")}, *events)) == [1, 2]


def test_times_are_compared_in_the_trackers_clock() -> None:
    """Stored events are corrected to our clock; the record's stamp is the tracker's, here an hour ahead."""
    side = end()
    side.offset = 3600.0
    (late,) = status_events("1", "3", start=-31)  # 12:30 by the tracker, as its record says
    assert ids(told({"status": "1"}, {"status": base("1")}, late, side=side)) == []
    assert ids(told({"status": "1"}, {"status": base("1")}, replace(late, at=at(-32)), side=side)) == [1]


def test_what_came_after_a_change_that_is_ahead_waits_with_it_and_what_came_before_does_not() -> None:
    ahead = status_events("1", "3", start=30)
    early = event(6, 29, field="native_title", before="", after="a")
    late = event(7, 31, field="native_title", before="a", after="b")
    ticket = told({"status": "1", "native_title": "b"}, {}, event(8, 1, "made"), early, *ahead, late)
    assert ids(ticket) == [8, 6]


def test_what_our_write_ran_over_counts_as_shown() -> None:
    lost = event(4, 1, key="lost:9", field="status", before=None, after="5")
    ticket = told({"status": "3"}, {"status": base("3")}, lost)
    assert ticket.fields == {"status": state("solved", "in_progress", changed=True, overwritten=True)}
    assert ids(ticket) == [4]  # though the record shows another value, and was read later


def test_an_event_is_told_in_hub_terms() -> None:
    moved = event(1, 1, field="status", before="1", after="4", author="Anna")
    (seen,) = told({"status": "4"}, {}, moved).events
    assert (seen.field, seen.before, seen.after, seen.known, seen.author) == (
        "status",
        "new",
        "in_progress",
        True,
        "Anna",
    )


@pytest.mark.parametrize(("before", "after"), [("99", "5"), ("5", "99"), ("6", "5")])
def test_an_event_without_hub_terms_says_only_that_it_happened(before: str, after: str) -> None:
    (seen,) = told({"status": "5"}, {}, event(1, 1, field="status", before=before, after=after)).events
    assert (seen.known, seen.before, seen.after, seen.field) == (False, None, None, "status")


def test_an_event_of_a_field_that_is_no_longer_offered_shows_nothing() -> None:
    ticket = told({"status": "5"}, {}, event(1, 1, field="budget", before=SECRET, after=SECRET))
    assert [(one.field, one.note) for one in ticket.events] == [("", NOT_ANY_MORE)]
    assert SECRET not in ticket.model_dump_json()


# ---- out of scope


def test_out_of_scope_nothing_is_said() -> None:
    events = [
        event(1, 1, field="status", before="1", after="3", author=SECRET),
        event(2, 2, "comment", body=SECRET, public=True, native="c1", author=SECRET),
        event(3, 3, "file", name=SECRET, size=3, native="f1"),
    ]
    outside = record({}, in_scope=False, scope_reason="restricted", reporter=None)
    ticket = hub_ticket(end(), LINK, outside, {"title": base("agreed")}, events)
    assert ids(ticket) == [1, 2, 3] and {one.kind for one in ticket.events} == {"field", "comment", "file"}
    assert ticket.fields == {"title": state("agreed", "agreed")}
    assert SECRET not in ticket.model_dump_json() and (ticket.in_scope, ticket.scope_reason) == (False, "restricted")


# ---- comments and files


def comment(id_: int, *, public: Json = True, files: list[Json] | None = None) -> Event:
    return event(id_, id_, "comment", body="hello", public=public, native=f"c{id_}", author="Anna", files=files)


def file(id_: int, name: str = "a.txt", size: int = 3, *, referenced: bool = True, comment: str | None = None) -> Event:
    return event(
        id_,
        id_,
        "file",
        native=f"f{id_}",
        name=name,
        size=size,
        media_type="text/plain",
        referenced=referenced,
        comment=comment,
    )


@pytest.mark.parametrize(
    ("out", "public", "note"),
    [
        ("public", True, ""),
        ("public", False, NOT_ANY_MORE),
        ("public", None, NOT_ANY_MORE),  # unknown means private
        ("none", True, NOT_ANY_MORE),
        ("all", False, ""),
    ],
)
def test_which_comments_travel(out: str, public: Json, note: str) -> None:
    side = end(comments=CommentRule(out=out, names="full"))  # type: ignore[arg-type]
    (seen,) = told({}, {}, comment(1, public=public), side=side).events
    assert (seen.note, seen.private) == (note, public is not True)
    if note:
        assert (seen.doc, seen.author, seen.native, seen.files) == (None, "", "", ()), "nothing of it passes the border"


@pytest.mark.parametrize(("names", "author"), [("full", "Anna"), ("company", ""), ("none", "")])
def test_names_go_only_where_they_are_offered(names: str, author: str) -> None:
    side = end(comments=CommentRule(out="public", names=names))  # type: ignore[arg-type]
    ticket = told({}, {}, comment(1), file(2), side=side)
    assert {one.author for one in ticket.events} <= {author, ""} and ticket.events[0].author == author
    assert ticket.reporter == ("Rita" if author else "")


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (file(1), ""),
        (file(1, size=2_000_001), "not sent: larger than 2 MB"),
        (file(1, size=2_000_000), ""),
        (file(1, "SETUP.EXE"), "not sent: this type of file is not offered"),
        (file(1, referenced=False), "held: no text refers to it"),
        (file(1, referenced=False, comment="c1"), ""),
    ],
)
def test_which_files_travel(one: Event, why: str) -> None:
    assert [seen.note for seen in told({}, {}, one).events] == [why]


@pytest.mark.parametrize(
    ("allow", "note"),
    [(("text/*",), ""), ((".txt",), ""), (("image/*",), "not sent: this type of file is not offered")],
)
def test_only_allowed_types_travel(allow: tuple[str, ...], note: str) -> None:
    side = end(attachments=AttachmentRule(unreferenced="send", allow=allow))
    assert [seen.note for seen in told({}, {}, file(1), side=side).events] == [note]


def test_where_no_files_are_offered_none_goes() -> None:
    assert [seen.note for seen in told({}, {}, file(1), side=end(attachments=None)).events] == [NOT_ANY_MORE]


def test_a_refused_file_leaves_a_note_in_its_comment() -> None:
    ticket = told({}, {}, file(1), file(2, "big.bin", 9_000_000), comment(3, files=["f1", "f2", "unknown"]))
    seen = ticket.events[2]
    assert [one.name for one in seen.files] == ["a.txt"]
    assert "big.bin: not sent: larger than 2 MB" in str(seen.doc) and "a.txt" not in str(seen.doc)
