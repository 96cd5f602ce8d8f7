# SPDX-License-Identifier: Apache-2.0
"""Fields, work item types, trees, tags, kinds of relations: what a client reads before it writes."""

from typing import Any
from urllib.parse import quote

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.fields import WorkField
from sandbox.azure_devops.organization import Project, under
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


def _project(call: Call) -> Project:
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
    project = _project(call)
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
        values = [person.text for person in call.organization.people.all]
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
    project = _project(call)
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


def tags(call: Call) -> Answer:
    """`wit/tags`: those that the project ever had. Raises: AzureError."""
    project = _project(call)
    if call.method != "GET" or call.path:
        raise errors.no_method(call.method)
    base = f"{call.organization.url}/{project.id}/_apis/wit/tags"
    ids = {name: made_id(project.id, "tag", key) for key, name in sorted(project.tags.items())}
    return Answer(listed([{"id": id_, "name": name, "url": f"{base}/{id_}"} for name, id_ in ids.items()]))


def nodes(call: Call) -> Answer:
    """`wit/classificationNodes`: the trees of areas and of iterations. Raises: AzureError."""
    project = _project(call)
    trees = {"areas": ("area", project.areas), "iterations": ("iteration", project.iterations)}
    depth = call.number("$depth", 0)
    if call.method == "GET" and not call.path:
        return Answer(
            listed([_node(call, project, kind, paths, project.name, depth) for kind, paths in trees.values()])
        )
    found = trees.get(call.path[0].lower() if call.path else "")
    if found is None:
        raise errors.no_resource("/".join(call.path))
    kind, paths = found
    path = "\\".join([project.name, *call.path[1:]])
    if call.method == "POST":
        path = f"{path}\\{call.object().get('name')}"
        if not call.who.admin:
            raise errors.forbidden("create classification nodes")
        if path.lower() not in [one.lower() for one in paths]:
            paths.append(path)
        return Answer(_node(call, project, kind, paths, path, depth), 201)
    there = next((one for one in paths if one.lower() == path.lower()), None)
    if there is None:
        raise errors.AzureError(
            404, f"VS402485: The node {path} does not exist.", "ClassificationNodeNotFoundException"
        )
    match call.method:
        case "GET":
            return Answer(_node(call, project, kind, paths, there, depth))
        case "PATCH":
            return Answer(_node(call, project, kind, paths, _renamed(call, project, kind, paths, there), depth))
        case "DELETE":
            _moved(call, project, kind, paths, there, project.name)
            return Answer(None)
    raise errors.no_method(call.method)


def _renamed(call: Call, project: Project, kind: str, paths: list[str], path: str) -> str:
    """Another name for a node: work items in it, and their history, have the new one."""
    name = str(call.object().get("name") or "").strip()
    if not name or path == project.name:
        raise errors.bad_argument("Value cannot be null. Parameter name: name")
    new = f"{path.rpartition(chr(92))[0]}\\{name}"
    at = paths.index(path)
    paths.insert(at, new)
    _moved(call, project, kind, paths, path, new)
    return new


def _moved(call: Call, project: Project, kind: str, paths: list[str], path: str, new: str) -> None:
    """What stood at a node, or below it, stands elsewhere; its revisions too, and nothing is revised by it."""
    if not call.who.admin:
        raise errors.forbidden("edit classification nodes")
    reference = "System.AreaPath" if kind == "area" else "System.IterationPath"
    gone = [one for one in paths if under(one, path)]
    paths[:] = [one for one in paths if one not in gone]
    if new != project.name:
        paths += [new + one[len(path) :] for one in gone if one != path]
    for item in call.organization.items.values():
        for revision in item.revisions:
            there = str(revision.fields[reference])
            if under(there, path):
                revision.fields[reference] = new if new == project.name else new + there[len(path) :]


def _node(call: Call, project: Project, kind: str, paths: list[str], path: str, depth: int) -> dict[str, Any]:
    below = [one for one in paths if one.rpartition("\\")[0] == path]
    rest = path.split("\\")[1:]
    root = kind.capitalize()
    tree = f"{call.organization.url}/{project.id}/_apis/wit/classificationNodes/{root}s"
    url = "/".join([tree, *(quote(part) for part in rest)])
    parent = {"parent": {"href": url.rpartition("/")[0]}} if rest else {}
    return {
        "id": call.organization.node(root, path),
        "identifier": made_id(project.id, kind, path),
        "name": path.rpartition("\\")[2],
        "structureType": kind,
        "hasChildren": bool(below),
        **(
            {"children": [_node(call, project, kind, paths, one, depth - 1) for one in below]}
            if below and depth > 0
            else {}
        ),
        "path": "\\" + "\\".join([project.name, root, *rest]),
        "_links": {"self": {"href": url}, **parent},
        "url": url,
    }
