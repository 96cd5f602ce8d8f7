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


def next_members(tx: Tx, pair: str, which: Which, state: str) -> list[tuple[str, str, str]]:
    """Read the follow-ups that wait to take their closed tickets' place: (link, closed ticket, follow-up)."""
    new = member.alias()
    select = (
        sa.select(new.c.link, member.c.ticket.label("old"), new.c.ticket)
        .join(member, sa.and_(member.c.link == new.c.link, member.c.side == new.c.side, member.c.pair == new.c.pair))
        .where(
            new.c.pair == pair,
            new.c.side == which.value,
            new.c.state == state,
            new.c.current.is_(False),
            member.c.current,
        )
        .order_by(new.c.ticket)
    )
    return [(row["link"], row["old"], row["ticket"]) for row in tx.rows(select)]


def known_former(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> set[str]:
    """Which of these tickets belong to a link and are not its current member."""
    found: set[str] = set()
    for some in chunks(sorted(set(tickets))):
        select = sa.select(member.c.ticket).where(
            member.c.pair == pair,
            member.c.side == which.value,
            member.c.ticket.in_(some),
            member.c.current.is_(False),
        )
        found |= {row["ticket"] for row in tx.rows(select)}
    return found
