# SPDX-License-Identifier: Apache-2.0
"""`comments/{id}/reactions`: what people think of a comment, in one picture; no work item is revised by it."""

from collections.abc import Sequence
from typing import Any

from sandbox.azure_devops import comments, errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.items import Comment, Item
from sandbox.azure_devops.shapes import listed

KINDS = ("like", "dislike", "heart", "hooray", "smile", "confused")


def serve(call: Call, item: Item, comment: Comment, rest: Sequence[str]) -> Answer:
    """Raises: AzureError."""
    match (call.method, *rest):
        case ("GET",):
            return Answer(listed(comments.reactions(call.organization, item, comment, call.who)))
        case ("GET", kind, "users"):
            found = comment.reactions.get(_known(kind), [])
            skip, top = call.number("$skip", 0), call.number("$top", 20)
            return Answer(listed([one.shown(call.organization.url) for one in found[skip : skip + top]]))
        case ("PUT" | "DELETE", kind):
            return Answer(_changed(call, item, comment, _known(kind)))
    raise errors.no_method(call.method)


def _changed(call: Call, item: Item, comment: Comment, kind: str) -> dict[str, Any]:
    call.organization.refuse(call.who, item.area)
    engaged = comment.reactions.setdefault(kind, [])
    if call.method == "PUT" and call.who not in engaged:
        engaged.append(call.who)
    if call.method == "DELETE" and call.who in engaged:
        engaged.remove(call.who)
    return comments.reaction(call.organization, item, comment, kind, call.who)


def _known(kind: str) -> str:
    if kind.lower() not in KINDS:
        raise errors.bad_argument(f"The reaction {kind} is not supported.")
    return kind.lower()
