# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import sqlalchemy as sa

from tandem.errors import LeaseHeldError, OvertakenError
from tandem.state import lease
from tandem.state.lease import BETWEEN_TASKS, TTL, Fence
from tandem.state.store import from_db
from tandem.state.tables import lease as table

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)


def _take(store, run="run", task="extract", now=NOW, **more):
    return lease.take(store, "p", run, task, now=now, **more)


def _row(store):
    with store.read() as tx:
        return tx.row(sa.select(table))


def _write(store, fence):
    with store.begin(fence):
        pass


def test_a_free_lease_is_taken_and_names_its_holder(store):
    fence = _take(store)
    assert fence == Fence("p", 1, "run", "extract")
    with pytest.raises(LeaseHeldError) as held:
        _take(store, "other")
    assert "run run (task extract, process " in held.value.holder
    assert f"{NOW + TTL:%H:%M:%S} UTC" in held.value.holder
    _write(store, fence)


def test_pairs_do_not_wait_for_each_other(store):
    _take(store)
    assert lease.take(store, "q", "other", "extract", now=NOW).number == 1


def test_another_run_takes_it_once_its_time_is_up(store):
    older = _take(store)
    with pytest.raises(LeaseHeldError):
        _take(store, "other", now=NOW + TTL - timedelta(seconds=1))
    newer = _take(store, "other", now=NOW + TTL)
    assert newer.number == older.number + 1
    with pytest.raises(OvertakenError):
        lease.renew(store, older)
    _write(store, newer)


def test_a_newer_try_of_the_same_run_overtakes_the_older(store):
    older, newer = _take(store), _take(store)
    with pytest.raises(OvertakenError):
        _write(store, older)
    _write(store, newer)


def test_an_expired_lease_that_nobody_took_still_writes(store):
    fence = _take(store, now=NOW - timedelta(days=1))
    _write(store, fence)


def test_numbers_never_fall(store):
    numbers = []
    for run in ("a", "b", "c"):
        fence = _take(store, run)
        numbers.append(fence.number)
        lease.give_back(store, fence)
    assert numbers == [1, 2, 3]


def test_a_given_back_lease_is_free_and_writes_no_more(store):
    fence = _take(store)
    lease.give_back(store, fence)
    with pytest.raises(OvertakenError):
        _write(store, fence)
    _take(store, "other")


def test_an_overtaken_try_cannot_give_the_lease_back(store):
    older, newer = _take(store), _take(store)
    lease.give_back(store, older)
    _write(store, newer)


def test_renewing_holds_on(store):
    fence = _take(store, now=NOW - timedelta(days=1))
    lease.renew(store, fence)
    with pytest.raises(LeaseHeldError):
        _take(store, "other")


def test_between_tasks_the_run_keeps_its_lease(store):
    lease.hand_over(store, _take(store))
    with pytest.raises(LeaseHeldError) as held:
        _take(store, "other", now=NOW + BETWEEN_TASKS - timedelta(seconds=5))
    assert "process" not in held.value.holder
    assert _take(store, task="map").number == 2


def test_between_tasks_no_process_can_be_found_dead(store):
    lease.hand_over(store, _take(store))
    assert lease.free_dead(store, "p") is None
    assert _row(store)["run"] == "run"


def test_between_tasks_of_one_process_its_death_is_seen(store):
    """As with `tandem run`, killed between two of its tasks."""
    fence = _take(store)
    with lease.held(store, fence, one_process=True):
        pass
    assert _row(store)["pid"] == psutil.Process().pid
    assert lease.free_dead(store, "p") is None
    with store.begin() as tx:
        tx.run(sa.update(table).values(pid_started=table.c.pid_started - 3600))
    assert lease.free_dead(store, "p") is not None


def test_a_dead_process_frees_its_lease_at_once(store):
    fence = _take(store)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    with store.begin() as tx:
        tx.run(sa.update(table).values(pid=ended.pid))
    ended.wait(60)
    assert "run run (task extract" in lease.free_dead(store, "p")
    with pytest.raises(OvertakenError):
        _write(store, fence)
    _take(store, "other")


def test_a_process_that_has_the_number_of_a_dead_one_is_not_taken_for_it(store):
    fence = _take(store)
    with store.begin() as tx:
        tx.run(sa.update(table).values(pid_started=table.c.pid_started - 3600))
    assert lease.free_dead(store, "p") is not None
    with pytest.raises(OvertakenError):
        _write(store, fence)


def test_a_process_that_ended_and_was_not_waited_for_is_dead(store):
    _take(store)
    with subprocess.Popen([sys.executable, "-c", "print(end='', flush=True)"], stdout=subprocess.PIPE) as ended:
        assert ended.stdout.read() == b""  # its end, as seen by the closed pipe
        started = psutil.Process(ended.pid).create_time()
        with store.begin() as tx:
            tx.run(sa.update(table).values(pid=ended.pid, pid_started=started))
        while psutil.Process(ended.pid).status() != psutil.STATUS_ZOMBIE:
            pass
        assert lease.free_dead(store, "p") is not None


def test_a_living_process_and_one_on_another_host_are_left_alone(store):
    assert lease.free_dead(store, "p") is None
    fence = _take(store)
    assert lease.free_dead(store, "p") is None
    with store.begin() as tx:
        tx.run(sa.update(table).values(host="elsewhere", pid=-1))
    assert lease.free_dead(store, "p") is None
    _write(store, fence)


def test_of_many_that_take_at_once_one_has_it(store):
    start, taken, refused = threading.Barrier(4), [], []

    def take(run):
        start.wait()
        try:
            taken.append(_take(store, run))
        except LeaseHeldError as error:
            refused.append(error)

    threads = [threading.Thread(target=take, args=(f"run{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(taken), len(refused)) == (1, 3)


def test_a_working_task_renews_its_lease(store):
    fence = _take(store, now=NOW - timedelta(days=1))
    before = _row(store)["until"]
    with lease.held(store, fence, every=0.01) as lost:
        deadline = datetime.now(UTC) + timedelta(seconds=30)
        while _row(store)["until"] == before:
            assert datetime.now(UTC) < deadline
        assert not lost.is_set()


def test_a_task_that_ends_hands_over(store):
    fence = _take(store)
    with lease.held(store, fence):
        pass
    row = _row(store)
    assert (row["run"], row["pid"]) == ("run", None)
    assert from_db(row["until"]) > datetime.now(UTC) + BETWEEN_TASKS - timedelta(minutes=1)


def test_a_task_that_gave_back_leaves_it_so(store):
    fence = _take(store)
    with lease.held(store, fence):
        lease.give_back(store, fence)
    assert _row(store)["run"] is None


def test_a_task_that_fails_gives_back(store):
    fence = _take(store)
    with pytest.raises(ZeroDivisionError), lease.held(store, fence):
        raise ZeroDivisionError
    assert _row(store)["run"] is None


def test_a_task_that_lost_its_lease_is_told_and_changes_nothing(store):
    fence = _take(store)
    with pytest.raises(OvertakenError), lease.held(store, fence, every=0.01) as lost:
        newer = _take(store)
        assert lost.wait(30)
    _write(store, newer)


def test_a_task_that_another_run_waited_out_is_told_at_its_end(store):
    fence = _take(store)
    with pytest.raises(OvertakenError), lease.held(store, fence):
        lease.give_back(store, fence)
        _take(store, "other")
    assert _row(store)["run"] == "other"
