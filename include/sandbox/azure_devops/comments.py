# SPDX-License-Identifier: Apache-2.0
"""Comments: each save of one revises its work item, though its answer has no revision in it."""

import html
import re
from datetime import datetime
from typing import Any, Literal

from markdown_it import MarkdownIt

from sandbox.azure_devops import errors
from sandbox.azure_devops.items import Comment, CommentRef, CommentVersion, Item
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.people import Identity
from sandbox.azure_devops.times import text_of
from sandbox.azure_devops.values import safe
from sandbox.azure_devops.writes import alive, lasting, next_moment, revise

Format = Literal["html", "markdown"]
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")


def add(organization: Organization, who: Identity, item: Item, text: str, form: Format) -> Comment:
    """Raises: AzureError (400, 403)."""
    _check(organization, who, item, text)
    at = next_moment(organization, item)
    kept = safe(text) if form == "html" else text
    comment = Comment(organization.next_comment(), who, at, form, [CommentVersion(1, kept, at, who)])
    item.comments.append(comment)
    _revise(organization, who, item, comment, at, kept)
    return comment


def change(organization: Organization, who: Identity, item: Item, comment: Comment, text: str, form: Format) -> None:
    """Raises: AzureError (400, 403): only its author changes a comment, or an administrator."""
    _check(organization, who, item, text)
    if who != comment.by and not who.admin:
        raise errors.forbidden("change the comment of somebody else")
    at = next_moment(organization, item)
    comment.format = form
    kept = safe(text) if form == "html" else text
    comment.versions.append(CommentVersion(comment.now.number + 1, kept, at, who))
    _revise(organization, who, item, comment, at, None)


def delete(organization: Organization, who: Identity, item: Item, comment: Comment) -> None:
    """Take a comment out of sight. Raises: AzureError (403)."""
    organization.refuse(who, item.area)
    if who != comment.by and not who.admin:
        raise errors.forbidden("delete the comment of somebody else")
    at = next_moment(organization, item)
    comment.versions.append(CommentVersion(comment.now.number + 1, comment.now.text, at, who, True))
    _revise(organization, who, item, comment, at, None)


def _check(organization: Organization, who: Identity, item: Item, text: str) -> None:
    organization.refuse(who, item.area)
    if who.alias in organization.settings.no_comments:
        raise errors.forbidden("comment on work items")
    if not text.strip():
        raise errors.bad_argument("The text of a comment cannot be empty.")


def _revise(
    organization: Organization, who: Identity, item: Item, comment: Comment, at: datetime, said: str | None
) -> None:
    after = {**lasting(item), "System.CommentCount": alive(item)}
    ref = CommentRef(comment.number, comment.now.number)
    revise(organization, who, item, after, at, history=said, comment=ref)


def find(item: Item, number: int, *, deleted: bool = False) -> Comment:
    """Raises: AzureError (404)."""
    found = next((one for one in item.comments if one.number == number), None)
    if found is None or (found.deleted and not deleted):
        raise errors.no_comment(number)
    return found


def rendered(text: str, form: Format) -> str:
    return str(_MARKDOWN.render(text)).strip() if form == "markdown" else text


def reactions(organization: Organization, item: Item, comment: Comment, who: Identity) -> list[dict[str, Any]]:
    """What people feel about a comment, as one of them is told it."""
    return [reaction(organization, item, comment, kind, who) for kind, some in comment.reactions.items() if some]


def reaction(organization: Organization, item: Item, comment: Comment, kind: str, who: Identity) -> dict[str, Any]:
    """How many feel so about a comment."""
    base = f"{organization.url}/{organization.of(item).id}/_apis/wit/workItems/{item.number}/comments/{comment.number}"
    engaged = comment.reactions.get(kind, [])
    return {
        "commentId": comment.number,
        "type": kind,
        "count": len(engaged),
        "isCurrentUserEngaged": who in engaged,
        "url": f"{base}/reactions/{kind}",
    }


def plain(text: str) -> str:
    """What people read of HTML, for the pages."""
    broken = re.sub(r"(?i)<br\s*/?>|</(p|div|li|h\d|tr|pre|blockquote)>", "\n", text)
    return html.unescape(re.sub(r"<[^>]+>", "", broken)).strip()


def shown(
    organization: Organization, item: Item, comment: Comment, version: CommentVersion | None = None, *, expand: str = ""
) -> dict[str, Any]:
    """A comment, or one version of it."""
    one = version or comment.now
    base = f"{organization.url}/{organization.of(item).id}/_apis/wit/workItems/{item.number}/comments/{comment.number}"
    answer: dict[str, Any] = {
        "mentions": [],
        "workItemId": item.number,
        "id": comment.number,
        "version": one.number,
        "text": one.text,
        "createdBy": comment.by.shown(organization.url),
        "createdDate": text_of(comment.at),
        "modifiedBy": one.by.shown(organization.url),
        "modifiedDate": text_of(one.at),
    }
    if version is not None:
        del answer["workItemId"], answer["mentions"]
    elif organization.settings.markdown:
        answer["format"] = comment.format
    asked = expand.lower() in ("renderedtext", "renderedtextonly", "all") or comment.format == "markdown"
    answer["renderedText"] = rendered(one.text, comment.format) if asked else ""
    if expand.lower() == "renderedtextonly":
        del answer["text"]
    if one.deleted:
        answer["isDeleted"] = True
    answer["url"] = base if version is None else f"{base}/versions/{one.number}"
    return answer
