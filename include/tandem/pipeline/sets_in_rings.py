# SPDX-License-Identifier: Apache-2.0
"""A set whose elements come to a side by other pairs too: each element ends as what was done to it last says.

In a ring an element may come to a side late, or be taken away there, before the pair runs that joins it to where that
was done. Against the bases of that pair it would be news, and be brought anew. So each element that moved is held
against what was done to it at the other side (:mod:`tandem.core.set_steps`), and the bases are laid so that the merge
comes to that. Elements of which no history tells anything are merged as they always are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tandem.core.model import FieldState, HubEvent, HubTicket, Step
from tandem.core.rules import Which
from tandem.core.set_steps import Steps, standing, steps
from tandem.core.values import as_set, from_set
from tandem.pipeline.environment import Run
from tandem.pipeline.reach import Arrived, Left, field_events
from tandem.pipeline.scene import target_named
from tandem.state import precedence
from tandem.state import steps as kept
from tandem.state.store import Tx

OURS = ("event:", "merge:", "again:")  # begin the causes of what nobody but us did


def agree(
    tx: Tx, run: Run, hubs: Mapping[Which, HubTicket], left: Mapping[Which, Left], arrived: Arrived
) -> dict[Which, HubTicket]:
    """Lay the bases of such sets in what is left to be sent. Return the tickets with what stands of each element."""
    told = dict(hubs)
    for hub, how in run.rules.fields.items():
        if not (how.a_set and all(hub in ticket.fields for ticket in hubs.values())):
            continue
        events = {which: field_events(ticket, hub) for which, ticket in hubs.items()}
        news = {which: own for which, some in events.items() if (own := steps(some)) is not None}
        states = {which: ticket.fields[hub] for which, ticket in hubs.items()}
        if len(news) < len(hubs) or any(state.overwritten for state in states.values()):
            continue
        meeting = _Meeting(tx, run, hubs, hub, arrived, news)
        for element in sorted(news[Which.LEFT].keys() | news[Which.RIGHT].keys()):
            meeting.settle(element)
        if meeting.third or any(one.brought for own in events.values() for one in own):
            for which in Which:
                state = states[which].model_copy(update={"steps": meeting.stands[which]})
                told[which] = _with_field(told[which], hub, state)
                _lay(left[which], hub, state, meeting.bases[which], meeting.to_carry(events[which], which))
        if not run.job.dry_run:
            meeting.keep()
    return told


@dataclass
class _Meeting:
    """The two sides of one set."""

    tx: Tx
    run: Run
    hubs: Mapping[Which, HubTicket]
    hub: str
    arrived: Arrived
    news: Mapping[Which, Steps]
    bases: dict[Which, set[str]] = field(init=False)
    shown: dict[Which, frozenset[str]] = field(init=False)
    stands: dict[Which, dict[str, Step]] = field(init=False)  # what is to go to the other side
    done: dict[Which, Steps] = field(init=False)  # what was done, or was agreed to have been
    third: bool = False  # whether something is known that was done at neither of both tickets
    over: dict[Which, list[tuple[str, str]]] = field(init=False)  # what a side's change stands over: both causes

    def __post_init__(self) -> None:
        states = {which: ticket.fields[self.hub] for which, ticket in self.hubs.items()}
        self.shown = {which: as_set(state.value) for which, state in states.items()}
        self.bases = {which: set(as_set(state.base)) if state.has_base else set() for which, state in states.items()}
        self.stands, self.done = {which: {} for which in Which}, {which: {} for which in Which}
        self.over = {which: [] for which in Which}

    def settle(self, element: str) -> None:
        """Lay both bases for an element that moved."""
        there = {which: element in self.shown[which] for which in Which}
        alike = there[Which.LEFT] is there[Which.RIGHT]
        if not alike and any(self._untold(element, which) for which in Which):
            return
        chains = {which: self._chain(element, which) for which in Which}
        winner = standing(chains[Which.LEFT], chains[Which.RIGHT])
        last = chains[winner or Which.LEFT][-1]
        if alike:
            for which in Which:
                self.done[which][element] = [*chains[which], last]
        if alike or winner is None or last.there is not there[winner]:
            self._base(element, there)  # by the way alone they differ, or by what is still to be read
            return
        self._base(element, dict.fromkeys(Which, there[winner.other]))
        self.stands[winner][element] = last
        fell = chains[winner.other][-1].cause if chains[winner.other] else ""
        self.over[winner].append((last.cause, fell))

    def keep(self) -> None:
        """Note what is known of the elements."""
        for which in Which:
            kept.keep(self.tx, self._set(which), {**self.news[which], **self.done[which]})

    def to_carry(self, events: Sequence[HubEvent], which: Which) -> list[HubEvent]:
        """The events of a side that has something to send; its write claims what no other has claimed."""
        if self.bases[which] == self.shown[which] or not events:
            return []
        last, over = events[-1], sorted(self.over[which])
        if not over or not self.arrived(last.cause, self._target(which.other)):
            return list(events)
        names = [",".join(causes) for causes in zip(*over, strict=True)]
        return [*events[:-1], last.model_copy(update={"again": precedence.again(*names)})]

    def _base(self, element: str, there: Mapping[Which, bool]) -> None:
        for which, is_there in there.items():
            (self.bases[which].add if is_there else self.bases[which].discard)(element)

    def _untold(self, element: str, which: Which) -> bool:
        """Tell whether a side changed an element, and its history does not say so."""
        changed = (element in self.shown[which]) is not (element in self.bases[which])
        return changed and element not in self.news[which]

    def _target(self, which: Which) -> str:
        return target_named(self.run.end(which).system, self.hubs[which].ticket)

    def _chain(self, element: str, which: Which) -> Sequence[Step]:
        """What was done to an element at a side: the news of it, or else what was settled before."""
        own = self.news[which].get(element)
        if own is not None:
            return own
        last = list(kept.last_of(self.tx, self._set(which), [element]).values())
        known = (*(f"{self._target(one)}:" for one in Which), *OURS)
        self.third |= any(not step.cause.startswith(known) for step in last)
        return last

    def _set(self, which: Which) -> kept.Set:
        end = self.run.end(which)
        return kept.Set(end.system, self.hubs[which].ticket, end.offer.fields[self.hub].native)


def _lay(part: Left, hub: str, state: FieldState, base: set[str], events: Sequence[HubEvent]) -> None:
    """Let a side's set count as changed from this base, by these events; at rest where nothing differs."""
    changed = as_set(state.value) != base
    laid = state.model_copy(update={"base": from_set(frozenset(base)), "has_base": True, "changed": changed})
    own = [event for event in (*part.ticket.events, *part.settled) if event.kind == "field" and event.field == hub]
    gone = {event.id for event in own}
    kept = [event for event in part.ticket.events if event.id not in gone]
    part.settled = [event for event in part.settled if event.id not in gone]
    if events:
        kept += events
        part.settled += [event for event in own if event.id not in {one.id for one in events}]
    else:
        part.settled += own
    part.ticket = _with_field(part.ticket.model_copy(update={"events": tuple(kept)}), hub, laid)
    part.rebase = part.rebase - {hub} if changed else part.rebase | {hub}


def _with_field(ticket: HubTicket, hub: str, state: FieldState) -> HubTicket:
    return ticket.model_copy(update={"fields": {**ticket.fields, hub: state}})
