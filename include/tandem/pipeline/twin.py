# SPDX-License-Identifier: Apache-2.0
"""What a side tells the other of its ticket: as far as its offer reveals it, in neutral words, one way only.

What was told last stands as the base of the field that shows it, whatever people make of that field.
"""

from __future__ import annotations

from collections.abc import Mapping

from tandem.config.models import TWIN
from tandem.connectors.base import Record
from tandem.core.model import HubTicket
from tandem.core.values import Json
from tandem.pipeline.environment import End
from tandem.state.links import Base


def told(end: End, record: Record, status: Json) -> dict[str, str]:
    """Give what the other side may show of a ticket, by twin field. ``status`` is the hub's word for it."""
    if not record.in_scope:
        return {}
    known = {"key": record.key, "url": record.url, "status": "" if status is None else str(status)}
    shown = {f"{TWIN}{part}": value for part, value in known.items() if value and part in end.offer.reveal}
    return {f"{TWIN}company": end.offer.company, **shown}


def heard(end: End, bases: Mapping[str, Base]) -> dict[str, Json]:
    """Give what a side was last told, by twin field."""
    return {hub: bases[hub].value for hub, rule in end.offer.fields.items() if rule.of_twin and hub in bases}


def bases_of(end: End, ticket: HubTicket, hubs: set[str]) -> dict[str, Base]:
    """Note of these twin fields that they show what a ticket tells."""
    return {hub: Base(value, end.mapping) for hub, value in ticket.told.items() if hub in hubs}
