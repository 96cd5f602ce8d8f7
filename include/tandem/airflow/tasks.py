# SPDX-License-Identifier: Apache-2.0
"""What each of the five tasks does inside Airflow: make the job, call the engine, end as its reader expects.

A run that stopped on purpose (dry run, safety stop, lease held) ends skipped with the reason as its last line. Errors
go up as they are: the retry policy reads their verdict, the callbacks write their last lines.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Context, Variable, get_current_context
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from tandem.airflow.alerts import Audience, due, stopped_mail, tell
from tandem.airflow.connections import environment
from tandem.airflow.counts import in_words
from tandem.airflow.outline import outline
from tandem.errors import ConfigurationError, LeaseHeldError, Problem, SafetyStopError
from tandem.pipeline import tasks as engine
from tandem.pipeline.environment import Environment, Job
from tandem.state.lease import TTL

log = logging.getLogger("tandem")

PHASES: Mapping[str, Callable[[Job, Environment], Mapping[str, Any]]] = {
    "extract": engine.extract,
    "map": engine.map_tickets,
    "diff": engine.diff,
    "load": engine.load,
    "reconcile": engine.reconcile,
}

PAUSE = timedelta(seconds=15)
"""Between two looks at a lease that is held. Not under 10 s: Airflow's supervisor lingers 5 s after a task, and the
scheduler takes its late "success" for that of the task as rescheduled, which is then killed in mid-work (3.3.2)."""


def variable_key(pair: str) -> str:
    """Return the key of the Airflow Variable that operators may set for a pair."""
    return f"tandem__{pair}"


def perform(phase: str, audience: Audience, root: Path) -> dict[str, Any]:
    """Run one phase of the pair's run; what it returns becomes XCom: references and counts, never a ticket's text.

    ``root`` holds the folders `pairs/` and `contracts/`.
    """
    context = get_current_context()
    job = job_of(audience.pair, phase, context)
    if job.dry_run and phase in ("load", "reconcile"):
        shown = f"the log of diff lists it, `tandem plan {audience.pair} --last` shows its values"
        raise skipped(f"dry run: the plan is stored and nothing is written; {shown}")
    try:
        env = environment(root)
        if phase == "extract":
            env.store.migrate()  # the first run of a new version; two at once do no harm
        counts = dict(PHASES[phase](job, env))
    except LeaseHeldError as held:
        wait_for_lease(held, context, timedelta(seconds=audience.deadline_seconds))
        raise
    except SafetyStopError as stop:
        now = datetime.now(UTC)
        if due(audience.pair, f"stopped {stop.code}", now):
            tell(stopped_mail(audience, job.run_id, phase, stop, now), audience)
        raise skipped(str(stop)) from None
    if counts.get("enabled") is False:
        raise skipped(f"the pair is switched off: {variable_key(audience.pair)} says enabled: false")
    for line in counted(audience, phase, counts):
        log.info(line)
    if job.dry_run and phase == "diff":
        with env.store.read() as tx:
            for line in outline(tx, audience.pair, job.run_id, audience.sides):
                log.info(line)
    return counts


def skipped(reason: str) -> AirflowSkipException:
    """Make the end of a run that stopped on purpose. Airflow tells the reason in a group that it shows folded."""
    log.info(reason)
    return AirflowSkipException(reason)


def counted(audience: Audience, phase: str, counts: Mapping[str, Any]) -> list[str]:
    """Say in the log what a task did. Extract speaks for each side; reconcile has written a table of its own."""
    if phase == "reconcile":
        return []
    if phase != "extract":
        return [in_words(phase, counts)]
    return [
        f"{name}: {in_words(phase, counts[side])}" for name, side in zip(audience.sides, ("left", "right"), strict=True)
    ]


def job_of(pair: str, phase: str, context: Context) -> Job:
    """Say what the engine is to do, from the run and its form.

    Raises:
        ConfigurationError: the form gives half a window, or one that ends before it starts.
    """
    run = context["dag_run"]
    params = context["params"]
    kind = run.run_type.value if run.run_type.value in ("scheduled", "backfill") else "manual"
    window = form_window(params.get("window_start"), params.get("window_end"))
    if kind == "backfill" and window is None and run.data_interval_start and run.data_interval_end:
        window = (run.data_interval_start, run.data_interval_end)
    return Job(
        pair=pair,
        run_id=run.run_id,
        try_number=context["ti"].try_number,
        kind=kind,
        window=window,
        tickets=tuple(params.get("tickets") or ()),
        dry_run=bool(params.get("dry_run")),
        variable=Variable.get(variable_key(pair), default=None) if phase == "extract" else None,
    )


def form_window(start: str | None, end: str | None) -> tuple[datetime, datetime] | None:
    """Read the window of the form; times without a zone are UTC."""
    if not start and not end:
        return None
    fix = "Give both, the end after the start, or neither."
    if not start or not end:
        missing = "window_end" if start else "window_start"
        raise ConfigurationError(
            [Problem(code="TDM-301", what="Only half a window is given.", fix=fix, where="the run's form", key=missing)]
        )
    window = (_instant(start), _instant(end))
    if window[0] >= window[1]:
        raise ConfigurationError(
            [
                Problem(
                    code="TDM-301", what="It ends before it starts.", fix=fix, where="the run's form", key="window_end"
                )
            ]
        )
    return window


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def wait_for_lease(held: LeaseHeldError, context: Context, deadline: timedelta) -> None:
    """Come back later without a worker's slot; return when patience is over, so that the error goes up.

    A scheduled run waits as long as a dead holder's lease lives, then ends skipped: the next interval covers it.
    Any other (backfill, triggered, cleared) was wanted by a person, and waits up to the pair's deadline.
    """
    ti = context["ti"]
    retries = context["task"].retries or 0
    cleared = ti.max_tries > retries  # clearing a task raises its max_tries
    scheduled = context["dag_run"].run_type.value == "scheduled" and not cleared
    first: datetime | None = ti.get_first_reschedule_date(context)
    waited = datetime.now(UTC) - first if first else timedelta(0)
    if waited < (TTL if scheduled else deadline):
        log.info("another run of the pair is at work (%s); looking again in %d s", held.holder, PAUSE.total_seconds())
        raise AirflowRescheduleException(datetime.now(UTC) + PAUSE)  # type: ignore[no-untyped-call]
    if scheduled:
        raise skipped(f"another run of the pair is at work ({held.holder}); the next interval covers this one")
