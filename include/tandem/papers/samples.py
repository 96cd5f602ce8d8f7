# SPDX-License-Identifier: Apache-2.0
"""Real values of the fields that a side offers, from a few tickets in its scope."""

from __future__ import annotations

from itertools import islice

from tandem.config.models import FieldRule, Side
from tandem.connectors.base import Connector, FieldInfo, Record
from tandem.core.plain import to_plain
from tandem.core.values import Json

MOST, LONGEST = 3, 60  # tickets looked at, and characters shown of a value


def samples(side: Side, connector: Connector) -> dict[str, list[str]]:
    """Read the newest few tickets in scope and show what their offered fields hold, each value once.

    Raises:
        RetryableError: the tracker cannot be asked now.
    """
    fields = connector.preflight().fields
    listed = (one.id for page in connector.in_scope() for one in page.seen if one.in_scope and not one.deleted)
    found = [one for one in connector.fetch(list(islice(listed, MOST))) if one.in_scope]
    told: dict[str, list[str]] = {}
    for hub, rule in side.fields.items():
        if rule.goes_out and not rule.of_twin:
            shown = [_shown(rule, fields.get(rule.native), one, connector) for one in found]
            told[hub] = list(dict.fromkeys(value for value in shown if value))
    return told


def _shown(rule: FieldRule, info: FieldInfo | None, record: Record, connector: Connector) -> str:
    value = record.fields.get(rule.native)
    if value in (None, "", []):
        return ""
    if rule.kind == "rich":
        return _short(to_plain(connector.markup.parse(value).doc))
    if isinstance(value, list):
        return _short(", ".join(_named(info, record, item) for item in value))
    return _short(_named(info, record, value))


def _named(info: FieldInfo | None, record: Record, value: Json) -> str:
    """A choice by its name, a person by theirs, all else as it is."""
    known = info.choices.get(str(value)) if info else None
    person = record.people.get(str(value))
    return known or (person.name if person else str(value))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
