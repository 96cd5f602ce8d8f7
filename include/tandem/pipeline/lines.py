# SPDX-License-Identifier: Apache-2.0
"""Tickets that go on from closed ones, found again by what the trackers show: a line of tickets stands for one.

A follow-up of ours bears its link's origin, and a keyed hash of its source and the closed ticket together. One that
people made bears nothing: that it follows a ticket of the line is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from tandem.connectors.base import Record
from tandem.core.rules import Which
from tandem.pipeline.environment import End, Run
from tandem.pipeline.joining import Seen, Sides, first_comment
from tandem.pipeline.matching import Words, matched
from tandem.state import links, origins, succession
from tandem.state.store import Tx
from tandem.state.vault import origin_of, source_of


def line(own: Mapping[str, Record], first: Record) -> tuple[Record, ...]:
    """A ticket and those that go on from it, one after the other."""
    follow: dict[str, Record] = {}
    for record in sorted(own.values(), key=lambda one: one.created_at):
        if record.follows is not None:
            follow.setdefault(record.follows, record)
    found = [first]
    while (more := follow.get(found[-1].id)) is not None and more not in found:
        found.append(more)
    return tuple(found)


def source_of_follow_up(run: Run, end: End, copy: Record, sources: Iterable[Record]) -> Record | None:
    """The source of a follow-up of ours whose closed ticket is not in sight any more."""
    if copy.follows is None or copy.mark is None:
        return None
    digest, vault = source_of(copy.mark), run.store.vault
    return next((one for one in sources if vault.source(end.system, f"{one.id}>{copy.follows}") == digest), None)


def note_line(tx: Tx, run: Run, end: End, link: str, origin: str, records: tuple[Record, ...]) -> None:
    """Keep the closed tickets of a line as former members of its link."""
    for old, new in pairwise(records):
        links.join(tx, run.name, link, end.which, old)
        origins.put_presence(
            tx, of=origin, kind="ticket", system=end.system, native=old.id, place=old.place, ticket=old.id
        )
        succession.follow(tx, run.name, link, end.which, end.system, old.id, new.id, current=True)
        links.update_member(tx, run.name, end.which, old.id, state="final", version=old.version)


def stages(sides: Sides, before: Mapping[Which, Iterable[Seen]]) -> list[Sides]:
    """Each closed ticket of a line beside what stands at the other side now; at last those that stand now."""
    return [*({**sides, which: seen} for which, earlier in before.items() for seen in earlier), sides]


def begun_with(run: Run, stage: Sides, which: Which, said: Iterable[Words]) -> list[tuple[Words, Words]]:
    """The comment with which a follow-up of ours begins, and its twin: the follow-up's description. (left, right)"""
    record = stage[which].record
    if record.follows is None or origin_of(record.mark) is None:
        return []
    first = first_comment(run.end(which), record)
    if first is None:
        return []
    pairs = matched(list(said), [replace(first, id=f"first:{record.id}")])
    return [(copy, source) if which is Which.LEFT else (source, copy) for source, copy in pairs]
