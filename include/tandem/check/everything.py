# SPDX-License-Identifier: Apache-2.0
"""Whether a scope takes everything although it has conditions: each of them is met by every ticket of its place."""

from __future__ import annotations

from collections.abc import Iterator

from tandem.check.bound import Bound
from tandem.check.names import Fields
from tandem.config.check import is_open, narrower
from tandem.config.codes import Code
from tandem.config.models import Side
from tandem.config.scope_ids import words_of
from tandem.config.traits import TRAITS
from tandem.connectors.base import Capabilities, Condition
from tandem.errors import Problem

NEVER_EMPTY = ("title", "status", "type")  # hub fields


def everything(side: Side, fields: Fields, capabilities: Capabilities, bound: Bound) -> Iterator[Problem]:
    """Warn of it. That a scope names its place alone is told by the files' own check."""
    traits = TRAITS.get(side.system)
    full = {side.fields[hub].native for hub in NEVER_EMPTY if hub in side.fields}
    full |= {capabilities.place_field, capabilities.type_field, *(traits.create_needs if traits is not None else ())}
    full |= {name for name, info in fields.items() if info.required or info.filled}
    if is_open(side, traits) or side.query is not None:
        return
    places = traits.places if traits is not None else frozenset()
    beyond = [condition for condition in side.scope if condition.field not in places]
    if all(one.field in full and _always(one, fields, bound) for one in beyond):
        told = " and ".join(dict.fromkeys(one.field for one in beyond))
        what = f"The scope takes in every ticket of its place: what it asks of {told} is true of all."
        yield side.problem(Code.EVERYTHING, what, narrower(traits), "scope", warning=True)


def _always(condition: Condition, fields: Fields, bound: Bound) -> bool:
    """Tell whether a condition holds for each ticket that has any value in its field."""
    info = fields.get(condition.field)
    if condition.set_ is True:
        return True
    if info is None or not info.choices or condition.contains is not None:
        return False
    named = {bound.id_of(info, word) for word in words_of(condition)}
    # An area lies within the areas above it.
    return all(any(id_ == one or id_.startswith(f"{one}\\") for one in named) for id_ in info.choices)
