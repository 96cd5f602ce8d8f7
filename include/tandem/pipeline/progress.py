# SPDX-License-Identifier: Apache-2.0
"""How far a long phase is, for who reads a log: what is done of how much, how fast, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tandem.pipeline.environment import log

EVERY = 30.0  # seconds between two lines of one phase


@dataclass
class Logged:
    """Takes the engine's calls (phase, done, total; total 0: not known) and logs a line now and then."""

    clock: Callable[[], float] = time.monotonic
    _began: dict[str, tuple[float, int]] = field(
        default_factory=dict
    )  # phase → when it was first heard of, and how far
    _told: dict[str, float] = field(default_factory=dict)

    def __call__(self, phase: str, done: int, total: int) -> None:
        now = self.clock()
        since, first = self._began.setdefault(phase, (now, done))
        if done < first:  # a new task in the same process
            since, first = self._began[phase] = (now, done)
        if now - self._told.setdefault(phase, since) < EVERY:
            return
        self._told[phase] = now
        log.info("%s", line(phase, done, total, done - first, now - since))


def line(phase: str, done: int, total: int, lately: int, seconds: float) -> str:
    """Say how far a phase is. ``lately`` were done in the ``seconds`` that are known of."""
    rate = lately / seconds if seconds > 0 else 0.0
    text = f"{phase}: {done}{f' of {total}' if total else ''}, {rate:.1f} a second"
    if total > done and rate > 0:
        text += f", about {_duration((total - done) / rate)} left"
    return text


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
