# SPDX-License-Identifier: Apache-2.0
"""Jira's rate limits, off unless switched on: writes to one issue, bursts on one endpoint, hourly points."""

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import Clock
from sandbox.jira.errors import JiraError
from sandbox.jira.settings import JiraSettings

PER_ISSUE = ((20, 2.0), (100, 30.0))
"""Writes and seconds; from memory of the vendor's page, the figures are not published in its specification."""
HOUR = 3600.0
_NEAR = 0.2
"""Share of a limit below which what is left is said to be near its end."""


@dataclass(frozen=True)
class Standing:
    """How far a limit is used up."""

    limit: int
    left: int
    reset_at: float
    """Seconds since 1970."""

    @property
    def headers(self) -> dict[str, str]:
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.left),
            "X-RateLimit-Reset": f"{datetime.fromtimestamp(self.reset_at, UTC):%Y-%m-%dT%H:%MZ}",
        }
        return told | ({"X-RateLimit-NearLimit": "true"} if self.left < self.limit * _NEAR else {})


class RateLimited(JiraError):
    """429, with the headers that tell which limit and for how long."""

    def __init__(self, reason: str, standing: Standing, wait: float) -> None:
        super().__init__(429, "Rate limit exceeded.")
        retry = {"Retry-After": str(max(1, round(wait + 0.5))), "RateLimit-Reason": reason}
        self.headers = retry | standing.headers


class Limits:
    """Counts what went through: in sliding windows of the tenant's own time, and points by its hours."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._passed: dict[Hashable, deque[float]] = {}
        self._hour, self._points = 0, 0

    def request(self, settings: JiraSettings, method: str, endpoint: str) -> dict[str, str]:
        """Count a request; return the headers of its answer. Raises: RateLimited."""
        told: dict[str, str] = {}
        if settings.hourly_points:
            told |= self._quota(settings.hourly_points)
        if limit := settings.burst_limit:
            told |= self._pass("jira-burst-based", (method, endpoint), limit.requests, limit.seconds)
        return told

    def write(self, settings: JiraSettings, issue_id: int) -> None:
        """Count a write to one issue. Raises: RateLimited."""
        if settings.issue_write_limit:
            for requests, seconds in PER_ISSUE:
                self._pass("jira-per-issue-on-write", (issue_id, seconds), requests, seconds)

    def answered(self, body: Any) -> None:
        """Take from the quota what an answer holds: a point for each issue."""
        self._points += _issues(body)

    def _quota(self, limit: int) -> dict[str, str]:
        now = self._clock.timestamp()
        hour = int(now // HOUR)
        if hour != self._hour:
            self._hour, self._points = hour, 0
        end = (hour + 1) * HOUR
        if self._points >= limit:
            raise RateLimited("jira-quota-tenant-based", Standing(limit, 0, end), end - now)
        self._points += 1
        return Standing(limit, limit - self._points, end).headers

    def _pass(self, reason: str, key: Hashable, requests: int, seconds: float) -> dict[str, str]:
        now = self._clock.timestamp()
        passed = self._passed.setdefault(key, deque())
        while passed and not now - seconds < passed[0] <= now:
            passed.popleft()
        end = (passed[0] if passed else now) + seconds
        if len(passed) >= requests:
            raise RateLimited(reason, Standing(requests, 0, end), end - now)
        passed.append(now)
        return Standing(requests, requests - len(passed), end).headers


def _issues(body: Any) -> int:
    if not isinstance(body, Mapping):
        return 0
    listed = body.get("issues")
    return len(listed) if isinstance(listed, list) else int("fields" in body and "key" in body)
