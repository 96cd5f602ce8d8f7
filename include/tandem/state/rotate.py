# SPDX-License-Identifier: Apache-2.0
"""Puts all that is sealed under the newest content key, so that older keys can be thrown away."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from tandem.state.store import Store, Tx
from tandem.state.tables import metadata

BATCH = 500
Progress = Callable[[str, int, int], None]


def rotate_content(store: Store, progress: Progress, *, batch: int = BATCH) -> int:
    """Seal every ``sealed`` column anew under the first content key; return how many rows that took.

    Every batch is a transaction of its own, and rows under the newest key are passed over: broken off, it is simply
    run again. ``progress`` is called with a table's name, its rows done and its rows in all. Every process must know
    the new key by then, or it will go on writing under the old one.

    Raises:
        StateError: no key opens a row.
    """
    return sum(_rotate(store, table, progress, batch) for table in metadata.sorted_tables if "sealed" in table.columns)


def _rotate(store: Store, table: sa.Table, progress: Progress, batch: int) -> int:
    key = list(table.primary_key)
    filled = sa.select(*key, table.c.sealed).where(table.c.sealed.is_not(None)).order_by(*key).limit(batch)
    with store.read() as tx:
        total = int(tx.connection.scalar(sa.select(sa.func.count(table.c.sealed))) or 0)
    done = renewed = 0
    page = filled
    while True:
        with store.begin() as tx:
            rows = tx.rows(page.with_for_update())
            renewed += sum(_renew(tx, table, row) for row in rows)
        done += len(rows)
        progress(table.name, done, max(done, total))
        if len(rows) < batch:
            return renewed
        page = filled.where(sa.tuple_(*key) > sa.tuple_(*(sa.literal(rows[-1][column.name]) for column in key)))


def _renew(tx: Tx, table: sa.Table, row: dict[str, object]) -> int:
    text = tx.vault.renewed(str(row["sealed"]))
    if text is None:
        return 0
    this = [column == row[column.name] for column in table.primary_key]
    return tx.run(sa.update(table).where(*this).values(sealed=text))
