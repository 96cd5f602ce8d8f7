# SPDX-License-Identifier: Apache-2.0
"""What is known before any file is read: the hub's fields and values, and how each system is by nature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tandem.config.models import Kind

HUB_FIELDS: Mapping[str, Kind] = {
    "title": "text",
    "description": "rich",
    "type": "choice",
    "status": "choice",
    "priority": "choice",
    "assignee": "people",
    "reporter": "people",
    "labels": "set",
    "due": "date",
}

HUB_VALUES: Mapping[str, tuple[int | str, ...]] = {
    "status": ("new", "in_progress", "pending", "solved", "closed"),
    "priority": (1, 2, 3, 4),
    "type": ("incident", "problem", "request", "change", "bug", "feature", "task"),
}

_DECLARED = re.compile(r"x_[a-z0-9][a-z0-9_]*")


def is_declared(hub: str) -> bool:
    """Tell whether a hub field is one that two companies agreed on themselves: ``x_order_no``."""
    return _DECLARED.fullmatch(hub) is not None


@dataclass(frozen=True, slots=True)
class SystemTraits:
    """What can be said of a system without asking it. ``create_needs``: native fields that no create can do without."""

    private_comments: bool
    history: bool
    workflow: bool
    create_only: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset({"reopen", "follow_up", "quarantine"})
    create_needs: tuple[str, ...] = ()


TRAITS: Mapping[str, SystemTraits] = {
    "jira": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        create_needs=("project", "issuetype", "summary"),
    ),
    "zendesk": SystemTraits(
        private_comments=True,
        history=True,
        workflow=False,
        create_only=frozenset({"description"}),  # it is the first comment
        closed=frozenset({"follow_up", "quarantine"}),  # a closed ticket takes no change at all
    ),
}
