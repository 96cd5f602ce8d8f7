# SPDX-License-Identifier: Apache-2.0
"""`wit/workItems/{id}/updates` and `.../revisions`: what happened, and what was."""

from collections.abc import Sequence

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.items import Item
from sandbox.azure_devops.shapes import View, listed, update

MOST = 200


def serve(call: Call, item: Item, what: str, rest: Sequence[str]) -> Answer:
    """Raises: AzureError (400, 404, 405)."""
    if call.method != "GET":
        raise errors.no_method(call.method)
    view = View(call.organization, naming=call.naming, single=bool(rest))
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
