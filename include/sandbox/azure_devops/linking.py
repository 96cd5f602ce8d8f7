# SPDX-License-Identifier: Apache-2.0
"""Adding and removing relations. A link between two work items stands at both, and revises neither."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sandbox.azure_devops import errors
from sandbox.azure_devops.items import Item, Relation, Update
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.people import Identity
from sandbox.azure_devops.relations import CHILD, PARENT, acyclic, opposite, ordered, read

Operation = tuple[str, int | None, Any]


@dataclass
class Changed:
    """What became of a work item's relations."""

    added: list[Relation] = field(default_factory=list)
    removed: list[Relation] = field(default_factory=list)
    changed: list[Relation] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def own(self) -> bool:
        """Whether files or addresses are among them: these revise the work item."""
        return any(not one.work_item for one in (*self.added, *self.removed, *self.changed))


def changed(
    organization: Organization, who: Identity, item: Item, operations: Sequence[Operation], *, far: bool
) -> Changed:
    """Do the operations one after the other, all or none. `far`: check the links' other ends too.

    Raises: AzureError (400, 404).
    """
    found, before = Changed(), list(item.relations)
    try:
        for operation in operations:
            _one(organization, who, item, operation, found)
        _check_numbers(organization, item)
        if far:
            _check_graph(organization, item, found.added)
    except errors.AzureError:
        item.relations = before
        raise
    return found


def _one(organization: Organization, who: Identity, item: Item, operation: Operation, found: Changed) -> None:
    op, place, value = operation
    if op == "add":
        relation = read(organization, who, value, item.number)
        if any(one.key == relation.key for one in item.relations):
            raise errors.relation_exists()
        item.relations = [*item.relations, relation]
        found.added.append(relation)
        return
    shown = ordered(item)
    if place is None or place >= len(shown):
        raise errors.bad_patch(f"There is no relation at the index {place}.")
    there = shown[place]
    item.relations = [one for one in item.relations if one.key != there.key]
    if op == "remove":
        found.removed.append(there)
    else:
        commented = replace(there, comment=str(value or ""))
        item.relations.append(commented)
        found.changed.append(commented)


def _check_numbers(organization: Organization, item: Item) -> None:
    settings = organization.settings
    if sum(one.rel == "AttachedFile" for one in item.relations) > settings.attachments_per_item:
        raise errors.too_many_files(settings.attachments_per_item)
    if len(item.relations) > settings.links_per_item:
        raise errors.bad_relation(f"A work item can have at most {settings.links_per_item} links.")


def _check_graph(organization: Organization, item: Item, added: Sequence[Relation]) -> None:
    """Nobody has two parents, and links of most kinds lead back to nobody, over however many others."""
    parents = [int(one.target) for one in item.relations if one.rel == PARENT]
    if len(parents) > 1:
        raise errors.one_parent(parents[-1], item.number)
    for one in added:
        if not one.work_item:
            continue
        other = organization.items[int(one.target)]
        if one.rel == CHILD and other.parent not in (None, item.number):
            raise errors.one_parent(item.number, other.number)
        if acyclic(one.rel) and _leads(organization, other, one.rel, item):
            raise errors.circle(item.number, other.number)


def _leads(organization: Organization, start: Item, rel: str, goal: Item) -> bool:
    """Whether links of a kind lead from one work item to another."""
    seen, ahead = set[int](), [start.number]
    while ahead:
        number = ahead.pop()
        if number == goal.number:
            return True
        if number not in seen:
            seen.add(number)
            there = organization.items[number]
            ahead += [int(one.target) for one in there.relations if one.rel == rel]
    return False


def tell_others(organization: Organization, who: Identity, item: Item, links: Changed, at: datetime) -> None:
    """The same link from the other end."""
    for kind, relations in (("added", links.added), ("removed", links.removed), ("changed", links.changed)):
        for one in relations:
            if not one.work_item:
                continue
            other = organization.items[int(one.target)]
            mirrored = replace(one, rel=opposite(one.rel), target=str(item.number))
            rest = [there for there in other.relations if there.key != mirrored.key]
            other.relations = rest if kind == "removed" else [*rest, mirrored]
            update = Update(len(other.updates) + 1, other.rev, at, who, False)
            getattr(update, kind).append(replace(mirrored))
            other.updates.append(update)
