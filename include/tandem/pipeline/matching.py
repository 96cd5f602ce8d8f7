# SPDX-License-Identifier: Apache-2.0
"""Which comments and files of two tickets are the same thing twice: by text, author and count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Words:
    """A comment's text, or a file's name and size, with who made it and when."""

    id: str
    text: str  # its blanks made one
    author: str
    author_id: str
    company: str
    at: datetime
    mark: str | None = None
    private: bool = False


def matched(left: Sequence[Words], right: Sequence[Words]) -> list[tuple[Words, Words]]:
    """Pair what is the same, each once: the same text, or a copy whose heading names its author or company.

    Of equal ones the first is the first's twin: two people who say the same stay two.
    """
    found: list[tuple[Words, Words]] = []
    rest = list(right)
    for one in left:
        twin = next((other for other in rest if _same(one, other)), None)
        if twin is not None:
            rest.remove(twin)
            found.append((one, twin))
    return found


def _same(one: Words, other: Words) -> bool:
    if not one.text or not other.text:
        return False
    return one.text == other.text or _copies(one, other) or _copies(other, one)


def _copies(source: Words, copy: Words) -> bool:
    """A copy of ours holds the source's text under a heading."""
    if not copy.text.endswith(source.text):
        return False
    heading = copy.text[: -len(source.text)]
    return any(name and name in heading for name in (source.author, source.company))
