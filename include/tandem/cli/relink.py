# SPDX-License-Identifier: Apache-2.0
"""``tandem relink``: rebuild a lost state from the markers in the trackers, and let the pair go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from tandem.cli.out import IN_STEP, WAITS, Answer, UsageError
from tandem.cli.run import make_job
from tandem.cli.setting import Setting
from tandem.pipeline.relink import Lone, Relinked, Rest
from tandem.pipeline.relink import accept as accept_relink
from tandem.pipeline.relink import relink as rebuild
from tandem.state import holds

CHOICES: tuple[Rest, ...] = get_args(Rest)
KINDS = {
    "ticket": "has no twin",
    "copy": "is a copy whose source is not in sight",
    "double": "is a second copy of one ticket",
    "comment": "comment without a twin",
    "file": "file without a twin",
    "field": "differs from its twin",
}


def relink(setting: Setting, pair: str) -> Answer:
    """Rebuild what the markers tell, and hold the pair until it is accepted."""
    name = setting.pair_name(pair)
    with setting.store(migrate=True) as store:
        told = rebuild(make_job(name), setting.environment(store, lambda phase, done, total: None))
    data = {
        "pair": name,
        "joined": told.joined,
        "twins": told.twins,
        "without_twin": [_data(one) for one in told.rest],
        "apart": [_data(one) for one in told.apart],
    }
    return Answer(data, list(_lines(name, told)), WAITS)


def accept(setting: Setting, pair: str, rest: str | None) -> Answer:
    """Let a relinked pair write again."""
    name = setting.pair_name(pair)
    with setting.store() as store:
        with store.read() as tx:
            held = [one for one in holds.holds(tx, name) if one.cause == holds.RELINK]
        if not held:
            raise UsageError(f"{name} was not relinked.", f"Rebuild its state first: tandem relink {name}")
        waits = any(many for part in held[0].detail.values() for many in part.values())
        choice: Rest | None = next((one for one in CHOICES if one == rest), None)
        if (rest is not None and choice is None) or (waits and choice is None):
            what = "There are things without a twin." if rest is None else f"--rest {rest} is no choice."
            raise UsageError(what, "Say what becomes of them: --rest send, or --rest drop.")
        env = setting.environment(store, lambda phase, done, total: None)
        count = accept_relink(make_job(name), env, choice or "drop")
    words = f"{name} writes again; {count} things without a twin: {choice or 'none'}. Now: tandem run {name}"
    return Answer({"pair": name, "rest": choice, "count": count}, [words], IN_STEP)


def _data(one: Lone) -> dict[str, Any]:
    return {"side": one.side.value, "ticket": one.ticket, "kind": one.kind, "name": one.name}


def _lines(pair: str, told: Relinked) -> Iterator[str]:
    for one in (*told.rest, *told.apart):
        yield " ".join(part for part in (one.side.value, one.ticket, one.name, KINDS[one.kind]) if part)
    yield f"{told.joined} pairs of tickets joined, {told.twins} comments and files with their twins."
    yield "Nothing was written, and nothing is until you accept it. What both sides show now is what both agree on."
    rest = " --rest send|drop" if told.rest else ""
    yield f"See what would be written: tandem plan {pair}. Let it go on: tandem relink {pair} --accept{rest}"
