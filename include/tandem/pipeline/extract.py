# SPDX-License-Identifier: Apache-2.0
"""Extract: read what changed on both sides since the cursors, and store it with its events.

A page is stored in pieces, each of them tickets with all that was read of them in one transaction; the cursor moves
with the last piece, so that it never stands ahead of what is stored. What is stored makes its link *pending*; a pending
link is read by id in each run until nothing of it is open, so nothing that an index hid, a crash interrupted or a
quarantine held is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from tandem.config.needs import needs
from tandem.config.scope_ids import Bound, by_ids
from tandem.connectors.base import Delta, Preflight, Record
from tandem.core.rules import Which
from tandem.errors import ConfigurationError, Problem
from tandem.pipeline import follow_up
from tandem.pipeline.dictionary import NO_CHOICE, bound_scope, keep_dictionary, load_dictionary, unknown_statuses
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.held import held, known
from tandem.pipeline.histories import histories_of
from tandem.pipeline.policy import note_offers
from tandem.pipeline.reading import Reading, read_and_store, store, to_read, with_histories
from tandem.pipeline.start import left_out_of, widened
from tandem.pipeline.wake import read_woken
from tandem.state import early, links, records, runs, stages
from tandem.state.store import from_db

PREFLIGHT_EVERY = timedelta(hours=1)


def read_sides(run: Run) -> dict[str, dict[str, int]]:
    """Bring both sides up to date and take up the tickets of this run. Return counts by side."""
    readings = {which: Reading() for which in Which}
    for which, end in run.ends.items():
        preflight(run, end)
        note_offers(run, end)
        _start(run, end, readings[which])
    for which, end in run.ends.items():
        _changes(run, end, readings[which])
    follow_up.move_on(run)
    for which, end in run.ends.items():
        _pending(run, end, readings[which])
        read_woken(run, end, readings[which])
        _sweep(run, end, readings[which])
        if run.job.window:
            _window(run, end, readings[which], run.job.window)
    _take_up(run, readings)
    return {
        which.value: {
            "changed": reading.changed,
            "events": reading.events,
            "compared": reading.compared,
            "unseen": len(reading.unseen),
        }
        for which, reading in readings.items()
    }


def preflight(run: Run, end: End) -> None:
    """Ask the tracker about itself, at most once an hour, and when the contract names a field that it did not."""
    now, at, asked = run.env.now(), end.row["preflight_at"], needs(end.offer)
    told = end.dictionary.keys()
    if at is not None and now - from_db(at) < PREFLIGHT_EVERY and told and told >= asked.read | asked.write:
        return
    bindings = end.row["bindings"] or {}
    found, wrong = _asked(end, bindings)
    if wrong and end.bound:  # the ids may be gone, and what has the names now is meant
        _connect(run, end, {})
        found, wrong = _asked(end, bindings)
    if wrong:
        raise ConfigurationError(wrong, where=end.offer.name)
    with run.store.begin(run.fence) as tx:
        for notice in keep_dictionary(tx, run.name, end, found, now):
            log.warning("%s %s", end.offer.name, notice)
        bound = bound_scope(tx, run.name, end.which)
    _connect(run, end, bound)


def _asked(end: End, bindings: Mapping[str, Mapping[str, str]]) -> tuple[Preflight, list[Problem]]:
    """Ask the tracker about itself, and say what keeps us from working with it."""
    found = end.connector.preflight()
    wrong = [problem for problem in found.problems if not problem.warning and problem.code != NO_CHOICE]
    # The connector knows no bindings: what it says of names is true only of those that were never bound.
    if any(problem.code == NO_CHOICE for problem in found.problems):
        wrong += unknown_statuses(end, found, bindings)
    return found, wrong


def _connect(run: Run, end: End, bound: Bound) -> None:
    """Log in anew where the scope goes by other ids than it did."""
    if bound != end.bound:
        end.bound = bound
        end.connector = run.env.connect(by_ids(end.offer, bound))
        end.recall(end.learnt)


def _start(run: Run, end: End, reading: Reading) -> None:
    """At the first run: set the cursor, note by id alone what is in scope and not to be taken, and read the rest.

    Until all of it is stored a sweep is due, so that a run that died in the middle is taken up by the next.
    """
    if end.row["started_at"] is not None:
        if end.row["start"] != str(run.pair.start):
            read_and_store(run, end, widened(run, end, from_db(end.row["started_at"])), reading, cursor=None)
        return
    tracker_now = run.env.now() + timedelta(seconds=end.offset)
    cursor = end.connector.start(run.env.now())
    seen = [one for page in end.connector.in_scope() for one in page.seen if one.in_scope]
    left_out = left_out_of(run, end, {one.id: one.created_at for one in seen}, tracker_now)
    now, taken = run.env.now(), {one.id for one in seen} - left_out
    with run.store.begin(run.fence) as tx:
        early.put(tx, run.name, end.which, sorted(left_out))
        start, swept = str(run.pair.start), None if taken else now
        runs.set_side(tx, run.name, end.which, cursor=cursor, started_at=now, swept_at=swept, start=start)
    if taken:
        read_and_store(run, end, sorted(taken), reading, cursor=None)
        with run.store.begin(run.fence) as tx:
            runs.set_side(tx, run.name, end.which, swept_at=now)
    with run.store.read() as tx:
        load_dictionary(tx, run.name, end)


def _changes(run: Run, end: End, reading: Reading) -> None:
    """Follow the tracker's feed of changes from the cursor."""
    for page in _pages(run, end, str(end.row["cursor"])):
        wanted = list(page.wanted)
        reading.changed += len(wanted)
        read_and_store(run, end, wanted, reading, cursor=page.cursor, gone=page.gone, deltas=page.deltas)
        run.env.progress(f"extract {end.offer.name}", reading.changed, 0)


@dataclass
class Wanted:
    """Of one or more pages of a listing, what must be read."""

    wanted: dict[str, None] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    deltas: dict[str, Delta] = field(default_factory=dict)
    cursor: str | None = None


def _pages(run: Run, end: End, cursor: str) -> Iterator[Wanted]:
    """Put short pages of the feed together, so that as many tickets are read at once as the tracker reads best."""
    more = Wanted()
    for page in end.connector.changed_since(cursor, known(run, end)):
        with run.store.read() as tx:
            more.wanted |= dict.fromkeys(to_read(tx, run, end, page.seen))
        more.gone |= {one.id for one in page.seen if one.deleted}
        more.deltas |= page.deltas
        more.cursor = page.cursor
        if len(more.wanted) >= end.caps.read_batch:
            yield more
            more = Wanted()
    if more.cursor is not None:
        yield more


def _pending(run: Run, end: End, reading: Reading) -> None:
    """Read by id what is still open from earlier runs, and what faces a change: their histories where they moved."""
    with run.store.read() as tx:
        ids = links.pending_tickets(tx, run.name, end.which)
    waiting = [id_ for id_ in ids if id_ not in reading.read]
    for some in records.chunks(waiting, end.caps.read_batch):
        with run.store.read() as tx:
            before = held(tx, run, end, some)
        got = end.connector.fetch(some, {id_: one.version for id_, one in before.items()})
        still = {one.id for one in got if one.id in before and _as_held(one, before[one.id])}
        reading.still |= still
        moved = [one for one in got if one.id not in still]
        asked = with_histories(run, end, moved)
        histories = histories_of(end, asked)
        found = [(one, histories.get(one.id)) for one in moved if one.id not in asked or one.id in histories]
        store(run, end, reading, found, set(some) - still)


def _as_held(now: Record, before: Record) -> bool:
    """Tell whether nothing can have happened on a ticket since it was read and stored."""
    same_place = (now.key, now.place, now.type) == (before.key, before.place, before.type)
    asked = now.fields.keys() <= before.fields.keys()  # a contract may ask for more than it did
    return now.in_scope and not now.final and before.settled and now.version == before.version and same_place and asked


def _sweep(run: Run, end: End, reading: Reading) -> None:
    """Now and then list all that is in scope, to find what the feed of changes did not show."""
    now = run.env.now()
    swept = end.row["swept_at"]
    if swept is not None and (now - from_db(swept)).total_seconds() < end.caps.sweep_every:
        return
    listed: set[str] = set()
    wanted: list[str] = []
    for page in end.connector.in_scope():
        inside = [one for one in page.seen if one.in_scope]
        listed |= {one.id for one in inside}
        with run.store.read() as tx:
            wanted += [id_ for id_ in to_read(tx, run, end, inside) if id_ not in reading.read | reading.still]
    read_and_store(run, end, list(dict.fromkeys(wanted)), reading, cursor=None)
    with run.store.read() as tx:
        members = links.versions(tx, run.name, end.which)
    missing = [ticket for ticket in members if ticket not in listed | reading.read | reading.still]
    read_and_store(run, end, missing, reading, cursor=None)
    read_and_store(run, end, _stale(run, end, reading), reading, cursor=None)
    with run.store.begin(run.fence) as tx:
        runs.set_side(tx, run.name, end.which, swept_at=now)


def _stale(run: Run, end: End, reading: Reading) -> list[str]:
    """Where edits leave no trace: tickets that were not read for long, some at each sweep, all in turn."""
    every = end.caps.reread_every
    if every is None:
        return []
    with run.store.read() as tx:
        read = links.last_reads(tx, run.name, end.which)
    due = [id_ for id_, at in read.items() if run.env.now() - at >= timedelta(seconds=every)]
    share = ceil(len(read) * end.caps.sweep_every / every)
    due = [id_ for id_ in due if id_ not in reading.read | reading.still]
    return due[: max(share, end.caps.read_batch)]


def _window(run: Run, end: End, reading: Reading, window: tuple[datetime, datetime]) -> None:
    """Compare, by id, every linked ticket and whatever the tracker's listing dates at or after the window's start."""
    start, stop = window
    with run.store.read() as tx:
        members = links.versions(tx, run.name, end.which)
        touched = records.tickets_in_window(tx, run.name, end.which, start, stop)
    wanted = set(members) | (touched & set(members))
    for page in end.connector.in_scope():
        with run.store.read() as tx:
            wanted |= set(to_read(tx, run, end, [one for one in page.seen if one.in_scope]))
    fresh = sorted(wanted - reading.read - reading.still)
    moved = [id_ for some in records.chunks(fresh, end.caps.fetch_batch) for id_ in _moved(run, end, some, members)]
    read_and_store(run, end, moved, reading, cursor=None)
    reading.compared += len(wanted)


def _moved(run: Run, end: End, ids: Sequence[str], members: Mapping[str, tuple[str, str | None]]) -> Iterable[str]:
    """Of these tickets, those that are not in the version that was last consumed, or not to be seen."""
    found = {record.id: record for record in end.connector.fetch(ids)}
    for id_ in ids:
        record = found.get(id_)
        if id_ not in members or record is None or record.version != members[id_][1]:
            yield id_


def _take_up(run: Run, readings: Mapping[Which, Reading]) -> None:
    """Note which tickets, in which version, this run works on: every member of a link that is pending."""
    wanted = set(run.job.tickets)
    with run.store.begin(run.fence) as tx:
        pending = links.links(tx, run.name, pending=True)
        if wanted:
            pending = {
                id_: link
                for id_, link in pending.items()
                if any(wanted & {member.key, member.ticket} for member in link.members.values())
            }
        for which, reading in readings.items():
            tickets = [link.members[which].ticket for link in pending.values() if which in link.members]
            newest = records.latest_records(tx, run.name, which, tickets)
            for why in ("changed", "pending"):
                versions = {
                    ticket: record.version
                    for ticket, record in newest.items()
                    if (ticket in reading.read) == (why == "changed")
                }
                stages.take_up(tx, run.name, run.job.run_id, which, versions, why)
