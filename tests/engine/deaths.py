# SPDX-License-Identifier: Apache-2.0
"""Runs in our own process that die as they commit a change of the state, and as a process does: nothing follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from engine.memory_house import Bench, KilledError
from tandem.state import tables
from tandem.state.store import Store


@contextmanager
def mortal(store: Store, run: Callable[[], object]) -> Iterator[Callable[[int], bool]]:
    """Give what runs and is killed at its so-manieth change of the state; false where it came to its end before."""
    seen, last = [0, 0], [0]

    def begins(connection: sa.Connection) -> None:
        if seen[1] and seen[0] >= seen[1]:
            raise KilledError

    def commits(connection: sa.Connection) -> None:
        changes = connection.connection.dbapi_connection.total_changes  # type: ignore[union-attr]
        if changes == last[0]:
            return
        last[0] = changes
        seen[0] += 1
        if seen[0] == seen[1]:
            raise KilledError

    def killed(point: int) -> bool:
        seen[:] = [0, point]
        try:
            run()
        except KilledError:
            seen[:] = [0, 0]
            with store.begin() as tx:  # as `tandem run` does for a holder that is dead
                tx.run(sa.update(tables.lease).values(run=None, task=None, pid=None, host=None, until=None))
            return True
        seen[:] = [0, 0]
        return False

    sa.event.listen(store.engine, "begin", begins)
    sa.event.listen(store.engine, "commit", commits)
    try:
        yield killed
    finally:
        sa.event.remove(store.engine, "begin", begins)
        sa.event.remove(store.engine, "commit", commits)


def each_death(bench: Bench) -> Iterator[int]:
    """Kill the next run at each of its commits in turn, each time from where the bench stands now; revived, it goes on.

    Gives the number of the commit. It ends when a run comes to its end.
    """
    picture, point = bench.save(), 0
    while True:
        point += 1
        bench.restore(picture)
        bench.on_commit = lambda number: bench.kill() if number == point else None  # noqa: B023
        try:
            bench.run()
        except KilledError:
            bench.revive()
        else:
            return
        yield point
