# SPDX-License-Identifier: Apache-2.0
"""How links go on from closed tickets to their follow-ups: former members, current ones, and those that come next."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.state.links import join_made, update_member
from tandem.state.records import chunks
from tandem.state.store import Tx
from tandem.state.tables import member, presence


def follow(tx: Tx, pair: str, of: str, which: Which, system: str, old: str, new: str, *, current: bool) -> None:
    """Let a link go on from a closed ticket to its follow-up: the closed one stays as a former member.

    Not ``current``: another follow-up took its place before; this one is kept as known and former, too.
    """
    known = tx.row(
        sa.select(member.c.ticket).where(
            member.c.pair == pair, member.c.side == which.value, member.c.ticket == new, member.c.link == of
        )
    )
    if known is None:
        join_made(tx, pair, of, which, new)
    update_member(tx, pair, which, new, current=current)
    if current:
        update_member(tx, pair, which, old, current=False)
    tx.run(
        sa.update(presence)
        .where(
            presence.c.system == system,
            presence.c.kind == "ticket",
            presence.c.native == old,
        )
        .values(current=False)
    )


_NEW = member.alias()
_NEXT = (
    sa.select(_NEW.c.link, member.c.ticket.label("old"), _NEW.c.ticket)
    .join(member, sa.and_(member.c.link == _NEW.c.link, member.c.side == _NEW.c.side, member.c.pair == _NEW.c.pair))
    .where(
        _NEW.c.pair == sa.bindparam("pair"),
        _NEW.c.side == sa.bindparam("which"),
        _NEW.c.state == sa.bindparam("state"),
        _NEW.c.current.is_(False),
        member.c.current,
    )
    .order_by(_NEW.c.ticket)
)


def next_members(tx: Tx, pair: str, which: Which, state: str) -> list[tuple[str, str, str]]:
    """Read the follow-ups that wait to take their closed tickets' place: (link, closed ticket, follow-up)."""
    rows = tx.rows(_NEXT, pair=pair, which=which.value, state=state)
    return [(row["link"], row["old"], row["ticket"]) for row in rows]


_FORMER = sa.select(member.c.ticket).where(
    member.c.pair == sa.bindparam("pair"),
    member.c.side == sa.bindparam("which"),
    member.c.ticket.in_(sa.bindparam("some", expanding=True)),
    member.c.current.is_(False),
)


def known_former(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> set[str]:
    """Which of these tickets belong to a link and are not its current member."""
    found: set[str] = set()
    for some in chunks(sorted(set(tickets))):
        found |= {row["ticket"] for row in tx.rows(_FORMER, pair=pair, which=which.value, some=some)}
    return found
