# SPDX-License-Identifier: Apache-2.0
"""``tandem check``: everything that can be known before a run, all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import sqlalchemy as sa

from tandem.check import PairReport, SideReport, check_trackers
from tandem.cli.known import State, bound, broken, opened
from tandem.cli.out import IN_STEP, PROBLEMS, Answer, problem_lines, told
from tandem.cli.setting import Setting
from tandem.config.check_rings import check_rings
from tandem.config.load import load_all
from tandem.config.models import Pair
from tandem.errors import Problem
from tandem.state import runs
from tandem.state.store import Store

ELSE = "Links between tickets and work logs do not travel yet."


def check(setting: Setting, names: Sequence[str]) -> Answer:
    """Check these pairs (none named: all), their trackers, and the state database."""
    wanted = [setting.pair_name(name) for name in names]
    setting.demand_pairs()
    every_pair = load_all(setting.root)
    read = [pair for pair in every_pair if not wanted or pair.name in wanted]
    with ExitStack() as stack:
        store, state = opened(setting)
        if store is not None:
            stack.callback(store.close)
        reports = [check_trackers(pair, setting.connect, bound(store, pair)) for pair in read]
        state = _remember(store, reports) or state if store is not None else state
    whole = [pair if isinstance(pair, Pair) else pair.pair for pair in every_pair]
    rings = check_rings([pair for pair in whole if pair is not None])
    asked = [one for report in reports for one in report.everything]
    every = _once([*asked, *rings, *state.problems])
    count = sum(not one.warning for one in every)
    data = {
        "ok": count == 0,
        "pairs": [pair.name for pair in read],
        "sides": [_side_data(side) for report in reports for side in report.sides],
        "state": {"ok": not state.problems, "what": state.words},
        "problems": [told(one) for one in every],
        "not_carried": ["relations", "worklogs"],
    }
    return Answer(data, _lines(reports, state, every), PROBLEMS if count else IN_STEP)


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """Give each problem once: of a line that several offers of a contract share it is one."""
    first: dict[tuple[object, ...], Problem] = {}
    for one in problems:
        first.setdefault((one.code, one.what, *((one.file, one.line, one.key) if one.file else (one.where,))), one)
    return list(first.values())


def _remember(store: Store, reports: Iterable[PairReport]) -> State | None:
    """Keep the pieces of workflow that were seen, for the walks of runs."""
    try:
        with store.begin() as tx:
            for side in (side for report in reports for side in report.sides):
                if side.found is not None:
                    runs.put_edges(tx, side.side.connection, side.found.edges, whole=side.found.whole_workflow)
    except sa.exc.DBAPIError as error:
        return broken(error)
    return None


def _side_data(report: SideReport) -> dict[str, Any]:
    found, capabilities = report.found, report.capabilities
    return {
        "name": report.side.name,
        "system": report.side.system,
        "logged_in": report.logged_in,
        "account": found.account.name if found else None,
        "clock_offset": round(found.offset, 1) if found else None,
        "version": found.version if found else None,
        "search_delay": found.search_delay if found else None,
        "sweep_every": capabilities.sweep_every if capabilities else None,
        "remarks": list(report.remarks),
    }


def _lines(reports: Sequence[PairReport], state: State, every: Sequence[Problem]) -> Iterable[str]:
    sides = {report.side.name: report for pair in reports for report in pair.sides}
    width = max([len(name) for name in sides] + [len("state database")])
    for name, report in sides.items():
        yield f"{name:<{width}}  {_side_words(report)}"
        yield from (f"{'':<{width}}  {remark}" for remark in report.remarks)
    yield f"{'state database':<{width}}  {state.words}"
    if sides:
        yield ELSE
    yield from problem_lines(every)
    problems, warnings = sum(not one.warning for one in every), sum(one.warning for one in every)
    more = f", {_counted(warnings, 'warning')}" if warnings else ""
    yield f"{_counted(problems, 'problem')}{more}. Nothing was written."


def _side_words(report: SideReport) -> str:
    found, capabilities = report.found, report.capabilities
    if found is None:
        return "could not be asked"
    if not report.logged_in or capabilities is None:
        return f"not logged in   clock {found.offset:+.1f} s"
    parts = [
        f'log-in ok (account "{found.account.name}")',
        f"clock {found.offset:+.1f} s",
        f"{report.side.system} {found.version}".strip(),
        f"search lag about {_span(found.search_delay)}",
        f"sweep every {_span(capabilities.sweep_every)}",
    ]
    return "   ".join(parts)


def _span(seconds: float) -> str:
    for size, name in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:g} {name}"
    return f"{seconds:g} s"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"
