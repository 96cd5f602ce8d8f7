# SPDX-License-Identifier: Apache-2.0
"""Audits as the export of ticket events shows them.

The published description gives this export the schema of another one, so these shapes follow the operation's text and
what connector vendors kept of real answers: an event names its channel in words, and its parts stand in `child_events`,
each change under its field's own name.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.zendesk.desk import Desk
from sandbox.zendesk.records import Audit, Comment, stamp
from sandbox.zendesk.shapes import comment_event

_CHANNELS = {"api": "Web service", "web": "Web form", "email": "Mail", "rule": "Rule"}
_RELATIONS = {"merge": "Merge", "follow_up": "Closed ticket"}


def event_shape(desk: Desk, audit: Audit, with_comments: bool) -> dict[str, Any]:
    """One event an audit. Without `with_comments` a comment is told by its presence and whether it is public."""
    word, reference = _said(audit.via)
    return {
        "child_events": [_child(desk, audit, event, with_comments) for event in audit.events],
        "id": audit.id,
        "ticket_id": audit.ticket_id,
        "timestamp": int(audit.created_at),
        "created_at": stamp(audit.created_at),
        "updater_id": audit.author_id,
        "via": word,
        "via_reference_id": reference,
        "system": audit.metadata["system"],
        "metadata": audit.metadata,
        "event_type": "Audit",
    }


def _child(desk: Desk, audit: Audit, event: Mapping[str, Any] | Comment, with_comments: bool) -> dict[str, Any]:
    if isinstance(event, Comment):
        return _comment(desk, event, with_comments)
    word, reference = _said(event.get("via", audit.via))
    common = {"id": event["id"], "via": word, "via_reference_id": reference}
    if "field_name" not in event:
        rest = {name: value for name, value in event.items() if name not in ("id", "via", "type")}
        return {**common, **rest, "event_type": event["type"]}
    return {**common, **_change(event), "event_type": event["type"]}


def _comment(desk: Desk, comment: Comment, whole: bool) -> dict[str, Any]:
    word, reference = _said(comment.via)
    if not whole:
        told = {"comment_present": True, "comment_public": comment.public}
        return {"id": comment.id, "via": word, "via_reference_id": reference, **told, "event_type": "Comment"}
    beside = {"via": comment.via, "via_reference_id": reference}
    at = stamp(comment.created_at)
    return comment_event(desk, comment) | beside | {"created_at": at, "event_type": "Comment"}


def _change(event: Mapping[str, Any]) -> dict[str, Any]:
    """The field under its own name, a custom one below `custom_ticket_fields`; of tags also what came and went."""
    name, value, before = str(event["field_name"]), event["value"], event.get("previous_value")
    known = {"previous_value": before} if "previous_value" in event else {}
    if name.isdigit():
        return {"custom_ticket_fields": {name: value}, **known}
    if name == "tags":
        old, new = list(before or ()), list(value or ())
        added, removed = [tag for tag in new if tag not in old], [tag for tag in old if tag not in new]
        return {"tags": new, "added_tags": added, "removed_tags": removed, **known}
    return {name: value, **known}


def _said(via: Mapping[str, Any]) -> tuple[str, int | None]:
    """A channel in the export's words, and the rule or ticket behind it."""
    source = via["source"]
    ends = (source.get("from") or {}, source.get("to") or {})
    relation = _RELATIONS.get(str(source.get("rel")))
    if relation:
        return relation, next((end["ticket_id"] for end in ends if "ticket_id" in end), None)
    return _CHANNELS.get(via["channel"], str(via["channel"]).capitalize()), ends[0].get("id")
