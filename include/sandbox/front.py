# SPDX-License-Identifier: Apache-2.0
"""What stands before each tracker: notes the request, lets faults strike, stamps the Date, or shows a page."""

import asyncio
from email.utils import format_datetime
from typing import cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.clock import Clock
from sandbox.exchanges import Exchanges
from sandbox.faults import Faults, FaultState
from sandbox.request_log import RequestLog
from sandbox.tracker import Tracker
from sandbox.world import Tenant


class ReachableConnection(H11Protocol):
    """Puts the connection into the request's state, so that a fault can end it without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


class Front:
    """The ASGI app of one tenant's port."""

    def __init__(
        self,
        tenant: Tenant,
        tracker: Tracker,
        pages: ASGIApp,
        clock: Clock,
        faults: Faults,
        log: RequestLog,
        exchanges: Exchanges | None = None,
    ) -> None:
        self._name = tenant.name
        self._tracker_kind = tenant.kind
        self._exchanges = exchanges
        self._tracker = tracker
        self._pages = pages
        self._clock = clock
        self._faults = faults
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """People's pages go their own way: neither noted nor struck."""
        if scope["type"] != "http":
            return
        if scope["path"] == "/" or scope["path"].startswith("/ui/"):
            await self._pages(scope, receive, self._dated(send))
            return
        body = await _read(receive)
        if body is None:
            return
        headers = Headers(scope=scope)
        entry = self._log.open(
            tenant=self._name,
            at=self._clock.now(),
            account=self._tracker.account_of(headers),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            body=body,
        )
        target = cast(bytes, scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        struck = self._faults.strike(
            self._name, entry.account, entry.method, f"{target}?{entry.query}" if entry.query else target, entry.body
        )
        entry.fault = struck.id if struck else None

        heard = self._exchanges and self._exchanges.hear(self._tracker_kind, entry.method, scope["path"])

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            entry.answer_bytes += len(message.get("body", b""))
            if heard:
                heard(message)
            await send(message)

        again = _Replay(body, receive)
        if struck is None:
            await self._tracker.app(scope, again, self._dated(noted))
        else:
            await self._suffer(struck, scope, again, self._dated(noted))

    async def _suffer(self, struck: FaultState, scope: Scope, receive: "_Replay", send: Send) -> None:
        fault = struck.fault
        match fault.kind:
            case "down":
                scope["state"]["connection"].abort()
                await receive.until_left()
            case "slow":
                await asyncio.sleep(fault.seconds)
                await self._tracker.app(scope, receive, send)
            case "hang":
                await receive.until_left()
            case "rate_limited":
                await self._tracker.rate_limited(fault.retry_after)(scope, receive, send)
            case "refused":
                text = fault.text.replace("{n}", str(struck.struck))
                await self._tracker.refusal(fault.status or 422, text, fault.field)(scope, receive, send)
            case "error_before":
                await self._tracker.server_error(fault.status or 500)(scope, receive, send)
            case "error_after":
                await self._answer(scope, receive)
                await self._tracker.server_error(fault.status or 500)(scope, receive, send)
            case "cut_after":
                await self._cut(await self._answer(scope, receive), scope, send)
                await receive.until_left()
            case "hang_after":
                await self._answer(scope, receive)
                await receive.until_left()

    async def _answer(self, scope: Scope, receive: Receive) -> list[Message]:
        """Has the tracker do what was asked, and keeps the answer back."""
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self._tracker.app(scope, receive, keep)
        return kept

    async def _cut(self, answer: list[Message], scope: Scope, send: Send) -> None:
        start, *rest = answer
        body = b"".join(message.get("body", b"") for message in rest)
        if body:
            headers = MutableHeaders(raw=list(start["headers"]))
            headers["content-length"] = str(len(body))
            await send({**start, "headers": headers.raw})
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        # An answer without a body (204) cannot be cut in its middle: it is not sent at all.
        scope["state"]["connection"].close()

    def _dated(self, send: Send) -> Send:
        """The Date header follows the tenant's clock; uvicorn's own is switched off."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": list(message["headers"])}
                MutableHeaders(raw=message["headers"])["date"] = format_datetime(self._clock.now(), usegmt=True)
            await send(message)

        return dated


class _Replay:
    """`receive` for the app behind: the body that was read, then whatever else comes (only a disconnect)."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def until_left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None if the caller left before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
