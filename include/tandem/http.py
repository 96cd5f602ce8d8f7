# SPDX-License-Identifier: Apache-2.0
"""HTTP as every connector needs it: what may be repeated is, what may not never is, and nothing private is told.

Reads are repeated after a failure. Writes never are: an answer that was lost is an ``UnknownOutcomeError``, and its
writer looks the thing up. Only "too many requests" says that nothing was done, so after it a write is sent again.
Messages and logs name method, path and status; never a query's values, a body or a header.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
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
from tandem.errors import (
    BudgetError,
    ConfigurationError,
    Problem,
    RateLimitedError,
    RefusedError,
    TandemError,
    UnavailableError,
    UnknownOutcomeError,
)
from tandem.refusals import refusal
from tandem.traffic import TRAFFIC

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

READS = frozenset({"GET", "HEAD", "OPTIONS"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRIES = 4  # of a read
# Seconds of waiting in all within one request; what is longer goes back to the scheduler.
READ_WAITS = 65.0  # a minute's budget renews itself meanwhile, so what is read of many tickets comes to its end
WRITE_WAITS = 5.0  # what a write was compared with, and whether it may leave, was read a moment ago
POOL = 16  # connections kept per host
CHUNK = 64 * 1024
HOPS = 5  # redirects followed by one download


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body as a stream whose length in bytes is known.

    A stream of another length raises ``RefusedError`` before its last byte is sent: nothing of it is stored.
    """

    chunks: Iterable[bytes]
    size: int

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        left = self.size
        held = b""  # the last byte goes when the end has been seen
        for chunk in self.chunks:
            left -= len(chunk)
            if left < 0:
                break
            whole = held + chunk
            held = whole[-1:]
            yield whole[:-1]
        if left:
            raise RefusedError(f"a file of {self.size} bytes was announced, and it has another size")
        yield held


class Http:
    """One tracker over HTTP, with the log-in that ``session`` carries.

    ``tenant`` names the tracker in messages and keys its budgets. Threads may share an object.
    """

    def __init__(
        self,
        session: requests.Session,
        base_url: str,
        *,
        tenant: str,
        allow_plain_http: bool = False,
        timeout: tuple[float, float] = (10, 60),
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.tenant = tenant
        self.base_url = base_url.rstrip("/")
        self._session = session
        self._plain = allow_plain_http
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._offsets: deque[float] = deque(maxlen=5)
        self._demand_safe(self.base_url)
        if session.verify is False:
            raise self._misconfigured("the connection switches the check of TLS certificates off", "Remove `verify`.")
        adapter = HTTPAdapter(pool_connections=POOL, pool_maxsize=POOL, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        # urllib3 writes whole URLs, with the values of their queries, below this level.
        noisy = logging.getLogger("urllib3.connectionpool")
        noisy.setLevel(max(noisy.level, logging.ERROR))

    @property
    def hosts(self) -> frozenset[str]:
        """The names under which the tracker is reached, in lower case."""
        return frozenset({(urlsplit(self.base_url).hostname or "").lower()} - {""})

    @property
    def clock_offset(self) -> float:
        """The tracker's clock minus ours, in seconds, by its newest answers (0 before the first)."""
        return median(self._offsets) if self._offsets else 0.0

    def time(self) -> float:
        """The present by our clock, in Unix seconds."""
        return self._clock()

    @property
    def knows_clock(self) -> bool:
        """Whether an answer has told the tracker's clock yet."""
        return bool(self._offsets)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        files: Any = None,
        stream: bool = False,
        endpoint: str = "",
        ticket: str | None = None,
        idempotent: bool | None = None,
        accept: Container[int] = (),
    ) -> requests.Response:
        """Send a request and return its answer: a 2xx, or a status that ``accept`` names.

        ``endpoint`` and ``ticket`` key the tracker's budgets. ``idempotent`` says that a POST only reads.

        Raises:
            UnavailableError: no answer, and nothing was done.
            UnknownOutcomeError: a write was sent and its answer was lost, or was a 5xx.
            RateLimitedError: to be sent later.
            BudgetError: to be sent later, and only this ticket.
            CredentialsError: 401 or 403.
            ConfigurationError: a redirect.
            ItemError: any other 4xx: ``StaleError``, ``GoneError``, ``TooLargeError`` or ``RefusedError`` with fields.
        """
        reads = method.upper() in READS if idempotent is None else idempotent
        prepared = self._session.prepare_request(
            requests.Request(
                method.upper(),
                self.base_url + path,
                params=params,
                json=json,
                data=data,
                headers={"Accept": "application/json", **(headers or {})},
                files=files,
            )
        )
        once = not isinstance(prepared.body, bytes | str | None)  # a stream cannot be sent a second time
        call = _Call(method.upper(), path.partition("?")[0], reads, endpoint, ticket, once)
        response = self._repeat_reads(
            call, lambda: self._through_budget(call, lambda: self._send(self._session, prepared, stream))
        )
        if response.status_code // 100 != 2 and response.status_code not in accept:
            raise self._refused(call, response)
        return response

    @contextmanager
    def download(self, path_or_url: str, *, headers: Mapping[str, str] | None = None) -> Iterator[Iterator[bytes]]:
        """Stream a file. Redirects are followed by hand: the log-in goes to this tracker's own origin only.

        Raises:
            UnavailableError: the connection failed, also in the middle of the file.
        """
        response = self._follow(urljoin(self.base_url + "/", path_or_url), headers or {})
        try:
            yield self._chunks(response)
        finally:
            response.close()

    def map(self, fn: Callable[[T], R], items: Sequence[T], workers: int = 4) -> list[R]:
        """Call ``fn`` for all items, some at once, and return the results in the items' order.

        After a failure nothing more is begun; the first failure in the items' order is raised.
        """
        failed = threading.Event()

        def begin(item: T) -> R:
            if failed.is_set():
                raise CancelledError
            try:
                return fn(item)
            except BaseException:
                failed.set()
                raise

        if not items:
            return []
        with ThreadPoolExecutor(max_workers=min(workers, len(items))) as pool:
            futures = [pool.submit(begin, item) for item in items]
        if failed.is_set():
            errors = [future.exception() for future in futures]
            raise next(error for error in errors if error is not None and not isinstance(error, CancelledError))
        return [future.result() for future in futures]

    # ---- sending

    def _repeat_reads(self, call: _Call, attempt: Callable[[], requests.Response]) -> requests.Response:
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

    def _through_budget(self, call: _Call, send: Callable[[], requests.Response]) -> requests.Response:
        slept, most = 0.0, READ_WAITS if call.reads else WRITE_WAITS
        while True:
            seconds, ticket_only = BUDGETS.wait(self.tenant, call.endpoint, call.ticket, self._clock())
            if slept + seconds > most:
                raise self._later(call, seconds, ticket_only)
            if seconds > 0:
                self._sleep(seconds)
                slept += seconds
            response = self._answered(call, send)
            if not self._asks_to_wait(call, response):
                return self._unless_failed(call, response)
            response.close()
            if call.once:
                raise self._later(call, *BUDGETS.wait(self.tenant, call.endpoint, call.ticket, self._clock()))

    def _answered(self, call: _Call, send: Callable[[], requests.Response]) -> requests.Response:
        failure: TandemError
        before = self._clock()
        try:
            response = send()
        except (ConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError) as error:
            # The library's own messages hold the URL with its query: raise ours outside, without a context.
            failure = self._no_answer(call, error)
        else:
            self._note_time(response, before)
            return response
        raise failure

    def _send(self, session: requests.Session, prepared: requests.PreparedRequest, stream: bool) -> requests.Response:
        settings = session.merge_environment_settings(prepared.url or "", {}, stream, None, None)
        with TRAFFIC.request(self.tenant, f"{prepared.method} {urlsplit(prepared.url or '').path}"):
            return session.send(prepared, timeout=self._timeout, allow_redirects=False, **settings)

    def _no_answer(self, call: _Call, error: Exception) -> TandemError:
        kind = type(error).__name__
        if call.reads or _never_sent(error):
            return UnavailableError(f"{call} got no answer ({kind})", where=self.tenant)
        return UnknownOutcomeError(f"{call} was sent and its answer was lost ({kind})", where=self.tenant)

    def _unless_failed(self, call: _Call, response: requests.Response) -> requests.Response:
        status = response.status_code
        if status < 500 and status != 408:
            return response
        response.close()
        if call.reads:
            raise UnavailableError(f"{call} answered {status}", where=self.tenant)
        raise UnknownOutcomeError(f"{call} answered {status}; whether it was done is not known", where=self.tenant)

    # ---- waiting

    def _asks_to_wait(self, call: _Call, response: requests.Response) -> bool:
        """Note what an answer says about waiting; tell whether the request must be sent again for it."""
        refused = response.status_code == 429
        if not refused and "Retry-After" not in response.headers:
            BUDGETS.passed(self.tenant, call.endpoint, call.ticket)
            return False
        told = retry_after(response, self._clock() + self.clock_offset)
        if told is None and BUDGETS.first_report(self.tenant):
            log.warning("%s asks to wait, but not how long (%s): we wait by our own back-off", self.tenant, call)
        if refused or told is not None:
            ticket = call.ticket if only_ticket(response, told) else None
            BUDGETS.limit(self.tenant, call.endpoint, ticket, self._clock(), told)
        return refused or (response.status_code == 503 and call.reads and told is not None)

    def _later(self, call: _Call, seconds: float, ticket_only: bool) -> TandemError:
        left = max(seconds, SHORTEST)
        if ticket_only:
            what = f"{call}: the ticket is over the tracker's own budget for {left:.0f} s more"
            return BudgetError(what, retry_after=left, where=self.tenant)
        return RateLimitedError(f"{call}: the tracker asks to wait {left:.0f} s", retry_after=left, where=self.tenant)

    def _note_time(self, response: requests.Response, before: float) -> None:
        at = answered_at(response)
        if at is not None:
            # The header has whole seconds, cut: on average half a second is missing.
            self._offsets.append(at.timestamp() + 0.5 - (before + self._clock()) / 2)

    # ---- refusals

    def _refused(self, call: _Call, response: requests.Response) -> TandemError:
        if response.status_code in REDIRECTS:
            response.close()
            what = f"{call} answered {response.status_code}: a redirect"
            return self._misconfigured(what, "Set the connection's host to the tracker's own address.")
        return refusal(str(call), response, self.tenant)

    def _misconfigured(self, what: str, fix: str) -> ConfigurationError:
        return ConfigurationError([Problem(code="TDM-301", what=what, fix=fix, where=self.tenant)], where=self.tenant)

    def _demand_safe(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise self._misconfigured("the address holds a log-in", "Put log-in and password into their own fields.")
        if parts.scheme == "https" and parts.hostname:
            return
        if parts.scheme == "http" and parts.hostname and (self._plain or _is_loopback(parts.hostname)):
            return
        raise self._misconfigured("the address is not https", "Write the address as https://<host>.")

    # ---- downloads

    def _follow(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        for _ in range(HOPS + 1):
            self._demand_safe(url)
            response = self._open(url, headers)
            if response.status_code // 100 == 2:
                return response
            if response.status_code not in REDIRECTS:
                raise self._refused(_Call("GET", urlsplit(url).path, True, "download"), response)
            response.close()
            url = urljoin(url, response.headers.get("Location", ""))
        raise UnavailableError(f"GET {urlsplit(url).path} redirects without end", where=self.tenant)

    def _open(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        ours = origin(url) == origin(self.base_url)
        call = _Call("GET", urlsplit(url).path, True, "download")
        session = self._session if ours else self._stranger()
        # A callable keeps `requests` from looking for a log-in of its own (netrc).
        request = requests.Request("GET", url, headers=dict(headers) if ours else {}, auth=None if ours else _no_auth)
        prepared = session.prepare_request(request)

        def attempt() -> requests.Response:
            if ours:
                return self._through_budget(call, lambda: self._send(session, prepared, True))
            return self._unless_failed(call, self._answered(call, lambda: self._send(session, prepared, True)))

        return self._repeat_reads(call, attempt)

    def _stranger(self) -> requests.Session:
        """A session without any of our credentials, cookies or headers."""
        session = requests.Session()
        session.proxies = self._session.proxies
        session.verify = self._session.verify
        return session

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        failed = False
        try:
            yield from response.iter_content(CHUNK)
        except (ConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError):
            failed = True
        if failed:
            raise UnavailableError("a download broke off in the middle", where=self.tenant)


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    reads: bool
    endpoint: str
    ticket: str | None = None
    once: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def parsed(response: requests.Response) -> Any:
    """Read an answer's JSON.

    Raises:
        UnavailableError, UnknownOutcomeError: it is none (a proxy's page, say); the latter after a write.
    """
    try:
        return response.json()
    except requests.exceptions.JSONDecodeError:
        pass
    method, path = response.request.method or "", urlsplit(response.url).path
    kind = UnavailableError if method in READS else UnknownOutcomeError
    raise kind(f"{method} {path} answered {response.status_code} with something else than JSON")


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: who it is that gets a request."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)


def _never_sent(error: Exception) -> bool:
    if isinstance(error, ConnectTimeout | ProxyError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
