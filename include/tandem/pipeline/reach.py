# SPDX-License-Identifier: Apache-2.0
"""What has reached a side by another pair's writes already: it is not sent there once more (engine §3, §4).

Where the same change came to both sides on different ways, each side goes on from what it shows: values that differ
only by the way are no conflict. A link whose two tickets are copies of one origin begins so, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tandem.core.model import FieldState, HubEvent, HubTicket
from tandem.core.plan import LinkPlan
from tandem.core.rules import Which
from tandem.core.values import same
from tandem.pipeline.environment import Run
from tandem.pipeline.scene import target_named
from tandem.state import links, paths
from tandem.state.links import Link
from tandem.state.paths import TOLD
from tandem.state.store import Tx

OTHERWISE = "it has reached the other side by another way"

Arrived = Callable[[str, str], bool]  # cause, target


@dataclass
class Left:
    """A ticket with what is still to be sent, and what is not."""

    ticket: HubTicket
    settled: list[HubEvent] = field(default_factory=list)
    rebase: set[str] = field(default_factory=set)

    def told_by(self, whole: HubTicket) -> HubTicket:
        """The whole ticket, with what is to be sent in the form in which it is: some of it goes once more."""
        sent = {event.id: event for event in self.ticket.events}
        events = {event.id: event for event in whole.events} | sent
        return whole.model_copy(update={"events": tuple(events.values())})

    def note(self, plan: LinkPlan, why: str = OTHERWISE) -> None:
        """Let what has arrived already be settled."""
        plan.mark([event for event in self.settled if event.id not in plan.states], "settled", why)
        plan.rebase |= {(self.ticket.side, hub) for hub in self.rebase}


def arrived(tx: Tx, run: Run, by_link: Iterable[Mapping[Which, HubTicket]]) -> Arrived:
    """Ask, for all links at once, which causes of their events other pairs have carried to the other side.

    What was said there is there as well: of a ticket's copies that were read before the two were known to be one. A
    comment that tells of a field goes nowhere where that has arrived, this pair's own writes included.
    """
    asked: set[tuple[str, str]] = set()
    told: set[tuple[str, str]] = set()
    for hubs in by_link:
        for which, ticket in hubs.items():
            if which.other in hubs:
                target = target_named(run.end(which.other).system, hubs[which.other].ticket)
                causes = {cause for event in ticket.events for cause in _causes(event)}
                asked |= {(cause, target) for cause in causes}
                told |= {(paths.field_of(cause), target) for cause in causes if cause.startswith(TOLD)}
    there = paths.arrived(tx, asked, but=run.name) | paths.at_target(tx, asked, but=run.name) | paths.arrived(tx, told)

    def has(cause: str, target: str) -> bool:
        names = (cause, paths.field_of(cause)) if cause.startswith(TOLD) else (cause,)
        return any((name, target) in there or name.startswith(f"{target}:") for name in names)

    return has


def _causes(event: HubEvent) -> list[str]:
    return [event.cause, *(file.cause for file in event.files)]


def left_to_send(ticket: HubTicket, target: str, there: Arrived) -> Left:
    """Take out of a ticket what has reached the target."""
    left = Left(ticket)
    if not any(there(cause, target) for event in ticket.events for cause in _causes(event)):
        return left
    fields = dict(ticket.fields)
    for hub in {event.field for event in ticket.events if event.kind == "field"} & fields.keys():
        own = sorted((e for e in ticket.events if e.field == hub), key=lambda event: (event.at, event.order))
        known = [event for event in own if there(event.cause, target)]
        if not known:
            continue
        if len(known) == len(own):
            if known[-1].known and not same(known[-1].after, fields[hub].value):
                continue  # it shows something newer, of which nothing was read yet
            fields[hub] = at_rest(fields[hub])
            left.rebase.add(hub)
        elif own[: len(known)] == known and known[-1].known:
            fields[hub] = fields[hub].model_copy(update={"base": known[-1].after, "has_base": True})
        left.settled += known
    gone = {event.id for event in left.settled}
    events = []
    for event in ticket.events:
        if event.id in gone:
            continue
        if event.kind in ("comment", "file") and there(event.cause, target):
            left.settled.append(event)
            continue
        files = tuple(file for file in event.files if event.kind == "file" or not there(file.cause, target))
        events.append(event.model_copy(update={"files": files}) if files != event.files else event)
    left.ticket = ticket.model_copy(update={"fields": fields, "events": tuple(events)})
    return left


def at_rest(state: FieldState) -> FieldState:
    """A field that counts as unchanged at what it shows."""
    return state.model_copy(update={"base": state.value, "has_base": True, "changed": False})


def field_events(ticket: HubTicket, hub: str) -> list[HubEvent]:
    """What happened to a field of a ticket and may travel, the oldest first."""
    own = (event for event in ticket.events if event.kind == "field" and event.field == hub and not event.note)
    return sorted(own, key=lambda event: (event.at, event.order))


def join(tx: Tx, run: Run, link: Link, ticket: HubTicket) -> bool:
    """Join a ticket without a twin to the copy that another pair made where this one would make its own."""
    end = run.end(ticket.side.other)
    where = (end.offer.create or {}).get(end.caps.place_field)
    choices = end.dictionary.get(end.caps.place_field)
    places = {str(where), choices.id_of(str(where)) if choices else str(where)} if where is not None else set()
    there = paths.ticket_at(tx, link.origin, end.system, places)
    mine = run.end(ticket.side).system == end.system and there == ticket.ticket
    if there is None or mine:
        return False
    if links.link_of(tx, run.name, end.which, [there]):
        return False
    links.join_made(tx, run.name, link.id, end.which, there)
    links.update_links(tx, [link.id], run.env.now(), state="linked", reason="", pending=True)
    return True
