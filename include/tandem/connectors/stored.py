# SPDX-License-Identifier: Apache-2.0
"""Files that a connector stored a moment before: they are ours, and need not be asked for whether they may leave."""

from __future__ import annotations

from tandem.connectors.base import Outcome


class Stored:
    """The files that one connector stored, and that nobody has read back yet."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def noted(self, outcome: Outcome) -> Outcome:
        """Note the file that a write stored, if it did; give the outcome as it is."""
        if outcome.id is not None:
            self._ids.add(outcome.id)
        return outcome

    def take(self, file: str) -> bool:
        """Tell whether a file is one of these. It is so once."""
        known = file in self._ids
        self._ids.discard(file)
        return known
