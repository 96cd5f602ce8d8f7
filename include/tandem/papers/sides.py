# SPDX-License-Identifier: Apache-2.0
"""What papers call the two sides of a pair, so that nobody takes one for the other: a pair may join a company's own."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.config.models import Pair
from tandem.config.start import title_of


def called(pair: Pair) -> tuple[str, str]:
    """Name both sides: by company and tracker; by offer too where these are the same."""
    left, right = (f"{side.company}, {title_of(side.system)}" for side in (pair.left, pair.right))
    if left == right:
        return f"{left} ({pair.left.name})", f"{right} ({pair.right.name})"
    return left, right


def in_short(pair: Pair) -> tuple[str, str]:
    """Name both sides by their company alone, as far as that tells them apart."""
    return (pair.left.company, pair.right.company) if pair.left.company != pair.right.company else called(pair)


def trackers(pairs: Sequence[Pair]) -> dict[str, str]:
    """Name the trackers of all pairs, by connection; of two of one kind in a company the connection is told."""
    sides = {side.connection: side for pair in pairs for side in (pair.left, pair.right)}
    plain = {name: f"{side.company}, {title_of(side.system)}" for name, side in sides.items()}
    every = list(plain.values())
    return {name: told if every.count(told) == 1 else f"{told} ({name})" for name, told in plain.items()}
