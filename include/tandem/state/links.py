# SPDX-License-Identifier: Apache-2.0
"""Links with their members, and the bases of both sides."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tandem.connectors.base import Record
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.state.records import chunks
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import base, link, member


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
    """The records that are one ticket within a pair. ``opened_at``: in our clock."""

    id: str
    origin: str
    state: str
    reason: str
    pending: bool
    opened_at: datetime
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


_LINKS = sa.select(link).where(link.c.pair == sa.bindparam("pair")).order_by(link.c.created_at, link.c.id)
_MEMBERS = (
    sa.select(member)
    .join(link, member.c.link == link.c.id)
    .where(link.c.pair == sa.bindparam("pair"), member.c.current)
)
_THESE = link.c.id.in_(sa.bindparam("some", expanding=True))
_BOTH = (_MEMBERS, _LINKS)
_BOTH_OF = (_MEMBERS.where(_THESE), _LINKS.where(_THESE))
_BOTH_PENDING = (_MEMBERS.where(link.c.pending), _LINKS.where(link.c.pending))


def links(tx: Tx, pair: str, *, ids: Iterable[str] | None = None, pending: bool = False) -> dict[str, Link]:
    """Read links with their current members: all, or those named, or those that are pending."""
    if ids is None:
        return _links(tx, *(_BOTH_PENDING if pending else _BOTH), pair=pair)
    found: dict[str, Link] = {}
    for some in chunks(sorted(set(ids))):
        found |= _links(tx, *_BOTH_OF, pair=pair, some=some)
    return {id_: one for id_, one in found.items() if one.pending} if pending else found


def _links(tx: Tx, of_members: sa.Select[Any], of_links: sa.Select[Any], **values: object) -> dict[str, Link]:
    members: dict[str, dict[Which, Member]] = {}
    for row in tx.rows(of_members, **values):
        which = Which(row["side"])
        members.setdefault(row["link"], {})[which] = Member(
            which, row["ticket"], row["key"], row["url"], row["place"], row["version"], row["state"], row["reason"]
        )
    return {
        row["id"]: Link(
            row["id"],
            row["origin"],
            row["state"],
            row["reason"],
            row["pending"],
            from_db(row["created_at"]),
            members.get(row["id"], {}),
        )
        for row in tx.rows(of_links, **values)
    }


_PENDING = (
    sa.select(member.c.ticket)
    .join(link, member.c.link == link.c.id)
    .where(link.c.pair == sa.bindparam("pair"), member.c.side == sa.bindparam("which"))
    .where(link.c.pending, member.c.current)
    .order_by(link.c.created_at, link.c.id)
)


_CURRENT = sa.select(member.c.ticket, member.c.link, member.c.version, member.c.state).where(
    member.c.pair == sa.bindparam("pair"),
    member.c.side == sa.bindparam("which"),
    member.c.ticket.in_(sa.bindparam("some", expanding=True)),
    member.c.current,
)


def pending_tickets(tx: Tx, pair: str, which: Which) -> list[str]:
    """Read the tickets of a side whose links have something open, the oldest link first."""
    return [row["ticket"] for row in tx.rows(_PENDING, pair=pair, which=which.value)]


def link_of(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> dict[str, str]:
    """Find the links of tickets: ticket → link."""
    return {row["ticket"]: row["link"] for row in _current(tx, pair, which, tickets)}


def _current(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> Iterator[dict[str, Any]]:
    for some in chunks(sorted(set(tickets))):
        yield from tx.rows(_CURRENT, pair=pair, which=which.value, some=some)


def versions(tx: Tx, pair: str, which: Which) -> dict[str, tuple[str, str | None]]:
    """Read for each current member of a side: ticket → (link, version last consumed)."""
    select = sa.select(member.c.ticket, member.c.link, member.c.version).where(
        member.c.pair == pair, member.c.side == which.value, member.c.current
    )
    return {row["ticket"]: (row["link"], row["version"]) for row in tx.rows(select)}


def last_reads(tx: Tx, pair: str, which: Which) -> dict[str, datetime]:
    """Read for each current member of a side that is in scope when it was last read, the oldest first."""
    where = (member.c.pair == pair, member.c.side == which.value, member.c.current, member.c.state == "seen")
    select = sa.select(member.c.ticket, member.c.inside_at).where(*where, member.c.inside_at.is_not(None))
    return {row["ticket"]: from_db(row["inside_at"]) for row in tx.rows(select.order_by(member.c.inside_at))}


def member_states(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> dict[str, tuple[str | None, str]]:
    """Read for the linked ones of these tickets: (version last consumed, state)."""
    return {row["ticket"]: (row["version"], row["state"]) for row in _current(tx, pair, which, tickets)}


def link_with_origin(tx: Tx, pair: str, of: str) -> Link | None:
    """Find the pair's link of an origin."""
    row = tx.row(sa.select(link.c.id).where(link.c.pair == pair, link.c.origin == of))
    return links(tx, pair, ids=[row["id"]])[row["id"]] if row else None


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


_MEMBER = sa.update(member).where(
    member.c.pair == sa.bindparam("of_pair"),
    member.c.side == sa.bindparam("of_side"),
    member.c.ticket == sa.bindparam("of_ticket"),
)


def update_member(tx: Tx, pair: str, which: Which, ticket: str, **values: object) -> None:
    """Change a member's row."""
    tx.run(_MEMBER, of_pair=pair, of_side=which.value, of_ticket=ticket, **values)


_CHANGED = sa.update(link).where(_THESE)


def update_links(tx: Tx, ids: Iterable[str], now: datetime, **values: object) -> None:
    """Change links' rows."""
    for some in chunks(sorted(set(ids))):
        tx.run(_CHANGED, some=some, changed_at=to_db(now), **values)


_BASES = sa.select(base).where(base.c.link.in_(sa.bindparam("some", expanding=True)))


def bases(tx: Tx, ids: Iterable[str]) -> dict[tuple[str, Which], dict[str, Base]]:
    """Read the bases of links: (link, side) → hub field → base."""
    found: dict[tuple[str, Which], dict[str, Base]] = {}
    for some in chunks(sorted(set(ids))):
        for row in tx.rows(_BASES, some=some):
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
