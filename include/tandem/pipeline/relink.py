# SPDX-License-Identifier: Apache-2.0
"""Relink: rebuild a lost state from the markers in the trackers. Nothing is sent until a person says so.

A copy's marker holds its origin and a keyed hash of its source, so that each source that is in scope at the other side
is known by hashing it. Bases are what both sides show. A comment is joined with its twin by the marker, and without one
by author, text and count. What has no twin is told, and waits for the person's word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tandem.connectors.base import Record
from tandem.core.rules import Which
from tandem.pipeline import lines
from tandem.pipeline.environment import End, Environment, Job, Run
from tandem.pipeline.extract import preflight
from tandem.pipeline.joining import Sides, differences, heard_so_far, join, read_tickets, take_in, twins, words_of
from tandem.pipeline.matching import Words, matched
from tandem.pipeline.tasks import command
from tandem.state import early, holds, joins, links, origins, records, runs, succession
from tandem.state.holds import RELINK, Hold
from tandem.state.store import Tx
from tandem.state.vault import origin_of, source_of

Rest = Literal["send", "drop"]
NO_TWIN = "no twin was found when the pair was relinked"
KINDS = ("comment", "file")
TOGETHER = 100  # tickets that are read whole and joined in one step


@dataclass(frozen=True, slots=True)
class Lone:
    """Something that has no twin, or differs from it: where it is, and what."""

    side: Which
    ticket: str  # its key
    kind: str  # ticket, copy, double, comment, file, field
    name: str = ""  # id of the comment or file, name of the field


@dataclass(frozen=True, slots=True)
class Found:
    """A copy and its source."""

    origin: str
    source_side: Which
    source: Record
    lines: Mapping[Which, tuple[Record, ...]]  # each ticket with those that go on from it

    def record(self, which: Which) -> Record:
        """The ticket that stands at a side now."""
        return self.lines[which][-1]


Waiting = dict[Which, list[tuple[str, str]]]
"""Events that wait for the person's word: (ticket, key), by side."""


@dataclass
class Relinked:
    """What was found. ``rest`` is what a person must decide on; ``apart`` are fields that both sides show apart."""

    joined: int = 0
    twins: int = 0
    rest: list[Lone] = field(default_factory=list)
    apart: list[Lone] = field(default_factory=list)


def relink(job: Job, env: Environment) -> Relinked:
    """Rebuild what the trackers' markers tell, and hold the pair. It may be done again until it is accepted.

    Raises:
        ConfigurationError: files or trackers are wrong; all problems at once.
        LeaseHeldError: a run of the pair is at work.
    """
    with command(job, env, RELINK) as run:
        for end in run.ends.values():
            preflight(run, end)
        lost = _hold(run)
        cursors = {which: end.connector.start(env.now()) for which, end in run.ends.items()}
        there = {which: _in_scope(end) for which, end in run.ends.items()}
        told, waiting = Relinked(), Waiting({which: [] for which in Which})
        pairs = _paired(run, there, told)
        for some in records.chunks(pairs, TOGETHER):
            _join(run, some, told, waiting)
            env.progress(RELINK, told.joined, len(pairs))
        with run.store.begin(run.fence) as tx:
            _finish(tx, run, there, cursors, told, waiting, lost=lost)
        return told


def accept(job: Job, env: Environment, rest: Rest) -> int:
    """Let the pair go on. What has no twin is sent, or dropped for good; return how many things that are.

    Raises:
        LeaseHeldError: a run of the pair is at work.
    """
    with command(job, env, RELINK) as run, run.store.begin(run.fence) as tx:
        found = next((one for one in holds.holds(tx, run.name) if one.cause == RELINK), None)
        if found is None:
            return 0
        count = 0
        for which in Which:
            left_out = [str(id_) for id_ in found.detail.get("tickets", {}).get(which.value, [])]
            named = [(str(ticket), str(key)) for ticket, key in found.detail.get("events", {}).get(which.value, [])]
            count += len(left_out) + len(named)
            if rest == "send":
                early.take_out(tx, run.name, {which: left_out})
                runs.set_side(tx, run.name, which, swept_at=None)  # the next run lists them
            else:
                records.drop_named(tx, run.name, which, named, NO_TWIN, run=run.job.run_id)
        holds.end(tx, run.name, RELINK)
        return count


def _hold(run: Run) -> bool:
    """From here on runs write nothing. Tell whether the state was lost: no run has ever read the pair."""
    with run.store.begin(run.fence) as tx:
        held = [one for one in holds.holds(tx, run.name) if one.cause == RELINK]
        fresh = all(runs.get_side(tx, run.name, which)["started_at"] is None for which in Which)
        if not held:
            holds.put(tx, run.name, Hold(RELINK, run.env.now(), {}))
        return fresh


def _in_scope(end: End) -> dict[str, Record]:
    """Read all that is in scope now, with its markers."""
    ids = list(dict.fromkeys(seen.id for page in end.connector.in_scope() for seen in page.seen if seen.in_scope))
    found: dict[str, Record] = {}
    for some in records.chunks(ids, end.caps.fetch_batch):
        found |= {record.id: record for record in end.connector.fetch(some) if record.in_scope}
    return found


def _paired(run: Run, there: Mapping[Which, Mapping[str, Record]], told: Relinked) -> list[Found]:
    """Find each copy's source. What is linked already stays as it is."""
    with run.store.read() as tx:
        linked = {which: links.link_of(tx, run.name, which, there[which]) for which in Which}
        of = links.links(tx, run.name, ids={id_ for own in linked.values() for id_ in own.values()})
        former = {which: set(succession.beside(tx, run.name, which, there[which])) for which in Which}
        passed = {which: early.among(tx, run.name, which, there[which]) for which in Which}
        held = next(one for one in holds.holds(tx, run.name) if one.cause == RELINK).detail.get("tickets", {})
    met = {
        which: {ticket for ticket, id_ in own.items() if of[id_].lone is None} | former[which]
        for which, own in linked.items()
    }
    sources = {
        which: {run.store.vault.source(run.end(which).system, id_): record for id_, record in own.items()}
        for which, own in there.items()
    }
    pairs: list[Found] = []
    alone: list[tuple[str, Lone]] = []
    copies = [(which, copy) for which, own in there.items() for copy in own.values() if origin_of(copy.mark)]
    for which, copy in sorted(copies, key=lambda one: (one[1].follows is not None, one[1].created_at)):
        if copy.id in met[which]:
            continue
        other = which.other
        source = sources[other].get(source_of(copy.mark) or "")
        if source is None:
            source = lines.source_of_follow_up(run, run.end(other), copy, there[other].values())
        if source is None or source.id in met[other]:
            alone.append((copy.id, Lone(which, copy.key, "copy" if source is None else "double")))
            continue
        both = {which: lines.line(there[which], copy), other: lines.line(there[other], source)}
        for side, records_ in both.items():
            met[side] |= {record.id for record in records_}
        pairs.append(Found(str(origin_of(copy.mark)), other, source, both))
    told.rest += [lone for id_, lone in alone if id_ not in met[lone.side]]  # else it is the source of a follow-up
    for which, own in there.items():
        waits = set(held.get(which.value, []))
        told.rest += [
            Lone(which, record.key, "ticket")
            for id_, record in own.items()
            if id_ not in met[which] and origin_of(record.mark) is None and (id_ not in passed[which] or id_ in waits)
        ]
    return pairs


def _join(run: Run, some: Sequence[Found], told: Relinked, waiting: Waiting) -> None:
    """Read some pairs whole and join them, in one transaction."""
    whole = {
        which: read_tickets(end, [record.id for one in some for record in one.lines[which]])
        for which, end in run.ends.items()
    }
    with run.store.begin(run.fence) as tx:
        for one in some:
            missing = [which for which in Which if one.record(which).id not in whole[which]]
            if missing:  # it left the scope, or our sight, since it was listed
                told.rest += [Lone(which, one.record(which).key, "ticket") for which in missing]
                continue
            sides = {which: whole[which][one.record(which).id] for which in Which}
            before = {
                which: [whole[which][old.id] for old in one.lines[which][:-1] if old.id in whole[which]]
                for which in Which
            }
            origin = _restored(tx, run.end(one.source_side), one)
            exchanged = _exchanged(run, lines.stages(sides, before))
            items = {kind: [pair for _, of, pairs in exchanged if of == kind for pair in pairs] for kind in KINDS}
            rest = {which: _rest(run, sides, which, items) for which in Which}
            keep = {which: {f"{lone.kind}:{lone.name}" for lone in rest[which]} for which in Which}
            link = join(tx, run, sides, origin=origin, keep=keep, why=NO_TWIN)
            for stage, kind, pairs in exchanged:
                twins(tx, run, stage, kind, pairs, by=RELINK)
                told.twins += len(pairs)
            for which in Which:
                lines.note_line(tx, run, run.end(which), link, origin, one.lines[which])
                for seen in before[which]:
                    take_in(tx, run, which, seen)
                heard_so_far(tx, run, sides, which)
                told.rest += rest[which]
                waiting[which] += [(sides[which].record.id, key) for key in sorted(keep[which])]
            key = sides[one.source_side].record.key
            told.apart += [Lone(one.source_side, key, "field", apart.field) for apart in differences(run, sides)]
            told.joined += 1


def _restored(tx: Tx, source: End, one: Found) -> str:
    """Give a source the origin that its copy's marker names, unless this installation knows it by another."""
    known = origins.origin_at(tx, source.system, "ticket", one.source.id)
    if known is not None:
        return known
    joins.restore_origin(tx, one.origin, "ticket", source.system, one.source.id, source.offer.company)
    return one.origin


def _exchanged(run: Run, stages: Sequence[Sides]) -> list[tuple[Sides, str, list[tuple[Words, Words]]]]:
    """What is on both sides already, on each ticket of a line: (tickets, kind, pairs of it)."""
    found: list[tuple[Sides, str, list[tuple[Words, Words]]]] = []
    met: dict[str, set[tuple[Which, str]]] = {kind: set() for kind in KINDS}
    for stage in stages:
        for kind in KINDS:
            pairs = _items(run, stage, kind, met[kind])
            found.append((stage, kind, pairs))
            met[kind] |= {(which, one.id) for pair in pairs for which, one in zip(Which, pair, strict=True)}
    for stage in stages:
        for which in Which:
            said = words_of(run.end(which.other), stage[which.other], "comment")
            said = [one for one in said if (which.other, one.id) not in met["comment"] and origin_of(one.mark) is None]
            found.append((stage, "comment", lines.begun_with(run, stage, which, said)))
    return found


def _items(run: Run, sides: Sides, kind: str, known: set[tuple[Which, str]]) -> list[tuple[Words, Words]]:
    """Pair comments or files: by the copy's marker; those without one by author, text and count. (left, right)"""
    every = {
        which: [one for one in words_of(run.end(which), sides[which], kind) if (which, one.id) not in known]
        for which in Which
    }
    found: list[tuple[Words, Words]] = []
    met: set[tuple[Which, str]] = set()
    for which in Which:
        sources = {run.store.vault.source(run.end(which.other).system, one.id): one for one in every[which.other]}
        for copy in every[which]:
            source = sources.get(source_of(copy.mark) or "")
            if source is not None:
                found.append((source, copy) if which is Which.RIGHT else (copy, source))
                met |= {(which, copy.id), (which.other, source.id)}
    left, right = (
        [one for one in every[which] if (which, one.id) not in met and (kind == "file" or origin_of(one.mark) is None)]
        for which in Which
    )
    return found + matched(left, right)


def _rest(run: Run, sides: Sides, which: Which, items: Mapping[str, Sequence[tuple[Words, Words]]]) -> list[Lone]:
    """What people wrote or attached at a side, and of which the other has nothing."""
    place = 0 if which is Which.LEFT else 1
    key, account = sides[which].record.key, run.end(which).account
    found: list[Lone] = []
    paired = {kind: {pair[place].id for pair in pairs} for kind, pairs in items.items()}
    carrier = {file.id: file.comment for file in sides[which].history.files}
    for kind in items:
        for one in words_of(run.end(which), sides[which], kind):
            ours = origin_of(one.mark) is not None or (kind == "file" and one.author_id == account)
            rides = kind == "file" and carrier.get(one.id) in paired["comment"]
            if not (ours or rides or one.id in paired[kind]):
                found.append(Lone(which, key, kind, one.id))
    return found


def _finish(
    tx: Tx, run: Run, there: Mapping[Which, Mapping[str, Record]], cursors: Mapping[Which, str], told: Relinked,
    waiting: Waiting, *, lost: bool,
) -> None:  # fmt: skip
    """Note where reading goes on, what waits for the person's word, and copies whose source is not in sight."""
    now = run.env.now()
    detail: dict[str, dict[str, list[object]]] = {"tickets": {}, "events": {}}
    before = next(one for one in holds.holds(tx, run.name) if one.cause == RELINK).detail
    for which, end in run.ends.items():
        named = {lone.ticket for lone in told.rest if lone.side is which and lone.kind == "ticket"}
        left_out = [record.id for record in there[which].values() if record.key in named] if lost else []
        early.put(tx, run.name, which, left_out)
        detail["tickets"][which.value] = [*before.get("tickets", {}).get(which.value, []), *left_out]
        events = [*before.get("events", {}).get(which.value, []), *(list(one) for one in waiting[which])]
        detail["events"][which.value] = events
        copies = {lone.ticket for lone in told.rest if lone.side is which and lone.kind == "copy"}
        for copy in there[which].values():
            if copy.key in copies:
                origin, source = str(origin_of(copy.mark)), str(source_of(copy.mark))
                joins.note_orphan(tx, origin, run.end(which.other).system, source, end.system, copy)
        if lost:
            runs.set_side(
                tx, run.name, which, cursor=cursors[which], started_at=now, swept_at=now, read_at=now,
                start=str(run.pair.start),
            )  # fmt: skip
    holds.put(tx, run.name, Hold(RELINK, now, detail))
