# SPDX-License-Identifier: Apache-2.0
"""The demo ends what it started, all of it, and nothing else."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from demo.processes import TAG, DemoError, Processes, Started, free_port, wait_until

SLEEPER = "import time; time.sleep(600)"
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    mine = Processes(tmp_path)
    yield mine
    mine.end_all()


def start(processes: Processes, code: str, log: Path) -> Started:
    return processes.start("child", [sys.executable, "-c", code], os.environ, log)


def grandchild(log: Path) -> psutil.Process:
    wait_until(lambda: log.read_text().strip().isdigit(), "the child to print its own child's number", 20)
    return psutil.Process(int(log.read_text()))


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_children_of_children_end_too(processes: Processes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = start(processes, PARENT, log)
    grown = grandchild(log)
    assert processes.end_all() == 2
    assert child.process() is None
    assert gone(grown)


def test_what_lost_its_parent_is_still_ours(processes: Processes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = start(processes, PARENT, log)
    orphan = grandchild(log)
    living = child.process()
    assert living is not None
    living.kill()
    living.wait(10)
    assert processes.end_all() >= 1
    assert gone(orphan)


def test_a_demo_that_was_cut_short_is_cleared_away_by_the_next_one(processes: Processes, tmp_path: Path) -> None:
    start(processes, SLEEPER, tmp_path / "log")
    assert Processes(tmp_path).end_stale() == 1
    assert Processes(tmp_path).end_stale() == 0


def test_a_number_that_now_belongs_to_someone_else_is_left_alone(processes: Processes, tmp_path: Path) -> None:
    with psutil.Popen([sys.executable, "-c", SLEEPER]) as foreign:
        earlier = {"name": "scheduler", "pid": foreign.pid, "at": foreign.create_time() - 100}
        (tmp_path / "processes.json").write_text(json.dumps([earlier]))
        assert processes.end_stale() == 0
        assert not gone(foreign)
        foreign.kill()


def test_a_record_that_was_half_written_does_not_stop_the_next_demo(processes: Processes, tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text('[{"name": "sched')
    assert processes.end_stale() == 0


def test_a_child_that_ends_by_itself_is_told_with_its_last_line(processes: Processes, tmp_path: Path) -> None:
    start(processes, "print('first'); raise SystemExit('the port is taken')", tmp_path / "log")
    with pytest.raises(DemoError, match="exit code 1: the port is taken"):
        wait_until(lambda: False, "nothing", 20, processes)


def test_the_mark_of_another_folder_is_not_ours(tmp_path: Path) -> None:
    with psutil.Popen([sys.executable, "-c", SLEEPER], env={**os.environ, TAG: str(tmp_path / "other")}) as foreign:
        assert Processes(tmp_path / "mine").end_stale() == 0
        assert not gone(foreign)
        foreign.kill()


def test_a_taken_port_is_avoided() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port
