# SPDX-License-Identifier: Apache-2.0
"""Saving work items: what was asked for becomes a revision, an update, or a refusal."""

from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sandbox.azure_devops import errors, flow, linking
from sandbox.azure_devops.errors import Broken
from sandbox.azure_devops.items import Comment, CommentRef, CommentVersion, Item, Relation, Revision, Update, Values
from sandbox.azure_devops.organization import Organization, Project
from sandbox.azure_devops.patch import Wanted
from sandbox.azure_devops.people import Identity
from sandbox.azure_devops.process import WorkItemType
from sandbox.azure_devops.times import text_of
from sandbox.azure_devops.values import MOST_TAGS, Unfit, one_text, stored, tags_of

_OF_NOBODY = ("System.History",)
"""Belongs to one revision and does not go on to the next."""

_OF_A_CHANGE = ("System.ChangedDate", "System.ChangedBy")
"""Who bypasses the rules may say when and by whom something was changed."""

_NEVER_EMPTY = ("System.State", "System.TeamProject", "System.WorkItemType")


@dataclass(frozen=True)
class How:
    """What stands in the query of a save."""

    bypass: bool = False
    validate_only: bool = False
    trusted: bool = False
    """Bypasses the rules without having the right to."""


def create(
    organization: Organization, who: Identity, project: Project, kind: WorkItemType, wanted: Wanted, how: How
) -> Item:
    """Make a work item. Raises: AzureError."""
    item = Item(0)
    begun: Values = {
        "System.TeamProject": project.name,
        "System.AreaPath": project.name,
        "System.IterationPath": project.name,
        "System.WorkItemType": kind.name,
        "System.State": kind.initial,
        "System.CommentCount": 0,
    }
    for field in organization.fields.of(kind.name):
        if field.default is not None:
            begun[field.reference] = field.default
    _save(organization, who, item, wanted, how, begun)
    if not how.validate_only:
        _follow(organization, {}, item)
    return item


def update(organization: Organization, who: Identity, item: Item, wanted: Wanted, how: How) -> None:
    """Change a work item; what changes nothing makes no revision. Raises: AzureError."""
    for path, value in wanted.tests:
        now = _told({"/rev": item.rev, "/id": item.number}.get(path, item.fields.get(path)))
        if now != str(value):
            raise errors.stale(path if path.startswith("/") else f"/fields/{path}", now, value)
    organization.refuse(who, item.area)
    before = dict(item.fields)
    _save(organization, who, item, wanted, how, {})
    if not how.validate_only:
        _follow(organization, before, item)


def _told(value: Any) -> str:
    """A stored value as a test of a patch document names it."""
    if isinstance(value, Identity):
        return value.text
    return text_of(value) if isinstance(value, datetime) else str(value)


def _follow(organization: Organization, before: Values, item: Item) -> None:
    """What programs of the organization do about it: saves of their own, as their own accounts, if they may."""
    for rule in flow.entered(organization, before, item.fields):
        if rule.by is not None:
            by = organization.people[rule.by]
            with suppress(errors.AzureError):
                _save(organization, by, item, Wanted(fields=dict(rule.set)), How(trusted=True), {})


def _save(organization: Organization, who: Identity, item: Item, wanted: Wanted, how: How, begun: Values) -> None:
    if how.bypass and not who.admin:
        raise errors.forbidden("bypass rules")
    bypass = how.bypass or how.trusted
    before = lasting(item) if item.revisions else {}
    after = {**(before or begun)}
    history, wrote, wrong = _written(organization, who, item, wanted, after, bypass=bypass)
    project = organization.project(str(after["System.TeamProject"]))
    kind = project.type(str(after["System.WorkItemType"]))
    if kind is None:
        raise errors.no_type(str(after["System.WorkItemType"]), project.name)
    _fit_trees(item, project, before, after, wrote)
    organization.refuse(who, str(after["System.AreaPath"]))
    state = kind.state(str(after["System.State"]))
    if state is not None:
        after["System.State"] = state.name
    if history is not None and who.alias in organization.settings.no_comments:
        raise errors.forbidden("comment on work items")
    at = next_moment(organization, item)
    given = {name: after[name] for name in _OF_A_CHANGE if name in wrote and name in after}
    if item.revisions and given.get("System.ChangedDate", at) <= before["System.ChangedDate"]:
        raise errors.dates_not_growing()
    _merge(after, flow.followed(kind, who, at, before, after, wrote))
    by_rule = Wanted(fields=flow.set_by_rules(organization, before, after))
    wrong += _written(organization, who, item, by_rule, after, bypass=True)[2]
    if not bypass:
        wrong += flow.broken(organization, kind, before, after)
    if state is None and not any(one.reference == "System.State" for one in wrong):
        wrong.append(Broken("System.State", "State", ("required", "hasValues", "limitedToValues", "invalidListValue")))
    if wrong:
        raise errors.rules_broken(wrong)
    if how.validate_only:
        linking.changed(organization, who, deepcopy(item), wanted.relations, far=False)
        return
    known = dict(project.tags)
    after["System.Tags"] = one_text(known, tags_of(after.get("System.Tags")))
    if after["System.Tags"] is None:
        del after["System.Tags"]
    project.tags = known
    form: Literal["html", "markdown"] = "html"
    if wanted.formats.pop("System.History", "") == "markdown" and history is not None:
        form, history = "markdown", str(wanted.fields["System.History"])  # it is not HTML that could be cleaned
    was = item.now.formats if item.revisions else {}
    formats = {name: form for name, form in {**was, **wanted.formats}.items() if form == "markdown"}
    moved = after != before or history is not None or formats != was
    if len(item.revisions) >= organization.settings.revisions_per_item:
        raise errors.too_many_revisions(organization.settings.revisions_per_item)
    # A new work item gets its number as late as this: a refused one uses none up.
    new = not item.revisions
    if new:
        item.number = organization.next_item()
    changed = linking.changed(organization, who, item, wanted.relations, far=True)
    if moved or changed.own:
        comment = _said(organization, who, item, history, at, form) if history is not None else None
        if comment is not None:
            after["System.CommentCount"] = alive(item)
        revise(organization, who, item, after, at, history=history, comment=comment, links=changed, formats=formats)
        item.fields.update(given)
    elif changed.any:
        item.updates.append(_update(item, who, at, changed, revised=False))
    if new:
        organization.items[item.number] = item
    linking.tell_others(organization, who, item, changed, at)


def lasting(item: Item) -> Values:
    """The fields that go on into the next revision."""
    return {name: value for name, value in item.fields.items() if name not in _OF_NOBODY}


def next_moment(organization: Organization, item: Item) -> datetime:
    """Now; but the dates of a work item's revisions always grow."""
    now = organization.now()
    return max(now, item.now.at + timedelta(milliseconds=1)) if item.revisions else now


def revise(
    organization: Organization,
    who: Identity,
    item: Item,
    after: Values,
    at: datetime,
    *,
    history: str | None = None,
    comment: CommentRef | None = None,
    links: linking.Changed | None = None,
    formats: dict[str, str] | None = None,
    deleted: bool = False,
) -> None:
    """Add a revision and its update, as that account."""
    forms = formats if formats is not None else item.now.formats
    fields = {**after, "System.ChangedDate": at, "System.ChangedBy": who}
    if not item.revisions:
        fields = {"System.CreatedDate": at, "System.CreatedBy": who, **fields}
    if history is not None:
        fields["System.History"] = history
    rev = item.rev + 1 if item.revisions else 1
    revision = Revision(rev, fields, at, who, len(organization.log) + 1, comment, deleted, forms)
    item.revisions.append(revision)
    organization.log.append((item, revision))
    item.updates.append(_update(item, who, at, links or linking.Changed(), revised=True))


def _update(item: Item, who: Identity, at: datetime, links: linking.Changed, *, revised: bool) -> Update:
    number = len(item.updates) + 1
    return Update(
        number, item.rev, at, who, revised, _copies(links.added), _copies(links.removed), _copies(links.changed)
    )


def _copies(relations: list[Relation]) -> list[Relation]:
    return [replace(one) for one in relations]


def alive(item: Item) -> int:
    return sum(not one.deleted for one in item.comments)


def _said(
    organization: Organization, who: Identity, item: Item, text: str, at: datetime, form: Literal["html", "markdown"]
) -> CommentRef:
    """A text for the history is a comment."""
    comment = Comment(organization.next_comment(), who, at, form, [CommentVersion(1, text, at, who)])
    item.comments.append(comment)
    return CommentRef(comment.number, 1)


def _written(
    organization: Organization, who: Identity, item: Item, wanted: Wanted, after: Values, *, bypass: bool
) -> tuple[str | None, set[str], list[Broken]]:
    """Puts what is wanted into `after`. Gives the text for the history, the fields written, and what does not fit."""
    history: str | None = None
    wrote: set[str] = set()
    wrong: list[Broken] = []
    kind = str(wanted.fields.get("System.WorkItemType") or after["System.WorkItemType"])
    for reference, value in wanted.fields.items():
        field = organization.fields.get(reference)
        if field is None or (field.types and kind not in field.types):
            raise errors.no_field(reference)
        try:
            kept = stored(organization, field, value, organization.zone(who), bypass=bypass)
        except Unfit as unfit:
            wrong.append(unfit.broken)
            continue
        if reference == "System.History":
            history = kept
            continue
        if kept is None and reference in _NEVER_EMPTY:
            wrong.append(Broken(reference, field.name, ("required", "invalidEmpty")))
            continue
        if field.read_only and (field.extended or not bypass):
            if kept != after.get(reference):
                raise errors.read_only(reference)
            continue
        wrote.add(reference)
        _merge(after, {reference: kept})
    if wanted.more_tags:
        tags = [*tags_of(after.get("System.Tags")), *(one for text in wanted.more_tags for one in tags_of(text))]
        after["System.Tags"] = "; ".join(tags)
    if len({one.lower() for one in tags_of(after.get("System.Tags"))}) > MOST_TAGS:
        raise errors.too_many_tags(MOST_TAGS)
    return history, wrote, wrong


def _merge(after: dict[str, Any], values: Values) -> None:
    for reference, value in values.items():
        if value is None:
            after.pop(reference, None)
        else:
            after[reference] = value


def _fit_trees(item: Item, project: Project, before: Values, after: Values, wrote: set[str]) -> None:
    """Paths must be in the project's trees; who moves a work item to another project says where.

    Raises: AzureError (400).
    """
    moved = bool(before) and before["System.TeamProject"] != project.name
    after["System.TeamProject"] = project.name
    for reference in ("System.AreaPath", "System.IterationPath"):
        if moved and reference not in wrote:
            raise errors.no_target(reference)
        path = str(after.get(reference, project.name)).strip("\\")
        found = next((one for one in project.tree(reference) if one.lower() == path.lower()), None)
        if found is None:
            raise errors.no_tree(reference, item.number or -1)
        after[reference] = found
