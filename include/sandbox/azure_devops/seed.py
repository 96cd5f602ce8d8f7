# SPDX-License-Identifier: Apache-2.0
"""The work items that are there when the sandbox starts, made by the people of the world file."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from sandbox.azure_devops import comments, errors, writes
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.patch import Wanted
from sandbox.azure_devops.writes import How


class Seed(BaseModel):
    """One work item in the world file. `by` and `assigned_to` are aliases, `area` a path within the project."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str = "Shop"
    type: str = "Bug"
    by: str
    title: str
    description: str = ""
    area: str = ""
    state: str | None = None
    """Where it was moved to after it was made."""
    assigned_to: str | None = None
    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    comments: tuple[str, ...] = ()


def sow(organization: Organization) -> None:
    """Raises: pydantic.ValidationError, KeyError for an unknown alias, AzureError for one against the rules."""
    for raw in organization.tenant.tickets:
        seed = Seed.model_validate(raw)
        who, project = organization.people.of(organization.tenant.people[seed.by]), organization.project(seed.project)
        kind = project.type(seed.type)
        if kind is None:
            raise errors.no_type(seed.type, project.name)
        text = "Microsoft.VSTS.TCM.ReproSteps" if kind.name == "Bug" else "System.Description"
        fields: dict[str, Any] = {"System.Title": seed.title, text: seed.description, **seed.fields}
        fields["System.Tags"] = "; ".join(seed.tags)
        if seed.area:
            fields["System.AreaPath"] = f"{project.name}\\{seed.area}"
        if seed.assigned_to is not None:
            fields["System.AssignedTo"] = organization.tenant.people[seed.assigned_to].email
        item = writes.create(organization, who, project, kind, Wanted(fields=fields), How())
        if seed.state is not None:
            writes.update(organization, who, item, Wanted(fields={"System.State": seed.state}), How())
        for said in seed.comments:
            comments.add(organization, who, item, said, "html")
