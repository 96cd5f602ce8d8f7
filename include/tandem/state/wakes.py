# SPDX-License-Identifier: Apache-2.0
"""Tickets that somebody said to look at now: their ids, when they were named, and nothing else of them.

People and webhooks name them, and pairs to one another: of what was hidden where it was said, the tickets on which
copies stand are read *anew*, for of that they show nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.state.records import chunks
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import member, wake

_OF_SIDE = (wake.c.pair == sa.bindparam("of_pair"), wake.c.side == sa.bindparam("which"))
_NAMED = sa.select(wake.c.ticket, wake.c.at, wake.c.anew).where(*_OF_SIDE)
_LOOKED_AT = sa.delete(wake).where(*_OF_SIDE, wake.c.ticket == sa.bindparam("id"), wake.c.at <= sa.bindparam("until"))


def put(tx: Tx, pair: str, which: Which, tickets: Iterable[str], at: datetime) -> None:
    """Note tickets to be looked at by the next run. One that is noted already stays, with the later time."""
    for some in chunks(sorted(set(tickets))):
        rows = [{"pair": pair, "side": which.value, "ticket": ticket, "at": to_db(at)} for ticket in some]
        tx.upsert(wake, rows, update=["at"])


def put_anew(tx: Tx, tickets: Collection[str], at: datetime, *, but: str) -> None:
    """Note, for every pair but one that has them, tickets to be read with all that happened on them."""
    for some in chunks(sorted(tickets)):
        theirs = sa.select(member.c.pair, member.c.side, member.c.ticket).where(member.c.ticket.in_(some))
        rows = tx.rows(theirs.where(member.c.pair != but))
        if rows:
            tx.upsert(wake, [{**row, "at": to_db(at), "anew": True} for row in rows], update=["at", "anew"])


@dataclass(frozen=True, slots=True)
class Named:
    """When a ticket was last named, and whether it is to be read though it did not change."""

    at: datetime
    anew: bool


def named(tx: Tx, pair: str, which: Which) -> dict[str, Named]:
    """Read which tickets of a side are to be looked at."""
    return {
        row["ticket"]: Named(from_db(row["at"]), bool(row["anew"]))
        for row in tx.rows(_NAMED, of_pair=pair, which=which.value)
    }


def drop(tx: Tx, pair: str, which: Which, looked_at: Mapping[str, Named]) -> None:
    """Forget tickets that were looked at; one that was named once more meanwhile stays."""
    for ticket, one in looked_at.items():
        tx.run(_LOOKED_AT, of_pair=pair, which=which.value, id=ticket, until=to_db(one.at))
