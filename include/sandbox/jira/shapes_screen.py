# SPDX-License-Identifier: Apache-2.0
"""What fields say of themselves: their types, and how they stand on the screens for creating, editing and moving."""

from typing import Any

from sandbox.jira.cascades import below, tops
from sandbox.jira.catalog import IssueType, Project, Transition
from sandbox.jira.fields import MANY, TRANSITIONS_ONLY, Field, Setting, fields_of, options_of
from sandbox.jira.shapes import View, child, choice, project, status
from sandbox.jira.store import Issue
from sandbox.jira.values import JsonObject

_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
_SCHEMAS: dict[str, JsonObject] = {
    "summary": {"type": "string"},
    "text": {"type": "string", "custom": f"{_CUSTOM}textarea"},
    "string": {"type": "string", "custom": f"{_CUSTOM}textfield"},
    "number": {"type": "number", "custom": f"{_CUSTOM}float"},
    "date": {"type": "date", "custom": f"{_CUSTOM}datepicker"},
    "datetime": {"type": "datetime", "custom": f"{_CUSTOM}datetime"},
    "option": {"type": "option", "custom": f"{_CUSTOM}select"},
    "options": {"type": "array", "items": "option", "custom": f"{_CUSTOM}multiselect"},
    "cascade": {"type": "option-with-child", "custom": f"{_CUSTOM}cascadingselect"},
    "user": {"type": "user", "custom": f"{_CUSTOM}userpicker"},
    "labels": {"type": "array", "items": "string", "custom": f"{_CUSTOM}labels"},
    "type": {"type": "issuetype"},
    "priority": {"type": "priority"},
    "resolution": {"type": "resolution"},
    "security": {"type": "securitylevel"},
    "components": {"type": "array", "items": "component"},
    "versions": {"type": "array", "items": "version"},
    "timetracking": {"type": "timetracking"},
}
READ_ONLY: tuple[tuple[str, str, JsonObject], ...] = (
    ("project", "Project", {"type": "project"}),
    ("status", "Status", {"type": "status"}),
    ("statuscategorychangedate", "Status Category Changed", {"type": "datetime"}),
    ("created", "Created", {"type": "datetime"}),
    ("updated", "Updated", {"type": "datetime"}),
    ("resolutiondate", "Resolved", {"type": "datetime"}),
    ("lastViewed", "Last Viewed", {"type": "datetime"}),
    ("creator", "Creator", {"type": "user"}),
    ("attachment", "Attachment", {"type": "array", "items": "attachment"}),
    ("comment", "Comment", {"type": "comments-page"}),
    ("issuelinks", "Linked Issues", {"type": "array", "items": "issuelinks"}),
    ("subtasks", "Sub-tasks", {"type": "array", "items": "issuelinks"}),
    ("parent", "Parent", {"type": "issuelink"}),
    ("timespent", "Time Spent", {"type": "number"}),
    ("timeestimate", "Remaining Estimate", {"type": "number"}),
    ("timeoriginalestimate", "Original estimate", {"type": "number"}),
    ("aggregatetimespent", "Σ Time Spent", {"type": "number"}),
    ("aggregatetimeestimate", "Σ Remaining Estimate", {"type": "number"}),
    ("aggregatetimeoriginalestimate", "Σ Original Estimate", {"type": "number"}),
    ("progress", "Progress", {"type": "progress"}),
    ("aggregateprogress", "Σ Progress", {"type": "progress"}),
    ("watches", "Watchers", {"type": "watches"}),
    ("votes", "Votes", {"type": "votes"}),
    ("worklog", "Log Work", {"type": "array", "items": "worklog"}),
    ("issuerestriction", "Restrict to", {"type": "issuerestriction"}),
    ("workratio", "Work Ratio", {"type": "number"}),
)


def schema(field: Field) -> JsonObject:
    """Show a field's type; a custom field names its kind and number, another its system name."""
    shown = dict(_SCHEMAS[field.kind])
    if field.custom:
        return shown | {"customId": int(field.id.removeprefix("customfield_"))}
    shown.pop("custom", None)
    return shown | {"system": field.id}


def all_fields(view: View) -> list[JsonObject]:
    """Show the site's fields, settable or not."""
    listed: list[JsonObject] = [
        {"id": "issuekey", "key": "issuekey", "name": "Key", "custom": False, "orderable": False}
        | {"navigable": True, "searchable": True, "clauseNames": ["id", "issue", "issuekey", "key"]}
    ]
    for known in fields_of(view.site.catalog).values():
        clauses = [known.name, f"cf[{known.id.removeprefix('customfield_')}]"] if known.custom else [known.id]
        listed.append(_listed(known.id, known.name, bool(known.custom), clauses, schema(known)))
    for name, label, kind in READ_ONLY:
        listed.append(_listed(name, label, False, [name], kind | {"system": name}))
    return listed


def meta(view: View, field: Field, setting: Setting, required: bool, *, creating: bool = False) -> JsonObject:
    """Show a field as screens do: whether it is required, its operations and its choices."""
    many = field.kind in MANY
    operations = ["add", "set", "remove"] if many else ["set", "edit"] if field.kind == "timetracking" else ["set"]
    shown: JsonObject = {
        "required": required,
        "schema": schema(field),
        "name": field.name,
        "key": field.id,
        "operations": operations,
    }
    if creating:
        default = field.id == "priority"
        shown |= {"hasDefaultValue": default, "fieldId": field.id}
    known = options_of(field, setting)
    if known is not None:
        listed = tops(known) if field.kind == "cascade" else known
        shown["allowedValues"] = [choice(view, field.kind, one) for one in listed]
        for one in shown["allowedValues"] if field.kind == "cascade" else ():
            one["children"] = [child(view, option) for option in below(known, one["value"])]
    return shown


def createmeta(view: View, shown: Project, kind: IssueType) -> list[JsonObject]:
    """Show the fields of the screen on which an issue of that type is created."""
    setting = Setting(view.site.catalog, view.version, shown, view.account, view.site.parts)
    needed = {"summary", "issuetype", *shown.settings.required}
    listed = [
        meta(view, known, setting, known.id in needed, creating=True)
        for known in fields_of(view.site.catalog).values()
        if known.id not in TRANSITIONS_ONLY
    ]
    place: JsonObject = {"required": True, "schema": {"type": "project", "system": "project"}, "name": "Project"}
    place |= {"key": "project", "operations": ["set"], "hasDefaultValue": False, "fieldId": "project"}
    listed.append(place | {"allowedValues": [project(view, shown)]})
    if kind.subtask:
        parent: JsonObject = {"required": True, "schema": {"type": "issuelink", "system": "parent"}, "name": "Parent"}
        listed.append(parent | {"key": "parent", "hasDefaultValue": False, "operations": ["set"], "fieldId": "parent"})
    return listed


def links_meta(required: bool) -> JsonObject:
    """Show the field of linked issues, which takes no value but only `add`."""
    return {
        "required": required,
        "schema": {"type": "array", "items": "issuelinks", "system": "issuelinks"},
        "name": "Linked Issues",
        "key": "issuelinks",
        "operations": ["add", "copy"],
    }


def transition(view: View, issue: Issue, shown: Transition, *, with_fields: bool) -> JsonObject:
    """Show a transition; its screen's fields only where they were asked for."""
    made: JsonObject = {
        "id": shown.id,
        "name": shown.name,
        "to": status(view, shown.to),
        "hasScreen": bool(shown.screen),
        "isGlobal": not shown.source,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "isLooped": False,
    }
    if with_fields:
        known = fields_of(view.site.catalog)
        setting = view.site.setting(issue, view.account, view.version)
        made["fields"] = {
            name: links_meta(name in shown.required)
            if name == "issuelinks"
            else meta(view, known[name], setting, name in shown.required)
            for name in shown.screen
        }
    return made


def _listed(field_id: str, name: str, custom: bool, clauses: list[str], kind: Any) -> JsonObject:
    shown: JsonObject = {"id": field_id, "key": field_id, "name": name, "custom": custom}
    return shown | {"orderable": True, "navigable": True, "searchable": True, "clauseNames": clauses, "schema": kind}
