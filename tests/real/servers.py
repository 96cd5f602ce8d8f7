# SPDX-License-Identifier: Apache-2.0
"""What all real trackers of the tests have in common: they are installed, made once, started, killed and ended."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.waiting import wait_until

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "real"
START_SECONDS = 120
END_SECONDS = 20


def demand(name: str, script: Path, is_there: Callable[[], bool]) -> None:
    """Have a tracker installed by its script, which needs root; skip where that cannot be.

    With ``TANDEM_TEST_ALL`` nothing is skipped: then it fails.
    """
    why = "only root can install it"
    if not is_there() and os.geteuid() == 0:
        with _locked("install"):
            made = is_there() or subprocess.run(["bash", script], capture_output=True, text=True)
        why = "" if made is True else f"{script.name} ended with {made.returncode}: {made.stderr[-300:]}"
    if is_there():
        return
    words = f"{name} is not installed here, and {' '.join(why.split())}"
    if os.environ.get("TANDEM_TEST_ALL"):
        pytest.fail(words, pytrace=False)
    pytest.skip(words)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Give a folder that ``make`` filled: now, or in an earlier run; ``name`` says all that it depends on."""
    folder = KEPT / name
    with _locked(name):
        if not folder.exists():
            half = KEPT / f"{name}.half"
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            make(half)
            half.rename(folder)
    return folder


@contextmanager
def _locked(name: str) -> Iterator[None]:
    """Do what several processes of one run of tests must not do at once."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server as a process group of its own, which can be killed and started again at the same address."""

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path,
        settings: Mapping[str, str],
        answers: Callable[[], bool],
        runs_in: Path | None = None,
    ) -> None:
        self._command, self._folder, self._runs_in = command, folder, runs_in or folder
        self._settings, self._answers = settings, answers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that leads the group."""
        assert self._process is not None, "it does not run"
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._runs_in,
                env={**os.environ, **self._settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(self._came_up, "the server to answer", START_SECONDS)
        except BaseException:
            self.kill()
            raise

    def _came_up(self) -> bool:
        assert self._process is None or self._process.poll() is None, f"the server ended:\n{self._said()}"
        return self._answers()

    def kill(self) -> None:
        """End it as a power cut does, in the middle of whatever it is doing."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end; kill it if it does not."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        _signal(self._process.pid, how)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            _signal(self._process.pid, signal.SIGKILL)
            self._process.wait(END_SECONDS)
        _signal(self._process.pid, signal.SIGKILL)  # workers that outlived the one that led them
        self._process = None

    def _said(self) -> str:
        return (self._folder / "server.log").read_text(errors="replace")[-3000:]


def _signal(group: int, what: signal.Signals) -> None:
    try:
        os.killpg(group, what)
    except ProcessLookupError:
        return
