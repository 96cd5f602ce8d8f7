# SPDX-License-Identifier: Apache-2.0
"""Where a ticket will lie, of what type it will be, and what it will show of what maps and texts depend on."""

from __future__ import annotations

from collections.abc import Mapping

from tandem.config.models import FieldRule
from tandem.config.models import hub_value as read_value
from tandem.connectors.base import Record
from tandem.core.mapping import to_native
from tandem.core.values import Json
from tandem.errors import MappingError, TooLargeError
from tandem.pipeline.environment import End, Placed, Spot


def spot_of(end: End, record: Record | None, written: Mapping[str, Json]) -> Placed:
    """Tell where a ticket will be once these hub values are written; one still to be made has what its create says."""
    caps = end.caps
    decides = {caps.place_field, caps.type_field} | {end.offer.fields[hub].native for hub in end.offer.conditions}
    shown: dict[str, Json] = {name: end.bound_value(name, value) for name, value in (end.offer.create or {}).items()}
    if record is not None:
        if not record.in_scope:
            return record
        shown = {**record.fields, caps.place_field: record.place, caps.type_field: record.type}
    spot = Spot(str(shown.get(caps.place_field) or ""), str(shown.get(caps.type_field) or ""), fields=shown)
    # Types and places first: what depends on them, and others depend on, goes by where the ticket will be.
    for hub in sorted(written, key=lambda name: bool(end.offer.fields[name].when)):
        rule = end.offer.fields[hub]
        if rule.native in decides and not (rule.is_own or (record is not None and rule.once)):
            try:
                native = to_native(end.rule_for(hub, spot), meant(rule, written[hub]), end.terms(rule.native))
            except LookupError:  # a person unknown there: it stays as it is
                continue
            except (MappingError, TooLargeError):
                if not rule.told:
                    raise
                continue  # its field is set aside alone
            shown = {**shown, rule.native: native}
            spot = Spot(str(shown.get(caps.place_field) or ""), str(shown.get(caps.type_field) or ""), fields=shown)
    return spot


def meant(rule: FieldRule, value: Json) -> Json:
    """Read what the other side composed, a text, as the hub value that it stands for."""
    return (
        read_value(value) if rule.told and isinstance(value, str) and any(one.map for _, one in rule.maps()) else value
    )
