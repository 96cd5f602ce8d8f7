# SPDX-License-Identifier: Apache-2.0
"""`wit/wiql` and `wit/queries`: queries answer with numbers alone, and fail above a size."""

from typing import Any

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.items import Item
from sandbox.azure_devops.organization import Project, Query
from sandbox.azure_devops.people import made_id
from sandbox.azure_devops.shapes import listed
from sandbox.azure_devops.times import text_of
from sandbox.azure_devops.wiql import parse
from sandbox.azure_devops.wiql_links import pairs
from sandbox.azure_devops.wiql_match import Asked

FOLDER = "Shared Queries"


def serve(call: Call) -> Answer:
    """Raises: AzureError."""
    match (call.method, *call.path):
        case ("POST",):
            text = call.object().get("query")
            if not isinstance(text, str) or not text.strip():
                raise errors.bad_query("TF51006: The query statement is missing.")
            return Answer(_run(call, text, call.project)[0])
        case ("GET" | "HEAD", number):
            query = _query(call, number)
            answer, count = _run(call, query.wiql, query.project)
            return Answer(answer if call.method == "GET" else None, 200, {"X-Total-Count": str(count)})
    raise errors.no_method(call.method)


def _run(call: Call, text: str, project: Project | None) -> tuple[dict[str, Any], int]:
    organization = call.organization
    query = parse(text)
    asked = Asked(organization, call.who, project, call.flag("timePrecision"))
    linked = pairs(asked, query) if query.links else []
    found = [] if query.links else asked.find(query)
    total, top = max(len(found), len(linked)), call.number("$top", 0)
    if top < 0:
        raise errors.bad_argument("$top must not be negative.")
    if top:
        found, linked = found[:top], linked[:top]
    if max(len(found), len(linked)) > organization.settings.wiql_limit:
        raise errors.too_many_results(organization.settings.wiql_limit)
    columns = [_column(call, asked, name) for name in query.columns]
    answer: dict[str, Any] = {
        "queryType": query.kind,
        "queryResultType": "workItemLink" if query.links else "workItem",
        "asOf": text_of(organization.now()),
        "columns": columns,
    }
    if query.order:
        answer["sortColumns"] = [
            {"field": _column(call, asked, name), "descending": descends} for name, descends in query.order
        ]
    if query.links:
        answer["workItemRelations"] = [
            {
                **({"rel": rel} if rel else {}),
                **({"source": _reference(call, source, project)} if source else {}),
                "target": _reference(call, target, project),
            }
            for rel, source, target in linked
        ]
    else:
        answer["workItems"] = [_reference(call, one, project) for one in found]
    return answer, total


def _column(call: Call, asked: Asked, name: str) -> dict[str, Any]:
    found = asked.field(name)
    url = f"{call.organization.url}/_apis/wit/fields/{found.reference}"
    return {"referenceName": found.reference, "name": found.name, "url": url}


def _reference(call: Call, item: Item, project: Project | None) -> dict[str, Any]:
    base = f"{call.organization.url}/{project.id}" if project else call.organization.url
    return {"id": item.number, "url": f"{base}/_apis/wit/workItems/{item.number}"}


def _query(call: Call, name: str) -> Query:
    """By id, or by its path. Raises: AzureError (404)."""
    found = call.organization.queries.get(name.lower())
    title = name.rsplit("/", 1)[-1].lower()
    for one in call.organization.queries.values():
        if found is None and one.name.lower() == title and call.project in (None, one.project):
            found = one
    if found is None:
        raise errors.no_query(name)
    return found


def serve_saved(call: Call) -> Answer:
    """Queries that are kept in the project's shared folder. Raises: AzureError."""
    if call.project is None:
        raise errors.no_resource("queries")
    path = "/".join(call.path)
    match call.method:
        case "GET" if not path:
            mine = [one for one in call.organization.queries.values() if one.project is call.project]
            folder = made_id(call.project.id, FOLDER)
            root = f"{call.organization.url}/{call.project.id}/_apis/wit/queries/{folder}"
            told = {"id": folder, "name": FOLDER, "path": FOLDER, "isFolder": True, "hasChildren": bool(mine)}
            children = {"children": [_told(call, one) for one in mine]} if call.number("$depth", 0) and mine else {}
            return Answer(listed([{**told, **children, "isPublic": True, "url": root}]))
        case "GET":
            return Answer(_told(call, _query(call, path)))
        case "POST":
            body = call.object()
            name, wiql = str(body.get("name") or ""), str(body.get("wiql") or "")
            if not name or not wiql:
                raise errors.bad_query("TF51006: A query needs a name and its wiql.")
            _run(call, wiql, call.project)
            id_ = made_id(call.project.id, FOLDER, name)
            query = Query(id_, name, wiql, call.project, call.who, call.organization.now())
            call.organization.queries[id_] = query
            told = _told(call, query)
            return Answer(told, 201, {"Location": str(told["url"])})
        case "PATCH":
            return Answer(_changed(call, _query(call, path)))
        case "DELETE":
            del call.organization.queries[_query(call, path).id]
            return Answer(None, 204)
    raise errors.no_method(call.method)


def serve_batch(call: Call) -> Answer:
    """`wit/queriesbatch`: several by their ids. Raises: AzureError."""
    if call.method != "POST":
        raise errors.no_method(call.method)
    body = call.object()
    ids = body.get("ids")
    if not isinstance(ids, list):
        raise errors.bad_argument("Value cannot be null. Parameter name: ids")
    found = []
    for id_ in map(str, ids):
        try:
            found.append(_told(call, _query(call, id_)))
        except errors.AzureError:
            if str(body.get("errorPolicy") or "").lower() != "omit":
                raise
    return Answer(listed(found))


def _changed(call: Call, query: Query) -> dict[str, Any]:
    """Another name for a query, or other words."""
    body = call.object()
    if body.get("wiql"):
        _run(call, str(body["wiql"]), query.project)
        query.wiql = str(body["wiql"])
    query.name = str(body.get("name") or query.name)
    return _told(call, query)


def _told(call: Call, query: Query) -> dict[str, Any]:
    who, at = query.by.shown(call.organization.url), text_of(query.at)
    url = f"{call.organization.url}/{query.project.id}/_apis/wit/queries/{query.id}"
    return {
        "id": query.id,
        "name": query.name,
        "path": f"{FOLDER}/{query.name}",
        "createdBy": who,
        "createdDate": at,
        "lastModifiedBy": who,
        "lastModifiedDate": at,
        "isPublic": True,
        "queryType": parse(query.wiql).kind,
        "wiql": query.wiql,
        "_links": {
            "self": {"href": url},
            "wiql": {"href": f"{call.organization.url}/{query.project.id}/_apis/wit/wiql/{query.id}"},
        },
        "url": url,
    }
