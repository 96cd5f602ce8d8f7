# SPDX-License-Identifier: Apache-2.0
"""Projects, operations, and what a client asks first: resource areas and who it is."""

from typing import Any

from sandbox.azure_devops import api_teams, errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.locations import AREAS, LOCATIONS
from sandbox.azure_devops.organization import Organization, Project
from sandbox.azure_devops.people import made_id
from sandbox.azure_devops.process import TEMPLATES
from sandbox.azure_devops.settings import ProjectSettings
from sandbox.azure_devops.shapes import listed
from sandbox.azure_devops.times import text_of

PATIENCE = 2
"""So often an operation is asked after until it is done."""


def locations() -> Answer:
    """`OPTIONS _apis`, for everyone."""
    return Answer(listed([one.told() for one in LOCATIONS]))


def areas(call: Call) -> Answer:
    """`resourceAreas`. Raises: AzureError."""
    found = [{"id": id_, "name": name, "locationUrl": call.organization.url + "/"} for name, id_ in AREAS.items()]
    if not call.path:
        return Answer(listed(found))
    wanted = next((one for one in found if one["id"] == call.path[0].lower()), None)
    return Answer(wanted)


def connection(call: Call) -> Answer:
    """`connectionData`: who the token's account is."""
    who = call.who
    user = {
        "id": who.id,
        "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{made_id('directory')}\\{who.mail}",
        "subjectDescriptor": who.shown(call.organization.url)["descriptor"],
        "providerDisplayName": who.name,
        "isActive": who.person.active,
        "properties": {"Account": {"$type": "System.String", "$value": who.mail}},
        "resourceVersion": 2,
        "metaTypeId": 0,
    }
    return Answer(
        {
            "authenticatedUser": user,
            "authorizedUser": user,
            "instanceId": made_id(call.organization.name),
            "deploymentId": made_id("deployment"),
            "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
                "defaultAccessMappingMoniker": "PublicAccessMapping",
                "lastChangeId": 1,
                "lastChangeId64": 1,
            },
        }
    )


def projects(call: Call) -> Answer:
    """`projects`. Raises: AzureError."""
    organization = call.organization
    match (call.method, *call.path):
        case ("GET",):
            known = (one for one in organization.projects.values() if organization.knows(call.who, one))
            found = sorted(known, key=lambda one: one.name.lower())
            skip, top = call.number("$skip", 0), call.number("$top", 100)
            return Answer(listed([_brief(organization, one) for one in found[skip : skip + top]]))
        case ("GET", name):
            return Answer(_whole(call, organization.project(name, call.who)))
        case ("GET", name, "teams", *rest):
            return api_teams.of_project(call, organization.project(name, call.who), rest)
        case ("POST",):
            return _found(call)
        case ("DELETE", name):
            if not call.who.admin:
                raise errors.forbidden("delete projects")
            project = organization.project(name)
            for item in [one for one in organization.items.values() if one.project == project.name]:
                del organization.items[item.number]
            del organization.projects[project.id]
            return _queued(call, made_id(project.id, "deletion"))
    raise errors.no_method(call.method)


def _found(call: Call) -> Answer:
    if not call.who.admin:
        raise errors.forbidden("create projects")
    body = call.object()
    name = str(body.get("name") or "").strip()
    template = ((body.get("capabilities") or {}).get("processTemplate") or {}).get("templateTypeId")
    process = next((one for one, id_ in TEMPLATES.items() if id_ == template), None)
    if not name or process is None:
        raise errors.bad_argument("A project needs a name and a process template.")
    if any(one.name.lower() == name.lower() for one in call.organization.projects.values()):
        text = f"TF200019: The following project already exists on the Azure DevOps Server: {name}."
        raise errors.AzureError(
            400, text, "ProjectAlreadyExistsException", "Microsoft.TeamFoundation.Core.WebApi", 3000
        )
    settings = ProjectSettings.model_validate({"process": process})
    return _queued(call, made_id(call.organization.found(name, settings).id, "creation"))


def _queued(call: Call, id_: str) -> Answer:
    call.organization.operations[id_] = 0
    url = f"{call.organization.url}/_apis/operations/{id_}"
    return Answer({"id": id_, "status": "notSet", "url": url}, 202)


def operations(call: Call) -> Answer:
    """`operations`: done after a while. Raises: AzureError."""
    if call.method != "GET" or len(call.path) != 1:
        raise errors.no_method(call.method)
    id_ = call.path[0].lower()
    if id_ not in call.organization.operations:
        raise errors.no_resource(f"operations/{id_}")
    call.organization.operations[id_] += 1
    done = call.organization.operations[id_] > PATIENCE
    url = f"{call.organization.url}/_apis/operations/{id_}"
    return Answer(
        {"id": id_, "status": "succeeded" if done else "inProgress", "url": url, "_links": {"self": {"href": url}}}
    )


def _brief(organization: Organization, project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "url": f"{organization.url}/_apis/projects/{project.id}",
        "state": "wellFormed",
        "revision": 30,
        "visibility": "private",
        "lastUpdateTime": text_of(project.made),
    }


def _whole(call: Call, project: Project) -> dict[str, Any]:
    brief, organization = _brief(call.organization, project), call.organization
    capabilities = {
        "processTemplate": {"templateName": project.process, "templateTypeId": TEMPLATES[project.process]},
        "versioncontrol": {"sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False"},
    }
    team = api_teams.told(organization, project)
    return {
        **{name: brief[name] for name in ("id", "name", "url", "state")},
        **({"capabilities": capabilities} if call.flag("includeCapabilities") else {}),
        "revision": brief["revision"],
        "_links": {
            "self": {"href": brief["url"]},
            "collection": {"href": f"{organization.url}/_apis/projectCollections/{made_id(organization.name)}"},
            "web": {"href": f"{organization.url}/{project.name}"},
        },
        "visibility": "private",
        "defaultTeam": {name: team[name] for name in ("id", "name", "url")},
        "lastUpdateTime": brief["lastUpdateTime"],
    }
