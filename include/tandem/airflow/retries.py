# SPDX-License-Identifier: Apache-2.0
"""Whether and when Airflow tries a task again: by the error's own verdict."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Context, RetryDecision, RetryPolicy

from tandem.errors import LeaseHeldError, TandemError, Verdict

RETRIES = 4
"""Tries after the first one; with the waits below they outlast about a quarter of an hour of outage."""

RETRY_DELAY = timedelta(seconds=10)
"""After a death that is no error of ours (a killed process)."""

_FIRST_WAIT = 30.0
_LONGEST_WAIT = 900.0


class ByVerdict(RetryPolicy):
    """Retryable: wait what the tracker says, else twice as long each time. Fatal: fail now, a person must act first."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        if not isinstance(exception, TandemError):
            return RetryDecision.default()
        if exception.verdict is not Verdict.RETRY:
            return RetryDecision.fail(f"{exception.code}: trying again changes nothing")
        if isinstance(exception, LeaseHeldError):  # it was waited for already, without a worker's slot
            return RetryDecision.fail(f"{exception.code}: waited for it as long as the pair's deadline")
        asked: float | None = getattr(exception, "retry_after", None)
        wait = asked if asked is not None else min(_FIRST_WAIT * 2 ** (try_number - 1), _LONGEST_WAIT)
        return RetryDecision.retry(timedelta(seconds=wait), f"{exception.code}: again in {wait:.0f} s")

    def serialize(self) -> dict[str, Any]:
        """The base class has none; nothing but the name is needed, for the scheduler never asks this policy."""
        return {"__type": "ByVerdict"}
