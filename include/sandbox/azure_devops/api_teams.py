# SPDX-License-Identifier: Apache-2.0
"""`teams`: each project has the one that it was made with, and everybody is in it."""

from collections.abc import Sequence
from typing import Any

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.organization import Organization, Project
from sandbox.azure_devops.people import made_id
from sandbox.azure_devops.shapes import listed


def every(call: Call) -> Answer:
    """The teams of all projects that the caller knows. Raises: AzureError."""
    if call.method != "GET" or call.path:
        raise errors.no_method(call.method)
    known = [one for one in call.organization.projects.values() if call.organization.knows(call.who, one)]
    return _page(call, [told(call.organization, one) for one in sorted(known, key=lambda one: one.name.lower())])


def of_project(call: Call, project: Project, rest: Sequence[str]) -> Answer:
    """Raises: AzureError."""
    team = told(call.organization, project)
    if call.method != "GET":
        raise errors.no_method(call.method)
    if not rest:
        return _page(call, [team])
    if rest[0].lower() not in (team["id"], team["name"].lower()):
        text = f"The team with id '{rest[0]}' does not exist, or you do not have permissions to access it."
        raise errors.AzureError(404, text, "TeamNotFoundException", "Microsoft.TeamFoundation.Core.WebApi", 3000)
    match rest[1:]:
        case []:
            return Answer(team)
        case ["members"]:
            people = [one for one in call.organization.people.all if one.person.active]
            return _page(
                call, [{"identity": one.shown(call.organization.url), "isTeamAdmin": one.admin} for one in people]
            )
    raise errors.no_resource("/".join(rest))


def told(organization: Organization, project: Project) -> dict[str, Any]:
    """The team of a project."""
    id_ = made_id(project.id, "team")
    return {
        "id": id_,
        "name": f"{project.name} Team",
        "url": f"{organization.url}/_apis/projects/{project.id}/teams/{id_}",
        "description": "The default project team.",
        "identityUrl": f"{organization.url}/_apis/Identities/{id_}",
        "projectName": project.name,
        "projectId": project.id,
    }


def _page(call: Call, found: list[dict[str, Any]]) -> Answer:
    skip, top = call.number("$skip", 0), call.number("$top", 100)
    return Answer(listed(found[skip : skip + top]))
