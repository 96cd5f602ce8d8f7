# SPDX-License-Identifier: Apache-2.0
"""A wire to a real tracker that can be cut: requests arrive and their answers do not, or something happens on the way.

Real trackers have no switch for faults, so what lies between them and us has.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade"})


@dataclass
class Event:
    """What happens to the next request of a method whose path fits: before and after it is passed on, to its answer."""

    method: str
    path: re.Pattern[str]
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None
    loses_answer: bool = False
    which: int = 1  # which of those that fit
    came: int = 0


@dataclass
class Wire:
    """Passes requests on to a tracker. ``seen`` holds what went over it, as method and path."""

    port: int
    url: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def loses_answer(self, method: str, path: str, which: int = 1) -> Iterator[None]:
        """Lets the next such requests through, and loses the answer of one of them."""
        with self._awaiting(Event(method, re.compile(path), loses_answer=True, which=which)):
            yield

    @contextmanager
    def interrupted(self, method: str, path: str, act: Callable[[], None], which: int = 1) -> Iterator[None]:
        """Does something before one of the next such requests arrives."""
        with self._awaiting(Event(method, re.compile(path), act, which=which)):
            yield

    @contextmanager
    def cut_off(self, method: str, path: str, act: Callable[[], None], which: int = 1) -> Iterator[None]:
        """Lets the next such requests through, does something behind one of them, and loses its answer."""
        with self._awaiting(Event(method, re.compile(path), after=act, loses_answer=True, which=which)):
            yield

    @contextmanager
    def _awaiting(self, event: Event) -> Iterator[None]:
        self.events.append(event)
        try:
            yield
            assert event.came == event.which, f"{event.came} {event.method} {event.path.pattern} came by"
        finally:
            if event in self.events:
                self.events.remove(event)

    def event(self, method: str, path: str) -> Event | None:
        """The event that waits for such a request; it happens once."""
        with self._lock:
            self.seen.append((method, path))
            found = next((one for one in self.events if one.method == method and one.path.search(path)), None)
            if found is None:
                return None
            found.came += 1
            if found.came < found.which:
                return None
            self.events.remove(found)
            return found


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """Lay a wire to a port of the loopback."""
    wire = Wire(port)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            event = wire.event(self.command, self.path.partition("?")[0])
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if event is not None and event.before is not None:
                event.before()
            sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            there = HTTPConnection("127.0.0.1", wire.port, timeout=60)
            try:
                there.request(self.command, self.path, body, sent)
                answer = there.getresponse()
                content = answer.read()
            except OSError:  # the tracker is down: so are we
                self.close_connection = True
                return
            finally:
                there.close()
            if event is not None and event.after is not None:
                event.after()
            if event is not None and event.loses_answer:
                self.close_connection = True
                return
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    wire.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
