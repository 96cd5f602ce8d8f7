# SPDX-License-Identifier: Apache-2.0
"""What keeps a pair from writing until a person lets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import hold

RELINK = "relink"


_HOLDS = sa.select(hold).where(hold.c.pair == sa.bindparam("pair")).order_by(hold.c.at)


@dataclass(frozen=True, slots=True)
class Hold:
    """A pair that writes nothing: since when, and what its cause noted (ids and counts alone)."""

    cause: str
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)


def holds(tx: Tx, pair: str) -> list[Hold]:
    """Read what holds a pair."""
    return [Hold(row["cause"], from_db(row["at"]), row["detail"]) for row in tx.rows(_HOLDS, pair=pair)]


def put(tx: Tx, pair: str, one: Hold) -> None:
    """Hold a pair; one that is held for the same cause stays held since then."""
    row = {"pair": pair, "cause": one.cause, "at": to_db(one.at), "detail": dict(one.detail)}
    tx.upsert(hold, [row], update=["detail"])


def end(tx: Tx, pair: str, cause: str) -> None:
    """Let a pair go on, as far as this cause is concerned."""
    tx.run(sa.delete(hold).where(hold.c.pair == pair, hold.c.cause == cause))
