# SPDX-License-Identifier: Apache-2.0
"""What the state holds of a ticket already, so that only what may have changed since is asked for.

A ticket is *held* if its newest stored version was read in scope with all that happened up to it. What a tracker
answers shorter for that reason is made whole again from the held version, before anything else sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tandem.config.needs import needs
from tandem.connectors.base import Delta, Entry, History, Known, Record
from tandem.pipeline.environment import End, Run
from tandem.state import actions, links, origins, records, runs
from tandem.state.store import Tx


def held(tx: Tx, run: Run, end: End, tickets: Collection[str]) -> dict[str, Record]:
    """Read the newest version of those of these tickets that are held, as far as the contract asks for it today."""
    seen = {id_ for id_, (_, state) in links.member_states(tx, run.name, end.which, tickets).items() if state == "seen"}
    asked = needs(end.offer)
    fields = asked.read | asked.write
    told = {asked.description} & fields  # what a short answer may leave out must be there
    found = records.latest_records(tx, run.name, end.which, seen)
    return {
        id_: replace(one, fields={name: value for name, value in one.fields.items() if name in fields})
        for id_, one in found.items()
        if one.in_scope and not one.final and told <= one.fields.keys()
    }


def known(run: Run, end: End) -> Known:
    """Answer a listing that asks which tickets are held, and up to which version."""

    def ask(tickets: Collection[str]) -> Mapping[str, str]:
        with run.store.read() as tx:
            told = {id_: one.version for id_, one in held(tx, run, end, tickets).items()}
        return {**dict.fromkeys(tickets, ""), **told} if end.caps.feed_whole else told

    return ask


def fetch(run: Run, end: End, tickets: Sequence[str]) -> dict[str, Record]:
    """Read tickets by id as they are now, and whole; cheaply those that are as they are held."""
    read: dict[str, Record] = {}
    for some in records.chunks(tickets, end.caps.fetch_batch):
        with run.store.read() as tx:
            before = held(tx, run, end, some)
        found = end.connector.fetch(some, {id_: one.version for id_, one in before.items()})
        read |= {one.id: whole(one, before) for one in found}
    return read


def whole(record: Record, before: Mapping[str, Record]) -> Record:
    """Fill in what a short answer left out: what nobody can have changed since the version that is held."""
    own = before.get(record.id)
    if own is None or not record.in_scope or own.fields.keys() <= record.fields.keys():
        return record
    return replace(record, fields={**own.fields, **record.fields}, mark=record.mark or own.mark)


def explained(tx: Tx, run: Run, end: End, deltas: Mapping[str, Delta]) -> dict[str, History]:
    """Make histories of the deltas of which the journal explains all that an account of this installation did.

    Their entries get the marks of the actions that made them, by the ids that the tracker answered. What the journal
    does not know must be asked for its mark: such tickets are left out.
    """
    ours = runs.accounts(tx)
    unmarked = [one for delta in deltas.values() for one in delta.entries if _asks(one, ours)]
    by_write = actions.by_history(tx, run.name, end.which, {one.write for one in unmarked if one.write})
    told = [c.id for delta in deltas.values() for c in delta.comments if c.mark is None and c.author.id in ours]
    copies = origins.present(tx, end.system, "comment", told)
    given = {}
    for id_, delta in deltas.items():
        entries = tuple(
            replace(one, mark=by_write.get(one.write or "")) if _asks(one, ours) else one for one in delta.entries
        )
        unsure = any(_asks(one, ours) for one in entries) or any(
            one.mark is None and one.author.id in ours and copies.get(one.id) is None for one in delta.comments
        )
        if not unsure:
            given[id_] = History(
                entries, delta.comments, delta.files, delta.whole, away=delta.away, withheld=delta.withheld
            )
    return given


def _asks(entry: Entry, ours: Collection[str]) -> bool:
    """Tell whether an entry may bear a mark of ours that was not told."""
    return entry.mark is None and not entry.by_rule and entry.author.id in ours
