# SPDX-License-Identifier: Apache-2.0
"""What is known before any file is read: the hub's fields and values, and how each system is by nature."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tandem.config.models import TWIN, Kind
from tandem.connectors import registry
from tandem.connectors.base import SystemTraits

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


_OURS: Mapping[str, SystemTraits] = {
    "azure_devops": SystemTraits(
        private_comments=False,
        history=True,
        workflow=True,
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("System.TeamProject", "System.WorkItemType", "System.Title"),
        options={"marker": (), "markup": ("html", "markdown")},
        loose_files=True,
        places=frozenset({"System.TeamProject"}),
        narrow="{field: System.Tags, contains: shared}",
    ),
    "jira": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("project", "issuetype", "summary"),
        places=frozenset({"project"}),
        narrow="{field: labels, contains: shared}",
    ),
    "redmine": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("project", "tracker", "subject"),
        options={"marker": (), "markup": ("textile", "common_mark")},
        places=frozenset({"project"}),
        narrow="{field: category, is: <name>}",
    ),
    "request_tracker": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        create_only=frozenset({"Content"}),  # it is the first message
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("Queue", "Subject"),
        places=frozenset({"Queue"}),
        narrow="{field: 'CF.{<name>}', contains: shared}",
    ),
    "servicenow": SystemTraits(
        private_comments=True,
        history=True,
        workflow=True,
        closed=frozenset({"reopen", "quarantine"}),  # there are no follow-ups
        create_needs=("sys_class_name", "short_description"),
        loose_files=True,
        places=frozenset({"sys_class_name"}),
        narrow="{field: assignment_group, is: <group>}",
    ),
    "zendesk": SystemTraits(
        private_comments=True,
        history=True,
        workflow=False,
        create_only=frozenset({"description"}),  # it is the first comment
        closed=frozenset({"follow_up", "quarantine"}),  # a closed ticket takes no change at all
        places=frozenset({"brand_id"}),
        narrow="{field: tags, contains: shared}",
    ),
}


class _Known(Mapping[str, SystemTraits]):
    """All systems that there are connectors for: our own by the table above, others by what their class says.

    Only what is asked for is imported, and nothing to read a pair of our own.
    """

    def __getitem__(self, system: str) -> SystemTraits:
        """Give a system's traits.

        Raises:
            KeyError: there is no connector for it.
            ConfigurationError: its connector cannot be used.
        """
        if system in _OURS:
            return _OURS[system]
        if system not in registry.systems():
            raise KeyError(system)
        return registry.traits(system)

    def __contains__(self, system: object) -> bool:
        return system in _OURS or system in registry.systems()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*_OURS, *registry.systems()}))

    def __len__(self) -> int:
        return len({*_OURS, *registry.systems()})


TRAITS: Mapping[str, SystemTraits] = _Known()
