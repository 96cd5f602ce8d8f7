# SPDX-License-Identifier: Apache-2.0
"""Being told that a ticket moved: it is read by id in the next run, and that is all.

A call from outside (a webhook, a person) may be late, come twice, out of order, or be forged. It carries ids and never
content; what happened is asked of the tracker, in the tracker's own order. A ticket that is out of scope stays unread.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tandem.config.models import Pair
from tandem.connectors.base import Seen
from tandem.core.plan import DELETED
from tandem.core.rules import Which
from tandem.pipeline.environment import End, Run
from tandem.pipeline.reading import Reading, read_and_store, to_read
from tandem.state import links, records, wakes
from tandem.state.store import Store


def wake(store: Store, pairs: Iterable[Pair], contract: str, ids: Iterable[str], at: datetime) -> list[str]:
    """Note tickets of a contract's tracker for the next run of every pair that an offer of it is joined by.

    ``ids`` are ids or keys, as people see them. Return the names of those pairs.
    """
    tickets, woken = [id_ for id_ in ids if id_], []
    with store.begin() as tx:
        for pair in pairs:
            for which, side in {Which.LEFT: pair.left, Which.RIGHT: pair.right}.items():
                if side.contract == contract:
                    wakes.put(tx, pair.name, which, tickets, at)
                    woken.append(pair.name)
    return list(dict.fromkeys(woken))


def read_woken(run: Run, end: End, reading: Reading) -> None:
    """Read by id the tickets that were named, as far as this run has not read them yet."""
    with run.store.read() as tx:
        named = wakes.named(tx, run.name, end.which)
    anew = {id_ for id_, one in named.items() if one.anew}  # people name a ticket by its key, pairs by its id only
    fresh = sorted(id_ for id_ in named if id_ not in reading.read and (id_ in anew or id_ not in reading.still))
    for some in records.chunks(fresh, end.caps.fetch_batch):
        found = end.connector.fetch(some)
        seen = [Seen(one.id, one.version, one.created_at, one.in_scope, one.final == DELETED) for one in found]
        with run.store.read() as tx:
            known = links.link_of(tx, run.name, end.which, some)
            wanted = {*to_read(tx, run, end, seen), *(one.id for one in found if one.id in anew and one.id in known)}
        gone = [id_ for id_ in some if id_ in known and id_ not in {one.id for one in found}]
        read_and_store(run, end, [*sorted(wanted - reading.read), *gone], reading, cursor=None)
    if named:
        with run.store.begin(run.fence) as tx:
            wakes.drop(tx, run.name, end.which, named)
