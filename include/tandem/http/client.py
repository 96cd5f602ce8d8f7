# SPDX-License-Identifier: Apache-2.0
"""One tracker over HTTP: requests and downloads."""

from __future__ import annotations

import hashlib
import json as json_
import logging
import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from tandem.errors import TandemError, UnavailableError
from tandem.http.addresses import REDIRECTS, demand_safe, misconfigured, origin
from tandem.http.sending import BROKEN, READS, Call, Sender
from tandem.refusals import refusal

T = TypeVar("T")
R = TypeVar("R")

POOL = 16  # connections kept per host
CHUNK = 64 * 1024
HOPS = 5  # redirects followed by one download


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
        self._log_in = session.auth if isinstance(session.auth, tuple) else ("", "")
        self._plain = allow_plain_http
        self._sender = Sender(tenant, timeout, clock, sleep)
        demand_safe(self.base_url, plain=allow_plain_http, tenant=tenant)
        if session.verify is False:
            raise misconfigured("the connection switches the check of TLS certificates off", "Remove `verify`.", tenant)
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
    def login(self) -> str:
        """The name that the session logs in with, without its password; empty where it has none."""
        return self._log_in[0]

    @property
    def fingerprint(self) -> str:
        """Tells this address and log-in from any other: a digest, to be kept where secrets may be kept."""
        told = self._session.prepare_request(requests.Request("GET", self.base_url)).headers
        said = sorted(
            (name.lower(), str(told[name])) for name in told if name.lower().startswith(("authorization", "x-"))
        )
        return hashlib.sha256(json_.dumps([self.base_url, said, str(self._session.cert)]).encode()).hexdigest()

    def log_in_by(self, written: Callable[[str, str], str | None]) -> None:
        """Let a tracker be logged in to by its own way: ``written`` makes the header of name and password.

        Where it gives none, or there is no log-in, all stays as the session has it.
        """
        header = written(*self._log_in) if any(self._log_in) else None
        if header is not None:
            self._session.auth = _Written(header)

    @property
    def clock_offset(self) -> float:
        """The tracker's clock minus ours, in seconds, by its newest answers (0 before the first)."""
        return self._sender.clock_offset

    def time(self) -> float:
        """The present by our clock, in Unix seconds."""
        return self._sender.clock()

    @property
    def knows_clock(self) -> bool:
        """Whether an answer has told the tracker's clock yet."""
        return self._sender.knows_clock

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
        once = not isinstance(prepared.body, bytes | str | None)
        call = Call(method.upper(), path.partition("?")[0], reads, endpoint, ticket, once)
        response = self._sender.repeat_reads(
            call, lambda: self._sender.through_budget(call, lambda: self._sender.send(self._session, prepared, stream))
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

    def size_of(self, path_or_url: str) -> int:
        """Tell how many bytes a file has: its answer says so, or it is read through.

        Raises:
            UnavailableError: as of a download.
        """
        response = self._follow(urljoin(self.base_url + "/", path_or_url), {})
        try:
            told = response.headers.get("Content-Length", "")
            if told.isdigit() and "Content-Encoding" not in response.headers:
                return int(told)
            return sum(map(len, self._chunks(response)))
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

    # ---- refusals

    def _refused(self, call: Call, response: requests.Response) -> TandemError:
        if response.status_code in REDIRECTS:
            response.close()
            what = f"{call} answered {response.status_code}: a redirect"
            return misconfigured(what, "Set the connection's host to the tracker's own address.", self.tenant)
        return refusal(str(call), response, self.tenant)

    # ---- downloads

    def _follow(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        for _ in range(HOPS + 1):
            demand_safe(url, plain=self._plain, tenant=self.tenant)
            response = self._open(url, headers)
            if response.status_code // 100 == 2:
                return response
            if response.status_code not in REDIRECTS:
                raise self._refused(Call("GET", urlsplit(url).path, True, "download"), response)
            response.close()
            url = urljoin(url, response.headers.get("Location", ""))
        raise UnavailableError(f"GET {urlsplit(url).path} redirects without end", where=self.tenant)

    def _open(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        ours = origin(url) == origin(self.base_url)
        call = Call("GET", urlsplit(url).path, True, "download")
        session = self._session if ours else self._stranger()
        # A callable keeps `requests` from looking for a log-in of its own (netrc).
        request = requests.Request("GET", url, headers=dict(headers) if ours else {}, auth=None if ours else _no_auth)
        prepared = session.prepare_request(request)
        sender = self._sender

        def attempt() -> requests.Response:
            if ours:
                return sender.through_budget(call, lambda: sender.send(session, prepared, True))
            return self._sender.unless_failed(
                call, self._sender.answered(call, lambda: self._sender.send(session, prepared, True))
            )

        return sender.repeat_reads(call, attempt)

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
        except BROKEN:
            failed = True
        if failed:
            raise UnavailableError("a download broke off in the middle", where=self.tenant)


@dataclass(frozen=True, slots=True)
class _Written:
    """A log-in that stands in a header as it is."""

    header: str = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.header
        return request


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
