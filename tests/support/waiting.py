# SPDX-License-Identifier: Apache-2.0
"""Waits for what another process, or the clock, brings about."""

import time
from collections.abc import Callable

OFTEN = 0.02  # seconds between two looks


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Look again and again until it holds; fail if it does not in time. What ``condition`` raises ends the waiting."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(OFTEN)


def wait_for_second(more: float = 0.0) -> None:
    """Let the present second of the clock pass, and ``more`` seconds behind it."""
    end = int(time.time()) + 1 + more
    wait_until(lambda: time.time() >= end, "the second to end")
