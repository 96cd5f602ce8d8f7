# SPDX-License-Identifier: Apache-2.0
"""The kinds of trackers that can be simulated: each has a module of its own, and its line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal import azure_devops, jira, servicenow, zendesk
from rehearsal.crew import Crew, Desk
from sandbox.control import House
from sandbox.world import Person
from tandem.config.models import Side


@dataclass(frozen=True)
class Kind:
    """A kind of tracker: its people at work, and one made for a contract.

    ``role`` is the integration's, ``people`` are others that there are beside those of the contract, with theirs.
    ``address`` is what a connection to it has as its host. ``by_email``: an account's id is its e-mail address.
    """

    crew: Callable[[Desk, Side], Crew]
    settings: Callable[[Side], dict[str, Any]]
    login: Callable[[Person], tuple[str, str]]
    role: str = "admin"
    people: Mapping[str, str] = field(default_factory=lambda: {"agent": "agent"})
    address: Callable[[House], str] = lambda house: house.url
    by_email: bool = False


KINDS: Mapping[str, Kind] = {
    "azure_devops": Kind(
        crew=lambda desk, side: azure_devops.AzureDevOpsCrew(desk, side),
        settings=azure_devops.settings,
        login=lambda person: (person.email, str(person.token)),
        role="agent",  # an admin bypasses rules
        people={"agent": "agent", "admin": "admin"},
        address=azure_devops.address,
        by_email=True,
    ),
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


def address(house: House) -> str:
    """The address of a tracker's API, as a connection has it."""
    return KINDS[house.tenant.kind].address(house)
