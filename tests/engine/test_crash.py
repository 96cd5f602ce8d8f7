# SPDX-License-Identifier: Apache-2.0
"""A run that ends at any point, and people who act there: nothing is lost, nothing comes twice, no edit is unseen.

Points are every transaction of the state and every call of either tracker. A normal run of the tests takes a part of
them; ``TANDEM_EXAMPLES=all`` takes each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pytest

from engine.laws import at_peace, laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, TASKS, Bench, KilledError, acting
from tandem.core.rules import Which
from tandem.errors import RetryableError, UnavailableError, UnknownOutcomeError
from tandem.pipeline.environment import Job

ALL = os.environ.get("TANDEM_EXAMPLES") == "all"
WRITES = {"create", "update", "transition", "comment", "attach"}
Call = tuple[Which, str, str]  # side, verb, phase
Point = TypeVar("Point")


def create(bench: Bench) -> None:
    """Both sides open a ticket, with all that can hang on one."""
    ticket = bench.open(LEFT, status="open", priority="high")
    bench.say(LEFT, ticket, file=b"first bytes")
    bench.say(LEFT, ticket, private=True, file=b"secret bytes")
    bench.say(LEFT, ticket)
    issue = bench.open(RIGHT, priority="1", labels=("customer", "kiosk"))
    bench.attach(RIGHT, issue, b"second bytes")
    bench.say(RIGHT, issue)


def talk(bench: Bench) -> None:
    """Comments and files both ways, and a private one."""
    ticket, issue = next(iter(bench.twins().items()))
    bench.say(LEFT, ticket)
    bench.say(RIGHT, issue)
    bench.say(LEFT, ticket, private=True)
    bench.say(LEFT, ticket, file=b"third bytes")
    bench.attach(RIGHT, issue, b"fourth bytes")


def steps(bench: Bench) -> None:
    """A status goes along the workflow, step by step; another must be walked to."""
    (first, _), (_, second) = sorted(bench.twins().items())
    bench.move(LEFT, first, "solved")
    bench.move(RIGHT, second, "2")
    bench.move(RIGHT, second, "3")
    bench.move(RIGHT, second, "2")


def clash(bench: Bench) -> None:
    """Fields changed on both sides: labels by element, a title apart, a priority apart."""
    ticket, issue = next(iter(bench.twins().items()))
    bench.label(LEFT, ticket, add="checkout")
    bench.label(RIGHT, issue, add="payment")
    bench.set(LEFT, ticket, "priority", "low")
    bench.set(RIGHT, issue, "priority", "1")
    bench.set(LEFT, ticket, "title", bench.word("title"))
    bench.wait(20)
    bench.set(RIGHT, issue, "title", bench.word("title"))


def retitle(bench: Bench) -> None:
    """One side alone changes a title."""
    bench.set(LEFT, next(iter(bench.twins())), "title", bench.word("title"))


SCENES = [create, talk, steps, clash]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Two tickets, one born on each side, with their twins, at rest."""
    bench = Bench(tmp_path_factory.mktemp("bench"))
    bench.run()
    bench.open(LEFT, status="open", priority="normal")
    bench.open(RIGHT, priority="3")
    assert at_peace(bench) == []
    assert len(bench.twins()) == 2
    return bench


def part(points: Sequence[Point], every: int, start: int = 0) -> Iterable[Point]:
    """Those points that this run of the tests takes."""
    return points if ALL else points[start % every :: every]


def count_points(bench: Bench, scene: Callable[[Bench], None]) -> tuple[object, int, list[Call]]:
    """Play a scene undisturbed: the picture before its run, the number of its transactions, its calls."""
    start = bench.save()
    scene(bench)
    bench.wait()
    picture = bench.save()
    calls: list[Call] = []
    bench.commits = 0
    for which in Which:
        bench.tracker(which).fail = lambda verb, phase, item, which=which: calls.append((which, verb, phase))
    bench.run(wait=0)
    commits = bench.commits
    bench.restore(start)
    return picture, commits, calls


def at_commit(bench: Bench, number: int, act: Callable[[], None]) -> None:
    """Act just before a transaction is committed."""

    def reached(now: int) -> None:
        if now == number:
            act()

    bench.commits, bench.on_commit = 0, reached


def at_call(bench: Bench, number: int, act: Callable[[], None]) -> None:
    """Act at the so-manieth call of any tracker (before and after count apart)."""
    seen = 0

    def reached(verb: str, phase: str, item: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            act()

    for tracker in bench.world.trackers.values():
        tracker.fail = reached


def broken_run(bench: Bench, *, retried: bool = False) -> None:
    """One run, whatever befalls it; ``retried``: the task that failed is tried again, as Airflow does."""
    job = Job(PAIR, f"run-{next(bench.runs)}")
    for name in TASKS:
        for last in (False, True):
            try:
                bench.task(name, job)
                break
            except (KilledError, RetryableError):
                bench.revive()
                if not retried or last:
                    return
    bench.revive()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize("retried", [False, True], ids=["new run", "tried again"])
def test_killed_at_a_transaction(settled: Bench, scene: Callable[[Bench], None], retried: bool) -> None:
    start = settled.save()
    picture, commits, _ = count_points(settled, scene)
    assert commits > 10
    wrong: list[str] = []
    for number in part(range(1, commits + 1), 17, SCENES.index(scene) + 4 * retried):
        settled.restore(picture)
        at_commit(settled, number, settled.kill)
        broken_run(settled, retried=retried)
        wrong += [f"killed at transaction {number}: {what}" for what in at_peace(settled)]
    settled.restore(start)
    assert wrong == []


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize("error", [KilledError, UnavailableError, UnknownOutcomeError])
def test_a_call_fails(settled: Bench, scene: Callable[[Bench], None], error: type[BaseException]) -> None:
    start = settled.save()
    picture, _, calls = count_points(settled, scene)
    if error is UnavailableError:  # nothing was written
        points = [number for number, (_, _, phase) in enumerate(calls, start=1) if phase == "before"]
    else:
        points = [number for number, (_, verb, _) in enumerate(calls, start=1) if verb in WRITES]
    wrong: list[str] = []
    for number in part(points, 12 if error is UnavailableError else 6, SCENES.index(scene)):
        settled.restore(picture)

        def fail() -> None:
            if error is KilledError:
                settled.kill()
            raise error("the call failed")

        at_call(settled, number, fail)
        broken_run(settled, retried=number % 2 == 0)
        wrong += [f"{error.__name__} at {calls[number - 1]}: {what}" for what in at_peace(settled)]
    settled.restore(start)
    assert wrong == []


def last_title(bench: Bench, ticket: str, issue: str) -> object:
    """The title that a person gave last, on either side."""
    told = []
    for which, id_, native in ((LEFT, ticket, "subject"), (RIGHT, issue, "summary")):
        own = bench.tracker(which).account
        entries = bench.tracker(which).tickets[id_].entries
        told += [(entry.at, entry.after) for entry in entries if entry.field == native and entry.author != own]
    return max(told)[1]


@pytest.mark.parametrize("which", list(Which))
@pytest.mark.parametrize("back", [False, True], ids=["another title", "moved back"])
@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "killed"])
def test_an_edit_in_the_midst_of_a_run(settled: Bench, which: Which, back: bool, killed: bool) -> None:
    """Of a title that both change within one run the later one wins, wherever in the run it was written."""
    start = settled.save()
    ticket, issue = next(iter(settled.twins().items()))
    before = settled.get(LEFT, ticket, "title")
    picture, commits, calls = count_points(settled, retitle)
    points = [(at_commit, number) for number in range(1, commits + 1)]
    points += [(at_call, number) for number in range(1, len(calls) + 1)]
    wrong: list[str] = []
    for place, number in part(points, 23, 2 * list(Which).index(which) + back + 5 * killed):
        settled.restore(picture)

        def edit() -> None:
            settled.wait(10)
            with acting(settled.tracker(LEFT)), acting(settled.tracker(RIGHT)):
                id_ = ticket if which is LEFT else issue
                settled.set(which, id_, "title", before if back else settled.word("midst"))
            settled.wait(10)
            if killed:
                settled.kill()

        place(settled, number, edit)
        broken_run(settled)
        point = calls[number - 1] if place is at_call else f"transaction {number}"
        wrong += [f"{point}: {what}" for what in at_peace(settled)]
        last = last_title(settled, ticket, issue)
        if settled.get(LEFT, ticket, "title") != last:
            wrong.append(f"{point}: {last} lost to {settled.get(LEFT, ticket, 'title')}")
    settled.restore(start)
    assert wrong == []


@pytest.mark.parametrize("which", list(Which))
def test_people_act_at_any_call(settled: Bench, which: Which) -> None:
    """A comment, a label, a status and a priority in the midst of a run that writes just these."""
    start = settled.save()
    picture, _, calls = count_points(settled, clash)
    wrong: list[str] = []
    for number in part(range(1, len(calls) + 1), 13, list(Which).index(which)):
        settled.restore(picture)
        ticket, issue = next(iter(settled.twins().items()))
        id_ = ticket if which is LEFT else issue

        def act(id_: str = id_) -> None:
            with acting(settled.tracker(LEFT)), acting(settled.tracker(RIGHT)):
                settled.say(which, id_)
                settled.label(which, id_, add="kiosk")
                settled.label(which, id_, remove="checkout")
                settled.set(which, id_, "priority", "urgent" if which is LEFT else "2")
                settled.move(which, id_, "solved" if which is LEFT else "3")

        at_call(settled, number, act)
        broken_run(settled)
        wrong += [f"{calls[number - 1]}: {what}" for what in at_peace(settled)]
        if "kiosk" not in str(settled.get(LEFT, ticket, "labels")):
            wrong.append(f"{calls[number - 1]}: a label is lost")
    settled.restore(start)
    assert wrong == []


def test_the_laws_can_be_broken(settled: Bench) -> None:
    """What these tests ask for is not there by itself."""
    start = settled.save()
    ticket, issue = next(iter(settled.twins().items()))
    settled.say(LEFT, ticket)
    settled.set(RIGHT, issue, "priority", "1")
    secret = settled.say(LEFT, ticket, private=True)
    settled.tracker(RIGHT).comment(issue, secret, settled.person(RIGHT))
    found = " ".join(laws(settled))
    settled.restore(start)
    assert "0 times at the peer" in found and "priority: 3 / 1" in found and "leaked" in found
