# SPDX-License-Identifier: Apache-2.0
"""Child processes that are ours beyond doubt, and that are all ended, whatever ended the demo.

Ours is a process that we started (its number and start time stand in a file), a descendant of one, or one that
carries our folder in its environment: Airflow's workers are re-parented when the scheduler dies, and only that still
names them.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

TAG = "TANDEM_DEMO_FOLDER"


class DemoError(Exception):
    """The demo cannot go on; the message says what failed and where to look."""


@dataclass(frozen=True)
class Started:
    """One child process; a number alone may be someone else's by now, with the start time it cannot be."""

    name: str
    pid: int
    at: float

    def process(self) -> psutil.Process | None:
        """The living process, None if it ended."""
        try:
            process = psutil.Process(self.pid)
            if process.create_time() == self.at and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            pass
        return None


class Processes:
    """The children of one demo, on record in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._record = self._folder / "processes.json"
        self._children: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}

    def end_stale(self) -> int:
        """Ends what an earlier demo in this folder left behind; returns how many processes that were."""
        try:
            roots = [Started(**entry) for entry in json.loads(self._record.read_text())]
        except (FileNotFoundError, ValueError, TypeError):
            roots = []
        ended = _end(self._tree(roots))
        self._record.unlink(missing_ok=True)
        return ended

    def start(self, name: str, argv: Sequence[str], environment: Mapping[str, str], log: Path) -> Started:
        """Starts a child in a session of its own, so that Ctrl-C reaches the demo alone."""
        log.parent.mkdir(parents=True, exist_ok=True)
        # SPT_NOENV: Airflow's parts rename themselves, which would overwrite the environment that proves them ours.
        env = {**environment, TAG: str(self._folder), "SPT_NOENV": "1"}
        with log.open("ab") as out:
            child = subprocess.Popen(
                argv, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._children[name] = (child, log)
        started = Started(name, child.pid, psutil.Process(child.pid).create_time())
        known = json.loads(self._record.read_text()) if self._record.exists() else []
        self._record.write_text(json.dumps([*known, asdict(started)]))
        return started

    def check(self) -> None:
        """Raises: DemoError if a child ended by itself, with the last line of its log."""
        for name, (child, log) in self._children.items():
            if child.poll() is not None:
                lines = log.read_text(errors="replace").strip().splitlines()
                last = lines[-1] if lines else "it printed nothing"
                raise DemoError(f"{name} ended with exit code {child.returncode}: {last}\n  its log: {log}")

    def run(self, name: str, argv: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Runs a child to its end. Raises: DemoError if it fails."""
        self.start(name, argv, environment, log)
        child, _ = self._children[name]
        if child.wait() == 0:
            del self._children[name]
        self.check()

    def members(self) -> list[psutil.Process]:
        """Every living process that is ours."""
        return self._tree(Started(name, child.pid, _born(child.pid)) for name, (child, _) in self._children.items())

    def end_all(self) -> int:
        """Ends all children and all their descendants; returns how many processes had to be ended."""
        ended = _end(self.members())
        for child, _ in self._children.values():
            child.wait()
        self._children.clear()
        self._record.unlink(missing_ok=True)
        return ended

    def _tree(self, roots: Iterable[Started]) -> list[psutil.Process]:
        found: dict[int, psutil.Process] = {}
        for root in roots:
            if process := root.process():
                found[process.pid] = process
                found.update({child.pid: child for child in _children(process)})
        found.update({process.pid: process for process in self._tagged()})
        found.pop(os.getpid(), None)
        return list(found.values())

    def _tagged(self) -> list[psutil.Process]:
        tagged = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(TAG) == str(self._folder):
                    tagged.append(process)
            except psutil.Error:  # ended meanwhile, or someone else's
                continue
        return tagged


def _born(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _end(processes: list[psutil.Process], patience: float = 8.0) -> int:
    """Asks, waits, then insists. psutil compares start times before it signals, so a re-used number is never hit."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        _, alive = psutil.wait_procs(processes, timeout=patience)
        if not alive:
            break
    return len(processes)


def free_port(wanted: int = 0) -> int:
    """`wanted` if it is free on this machine's loopback, else one that the system chooses."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError("no free port on 127.0.0.1")


def wait_until(condition: Callable[[], bool], what: str, seconds: float, processes: Processes | None = None) -> None:
    """Asks four times a second until it holds. Raises: DemoError after `seconds`, or at once if a child ended."""
    end = time.monotonic() + seconds
    while not condition():
        if processes:
            processes.check()
        if time.monotonic() > end:
            raise DemoError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.25)
