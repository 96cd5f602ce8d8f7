# SPDX-License-Identifier: Apache-2.0
"""What a copy says, by whatever way: edits of copies, texts in parts, what was taken back, states of older versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count, permutations
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.memory_house import KilledError
from engine.ring_house import COMPANIES, Ring
from engine.test_edits_in_rings import SHAPES, at_rest, check, rests, said
from tandem.state import tables

THREE = SHAPES["ring of three"]
ORDERS = list(permutations(range(3)))


@pytest.fixture(params=ORDERS, ids=lambda order: "".join(map(str, order)))
def ring(tmp_path: Path, request: pytest.FixtureRequest) -> Ring:
    return at_rest(Ring(tmp_path, THREE), request.param)


def copy_at(ring: Ring, name: str, word: str) -> str:
    """The id of the one comment at a corner that holds a word."""
    [found] = [one.id for one in ring.trackers[name].tickets[ring.only(name)].comments if word in str(one.body)]
    return found


def test_what_people_make_of_a_copy_is_theirs_and_goes_no_further(tmp_path: Path) -> None:
    ring = at_rest(Ring(tmp_path, [("acme", "globex"), ("globex", "initech")]), (0, 1))
    ring.say("acme", ring.only("acme"), "word-1")
    rests(ring)
    ring.edit("globex", copy_at(ring, "globex", "word-1"), "word-9")
    rests(ring)
    assert [said(ring, name, "word") for name in ring.names] == [[["word-1"]], [["word-9"]], [["word-1"]]]


def test_a_copy_that_people_changed_keeps_no_edit_from_the_others(ring: Ring) -> None:
    """Round a ring each other copy has the edit by one way or the other, and theirs stays."""
    comment = ring.say("acme", ring.only("acme"), "word-1")
    rests(ring)
    ring.edit("globex", copy_at(ring, "globex", "word-1"), "word-9")
    rests(ring)
    ring.edit("acme", comment, "word-2")
    rests(ring)
    assert [said(ring, name, "word") for name in ring.names] == [[["word-2"]], [["word-9"]], [["word-2"]]]


@pytest.mark.parametrize("act", ["black out", "hide"])
def test_what_was_taken_back_is_not_brought_again_by_a_copy_that_still_shows_it(ring: Ring, act: str) -> None:
    """An edit was carried before; then the pair that comes first takes back, and the others have still the old text."""
    comment = ring.say("acme", ring.only("acme"), "word-1")
    rests(ring)
    ring.edit("acme", comment, "word-2 and no more")
    rests(ring)
    tracker, ticket = ring.trackers["acme"], ring.only("acme")
    if act == "hide":
        tracker.make_private(ticket, comment)
    else:
        tracker.redact(ticket, comment, "word-2")
    first = ring.pairs[0]
    ring.run(first)
    taken = [name for name in ring.names if name != "acme" and not said(ring, name, "word-2")]
    for pair in ring.pairs[1:] * 2:
        ring.run(pair)
        assert all(not said(ring, name, "word-2") for name in taken), pair
    rests(ring)
    assert all(not said(ring, name, "word-2") for name in ring.names if name != "acme")


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=lambda order: "".join(map(str, order)))
def test_an_edit_that_is_told_in_parts_is_one_edit_beyond(tmp_path: Path, order: Sequence[int]) -> None:
    """The desk in the midst takes short comments and no edits; the far end takes long ones, and edits."""
    ring = Ring(tmp_path, [("globex", "acme"), ("acme", "initech"), ("initech", "hooli")])
    desk = ring.trackers["acme"]
    desk.kind = replace(desk.kind, capabilities=replace(desk.kind.capabilities, max_comment=120))
    at_rest(ring, order)
    comment = ring.say("globex", ring.only("globex"), "word-1")
    rests(ring)
    long = " ".join(["word-2", *(f"more{number}" for number in range(30))])
    ring.edit("globex", comment, long)
    rests(ring)
    assert len([text for text in ring.texts("acme") if "more" in text or "word" in text]) > 2
    for name in ("initech", "hooli"):
        [text] = [text for text in ring.texts(name) if "word" in text or "more" in text]
        assert text.split() == ["Elaine", "(Globex)", "wrote:", *long.split()]


@pytest.mark.parametrize("part", [1, 2, 3])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_an_edit_whose_run_dies_between_its_parts_is_told_whole(tmp_path: Path, phase: str, part: int) -> None:
    ring = Ring(tmp_path, [("globex", "acme"), ("acme", "initech")])
    desk = ring.trackers["acme"]
    desk.kind = replace(desk.kind, capabilities=replace(desk.kind.capabilities, max_comment=120))
    at_rest(ring, (0, 1))
    comment = ring.say("globex", ring.only("globex"), "word-1")
    rests(ring)
    long = " ".join(["word-2", *(f"more{number:02}" for number in range(30))])
    ring.edit("globex", comment, long)
    calls = count(1)

    def dies(verb: str, at: str, item: object) -> None:
        if (verb, at) == ("comment", phase) and next(calls) == part:
            raise KilledError

    desk.fail = dies
    with pytest.raises(KilledError):
        ring.run(ring.pairs[0])
    desk.fail = lambda verb, at, item: None
    ring.run(ring.pairs[1])
    ring.clock.advance(3600)  # the dead process's lease
    rests(ring)
    told = " ".join(ring.texts("acme"))
    assert [told.count(word) for word in long.split()] == [1] * 31
    assert said(ring, "initech", "word") == [["word-2"]]


def test_an_edit_that_a_pair_first_sees_with_its_ticket_goes_with_it(tmp_path: Path) -> None:
    """The desk in the midst has the comment and a second one that tells of the edit; beyond it there is one."""
    ring = Ring(tmp_path, [("globex", "acme"), ("acme", "initech")])
    ring.round()
    first = ring.pairs[:1]
    ring.open("globex")
    ring.quiet(first)
    comment = ring.say("globex", ring.only("globex"), "word-1")
    ring.quiet(first)
    ring.edit("globex", comment, "word-2")
    ring.quiet(first)
    rests(ring)
    shown = {name: said(ring, name, "word") for name in ring.names}
    assert shown == {"globex": [["word-2"]], "acme": [["word-1"], ["word-2"]], "initech": [["word-2"]]}


def as_of_an_older_version(ring: Ring) -> None:
    """What a state held before texts had numbers: of each copy the hash of the text that its own pair wrote it from."""
    presence, action = tables.presence, tables.action
    with ring.store.begin() as tx:
        rows = tx.rows(
            sa.select(presence.c.id, action.c.sealed)
            .outerjoin(action, action.c.id == presence.c.action)
            .where(presence.c.kind == "comment")
        )
        for row in rows:
            content = tx.open(str(row["sealed"])) if row["sealed"] else {}
            assert isinstance(content, dict)
            reads = content.get("reads")
            old = reads["said"] if isinstance(reads, dict) else None
            tx.run(sa.update(presence).where(presence.c.id == row["id"]).values(edition=None, said=old))


@pytest.mark.parametrize("name", [name for name in COMPANIES if any(name in join for join in THREE)])
def test_a_state_of_an_older_version_says_nothing_anew_and_carries_the_next_edit(ring: Ring, name: str) -> None:
    comment = ring.say(name, ring.only(name), "word-1")
    rests(ring)
    as_of_an_older_version(ring)
    ring.edit(name, comment, "word-1")  # its stamp moves
    rests(ring)
    check(ring, name, "word", [1])
    for number in (2, 3):
        ring.edit(name, comment, f"word-{number}")
        rests(ring)
        check(ring, name, "word", range(1, number + 1))


@pytest.mark.parametrize("name", [name for name in COMPANIES if any(name in join for join in THREE)])
def test_an_edit_on_its_way_while_the_version_changes_arrives_once(ring: Ring, name: str) -> None:
    comment = ring.say(name, ring.only(name), "word-1")
    rests(ring)
    as_of_an_older_version(ring)
    ring.edit(name, comment, "word-2")
    rests(ring)
    check(ring, name, "word", [1, 2])
