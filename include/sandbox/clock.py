# SPDX-License-Identifier: Apache-2.0
"""The sandbox's own time: real time plus an offset that the control interface moves."""

import time
from datetime import UTC, datetime


class Clock:
    """Time as a tenant sees it: its own offset on top of the whole sandbox's."""

    def __init__(self, parent: "Clock | None" = None) -> None:
        self._parent = parent
        self.offset = 0.0
        """Seconds that this clock is ahead of its parent's (without a parent: of real time)."""

    def timestamp(self) -> float:
        """Seconds since 1970, UTC."""
        return (self._parent.timestamp() if self._parent else time.time()) + self.offset

    def now(self) -> datetime:
        """The same as an aware UTC datetime."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def advance(self, seconds: float) -> None:
        """Moves this clock, backwards if `seconds` is negative."""
        self.offset += seconds

    def set(self, at: datetime) -> None:
        """Makes it `at` now; time goes on from there."""
        self.offset += at.timestamp() - self.timestamp()
