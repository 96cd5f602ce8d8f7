# SPDX-License-Identifier: Apache-2.0
"""What a way through a small world is made of, and how one step of it is taken.

A way is made of people's acts, of the tasks of two runs, and of at most one death of the process. An act falls between
two calls to its side's tracker: of what the engine does in between it is not seen, so that one place stands for all of
them. The process may die before each commit, and before and behind each call; a task that died is tried again, or its
run is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from engine.memory_files import PAIR
from engine.memory_house import TASKS
from engine.pictures import calm
from engine.play import Play
from tandem.core.rules import Which
from tandem.pipeline.environment import Job

NAMES = tuple(TASKS)
ASKING = frozenset({"extract", "load", "reconcile"})  # tasks that ask trackers; of the others acts are not seen
RUNS = 2
EVERY = 121  # seconds between two runs: longer than a search lags
WRITES = frozenset({"create", "update", "transition", "comment", "edit", "redact", "attach"})
Act = Mapping[str, Any]
KERNEL: Mapping[str, Act] = {  # what people do to one ticket, in its small: each kind of thing, and what undoes it
    "title left": {"what": "title", "side": "left"},
    "title right": {"what": "title", "side": "right"},
    "comment left": {"what": "say", "side": "left", "file": True},
    "hides left": {"what": "hide", "side": "left", "nth": 0},
    "solved left": {"what": "status", "side": "left", "value": 2},
    "put back right": {"what": "status", "side": "right", "value": 0},
    "label left": {"what": "label", "side": "left", "label": "checkout", "add": True},
    "label right": {"what": "label", "side": "right", "label": "kiosk", "add": True},
    "leaves left": {"what": "leave", "side": "left"},
    "comes back left": {"what": "come_back", "side": "left"},
}
Within = tuple[tuple[int, str], ...]  # (number of the call before which it falls, act), in order


@dataclass(frozen=True)
class Step:
    """One step of a way. ``what``: an act's name; or a task's, in which acts fall ``within`` and the process may end.

    ``dies``: at which of the task's points, 0 for none; ``again``: then it is tried once more, else the run is over.
    """

    what: str
    within: Within = ()
    dies: int = 0
    again: bool = False


class World:
    """A play with a cast: acts by name, each of which is done at most once."""

    def __init__(self, play: Play, cast: Mapping[str, Act]) -> None:
        self.play, self.bench, self.cast = play, play.bench, cast
        self.undone: list[tuple[int, str]] = []  # acts that are still to fall in the task that goes on

    def act(self, name: str) -> None:
        """Let a person act. What he writes is his own, whatever was done before."""
        self.bench.world.numbers = count(1000 * (1 + list(self.cast).index(name)))
        self.play.do_act(**self.cast[name])

    def begin(self, number: int) -> str:
        """Let it be time for a run, and name it."""
        self.bench.wait(EVERY)
        return f"way-{number}"

    def task(self, name: str, run: str, within: Within, point: Callable[[bool], None]) -> list[str]:
        """One task, in which acts fall; ``point`` is called wherever the process may die, and may end it.

        Its argument: whether anything may be different there from what it was at the last point. Gives the side of each
        call that was made.
        """
        sides: list[str] = []
        self.undone = list(within)
        changed = False

        def reached() -> None:
            nonlocal changed
            point(changed)
            changed = False

        def commits(number: int) -> None:
            nonlocal changed
            reached()
            changed = True

        def calls(which: Which) -> Callable[[str, str, object], None]:
            def call(verb: str, phase: str, item: object) -> None:
                nonlocal changed
                if phase == "before":
                    while self.undone and self.undone[0][0] == len(sides):
                        self.act(self.undone.pop(0)[1])
                        changed = True
                    sides.append(which.value)
                elif verb in WRITES:
                    changed = True
                reached()

            return call

        self.bench.on_commit = commits
        for which, tracker in self.bench.world.trackers.items():
            tracker.fail = calls(which)
        try:
            self.bench.task(name, Job(PAIR, run))
        finally:
            self.bench.on_commit = lambda number: None
            for tracker in self.bench.world.trackers.values():
                tracker.fail = calm
        reached()
        return sides
