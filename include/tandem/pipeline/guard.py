# SPDX-License-Identifier: Apache-2.0
"""The guard against ping-pong: a value that our own writes swing X → Y → X, while nobody acts, is held for a person.

Two trackers whose rules correct each other would else be written to for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tandem.config.models import TWIN
from tandem.core.merge import Clash
from tandem.core.model import HubTicket
from tandem.core.plan import MOVE, UPDATE, Intent, LinkPlan
from tandem.core.rules import Which
from tandem.core.values import Json, same
from tandem.pipeline.environment import Run
from tandem.state import actions, records
from tandem.state.actions import Action
from tandem.state.links import Link
from tandem.state.store import Tx

RULE = "guard"


def hold_swings(tx: Tx, run: Run, link: Link, plan: LinkPlan, hubs: Mapping[Which, HubTicket]) -> None:
    """Take out of a plan each field that would swing back once more, and hold it as a conflict."""
    people = {event.id for ticket in hubs.values() for event in ticket.events if event.person}
    kept: list[Intent] = []
    for intent in plan.intents:
        moved_by_people = people & {*intent.carries, *intent.covers}
        swinging: set[str] = set()
        if intent.kind in (UPDATE, MOVE) and not moved_by_people:
            done = actions.newest_writes(tx, link.id, intent.target, most=8)
            merged = {hub: value for hub, value in intent.fields.items() if not hub.startswith(TWIN)}
            swinging = {hub for hub, value in merged.items() if _swings(tx, run, link, hub, value, done)}
        if not swinging:
            kept.append(intent)
            continue
        plan.clashes |= {hub: Clash(RULE, None) for hub in swinging}
        left = {hub: value for hub, value in intent.fields.items() if hub not in swinging}
        if left:
            kept.append(replace(intent, fields=left))
        else:
            plan.mark((*intent.carries, *intent.covers), "conflict", "swings to and fro with nobody acting")
    plan.intents = kept


def _swings(tx: Tx, run: Run, link: Link, hub: str, value: Json, done: list[Action]) -> bool:
    """Tell whether our last two writes of a field were X, then Y, with X to come again and no person in between."""
    wrote = [
        (action, fields[hub])
        for action in done
        if isinstance(fields := action.content.get("fields"), dict) and hub in fields
    ]
    if len(wrote) < 2 or same(wrote[0][1], wrote[1][1]) or not same(wrote[1][1], value):
        return False
    since = wrote[1][0].done_at
    assert since is not None
    for which, member in link.members.items():
        rule = run.end(which).offer.fields.get(hub)
        if rule is not None and records.acted_since(tx, run.name, which, member.ticket, rule.native, since):
            return False
    return True
