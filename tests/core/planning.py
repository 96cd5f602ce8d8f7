# SPDX-License-Identifier: Apache-2.0
"""Plan a link in few words, and say in few words what was planned."""

from __future__ import annotations

from collections.abc import Mapping

from core.tickets import (
    LEFT,
    RIGHT,
    at,
    how,
    pair_rules,
    resting,
    ticket,
)
from tandem.core.model import FieldState, HubEvent
from tandem.core.plan import Intent, LinkPlan, PairRules, plan_link
from tandem.core.rules import Which
from tandem.core.values import Json

NOW = at(60)
STATUS, TITLE = how("status"), how("title")


def plan(
    left: Mapping[str, FieldState],
    right: Mapping[str, FieldState],
    *events: HubEvent,
    right_events: tuple[HubEvent, ...] = (),
    rules: PairRules | None = None,
    held: Mapping[Which, str] | None = None,
) -> LinkPlan:
    """Plan a link whose left side reports ``events``."""
    known = rules or pair_rules(STATUS, TITLE)
    fill = {hub: resting(None) for hub in known.fields}
    return plan_link(
        ticket(LEFT, {**fill, **left}, *events), ticket(RIGHT, {**fill, **right}, *right_events), known, held or {}, NOW
    )


def brief(intents: list[Intent]) -> list[tuple[str, Json]]:
    """Kind, and the value or the event."""
    return [(i.kind, next(iter(i.fields.values())) if i.fields else i.event.id if i.event else None) for i in intents]


def names(told: LinkPlan) -> dict[int, str]:
    return {id_: state.name for id_, state in told.states.items()}
