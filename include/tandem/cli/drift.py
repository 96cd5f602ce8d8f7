# SPDX-License-Identifier: Apache-2.0
"""``tandem drift``: where the two sides of a pair do not agree. Keys, fields and counts; never a value."""

from __future__ import annotations

from collections.abc import Iterator

from tandem.cli.out import IN_STEP, WAITS, Answer, UsageError
from tandem.cli.run import make_job
from tandem.cli.setting import Setting
from tandem.core.rules import Which
from tandem.pipeline.drift import APART, EARLY, HELD, UNSAID, Drift
from tandem.pipeline.drift import drift as compare


def drift(setting: Setting, pair: str, *, repair: bool, prefer: str | None) -> Answer:
    """Compare all linked tickets; ``repair`` lets the next run bring in line what differs."""
    name = setting.pair_name(pair)
    if prefer is not None and prefer not in ("left", "right"):
        raise UsageError(f"--prefer {prefer} is no side.", "Write --prefer left or --prefer right.")
    if prefer is not None and not repair:
        raise UsageError("--prefer says who is right in a repair.", "Write it together with --repair.")
    with setting.store(migrate=True) as store:
        env = setting.environment(store, lambda phase, done, total: None)
        told = compare(make_job(name), env, repair=repair, choice=Which(prefer) if prefer else None)
    open_ = told.undecided if repair else [one for one in told.findings if one.state in (UNSAID, APART, EARLY, HELD)]
    data = {
        "pair": name,
        "links": dict(told.counts),
        "fields": [
            {"left": one.left, "right": one.right, "field": one.field, "state": one.state, "repaired": one.repaired}
            for one in told.findings
        ],
    }
    return Answer(data, list(_lines(name, told, repair=repair)), WAITS if open_ else IN_STEP)


def _lines(pair: str, told: Drift, *, repair: bool) -> Iterator[str]:
    yield f"{pair}: " + (", ".join(f"{count} {state}" for state, count in told.counts.items()) or "no links yet")
    for one in told.findings:
        yield f"  {one.left} / {one.right}  {one.field}: {one.state}{', taken up' if one.repaired else ''}"
    if any(one.repaired for one in told.findings):
        yield f"What was taken up is written by the next run: tandem run {pair}"
    elif not repair and any(one.state in (UNSAID, APART, EARLY) for one in told.findings):
        yield f"To bring it in line: tandem drift {pair} --repair"
    if repair and told.undecided:
        yield "Some fields go both ways: say who is right, by --prefer left or --prefer right."
