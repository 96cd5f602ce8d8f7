# SPDX-License-Identifier: Apache-2.0
"""What one run hands from task to task: the versions that it took up, and the hub tickets mapped from them."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.state.records import chunks
from tandem.state.store import Tx
from tandem.state.tables import hub, run_ticket


def take_up(tx: Tx, pair: str, run: str, which: Which, versions: Mapping[str, str], why: str) -> None:
    """Note which version of each ticket a run took up."""
    rows = [
        {"pair": pair, "run": run, "side": which.value, "ticket": ticket, "version": version, "why": why}
        for ticket, version in versions.items()
    ]
    for some in chunks(rows):
        tx.upsert(run_ticket, some, update=["version"])


_TAKEN = sa.select(run_ticket.c.ticket, run_ticket.c.version).where(
    run_ticket.c.pair == sa.bindparam("pair"),
    run_ticket.c.run == sa.bindparam("run"),
    run_ticket.c.side == sa.bindparam("which"),
)


def taken_up(tx: Tx, pair: str, run: str, which: Which) -> dict[str, str]:
    """Read which version of each ticket a run took up."""
    return {row["ticket"]: row["version"] for row in tx.rows(_TAKEN, pair=pair, run=run, which=which.value)}


def save_hub(tx: Tx, pair: str, run: str, which: Which, ticket: str, message: Json) -> None:
    """Store a hub ticket for diff."""
    row = {"pair": pair, "run": run, "side": which.value, "ticket": ticket, "sealed": tx.seal(message)}
    tx.upsert(hub, [row], update=["sealed"])


_HUBS = sa.select(hub.c.ticket, hub.c.sealed).where(
    hub.c.pair == sa.bindparam("pair"), hub.c.run == sa.bindparam("run"), hub.c.side == sa.bindparam("which")
)


def hubs(tx: Tx, pair: str, run: str, which: Which) -> dict[str, Json]:
    """Read the hub tickets of a side."""
    return {row["ticket"]: tx.open(row["sealed"]) for row in tx.rows(_HUBS, pair=pair, run=run, which=which.value)}


_STAGES = sa.delete(hub).where(hub.c.pair == sa.bindparam("pair"))
_STAGE, _OTHER_STAGES = (
    _STAGES.where(of) for of in (hub.c.run == sa.bindparam("name"), hub.c.run != sa.bindparam("name"))
)


def forget_stage(tx: Tx, pair: str, run: str) -> None:
    """Drop a run's hub tickets when it has ended."""
    tx.run(_STAGE, pair=pair, name=run)


def forget_stages(tx: Tx, pair: str, but: str) -> None:
    """Drop the hub tickets of all other runs: they were mapped against bases that have moved since."""
    tx.run(_OTHER_STAGES, pair=pair, name=but)
