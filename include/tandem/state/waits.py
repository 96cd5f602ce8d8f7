# SPDX-License-Identifier: Apache-2.0
"""Until when trackers told us not to ask, left by each process for all others. Identity and times only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from tandem.budgets import Key
from tandem.state.store import Store, from_db, to_db
from tandem.state.tables import wait

KEPT = timedelta(days=1)  # longer than any wait: what is older says nothing


@dataclass(frozen=True, slots=True)
class Waits:
    """The state database as the place that :class:`tandem.budgets.Budgets` of all processes share."""

    store: Store

    def waits(self, now: float) -> dict[Key, float]:
        """Read all waits that are not over."""
        with self.store.read() as tx:
            rows = tx.rows(sa.select(wait).where(wait.c.not_before > to_db(_instant(now))))
        return {
            (row["tenant"], row["endpoint"], row["ticket"] or None): from_db(row["not_before"]).timestamp()
            for row in rows
        }

    def keep(self, key: Key, until: float, now: float) -> None:
        """Store a wait, unless a longer one stands there; forget those of yesterday."""
        tenant, endpoint, ticket = key
        row = {"tenant": tenant, "endpoint": endpoint, "ticket": ticket or "", "not_before": to_db(_instant(until))}
        same = (wait.c.tenant == tenant, wait.c.endpoint == endpoint, wait.c.ticket == (ticket or ""))
        with self.store.begin() as tx:
            tx.run(sa.delete(wait).where(wait.c.not_before < to_db(_instant(now) - KEPT)))
            there = tx.row(sa.select(wait.c.not_before).where(*same))
            if there is None or there["not_before"] < row["not_before"]:
                tx.upsert(wait, [row], update=["not_before"])


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
