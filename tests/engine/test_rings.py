# SPDX-License-Identifier: Apache-2.0
"""Pairs in chains and rings: one ticket, comment and status step everywhere, whatever the order of the runs."""

from __future__ import annotations

import logging
import random
from datetime import datetime
from itertools import permutations
from pathlib import Path

import pytest

from engine.laws import FINAL
from engine.memory_house import TASKS, KilledError
from engine.ring_house import PRIORITIES, Ring, meaning
from tandem.pipeline.environment import Job

CHAIN = [("acme", "globex"), ("globex", "initech")]
RING = [*CHAIN, ("acme", "initech")]


@pytest.fixture
def chain(tmp_path: Path) -> Ring:
    made = Ring(tmp_path, CHAIN)
    made.round()
    return made


@pytest.fixture(params=list(permutations(range(3))), ids=lambda order: "".join(map(str, order)))
def ring(tmp_path: Path, request: pytest.FixtureRequest) -> Ring:
    made = Ring(tmp_path, RING)
    made.pairs = [made.pairs[place] for place in request.param]
    made.round()
    return made


def test_a_ticket_goes_down_a_chain_with_its_fields(chain: Ring) -> None:
    chain.open("acme", title="Cart forgets", priority="urgent")
    chain.quiet()
    assert [chain.get(name, "title") for name in chain.names] == ["Cart forgets"] * 3
    assert chain.get("initech", "priority") == "1"
    chain.set("initech", chain.only("initech"), "title", "Cart forgets all")
    chain.quiet()
    assert [chain.get(name, "title") for name in chain.names] == ["Cart forgets all"] * 3


def test_a_description_has_one_heading_however_far_it_goes(chain: Ring) -> None:
    chain.open("acme", title="Cart", description="It broke")
    chain.quiet()
    assert str(chain.get("initech", "description")).count("wrote:") == 1
    assert "Anna (Acme) wrote:" in str(chain.get("initech", "description"))


def test_comments_keep_their_first_author_through_all_hops(chain: Ring) -> None:
    ticket = chain.open("acme")
    chain.quiet()
    chain.say("acme", ticket, "from the desk")
    chain.say("initech", chain.only("initech"), "from the far end")
    chain.quiet()
    [there] = [text for text in chain.texts("initech") if "from the desk" in text]
    assert there.count("wrote:") == 1 and "Anna (Acme)" in there
    [here] = [text for text in chain.texts("acme") if "from the far end" in text]
    assert here.count("wrote:") == 1 and "John (Initech)" in here
    assert [sum("from the" in text for text in chain.texts(name)) for name in chain.names] == [2, 2, 2]


def test_a_ring_settles_with_one_ticket_each(ring: Ring) -> None:
    ticket = ring.open("acme", title="Cart forgets", priority="urgent")
    ring.quiet()
    assert [len(ring.tickets(name)) for name in ring.names] == [1, 1, 1]
    ring.say("acme", ticket, "from the desk")
    ring.say("globex", ring.only("globex"), "from the middle")
    ring.say("initech", ring.only("initech"), "from the far end")
    ring.set("globex", ring.only("globex"), "title", "Cart forgets all")
    ring.quiet()
    assert [ring.get(name, "title") for name in ring.names] == ["Cart forgets all"] * 3
    for name in ring.names:
        for words in ("from the desk", "from the middle", "from the far end"):
            assert sum(words in text for text in ring.texts(name)) == 1, (name, words)


def test_status_steps_are_taken_once_round_a_ring(ring: Ring) -> None:
    ring.open("acme", status="open")
    ring.quiet()
    ring.move("initech", ring.only("initech"), "3")
    ring.quiet()
    assert ring.get("acme", "status") == "solved"
    steps = [e for e in ring.trackers["globex"].tickets[ring.only("globex")].entries if e.field == "status"]
    assert [step.after for step in steps].count("3") == 1


def interleaved(ring: Ring, *pairs: str) -> None:
    """Run pairs at the same time: each task of all of them before the next."""
    ring.clock.advance(121)
    jobs = [Job(pair, f"run-{next(ring.runs)}") for pair in pairs]
    for task in TASKS.values():
        for job in jobs:
            task(job, ring.env)


def test_two_pairs_that_make_one_ticket_at_the_same_time_make_it_once(tmp_path: Path) -> None:
    ring = Ring(tmp_path, RING)
    ring.round()
    first, second, third = ring.pairs
    ring.open("acme", title="Cart", description="It broke")
    ring.run(first)
    interleaved(ring, second, third)
    assert len(ring.tickets("initech")) == 1
    ring.quiet()
    assert [len(ring.tickets(name)) for name in ring.names] == [1, 1, 1]
    assert {row["state"] for pair in ring.pairs for row in ring.events(pair)} <= FINAL


@pytest.mark.parametrize("seed", range(4))
def test_a_ring_settles_whatever_runs_at_the_same_time(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    ring = Ring(tmp_path, RING)
    ring.round()
    ring.open("globex", title="Cart", priority="2", status="2")
    said: list[str] = []
    for turn in range(8):
        for _ in range(chance.randrange(1, 4)):
            name = chance.choice([one for one in ring.names if ring.tickets(one)])
            ticket = ring.only(name)
            act = chance.randrange(4)
            if act == 0:
                ring.set(name, ticket, "title", f"title {turn}")
            elif act == 1:
                text = f"word-{seed}-{len(said):02d}"
                ring.say(name, ticket, text, files=[f"{text}.txt"] if chance.random() < 0.3 else [])
                said.append(text)
            elif act == 2:
                ring.set(name, ticket, "priority", chance.choice(PRIORITIES[name]))
            else:
                ring.step(name, ticket, chance)
        running = chance.sample(ring.pairs, chance.randrange(1, 4))
        interleaved(ring, *running)
    ring.quiet(most=12)
    assert [len(ring.tickets(name)) for name in ring.names] == [1, 1, 1]
    assert len({str(ring.get(name, "title")) for name in ring.names}) == 1
    for hub in ("priority", "status"):
        shown = {meaning(name, hub, ring.get(name, hub)) for name in ring.names}
        assert len(shown) == 1, (hub, shown)
    for name in ring.names:
        for words in said:
            assert sum(words in text for text in ring.texts(name)) == 1, (name, words)
    assert {row["state"] for pair in ring.pairs for row in ring.events(pair)} <= FINAL


def test_a_pair_that_died_and_is_not_run_again_is_named_by_those_that_wait_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ring = Ring(tmp_path, RING)
    ring.round()
    first, dead, waiting = ring.pairs
    ring.open("acme", title="Cart", description="It broke")
    ring.run(first)
    tracker = ring.trackers["initech"]

    def fail(verb: str, at: str, item: object) -> None:
        if (verb, at) == ("create", "before"):
            raise KilledError

    tracker.fail = fail
    with pytest.raises(KilledError):
        ring.run(dead)
    tracker.fail = lambda verb, at, item: None
    since = ring.clock.now
    told = (*ring.status(waiting), *ring.status(first))
    assert [one["behind"] for one in told] == [[], []]
    logging.getLogger("tandem").setLevel(logging.INFO)
    ring.run(waiting, wait=600)
    [one] = ring.status(waiting)
    [behind] = one["behind"]
    assert (behind["pair"], behind["kind"], behind["tickets"], behind["at_work"]) == (dead, "create", 1, False)
    assert datetime.fromisoformat(behind["since"]) == since
    assert f"tandem run {dead}" in behind["what"]
    assert [line for line in caplog.messages if f"{waiting}: " in line and f"tandem run {dead}" in line]
    assert "Cart" not in behind["what"]
    assert ring.status(first)[0]["behind"] == []
    ring.quiet()
    assert [one["behind"] for pair in ring.pairs for one in ring.status(pair)] == [[], [], []]
    assert len(ring.tickets("initech")) == 1


@pytest.mark.parametrize("born", ["acme", "globex", "initech"])
@pytest.mark.parametrize("held", [0, 1, 2])
def test_a_pair_that_comes_late_to_a_ticket_brings_nothing_back_to_where_it_was_said(
    tmp_path: Path, born: str, held: int
) -> None:
    """It sees the copies before it knows that its two tickets are one: at home is what was said there, all the same."""
    ring = Ring(tmp_path, RING)
    ring.round()
    late = ring.pairs[held]
    others = [pair for pair in ring.pairs if pair != late]
    ring.open(born)
    ring.quiet(others)
    for name in ring.names:
        ring.say(name, ring.only(name), f"said at {name}", files=[f"{name}.txt"])
    ring.quiet(others)
    ring.run(late)
    ring.quiet()
    for name in ring.names:
        for there in ring.names:
            assert sum(f"said at {name}" in text for text in ring.texts(there)) == 1, (name, there)
        files = [one.name for one in ring.trackers[name].tickets[ring.only(name)].files]
        assert sorted(files) == sorted(f"{one}.txt" for one in ring.names)


@pytest.mark.parametrize(
    ("born", "said"),
    [
        (name, said)
        for name in ("acme", "globex", "initech")
        for said in ("file", "comment", "comment with a file")
        if (name, said) != ("acme", "file")  # a desk's files are in comments
    ],
)
@pytest.mark.parametrize("rounds", [1, 3])
@pytest.mark.parametrize("held", [0, 1, 2])
def test_a_link_that_begins_between_two_copies_brings_nothing_back_to_where_it_was_said(
    tmp_path: Path, born: str, held: int, rounds: int, said: str
) -> None:
    """What was said before the others carried the ticket stands on both sides when the last pair first sees it."""
    ring = Ring(tmp_path, RING)
    ring.round()
    late = ring.pairs[held]
    others = [pair for pair in ring.pairs if pair != late]
    ticket = ring.open(born)
    if said == "file":
        ring.trackers[born].attach(ticket, "plan.txt", b"plan", ring.person(born))
    else:
        ring.say(born, ticket, "the words", files=["plan.txt"] if said != "comment" else [])
    for _ in range(rounds):
        ring.round(others)
    ring.run(late)
    ring.quiet()
    assert [one["behind"] for pair in ring.pairs for one in ring.status(pair)] == [[], [], []]
    for name in ring.names:
        assert sum("the words" in text for text in ring.texts(name)) == (said != "file"), name
        files = [one.name for one in ring.trackers[name].tickets[ring.only(name)].files]
        assert files == ["plan.txt"] * (said != "comment"), name
