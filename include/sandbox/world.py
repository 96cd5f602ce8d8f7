# SPDX-License-Identifier: Apache-2.0
"""The world file: which companies there are, their trackers, and who works in them."""

from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from ruamel.yaml import YAML

STORY = Path(__file__).parent / "worlds" / "story.yaml"


class Person(BaseModel):
    """Someone (or some program) with a log-in of their own at one tracker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    email: str
    password: str
    token: str | None = None
    """API token; a person without one logs in by password only."""
    role: Literal["admin", "agent", "end-user"] = "agent"
    """Zendesk's roles; in Jira `admin` administers, `agent` works in the projects, `end-user` only looks.

    In ServiceNow `admin` has the role of that name, the others work in tasks. In Azure DevOps `admin` may also bypass
    rules and destroy, `end-user` only reads.
    """
    zone: str | None = None
    """Time zone of the account; the tenant's if not given."""
    active: bool = True


class Tenant(BaseModel):
    """One company's tracker, listening on a port of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    kind: Literal["zendesk", "jira", "servicenow", "azure_devops"]
    company: str
    port: int = Field(default=0, ge=0, le=65535)
    """0: the operating system chooses. A fixed port that is taken gives way to the next free one."""
    zone: str = "UTC"
    people: dict[str, Person]
    """By alias (`anna`), which is how the demo and the tests speak of them."""
    integration: str = "tandem"
    """Alias of the account that integrations log in with."""
    settings: dict[str, Any] = {}
    """In the kind's own terms; the tracker validates them."""
    tickets: tuple[dict[str, Any], ...] = ()
    """What is there at the start, in the kind's own terms."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        ZoneInfo(zone)
        return zone

    @model_validator(mode="after")
    def _people_fit(self) -> Self:
        if self.integration not in self.people:
            raise ValueError(f"integration account {self.integration!r} is none of the people of {self.name}")
        emails = [person.email.lower() for person in self.people.values()]
        if len(emails) != len(set(emails)):
            raise ValueError(f"two people of {self.name} have one e-mail address")
        return self

    def person_by_email(self, email: str) -> Person | None:
        """Log-ins ignore the case of the address, as both vendors do."""
        return next((p for p in self.people.values() if p.email.lower() == email.lower()), None)


class World(BaseModel):
    """Everything that one sandbox process simulates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    control_port: int = Field(default=0, ge=0, le=65535)
    tenants: tuple[Tenant, ...]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [tenant.name for tenant in self.tenants]
        if len(names) != len(set(names)):
            raise ValueError("two tenants have one name")
        return self


def load_world(path: Path) -> World:
    """Reads and validates a world file (YAML, of which JSON is a part).

    Raises: pydantic.ValidationError, OSError.
    """
    return World.model_validate(YAML(typ="safe").load(path))
