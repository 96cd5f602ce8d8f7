# SPDX-License-Identifier: Apache-2.0
"""The small objects of Jira's answers: users, projects, types, statuses, and what fields say of themselves.

Keys, their order and their types follow the recorded answers of real sites.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sandbox.jira.catalog import TYPE_TEXTS, Account, LinkType, Named, Project, Status, Transition
from sandbox.jira.fields import TRANSITIONS_ONLY, Field, Setting, fields_of, options_of
from sandbox.jira.site import Site
from sandbox.jira.store import Issue
from sandbox.jira.values import JsonObject, stamp

_CATEGORIES = {
    "new": (2, "blue-gray", "To Do", "TODO"),
    "indeterminate": (4, "yellow", "In Progress", "IN_PROGRESS"),
    "done": (3, "green", "Done", "DONE"),
}
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
    "user": {"type": "user", "custom": f"{_CUSTOM}userpicker"},
    "labels": {"type": "array", "items": "string", "custom": f"{_CUSTOM}labels"},
    "type": {"type": "issuetype"},
    "priority": {"type": "priority"},
    "resolution": {"type": "resolution"},
    "security": {"type": "securitylevel"},
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
    ("components", "Components", {"type": "array", "items": "component"}),
    ("fixVersions", "Fix versions", {"type": "array", "items": "version"}),
    ("versions", "Affects versions", {"type": "array", "items": "version"}),
    ("watches", "Watchers", {"type": "watches"}),
    ("votes", "Votes", {"type": "votes"}),
    ("worklog", "Log Work", {"type": "array", "items": "worklog"}),
    ("timetracking", "Time tracking", {"type": "timetracking"}),
    ("issuerestriction", "Restrict to", {"type": "issuerestriction"}),
    ("workratio", "Work Ratio", {"type": "number"}),
)


@dataclass(frozen=True)
class View:
    """Who looks at the site, through which API version."""

    site: Site
    account: Account
    version: str

    @property
    def rest(self) -> str:
        return f"{self.site.url}/rest/api/{self.version}"

    def time(self, moment: datetime | None) -> str | None:
        return stamp(moment, self.site.zone) if moment else None


def user(view: View, account_id: str | None) -> JsonObject | None:
    """Show a user; the address only where the profile lets the looker see it."""
    if account_id is None:
        return None
    account = view.site.catalog.accounts[account_id]
    shown: JsonObject = {
        "self": f"{view.rest}/user?accountId={quote(account.id, safe='')}",
        "accountId": account.id,
    }
    if not account.email_hidden or account.id == view.account.id:
        shown["emailAddress"] = account.email
    return shown | {
        "avatarUrls": _avatars(f"{view.site.url}/secure/useravatar?avatarId={quote(account.alias)}"),
        "displayName": account.name,
        "active": account.active,
        "timeZone": account.zone.key,
        "accountType": "app" if account.app else "atlassian",
    }


def myself(view: View) -> JsonObject:
    shown = user(view, view.account.id) or {}
    lists: JsonObject = {"groups": {"size": 0, "items": []}, "applicationRoles": {"size": 0, "items": []}}
    return shown | {"locale": "en_US"} | lists | {"expand": "groups,applicationRoles"}


def project(view: View, shown: Project) -> JsonObject:
    """Show a project as it stands within an issue."""
    return {
        "self": f"{view.rest}/project/{shown.id}",
        "id": shown.id,
        "key": shown.key,
        "name": shown.name,
        "projectTypeKey": "service_desk" if shown.settings.service_desk else "software",
        "simplified": False,
        "avatarUrls": _avatars(f"{view.rest}/universal_avatar/view/type/project/avatar/10403"),
    }


def whole_project(view: View, shown: Project) -> JsonObject:
    lead = next((a for a in view.site.catalog.accounts.values() if a.role == "agent"), view.account)
    roles = {name: f"{view.rest}/project/{shown.id}/role/{10000 + n}" for n, name in enumerate(view.site.catalog.roles)}
    return project(view, shown) | {
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
        "description": "",
        "lead": user(view, lead.id),
        "components": [],
        "issueTypes": [issue_type(view, kind) for kind in shown.types],
        "assigneeType": "UNASSIGNED",
        "versions": [],
        "roles": roles,
        "style": "classic",
        "isPrivate": shown.settings.browse is not None,
        "properties": {},
    }


def issue_type(view: View, kind: Named) -> JsonObject:
    avatar = 10300 + int(kind.id) % 100
    return {
        "self": f"{view.rest}/issuetype/{kind.id}",
        "id": kind.id,
        "description": TYPE_TEXTS.get(kind.name, ""),
        "iconUrl": f"{view.rest}/universal_avatar/view/type/issuetype/avatar/{avatar}?size=medium",
        "name": kind.name,
        "subtask": False,
        "avatarId": avatar,
        "hierarchyLevel": 0,
    }


def status(view: View, shown: Status) -> JsonObject:
    return {
        "self": f"{view.rest}/status/{shown.id}",
        "description": "",
        "iconUrl": f"{view.site.url}/",
        "name": shown.name,
        "id": shown.id,
        "statusCategory": category(view, shown.category),
    }


def category(view: View, key: str) -> JsonObject:
    number, colour, name, _ = _CATEGORIES[key]
    return {
        "self": f"{view.rest}/statuscategory/{number}",
        "id": number,
        "key": key,
        "colorName": colour,
        "name": name,
    }


def categories(view: View) -> list[JsonObject]:
    return [category(view, key) for key in _CATEGORIES]


def global_status(shown: Status) -> JsonObject:
    """Show a status as `statuses/search` does, with the category in capitals."""
    return {
        "id": shown.id,
        "name": shown.name,
        "statusCategory": _CATEGORIES[shown.category][3],
        "scope": {"type": "GLOBAL"},
        "description": "",
    }


def priority(view: View, shown: Named) -> JsonObject:
    return {
        "self": f"{view.rest}/priority/{shown.id}",
        "iconUrl": f"{view.site.url}/images/icons/priorities/{shown.name.lower()}.svg",
        "name": shown.name,
        "id": shown.id,
    }


def whole_priority(view: View, shown: Named) -> JsonObject:
    """Show a priority by itself, with more than stands within an issue."""
    default = shown.name == view.site.catalog.settings.default_priority
    return priority(view, shown) | {"statusColor": "#666666", "description": "", "isDefault": default}


def resolution(view: View, shown: Named) -> JsonObject:
    return {"self": f"{view.rest}/resolution/{shown.id}", "id": shown.id, "description": "", "name": shown.name}


def level(view: View, shown: Named) -> JsonObject:
    return {"self": f"{view.rest}/securitylevel/{shown.id}", "id": shown.id, "description": "", "name": shown.name}


def option(view: View, shown: Named) -> JsonObject:
    return {"self": f"{view.rest}/customFieldOption/{shown.id}", "value": shown.name, "id": shown.id}


def link_type(view: View, shown: LinkType) -> JsonObject:
    return {
        "id": shown.id,
        "name": shown.name,
        "inward": shown.inward,
        "outward": shown.outward,
        "self": f"{view.rest}/issueLinkType/{shown.id}",
    }


def choice(view: View, kind: str, shown: Named) -> JsonObject:
    """Show one of the things that a field chooses from."""
    shapes = {"type": issue_type, "priority": priority, "resolution": resolution, "security": level}
    return shapes.get(kind, option)(view, shown)


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
    many = field.kind in ("labels", "options")
    shown: JsonObject = {
        "required": required,
        "schema": schema(field),
        "name": field.name,
        "key": field.id,
        "operations": ["add", "set", "remove"] if many else ["set"],
    }
    if creating:
        default = field.id == "priority"
        shown |= {"hasDefaultValue": default, "fieldId": field.id}
    known = options_of(field, setting)
    if known is not None:
        shown["allowedValues"] = [choice(view, field.kind, one) for one in known]
    return shown


def createmeta(view: View, shown: Project) -> list[JsonObject]:
    """Show the fields of the screen on which an issue is created."""
    setting = Setting(view.site.catalog, view.version, shown, view.account)
    needed = {"summary", "issuetype", *shown.settings.required}
    listed = [
        meta(view, known, setting, known.id in needed, creating=True)
        for known in fields_of(view.site.catalog).values()
        if known.id not in TRANSITIONS_ONLY
    ]
    place: JsonObject = {"required": True, "schema": {"type": "project", "system": "project"}, "name": "Project"}
    place |= {"key": "project", "operations": ["set"], "hasDefaultValue": False, "fieldId": "project"}
    return [*listed, place | {"allowedValues": [project(view, shown)]}]


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


def _avatars(url: str) -> JsonObject:
    join = "&" if "?" in url else "?"
    sizes = (("48x48", ""), ("24x24", "small"), ("16x16", "xsmall"), ("32x32", "medium"))
    return {size: f"{url}{join}size={word}" if word else url for size, word in sizes}
