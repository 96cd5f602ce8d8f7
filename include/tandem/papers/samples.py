# SPDX-License-Identifier: Apache-2.0
"""Real values of the fields that a side offers, from tickets in its scope.

A paper goes to people of both companies: what a contract's own maps and lists would keep at home is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from types import MappingProxyType

from tandem.config.models import FieldRule, Side
from tandem.connectors.base import Connector, Record
from tandem.core.mapping import Said, Terms, to_hub
from tandem.core.plain import to_plain
from tandem.core.rules import Choices, Which
from tandem.core.values import Json
from tandem.errors import MappingError
from tandem.pipeline.environment import End

LOOKED_AT = 50  # tickets: one request for them at most trackers
MOST, LONGEST = 3, 60  # values shown of a field, and characters of a value
NOTHING: Mapping[str, Mapping[str, str]] = MappingProxyType({})


def samples(
    side: Side, which: Which, connector: Connector, bound: Mapping[str, Mapping[str, str]] = NOTHING
) -> dict[str, list[str]]:
    """Read some tickets in scope, as they are listed, and show what their offered fields hold: a few values of each.

    ``bound``: native field → name in the contract → id, as runs have bound them.

    Raises:
        RetryableError: the tracker cannot be asked now.
    """
    fields = connector.preflight().fields
    known = {
        name: Choices(
            {**{label: id_ for id_, label in info.choices.items()}, **bound.get(name, {})},
            info.choices,
            info.max_length,
            info.kind,
        )
        for name, info in fields.items()
    }
    end = End(which, side, connector, known)
    listed = (one.id for page in connector.in_scope() for one in page.seen if one.in_scope and not one.deleted)
    found = [one for one in connector.fetch(list(islice(listed, LOOKED_AT))) if one.in_scope]
    told: dict[str, list[str]] = {}
    for hub, rule in side.fields.items():
        if rule.goes_out and not rule.of_twin:
            # Over a copy's text may stand whom its company would not name.
            shown = (_shown(end, hub, one) for one in found if rule.kind != "rich" or one.mark is None)
            told[hub] = list(dict.fromkeys(value for value in shown if value))[:MOST]
    return told


def _shown(end: End, hub: str, record: Record) -> str:
    """A field of a ticket in its tracker's own words, as far as it would leave; empty if it would not."""
    native = record.fields.get(end.offer.fields[hub].native)
    try:
        rule = end.rule_for(hub, record)
    except MappingError:
        return ""
    terms = end.terms(rule.native, record)
    items = native if isinstance(native, list) else [native]
    if rule.kind == "set":
        return _short(", ".join(filter(None, (_named(rule, item, terms) for item in items))))
    return _short(_named(rule, native, terms))


def _named(rule: FieldRule, native: Json, terms: Terms) -> str:
    """A choice by its name, a person as the other side is told of them, a text as it leaves."""
    try:
        read = to_hub(rule, [native] if rule.kind == "set" else native, terms)
    except MappingError:
        return ""
    if not isinstance(read, Said) or read.value in (None, "", []):
        return ""
    if isinstance(read.value, dict):
        return to_plain(read.value)
    told = read.value[0] if isinstance(read.value, list) and len(read.value) == 1 else read.value
    if _stood_in_for(rule, native, terms):
        return str(told)
    return terms.choices.names.get(str(native), "") or (str(native) if rule.map else str(told))


def _stood_in_for(rule: FieldRule, native: Json, terms: Terms) -> bool:
    """Whether a value is sent as the word for all that no map names: that word is told, never the value."""
    if rule.otherwise_out is None:
        return False
    try:
        to_hub(replace(rule, otherwise_out=None), [native] if rule.kind == "set" else native, terms)
    except MappingError:
        return True
    return False


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
