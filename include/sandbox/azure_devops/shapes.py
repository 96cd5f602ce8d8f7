# SPDX-License-Identifier: Apache-2.0
"""Work items as answers show them: which fields, which form of identities, which links beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zlib import crc32

from sandbox.azure_devops.fields import BOARD
from sandbox.azure_devops.items import Item, Relation, Revision, Values
from sandbox.azure_devops.organization import Organization, Project
from sandbox.azure_devops.people import Identity
from sandbox.azure_devops.relations import counts, name_of, ordered
from sandbox.azure_devops.times import FOREVER, text_of

Expand = Literal["none", "relations", "fields", "links", "all"]
_OFF_BOARD = ("Task", "Impediment")
"""Types that no backlog's board shows."""
Naming = Literal["object", "text", "reference"]


@dataclass(frozen=True)
class View:
    """What was asked for."""

    organization: Organization
    expand: Expand = "none"
    fields: tuple[str, ...] | None = None
    """Reference names; none: all that the expansion has."""
    naming: Naming = "object"
    single: bool = True
    """Whether one work item was asked for: lists leave the links out."""
    scoped: bool = True
    """Whether addresses have the project in them."""
    old: bool = False
    """As before 5.0: a history stands in the place of comments."""

    def item(self, item: Item, revision: Revision | None = None) -> dict[str, Any]:
        """A work item as it is, or as it was in a revision."""
        now = revision is None
        shown = revision or item.now
        whole = self.fields is None
        answer: dict[str, Any] = {"id": item.number, "rev": shown.rev, "fields": self._fields(item, shown)}
        if self.organization.settings.markdown and not shown.deleted:
            answer["multilineFieldsFormat"] = formats(self.organization, shown) if whole else {}
        if self.expand in ("relations", "all") and now and item.relations:
            answer["relations"] = [self.relation(item, one) for one in ordered(item)]
        if shown.comment is not None:
            where = f"{self._at(item)}/comments/{shown.comment.number}/versions/{shown.comment.version}"
            answer["commentVersionRef"] = {
                "commentId": shown.comment.number,
                "version": shown.comment.version,
                "url": where,
            }
        if (self.single and whole) or self.expand in ("links", "all"):
            answer["_links"] = self._links(item) if now else self._revision_links(item, shown)
        answer["url"] = self._at(item) if now else f"{self._at(item)}/revisions/{shown.rev}"
        return answer

    def _fields(self, item: Item, revision: Revision) -> dict[str, Any]:
        values = extended(self.organization, item, revision)
        catalogue = self.organization.fields
        if self.fields is not None:
            names = [name for name in values if name in self.fields]
        elif self.expand in ("fields", "all"):
            hidden = ("System.IsDeleted", *counts(item))
            names = [name for name in values if name not in hidden]
        else:
            names = [name for name in values if not _is_extended(catalogue.get(name))]
        names.sort(key=catalogue.place)
        return {name: self.value(values[name]) for name in names}

    def value(self, value: Any) -> Any:
        """One value of a field, as JSON."""
        if isinstance(value, datetime):
            return text_of(value)
        if isinstance(value, Identity):
            if self.naming == "object":
                return value.shown(self.organization.url)
            return value.reference() if self.naming == "reference" else value.text
        return value

    def relation(self, item: Item, one: Relation) -> dict[str, Any]:
        """A relation, its address with the project in it."""
        if one.work_item:
            target = self.organization.items[int(one.target)]
            attributes: dict[str, Any] = {"isLocked": False}
            url = self._at(target)
        else:
            added = text_of(one.added) if one.added else FOREVER
            attributes = {
                "authorizedDate": added,
                "id": one.number,
                "resourceCreatedDate": added,
                "resourceModifiedDate": added,
                "revisedDate": FOREVER,
            }
            url = one.target
            if one.rel == "AttachedFile":
                attributes["resourceSize"] = one.size
                url = f"{self._base(self.organization.of(item))}/_apis/wit/attachments/{one.target}"
        if one.comment:
            attributes["comment"] = one.comment
        name = name_of(one.rel) if one.work_item else one.name
        if name:
            attributes["name"] = name
        return {"rel": one.rel, "url": url, "attributes": attributes}

    def _base(self, project: Project) -> str:
        return f"{self.organization.url}/{project.id}" if self.scoped else self.organization.url

    def _at(self, item: Item) -> str:
        bin_ = item.deleted_at is not None
        return (
            f"{self._base(self.organization.of(item))}/_apis/wit/{'recyclebin' if bin_ else 'workItems'}/{item.number}"
        )

    def _links(self, item: Item) -> dict[str, Any]:
        at = self._at(item)
        project = f"{self.organization.url}/{self.organization.of(item).id}"
        own = {} if item.deleted_at is not None else _own_links(at, project, item.number, old=self.old)
        return {
            "self": {"href": at},
            **own,
            "workItemType": {"href": f"{project}/_apis/wit/workItemTypes/{item.kind.replace(' ', '%20')}"},
            "fields": {"href": f"{project}/_apis/wit/fields"},
        }

    def _revision_links(self, item: Item, revision: Revision) -> dict[str, Any]:
        at = self._at(item)
        return {
            "self": {"href": f"{at}/revisions/{revision.rev}"},
            "workItemRevisions": {"href": f"{at}/revisions"},
            "parent": {"href": at},
        }


def _own_links(at: str, project: str, number: int, *, old: bool) -> dict[str, Any]:
    said = {"workItemHistory": {"href": f"{at}/history"}} if old else {"workItemComments": {"href": f"{at}/comments"}}
    return {
        "workItemUpdates": {"href": f"{at}/updates"},
        "workItemRevisions": {"href": f"{at}/revisions"},
        **said,
        "html": {"href": f"{project}/_workitems/edit/{number}"},
    }


def formats(organization: Organization, revision: Revision) -> dict[str, str]:
    """The forms of the long fields that are filled."""
    known = ((name, organization.fields.get(name)) for name in revision.fields)
    long = [name for name, field in known if field is not None and field.type in ("html", "history")]
    return {name: revision.formats.get(name, "html") for name in long}


def extended(organization: Organization, item: Item, revision: Revision) -> Values:
    """All fields of a revision, those that follow from others too."""
    stored = revision.fields
    values: Values = {
        "System.Id": item.number,
        **_tree(organization, "Area", str(stored["System.AreaPath"])),
        "System.NodeName": str(stored["System.AreaPath"]).rsplit("\\", 1)[-1],
        "System.Rev": revision.rev,
        "System.AuthorizedDate": revision.at,
        "System.RevisedDate": item.revised(revision) or FOREVER,
        **_tree(organization, "Iteration", str(stored["System.IterationPath"])),
        "System.AuthorizedAs": revision.by,
        "System.PersonId": crc32(revision.by.id.encode()) >> 4,
        "System.Watermark": revision.watermark,
        "System.IsDeleted": revision.deleted,
        **stored,
    }
    if item.kind not in _OFF_BOARD:
        column = stored["System.State"]
        values |= {"System.BoardColumn": column, "System.BoardColumnDone": False, BOARD: column, f"{BOARD}.Done": False}
    if revision is item.now:
        values |= counts(item)
        if item.parent is not None:
            values["System.Parent"] = item.parent
    return values


def _tree(organization: Organization, tree: str, path: str) -> Values:
    levels = {f"System.{tree}Level{depth}": part for depth, part in enumerate(path.split("\\")[:7], 1)}
    return {f"System.{tree}Id": organization.node(tree, path), **levels}


def _is_extended(field: Any) -> bool:
    return field is not None and bool(field.extended)


def listed(values: list[Any]) -> dict[str, Any]:
    """A list as every answer has it."""
    return {"count": len(values), "value": values}


def update(view: View, item: Item, number: int, *, single: bool = False) -> dict[str, Any]:
    """One update: what a save changed, and who did it.

    `revisedDate` is not when it happened, but when its revision ended; only of a link it is the time itself.
    """
    organization, one = view.organization, item.updates[number - 1]
    at = f"{view.item(item)['url']}/updates/{number}"
    revision = item.revisions[one.rev - 1]
    ended = item.revised(revision) if one.revised else one.at
    answer: dict[str, Any] = {
        "id": number,
        "workItemId": item.number,
        "rev": one.rev,
        "revisedBy": {"name": one.by.text, **one.by.shown(organization.url)},
        "revisedDate": text_of(ended) if ended else FOREVER,
    }
    if one.revised:
        before = item.revisions[one.rev - 2] if one.rev > 1 else None
        answer["fields"] = _differences(view, item, before, revision)
    relations = {
        name: [view.relation(item, relation) for relation in found]
        for name, found in (("added", one.added), ("removed", one.removed), ("updated", one.changed))
        if found
    }
    if relations:
        answer["relations"] = relations
    if single:
        own = at.removesuffix(f"/{number}")
        answer["_links"] = {
            "self": {"href": at},
            "workItemUpdates": {"href": own},
            "parent": {"href": own.removesuffix("/updates")},
        }
    answer["url"] = at
    return answer


def _differences(view: View, item: Item, before: Revision | None, now: Revision) -> dict[str, Any]:
    relations = ("System.Parent", *counts(item))
    old: Mapping[str, Any] = extended(view.organization, item, before) if before else {}
    new = extended(view.organization, item, now)
    names = [name for name in {**old, **new} if name not in relations and old.get(name) != new.get(name)]
    names.sort(key=view.organization.fields.place)
    found: dict[str, Any] = {}
    for name in names:
        told = {"oldValue": view.value(old[name])} if name in old and name != "System.History" else {}
        if name in new:
            told["newValue"] = view.value(new[name])
        elif name == "System.Tags":
            told["newValue"] = ""
        if told:
            found[name] = told
    return found
