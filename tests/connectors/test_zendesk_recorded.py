# SPDX-License-Identifier: Apache-2.0
"""The connector reads what a real Zendesk once answered."""

import json
from collections.abc import Iterator
from datetime import timedelta

from connectors.zendesk_house import READ, needs
from support import material
from support.material import demand
from tandem.connectors.zendesk.audits import Audits, history_of
from tandem.connectors.zendesk.shape import moment, value_of

RECORDED = demand(material.RECORDED / "zendesk")


def _bodies(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _bodies(item)


def _recorded(kind: str) -> list[dict[str, object]]:
    files = sorted(RECORDED.glob("*.json"))
    found = [body for file in files for body in _bodies(json.loads(file.read_text()))]
    key = {"ticket": "custom_status_id", "audit": "ticket_id"}[kind]
    return (
        [body for body in found if key in body and "events" in body]
        if kind == "audit"
        else [body for body in found if key in body and "subject" in body and "created_at" in body]
    )


def test_every_recorded_ticket_is_understood():
    tickets = _recorded("ticket")
    assert len(tickets) > 100
    for ticket in tickets:
        values = {name: value_of(ticket, name) for name in READ | {"requester_id", "due_at", "ticket_form_id"}}
        assert all(value is None or isinstance(value, str | list) for value in values.values())
        assert values["requester_id"] == str(ticket["requester_id"])
        assert (values["priority"], values["due_at"]) == (ticket["priority"], ticket["due_at"])
        assert moment(ticket["updated_at"]).utcoffset() == timedelta(0)


def test_every_recorded_audit_is_understood():
    audits = _recorded("audit")
    assert audits
    for audit in audits:
        told = history_of(Audits((audit,)), needs(), {})
        changes = [event for event in audit["events"] if event["type"] == "Change"]
        assert [entry.after for entry in told.entries] == [str(event["value"]) for event in changes]
        assert not told.comments  # a first comment is the description
