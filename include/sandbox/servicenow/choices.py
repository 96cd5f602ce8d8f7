# SPDX-License-Identifier: Apache-2.0
"""What the vendor's columns can be set to, as a new instance has it: stored value and label."""

from collections.abc import Mapping

_LEVELS = {"1": "1 - High", "2": "2 - Medium", "3": "3 - Low"}
TASK_CHOICES: dict[str, Mapping[str, str]] = {
    "approval": {
        "not requested": "Not Yet Requested",
        "requested": "Requested",
        "approved": "Approved",
        "rejected": "Rejected",
    },
    "contact_type": {"email": "Email", "phone": "Phone", "self-service": "Self-service", "walk-in": "Walk-in"},
    "escalation": {"0": "Normal", "1": "Moderate", "2": "High", "3": "Overdue"},
    "impact": _LEVELS,
    "priority": {
        "1": "1 - Critical",
        "2": "2 - High",
        "3": "3 - Moderate",
        "4": "4 - Low",
        "5": "5 - Planning",
    },
    "state": {
        "-5": "Pending",
        "1": "Open",
        "2": "Work in Progress",
        "3": "Closed Complete",
        "4": "Closed Incomplete",
        "7": "Closed Skipped",
    },
    "upon_approval": {"proceed": "Proceed to Next Task", "do_nothing": "Wait for a User to Close this task"},
    "upon_reject": {"cancel": "Cancel all future Tasks", "goto": "Go to a previous Task"},
    "urgency": _LEVELS,
}
INCIDENT_STATES = {
    "1": "New",
    "2": "In Progress",
    "3": "On Hold",
    "6": "Resolved",
    "7": "Closed",
    "8": "Canceled",
}
INCIDENT_CHOICES: dict[str, Mapping[str, str]] = {
    "category": {
        "inquiry": "Inquiry / Help",
        "software": "Software",
        "hardware": "Hardware",
        "network": "Network",
        "database": "Database",
    },
    "close_code": {
        "Solved (Permanently)": "Solved (Permanently)",
        "Solved (Work Around)": "Solved (Work Around)",
        "Not Solved (Not Reproducible)": "Not Solved (Not Reproducible)",
        "Closed/Resolved by Caller": "Closed/Resolved by Caller",
    },
    "hold_reason": {"1": "Awaiting Caller", "3": "Awaiting Problem", "4": "Awaiting Vendor", "5": "Awaiting Change"},
    "incident_state": INCIDENT_STATES,
    "notify": {"1": "Do Not Notify", "2": "Send Email", "3": "Telephone"},
    "severity": {"1": "1 - High", "2": "2 - Medium", "3": "3 - Low"},
    "subcategory": {"email": "Email", "antivirus": "Antivirus", "internal application": "Internal Application"},
}
_PROBLEM_STATES = {"1": "Open", "2": "Known Error", "3": "Pending Change", "4": "Closed/Resolved"}
_CHANGE_STATES = {
    "-5": "New",
    "-4": "Assess",
    "-3": "Authorize",
    "-2": "Scheduled",
    "-1": "Implement",
    "0": "Review",
    "3": "Closed",
    "4": "Canceled",
}
CHANGE_CHOICES: dict[str, Mapping[str, str]] = {
    "close_code": {
        "successful": "Successful",
        "successful_issues": "Successful with issues",
        "unsuccessful": "Unsuccessful",
    },
    "risk": {"2": "High", "3": "Moderate", "4": "Low"},
    "type": {"normal": "Normal", "standard": "Standard", "emergency": "Emergency"},
}

ENDS: Mapping[str, frozenset[str]] = {
    "incident": frozenset({"7", "8"}),
    "problem": frozenset({"4"}),
    "change_request": frozenset({"3", "4"}),
    "task": frozenset({"3", "4", "7"}),
}
"""States in which a row is not active any more; of the nearest table that is named here."""


OVERRIDES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "incident": {"state": INCIDENT_STATES},
    "problem": {"state": _PROBLEM_STATES},
    "change_request": {"state": _CHANGE_STATES},
}
"""By table: choices of its own for columns that it has from another."""
DEFAULTS: Mapping[str, Mapping[str, str]] = {"change_request": {"state": "-5"}}
