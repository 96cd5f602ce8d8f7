# SPDX-License-Identifier: Apache-2.0
"""Which requests this process has sent and which are under way: for a run's counts, and for who asks why it hangs."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime


class Traffic:
    """Of all connections of this process. Holds methods, paths and times; never a query, a body or a header."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: Counter[str] = Counter()
        self._open: dict[object, tuple[float, str]] = {}

    @contextmanager
    def request(self, tenant: str, call: str) -> Iterator[None]:
        """Count a request, and know of it until it is answered."""
        token = object()
        with self._lock:
            self._sent[tenant] += 1
            self._open[token] = (time.time(), f"{call} at {tenant}")
        try:
            yield
        finally:
            with self._lock:
                del self._open[token]

    def sent(self) -> Mapping[str, int]:
        """How many requests went to each tenant."""
        with self._lock:
            return dict(self._sent)

    def under_way(self) -> str:
        """Name the request that has waited longest for its answer, and since when; empty if none waits."""
        with self._lock:
            since, call = min(self._open.values(), default=(0.0, ""))
        return f"{call}, sent {datetime.fromtimestamp(since, UTC):%H:%M:%S} UTC" if call else ""


TRAFFIC = Traffic()
