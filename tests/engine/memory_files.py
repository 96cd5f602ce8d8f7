# SPDX-License-Identifier: Apache-2.0
"""The files of the pair between two trackers in memory: contracts, people, the pair; and what their values mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tandem.core.rules import Which

PAIR = "acme-zendesk__globex-jira"
SHARED_LABELS = frozenset({"checkout", "kiosk", "payment"})
# Native name of each field, and what a native value means. ``None`` says nothing.
NATIVE = {
    "title": {Which.LEFT: "subject", Which.RIGHT: "summary"},
    "priority": {Which.LEFT: "priority", Which.RIGHT: "priority"},
    "status": {Which.LEFT: "status", Which.RIGHT: "status"},
    "labels": {Which.LEFT: "tags", Which.RIGHT: "labels"},
}
MEANING: Mapping[str, Mapping[Which, Mapping[str, object]]] = {
    "priority": {
        Which.LEFT: {"urgent": 1, "high": 2, "normal": 3, "low": 4},
        Which.RIGHT: {"1": 1, "2": 2, "3": 3, "4": 4},
    },
    "status": {
        Which.LEFT: {"open": "in_progress", "pending": "in_progress", "solved": "solved", "new": None, "closed": None},
        Which.RIGHT: {"1": "new", "2": "in_progress", "3": "solved"},
    },
}
ZENDESK: dict[str, Any] = {
    "company": "Acme",
    "system": "zendesk",
    "connection": "left",
    "scope": [{"field": "tags", "contains": "customer"}],
    "fields": {
        "title": {"field": "subject", "too_long": "comment"},
        "description": {"field": "description", "on_change": "comment"},
        "priority": {"field": "priority", "map": {"1": "Urgent", "2": "High", "3": "Normal", "4": "Low"}},
        "status": {
            "field": "status",
            "map": {"in_progress": ["Open", "Pending"], "solved": "Solved"},
            "ignore": ["New"],
            "otherwise": {"in": "Open"},
        },
        "assignee": {"field": "assignee_id"},
        "labels": {"field": "tags", "only": sorted(SHARED_LABELS)},
        "x_order": {"field": "custom_field_7", "direction": "out"},
    },
    "closed": "quarantine",
    "comments": {"out": "public", "as": "public", "names": "full", "onward": True},
    "attachments": {"up_to": "100 kB", "unreferenced": "send", "deny": [".exe"]},
    "create": {"tags": ["customer"]},
}
JIRA: dict[str, Any] = {
    "company": "Globex",
    "system": "jira",
    "connection": "right",
    "scope": [{"field": "project", "is": "SHOP"}, {"field": "labels", "contains": "customer"}],
    "fields": {
        "title": {"field": "summary", "too_long": "comment"},
        "description": "description",
        "priority": {"field": "priority", "map": {"1": "Highest", "2": "High", "3": "Medium", "4": "Low"}},
        "status": {"field": "status", "map": {"new": "To Do", "in_progress": "In Progress", "solved": "Done"}},
        "assignee": {"field": "assignee"},
        "labels": {"field": "labels", "only": sorted(SHARED_LABELS)},
    },
    "transitions": {"Done": {"by": "Finish", "fields": {"resolution": "Fixed"}}},
    "closed": "reopen",
    "comments": {"out": "public", "as": "public", "names": "full", "onward": True},
    "attachments": {"up_to": "100 kB", "unreferenced": "send", "deny": [".exe"]},
    "create": {"project": "SHOP", "issuetype": "Task", "labels": ["customer"]},
}
JOINED: dict[str, Any] = {
    "left": "acme-zendesk",
    "right": "globex-jira",
    "schedule": "*/2 * * * *",
    "conflicts": {"default": "newest", "priority": "right"},
    "tie": "right",
    "start": "now",
    "deadline": "10 min",
    "people": {"responsible": ["r@acme.example"], "accountable": "a@acme.example"},
}
PEOPLE = {
    "acme": {"company": "Acme", "people": {"anna@acme.example": {"zendesk": "anna"}}},
    "globex": {"company": "Globex", "people": {"anna@acme.example": {"jira": "elaine"}}},
}


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a change over a written file; ``None`` takes a key away."""
    made = dict(base)
    for key, value in change.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict) and isinstance(made.get(key), dict):
            made[key] = merged(made[key], value)
        else:
            made[key] = value
    return made


def write_files(root: Path, left: Mapping[str, Any], right: Mapping[str, Any], pair: Mapping[str, Any]) -> None:
    """Write contracts, people and pair (JSON is YAML)."""
    files = {
        "contracts/acme-zendesk.yaml": merged(ZENDESK, left),
        "contracts/globex-jira.yaml": merged(JIRA, right),
        f"pairs/{PAIR}.yaml": merged(JOINED, pair),
        "contracts/people/acme.yaml": PEOPLE["acme"],
        "contracts/people/globex.yaml": PEOPLE["globex"],
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(json.dumps(content, indent=1))
