# SPDX-License-Identifier: Apache-2.0
"""An edit of a comment in chains and rings of pairs: news once at each corner, whatever the way and the order.

Where a tracker can edit, the copy reads as its origin does; where it cannot, one new comment tells of each edit that
was seen. A normal run of the tests takes one order for each corner; ``TANDEM_EXAMPLES=all`` takes each.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from engine.laws import FINAL
from engine.ring_house import COMPANIES, Ring
from engine.test_rings import interleaved

ALL = os.environ.get("TANDEM_EXAMPLES") == "all"
Joins = Sequence[tuple[str, str]]
# The desks (acme, umbra) take no edits; globex, initech and hooli do.
SHAPES: dict[str, Joins] = {
    "ring of three": [("acme", "globex"), ("globex", "initech"), ("acme", "initech")],
    "ring of three, two desks": [("acme", "globex"), ("umbra", "globex"), ("acme", "umbra")],
    "ring of four": [("acme", "globex"), ("globex", "umbra"), ("umbra", "hooli"), ("acme", "hooli")],
    "ring of four, one desk": [("acme", "globex"), ("globex", "initech"), ("initech", "hooli"), ("acme", "hooli")],
    "chain of four": [("acme", "globex"), ("globex", "umbra"), ("umbra", "hooli")],
    "chain of four, desks apart": [("globex", "acme"), ("acme", "umbra"), ("umbra", "hooli")],
}


def _cases() -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Each shape, each corner of it, and orders of its pairs."""
    for shape, joins in SHAPES.items():
        orders = list(permutations(range(len(joins))))
        names = [name for name in COMPANIES if any(name in join for join in joins)]
        for number, name in enumerate(names):
            for order in orders if ALL else [orders[(number * 5 + 2) % len(orders)]]:
                yield shape, name, order


def _name(case: tuple[str, str, tuple[int, ...]]) -> str:
    return f"{case[0]}, {case[1]}, {''.join(map(str, case[2]))}".replace(" ", "-")


CASES = list(_cases())
SOME = [case for case in CASES if ALL or case[0] in ("ring of four", "chain of four, desks apart")]
every_corner = pytest.mark.parametrize("told", CASES, ids=_name, indirect=True)
PRIVATE = [case for case in SOME if COMPANIES[case[1]][0] == "desk"]
private_corners = pytest.mark.parametrize("told", PRIVATE, ids=_name, indirect=True)
some_corners = pytest.mark.parametrize("told", SOME, ids=_name, indirect=True)


@pytest.fixture
def told(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Ring, str]:
    """A ticket of a company's that stands everywhere, and at which corner somebody is to comment."""
    shape, name, order = request.param
    return at_rest(Ring(tmp_path, SHAPES[shape]), order), name


def at_rest(ring: Ring, order: Sequence[int]) -> Ring:
    ring.pairs = [ring.pairs[place] for place in order]
    ring.round()
    ring.open(ring.names[0])
    ring.quiet()
    return ring


def said(ring: Ring, name: str, word: str) -> list[list[str]]:
    """For each comment at a corner that is about a word, which versions of it are in it: ``word-1``, ``word-2``, …"""
    found = []
    for text in ring.texts(name):
        there = [part.strip("<>/p.") for part in text.replace("<", " <").split() if f"{word}-" in part]
        if there:
            found.append([one[one.index(word) :].split("<")[0] for one in there])
    return found


def rests(ring: Ring) -> None:
    """Nothing is on its way, and nothing is planned."""
    ring.quiet(most=12)
    before = ring.changes()
    assert [ring.run(pair)["diff"]["actions"] for pair in ring.pairs] == [0] * len(ring.pairs)
    assert ring.changes() == before
    assert {row["state"] for pair in ring.pairs for row in ring.events(pair)} <= FINAL


def check(ring: Ring, origin: str, word: str, seen: Sequence[int]) -> None:
    """In its place where that can be; else first as it was said, and then each edit that was seen."""
    for name in ring.names:
        shown = said(ring, name, word)
        if name == origin or COMPANIES[name][0] == "jira":
            assert shown == [[f"{word}-{seen[-1]}"]], (name, ring.texts(name))
        else:
            assert shown == [[f"{word}-{number}"] for number in seen], (name, ring.texts(name))
            told = [text for text in ring.texts(name) if word in text]
            assert ["Edited: " in text for text in told] == [False, *[True] * (len(seen) - 1)]
            assert all(text.count("Edited") <= 1 and text.count("wrote:") == 1 for text in told)


@every_corner
def test_each_edit_is_told_once_everywhere(told: tuple[Ring, str]) -> None:
    ring, name = told
    comment = ring.say(name, ring.only(name), "word-1")
    rests(ring)
    check(ring, name, "word", [1])
    for number in (2, 3):
        ring.edit(name, comment, f"word-{number}")
        rests(ring)
        check(ring, name, "word", range(1, number + 1))
    ring.edit(name, comment, "word-1")  # as it was first said
    rests(ring)
    check(ring, name, "word", [1, 2, 3, 1])
    ring.edit(name, comment, "word-1")  # its stamp moves, and not its text
    rests(ring)
    check(ring, name, "word", [1, 2, 3, 1])


@some_corners
def test_of_edits_between_two_runs_the_last_is_told_once(told: tuple[Ring, str]) -> None:
    ring, name = told
    comment = ring.say(name, ring.only(name), "word-1")
    rests(ring)
    for number in (2, 3):
        ring.edit(name, comment, f"word-{number}")
    rests(ring)
    check(ring, name, "word", [1, 3])
    for number in (4, 3):  # and back
        ring.edit(name, comment, f"word-{number}")
    rests(ring)
    check(ring, name, "word", [1, 3])


@some_corners
@pytest.mark.parametrize("late", [0, 1, 2, 3] if ALL else [0, 2])
def test_an_edit_before_a_pair_has_carried_the_comment_is_told_once(told: tuple[Ring, str], late: int) -> None:
    ring, name = told
    late %= len(ring.pairs)
    others = [pair for place, pair in enumerate(ring.pairs) if place != late]
    comment = ring.say(name, ring.only(name), "word-1")
    ring.round(others)
    ring.edit(name, comment, "word-2")
    ring.quiet(others)
    rests(ring)
    for there in ring.names:
        shown = said(ring, there, "word")
        if there == name or COMPANIES[there][0] == "jira":
            assert shown == [["word-2"]], (there, ring.texts(there))
        else:
            assert shown in ([["word-2"]], [["word-1"], ["word-2"]]), (there, ring.texts(there))


@some_corners
def test_an_edit_of_a_comment_with_a_file_sends_no_file_again(told: tuple[Ring, str]) -> None:
    ring, name = told
    comment = ring.say(name, ring.only(name), "word-1", files=["plan.txt"])
    rests(ring)
    ring.edit(name, comment, "word-2")
    rests(ring)
    check(ring, name, "word", [1, 2])
    for there in ring.names:
        assert [one.name for one in ring.trackers[there].tickets[ring.only(there)].files] == ["plan.txt"], there


@private_corners
def test_an_edit_of_a_private_comment_leaves_nowhere(told: tuple[Ring, str]) -> None:
    ring, name = told
    comment = ring.say(name, ring.only(name), "secret-1", private=True)
    rests(ring)
    ring.edit(name, comment, "secret-2")
    rests(ring)
    for there in ring.names:
        assert (said(ring, there, "secret") == []) is (there != name), there


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(40 if ALL else 2))
def test_edits_are_told_in_order_whatever_runs_at_the_same_time(tmp_path: Path, shape: str, seed: int) -> None:
    """An older text is never told after a newer one, nor one twice; in the end all show the newest."""
    chance = random.Random(f"{shape} {seed}")
    joins = SHAPES[shape]
    ring = at_rest(Ring(tmp_path, joins), chance.sample(range(len(joins)), len(joins)))
    comments: dict[str, tuple[str, int]] = {}
    for name in ring.names:
        comments[name] = (ring.say(name, ring.only(name), f"{name}-1"), 1)
        interleaved(ring, *chance.sample(ring.pairs, chance.randrange(0, len(ring.pairs))))
    for _ in range(8):
        for name in chance.sample(ring.names, chance.randrange(0, 3)):
            comment, number = comments[name]
            number += chance.randrange(2)  # else it is only touched
            ring.edit(name, comment, f"{name}-{number}")
            comments[name] = (comment, number)
        interleaved(ring, *chance.sample(ring.pairs, chance.randrange(1, len(ring.pairs) + 1)))
    rests(ring)
    for origin, (_, number) in comments.items():
        for name in ring.names:
            shown = [int(one.split("-")[1]) for [one] in said(ring, name, origin)]
            if name == origin or COMPANIES[name][0] == "jira":
                assert shown == [number], (origin, name, ring.texts(name))
            else:
                assert shown == sorted(set(shown)) and shown[-1] == number, (origin, name, ring.texts(name))


@pytest.mark.parametrize("edited", [False, True], ids=["as it was first", "edited by its author"])
def test_what_people_made_of_a_copy_goes_no_further(tmp_path: Path, edited: bool) -> None:
    """Elaine rewrites Anna's words at her own tracker before the next pair has read them: Anna's go on."""
    ring = at_rest(Ring(tmp_path, [("acme", "globex"), ("globex", "initech")]), (0, 1))
    first = ring.say("acme", ring.only("acme"), "Anna's own word-1")
    ring.run("acme__globex")
    copy = ring.trackers["globex"].tickets[ring.only("globex")].comments[-1]
    assert "word-1" in str(copy.body)
    ring.clock.advance(5)
    ring.edit("globex", copy.id, "rewritten by Elaine")
    if edited:
        ring.clock.advance(5)
        ring.trackers["acme"].edit_comment(ring.only("acme"), first, "<p>Anna's own word-2</p>")
    ring.quiet(["globex__initech", "acme__globex"])
    [text] = [text for text in ring.texts("initech") if "word" in text or "rewritten" in text][:1]
    assert "Anna's own word-1" in text
    assert not any("rewritten" in text for text in ring.texts("initech"))
    assert "rewritten by Elaine" in ring.texts("globex")


def test_of_a_copy_that_was_edited_and_that_people_changed_then_the_edit_goes_on(tmp_path: Path) -> None:
    """What we wrote there last, not first."""
    ring = at_rest(Ring(tmp_path, [("acme", "globex"), ("globex", "initech")]), (0, 1))
    first = ring.say("acme", ring.only("acme"), "Anna's own word-1")
    ring.run("acme__globex")
    copy = ring.trackers["globex"].tickets[ring.only("globex")].comments[-1].id
    for number in (2, 3):
        ring.clock.advance(5)
        ring.trackers["acme"].edit_comment(ring.only("acme"), first, f"<p>Anna's own word-{number}</p>")
        ring.run("acme__globex")
    assert any("word-3" in text for text in ring.texts("globex"))
    ring.clock.advance(5)
    ring.edit("globex", copy, "rewritten by Elaine")
    ring.quiet(["globex__initech", "acme__globex"])
    [text] = [text for text in ring.texts("initech") if "word" in text or "rewritten" in text]
    assert "Anna's own word-3" in text and text.count("wrote:") == 1
