# SPDX-License-Identifier: Apache-2.0
"""Connect: join tickets that exist at both sides, row by row of a list. Nothing is written to a tracker by it.

All that is wrong with the list is told at once, by its lines, and then nothing is joined. Fields that differ wait for a
choice. A row that is joined already stays as it is, so that a list can be connected again.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from tandem.core.rules import Which
from tandem.errors import ConfigurationError, Problem
from tandem.pipeline.environment import End, Environment, Job, Run
from tandem.pipeline.extract import preflight
from tandem.pipeline.joining import Difference, Seen, Sides, differences, join, prefer, read_tickets, twins, words_of
from tandem.pipeline.matching import matched
from tandem.pipeline.tasks import command
from tandem.state import actions, joins, links, records
from tandem.state.records import Happened
from tandem.state.store import Tx

Choice = Literal["left", "right", "hold"]
CHOICES: tuple[str, ...] = get_args(Choice)
BAD_ROW, NOT_ONE_TO_ONE, NOT_JOINABLE = "TDM-320", "TDM-321", "TDM-322"
TOGETHER = 100  # rows joined in one transaction


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: the keys of the two tickets, and who is right where they differ."""

    line: int
    left: str
    right: str
    choice: str = ""

    def key(self, which: Which) -> str:
        """The key at a side."""
        return self.left if which is Which.LEFT else self.right


@dataclass(frozen=True, slots=True)
class Open:
    """A field that differs, and nobody has said yet who is right."""

    row: Row
    difference: Difference


@dataclass(frozen=True, slots=True)
class Connected:
    """What became of a list. With ``open`` nothing was joined."""

    joined: tuple[Row, ...] = ()
    already: tuple[Row, ...] = ()
    open: tuple[Open, ...] = ()


@dataclass
class Found:
    """What the rows of a list came to, as far as they can be joined."""

    problems: list[Problem] = field(default_factory=list)
    already: list[Row] = field(default_factory=list)
    sides: dict[Row, Sides] = field(default_factory=dict)


def read_rows(text: str, file: str) -> list[Row]:
    """Read a list: left key, right key and, if wanted, ``left``, ``right`` or ``hold``; a line of headings may lead.

    Raises:
        ConfigurationError: lines cannot be read, or do not join one to one; all problems at once.
    """
    lines = text.splitlines()
    mark = max(",;\t", key=lambda sign: lines[0].count(sign)) if lines else ","
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, cells in enumerate(csv.reader(lines, delimiter=mark), start=1):
        told = [cell.strip().removeprefix("#") for cell in cells]
        if not any(told) or (not rows and [cell.lower() for cell in told[:2]] == ["left", "right"]):
            continue
        left, right, choice = [*told, "", ""][:3]
        if not (left and right) or len(told) > 3:
            fix = "Write the left ticket's key, a comma, and the right ticket's key."
            problems.append(Problem(BAD_ROW, "The line does not hold two keys.", fix, file=file, line=number))
        elif choice and choice.lower() not in CHOICES:
            fix = "Write left, right or hold in the third column, or nothing."
            problems.append(Problem(BAD_ROW, f"`{choice}` is no choice.", fix, file=file, line=number))
        else:
            rows.append(Row(number, left, right, choice.lower()))
    problems += _many(rows, {which: {row: row.key(which) for row in rows} for which in Which}, file)
    if problems:
        raise ConfigurationError(problems)
    return rows


def connect(job: Job, env: Environment, rows: Sequence[Row], file: str, choice: str = "") -> Connected:
    """Join the rows' tickets. ``choice`` decides where a row does not.

    Raises:
        ConfigurationError: something is wrong with the list, or with the pair's files; all problems at once.
        LeaseHeldError: a run of the pair is at work.
    """
    with command(job, env, "connect") as run:
        for end in run.ends.values():
            preflight(run, end)
        found = _look(run, rows, file)
        if found.problems:
            raise ConfigurationError(sorted(found.problems, key=lambda one: one.line or 0))
        apart = {row: differences(run, sides) for row, sides in found.sides.items()}
        undecided = [Open(row, one) for row, many in apart.items() if not (row.choice or choice) for one in many]
        if undecided:
            return Connected(already=tuple(found.already), open=tuple(undecided))
        todo = list(found.sides)
        for some in records.chunks(todo, TOGETHER):
            with run.store.begin(run.fence) as tx:
                for row in some:
                    _join_row(tx, run, found.sides[row], apart[row], row.choice or choice)
            env.progress("connect", todo.index(some[-1]) + 1, len(todo))
        return Connected(tuple(todo), tuple(found.already))


def _look(run: Run, rows: Sequence[Row], file: str) -> Found:
    """Read all tickets of the list, and judge each row."""
    found = Found()
    seen = {which: _read(end, [row.key(which) for row in rows]) for which, end in run.ends.items()}
    ids = {
        which: {row: own[key].record.id for row in rows if (key := row.key(which)) in own}
        for which, own in seen.items()
    }
    found.problems += _many(rows, ids, file)
    with run.store.read() as tx:
        linked = {which: links.link_of(tx, run.name, which, ids[which].values()) for which in Which}
        all_links = links.links(tx, run.name, ids={of for own in linked.values() for of in own.values()})
        making = {one.link for one in actions.in_state(tx, run.name, ["sent"])}
        making |= {one.link for one in actions.unsettled(tx, run.name)}
    for row in rows:
        missing = [run.end(which).offer.name for which in Which if row.key(which) not in seen[which]]
        for name in missing:
            key = row.left if name == run.end(Which.LEFT).offer.name else row.right
            what = f"{key} cannot be read, or is out of scope."
            fix = f"See that our account may read it and that it is in the scope of {name}, or take the line out."
            found.problems.append(Problem(NOT_JOINABLE, what, fix, where=name, file=file, line=row.line))
        if missing:
            continue
        of = {which: linked[which].get(ids[which][row]) for which in Which}
        own = {which: all_links[id_] for which, id_ in of.items() if id_ is not None}
        if len(own) == 2 and of[Which.LEFT] == of[Which.RIGHT]:
            found.already.append(row)
            continue
        for which, link in own.items():
            if link.lone is None or link.id in making:
                other = link.members.get(which.other)
                what = f"{row.key(which)} is joined to {other.key}." if other else f"{row.key(which)} is being copied."
                fix = "Take the line out; or, if the copy is on its way, run the pair and look again."
                where = run.end(which).offer.name
                found.problems.append(Problem(NOT_JOINABLE, what, fix, where=where, file=file, line=row.line))
        found.sides[row] = {which: seen[which][row.key(which)] for which in Which}
    return found


def _read(end: End, keys: Iterable[str]) -> dict[str, Seen]:
    """Read tickets by their keys; one that has another key by now is asked for alone."""
    wanted = list(dict.fromkeys(keys))
    read = read_tickets(end, wanted)
    by_key = {name: seen for seen in read.values() for name in (seen.record.id, seen.record.key)}
    for key in wanted:
        if key not in by_key:
            for seen in read_tickets(end, [key]).values():
                by_key[key] = seen
    return by_key


def _many(rows: Iterable[Row], names: Mapping[Which, Mapping[Row, str]], file: str) -> list[Problem]:
    """Links are one to one: name each ticket that stands in several lines."""
    problems = []
    for which in Which:
        lines: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row in names[which]:
                lines[names[which][row]].append(row)
        for several in lines.values():
            if len(several) > 1:
                numbers = ", ".join(str(row.line) for row in several)
                what = f"{several[0].key(which)} ({which}) stands in lines {numbers}: links are one to one."
                fix = "Keep one of these lines; merge the tickets in their tracker, or leave the others alone."
                problems.append(Problem(NOT_ONE_TO_ONE, what, fix, file=file, line=several[0].line))
    return problems


def _join_row(tx: Tx, run: Run, sides: Sides, apart: Sequence[Difference], choice: str) -> None:
    of = join(tx, run, sides)
    for kind in ("comment", "file"):
        left, right = (words_of(run.end(which), sides[which], kind) for which in Which)
        twins(tx, run, sides, kind, matched(left, right), by="connect")
    if choice not in (Which.LEFT, Which.RIGHT):
        return  # both keep what they show until somebody changes it
    winner = Which(choice)
    end, record = run.end(winner), sides[winner].record
    for one in apart:
        base = prefer(run, sides, one.field, winner)
        if base is None:
            joins.drop_base(tx, of, winner, one.field)
        else:
            links.set_bases(tx, of, winner, {one.field: base})
        at = run.env.now()
        native, why = end.offer.fields[one.field].native, "chosen when the tickets were joined"
        cause = Happened(f"connect:{one.field}", "field", "", at, {"author": ""}, native, state="waiting", reason=why)
        records.add_event(tx, run.name, winner, record.id, cause)
