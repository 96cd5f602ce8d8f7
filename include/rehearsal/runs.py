# SPDX-License-Identifier: Apache-2.0
"""Runs of the engine within a scenario: whole, dying, overlapping, with people acting in their midst."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from rehearsal.scenario import Kill, Run
from rehearsal.stage import KilledError, Stage
from tandem.errors import LeaseHeldError, RetryableError, SafetyStopError, TandemError
from tandem.pipeline import tasks
from tandem.pipeline.environment import Environment, Job

TASKS: Mapping[str, Callable[[Job, Environment], dict[str, Any]]] = {
    "extract": tasks.extract,
    "map": tasks.map_tickets,
    "diff": tasks.diff,
    "load": tasks.load,
    "reconcile": tasks.reconcile,
}
DRY = ("extract", "map", "diff")
TRIES, FIRST_WAIT, QUIET = 4, 2.0, 6
Acts = Mapping[str, Callable[[], None]]


@dataclass
class Runs:
    """Runs of the pair, and what they told."""

    stage: Stage
    counts: dict[str, Any] = field(default_factory=dict)  # of the last run, by task
    numbers: Any = field(default_factory=lambda: count(1))

    def requests(self) -> int:
        """The number of the newest request that a tracker was asked."""
        entries = self.stage.sandbox.log.read()
        return entries[-1].number if entries else 0

    def play(self, run: Run, before: Acts, tickets: tuple[str, ...] = ()) -> list[str]:
        """Run as a step says, for some tickets by their ids or for all; tells how each run ended."""
        ended: list[str] = []
        wait = run.wait if run.wait is not None else self.stage.interval
        for number in range(QUIET if run.until_quiet else run.times):
            if run.at is None or number:
                self.stage.wait(wait)
            window = (run.window[0], run.window[1]) if len(run.window) == 2 else None
            job = self._job(dry_run=run.dry, window=window, tickets=tickets)
            ended.append(self._ending(job, run.kill, before if number == 0 else {}, overlapping=run.overlapping))
            if run.until_quiet and self._quiet():
                break
        return ended

    def one(self) -> None:
        """One undisturbed run after the pair's interval. Raises: TandemError."""
        self.stage.wait(self.stage.interval)
        self._whole(self._job(), {}, overlapping=False)

    def _job(self, **what: Any) -> Job:
        return Job(self.stage.pair_name, f"rehearsal-{next(self.numbers)}", **what)

    def _quiet(self) -> bool:
        diff, extract = self.counts.get("diff", {}), self.counts.get("extract", {})
        return not (diff.get("actions") or extract.get("settled"))

    def _ending(self, job: Job, kill: Kill | None, before: Acts, *, overlapping: bool) -> str:
        try:
            self._whole(job, before, overlapping=overlapping, kill=kill)
        except KilledError:
            self.stage.revive()
            return "killed"
        except SafetyStopError as stop:
            return f"stopped ({stop})"
        except TandemError as error:
            return f"{error.code} {error}"
        return "done"

    def _whole(self, job: Job, before: Acts, *, overlapping: bool, kill: Kill | None = None) -> None:
        self.counts = {}
        for name in DRY if job.dry_run else TASKS:
            if name in before:
                before[name]()
            if overlapping and name != "extract":
                self._intrude()
            if kill is not None and kill.task == name:
                self._arm(kill)
            self.counts[name] = self._tried(name, job)
            self.stage.point = lambda answered: None

    def _tried(self, name: str, job: Job) -> dict[str, Any]:
        """Try a task again as ``tandem run`` does, on the scenario's clock."""
        for number in range(1, TRIES + 1):
            try:
                return TASKS[name](replace(job, try_number=number), self.stage.env)
            except LeaseHeldError:
                raise
            except RetryableError as error:
                if number == TRIES:
                    raise
                self.stage.sleep(error.retry_after if error.retry_after is not None else FIRST_WAIT * 2 ** (number - 1))
        raise AssertionError("the last try returns or raises")

    def _intrude(self) -> None:
        """Another run tries to start while this one is at work: it is to be refused, and to do nothing."""
        self.stage.hold_lease()
        try:
            tasks.extract(self._job(), self.stage.env)
        except LeaseHeldError:
            return
        raise TandemError("two runs of one pair were at work at once")

    def _arm(self, kill: Kill) -> None:
        nth = kill.before_write or kill.after_write
        if nth is None:
            self._die()
        passed = count(1)

        def point(answered: bool) -> None:
            if answered == (kill.after_write is not None) and next(passed) == nth:
                self._die()

        self.stage.point = point

    def _die(self) -> None:
        self.stage.dead = True
        raise KilledError
