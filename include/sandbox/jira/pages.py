# SPDX-License-Identifier: Apache-2.0
"""What the core's pages show of a site, and what people do through them."""

import mimetypes
from typing import Any

from sandbox.jira import adf, comments, edits, files, media, shapes_issue, transitions
from sandbox.jira.catalog import Account
from sandbox.jira.errors import JiraError
from sandbox.jira.fields import fields_of
from sandbox.jira.shapes import View
from sandbox.jira.site import Site
from sandbox.jira.store import Issue
from sandbox.tracker import Act, Detail, PageChange, PageComment, PageFile, Row

_SHOWN_ABOVE = frozenset({"summary", "description", "priority"})


def rows(site: Site) -> list[Row]:
    """List all issues, last changed first."""
    newest = sorted(site.store.all(), key=lambda issue: issue.updated, reverse=True)
    return [_row(site, issue) for issue in newest]


def detail(site: Site, key: str) -> Detail | None:
    """Show one issue, restricted comments and all: who watches the sandbox sees everything."""
    issue = site.store.find(key)
    if issue is None:
        return None
    shown = tuple(_file(site, issue, number) for number in range(len(issue.attachments)))
    return Detail(
        row=_row(site, issue),
        description=adf.plain(issue.fields.get("description")),
        author=_name(site, issue.creator),
        fields=_fields(site, issue),
        comments=tuple(
            PageComment(
                author=_name(site, comment.author),
                at=comment.created,
                text=adf.plain(comment.body),
                internal=comment.visibility is not None or not comments.is_public(site, issue, comment),
            )
            for comment in issue.comments
        ),
        history=tuple(
            PageChange(entry.created, _name(site, entry.author), item.field, item.source_text or "", item.to_text or "")
            for entry in issue.histories
            for item in entry.items
        ),
        files=shown,
        statuses=_statuses(site, issue),
        priorities=tuple(known.name for known in site.catalog.priorities),
    )


def act(site: Site, account: Account, key: str | None, act: Act) -> int:
    """Do what a person filled in: fields, then comment and files, then status. Return the issue's id.

    The text of a new issue is its description.

    Raises:
        JiraError: as the API would refuse.
    """
    fields: dict[str, Any] = {}
    if act.title:
        fields["summary"] = act.title
    if act.priority:
        fields["priority"] = {"name": act.priority}
    if key is None:
        project = next(p for p in site.catalog.projects if site.catalog.may_browse(account, p))
        kind = [known.name for known in project.types if not known.subtask][-1]
        place = {"project": {"key": project.key}, "issuetype": {"name": kind}}
        if act.comment:
            fields["description"] = adf.of_text(act.comment)
        issue = edits.create(site, account, {"fields": fields | place}, "3")
    else:
        issue = site.find(account, key)
        if fields:
            issue = edits.edit(site, account, issue, {"fields": fields}, "3")
    if key is not None and act.comment:
        comments.add(site, account, issue, _comment(site, account, issue, act), "3")
    for sent in act.files:
        mime = sent.content_type or mimetypes.guess_type(sent.name)[0] or "application/octet-stream"
        files.attach(site, account, site.find(account, issue.key), sent.name, mime, sent.content)
    issue = site.find(account, issue.key)
    if act.status and act.status != site.catalog.status(issue.status).name:
        _go(site, account, issue, act.status)
    return issue.id


def _comment(site: Site, account: Account, issue: Issue, act: Act) -> dict[str, Any]:
    body: dict[str, Any] = {"body": adf.of_text(act.comment or "")}
    if not act.internal:
        return body
    if site.project_of(issue).settings.service_desk:
        return body | {"properties": [{"key": comments.INTERNAL, "value": {"internal": True}}]}
    role = next((name for name, members in site.catalog.roles.items() if account.id in members), "Administrators")
    return body | {"visibility": {"type": "role", "value": role}}


def _go(site: Site, account: Account, issue: Issue, status: str) -> None:
    """Take the first transition that leads there, with the first choice for a resolution that it needs."""
    leading = [t for t in transitions.legal(site, account, issue) if t.to.name == status]
    if not leading:
        raise JiraError(400, f"No transition leads from here to {status}.")
    chosen = next((t for t in leading if "issuelinks" not in t.required), leading[0])
    body: dict[str, Any] = {"transition": {"id": chosen.id}}
    if "resolution" in chosen.required:
        body["fields"] = {"resolution": {"name": site.catalog.resolutions[0].name}}
    transitions.take(site, account, issue, body, "3")


def _row(site: Site, issue: Issue) -> Row:
    priority = next((p.name for p in site.catalog.priorities if p.id == issue.fields.get("priority")), "")
    changes = [(entry.created, entry.author) for entry in issue.histories]
    changes += [(comment.updated, comment.update_author) for comment in issue.comments]
    _, by = max(changes, default=(issue.created, issue.creator))
    return Row(
        key=issue.key,
        title=issue.fields["summary"],
        status=site.catalog.status(issue.status).name,
        priority=priority,
        changed=issue.updated,
        by=_name(site, by),
    )


def _fields(site: Site, issue: Issue) -> tuple[tuple[str, str], ...]:
    view = View(site, next(iter(site.catalog.accounts.values())), "2")
    shown = shapes_issue.issue(view, issue, shapes_issue.Wanted())["fields"]
    listed = [("Project", site.project_of(issue).name)]
    for known in fields_of(site.catalog).values():
        value = shown[known.id]
        if known.id not in _SHOWN_ABOVE and value not in (None, [], {}):
            listed.append((known.name, _said(value)))
    return tuple(listed)


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value)
    if isinstance(value, dict):
        return str(value.get("displayName") or value.get("name") or value.get("value"))
    return str(value)


def _statuses(site: Site, issue: Issue) -> tuple[str, ...]:
    known = site.project_of(issue).transitions
    reached = [t.to.name for t in known if not t.source or issue.status in t.source]
    return tuple(dict.fromkeys([site.catalog.status(issue.status).name, *reached]))


def _file(site: Site, issue: Issue, number: int) -> PageFile:
    file = issue.attachments[number]
    return PageFile(file.name, file.size, media.path(site, file))


def _name(site: Site, account_id: str) -> str:
    return site.catalog.accounts[account_id].name
