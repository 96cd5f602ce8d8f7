# SPDX-License-Identifier: Apache-2.0
"""Diff: merge each link of the run, plan its writes, and stop before the first one if the plan is beyond the limits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from tandem.connectors.base import Record
from tandem.core.closing import CLOSED, arrive, ends, is_closed, take_back, tell_deleted
from tandem.core.model import FieldState, HubEvent, HubTicket
from tandem.core.plan import LinkPlan, PairRules, plan_create
from tandem.core.plan_later import TAKEN_BACK, item_of, plan_later
from tandem.core.rules import Which
from tandem.errors import MappingError
from tandem.pipeline import composed, follow_up, gone, insist, presence, reach, sets_in_rings, ties
from tandem.pipeline.compose import Composed, Refused, compose
from tandem.pipeline.environment import AT_ONCE, Run
from tandem.pipeline.guard import hold_swings
from tandem.pipeline.keep import Diff, keep
from tandem.pipeline.limits import stop, stops_of
from tandem.pipeline.scene import Scene, target_named
from tandem.pipeline.unaccepted import stop_held
from tandem.state import actions, holds, links, records, runs, stages
from tandem.state.links import Link
from tandem.state.runs import Held
from tandem.state.store import Tx

NOTHING_LEFT: Mapping[Which, reach.Left] = {}


def decide(run: Run) -> dict[str, int]:
    """Plan the run.

    Raises:
        SafetyStopError: the plan is beyond the pair's limits; nothing was written.
    """
    rules = run.rules
    with run.store.read() as tx:
        hubs = {which: _hubs(tx, run, which) for which in Which}
        ids = {ticket.link for side in hubs.values() for ticket in side.values()}
        all_links = links.links(tx, run.name, ids=ids)
        busy = {action.link for action in actions.in_state(tx, run.name, ["sent"])}
        busy |= {action.link for action in actions.unsettled(tx, run.name)}
        held: dict[str, list[Held]] = {}
        for one in runs.held(tx, run.name):
            held.setdefault(one.link, []).append(one)
        lying = {which: _lying(tx, run, which, all_links.values()) for which in Which}
    by_link: dict[str, dict[Which, HubTicket]] = {}
    for which, tickets in hubs.items():
        for ticket in tickets.values():
            by_link.setdefault(ticket.link, {})[which] = ticket
    diff = Diff(held)
    for id_, sides in by_link.items():
        _tell_composed(run, all_links[id_], sides, lying, diff)
    with run.store.begin(run.fence) as tx:
        earlier = actions.in_state(tx, run.name, ["planned"])
        actions.drop(tx, [action.id for action in earlier], "cancelled", reason="planned anew")
        diff.arrived = reach.arrived(tx, run, by_link.values())
    for some in records.chunks(list(all_links.items()), AT_ONCE):
        with run.store.begin(run.fence) as tx:
            for id_, link in some:
                if id_ in busy:
                    _leave(tx, run, link, by_link[id_], diff)
                else:
                    _decide_link(tx, run, rules, link, by_link[id_], held.get(id_, []), diff)
    with run.store.read() as tx:
        stops = stops_of(tx, run, diff.actions)
        held_back = holds.holds(tx, run.name)
    keep(run, diff, all_links, by_link, apply=not (run.job.dry_run or stops or held_back))
    stop_held(run, held_back)
    if stops:
        stop(run, stops)
    return {"links": len(by_link), "actions": len(diff.actions), **diff.counts}


def _lying(tx: Tx, run: Run, which: Which, all_links: Iterable[Link]) -> Mapping[str, Record]:
    """The records of a side, by link, if a text of its contract depends on where a ticket lies, or on its type."""
    if not composed.by_spot(run.end(which)):
        return {}
    tickets = {link.members[which].ticket: link.id for link in all_links if which in link.members}
    return {tickets[id_]: one for id_, one in records.latest_records(tx, run.name, which, tickets).items()}


def _tell_composed(
    run: Run, link: Link, sides: dict[Which, HubTicket], lying: Mapping[Which, Mapping[str, Record]], diff: Diff
) -> None:
    """Let each ticket tell what the contracts compose of it; what cannot be made is set aside alone."""
    for which, ticket in list(sides.items()):
        source, target = run.end(which), run.end(which.other)
        there = lying[which.other].get(link.id)
        told = composed.tell(source, target, ticket, lone=link.lone is not None, there=there)
        sides[which] = told.ticket
        failed = [(target, hub, error) for hub, error in told.failed.items()]
        failed += [(source, one.field, MappingError(one.what, fields=[one.field])) for one in ticket.unmade]
        for end, hub, error in failed:
            key = end.offer.key_of(f"fields.{hub}")
            diff.refused[f"{link.id}/{which}/{hub}"] = Refused(which, error, key, "", hub)


def _hubs(tx: Tx, run: Run, which: Which) -> dict[str, HubTicket]:
    found = stages.hubs(tx, run.name, run.job.run_id, which)
    return {ticket: HubTicket.model_validate(message) for ticket, message in found.items()}


def _decide_link(
    tx: Tx,
    run: Run,
    rules: PairRules,
    link: Link,
    hubs: Mapping[Which, HubTicket],
    held: Sequence[Held],
    diff: Diff,
) -> None:
    for ticket in hubs.values():
        if ends(ticket) or (ticket.final and link.lone is not None):
            why = f"{run.end(ticket.side).offer.name}: {ticket.final}"
            plan = LinkPlan()
            for one in hubs.values():
                plan.mark(one.events, "parked", why)
                twin = link.members.get(one.side.other)
                if twin is not None and twin.state not in ("unseen", "final"):  # else nobody is there to be told
                    tell_deleted(plan, one.side, one.events)
            if len(hubs) == 2:
                for one in hubs.values():
                    take_back(plan, one, hubs[one.side.other], _refused_back(run, plan, one, held))
            diff.parked[link.id] = why
            _finish(tx, run, link, plan, hubs, diff)
            return
    lone = link.lone
    if lone is not None:
        if lone in hubs:
            _decide_lone(tx, run, rules, link, hubs[lone], held, diff)
        return
    if len(hubs) < 2:
        _leave(tx, run, link, hubs, diff)  # the other member was never read in scope: nothing to merge with
        return
    waiting = {which: _waiting(run, ticket, held) for which, ticket in hubs.items()}
    states = {which: state for which, state in waiting.items() if state}
    hubs, undone = insist.undo(tx, run, link, hubs)
    unsent = {
        which: reach.left_to_send(ticket, _target(run, hubs[which.other]), diff.arrived)
        for which, ticket in hubs.items()
    }
    begun = presence.begin(tx, run, link, hubs, unsent)
    left = {**unsent, **begun.left}
    hubs = {**hubs, **begun.hubs}
    if not begun.whole:
        hubs = sets_in_rings.agree(tx, run, hubs, left, diff.arrived)
    aside = {which: _set_aside(run, part.ticket, held) for which, part in left.items()}
    plan = ties.plan(tx, run, link, hubs, left, rules, states, aside)
    for which, part in left.items():
        if which not in states:
            part.note(plan, presence.WHY if which in begun.left else reach.OTHERWISE)
    for which, ticket in hubs.items():
        refused = _refused_back(run, plan, ticket, held)
        plan_later(plan, ticket, which.other, held=which in states, refused=refused)
        if states.get(which) == "parked":
            diff.parked[link.id] = f"{run.end(which).offer.name}: out of scope ({ticket.scope_reason})"
        if which not in states:
            for event in ticket.events:
                if event.kind == "made":
                    plan.mark([event], "settled", "its twin is there")
                elif event.kind == "field" and event.field not in rules.fields:
                    state = "dropped" if event.note else "noted"
                    plan.mark([event], state, event.note or "the other side has no such field")
        _note_problems(run, ticket, diff, link)
        follow_up.plan_reopening(run, plan, ticket, hubs[which.other], rules)
    insist.add(plan, undone)
    for which, ticket in hubs.items():
        policy = follow_up.policy(run.end(which))
        source = _without(left[which.other].ticket, aside[which.other])
        if is_closed(ticket, policy) and arrive(plan, ticket, source, policy, rules, run.env.now()):
            diff.parked[link.id] = f"{run.end(which).offer.name}: {ticket.final or CLOSED}"
    _finish(tx, run, link, plan, hubs, diff, left)


def _leave(tx: Tx, run: Run, link: Link, hubs: Mapping[Which, HubTicket], diff: Diff) -> None:
    """Plan nothing where it is still to be read what a write came to, but to tell that it never will be."""
    parked = gone.park(tx, run, link, hubs)
    if parked is not None:
        plan, diff.parked[link.id] = parked
        _finish(tx, run, link, plan, hubs, diff)


def _target(run: Run, ticket: HubTicket) -> str:
    """Name a ticket as writes claim it."""
    return target_named(run.end(ticket.side).system, ticket.ticket)


def _decide_lone(
    tx: Tx, run: Run, rules: PairRules, link: Link, ticket: HubTicket, held: Sequence[Held], diff: Diff
) -> None:
    """A ticket without a twin: it is made, unless something holds it."""
    plan = LinkPlan()
    state = _waiting(run, ticket, held)
    if state is None and ticket.side.other not in rules.creates:
        diff.parked[link.id] = f"{run.end(ticket.side.other).offer.name} makes no tickets"
        plan.mark(ticket.events, "noted", "the other side makes no tickets")
    elif state is not None:
        plan.mark(ticket.events, state, ticket.scope_reason if state == "parked" else "")
        if state == "parked":
            diff.parked[link.id] = f"{run.end(ticket.side).offer.name}: out of scope ({ticket.scope_reason})"
    elif reach.join(tx, run, link, ticket):
        plan.mark(ticket.events, "waiting", "its twin was made by another pair, and is to be read")
    else:
        plan = plan_create(_without(ticket, _refused_before(ticket, held)), rules, run.env.now())
        diff.counts["creates"] += 1
    _note_problems(run, ticket, diff, link)
    _finish(tx, run, link, plan, {ticket.side: ticket}, diff)


def _waiting(run: Run, ticket: HubTicket, held: Sequence[Held]) -> str | None:
    """The state in which a side's events wait, if nothing of that side is to be sent."""
    if not ticket.in_scope:
        return "parked"
    if ticket.problems:
        return "quarantined"
    for one in held:
        own = one.side is ticket.side and not one.field and one.code != MappingError.code
        if own and not _due(run, one, ticket.events):
            return "quarantined"
    return None


def _due(run: Run, one: Held, events: Sequence[HubEvent]) -> bool:
    """What was set aside is tried again when its pause is over, or at once when something new happened to it."""
    if one.state == "parked":
        return False
    news = any(one.tried_at is None or event.at > one.tried_at for event in events)
    return news or one.next_try is None or one.next_try <= run.env.now()


def _set_aside(run: Run, ticket: HubTicket, held: Sequence[Held]) -> set[str]:
    """Fields that are set aside, and are not to be tried again yet."""
    return {
        one.field
        for one in held
        if one.field and one.side is ticket.side
        if not _due(run, one, [event for event in ticket.events if event.field == one.field])
    }


def _refused_back(run: Run, plan: LinkPlan, ticket: HubTicket, held: Sequence[Held]) -> set[str]:
    """What the other side refused to take back, and is not to be asked for again yet. What is over is let go of."""
    back: dict[str, list[HubEvent]] = {}
    for event in ticket.events:
        if event.kind in TAKEN_BACK:
            back.setdefault(item_of(event), []).append(event)
    own = [one for one in held if one.side is ticket.side and one.field.split(":")[0] in TAKEN_BACK]
    plan.idle |= {(one.side, one.field) for one in own if one.field not in back}
    return {one.field for one in own if one.field in back and not _due(run, one, back[one.field])}


def _refused_before(ticket: HubTicket, held: Sequence[Held]) -> set[str]:
    """Fields for which the other side refused to make the ticket: it is made without them, and they come after."""
    return {one.field for one in held if one.field and one.side is ticket.side}


def _without(ticket: HubTicket, names: Collection[str]) -> HubTicket:
    """Let fields count as unchanged."""
    if not names:
        return ticket
    fields = {
        hub: FieldState(value=state.base, base=state.base, has_base=state.has_base) if hub in names else state
        for hub, state in ticket.fields.items()
    }
    events = tuple(event for event in ticket.events if not (event.kind == "field" and event.field in names))
    told = {hub: value for hub, value in ticket.told.items() if hub not in names}
    return ticket.model_copy(update={"fields": fields, "events": events, "told": told})


def _note_problems(run: Run, ticket: HubTicket, diff: Diff, link: Link) -> None:
    if ticket.problems and ticket.in_scope:
        first = ticket.problems[0]
        error = MappingError(first.what, fields=[first.field])
        diff.refused[f"{link.id}/{ticket.side}"] = Refused(ticket.side, error, first.key, first.shown)


def _finish(
    tx: Tx,
    run: Run,
    link: Link,
    plan: LinkPlan,
    hubs: Mapping[Which, HubTicket],
    diff: Diff,
    left: Mapping[Which, reach.Left] = NOTHING_LEFT,
) -> None:
    """Write the plan in the targets' terms."""
    diff.plans[link.id] = plan
    hold_swings(tx, run, link, plan, hubs)
    if not plan.intents:
        return
    taken = {which: records.latest_records(tx, run.name, which, [ticket.ticket]) for which, ticket in hubs.items()}
    found = {which: taken[which][ticket.ticket] for which, ticket in hubs.items()}
    steps = records.events_by_id(tx, [intent.step for intent in plan.intents if intent.step is not None])
    lost = {
        (which, hub): event.content.get("after")
        for which, ticket in hubs.items()
        for event in records.open_events(tx, run.name, which, [ticket.ticket]).get(ticket.ticket, [])
        if event.key.startswith("lost:") and (hub := run.end(which).hub_of(event.field or ""))
        if hub in ticket.fields and ticket.fields[hub].overwritten
    }
    told = {which: left[which].told_by(ticket) if which in left else ticket for which, ticket in hubs.items()}
    made: Composed = compose(tx, Scene(run, link, plan, told, found, steps, lost), len(diff.actions))
    diff.actions += made.actions
    diff.refused |= {f"{link.id}/{one.source}/{one.field}": one for one in made.aside}
    if made.refused is not None:
        source = made.refused.source
        diff.refused[f"{link.id}/{source}"] = made.refused
        plan.mark([e for e in hubs[source].events if e.kind not in TAKEN_BACK], "quarantined", made.refused.error.code)
