# SPDX-License-Identifier: Apache-2.0
"""From an HTTP request to a function: routes, who may call, the body, rate limits and headers."""

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.zendesk import errors, payload
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.jobs import Jobs, Step
from sandbox.zendesk.records import Job, User
from sandbox.zendesk.shapes import job_shape

Access = Literal["anyone", "user", "agent", "admin"]
ANONYMOUS = User(0, "Anonymous user", "invalid@example.com", "end-user", 0, 0)
_HIGHEST_ASSUMED = 700
# What stands on every recorded answer and means nothing to a client.
_EDGE = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-frame-options": "SAMEORIGIN",
    "x-runtime": "0.054321",
    "x-zendesk-api-version": "v2",
    "x-zendesk-application-version": "v18385",
    "x-zendesk-origin-server": "sandbox",
}


@dataclass(frozen=True)
class Call:
    """One authenticated API request."""

    desk: Desk
    jobs: Jobs
    user: User
    method: str
    address: str
    """The full URL as asked, without the query."""
    params: dict[str, str]
    query: QueryParams
    headers: dict[str, str]
    raw: bytes

    def number(self, name: str) -> int:
        """A number in the path. Raises: ZendeskError (404)."""
        text = self.params[name]
        if not text.isdigit():
            raise errors.not_found()
        return int(text)

    def numbers(self) -> list[int]:
        """`ids=` of the query, at most 100. Raises: ZendeskError (400)."""
        texts = [text for text in self.query.get("ids", "").split(",") if text.strip()]
        if len(texts) > 100:
            raise errors.too_many_values()
        return [int(text) for text in texts if text.strip().isdigit()]

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises: ZendeskError (400, 422)."""
        try:
            body = json.loads(self.raw or b"{}")
            json.dumps(body, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise errors.invalid_value("The body contains invalid characters") from None
        except ValueError:
            body = {"error": "Unprocessable Entity", "message": "Server could not parse JSON"}
            raise errors.ZendeskError(422, body) from None
        if not isinstance(body, dict):
            raise errors.invalid_attribute("The body must be an object")
        payload.check(body)
        return body

    def record(self, name: str) -> dict[str, Any]:
        """The object of that name in the body. Raises: ZendeskError (400)."""
        record = self.body().get(name)
        if not isinstance(record, dict):
            raise errors.invalid_attribute(
                f"You passed an invalid value for the {name} attribute. Invalid parameter: {name} must be an object"
            )
        return record

    def records(self, name: str) -> list[dict[str, Any]]:
        """The list of objects of that name, at most 100. Raises: ZendeskError (400)."""
        records = self.body().get(name)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise errors.invalid_attribute(
                f"You passed an invalid value for the {name} attribute. Invalid parameter: {name} must be an array"
            )
        if len(records) > 100:
            raise errors.too_many_values()
        return records

    def job(self, job: Job) -> dict[str, Any]:
        return job_shape(self.desk, job)

    def queued(self, steps: list[Step], doing: str) -> "Answer":
        """A job that says `doing`, with the number of the item, while it works."""
        return Answer({"job_status": self.job(self.jobs.add(steps, doing))})


@dataclass(frozen=True)
class Answer:
    """What a function answers; `body` None means an empty one."""

    body: dict[str, Any] | None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Function = Callable[[Call], Answer]


class Routes:
    """The functions of one part of the API, by method and path (without `.json`)."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, Access, Function]] = []

    def on(self, method: str, path: str, access: Access = "agent") -> Callable[[Function], Function]:
        def keep(function: Function) -> Function:
            self.all.append((method, path, access, function))
            return function

        return keep


@dataclass
class Minute:
    """Requests in a minute that begins with the first of them."""

    began: float = 0.0
    count: int = 0

    def left(self, now: float) -> int:
        """Seconds until it is over, rounded up."""
        return ceil(self.began + 60 - now)

    def add(self, now: float, limit: int | None) -> None:
        """Raises: ZendeskError (429)."""
        if not self.began <= now < self.began + 60:
            self.began, self.count = now, 0
        if limit is not None and self.count >= limit:
            raise errors.rate_limited(str(self.left(now)))
        self.count += 1


class Limits:
    """Requests in the running minute, of the whole account."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._all = Minute()
        self._exports = Minute()

    def count(self, path: str) -> None:
        """Raises: ZendeskError (429)."""
        settings, now = self._desk.settings, self._desk.now()
        self._all.add(now, settings.requests_per_minute)
        if "/incremental/" in path:
            self._exports.add(now, settings.exports_per_minute)

    def headers(self) -> dict[str, str]:
        """In Zendesk's spellings: one always, a second one by edge."""
        limit = self._desk.settings.requests_per_minute or _HIGHEST_ASSUMED
        left = max(0, limit - self._all.count)
        second = self._desk.settings.rate_headers
        return {
            "x-rate-limit": str(limit),
            "x-rate-limit-remaining": str(left),
            "rate-limit" if second == "rate-limit" else "ratelimit-limit": str(limit),
            f"{second}-remaining": str(left),
            f"{second}-reset": str(max(0, self._all.left(self._desk.now()))),
        }


def json_answer(status: int, body: dict[str, Any] | None, headers: dict[str, str]) -> Response:
    if body is None:
        return Response(status_code=status, headers=headers)
    return JSONResponse(body, status, headers, media_type="application/json; charset=utf-8")


def api_app(desk: Desk, jobs: Jobs, parts: list[Routes], others: list[Route]) -> ASGIApp:
    """The vendor's API; `others` are addresses outside it."""
    limits = Limits(desk)

    def answered(call: Call, access: Access, function: Function) -> Answer:
        _admit(call.user, access)
        limits.count(call.address)
        return function(call)

    def endpoint(functions: dict[str, tuple[Access, Function]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            raw = await request.body()
            jobs.run_due()
            access, function = functions["GET" if request.method == "HEAD" else request.method]
            user = desk.authenticated(request.headers) or ANONYMOUS
            address = desk.url + request.scope.get("asked_path", request.url.path)
            params, headers = dict(request.path_params), dict(request.headers)
            call = Call(desk, jobs, user, request.method, address, params, request.query_params, headers, raw)
            try:
                given = answered(call, access, function)
            except errors.ZendeskError as error:
                given = Answer(error.body, error.status, {"cache-control": "no-cache", **error.headers})
            caching = "no-cache" if given.body is None else "max-age=0, private, must-revalidate"
            common = {"cache-control": caching, "x-request-id": secrets.token_hex(8)} | _EDGE
            if given.body is not None and given.status < 300:
                common["etag"] = f'W/"{secrets.token_hex(16)}"'
            return json_answer(given.status, given.body, common | limits.headers() | given.headers)

        return answer

    by_path: dict[str, dict[str, tuple[Access, Function]]] = {}
    for part in parts:
        for method, path, access, function in part.all:
            by_path.setdefault(path, {})[method] = (access, function)
    # Fixed paths first: `tickets/show_many` is no ticket's number.
    ordered = sorted(by_path.items(), key=lambda item: item[0].count("{"))
    routes = [Route(path, endpoint(functions), methods=list(functions)) for path, functions in ordered]

    async def unknown(request: Request, error: Exception) -> Response:
        return json_answer(404, errors.no_endpoint().body, {})

    inner = Starlette(routes=[*routes, *others], exception_handlers={404: unknown, 405: unknown})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """`.json` at the end of a path may be left out."""
        path = scope["path"]
        if path.endswith(".json"):
            scope = {**scope, "path": path.removesuffix(".json"), "asked_path": path}
        await inner(scope, receive, send)

    return app


def _admit(user: User, access: Access) -> None:
    """Raises: ZendeskError (401, 403)."""
    if access == "anyone":
        return
    if user is ANONYMOUS:
        raise errors.unauthenticated()
    if (access == "agent" and user.role == "end-user") or (access == "admin" and user.role != "admin"):
        raise errors.forbidden()
