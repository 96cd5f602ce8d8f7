# SPDX-License-Identifier: Apache-2.0
"""Creating, editing, moving and deleting issues."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.jira import comments, links, worklogs
from sandbox.jira.catalog import Account, IssueType, Project, named, with_id
from sandbox.jira.errors import JiraError, bad_field
from sandbox.jira.fields import NOT_ON_SCREEN, PARTS, TRANSITIONS_ONLY, Field, Setting, fields_of, items, operate, parse
from sandbox.jira.site import Site
from sandbox.jira.store import Issue, Item
from sandbox.jira.values import JsonObject

BESIDE = ("comment", "issuelinks", "worklog")
"""What `update` takes beside fields, each by `add` alone."""


def create(site: Site, account: Account, body: JsonObject, version: str) -> Issue:
    """Create an issue.

    Raises:
        JiraError: 400 naming every field that does not fit.
    """
    given = _part(body, "fields")
    project, kind = _place(site, account, given)
    parent = _parent(site, account, kind, given.get("parent"), project)
    setting = Setting(site.catalog, version, project, account, site.parts)
    rest = {name: value for name, value in given.items() if name not in ("project", "issuetype", "parent")}
    values = changed_values(body | {"fields": rest}, {}, setting, _allowed(setting, ("issuetype",)))
    problems = {}
    if "summary" not in values:
        problems["summary"] = "You must specify a summary of the issue."
    for required in project.settings.required:
        if not values.get(required):
            problems[required] = f"{fields_of(site.catalog)[required].name} is required."
    if problems:
        raise JiraError(400, fields=problems)
    for document in rich_values(site, values):
        site.check_media((), document)
    default = named(site.catalog.priorities, site.catalog.called(site.catalog.settings.default_priority))
    values = {"priority": default.id if default else None, "reporter": account.id} | values | {"issuetype": kind.id}
    if parent and parent.fields.get("security"):
        values["security"] = parent.fields["security"]
    now = site.store.now()
    issue = site.store.save(
        Issue(
            id=site.store.next_id("issue"),
            key=site.store.next_key(project.key),
            project=project.id,
            creator=account.id,
            created=now,
            updated=now,
            status=project.initial.id,
            category_changed=now,
            fields=values,
            properties=read_properties(body),
            watchers=frozenset({account.id}),
            parent=parent.id if parent else None,
        )
    )
    return apply_beside(site, account, issue, body, version)


def edit(site: Site, account: Account, issue: Issue, body: JsonObject, version: str) -> Issue:
    """Change fields of an issue; what is set to what it is leaves no history.

    Raises:
        JiraError: 400 naming every field that does not fit, 403 without the permission to edit.
    """
    if not account.may("EDIT_ISSUES"):
        raise JiraError(403, "You do not have permission to edit issues in this project.")
    if not any(name in body for name in ("fields", "update", "properties")):
        raise JiraError(400, "one of 'fields' or 'update' required")
    setting = site.setting(issue, account, version)
    given = _part(body, "fields")
    if "parent" in given:
        issue = _under(site, account, issue, given["parent"])
        body = body | {"fields": {name: value for name, value in given.items() if name != "parent"}}
    values = changed_values(body, issue.fields, setting, _allowed(setting))
    if "issuetype" in values and _is_subtask(site, values["issuetype"]) != (issue.parent is not None):
        raise bad_field("issuetype", "The issue type selected is invalid.")
    for document in rich_values(site, values):
        site.check_media(issue.attachments, document)
    check_beside(site, account, issue, body, version)
    issue = put_on_record(site, account, issue, values, setting, body.get("historyMetadata"), read_properties(body))
    return apply_beside(site, account, issue, body, version)


def put_on_record(
    site: Site,
    account: Account,
    issue: Issue,
    values: Mapping[str, Any],
    setting: Setting,
    metadata: JsonObject | None = None,
    properties: Mapping[str, Any] | None = None,
) -> Issue:
    """Save new field values, with the files that they take away."""
    known = fields_of(site.catalog)
    told = [
        one
        for name, value in values.items()
        if value != (issue.fields.get(name) or (() if isinstance(value, tuple) else None))
        for one in items(known[name], issue.fields.get(name), value, setting)
    ]
    after = replace(issue, fields={**issue.fields, **values}, properties={**issue.properties, **(properties or {})})
    after, gone = site.without_lost_media(issue, after)
    return site.record(after, account, [*told, *gone], metadata)


def move(site: Site, account: Account, issue: Issue, project: Project, kind: str | None = None) -> Issue:
    """Move an issue to another project: same id, new key; the old key still finds it.

    Raises:
        JiraError: 400 if the target has no such type, 403 without the permission.
    """
    if not account.may("MOVE_ISSUES"):
        raise JiraError(403, "You do not have permission to move issues in this project.")
    source = site.project_of(issue)
    current = next(t.name for t in site.catalog.types if t.id == issue.fields["issuetype"])
    children = site.store.children(issue)
    target_type = named(project.types, kind or current)
    if target_type is None:
        raise bad_field("issuetype", "Specify a valid issue type")
    key = site.store.next_key(project.key)
    told = [
        Item("project", "project", source.id, source.name, project.id, project.name),
        Item("Key", None, None, issue.key, None, key),
    ]
    if target_type.id != issue.fields["issuetype"]:
        told.append(
            Item("issuetype", "issuetype", issue.fields["issuetype"], current, target_type.id, target_type.name)
        )
    status = issue.status
    if status not in {known.id for known in project.statuses}:
        status = project.initial.id
        before = site.catalog.status(issue.status)
        told.append(Item("status", "status", before.id, before.name, status, project.initial.name))
    foreign = {known.id for known in fields_of(site.catalog).values() if known.kind in PARTS}
    fields = {name: value for name, value in issue.fields.items() if name not in foreign}
    fields["issuetype"] = target_type.id
    moved = site.record(issue, account, told, key=key, project=project.id, status=status, fields=fields)
    for child in children:
        move(site, account, child, project)
    return moved


def delete(site: Site, account: Account, issue: Issue, *, with_subtasks: bool = False) -> None:
    """Delete an issue for good; nothing tells of it afterwards.

    Raises:
        JiraError: 403 without the permission, 400 for an issue with sub-tasks unless they go too.
    """
    if not account.may("DELETE_ISSUES"):
        raise JiraError(403, "You do not have permission to delete issues in this project.")
    children = site.store.children(issue)
    if children and not with_subtasks:
        raise JiraError(
            400,
            f"The issue '{issue.key}' has subtasks.  You must specify the 'deleteSubtasks' parameter to delete this "
            "issue and all its subtasks.",
        )
    for child in children:
        site.store.delete(child)
    site.store.delete(issue)


def changed_values(
    body: JsonObject, before: Mapping[str, Any], setting: Setting, allowed: Mapping[str, Field]
) -> dict[str, Any]:
    """Read `fields` and `update` of a request into stored values.

    Raises:
        JiraError: 400 naming every field that does not fit.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    messages: list[str] = []
    fields, update = _part(body, "fields"), _part(body, "update")
    for name in dict.fromkeys([*fields, *(n for n in update if n not in BESIDE)]):
        try:
            if name not in allowed:
                raise bad_field(name, NOT_ON_SCREEN.format(name))
            if name in fields and name in update:
                raise bad_field(name, f"Field '{name}' cannot appear in both 'fields' and 'update'")
            if name == "reporter" and not setting.account.may("MODIFY_REPORTER"):
                raise bad_field(name, NOT_ON_SCREEN.format(name))
            if name in fields:
                values[name] = parse(allowed[name], fields[name], setting)
            else:
                values[name] = operate(allowed[name], update[name], before.get(name), setting)
        except JiraError as refused:
            problems |= refused.fields
            messages += refused.messages
    if problems or messages:
        raise JiraError(400, *messages, fields=problems)
    return {name: value for name, value in values.items() if not setting.catalog.ignores(setting.account, name)}


def check_beside(site: Site, account: Account, issue: Issue, body: JsonObject, version: str) -> None:
    """Refuse what `apply_beside` could not do, before anything is written. Raises: JiraError."""
    update = _part(body, "update")
    for name in BESIDE:
        if any(set(operation) != {"add"} for operation in update.get(name, [])):
            raise bad_field(name, f"Field '{name}' does not support this operation.")
    for operation in update.get("comment", []):
        comments.check(site, account, issue, operation["add"], version)
    for operation in update.get("issuelinks", []):
        links.check_from(site, account, operation["add"])
    for operation in update.get("worklog", []):
        worklogs.check(site, account, issue, operation["add"], version)


def apply_beside(site: Site, account: Account, issue: Issue, body: JsonObject, version: str) -> Issue:
    """Do what a request's `update` asks for beside the fields: comments and links."""
    update = _part(body, "update")
    for operation in update.get("comment", []):
        comments.add(site, account, issue, operation["add"], version)
        issue = site.find(account, issue.key)
    for operation in update.get("issuelinks", []):
        links.add_from(site, account, issue, operation["add"])
        issue = site.find(account, issue.key)
    for operation in update.get("worklog", []):
        worklogs.add(site, account, issue, operation["add"], version)
        issue = site.find(account, issue.key)
    return issue


def read_properties(body: JsonObject) -> dict[str, Any]:
    return {entry["key"]: entry["value"] for entry in body.get("properties", [])}


def rich_values(site: Site, values: Mapping[str, Any]) -> Iterable[JsonObject | None]:
    return (values[known.id] for known in site.rich_fields() if known.id in values)


def _allowed(setting: Setting, without: tuple[str, ...] = ()) -> Mapping[str, Field]:
    hidden = TRANSITIONS_ONLY.union(without)
    return {name: known for name, known in fields_of(setting.catalog).items() if name not in hidden}


def _place(site: Site, account: Account, given: JsonObject) -> tuple[Project, IssueType]:
    wanted = given.get("project")
    named_project = wanted.get("id", wanted.get("key")) if isinstance(wanted, dict) else None
    project = site.catalog.project(named_project) if named_project else None
    if project is None or not site.catalog.may_browse(account, project):
        raise bad_field("project", "Specify a valid project ID or key")
    if not account.may("CREATE_ISSUES"):
        raise bad_field("project", "You do not have permission to create issues in this project.")
    if given.get("issuetype") is None:
        raise bad_field("issuetype", "Specify an issue type")
    setting = Setting(site.catalog, "3", project, account, site.parts)
    kind = with_id(project.types, parse(fields_of(site.catalog)["issuetype"], given["issuetype"], setting))
    if kind is None:
        raise bad_field("issuetype", "Specify a valid issue type")
    return project, kind


def _is_subtask(site: Site, kind: str) -> bool:
    return next(known.subtask for known in site.catalog.types if known.id == kind)


def _parent(site: Site, account: Account, kind: IssueType, given: object, project: Project) -> Issue | None:
    """Find the issue under which a new one is to lie: a sub-task needs one in its project, no other type has one."""
    wanted = (given.get("id") or given.get("key")) if isinstance(given, dict) else None
    if not kind.subtask:
        if wanted is not None:
            raise bad_field("parentId", "Given parent work item does not belong to appropriate hierarchy.")
        return None
    if wanted is None:
        raise JiraError(400, "Issue type is a sub-task but parent issue key or id not specified.")
    parent = site.store.find(str(wanted))
    if parent is None or not site.sees(account, parent) or parent.project != project.id:
        raise bad_field("parent", "Could not find valid 'id' or 'key' using parent provided.")
    if parent.parent is not None:
        raise bad_field("parentId", "Given parent work item does not belong to appropriate hierarchy.")
    return parent


def _under(site: Site, account: Account, issue: Issue, given: object) -> Issue:
    """Put a sub-task under another parent."""
    kind = next(known for known in site.catalog.types if known.id == issue.fields["issuetype"])
    parent = _parent(site, account, kind, given, site.project_of(issue))
    if parent is None or parent.id == issue.parent:
        return issue
    before = site.store.get(issue.parent or 0)
    old = (str(before.id), before.key) if before else (None, None)
    told = Item("IssueParentAssociation", None, old[0], old[1], str(parent.id), parent.key)
    return site.record(issue, account, [told], parent=parent.id)


def _part(body: JsonObject, name: str) -> JsonObject:
    part = body.get(name) or {}
    if not isinstance(part, dict):
        raise JiraError(400, f"'{name}' must be an object")
    return part
