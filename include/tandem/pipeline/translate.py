# SPDX-License-Identifier: Apache-2.0
"""Map: make hub tickets of the records that a run took up, each side by its own contract and against its own base.

Behind this border there are no native values: only hub values, events, ids and origins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from traceback import extract_tb

from tandem.config.models import FieldRule
from tandem.connectors.base import Record
from tandem.core.doc import is_doc, is_empty, normalise, whole_characters
from tandem.core.mapping import Kept, Said, Terms, Unsaid, hub_text, kind_of, ticked, to_hub
from tandem.core.model import FieldState, HubProblem, HubTicket
from tandem.core.plain import without_heading
from tandem.core.plan_later import TAKEN_BACK
from tandem.core.rules import Which
from tandem.core.values import Json, as_number, as_set, from_set, same
from tandem.errors import MappingError
from tandem.pipeline import twin
from tandem.pipeline.environment import AT_ONCE, End, Run, log
from tandem.pipeline.onward import said_by, words_of
from tandem.pipeline.sent import sent
from tandem.pipeline.translate_events import bare, events_of
from tandem.state import links, paths, records, stages
from tandem.state.links import Base, Link
from tandem.state.records import Event


def translate(run: Run) -> dict[str, int]:
    """Map every ticket that the run took up, in its newest stored version."""
    counts = {"tickets": 0, "problems": 0, "lossy": 0}
    with run.store.read() as tx:
        taken = {which: stages.taken_up(tx, run.name, run.job.run_id, which) for which in Which}
        found = {which: records.latest_records(tx, run.name, which, taken[which]) for which in Which}
        of = {which: links.link_of(tx, run.name, which, taken[which]) for which in Which}
        all_links = links.links(tx, run.name, ids={id_ for ids in of.values() for id_ in ids.values()})
        bases = links.bases(tx, all_links)
        events = {which: records.open_events(tx, run.name, which, taken[which]) for which in Which}
        made = {which: paths.copies(tx, end.system, "ticket", taken[which]) for which, end in run.ends.items()}
    for which, end in run.ends.items():
        tickets = []
        for ticket, record in found[which].items():
            link = all_links[of[which][ticket]]
            own = bases.get((link.id, which), {})
            copy = made[which].get(ticket)
            by = said_by(copy) if copy is not None and copy.pair not in (None, run.name) else None
            opened = Opened(copy.heading if copy else "", by)
            tickets.append(_guarded(end, link, record, own, events[which].get(ticket, []), opened))
        if not tickets:
            continue
        for some in records.chunks(tickets, AT_ONCE):
            with run.store.begin(run.fence) as tx:
                versions = {message.ticket: found[which][message.ticket].version for message in some}
                stages.take_up(tx, run.name, run.job.run_id, which, versions, "pending")
                for message in some:
                    content = message.model_dump(mode="json")
                    stages.save_hub(tx, run.name, run.job.run_id, which, message.ticket, content)
        counts["tickets"] += len(tickets)
        counts["problems"] += sum(len(message.problems) for message in tickets)
        counts["lossy"] += sum(message.lossy for message in tickets)
    return counts


@dataclass(frozen=True, slots=True)
class Opened:
    """Of a ticket that we made: the heading that stands over its description, and ``by`` whom, if another pair did."""

    heading: str = ""
    by: Mapping[str, Json] | None = None


BY_PEOPLE = Opened()


def _guarded(
    end: End, link: Link, record: Record, bases: Mapping[str, Base], events: Sequence[Event], opened: Opened
) -> HubTicket:
    """Map one ticket; one that cannot be read at all holds only itself, in sight, with its events."""
    try:
        return hub_ticket(end, link, record, bases, events, opened)
    except Exception as error:  # whatever a tracker sends: one bad ticket must not stop the others
        trace = " <- ".join(f"{step.name}:{step.lineno}" for step in reversed(extract_tb(error.__traceback__)))
        log.error("%s %s cannot be mapped: %s at %s", end.offer.name, record.key, type(error).__name__, trace)
        what = f"The ticket cannot be read ({type(error).__name__}). This is a fault of Tandem's: please report it."
        problem = HubProblem(field="", code="TDM-209", key="", what=what)
        waiting = tuple(
            event if event.kind in TAKEN_BACK else event.model_copy(update={"kind": "other"}) for event in bare(events)
        )
        return HubTicket(
            side=end.which, ticket=record.id, link=link.id, in_scope=True, events=waiting, problems=(problem,)
        )


def canonical(end: End, hub: str, native: Json, record: Record | None = None) -> Json:
    """The base that a side's native value of a hub field makes."""
    rule = end.offer.fields[hub]
    return canonical_native(rule, native, end.terms(rule.native, record))


def same_native(end: End, native: str, left: Json, right: Json, record: Record) -> bool:
    """Tell whether two values of a native field make the same base."""
    hub = end.hub_of(native)
    if hub is None:
        return same(left, right)
    return same(canonical(end, hub, left, record), canonical(end, hub, right, record))


def canonical_native(rule: FieldRule, native: Json, terms: Terms) -> Json:
    """The form in which a native value is a base: text as its tree, sets sorted, numbers as such, all else as it is."""
    if rule.kind == "rich":
        text = normalise(terms.markup.parse(native).doc)
        return None if is_empty(text) else text
    if rule.kind == "set":
        return from_set(frozenset(whole_characters(item) for item in as_set(native)))
    if terms.choices.is_box:
        return ticked(native)
    if kind_of(rule, terms) == "number":
        number = as_number(native)
        return native or None if number is None else number
    return None if native == "" else native


def hub_ticket(
    end: End,
    link: Link,
    record: Record,
    bases: Mapping[str, Base],
    events: Sequence[Event],
    opened: Opened = BY_PEOPLE,
) -> HubTicket:
    """Make one hub ticket."""
    fields: dict[str, FieldState] = {}
    problems: list[HubProblem] = []
    lossy = 0
    lost = {event.field: event for event in events if event.key.startswith("lost:") and event.field}
    for hub, rule in end.offer.fields.items():
        if rule.of_twin:
            continue
        terms = end.terms(rule.native, record)
        base = bases.get(hub)
        if rule.native not in record.fields:
            if base is not None:  # out of scope, or not asked for any more: it counts as unchanged
                fields[hub] = _as_base(end, hub, record, base, terms)
            continue
        native = record.fields[rule.native]
        overwritten = lost.get(rule.native)
        if overwritten is not None and _stands(end, record, overwritten, events):
            overwritten = None
        if overwritten is not None:
            native = overwritten.content.get("after")
        try:
            state, loss = _field(end, hub, record, native, base, terms)
            state = _bare_text(state, opened.heading) if rule.kind == "rich" and opened.heading else state
            fields[hub] = state.model_copy(update={"overwritten": overwritten is not None})
            lossy += loss
        except MappingError as error:
            fields[hub] = _as_base(end, hub, record, base, terms)
            if rule.goes_out:
                shown = terms.choices.name_of(native)
                key = end.offer.key_of(f"fields.{hub}.map")
                problems.append(HubProblem(field=hub, code=error.code, key=key, what=error.what, shown=shown))
    member = link.members.get(end.which)
    told = twin.told(end, record, hub_status(end, record, bases))
    texts = sent(end, record, lambda hub: fields[hub].value if hub in fields else None, told)
    words = words_of(end.offer, record.reporter.name if record.reporter else "", opened.by)
    return HubTicket(
        side=end.which,
        ticket=record.id,
        link=link.id,
        in_scope=record.in_scope,
        scope_reason=record.scope_reason,
        final=record.final or (member.reason if member and member.state in ("unseen", "final") else None),
        unseen=member is not None and member.state == "unseen",
        fields=fields,
        events=tuple(events_of(end, record, events)) if record.in_scope else bare(events),
        problems=tuple(problems),
        reporter=words.author,
        company=words.company,
        names=words.names,
        unmade=tuple(
            HubProblem(field=hub, code=error.code, key=end.offer.key_of(f"fields.{hub}"), what=error.what)
            for hub, error in texts.failed.items()
        ),
        told={**told, **texts.made},
        heard=twin.heard(end, bases),
        lossy=lossy,
    )


def _stands(end: End, record: Record, lost: Event, events: Sequence[Event]) -> bool:
    """Tell whether what our write ran over shows again, or people of its side have gone on from there."""
    later = (event for event in events if event.field == lost.field and event.person and event.order > lost.order)
    native = str(lost.field)
    return any(later) or same_native(end, native, record.fields[native], lost.content.get("after"), record)


def _field(end: End, hub: str, record: Record, native: Json, base: Base | None, terms: Terms) -> tuple[FieldState, int]:
    rule = end.rule_for(hub, record)
    now = canonical_native(rule, native, terms)
    kept = _as_base(end, hub, record, base, terms)
    if base is not None and base.unsaid is not None and same(base.unsaid, now):
        return kept, 0  # said nothing when it came, and says nothing while it stays
    read = to_hub(rule, native, terms)
    if isinstance(read, Kept):
        return kept, 0
    changed = base is not None and not same(now, base.value)
    if isinstance(read, Unsaid):
        return kept.model_copy(update={"unsaid": True, "changed": changed}), 0
    state = FieldState(value=read.value, base=kept.base, has_base=base is not None, changed=changed)
    return state, read.lossy


def _bare_text(state: FieldState, heading: str) -> FieldState:
    """A text without the heading that we put over it: the heading is no part of what people said."""
    parts = {name: getattr(state, name) for name in ("value", "base")}
    bare = {name: without_heading(text, heading) for name, text in parts.items() if isinstance(text, dict)}
    return state.model_copy(update=bare)


def hub_status(end: End, record: Record, bases: Mapping[str, Base]) -> Json:
    """Give the hub's word for a ticket's status; none if it has none, or may not be looked at."""
    return hub_value(end, "status", record, bases)


def hub_value(end: End, hub: str, record: Record, bases: Mapping[str, Base]) -> Json:
    """Give what a field of a ticket says in hub terms; none if it says nothing, or may not be looked at."""
    rule, base = end.rule(hub), bases.get(hub)
    if rule is None or rule.native not in record.fields:
        return None
    terms = end.terms(rule.native, record)
    try:
        state, _ = _field(end, hub, record, record.fields[rule.native], base, terms)
    except MappingError:
        state = _as_base(end, hub, record, base, terms)
    value: Json = state.value
    return value


def _as_base(end: End, hub: str, record: Record, base: Base | None, terms: Terms) -> FieldState:
    """The state of a field that counts as unchanged; nothing is said where its map cannot be told."""
    if base is None:
        return FieldState()
    try:
        rule = end.rule_for(hub, record)
    except MappingError:
        return FieldState()
    value = base_to_hub(rule, base, terms)
    return FieldState(value=value, base=value, has_base=True)


def base_to_hub(rule: FieldRule, base: Base, terms: Terms) -> Json:
    """Map a base by the contract in force; what that cannot map any more is no value."""
    if rule.kind == "rich":
        known = base.value if is_doc(base.value) else canonical_native(rule, base.value, terms)  # noted as no text
        return hub_text(known, terms) if isinstance(known, dict) else known
    try:
        read = to_hub(rule, base.value, terms)
    except MappingError:
        return None
    return read.value if isinstance(read, Said) else None
