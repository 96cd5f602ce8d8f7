# SPDX-License-Identifier: Apache-2.0
"""Tickets that somebody said to look at now: their ids, when they were named, and nothing else of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.state.records import chunks
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import wake

_OF_SIDE = (wake.c.pair == sa.bindparam("of_pair"), wake.c.side == sa.bindparam("which"))
_NAMED = sa.select(wake.c.ticket, wake.c.at).where(*_OF_SIDE)
_LOOKED_AT = sa.delete(wake).where(*_OF_SIDE, wake.c.ticket == sa.bindparam("id"), wake.c.at <= sa.bindparam("until"))


def put(tx: Tx, pair: str, which: Which, tickets: Iterable[str], at: datetime) -> None:
    """Note tickets to be looked at by the next run. One that is noted already stays, with the later time."""
    for some in chunks(sorted(set(tickets))):
        rows = [{"pair": pair, "side": which.value, "ticket": ticket, "at": to_db(at)} for ticket in some]
        tx.upsert(wake, rows, update=["at"])


def named(tx: Tx, pair: str, which: Which) -> dict[str, datetime]:
    """Read which tickets of a side are to be looked at, and when each was last named."""
    return {row["ticket"]: from_db(row["at"]) for row in tx.rows(_NAMED, of_pair=pair, which=which.value)}


def drop(tx: Tx, pair: str, which: Which, looked_at: Mapping[str, datetime]) -> None:
    """Forget tickets that were looked at; one that was named once more meanwhile stays."""
    for ticket, at in looked_at.items():
        tx.run(_LOOKED_AT, of_pair=pair, which=which.value, id=ticket, until=to_db(at))
