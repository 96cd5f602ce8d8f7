# SPDX-License-Identifier: Apache-2.0
"""What became of comments and files after they were first read: edited, withdrawn, deleted.

What still waits is sent as it reads now, or not at all. What was sent has a twin: an edit, and that a text may not be
read any more, are events of their own. A twin that people changed is theirs.
"""

from __future__ import annotations

from datetime import datetime

from tandem.connectors.base import Comment, History, Record
from tandem.core.doc import normalise
from tandem.core.plan import NOT_ANY_MORE
from tandem.core.values import same
from tandem.pipeline.environment import End, Run
from tandem.pipeline.policy import FILES, PRIVATE, PUBLIC, offered_kinds
from tandem.state import actions, links, records
from tandem.state.records import Event, Happened
from tandem.state.store import Tx

OUTSIDE = "changed outside the scope"
GONE = "deleted, redacted or made private before it was sent"


def later_on(
    tx: Tx, run: Run, end: End, record: Record, history: History, happened: list[Happened], changed: set[str]
) -> list[Happened]:
    """Bring what waits up to date, and tell what became of what was sent. ``changed`` was written anew out of scope."""
    now = {one.key: one for one in happened if one.kind in ("comment", "file")}
    waiting = {
        event.key: event
        for event in records.open_events(tx, run.name, end.which, [record.id]).get(record.id, [])
        if event.key.startswith(("comment:", "file:", "edited:"))
    }
    for event in waiting.values():
        _refresh(tx, run, end, event, now, history, changed)
    known = records.known_event_keys(tx, run.name, end.which, record.id)
    told = []
    for comment in history.comments:
        key = f"comment:{comment.id}"
        if comment.edited_at is not None and key in known and key not in waiting:
            told += _edited(tx, run, end, record.id, comment, now[key], outside=key in changed)
    if history.whole and record.in_scope and end.offer.comments.out != "none":
        gone = {key for key in known if key.startswith("comment:") and key not in now and key not in waiting}
        for key in sorted(gone):
            told.append(_gone(tx, end, key.removeprefix("comment:"), record.updated_at, history))
    return told


def _refresh(
    tx: Tx, run: Run, end: End, event: Event, now: dict[str, Happened], history: History, changed: set[str]
) -> None:
    about = event.key if not event.key.startswith("edited:") else f"comment:{event.content.get('native')}"
    if about in changed:
        records.set_events(tx, [event.id], "dropped", OUTSIDE, run=run.job.run_id)
    elif about in now:
        apart = {"apart": True} if event.content.get("apart") else {}
        records.refresh(tx, event.id, {**now[about].content, **apart})
    elif history.whole:
        why = NOT_ANY_MORE if _unoffered(end, event) else GONE
        records.set_events(tx, [event.id], "dropped", why, run=run.job.run_id)


def _unoffered(end: End, event: Event) -> bool:
    """Tell whether the contract in force offers nothing of this kind any more."""
    if event.kind == "file":
        return FILES not in offered_kinds(end.offer)
    kind = PUBLIC if event.content.get("public") is True else PRIVATE
    return kind not in offered_kinds(end.offer)


def _edited(
    tx: Tx, run: Run, end: End, ticket: str, comment: Comment, now: Happened, *, outside: bool
) -> list[Happened]:
    """An edit of a comment that was sent. Of a copy it is people's, unless it reads as we wrote it last."""
    assert comment.edited_at is not None
    key = f"edited:{comment.id}:{comment.edited_at.isoformat()}"[:200]
    at = end.our_time(comment.edited_at)
    if now.state == "echo":
        of = links.link_of(tx, run.name, end.which, [ticket])[ticket]
        meant = actions.edits_meant(tx, of, end.which, comment.id)
        written = [actions.body_of(tx, links.written_by(tx, end.system, "comment", comment.id)), *meant]
        if comment.body is None or any(body is None or reads_as(end, comment.body, body) for body in written):
            return []
        return [Happened(key, "edited", "", at, {}, state="noted", reason="a copy that people changed is theirs")]
    if outside:
        return [Happened(key, "edited", "", at, {}, state="dropped", reason=OUTSIDE)]
    return [Happened(key, "edited", "", at, {**now.content, "native": comment.id, "files": []})]


def _gone(tx: Tx, end: End, comment: str, at: datetime, history: History) -> Happened:
    """A comment that was sent and cannot be read any more: withdrawn if it is still there, else deleted."""
    copy = links.present(tx, end.system, "comment", [comment]).get(comment) is not None
    moment = end.our_time(at)
    if comment in history.withdrawn and not copy:
        origin = links.origin_at(tx, end.system, "comment", comment)
        if origin is not None and links.is_private(tx, origin):  # nobody made it so: the contract offers less now
            return Happened(f"deleted:{comment}"[:200], "comment", "", moment, {}, state="noted", reason=NOT_ANY_MORE)
        if origin is not None:
            actions.forget_bodies(tx, links.written_for(tx, origin))
        return Happened(f"withdrawn:{comment}"[:200], "withdrawn", "", moment, {"native": comment})
    why = "not to be read any more: its twin stays"
    return Happened(f"deleted:{comment}"[:200], "comment", "", moment, {}, state="noted", reason=why)


def reads_as(end: End, one: object, other: object) -> bool:
    """Tell whether two native texts of a tracker are one to their readers."""
    left, right = (normalise(end.connector.markup.parse(text).doc) for text in (one, other))  # type: ignore[arg-type]
    return same(left, right)
