# SPDX-License-Identifier: Apache-2.0
"""What is to be written for one link, in order: merged fields, status steps, comments and files.

Pure: two hub tickets and the pair's rules go in, a :class:`LinkPlan` comes out. Each event that it judges gets a
state or rides on an intent; an event that it leaves alone stays open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from tandem.core.doc import doc, paragraph
from tandem.core.intents import (
    ATTACH,
    BACK,
    COMMENT,
    CREATE,
    DELETED,
    LEFT,
    MOVE,
    NO_LONGER_SHARED,
    NONE,
    NOT_ANY_MORE,
    REOPENED,
    STATUS,
    UPDATE,
    Aside,
    FieldPlan,
    Intent,
    LinkPlan,
    PairRules,
    State,
)
from tandem.core.merge import Merged, Times, alike, merge, moved
from tandem.core.model import FieldState, HubEvent, HubTicket
from tandem.core.rules import Which
from tandem.core.values import Json, same

__all__ = [
    "ATTACH",
    "BACK",
    "COMMENT",
    "CREATE",
    "DELETED",
    "LEFT",
    "MOVE",
    "NOT_ANY_MORE",
    "NO_LONGER_SHARED",
    "REOPENED",
    "STATUS",
    "UPDATE",
    "FieldPlan",
    "Intent",
    "LinkPlan",
    "PairRules",
    "State",
    "plan_create",
    "plan_link",
]


def plan_link(
    left: HubTicket, right: HubTicket, rules: PairRules, held: Mapping[Which, str], now: datetime, aside: Aside = NONE
) -> LinkPlan:
    """Plan a link that has both members. A change of which no history tells counts as made ``now``.

    ``held`` maps a *source* side to the state (``quarantined``, ``parked``) in which its events wait: nothing of that
    side is sent, while what comes in to it flows. What it changed itself is written over only where the pair's rule
    says so, as if it were not held. ``aside`` does so for single fields, as long as there is anything of them to send.
    """
    plan = LinkPlan()
    sides = {Which.LEFT: left, Which.RIGHT: right}
    for which, state in held.items():
        plan.mark(sides[which].events, state, "" if state != "parked" else sides[which].scope_reason or "parked")
    for hub, how in rules.fields.items():
        _plan_field(plan, hub, how, sides, rules, held, aside, now)
    for source, ticket in sides.items():
        if source not in held:
            _plan_items(plan, ticket, source.other, rules)
            _plan_twin(plan, ticket, sides[source.other], rules, aside, now)
        _plan_leaving(plan, ticket)
    _merge_updates(plan)
    return plan


def plan_create(ticket: HubTicket, rules: PairRules, now: datetime) -> LinkPlan:
    """Plan the twin of a ticket that has none: the create, its status, and all its comments and files."""
    plan, target = LinkPlan(), ticket.side.other
    made = [event for event in ticket.events if event.kind == "made"]
    past = [event for event in ticket.events if event.kind == "field"]
    at = min((event.at for event in ticket.events), default=now)
    values = {
        hub: state.value
        for hub, state in ticket.fields.items()
        if hub in rules.fields and target in rules.fields[hub].ways
        if not state.unsaid and state.value not in (None, [])
    }
    by_move = target in rules.workflow
    fields = {hub: value for hub, value in values.items() if not (by_move and hub == STATUS)}
    fields |= {hub: value for hub, value in ticket.told.items() if hub in rules.twins.get(target, ())}
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
    aside: Aside,
    now: datetime,
) -> None:
    states = {which: ticket.fields.get(hub, FieldState()) for which, ticket in sides.items()}
    events = {
        which: [] if which in held else _ordered(e for e in ticket.events if e.kind == "field" and e.field == hub)
        for which, ticket in sides.items()
    }
    if not (how.ways and all(hub in ticket.fields or which in held for which, ticket in sides.items())):
        plan.mark(events[Which.LEFT] + events[Which.RIGHT], "noted", "the field does not travel")
        return
    verdict = _merge(how, states, events, rules)
    for which, own in events.items():  # what was made out of scope counts by its time, and is no step of the way
        for event in own:
            if event.note:
                plan.mark([event], "dropped", event.note)
        events[which] = [event for event in own if not event.note]
        if verdict.to(which.other) is None:
            plan.idle.add((which, hub))
        elif stays := how.stays(which.other, sides[which.other].in_scope, aside.get(which, ())):
            plan.mark(events[which], *stays)
            events[which], held = [], {**held, which: stays[0]}
    sent = [target for target in Which if verdict.to(target) and target.other not in held]
    unshown = [which for which in Which if states[which].overwritten and which.other in sent]
    if unshown:
        for which in unshown:
            _plan_back(plan, hub, which, states[which], verdict, events, now)
        return
    winner = verdict.clash.winner if verdict.clash else None
    if winner is not None and winner in held:
        plan.mark(events[winner.other], "waiting", "the other side changed it too, and is set aside")
        return
    if verdict.clash:
        plan.clashes[hub] = verdict.clash
        if winner is None:
            plan.mark(events[Which.LEFT] + events[Which.RIGHT], "conflict", "held for a decision")
            return
    written = [target for target in sent if not how.is_closed(target)]
    for target in sent:
        if target in written:
            _plan_write(plan, hub, how, target, verdict, states, events, now)
        else:
            _plan_nothing(plan, hub, target, verdict, events)
    restored = [which for which in Which if states[which].overwritten and which not in {*written, *held}]
    for which, state in states.items():
        if which in held or which in restored or which.other in sent or verdict.clash:
            continue  # what lost a conflict is superseded when the winner has arrived, not before
        if verdict.agreed:
            plan.rebase.add((which, hub))
        if verdict.agreed and alike(states[Which.LEFT].value, states[Which.RIGHT].value):
            plan.mark(events[which], "settled")
        else:
            _plan_rest(plan, hub, how, which, state, events[which], overruled=which in written)
    for which in restored:
        _plan_restore(plan, hub, which, states[which], events[which], now)


def _merge(
    how: FieldPlan, states: Mapping[Which, FieldState], events: Mapping[Which, list[HubEvent]], rules: PairRules
) -> Merged:
    left_at, right_at = (max((event.at for event in events[which]), default=None) for which in Which)
    times = Times(left_at, right_at, rules.stands.get(how.hub))
    left, right = (states[which] for which in Which)
    return merge(left, right, rule=how.rule, times=times, tie=rules.tie, ways=how.ways, a_set=how.a_set)


def _ordered(events: Iterable[HubEvent]) -> list[HubEvent]:
    return sorted(events, key=lambda event: (event.at, event.order))


def _plan_rest(
    plan: LinkPlan,
    hub: str,
    how: FieldPlan,
    which: Which,
    state: FieldState,
    events: list[HubEvent],
    *,
    overruled: bool,
) -> None:
    """A side of which nothing is written to the other: what it did, if anything, ends here."""
    if state.unsaid:
        plan.mark(events, "noted", "unsaid: a value that has no counterpart")
        plan.unsaid.add((which, hub))
        return
    if not moved(state):
        name, why = ("settled", "the same in neutral terms") if state.changed else ("superseded", BACK)
        plan.mark(events, name, why)
    elif how.a_set and which.other in how.ways:
        plan.mark(events, "settled")
    elif overruled:
        plan.mark(events, "superseded", "what the other side says holds")
    else:
        plan.mark(events, "noted", "the field does not travel this way")
    if state.changed or moved(state):
        plan.rebase.add((which, hub))


def _plan_nothing(
    plan: LinkPlan, hub: str, target: Which, verdict: Merged, events: Mapping[Which, list[HubEvent]]
) -> None:
    """A change towards a side that takes the field at creation only: both go on from what they show."""
    for which in Which if verdict.clash else (target.other,):
        plan.mark(events[which], "noted", "written at creation only")
        plan.rebase.add((which, hub))


def _plan_write(
    plan: LinkPlan,
    hub: str,
    how: FieldPlan,
    target: Which,
    verdict: Merged,
    states: Mapping[Which, FieldState],
    events: Mapping[Which, list[HubEvent]],
    now: datetime,
) -> None:
    own, write = events[target.other], verdict.to(target)
    assert write is not None
    last = own[-1] if own else None
    carries = (last.id,) if last else ()
    lost = events[target] if verdict.clash else []
    covers = tuple(event.id for event in [*own[:-1], *lost])
    at, order = (last.at, last.order) if last else (now, "")
    if how.on_change.get(target) == "comment":
        body = write.value if isinstance(write.value, dict) else doc(paragraph(str(write.value or "")))
        plan.intents.append(
            Intent(target, COMMENT, at, order, {hub: write.value}, carries, covers, event=last, text=body)
        )
        if verdict.clash:
            plan.rebase.add((target, hub))  # no write will move it, and what lost must not win by itself later
        return
    steps: list[HubEvent] = []
    if hub == STATUS and not moved(states[target]):  # one side alone changed it
        steps = _steps(own, states[target.other], write.value)
    if len(steps) > 1:
        _plan_steps(plan, hub, target, own, steps)
        return
    kind = MOVE if hub == STATUS else UPDATE
    plan.intents.append(Intent(target, kind, at, order, {hub: write.value}, carries, covers))


def _plan_back(
    plan: LinkPlan,
    hub: str,
    which: Which,
    state: FieldState,
    verdict: Merged,
    events: Mapping[Which, list[HubEvent]],
    now: datetime,
) -> None:
    """A value that our own write ran over, and that is to go on: its side gets it back first, all else waits for that.

    The next run then merges what truly shows. Were both sides written at once, a death between the two would leave a
    side that shows our old value beside a base that says otherwise: its people would seem to have set it.
    """
    write = verdict.to(which)
    value = state.value if write is None else write.value
    plan.mark(events[Which.LEFT] + events[Which.RIGHT], "waiting", "its side gets back first what our write ran over")
    plan.intents.append(Intent(which, MOVE if hub == STATUS else UPDATE, now, "", {hub: value}, gives_back=True))


def _plan_restore(
    plan: LinkPlan, hub: str, which: Which, state: FieldState, events: list[HubEvent], now: datetime
) -> None:
    """A value that our own write ran over, and that stands: its side gets it back."""
    last = events[-1] if events else None
    at, order = (last.at, last.order) if last else (now, "")
    kind = MOVE if hub == STATUS else UPDATE
    ids = tuple(event.id for event in events)
    plan.intents.append(Intent(which, kind, at, order, {hub: state.value}, ids[-1:], ids[:-1]))


def _steps(events: list[HubEvent], source: FieldState, final: Json) -> list[HubEvent]:
    """The events that lead, one after the other, from the base to the final value; none where the history has a gap."""
    steps: list[HubEvent] = []
    here = source.base
    for event in events:
        if not (event.known and source.has_base and same(event.before, here)):
            return []
        if not same(event.after, here):
            steps.append(event)
            here = event.after
    return steps if same(here, final) else []


def _plan_steps(plan: LinkPlan, hub: str, target: Which, own: list[HubEvent], steps: list[HubEvent]) -> None:
    """One write a step; events between two steps that changed nothing in hub terms ride on the second."""
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
    takes_files = target in rules.takes_files
    sent = target in rules.takes_comments and takes_files
    comments = [event for event in ticket.events if event.kind == "comment" and not event.note]
    carried = {file.event for event in comments for file in event.files} if sent else set()
    for event in ticket.events:
        if event.kind == "comment":
            taken, kind = target in rules.takes_comments, COMMENT
        elif event.kind == "file":
            taken, kind = takes_files, ATTACH
        else:
            continue
        if event.note or not taken:
            state = "dropped" if event.note == NOT_ANY_MORE else "noted"
            plan.mark([event], state, event.note or "the other side does not take it")
        elif kind == COMMENT or event.id not in carried:
            event = event if takes_files else _without_files(event)
            ids = (event.id, *(file.event for file in event.files if file.event != event.id))
            plan.intents.append(Intent(target, kind, event.at, event.order, carries=ids, event=event))


def _without_files(event: HubEvent) -> HubEvent:
    """A comment for a side that takes no files: a note stands in the place of each."""
    lines = [paragraph(f"({file.name}: not sent, the other side takes no files)") for file in event.files]
    blocks = event.doc["content"] if event.doc else []
    return event.model_copy(update={"files": (), "doc": doc(*blocks, *lines)})


def _plan_twin(
    plan: LinkPlan, source: HubTicket, target: HubTicket, rules: PairRules, aside: Aside, now: datetime
) -> None:
    """Tell a side what is new of its twin. It is news by what was told last, whatever people wrote there since."""
    taken = rules.twins.get(target.side, frozenset())
    known = {hub for hub, value in source.told.items() if value == target.heard.get(hub)}
    plan.idle |= {(source.side, hub) for hub in known & taken}
    news = {hub: source.told[hub] for hub in source.told if hub in taken - known.union(aside.get(source.side, ()))}
    if news:
        plan.intents.append(Intent(target.side, UPDATE, now, "", news))


def _plan_leaving(plan: LinkPlan, ticket: HubTicket) -> None:
    """Tell the other side, once and neutrally, that a ticket left the scope; not if it is back by now."""
    for event in ticket.events:
        if event.kind != LEFT:
            continue
        if ticket.in_scope:
            plan.mark([event], "superseded", "it is back in scope")
            continue
        plan.states.pop(event.id, None)
        text = doc(paragraph(NO_LONGER_SHARED))
        plan.intents.append(Intent(ticket.side.other, COMMENT, event.at, event.order, carries=(event.id,), text=text))


def _merge_updates(plan: LinkPlan) -> None:
    """Fields whose last change is of the same moment go in one write."""
    groups: dict[tuple[Which, datetime], Intent] = {}
    rest: list[Intent] = []
    for intent in plan.intents:
        if intent.kind != UPDATE or intent.gives_back:
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
