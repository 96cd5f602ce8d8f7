# SPDX-License-Identifier: Apache-2.0
"""Comments: adding, editing, deleting, and who may."""

from dataclasses import replace
from typing import Any

from sandbox.jira.catalog import Account
from sandbox.jira.errors import JiraError, bad_field
from sandbox.jira.fields import Field, rich_text
from sandbox.jira.site import Site
from sandbox.jira.store import Comment, Issue
from sandbox.jira.values import JsonObject

MOST = 5000
"""Comments an issue takes."""
INTERNAL = "sd.public.comment"
"""Comment property of Jira Service Management: `{"internal": true}` hides a comment from customers."""
_BODY = Field("comment", "Comment", "text")


def add(site: Site, account: Account, issue: Issue, body: JsonObject, version: str) -> Comment:
    """Add a comment. Raises: JiraError 400, 403."""
    document = check(site, account, issue, body, version)
    made = Comment(
        id=site.store.next_id("comment"),
        author=account.id,
        body=document,
        created=site.store.now(),
        updated=site.store.now(),
        update_author=account.id,
        visibility=restriction(site, account, body.get("visibility")),
        properties=properties_of(body),
    )
    saved = site.record(issue, account, comments=(*issue.comments, made))
    made = replace(made, created=saved.updated, updated=saved.updated)
    site.store.save(replace(saved, comments=(*issue.comments, made)), touch=False)
    return made


def check(site: Site, account: Account, issue: Issue, body: JsonObject, version: str) -> JsonObject:
    """Read the text of a comment that is about to be added. Raises: JiraError 400, 403."""
    if not account.may("ADD_COMMENTS"):
        raise JiraError(403, "You do not have the permission to comment on this issue.")
    if len(issue.comments) >= MOST:
        raise JiraError(400, "The issue has reached the limit of 5000 comments.")
    restriction(site, account, body.get("visibility"))
    return _document(site, account, issue, body, version)


def edit(site: Site, account: Account, issue: Issue, comment: Comment, body: JsonObject, version: str) -> Comment:
    """Change a comment's text, restriction or properties. Raises: JiraError 400."""
    _check_right(account, comment, "EDIT", "edit")
    changed = replace(
        comment,
        body=_document(site, account, issue, body, version),
        update_author=account.id,
        updated=max(site.store.now(), comment.updated),
        properties={**comment.properties, **properties_of(body)},
    )
    if "visibility" in body:
        changed = replace(changed, visibility=restriction(site, account, body["visibility"]))
    after = replace(issue, comments=tuple(changed if c.id == comment.id else c for c in issue.comments))
    after, gone = site.without_lost_media(issue, after)
    site.record(after, account, gone)
    return changed


def delete(site: Site, account: Account, issue: Issue, comment: Comment) -> None:
    """Delete a comment, with the files that only it showed. Raises: JiraError 400."""
    _check_right(account, comment, "DELETE", "delete")
    after = replace(issue, comments=tuple(c for c in issue.comments if c.id != comment.id))
    after, gone = site.without_lost_media(issue, after)
    site.record(after, account, gone)


def set_property(site: Site, issue: Issue, comment: Comment, key: str, value: Any) -> None:
    """Set one property; the issue does not count as changed."""
    _save_properties(site, issue, comment, {**comment.properties, key: value})


def drop_property(site: Site, issue: Issue, comment: Comment, key: str) -> None:
    _save_properties(site, issue, comment, {k: v for k, v in comment.properties.items() if k != key})


def is_public(site: Site, issue: Issue, comment: Comment) -> bool:
    """Whether customers would see it (`jsdPublic`); outside service desks that is always so."""
    marked = comment.properties.get(INTERNAL)
    internal = isinstance(marked, dict) and marked.get("internal") in (True, "true")
    return not (internal and site.project_of(issue).settings.service_desk)


def _save_properties(site: Site, issue: Issue, comment: Comment, properties: dict[str, Any]) -> None:
    changed = replace(comment, properties=properties)
    others = tuple(changed if c.id == comment.id else c for c in issue.comments)
    site.store.save(replace(issue, comments=others), touch=False)


def _document(site: Site, account: Account, issue: Issue, body: JsonObject, version: str) -> JsonObject:
    given = body.get("body")
    if given is None or (version == "3" and not isinstance(given, dict)):
        raise bad_field(
            "comment", "Comment body is not valid!" if given is not None else "Comment body can not be empty!"
        )
    document = rich_text(_BODY, given, site.setting(issue, account, version))
    if document is None:
        raise bad_field("comment", "Comment body can not be empty!")
    site.check_media(issue.attachments, document)
    return document


def restriction(site: Site, account: Account, given: JsonObject | None) -> JsonObject | None:
    """Read to whom a comment or worklog is restricted: a project role, or a group. Raises: JiraError 400."""
    if not given:
        return None
    kind, name = given.get("type", "role"), given.get("identifier") or given.get("value")
    if kind not in ("role", "group"):
        raise bad_field("commentLevel", f"'{kind}' is not a valid visibility type.")
    members = site.catalog.members(kind, name)
    if members is None:
        raise bad_field("commentLevel", f"{str(kind).capitalize()} '{name}' does not exist.")
    if account.id not in members:
        whose = "project role" if kind == "role" else "group"
        raise bad_field("commentLevel", f"You are currently not a member of the {whose}: {name}.")
    group = site.catalog.group(name) if kind == "group" else None
    value, identifier = (group.name, group.id) if group else (str(name), str(name))
    return {"type": kind, "value": value, "identifier": identifier}


def properties_of(body: JsonObject) -> dict[str, Any]:
    return {entry["key"]: entry["value"] for entry in body.get("properties", [])}


def _check_right(account: Account, comment: Comment, verb: str, word: str) -> None:
    own = account.id == comment.author and account.may(f"{verb}_OWN_COMMENTS")
    if not (own or account.may(f"{verb}_ALL_COMMENTS")):
        raise JiraError(400, f"You do not have the permission to {word} the comment with id: {comment.id}.")
