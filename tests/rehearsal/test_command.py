# SPDX-License-Identifier: Apache-2.0
"""The command that plays scenarios: what it says, where, and with which exit code; and what may stand in a scenario."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from rehearsal.reference import pages
from rehearsal.scenario import Scenario
from tandem.cli import app
from tandem.config.reference import schema
from tandem.config.yaml import read

ROOT = Path(__file__).parents[2]
GOOD = """\
about: A ticket of a customer's is made at the other side.
play:
  - create: {ticket: crash, at: left, fields: {subject: Crash, tags: [customer]}}
  - run: quiet
  - expect:
      twins: 1
      show:
        - {ticket: crash, at: right, fields: {summary: Crash}}
pair: mercuri-zendesk__infinity-jira
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "one.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def play(*files: Path | str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["test", *map(str, files), "--root", str(ROOT / "include")])
    return said.exit_code, said.stdout, said.stderr


def said_of(file: Path, root: Path) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["test", str(file), "--root", str(root)])
    return said.exit_code, said.stdout, said.stderr


def test_a_scenario_that_comes_as_expected_needs_no_world(tmp_path: Path) -> None:
    """The trackers are made from the contracts: their projects, fields, choices, statuses, people."""
    code, out, _ = play(written(tmp_path, GOOD))
    assert (code, out.splitlines()[-1]) == (0, "1 of 1 scenarios as expected"), out


def test_what_differs_is_told_with_its_line(tmp_path: Path) -> None:
    code, out, _ = play(written(tmp_path, GOOD.replace("{summary: Crash}", "{summary: Crush}")))
    assert code == 1
    assert "one.yaml:8  crash at the right side: summary" in out
    assert "expected  Crush" in out
    assert "seen      Crash" in out


def test_json_holds_every_look(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD.replace("twins: 1", "twins: 2"))
    said = CliRunner().invoke(app, ["test", str(file), "--json", "--root", str(ROOT / "include")])
    told = json.loads(said.stdout)
    assert (said.exit_code, told["exit"], told["passed"]) == (1, 1, 0)
    [one] = [check for check in told["scenarios"][0]["checks"] if not check["passed"]]
    assert (one["line"], one["expected"], one["seen"]) == (6, 2, 1)


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("about", "abuot", 1, "There is no key `abuot` here."),
        ("ticket: crash, at: left", "ticket: crash, at: letf", 3, "`letf` is not one of: left, right."),
        ("  - run: quiet", "  - run: quick", 4, "`quick` cannot stand here."),
        ("  - run: quiet", "  - {run: quiet, mark: here}", 4, "A step has one key; this has mark, run."),
        ("twins: 1", "twin: 1", 6, "There is no key `twin` here."),
        ("mercuri-zendesk__infinity-jira", "acme__globex", 9, "There is no pair `acme__globex`."),
        ("twins: 1", "check: [{cod: TDM-225}]", 6, "There is no key `cod` here."),
        ("play:", "trackers: {left: {settings: {lag: 1}}}\nplay:", 2, "there is no setting `lag`"),
    ],
)
def test_what_is_wrong_in_a_scenario_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    code, out, _ = play(written(tmp_path, GOOD.replace(old, new, 1)))
    assert code == 2
    assert what in out
    assert f"one.yaml:{line} " in out


def test_which_pair_is_meant_must_be_said_where_there_are_several(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD.replace("pair: mercuri-zendesk__infinity-jira\n", ""))
    said = CliRunner().invoke(app, ["test", str(file), "--json", "--root", str(ROOT / "include")])
    [problem] = json.loads(said.stdout)["scenarios"][0]["problems"]
    assert (said.exit_code, problem["code"], problem["key"]) == (2, "TDM-218", "pair")
    assert "Add `pair:` with one of: infinity-jira__infinity-servicenow" in problem["fix"]
    assert problem["handbook"] == "docs/handbook/TDM-218.md"
    (tmp_path / "empty").mkdir()
    code, out, _ = said_of(file, tmp_path / "empty")
    assert code == 2 and "--root" in out


def test_a_tracker_that_cannot_be_simulated_is_told(tmp_path: Path) -> None:
    pair = "nordwind-redmine__nordwind-request_tracker"
    file = written(tmp_path, GOOD.replace("mercuri-zendesk__infinity-jira", pair))
    code, out, _ = said_of(file, ROOT / "docs" / "examples")
    assert code == 2
    assert "There is no simulated redmine" in out and "jira, servicenow, zendesk" in out


def test_a_folder_plays_all_scenarios_in_it_and_no_world_file(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("play:", "world: other.yaml\nplay:"))
    story = (ROOT / "include" / "sandbox" / "worlds" / "story.yaml").read_text(encoding="utf-8")
    (tmp_path / "other.yaml").write_text(story, encoding="utf-8")
    code, out, _ = play(tmp_path)
    assert (code, out.splitlines()[-1]) == (0, "1 of 1 scenarios as expected"), out
    (tmp_path / "none").mkdir()
    code, _, err = play(tmp_path / "none")
    assert code == 2 and "There is no scenario in" in err


def test_what_check_says_can_be_expected(tmp_path: Path) -> None:
    wrong = "  - change: {file: contracts/infinity-jira, set: {fields: {priority: {map: {1: Hihgest}}}}}\n"
    text = GOOD.replace("  - expect:\n      twins: 1", wrong + "  - expect:\n      check: [TDM-225]")
    assert play(written(tmp_path, text))[0] == 0
    code, out, _ = play(written(tmp_path, text.replace("[TDM-225]", "[]")))
    assert code == 1
    assert "one.yaml:7  what check says" in out and "fields.priority.map.1" in out


def test_a_list_of_wrong_things_is_not_called_empty(tmp_path: Path) -> None:
    text = "about: One step, and it is wrong.\nplay:\n  - run: {kill: {task: laod}}\n"
    code, out, _ = play(written(tmp_path, text))
    assert (code, out.count("TDM-215")) == (2, 1), out
    assert "Did you mean `load`?" in out


def test_settings_that_do_not_fit_in_mid_play_are_told_with_their_line(tmp_path: Path) -> None:
    text = GOOD.replace("  - run: quiet", "  - settings: {at: right, change: {lag: 1}}")
    code, out, _ = play(written(tmp_path, text))
    assert code == 1
    assert "one.yaml:4" in out and "there is no setting `lag`" in out


def test_an_act_that_the_tracker_refuses_is_told_and_ends_the_play(tmp_path: Path) -> None:
    text = GOOD.replace("tags: [customer]", "tags: [customer], priority: enormous")
    code, out, _ = play(written(tmp_path, text))
    assert code == 1
    assert "one.yaml:3" in out
    assert "422" in out


def test_a_scenario_that_is_not_there_is_a_matter_of_usage(tmp_path: Path) -> None:
    code, _, err = play(tmp_path / "none.yaml")
    assert code == 2
    assert "There is no scenario" in err


def test_reference_and_schema_are_up_to_date() -> None:
    stale = [name for name, text in pages().items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run: python -m rehearsal.reference"


@pytest.mark.parametrize("file", sorted((ROOT / "tests" / "scenarios").rglob("*.yaml")), ids=lambda file: file.stem)
def test_editors_accept_our_scenarios(file: Path) -> None:
    described = schema(Scenario)
    jsonschema.Draft202012Validator.check_schema(described)
    jsonschema.validate(read(file).value, described)
