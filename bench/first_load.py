# SPDX-License-Identifier: Apache-2.0
"""How long a first load takes, and that it may be killed anywhere: ``python bench/first_load.py 10000``.

Tickets are opened in the simulated Zendesk, then ``tandem run`` carries them to Jira and is killed (SIGKILL) at random
moments of each of its tasks, ``--kills`` times in all. In the end each ticket has one twin. It tells the processor's
time that all runs took for a ticket, which depends least on what else the machine does, and the most memory that one of
them held.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "include"), str(ROOT / "tests")]

import sqlalchemy as sa  # noqa: E402

from engine.house import PAIR, TENANTS, House  # noqa: E402
from support.sandbox import running_sandbox  # noqa: E402
from tandem.state.tables import lease  # noqa: E402

ZENDESK, JIRA = TENANTS["mercuri_zendesk"], TENANTS["infinity_jira"]
TASKS = ("extract", "load", "reconcile", "map", "diff")
UNLIMITED = json.dumps({"limits": {"creates": 1_000_000, "closes": 1_000_000}})


def killed_in(process: subprocess.Popen[bytes], house: House, task: str, seconds: float) -> bool:
    """Kill a run so many seconds after it came to a task; false where it ended before."""
    until = None
    while process.poll() is None:
        with house.store.read() as tx:
            row = tx.row(sa.select(lease.c.task, lease.c.pid))
        if until is None and row and (row["task"], row["pid"]) == (task, process.pid):
            until = time.monotonic() + seconds
        if until is not None and time.monotonic() > until:
            process.kill()
            return True
        time.sleep(0.2)
    return False


def main() -> None:
    """Play it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tickets", type=int, nargs="?", default=10_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with TemporaryDirectory() as folder, running_sandbox() as box:
        limits = {"requests_per_minute": None, "exports_per_minute": None, "updates_per_ticket": None}
        box.control.settings(ZENDESK, search_lag=0, job_delay=0, **limits)
        box.control.settings(JIRA, search_lag=0, issue_write_limit=False, burst_limit=None)
        house = House(box, f"sqlite:///{folder}/state.db")
        house.run()
        asks = [
            (
                "POST",
                "/api/v2/tickets.json",
                {"ticket": {"subject": f"Ticket {n}", "tags": ["customer"], "comment": {"body": f"No {n} is broken"}}},
            )
            for n in range(given.tickets)
        ]
        for start in range(0, len(asks), 500):
            box.control.act(ZENDESK, "anna", asks[start : start + 500])
        box.control.advance(120)
        began, killed = time.monotonic(), 0
        environment = house.environment() | {f"AIRFLOW_VAR_TANDEM__{PAIR.upper()}": UNLIMITED}
        while len(house.twins()) < given.tickets:
            process = subprocess.Popen(
                [sys.executable, "-m", "tandem.cli", "run", PAIR, "--verbose"],
                env={**os.environ, **environment},
                stdout=subprocess.DEVNULL,
            )
            task = TASKS[killed % len(TASKS)] if killed < given.kills else None
            killed += task is not None and killed_in(process, house, task, chance.uniform(0, given.tickets / 200))
            process.wait()
            box.control.advance(30)
            print(
                f"{time.monotonic() - began:7.1f} s  {len(house.twins())} of {given.tickets}, killed {killed} times",
                flush=True,
            )
        took = time.monotonic() - began
        made = [
            one for one in box.control.requests(JIRA) if (one["method"], one["path"]) == ("POST", "/rest/api/3/issue")
        ]
        house.store.close()
        twins = len(house.twins())
        runs = resource.getrusage(resource.RUSAGE_CHILDREN)  # all that were waited for: not the sandbox
        each = (runs.ru_utime + runs.ru_stime) * 1000 / given.tickets
        print(
            f"{given.tickets} tickets, {twins} twins, {len(made)} creates asked of Jira, {killed} kills: {took:.0f} s, "
            f"{each:.0f} ms of the processor a ticket, {runs.ru_maxrss / 1024:.0f} MB"
        )


if __name__ == "__main__":
    main()
