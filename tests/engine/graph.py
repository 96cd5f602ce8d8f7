# SPDX-License-Identifier: Apache-2.0
"""A small world as a graph: moments, and what each step makes of them. A step is taken once, for all ways.

A death costs no run of its own: the picture of each point is what a process that ended there would leave.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from engine.laws import laws
from engine.likeness import Likeness
from engine.pictures import Camera, Picture
from engine.play import WORDS
from engine.play_laws import later_laws
from engine.ways import NAMES, Step, Within, World


class Death(NamedTuple):
    """Where the process may die in a task, and which moments follow: ``given_up`` or ``again`` the same task."""

    point: int
    given_up: Moment
    again: Moment


@dataclass
class Deed:
    """What a task makes of a moment. ``sides``: of the calls that it made, in order."""

    to: Moment
    sides: list[str]
    wrote: bool
    deaths: list[Death] | None


@dataclass(eq=False)
class Moment:
    """A moment at which a task is next. ``run``: the one that goes on, if any; ``way``: one way that leads here."""

    key: str
    task: int
    run: str | None
    picture: Picture
    way: tuple[Step, ...]
    acts: dict[str, Moment] = field(default_factory=dict)
    tasks: dict[Within, Deed] = field(default_factory=dict)


class Graph:
    """All moments that were come to."""

    def __init__(self, world: World) -> None:
        self.world, self.bench = world, world.bench
        self.camera = Camera(world.play)
        self.like = Likeness(self.camera)
        self.moments: dict[tuple[int, str], Moment] = {}
        self.told: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._runs = count(1)
        self.start = self._moment(0, None, ())

    def close(self) -> None:
        """Let go of the play."""
        self.camera.close()
        self.world.play.close()

    def act(self, at: Moment, name: str) -> Moment:
        """A person acts."""
        if name not in at.acts:
            self.told["acts"] += 1
            self.camera.restore(at.picture)
            self.world.act(name)
            at.acts[name] = self._moment(at.task, at.run, (*at.way, Step(name)))
        return at.acts[name]

    def task(self, at: Moment, within: Within = (), *, may_die: bool = False) -> Deed:
        """The next task is done, and people act within."""
        known = at.tasks.get(within)
        if known is None or (may_die and known.deaths is None):
            at.tasks[within] = known = self._task(at, within, may_die=may_die)
        return known

    def _task(self, at: Moment, within: Within, *, may_die: bool) -> Deed:
        self.told["tasks"] += 1
        name, way = NAMES[at.task], at.way
        self.camera.restore(at.picture)
        run = at.run or self.world.begin(next(self._runs))
        deaths: list[Death] = []
        points, seen = 0, 0

        def point(changed: bool) -> None:
            nonlocal points, seen
            points += 1
            if not may_die or self.world.undone:
                return  # where acts are still to come, ways without them die here
            raw = self.like.raw() if changed or not deaths else seen
            if deaths and raw == seen:
                deaths.append(Death(points, *deaths[-1][1:]))
                return
            seen = raw
            given_up = self._moment(0, None, (*way, Step(name, within, points)))
            deaths.append(Death(points, given_up, self._moment(at.task, run, (*way, Step(name, within, points, True)))))

        before = self.bench.changes()
        sides = self.world.task(name, run, within, point)
        if WORDS.search("\n".join(self.world.play.told).encode()):
            self.wrong.append(f"{way} {name}: content in a log")
        self.world.play.told.clear()
        over = at.task + 1 == len(NAMES)
        to = self._moment(0 if over else at.task + 1, None if over else run, (*way, Step(name, within)))
        return Deed(to, sides, self.bench.changes() != before, deaths if may_die else None)

    def _moment(self, task: int, run: str | None, way: tuple[Step, ...]) -> Moment:
        """Find or make the moment that the bench shows."""
        key = self.name(task, run)
        known = self.moments.get((task, key))
        if known is None:
            known = self.moments[task, key] = Moment(key, task, run, self.camera.take(), way)
        elif run is None and self.like.at_rest():
            self.look(way)  # it goes on as one with another: what it leaves behind is looked at here alone
        return known

    def name(self, task: int, run: str | None) -> str:
        """Name the moment that the bench shows."""
        return self.like.of(run, judged=task > NAMES.index("diff"))

    def look(self, way: tuple[Step, ...]) -> None:
        """At rest every law holds of what the bench shows."""
        self.told["looked at"] += 1
        play = self.world.play
        broken = laws(self.bench) + later_laws(self.bench, play.acts, (), WORDS)
        self.wrong += [f"{way}: {what}" for what in broken]
