# SPDX-License-Identifier: Apache-2.0
"""Which tickets a pair leaves out because they were there before it began: ids alone are kept of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tandem.connectors.base import Record
from tandem.pipeline.environment import End, Run, log
from tandem.state import early, records, runs


def left_out_of(run: Run, end: End, created: Mapping[str, datetime], since: datetime) -> set[str]:
    """Of tickets (id → when it was made), those that ``start`` does not take. ``since`` is what it calls now.

    Both times are the tracker's.
    """
    start = run.pair.start
    if start == "all":
        return set()
    if start == "open":
        return _over(end, created)
    first = since if start == "now" else _midnight(start, end)
    return {id_ for id_, at in created.items() if at < first}


def widened(run: Run, end: End, started_at: datetime) -> list[str]:
    """Take up what a wider ``start`` takes of the tickets that were left out. A narrower one gives none back."""
    with run.store.read() as tx:
        passed = early.every(tx, run.name, end.which)
    there: dict[str, Record] = {}
    for some in records.chunks(sorted(passed), end.caps.fetch_batch):
        there |= {record.id: record for record in end.connector.fetch(some)}
    created = {id_: record.created_at for id_, record in there.items()}
    began = started_at + timedelta(seconds=end.offset)
    taken = sorted(there.keys() - left_out_of(run, end, created, began))
    with run.store.begin(run.fence) as tx:
        early.take_out(tx, run.name, {end.which: taken})
        runs.set_side(tx, run.name, end.which, start=str(run.pair.start))
    if taken:
        log.info("%s: a wider start takes %d tickets more", end.offer.name, len(taken))
    return taken


def _midnight(day: object, end: End) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=ZoneInfo(end.offer.zone))


def _over(end: End, ids: Collection[str]) -> set[str]:
    """Of tickets, those that are solved or take no more, or of which that cannot be told."""
    over: set[str] = set()
    for some in records.chunks(sorted(ids), end.caps.fetch_batch):
        for record in end.connector.fetch(some):
            if record.final or not record.in_scope or _solved(end, record):
                over.add(record.id)
    return over


def _solved(end: End, record: Record) -> bool:
    if end.rule("status") is None:
        return False
    rule = end.rule_for("status", record)
    choices = end.terms(rule.native).choices
    solved = {choices.id_of(name) for hub in ("solved", "closed") for name in rule.map.get(hub, ())}
    return str(record.fields.get(rule.native)) in solved
