# SPDX-License-Identifier: Apache-2.0
"""The safety stop of a run: its plan is measured against the pair's limits; a person's approval raises them once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from tandem.core import safety
from tandem.errors import SafetyStopError
from tandem.pipeline.environment import Run
from tandem.state import runs, unseen
from tandem.state.actions import Action
from tandem.state.store import Tx


def stops_of(tx: Tx, run: Run, planned: Sequence[Action]) -> list[safety.Measured]:
    """Measure a plan against the pair's limits; give what is beyond them."""
    covered_from = runs.newest_start(tx, run.name, "done", "stopped")
    covered = safety.intervals(run.env.now() - covered_from if covered_from else None, run.pair.interval)
    # A first run that takes old tickets asks first.
    unasked = run.pair.start in ("open", "all") and runs.newest_start(tx, run.name, "done") is None
    limits = safety.Limits(
        0 if unasked else run.pair.limits.creates, run.pair.limits.closes, run.pair.limits.changed_share
    )
    measured = safety.measure(_counts(tx, run, planned), limits, covered=covered, raised=runs.approvals(tx, run.name))
    return [one for one in measured if one.over]


def _counts(tx: Tx, run: Run, planned: Sequence[Action]) -> safety.Counts:
    creates, closes, emptied = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    changed: dict[str, set[str]] = defaultdict(set)
    for action in planned:
        name = run.end(action.side).offer.name
        values = action.content.get("fields")
        hub = values if isinstance(values, dict) else {}
        if action.kind == "create":
            creates[name] += 1
            continue
        changed[name].add(action.link)
        if action.kind == "status" and hub.get("status") in ("solved", "closed"):
            closes[name] += 1
        for key, value in hub.items():
            if value in (None, "", []) and action.kind == "update":
                emptied[(name, key)] += 1
    missing = {end.offer.name: unseen.count(tx, run.name, which) for which, end in run.ends.items()}
    return safety.Counts(creates, closes, emptied, {name: len(some) for name, some in changed.items()}, missing)


def stop(run: Run, stops: Sequence[safety.Measured]) -> None:
    """End the run before its first write.

    Raises:
        SafetyStopError: always; it says measured value, limit, side and way out.
    """
    what = f"The plan was stopped before its first write: {safety.words(stops)}."
    ways = ", ".join(sorted({one.limit for one in stops}))
    fix = (
        f"Look at it with `tandem plan {run.name}`. If it is right, let the next run do it: "
        f"`tandem approve {run.name}` (raises {ways} to the measured values, once)."
    )
    with run.store.begin(run.fence) as tx:
        counts: dict[str, Any] = {"stops": [[one.limit, one.side, one.value, one.allowed] for one in stops]}
        runs.count(tx, run.name, run.job.run_id, "safety", counts)
    raise SafetyStopError(what, where=run.name, fix=fix)


def use_approvals(tx: Tx, run: Run) -> None:
    """Let go of raised limits: they hold for one run. Tickets whose being unseen was approved count no longer."""
    raised = runs.approvals(tx, run.name)
    for which, end in run.ends.items():
        if (safety.UNSEEN, end.offer.name) in raised:
            unseen.accept(tx, run.name, which)
    runs.use_approvals(tx, run.name)
