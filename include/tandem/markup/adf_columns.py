# SPDX-License-Identifier: Apache-2.0
"""Which blocks of a new text stand in which of Jira's columns: elsewhere these are read one below another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tandem.core.doc import Node, doc
from tandem.core.plain import to_plain
from tandem.markup.keep import matched


def owners(groups: Sequence[Sequence[Node]], blocks: Sequence[Node]) -> list[int | None]:
    """Tell for each new block which group of present ones it is of; none for one that is new."""
    old = [(to_plain(doc(block)), number) for number, group in enumerate(groups) for block in group]
    found = matched([said for said, _ in old], [to_plain(doc(block)) for block in blocks])
    return [old[place][1] if place is not None else None for _, place in found]


def parted(owned: Sequence[int | None], groups: int) -> list[slice]:
    """Part new blocks among groups that stand one behind another; a new one stands with those before it."""

    def begin(number: int) -> int:
        return next((at for at, owner in enumerate(owned) if owner is not None and owner >= number), len(owned))

    begins = [begin(number) for number in range(1, groups)]
    return [slice(*ends) for ends in pairwise([0, *begins, len(owned)])]
