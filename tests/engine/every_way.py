# SPDX-License-Identifier: Apache-2.0
"""Every way through a small world: counted on its graph, brought to rest, and some of them gone with real deaths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import NamedTuple

from engine.graph import Graph, Moment
from engine.memory_house import KilledError
from engine.ways import ASKING, NAMES, RUNS, Step, Within

Left = tuple[str, ...]  # acts that may still come


class Where(NamedTuple):
    """A moment, and which acts may still come."""

    moment: Moment
    left: Left


class Number:
    """How many ways come to a moment in which the process has not died yet (``whole``), or has."""

    __slots__ = ("hurt", "whole")

    def __init__(self) -> None:
        self.whole = self.hurt = 0


class EveryWay:
    """All ways. ``again``: a task that died may be tried once more; ``within``: acts fall in the midst of tasks too."""

    def __init__(self, graph: Graph, *, again: bool, within: bool) -> None:
        self.graph, self.again, self.within = graph, again, within
        self.points = 0  # at which the process died, over all moments
        self.last: dict[Moment, int] = defaultdict(int)  # behind the second run
        self.rest: set[Moment] = set()

    def go(self) -> int:
        """Go all ways to their ends; give their number."""
        begun = {Where(self.graph.start, tuple(self.graph.world.cast)): Number()}
        begun[Where(self.graph.start, tuple(self.graph.world.cast))].whole = 1
        for _ in range(RUNS):
            begun = self._run(begun)
        for where, number in begun.items():
            self.last[where.moment] += number.whole + number.hurt
        for moment in self.last:
            self._come_to_rest(moment)
        return sum(self.last.values())

    def _run(self, begun: dict[Where, Number]) -> dict[Where, Number]:
        """One run from all moments at which it may begin: to all at which the next one may."""
        over: dict[Where, Number] = defaultdict(Number)
        stages: dict[tuple[int, int], dict[Where, Number]] = defaultdict(lambda: defaultdict(Number))
        for where, number in begun.items():
            stages[0, len(where.left)][where] = number
        most = len(self.graph.world.cast)
        for task in range(len(NAMES)):
            for left in range(most, -1, -1):
                stage = stages[task, left]
                for where, number in list(stage.items()):
                    if number.whole:
                        self._deaths(where, number.whole, stages, over)
                for where, number in list(stage.items()):
                    for _, to in self._calm(where):
                        at = over if to.moment.task == 0 and task else stages[to.moment.task, len(to.left)]
                        at[to].whole += number.whole
                        at[to].hurt += number.hurt
        return over

    def _calm(self, where: Where) -> Iterator[tuple[Step, Where]]:
        """Steps in which nothing dies."""
        task = NAMES[where.moment.task]
        for name in where.left if task in ASKING else ():
            yield Step(name), Where(self.graph.act(where.moment, name), _without(where.left, name))
        for within in self._plans(where, may_die=False):
            yield (
                Step(task, within),
                Where(self.graph.task(where.moment, within).to, _without(where.left, *_names(within))),
            )

    def _plans(self, where: Where, *, may_die: bool) -> Iterator[Within]:
        """All ways in which acts may fall in the midst of the next task: each before a call to its own side.

        The first of these calls is left out: an act before it is an act before the task.
        """
        plans: list[Within] = [()]
        while plans:
            within = plans.pop()
            yield within
            if not self.within or NAMES[where.moment.task] not in ASKING:
                continue
            sides = self.graph.task(where.moment, within, may_die=may_die).sides
            for name in _without(where.left, *_names(within)):
                own = [place for place, side in enumerate(sides) if side == self.graph.world.cast[name]["side"]][1:]
                plans += [(*within, (place, name)) for place in own if not within or place >= within[-1][0]]

    def _deaths(
        self,
        where: Where,
        ways: int,
        stages: dict[tuple[int, int], dict[Where, Number]],
        over: dict[Where, Number],
    ) -> None:
        for within in self._plans(where, may_die=True):
            left = _without(where.left, *_names(within))
            for death in self.graph.task(where.moment, within, may_die=True).deaths or ():
                self.points += 1
                over[Where(death.given_up, left)].hurt += ways
                if self.again:
                    stages[where.moment.task, len(left)][Where(death.again, left)].hurt += ways

    def _come_to_rest(self, moment: Moment) -> None:
        """Two undisturbed runs, and a third that writes nothing; then every law."""
        wrote = False
        for _ in range(3):
            wrote = False
            for _ in NAMES:
                deed = self.graph.task(moment)
                moment, wrote = deed.to, wrote or deed.wrote
        if wrote:
            self.graph.wrong.append(f"{moment.way}: a third undisturbed run wrote")
        if moment not in self.rest:
            self.rest.add(moment)
            self.graph.camera.restore(moment.picture)
            self.graph.look(moment.way)

    # ---- ways gone straight through

    def some(self, chance: Random) -> list[tuple[Step, Moment]]:
        """Some way, with the moments that it passes through."""
        where, way = Where(self.graph.start, tuple(self.graph.world.cast)), []
        dies = chance.randrange(RUNS * len(NAMES))
        for number in range(RUNS):
            begun = False
            while not (begun and where.moment.run is None):
                steps = list(self._calm(where))
                if dies == number * len(NAMES) + where.moment.task and (begun or chance.random() < 0.5):
                    steps, dies = list(self._dying(where)) or steps, -1
                step, where = chance.choice(steps)
                begun = begun or step.what in NAMES
                way.append((step, where.moment))
        return way

    def _dying(self, where: Where) -> Iterator[tuple[Step, Where]]:
        task = NAMES[where.moment.task]
        for within in self._plans(where, may_die=True):
            left = _without(where.left, *_names(within))
            for death in self.graph.task(where.moment, within, may_die=True).deaths or ():
                yield Step(task, within, death.point), Where(death.given_up, left)
                if self.again:
                    yield Step(task, within, death.point, True), Where(death.again, left)

    def straight(self, way: Sequence[tuple[Step, Moment]]) -> str:
        """Go a way with real deaths; tell the first step behind which it is not where the graph says."""
        graph, world, runs = self.graph, self.graph.world, count(1)
        graph.camera.restore(graph.start.picture)
        run: str | None = None
        for step, moment in way:
            if step.what in world.cast:
                world.act(step.what)
            else:
                run = run or world.begin(next(runs))
                _task(graph, step, run)
                run = None if moment.run is None else run
            if graph.name(moment.task, run) != moment.key:
                return f"{step} of {[one for one, _ in way]}"
        return ""


def _task(graph: Graph, step: Step, run: str) -> None:
    """One task, and the death in it."""
    points = count(1)

    def point(changed: bool) -> None:
        if next(points) == step.dies and not graph.world.undone:
            graph.bench.kill()

    try:
        graph.world.task(step.what, run, step.within, point)
        assert not step.dies
    except KilledError:
        graph.bench.revive()


def _names(within: Within) -> list[str]:
    return [name for _, name in within]


def _without(left: Left, *names: str) -> Left:
    return tuple(name for name in left if name not in names)
