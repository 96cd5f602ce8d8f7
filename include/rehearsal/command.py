# SPDX-License-Identifier: Apache-2.0
"""``tandem test``: reads scenarios, plays each on a stage of its own, and tells what differs."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from rehearsal.crew import Desk
from rehearsal.kinds import KINDS, address
from rehearsal.play import LogBook, Play
from rehearsal.result import Result
from rehearsal.scenario import Scenario
from rehearsal.stage import Stage, copy_files, edit, open_state
from rehearsal.trackers import in_words, make_world
from sandbox.inside import running
from tandem.cli.out import UsageError, problem_lines, say
from tandem.cli.out import told as problem_data
from tandem.config import yaml
from tandem.config.codes import Code
from tandem.config.load import load_pair
from tandem.config.models import shown
from tandem.config.validate import did_you_mean, validate
from tandem.core.rules import Which
from tandem.errors import ConfigurationError


def read(path: Path) -> tuple[Scenario, yaml.Document]:
    """Read a scenario. Raises: ConfigurationError: with all that is wrong with it."""
    document = yaml.read(path)
    scenario, problems = validate(Scenario, document)
    if scenario is None:
        raise ConfigurationError(problems, where=shown(path))
    return scenario, document


def play(path: Path, root: Path) -> Result:
    """Play one scenario with the files below ``root``.

    Raises:
        ConfigurationError: the scenario or what it plays with cannot be used.
    """
    began = time.monotonic()
    scenario, document = read(path)
    book = LogBook()
    with (
        TemporaryDirectory() as folder,
        _heard(book),
        _on_stage(scenario, document, path, root, Path(folder), book) as play,
    ):
        play.perform()
    return Result(shown(path), scenario.about, play.checks, time.monotonic() - began, book.lines)


@contextmanager
def _on_stage(
    scenario: Scenario, document: yaml.Document, path: Path, root: Path, folder: Path, book: LogBook
) -> Iterator[Play]:
    """Set the stage for a play, and clear it when it is over."""
    copy_files(root, folder)
    name = _pair_name(scenario, document, folder, root)
    for changed, keys in scenario.files.items():
        edit(folder, changed, keys)
    pair = load_pair(folder / "pairs" / f"{name}.yaml", folder / "contracts")
    for side in (pair.left, pair.right):
        if side.system not in KINDS:
            what = f"There is no simulated {side.system}, which {side.name} is at."
            fix = f"Scenarios are played on: {', '.join(sorted(KINDS))}."
            raise ConfigurationError([document.problem(Code.SYSTEM, what, fix, "pair")])
    with ExitStack() as stack:
        try:
            sandbox = stack.enter_context(running(make_world(scenario, pair, path.parent)))
        except (ValidationError, KeyError) as error:
            why = in_words(error) if isinstance(error, ValidationError) else error
            what, key = f"The trackers cannot be made: {why}.", "trackers" if scenario.trackers else "world"
            problem = document.problem(Code.WRONG_VALUE, what, "See `trackers:` and `world:`.", key)
            raise ConfigurationError([problem]) from error
        houses = dict(zip(Which, sandbox.houses.values(), strict=True))
        if scenario.starts is not None:
            sandbox.clock.set(scenario.starts)
        connections = {pair.left.connection: Which.LEFT, pair.right.connection: Which.RIGHT}
        stage = Stage(sandbox, houses, folder, name, open_state(folder), connections)
        stack.callback(stage.store.close)
        sides = {Which.LEFT: pair.left, Which.RIGHT: pair.right}
        crews = {
            which: KINDS[house.tenant.kind].crew(Desk(house, address(house)), sides[which])
            for which, house in houses.items()
        }
        yield Play(scenario, stage, crews, book, document.line_of)


def _pair_name(scenario: Scenario, document: yaml.Document, folder: Path, root: Path) -> str:
    known = sorted(file.stem for file in (folder / "pairs").glob("*.yaml"))
    if scenario.pair is None and len(known) == 1:
        return known[0]
    if scenario.pair in known:
        return str(scenario.pair)
    if not known:
        what, fix = f"There is no pair below {root}.", "Name the folder with contracts/ and pairs/: --root FOLDER."
    elif scenario.pair:
        what, fix = f"There is no pair `{scenario.pair}`.", did_you_mean(scenario.pair, known)
    else:
        what = f"There are {len(known)} pairs, and it does not say which it is for."
        fix = f"Add `pair:` with one of: {', '.join(known)}."
    raise ConfigurationError([document.problem(Code.NO_SUCH_FILE, what, fix, "pair")])


@contextmanager
def _heard(book: LogBook) -> Iterator[None]:
    """While it lasts, all that Tandem says is kept, and nothing of it goes to the console."""
    log = logging.getLogger("tandem")
    before = log.level, log.propagate
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(book)
    try:
        yield
    finally:
        log.removeHandler(book)
        log.setLevel(before[0])
        log.propagate = before[1]


def test(root: Path, files: Sequence[Path], *, verbose: bool = False) -> tuple[Mapping[str, Any], list[str], int]:
    """Play scenarios: an object, words, and the exit code: 0 as expected, 1 something differs, 2 not to be played."""
    told: list[Mapping[str, Any]] = []
    lines: list[str] = []
    code = 0
    every = _scenarios(files)
    for number, path in enumerate(every, start=1):
        if len(every) > 1 and sys.stderr.isatty():
            say(f"[{number}/{len(every)}] {shown(path)}")
        try:
            result = play(path, root)
        except ConfigurationError as error:
            code = 2
            told.append(
                {"file": shown(path), "passed": False, "problems": [problem_data(one) for one in error.problems]}
            )
            lines += [f"{shown(path)}: cannot be played", *problem_lines(error.problems)]
            continue
        code = max(code, 0 if result.passed else 1)
        told.append(result.data())
        lines += result.lines(verbose=verbose)
    passed = sum(bool(one["passed"]) for one in told)
    lines.append(f"{passed} of {len(told)} scenarios as expected")
    return {"scenarios": told, "passed": passed, "exit": code}, lines, code


def _scenarios(files: Sequence[Path]) -> list[Path]:
    """Those named, and all that lie in a folder that is named. Raises: UsageError."""
    found: list[Path] = []
    for file in files:
        inside = [one for one in sorted(file.glob("*.yaml")) if not _is_world(one)] if file.is_dir() else [file]
        if not inside or not all(one.is_file() for one in inside):
            what = f"There is no scenario in {file}." if file.is_dir() else f"There is no scenario {file}."
            raise UsageError(what, "Name a file, or a folder that holds *.yaml.")
        found += inside
    return found


def _is_world(file: Path) -> bool:
    """Tell the sandbox's own files, which may stand beside scenarios that name them."""
    return "tenants" in (yaml.read(file).value or {})
