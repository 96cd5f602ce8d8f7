# SPDX-License-Identifier: Apache-2.0
"""What follows from a state, and which rules of the process a save must keep."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.azure_devops.errors import Broken
from sandbox.azure_devops.fields import WorkField
from sandbox.azure_devops.items import Values
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.people import Identity
from sandbox.azure_devops.process import WorkItemType
from sandbox.azure_devops.settings import RuleSettings

_COMMON = "Microsoft.VSTS.Common."
_MARKS = {
    "InProgress": (f"{_COMMON}ActivatedDate", f"{_COMMON}ActivatedBy"),
    "Resolved": (f"{_COMMON}ResolvedDate", f"{_COMMON}ResolvedBy"),
    "Completed": (f"{_COMMON}ClosedDate", f"{_COMMON}ClosedBy"),
}
_ORDER = ("Proposed", "InProgress", "Resolved", "Completed")


def followed(kind: WorkItemType, who: Identity, at: datetime, before: Values, after: Values, wrote: set[str]) -> Values:
    """What a change of state brings with it, unasked: reason, dates and names. None stands for empty.

    Args:
        before: What was there; empty of a new work item.
        after: What would be there.
        wrote: Fields that were written by whoever saves: these are theirs.
    """
    was, now = _came_from(before, after), str(after["System.State"])
    if was == now:
        return {}
    found: Values = {f"{_COMMON}StateChangeDate": at}
    reasons = kind.reasons(was, now)
    if "System.Reason" not in wrote:
        found["System.Reason"] = reasons[0]
    state = kind.state(now)
    if state is None or state.category == "Removed":
        return found
    reached = _ORDER.index(state.category)
    for category, (date, name) in _MARKS.items():
        if category == state.category:
            found |= {date: at, name: who}
        elif _ORDER.index(category) > reached:
            found |= {date: None, name: None}
    if kind.name == "Bug" and kind.process == "Agile":
        reason = found.get("System.Reason") or after.get("System.Reason")
        if state.category == "Resolved":
            found[f"{_COMMON}ResolvedReason"] = reason
        elif reached < _ORDER.index("Resolved"):
            found[f"{_COMMON}ResolvedReason"] = None
    return {name: value for name, value in found.items() if name not in wrote}


def _came_from(before: Values, after: Values) -> str:
    """The state before; none of a new work item, nor of one that becomes another type: it begins anew as that."""
    same = before.get("System.WorkItemType") == after["System.WorkItemType"]
    return str(before.get("System.State", "")) if same else ""


def rules_of(organization: Organization, kind: str, state: str) -> Iterator[RuleSettings]:
    for rule in organization.settings.rules:
        if rule.type == kind and rule.state in (None, state):
            yield rule


def entered(organization: Organization, before: Values, after: Values) -> Iterator[RuleSettings]:
    """The rules of a state that a work item has just come into."""
    if before.get("System.State") != after["System.State"]:
        yield from rules_of(organization, after["System.WorkItemType"], after["System.State"])


def set_by_rules(organization: Organization, before: Values, after: Values) -> dict[str, Any]:
    """What the process's rules set as a work item comes into a state."""
    found: dict[str, Any] = {}
    for rule in entered(organization, before, after):
        if rule.by is None:
            found |= rule.set
    return found


def broken(organization: Organization, kind: WorkItemType, before: Values, after: Values) -> list[Broken]:
    """Which rules a save breaks: states that may not follow, reasons that do not fit, fields that are empty."""
    found = []
    was, now = _came_from(before, after), str(after["System.State"])
    if (not before and now != kind.initial) or (was and now not in kind.follows(was)):
        found.append(_listed("System.State", "State"))
    moved = was != now
    reason = after.get("System.Reason")
    if (moved and reason not in kind.reasons(was, now)) or (not moved and reason != before.get("System.Reason")):
        found.append(_listed("System.Reason", "Reason"))
    for field in _demanded(organization, kind.name, now):
        if after.get(field.reference) is None:
            limits = ("hasValues", "limitedToValues") if field.choices else ()
            found.append(Broken(field.reference, field.name, ("required", *limits, "invalidEmpty")))
    for rule in rules_of(organization, kind.name, now):
        for reference in rule.read_only:
            if before and after.get(reference) != before.get(reference):
                named = organization.fields.get(reference)
                name = named.name if named else reference
                found.append(Broken(reference, name, ("readOnly", "invalidNotOldValue")))
    return found


def _demanded(organization: Organization, kind: str, state: str) -> Iterator[WorkField]:
    fields = organization.fields
    yield from (field for field in fields.of(kind) if fields.required(field))
    for rule in rules_of(organization, kind, state):
        for reference in rule.required:
            field = fields.get(reference)
            if field is not None:
                yield field


def _listed(reference: str, name: str) -> Broken:
    return Broken(reference, name, ("required", "hasValues", "limitedToValues", "allowsOldValue", "invalidListValue"))
