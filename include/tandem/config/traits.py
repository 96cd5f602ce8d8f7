# SPDX-License-Identifier: Apache-2.0
"""What is known before any file is read: the hub's fields and values, and how each system is by nature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tandem.config.models import TWIN, Kind

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

TWIN_FIELDS: Mapping[str, str] = {
    "twin.key": "the key of the other side's ticket",
    "twin.url": "its address",
    "twin.status": "its status, in the hub's word (or by a `map`)",
    "twin.company": "the other side's company",
}
"""What a side can be told of the other side's ticket, beside the hub fields. They only come in."""

HUB_VALUES: Mapping[str, tuple[int | str, ...]] = {
    "status": ("new", "in_progress", "pending", "solved", "closed"),
    "priority": (1, 2, 3, 4),
    "type": ("incident", "problem", "request", "change", "bug", "feature", "task"),
}

_DECLARED = re.compile(r"x_[a-z0-9][a-z0-9_]*")


def values_of(hub: str) -> tuple[int | str, ...]:
    """Give the values that a hub field can have; none: any."""
    return HUB_VALUES.get(hub.removeprefix(TWIN), ())


def is_declared(hub: str) -> bool:
    """Tell whether a hub field is one that two companies agreed on themselves: ``x_order_no``."""
    return _DECLARED.fullmatch(hub) is not None


@dataclass(frozen=True, slots=True)
class SystemTraits:
    """What can be said of a system without asking it. ``create_needs``: native fields that no create can do without.

    ``options``: what a contract must say beside what all contracts say, and the values it may have (none: any).
    """

    private_comments: bool
    history: bool
    workflow: bool
    create_only: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset({"reopen", "follow_up", "quarantine"})
    create_needs: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    loose_files: bool = False  # files hang on the ticket, and hardly a text shows one
    places: frozenset[str] = frozenset()  # native fields that say where a ticket lies, and nothing of what it is


TRAITS: Mapping[str, SystemTraits] = {
    "azure_devops": SystemTraits(
        private_comments=False,
        history=True,
        workflow=True,
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("System.TeamProject", "System.WorkItemType", "System.Title"),
        options={"marker": (), "markup": ("html", "markdown")},
        loose_files=True,
        places=frozenset({"System.TeamProject"}),
    ),
    "jira": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("project", "issuetype", "summary"),
        places=frozenset({"project"}),
    ),
    "redmine": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("project", "tracker", "subject"),
        options={"marker": (), "markup": ("textile", "common_mark")},
        places=frozenset({"project"}),
    ),
    "request_tracker": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        create_only=frozenset({"Content"}),  # it is the first message
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("Queue", "Subject"),
        places=frozenset({"Queue"}),
    ),
    "servicenow": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("sys_class_name", "short_description"),
        loose_files=True,
        places=frozenset({"sys_class_name"}),
    ),
    "zendesk": SystemTraits(
        private_comments=True,
        history=True,
        workflow=False,
        create_only=frozenset({"description"}),  # it is the first comment
        closed=frozenset({"follow_up", "quarantine"}),  # a closed ticket takes no change at all
        places=frozenset({"brand_id"}),
    ),
}
