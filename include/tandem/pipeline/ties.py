# SPDX-License-Identifier: Apache-2.0
"""Two changes of one field that meet in a ring of pairs: one stands, and the same one for every pair (engine §3, §4).

The first pair to decide a conflict decides it for the installation. Where a pair finds a change of which another has
brought the other side that same change already, and that side has gone on to something else, it does not trust the
way: what stands goes to both, once more if need be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tandem.core.intents import Aside
from tandem.core.merge import Times, alike, moved
from tandem.core.model import HubEvent, HubTicket
from tandem.core.plan import LinkPlan, PairRules, plan_link
from tandem.core.rules import Which
from tandem.pipeline.environment import Run
from tandem.pipeline.reach import Left, field_events
from tandem.pipeline.scene import target_named
from tandem.state import paths, precedence
from tandem.state.links import Link
from tandem.state.precedence import Order
from tandem.state.store import Tx

NOTHING = Order({}, {})


def plan(
    tx: Tx,
    run: Run,
    link: Link,
    hubs: Mapping[Which, HubTicket],
    left: Mapping[Which, Left],
    rules: PairRules,
    held: Mapping[Which, str],
    aside: Aside,
) -> LinkPlan:
    """Plan a link that has both members, of which ``left`` is still to be sent.

    Where two changes met before, that decision holds here too; it is recorded where they meet for the first time.
    """
    foreign = set(_foreign(hubs, rules))
    met = {hub: last for hub in rules.fields if len(last := _last(left, hub)) == 2}
    order = precedence.order_of(tx, link.origin) if foreign or met else NOTHING
    stands = {hub: which for hub in foreign - met.keys() if (which := _again(tx, run, link, order, hubs, left, hub))}
    stands |= {hub: which for hub, last in met.items() if (which := _standing(order, last))}

    def planned() -> LinkPlan:
        ruled = replace(rules, stands=stands) if stands else rules
        return plan_link(left[Which.LEFT].ticket, left[Which.RIGHT].ticket, ruled, held, run.env.now(), aside)

    made, late = planned(), False
    for hub, clash in made.clashes.items():
        if hub in met and hub not in stands and clash.winner is not None and not run.job.dry_run:
            winner, loser = met[hub][clash.winner].cause, met[hub][clash.winner.other].cause
            if winner != loser and precedence.settle(tx, winner, loser, run.env.now()) != winner:
                stands[hub], late = clash.winner.other, True  # another pair was faster
    return planned() if late else made


def _foreign(hubs: Mapping[Which, HubTicket], rules: PairRules) -> Iterator[str]:
    """The fields, merged as one value, of which a side reports what another pair wrote."""
    for hub, how in rules.fields.items():
        if len(how.ways) == 2 and not how.a_set and how.rule != "hold":
            for ticket in hubs.values():
                if any(event.brought for event in field_events(ticket, hub)):
                    yield hub
                    break


def _last(left: Mapping[Which, Left], hub: str) -> dict[Which, HubEvent]:
    """What each side did last to a field."""
    events = {which: field_events(part.ticket, hub) for which, part in left.items()}
    return {which: own[-1] for which, own in events.items() if own}


def _standing(order: Order, last: Mapping[Which, HubEvent]) -> Which | None:
    stands = order.standing(last[Which.LEFT].cause, last[Which.RIGHT].cause)
    return next((which for which, event in last.items() if event.cause == stands), None)


def _again(
    tx: Tx,
    run: Run,
    link: Link,
    order: Order,
    hubs: Mapping[Which, HubTicket],
    left: Mapping[Which, Left],
    hub: str,
) -> Which | None:
    """Where one side at most has news to send, hold them against what the other shows; tell which of both stands.

    What stands is carried though it was before, and was written over since: at most once for the change that it met.
    Nothing is told where the plan comes to that by itself, with a cause that no write has carried there.
    """
    news = {which: field_events(left[which].ticket, hub) or field_events(hubs[which], hub) for which in Which}
    sending = _last(left, hub)
    source = next(iter(sending or (which for which in Which if news[which])))
    if any(hub not in ticket.fields for ticket in hubs.values()):
        return None
    if alike(hubs[Which.LEFT].fields[hub].value, hubs[Which.RIGHT].fields[hub].value):
        return None
    there = news[source.other][-1] if news[source.other] else _change(tx, run, link, hubs[source.other], hub)
    if there is None or there.cause == news[source][-1].cause:
        return None  # it differs by its way alone
    last = {source: news[source][-1], source.other: there}
    stands = _standing(order, last)
    if stands is not source.other and moved(left[source].ticket.fields[hub]):
        target = target_named(run.end(source.other).system, hubs[source.other].ticket)
        if not paths.arrived(tx, {(last[source].cause, target)}):
            return None
    stands = stands or _by_rule(run, hub, last)
    if not run.job.dry_run:
        precedence.settle(tx, last[stands].cause, last[stands.other].cause, run.env.now())
    again = last[stands].model_copy(update={"again": precedence.again(last[stands].cause, last[stands.other].cause)})
    if stands is source:
        _reopen(left[source], hubs, hub, [*news[source][:-1], again])
    else:
        _reopen(left[source], hubs, hub, news[source])
        _reopen(left[source.other], hubs, hub, [again])
    return stands


def _by_rule(run: Run, hub: str, last: Mapping[Which, HubEvent]) -> Which:
    rule = run.rules.fields[hub].rule
    times = Times(last[Which.LEFT].at, last[Which.RIGHT].at)
    return times.newest(run.rules.tie) if rule == "newest" else Which(rule)


def _reopen(left: Left, hubs: Mapping[Which, HubTicket], hub: str, news: list[HubEvent]) -> None:
    """Let a field count as changed by these events, from what its peer shows."""
    which, ids = left.ticket.side, {event.id for event in news}
    changed = {"changed": True, "base": hubs[which.other].fields[hub].value, "has_base": True}
    fields = {**left.ticket.fields, hub: hubs[which].fields[hub].model_copy(update=changed)}
    kept = (event for event in left.ticket.events if event.id not in ids)
    left.ticket = left.ticket.model_copy(update={"fields": fields, "events": (*kept, *news)})
    left.settled = [event for event in left.settled if event.id not in ids]
    left.rebase.discard(hub)


def _change(tx: Tx, run: Run, link: Link, ticket: HubTicket, hub: str) -> HubEvent | None:
    """What was done last to a field of which a side reports no news, by whichever pair."""
    end = run.end(ticket.side)
    native = end.offer.fields[hub].native
    last = precedence.last_change(tx, run.name, end.which, ticket.ticket, native, link.id)
    if last is None:
        return None
    return HubEvent(
        id=last.event,
        kind="field",
        at=last.at,
        order=last.order,
        field=hub,
        author=last.author,
        cause=last.cause,
        person=last.person,
        known=False,
    )
