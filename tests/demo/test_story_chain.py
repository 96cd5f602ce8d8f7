# SPDX-License-Identifier: Apache-2.0
"""The story over four trackers, three companies and three pairs, told step by step without Airflow between the runs.

`make story` plays the same steps through a real Airflow; here each run is `tandem run` on the very files of the story.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from demo.console import Console
from demo.people import plain
from demo.play import AZURE_DEVOPS, JIRA, PAIR, PAIRS, PROJECT, SERVICENOW, ZENDESK, Play, Step, tell_story
from demo.processes import Processes
from demo.sandbox import Sandbox
from demo.story import STEPS
from demo.story_chain import CHAIN, WORK_NOTE
from support.sandbox import INCLUDE
from tandem.cli import app
from tandem.state.vault import new_keys

OPENING = ("ticket created", "comment seen in Jira", "comment seen in Zendesk", "status open seen in Jira")


class CommandLine:
    """Runs pairs by `tandem run` and answers what a play asks of Airflow. Between two runs some seconds go by."""

    def __init__(self, control: str) -> None:
        self._control = control
        self._told: dict[str, list[dict[str, Any]]] = {}
        self._numbers = count(1)

    def unpause(self, dag_id: str) -> None:
        self._told.setdefault(dag_id, [])

    def trigger(self, dag_id: str) -> str:
        requests.post(f"{self._control}/clock", json={"advance": 3, "tenant": None}, timeout=10).raise_for_status()
        said = CliRunner().invoke(app, ["run", dag_id.removeprefix("sync__"), "--json"])
        run = {"dag_run_id": f"run-{next(self._numbers)}", "run_type": "manual", "counts": json.loads(said.stdout)}
        run["state"] = "success" if said.exit_code in (0, 3) else said.output
        self._told.setdefault(dag_id, []).append(run)
        return str(run["dag_run_id"])

    def wait(self, dag_id: str, run_id: str) -> str:
        return next(str(run["state"]) for run in self._told[dag_id] if run["dag_run_id"] == run_id)

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return self._told[dag_id][::-1]

    def result(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        return {}

    def task(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        return {"state": self.wait(dag_id, run_id)}

    def log_file(self, dag_id: str, run_id: str) -> Path:
        return Path(dag_id, run_id)


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    folder = tmp_path_factory.mktemp("story")
    processes = Processes(folder)
    content, hashing = new_keys()
    try:
        sandbox = Sandbox.start(folder, processes)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {
                **sandbox.connections(),
                "TANDEM_ROOT": str(INCLUDE),
                "TANDEM_DB": f"sqlite:///{folder / 'state.db'}",
                "TANDEM_CONTENT_KEYS": content,
                "TANDEM_HASH_KEY": hashing,
            }.items():
                patch.setenv(name, value)
            projects = sandbox.settings(JIRA)["projects"]  # with internal comments, for work notes to be shown in
            sandbox.change(JIRA, projects={**projects, PROJECT: {**projects[PROJECT], "service_desk": True}})
            yield Play(Console(), sandbox, CommandLine(sandbox.control))
    finally:
        processes.end_all()


def test_each_pair_of_the_story_is_right_at_its_trackers(play: Play) -> None:
    for pair in PAIRS:
        said = CliRunner().invoke(app, ["check", pair])
        assert said.exit_code == 0, said.output


def test_nobody_acts_on_what_no_earlier_step_has_seen(play: Play, tmp_path: Path) -> None:
    before = {tracker: play.sandbox.last_request(tracker) for tracker in (ZENDESK, JIRA, SERVICENOW, AZURE_DEVOPS)}
    (note,) = (step for step in CHAIN if step.name == "question over two trackers")
    (outcome,) = tell_story(play, [note], tmp_path / "story.json")
    assert (outcome.ok, outcome.seen) == (False, "not tried: no incident was seen before")
    assert {tracker: play.sandbox.last_request(tracker) for tracker in before} == before


def test_all_steps_are_seen(play: Play, tmp_path: Path) -> None:
    steps: list[Step] = [*(step for step in STEPS if step.name in OPENING), *CHAIN]
    play.run(PAIR)
    outcomes = tell_story(play, steps, tmp_path / "story.json")
    assert [(one.step, one.seen) for one in outcomes if not one.ok] == []
    assert len(outcomes) == len(steps)
    noted = [each["jsdPublic"] for each in play.elaine.comments(play.key) if WORK_NOTE in plain(each["body"])]
    assert noted == [False]  # Infinity shows the note to its own Jira, and nobody beyond it sees it
    before = {tracker: play.sandbox.last_request(tracker) for tracker in (ZENDESK, JIRA, SERVICENOW, AZURE_DEVOPS)}
    for pair in (*PAIRS, *PAIRS):  # at rest: whatever the order, nothing is written any more
        play.run(pair)
    wrote = {
        f"{one['method']} {one['path']}"
        for tracker, last in before.items()
        for one in play.sandbox.requests(tracker, last)
        if one["method"] in ("PUT", "PATCH", "DELETE")
    }
    assert wrote == set()
    sent = [f"{one['query']} {one['body']}" for at in (ZENDESK, AZURE_DEVOPS) for one in play.sandbox.requests(at)]
    assert not [text for text in sent if WORK_NOTE in text]
