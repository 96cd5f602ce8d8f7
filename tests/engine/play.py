# SPDX-License-Identifier: Apache-2.0
"""Stories as lists of steps: what people do, and what befalls the runs between two trackers in memory.

A step is a name and its arguments, so that a story can be thought of by hypothesis, told again, and kept as it is
(:mod:`engine.stories`). Tickets are picked by number among those that stand at a side.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from engine.acts import Acts
from engine.laws import laws
from engine.memory_files import PAIR
from engine.memory_house import KEYS, TASKS, KilledError, _empty_state
from engine.play_laws import later_laws
from engine.play_settings import SETTINGS, begun
from tandem.core.rules import Which
from tandem.errors import (
    BudgetError,
    RateLimitedError,
    RetryableError,
    SafetyStopError,
    UnavailableError,
    UnknownOutcomeError,
)
from tandem.pipeline.environment import Job
from tandem.pipeline.relink import accept, relink
from tandem.state.rotate import rotate_content
from tandem.state.vault import new_keys

Step = tuple[str, Mapping[str, Any]]
WRITES = ("create", "update", "transition", "comment", "attach")
WORDS = re.compile(rb"(?:title|text|say|secret|file|bytes)-\d{5}")  # what Bench.word makes: all of it is sealed


class Play:
    """One story."""

    def __init__(self, setting: str) -> None:
        self.bench, picture = begun(setting)
        self.bench.use_keys(KEYS[0])
        self.bench.restore(picture)
        self.bench.between = lambda task: None
        self.acts = Acts(self.bench, returns=SETTINGS[setting].pair.get("on_return") == "send")
        self.keys = KEYS[0]
        self.steps: list[Step] = []
        self.told: list[str] = []
        self._listen()

    def _listen(self) -> None:
        """Keep all that is logged, however low its level."""
        self._handler = logging.Handler()
        self._handler.emit = lambda record: self.told.append(record.getMessage())  # type: ignore[method-assign]
        self._log = logging.getLogger("tandem")
        self._log.setLevel(logging.DEBUG)
        self._log.propagate = False
        self._log.addHandler(self._handler)

    def close(self) -> None:
        """End the story: nothing listens any more."""
        self._log.removeHandler(self._handler)
        self._log.propagate = True
        self._log.setLevel(logging.CRITICAL)
        self.bench.revive()
        self.bench.store.close()

    def tell(self, steps: Sequence[Step]) -> list[str]:
        """Tell a whole story; give the laws that it broke."""
        try:
            for name, how in steps:
                self.do(name, **how)
            return self.end()
        finally:
            self.close()

    def do(self, name: str, **how: Any) -> None:
        """Take one step."""
        self.steps.append((name, how))
        getattr(self, f"do_{name}")(**how)

    # ---- people

    def do_act(self, **act: Any) -> None:
        """A person does something (:class:`engine.acts.Acts`)."""
        self.acts.do(**act)

    def do_open(self, side: str, silent: bool = False) -> None:
        """A person opens a ticket."""
        self.acts.open(side, silent)

    def do_approve(self) -> None:
        """A person approves what stopped the newest run."""
        self.bench.approve()

    def do_rotate(self, commit: int = 0) -> None:
        """The installation gets a new content key; ``commit``: its process ends just before, and all is done again."""

        def reached(number: int) -> None:
            if number == commit:
                self.bench.kill()

        old, new = self.keys, new_keys()[0]
        self.bench.use_keys(new, old)
        self.bench.commits, self.bench.on_commit = 0, reached
        for _ in range(2):
            with suppress(KilledError):
                rotate_content(self.bench.store, lambda table, done, total: None, batch=5)
            self.bench.revive()
        self.bench.use_keys(new)
        self.keys = new

    def do_relink(self, lost: bool = False, send: bool = True) -> None:
        """A person relinks the pair and lets it go on; ``lost``: its state is gone, where all was carried over.

        With the state all is lost that waits for a ticket to come back: it is lost where none is away alone. Whoever
        has lost it waits until each search has caught up: of what no search shows nothing can be rebuilt.
        """
        self.bench.revive()
        if lost and not self.acts.strayed and not self.acts.silent:
            self._undisturbed()
            self._undisturbed()
            late = [seconds for tracker in self.bench.world.trackers.values() for seconds in tracker.late.values()]
            self.bench.wait(max(late, default=0) + 121)
            self.bench.restore((self.bench.world, _empty_state()))
            self.bench.wait()
        job = Job(PAIR, f"relink-{next(self.bench.runs)}", kind="cli")
        relink(job, self.bench.env)
        with suppress(SafetyStopError):
            self.bench.run()
        self.bench.revive()
        accept(job, self.bench.env, "send" if send else "drop")

    def do_wait(self, seconds: float) -> None:
        self.bench.wait(seconds)

    def do_lag(self, side: str, pick: int, seconds: float) -> None:
        """A side's search shows a ticket late, later than it promises."""
        if ticket := self.acts.ticket(Which(side), pick):
            self.bench.tracker(Which(side)).late[ticket] = seconds

    # ---- runs

    def do_run(self, wait: float = 121, upto: str = "reconcile", dry: bool = False) -> None:
        """A run that nothing disturbs; or a part of one, whose process then ends."""
        with suppress(SafetyStopError):
            self.bench.run(wait=wait, upto=upto, dry_run=dry)
        self.bench.revive()

    def do_crash(self, commit: int, again: bool = False) -> None:
        """The process ends just before a transaction is committed; ``again``: its task is tried once more."""

        def reached(number: int) -> None:
            if number == commit:
                self.bench.kill()

        self.bench.commits, self.bench.on_commit = 0, reached
        self._disturbed(again)

    def do_trouble(self, call: int, what: str, again: bool = False, acts: Sequence[Mapping[str, Any]] = ()) -> None:
        """Something befalls a run at its so-manieth call (of all calls, before and after counted apart).

        ``crash``: the process ends. ``lost``: the answer of the next write is, and the write took place. ``down``: the
        next call fails. ``wait``: the tenant has had too many calls. ``budget``: the ticket has had too many writes.
        ``acts``: people act there, and nothing else befalls it.
        """
        seen, struck = 0, False

        def befall(verb: str, phase: str, item: object) -> None:
            nonlocal seen, struck
            seen += 1
            for act in acts if seen == call else ():
                self.acts.midst = True  # a call may be on its way, with what is hidden now
                self.acts.do(**act)
                self.acts.midst = False
            if seen < call or struck or what == "acts":
                return
            if what == "crash":
                self.bench.kill()
            elif what == "lost" and phase == "after" and verb in WRITES:
                struck = True
                raise UnknownOutcomeError("the answer was lost")
            elif what == "down" and phase == "before":
                struck = True
                raise UnavailableError("nobody answers")
            elif what == "wait" and phase == "before":
                struck = True
                raise RateLimitedError("too many requests", retry_after=30)
            elif what == "budget" and phase == "before" and verb in WRITES:
                struck = True
                raise BudgetError("too many updates of this ticket", retry_after=60)

        for tracker in self.bench.world.trackers.values():
            tracker.fail = befall
        self._disturbed(again)

    def do_between(self, task: str, act: Mapping[str, Any]) -> None:
        """A person acts between two tasks of a run."""
        self.bench.between = lambda name: self.acts.do(**act) if name == task else None
        with suppress(SafetyStopError):
            self.bench.run()
        self.bench.between = lambda name: None

    def _disturbed(self, again: bool) -> None:
        self.bench.wait(121)
        job = Job(PAIR, f"run-{next(self.bench.runs)}")
        for name in TASKS:
            for last in (False, True):
                try:
                    self.bench.task(name, job)
                    break
                except (KilledError, RetryableError):
                    self.bench.revive()
                    if last or not again:
                        return
                except SafetyStopError:
                    self.bench.revive()
                    return
        self.bench.revive()

    # ---- the end

    def end(self) -> list[str]:
        """Two undisturbed runs, and a third that must write nothing; then every law."""
        bench = self.bench
        bench.revive()
        for tracker in bench.world.trackers.values():
            tracker.late.clear()
        bench.wait(90_000)  # every sweep is due
        for _ in range(2):
            self._undisturbed()
        before = bench.changes()
        self._undisturbed()
        wrong = laws(bench)
        if bench.changes() != before:
            wrong.append("a third undisturbed run wrote")
        return wrong + later_laws(bench, self.acts, self.told, WORDS)

    def _undisturbed(self) -> None:
        """A run that goes through; one that is stopped does when a person approved it."""
        try:
            self.bench.run()
        except SafetyStopError:
            self.bench.approve()
            self.bench.run()


def show(setting: str, steps: Sequence[Step]) -> str:
    """A story as it is kept."""
    lines = "".join(f"            ({name!r}, {dict(how)!r}),\n" for name, how in steps)
    return f"    Story(\n        {setting!r},\n        [\n{lines}        ],\n    ),"
