# SPDX-License-Identifier: Apache-2.0
"""What a contract composes of that which comes in, or always writes: told to its own side as if its twin said it.

Only hub values pass that the other side offers and this contract takes; they are those of the hub ticket, so nothing
native and nothing private can be among them. Like what a twin tells, a text is news by what was told last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tandem.config.composed import uses
from tandem.config.models import FieldRule
from tandem.connectors.base import Record
from tandem.core.model import HubTicket
from tandem.core.values import Json
from tandem.errors import MappingError, TooLargeError
from tandem.pipeline.environment import End, Placed
from tandem.pipeline.sent import Texts, sent, texts
from tandem.pipeline.spot import spot_of
from tandem.pipeline.translate import hub_value
from tandem.state.links import Base


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket with what the other side's contract makes of it, and the fields for which it could not."""

    ticket: HubTicket
    failed: Mapping[str, MappingError]


def tell(source: End, target: End, ticket: HubTicket, *, lone: bool, there: Record | None) -> Told:
    """Add to what a ticket tells what the target composes of it. ``lone``: it has no twin; else ``there`` is the twin,
    if it was ever read."""
    if not ticket.in_scope:
        return Told(ticket, {})
    states = {hub: ticket.fields[hub] for hub in passing(source, target) if hub in ticket.fields}
    values = {hub: state.value for hub, state in states.items()}
    told = _taken(target, ticket.told, twin=not lone)
    placed: Placed | None = there
    if lone and by_spot(target):
        placed = _to_be(target, {hub: state.value for hub, state in states.items() if not state.unsaid}, told)
    own = _texts(target, {**values, **told}, placed, twin=not lone)
    return Told(ticket.model_copy(update={"told": {**told, **own.made}}), own.failed)


def told_by(
    source: End,
    target: End,
    record: Record,
    bases: Mapping[str, Base],
    told: Mapping[str, str],
    there: Record | None,
) -> dict[str, str]:
    """Give, as :func:`tell` does, what a linked ticket tells by its record. ``there`` is its twin."""
    if not record.in_scope:
        return dict(told)
    offered = sent(source, record, lambda hub: hub_value(source, hub, record, bases), told)
    whole = _taken(target, {**told, **offered.made}, twin=True)
    used = {name for rule in target.offer.fields.values() for name in uses(rule)} & passing(source, target)
    values = {hub: hub_value(source, hub, record, bases) for hub in used}
    return {**whole, **_texts(target, {**values, **whole}, there, twin=True).made}


def fixed(end: End, source: HubTicket) -> dict[str, Json]:
    """Give the fixed values that each write of ours sets again, whatever people made of them."""
    rules = end.offer.fields
    return {
        hub: text
        for hub, text in source.told.items()
        if hub in rules and rules[hub].is_composed and not rules[hub].templates and not rules[hub].once
    }


def passing(source: End, target: End) -> set[str]:
    """The hub fields that one side offers and the other takes: no template sees any other."""
    both = source.offer.fields.keys() & target.offer.fields.keys()
    rules = ((hub, source.offer.fields[hub], target.offer.fields[hub]) for hub in both)
    return {hub for hub, own, taken in rules if own.goes_out and taken.comes_in and not (own.of_twin or taken.of_twin)}


def by_spot(end: End) -> bool:
    """Tell whether a text of a contract's own depends on where its ticket lies, or of what type it is."""
    rules = (rule for rule in end.offer.fields.values() if rule.is_composed)
    return any(entry.place or entry.type for rule in rules for entry in rule.when)


def _to_be(target: End, values: Mapping[str, Json], told: Mapping[str, str]) -> Placed | None:
    """Tell where a ticket will lie that is to be made; none where its place or type cannot be written."""
    known = {
        hub: value for hub, value in {**values, **told}.items() if hub in target.offer.fields and value is not None
    }
    try:
        return spot_of(target, None, known)
    except (MappingError, TooLargeError):
        return None


def _taken(target: End, told: Mapping[str, str], *, twin: bool) -> dict[str, str]:
    """What is told, without that which the target takes at creation only, if it is there."""
    rules = target.offer.fields
    return {hub: text for hub, text in told.items() if not (twin and hub in rules and rules[hub].once)}


def _texts(target: End, values: Mapping[str, Json], there: Placed | None, *, twin: bool) -> Texts:
    rules: dict[str, FieldRule] = {
        hub: rule for hub, rule in target.offer.fields.items() if rule.is_composed and not (twin and rule.once)
    }
    return texts(target, rules, there, values.get) if rules else Texts()
