# SPDX-License-Identifier: Apache-2.0
"""What Zendesk measures of a ticket, as far as its history tells it."""

from typing import Any

from sandbox.zendesk.desk import Desk
from sandbox.zendesk.records import Comment, Ticket, stamp

_NO_TIME = {"calendar": 0, "business": 0}


def metric_shape(desk: Desk, ticket: Ticket) -> dict[str, Any]:
    """Spans are not measured here: 0, as in the vendor's example. What has not happened yet has no time at all."""
    changes = [(a.created_at, e) for a in ticket.audits for e in a.events if not isinstance(e, Comment)]
    by_field = {
        name: [(at, e) for at, e in changes if e.get("field_name") == name] for name in ("status", "assignee_id")
    }
    assigned = [at for at, event in by_field["assignee_id"] if event["value"]]
    solved = [at for at, event in by_field["status"] if event["value"] == "solved"]
    last = {name: stamp(told[-1][0]) if told else None for name, told in by_field.items()}
    replies = [c for c in ticket.comments[1:] if c.public and c.author_id != ticket.values["requester_id"]]
    reopened = [e for _, e in by_field["status"] if e.get("previous_value") == "solved" and e["value"] != "closed"]
    shape: dict[str, Any] = {
        "url": f"{desk.url}/api/v2/ticket_metrics/{ticket.id}.json",
        "id": ticket.id,
        "ticket_id": ticket.id,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "group_stations": 1,
        "assignee_stations": len(assigned),
        "reopens": len(reopened),
        "replies": len(replies),
        "assignee_updated_at": last["assignee_id"],
        "requester_updated_at": stamp(ticket.created_at),
        "status_updated_at": last["status"],
        "custom_status_updated_at": last["status"],
        "initially_assigned_at": stamp(assigned[0]) if assigned else None,
        "assigned_at": stamp(assigned[-1]) if assigned else None,
        "solved_at": stamp(solved[-1]) if solved else None,
        "latest_comment_added_at": stamp(ticket.comments[-1].created_at),
        "reply_time_in_minutes": _NO_TIME,
        "first_resolution_time_in_minutes": _NO_TIME,
        "full_resolution_time_in_minutes": _NO_TIME,
        "agent_wait_time_in_minutes": _NO_TIME,
        "requester_wait_time_in_minutes": _NO_TIME,
        "on_hold_time_in_minutes": _NO_TIME,
    }
    return {name: value for name, value in shape.items() if value is not None}
