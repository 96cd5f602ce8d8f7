# SPDX-License-Identifier: Apache-2.0
"""One request on its way: repeated where that is safe, held back as long as the tracker asks, its failure named."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

import requests
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    ConnectTimeout,
    ContentDecodingError,
    ProxyError,
    Timeout,
)
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter
from urllib3.exceptions import NewConnectionError

from tandem.budgets import BUDGETS, SHORTEST, answered_at, only_ticket, retry_after
from tandem.errors import BudgetError, RateLimitedError, TandemError, UnavailableError, UnknownOutcomeError
from tandem.traffic import TRAFFIC

log = logging.getLogger("tandem.http")

READS = frozenset({"GET", "HEAD", "OPTIONS"})
TRIES = 4  # of a read
# Seconds of waiting in all within one request; what is longer goes back to the scheduler.
READ_WAITS = 65.0  # a minute's budget renews itself meanwhile, so what is read of many tickets comes to its end
WRITE_WAITS = 5.0  # what a write was compared with, and whether it may leave, was read a moment ago
BROKEN = (ConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError)  # while an answer is awaited or read


@dataclass(frozen=True, slots=True)
class Call:
    """One request as messages name it, and what decides whether it may be repeated."""

    method: str
    path: str
    reads: bool
    endpoint: str
    ticket: str | None = None
    once: bool = False  # its body is a stream, which cannot be sent a second time

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Sender:
    """Sends requests to one tracker and hears its clock. Threads may share an object."""

    def __init__(
        self,
        tenant: str,
        timeout: tuple[float, float] = (10, 60),
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.tenant = tenant
        self.clock = clock
        self._timeout = timeout
        self._sleep = sleep
        self._offsets: deque[float] = deque(maxlen=5)

    @property
    def clock_offset(self) -> float:
        """The tracker's clock minus ours, in seconds, by its newest answers (0 before the first)."""
        return median(self._offsets) if self._offsets else 0.0

    @property
    def knows_clock(self) -> bool:
        """Whether an answer has told the tracker's clock yet."""
        return bool(self._offsets)

    def repeat_reads(self, call: Call, attempt: Callable[[], requests.Response]) -> requests.Response:
        """Try again what failed without an answer, if it only reads."""
        if not call.reads:
            return attempt()
        retrying = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential_jitter(multiplier=0.3, max=5),
            retry=retry_if_exception_type(UnavailableError),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(attempt)

    def through_budget(self, call: Call, send: Callable[[], requests.Response]) -> requests.Response:
        """Wait as long as the tracker asked, send, and send again where it says that nothing was done.

        Raises:
            RateLimitedError, BudgetError: the wait is longer than one request may last.
            UnavailableError, UnknownOutcomeError: no answer, or a 5xx.
        """
        slept, most = 0.0, READ_WAITS if call.reads else WRITE_WAITS
        while True:
            seconds, ticket_only = BUDGETS.wait(self.tenant, call.endpoint, call.ticket, self.clock())
            if slept + seconds > most:
                raise self._later(call, seconds, ticket_only)
            if seconds > 0:
                self._sleep(seconds)
                slept += seconds
            response = self.answered(call, send)
            if not self._asks_to_wait(call, response):
                return self.unless_failed(call, response)
            response.close()
            if call.once:
                raise self._later(call, *BUDGETS.wait(self.tenant, call.endpoint, call.ticket, self.clock()))

    def answered(self, call: Call, send: Callable[[], requests.Response]) -> requests.Response:
        """Take an answer, or say what its absence means for what was asked."""
        failure: TandemError
        before = self.clock()
        try:
            response = send()
        except BROKEN as error:
            # The library's own messages hold the URL with its query: raise ours outside, without a context.
            failure = self._no_answer(call, error)
        else:
            self._note_time(response, before)
            return response
        raise failure

    def send(self, session: requests.Session, prepared: requests.PreparedRequest, stream: bool) -> requests.Response:
        """Send once. Redirects are not followed."""
        settings = session.merge_environment_settings(prepared.url or "", {}, stream, None, None)
        with TRAFFIC.request(self.tenant, f"{prepared.method} {urlsplit(prepared.url or '').path}"):
            return session.send(prepared, timeout=self._timeout, allow_redirects=False, **settings)

    def _no_answer(self, call: Call, error: Exception) -> TandemError:
        kind = type(error).__name__
        if call.reads or _never_sent(error):
            return UnavailableError(f"{call} got no answer ({kind})", where=self.tenant)
        return UnknownOutcomeError(f"{call} was sent and its answer was lost ({kind})", where=self.tenant)

    def unless_failed(self, call: Call, response: requests.Response) -> requests.Response:
        """Refuse an answer that says that the tracker failed."""
        status = response.status_code
        if status < 500 and status != 408:
            return response
        response.close()
        if call.reads:
            raise UnavailableError(f"{call} answered {status}", where=self.tenant)
        raise UnknownOutcomeError(f"{call} answered {status}; whether it was done is not known", where=self.tenant)

    # ---- waiting

    def _asks_to_wait(self, call: Call, response: requests.Response) -> bool:
        """Note what an answer says about waiting; tell whether the request must be sent again for it."""
        refused = response.status_code == 429
        if not refused and "Retry-After" not in response.headers:
            BUDGETS.passed(self.tenant, call.endpoint, call.ticket)
            return False
        told = retry_after(response, self.clock() + self.clock_offset)
        if told is None and BUDGETS.first_report(self.tenant):
            log.warning("%s asks to wait, but not how long (%s): we wait by our own back-off", self.tenant, call)
        if refused or told is not None:
            ticket = call.ticket if only_ticket(response, told) else None
            BUDGETS.limit(self.tenant, call.endpoint, ticket, self.clock(), told)
        return refused or (response.status_code == 503 and call.reads and told is not None)

    def _later(self, call: Call, seconds: float, ticket_only: bool) -> TandemError:
        left = max(seconds, SHORTEST)
        if ticket_only:
            what = f"{call}: the ticket is over the tracker's own budget for {left:.0f} s more"
            return BudgetError(what, retry_after=left, where=self.tenant)
        return RateLimitedError(f"{call}: the tracker asks to wait {left:.0f} s", retry_after=left, where=self.tenant)

    def _note_time(self, response: requests.Response, before: float) -> None:
        at = answered_at(response)
        if at is not None:
            # The header has whole seconds, cut: on average half a second is missing.
            self._offsets.append(at.timestamp() + 0.5 - (before + self.clock()) / 2)


def _never_sent(error: Exception) -> bool:
    if isinstance(error, ConnectTimeout | ProxyError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
