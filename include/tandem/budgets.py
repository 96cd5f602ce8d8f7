# SPDX-License-Identifier: Apache-2.0
"""When a tracker may be asked again: what its answers say about it, remembered for the whole process.

What one process is told holds for all: a place that they share, such as the state database, is told of each wait and is
asked at most every few seconds, never for each request.
"""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import requests

SHORTEST, LONGEST = 1.0, 15 * 60.0  # seconds that we let a tracker tell us to wait
ABSURD = 24 * 3600.0  # a tracker that names more than a day does not mean it


READ_EVERY = 5.0  # seconds for which what the others were told is not asked for again

Key = tuple[str, str, str | None]  # tenant, endpoint, ticket


class Place(Protocol):
    """Where processes leave for each other what trackers told them. Times are Unix seconds of our clock."""

    def waits(self, now: float) -> dict[Key, float]:
        """Give all waits that are not over: until when."""

    def keep(self, key: Key, until: float, now: float) -> None:
        """Leave a wait for the others. A longer one that stands there stays."""


class Budgets:
    """Until when which requests must wait, for all connections of this process and those that share its place.

    A key is (tenant, endpoint, ticket): a tracker limits each of them, and whoever asks next must know.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._not_before: dict[Key, float] = {}
        self._strikes: dict[Key, int] = {}
        self._reported: set[str] = set()
        self._place: Place | None = None
        self._asked = 0.0

    def share(self, place: Place | None) -> None:
        """Share waits with other processes from now on (None: no more)."""
        with self._lock:
            self._place, self._asked = place, 0.0

    def wait(self, tenant: str, endpoint: str, ticket: str | None, now: float) -> tuple[float, bool]:
        """Tell how many seconds to wait, and whether it is only for the ticket's sake."""
        self._hear(now)
        with self._lock:
            whole = self._left((tenant, endpoint, None), now)
            own = self._left((tenant, endpoint, ticket), now) if ticket is not None else 0.0
        return max(whole, own), own > whole

    def _hear(self, now: float) -> None:
        """Take in what others were told, now and then."""
        with self._lock:
            place, due = self._place, not 0 <= now - self._asked < READ_EVERY
            if place is None or not due:
                return
            self._asked = now
        told = place.waits(now)
        with self._lock:
            for key, until in told.items():
                self._not_before[key] = max(until, self._not_before.get(key, 0.0))

    def _left(self, key: Key, now: float) -> float:
        left = self._not_before.get(key, now) - now
        if left <= 0:
            self._not_before.pop(key, None)
        return min(max(left, 0.0), LONGEST)

    def limit(self, tenant: str, endpoint: str, ticket: str | None, now: float, told: float | None) -> None:
        """Remember a wait of ``told`` seconds, or of our own growing back-off where nothing usable was told."""
        key = (tenant, endpoint, ticket)
        with self._lock:
            strikes = self._strikes.get(key, 0)
            self._strikes[key] = strikes + 1
            seconds = told if told is not None else SHORTEST * 2.0 ** min(strikes, 10)
            until = now + min(max(seconds, SHORTEST), LONGEST)
            self._not_before[key] = until = max(until, self._not_before.get(key, 0.0))
            place = self._place
        if place is not None:
            place.keep(key, until, now)

    def passed(self, tenant: str, endpoint: str, ticket: str | None) -> None:
        """Note that requests pass again, so that our own back-off starts anew."""
        with self._lock:
            self._strikes.pop((tenant, endpoint, ticket), None)
            self._strikes.pop((tenant, endpoint, None), None)

    def first_report(self, tenant: str) -> bool:
        with self._lock:
            first = tenant not in self._reported
            self._reported.add(tenant)
            return first


BUDGETS = Budgets()


def answered_at(response: requests.Response) -> datetime | None:
    """The answer's ``Date``: the tracker's clock, in whole seconds."""
    return _http_date(response.headers.get("Date", ""))


def retry_after(response: requests.Response, now: float) -> float | None:
    """Read ``Retry-After`` as seconds to wait, bounded to 1 s to 15 min; None where it cannot be used.

    A date counts against the answer's own ``Date``, else against ``now`` in the tracker's clock. Two headers, a
    negative number, more than a day and anything else cannot be used.
    """
    told = response.raw.headers.getlist("Retry-After")
    if len(told) != 1:
        return None
    text = told[0].strip()
    if re.fullmatch(r"\d{1,20}(\.\d{0,9})?", text, re.ASCII):
        seconds = float(text)
    else:
        until, at = _http_date(text), answered_at(response)
        if until is None:
            return None
        # A date that has passed asks for no more than the shortest wait.
        seconds = max(until.timestamp() - (at.timestamp() if at else now), 0.0)
    return None if seconds > ABSURD else min(max(seconds, SHORTEST), LONGEST)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def only_ticket(response: requests.Response, told: float | None) -> bool:
    """Tell whether the tracker limits the one ticket rather than the account.

    Jira says so in ``RateLimit-Reason``. Elsewhere it shows: the account has requests left although this one was
    refused, or must wait ``told`` seconds, longer than until the account's own budget is full again.
    """
    reason = response.headers.get("RateLimit-Reason", "")
    if reason:
        return "issue" in reason
    left = _numbers(response, "X-Rate-Limit-Remaining", "RateLimit-Remaining", "Rate-Limit-Remaining")
    reset = _numbers(response, "RateLimit-Reset", "Rate-Limit-Reset")
    return bool(left) and (min(left) > 0 or (told is not None and bool(reset) and told > max(reset) + SHORTEST))


def _numbers(response: requests.Response, *names: str) -> list[int]:
    texts = [response.headers.get(name, "").strip() for name in names]
    return [int(text) for text in texts if re.fullmatch(r"\d{1,9}", text, re.ASCII)]
