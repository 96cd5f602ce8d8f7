# SPDX-License-Identifier: Apache-2.0
"""What a run did, in numbers: the table at the end of reconcile's log, and the same for XCom."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any

from tandem.core.rules import Which
from tandem.pipeline.environment import Run, log
from tandem.state import actions, claims, records, runs

KINDS = {
    "create": "created",
    "update": "updated",
    "status": "status steps",
    "comment": "comments",
    "attach": "files",
    "edit": "comments edited",
    "redact": "comments withdrawn",
}
LABELS = {"seconds_median": "seconds to arrival, median", "seconds_worst": "seconds to arrival, worst"}


def report(run: Run) -> dict[str, Any]:
    """Count the run, and write its table to the log."""
    with run.store.read() as tx:
        done = [action for action in actions.of_run(tx, run.name, run.job.run_id) if action.state == "done"]
        events = records.events_by_id(tx, [id_ for action in done for id_ in _caused_by(action)])
        states = records.count_in(tx, run.name, ("waiting", "deferred", "parked"))
        held = runs.held(tx, run.name)
        conflicts = runs.count_conflicts(tx, run.name, run.job.run_id)
        row = runs.get_run(tx, run.name, run.job.run_id)
        behind = claims.holders(tx, run.name, run.env.now())
    made = Counter(KINDS[action.kind] for action in done)
    made["files"] += sum(_files(action) for action in done)
    took = sorted(
        (action.done_at - events[id_].at).total_seconds()
        for action in done
        if action.done_at is not None
        for id_ in _caused_by(action)
        if id_ in events
    )
    before: dict[str, Any] = row["counts"] if row else {}
    told: dict[str, Any] = {name: made.get(name, 0) for name in KINDS.values()}
    if run.job.window:
        told["compared"] = sum(before.get("extract", {}).get(which.value, {}).get("compared", 0) for which in Which)
    told |= {
        "conflicts": conflicts,
        "unsaid": before.get("diff", {}).get("unsaid", 0),
        "quarantined": len({(one.link, one.side) for one in held}),
        "waiting": sum(states.get(state, 0) for state in ("waiting", "deferred")),
        "parked": states.get("parked", 0),
    }
    phases = [phase.get("requests", {}) for name, phase in before.items() if name != "reconcile"]
    for which, own in run.requests().items():
        told[f"requests_{which}"] = own + sum(phase.get(which, 0) for phase in phases)
    if took:
        told |= {"seconds_median": round(median(took), 1), "seconds_worst": round(took[-1], 1)}
    names = {f"requests_{which}": f"requests to {end.offer.name}" for which, end in run.ends.items()}
    rows = {names.get(name, LABELS.get(name, name)): value for name, value in told.items()}
    width = max(len(name) for name in rows)
    lines = [f"  {name:<{width}}  {value}" for name, value in rows.items()]
    log.info("%s, run %s\n%s", run.name, run.job.run_id, "\n".join(lines))
    for holder in behind:
        log.warning("%s: %s", run.name, holder.text())
    return told


def _caused_by(action: actions.Action) -> list[int]:
    """The events that an action carries."""
    ids = action.content.get("carries")
    return [int(str(id_)) for id_ in (ids if isinstance(ids, list) else [])]


def _files(action: actions.Action) -> int:
    files = action.content.get("files")
    return len(files) if isinstance(files, list) and action.kind == "comment" else 0
