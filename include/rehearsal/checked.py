# SPDX-License-Identifier: Apache-2.0
"""What `tandem check` would say of a scenario's pair at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rehearsal.expected import ProblemWanted
from rehearsal.stage import Stage
from tandem.check import Bound, check_trackers
from tandem.config.load import load_one
from tandem.core.rules import Which
from tandem.errors import Problem
from tandem.pipeline.dictionary import bindings


def problems(stage: Stage) -> tuple[Problem, ...]:
    """Check the pair as its files are now, on its trackers as they are now."""
    bound: dict[Literal["left", "right"], Bound]
    pair = load_one(stage.root / "pairs" / f"{stage.pair_name}.yaml", stage.root / "contracts")
    with stage.store.read() as tx:
        bound = {which.value: Bound(*bindings(tx, stage.pair_name, which)) for which in Which}
    return check_trackers(pair, stage.connect, bound).everything


def fits(wanted: Sequence[ProblemWanted], found: Sequence[Problem]) -> bool:
    """Tell whether each that is wanted is one that was found, and none is left."""
    left = list(found)
    for one in wanted:
        meant = next((problem for problem in left if _meant(one, problem)), None)
        if meant is None:
            return False
        left.remove(meant)
    return not left


def told(problem: Problem) -> dict[str, str | bool]:
    """A problem as a scenario would have it."""
    return {"code": problem.code, "key": problem.key, "warning": problem.warning, "says": problem.what}


def _meant(wanted: ProblemWanted, found: Problem) -> bool:
    said = f"{found.what} {found.fix}"
    return (
        wanted.code == found.code
        and wanted.key in (None, found.key)
        and wanted.warning in (None, found.warning)
        and all(text in said for text in wanted.says)
    )
