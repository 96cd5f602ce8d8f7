# SPDX-License-Identifier: Apache-2.0
"""Progress on a terminal: a bar a phase once it takes over two seconds. All of it on stderr."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from rich.progress import TimeRemainingColumn as Remaining
from rich.text import Text

SHOW_AFTER = 2.0


class Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


class Bars:
    """Takes the engine's calls (phase, done, total; total 0: not known) and shows them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._phase: TaskID | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, phase: str, done: int, total: int) -> None:
        progress, first = self._progress, self._phase
        if progress is None or first is None:
            return
        if phase not in self._tasks:
            # the phase's own line, which only turns until numbers come, becomes the first of them
            taken = first in self._tasks.values()
            self._tasks[phase] = progress.add_task(phase, total=None) if taken else first
        progress.update(self._tasks[phase], description=phase, completed=done, total=total or None)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Show one phase while it lasts; without a terminal, say when it took long."""
        began = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            Elapsed(),
            Remaining(),
            console=self._console,
            transient=True,
        )
        self._phase, self._tasks = self._progress.add_task(name, total=None), {}
        timer = threading.Timer(SHOW_AFTER, self._progress.start)
        timer.daemon = True
        if self._console.is_terminal:
            timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if timer.is_alive():
                timer.join()  # it may just be at work
            if self._progress.live.is_started:  # stopping what was never shown would print an empty line
                self._progress.stop()
            self._progress = None
        took = time.monotonic() - began
        if took > SHOW_AFTER:
            self._console.print(f"{name:<10} {took:.1f} s", highlight=False)
