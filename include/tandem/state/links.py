# SPDX-License-Identifier: Apache-2.0
"""Links with their members, origins with their presences, and the bases of both sides."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from tandem.connectors.base import Record
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.state.records import chunks
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import base, before_start, link, member, origin, presence

ACCEPTED = "not to be seen by our account, as was accepted"  # why a ticket is unseen that no safety stop counts


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a link. ``version`` is the last one that was wholly consumed."""

    side: Which
    ticket: str
    key: str
    url: str
    place: str
    version: str | None
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Link:
    """The records that are one ticket within a pair."""

    id: str
    origin: str
    state: str
    reason: str
    pending: bool
    members: Mapping[Which, Member] = field(default_factory=dict)

    @property
    def lone(self) -> Which | None:
        """The only side that has a member."""
        return next(iter(self.members)) if len(self.members) == 1 else None


@dataclass(frozen=True, slots=True)
class Base:
    """What a side showed in one field when both last agreed. ``unsaid`` is a value that said nothing."""

    value: Json
    mapping: str
    unsaid: Json = None


def links(tx: Tx, pair: str, *, ids: Iterable[str] | None = None, pending: bool | None = None) -> dict[str, Link]:
    """Read links with their current members."""
    condition = [link.c.pair == pair]
    if pending is not None:
        condition.append(link.c.pending.is_(pending))
    wanted = None if ids is None else sorted(set(ids))
    found: dict[str, Link] = {}
    for some in [None] if wanted is None else chunks(wanted):
        more = [] if some is None else [link.c.id.in_(some)]
        members: dict[str, dict[Which, Member]] = {}
        joined = sa.select(member).join(link, member.c.link == link.c.id).where(*condition, *more, member.c.current)
        for row in tx.rows(joined):
            which = Which(row["side"])
            members.setdefault(row["link"], {})[which] = Member(
                which, row["ticket"], row["key"], row["url"], row["place"], row["version"], row["state"], row["reason"]
            )
        for row in tx.rows(sa.select(link).where(*condition, *more).order_by(link.c.created_at, link.c.id)):
            found[row["id"]] = Link(
                row["id"], row["origin"], row["state"], row["reason"], row["pending"], members.get(row["id"], {})
            )
    return found


def link_of(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> dict[str, str]:
    """Find the links of tickets: ticket → link."""
    found: dict[str, str] = {}
    for some in chunks(sorted(set(tickets))):
        select = sa.select(member.c.ticket, member.c.link).where(
            member.c.pair == pair, member.c.side == which.value, member.c.ticket.in_(some), member.c.current
        )
        found |= {row["ticket"]: row["link"] for row in tx.rows(select)}
    return found


def versions(tx: Tx, pair: str, which: Which) -> dict[str, tuple[str, str | None]]:
    """Read for each current member of a side: ticket → (link, version last consumed)."""
    select = sa.select(member.c.ticket, member.c.link, member.c.version).where(
        member.c.pair == pair, member.c.side == which.value, member.c.current
    )
    return {row["ticket"]: (row["link"], row["version"]) for row in tx.rows(select)}


def member_states(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> dict[str, tuple[str | None, str]]:
    """Read for the linked ones of these tickets: (version last consumed, state)."""
    found: dict[str, tuple[str | None, str]] = {}
    for some in chunks(sorted(set(tickets))):
        select = sa.select(member.c.ticket, member.c.version, member.c.state).where(
            member.c.pair == pair, member.c.side == which.value, member.c.ticket.in_(some), member.c.current
        )
        found |= {row["ticket"]: (row["version"], row["state"]) for row in tx.rows(select)}
    return found


def count_unseen(tx: Tx, pair: str, which: Which) -> tuple[int, int]:
    """Count the members of a side: (unseen and not accepted as such, all)."""
    lacks = sa.case((sa.and_(member.c.state == "unseen", member.c.reason != ACCEPTED), 1), else_=0)
    select = sa.select(sa.func.sum(lacks).label("unseen"), sa.func.count().label("n")).where(
        member.c.pair == pair, member.c.side == which.value, member.c.current
    )
    row = tx.row(select)
    assert row is not None
    return int(row["unseen"] or 0), int(row["n"])


def accept_unseen(tx: Tx, pair: str, which: Which) -> None:
    """Take it that the tickets of a side that are unseen now may be so, until they are seen again."""
    tx.run(
        sa.update(member)
        .where(member.c.pair == pair, member.c.side == which.value, member.c.current, member.c.state == "unseen")
        .values(reason=ACCEPTED)
    )


def link_with_origin(tx: Tx, pair: str, of: str) -> Link | None:
    """Find the pair's link of an origin."""
    row = tx.row(sa.select(link.c.id).where(link.c.pair == pair, link.c.origin == of))
    return links(tx, pair, ids=[row["id"]])[row["id"]] if row else None


def has_origin(tx: Tx, of: str) -> bool:
    """Tell whether an origin is known in this installation."""
    return tx.row(sa.select(origin.c.id).where(origin.c.id == of)) is not None


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
) -> None:
    """Note one copy of an origin."""
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
    }
    tx.upsert(presence, [row], update=(), on=("system", "kind", "native"))


def open_link(tx: Tx, pair: str, which: Which, of: str, record: Record, now: datetime) -> str:
    """Make the link of a ticket seen for the first time; its twin is still to be made."""
    new = uuid.uuid4().hex
    row = {
        "id": new,
        "pair": pair,
        "origin": of,
        "state": "new",
        "reason": "",
        "pending": True,
        "created_at": to_db(now),
        "changed_at": to_db(now),
    }
    tx.insert(link, row)
    join(tx, pair, new, which, record)
    return new


def join(tx: Tx, pair: str, of: str, which: Which, record: Record, version: str | None = None) -> None:
    """Make a record a member of a link."""
    row: dict[str, object] = {
        "pair": pair,
        "side": which.value,
        "ticket": record.id,
        "link": of,
        "current": True,
        "key": record.key,
        "former_keys": [],
        "url": record.url,
        "place": record.place,
        "version": version,
        "state": "seen",
        "reason": "",
    }
    tx.upsert(member, [row], update=["link", "current", "key", "url", "place"])


def join_made(tx: Tx, pair: str, of: str, which: Which, ticket: str) -> None:
    """Make a ticket that we just created a member of its link; what it shows is read at reconcile."""
    row: dict[str, object] = {
        "pair": pair,
        "side": which.value,
        "ticket": ticket,
        "link": of,
        "current": True,
        "key": ticket,
        "former_keys": [],
        "url": "",
        "place": "",
        "version": None,
        "state": "seen",
        "reason": "",
    }
    tx.upsert(member, [row], update=["link", "current"])


def ensure_origin(tx: Tx, of: str, kind: str, system: str, native: str, company: str) -> None:
    """See that an origin is there: a notice of ours has one of its own from the moment it is written."""
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


def last_inside(tx: Tx, pair: str, which: Which, ticket: str) -> datetime | None:
    """When a member was last read in scope; none if it never was."""
    where = (member.c.pair == pair, member.c.side == which.value, member.c.ticket == ticket)
    row = tx.row(sa.select(member.c.inside_at).where(*where))
    return from_db(row["inside_at"]) if row and row["inside_at"] else None


def see_member(tx: Tx, pair: str, which: Which, record: Record, now: datetime) -> None:
    """Take in where a member stands now: key and place follow a move, former keys stay findable."""
    row = tx.row(
        sa.select(member.c.key, member.c.former_keys).where(
            member.c.pair == pair, member.c.side == which.value, member.c.ticket == record.id
        )
    )
    if row is None:
        return
    former = [str(key) for key in row["former_keys"]]
    if row["key"] not in (record.key, record.id) and row["key"] not in former:
        former.append(row["key"])
    state = "final" if record.final else "seen" if record.in_scope else "out"
    reason = record.final or ("" if record.in_scope else record.scope_reason)
    update_member(
        tx, pair, which, record.id, key=record.key, url=record.url, place=record.place, former_keys=former,
        state=state, reason=reason[:300], **({"inside_at": to_db(now)} if record.in_scope else {}),
    )  # fmt: skip


def update_member(tx: Tx, pair: str, which: Which, ticket: str, **values: object) -> None:
    """Change a member's row."""
    where = (member.c.pair == pair, member.c.side == which.value, member.c.ticket == ticket)
    tx.run(sa.update(member).where(*where).values(**values))


def update_links(tx: Tx, ids: Iterable[str], now: datetime, **values: object) -> None:
    """Change links' rows."""
    for some in chunks(sorted(set(ids))):
        tx.run(sa.update(link).where(link.c.id.in_(some)).values(changed_at=to_db(now), **values))


def bases(tx: Tx, ids: Iterable[str]) -> dict[tuple[str, Which], dict[str, Base]]:
    """Read the bases of links: (link, side) → hub field → base."""
    found: dict[tuple[str, Which], dict[str, Base]] = {}
    for some in chunks(sorted(set(ids))):
        for row in tx.rows(sa.select(base).where(base.c.link.in_(some))):
            content = tx.open(row["sealed"])
            assert isinstance(content, dict)
            own = found.setdefault((row["link"], Which(row["side"])), {})
            own[row["field"]] = Base(content["value"], row["mapping"], content.get("unsaid"))
    return found


def set_bases(tx: Tx, of: str, which: Which, values: Mapping[str, Base]) -> None:
    """Move bases of one side of a link."""
    rows = [
        {
            "link": of,
            "side": which.value,
            "field": name,
            "mapping": value.mapping,
            "sealed": tx.seal({"value": value.value, "unsaid": value.unsaid}),
        }
        for name, value in values.items()
    ]
    tx.upsert(base, rows, update=["mapping", "sealed"])


def put_before_start(tx: Tx, pair: str, which: Which, tickets: Sequence[str]) -> None:
    """Note tickets that the first run does not take."""
    rows = [{"pair": pair, "side": which.value, "ticket": ticket} for ticket in tickets]
    for some in chunks(rows):
        tx.upsert(before_start, some, update=())


def all_before_start(tx: Tx, pair: str, which: Which) -> set[str]:
    """All tickets of a side that were there before the start."""
    select = sa.select(before_start.c.ticket).where(before_start.c.pair == pair, before_start.c.side == which.value)
    return {row["ticket"] for row in tx.rows(select)}


def before_starts(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> set[str]:
    """Which of these tickets were there before the start."""
    found: set[str] = set()
    for some in chunks(sorted(set(tickets))):
        select = sa.select(before_start.c.ticket).where(
            before_start.c.pair == pair, before_start.c.side == which.value, before_start.c.ticket.in_(some)
        )
        found |= {row["ticket"] for row in tx.rows(select)}
    return found
