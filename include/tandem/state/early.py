# SPDX-License-Identifier: Apache-2.0
"""Tickets that were there before the start and that a pair does not take: their ids, and nothing else of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.state.records import chunks
from tandem.state.store import Tx
from tandem.state.tables import before_start

_OF_SIDE = (before_start.c.pair == sa.bindparam("pair"), before_start.c.side == sa.bindparam("which"))
_AMONG = (*_OF_SIDE, before_start.c.ticket.in_(sa.bindparam("some", expanding=True)))
_EVERY = sa.select(before_start.c.ticket).where(*_OF_SIDE)
_SOME = sa.select(before_start.c.ticket).where(*_AMONG)


def put(tx: Tx, pair: str, which: Which, tickets: Sequence[str]) -> None:
    """Note tickets that the first run does not take."""
    rows = [{"pair": pair, "side": which.value, "ticket": ticket} for ticket in tickets]
    for some in chunks(rows):
        tx.upsert(before_start, some, update=())


def every(tx: Tx, pair: str, which: Which) -> set[str]:
    """All tickets of a side that were there before the start."""
    return {row["ticket"] for row in tx.rows(_EVERY, pair=pair, which=which.value)}


def among(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> set[str]:
    """Which of these tickets were there before the start."""
    found: set[str] = set()
    for some in chunks(sorted(set(tickets))):
        found |= {row["ticket"] for row in tx.rows(_SOME, pair=pair, which=which.value, some=some)}
    return found


def take_out(tx: Tx, pair: str, tickets: Mapping[Which, Sequence[str]]) -> None:
    """Let tickets be taken that were there before the start."""
    for which, ids in tickets.items():
        for some in chunks(ids):
            tx.run(sa.delete(before_start).where(*_AMONG), pair=pair, which=which.value, some=some)
