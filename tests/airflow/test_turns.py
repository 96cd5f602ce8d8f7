# SPDX-License-Identifier: Apache-2.0
"""A run that finds another one of its pair at work: how long it waits, and how it ends (engine §6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from tandem.airflow.tasks import wait_for_lease
from tandem.errors import LeaseHeldError
from tandem.state.lease import TTL

HELD = LeaseHeldError("The pair is held by run-7.", holder="run-7, task load", where="pair")
DEADLINE = timedelta(minutes=10)


def context(run_type: str, waited: timedelta | None, *, cleared: bool = False) -> Any:
    """What Airflow tells a task of its run and of how long it has been put off."""
    first = None if waited is None else datetime.now(UTC) - waited
    ti = SimpleNamespace(max_tries=5 if cleared else 2, get_first_reschedule_date=lambda context: first)
    run = SimpleNamespace(run_type=SimpleNamespace(value=run_type))
    return {"ti": ti, "task": SimpleNamespace(retries=2), "dag_run": run}


@pytest.mark.parametrize("waited", [None, timedelta(seconds=1), TTL - timedelta(seconds=5)])
def test_a_scheduled_run_looks_again_as_long_as_a_dead_holder_may_have_it(waited: timedelta | None) -> None:
    with pytest.raises(AirflowRescheduleException):
        wait_for_lease(HELD, context("scheduled", waited), DEADLINE)


def test_a_scheduled_run_is_skipped_in_the_end_and_names_the_holder() -> None:
    with pytest.raises(AirflowSkipException, match=r"run-7, task load.*next interval"):
        wait_for_lease(HELD, context("scheduled", TTL + timedelta(seconds=1)), DEADLINE)


@pytest.mark.parametrize("run_type", ["manual", "backfill"])
def test_what_a_person_wanted_waits_up_to_the_deadline_and_then_fails(run_type: str) -> None:
    for waited in (TTL + timedelta(seconds=1), DEADLINE - timedelta(seconds=5)):
        with pytest.raises(AirflowRescheduleException):
            wait_for_lease(HELD, context(run_type, waited), DEADLINE)
    wait_for_lease(HELD, context(run_type, DEADLINE + timedelta(seconds=1)), DEADLINE)  # the error goes up


def test_a_scheduled_run_that_a_person_cleared_waits_like_one_they_wanted() -> None:
    with pytest.raises(AirflowRescheduleException):
        wait_for_lease(HELD, context("scheduled", TTL + timedelta(minutes=1), cleared=True), DEADLINE)
