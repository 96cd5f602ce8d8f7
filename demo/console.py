# SPDX-License-Identifier: Apache-2.0
"""What the demo prints: one line for each thing that is true when it is printed; colours only on a terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = 100


class Console:
    """Lines to standard output."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty()

    def line(self, text: str = "") -> None:
        """One plain line."""
        print(text, flush=True)

    def stage(self, number: int, of: int, text: str) -> None:
        """One of the numbered stages."""
        self.line(f"  [{number}/{of}] {text}")

    @contextmanager
    def timed(self, number: int, of: int, text: str) -> Iterator[None]:
        """A stage that takes a while; its seconds stand at the end of its line once it is over."""
        start = f"  [{number}/{of}] {text} "
        print(start, end="" if self._colours else "\n", flush=True)
        began = time.monotonic()
        yield
        seconds = f"{time.monotonic() - began:.0f} s"
        dots = "." * max(5, WIDTH - len(start) - len(seconds) - 1)
        self.line(f"{dots} {seconds}" if self._colours else f"        ready after {seconds}")

    def told(self, text: str) -> None:
        """A line of the story, with the time of day."""
        self.line(f"     {time.strftime('%H:%M:%S')}  {text}")

    def outcome(self, text: str, good: bool, seconds: float) -> None:
        """What was seen, and whether that is what was expected."""
        word = self._painted("ok" if good else "NOT SEEN", "32" if good else "31")
        self.line(f"     {time.strftime('%H:%M:%S')}  {word}  {text}  ({seconds:.1f} s)")
        self.line()

    def failure(self, text: str) -> None:
        """Something that ends the demo."""
        self.line(self._painted(text, "31"))

    def _painted(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text
