# SPDX-License-Identifier: Apache-2.0
"""The HTTP layer against a real server that does what the test tells it to."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

from support.scripted import NOW, Answer, Server
from tandem.budgets import ABSURD, LONGEST, SHORTEST, retry_after
from tandem.errors import (
    BudgetError,
    ConfigurationError,
    CredentialsError,
    GoneError,
    RateLimitedError,
    RefusedError,
    StaleError,
    TandemError,
    TooLargeError,
    UnavailableError,
    UnknownOutcomeError,
)
from tandem.http import TRIES, Body, Http, parsed

SECRET = "s3cret-value"


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http(server: Server, clock: Clock, request: pytest.FixtureRequest) -> Http:
    return connect(server, clock, request.node.nodeid)


def connect(server: Server, clock: Clock, tenant: str) -> Http:
    session = requests.Session()
    session.auth = ("tandem@example.com/token", SECRET)
    return Http(session, server.url, tenant=tenant, clock=clock, sleep=clock.sleep)


def refusal(call, *args, **named) -> TandemError:
    with pytest.raises(TandemError) as caught:
        call(*args, **named)
    return caught.value


# ---- reads are repeated, writes never


@pytest.mark.parametrize("bad", [Answer(500), Answer(503), Answer(cut=0), Answer(cut=3)])
def test_a_read_is_repeated_until_it_is_answered(http, server, bad):
    server.script = [bad, bad]
    assert parsed(http.request("GET", "/tickets")) == {"ok": True}
    assert len(server.seen) == 3


def test_a_read_is_given_up_after_some_tries(http, server):
    server.script = [Answer(502)] * 10
    assert isinstance(refusal(http.request, "GET", "/tickets"), UnavailableError)
    assert len(server.seen) == TRIES


def test_a_post_that_only_reads_is_repeated(http, server):
    server.script = [Answer(500)]
    http.request("POST", "/search", json={}, idempotent=True)
    assert len(server.seen) == 2


@pytest.mark.parametrize("bad", [Answer(500), Answer(503, [("Retry-After", "1")]), Answer(cut=0), Answer(201, cut=3)])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_whose_answer_is_lost_is_never_sent_again(http, server, method, bad):
    server.script = [bad]
    assert isinstance(refusal(http.request, method, "/tickets", json={"a": 1}), UnknownOutcomeError)
    assert len(server.seen) == 1


def test_a_write_that_never_left_is_unavailable(http, server):
    server.close()
    assert isinstance(refusal(http.request, "POST", "/tickets", json={}), UnavailableError)


def test_an_answer_that_is_no_json_is_a_lost_one(http, server):
    server.script = [Answer(200, body=b"<html>"), Answer(200, body=b"<html>")]
    assert isinstance(refusal(parsed, http.request("GET", "/tickets")), UnavailableError)
    assert isinstance(refusal(parsed, http.request("POST", "/tickets", json={})), UnknownOutcomeError)


# ---- waiting (C16)

AHEAD = 240.0  # our clock in the case is four minutes fast


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        (["3"], 3.0),
        (["1.5"], 1.5),
        (["0"], SHORTEST),
        (["3600"], LONGEST),
        (["Wed, 25 Nov 2026 10:05:00 GMT"], 300.0),
        (["Wed, 25 Nov 2026 09:00:00 GMT"], SHORTEST),
        (["99999999999"], SHORTEST),
        (["-5"], SHORTEST),
        (["soon"], SHORTEST),
        (["5", "9"], SHORTEST),
        ([], SHORTEST),
    ],
)
def test_the_tracker_says_how_long_to_wait(server, headers, waits, request):
    clock = Clock(NOW + AHEAD)
    http = connect(server, clock, request.node.nodeid)
    server.script = [Answer(429, [("Retry-After", text) for text in headers])]
    if waits > 5:
        late = refusal(http.request, "POST", "/tickets", json={})
        assert isinstance(late, RateLimitedError)
        assert late.retry_after == pytest.approx(waits)
        assert len(server.seen) == 1
    else:
        http.request("POST", "/tickets", json={})
        assert clock.slept == [pytest.approx(waits)]
        assert len(server.seen) == 2


def test_a_read_waits_for_the_next_minute_and_a_write_does_not(http, server, clock):
    """What is read of many tickets would begin anew in each run; a write goes on what was compared a moment ago."""
    server.script = [Answer(429, [("Retry-After", "60")])]
    http.request("GET", "/tickets")
    http.request("POST", "/search", json={}, idempotent=True)
    assert clock.slept == [pytest.approx(60)]
    server.script = [Answer(429, [("Retry-After", "60")])]
    assert isinstance(refusal(http.request, "POST", "/tickets", json={}), RateLimitedError)
    assert clock.slept == [pytest.approx(60)]


def test_our_own_back_off_grows_and_a_success_ends_it(http, server, clock):
    server.script = [Answer(429), Answer(429), Answer(429)]
    late = refusal(http.request, "POST", "/tickets", json={})
    assert clock.slept == [pytest.approx(1), pytest.approx(2)]
    assert isinstance(late, RateLimitedError)
    assert late.retry_after == pytest.approx(4)
    clock.now += 4
    http.request("POST", "/tickets", json={})
    server.script = [Answer(429)]
    clock.slept.clear()
    http.request("POST", "/tickets", json={})
    assert clock.slept == [pytest.approx(1)]


def test_a_useless_retry_after_is_reported_once_a_tenant(http, server, caplog):
    server.script = [Answer(429, [("Retry-After", "soon")]), Answer(429, [("Retry-After", "never")])]
    caplog.set_level(logging.WARNING, logger="tandem")
    http.request("GET", "/tickets")
    assert [record.levelname for record in caplog.records if record.name == "tandem.http"] == ["WARNING"]


def test_who_asks_next_waits_too_but_other_trackers_do_not(server, clock, request):
    tenant = request.node.nodeid
    server.script = [Answer(429, [("Retry-After", "90")])]
    refusal(connect(server, clock, tenant).request, "GET", "/tickets")
    late = refusal(connect(server, clock, tenant).request, "GET", "/tickets")
    assert isinstance(late, RateLimitedError)
    assert len(server.seen) == 1
    connect(server, clock, tenant + "other").request("GET", "/tickets")
    connect(server, clock, tenant).request("GET", "/export", endpoint="export")
    clock.now += 91
    connect(server, clock, tenant).request("GET", "/tickets")
    assert len(server.seen) == 4


def test_retry_after_is_obeyed_with_200_too(http, server, clock):
    server.script = [Answer(200, [("Retry-After", "4")])]
    http.request("GET", "/items")
    assert clock.slept == []
    http.request("GET", "/items")
    assert clock.slept == [pytest.approx(4)]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Rate-Limit-Remaining": "650"},
        {"X-Rate-Limit-Remaining": "0", "RateLimit-Reset": "40"},
        {"RateLimit-Reason": "jira-per-issue-on-write"},
    ],
)
def test_only_the_ticket_over_its_own_budget_waits(http, server, headers):
    server.script = [Answer(429, [("Retry-After", "300"), *headers.items()])]
    over = refusal(http.request, "PUT", "/tickets/7", json={}, ticket="7")
    assert isinstance(over, BudgetError)
    assert (over.code, over.retry_after) == ("TDM-208", pytest.approx(300))
    assert isinstance(refusal(http.request, "PUT", "/tickets/7", json={}, ticket="7"), BudgetError)
    assert len(server.seen) == 1
    http.request("PUT", "/tickets/8", json={}, ticket="8")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Rate-Limit-Remaining": "0"},
        {"X-Rate-Limit-Remaining": "0", "RateLimit-Reset": "300"},
        {"RateLimit-Reason": "jira-quota-tenant-based", "X-RateLimit-Remaining": "5"},
    ],
)
def test_an_exhausted_account_stops_all_its_tickets(http, server, headers):
    server.script = [Answer(429, [("Retry-After", "300"), *headers.items()])]
    assert isinstance(refusal(http.request, "PUT", "/tickets/7", json={}, ticket="7"), RateLimitedError)
    assert isinstance(refusal(http.request, "PUT", "/tickets/8", json={}, ticket="8"), RateLimitedError)


def test_a_stream_is_sent_with_its_length_and_only_once(http, server):
    body = Body(iter([b"ab", b"cde"]), 5)
    http.request("POST", "/uploads", data=body)
    assert (server.seen[0].headers["content-length"], server.seen[0].body) == ("5", b"abcde")
    server.script = [Answer(429, [("Retry-After", "1")])]
    late = refusal(http.request, "POST", "/uploads", data=Body(iter([b"ab", b"cde"]), 5))
    assert isinstance(late, RateLimitedError)
    assert len(server.seen) == 2


def _told(*headers: str, date: str | None = None) -> requests.Response:
    response = requests.Response()
    raw = HTTPHeaderDict()
    for text in headers:
        raw.add("Retry-After", text)
    response.raw = SimpleNamespace(headers=raw)
    response.headers["Date"] = date or format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)
    return response


@given(st.text(max_size=40))
def test_whatever_a_tracker_says_the_wait_is_bounded(text):
    seconds = retry_after(_told(text), NOW)
    assert seconds is None or SHORTEST <= seconds <= LONGEST


@given(st.floats(0, 2 * ABSURD, allow_nan=False))
def test_a_date_means_the_same_as_its_seconds(seconds):
    whole = float(int(seconds))
    date = format_datetime(datetime.fromtimestamp(NOW + whole, UTC), usegmt=True)
    assert retry_after(_told(date), NOW + AHEAD) == retry_after(_told(str(int(whole))), NOW)


# ---- refusals, and what they tell


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, CredentialsError),
        (403, CredentialsError),
        (404, GoneError),
        (410, GoneError),
        (409, StaleError),
        (412, StaleError),
        (413, TooLargeError),
        (400, RefusedError),
        (422, RefusedError),
        (302, ConfigurationError),
    ],
)
def test_a_refusal_names_fields_and_no_values(http, server, caplog, status, kind):
    caplog.set_level(logging.DEBUG)
    body = b'{"error": "RecordInvalid", "details": {"subject": [{"description": "my %s"}]}}' % SECRET.encode()
    server.script = [Answer(status, [("Location", f"{server.url}/?{SECRET}")], body)]
    error = refusal(http.request, "POST", "/tickets", params={"query": SECRET}, json={"subject": SECRET})
    assert type(error) is kind
    assert "POST /tickets" in error.what
    assert str(status) in error.what
    assert SECRET not in str(error) + repr(error.__context__) + caplog.text
    if isinstance(error, RefusedError):
        assert error.fields == ("subject",)


def test_a_lost_connection_tells_no_query(http, server, caplog):
    caplog.set_level(logging.DEBUG)
    server.close()
    error = refusal(http.request, "GET", "/search", params={"query": SECRET})
    assert SECRET not in str(error) + repr(error.__context__) + repr(error.__cause__) + caplog.text


def test_the_caller_may_accept_a_status(http, server):
    server.script = [Answer(404), Answer(403)]
    assert http.request("GET", "/tickets/1", accept=(403, 404)).status_code == 404
    assert http.request("GET", "/tickets/1", accept=(403, 404)).status_code == 403


# ---- to whom the log-in goes


def test_a_download_takes_the_log_in_only_to_its_own_origin(http, server):
    stranger = Server()
    try:
        server.script = [
            Answer(302, [("Location", "/files/7")]),
            Answer(302, [("Location", f"{stranger.url}/blob?signature=1"), ("Set-Cookie", "session=1; Path=/")]),
        ]
        stranger.script = [Answer(body=b"content")]
        with http.download("/attachments/7", headers={"X-Token": SECRET}) as chunks:
            assert b"".join(chunks) == b"content"
        assert [seen.path for seen in server.seen] == ["/attachments/7", "/files/7"]
        assert all("authorization" in seen.headers for seen in server.seen)
        (seen,) = stranger.seen
        assert seen.path == "/blob?signature=1"
        assert not {"authorization", "cookie", "x-token"} & seen.headers.keys()
    finally:
        stranger.close()


def test_a_download_goes_nowhere_without_tls(http, server):
    server.script = [Answer(302, [("Location", "http://tracker.invalid/file")])]
    with pytest.raises(ConfigurationError), http.download("/attachments/7"):
        pass


def test_a_download_that_breaks_off_is_said_to(http, server):
    server.script = [Answer(body=b"x" * 1000, cut=10)]
    with http.download("/file") as chunks, pytest.raises(UnavailableError):
        list(chunks)


def test_endless_redirects_end(http, server):
    server.script = [Answer(302, [("Location", "/again")])] * 20
    with pytest.raises(UnavailableError), http.download("/file"):
        pass
    assert len(server.seen) < 10


@pytest.mark.parametrize(
    "url", ["http://tracker.example", "https://me:word@tracker.example", "tracker.example", "https://"]
)
def test_an_unsafe_address_is_refused(url):
    with pytest.raises(ConfigurationError):
        Http(requests.Session(), url, tenant="unsafe")


def test_plain_http_must_be_allowed_or_stay_here():
    Http(requests.Session(), "http://tracker.example", tenant="plain", allow_plain_http=True)
    Http(requests.Session(), "http://localhost:1", tenant="plain")
    Http(requests.Session(), "https://tracker.example", tenant="plain")


def test_certificates_are_always_checked():
    session = requests.Session()
    session.verify = False
    with pytest.raises(ConfigurationError):
        Http(session, "https://tracker.example", tenant="unchecked")


# ---- clock and threads


def test_the_offset_is_the_trackers_clock_minus_ours(server, request):
    http = connect(server, Clock(NOW + AHEAD), request.node.nodeid)
    assert http.clock_offset == 0
    http.request("GET", "/tickets")
    assert http.clock_offset == pytest.approx(-AHEAD, abs=1)


def test_map_keeps_the_order(http):
    waits = [threading.Event() for _ in range(3)]

    def work(number: int) -> int:
        if number:
            waits[number].wait(10)
        if number != 1:
            waits[number - 1 if number else 2].set()
        return number * number

    assert http.map(work, [0, 1, 2]) == [0, 1, 4]


def test_map_begins_nothing_after_a_failure(http):
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        raise UnknownOutcomeError(f"number {number}")

    with pytest.raises(UnknownOutcomeError, match="number 0"):
        http.map(work, list(range(100)), workers=2)
    assert len(begun) <= 2
