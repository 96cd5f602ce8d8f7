# SPDX-License-Identifier: Apache-2.0
"""The five tasks of a run, each under the pair's lease, each to be cleared and run again alone.

What passes from one to the next are references; content travels in the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tandem.budgets import BUDGETS
from tandem.config.identity import config_hash, freeze, thaw
from tandem.config.load import load_pair
from tandem.config.models import Pair
from tandem.config.variable import apply_variable, parse_variable
from tandem.errors import (
    ConfigurationError,
    FatalError,
    LeaseHeldError,
    OvertakenError,
    Problem,
    RetryableError,
    SafetyStopError,
    StateError,
)
from tandem.pipeline.close import close
from tandem.pipeline.decide import decide
from tandem.pipeline.dictionary import make_ends
from tandem.pipeline.environment import Environment, Job, Run, log
from tandem.pipeline.extract import read_sides
from tandem.pipeline.recover import recover
from tandem.pipeline.report import report
from tandem.pipeline.settle import settle
from tandem.pipeline.translate import translate
from tandem.pipeline.write import load as apply_plan
from tandem.state import facts, lease, records, runs, stages
from tandem.state.store import Fence, to_db
from tandem.state.waits import Waits
from tandem.traffic import TRAFFIC

__all__ = ["Environment", "Job", "diff", "extract", "load", "map_tickets", "reconcile"]

Counts = dict[str, Any]


def extract(job: Job, env: Environment) -> Counts:
    """Find out what became of interrupted writes, then read what changed on both sides.

    Raises:
        ConfigurationError: files, Variable or trackers are wrong; all problems at once.
        LeaseHeldError: another run of the pair is at work.
    """
    pair = _configured(job, env)
    if not pair.enabled:
        return {"pair": job.pair, "run": job.run_id, "enabled": False}
    with _leased(job, env, "extract", pair) as run:
        with env.store.begin(run.fence) as tx:
            runs.open_run(tx, pair.name, job.run_id, _run_row(job, pair, tx.seal(freeze(pair))), env.now())
            stages.forget_stages(tx, pair.name, but=job.run_id)
        recovered = recover(run)
        settled = settle(run)
        counts: Counts = {**read_sides(run), "recovered": recovered, "settled": settled}
        return _counted(run, "extract", counts)


def map_tickets(job: Job, env: Environment) -> Counts:
    """Make hub tickets of what the run took up."""
    return _phase(job, env, "map", translate)


def diff(job: Job, env: Environment) -> Counts:
    """Merge and plan. A dry run ends here: its plan is kept to be read, and nothing is written.

    Raises:
        SafetyStopError: the plan is beyond the pair's limits.
    """
    with _leased(job, env, "diff") as run:
        try:
            counts = decide(run)
        except SafetyStopError as stop:
            _end(run, "stopped", str(stop))
            raise
        if job.dry_run:
            return _end(run, "planned", "dry run: the plan is stored and nothing is written", "diff", counts)
        return _counted(run, "diff", counts)


def load(job: Job, env: Environment) -> Counts:
    """Apply the plan. What a dead try of this task had sent is looked up first."""

    def work(run: Run) -> Counts:
        recovered = recover(run)
        return {**apply_plan(run), "recovered": recovered}

    return _phase(job, env, "load", work)


def reconcile(job: Job, env: Environment) -> Counts:
    """Read back, move bases, and see that every event is in a state.

    Raises:
        StateError: an event is in no state (TDM-309): a fault of ours, never to be passed over.
    """
    with _leased(job, env, "reconcile") as run:
        counts: Counts = {"settled": settle(run), "links": close(run)}
        with env.store.begin(run.fence) as tx:
            lost = records.stateless(tx, run.name)
            stages.forget_stage(tx, run.name, job.run_id)
            facts.forget(tx, env.now())
        if lost:
            tickets = ", ".join(sorted({f"{side} {ticket}" for _, side, ticket in lost})[:10])
            raise StateError(
                f"{len(lost)} events are in no state ({tickets}).",
                where=run.name,
                fix="This is a fault of Tandem's: please report it.",
                code="TDM-309",
            )
        told = report(run)
        _end(run, "done", "", "reconcile", {**counts, "report": told})
        return {"pair": job.pair, "run": job.run_id, **told}


@contextmanager
def command(job: Job, env: Environment, name: str) -> Iterator[Run]:
    """Hold the pair's lease for what a person asks for outside of the five tasks.

    Raises:
        ConfigurationError: files or Variable are wrong; all problems at once.
        LeaseHeldError: a run of the pair is at work.
    """
    with _leased(job, env, name, _configured(job, env)) as run:
        yield run
        lease.give_back(run.store, run.fence)


def _configured(job: Job, env: Environment) -> Pair:
    pair = load_pair(env.root / "pairs" / f"{job.pair}.yaml", env.root / "contracts")
    if not job.variable:
        return pair
    where = f"Variable tandem__{job.pair}"
    return apply_variable(pair, parse_variable(job.variable, where), where=where)


def _run_row(job: Job, pair: Pair, sealed: str) -> dict[str, object]:
    start, stop = job.window or (None, None)
    return {
        "kind": job.kind,
        "dry_run": job.dry_run,
        "window_start": to_db(start) if start else None,
        "window_end": to_db(stop) if stop else None,
        "tickets": list(job.tickets),
        "config_hash": config_hash(pair),
        "sealed": sealed,
    }


@contextmanager
def _leased(job: Job, env: Environment, task: str, pair: Pair | None = None) -> Iterator[Run]:
    """Hold the pair's lease while a task works, with the configuration that the run froze."""
    env.store.check_schema()
    fence = _taken(job, env, task)
    with (
        _waits_shared(env),
        lease.held(env.store, fence, doing=TRAFFIC.under_way, one_process=job.kind == "cli", now=env.now),
    ):
        pair = pair or _frozen(job, env)
        run = Run(job, env, pair, fence, make_ends(env, pair))
        try:
            yield run
        except FatalError as error:
            if not isinstance(error, OvertakenError | SafetyStopError):
                with env.store.begin(fence) as tx:
                    runs.end_run(tx, pair.name, job.run_id, "failed", str(error), env.now())
            raise
        except RetryableError as error:  # for whoever asks why the run is late
            with env.store.begin(fence) as tx:
                runs.note(tx, pair.name, job.run_id, str(error))
            raise


def _taken(job: Job, env: Environment, task: str) -> Fence:
    """Take the pair's lease: at once where its holder is a process that is dead."""
    try:
        return lease.take(env.store, job.pair, job.run_id, task, now=env.now())
    except LeaseHeldError:
        if lease.free_dead(env.store, job.pair) is None:
            raise
        return lease.take(env.store, job.pair, job.run_id, task, now=env.now())


@contextmanager
def _waits_shared(env: Environment) -> Iterator[None]:
    """While a task works, what trackers tell it to wait holds for all processes; behind it the state may be closed."""
    BUDGETS.share(Waits(env.store))
    try:
        yield
    finally:
        BUDGETS.share(None)


def _frozen(job: Job, env: Environment) -> Pair:
    with env.store.read() as tx:
        row = runs.get_run(tx, job.pair, job.run_id)
        if row is None or row["sealed"] is None:
            what = "This run has no configuration: its extract has not run."
            raise ConfigurationError([Problem("TDM-301", what, "Clear the run from extract on.", where=job.pair)])
        return thaw(str(tx.open(row["sealed"])))


def _phase(job: Job, env: Environment, name: str, work: Callable[[Run], Counts]) -> Counts:
    with _leased(job, env, name) as run:
        return _counted(run, name, work(run))


def _counted(run: Run, phase: str, counts: Counts) -> Counts:
    """Note what a task did. Of a run that had ended, a task that is cleared alone is followed by none: others need
    not wait for it.
    """
    counts = {**counts, "requests": run.requests()}
    with run.store.begin(run.fence) as tx:
        state = runs.count(tx, run.name, run.job.run_id, phase, counts)
        if state == "done":
            lease.let_go(tx, run.fence)
    if state == "done":
        log.info("this run had ended, and what it took up is settled; to let it look again, clear it from extract on")
    return {"pair": run.name, "run": run.job.run_id, **counts}


def _end(run: Run, state: str, message: str, phase: str = "", counts: Counts | None = None) -> Counts:
    """End the run with what its last task did, and give its lease back."""
    counts = {**(counts or {}), "requests": run.requests()}
    with run.store.begin(run.fence) as tx:
        if phase:
            runs.count(tx, run.name, run.job.run_id, phase, counts)
        runs.end_run(tx, run.name, run.job.run_id, state, message, run.env.now())
        lease.let_go(tx, run.fence)
    return {"pair": run.name, "run": run.job.run_id, **counts}
