# SPDX-License-Identifier: Apache-2.0
"""Tickets by the keys that people know them by."""

from __future__ import annotations

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.state import links
from tandem.state.links import Link
from tandem.state.store import Tx
from tandem.state.tables import member


def shown_key(key: str) -> str:
    """Write a ticket's key as people say it: a bare number gets its sign."""
    return f"#{key}" if key.isdecimal() else key


def label(link: Link) -> str:
    """Name a link by the keys of its members, left first."""
    ordered = sorted(link.members.values(), key=lambda one: one.side is Which.RIGHT)
    return " <-> ".join(shown_key(one.key) for one in ordered)


def find_link(tx: Tx, pair: str, ticket: str) -> Link | None:
    """Find the link of a ticket, by its key at either side, one that it had formerly, or its id."""
    wanted = ticket.strip().removeprefix("#")
    of_pair = member.c.pair == pair
    row = tx.row(sa.select(member.c.link).where(of_pair, sa.or_(member.c.key == wanted, member.c.ticket == wanted)))
    if row is None:
        rows = tx.rows(sa.select(member.c.link, member.c.former_keys).where(of_pair))
        row = next((one for one in rows if wanted in one["former_keys"]), None)
    return links.links(tx, pair, ids=[row["link"]])[row["link"]] if row else None
