# SPDX-License-Identifier: Apache-2.0
"""A server that answers what a test tells it to, for answers that no simulator gives."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Page:
    """A page for people, in an answer's place."""

    status: int


Answer = Callable[[dict[str, Any], str], Any]


@contextmanager
def answering(**answers: Answer | Any) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Serve answers by the last two parts of a path (`issue_bulkfetch`); note what was asked."""
    asked: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(sent or b"{}")
            name = "_".join(self.path.partition("?")[0].split("/")[-2:])
            asked.append((self.path, body))
            answer = answers[name]
            if isinstance(answer, Page):
                self.send_response(answer.status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Location", "/_signin")
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"<html>")
                return
            given = (
                b"" if answer is None else json.dumps(answer(body, self.path) if callable(answer) else answer).encode()
            )
            self.send_response(200 if given else 204)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(given)))
            self.end_headers()
            self.wfile.write(given)

        do_GET = do_PUT = do_DELETE = do_POST

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
