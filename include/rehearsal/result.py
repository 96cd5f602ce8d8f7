# SPDX-License-Identifier: Apache-2.0
"""What came of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """One comparison of what was expected with what was seen."""

    line: int | None
    what: str
    expected: Any
    seen: Any
    passed: bool


@dataclass(frozen=True)
class Result:
    """A scenario that was played."""

    file: str
    about: str
    checks: Sequence[Check]
    seconds: float
    log: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    def data(self) -> Mapping[str, Any]:
        """As an object, for ``--json``."""
        checks = [
            {"line": one.line, "what": one.what, "expected": one.expected, "seen": one.seen, "passed": one.passed}
            for one in self.checks
        ]
        told = {"file": self.file, "about": self.about, "passed": self.passed, "seconds": round(self.seconds, 2)}
        return {**told, "checks": checks}

    def lines(self, *, verbose: bool = False) -> list[str]:
        """As people read it: what differs, with its line, what was expected and what was seen."""
        word = "as expected" if self.passed else "differs"
        lines = [f"{self.file}: {word} ({len(self.checks)} looks, {self.seconds:.1f} s)"]
        lines += [] if self.passed else [f"  {self.about}"]
        for one in self.checks:
            place = f"{self.file}:{one.line}" if one.line else self.file
            if one.passed:
                lines += [f"  ok  {place}  {one.what}: {_short(one.seen, 100)}"] if verbose else []
                continue
            lines += [f"  NOT {place}  {one.what}"]
            lines += [f"        expected  {_short(one.expected)}", f"        seen      {_short(one.seen)}"]
        return lines


def _short(value: Any, most: int = 600) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
