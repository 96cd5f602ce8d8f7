# SPDX-License-Identifier: Apache-2.0
"""`wit/recyclebin`: what was deleted, and its way back. Old forms are in use: names as texts, dates as in America."""

from typing import Any

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.items import Item
from sandbox.azure_devops.shapes import View, listed
from sandbox.azure_devops.times import american
from sandbox.azure_devops.writes import lasting, next_moment, revise


def serve(call: Call) -> Answer:
    """Raises: AzureError."""
    match (call.method, *call.path):
        case ("GET",):
            ids = [part.strip() for part in call.text("ids").split(",") if part.strip()]
            if ids:
                return Answer(listed([_reference(call, _binned(call, one)) for one in ids]))
            bin_ = [one for one in call.organization.items.values() if _in_bin(call, one)]
            return Answer(listed([{"id": one.number, "url": _at(call, one)} for one in bin_]))
        case ("GET", number):
            return Answer(deleted(call, _binned(call, number)))
        case ("PATCH", number):
            if call.object().get("isDeleted") is not False:
                raise errors.bad_argument("The body must say that isDeleted is false.")
            return Answer(_restored(call, _binned(call, number)))
        case ("DELETE", number):
            item = _binned(call, number)
            _destroy(call, item)
            return Answer(None, 204)
    raise errors.no_method(call.method)


def throw_away(call: Call, item: Item, *, destroy: bool) -> bool:
    """Put a work item into the bin, or make an end of it: True. Raises: AzureError (403)."""
    organization = call.organization
    organization.refuse(call.who, item.area)
    if destroy:
        _destroy(call, item)
        return True
    at = next_moment(organization, item)
    item.deleted_at, item.deleted_by = at, call.who
    revise(organization, call.who, item, lasting(item), at, deleted=True)
    return False


def deleted(call: Call, item: Item) -> dict[str, Any]:
    """One in the bin, with what it was."""
    view = View(call.organization, naming="text")
    return {**_reference(call, item), "resource": view.item(item)}


def _destroy(call: Call, item: Item) -> None:
    if not call.who.admin:
        raise errors.forbidden("permanently delete work items")
    for other in call.organization.items.values():
        other.relations = [one for one in other.relations if not one.work_item or one.target != str(item.number)]
    del call.organization.items[item.number]


def _restored(call: Call, item: Item) -> dict[str, Any]:
    organization = call.organization
    organization.refuse(call.who, item.area)
    told = _reference(call, item)
    at = next_moment(organization, item)
    item.deleted_at = item.deleted_by = None
    revise(organization, call.who, item, lasting(item), at)
    shown = View(organization, naming="text").item(item)
    return {**told, "url": shown["url"], "resource": shown}


def _binned(call: Call, number: str) -> Item:
    item = call.organization.items.get(int(number)) if number.isdecimal() else None
    if item is None or not _in_bin(call, item):
        raise errors.no_item(number)
    return item


def _in_bin(call: Call, item: Item) -> bool:
    here = call.project is None or item.project == call.project.name
    return item.deleted_at is not None and here and call.organization.sees(call.who, item)


def _at(call: Call, item: Item) -> str:
    return f"{call.organization.url}/{call.organization.of(item).id}/_apis/wit/recyclebin/{item.number}"


def _reference(call: Call, item: Item) -> dict[str, Any]:
    assert item.deleted_at is not None and item.deleted_by is not None
    return {
        "id": item.number,
        "type": item.kind,
        "name": str(item.fields["System.Title"]),
        "project": item.project,
        "deletedDate": american(item.deleted_at),
        "deletedBy": item.deleted_by.text,
        "code": 200,
        "url": _at(call, item),
    }
