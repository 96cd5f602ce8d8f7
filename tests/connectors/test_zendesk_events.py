# SPDX-License-Identifier: Apache-2.0
"""What happened on many known tickets at once: Zendesk's export of ticket events, and when it is not believed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pytest

from connectors.zendesk_house import SECRET, WORLD, as_it_was, connector, desk_time, history, record, say, sent
from support.sandbox import RunningSandbox, running_sandbox
from support.zendesk import ZendeskDesk
from tandem.connectors.base import Delta, Note, Patch
from tandem.connectors.zendesk import Zendesk
from tandem.connectors.zendesk.audits import Audits, history_of
from tandem.connectors.zendesk.events import Parts

SHARED = {"tags": ["shared"]}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(WORLD) as running:
        yield running


@pytest.fixture
def desk(sandbox: RunningSandbox) -> Iterator[ZendeskDesk]:
    with as_it_was(sandbox) as tracker:
        yield tracker


class Reader:
    """Someone who has read one ticket whole, and follows the feed."""

    def __init__(self, desk: ZendeskDesk, **ticket: Any) -> None:
        self.desk, self.zendesk = desk, connector(desk)
        self.ticket = str(desk.make("anna", **{**SHARED, **ticket})["id"])
        desk.control.advance(3)
        self.cursor = self.zendesk.start(desk_time(desk))
        self.held = record(self.zendesk, self.ticket).version

    def follow(self) -> tuple[Delta | None, list[str]]:
        """Read on; the delta of the ticket, and what was listed."""
        self.desk.control.advance(3)
        deltas: dict[str, Delta] = {}
        listed: list[str] = []
        for page in self.zendesk.changed_since(self.cursor, self.known):
            deltas |= page.deltas
            listed += [one.id for one in page.seen]
            self.cursor = str(page.cursor)
        return deltas.get(self.ticket), listed

    def known(self, ids: Collection[str]) -> Mapping[str, str]:
        return {self.ticket: self.held} if self.ticket in ids else {}


def test_changes_and_comments_of_people_come_without_a_request_for_the_ticket(desk: ZendeskDesk) -> None:
    reader = Reader(desk)
    assert desk.change(reader.ticket, "anna", status="pending", comment={"body": "Hello", "public": True}).ok
    say(desk, reader.ticket, SECRET, public=False, name="secret.txt")
    desk.control.clear_requests()
    delta, _ = reader.follow()
    assert sent(desk, "GET", "audits") == []
    assert delta is not None
    whole = history(connector(desk), reader.ticket)
    assert delta.entries == whole.entries
    assert delta.comments == whole.comments
    assert SECRET not in repr(delta)


def test_the_creation_of_a_known_ticket_is_no_news(desk: ZendeskDesk) -> None:
    reader = Reader(desk)
    reader.cursor = "start:1"
    assert reader.follow()[0] is None


def test_a_change_of_who_may_read_a_comment_is_left_to_the_audits(desk: ZendeskDesk) -> None:
    reader = Reader(desk)
    say(desk, reader.ticket, "for all", public=True)
    comment = history(connector(desk), reader.ticket).comments[0].id
    assert desk.ask("PUT", f"tickets/{reader.ticket}/comments/{comment}/make_private.json", "anna").ok
    assert reader.follow()[0] is None
    assert history(connector(desk), reader.ticket).comments == ()


def test_a_redaction_is_left_to_the_audits(desk: ZendeskDesk) -> None:
    reader = Reader(desk)
    say(desk, reader.ticket, f"for all, but {SECRET}", public=True)
    comment = history(connector(desk), reader.ticket).comments[0].id
    path = f"tickets/{reader.ticket}/comments/{comment}/redact.json"
    assert desk.ask("PUT", path, "anna", json={"text": SECRET}).ok
    assert reader.follow()[0] is None


def test_a_ticket_that_was_out_of_scope_meanwhile_is_left_to_the_audits(desk: ZendeskDesk) -> None:
    reader = Reader(desk)
    assert desk.change(reader.ticket, "anna", tags=["other"]).ok
    say(desk, reader.ticket, SECRET, public=True)
    assert desk.change(reader.ticket, "anna", tags=["shared"]).ok
    assert reader.follow()[0] is None


def test_our_own_work_is_named_by_what_the_answer_to_it_named(desk: ZendeskDesk) -> None:
    reader = Reader(desk)
    (patched,) = reader.zendesk.update([Patch(reader.ticket, {"priority": "high"}, "ours")])
    (noted,) = reader.zendesk.comment([Note(reader.ticket, "<p>ours</p>", True, "ours")])
    delta, _ = reader.follow()
    assert delta is not None
    assert [entry.write for entry in delta.entries] == [patched.history]
    assert [comment.id for comment in delta.comments] == [noted.id]


def test_an_event_of_a_ticket_that_the_listing_leaves_out_still_is_never_passed_over(desk: ZendeskDesk) -> None:
    """Changed twice, the second time in the minute that exports leave out: the first would lie behind the position."""
    reader = Reader(desk)
    desk.control.advance(200)
    desk.control.settings(desk.place.name, export_lag=60)
    assert desk.change(reader.ticket, "anna", priority="high").ok
    other = desk.make("anna", **SHARED)["id"]
    desk.control.advance(70)
    assert desk.change(reader.ticket, "anna", priority="low").ok
    delta, listed = reader.follow()
    assert str(other) in listed
    assert listed[-1] == reader.ticket
    assert delta is not None
    assert [entry.after for entry in delta.entries] == ["high"]
    assert record(reader.zendesk, reader.ticket).version > delta.version  # so it is read by its audits
    desk.control.advance(70)
    later, _ = reader.follow()
    assert later is not None
    assert later.entries[-1].after == "low"


def test_without_an_admin_s_rights_there_are_no_deltas(desk: ZendeskDesk) -> None:
    agent: Zendesk = connector(desk, who="anna")
    ticket = str(desk.make("anna", **SHARED)["id"])
    pages = list(agent.changed_since(agent.start(desk_time(desk)), lambda ids: dict.fromkeys(ids, "")))
    assert all(not page.deltas for page in pages)
    assert ticket


# ---- events as they are described and seen in public, which the sandbox need not show


def _event(*children: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"id": 900, "ticket_id": 7, "created_at": "2026-11-25T10:00:00Z", "updater_id": 5, "event_type": "Audit"}
    return {**base, "via": "Web form", "metadata": {}, "child_events": list(children), **more}


def _change(**part: Any) -> dict[str, Any]:
    return {"id": 901, "via": "Web form", "via_reference_id": None, "event_type": "Change", **part}


def _told(event: dict[str, Any], read: Any) -> Any:
    parts = Parts(0)
    parts.take("7", event)
    if "7" in parts.unsure:
        return None
    audits = Audits(tuple(parts.told["7"].values()), behind=True)
    return history_of(audits, read, {})


def test_changes_stand_under_their_fields_own_names() -> None:
    from connectors.zendesk_house import ORDER, ORDER_FIELD, needs

    children = (
        _change(status="solved", previous_value="open"),
        _change(custom_ticket_fields={str(ORDER): "A-17"}, previous_value=None),
        _change(tags=["a", "b"], added_tags=["b"], removed_tags=["c"]),
        _change(priority="high", previous_value="low", via="Rule", via_reference_id=44),
        {"event_type": "Notification", "via": "Rule", "via_reference_id": 45, "subject": "mail"},
    )
    told = _told(_event(*children), needs())
    assert [(entry.field, entry.before, entry.after, entry.by_rule) for entry in told.entries] == [
        ("status", "open", "solved", False),
        (ORDER_FIELD, None, "A-17", False),
        ("tags", ["a", "c"], ["a", "b"], False),
        ("priority", "low", "high", True),
    ]


@pytest.mark.parametrize(
    "event",
    [
        _event(_change(status="open", previous_value="new"), event_type="Something"),
        _event(_change(status="open", priority="low", previous_value="new")),
        _event(_change(status="open")),
        _event(_change(previous_value="new")),
        _event(_change(status="open", previous_value="new", via="Elsewhere", via_reference_id=3)),
        _event({"event_type": "CommentPrivacyChange", "comment_id": 3, "public": False}),
        _event({"event_type": "NeverHeardOf"}),
        _event({"event_type": "Comment", "id": 3, "comment_present": True, "comment_public": True}),
        _event({"event_type": "Comment", "id": 3, "body": "x", "attachments": [], "public": None}),
        _event({"event_type": "Comment", "id": 3, "body": "x", "public": True}),
        _event({"event_type": "Comment", "id": 3, "body": "x", "attachments": [], "public": True, "audit_id": 899}),
    ],
)
def test_what_does_not_look_as_described_is_left_to_the_audits(event: dict[str, Any]) -> None:
    assert _told(event, None) is None


def test_what_a_delta_may_hold_in_memory_is_bounded() -> None:
    parts = Parts(0, held=64 * 1024 * 1024)
    parts.take("7", _event(_change(status="open", previous_value="new")))
    assert parts.unsure == {"7"}
    assert parts.touched == {"7": "2026-11-25T10:00:00Z"}
