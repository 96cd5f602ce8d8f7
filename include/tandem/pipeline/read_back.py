# SPDX-License-Identifier: Apache-2.0
"""Read tickets back that were just written, with what happened on them.

Where a tracker must be asked for the history of each ticket by itself, but tells in its feed, at once, what happened on
all of them, many are read by the feed. The cursor stays where it is: the next run reads the same again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tandem.connectors.base import Delta, History, Record
from tandem.core.plan import DELETED
from tandem.pipeline.environment import End, Run
from tandem.pipeline.held import explained, known
from tandem.pipeline.histories import histories_of
from tandem.state import records


def by_feed(run: Run, end: End, tickets: Collection[str]) -> dict[str, Delta]:
    """What the feed tells of these tickets since this run read it; nothing where that would not pay."""
    pays, cursor = end.caps.feed_pays, end.row["cursor"]
    if pays is None or cursor is None or len(tickets) < pays:
        return {}
    ask, wanted, held = known(run, end), set(tickets), dict[str, str]()

    def asked(ids: Collection[str]) -> Mapping[str, str]:
        told = ask(wanted & set(ids))
        held.update(told)
        return told

    return {
        id_: delta
        for page in end.connector.changed_since(str(cursor), asked)
        for id_, delta in page.deltas.items()
        if delta.whole or held.get(id_)
    }


def read_back(
    run: Run, end: End, tickets: Sequence[str], deltas: Mapping[str, Delta]
) -> dict[str, tuple[Record, History]]:
    """Read tickets by id; what happened on each is told by a delta that reaches it, or else by its history."""
    read: dict[str, Record] = {}
    for part in records.chunks(tickets, end.caps.fetch_batch):
        read |= {record.id: record for record in end.connector.fetch(part, ahead=True)}
    reach = {
        id_: deltas[id_]
        for id_, record in read.items()
        if id_ in deltas and record.in_scope and not record.final and record.version <= deltas[id_].version
    }
    with run.store.read() as tx:
        told = explained(tx, run, end, reach)
    asked = [id_ for id_, record in read.items() if record.final != DELETED and id_ not in told]
    histories = {**told, **(histories_of(end, asked) if asked else {})}
    return {
        ticket: (record, _looked_at(record, histories.get(ticket)))
        for ticket, record in read.items()
        if ticket in histories or record.final == DELETED  # else it is not to be seen now
    }


def _looked_at(record: Record, history: History | None) -> History:
    """Of a ticket out of scope nothing is to be looked at, but that something was taken back there."""
    if record.in_scope and history is not None:
        return history
    nothing = History((), (), (), inside=False)
    return nothing if history is None else replace(history, entries=(), comments=(), files=(), inside=False, away=None)
