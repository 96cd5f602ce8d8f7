# SPDX-License-Identifier: Apache-2.0
"""What is found on a pair: on both its sides, and of its own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tandem.check import names
from tandem.check.bound import Bound
from tandem.check.side import SideReport, check_side
from tandem.config import yaml
from tandem.config.check_pair import never
from tandem.config.codes import Code
from tandem.config.models import BrokenPair, Pair, Side, Which, shown
from tandem.config.traits import TRAITS
from tandem.config.units import exact, spoken
from tandem.connectors.base import Connector
from tandem.errors import Problem

UNBOUND: Mapping[Which, Bound] = {}


@dataclass(frozen=True, slots=True)
class PairReport:
    """What was found on a pair: in its files, on both sides, and of its own rules. Warnings are among the problems."""

    told: tuple[Problem, ...]
    sides: tuple[SideReport, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def everything(self) -> tuple[Problem, ...]:
        """All problems, once each."""
        every = (*self.told, *(problem for side in self.sides for problem in side.problems), *self.problems)
        return tuple(dict.fromkeys(every))


def check_trackers(
    pair: Pair | BrokenPair, connect: Callable[[Side], Connector], bound: Mapping[Which, Bound] = UNBOUND
) -> PairReport:
    """Ask both trackers of a pair. What is wrong on one keeps nobody from looking at the other.

    Of a pair whose files cannot be used, those sides are asked that can be made out, so that all is told at once.
    """
    read = pair if isinstance(pair, Pair) else pair.pair
    told = pair.warnings if isinstance(pair, Pair) else pair.problems
    known = (pair.left, pair.right) if isinstance(pair, Pair) else pair.sides
    unfilled = {one.file for one in told if one.code == Code.PLACEHOLDER}  # a contract that is still being written

    def bound_of(side: Side) -> Bound:
        return bound.get("left" if side is read.left else "right", Bound()) if read is not None else Bound()

    reports = []
    for side in known:
        skipped = shown(side.file) in unfilled
        reports.append(SideReport(side) if skipped else check_side(side, connect, bound_of(side)))
    follow = {one for report in reports for one in _following(report, bound_of(report.side))}
    told = tuple(one for one in told if not any(_follows(one, *cause) for cause in follow))
    return PairReport(told, tuple(reports), tuple(_rules(read, reports)) if read is not None else ())


def _follows(problem: Problem, code: str, file: str, key: str, word: str) -> bool:
    return (problem.code, problem.file, problem.key) == (code, file, key) and word in problem.what


def _following(report: SideReport, bound: Bound) -> Iterator[tuple[str, str, str, str]]:
    """List (code, file, key, word) of what the files' own check says only because a name is misspelt.

    It knows no other names than those of the contract, so it would have the right ones written like the wrong one.
    """
    side, fields = report.side, report.found.fields if report.found is not None else {}
    found = [(Code.CREATE, "create", f"`{native}`") for _, native in names.unknown(side, fields)] if fields else []
    for hub, word in names.misspelt(side, fields, bound):
        found += [(Code.TRANSITION, f"transitions.{word}", f'"{word}"')] if hub == "status" else []
        found += [
            (Code.NOT_READ_BACK, f"fields.{hub}.{at}otherwise.in", f'"{word}"')
            for at, rule in side.fields[hub].maps()
            if rule.otherwise_in == word
        ]
    for hub, field_rule in side.fields.items():
        info = fields.get(field_rule.native)
        for at, rule in field_rule.maps() if info is not None and info.choices else ():
            written = rule.otherwise_in
            if info is not None and written and bound.id_of(info, written) is None and names.meant(info, written):
                found.append((Code.NOT_READ_BACK, f"fields.{hub}.{at}otherwise.in", f'"{written}"'))
    # What an option is for, and how it is come by, the tracker's connector tells better.
    named = (one.key.rpartition("options.")[2] for one in report.problems if "options." in one.key)
    found += [(Code.MISSING, "options", f"`{name}`") for name in named]
    for code, key, word in found:
        placed = side.problem(code, "", "", key)
        yield placed.code, placed.file, placed.key, word


def _rules(pair: Pair, sides: Sequence[SideReport]) -> Iterator[Problem]:
    """`newest` needs a history on both sides that our account can read; files, a tracker that takes them."""
    for one, other in (sides, sides[::-1]) if len(sides) == 2 else ():
        yield from _files(one.side, other)
    yield from _untold(pair, sides)
    blind = [report.side.name for report in sides if report.capabilities and not report.capabilities.history]
    if not blind or not pair.files:
        return
    document = yaml.read(pair.files[0])
    for hub, rule in {"default": pair.conflicts.default, **pair.conflicts.fields}.items():
        if rule == "newest":
            what = f"The newest change cannot be told: no history can be read in {' and '.join(blind)}."
            yield document.problem(Code.NEWEST, what, "Choose left, right or hold.", f"conflicts.{hub}")


def _untold(pair: Pair, sides: Sequence[SideReport]) -> Iterator[Problem]:
    """The newest change of a field cannot be told where its tracker keeps a history of others and not of it."""
    for hub in pair.left.fields if pair.files else ():
        key = hub if hub in pair.conflicts.fields else "default"
        if pair.conflicts.rule(hub) != "newest" or never(pair, hub, TRAITS):
            continue
        for report in sides:
            native = report.side.fields[hub].native
            if report.found is not None and native in report.found.untold:
                where = report.side.name
                what = f"The newest change of `{hub}` cannot be told: `{where}` keeps no history of {native}."
                fix = f"Write conflicts: {{{hub}: left}} (or right, hold), or have {native} audited there."
                yield yaml.read(pair.files[0]).problem(Code.NEWEST, what, fix, f"conflicts.{key}")


def _files(side: Side, other: SideReport) -> Iterator[Problem]:
    """Find files that a contract lets go and that the other side's tracker is too small for."""
    limit, files = other.largest_file, side.attachments
    if not limit or files is None or files.up_to is None or files.up_to <= limit or other.side.attachments is None:
        return
    what = f"Files of up to {spoken(files.up_to)} may go; the other side's tracker takes none above {spoken(limit)}."
    fix = f"Write `up_to: {exact(limit)}`: a note stands in the place of a larger file."
    yield side.problem(Code.FILES, what, fix, "attachments.up_to", warning=True)
