# SPDX-License-Identifier: Apache-2.0
"""`wit/tags`: those that a project ever had. A new name, or the end of one, shows on work items and revises none."""

from typing import Any

from sandbox.azure_devops import errors
from sandbox.azure_devops.api_setup import project_of
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.organization import Project
from sandbox.azure_devops.people import made_id
from sandbox.azure_devops.shapes import listed
from sandbox.azure_devops.values import one_text, tags_of


def serve(call: Call) -> Answer:
    """Raises: AzureError."""
    project = project_of(call)
    match (call.method, *call.path):
        case ("GET",):
            return Answer(listed([_told(call, project, key) for key in sorted(project.tags)]))
        case ("GET", name):
            return Answer(_told(call, project, _key(project, name)))
        case ("PATCH", name):
            new = str(call.object().get("name") or "").strip()
            if not new or tags_of(new) != [new]:
                raise errors.bad_argument("A tag needs a name, without a comma or semicolon.")
            key = _key(project, name)
            if new.lower() != key and new.lower() in project.tags:
                raise errors.bad_argument(f"The tag {new} exists already.")
            _put(call, project, key, new)
            return Answer(_told(call, project, new.lower()))
        case ("DELETE", name):
            _put(call, project, _key(project, name), None)
            return Answer(None)
    raise errors.no_method(call.method)


def _id(project: Project, key: str) -> str:
    return made_id(project.id, "tag", key)


def _key(project: Project, name: str) -> str:
    """By name or id. Raises: AzureError (404)."""
    found = next((key for key in project.tags if name.lower() in (key, _id(project, key))), None)
    if found is None:
        raise errors.no_resource(f"tags/{name}")
    return found


def _told(call: Call, project: Project, key: str) -> dict[str, Any]:
    id_ = _id(project, key)
    url = f"{call.organization.url}/{project.id}/_apis/wit/tags/{id_}"
    return {"id": id_, "name": project.tags[key], "url": url}


def _put(call: Call, project: Project, key: str, name: str | None) -> None:
    """Give a tag another name, or none, wherever it stands, in older revisions too."""
    del project.tags[key]
    if name is not None:
        project.tags[name.lower()] = name
    for item in call.organization.items.values():
        for revision in item.revisions if item.project == project.name else ():
            tags = tags_of(str(revision.fields.get("System.Tags") or ""))
            if key in (one.lower() for one in tags):
                kept = [name if one.lower() == key else one for one in tags]
                text = one_text(dict(project.tags), [one for one in kept if one is not None])
                revision.fields = {k: v for k, v in revision.fields.items() if k != "System.Tags"}
                revision.fields |= {"System.Tags": text} if text else {}
