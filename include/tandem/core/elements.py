# SPDX-License-Identifier: Apache-2.0
"""Elements of a set between a side's native ones and the hub's: by the contract's map, by their names, or spelled.

Each element goes by itself. One that the map does not name stays at home, and is counted; it never holds its ticket.
"""

from __future__ import annotations

from tandem.core import labels
from tandem.core.rules import FieldRule
from tandem.core.terms import Terms
from tandem.core.values import Json, as_set, from_set, length

PERSONS = "persons"  # kind of a list of accounts: they go by the people files, as one person does


def read(rule: FieldRule, item: str, terms: Terms) -> str | None:
    """Give the hub's word for a native element; none if it has none, or does not travel."""
    label = _meaning(rule, item, terms)
    return label if rule.only is None or label in rule.only else None


def _meaning(rule: FieldRule, item: str, terms: Terms) -> str | None:
    if terms.choices.kind == PERSONS:
        return terms.people.alias(item) or terms.emails.get(item)
    if not rule.map:
        return terms.choices.name_of(item) if terms.choices.names else labels.read(item, terms.label_allowed)
    name = terms.choices.name_of(item)
    for hub, names in rule.map.items():
        if any(terms.choices.id_of(known) == item or known == name for known in names):
            return str(hub)
    if rule.otherwise_out is None or name in rule.ignore or item in rule.ignore:
        return None
    return str(rule.otherwise_out)


def write(rule: FieldRule, label: str, terms: Terms) -> str | None:
    """Give the native element that is written for a hub's word; none if there is none, or it is too long."""
    if rule.only is not None and label not in rule.only:
        return None
    if terms.choices.kind == PERSONS:
        return terms.people.account(label)
    if rule.map:
        names = next((names for hub, names in rule.map.items() if str(hub) == label), ())
        return terms.choices.id_of(names[0]) if names else None
    if terms.choices.names:
        return terms.choices.ids.get(label)
    spelled = labels.spell(label, terms.label_allowed)
    fits = terms.label_max is None or length(spelled, terms.utf16) <= terms.label_max
    return spelled if fits else None


def to_hub(rule: FieldRule, native: Json, terms: Terms) -> tuple[frozenset[str], int]:
    """Read a set; count the elements that could not be told whole."""
    told: set[str] = set()
    lost = 0
    for item in as_set(native):
        label = read(rule, item, terms)
        if label is not None:
            told.add(label)
            lost += not rule.map and label.count("\ufffd") > item.count("\ufffd")
        elif rule.map or terms.choices.kind == PERSONS:
            lost += not {item, terms.choices.name_of(item)} & set(rule.ignore)
    return frozenset(told), lost


def to_native(rule: FieldRule, want: frozenset[str], terms: Terms, present: frozenset[str]) -> Json:
    """Write a set: elements that this side does not offer stay as they are; elements that it does not take stay out.

    A present element that says the same is left alone.
    """
    shown = {item: read(rule, item, terms) for item in present}
    kept = {item for item, label in shown.items() if label is None or label in want}
    there = {label for item, label in shown.items() if item in kept}
    new = {write(rule, label, terms) for label in want - there}
    return from_set(frozenset(kept | {item for item in new if item is not None}))


def as_shown(rule: FieldRule, agreed: frozenset[str], terms: Terms, shown: frozenset[str]) -> frozenset[str]:
    """Give the native elements that stand for these words: those that are shown, else as they would be written."""
    meant = {item: read(rule, item, terms) for item in shown}
    there = {item for item, label in meant.items() if label in agreed}
    new = {write(rule, label, terms) for label in agreed - {meant[item] for item in there}}
    return frozenset(there | {item for item in new if item is not None})


def left_out(rule: FieldRule, want: frozenset[str], terms: Terms) -> int:
    """Count the words that are to be written and that this side has no element for."""
    taken = want if rule.only is None else want & rule.only
    return sum(write(rule, label, terms) is None for label in taken)
