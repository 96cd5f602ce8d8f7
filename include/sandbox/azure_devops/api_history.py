# SPDX-License-Identifier: Apache-2.0
"""`wit/workItems/{id}/updates`, `.../revisions` and, of old, `.../history`: what happened, what was, what was said."""

from collections.abc import Sequence
from typing import Any

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.items import Item
from sandbox.azure_devops.shapes import View, listed, update
from sandbox.azure_devops.times import text_of

MOST = 200


def serve(call: Call, item: Item, what: str, rest: Sequence[str]) -> Answer:
    """Raises: AzureError (400, 404, 405)."""
    if call.method != "GET":
        raise errors.no_method(call.method)
    view = View(call.organization, naming=call.naming, single=bool(rest), scoped=not call.old, old=call.old)
    if what == "history":
        return Answer(listed(_said(call, view, item)))
    count = len(item.updates if what == "updates" else item.revisions)
    if rest:
        number = int(rest[0]) if rest[0].isdecimal() else 0
        if not 1 <= number <= count:
            text = f"The {what[:-1]} {rest[0]} of work item {item.number} does not exist."
            raise errors.AzureError(404, text, "WorkItemRevisionNotFoundException")
        shown = (
            update(view, item, number, single=True)
            if what == "updates"
            else view.item(item, item.revisions[number - 1])
        )
        return Answer(shown)
    skip, top = call.number("$skip", 0), call.number("$top", MOST)
    if skip < 0 or top < 1:
        raise errors.bad_argument("$skip and $top must not be negative.")
    numbers = range(1, count + 1)[skip : skip + min(top, MOST)]
    if what == "updates":
        return Answer(listed([update(view, item, one) for one in numbers]))
    return Answer(listed([view.item(item, item.revisions[one - 1]) for one in numbers]))


def _said(call: Call, view: View, item: Item) -> list[dict[str, Any]]:
    """The texts of the history: what comments were called before they had numbers of their own."""
    return [
        {
            "rev": one.rev,
            "value": one.fields["System.History"],
            "revisedBy": {"name": one.by.text, **one.by.shown(call.organization.url)},
            "revisedDate": text_of(one.at),
            "url": f"{view.item(item)['url']}/history/{one.rev}",
        }
        for one in item.revisions
        if "System.History" in one.fields
    ]
