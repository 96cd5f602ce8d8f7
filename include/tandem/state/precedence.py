# SPDX-License-Identifier: Apache-2.0
"""Which of two changes of one field stands where they meet: decided once, and followed by every pair.

Pairs that join trackers in a ring meet the same two changes at different ends. Each by its own rule could let another
one stand, and then they would end apart. A change is named by its cause (:mod:`tandem.state.paths`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.core.values import Json, from_utc_text
from tandem.state import actions
from tandem.state.paths import NEWEST
from tandem.state.records import chunks
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import event, lease, precedence, presence

_COPIES = sa.select(presence.c.native).where(presence.c.origin == sa.bindparam("origin"), presence.c.kind == "ticket")
_CHANGES = sa.select(event).where(
    event.c.pair.in_(sa.select(lease.c.pair)),
    event.c.side.in_([which.value for which in Which]),
    event.c.ticket.in_(_COPIES),
    event.c.kind == "field",
)
PASSED = "on the way of another pair's write"
"""Why a status on the way to another one is no event: nobody meant it."""


def settle(tx: Tx, stands: str, falls: str, now: datetime) -> str:
    """Let one of two causes stand, unless it was decided before; return the one that does."""
    first, second = sorted((stands, falls))
    tx.upsert(precedence, [{"first": first, "second": second, "stands": stands, "at": to_db(now)}], update=[])
    row = tx.row(sa.select(precedence.c.stands).where(precedence.c.first == first, precedence.c.second == second))
    assert row is not None
    return str(row["stands"])


@dataclass(frozen=True, slots=True)
class Order:
    """The changes of one ticket, wherever its copies stand: what was decided, and what people wrote over what."""

    decided: Mapping[frozenset[str], str]
    over: Mapping[str, Collection[str]]  # by a change, those that stand where they meet it

    def standing(self, one: str, other: str) -> str | None:
        """Tell which of two changes stands. None: nothing is known.

        It was decided before; or people wrote it over the other one, which they saw; or a third change lies between.
        """
        decided = self.decided.get(frozenset((one, other)))
        if decided is not None:
            return decided
        over_one, over_other = self.over_all(one), self.over_all(other)
        if (other in over_one) is (one in over_other):
            return None
        return other if other in over_one else one

    def over_all(self, cause: str) -> set[str]:
        """The changes that stand where they meet this one, or one that does."""
        found, last = set[str](), {cause}
        while last := {one for cause in last for one in self.over.get(cause, ())} - found:
            found |= last
        return found


def order_of(tx: Tx, origin: str) -> Order:
    """Read what is known of the changes of a ticket, named by its origin."""
    series: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in tx.rows(_CHANGES, origin=origin):
        series.setdefault((row["pair"], row["side"], row["ticket"], row["field"]), []).append(row)
    over: dict[str, set[str]] = {}
    causes = set[str]()
    for rows in series.values():
        shown: list[str] = []
        for change in sorted(rows, key=lambda one: str(one["order"])):
            if _own(change):
                for cause in shown:
                    over.setdefault(cause, set()).add(change["cause"])
            shown.append(str(change["cause"]))
        causes.update(shown)
    decided: dict[frozenset[str], str] = {}
    for some in chunks(sorted(causes)):
        for row in tx.rows(sa.select(precedence).where(precedence.c.first.in_(some))):
            both = frozenset((str(row["first"]), str(row["second"])))
            decided[both] = str(row["stands"])
            over.setdefault(next(iter(both - {decided[both]})), set()).add(decided[both])
    return Order(decided, over)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done last to a field of a ticket, wherever people did it."""

    event: int
    cause: str
    at: datetime
    order: str
    author: str
    person: bool


def last_change(tx: Tx, pair: str, which: Which, ticket: str, field: str, link: str) -> Change | None:
    """Find what a field shows, as a pair has read it; of its own writes, what they carried."""
    where = (event.c.pair == pair, event.c.side == which.value, event.c.ticket == ticket, event.c.field == field)
    rows = tx.rows(sa.select(event).where(*where, event.c.kind == "field", event.c.reason != PASSED))
    if not rows:
        return None
    row = max(rows, key=lambda row: str(row["order"]))
    cause, at, person = str(row["cause"] or f"event:{row['id']}"), from_db(row["at"]), bool(row["person"])
    opened = tx.open(str(row["sealed"])) if row["sealed"] else {}
    content: Mapping[str, Json] = opened if isinstance(opened, dict) else {}
    if row["state"] == "echo":
        content = next(_written(tx, link, which, field), {})
        cause, person = str(content.get("cause") or cause), content.get("person") is True
    first_at = content.get("first_at") or content.get("at")
    at = from_utc_text(str(first_at)) if first_at else at
    return Change(int(row["id"]), cause, at, str(row["order"]), str(content.get("author") or ""), person)


def _written(tx: Tx, link: str, which: Which, field: str) -> Iterator[Mapping[str, Json]]:
    """What our writes of a field carried, the newest first."""
    for one in actions.newest_done(tx, link, which, NEWEST):
        caused = one.content.get("caused")
        told = caused.get(field) if isinstance(caused, dict) else None
        if isinstance(told, dict):
            yield told


def again(stands: str, fell: str) -> str:
    """Name a write that carries a change once more, because another one had been written over it."""
    return f"again:{sha256(f'{stands} {fell}'.encode()).hexdigest()[:32]}"


def _own(row: Mapping[str, Any]) -> bool:
    """Tell whether people of this tracker did it: not a write of ours, nor a status on the way of one."""
    entry = str(row["key"]).partition(":")[2]
    here = str(row["cause"]).endswith(f":{row['ticket']}:{entry}")
    return here and bool(row["person"]) and row["state"] != "echo" and row["reason"] != PASSED
