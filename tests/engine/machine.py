# SPDX-License-Identifier: Apache-2.0
"""People and mishaps in any order that hypothesis thinks of; then undisturbed runs, and every law holds.

``TANDEM_EXAMPLES`` says how many stories are told in all settings together: without it, and in CI, the same ones as
long as the code is the same (hypothesis draws on its numbers, too), else fresh ones; ``TANDEM_SEED`` names others. What
once failed is kept in :mod:`engine.stories`. The tests that tell them stand in files of their own, so that workers
share them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from engine.memory_house import TASKS
from engine.play import Play, show
from engine.play_settings import SETTINGS

GIVEN = os.environ.get("TANDEM_EXAMPLES", "")
IN_CI = 3000
EXAMPLES = int(GIVEN) if GIVEN.isdigit() else IN_CI if GIVEN == "all" else 40
SEED = os.environ.get("TANDEM_SEED") or ("CI" if GIVEN == "" or EXAMPLES == IN_CI else secrets.token_hex(4))
STEPS = 8

sides = st.sampled_from(["left", "right"])
picks = st.integers(0, 2)
three = st.integers(0, 2)
labels = st.sampled_from(["checkout", "kiosk", "payment", "own"])


def act(what: str, **how: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One act of a person on a ticket."""
    return st.fixed_dictionaries({"what": st.just(what), "side": sides, "pick": picks, **how})


def saying() -> st.SearchStrategy[dict[str, Any]]:
    return act("say", file=st.booleans(), private=st.booleans())


# What is done most at work stands here several times: of tickets that are gone the laws ask little.
acts = st.one_of(
    act("title"),
    act("title"),
    act("text"),
    act("priority", value=st.integers(0, 3)),
    act("status", value=three),
    act("status", value=three),
    act("label", label=labels, add=st.booleans()),
    saying(),
    saying(),
    saying(),
    saying(),
    act("attach"),
    act("unoffered"),
    act("edit", nth=picks),
    act("edit", nth=picks),
    act("hide", nth=picks),
    act("show", nth=picks),
    act("black_out", nth=picks),
    act("unsay", nth=picks),
    act("leave"),
    act("come_back"),
    act("come_back"),
    act("restrict", on=st.booleans()),
    act("relocate", away=st.booleans()),
    act("close"),
    act("follow_up"),
    act("merge", into=picks),
    act("delete"),
    act("obscure", on=st.booleans()),
    act("obscure", on=st.just(False)),
)


class Company(RuleBasedStateMachine):
    """Two companies at work, with an engine between them that fails now and then."""

    setting = ""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play(self.setting)
        self.once: set[str] = set()  # what is rare and dear: once a story

    @rule(first=acts, second=acts)
    def people(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
        self.play.do("act", **first)
        self.play.do("act", **second)

    @rule(act=acts)
    def one(self, act: Mapping[str, Any]) -> None:
        self.play.do("act", **act)

    @rule(side=sides, silent=st.booleans())
    def open(self, side: str, silent: bool) -> None:
        self.play.do("open", side=side, silent=silent)

    @rule()
    def approve(self) -> None:
        self.play.do("approve")

    @precondition(lambda self: "rotate" not in self.once)
    @rule(commit=st.sampled_from([0, 0, 1, 2, 4]))
    def rotate(self, commit: int) -> None:
        self.once.add("rotate")
        self.play.do("rotate", commit=commit)

    @precondition(lambda self: "relink" not in self.once)
    @rule(lost=st.booleans(), send=st.booleans())
    def relink(self, lost: bool, send: bool) -> None:
        self.once.add("relink")
        self.play.do("relink", lost=lost, send=send or not lost)

    @rule(seconds=st.sampled_from([0.5, 2, 30, 300, 4000]))
    def wait(self, seconds: float) -> None:
        self.play.do("wait", seconds=seconds)

    @rule(side=sides, pick=picks, seconds=st.sampled_from([0, 100, 2000]))
    def lag(self, side: str, pick: int, seconds: float) -> None:
        self.play.do("lag", side=side, pick=pick, seconds=seconds)

    @rule(wait=st.sampled_from([0, 1, 61, 121]), upto=st.sampled_from([*TASKS, "reconcile"]), dry=st.booleans())
    def run(self, wait: float, upto: str, dry: bool) -> None:
        self.play.do("run", wait=wait, upto=upto, dry=dry and upto == "diff")

    @rule(commit=st.integers(1, 60), again=st.booleans())
    def crash(self, commit: int, again: bool) -> None:
        self.play.do("crash", commit=commit, again=again)

    @rule(
        call=st.integers(1, 40),
        what=st.sampled_from(["crash", "lost", "down", "wait", "budget"]),
        again=st.booleans(),
        acts=st.lists(acts, max_size=2),
    )
    def trouble(self, call: int, what: str, again: bool, acts: list[Mapping[str, Any]]) -> None:
        self.play.do("trouble", call=call, what=what, again=again, acts=acts)

    @rule(call=st.integers(1, 40), acts=st.lists(acts, min_size=1, max_size=3))
    def midst(self, call: int, acts: list[Mapping[str, Any]]) -> None:
        self.play.do("trouble", call=call, what="acts", acts=acts)

    @rule(task=st.sampled_from(list(TASKS)), act=acts)
    def between(self, task: str, act: Mapping[str, Any]) -> None:
        self.play.do("between", task=task, act=act)

    def teardown(self) -> None:
        try:
            wrong = self.play.end()
        finally:
            self.play.close()
        if wrong:
            note(show(self.setting, self.play.steps))
        assert wrong == [], wrong


def tell(setting: str) -> None:
    """Tell this setting's share of the stories: others than the next one's."""
    print(f"TANDEM_SEED={SEED}")
    machine = seed(f"{SEED} {setting}")(type("Company", (Company,), {"setting": setting}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, EXAMPLES // len(SETTINGS)),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
