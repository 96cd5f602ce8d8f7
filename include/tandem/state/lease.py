# SPDX-License-Identifier: Apache-2.0
"""The lease: one writer per pair, whoever started it.

A lease belongs to a *run*, from extract to reconcile. Each try of each task takes a new fencing number, so an older
try of the same run is overtaken like another run's. Clocks only decide how long one waits; that the overtaken write
nothing is decided by the number, in the transaction that writes (:meth:`tandem.state.store.Store.begin`).
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import psutil
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tandem.errors import LeaseHeldError, OvertakenError
from tandem.state.store import Fence, Store, Tx, from_db, still_held, to_db, utc_now
from tandem.state.tables import lease

__all__ = [
    "BETWEEN_TASKS",
    "TTL",
    "Fence",
    "free_dead",
    "give_back",
    "hand_over",
    "held",
    "holder_text",
    "renew",
    "take",
]

TTL = timedelta(seconds=60)
BETWEEN_TASKS = timedelta(minutes=5)
RENEW_SECONDS = 20.0
_SAME_START_SECONDS = 5.0  # the start of one process, read twice across a correction of the clock
_log = logging.getLogger(__name__)

Doing = Callable[[], str]
Now = Callable[[], datetime]
_ROW = sa.select(lease).where(lease.c.pair == sa.bindparam("pair")).with_for_update()
_CHANGE = sa.update(lease).where(lease.c.pair == sa.bindparam("of"))
_FREE = _CHANGE.values(run=None, task=None, host=None, pid=None, pid_started=None, until=None, doing=None)
_LET_GO = _FREE.where(lease.c.fence == sa.bindparam("number"))


def take(store: Store, pair: str, run: str, task: str, *, now: datetime, ttl: timedelta = TTL) -> Fence:
    """Take the pair's lease for one try of a task, overtaking older tries of the same run.

    Raises:
        LeaseHeldError: another run holds it, and its time is not up.
    """
    with store.begin() as tx:
        row = tx.row(_ROW, pair=pair)
        if row is None:
            tx.upsert(lease, [{"pair": pair, "fence": 0}], update=())
            row = tx.row(_ROW, pair=pair)
        assert row is not None
        if row["run"] not in (None, run) and row["until"] > to_db(now):
            holder = holder_text(row)
            raise LeaseHeldError(f"The pair is held by {holder}.", holder=holder, where=pair)
        fence = Fence(pair, row["fence"] + 1, run, task)
        holder_now = {"host": socket.gethostname(), "pid": os.getpid(), "pid_started": _started(os.getpid())}
        values = {"fence": fence.number, "run": run, "task": task, "until": to_db(now + ttl), "doing": None}
        _set(tx, pair, **values, **holder_now)
    return fence


def renew(store: Store, fence: Fence, ttl: timedelta = TTL, doing: str = "", *, now: Now = utc_now) -> None:
    """Hold on for ``ttl`` from now, and say what the holder waits for.

    Raises:
        OvertakenError: another try holds the lease now.
    """
    with store.begin(fence) as tx:
        _set(tx, fence.pair, until=to_db(now() + ttl), doing=doing or None)


def hand_over(
    store: Store, fence: Fence, ttl: timedelta = BETWEEN_TASKS, *, one_process: bool = False, now: Now = utc_now
) -> None:
    """End a task but keep the lease for the run's next one, which has ``ttl`` to start, unless the task gave it back.

    The process is forgotten: that it ends now does not free the lease. Only where ``one_process`` does all of a run's
    tasks is it kept, so that its death between two of them is seen.

    Raises:
        OvertakenError: another try holds the lease now.
    """
    with store.begin() as tx:
        row = tx.row(_ROW, pair=fence.pair)
        if row is not None and (row["fence"], row["run"]) == (fence.number, None):
            return
        still_held(row, fence)
        forgotten = {} if one_process else {"host": None, "pid": None, "pid_started": None}
        _set(tx, fence.pair, until=to_db(now() + ttl), doing=None, **forgotten)


def give_back(store: Store, fence: Fence) -> None:
    """Free the lease; without effect where another try holds it by now."""
    with store.begin() as tx:
        let_go(tx, fence)


def let_go(tx: Tx, fence: Fence) -> None:
    """Free the lease in the transaction that writes last; without effect where another try holds it by now."""
    tx.run(_LET_GO, of=fence.pair, number=fence.number)


def free_dead(store: Store, pair: str) -> str | None:
    """Free the lease at once if its process on this host is proven dead; say who held it.

    Proven is: no such process, or one with its number that started at another time.
    """
    with store.begin() as tx:
        row = tx.row(_ROW, pair=pair)
        if row is None or row["run"] is None or row["host"] != socket.gethostname() or _alive(row):
            return None
        tx.run(_FREE, of=pair)
    return holder_text(row)


@contextmanager
def held(
    store: Store,
    fence: Fence,
    *,
    every: float = RENEW_SECONDS,
    ttl: timedelta = TTL,
    doing: Doing = str,
    one_process: bool = False,
    now: Now = utc_now,
) -> Iterator[threading.Event]:
    """Keep the lease while a task works, renewing it every ``every`` seconds; the event is set when it is lost.

    ``doing`` is asked each time what the task waits for. ``one_process``: this process does the run's other tasks too.

    The lease is given back where the task ends by an exception. At its end in peace the lease is handed over to the
    run's next task, unless the task gave it back itself.

    Raises:
        OvertakenError: another try held the lease when the task came to its end.
    """
    stop, lost = threading.Event(), threading.Event()
    renewing = threading.Thread(
        target=_keep, args=(store, fence, every, ttl, doing, now, stop, lost), name=f"lease {fence.pair}", daemon=True
    )
    renewing.start()
    try:
        yield lost
    except BaseException:
        _stop(renewing, stop)
        give_back(store, fence)
        raise
    _stop(renewing, stop)
    hand_over(store, fence, one_process=one_process, now=now)


def holder_text(row: Mapping[str, Any]) -> str:
    """Name a lease's holder: run, task, process, and until when it holds unless it renews."""
    where = f", process {row['pid']} on {row['host']}" if row["pid"] is not None else ""
    until = f"{from_db(row['until']):%Y-%m-%d %H:%M:%S} UTC" if row["until"] else "now"
    doing = f", waiting for {row['doing']}" if row["doing"] else ""
    return f"run {row['run']} (task {row['task']}{where}{doing}) until {until}"


def _keep(
    store: Store,
    fence: Fence,
    every: float,
    ttl: timedelta,
    doing: Doing,
    now: Now,
    stop: threading.Event,
    lost: threading.Event,
) -> None:
    while not stop.wait(every):
        try:
            renew(store, fence, ttl, doing(), now=now)
        except OvertakenError:
            lost.set()
            return
        except DBAPIError as error:  # the next turn may reach the database again, before the time is up
            _log.warning("the lease of %s could not be renewed: %s", fence.pair, type(error.orig).__name__)


def _stop(thread: threading.Thread, stop: threading.Event) -> None:
    stop.set()
    thread.join()


def _set(tx: Tx, pair: str, **values: Any) -> None:
    tx.run(_CHANGE, of=pair, **values)


@cache
def _started(pid: int) -> float:
    """When this process was started; it asks anew behind a fork."""
    return psutil.Process(pid).create_time()


def _alive(row: Mapping[str, Any]) -> bool:
    try:
        process = psutil.Process(row["pid"])
        started = process.create_time()
        return process.status() != psutil.STATUS_ZOMBIE and abs(started - row["pid_started"]) < _SAME_START_SECONDS
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
