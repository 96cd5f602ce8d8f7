# SPDX-License-Identifier: Apache-2.0
"""`wit/workItems`, `wit/workItemsBatch`, `wit/workItemsDelete`: work items, one or many."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sandbox.azure_devops import api_comments, api_history, errors, writes
from sandbox.azure_devops.api_recycle import deleted, throw_away
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.items import Item, Revision
from sandbox.azure_devops.patch import Wanted, read
from sandbox.azure_devops.shapes import Expand, View, listed
from sandbox.azure_devops.times import read as read_time
from sandbox.azure_devops.writes import How

MOST_IDS = 200
_PATCH = "application/json-patch+json"
_EXPANSIONS: tuple[Expand, ...] = ("none", "relations", "fields", "links", "all")


def serve(call: Call) -> Answer:
    """Raises: AzureError."""
    match (call.method, *call.path):
        case ("GET",):
            ids = [part for part in call.text("ids").split(",") if part.strip()]
            fields = [part for part in call.text("fields").split(",") if part.strip()]
            omit = call.text("errorPolicy").lower() == "omit"
            return _many(call, ids, fields, call.text("$expand"), call.text("asOf"), omit)
        case ("POST" | "PATCH", kind) if kind.startswith("$"):
            return _create(call, kind[1:])
        case ("GET", kind) if kind.startswith("$"):
            return _template(call, kind[1:])
        case ("GET", number):
            return _get(call, number)
        case ("PATCH", number):
            return _update(call, number)
        case ("DELETE", number):
            item = call.item(number)
            destroyed = throw_away(call, item, destroy=call.flag("destroy"))
            return Answer(None, 204) if destroyed else Answer(deleted(call, item))
        case (_, number, part, *rest) if part.lower() == "comments":
            return api_comments.serve(call, call.item(number), rest)
        case (_, number, part, *rest) if part.lower() in ("updates", "revisions", "history"):
            return api_history.serve(call, call.item(number), part.lower(), rest)
    raise errors.no_method(call.method)


def serve_batch(call: Call) -> Answer:
    """Many by a body: for lists of fields that no address holds."""
    if call.method != "POST":
        raise errors.no_method(call.method)
    body = call.object()
    ids, fields = body.get("ids") or [], body.get("fields") or []
    if not isinstance(ids, list) or not isinstance(fields, list):
        raise errors.bad_argument("The ids and the fields must be lists.")
    omit = str(body.get("errorPolicy", "")).lower() == "omit"
    return _many(call, ids, fields, str(body.get("$expand") or ""), str(body.get("asOf") or ""), omit)


def serve_delete(call: Call) -> Answer:
    """Many into the recycle bin, each with an outcome of its own."""
    if call.method != "POST":
        raise errors.no_method(call.method)
    body = call.object()
    ids = body.get("ids")
    if not isinstance(ids, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in ids):
        raise errors.bad_argument("The ids must be whole numbers.")
    results = []
    for number in ids:
        try:
            item = call.item(str(number))
            throw_away(call, item, destroy=body.get("destroy") is True)
        except errors.AzureError as error:
            results.append({"id": number, "code": error.status, "message": error.message})
        else:
            results.append({"id": number, "code": 200})
    if body.get("destroy") is True and all(one["code"] == 200 for one in results):
        return Answer(None, 204)
    return Answer({"results": results})


def view_of(call: Call, expand: str, fields: Iterable[Any] = (), *, single: bool = True) -> View:
    """How the answer is to look. Raises: AzureError (400)."""
    wanted = next((one for one in _EXPANSIONS if one == (expand or "none").lower()), None)
    if wanted is None:
        raise errors.bad_argument(f"The value {expand} is not valid for $expand.")
    names: list[str] = []
    for name in fields:
        found = call.organization.fields.get(str(name).strip())
        if found is None:
            raise errors.no_field(str(name).strip())
        names.append(found.reference)
    if names and wanted not in ("none", "links"):
        raise errors.conflicting()
    return View(call.organization, wanted, tuple(names) or None, call.naming, single, not (names or call.old), call.old)


def _many(call: Call, ids: list[Any], fields: list[Any], expand: str, as_of: str, omit: bool) -> Answer:
    if not ids:
        raise errors.bad_argument("The ids parameter must not be empty.")
    if len(ids) > MOST_IDS:
        raise errors.too_many_ids(len(ids), MOST_IDS)
    if not all(str(one).strip().isdecimal() for one in ids):
        raise errors.bad_argument("The ids must be whole numbers.")
    view = view_of(call, expand, fields, single=False)
    shown: list[Any] = []
    for number in dict.fromkeys(str(one).strip() for one in ids):
        try:
            item = call.item(number)
            shown.append(view.item(item, _then(call, item, as_of)))
        except errors.AzureError:
            if not omit and not (fields and call.version < (5, 0)):
                raise
            if not fields:
                shown.append(None)  # it keeps its place in the list, which it does not where fields were asked for
    return Answer(listed(shown))


def _get(call: Call, number: str) -> Answer:
    fields = [part for part in call.text("fields").split(",") if part.strip()]
    item = call.item(number)
    view = view_of(call, call.text("$expand"), fields)
    return Answer(view.item(item, _then(call, item, call.text("asOf"))))


def _then(call: Call, item: Item, as_of: str) -> Revision | None:
    """The revision of a moment, None for the present one. Raises: AzureError (400, 404)."""
    if not as_of:
        return None
    try:
        at = read_time(as_of, call.organization.zone(call.who))
    except ValueError:
        raise errors.bad_argument(f"The value {as_of} is no time.") from None
    found = item.at(at)
    if found is None:
        text = f"TF401232: Work item {item.number} did not exist at {as_of}."
        raise errors.AzureError(404, text, "WitResourceNotFoundException")
    return None if found is item.now else found


def _document(call: Call) -> Wanted:
    kind = call.headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() != _PATCH:
        raise errors.wrong_content(kind, call.method, _PATCH)
    return read(call.body(), call.organization.fields, markdown=call.organization.settings.markdown)


def _how(call: Call) -> How:
    return How(call.flag("bypassRules"), call.flag("validateOnly"))


def _create(call: Call, name: str) -> Answer:
    if call.project is None:
        raise errors.no_resource("workItems")
    kind = call.project.type(name)
    if kind is None:
        raise errors.no_type(name, call.project.name)
    view, how = view_of(call, call.text("$expand")), _how(call)
    item = writes.create(call.organization, call.who, call.project, kind, _document(call), how)
    if how.validate_only:
        return _template(call, name)
    return Answer(_written(view, item))


def _update(call: Call, number: str) -> Answer:
    item, view, how = call.item(number), view_of(call, call.text("$expand")), _how(call)
    writes.update(call.organization, call.who, item, _document(call), how)
    return Answer(_written(view, item))


def _written(view: View, item: Item) -> dict[str, Any]:
    """The answer to a save has the relations, asked for or not: as recorded."""
    return (replace(view, expand="relations") if view.expand == "none" else view).item(item)


def _template(call: Call, name: str) -> Answer:
    """What a new work item of a type begins with."""
    if call.project is None:
        raise errors.no_resource("workItems")
    kind = call.project.type(name)
    if kind is None:
        raise errors.no_type(name, call.project.name)
    who = call.who.shown(call.organization.url)
    root, base = call.project.name, f"{call.organization.url}/{call.project.id}/_apis/wit"
    fields: dict[str, Any] = {
        "System.AreaPath": root,
        "System.TeamProject": root,
        "System.IterationPath": root,
        "System.WorkItemType": kind.name,
        "System.State": kind.initial,
        "System.Reason": kind.reasons("", kind.initial)[0],
        "System.CreatedBy": who,
        "System.ChangedBy": who,
        "Microsoft.VSTS.Common.StateChangeDate": "1753-01-01T00:00:00Z",
    }
    fields |= {one.reference: one.default for one in call.organization.fields.of(kind.name) if one.default is not None}
    links = {"workItemType": {"href": f"{base}/workItemTypes/{kind.name}"}, "fields": {"href": f"{base}/fields"}}
    return Answer({"fields": fields, "_links": links, "url": f"{base}/workItems"})
