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
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.memory_house import LEFT, PAIR, RIGHT, TASKS, Bench, KilledError, World, acting, aged, in_scope, laws
from engine.play_laws import later_laws
from tandem.connectors.base import FieldInfo
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Kind, Tracker
from tandem.core.rules import Which
from tandem.errors import (
    BudgetError,
    ClosedError,
    GoneError,
    RateLimitedError,
    RetryableError,
    TransitionError,
    UnavailableError,
    UnknownOutcomeError,
)
from tandem.pipeline.environment import Job

Step = tuple[str, Mapping[str, Any]]
WRITES = ("create", "update", "transition", "comment", "attach")
PRIORITIES = {LEFT: ["urgent", "high", "normal", "low"], RIGHT: ["1", "2", "3", "4"]}
STATUSES = {LEFT: ["open", "pending", "solved"], RIGHT: ["1", "2", "3"]}
UNOFFERED = {LEFT: "custom_field_9", RIGHT: "customfield_9"}
WORDS = re.compile(rb"(?:title|text|say|secret|file|bytes)-\d{5}")  # what Bench.word makes: all of it is sealed


@dataclass(frozen=True)
class Setting:
    """Two trackers and the pair's rules. ``step``: seconds that each change takes on the trackers' clocks."""

    left: Kind = ZENDESK_LIKE
    right: Kind = JIRA_LIKE
    pair: Mapping[str, Any] = field(default_factory=dict)
    step: float = 1.0
    house_rules: bool = False


SETTINGS: Mapping[str, Setting] = {
    # A board with a workflow and stamps of milliseconds, a desk with stamps of seconds: several acts in each second.
    "desk and board": Setting(pair={"on_return": "send"}, step=0.3),
    # Both have stamps of seconds, and house rules that answer to what is written.
    "whole seconds": Setting(
        left=replace(ZENDESK_LIKE, answers=False),
        right=aged(JIRA_LIKE, version_resolution=1.0, clock=1.0),
        step=0.24,
        house_rules=True,
    ),
    # Both refuse what is stale; the board's files ride in comments, and it answers what it took.
    "compare and set": Setting(
        left=aged(ZENDESK_LIKE, version_resolution=0.001, clock=0.001, compare_and_set=True),
        right=replace(
            aged(JIRA_LIKE, compare_and_set=True, files_in_comments=True, private_comments=True),
            stamped=True,
            answers=True,
        ),
        pair={"on_return": "send"},
        step=0.7,
        house_rules=True,
    ),
    # Neither side tells who changed which field when: what both changed is the board's to say.
    "no history": Setting(
        left=aged(ZENDESK_LIKE, history=False),
        right=aged(JIRA_LIKE, history=False),
        pair={"on_return": "send", "conflicts": {"default": "right", "priority": "left"}},
    ),
}


_FOLDERS: list[TemporaryDirectory[str]] = []  # of the benches that stories begin from: gone when the process ends


def _with_unoffered(kind: Kind, name: str) -> Kind:
    return replace(kind, fields={**kind.fields, name: FieldInfo(name, name, "text")})


def _urgent_when_paid(tracker: Tracker, ticket: str) -> None:
    """A desk's automation: whoever adds the label ``payment`` makes it urgent."""
    found = tracker.tickets[ticket]
    last = found.entries[-1] if found.entries else None
    if last and last.field == "tags" and "payment" in (last.after or []) and "payment" not in (last.before or []):  # type: ignore[operator]
        tracker.change(ticket, {"priority": "urgent"}, tracker.robot)


def _kiosk_when_done(tracker: Tracker, ticket: str) -> None:
    """A board's automation: what is done gets the label ``kiosk``."""
    found = tracker.tickets[ticket]
    last = found.entries[-1] if found.entries else None
    if last and last.field == "status" and last.after == "3":
        labels = found.fields["labels"]
        tracker.change(ticket, {"labels": sorted({*map(str, labels or []), "kiosk"})}, tracker.robot)  # type: ignore[arg-type]


@cache
def _begun(name: str) -> tuple[Bench, tuple[World, bytes]]:
    """A bench of a setting, with a ticket on both sides at rest: each story begins there."""
    setting = SETTINGS[name]
    kinds = {
        "left": _with_unoffered(setting.left, UNOFFERED[LEFT]),
        "right": _with_unoffered(setting.right, UNOFFERED[RIGHT]),
    }
    _FOLDERS.append(TemporaryDirectory())
    bench = Bench(Path(_FOLDERS[-1].name), pair=setting.pair, kinds=kinds)
    bench.run()
    bench.open(LEFT, status="open", priority="high")
    bench.quiet()
    if setting.house_rules:
        bench.tracker(LEFT).rules.append(_urgent_when_paid)
        bench.tracker(RIGHT).rules.append(_kiosk_when_done)
    bench.world.clock.step = timedelta(seconds=setting.step)
    return bench, bench.save()


class Play:
    """One story."""

    def __init__(self, setting: str) -> None:
        self.setting = SETTINGS[setting]
        self.bench, picture = _begun(setting)
        self.bench.restore(picture)
        self.bench.between = lambda task: None
        self.steps: list[Step] = []
        self.strayed: set[tuple[Which, str]] = set()  # were out of scope, closed or hidden at some time
        self.secret: list[tuple[Which, str]] = []  # words that may never leave a side
        self.silent: set[tuple[Which, str]] = set()  # tickets of which nothing may leave, ever
        self.told: list[str] = []
        self.wrong: list[str] = []
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

    def ticket(self, which: Which, pick: int) -> str | None:
        """Some ticket of a side that its people see; of those kept silent, none."""
        tickets = self.bench.tracker(which).tickets
        known = [id_ for id_, one in tickets.items() if not one.hidden and (which, id_) not in self.silent]
        return known[pick % len(known)] if known else None

    def do_act(self, what: str, side: str, pick: int = 0, **how: Any) -> None:
        """A person does something to a ticket; what the tracker does not let them is left."""
        which = Which(side)
        ticket = self.ticket(which, pick)
        if ticket is None:
            return
        left, right = (self.bench.tracker(one) for one in Which)
        with acting(left), acting(right), suppress(TransitionError, ClosedError, GoneError):
            getattr(self, f"act_{what}")(which, ticket, **how)
        self._note_strays()

    def _note_strays(self) -> None:
        for which in Which:
            for id_ in self.bench.tracker(which).tickets:
                if not in_scope(self.bench, which, id_):
                    self.strayed.add((which, id_))

    def act_title(self, which: Which, ticket: str) -> None:
        self.bench.set(which, ticket, "title", self.bench.word("title"))

    def act_priority(self, which: Which, ticket: str, value: int) -> None:
        self.bench.set(which, ticket, "priority", PRIORITIES[which][value])

    def act_status(self, which: Which, ticket: str, value: int) -> None:
        self.bench.move(which, ticket, STATUSES[which][value])

    def act_close(self, which: Which, ticket: str) -> None:
        self.bench.move(which, ticket, "closed" if which is LEFT else "3")

    def act_label(self, which: Which, ticket: str, label: str, add: bool) -> None:
        self.bench.label(which, ticket, **{"add" if add else "remove": label})

    def act_say(self, which: Which, ticket: str, file: bool = False, private: bool = False) -> None:
        if private and not self.bench.tracker(which).kind.capabilities.private_comments:
            return
        inside, linked = in_scope(self.bench, which, ticket), ticket in self._linked(which)
        done = len(self.bench.world.deeds)
        content = self.bench.word("secret" if private else "bytes").encode() if file else None
        self.bench.say(which, ticket, private=private, file=content)
        if inside or private:
            return
        deeds = self.bench.world.deeds
        if not linked:  # it goes with the create if the ticket ever comes in, and not otherwise: either is right
            del deeds[done:]
        elif self.setting.pair.get("on_return") != "send":  # made outside, it never goes
            deeds[done:] = [replace(deed, private=True) for deed in deeds[done:]]

    def _linked(self, which: Which) -> set[str]:
        twins = self.bench.twins()
        return set(twins) if which is LEFT else set(twins.values())

    def act_attach(self, which: Which, ticket: str) -> None:
        if self.bench.tracker(which).kind.capabilities.files_in_comments or not in_scope(self.bench, which, ticket):
            return
        self.bench.attach(which, ticket, self.bench.word("bytes").encode())

    def act_unoffered(self, which: Which, ticket: str) -> None:
        word = self.bench.word("secret")
        self.secret.append((which, word))
        self.bench.set(which, ticket, UNOFFERED[which], word)

    def act_leave(self, which: Which, ticket: str) -> None:
        self.bench.label(which, ticket, remove="customer")

    def act_come_back(self, which: Which, ticket: str) -> None:
        self.bench.label(which, ticket, add="customer")

    def act_restrict(self, which: Which, ticket: str, on: bool) -> None:
        if which is RIGHT:
            self.bench.set(RIGHT, ticket, "security", "1" if on else None)

    def act_relocate(self, which: Which, ticket: str, away: bool) -> None:
        if which is RIGHT and self.bench.get(RIGHT, ticket, "project") != ("OPS" if away else "SHOP"):
            self.bench.tracker(RIGHT).relocate(ticket, "OPS" if away else "SHOP", self.bench.person(RIGHT))

    def do_open(self, side: str, silent: bool = False) -> None:
        """Open a ticket; a silent one is of those that may never leave: out of scope left, restricted right."""
        which, bench = Which(side), self.bench
        if len(bench.world.born) > 3:
            return
        with acting(bench.tracker(LEFT)), acting(bench.tracker(RIGHT)):
            if not silent:
                bench.open(which, priority=PRIORITIES[which][1])
                return
            words = {name: bench.word("secret") for name in ("title", "description")}
            restricted: dict[str, Any] = {"security": "1"} if which is RIGHT else {}
            labels = ("customer",) if which is RIGHT else ("internal",)
            ticket = bench.open(which, labels=labels, **words, **restricted)
            body = bench.word("secret")
            bench.tracker(which).comment(ticket, body, bench.person(which))
        self.silent.add((which, ticket))
        self.secret += [(which, word) for word in (*words.values(), body)]

    def do_wait(self, seconds: float) -> None:
        self.bench.wait(seconds)

    def do_lag(self, side: str, pick: int, seconds: float) -> None:
        """A side's search shows a ticket late, later than it promises."""
        if ticket := self.ticket(Which(side), pick):
            self.bench.tracker(Which(side)).late[ticket] = seconds

    # ---- runs

    def do_run(self, wait: float = 121, upto: str = "reconcile", dry: bool = False) -> None:
        """A run that nothing disturbs; or a part of one, whose process then ends."""
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
                self.do_act(**act)
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
        self.bench.between = lambda name: self.do_act(**act) if name == task else None
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
            bench.run()
        before = bench.changes()
        bench.run()
        wrong = laws(bench)
        if bench.changes() != before:
            wrong.append("a third undisturbed run wrote")
        return wrong + later_laws(bench, self.strayed, self.secret, self.told, WORDS)


def show(setting: str, steps: Sequence[Step]) -> str:
    """A story as it is kept."""
    lines = "".join(f"            ({name!r}, {dict(how)!r}),\n" for name, how in steps)
    return f"    Story(\n        {setting!r},\n        [\n{lines}        ],\n    ),"
