# SPDX-License-Identifier: Apache-2.0
"""What makes a storm: contracts of many kinds, trackers that lag and refuse, runs that are killed, people at work."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.house import INCLUDE, House
from engine.people import JIRA, ZENDESK
from support.sandbox import RunningSandbox


def furnished(root: Path, *, closed: str = "quarantine", on_edit: str = "edit") -> Path:
    """The example's files, with another choice of what becomes of closed tickets and edited comments.

    ``closed``: ``quarantine``, or what opens a follow-up: ``reopen``, ``comment``.
    """
    for part in ("contracts", "pairs"):
        shutil.copytree(INCLUDE / part, root / part)
    if closed != "quarantine":
        left = root / "contracts" / "mercuri-zendesk.yaml"
        old = "closed: quarantine "
        assert old in left.read_text()
        left.write_text(left.read_text().replace(old, f"follow_up_on: {closed}\nclosed: follow_up  "))
    right = root / "contracts" / "infinity-jira.yaml"
    right.write_text(f"{right.read_text()}on_edit: {on_edit}\n")
    return root


def weather(box: RunningSandbox, chance: random.Random) -> None:
    """Lag and limits for all; lost answers, lost connections and 429 for our account alone."""
    box.control.settings(ZENDESK, export_lag=chance.choice((1, 2, 4)), search_lag=2)
    burst = {"requests": 60, "seconds": 2}
    box.control.settings(JIRA, search_lag=chance.choice((1, 2, 4)), issue_write_limit=True, burst_limit=burst)
    for tenant in (ZENDESK, JIRA):
        ours = {"account": box[tenant].integration.email}
        wait = chance.choice(("1", "0.5", None))
        box.control.fault("rate_limited", tenant, **ours, probability=0.03, retry_after=wait)
        box.control.fault("error_before", tenant, **ours, probability=0.01, status=503)
        box.control.fault("down", tenant, **ours, probability=0.005)
        for method in ("POST", "PUT"):
            for kind in ("error_after", "cut_after"):
                box.control.fault(kind, tenant, **ours, method=method, probability=0.02)


def clear_up(box: RunningSandbox) -> None:
    """The weather is fine again."""
    box.control.clear_faults()
    box.control.settings(JIRA, burst_limit=None, issue_write_limit=False)


def running(house: House) -> subprocess.Popen[bytes]:
    """`tandem run` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tandem.cli", "run", house.pair, "--json"],
        env=house.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed_run(house: House, seconds: float) -> bool:
    """A run that is killed (SIGKILL) after so many seconds; false where it was done before."""
    process = running(house)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def killed_at(house: House, fault: int) -> bool:
    """`tandem run`, killed (SIGKILL) as soon as a fault has struck; false where it never did."""
    process = running(house)
    while process.poll() is None:
        if next(one["struck"] for one in house.box.control.faults() if one["id"] == fault):
            process.kill()
            process.wait()
            return True
        threading.Event().wait(0.05)
    return False


@dataclass
class Working:
    """People who act in a thread of their own; what goes wrong with them is the test's error."""

    act: Callable[[], None]
    wrong: BaseException | None = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        try:
            self.act()
        except BaseException as error:
            self.wrong = error

    def done(self) -> None:
        self._thread.join()
        if self.wrong is not None:
            raise self.wrong
