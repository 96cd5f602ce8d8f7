# SPDX-License-Identifier: Apache-2.0
"""Marks in a custom field, for trackers that let nothing be said beside a write: the field's history tells who wrote.

The field holds the mark that the ticket was made with, and that of our last write to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

NO_ORIGIN = "-"  # in the marker of a ticket that we did not make
EDIT = "edit:"  # before the comment and the mark of an edit
TIMES = "~"  # before what tells one write under a mark from the next


@dataclass(frozen=True, slots=True)
class Marker:
    """What our field on a ticket says: the mark that the ticket was made with, and that of our last write to it.

    ``comment`` is the one that an edit of ours replaced. The parts of a long comment and the steps of a walk have one
    mark: written anew each time, it is a change each time, and so in the history of each.
    """

    origin: str | None = None
    write: str | None = None
    comment: str | None = None

    def __str__(self) -> str:
        edit = f"{EDIT}{self.comment}:" if self.comment else ""
        if not self.write:
            return str(self.origin)
        return f"{self.origin or NO_ORIGIN} {edit}{self.write}{TIMES}{token_hex(4)}"


def marker(value: Any) -> Marker:
    """Read our field's value; whatever is none of ours says nothing."""
    words = str(value or "").split(" ")
    origin = None if words[0] in ("", NO_ORIGIN) else words[0]
    if len(words) != 2:
        return Marker(origin) if len(words) == 1 else Marker()
    said = words[1].partition(TIMES)[0]
    comment, edited, write = said.removeprefix(EDIT).partition(":")
    if said.startswith(EDIT) and edited and comment.isdigit():
        return Marker(origin, write, comment)
    return Marker(origin, said)
