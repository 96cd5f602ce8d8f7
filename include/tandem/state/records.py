# SPDX-License-Identifier: Apache-2.0
"""Records by version, and the events that were read with them. Content is sealed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter

from tandem.connectors.base import Record
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import event, record

T = TypeVar("T")
_RECORD: TypeAdapter[Record] = TypeAdapter(Record)
OPEN = ("waiting", "deferred", "conflict", "quarantined", "parked")
CHUNK = 400  # bound values in one statement; SQLite takes 32,766 in all


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to be stored. ``content`` is sealed; ``state`` is set at once for echoes."""

    key: str
    kind: str
    order: str
    at: datetime
    content: Mapping[str, Json]
    field: str | None = None
    person: bool = True
    state: str | None = None
    reason: str = ""
    cause: str = ""  # the same in every pair that sees it; empty where no other pair can


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event."""

    id: int
    ticket: str
    key: str
    kind: str
    field: str | None
    order: str
    at: datetime
    person: bool
    state: str | None
    content: Mapping[str, Json] = dataclasses.field(default_factory=dict)
    cause: str = ""  # what a write that carries it claims at its target


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterable[Sequence[T]]:
    """Cut a sequence into pieces that one statement can hold."""
    return (items[start : start + size] for start in range(0, len(items), size))


def save_record(tx: Tx, pair: str, which: Which, found: Record, now: datetime) -> None:
    """Store one version of a record; a version that is known stays as it was first read."""
    content = (
        _RECORD.dump_python(found, mode="json") if found.in_scope else _RECORD.dump_python(_bare(found), mode="json")
    )
    row = {
        "pair": pair,
        "side": which.value,
        "ticket": found.id,
        "version": found.version,
        "place": found.place,
        "type": found.type,
        "in_scope": found.in_scope,
        "scope_reason": found.scope_reason[:100],
        "final": found.final,
        "read_at": to_db(now),
        "sealed": tx.seal(content),
    }
    # A version that cannot be told from a later one (its second is not over) is read anew: the newest reading counts.
    tx.upsert(record, [row], update=["place", "type", "in_scope", "scope_reason", "final", "read_at", "sealed"])


def _bare(found: Record) -> Record:
    """Out of scope nothing but identity is kept."""
    return Record(
        id=found.id,
        key=found.key,
        url=found.url,
        version=found.version,
        place=found.place,
        type=found.type,
        created_at=found.created_at,
        updated_at=found.updated_at,
        in_scope=False,
        final=found.final,
        scope_reason=found.scope_reason,
    )


_VERSIONS = (
    sa.select(record.c.ticket, sa.func.max(record.c.version).label("version"))
    .where(
        record.c.pair == sa.bindparam("pair"),
        record.c.side == sa.bindparam("which"),
        record.c.ticket.in_(sa.bindparam("some", expanding=True)),
    )
    .group_by(record.c.ticket)
)
_LAST = _VERSIONS.subquery()
_NEWEST = sa.select(record.c.ticket, record.c.sealed).where(
    record.c.pair == sa.bindparam("pair"),
    record.c.side == sa.bindparam("which"),
    record.c.ticket == _LAST.c.ticket,
    record.c.version == _LAST.c.version,
)


def latest_records(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> dict[str, Record]:
    """Read the newest stored version of each ticket."""
    found: dict[str, Record] = {}
    for some in chunks(sorted(set(tickets))):
        rows = tx.rows(_NEWEST, pair=pair, which=which.value, some=some)
        found |= {row["ticket"]: _RECORD.validate_python(tx.open(row["sealed"])) for row in rows}
    return found


def newest_versions(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> dict[str, str]:
    """Read which is the newest stored version of each ticket."""
    found: dict[str, str] = {}
    for some in chunks(sorted(set(tickets))):
        rows = tx.rows(_VERSIONS, pair=pair, which=which.value, some=some)
        found |= {row["ticket"]: row["version"] for row in rows}
    return found


def drop_content(tx: Tx, pair: str, which: Which, ticket: str) -> None:
    """Forget what was read of a ticket before its newest version."""
    newest = sa.select(sa.func.max(record.c.version)).where(
        record.c.pair == pair, record.c.side == which.value, record.c.ticket == ticket
    )
    tx.run(
        sa.delete(record).where(
            record.c.pair == pair,
            record.c.side == which.value,
            record.c.ticket == ticket,
            record.c.version < newest.scalar_subquery(),
        )
    )


def add_events(tx: Tx, pair: str, which: Which, ticket: str, happened: Sequence[Happened]) -> int:
    """Store events; one that is known stays as it is. Return how many were new."""
    rows = [
        {
            "pair": pair,
            "side": which.value,
            "ticket": ticket,
            "key": item.key,
            "kind": item.kind,
            "field": item.field,
            "order": item.order,
            "at": to_db(item.at),
            "person": item.person,
            "state": item.state,
            "reason": item.reason,
            "cause": item.cause or None,
            "sealed": tx.seal(dict(item.content)) if item.content else None,
        }
        for item in happened
    ]
    known: set[str] = set()
    for some in chunks(rows):
        keys = [row["key"] for row in some]
        known |= {
            row["key"]
            for row in tx.rows(
                sa.select(event.c.key).where(
                    event.c.pair == pair, event.c.side == which.value, event.c.ticket == ticket, event.c.key.in_(keys)
                )
            )
        }
    new = [row for row in rows if row["key"] not in known]
    for some in chunks(new):
        tx.upsert(event, some, update=())
    return len(new)


def add_event(tx: Tx, pair: str, which: Which, ticket: str, one: Happened) -> int | None:
    """Store one event; return its id, or none where it is known."""
    if add_events(tx, pair, which, ticket, [one]) == 0:
        return None
    where = (event.c.pair == pair, event.c.side == which.value, event.c.ticket == ticket, event.c.key == one.key)
    row = tx.row(sa.select(event.c.id).where(*where))
    assert row is not None
    return int(row["id"])


_OPEN_EVENTS = (
    sa.select(event)
    .where(
        event.c.pair == sa.bindparam("pair"),
        event.c.side == sa.bindparam("which"),
        event.c.ticket.in_(sa.bindparam("some", expanding=True)),
        sa.or_(event.c.state.is_(None), event.c.state.in_(OPEN)),
    )
    .order_by(event.c.at, event.c.order, event.c.id)
)


def open_events(tx: Tx, pair: str, which: Which, tickets: Iterable[str]) -> dict[str, list[Event]]:
    """Read the events of tickets that are in no final state, oldest first."""
    found: dict[str, list[Event]] = {}
    for some in chunks(sorted(set(tickets))):
        for row in tx.rows(_OPEN_EVENTS, pair=pair, which=which.value, some=some):
            found.setdefault(row["ticket"], []).append(_event(tx, row))
    return found


def events_by_id(tx: Tx, ids: Iterable[int]) -> dict[int, Event]:
    """Read events by their ids."""
    found: dict[int, Event] = {}
    for some in chunks(sorted(set(ids))):
        found |= {row["id"]: _event(tx, row) for row in tx.rows(sa.select(event).where(event.c.id.in_(some)))}
    return found


def acted_since(tx: Tx, pair: str, which: Which, ticket: str, native: str, since: datetime) -> bool:
    """Tell whether a person changed a field of a ticket since then."""
    where = (
        event.c.pair == pair,
        event.c.side == which.value,
        event.c.ticket == ticket,
        event.c.field == native,
        event.c.person,
        sa.or_(event.c.state.is_(None), event.c.state != "echo"),
        event.c.at > to_db(since),
    )
    return tx.row(sa.select(event.c.id).where(*where).limit(1)) is not None


_KEYS = sa.select(event.c.key).where(
    event.c.pair == sa.bindparam("pair"),
    event.c.side == sa.bindparam("which"),
    event.c.ticket == sa.bindparam("ticket"),
)


def known_event_keys(tx: Tx, pair: str, which: Which, ticket: str) -> set[str]:
    """Read the keys of all events that are stored for a ticket."""
    return {row["key"] for row in tx.rows(_KEYS, pair=pair, which=which.value, ticket=ticket)}


def refresh(tx: Tx, id_: int, content: Mapping[str, Json]) -> None:
    """Take in how a comment or file that still waits reads now."""
    if content:
        tx.run(sa.update(event).where(event.c.id == id_).values(sealed=tx.seal(dict(content))))


def reopen(
    tx: Tx, pair: str, which: Which, ticket: str, key: str, why: Sequence[str], content: Mapping[str, Json]
) -> bool:
    """Let an event that did not go for one of these reasons wait again, as it reads now; false where there is none."""
    where = (event.c.pair == pair, event.c.side == which.value, event.c.ticket == ticket, event.c.key == key)
    row = tx.row(sa.select(event.c.id).where(*where, event.c.state.in_(("dropped", "noted")), event.c.reason.in_(why)))
    if row is None:
        return False
    values = {"state": "waiting", "reason": "", "sealed": tx.seal(dict(content))}
    tx.run(sa.update(event).where(event.c.id == row["id"]).values(**values))
    return True


def keys_with_reason(tx: Tx, pair: str, which: Which, ticket: str, state: str, reason: str) -> set[str]:
    """Read the keys of a ticket's events that are in this state for this reason."""
    where = (event.c.pair == pair, event.c.side == which.value, event.c.ticket == ticket)
    select = sa.select(event.c.key).where(*where, event.c.state == state, event.c.reason == reason)
    return {row["key"] for row in tx.rows(select)}


def set_events(
    tx: Tx, ids: Iterable[int], state: str, reason: str = "", *, run: str, action: str | None = None
) -> None:
    """Bring events to a state. A final state lets go of their content."""
    values: dict[str, object] = {"state": state, "reason": reason[:300], "run": run}
    if action:
        values["action"] = action
    if state not in OPEN:
        values["sealed"] = None
    for some in chunks(sorted(set(ids))):
        tx.run(sa.update(event).where(event.c.id.in_(some)).values(**values))


def drop_named(tx: Tx, pair: str, which: Which, named: Iterable[tuple[str, str]], why: str, *, run: str) -> None:
    """Drop open events that a person does not want: (ticket, key)."""
    for ticket, key in named:
        where = (event.c.pair == pair, event.c.side == which.value, event.c.ticket == ticket, event.c.key == key)
        row = tx.row(sa.select(event.c.id).where(*where, event.c.state.in_(OPEN)))
        if row is not None:
            set_events(tx, [row["id"]], "dropped", why, run=run)


_STATELESS = sa.select(event.c.id, event.c.side, event.c.ticket).where(
    event.c.pair == sa.bindparam("pair"), event.c.state.is_(None)
)


def stateless(tx: Tx, pair: str) -> list[tuple[int, Which, str]]:
    """List (id, side, ticket) of events that are in no state."""
    return [(row["id"], Which(row["side"]), row["ticket"]) for row in tx.rows(_STATELESS, pair=pair)]


_BY_STATE = (
    sa.select(event.c.state, sa.func.count().label("n"))
    .where(event.c.pair == sa.bindparam("pair"))
    .group_by(event.c.state)
)
_IN_STATES = _BY_STATE.where(event.c.state.in_(sa.bindparam("states", expanding=True)))


def count_states(tx: Tx, pair: str) -> dict[str, int]:
    """Count a pair's events by state."""
    return {row["state"] or "none": row["n"] for row in tx.rows(_BY_STATE, pair=pair)}


def count_in(tx: Tx, pair: str, states: Sequence[str]) -> dict[str, int]:
    """Count a pair's events in these states; the others, be they ever so many, are not looked at."""
    return {row["state"]: row["n"] for row in tx.rows(_IN_STATES, pair=pair, states=states)}


def tickets_in_window(tx: Tx, pair: str, which: Which, start: datetime, end: datetime) -> set[str]:
    """List tickets with a stored event in a window."""
    select = (
        sa.select(event.c.ticket)
        .where(
            event.c.pair == pair,
            event.c.side == which.value,
            event.c.at >= to_db(start),
            event.c.at <= to_db(end),
        )
        .distinct()
    )
    return {row["ticket"] for row in tx.rows(select)}


def _event(tx: Tx, row: Mapping[str, object]) -> Event:
    sealed = row["sealed"]
    content = tx.open(str(sealed)) if sealed else {}
    assert isinstance(content, dict)
    at = row["at"]
    assert isinstance(at, datetime)
    return Event(
        id=int(str(row["id"])),
        ticket=str(row["ticket"]),
        key=str(row["key"]),
        kind=str(row["kind"]),
        field=None if row["field"] is None else str(row["field"]),
        order=str(row["order"]),
        at=from_db(at),
        person=bool(row["person"]),
        state=None if row["state"] is None else str(row["state"]),
        cause=str(row["cause"] or f"event:{row['id']}"),
        content=content,
    )
