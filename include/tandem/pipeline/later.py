# SPDX-License-Identifier: Apache-2.0
"""What became of comments and files since they were first read: edited, hidden, blacked out, deleted.

One that still waits is sent as it reads now, or not at all. Of one that has its twin an edit, or that it was taken
back, is an event of its own. What people do to a twin is theirs: it is noted, shown, and never travels back. That a
comment was deleted is noted; nothing follows from what is absent from a part of a history.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tandem.connectors.base import Comment, History, Record
from tandem.core.plan import NOT_ANY_MORE
from tandem.core.plan_later import EDITED
from tandem.core.values import Json
from tandem.pipeline.copied import THEIRS, under_way
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.onward import PRIVATE_THERE, withdrawn_here
from tandem.pipeline.outside import CHANGED_OUTSIDE, changed_outside
from tandem.pipeline.overflow import OUTDATED, is_outdated, is_rest
from tandem.pipeline.policy import FILES, PRIVATE, PUBLIC, offered_kinds
from tandem.pipeline.rewrite import text_hash
from tandem.pipeline.taken_back import STAYS, blacked_out, copies_beyond, hidden, removed, twins_at_other_side
from tandem.state import actions, editions, links, origins, records, twins
from tandem.state.records import Event, Happened
from tandem.state.store import Tx
from tandem.state.twins import Twin

UNSENT = "deleted, redacted or made private before it was sent"
AWAY = "a comment is shown again, and its file stays taken back: attach it anew to send it"


def later_on(
    tx: Tx,
    run: Run,
    end: End,
    record: Record,
    history: History,
    happened: list[Happened],
    changed: set[str],
    since: datetime | None,
) -> list[Happened]:
    """Bring what waits up to date, and tell what is new of comments that were read before.

    ``changed``: keys of what was written anew out of scope. ``since``: when the ticket was read in scope before.
    """
    link = links.link_of(tx, run.name, end.which, [record.id])[record.id]
    now = {one.key: one for one in happened if one.kind in ("comment", "file")}
    still = records.open_events(tx, run.name, end.which, [record.id]).get(record.id, [])
    waiting = {event.key: event for event in still if event.kind in ("comment", "file") and not is_rest(event)}
    _outdated(tx, run, end, record, [event for event in still if is_rest(event)])
    known = records.known_event_keys(tx, run.name, end.which, record.id)
    dropped = _waiting(tx, run, end, history, waiting, now, changed)
    files = [str(name) for event in dropped for name in _files_of(event)]
    told = removed(tx, run, end, record, link, files)  # they went ahead of a comment that does not follow
    for comment in history.comments:
        key = f"comment:{comment.id}"
        if key not in known or key in waiting:
            continue
        if now[key].state == "echo":
            told += _at_twin(tx, run, end, record, comment)
        elif _taken_from_copy(tx, end, comment, now[key]):
            told += hidden(tx, run, end, record, copies_beyond(tx, run, end, link, comment.id), comment.id, known)
        elif (again := _shown_again(tx, run, end, link, comment, now[key], known)) is not None:
            told.append(again)
        elif _may_be_edited(end, comment):
            if comment.redacted and twins_at_other_side(tx, run, end, link, "comment", comment.id):
                told += blacked_out(tx, run, end, link, comment, now[key], since)
                continue
            told += _at_origin(tx, run, end, record, comment, now[key], still, known, outside=key in changed)
    if history.whole and record.in_scope and end.offer.comments.out != "none":
        seen = {comment.id for comment in history.comments}
        _dismiss(tx, run, still, seen)
        before = {key[8:] for key in known if key.startswith("comment:") and key not in waiting}
        gone = before - seen - history.hidden
        told += [_noted(f"deleted:{id_}", record.updated_at, end, STAYS) for id_ in sorted(gone)]
    return told


def _taken_from_copy(tx: Tx, end: End, comment: Comment, read: Happened) -> bool:
    """Tell whether what another pair wrote here was taken back, by it or by people: what is beyond follows."""
    if read.reason == PRIVATE_THERE:
        return True
    return "by" in read.content and (comment.redacted or withdrawn_here(tx, end.system, comment.id))


def _shown_again(
    tx: Tx, run: Run, end: End, link: str, comment: Comment, read: Happened, known: set[str]
) -> Happened | None:
    """What another pair wrote here stands here still, or again, and was taken back beyond while it was hidden.

    Each time it was taken back it may come back once.
    """
    edition = editions.kept(read.content)
    times = sum(key.startswith(f"withdrawn:{comment.id}:") for key in known)
    if "by" not in read.content or "theirs" in read.content or read.kind != "comment" or not times or edition is None:
        return None
    there = copies_beyond(tx, run, end, link, comment.id)
    if not there or not all(twin.withdrawn for twin in there):
        return None
    if not editions.is_news(tx, edition, there[-1], run.name, None):
        return None
    key = f"edited:{comment.id}:shown{times}:{edition.said[:8]}"
    cause = editions.shown_again(there[-1].origin, edition, times)
    return Happened(key, EDITED, comment.order, run.env.now(), read.content, cause=cause)


def _waiting(
    tx: Tx,
    run: Run,
    end: End,
    history: History,
    waiting: Mapping[str, Event],
    now: Mapping[str, Happened],
    changed: set[str],
) -> list[Event]:
    """Bring up to date what waits. Return the comments that will not go because they were made private."""
    under_way: set[int] | None = None
    hidden: list[Event] = []
    for key, event in waiting.items():
        if key in changed:
            records.set_events(tx, [event.id], "dropped", CHANGED_OUTSIDE, run=run.job.run_id)
        elif key in now and now[key].state == "noted":
            records.set_events(tx, [event.id], "dropped", UNSENT, run=run.job.run_id)
        elif key in now:
            records.refresh(tx, event.id, now[key].content)
        elif history.whole:
            if under_way is None:
                under_way = {id_ for one in actions.in_state(tx, run.name, ["sent"]) for id_ in _carried(one)}
            if event.id not in under_way:  # of a write whose answer was lost it is not known yet whether it went
                why = NOT_ANY_MORE if _unoffered(end, event) else UNSENT
                records.set_events(tx, [event.id], "dropped", why, run=run.job.run_id)
                hidden += [event] if event.content.get("native") in history.hidden else []
    return hidden


def _outdated(tx: Tx, run: Run, end: End, record: Record, rests: list[Event]) -> None:
    """End what waits of a text that reads otherwise by now, but for writes whose answer was lost."""
    late = [event.id for event in rests if is_outdated(run, end, record, event)]
    if late:
        under_way = {id_ for one in actions.in_state(tx, run.name, ["sent"]) for id_ in _carried(one)}
        gone = [id_ for id_ in late if id_ not in under_way]
        records.set_events(tx, gone, "superseded", OUTDATED, run=run.job.run_id)


def _files_of(event: Event) -> list[Json]:
    files = event.content.get("files")
    return files if isinstance(files, list) else []


def _unoffered(end: End, event: Event) -> bool:
    """Tell whether the contract in force offers nothing of this kind any more."""
    if event.kind == "file":
        return FILES not in offered_kinds(end.offer)
    kind = PUBLIC if event.content.get("public") is True else PRIVATE
    return kind not in offered_kinds(end.offer)


def _carried(one: actions.Action) -> list[int]:
    ids = one.content.get("carries")
    return [int(str(id_)) for id_ in (ids if isinstance(ids, list) else [])]


def _at_origin(
    tx: Tx,
    run: Run,
    end: End,
    record: Record,
    comment: Comment,
    read: Happened,
    still: list[Event],
    known: set[str],
    *,
    outside: bool,
) -> list[Happened]:
    """A comment of people's that reads otherwise than what its twin says of it.

    ``outside``: it was written so out of scope, and does not go as it reads. Written anew in scope, it does. Where a
    tracker tells of no edits, a comment was edited if it reads otherwise; of one without a twin nobody knows.
    """
    said = text_hash(run, end, comment.body)
    a_copy = "by" in read.content
    edited_at, which = comment.edited_at or run.env.now(), _number(comment, said, known)
    key = f"edited:{comment.id}:{which}:{said[:8]}"
    there = _twins(tx, run, end, record, comment.id)
    if comment.edited_at is None and (not there or there[-1].said is None or (key in known and there[-1].said != said)):
        return []
    if not there:
        asked = (tx, run.name, end.which, record.id, f"comment:{comment.id}")
        if not outside and records.reopen(*asked, (UNSENT, CHANGED_OUTSIDE), read.content):
            return []
        return [_noted(key, edited_at, end, "its comment was not sent")]
    if there[-1].said is None:
        return [_noted(key, edited_at, end, "an edit of a comment that was exchanged before Tandem kept its text")]
    edition = editions.kept(read.content)
    if a_copy and (edition is None or "theirs" in read.content):
        return [_noted(key, edited_at, end, THEIRS)]
    if edition is None:
        edition = editions.seen(tx, end.system, comment.id, said, keep=not outside)
    if not editions.is_news(tx, edition, there[-1], run.name, said):  # as it was sent, or edited back
        editions.agree(tx, edition, there[-1], run.end(end.which.other).system)
        back = [event.id for event in still if event.kind == EDITED and event.content.get("native") == comment.id]
        records.set_events(tx, back, "superseded", "it reads again as it was sent", run=run.job.run_id)
        return []
    content = {**read.content, "edition": edition.content()}
    cause = editions.cause_of(there[-1].origin, edition)
    told = Happened(key, EDITED, comment.order, end.our_time(edited_at), content, cause=cause)
    if all(twin.withdrawn for twin in there):
        return [changed_outside(told) if outside else told, *_files_stay_away(tx, run, end, record, comment, known)]
    return [changed_outside(told) if outside else told]


def _files_stay_away(tx: Tx, run: Run, end: End, record: Record, comment: Comment, known: set[str]) -> list[Happened]:
    """Tell which files do not come back with a comment that is shown again: what was taken back is gone there."""
    link = links.link_of(tx, run.name, end.which, [record.id])[record.id]
    told = []
    for id_ in comment.files:
        there = twins_at_other_side(tx, run, end, link, "file", id_)
        key = f"shown-file:{id_}"
        if there and all(twin.withdrawn for twin in there) and key not in known:
            log.warning("%s %s: %s", end.offer.name, record.key, AWAY)
            told.append(_noted(key, comment.edited_at or record.updated_at, end, AWAY))
    return told


def _may_be_edited(end: End, comment: Comment) -> bool:
    return comment.edited_at is not None or end.caps.reread_every is not None


def _number(comment: Comment, said: str, known: set[str]) -> str:
    """Tell one edit of a comment from its others: by its time or, where nobody tells it, by how many there were.

    What reads as after the last one that is known is that one.
    """
    if comment.edited_at is not None:
        return comment.edited_at.isoformat()
    start = f"edited:{comment.id}:"
    before = sum(key.startswith(start) for key in known)
    return str(before - 1 if f"{start}{before - 1}:{said[:8]}" in known else before)


def _at_twin(tx: Tx, run: Run, end: End, record: Record, comment: Comment) -> list[Happened]:
    """What people did to a copy of ours. It is theirs; the origin is not touched."""
    twin = twins.twin_at(tx, end.system, comment.id)
    if twin is None or twin.withdrawn:
        return []
    moment = comment.edited_at or record.updated_at
    if comment.redacted:
        return [_theirs(f"redacted:{comment.id}:{moment.isoformat()}", moment, end, record, "blacked out at the twin")]
    if _may_be_edited(end, comment) and twin.wrote is not None and not _ours(tx, run, end, comment, twin):
        which = moment.isoformat() if comment.edited_at is not None else text_hash(run, end, comment.body)[:8]
        return [_theirs(f"edited:{comment.id}:{which}", moment, end, record, THEIRS)]
    if not comment.public and twins.was_public(tx, twin):
        return [_theirs(f"hidden:{comment.id}", moment, end, record, "made private at the twin")]
    return []


def _ours(tx: Tx, run: Run, end: End, comment: Comment, twin: Twin) -> bool:
    """Tell whether a twin reads as we last wrote it, an edit of which we do not know yet whether it went included."""
    shown = text_hash(run, end, comment.body)
    return shown == twin.wrote or under_way(tx, comment.id, shown) is not None


def _theirs(key: str, at: datetime, end: End, record: Record, why: str) -> Happened:
    log.warning("%s %s: a comment of ours: %s; its origin is not touched", end.offer.name, record.key, why)
    return _noted(key, at, end, why)


def _dismiss(tx: Tx, run: Run, still: list[Event], seen: set[str]) -> None:
    """An edit that waits, of a comment that is not to be read any more, is not sent."""
    late = [event.id for event in still if event.kind == EDITED and event.content.get("native") not in seen]
    records.set_events(tx, late, "dropped", UNSENT, run=run.job.run_id)


def _twins(tx: Tx, run: Run, end: End, record: Record, comment: str) -> list[Twin]:
    of = origins.origin_at(tx, end.system, "comment", comment)
    link = links.link_of(tx, run.name, end.which, [record.id]).get(record.id)
    if of is None or link is None:
        return []
    member = links.links(tx, run.name, ids=[link])[link].members.get(end.which.other)
    return twins.twins_of(tx, of, run.end(end.which.other).system, [member.ticket]) if member else []


def _noted(key: str, at: datetime, end: End, why: str) -> Happened:
    return Happened(key[:200], "comment", "", end.our_time(at), {}, state="noted", reason=why)
