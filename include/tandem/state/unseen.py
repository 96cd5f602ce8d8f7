# SPDX-License-Identifier: Apache-2.0
"""Members of links that trackers do not show: how many there are, and those of which a person said that it is right."""

from __future__ import annotations

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.state.store import Tx
from tandem.state.tables import member

ACCEPTED = "not to be seen by our account, as was accepted"  # why a ticket is unseen that no safety stop counts
_LACKS = sa.case((sa.and_(member.c.state == "unseen", member.c.reason != ACCEPTED), 1), else_=0)
_UNSEEN = sa.select(sa.func.sum(_LACKS).label("unseen"), sa.func.count().label("n")).where(
    member.c.pair == sa.bindparam("pair"), member.c.side == sa.bindparam("which"), member.c.current
)


def count(tx: Tx, pair: str, which: Which) -> tuple[int, int]:
    """Count the members of a side: (unseen and not accepted as such, all)."""
    row = tx.row(_UNSEEN, pair=pair, which=which.value)
    assert row is not None
    return int(row["unseen"] or 0), int(row["n"])


def accept(tx: Tx, pair: str, which: Which) -> None:
    """Take it that the tickets of a side that are unseen now may be so, until they are seen again."""
    tx.run(
        sa.update(member)
        .where(member.c.pair == pair, member.c.side == which.value, member.c.current, member.c.state == "unseen")
        .values(reason=ACCEPTED)
    )
