# SPDX-License-Identifier: Apache-2.0
"""Reading tickets by id, whole and with what happened on them, and storing them piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from tandem.connectors.base import Delta, History, Record, Seen
from tandem.core.plan import DELETED
from tandem.pipeline.environment import End, Run
from tandem.pipeline.held import explained, held, whole
from tandem.pipeline.histories import histories_of
from tandem.pipeline.intake import store_ticket, told_deleted
from tandem.state import early, links, records, runs, succession
from tandem.state.store import Tx

STORED = 50  # tickets in one transaction: it must end long before the lease does, which it keeps from being renewed
NO_DELTAS: Mapping[str, Delta] = MappingProxyType({})


@dataclass
class Reading:
    """What was read of one side in this run."""

    read: set[str] = field(default_factory=set)  # tickets read by id, with what happened on them
    still: set[str] = field(default_factory=set)  # tickets read by id and found as they are held
    changed: int = 0
    events: int = 0
    compared: int = 0
    unseen: set[str] = field(default_factory=set)


def to_read(tx: Tx, run: Run, end: End, seen: Collection[Seen]) -> list[str]:
    """Of the tickets that a listing names: those without a link that are in scope, and those of another version."""
    known = {one.id: one for one in seen}
    of = links.member_states(tx, run.name, end.which, known)
    stored = records.newest_versions(tx, run.name, end.which, of)
    beside = succession.beside(tx, run.name, end.which, known)
    passed = early.among(tx, run.name, end.which, known) | beside.keys()  # their follow-ups stand for them
    wanted = []
    for one in known.values():
        if one.id in of:
            consumed, state = of[one.id]
            # What is stored and not consumed is pending: it is asked for by its id in any case.
            version = max(consumed or "", stored.get(one.id, "")) or None
            if (
                version is None
                or one.version > version
                or state == "unseen"
                or one.deleted
                or (state == "out" and one.in_scope)
            ):
                wanted.append(one.id)
        elif one.id in beside and not (beside[one.id].next or one.deleted):  # but for what is taken back on them
            wanted += [one.id] if one.version > beside[one.id].seen else []
        elif one.in_scope and not one.deleted and one.id not in passed:
            wanted.append(one.id)
    return wanted


def read_and_store(
    run: Run,
    end: End,
    ids: Sequence[str],
    reading: Reading,
    *,
    cursor: str | None,
    gone: Collection[str] = (),
    deltas: Mapping[str, Delta] = NO_DELTAS,
) -> None:
    """Read tickets, by id, and store them in pieces; the cursor that stands behind them goes with the last piece."""
    pieces = list(records.chunks(ids, end.caps.read_batch)) or ([()] if cursor is not None else [])
    for number, some in enumerate(pieces, start=1):
        found = {record.id: (record, history) for record, history in _read(run, end, some, deltas)}
        parts = list(records.chunks(some, STORED)) or [()]
        for part in parts:
            last = number == len(pieces) and part is parts[-1]
            there = [found[id_] for id_ in part if id_ in found]
            store(run, end, reading, there, part, gone=gone, cursor=cursor if last else None)
        if cursor is None:  # of a feed nobody knows how much is still to come
            run.env.progress(f"extract {end.offer.name}", min(number * end.caps.read_batch, len(ids)), len(ids))


def store(
    run: Run,
    end: End,
    reading: Reading,
    found: Sequence[tuple[Record, History | None]],
    asked: Collection[str],
    *,
    gone: Collection[str] = (),
    cursor: str | None = None,
) -> None:
    """Store in one transaction what was found of the tickets asked for, and the cursor that stands behind them."""
    missing = set(asked) - {record.id for record, _ in found}
    with run.store.begin(run.fence) as tx:
        for record, history in found:
            reading.events += store_ticket(tx, run, end, record, history)
        for ticket in missing:
            _store_missing(tx, run, end, ticket, ticket in gone)
        if cursor is not None:
            runs.set_side(tx, run.name, end.which, cursor=cursor, read_at=run.env.now())
    reading.read |= set(asked)
    reading.unseen |= missing


def _read(run: Run, end: End, ids: Sequence[str], deltas: Mapping[str, Delta]) -> list[tuple[Record, History | None]]:
    """Read tickets with what happened on them: whole, unless a delta reaches the version that a ticket shows."""
    if not ids:
        return []
    with run.store.read() as tx:
        parts = explained(tx, run, end, {id_: deltas[id_] for id_ in ids if id_ in deltas})
        before = held(tx, run, end, parts)
    reach = {id_: deltas[id_].version for id_ in parts if id_ in before or deltas[id_].whole}
    got = end.connector.fetch(ids, {id_: reach[id_] for id_ in before}, ahead=True)
    short = {one.id for one in got if one.in_scope and one.id in reach and one.version <= reach[one.id]}
    asked = with_histories(run, end, [one for one in got if one.id not in short])
    histories = {**{id_: parts[id_] for id_ in short}, **histories_of(end, asked)}
    # Without its history, as when it is hidden between the two calls, a version must not pass for one that was read.
    return [(whole(one, before), histories.get(one.id)) for one in got if one.id not in asked or one.id in histories]


def _store_missing(tx: Tx, run: Run, end: End, ticket: str, deleted: bool) -> None:
    """A ticket that cannot be read by id: deleted if the tracker itself says so, else merely unseen."""
    of = links.link_of(tx, run.name, end.which, [ticket])
    if ticket not in of:
        return
    state, reason = ("final", "deleted") if deleted else ("unseen", "not to be seen by our account")
    if links.member_states(tx, run.name, end.which, [ticket])[ticket][1] != state:
        links.update_member(tx, run.name, end.which, ticket, state=state, reason=reason)
    told_deleted(tx, run, end, ticket, deleted)
    links.update_links(tx, [of[ticket]], run.env.now(), pending=True)


def with_histories(run: Run, end: End, read: Sequence[Record]) -> list[str]:
    """Of tickets read by id, those of which it must be known what happened.

    Out of scope that is only what was taken back, of those of which something was sent and that changed since.
    """
    left = {one.id: one.version for one in read if not one.in_scope and one.final != DELETED}
    with run.store.read() as tx:
        linked = links.link_of(tx, run.name, end.which, left)
        stored = records.newest_versions(tx, run.name, end.which, linked)
        beside = succession.beside(tx, run.name, end.which, left)
    former = {id_: one.seen for id_, one in beside.items() if not one.next}
    known = {**dict.fromkeys(linked, ""), **stored, **former}
    return [one.id for one in read if one.in_scope or (one.id in known and _moved_on(one, known[one.id]))]


def _moved_on(now: Record, version: str) -> bool:
    return now.version > version or not now.settled
