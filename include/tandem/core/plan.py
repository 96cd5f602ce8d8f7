# SPDX-License-Identifier: Apache-2.0
"""What is to be written for one link, in order: merged fields, status steps, comments and files.

Pure: two hub tickets and the pair's rules go in, a :class:`LinkPlan` comes out. Each event that it judges gets a
state or rides on an intent; an event that it leaves alone stays open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tandem.core.doc import Doc, doc, paragraph
from tandem.core.merge import Clash, Merged, Times, merge
from tandem.core.model import FieldState, HubEvent, HubTicket
from tandem.core.rules import Which
from tandem.core.values import Json, same

STATUS = "status"
CREATE, UPDATE, MOVE, COMMENT, ATTACH = "create", "update", "status", "comment", "attach"
_RANK = {CREATE: 0, MOVE: 1, UPDATE: 1, COMMENT: 2, ATTACH: 3}


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """How a pair treats one hub field. ``ways`` holds the sides that may be written."""

    hub: str
    ways: frozenset[Which]
    rule: str
    a_set: bool = False
    once: frozenset[Which] = frozenset()  # sides that take it at creation only
    on_change: Mapping[Which, str] = field(default_factory=dict)  # sides that cannot change it: "comment" or "ignore"


@dataclass(frozen=True, slots=True)
class PairRules:
    """What diff needs to know of a pair."""

    fields: Mapping[str, FieldPlan]
    tie: Which
    workflow: frozenset[Which] = frozenset()  # sides whose status moves along a workflow
    creates: frozenset[Which] = frozenset()  # sides that make tickets
    takes_comments: frozenset[Which] = frozenset()
    takes_files: frozenset[Which] = frozenset()


@dataclass(frozen=True, slots=True)
class Intent:
    """One remote write that is meant. ``carries`` arrive with it; ``covers`` are superseded by it."""

    target: Which
    kind: str
    at: datetime
    order: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    carries: tuple[int, ...] = ()
    covers: tuple[int, ...] = ()
    step: int | None = None  # event whose value this status step writes
    event: HubEvent | None = None  # the comment or file
    text: Doc | None = None  # of a comment that tells of a change which the target cannot make


@dataclass(frozen=True, slots=True)
class State:
    """The state that an event comes to without a write."""

    name: str
    reason: str = ""


@dataclass(slots=True)
class LinkPlan:
    """All that is decided for one link in one run."""

    intents: list[Intent] = field(default_factory=list)
    rebase: set[tuple[Which, str]] = field(default_factory=set)  # bases that take in what the side shows
    unsaid: set[tuple[Which, str]] = field(default_factory=set)  # values to be remembered as unsaid
    clashes: dict[str, Clash] = field(default_factory=dict)
    states: dict[int, State] = field(default_factory=dict)

    def mark(self, events: Iterable[HubEvent | int], name: str, reason: str = "") -> None:
        """Bring events to a state."""
        for event in events:
            self.states[event if isinstance(event, int) else event.id] = State(name, reason)

    def ordered(self) -> list[Intent]:
        """The intents in the order in which their events happened."""
        return sorted(self.intents, key=lambda i: (i.kind != CREATE, i.at, i.order, _RANK[i.kind]))


def plan_link(
    left: HubTicket, right: HubTicket, rules: PairRules, held: Mapping[Which, str], now: datetime
) -> LinkPlan:
    """Plan a link that has both members. A change of which no history tells counts as made ``now``.

    ``held`` maps a *source* side to the state (``quarantined``, ``parked``) in which its events wait: nothing of that
    side is sent, while what comes in to it flows.
    """
    plan = LinkPlan()
    sides = {Which.LEFT: left, Which.RIGHT: right}
    for which, state in held.items():
        plan.mark(sides[which].events, state, "" if state != "parked" else sides[which].scope_reason or "parked")
    for hub, how in rules.fields.items():
        _plan_field(plan, hub, how, sides, rules, held, now)
    for source, ticket in sides.items():
        if source not in held:
            _plan_items(plan, ticket, source.other, rules)
    _merge_updates(plan)
    return plan


def plan_create(ticket: HubTicket, rules: PairRules, now: datetime) -> LinkPlan:
    """Plan the twin of a ticket that has none: the create, its status, and all its comments and files."""
    plan, target = LinkPlan(), ticket.side.other
    made = [event for event in ticket.events if event.kind == "made"]
    past = [event for event in ticket.events if event.kind == "field"]
    at = made[0].at if made else now
    values = {
        hub: state.value
        for hub, state in ticket.fields.items()
        if hub in rules.fields and target in rules.fields[hub].ways
        if not state.unsaid and state.value not in (None, [])
    }
    by_move = target in rules.workflow
    fields = {hub: value for hub, value in values.items() if not (by_move and hub == STATUS)}
    ids = tuple(event.id for event in made)
    plan.intents.append(Intent(target, CREATE, at, "", fields, ids, tuple(event.id for event in past)))
    if by_move and STATUS in values:
        plan.intents.append(Intent(target, MOVE, at, "", {STATUS: values[STATUS]}, carries=()))
    plan.unsaid |= {(ticket.side, hub) for hub, state in ticket.fields.items() if state.unsaid}
    _plan_items(plan, ticket, target, rules)
    return plan


def _plan_field(
    plan: LinkPlan,
    hub: str,
    how: FieldPlan,
    sides: Mapping[Which, HubTicket],
    rules: PairRules,
    held: Mapping[Which, str],
    now: datetime,
) -> None:
    states = {which: _state(ticket, hub, which in held) for which, ticket in sides.items()}
    events = {
        which: [] if which in held else [e for e in ticket.events if e.kind == "field" and e.field == hub]
        for which, ticket in sides.items()
    }
    if not (how.ways and all(hub in ticket.fields or which in held for which, ticket in sides.items())):
        plan.mark(events[Which.LEFT] + events[Which.RIGHT], "noted", "the field does not travel")
        return
    times = Times(_last_time(events[Which.LEFT]), _last_time(events[Which.RIGHT]))
    verdict = merge(
        states[Which.LEFT],
        states[Which.RIGHT],
        rule=how.rule,
        times=times,
        tie=rules.tie,
        ways=how.ways,
        a_set=how.a_set,
    )
    if verdict.clash:
        plan.clashes[hub] = verdict.clash
    if verdict.clash and verdict.clash.winner is None:
        plan.mark(events[Which.LEFT] + events[Which.RIGHT], "conflict", "held for a decision")
        return
    written = [target for target in Which if verdict.to(target)]
    for target in written:
        _plan_write(plan, hub, how, target, verdict, events, now)
    restored = {which for which, state in states.items() if state.overwritten and which not in written}
    for which in restored:
        _plan_restore(plan, hub, which, states[which], events[which], now)
    if written:
        if not verdict.clash:  # what lost a conflict is superseded when the winner has arrived, not before
            for which in set(Which) - {target.other for target in written}:
                plan.mark(events[which], "superseded", "back to what both agreed on")
        return
    if verdict.agreed:
        for which in set(Which) - restored:
            plan.mark(events[which], "settled")
            if which not in held:
                plan.rebase.add((which, hub))
        return
    for which, state in states.items():
        if which in held:
            continue
        if state.unsaid:
            plan.mark(events[which], "noted", "unsaid: a value that has no counterpart")
            plan.unsaid.add((which, hub))
        elif state.changed and state.has_base and not same(state.value, state.base):
            plan.mark(events[which], "noted", "the field does not travel this way")
            plan.rebase.add((which, hub))
        else:
            plan.mark(events[which], "superseded", "back to what both agreed on")
            if state.changed:
                plan.rebase.add((which, hub))


def _state(ticket: HubTicket, hub: str, held: bool) -> FieldState:
    """A held side counts as unchanged: it shows its base."""
    state = ticket.fields.get(hub, FieldState())
    return FieldState(value=state.base, base=state.base, has_base=state.has_base) if held else state


def _last_time(events: list[HubEvent]) -> datetime | None:
    return max((event.at for event in events), default=None)


def _plan_write(
    plan: LinkPlan,
    hub: str,
    how: FieldPlan,
    target: Which,
    verdict: Merged,
    events: Mapping[Which, list[HubEvent]],
    now: datetime,
) -> None:
    source, write = target.other, verdict.to(target)
    assert write is not None
    own = sorted(events[source], key=lambda event: (event.at, event.order))
    last = own[-1] if own else None
    if target in how.once or how.on_change.get(target) == "ignore":
        lost = events[target] if verdict.clash else []
        plan.mark([*own, *lost], "noted", "written at creation only")
        plan.rebase |= {(source, hub)} | ({(target, hub)} if lost else set())
        return
    carries = (last.id,) if last else ()
    lost = events[target] if verdict.clash else []
    covers = tuple(event.id for event in [*own[:-1], *lost])
    at, order = (last.at, last.order) if last else (now, "")
    if how.on_change.get(target) == "comment":
        body = write.value if isinstance(write.value, dict) else doc(paragraph(str(write.value or "")))
        plan.intents.append(
            Intent(target, COMMENT, at, order, {hub: write.value}, carries, covers, event=last, text=body)
        )
        return
    steps = _steps(own, write.value) if hub == STATUS and verdict.clash is None else []
    if len(steps) > 1:
        _plan_steps(plan, hub, target, own, steps)
        return
    kind = MOVE if hub == STATUS else UPDATE
    plan.intents.append(Intent(target, kind, at, order, {hub: write.value}, carries, covers))


def _plan_restore(
    plan: LinkPlan, hub: str, which: Which, state: FieldState, events: list[HubEvent], now: datetime
) -> None:
    """A value that our own write ran over, and that stands: its side gets it back."""
    last = events[-1] if events else None
    at, order = (last.at, last.order) if last else (now, "")
    kind = MOVE if hub == STATUS else UPDATE
    ids = tuple(event.id for event in events)
    plan.intents.append(Intent(which, kind, at, order, {hub: state.value}, ids[-1:], ids[:-1]))


def _steps(events: list[HubEvent], final: Json) -> list[HubEvent]:
    """The events that lead, one after the other, to the final value; none where the history has a gap."""
    steps: list[HubEvent] = []
    for event in events:
        if not event.known:
            return []
        if steps and not same(event.before, steps[-1].after):
            return []
        if not same(event.after, steps[-1].after if steps else event.before):
            steps.append(event)
    return steps if steps and same(steps[-1].after, final) else []


def _plan_steps(plan: LinkPlan, hub: str, target: Which, own: list[HubEvent], steps: list[HubEvent]) -> None:
    """One write a step; events between two steps that changed nothing in hub terms ride on the step before."""
    ids = {step.id for step in steps}
    waiting: list[int] = []
    for event in own:
        if event.id in ids:
            plan.intents.append(
                Intent(
                    target, MOVE, event.at, event.order, {hub: event.after}, (event.id,), tuple(waiting), step=event.id
                )
            )
            waiting = []
        else:
            waiting.append(event.id)
    plan.mark(waiting, "superseded", "the same in neutral terms")


def _plan_items(plan: LinkPlan, ticket: HubTicket, target: Which, rules: PairRules) -> None:
    """Comments and files, each once. A file that a comment carries goes with it."""
    comments = [event for event in ticket.events if event.kind == "comment" and not event.note]
    carried = {file.event for event in comments for file in event.files}
    for event in ticket.events:
        if event.kind == "comment":
            taken, kind = target in rules.takes_comments, COMMENT
        elif event.kind == "file":
            taken, kind = target in rules.takes_files, ATTACH
        else:
            continue
        if event.note or not taken:
            plan.mark([event], "noted", event.note or "the other side does not take it")
        elif kind == COMMENT or event.id not in carried:
            ids = (event.id, *(file.event for file in event.files if file.event != event.id))
            plan.intents.append(Intent(target, kind, event.at, event.order, carries=ids, event=event))


def _merge_updates(plan: LinkPlan) -> None:
    """Fields whose last change is of the same moment go in one write."""
    groups: dict[tuple[Which, datetime], Intent] = {}
    rest: list[Intent] = []
    for intent in plan.intents:
        if intent.kind != UPDATE:
            rest.append(intent)
            continue
        known = groups.get((intent.target, intent.at))
        groups[(intent.target, intent.at)] = (
            intent
            if known is None
            else Intent(
                intent.target,
                UPDATE,
                intent.at,
                max(known.order, intent.order),
                {**known.fields, **intent.fields},
                known.carries + intent.carries,
                known.covers + intent.covers,
            )
        )
    plan.intents = [*rest, *groups.values()]
