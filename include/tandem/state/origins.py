# SPDX-License-Identifier: Apache-2.0
"""Origins, which belong to the installation: what was made where, and each native thing that is a copy of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from tandem.state.records import chunks
from tandem.state.store import Tx, to_db
from tandem.state.tables import origin, presence


def kind_of_origin(tx: Tx, of: str) -> str | None:
    """Tell what an origin is, if it is known in this installation."""
    return (tx.row(sa.select(origin.c.kind).where(origin.c.id == of)) or {}).get("kind")


def origin_at(tx: Tx, system: str, kind: str, native: str) -> str | None:
    """Find the origin that is present as this native thing."""
    row = tx.row(
        sa.select(presence.c.origin).where(
            presence.c.system == system, presence.c.kind == kind, presence.c.native == native
        )
    )
    return row["origin"] if row else None


def present(tx: Tx, system: str, kind: str, natives: Iterable[str]) -> dict[str, str | None]:
    """Which of these native things are known: native → action that made it (none: people did)."""
    found: dict[str, str | None] = {}
    for some in chunks(sorted(set(natives))):
        select = sa.select(presence.c.native, presence.c.action).where(
            presence.c.system == system, presence.c.kind == kind, presence.c.native.in_(some)
        )
        found |= {row["native"]: row["action"] for row in tx.rows(select)}
    return found


def has_presence(tx: Tx, of: str, system: str) -> str | None:
    """Find the current native thing of an origin in a system."""
    row = tx.row(
        sa.select(presence.c.native).where(presence.c.origin == of, presence.c.system == system, presence.c.current)
    )
    return row["native"] if row else None


def was_made(tx: Tx, of: str, system: str, action: str) -> bool:
    """Tell whether it is known what a write of a copy made in a system."""
    made = (presence.c.origin == of, presence.c.system == system, presence.c.action == action)
    return tx.row(sa.select(presence.c.id).where(*made)) is not None


def put_origin(
    tx: Tx,
    *,
    kind: str,
    system: str,
    native: str,
    place: str,
    ticket: str,
    company: str,
    author: str,
    at: datetime | None,
    private: bool = False,
) -> str:
    """Give a native thing its origin; one that is known keeps the origin it has."""
    known = origin_at(tx, system, kind, native)
    if known:
        return known
    new = uuid.uuid4().hex
    row = {
        "id": new,
        "kind": kind,
        "system": system,
        "native": native,
        "private": private,
        "company": company,
        "at": to_db(at) if at else None,
        "sealed": tx.seal({"author": author}),
    }
    tx.insert(origin, row)
    put_presence(tx, of=new, kind=kind, system=system, native=native, place=place, ticket=ticket)
    return new


def put_presence(
    tx: Tx,
    *,
    of: str,
    kind: str,
    system: str,
    native: str,
    place: str,
    ticket: str,
    action: str | None = None,
    heading: str = "",
    onward: bool | None = None,
    names: str | None = None,
) -> None:
    """Note one copy of an origin; of one that we wrote, how far it may go on from there."""
    row = {
        "origin": of,
        "system": system,
        "kind": kind,
        "native": native,
        "place": place,
        "ticket": ticket,
        "former": [],
        "current": True,
        "action": action,
        "sealed": tx.seal({"heading": heading}) if heading else None,
        "onward": onward,
        "names": names,
    }
    tx.upsert(presence, [row], update=(), on=("system", "kind", "native"))


def conceal(tx: Tx, system: str, kind: str, natives: Iterable[str], *, hidden: bool = True) -> set[str]:
    """Note that things are private by now where they were said: their copies go no further than such may.

    ``hidden``: false where they are shown again. Return the tickets on which copies stand of those of which it is new.
    """
    tickets = set[str]()
    for some in chunks(sorted(natives)):
        said_there = (origin.c.system == system, origin.c.kind == kind, origin.c.native.in_(some))
        news = sa.select(origin.c.id).where(*said_there, sa.func.coalesce(origin.c.hidden, False).is_not(hidden))
        if not (of := [row["id"] for row in tx.rows(news)]):
            continue
        tx.run(sa.update(origin).where(origin.c.id.in_(of)).values(hidden=hidden))
        copies = sa.select(presence.c.ticket).where(presence.c.origin.in_(of), presence.c.action.is_not(None))
        tickets |= {row["ticket"] for row in tx.rows(copies)}
    return tickets


def ensure_origin(tx: Tx, of: str, kind: str, system: str, native: str, company: str) -> None:
    """See that an origin is there: what we say ourselves has one of its own from the moment it is written."""
    row = {
        "id": of,
        "kind": kind,
        "system": system,
        "native": native,
        "private": False,
        "company": company,
        "at": None,
        "sealed": None,
    }
    tx.upsert(origin, [row], update=())
