# SPDX-License-Identifier: Apache-2.0
"""What a pair insists on: a tracker's own consequence of our write to something else is undone, once a cause.

Some trackers open a ticket again by themselves when a reply comes in. Without ``insist`` that is a change like any
other; with it the field is set back to what both agreed on, at most once for each write of ours that caused it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tandem.core.model import FieldState, HubEvent, HubTicket
from tandem.core.plan import MOVE, STATUS, UPDATE, Intent, LinkPlan
from tandem.core.rules import Which
from tandem.core.values import same
from tandem.pipeline.environment import Run
from tandem.pipeline.scene import target_at
from tandem.state import actions, records
from tandem.state.links import Link
from tandem.state.store import Tx

MOST = 20  # of our newest writes to a ticket that are looked through for a cause
NEAR = timedelta(seconds=2)
SECOND = timedelta(seconds=1)  # what a tracker's stamps may leave out


def undo(tx: Tx, run: Run, link: Link, hubs: Mapping[Which, HubTicket]) -> tuple[dict[Which, HubTicket], list[Intent]]:
    """Take such consequences out of what the sides report; give the writes that undo them."""
    kept, undone = dict(hubs), list[Intent]()
    for which, ticket in hubs.items():
        for hub in sorted(run.pair.insist & ticket.fields.keys()):
            state = ticket.fields[hub]
            events = [event for event in ticket.events if event.kind == "field" and event.field == hub]
            if not events or not state.has_base or same(state.value, state.base) or any(e.person for e in events):
                continue
            cause = _cause(tx, run, link, which, ticket, events[0], hub)
            if cause is None:
                continue
            kept[which] = _as_agreed(kept[which], hub, {event.id for event in events})
            kind = MOVE if hub == STATUS else UPDATE
            ids = tuple(event.id for event in events)
            at = events[-1].at
            undone.append(Intent(which, kind, at, events[-1].order, {hub: state.base}, covers=ids, cause=cause))
    return kept, undone


def add(plan: LinkPlan, undone: list[Intent]) -> None:
    """Write what was agreed on, unless the other side has something newer to say of the field."""
    for intent in undone:
        hub = next(iter(intent.fields))
        if any(other.target is intent.target and hub in other.fields for other in plan.intents):
            plan.mark(intent.covers, "superseded", "what the other side says holds")
        else:
            plan.intents.append(intent)


def _as_agreed(ticket: HubTicket, hub: str, ids: set[int]) -> HubTicket:
    base = ticket.fields[hub].base
    fields = {**ticket.fields, hub: FieldState(value=base, base=base, has_base=True)}
    events = tuple(event for event in ticket.events if event.id not in ids)
    return ticket.model_copy(update={"fields": fields, "events": events})


def _cause(tx: Tx, run: Run, link: Link, which: Which, ticket: HubTicket, event: HubEvent, hub: str) -> str | None:
    """Our write to something else in whose moment the tracker acted; none if it was insisted on already.

    What a person did since is nearer: then the tracker answered them.
    """
    member = link.members.get(which)
    taken = records.latest_records(tx, run.name, which, [ticket.ticket]).get(ticket.ticket)
    if member is None or taken is None:
        return None
    people = [one.at for one in ticket.events if one.person and one.at <= event.at]
    for action in actions.newest_done(tx, link.id, which, MOST):
        fields = action.content.get("fields")
        if action.sent_at is None or action.done_at is None or (isinstance(fields, dict) and hub in fields):
            continue
        if any(at >= action.done_at - SECOND for at in people):
            continue
        if action.sent_at - NEAR <= event.at <= action.done_at + NEAR:
            cause = f"insist:{action.id}:{hub}"
            target = target_at(run.end(which).system, taken)
            return None if actions.done_causes(tx, target, [cause]) else cause
    return None
