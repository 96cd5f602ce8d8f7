# SPDX-License-Identifier: Apache-2.0
"""More links than one transaction writes: a plan of which a part was stored is made anew, and nothing of it doubled."""

from __future__ import annotations

import pytest

from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench, KilledError, World
from tandem.pipeline.environment import AT_ONCE, Job
from tandem.state import tables

LINKS = AT_ONCE + 20
BOTH = 10  # every so-manieth ticket is changed at both sides
LIMITS = {"limits": {"creates": 10 * LINKS, "closes": 10 * LINKS, "changed_share": "100 %"}}
Many = tuple[Bench, tuple[World, bytes], dict[str, str]]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Many:
    """A run of many changed tickets, up to its diff; the words that each is to show."""
    bench = Bench(tmp_path_factory.mktemp("many"), pair=LIMITS)
    bench.run()
    for _ in range(LINKS):
        bench.open(LEFT)
    bench.quiet()
    words = {}
    for number, (ticket, issue) in enumerate(bench.twins().items()):
        words[ticket] = bench.word("title")
        bench.set(LEFT, ticket, "title", words[ticket])
        if number % BOTH == 0:
            words[ticket] = bench.word("title")
            bench.set(RIGHT, issue, "title", words[ticket])
    bench.wait()
    for name in ("extract", "map"):
        bench.task(name, Job(PAIR, "killed"))
    return bench, bench.save(), words


def killed_in_diff(bench: Bench, commit: int) -> bool:
    def reached(number: int) -> None:
        if number == commit:
            bench.kill()

    bench.commits, bench.on_commit = 0, reached
    try:
        bench.task("diff", Job(PAIR, "killed"))
    except KilledError:
        bench.revive()
        return True
    return False


@pytest.mark.parametrize("again", [True, False], ids=["the task is tried again", "another run comes"])
@pytest.mark.parametrize("commit", [2, 3])
def test_a_plan_that_was_stored_in_part_is_made_anew(many: Many, commit: int, again: bool) -> None:
    bench, picture, words = many
    bench.restore(picture)
    before = bench.changes()
    assert killed_in_diff(bench, commit), "there are no so many transactions"
    if again:
        for name in ("diff", "load", "reconcile"):
            bench.task(name, Job(PAIR, "killed"))
    bench.quiet()
    assert {ticket: bench.get(LEFT, ticket, "title") for ticket in words} == words
    assert {ticket: bench.get(RIGHT, issue, "title") for ticket, issue in bench.twins().items()} == words
    assert bench.changes() - before == LINKS, "each was written once"
    assert len(bench.rows(tables.conflict)) == len(words) // BOTH
