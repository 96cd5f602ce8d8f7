# SPDX-License-Identifier: Apache-2.0
"""How a command answers: words or one JSON object on stdout, errors in our own words on stderr, an exit code."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import typer

from tandem.errors import ConfigurationError, Problem, SafetyStopError, TandemError

IN_STEP, PROBLEMS, USAGE, WAITS, INTERRUPTED = 0, 1, 2, 3, 130


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say, as words and as an object, and its exit code."""

    data: Mapping[str, Any]
    lines: Iterable[str] = field(default=())
    code: int = IN_STEP


class UsageError(Exception):
    """The command line asks for something that is not there. Exit code 2."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.what, self.fix = what, fix


def finish(as_json: bool, work: Callable[[], Answer]) -> None:
    """Do a command's work and end the process with its answer. No error of ours ever shows a trace."""
    try:
        answer = work()
    except UsageError as error:
        answer = _failed({"error": {"what": error.what, "fix": error.fix}}, [str(error)], USAGE)
    except ConfigurationError as error:
        data = {"problems": [told(one) for one in error.problems]}
        answer = _failed(data, problem_lines(error.problems), PROBLEMS)
    except TandemError as error:
        code = WAITS if isinstance(error, SafetyStopError) else PROBLEMS
        answer = _failed({"error": error_data(error)}, error_lines(error), code)
    except KeyboardInterrupt:
        words = "Interrupted. What was sent is looked up by the next run before anything is repeated."
        answer = _failed({"error": {"what": words}}, [words], INTERRUPTED)
    except Exception as error:  # the last line of defence: a message of others may hold a ticket's text or a secret
        if os.environ.get("TANDEM_TRACEBACK"):
            raise
        answer = _failed({"error": {"what": _fault(error)}}, _fault_lines(error), PROBLEMS)
    else:
        if not as_json:
            for line in answer.lines:
                typer.echo(line)
    if as_json:
        typer.echo(json.dumps(answer.data, ensure_ascii=False, default=str))
    raise typer.Exit(answer.code)


def told(problem: Problem) -> dict[str, Any]:
    """Give a problem as an object."""
    return {
        "code": problem.code,
        "where": problem.where,
        "file": problem.file,
        "line": problem.line,
        "key": problem.key,
        "what": problem.what,
        "fix": problem.fix,
        "warning": problem.warning,
        "handbook": TandemError("", code=problem.code).handbook,
    }


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """Write problems as people read them: numbered, warnings last."""
    every = list(problems)
    real, warnings = [one for one in every if not one.warning], [one for one in every if one.warning]
    lines: list[str] = []
    for number, one in enumerate(real, start=1):
        lines += _block(f"problem {number} of {len(real)}", one)
    for one in warnings:
        lines += _block("warning", one)
    return lines


def error_data(error: TandemError) -> dict[str, Any]:
    """Give an error as an object."""
    return {
        "code": error.code,
        "where": error.where,
        "what": error.what,
        "fix": error.fix.strip(),
        "handbook": error.handbook,
    }


def error_lines(error: TandemError) -> list[str]:
    """Write an error: code, where, what, what to do, where to read on."""
    head = "  ".join(part for part in (error.code, error.where) if part)
    fix = [f"  {error.fix.strip()}"] if error.fix.strip() else []
    return [head, f"  {error.what}", *fix, f"  {error.handbook}"]


def say(text: str) -> None:
    """Say something beside the answer: on stderr."""
    typer.echo(text, err=True)


def _block(head: str, one: Problem) -> list[str]:
    place = f"{one.file}:{one.line}" if one.file and one.line else one.file or one.where
    return ["   ".join(part for part in (head, one.code, place, one.key) if part), f"  {one.what}", f"  {one.fix}"]


def _failed(data: Mapping[str, Any], lines: Iterable[str], code: int) -> Answer:
    for line in lines:
        say(line)
    return Answer({**data, "exit": code}, (), code)


def _fault(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.name} ({frame.filename}:{frame.lineno})"
    return f"Tandem met an error that it does not know: {type(error).__name__} in {place}."


def _fault_lines(error: Exception) -> list[str]:
    fix = "Set TANDEM_TRACEBACK=1 and run it again to see all of it (it may show what is private); please report it."
    return [_fault(error), f"  {fix}"]
