# SPDX-License-Identifier: Apache-2.0
"""``tandem approve``, ``release`` and ``wake``: what a person decides for the next run."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from tandem.cli.members import find_link
from tandem.cli.out import Answer, UsageError
from tandem.cli.setting import Setting
from tandem.config.load import load_all
from tandem.config.models import Pair
from tandem.config.validate import did_you_mean
from tandem.pipeline import wake as wakes
from tandem.state import links, runs
from tandem.state.store import to_db
from tandem.state.tables import quarantine


def approve(setting: Setting, pair: str) -> Answer:
    """Raise the limits that stopped the newest run to what it measured, for the next run."""
    name = setting.pair_name(pair)
    now = datetime.now(UTC)
    with setting.store() as store, store.begin() as tx:
        newest = next(iter(runs.recent_runs(tx, name, 1)), None)
        stops = newest["counts"].get("safety", {}).get("stops", []) if newest and newest["state"] == "stopped" else []
        if newest is None or not stops:
            raise UsageError(f"No safety stop holds {name}.", f"See where it stands: tandem status {name}")
        for limit, side, value, _ in stops:
            runs.approve(tx, name, limit, side, int(value), getpass.getuser(), now)
    raised = [{"limit": limit, "side": side, "from": allowed, "to": value} for limit, side, value, allowed in stops]
    lines = [f"{one['limit']} at {one['side']}: {one['from']} -> {one['to']}, for the next run only" for one in raised]
    return Answer({"pair": name, "run": newest["run"], "raised": raised}, [*lines, f"Now: tandem run {name}"])


def release(setting: Setting, pair: str, ticket: str) -> Answer:
    """Let what is set aside of a ticket be tried at the next run."""
    name = setting.pair_name(pair)
    now = datetime.now(UTC)
    with setting.store() as store, store.begin() as tx:
        link = find_link(tx, name, ticket)
        if link is None:
            raise UsageError(f"{name} knows no ticket {ticket}.", "Give its key as either tracker shows it.")
        held = [one for one in runs.held(tx, name) if one.link == link.id]
        if not held:
            raise UsageError(f"Nothing of {ticket} is set aside.", f"See it: tandem status {name} --ticket {ticket}")
        wanted = quarantine.c.id.in_([one.id for one in held])
        tx.run(sa.update(quarantine).where(wanted).values(state="open", next_try=to_db(now)))
        links.update_links(tx, [link.id], now, pending=True)
    freed = [{"side": one.side.value, "field": one.field, "code": one.code, "key": one.key} for one in held]
    lines = [f"{one['side']}: {one['code']} {one['key']} is tried again at the next run" for one in freed]
    return Answer({"pair": name, "ticket": ticket, "released": freed}, [*lines, f"Now: tandem run {name}"])


def wake(setting: Setting, contract: str, tickets: Sequence[str]) -> Answer:
    """Let the next run of every pair of a contract read these tickets by their ids or keys."""
    setting.demand_pairs()
    sound = [one for one in load_all(setting.root) if isinstance(one, Pair)]
    known = sorted({side.contract for one in sound for side in (one.left, one.right)})
    if contract not in known:
        fix = did_you_mean(contract, known).replace("`", "")
        raise UsageError(f"No pair that can be used names a contract {contract}.", fix)
    with setting.store() as store:
        woken = wakes.wake(store, sound, contract, tickets, datetime.now(UTC))
    lines = [f"{name}: read at the next run: {', '.join(tickets)}" for name in woken]
    return Answer({"contract": contract, "tickets": list(tickets), "pairs": woken}, lines)
