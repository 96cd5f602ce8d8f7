# SPDX-License-Identifier: Apache-2.0
"""From an HTTP request to a function: who calls, what was sent, the rate limit, headers and errors."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.servicenow import errors
from sandbox.servicenow.instance import Instance, User
from sandbox.servicenow.schema import made_id

JSON = "application/json;charset=UTF-8"
RULE = made_id("rate limit rule")
HOUR = 3600
# What stands on every recorded answer and means nothing to a client.
_EDGE = {
    "Server-Timing": "sem_wait;dur=0, sesh_wait;dur=0",
    "X-Is-Logged-In": "true",
    "X-Content-Type-Options": "nosniff",
    "Pragma": "no-store,no-cache",
    "Cache-Control": "no-cache,no-store,must-revalidate,max-age=-1",
    "Expires": "0",
    "Server": "ServiceNow",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}


@dataclass(frozen=True)
class Call:
    """One authenticated request; `path` are its parts behind `/api/now/` and a version."""

    instance: Instance
    user: User
    method: str
    address: str
    """The path as asked."""
    path: tuple[str, ...]
    query: QueryParams
    headers: Headers
    raw: bytes

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises: SnowError (400)."""
        try:
            found = json.loads(self.raw or b"{}")
            json.dumps(found, ensure_ascii=False).encode()
        except ValueError as error:
            raise errors.bad_body(f"The payload is not valid JSON: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise errors.bad_body("The payload is not a JSON object")
        return found

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() == "true"

    def number(self, name: str, default: int) -> int:
        """A number of the query; what is none is passed over."""
        text = self.query.get(name, "")
        return int(text) if text.lstrip("-").isdigit() else default


@dataclass(frozen=True)
class Answer:
    """What a function answers; `body` None means an empty one, bytes a file."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Function = Callable[[Call], Answer]


class Limit:
    """Requests of each user in the running hour."""

    def __init__(self) -> None:
        self._hour = 0
        self._counts: dict[str, int] = {}

    def count(self, instance: Instance, user: User, calls: int = 1) -> dict[str, str]:
        """Count, and tell how things stand. Raises: SnowError (429)."""
        limit = instance.settings.requests_per_hour
        if limit is None:
            return {}
        hour = int(instance.now() // HOUR)
        if hour != self._hour:
            self._hour, self._counts = hour, {}
        end = (hour + 1) * HOUR
        told = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Reset": str(end), "X-RateLimit-Rule": RULE}
        if self._counts.get(user.user_name, 0) >= limit:
            wait = {"Retry-After": str(max(1, int(end - instance.now())))}
            raise errors.rate_limited(RULE, told | wait)
        self._counts[user.user_name] = self._counts.get(user.user_name, 0) + calls
        return told


class Api:
    """The ASGI app below `/api/now`."""

    def __init__(self, instance: Instance, functions: dict[str, Function]) -> None:
        self._instance = instance
        self._functions = functions
        self._limit = Limit()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw = await request.body()
        answer = self.answer(request.method, scope["path"], request.query_params, request.headers, raw)
        await response(answer)(scope, receive, send)

    def answer(self, method: str, path: str, query: QueryParams, headers: Headers, raw: bytes) -> Answer:
        """Answer one request: also one within a batch."""
        instance = self._instance
        instance.ripen()
        told: dict[str, str] = {}
        try:
            user = instance.authenticated(headers)
            if user is None:
                raise errors.unauthenticated()
            told = self._limit.count(instance, user)
            parts = tuple(part for part in path.split("/") if part)
            if parts[:2] != ("api", "now") or len(parts) < 3:
                raise errors.no_resource()
            rest = parts[3:] if parts[2] in ("v1", "v2") else parts[2:]
            function = self._functions.get(rest[0]) if rest else None
            if function is None:
                raise errors.no_resource()
            given = function(Call(instance, user, method, path, rest[1:], query, headers, raw))
        except errors.SnowError as error:
            given = Answer(error.body, error.status, error.headers)
        return Answer(given.body, given.status, {**told, **given.headers})


def response(answer: Answer) -> Response:
    """The answer over HTTP, with what the vendor's front adds."""
    headers = {**_EDGE, "X-Transaction-ID": secrets.token_hex(6), **answer.headers}
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers)
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    text = json.dumps(answer.body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Response(text, answer.status, {**headers, "Content-Type": JSON})
