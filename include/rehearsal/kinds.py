# SPDX-License-Identifier: Apache-2.0
"""The kinds of trackers that can be simulated: each has a module of its own, and its line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal import jira, servicenow, zendesk
from rehearsal.crew import Crew, Desk
from sandbox.world import Person
from tandem.config.models import Side


@dataclass(frozen=True)
class Kind:
    """A kind of tracker: its people at work, and one made for a contract.

    ``role`` is the integration's, ``people`` are others that there are beside those of the contract, with theirs.
    """

    crew: Callable[[Desk, Side], Crew]
    settings: Callable[[Side], dict[str, Any]]
    login: Callable[[Person], tuple[str, str]]
    role: str = "admin"
    people: Mapping[str, str] = field(default_factory=lambda: {"agent": "agent"})


KINDS: Mapping[str, Kind] = {
    "jira": Kind(
        crew=lambda desk, side: jira.JiraCrew(desk),
        settings=jira.settings,
        login=lambda person: (person.email, str(person.token)),
    ),
    "servicenow": Kind(
        crew=lambda desk, side: servicenow.ServiceNowCrew(desk, side),
        settings=servicenow.settings,
        login=lambda person: (person.email, person.password),
        role="agent",  # an admin may change what is closed
        people={"agent": "agent", "admin": "admin"},
    ),
    "zendesk": Kind(
        crew=lambda desk, side: zendesk.ZendeskCrew(desk),
        settings=zendesk.settings,
        login=lambda person: (f"{person.email}/token", str(person.token)),
    ),
}
