# SPDX-License-Identifier: Apache-2.0
"""A long load says how far it is and how long it will take, and one that dies is taken up where it stood."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.memory.kinds import ZENDESK_LIKE
from tandem.errors import SafetyStopError
from tandem.pipeline.progress import EVERY, Logged, line
from tandem.state import runs

MANY, PIECE = 23, 10


@pytest.mark.parametrize(
    ("done", "total", "seconds", "told"),
    [
        (1000, 1500, 100.0, "extract: 1000 of 1500, 10.0 a second, about 50 s left"),
        (1000, 10_000, 1000.0, "extract: 1000 of 10000, 1.0 a second, about 2 h 30 min left"),
        (1000, 2000, 500.0, "extract: 1000 of 2000, 2.0 a second, about 8 min left"),
        (1000, 0, 100.0, "extract: 1000, 10.0 a second"),
        (7, 7, 1.0, "extract: 7 of 7, 7.0 a second"),
    ],
)
def test_a_line_tells_how_far_how_fast_and_how_long(done: int, total: int, seconds: float, told: str) -> None:
    assert line("extract", done, total, done, seconds) == told


def test_the_log_is_told_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    moments = iter([0.0, EVERY / 2, EVERY, EVERY + 1, 2 * EVERY])
    with caplog.at_level(logging.INFO, "tandem"):
        progress = Logged(clock=lambda: next(moments))
        for done in (0, 100, 200, 210, 400):
            progress("load", done, 1000)
    rate = 200 / EVERY
    assert [record.message for record in caplog.records] == [
        f"load: 200 of 1000, {rate:.1f} a second, about 2 min left",
        f"load: 400 of 1000, {rate:.1f} a second, about 2 min left",
    ]


def test_a_first_load_tells_its_progress_with_the_whole(tmp_path: Path) -> None:
    bench, told = _house(tmp_path), list[tuple[str, int, int]]()
    bench.env = replace(bench.env, progress=lambda *one: told.append(one))
    _approved(bench)
    read = [one for one in told if one[0].startswith("extract") and one[2] == MANY]
    assert [done for _, done, _ in read] == [PIECE, 2 * PIECE, MANY]
    assert ("load", MANY, MANY) in told


class Killed(BaseException):
    """The process ends here."""


def test_a_first_load_that_dies_is_taken_up_where_it_stood(tmp_path: Path) -> None:
    """However often it dies in the middle: in the end each ticket has one twin, and nothing was read from the start."""
    bench, whole = _house(tmp_path), list[int]()

    def die(phase: str, done: int, total: int) -> None:
        if phase.startswith("extract") and total:
            whole.append(total)
            if len(whole) < 3:
                raise Killed

    alive = bench.env
    bench.env = replace(alive, progress=die)
    for _ in range(2):
        with pytest.raises(Killed):
            bench.run(wait=400)
    _approved(bench)
    assert whole[:3] == [MANY, MANY - PIECE, MANY - 2 * PIECE]
    bench.env = alive
    bench.quiet()
    assert len(bench.twins()) == len(bench.tracker(RIGHT).tickets) == MANY


def _house(path: Path) -> Bench:
    kind = replace(ZENDESK_LIKE, capabilities=replace(ZENDESK_LIKE.capabilities, read_batch=PIECE))
    bench = Bench(path, pair={"start": "all", "limits": {"creates": 5000}}, kinds={"left": kind})
    for _ in range(MANY):
        bench.open(LEFT)
    bench.wait(600)
    return bench


def _approved(bench: Bench) -> None:
    """A first run that takes old tickets stops for a person, and goes on when it is approved."""
    with pytest.raises(SafetyStopError):
        bench.run(wait=400)
    with bench.store.begin() as tx:
        for limit, side, value, *_ in runs.recent_runs(tx, PAIR)[0]["counts"]["safety"]["stops"]:
            runs.approve(tx, PAIR, limit, side, value, "elaine", bench.world.clock.now)
    bench.run(wait=400)
