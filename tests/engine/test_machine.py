# SPDX-License-Identifier: Apache-2.0
"""People and mishaps in any order that hypothesis thinks of; then undisturbed runs, and every law holds.

``TANDEM_EXAMPLES`` says how many stories are told.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from engine.memory_house import LEFT, PAIR, RIGHT, TASKS, Bench, KilledError, at_peace
from tandem.core.rules import Which
from tandem.errors import ClosedError, GoneError, RetryableError, TransitionError, UnavailableError, UnknownOutcomeError
from tandem.pipeline.environment import Job

GIVEN = os.environ.get("TANDEM_EXAMPLES", "")
EXAMPLES = int(GIVEN) if GIVEN.isdigit() else 1000 if GIVEN == "all" else 10
STEPS = 14
PRIORITIES = {LEFT: ["urgent", "high", "normal", "low"], RIGHT: ["1", "2", "3", "4"]}
STATUSES = {LEFT: ["open", "pending", "solved"], RIGHT: ["1", "2", "3"]}
sides = st.sampled_from(list(Which))
picks = st.integers(0, 3)


class Story(RuleBasedStateMachine):
    """Two companies at work, with an engine between them that fails now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.bench = Bench(Path(self.folder.name), pair={"on_return": "send"})
        self.outside: set[tuple[Which, str]] = set()

    @initialize(both=st.booleans())
    def begin(self, both: bool) -> None:
        self.bench.run()
        self.bench.open(LEFT, status="open", priority="high")
        if both:
            self.bench.run()

    # ---- people

    def one(self, which: Which, pick: int) -> str | None:
        """Some ticket of a side that is still taken care of: born there, or a copy that its people see."""
        tracker = self.bench.tracker(which)
        known = [id_ for id_, ticket in tracker.tickets.items() if not ticket.hidden]
        return known[pick % len(known)] if known else None

    @rule(which=sides)
    @precondition(lambda self: len(self.bench.world.born) < 4)
    def open(self, which: Which) -> None:
        self.bench.open(which, priority=PRIORITIES[which][1])

    @rule(which=sides, pick=picks)
    def retitle(self, which: Which, pick: int) -> None:
        if ticket := self.one(which, pick):
            self.bench.set(which, ticket, "title", self.bench.word("title"))

    @rule(which=sides, pick=picks, value=picks)
    def priority(self, which: Which, pick: int, value: int) -> None:
        if ticket := self.one(which, pick):
            self.bench.set(which, ticket, "priority", PRIORITIES[which][value])

    @rule(which=sides, pick=picks, status=st.integers(0, 2))
    def move(self, which: Which, pick: int, status: int) -> None:
        if ticket := self.one(which, pick):
            try:
                self.bench.move(which, ticket, STATUSES[which][status])
            except TransitionError:
                return

    @rule(which=sides, pick=picks, label=st.sampled_from(["checkout", "kiosk", "payment", "own"]), add=st.booleans())
    def label(self, which: Which, pick: int, label: str, add: bool) -> None:
        if ticket := self.one(which, pick):
            self.bench.label(which, ticket, **{"add" if add else "remove": label})

    @rule(which=sides, pick=picks, file=st.booleans())
    def say(self, which: Which, pick: int, file: bool) -> None:
        if ticket := self.one(which, pick):
            self.bench.say(which, ticket, file=self.bench.word("bytes").encode() if file else None)

    @rule(pick=picks, file=st.booleans())
    def whisper(self, pick: int, file: bool) -> None:
        if ticket := self.one(LEFT, pick):
            self.bench.say(LEFT, ticket, private=True, file=self.bench.word("secret").encode() if file else None)

    @rule(pick=picks)
    def attach(self, pick: int) -> None:
        if ticket := self.one(RIGHT, pick):
            self.bench.attach(RIGHT, ticket, self.bench.word("bytes").encode())

    @rule(which=sides, pick=picks)
    def leave(self, which: Which, pick: int) -> None:
        if ticket := self.one(which, pick):
            self.bench.label(which, ticket, remove="customer")

    @rule(which=sides, pick=picks)
    def come_back(self, which: Which, pick: int) -> None:
        if ticket := self.one(which, pick):
            self.bench.label(which, ticket, add="customer")

    @rule(seconds=st.sampled_from([2, 30, 300, 4000]))
    def wait(self, seconds: int) -> None:
        self.bench.wait(seconds)

    @rule(which=sides, pick=picks, seconds=st.sampled_from([0, 100, 2000]))
    def lag(self, which: Which, pick: int, seconds: int) -> None:
        """The search shows a ticket late."""
        if ticket := self.one(which, pick):
            self.bench.tracker(which).late[ticket] = seconds

    # ---- runs

    @rule(wait=st.sampled_from([1, 61, 121]))
    def run(self, wait: int) -> None:
        self.bench.run(wait=wait)

    @rule(dry=st.booleans(), upto=st.sampled_from(list(TASKS)))
    def part_of_a_run(self, dry: bool, upto: str) -> None:
        self.bench.run(dry_run=dry, upto=upto)
        self.bench.revive()

    @rule(commit=st.integers(1, 60))
    def killed(self, commit: int) -> None:
        bench = self.bench

        def reached(number: int) -> None:
            if number == commit:
                bench.kill()

        bench.commits, bench.on_commit = 0, reached
        self.disturbed()

    @rule(call=st.integers(1, 12), error=st.sampled_from([UnavailableError, UnknownOutcomeError]), again=st.booleans())
    def answer_lost(self, call: int, error: type[RetryableError], again: bool) -> None:
        """The so-manieth write fails before it took place, or after it."""
        left = call

        def fail(verb: str, phase: str, item: object) -> None:
            nonlocal left
            left -= verb in ("create", "update", "transition", "comment", "attach")
            if left == 0 and (error is UnknownOutcomeError or phase == "before"):
                left = -1
                raise error("the call failed")

        for tracker in self.bench.world.trackers.values():
            tracker.fail = fail
        self.disturbed(again=again)

    @rule(which=sides, pick=picks, task=st.sampled_from(list(TASKS)), what=st.sampled_from(["title", "say", "move"]))
    def people_in_the_midst(self, which: Which, pick: int, task: str, what: str) -> None:
        def between(name: str) -> None:
            if name == task:
                {"title": self.retitle, "say": self._say, "move": self._solve}[what](which, pick)

        self.bench.between = between
        self.bench.run()
        self.bench.between = lambda name: None

    def _say(self, which: Which, pick: int) -> None:
        if ticket := self.one(which, pick):
            self.bench.say(which, ticket)

    def _solve(self, which: Which, pick: int) -> None:
        if ticket := self.one(which, pick):
            try:
                self.bench.move(which, ticket, STATUSES[which][2])
            except (TransitionError, ClosedError, GoneError):
                return

    def disturbed(self, *, again: bool = False) -> None:
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
        self.bench.revive()

    # ---- the end

    def teardown(self) -> None:
        bench: Any = self.bench
        try:
            bench.revive()
            for tracker in bench.world.trackers.values():
                tracker.late.clear()
            bench.wait(90_000)  # every sweep is due
            bench.run()
            wrong = at_peace(bench)
            assert wrong == [], wrong
        finally:
            bench.store.close()
            self.folder.cleanup()


@pytest.mark.timeout(EXAMPLES * 30)
def test_any_story_ends_well() -> None:
    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
