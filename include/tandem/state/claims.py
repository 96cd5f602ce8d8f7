# SPDX-License-Identifier: Apache-2.0
"""What a pair waits for because another pair has begun to write it: told, for only that pair can end it.

A write that was sent and has no answer keeps its claims until its own pair looks it up, as the next run of it does.
Identity, codes and times only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tandem.state.store import Tx, from_db
from tandem.state.tables import action, claim, lease

CLAIMED = "another action carries the same cause"
"""Why a write is put off that another pair has begun."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A write of another pair without an answer, and how many tickets of this one wait for it."""

    pair: str
    run: str
    kind: str
    since: datetime
    tickets: int
    at_work: bool  # a run of that pair is going on

    def text(self) -> str:
        """Say who holds what since when, and what to do."""
        many = "1 ticket waits" if self.tickets == 1 else f"{self.tickets} tickets wait"
        held = f"{many} for {self.pair}, which began the same write ({self.kind}) at {self.since:%d %b %H:%M} UTC"
        if self.at_work:
            return f"{held} and is at work"
        return f"{held} and has not said what came of it: run it (tandem run {self.pair}), it looks that up"


def holders(tx: Tx, pair: str, now: datetime) -> list[Holder]:
    """Name the writes of other pairs for which a pair's own were put off, the oldest first."""
    sent = tx.rows(
        sa.select(action.c.id, action.c.pair, action.c.run, action.c.kind, action.c.sent_at)
        .where(action.c.pair != pair, action.c.state == "sent", action.c.sent_at.is_not(None))
        .order_by(action.c.sent_at)
    )
    if not sent:
        return []
    put_off = tx.rows(
        sa.select(action.c.link, action.c.side, action.c.causes).where(
            action.c.pair == pair,
            action.c.state == "cancelled",
            action.c.reason == CLAIMED,
            action.c.planned_at >= sent[0]["sent_at"],
        )
    )
    waiting: dict[str, set[tuple[str, str]]] = {}
    for row in put_off:
        for cause in row["causes"]:
            waiting.setdefault(cause, set()).add((row["link"], row["side"]))
    return list(_named(tx, sent, waiting, now)) if waiting else []


def _named(
    tx: Tx, sent: Sequence[Mapping[str, Any]], waiting: Mapping[str, set[tuple[str, str]]], now: datetime
) -> Iterator[Holder]:
    working = {row["pair"] for row in tx.rows(sa.select(lease).where(lease.c.run.is_not(None))) if _lasts(row, now)}
    for one in sent:
        claimed = [row["cause"] for row in tx.rows(sa.select(claim.c.cause).where(claim.c.action == one["id"]))]
        tickets = {ticket for cause in claimed for ticket in waiting.get(cause, ())}
        if tickets:
            since, at_work = from_db(one["sent_at"]), one["pair"] in working
            yield Holder(one["pair"], one["run"], one["kind"], since, len(tickets), at_work)


def _lasts(held: Mapping[str, Any], now: datetime) -> bool:
    return held["until"] is not None and from_db(held["until"]) > now
