# SPDX-License-Identifier: Apache-2.0
"""What never changes of a tracker (:class:`tandem.connectors.base.Facts`), so that no connector asks for it twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tandem.core.values import Json
from tandem.state.store import Store, Tx, to_db
from tandem.state.tables import fact as _table

KEPT = timedelta(days=90)

_SEALED = sa.select(_table.c.sealed).where(
    _table.c.system == sa.bindparam("of_system"), _table.c.name == sa.bindparam("named")
)


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """The state database as the place of facts of one tracker, for the connectors of all pairs, in a run."""

    store: Store
    system: str
    now: datetime

    def recall(self, name: str) -> Json:
        """Give a fact; none if there is none of this name."""
        with self.store.read() as tx:
            row = tx.row(_SEALED, of_system=self.system, named=name)
            return None if row is None else tx.open(row["sealed"])

    def keep(self, name: str, fact: Json) -> None:
        """Keep a fact in the place of what was kept under this name."""
        with self.store.begin() as tx:
            tx.upsert(_table, [{"system": self.system, "name": name, "sealed": tx.seal(fact), "at": to_db(self.now)}])


def forget(tx: Tx, now: datetime) -> None:
    """Let go of what was kept so long ago that hardly anybody will ask for it; who does asks the tracker again."""
    tx.run(sa.delete(_table).where(_table.c.at < to_db(now - KEPT)))
