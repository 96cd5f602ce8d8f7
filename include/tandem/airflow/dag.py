# SPDX-License-Identifier: Apache-2.0
"""One DAG for each pair: `extract >> map >> diff >> load >> reconcile`. Making it touches no network, no database."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable, Param, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from tandem.airflow.alerts import Audience, late, on_failure, on_retry
from tandem.airflow.describe import TASKS, describe, headline
from tandem.airflow.invalid import broken_dag
from tandem.airflow.retries import RETRIES, RETRY_DELAY, ByVerdict
from tandem.airflow.tasks import perform
from tandem.config.load import load_all
from tandem.config.models import BrokenPair, Pair


def params() -> dict[str, Param]:
    """Return the form that a person fills in to start a run by hand."""
    return {
        "dry_run": Param(
            False,
            type=["null", "boolean"],
            title="Dry run",
            description_md="Make the plan and store it, write nothing. Example: switch it on before the first real "
            "run with a changed contract.",
        ),
        "window_start": Param(
            None,
            title="Window: start",
            type=["null", "string"],
            format="date-time",
            description_md="Compare again all that changed from this time on. Example: 2026-03-01 08:00 UTC. "
            "Leave start and end empty for an ordinary run: what changed since the last one.",
        ),
        "window_end": Param(
            None,
            title="Window: end",
            type=["null", "string"],
            format="date-time",
            description_md="Until when. Example: 2026-03-01 12:00 UTC.",
        ),
        "tickets": Param(
            [],
            type=["null", "array"],
            items={"type": "string"},
            title="Only these tickets",
            description_md="Keys or numbers as either tracker shows them, one a line; all others are left for the "
            "next run. Example: SHOP-1. Leave it empty for all.",
        ),
    }


def audience_of(pair: Pair, dag_id: str) -> Audience:
    """Return who is told of this pair's runs."""
    people = pair.people
    seconds = pair.deadline.total_seconds()
    sides = (pair.left.name, pair.right.name)
    return Audience(pair.name, dag_id, seconds, sides, people.responsible, (people.accountable,), people.informed)


def build_dag(pair: Pair | BrokenPair, root: Path) -> DAG:
    """Make the DAG of a pair below a folder. If its files cannot be used, the DAG of the same id says what is wrong."""
    dag_id = f"sync__{pair.name}"
    return broken_dag(pair, dag_id) if isinstance(pair, BrokenPair) else _pair_dag(pair, dag_id, root)


def registered(root: Path) -> dict[str, DAG]:
    """Return the DAGs of all pairs below a folder (`pairs/`, `contracts/`) by id, for the file that Airflow scans."""
    return {dag.dag_id: dag for dag in (build_dag(pair, root) for pair in load_all(root))}


def _pair_dag(pair: Pair, dag_id: str, root: Path) -> DAG:
    audience = audience_of(pair, dag_id)
    with DAG(
        dag_id,
        schedule=CronDataIntervalTimetable(pair.schedule, timezone="UTC"),
        catchup=False,  # a run takes up all since the cursor, so one run heals an outage of any length
        max_active_runs=1,
        params=params(),
        tags={pair.left.company, pair.right.company, pair.left.system, pair.right.system},
        description=headline(pair),
        doc_md=describe(pair),
        # A plain timedelta: an interval from a Variable can stop the whole scheduler (Airflow 3.3.2).
        deadline=DeadlineAlert(
            DeadlineReference.DAGRUN_QUEUED_AT,
            pair.deadline,
            AsyncCallback(late, kwargs={"audience": audience.plain()}),
            name="late",
        ),
        default_args={
            "owner": pair.people.accountable,
            "retries": RETRIES,
            "retry_delay": RETRY_DELAY,
            "retry_policy": ByVerdict(),
            "on_failure_callback": partial(on_failure, audience),
            "on_retry_callback": on_retry,
        },
    ) as dag:
        phases = [_phase(name, line, audience, root) for name, line in TASKS.items()]
        for before, after in pairwise(phases):
            before >> after
    return dag


def _phase(name: str, line: str, audience: Audience, root: Path) -> Any:
    @task(task_id=name, doc_md=line, show_return_value_in_logs=False)
    def phase() -> dict[str, Any]:
        return perform(name, audience, root)

    return phase()
