# SPDX-License-Identifier: Apache-2.0
"""The guard against ping-pong: a value that our own writes swing X → Y → X, while nobody acts, is held for a person.

Two trackers whose rules correct each other would else be written to for ever. Where the side from which the value
comes tells no history, nobody knows whether a person acts: a few swings are theirs, as when a ticket is solved and
opened again; only what goes on and on is held.
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
TO_AND_FRO = 2  # writes of ours, Y behind X, after which another X is a swing
ON_AND_ON = 6  # the same, where nobody tells who acted


def hold_swings(tx: Tx, run: Run, link: Link, plan: LinkPlan, hubs: Mapping[Which, HubTicket]) -> None:
    """Take out of a plan each field that would swing back once more, and hold it as a conflict."""
    people = {event.id for ticket in hubs.values() for event in ticket.events if event.person}
    kept: list[Intent] = []
    for intent in plan.intents:
        moved_by_people = people & {*intent.carries, *intent.covers}
        swinging: set[str] = set()
        if intent.kind in (UPDATE, MOVE) and not moved_by_people:
            swings = TO_AND_FRO if run.end(intent.target.other).caps.history else ON_AND_ON
            done = actions.newest_writes(tx, link.id, intent.target, most=4 * swings)
            merged = {hub: value for hub, value in intent.fields.items() if not hub.startswith(TWIN)}
            swinging = {hub for hub, value in merged.items() if _swings(tx, run, link, hub, value, done, swings)}
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


def _swings(tx: Tx, run: Run, link: Link, hub: str, value: Json, done: list[Action], swings: int) -> bool:
    """Tell whether our last writes of a field were X and Y in turn, with X to come again and no person in between."""
    wrote = [
        (action, fields[hub])
        for action in done
        if isinstance(fields := action.content.get("fields"), dict) and hub in fields
    ]
    newest = wrote[:swings]
    if len(newest) < swings or same(newest[0][1], value):
        return False
    if not all(same(said, newest[0][1] if number % 2 == 0 else value) for number, (_, said) in enumerate(newest)):
        return False
    since = newest[-1][0].done_at
    assert since is not None
    for which, member in link.members.items():
        rule = run.end(which).offer.fields.get(hub)
        if rule is not None and records.acted_since(tx, run.name, which, member.ticket, rule.native, since):
            return False
    return True
