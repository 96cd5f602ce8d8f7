# SPDX-License-Identifier: Apache-2.0
"""``tandem run``: the five tasks in order, as one run, without Airflow."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from tandem.cli.bars import Bars
from tandem.cli.out import IN_STEP, WAITS, Answer, UsageError, say
from tandem.cli.setting import Setting
from tandem.errors import LeaseHeldError, RetryableError, TandemError
from tandem.pipeline import tasks
from tandem.pipeline.environment import Environment, Job
from tandem.state import runs
from tandem.state.store import Store

PHASES: Mapping[str, Callable[[Job, Environment], dict[str, Any]]] = {
    "extract": tasks.extract,
    "map": tasks.map_tickets,
    "diff": tasks.diff,
    "load": tasks.load,
    "reconcile": tasks.reconcile,
}
DRY = ("extract", "map", "diff")

TRIES = 4
FIRST_WAIT = 2.0
LONGEST_WAIT = 300.0
"""Seconds: a tracker that asks for more is left alone, and the command ends."""


def run(
    setting: Setting,
    pair: str,
    *,
    dry_run: bool = False,
    window: tuple[str, str] | None = None,
    tickets: Sequence[str] = (),
    verbose: bool = False,
) -> Answer:
    """Bring a pair in step once."""
    name = setting.pair_name(pair)
    job = make_job(name, dry_run=dry_run, window=window, tickets=tickets)
    with setting.store(migrate=True) as store:
        counts = perform(setting, store, job, verbose=verbose)
        waits = waiting(store, name)
        told = {} if dry_run else dict(counts.get("reconcile", {}))
        data = {
            "pair": name,
            "run": job.run_id,
            "dry_run": dry_run,
            "enabled": counts["extract"].get("enabled", True),
            "counts": counts,
            "waits_for_a_person": waits,
        }
        words = switched_off(name) if not data["enabled"] else _summary(job, counts, told, waits)
        return Answer(data, [words], WAITS if any(waits.values()) else IN_STEP)


def make_job(
    pair: str, *, dry_run: bool = False, window: tuple[str, str] | None = None, tickets: Sequence[str] = ()
) -> Job:
    """Say what the engine is to do. Raises: UsageError: the window cannot be read."""
    wanted = tuple(part.strip().removeprefix("#") for text in tickets for part in text.split(",") if part.strip())
    return Job(
        pair=pair,
        run_id=f"cli__{datetime.now(UTC).isoformat()}",
        kind="cli",
        window=_window(window) if window else None,
        tickets=wanted,
        dry_run=dry_run,
        variable=os.environ.get(f"AIRFLOW_VAR_TANDEM__{pair.upper()}"),
    )


def perform(
    setting: Setting,
    store: Store,
    job: Job,
    *,
    verbose: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, dict[str, Any]]:
    """Do a run's phases in order and return what each counted. A run that fails is closed, with the reason.

    Raises:
        TandemError: a person must act, the tracker does not answer, or another run holds the pair.
    """
    console = Console(stderr=True)
    bars = Bars(console)
    env = setting.environment(store, bars)
    counts: dict[str, dict[str, Any]] = {}
    with _log_to(console, logging.INFO if verbose else logging.WARNING):
        for phase in DRY if job.dry_run else PHASES:
            try:
                with bars.phase(phase):
                    counts[phase] = _tried(phase, job, env, sleep)
            except TandemError as error:
                _close(store, job, error)
                raise
            if counts[phase].get("enabled") is False:
                break
    return counts


def waiting(store: Store, pair: str) -> dict[str, int]:
    """Count what waits for a person."""
    with store.read() as tx:
        held = runs.held(tx, pair)
        return {
            "conflicts": len(runs.conflicts(tx, pair, "held")),
            "quarantined": len({(one.link, one.side) for one in held}),
        }


def _tried(phase: str, job: Job, env: Environment, sleep: Callable[[float], None]) -> dict[str, Any]:
    """Try a phase again while that may help: after the time that the tracker names, else twice as long each time."""
    for number in range(1, TRIES + 1):
        try:
            return PHASES[phase](replace(job, try_number=number), env)
        except LeaseHeldError:
            raise
        except RetryableError as error:
            wait = error.retry_after if error.retry_after is not None else FIRST_WAIT * 2 ** (number - 1)
            if number == TRIES or wait > LONGEST_WAIT:
                raise
            say(f"{phase}: {error.what} ({error.code}); again in {wait:.0f} s")
            sleep(wait)
    raise AssertionError("the last try returns or raises")


def _close(store: Store, job: Job, error: TandemError) -> None:
    with store.begin() as tx:
        row = runs.get_run(tx, job.pair, job.run_id)
        if row is not None and row["state"] == "running":
            runs.end_run(tx, job.pair, job.run_id, "failed", str(error), datetime.now(UTC))


def _window(given: tuple[str, str]) -> tuple[datetime, datetime]:
    try:
        moments = [datetime.fromisoformat(text) for text in given]
    except ValueError:
        raise UsageError("The window cannot be read.", "Write both as 2026-03-01T08:00:00Z, the start first.") from None
    start, end = (moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments)
    if start >= end:
        raise UsageError("The window ends before it starts.", "Write the start first.")
    return start, end


def switched_off(pair: str) -> str:
    return f"{pair} is switched off: its Variable says enabled: false. Nothing was done."


def _summary(job: Job, counts: Mapping[str, Any], told: Mapping[str, Any], waits: Mapping[str, int]) -> str:
    if job.dry_run:
        actions = counts["diff"].get("actions", 0)
        return (
            f"{job.pair}: dry run, {actions} writes planned, nothing written. See them: tandem plan {job.pair} --last"
        )
    names = ("created", "updated", "status steps", "comments", "files")
    done = [f"{told[name]} {name.removesuffix('s') if told[name] == 1 else name}" for name in names if told.get(name)]
    wait = [f"{told[name]} {name}" for name in ("waiting", "parked") if told.get(name)]
    wait += [f"{count} {name}" for name, count in waits.items() if count]
    late = f", slowest {told['seconds_worst']:g} s after its event" if "seconds_worst" in told else ""
    rest = f"; open: {', '.join(wait)} (tandem status {job.pair})" if wait else "; in step"
    return f"{job.pair}: {', '.join(done) or 'nothing to write'}{late}{rest}"


class _Console(logging.Handler):
    """Writes the engine's words around the bars, on stderr."""

    def __init__(self, console: Console, level: int) -> None:
        super().__init__(level)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(record.getMessage(), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _log_to(console: Console, level: int) -> Iterator[None]:
    """While it lasts, the engine's log goes to the console."""
    log, handler = logging.getLogger("tandem"), _Console(console, level)
    before = log.level, log.propagate
    log.setLevel(level)
    log.propagate = False
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]
