# SPDX-License-Identifier: Apache-2.0
"""What a contract composes for the other side: told beside the twin's key and its like, by its own side alone.

A text sees hub fields that its own offer lets out, and of the ticket what the offer reveals: nothing leaves in it that
would not leave by itself. Where the ticket lies, and of what type it is, may choose the text; they are not in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tandem.config.composed import names_in, render
from tandem.config.field_rules import OWN, TWIN, FieldRule
from tandem.core.plain import to_plain
from tandem.core.values import Json
from tandem.errors import MappingError
from tandem.pipeline.environment import End, Placed


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts and values by hub field, and those that could not be made."""

    made: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, MappingError] = field(default_factory=dict)


def sent(end: End, ticket: Placed, says: Callable[[str], Json], told: Mapping[str, str]) -> Texts:
    """Compose what leaves with a ticket. ``says`` gives what its offered fields say, ``told`` what it reveals."""
    if not (end.offer.sent and ticket.in_scope):
        return Texts()
    offered = {hub for hub, rule in end.offer.fields.items() if rule.goes_out and not rule.of_twin}
    own = {name.replace(TWIN, OWN, 1): value for name, value in told.items()}
    return texts(end, end.offer.sent, ticket, lambda name: says(name) if name in offered else own.get(name))


def texts(end: End, rules: Mapping[str, FieldRule], ticket: Placed | None, says: Callable[[str], Json]) -> Texts:
    """Fill the templates, and choose the values, that are in force for a ticket of a side.

    Nothing is made where its place or type would have to be known, and is not.
    """
    made: dict[str, str] = {}
    failed: dict[str, MappingError] = {}
    place, types = (None, None) if ticket is None else end.spot_words(ticket)

    def shown(name: str) -> Json:
        value = says(name)
        return to_plain(value) if isinstance(value, dict) else value

    for hub, rule in rules.items():
        chosen = _chosen(rule, place, types, shown)
        if chosen is None:
            continue
        template, value = chosen
        if template is None:
            made |= {hub: value} if value is not None else {}
            continue
        try:
            made[hub] = render(template, {name: shown(name) for name in names_in(template)})
        except ValueError as error:
            what = f"The text for {rule.native or hub} cannot be made: {error}."
            failed[hub] = MappingError(what, fields=[hub])
    return Texts(made, failed)


def _chosen(
    rule: FieldRule, place: Collection[str] | None, types: Collection[str] | None, says: Callable[[str], Json]
) -> tuple[str | None, str | None] | None:
    """Give the template and the fixed value in force; none where that cannot be told."""
    for entry in rule.when:
        known = ((entry.place, place), (entry.type, types))
        if any(wanted and words is None for wanted, words in known):
            return None
        if all(not wanted or set(wanted) & set(words or ()) for wanted, words in known) and entry.fits(says):
            return entry.template, entry.value
    return rule.template, rule.value
