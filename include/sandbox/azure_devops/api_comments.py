# SPDX-License-Identifier: Apache-2.0
"""`wit/workItems/{id}/comments`: newest first; in preview, so that a version without the flag is refused."""

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from sandbox.azure_devops import api_reactions, comments, errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.items import Comment, Item
from sandbox.azure_devops.shapes import listed
from sandbox.azure_devops.times import text_of

MOST = 200


def serve(call: Call, item: Item, rest: Sequence[str]) -> Answer:
    """Raises: AzureError."""
    expand = call.text("$expand")
    if call.version < (5, 1):
        return Answer(_of_old(call, item, rest))
    match (call.method, *rest):
        case ("GET",):
            return Answer(_list(call, item, expand))
        case ("POST",):
            return Answer(_shown(call, item, comments.add(call.organization, call.who, item, *_said(call))))
        case ("GET", number):
            return Answer(_shown(call, item, _one(item, number, deleted=call.flag("includeDeleted")), expand))
        case ("PATCH", number):
            comment = _one(item, number)
            text, form = _said(call, comment.format)
            comments.change(call.organization, call.who, item, comment, text, form)
            return Answer(_shown(call, item, comment))
        case ("DELETE", number):
            comments.delete(call.organization, call.who, item, _one(item, number))
            return Answer(None, 204)
        case (_, number, "reactions", *more):
            return api_reactions.serve(call, item, _one(item, number), more)
        case ("GET", number, "versions"):
            comment = _one(item, number, deleted=True)
            return Answer(listed([comments.shown(call.organization, item, comment, one) for one in comment.versions]))
        case ("GET", number, "versions", version):
            comment = _one(item, number, deleted=True)
            found = next((one for one in comment.versions if str(one.number) == version), None)
            if found is None:
                raise errors.no_comment(comment.number)
            return Answer(comments.shown(call.organization, item, comment, found))
    raise errors.no_method(call.method)


def _shown(call: Call, item: Item, comment: Comment, expand: str = "") -> dict[str, Any]:
    told = comments.shown(call.organization, item, comment, expand=expand)
    if expand.lower() in ("reactions", "all") and (
        felt := comments.reactions(call.organization, item, comment, call.who)
    ):
        told["reactions"] = felt
    return told


def _one(item: Item, number: str, *, deleted: bool = False) -> Comment:
    return comments.find(item, int(number) if number.isdecimal() else 0, deleted=deleted)


def _said(call: Call, was: comments.Format = "html") -> tuple[str, comments.Format]:
    text = call.object().get("text")
    if not isinstance(text, str):
        raise errors.bad_argument("Value cannot be null. Parameter name: text")
    form = call.text("format").lower()
    if form and (not call.organization.settings.markdown or form not in ("html", "markdown")):
        raise errors.bad_argument(f"The format {form} is not supported.")
    return text, "markdown" if form == "markdown" else "html" if form else was


def _list(call: Call, item: Item, expand: str) -> dict[str, Any]:
    alive = [one for one in item.comments if not one.deleted or call.flag("includeDeleted")]
    ids = [part.strip() for part in call.text("ids").split(",") if part.strip()]
    if ids:
        chosen = [one for one in alive if str(one.number) in ids]
        return {
            "totalCount": len(chosen),
            "count": len(chosen),
            "comments": [_shown(call, item, o, expand) for o in chosen],
        }
    if call.text("order").lower() != "asc":
        alive.reverse()
    top = call.number("$top", MOST)
    if not 1 <= top <= MOST:
        raise errors.bad_argument(f"$top must be between 1 and {MOST}.")
    start = _place(call.text("continuationToken"), alive)
    page = alive[start : start + top]
    answer: dict[str, Any] = {
        "totalCount": len(alive),
        "count": len(page),
        "comments": [_shown(call, item, one, expand) for one in page],
    }
    if start + top < len(alive):
        token = base64.urlsafe_b64encode(str(alive[start + top].number).encode()).decode()
        base = f"{call.organization.url}/{call.organization.of(item).id}/_apis/wit/workItems/{item.number}/comments"
        more = f"{base}?continuationToken={quote(token)}&$top={top}"
        order = call.text("order")
        answer |= {"nextPage": more + (f"&order={order}" if order else ""), "continuationToken": token}
    return answer


def _of_old(call: Call, item: Item, rest: Sequence[str]) -> dict[str, Any]:
    """As before 5.1: texts of the history, by revision, oldest first; nobody writes them here."""
    if call.method != "GET":
        raise errors.no_method(call.method)
    base = f"{call.organization.url}/{call.organization.of(item).id}/_apis/wit/workItems/{item.number}/comments"
    shown = [
        {
            "revision": one.rev,
            "text": one.fields["System.History"],
            "revisedBy": one.by.shown(call.organization.url),
            "revisedDate": text_of(one.at),
            "url": f"{base}/{one.rev}",
        }
        for one in item.revisions
        if "System.History" in one.fields
    ]
    if rest:
        found = next((one for one in shown if str(one["revision"]) == rest[0]), None)
        if found is None:
            raise errors.no_comment(int(rest[0]) if rest[0].isdecimal() else 0)
        return found
    first = call.number("fromRevision", 1)
    later = [one for one in shown if int(str(one["revision"])) >= first]
    if call.text("order").lower() == "desc":
        later.reverse()
    page = later[: max(1, call.number("$top", MOST))]
    return {"totalCount": len(shown), "fromRevisionCount": len(later), "count": len(page), "value": page}


def _place(token: str, alive: list[Comment]) -> int:
    """Where a page goes on: at that comment, or where it would be if it was deleted."""
    if not token:
        return 0
    try:
        number = int(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        raise errors.bad_argument("The continuation token is not valid.") from None
    falling = len(alive) > 1 and alive[0].number > alive[-1].number
    for place, one in enumerate(alive):
        if one.number == number or (one.number < number) is falling:
            return place
    return len(alive)
