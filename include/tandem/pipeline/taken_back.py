# SPDX-License-Identifier: Apache-2.0
"""What was taken back at its origin after it was sent: comments made private or blacked out, files blacked out.

It is told wherever its ticket stands by then: in scope or out of it, current or gone on in a follow-up. That something
was taken back is no news of the ticket: of what it says nothing leaves by that.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from tandem.connectors.base import Comment, History, Record
from tandem.core.plan_later import REMOVED, TAKEN_BACK, WITHDRAWN, WITHHELD
from tandem.core.values import Json
from tandem.pipeline.environment import End, Run
from tandem.pipeline.rewrite import text_hash
from tandem.state import editions, links, origins, records, succession, twins
from tandem.state.records import Happened
from tandem.state.store import Tx
from tandem.state.twins import Twin

STAYS = "not to be read any more: its twin stays"
UNSURE = timedelta(seconds=5)
"""What was blacked out so shortly before a reading may have been missed by it: two clocks, stamps of whole seconds."""


def taken_back(
    tx: Tx, run: Run, end: End, record: Record, history: History, link: str, since: datetime | None
) -> list[Happened]:
    """Tell what was taken back of what was sent.

    ``since``: when the ticket was last read in scope before. What a reading in scope tells of a blacked out comment is
    judged by what it still says (:func:`blacked_out`).
    """
    known = records.known_event_keys(tx, run.name, end.which, record.id)
    told: list[Happened] = []
    for id_ in _sent(tx, end, "comment", history.hidden):
        told += hidden(tx, run, end, record, twins_at_other_side(tx, run, end, link, "comment", id_), id_, known)
    untold = history.blacked_out.keys() - {comment.id for comment in history.comments}
    for id_ in _sent(tx, end, "comment", untold - history.hidden):
        at = history.blacked_out[id_]
        read = any(key.startswith(f"redacted:{id_}:{at.isoformat()}") for key in known)
        if not read and is_later(end, at, since) and twins_at_other_side(tx, run, end, link, "comment", id_):
            told.append(_whole(end, id_, at))
    told += removed(tx, run, end, record, link, history.files_taken_back)
    told += _description(tx, run, end, record, history, link, since)
    return told or _deleted_files(tx, run, end, record, history, link, known)


def hidden(
    tx: Tx, run: Run, end: End, record: Record, there: Collection[Twin], id_: str, known: Collection[str]
) -> list[Happened]:
    """Tell that a comment was made private after it was sent to where these copies of it stand."""
    if _all_back(there) or any(twins.was_private(tx, twin.origin) for twin in there):
        return []
    edits = sum(key.startswith(f"edited:{id_}:") for key in known)
    content: dict[str, Json] = {"native": id_}
    if _sent(tx, end, "comment", [id_]):
        content["edition"] = editions.seen(tx, end.system, id_, twins.WITHDRAWN).content()
    return [Happened(f"withdrawn:{id_}:{edits}", WITHDRAWN, "", end.our_time(record.updated_at), content)]


def copies_beyond(tx: Tx, run: Run, end: End, link: str, native: str) -> list[Twin]:
    """Read the copies that stand at the other side of what another pair wrote here."""
    of = origins.origin_at(tx, end.system, "comment", native)
    tickets = succession.tickets_of(tx, run.name, link, end.which.other)
    return twins.twins_of(tx, of, run.end(end.which.other).system, tickets, "comment") if of is not None else []


def _description(
    tx: Tx, run: Run, end: End, record: Record, history: History, link: str, since: datetime | None
) -> list[Happened]:
    """Tell that the description was taken back where no field shows it: out of scope, or on a ticket gone on from.

    In scope what is left of it is merged like any change of the field. That of a follow-up never went.
    """
    at = history.description_taken_back
    if at is None or not is_later(end, at, since) or not _sent(tx, end, "ticket", [record.id]):
        return []
    current = record.id in links.link_of(tx, run.name, end.which, [record.id])
    if (history.inside and current) or record.follows in succession.tickets_of(tx, run.name, link, end.which):
        return []
    return [Happened(f"withheld:{at.isoformat()}", WITHHELD, "", end.our_time(at), {})]


def _deleted_files(
    tx: Tx, run: Run, end: End, record: Record, history: History, link: str, known: Collection[str]
) -> list[Happened]:
    """Note files that were sent and are not there any more: their copies stay."""
    if not (history.whole and history.inside) or end.offer.attachments is None:
        return []
    still = records.open_events(tx, run.name, end.which, [record.id]).get(record.id, [])
    if any(event.kind in TAKEN_BACK for event in still):
        return []  # they may go with their comment
    gone = {key[5:] for key in known if key.startswith("file:")} - {file.id for file in history.files}
    stay = [
        id_
        for id_ in _sent(tx, end, "file", gone - history.files_taken_back)
        if not _all_back(twins_at_other_side(tx, run, end, link, "file", id_))
    ]
    at = end.our_time(record.updated_at)
    return [Happened(f"deleted-file:{id_}", "file", "", at, {}, state="noted", reason=STAYS) for id_ in stay]


def blacked_out(
    tx: Tx, run: Run, end: End, link: str, comment: Comment, read: Happened, since: datetime | None
) -> list[Happened]:
    """Tell that a comment was blacked out in part: what it still says may stay, as far as it is known what it said."""
    there = twins_at_other_side(tx, run, end, link, "comment", comment.id)
    if not there or comment.edited_at is None:
        return []
    said = text_hash(run, end, comment.body)
    if there[-1].said is None:
        return [_whole(end, comment.id, comment.edited_at)] if is_later(end, comment.edited_at, since) else []
    if all(twin.withdrawn or twin.said == said for twin in there):
        return []
    key = f"redacted:{comment.id}:{comment.edited_at.isoformat()}:{said[:8]}"
    content = {**read.content, "edition": editions.seen(tx, end.system, comment.id, said).content()}
    return [Happened(key, WITHDRAWN, comment.order, end.our_time(comment.edited_at), content)]


def removed(tx: Tx, run: Run, end: End, record: Record, link: str, files: Collection[str]) -> list[Happened]:
    """Tell of files that were sent and of which nothing may be left at the other side."""
    told = []
    for id_ in _sent(tx, end, "file", files):
        there = twins_at_other_side(tx, run, end, link, "file", id_)
        if not _all_back(there) and not twins.was_private(tx, there[0].origin):
            at = end.our_time(record.updated_at)
            told.append(Happened(f"withdrawn-file:{id_}", REMOVED, "", at, {"native": id_}))
    return told


def twins_at_other_side(tx: Tx, run: Run, end: End, link: str, kind: str, native: str) -> list[Twin]:
    """Read the copies of what people wrote here, on whichever of the link's tickets they stand.

    There are none of what was never sent, even in part; and what is a copy itself is no origin.
    """
    of = origins.origin_at(tx, end.system, kind, native)
    if of is None or not _sent(tx, end, kind, [native]):
        return []
    tickets = succession.tickets_of(tx, run.name, link, end.which.other)
    return twins.twins_of(tx, of, run.end(end.which.other).system, tickets, kind)


def is_later(end: End, at: datetime, since: datetime | None) -> bool:
    """Tell whether something may have happened after a ticket was last read in scope."""
    return since is None or end.our_time(at) + UNSURE >= since


def _sent(tx: Tx, end: End, kind: str, natives: Collection[str]) -> list[str]:
    """Of these, what people wrote here and what was, at least in part, sent: it has an origin, and no write made it."""
    return sorted(id_ for id_, action in origins.present(tx, end.system, kind, natives).items() if action is None)


def _all_back(there: Collection[Twin]) -> bool:
    return all(twin.withdrawn for twin in there)


def _whole(end: End, id_: str, at: datetime) -> Happened:
    content: dict[str, Json] = {"native": id_}
    return Happened(f"redacted:{id_}:{at.isoformat()}:whole", WITHDRAWN, "", end.our_time(at), content)
