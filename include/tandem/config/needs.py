# SPDX-License-Identifier: Apache-2.0
"""What a side asks of its connector: nothing that the contract does not offer, write or decide by."""

from __future__ import annotations

from tandem.config.models import FieldRule, Side
from tandem.connectors.base import Needs


def needs(side: Side) -> Needs:
    """Gather what a connector may read and write for one side."""
    rules = side.fields.values()
    status = side.fields.get("status")
    description = side.fields.get("description")
    write = {rule.native for rule in rules if rule.comes_in}
    write |= set(side.create or ())
    write |= {name for transition in side.transitions.values() for name in transition.fields}
    return Needs(
        read=frozenset(rule.native for rule in rules if rule.goes_out),
        write=frozenset(write),
        scope=side.scope,
        query=side.query,
        comments=side.comments.out,
        files=side.attachments is not None,
        private_first=side.private_first,
        description=description.native if description else None,
        automations=side.automations,
        statuses=tuple(
            dict.fromkeys(name for _, rule in status.maps() for names in rule.map.values() for name in names)
        )
        if status
        else (),
        search_delay=side.search_delay.total_seconds() if side.search_delay is not None else None,
        own_addresses="url" in side.reveal,
        options=side.options,
        mentioned=frozenset(side.people.accounts.values()),
        accounts=frozenset(side.people.accounts.values()) if any(map(_writes_people, rules)) else frozenset(),
    )


def _writes_people(rule: FieldRule) -> bool:
    return rule.comes_in and rule.kind in ("people", "set")
