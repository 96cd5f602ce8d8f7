# SPDX-License-Identifier: Apache-2.0
"""Recorded Zendesk answers, changed as other accounts' answers differ: nothing raises, ids and times are kept."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.zendesk_house import READ, needs
from support import material
from support.material import demand
from tandem.connectors.zendesk.audits import Audits, history_of
from tandem.connectors.zendesk.shape import moment, value_of

RECORDED = demand(material.RECORDED / "zendesk")
KEPT = {"id", "created_at", "updated_at", "type", "events", "author_id"}
ODD = st.sampled_from([None, "", [], {}, "6130907993114", 2**53 + 1, True, ["a", None], {"channel": "neverSeen"}])
UNKNOWN = [
    {"id": 2**53 + 3, "type": "NeverSeen"},
    {"id": "6130907993115", "type": "Change", "field_name": "never_seen", "value": None, "previous_value": {"a": 1}},
    {"id": 7, "type": "Notification", "via": {"channel": "rule", "source": {}}, "recipients": [None]},
    {"id": 8, "type": "Comment", "author_id": None, "body": None, "public": None, "attachments": None},
    {"id": 9, "type": "Comment", "author_id": -1, "html_body": "", "body": "", "public": False, "via": None},
    {"id": 10, "type": "VoiceComment", "data": {}, "public": False, "body": "called"},
]


def _bodies(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _bodies(item)


ALL = [body for file in sorted(RECORDED.glob("*.json")) for body in _bodies(json.loads(file.read_text()))]
TICKETS = [body for body in ALL if "custom_status_id" in body and "subject" in body and "created_at" in body]
AUDITS = [body for body in ALL if "ticket_id" in body and "events" in body]


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_ticket_of_another_account_is_understood(data: st.DataObject) -> None:
    ticket = deepcopy(data.draw(st.sampled_from(TICKETS)))
    for key in data.draw(st.sets(st.sampled_from(sorted(set(ticket) - KEPT)), max_size=6)):
        if data.draw(st.booleans()):
            del ticket[key]
        else:
            ticket[key] = data.draw(ODD) if key not in ("custom_fields", "fields") else data.draw(st.none())

    for name in READ | {"requester_id", "due_at", "custom_field_1"}:
        value = value_of(ticket, name)
        assert value is None or isinstance(value, str | list | dict)
        if ticket.get(name) in (None, "", []):
            assert value is None
    assert moment(ticket["created_at"]).isoformat() == ticket["created_at"].replace("Z", "+00:00")


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_audits_of_another_account_are_understood(data: st.DataObject) -> None:
    audits = [deepcopy(data.draw(st.sampled_from(AUDITS))) for _ in range(data.draw(st.integers(1, 3)))]
    for number, audit in enumerate(audits):
        audit["id"] = 2**40 + number
        audit["events"] += data.draw(st.lists(st.sampled_from(UNKNOWN), max_size=3).map(deepcopy))
        for key in data.draw(st.sets(st.sampled_from(["via", "metadata"]))):
            audit[key] = data.draw(st.sampled_from([None, {}, {"channel": "neverSeen", "source": None}]))
        for event in audit["events"]:
            for key in data.draw(st.sets(st.sampled_from(sorted(set(event) - KEPT) or ["via"]), max_size=2)):
                if data.draw(st.booleans()):
                    event[key] = None
                else:
                    event.pop(key, None)

    told = history_of(Audits(tuple(audits)), needs(), {})
    assert not [comment for comment in told.comments if comment.id in ("8", "9", "10")], "unknown means private"
