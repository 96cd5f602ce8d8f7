# SPDX-License-Identifier: Apache-2.0
"""Airflow tries again when, and only when, the error says that it helps."""

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction

from tandem.airflow.retries import ByVerdict
from tandem.errors import (
    CredentialsError,
    OvertakenError,
    RateLimitedError,
    TandemError,
    UnavailableError,
    UnknownOutcomeError,
)

POLICY = ByVerdict()


def test_a_tracker_that_names_a_time_is_obeyed() -> None:
    decision = POLICY.evaluate(RateLimitedError("too many requests", retry_after=47), 3, 4)
    assert (decision.action, decision.retry_delay) == (RetryAction.RETRY, timedelta(seconds=47))


@pytest.mark.parametrize("error", [UnavailableError("no answer"), UnknownOutcomeError("the answer was lost")])
def test_an_outage_is_waited_for_twice_as_long_each_time_within_a_bound(error: TandemError) -> None:
    waits = [POLICY.evaluate(error, number, 20).retry_delay for number in (1, 2, 3, 4, 15)]
    assert waits == [timedelta(seconds=each) for each in (30, 60, 120, 240, 900)]


@pytest.mark.parametrize("error", [CredentialsError("refused"), OvertakenError("another try holds the lease")])
def test_what_a_person_must_mend_first_fails_at_once(error: TandemError) -> None:
    decision = POLICY.evaluate(error, 1, 4)
    assert decision.action is RetryAction.FAIL
    assert decision.reason is not None and error.code in decision.reason


def test_an_error_that_is_none_of_ours_is_left_to_the_task_s_own_retries() -> None:
    assert POLICY.evaluate(ValueError("a bug"), 1, 4).action is RetryAction.DEFAULT
