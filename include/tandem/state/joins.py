# SPDX-License-Identifier: Apache-2.0
"""Links and origins of tickets that were there before Tandem knew of them: joined by a person, or found by a marker."""

from __future__ import annotations

import sqlalchemy as sa

from tandem.connectors.base import Record
from tandem.core.rules import Which
from tandem.state import origins
from tandem.state.store import Tx
from tandem.state.tables import action, base, conflict, link, member, origin, presence, quarantine

ORPHAN = "hmac:"  # before the hash of a source that was not in sight when its copy was


def restore_origin(
    tx: Tx, of: str, kind: str, system: str, native: str, company: str, *, private: bool = False
) -> None:
    """Give a native thing the origin that the marker of its copy names."""
    row = {"id": of, "kind": kind, "system": system, "native": native, "private": private, "company": company}
    tx.upsert(origin, [{**row, "at": None, "sealed": None}], update=["system", "native"])


def kind_of(tx: Tx, of: str) -> str | None:
    """Tell what an origin is of: ticket, comment or file; none where it is not known."""
    row = tx.row(sa.select(origin.c.kind).where(origin.c.id == of))
    return str(row["kind"]) if row else None


def note_orphan(tx: Tx, of: str, system: str, source: str, copy_system: str, copy: Record) -> None:
    """Remember a copy whose source is not in sight, by the hash of the source: met again, it is not copied again."""
    row = {"id": of, "kind": "ticket", "system": system, "native": f"{ORPHAN}{source}", "private": False, "company": ""}
    tx.upsert(origin, [{**row, "at": None, "sealed": None}], update=())
    origins.put_presence(
        tx, of=of, kind="ticket", system=copy_system, native=copy.id, place=copy.place, ticket=copy.id, action="relink"
    )


def has_orphan(tx: Tx, system: str, source: str) -> bool:
    """Tell whether a copy of this source is known, by the source's hash, that was not joined to it."""
    where = (origin.c.system == system, origin.c.kind == "ticket", origin.c.native == f"{ORPHAN}{source}")
    return tx.row(sa.select(origin.c.id).where(*where)) is not None


def absorb(tx: Tx, gone: str, into: str) -> None:
    """Let a link that has no member any more go into another, with what was decided and set aside for it."""
    for table in (action, conflict, quarantine):
        tx.run(sa.update(table).where(table.c.link == gone).values(link=into))
    tx.run(sa.update(member).where(member.c.link == gone).values(link=into))
    tx.run(sa.delete(base).where(base.c.link == gone))
    tx.run(sa.delete(link).where(link.c.id == gone))


def unite_origins(tx: Tx, other: str, into: str) -> None:
    """Two tickets that were taken for two are one: every copy, and every pair's link, is of the one origin."""
    tx.run(sa.update(presence).where(presence.c.origin == other).values(origin=into))
    taken = sa.select(link.c.pair).where(link.c.origin == into).scalar_subquery()
    tx.run(sa.update(link).where(link.c.origin == other, link.c.pair.not_in(taken)).values(origin=into))


def drop_base(tx: Tx, of: str, which: Which, field: str) -> None:
    """Let go of a base: the field is met for the first time."""
    tx.run(sa.delete(base).where(base.c.link == of, base.c.side == which.value, base.c.field == field))


def move_presence(tx: Tx, system: str, ticket: str, place: str) -> None:
    """Let a ticket's presence follow it to another place; the one that it left stays as former.

    Comments, files and claims hang on the ticket's presence, so that a move opens nothing again.
    """
    where = (presence.c.system == system, presence.c.kind == "ticket", presence.c.native == ticket)
    row = tx.row(sa.select(presence.c.place, presence.c.former).where(*where))
    if row is None or row["place"] == place:
        return
    former = [one for one in (*row["former"], row["place"]) if one and one != place]
    tx.run(sa.update(presence).where(*where).values(place=place, former=list(dict.fromkeys(former))))
