# SPDX-License-Identifier: Apache-2.0
"""What a contract composes of that which comes in, or always writes: told to its own side as if its twin said it.

Only hub values pass that the other side offers and this contract takes; they are those of the hub ticket, so nothing
native and nothing private can be among them. Like what a twin tells, a text is news by what was told last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tandem.config.composed import names_in, render
from tandem.config.models import TWIN, FieldRule
from tandem.connectors.base import Record
from tandem.core.model import HubTicket
from tandem.core.plain import to_plain
from tandem.core.values import Json
from tandem.errors import MappingError
from tandem.pipeline.environment import End
from tandem.pipeline.translate import hub_value
from tandem.state.links import Base


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket with what the other side's contract makes of it, and the fields for which it could not."""

    ticket: HubTicket
    failed: Mapping[str, MappingError]


def tell(source: End, target: End, ticket: HubTicket, *, twin: bool) -> Told:
    """Add to what a ticket tells what the target composes of it. ``twin``: there is one already."""
    if not ticket.in_scope:
        return Told(ticket, {})
    values = {hub: ticket.fields[hub].value for hub in passing(source, target) if hub in ticket.fields}
    texts, failed = _texts(target, {**values, **ticket.told}, twin=twin)
    return Told(ticket.model_copy(update={"told": {**ticket.told, **texts}}) if texts else ticket, failed)


def told_by(
    source: End, target: End, record: Record, bases: Mapping[str, Base], told: Mapping[str, str]
) -> dict[str, str]:
    """Give, as :func:`tell` does, what a linked ticket tells by its record."""
    if not record.in_scope:
        return dict(told)
    used = {name for rule in target.offer.fields.values() for name in _uses(rule)} & passing(source, target)
    values = {hub: hub_value(source, hub, record, bases) for hub in used}
    return {**told, **_texts(target, {**values, **told}, twin=True)[0]}


def fixed(end: End, source: HubTicket) -> dict[str, Json]:
    """Give the fixed values that each write of ours sets again, whatever people made of them."""
    rules = end.offer.fields
    return {
        hub: text
        for hub, text in source.told.items()
        if hub in rules and rules[hub].is_composed and not _templates(rules[hub]) and not rules[hub].once
    }


def passing(source: End, target: End) -> set[str]:
    """The hub fields that one side offers and the other takes: no template sees any other."""
    both = source.offer.fields.keys() & target.offer.fields.keys()
    rules = ((hub, source.offer.fields[hub], target.offer.fields[hub]) for hub in both)
    return {hub for hub, own, taken in rules if own.goes_out and taken.comes_in and not (own.of_twin or taken.of_twin)}


def _texts(target: End, values: Mapping[str, Json], *, twin: bool) -> tuple[dict[str, str], dict[str, MappingError]]:
    texts: dict[str, str] = {}
    failed: dict[str, MappingError] = {}
    shown = {name: to_plain(value) if isinstance(value, dict) else value for name, value in values.items()}
    for hub, rule in target.offer.fields.items():
        if not rule.is_composed or (twin and rule.once):
            continue
        template, value = rule.text_for(shown.get)
        if template is None:
            texts |= {hub: value} if value is not None else {}
            continue
        try:
            texts[hub] = render(template, {name: shown.get(name) for name in names_in(template)})
        except ValueError as error:
            failed[hub] = MappingError(f"The text for {rule.native} cannot be made: {error}.", fields=[hub])
    return texts, failed


def _templates(rule: FieldRule) -> list[str]:
    return [text for text in (rule.template, *(entry.template for entry in rule.when)) if text is not None]


def _uses(rule: FieldRule) -> set[str]:
    """The hub fields that a composed field looks at."""
    if not rule.is_composed:
        return set()
    names = {name for text in _templates(rule) for name in names_in(text)}
    return {name for name in names | {one for entry in rule.when for one in entry.where} if not name.startswith(TWIN)}
