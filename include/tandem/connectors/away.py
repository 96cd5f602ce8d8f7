# SPDX-License-Identifier: Apache-2.0
"""When a ticket was out of scope, told from the changes of the fields that decide it. Of those nothing goes further."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from tandem.connectors.base import Away
from tandem.core.values import Json, same


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a field that decides the scope. Steps of one ``order`` were made at once."""

    at: datetime
    order: str
    field: str
    before: Json
    after: Json


def times_away(
    steps: Iterable[Step], holds: Callable[[str, Json], bool], *, one_series: bool
) -> tuple[Away, ...] | None:
    """Tell when a ticket that is in scope *now* was not; none if its steps do not lead from one to the next.

    ``holds`` judges all conditions on a field. A field without a step has always been as it is now, and so has held.
    ``one_series``: the orders of comments and of steps can be compared.
    """
    ordered = sorted(steps, key=lambda step: (step.order, step.at))
    state: dict[str, Json] = {}
    for step in reversed(ordered):
        if step.field in state:
            if not same(step.after, state[step.field]):
                return None
        elif not holds(step.field, step.after):
            return None
        state[step.field] = step.before
    found: list[Away] = []
    inside = all(holds(field, value) for field, value in state.items())
    if not inside:
        found.append(Away(datetime.min.replace(tzinfo=ordered[0].at.tzinfo), one_series=one_series))
    for order, group in groupby(ordered, key=lambda step: step.order):
        for step in group:
            state[step.field], at = step.after, step.at
        was, inside = inside, all(holds(field, value) for field, value in state.items())
        if was and not inside:
            found.append(Away(at, opened=order, one_series=one_series))
        elif inside and not was:
            found[-1] = replace(found[-1], until=at, closed=order)
    return tuple(found)
