# SPDX-License-Identifier: Apache-2.0
"""How far a run has come, read from the state tables for a mail: ids, times and counts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from tandem.state.store import Tx, from_db
from tandem.state.tables import action, lease, run


@dataclass(frozen=True)
class Standing:
    """All times are aware UTC."""

    in_step_since: datetime | None
    """Start of the last run that ended well: all that was changed before it is on both sides, or parked in sight."""
    holder: str
    """Which task of which run is at work, in which process; empty if none is."""
    behind_another: bool
    """Whether it is another run that is at work, so that no task of this one can be."""
    doing: str
    """The request of that task that waits longest for its answer; empty if none is known."""
    failure: str
    """What the last try of a task of this run failed of; empty if none has."""
    writes: Mapping[str, int]
    """Writes of this run by state: planned, sent, done, failed."""
    unanswered: tuple[str, str, datetime] | None
    """The oldest write that was sent and has no answer yet: kind, side, since when."""


def read_standing(tx: Tx, pair: str, run_id: str) -> Standing:
    """Read it. A run that has stored nothing yet has no writes."""
    in_step = tx.row(
        select(run.c.started_at)
        .where(run.c.pair == pair, run.c.state == "done")
        .order_by(run.c.started_at.desc())
        .limit(1)
    )
    held = tx.row(select(lease).where(lease.c.pair == pair, lease.c.run.is_not(None)))
    own = tx.row(select(run.c.message).where(run.c.pair == pair, run.c.run == run_id))
    of_run = (action.c.pair == pair, action.c.run == run_id)
    counts = tx.rows(select(action.c.state, func.count().label("number")).where(*of_run).group_by(action.c.state))
    sent = tx.row(
        select(action.c.kind, action.c.side, action.c.sent_at)
        .where(*of_run, action.c.state == "sent", action.c.sent_at.is_not(None))
        .order_by(action.c.seq)
        .limit(1)
    )
    return Standing(
        from_db(in_step["started_at"]) if in_step else None,
        _holder(held, run_id) if held else "",
        held is not None and held["run"] != run_id,
        (held["doing"] or "") if held else "",
        (own["message"] or "") if own else "",
        {row["state"]: row["number"] for row in counts},
        (sent["kind"], sent["side"], from_db(sent["sent_at"])) if sent else None,
    )


def _holder(held: Mapping[str, Any], run_id: str) -> str:
    whose = "this run" if held["run"] == run_id else f"run {held['run']}"
    process = f", process {held['pid']} on {held['host']}" if held["pid"] is not None else ""
    return f"{held['task']} of {whose}{process}"
