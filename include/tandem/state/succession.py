# SPDX-License-Identifier: Apache-2.0
"""How links go on from closed tickets to their follow-ups: former members, current ones, and those that come next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from tandem.core.plan_later import TAKEN_BACK
from tandem.core.rules import Which
from tandem.state.links import join_made, update_member
from tandem.state.records import OPEN, chunks
from tandem.state.store import Tx
from tandem.state.tables import event, member, presence

NEXT = "next"  # state of a member: people's follow-up of a ticket of which something is still open


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
        _take_along(tx, pair, which, old, new)
    tx.run(
        sa.update(presence)
        .where(
            presence.c.system == system,
            presence.c.kind == "ticket",
            presence.c.native == old,
        )
        .values(current=False)
    )


def _take_along(tx: Tx, pair: str, which: Which, old: str, new: str) -> None:
    """What was taken back on a closed ticket, and still is to be at the other side, goes on under its follow-up."""
    tx.run(
        sa.update(event)
        .where(
            event.c.pair == pair,
            event.c.side == which.value,
            event.c.ticket == old,
            event.c.kind.in_(TAKEN_BACK),
            sa.or_(event.c.state.is_(None), event.c.state.in_(OPEN)),
        )
        .values(ticket=new)
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


@dataclass(frozen=True, slots=True)
class Beside:
    """A ticket that belongs to a link and is not its current member. ``seen``: the version last looked at, if any.

    ``next``: the link will go on to it, and has not yet.
    """

    link: str
    seen: str
    next: bool


_BESIDE = sa.select(member.c.ticket, member.c.link, member.c.version, member.c.state).where(
    member.c.pair == sa.bindparam("pair"),
    member.c.side == sa.bindparam("which"),
    member.c.ticket.in_(sa.bindparam("some", expanding=True)),
    member.c.current.is_(False),
)
_TICKETS = (
    sa.select(member.c.ticket)
    .where(
        member.c.pair == sa.bindparam("pair"),
        member.c.side == sa.bindparam("which"),
        member.c.link == sa.bindparam("of"),
    )
    .order_by(member.c.ticket)
)


def beside(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> dict[str, Beside]:
    """Which of these tickets belong to a link and are not its current member."""
    found: dict[str, Beside] = {}
    for some in chunks(sorted(set(tickets))):
        for row in tx.rows(_BESIDE, pair=pair, which=which.value, some=some):
            found[row["ticket"]] = Beside(row["link"], row["version"] or "", row["state"] == NEXT)
    return found


def tickets_of(tx: Tx, pair: str, of: str, which: Which) -> list[str]:
    """List the tickets of a link at a side: its current member and those from which it has gone on."""
    return [row["ticket"] for row in tx.rows(_TICKETS, pair=pair, which=which.value, of=of)]


def has_next(tx: Tx, pair: str, of: str, which: Which) -> bool:
    """Tell whether a follow-up waits already to take the place of a link's ticket at a side."""
    return any(one.next for one in beside(tx, pair, which, tickets_of(tx, pair, of, which)).values())


def has_gone_on(tx: Tx, pair: str, of: str, which: Which) -> bool:
    """Tell whether a link has gone on from a closed ticket at a side."""
    return any(not one.next for one in beside(tx, pair, which, tickets_of(tx, pair, of, which)).values())
