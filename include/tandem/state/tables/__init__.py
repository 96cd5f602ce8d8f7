# SPDX-License-Identifier: Apache-2.0
"""The tables. In clear: identity, hub status and type, times, codes, counts. Columns named ``sealed`` are encrypted.

``side`` is ``left`` or ``right``. ``system`` is the Airflow connection's id: it tells one tracker from another in the
whole installation. ``ticket`` is a record's native id. Times are naive UTC.
"""

from __future__ import annotations

from tandem.state.tables.columns import metadata
from tandem.state.tables.of_installation import claim, edge, fact, origin, precedence, presence, step, wait
from tandem.state.tables.of_pairs import (
    action,
    approval,
    base,
    before_start,
    conflict,
    event,
    hold,
    hub,
    lease,
    link,
    member,
    notice,
    quarantine,
    record,
    run,
    run_ticket,
    side,
    wake,
)

__all__ = [
    "action",
    "approval",
    "base",
    "before_start",
    "claim",
    "conflict",
    "edge",
    "event",
    "fact",
    "hold",
    "hub",
    "lease",
    "link",
    "member",
    "metadata",
    "notice",
    "origin",
    "precedence",
    "presence",
    "quarantine",
    "record",
    "run",
    "run_ticket",
    "side",
    "step",
    "wait",
    "wake",
]
