# SPDX-License-Identifier: Apache-2.0
"""Jira's rate limits, off unless settings switch them on: writes to one issue, and bursts on one endpoint."""

from collections import deque
from collections.abc import Hashable
from datetime import UTC, datetime

from sandbox.clock import Clock
from sandbox.jira.errors import JiraError
from sandbox.jira.settings import JiraSettings

PER_ISSUE = ((20, 2.0), (100, 30.0))
"""Writes and seconds; from memory of the vendor's page, the figures are not published in its specification."""


class RateLimited(JiraError):
    """429, with the headers that tell which limit and for how long."""

    def __init__(self, reason: str, limit: int, wait: float, reset_at: float) -> None:
        super().__init__(429, "Rate limit exceeded.")
        self.headers = {
            "Retry-After": str(max(1, round(wait + 0.5))),
            "RateLimit-Reason": reason,
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": f"{datetime.fromtimestamp(reset_at, UTC):%Y-%m-%dT%H:%MZ}",
            "X-RateLimit-NearLimit": "true",
        }


class Limits:
    """Counts what went through, in sliding windows of the tenant's own time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._passed: dict[Hashable, deque[float]] = {}

    def burst(self, settings: JiraSettings, method: str, endpoint: str) -> None:
        """Count a request. Raises: RateLimited."""
        if limit := settings.burst_limit:
            self._pass("jira-burst-based", (method, endpoint), limit.requests, limit.seconds)

    def write(self, settings: JiraSettings, issue_id: int) -> None:
        """Count a write to one issue. Raises: RateLimited."""
        if settings.issue_write_limit:
            for requests, seconds in PER_ISSUE:
                self._pass("jira-per-issue-on-write", (issue_id, seconds), requests, seconds)

    def _pass(self, reason: str, key: Hashable, requests: int, seconds: float) -> None:
        now = self._clock.timestamp()
        passed = self._passed.setdefault(key, deque())
        while passed and not now - seconds < passed[0] <= now:
            passed.popleft()
        if len(passed) >= requests:
            wait = passed[0] + seconds - now
            raise RateLimited(reason, requests, wait, now + wait)
        passed.append(now)
