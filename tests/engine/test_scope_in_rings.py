# SPDX-License-Identifier: Apache-2.0
"""A link that is made by presence while one of its copies is out of scope: that side begins when it is in scope."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from engine.ring_house import PRIORITIES, Ring
from engine.test_ties import MOST, RING, SQUARE, STORMS, edit, one, shown, toggle


def test_a_copy_that_comes_into_scope_later_is_no_news(tmp_path: Path) -> None:
    ring = made_out_of_sight(tmp_path)
    ring.set("acme", ring.only("acme"), "title", "changed by Anna")
    ring.move("acme", ring.only("acme"), "solved")
    toggle(ring, "globex", "customer")
    before = len(ring.trackers["acme"].feed)
    ring.run("acme__globex")
    assert len(ring.trackers["acme"].feed) == before, "nothing is written to the side that people changed"
    ring.quiet()
    assert (ring.get("acme", "title"), ring.get("acme", "status")) == ("changed by Anna", "solved")
    assert ring.get("globex", "title") == ring.get("initech", "title") == "changed by Anna"


def made_out_of_sight(root: Path) -> Ring:
    """A ring whose pair of Acme and Globex joined its copies while the one at Globex was out of its scope."""
    ring = Ring(root, RING)
    ring.round()
    ring.open("initech")
    ring.run("globex__initech")
    ring.run("acme__initech")
    toggle(ring, "globex", "customer")
    ring.run("acme__globex")
    ring.run("acme__globex")
    return ring


def test_what_is_done_in_scope_before_the_next_run_goes_on(tmp_path: Path) -> None:
    ring = made_out_of_sight(tmp_path)
    ring.set("acme", ring.only("acme"), "priority", PRIORITIES["acme"][0])
    toggle(ring, "acme", "checkout")
    toggle(ring, "globex", "customer")
    ring.clock.advance(10)
    toggle(ring, "globex", "kiosk")
    ring.set("globex", ring.only("globex"), "title", "changed by Elaine")
    ring.run("acme__globex")
    ring.run("acme__globex")
    labels = shown(ring, "labels")
    assert labels["acme"] == labels["globex"] == ["checkout", "kiosk"]
    assert ring.get("acme", "title") == "changed by Elaine"
    assert shown(ring, "priority")["globex"] == shown(ring, "priority")["acme"]
    ring.quiet()
    assert one(ring, "labels") == ["checkout", "kiosk"]
    assert one(ring, "title") == "changed by Elaine"


@pytest.mark.parametrize("past", ["all", "none"])
def test_what_was_said_before_first_contact_is_the_past(tmp_path: Path, past: str) -> None:
    """It was never in the scope of the pair that joined it unseen, so it never left it either."""
    ring = Ring(tmp_path, RING, pair={"past": past})
    ring.round()
    ring.open("initech")
    ring.run("globex__initech")
    ring.run("acme__initech")
    toggle(ring, "globex", "customer")
    ring.say("globex", ring.only("globex"), "said early")
    ring.run("acme__globex")
    ring.run("acme__globex")
    toggle(ring, "globex", "customer")
    ring.clock.advance(10)
    ring.run("acme__globex")
    ring.say("globex", ring.only("globex"), "said late")
    ring.run("acme__globex")
    said = "".join(ring.texts("acme"))
    assert ("said early" in said) is (past == "all")
    assert "said late" in said


def scoped(ring: Ring, chance: Random) -> None:
    """Somebody edits a field, takes a ticket out of scope, or puts it in again."""
    if chance.random() < 0.3:
        toggle(ring, chance.choice(ring.names), "customer")
        ring.clock.advance(chance.choice([1, 3, 10]))
    else:
        edit(ring, chance)
        ring.clock.advance(chance.choice([3, 10]))


@pytest.mark.parametrize("joins", [RING, SQUARE], ids=["ring", "square"])
@pytest.mark.parametrize("seed", range(STORMS))
def test_a_storm_in_and_out_of_scope_ends_alike(tmp_path: Path, joins: Sequence[tuple[str, str]], seed: int) -> None:
    chance = Random(seed)
    ring = Ring(tmp_path, joins)
    chance.shuffle(ring.pairs)
    ring.round()
    ring.open(chance.choice(["acme", "globex"]))
    for _ in range(chance.randint(2, 4)):
        for pair in chance.sample(ring.pairs, len(ring.pairs)):
            ring.run(pair, wait=chance.choice([1, 3, 121]))
            if all(ring.tickets(name) for name in ring.names):
                scoped(ring, chance)
    for name in ring.names:
        if ring.tickets(name) and "customer" not in str(ring.get(name, "labels")):
            toggle(ring, name, "customer")
    ring.quiet(most=MOST)
    for hub in ("title", "priority", "labels"):
        one(ring, hub)
