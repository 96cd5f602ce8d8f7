# SPDX-License-Identifier: Apache-2.0
"""How a link begins whose two tickets are copies of one origin, made by other pairs: at rest (engine §4).

What each side shows then are its bases, and nothing is written for it. Where one of them cannot be read then, for its
ticket is out of scope or has no place in its contract, that side begins once it can be. Its history tells what it
showed when the link was opened, and what was done on either side since goes on as anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tandem.core.model import FieldState, HubEvent, HubTicket
from tandem.core.rules import Which
from tandem.core.values import Json, as_set, from_set, same
from tandem.pipeline.environment import Run
from tandem.pipeline.reach import Left, at_rest
from tandem.state import paths, records
from tandem.state.links import Link
from tandem.state.store import Tx

WHY = "both sides had the ticket by other ways"
BEGINS = ("field", "made")  # kinds of events that are part of what a side begins with


@dataclass(frozen=True, slots=True)
class Begun:
    """The sides that begin now. ``hubs``: what counts of them; ``left``: what is still to be sent.

    ``whole``: the link itself begins, so there is nothing yet that one side could have of the other.
    """

    whole: bool = False
    hubs: Mapping[Which, HubTicket] = field(default_factory=dict)
    left: Mapping[Which, Left] = field(default_factory=dict)


def begin(tx: Tx, run: Run, link: Link, hubs: Mapping[Which, HubTicket], left: Mapping[Which, Left]) -> Begun:
    """Lay the bases of what begins now; nothing where no side does."""
    known = any(state.has_base for ticket in hubs.values() for state in ticket.fields.values())
    late = {which: some for which in hubs if (some := _without_base(run, hubs, left, which))}
    whole = not known and all(ticket.fields for ticket in hubs.values())
    if not (whole or late):
        return Begun()
    by = makers(tx, run, {which: ticket.ticket for which, ticket in hubs.items()})
    if by <= {None, run.name} or (known and run.name in by):
        return Begun()
    if whole:
        return Begun(whole=True, left={which: _at_rest(ticket, left[which]) for which, ticket in hubs.items()})
    parts = {which: _late(tx, run, link, hubs[which], left[which], some) for which, some in late.items()}
    return Begun(
        hubs={which: whole for which, (whole, _) in parts.items()},
        left={which: part for which, (_, part) in parts.items()},
    )


def makers(tx: Tx, run: Run, tickets: Mapping[Which, str]) -> set[str | None]:
    """Name the pairs that made these tickets of a link, as far as any did; none where the journal does not tell."""
    return {
        copy.pair
        for which, ticket in tickets.items()
        for copy in paths.copies(tx, run.end(which).system, "ticket", [ticket]).values()
    }


def _at_rest(ticket: HubTicket, unsent: Left) -> Left:
    """A side that begins with the link. What was said goes on from there, but for what stands at the other side."""
    fields = {hub: at_rest(state) for hub, state in ticket.fields.items()}
    begins = [event for event in ticket.events if event.kind in BEGINS]
    said = tuple(event for event in unsent.ticket.events if event.kind not in BEGINS)
    there = [event for event in unsent.settled if event.kind not in BEGINS]
    return Left(ticket.model_copy(update={"fields": fields, "events": said}), begins + there, set(fields))


def _without_base(
    run: Run, hubs: Mapping[Which, HubTicket], left: Mapping[Which, Left], which: Which
) -> dict[str, FieldState]:
    """The fields of a side that say something, and have no base while the other side has one or cannot be read."""
    other = hubs[which.other].fields
    return {
        hub: state
        for hub, state in left[which].ticket.fields.items()
        if hub in run.rules.fields and not (state.has_base or state.unsaid)
        if hub not in other or other[hub].has_base
    }


def _late(
    tx: Tx, run: Run, link: Link, ticket: HubTicket, unsent: Left, fields: Mapping[str, FieldState]
) -> tuple[HubTicket, Left]:
    """A side that begins after its link: what was done before is part of what it begins with."""
    own = [event for event in ticket.events if event.kind in BEGINS and (not event.field or event.field in fields)]
    stored = records.events_by_id(tx, [event.id for event in own])
    old = {event.id for event in own if stored[event.id].at <= link.opened_at}
    since = [event for event in unsent.ticket.events if event.kind == "field" and event.id not in old]
    laid = {
        hub: _as_it_was(state, [event for event in since if event.field == hub], a_set=run.rules.fields[hub].a_set)
        for hub, state in fields.items()
    }
    rest = {hub for hub, state in laid.items() if state.has_base and not state.changed}
    settled = [event for event in unsent.settled if event.id not in old]
    before = [event for event in own if event.id in old]
    part = Left(_of(unsent.ticket, laid, old), settled + before, unsent.rebase | rest)
    return _of(ticket, laid, old), part


def _of(ticket: HubTicket, laid: Mapping[str, FieldState], old: set[int]) -> HubTicket:
    events = tuple(event for event in ticket.events if event.id not in old)
    return ticket.model_copy(update={"fields": {**ticket.fields, **laid}, "events": events})


def _as_it_was(state: FieldState, since: Iterable[HubEvent], *, a_set: bool) -> FieldState:
    """A field with what it showed before these changes as its base; with none where they do not tell it."""
    news = sorted(since, key=lambda event: (event.at, event.order))
    if not all(event.known for event in news):
        return state
    base = _undone(state.value, news) if a_set else news[0].before if news else state.value
    return state.model_copy(update={"base": base, "has_base": True, "changed": not same(base, state.value)})


def _undone(value: Json, news: Sequence[HubEvent]) -> Json:
    """What a set held before these changes."""
    now = as_set(value)
    for event in reversed(news):
        before, after = as_set(event.before), as_set(event.after)
        now = (now - (after - before)) | (before - after)
    return from_set(now)
