# SPDX-License-Identifier: Apache-2.0
"""What a new instance does with tasks by itself: first values, computed priority, what follows the state."""

from sandbox.servicenow import errors
from sandbox.servicenow.instance import Instance, User, stamp
from sandbox.servicenow.query import Row

_COMPUTED = ("incident", "problem")
"""Tables whose priority follows from impact and urgency, whatever is written to it."""


def begun(instance: Instance, user: User, table: str) -> Row:
    """First values of a new row, beside the columns' own."""
    return {"sys_class_name": table, "opened_at": stamp(instance.now()), "opened_by": user.sys_id}


def followed(instance: Instance, user: User, table: str, before: Row, after: Row) -> Row:
    """What follows from what was written; `before` is empty for a new row."""
    found: Row = {}
    line = instance.schema.line(table)
    if any(one in _COMPUTED for one in line):
        found["priority"] = _priority(instance, after["impact"], after["urgency"]) or after["priority"]
    if before and after["assigned_to"] != before["assigned_to"] and before["assigned_to"]:
        found["reassignment_count"] = str(int(after["reassignment_count"] or 0) + 1)
    if "incident" in line and before and after["incident_state"] != before["incident_state"]:
        found["state"] = after["incident_state"]
    state = found.get("state", after["state"])
    if "incident" in line:
        found["incident_state"] = state
        found |= _incident(instance, user, before, after, state)
    was = before.get("state", "")
    if state != was or not before:
        found |= _activity(instance, user, table, was, state)
    return found


def _priority(instance: Instance, impact: str, urgency: str) -> str:
    rows = instance.rows["dl_u_priority"].values()
    pair = (impact, urgency)
    return next((r["priority"] for r in rows if (r["impact"], r["urgency"]) == pair and r["active"] == "true"), "")


def _incident(instance: Instance, user: User, before: Row, after: Row, state: str) -> Row:
    was, now = before.get("state", ""), stamp(instance.now())
    if state == was:
        return {}
    found: Row = {}
    if was == "3":
        found["hold_reason"] = ""
    if state == "6" or (state == "7" and was != "6"):
        found |= {"resolved_at": now, "resolved_by": user.sys_id}
    if was in ("6", "7") and state in ("1", "2", "3"):
        found |= {"reopen_count": str(int(after["reopen_count"] or 0) + 1), "reopened_time": now}
        found |= {"reopened_by": user.sys_id, "resolved_at": "", "resolved_by": ""}
    return found


def _activity(instance: Instance, user: User, table: str, was: str, state: str) -> Row:
    """Resolving leaves a row active and not closed; closing ends it; opening takes that back."""
    ends = instance.schema.ends(table)
    if state in ends and was not in ends:
        return {"active": "false", "closed_at": stamp(instance.now()), "closed_by": user.sys_id}
    if was in ends and state not in ends:
        return {"active": "true", "closed_at": "", "closed_by": ""}
    return {}


def demand(instance: Instance, table: str, row: Row) -> None:
    """Raises: SnowError (403): a data policy, or the column itself, asks for something that is empty."""
    line, columns = instance.schema.line(table), instance.schema.columns(table)
    wanted = [name for name, column in columns.items() if column.mandatory]
    for policy in instance.settings.policies:
        if policy.table in line and all(row[name] in values for name, values in policy.when.items()):
            wanted += policy.mandatory
    labels = [columns[name].label for name in dict.fromkeys(wanted) if not row[name]]
    if labels:
        raise errors.mandatory(labels)
