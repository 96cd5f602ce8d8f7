# SPDX-License-Identifier: Apache-2.0
"""Fields, work item types, tags, kinds of relations: what a client reads before it writes."""

from typing import Any
from urllib.parse import quote

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.fields import WorkField
from sandbox.azure_devops.organization import Project
from sandbox.azure_devops.people import made_id
from sandbox.azure_devops.process import COLORS, WorkItemType
from sandbox.azure_devops.relations import TYPES
from sandbox.azure_devops.shapes import listed

_SIGNS = {
    "Equals": "=",
    "NotEquals": "<>",
    "GreaterThan": ">",
    "LessThan": "<",
    "GreaterThanEquals": ">=",
    "LessThanEquals": "<=",
}
_CATEGORIES = {
    "Microsoft.BugCategory": ("Bug Category", ("Bug",)),
    "Microsoft.EpicCategory": ("Epic Category", ("Epic",)),
    "Microsoft.FeatureCategory": ("Feature Category", ("Feature",)),
    "Microsoft.RequirementCategory": ("Requirement Category", ("User Story", "Product Backlog Item", "Issue")),
    "Microsoft.TaskCategory": ("Task Category", ("Task",)),
}


def project_of(call: Call) -> Project:
    if call.project is None:
        raise errors.no_resource(call.resource)
    return call.project


def fields(call: Call) -> Answer:
    """`wit/fields`. Raises: AzureError."""
    if call.method != "GET":
        raise errors.no_method(call.method)
    if not call.path:
        return Answer(listed([_field(call, one) for one in call.organization.fields.all()]))
    found = call.organization.fields.get(call.path[0])
    if found is None:
        text = f"TF51535: Cannot find field {call.path[0]}."
        raise errors.AzureError(404, text, "WorkItemTrackingFieldDefinitionNotFoundException")
    return Answer(_field(call, found))


def _field(call: Call, one: WorkField) -> dict[str, Any]:
    """An identity's type is told as `string`, a picklist's as that of its values, each with a flag beside it."""
    signs = {"Contains": "Contains"} if one.long else _SIGNS
    picked = bool(one.choices) and one.reference.startswith("Custom.")
    return {
        "name": one.name,
        "referenceName": one.reference,
        "description": one.name,
        "type": "string" if one.type == "identity" else one.type,
        "usage": "workItem",
        "readOnly": one.read_only,
        "canSortBy": not one.long,
        "isQueryable": True,
        "supportedOperations": [{"referenceName": f"SupportedOperations.{n}", "name": s} for n, s in signs.items()],
        "isIdentity": one.type == "identity",
        "isPicklist": picked,
        "isPicklistSuggested": False,
        **({"picklistId": made_id("picklist", one.reference)} if picked else {}),
        "url": f"{call.organization.url}/_apis/wit/fields/{one.reference}",
    }


def types(call: Call) -> Answer:
    """`wit/workItemTypes`. Raises: AzureError."""
    project = project_of(call)
    if call.method != "GET":
        raise errors.no_method(call.method)
    if not call.path:
        return Answer(listed([_type(call, project, one) for one in project.types.values()]))
    kind = project.type(call.path[0])
    if kind is None:
        raise errors.no_type(call.path[0], project.name)
    match [part.lower() for part in call.path[1:]]:
        case []:
            return Answer(_type(call, project, kind))
        case ["states"]:
            return Answer(listed([_state(one.name, one.category) for one in kind.states]))
        case ["fields"]:
            return Answer(listed([_instance(call, kind, one) for one in call.organization.fields.of(kind.name)]))
        case ["fields", _]:
            found = call.organization.fields.get(call.path[2])
            if found is None or found not in call.organization.fields.of(kind.name):
                raise errors.no_field(call.path[2])
            return Answer(_instance(call, kind, found))
    raise errors.no_resource("/".join(call.path))


def _state(name: str, category: str) -> dict[str, Any]:
    return {
        "name": name,
        "color": next(color for one, color in COLORS.items() if one == category),
        "category": category,
    }


def _type(call: Call, project: Project, kind: WorkItemType) -> dict[str, Any]:
    url = f"{call.organization.url}/{project.id}/_apis/wit/workItemTypes/{quote(kind.name)}"
    icon = f"icon_{'insect' if kind.name == 'Bug' else 'clipboard'}"
    instances = [_instance(call, kind, one, choices=False) for one in call.organization.fields.of(kind.name)]
    moves: dict[str, Any] = {"": [{"to": kind.initial}]}
    for state in kind.states:
        moves[state.name] = [{"to": one} for one in kind.follows(state.name)]
    return {
        "name": kind.name,
        "referenceName": kind.reference,
        "description": f"A {kind.name.lower()}.",
        "color": kind.color,
        "icon": {"id": icon, "url": f"{call.organization.url}/_apis/wit/workItemIcons/{icon}?color={kind.color}&v=2"},
        "isDisabled": False,
        "xmlForm": "",
        "fields": instances,
        "fieldInstances": instances,
        "transitions": moves,
        "states": [_state(one.name, one.category) for one in kind.states],
        "url": url,
    }


def _instance(call: Call, kind: WorkItemType, one: WorkField, *, choices: bool = True) -> dict[str, Any]:
    """A field as a type has it; the values that it may have only on request."""
    values: list[Any] = [str(value) for value in one.choices]
    if one.reference == "System.State":
        values = [state.name for state in kind.states]
    elif one.type == "identity" and not one.read_only:
        values = [person.text for person in call.organization.people.all if person.person.active]
    all_of = choices and call.text("$expand").lower() in ("all", "allowedvalues")
    default = kind.initial if one.reference == "System.State" else one.default
    return {
        **({} if default is None else {"defaultValue": str(default)}),
        **({"allowedValues": values} if all_of else {}),
        "helpText": f"{one.name} of the work item",
        "alwaysRequired": call.organization.fields.required(one),
        "dependentFields": [],
        "referenceName": one.reference,
        "name": one.name,
        "url": f"{call.organization.url}/_apis/wit/fields/{one.reference}",
    }


def categories(call: Call) -> Answer:
    """`wit/workItemTypeCategories`. Raises: AzureError."""
    project = project_of(call)
    if call.method != "GET":
        raise errors.no_method(call.method)
    base = f"{call.organization.url}/{project.id}/_apis/wit"
    found = []
    for reference, (name, kinds) in _CATEGORIES.items():
        here = [kind for kind in kinds if kind in project.types]
        if here:
            links = [{"name": one, "url": f"{base}/workItemTypes/{quote(one)}"} for one in here]
            url = f"{base}/workItemTypeCategories/{reference}"
            told = {"name": name, "referenceName": reference, "defaultWorkItemType": links[0], "workItemTypes": links}
            found.append({**told, "url": url})
    if not call.path:
        return Answer(listed(found))
    one_of = next((one for one in found if str(one["referenceName"]).lower() == call.path[0].lower()), None)
    if one_of is None:
        raise errors.no_resource(call.path[0])
    return Answer(one_of)


def relation_types(call: Call) -> Answer:
    """`wit/workItemRelationTypes`. Raises: AzureError."""
    if call.method != "GET":
        raise errors.no_method(call.method)
    base = f"{call.organization.url}/_apis/wit/workItemRelationTypes"
    found = [{**one, "url": f"{base}/{one['referenceName']}"} for one in TYPES]
    if not call.path:
        return Answer(listed(found))
    wanted = call.path[0].lower()
    for one in found:
        if wanted in (one["referenceName"].lower(), one["name"].lower()):
            return Answer(one)
    raise errors.no_resource(call.path[0])
