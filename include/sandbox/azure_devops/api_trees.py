# SPDX-License-Identifier: Apache-2.0
"""`wit/classificationNodes`: the trees of areas and of iterations, whose nodes have other names now and then."""

from typing import Any
from urllib.parse import quote

from sandbox.azure_devops import errors
from sandbox.azure_devops.api_setup import project_of
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.organization import Project, under
from sandbox.azure_devops.people import made_id
from sandbox.azure_devops.shapes import listed


def serve(call: Call) -> Answer:
    """`wit/classificationNodes`: the trees of areas and of iterations. Raises: AzureError."""
    project = project_of(call)
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
        if not call.who.admin:
            raise errors.forbidden("create classification nodes")
        path = f"{path}\\{_named(call)}"
        if path.lower() in [one.lower() for one in paths]:
            text = f"TF237018: The node name is already in use: {path}."
            raise errors.AzureError(409, text, "ClassificationNodeDuplicateNameException")
        paths.append(path)
        _date(call, project, path)
        made = _node(call, project, kind, paths, path, 0)
        return Answer(made, 201, {"Location": str(made["url"])})
    there = next((one for one in paths if one.lower() == path.lower()), None)
    if there is None:
        raise errors.AzureError(404, f"The node {path} does not exist.", "ClassificationNodeNotFoundException")
    match call.method:
        case "GET":
            return Answer(_node(call, project, kind, paths, there, depth))
        case "PATCH":
            if "name" in call.object():
                there = _renamed(call, project, kind, paths, there)
            _date(call, project, there)
            told = _node(call, project, kind, paths, there, 0)
            return Answer(told, 200, {"Location": str(told["url"])})
        case "DELETE":
            heirs = {call.organization.node(kind.capitalize(), one): one for one in paths}
            heir = heirs.get(call.number("$reclassifyId", 0), there.rpartition("\\")[0] or project.name)
            _moved(call, project, kind, paths, there, heir)
            return Answer(None, 204)
    raise errors.no_method(call.method)


def _renamed(call: Call, project: Project, kind: str, paths: list[str], path: str) -> str:
    """Another name for a node: work items in it, and their history, have the new one."""
    name = _named(call)
    if path == project.name:
        raise errors.bad_argument("The root of a tree cannot be renamed.")
    new = "\\".join([path.rpartition("\\")[0], name])
    if new.lower() != path.lower():
        paths.insert(paths.index(path), new)
        _moved(call, project, kind, paths, path, new)
    return new


def _named(call: Call) -> str:
    """Raises: AzureError (400)."""
    name = call.object().get("name")
    if not isinstance(name, str) or not name.strip() or "\\" in name:
        raise errors.bad_argument("Value cannot be null. Parameter name: name")
    return name.strip()


def _date(call: Call, project: Project, path: str) -> None:
    """The dates of an iteration, if there are any among what was sent."""
    given = call.object().get("attributes")
    dates = (
        {name: given[name] for name in ("startDate", "finishDate") if given.get(name)}
        if isinstance(given, dict)
        else {}
    )
    if dates and call.path[0].lower() == "iterations":
        project.dates[path.lower()] = dates


def _moved(call: Call, project: Project, kind: str, paths: list[str], path: str, new: str) -> None:
    """What stood at a node, or below it, stands elsewhere; its revisions too, and nothing is revised by it."""
    if not call.who.admin:
        raise errors.forbidden("edit classification nodes")
    reference = "System.AreaPath" if kind == "area" else "System.IterationPath"
    ends = call.method == "DELETE"
    gone = [one for one in paths if under(one, path)]
    paths[:] = [one for one in paths if one not in gone]
    if not ends:
        paths += [new + one[len(path) :] for one in gone if one != path]
    for item in call.organization.items.values():
        for revision in item.revisions:
            there = str(revision.fields[reference])
            if under(there, path):
                revision.fields[reference] = new if ends else new + there[len(path) :]


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
        **({"attributes": project.dates[path.lower()]} if path.lower() in project.dates else {}),
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
