# SPDX-License-Identifier: Apache-2.0
"""A ticket that takes no more: what is done when something arrives for it. Pure.

*Merged*, *deleted* and *unseen* park the whole link. *Closed* does not: what its side did before still goes out, and
what comes in for it is treated by its contract: written (``reopen``), put into a follow-up, or left waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tandem.core.doc import doc, paragraph
from tandem.core.model import HubEvent, HubTicket
from tandem.core.plan import (
    COMMENT,
    CREATE,
    DELETED,
    MOVE,
    REOPENED,
    STATUS,
    UPDATE,
    Intent,
    LinkPlan,
    PairRules,
    plan_create,
)
from tandem.core.plan_later import EDIT, REDACT, TAKEN_BACK, plan_later
from tandem.core.rules import Which
from tandem.core.values import Json

CLOSED, SOLVED = "closed", "solved"
OVER = (SOLVED, CLOSED)  # hub statuses behind which nobody is at work
DELETED_THERE = "The other side deleted its ticket. Nothing of what is done here arrives there any more."
OPEN_STATUSES = ("in_progress", "new", "pending")  # what a twin is reopened to, by the first that its side knows
_FINAL = frozenset({"arrived", "settled", "superseded", "echo", "noted", "dropped", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What a side's contract says of its closed tickets, and what its tracker can do."""

    closed: str  # reopen, follow_up, quarantine
    on: str = "reopen"  # what opens a follow-up: reopen, comment
    reopens: bool = True  # the tracker can open a closed ticket again
    redacts: bool = False  # the tracker takes comments back in closed tickets too


def ends(ticket: HubTicket) -> bool:
    """Tell whether a ticket is gone for good, merged or not to be seen: nothing may go either way."""
    return ticket.final is not None and (ticket.unseen or not ticket.final.startswith(CLOSED))


def is_closed(ticket: HubTicket, policy: Policy) -> bool:
    """Tell whether what arrives for a ticket is a matter of its contract's ``closed``.

    It is closed by its tracker's word, or by the hub's, which is as final. A tracker that opens closed tickets again,
    and may, is simply written to.
    """
    if policy.closed == "reopen" and policy.reopens:
        return False
    state = ticket.fields.get(STATUS)
    return ticket.final is not None or (state is not None and state.value == CLOSED)


def reopens(intent: Intent) -> bool:
    """Tell whether a write brings a ticket back to work."""
    return intent.kind == MOVE and intent.fields.get(STATUS) not in (*OVER, None)


def arrive(plan: LinkPlan, old: HubTicket, source: HubTicket, policy: Policy, rules: PairRules, now: datetime) -> bool:
    """Treat what arrives for a closed ticket; tell whether something of it waits.

    A follow-up is opened once for a closing, when nothing of the closed ticket's own is open any more but what the very
    writes that arrive have decided: what lost to them goes nowhere first.
    """
    target = old.side
    coming = [intent for intent in plan.ordered() if intent.target is target]
    back = [intent for intent in coming if intent.kind == REDACT and policy.redacts]
    later = [intent for intent in coming if intent.kind in (EDIT, REDACT) and intent not in back]
    _take_out(plan, later, "parked", "its twin stands in a closed ticket")
    coming = [intent for intent in coming if intent not in [*later, *back]]
    if not coming:
        return bool(later)
    opens = any(reopens(one) or (policy.on == "comment" and _is_said(one)) for one in coming)
    if policy.closed == "follow_up" and opens and old.in_scope and source.in_scope:
        decided = {id_ for intent in coming for id_ in (*intent.carries, *intent.covers)}
        if all(event.id in decided or _is_over(plan, event.id) for event in old.events):
            _follow_up(plan, old, source, rules, coming, now)
            return False
        _take_out(plan, coming, "deferred", "what was done on the closed ticket goes first")
        return True
    _take_out(plan, coming, "parked", f"the ticket there is {old.final or CLOSED}")
    return True


def _is_said(intent: Intent) -> bool:
    return intent.kind == COMMENT and intent.event is not None and intent.text is None


def _is_over(plan: LinkPlan, event: int) -> bool:
    state = plan.states.get(event)
    return state is not None and state.name in _FINAL


def _take_out(plan: LinkPlan, coming: Sequence[Intent], state: str, why: str) -> None:
    """Take writes out of a plan: their events wait, and no conflict was decided."""
    plan.intents = [intent for intent in plan.intents if intent not in coming]
    for intent in coming:
        plan.mark((*intent.carries, *intent.covers), state, why)
        for hub in intent.fields:
            if plan.clashes.pop(hub, None) is not None:
                plan.rebase -= {(intent.target, hub)}


def _follow_up(
    plan: LinkPlan,
    old: HubTicket,
    source: HubTicket,
    rules: PairRules,
    coming: Sequence[Intent],
    now: datetime,
) -> None:
    """Put one create in the place of all writes of fields; comments and files come behind it."""
    fields = [intent for intent in coming if intent.kind in (UPDATE, MOVE)]
    behind = [intent for intent in coming if intent not in fields]
    fresh = plan_create(source.model_copy(update={"events": ()}), rules, now)
    create = next(intent for intent in fresh.intents if intent.kind == CREATE)
    said = next((intent for intent in behind if _is_said(intent)), None)
    create = replace(
        create,
        at=min(intent.at for intent in coming),
        carries=tuple(id_ for intent in fields for id_ in intent.carries),
        covers=tuple(id_ for intent in fields for id_ in intent.covers),
        event=said.event if said else None,
        follows=old.ticket,
    )
    rest = [intent for intent in fresh.intents if intent.kind != CREATE]
    plan.intents = [intent for intent in plan.intents if intent not in fields] + [create, *rest]
    plan.unsaid |= fresh.unsaid


def take_back(plan: LinkPlan, ticket: HubTicket, twin: HubTicket, refused: Collection[str] = ()) -> None:
    """Nothing goes either way any more, but what was taken back at its origin is, as long as the twin is there."""
    back = [event for event in ticket.events if event.kind in TAKEN_BACK]
    if twin.final is not None and twin.final.startswith(DELETED):
        plan.mark(back, "noted", "its twin was deleted with its ticket")
    elif back and not twin.unseen:
        plan_later(plan, ticket, twin.side, held=True, refused=refused)


def tell_deleted(plan: LinkPlan, side: Which, events: Sequence[HubEvent]) -> None:
    """Tell the other side, once, that the tracker of a side deleted its ticket."""
    for event in events:
        if event.kind == DELETED:
            plan.states.pop(event.id, None)
            text = doc(paragraph(DELETED_THERE))
            plan.intents.append(Intent(side.other, COMMENT, event.at, event.order, carries=(event.id,), text=text))


def reopen_twin(
    plan: LinkPlan, ticket: HubTicket, twin: HubTicket, takes: Callable[[str], bool], rules: PairRules
) -> None:
    """People went on from a closed ticket in a follow-up: its twin is opened again, unless it is at work already."""
    target, how = ticket.side.other, rules.fields.get(STATUS)
    for event in ticket.events:
        if event.kind != REOPENED:
            continue
        moving = any(intent.target is target and intent.kind == MOVE for intent in plan.intents)
        state = twin.fields.get(STATUS)
        value: Json = next((status for status in OPEN_STATUSES if takes(status)), None)
        if moving or how is None or target not in how.ways or state is None or state.value not in OVER or not value:
            plan.mark([event], "settled", "its twin is open")
            continue
        plan.states.pop(event.id, None)
        plan.intents.append(Intent(target, MOVE, event.at, event.order, {STATUS: value}, carries=(event.id,)))
