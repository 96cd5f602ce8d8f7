# SPDX-License-Identifier: Apache-2.0
"""What was done last to each element of a ticket's set (:mod:`tandem.core.set_steps`), as all pairs together know it.

A settled event lets go of its content, so this is kept beside it. An element is told by the hash of its word alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tandem.core.model import Step
from tandem.state.records import chunks
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import step


@dataclass(frozen=True, slots=True)
class Set:
    """A set-valued field of a ticket."""

    system: str
    ticket: str
    field: str  # native


def keep(tx: Tx, of: Set, done: Mapping[str, Sequence[Step]]) -> None:
    """Note what was done to elements, the oldest first. What is known to be newer, and was not seen here, stays."""
    known = last_of(tx, of, done)
    rows = []
    for element, chain in done.items():
        last, old = chain[-1], known.get(element)
        if old is None or old.cause in {one.cause for one in chain} or last.newer_than(old):
            rows.append(
                {
                    "system": of.system,
                    "ticket": of.ticket,
                    "field": of.field,
                    "element": tx.vault.digest(element),
                    "there": last.there,
                    "cause": last.cause,
                    "at": to_db(last.at),
                }
            )
    if rows:
        tx.upsert(step, rows, update=["there", "cause", "at"])


def last_of(tx: Tx, of: Set, elements: Collection[str]) -> dict[str, Step]:
    """Read what was done last to elements, as far as it is known."""
    words = {tx.vault.digest(element): element for element in elements}
    here = (step.c.system == of.system, step.c.ticket == of.ticket, step.c.field == of.field)
    return {
        words[row["element"]]: Step(cause=row["cause"], at=from_db(row["at"]), there=bool(row["there"]))
        for some in chunks(sorted(words))
        for row in tx.rows(sa.select(step).where(*here, step.c.element.in_(some)))
    }
