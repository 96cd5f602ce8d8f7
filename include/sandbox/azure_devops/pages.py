# SPDX-License-Identifier: Apache-2.0
"""What the core's pages show of an organization, and what people do through them."""

import html
from datetime import datetime
from typing import Any

from sandbox.azure_devops import comments, writes
from sandbox.azure_devops.api_attachments import store
from sandbox.azure_devops.comments import plain, rendered
from sandbox.azure_devops.items import Item, Revision
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.patch import Wanted
from sandbox.azure_devops.people import Identity
from sandbox.azure_devops.relations import name_of, ordered
from sandbox.azure_devops.writes import How
from sandbox.tracker import Act, Detail, PageChange, PageComment, PageFile, Refused, Row

_ABOVE = ("System.Title", "System.State", "Microsoft.VSTS.Common.Priority", "System.CommentCount")
_UNSEEN = ("System.ChangedDate", "System.ChangedBy", "System.CreatedDate", "System.CreatedBy", "System.History")


def rows(organization: Organization) -> list[Row]:
    """All work items outside the recycle bin, last changed first."""
    alive = [one for one in organization.items.values() if one.deleted_at is None]
    return [_row(one) for one in sorted(alive, key=lambda one: one.now.watermark, reverse=True)]


def detail(organization: Organization, key: str) -> Detail | None:
    """What the form of the type shows: a bug's text is in its repro steps, not in its description."""
    item = organization.items.get(int(key)) if key.isdecimal() else None
    if item is None or item.deleted_at is not None:
        return None
    text = _text_field(item)
    hidden = (*_ABOVE, *_UNSEEN, text, *(("System.Description",) if item.kind == "Bug" else ()))
    links = [
        (name_of(one.rel), f"{one.target} {one.comment}".strip()) for one in ordered(item) if one.rel != "AttachedFile"
    ]
    return Detail(
        row=_row(item),
        description=_read(item, text),
        author=item.fields["System.CreatedBy"].name,
        fields=(
            *(
                (known.name, _said(value))
                for name, value in item.fields.items()
                if name not in hidden and (known := organization.fields.get(name))
            ),
            *links,
        ),
        comments=tuple(
            PageComment(one.by.name, one.at, plain(rendered(one.now.text, one.format)))
            for one in item.comments
            if not one.deleted
        ),
        history=tuple(change for revision in item.revisions for change in _changes(organization, item, revision)),
        files=tuple(
            PageFile(one.name, one.size, f"/_files/{one.target}") for one in ordered(item) if one.rel == "AttachedFile"
        ),
        statuses=organization.type_of(item).follows(str(item.fields["System.State"])),
        priorities=("1", "2", "3", "4"),
        internal_comments=False,
    )


def act(organization: Organization, who: Identity, key: str | None, act: Act) -> str:
    """Do what a person filled in; a new work item is of the first project's Bug, or of its first type.

    Raises: AzureError, Refused.
    """
    if act.internal:
        raise Refused("Every comment of Azure DevOps is seen by all who see its work item.")
    fields: dict[str, Any] = {"System.Title": act.title} if act.title else {}
    if act.priority:
        fields["Microsoft.VSTS.Common.Priority"] = act.priority
    if act.status:
        fields["System.State"] = act.status
    said = html.escape(act.comment, quote=False).replace("\n", "<br>") if act.comment else None
    if key is None:
        project = next(iter(organization.projects.values()))
        kind = project.types.get("Bug") or next(iter(project.types.values()))
        text = "Microsoft.VSTS.TCM.ReproSteps" if kind.name == "Bug" else "System.Description"
        item = writes.create(organization, who, project, kind, Wanted(fields={**fields, text: said}), How())
    else:
        found = organization.items.get(int(key)) if key.isdecimal() else None
        if found is None or found.deleted_at is not None:
            raise Refused("There is no such work item.")
        item = found
        if fields:
            writes.update(organization, who, item, Wanted(fields=fields), How())
        if said:
            comments.add(organization, who, item, said, "html")
    for file in act.files:
        kept = store(organization, who, file.name, file.content)
        url = f"{organization.url}/_apis/wit/attachments/{kept.id}"
        relation = {"rel": "AttachedFile", "url": url, "attributes": {"name": file.name}}
        writes.update(organization, who, item, Wanted(relations=[("add", None, relation)]), How())
    return str(item.number)


def _text_field(item: Item) -> str:
    return "Microsoft.VSTS.TCM.ReproSteps" if item.kind == "Bug" else "System.Description"


def _read(item: Item, name: str) -> str:
    text = str(item.fields.get(name, ""))
    return text if item.now.formats.get(name) == "markdown" else plain(text)


def _row(item: Item) -> Row:
    return Row(
        key=str(item.number),
        title=str(item.fields["System.Title"]),
        status=str(item.fields["System.State"]),
        priority=str(item.fields.get("Microsoft.VSTS.Common.Priority", "")),
        changed=item.now.at,
        by=item.now.by.name,
    )


def _changes(organization: Organization, item: Item, revision: Revision) -> list[PageChange]:
    if revision.rev == 1:
        return []
    before = item.revisions[revision.rev - 2].fields
    return [
        PageChange(revision.at, revision.by.name, known.name, _said(before.get(name)), _said(revision.fields.get(name)))
        for name in dict.fromkeys((*before, *revision.fields))
        if name not in _UNSEEN and before.get(name) != revision.fields.get(name)
        if (known := organization.fields.get(name))
    ]


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Identity):
        return value.name
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else plain(str(value))
