# SPDX-License-Identifier: Apache-2.0
"""How a step of the story is played: people act, a run follows, and the *tracker* is asked what it shows."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from demo.airflow import ENDED, Airflow
from demo.azure_devops import Board
from demo.console import Console
from demo.people import Account, Desk, Seat
from demo.processes import DemoError, wait_until
from demo.sandbox import Sandbox
from demo.servicenow import Post

T = TypeVar("T")
COUNTS = {
    "extract": {"changed": "tickets", "events": "events", "compared": "compared"},
    "map": {"tickets": "tickets", "problems": "misfits"},
    "diff": {"actions": "writes", "conflicts": "conflicts", "quarantined": "quarantined"},
    "load": {
        "create": "creates",
        "update": "updates",
        "status": "status steps",
        "comment": "comments",
        "attach": "files",
    },
    "reconcile": {"waiting": "waiting", "quarantined": "quarantined", "parked": "parked"},
}
"""The tasks of a pair in their order; what is told of the counts that each returns, by the word for several."""
NOTHING = {"extract": "nothing new", "reconcile": "all in step"}
ZENDESK, JIRA, PROJECT = "mercuri-zendesk", "infinity-jira", "SHOP"
SERVICENOW, AZURE_DEVOPS = "infinity-servicenow", "global-azure-devops"
PAIR = f"{ZENDESK}__{JIRA}"
"""Customers' tickets: the pair of which most of the story tells."""
ROOT_CAUSE = f"{JIRA}__{SERVICENOW}"
DEVELOPMENT = f"{SERVICENOW}__global-azure_devops"
PAIRS = (PAIR, ROOT_CAUSE, DEVELOPMENT)
"""From the customer to the developer."""
BACK = PAIRS[::-1]
"""The other way."""
DAG = f"sync__{PAIR}"
INTERVAL = timedelta(minutes=2)
"""Of each pair's schedule."""
SHORT = {PAIR: "", ROOT_CAUSE: " (Jira - ServiceNow)", DEVELOPMENT: " (ServiceNow - Azure DevOps)"}
"""How the reader tells their runs apart."""
RUNS = 3
"""Runs after an act until its effect must be seen: a tracker's export or search may lag behind by one."""


class NotSeenError(Exception):
    """The peer shows something else than expected."""


@dataclass(frozen=True)
class Step:
    """One thing that must be seen at the peer."""

    name: str
    expected: str
    play: Callable[["Play"], str]
    """Acts, lets Tandem run, asks the tracker; returns what was seen. Raises: NotSeenError."""
    needs: Sequence[str] = ()
    """What earlier steps must have found: the names of what :class:`Play` remembers."""


@dataclass
class Outcome:
    """What became of a step, as `build/story.json` has it."""

    step: str
    expected: str
    seen: str
    ok: bool
    seconds: float
    runs: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Play:
    """The story while it is played: who acts, what runs, what is remembered from step to step."""

    console: Console
    sandbox: Sandbox
    airflow: Airflow
    ticket: int = 0
    """Number of the story's ticket in Zendesk."""
    key: str = ""
    """Its twin's key in Jira."""
    incident: str = ""
    """Its twin's number in ServiceNow, as the API has it."""
    item: int = 0
    """Its twin's number in Azure DevOps."""
    quiet: tuple[int, str] = (0, "")
    """Number and key of a second ticket on which nothing is pending."""
    runs: list[tuple[str, str]] = field(default_factory=list)
    """DAG and id of each run of the present step."""
    told: set[tuple[str, str]] = field(default_factory=set)
    """DAG and id of each run of which the reader was told."""
    number: int = 0

    def __post_init__(self) -> None:
        tenants = self.sandbox.tenants
        self.anna = Desk(Account(tenants[ZENDESK], "anna"))
        self.bruno = Desk(Account(tenants[ZENDESK], "bruno"))
        self.elaine = Seat(Account(tenants[JIRA], "elaine"))
        self.omar = Seat(Account(tenants[JIRA], "omar"))
        self.john = Post(Account(tenants[SERVICENOW], "john"))
        self.david = Board(Account(tenants[AZURE_DEVOPS], "david"))
        self.marco = Board(Account(tenants[AZURE_DEVOPS], "marco"))

    def tell(self, text: str) -> None:
        """Says what a person does."""
        self.console.told(text)

    def start(self, *pairs: str) -> None:
        """Switches these pairs' schedules on; what is there before their first runs stays as it is."""
        for pair in pairs:
            self.tell(f"from now on {pair} runs too")
            self.airflow.unpause(dag(pair))
            self.run(pair)

    def run(self, pair: str = PAIR) -> str:
        """One run of a pair through Airflow, waited for; returns its state."""
        return self.watch(self.airflow.trigger(dag(pair)), pair)

    def watch(self, run_id: str, pair: str = PAIR) -> str:
        """Waits for a run that was started, and says what it did."""
        self.runs.append((dag(pair), run_id))
        state = self.airflow.wait(dag(pair), run_id)
        self.told.discard((dag(pair), run_id))  # a backfill runs what had run before, under the same id
        self._tell_runs_until(pair, run_id)
        if state != "success":
            raise NotSeenError(f"run {run_id} of {pair} ended as {state}")
        return state

    def _tell_runs_until(self, pair: str, run_id: str) -> None:
        """Says what this run did, and what others did that ended since the last one was told: the schedule goes on."""
        for run in reversed(self.airflow.runs(dag(pair))):
            name, kind = run["dag_run_id"], run["run_type"]
            known = (dag(pair), name) in self.told
            if known or (name != run_id and (kind != "scheduled" or run["state"] not in ENDED)):
                continue
            self.told.add((dag(pair), name))
            self.number += 1
            label = "run" if kind == "manual" else f"{kind} run"
            self.tell(f"{label} {self.number}{SHORT[pair]}: {self.summary(name, pair)}")

    def summary(self, run_id: str, pair: str = PAIR) -> str:
        """One line on what each task counted."""
        return " | ".join(self._counted(dag(pair), run_id, task) for task in COUNTS)

    def _counted(self, dag_id: str, run_id: str, task: str) -> str:
        result = self.airflow.result(dag_id, run_id, task)
        if not result:
            return f"{task}: {self.airflow.task(dag_id, run_id, task)['state']}"
        sides = (result, result.get("left") or {}, result.get("right") or {})
        numbers = {word: sum(part.get(name) or 0 for part in sides) for name, word in COUNTS[task].items()}
        told = [
            f"{number} {word.removesuffix('s') if number == 1 else word}" for word, number in numbers.items() if number
        ]
        return f"{task}: {', '.join(told) or NOTHING.get(task, 'nothing')}"

    def until(
        self,
        look: Callable[[], T],
        fits: Callable[[T], bool],
        said: Callable[[T], str],
        through: Sequence[str] = (PAIR,),
    ) -> str:
        """Lets these pairs run one after the other until a tracker shows it; returns in words what it shows.

        Raises:
            NotSeenError: it did not show.
        """
        seen = look()
        for _ in range(RUNS):
            for pair in through:
                self.run(pair)
            seen = look()
            if fits(seen):
                return said(seen)
        raise NotSeenError(said(seen))

    def kill_load(self, struck: Callable[[], bool]) -> tuple[str, int]:
        """Kills (SIGKILL) the process of the load task once it hangs; the run that it belonged to, and its number."""
        wait_until(struck, "the load task to be in the middle of its writes", 120, self.airflow.processes)
        for run in self.airflow.runs(DAG):
            if run["state"] != "running":
                continue
            load = self.airflow.task(DAG, run["dag_run_id"], "load")
            ours = {process.pid: process for process in self.airflow.processes.members()}
            if load["state"] == "running" and load["pid"] in ours:
                ours[load["pid"]].kill()
                return str(run["dag_run_id"]), int(load["pid"])
        raise DemoError("no load task of ours is running")

    def backfill(self, since: datetime) -> None:
        """Lets Airflow backfill the last whole interval before `since`, and waits for its run."""
        seconds = INTERVAL.total_seconds()
        start = datetime.fromtimestamp(since.timestamp() // seconds * seconds, UTC) - INTERVAL
        for run_id in self.airflow.backfill(DAG, start, start):
            self.watch(run_id)

    def twin(self, title: str) -> dict[str, Any] | None:
        """The one issue in Jira with this title. Raises: NotSeenError if there are several."""
        found = [issue for issue in self.elaine.issues(PROJECT) if issue["fields"]["summary"] == title]
        if len(found) > 1:
            raise NotSeenError(f"{len(found)} issues are called {title!r}: {', '.join(each['key'] for each in found)}")
        return found[0] if found else None


def dag(pair: str) -> str:
    """The id of a pair's DAG."""
    return f"sync__{pair}"


def tell_story(play: Play, steps: Sequence[Step], file: Path) -> list[Outcome]:
    """Plays all steps, prints and writes each outcome. A step that was not seen does not stop the others."""
    outcomes: list[Outcome] = []
    for step in steps:
        play.runs.clear()
        began = time.monotonic()
        try:
            seen, good = _played(play, step), True
        except (NotSeenError, DemoError) as error:
            seen, good = str(error), False
        outcome = Outcome(step.name, step.expected, seen, good, round(time.monotonic() - began, 1), list(play.runs))
        outcomes.append(outcome)
        file.write_text(json.dumps([asdict(each) for each in outcomes], indent=2))
        play.console.outcome(f"{step.name}: {seen}", good, outcome.seconds)
        if not good:
            explain(play, outcome)
            if not play.key:  # without the twin of the first step there is nothing to look at
                break
    return outcomes


def _played(play: Play, step: Step) -> str:
    missing = [name for name in step.needs if not getattr(play, name)]
    if missing:
        raise NotSeenError(f"not tried: no {' and no '.join(missing)} was seen before")
    return step.play(play)


def explain(play: Play, outcome: Outcome) -> None:
    """Says what to look at after a step that was not seen."""
    play.console.failure(f"       expected: {outcome.expected}")
    play.console.failure(f"       seen:     {outcome.seen}")
    for dag_id, run_id in outcome.runs[-1:]:
        play.console.failure(f"       log:      {play.airflow.log_file(dag_id, run_id)}")
