# SPDX-License-Identifier: Apache-2.0
"""A call from outside only causes a read: late, twice, out of order, of strangers' tickets, killed on the way (§17)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.laws import at_peace, laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench, KilledError
from tandem.config.load import load_all
from tandem.config.models import Pair
from tandem.core.rules import Which
from tandem.pipeline.wake import wake
from tandem.state import tables

NEVER = 10**7  # seconds until a listing shows it


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.run()
    return made


def call(bench: Bench, which: Which, *ids: str) -> list[str]:
    pairs = [one for one in load_all(bench.root) if isinstance(one, Pair)]
    side = pairs[0].left if which is LEFT else pairs[0].right
    return wake(bench.store, pairs, side.contract, ids, bench.env.now())


def test_what_no_listing_shows_is_read_when_it_is_named(bench: Bench) -> None:
    ticket, issue = bench.linked()
    bench.tracker(RIGHT).late[issue] = NEVER
    bench.set(RIGHT, issue, "title", "as no listing tells")
    bench.quiet()
    assert bench.get(LEFT, ticket, "title") != "as no listing tells"
    assert call(bench, RIGHT, issue) == [PAIR]
    bench.quiet()
    assert bench.get(LEFT, ticket, "title") == "as no listing tells"
    assert bench.rows(tables.wake) == []


def test_a_new_ticket_that_is_named_by_its_key_is_made_once(bench: Bench) -> None:
    ticket = bench.open(RIGHT)
    bench.tracker(RIGHT).late[ticket] = NEVER
    bench.quiet()
    assert bench.twins() == {}
    call(bench, RIGHT, bench.tracker(RIGHT).tickets[ticket].key, ticket, ticket)
    bench.quiet()
    assert len(bench.tracker(LEFT).tickets) == 1
    bench.tracker(RIGHT).late.clear()
    bench.quiet()
    assert len(bench.tracker(LEFT).tickets) == 1 and laws(bench) == [] and at_peace(bench) == []


def test_calls_out_of_order_and_repeated_take_no_step_back(bench: Bench) -> None:
    """Steps within one second; their calls come last first, and once more when all is done."""
    ticket, issue = bench.linked()
    for status in ("3", "2", "3"):
        bench.move(RIGHT, issue, status)
    call(bench, RIGHT, issue)
    bench.run(wait=1)
    call(bench, RIGHT, issue)
    bench.run(wait=1)
    call(bench, RIGHT, issue)
    bench.quiet()
    assert bench.tracker(RIGHT).tickets[issue].fields["status"] == "3"
    steps = [one.after for one in bench.tracker(LEFT).tickets[ticket].entries if one.field == "status"]
    assert steps == ["solved", "open", "solved"]
    assert laws(bench) == [] and at_peace(bench) == []


def test_what_is_not_offered_stays_unread_whoever_names_it(bench: Bench) -> None:
    stranger = bench.open(RIGHT, labels=(), title="none of theirs")
    assert call(bench, RIGHT, stranger, "99999", "") == [PAIR]
    bench.quiet()
    assert bench.tracker(LEFT).tickets == {} and bench.rows(tables.record) == [] and bench.rows(tables.wake) == []


def test_another_contract_s_call_is_nobody_s(bench: Bench) -> None:
    pairs = [one for one in load_all(bench.root) if isinstance(one, Pair)]
    assert wake(bench.store, pairs, "somebody-else", ["1"], bench.env.now()) == []
    assert bench.rows(tables.wake) == []


@pytest.mark.parametrize("commit", range(1, 9))
def test_killed_at_any_commit_the_ticket_is_read_all_the_same(bench: Bench, commit: int) -> None:
    ticket, issue = bench.linked()
    bench.tracker(RIGHT).late[issue] = NEVER
    bench.set(RIGHT, issue, "title", "named once")
    call(bench, RIGHT, issue)
    last = bench.commits + commit
    bench.on_commit = lambda number: bench.kill() if number == last else None
    with pytest.raises(KilledError):
        bench.run()
    bench.revive()
    bench.quiet()
    assert bench.get(LEFT, ticket, "title") == "named once"
    assert laws(bench) == [] and at_peace(bench) == []


def test_an_idle_pair_asks_nothing_more_for_it(bench: Bench) -> None:
    bench.linked()
    bench.quiet()
    fetched: list[str] = []
    for which in Which:
        bench.tracker(which).fail = lambda verb, phase, item: fetched.append(verb)
    bench.run()
    assert "fetch" not in fetched
