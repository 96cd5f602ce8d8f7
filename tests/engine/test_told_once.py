# SPDX-License-Identifier: Apache-2.0
"""In a ring a desk, whose descriptions are for good, is told of a change once, also where pairs read no event of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from engine.ring_house import Ring

JOINS = (("acme", "globex"), ("globex", "initech"), ("acme", "initech"))
PAIRS = [f"{left}__{right}" for left, right in JOINS]
ORDERS = list(permutations(PAIRS))
PARTNERS = {"globex": {"scope": [{"field": "project", "is": "SHOP"}, {"field": "labels", "contains": "partner"}]}}


def told(ring: Ring, name: str, text: str) -> int:
    return sum(text in said for said in ring.texts(name))


@pytest.mark.parametrize("opener", ["acme", "globex", "initech"])
@pytest.mark.parametrize("order", ORDERS)
def test_of_a_change_that_no_history_tells(tmp_path: Path, order: tuple[str, ...], opener: str) -> None:
    """Its cause is the number of the text: the same words may come again, and are told again."""
    ring = Ring(tmp_path, JOINS, pair={"conflicts": {"default": "right", "priority": "right"}})
    kind = ring.trackers["globex"].kind
    blind = replace(kind.capabilities, history=False)
    ring.trackers["globex"].kind = replace(kind, capabilities=blind, answers=True)
    ring.round()
    ring.open(opener)
    ring.quiet()
    for words, times in (("one", 1), ("two", 1), ("one", 2)):
        ring.set("globex", ring.only("globex"), "description", words)
        ring.quiet(order)
        assert told(ring, "acme", words) == times
        assert str(ring.get("initech", "description")).endswith(words)
    assert not ring.texts("globex"), "where it was changed nobody is told of it"
    ring.set("initech", ring.only("initech"), "description", "three")
    ring.quiet(order)
    ring.set("globex", ring.only("globex"), "description", "one")  # over ours: another change, in words that were told
    ring.quiet(order)
    assert (told(ring, "acme", "three"), told(ring, "acme", "one")) == (1, 3)


@pytest.mark.parametrize("order", ORDERS)
def test_of_a_change_that_was_made_out_of_one_pairs_scope(tmp_path: Path, order: tuple[str, ...]) -> None:
    ring = Ring(tmp_path, JOINS)

    def turn(narrow: bool) -> None:
        """One round; the first pair's offer may ask for one label more."""
        for pair in order:
            ring.write(JOINS, PARTNERS if narrow and pair == PAIRS[0] else {}, {})
            ring.run(pair)

    turn(narrow=False)
    ring.open("acme")
    for _ in range(3):
        turn(narrow=False)
    ring.run(PAIRS[0])
    ring.write(JOINS, PARTNERS, {})
    ring.run(PAIRS[0])
    ring.set("globex", ring.only("globex"), "description", "made outside")
    ring.run(PAIRS[0])
    for _ in range(4):
        turn(narrow=False)
    assert told(ring, "acme", "made outside") == 1
    assert not told(ring, "globex", "made outside")
    assert str(ring.get("initech", "description")).endswith("made outside")
