# SPDX-License-Identifier: Apache-2.0
"""Many requests of one person at once: what a test needs a thousand times is said in one call of the control interface.

They go through the vendor's own API, with the person's log-in; neither noted nor struck by a fault.
"""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from starlette.types import ASGIApp, Message, Scope

from sandbox.world import Person


class Asked(BaseModel):
    """One request; `path` with its query, `body` its JSON, of the type that is named."""

    model_config = ConfigDict(extra="forbid")

    method: str
    path: str
    body: Any = None
    type: str = "application/json"


class Answered(BaseModel):
    """What came back."""

    status: int
    body: Any = None


async def ask(app: ASGIApp, person: Person, asked: Asked) -> Answered:
    """Have a tracker answer one request."""
    url, sent = urlsplit(asked.path), b"" if asked.body is None else json.dumps(asked.body).encode()
    word = b64encode(f"{person.email}:{person.password}".encode())
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [(b"authorization", b"Basic " + word), (b"content-type", asked.type.encode())],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    status, received = 0, bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        received.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Answered(status=status, body=json.loads(received) if received else None)
