# SPDX-License-Identifier: Apache-2.0
"""Short words for hub tickets, their fields and events, and strategies that draw them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tandem.core.doc import Doc, doc, paragraph
from tandem.core.merge import Merged, Times, merge
from tandem.core.model import FieldState, HubEvent, HubFile, HubTicket
from tandem.core.plan import FieldPlan, PairRules
from tandem.core.rules import Which
from tandem.core.values import Json, from_set, same

LEFT, RIGHT = Which.LEFT, Which.RIGHT
BOTH: frozenset[Which] = frozenset(Which)
RULES = ("left", "right", "newest", "hold")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """An instant, in minutes after noon."""
    return NOON + timedelta(minutes=minutes)


# ---- fields


def resting(value: Json) -> FieldState:
    """A side that shows its base."""
    return FieldState(value=value, base=value, has_base=True)


def moved(base: Json, value: Json) -> FieldState:
    """A side that shows another value than its base."""
    return FieldState(value=value, base=base, has_base=True, changed=True)


def respelled(value: Json) -> FieldState:
    """A side that shows its base's hub value in another native spelling."""
    return FieldState(value=value, base=value, has_base=True, changed=True)


def first(value: Json) -> FieldState:
    """A side that never agreed on anything yet."""
    return FieldState(value=value)


def unsaid(base: Json = None, *, has_base: bool = True) -> FieldState:
    """A side that shows what cannot be mapped."""
    return FieldState(value=base, base=base, has_base=has_base, changed=has_base, unsaid=True)


def verdict(
    left: FieldState,
    right: FieldState,
    *,
    rule: str = "newest",
    times: Times | None = None,
    tie: Which = LEFT,
    ways: Iterable[Which] = BOTH,
    a_set: bool = False,
) -> Merged:
    """Merge, with a rule that nobody asks for unless a test is about it."""
    return merge(left, right, rule=rule, times=times or Times(), tie=tie, ways=frozenset(ways), a_set=a_set)


def after(state: FieldState, merged: Merged, which: Which) -> FieldState:
    """A side once its write has arrived and the bases have moved, as diff and reconcile move them."""
    write = merged.to(which)
    if write is not None:
        return resting(write.value)
    if merged.to(which.other) or merged.agreed:
        return resting(state.value)
    if state.changed and not state.unsaid and merged.clash is None:
        return resting(state.value)  # a change that does not travel this way, or a new spelling
    return state


# ---- events and tickets


def change(
    id_: int,
    minutes: float,
    before: Json,
    after: Json,
    *,
    field: str = "status",
    order: str = "",
    known: bool = True,
) -> HubEvent:
    """A field's change in the history."""
    return HubEvent(
        id=id_,
        kind="field",
        at=at(minutes),
        order=order or f"{id_:04d}",
        field=field,
        before=before if known else None,
        after=after if known else None,
        known=known,
    )


def comment(id_: int, minutes: float, *files: HubFile, text: str = "hello", note: str = "") -> HubEvent:
    """A comment, and the files that ride with it."""
    body: Doc = doc(paragraph(text))
    return HubEvent(
        id=id_, kind="comment", at=at(minutes), order=f"{id_:04d}", doc=body, native=f"c{id_}", files=files, note=note
    )


def file(id_: int, name: str = "a.txt") -> HubFile:
    """What an event names a file by."""
    return HubFile(event=id_, native=f"f{id_}", name=name, size=3, media_type="text/plain")


def attached(id_: int, minutes: float, *, note: str = "") -> HubEvent:
    """The event that reported a file."""
    return HubEvent(
        id=id_, kind="file", at=at(minutes), order=f"{id_:04d}", native=f"f{id_}", files=(file(id_),), note=note
    )


def made(id_: int, minutes: float) -> HubEvent:
    """The event that a ticket was made."""
    return HubEvent(id=id_, kind="made", at=at(minutes), order="")


def ticket(which: Which, fields: Mapping[str, FieldState] | None = None, *events: HubEvent) -> HubTicket:
    """A hub ticket in scope."""
    return HubTicket(side=which, ticket="1", link="link", in_scope=True, fields=dict(fields or {}), events=events)


def pair_rules(
    *plans: FieldPlan,
    workflow: Iterable[Which] = (),
    takes_comments: Iterable[Which] = BOTH,
    takes_files: Iterable[Which] = BOTH,
) -> PairRules:
    """A pair's rules; ties go left."""
    return PairRules(
        {plan.hub: plan for plan in plans},
        LEFT,
        frozenset(workflow),
        BOTH,
        frozenset(takes_comments),
        frozenset(takes_files),
    )


def how(
    hub: str = "status",
    *,
    ways: Iterable[Which] = BOTH,
    rule: str = "left",
    a_set: bool = False,
    once: Iterable[Which] = (),
    on_change: Mapping[Which, str] | None = None,
) -> FieldPlan:
    """How a pair treats one field."""
    return FieldPlan(hub, frozenset(ways), rule, a_set, frozenset(once), on_change or {})


# ---- strategies

values: st.SearchStrategy[Json] = st.sampled_from([None, "new", "in_progress", "solved", 1, 2])
elements = st.sampled_from(["a", "b", "c", "d"])
sets: st.SearchStrategy[Json] = st.frozensets(elements).map(from_set)
ways = st.sets(st.sampled_from(list(Which))).map(frozenset)
instants = st.none() | st.integers(0, 20).map(lambda seconds: NOON + timedelta(seconds=seconds))
times = st.builds(Times, instants, instants)


@st.composite
def states(draw: st.DrawFn, of: st.SearchStrategy[Json] = values, *, mapped: bool = False) -> FieldState:
    """One side's state of a field; ``mapped``: never unsaid."""
    base, has_base = draw(of), draw(st.booleans())
    if not mapped and draw(st.integers(0, 4)) == 0:
        shown = draw(of)  # whatever stands for it: it says nothing
        return unsaid(base if has_base else None, has_base=has_base).model_copy(update={"value": shown})
    if not has_base:
        return first(draw(of))
    value = draw(of)
    changed = not same(base, value) or draw(st.booleans())
    return FieldState(value=value, base=base, has_base=True, changed=changed)
