# SPDX-License-Identifier: Apache-2.0
"""Round a ring of pairs one field has one rule (engine §4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.ring_house import Ring
from tandem.config.check_rings import check_rings
from tandem.config.load import load_all
from tandem.config.models import Pair

RING = [("acme", "globex"), ("globex", "initech"), ("acme", "initech")]


def rules(root: Path, joins: list[tuple[str, str]], *each: str) -> list[str]:
    """What is said of the rings that these pairs form, each with its rule for titles."""
    every: list[Pair] = []
    for place, (join, rule) in enumerate(zip(joins, each, strict=True)):
        folder = root / str(place)
        folder.mkdir()
        conflicts: dict[str, Any] = {"default": "newest", "priority": "hold", "title": rule}
        Ring(folder, [join], pair={"conflicts": conflicts})
        every += [pair for pair in load_all(folder) if isinstance(pair, Pair)]
    return [problem.what for problem in check_rings(every)]


def test_unequal_rules_round_a_ring_are_named(tmp_path: Path) -> None:
    [said] = rules(tmp_path, RING, "newest", "newest", "hold")
    assert "`title`" in said and "acme__initech: hold" in said and "globex__initech: newest" in said


@pytest.mark.parametrize("each", [("newest",) * 3, ("hold",) * 3, ("left", "left", "left"), ("right", "left", "left")])
def test_equal_rules_and_one_order_of_winners_are_no_problem(tmp_path: Path, each: tuple[str, ...]) -> None:
    assert rules(tmp_path, RING, *each) == []


def test_winners_that_go_round_are_named(tmp_path: Path) -> None:
    assert len(rules(tmp_path, RING, "left", "left", "right")) == 1


def test_a_chain_may_have_a_rule_for_each_pair(tmp_path: Path) -> None:
    assert rules(tmp_path, RING[:2], "left", "hold") == []
