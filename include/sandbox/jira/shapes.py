# SPDX-License-Identifier: Apache-2.0
"""The small objects of Jira's answers: users, projects, types, statuses, and what fields say of themselves.

Keys, their order and their types follow the recorded answers of real sites.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sandbox.jira.cascades import BELOW
from sandbox.jira.catalog import (
    PERMISSIONS_BY_ROLE,
    TYPE_TEXTS,
    Account,
    Group,
    IssueType,
    LinkType,
    Named,
    Project,
    Status,
)
from sandbox.jira.parts import Component, Version
from sandbox.jira.site import Site
from sandbox.jira.values import JsonObject, stamp

_CATEGORIES = {
    "new": (2, "blue-gray", "To Do", "TODO"),
    "indeterminate": (4, "yellow", "In Progress", "IN_PROGRESS"),
    "done": (3, "green", "Done", "DONE"),
}
GLOBAL_PERMISSIONS = frozenset({"ADMINISTER", "BULK_CHANGE", "USER_PICKER"})
PERMISSIONS = sorted(PERMISSIONS_BY_ROLE["admin"])


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
    """Show a user; the address only where the profile lets the looker see it, of former users neither it nor a zone."""
    if account_id is None:
        return None
    account = view.site.catalog.accounts[account_id]
    shown: JsonObject = {
        "self": f"{view.rest}/user?accountId={quote(account.id, safe='')}",
        "accountId": account.id,
    }
    if account.active and (not account.email_hidden or account.id == view.account.id):
        shown["emailAddress"] = account.email
    shown |= {
        "avatarUrls": _avatars(f"{view.site.url}/secure/useravatar?avatarId={quote(account.alias)}"),
        "displayName": account.name,
        "active": account.active,
    }
    zone = {"timeZone": account.zone.key} if account.active else {}
    return shown | zone | {"accountType": "app" if account.app else "atlassian"}


def is_meant(shown: JsonObject, text: str) -> bool:
    """Whether what someone types (in small letters) is part of a user's name or visible address, or is its id."""
    return text in f"{shown['displayName']}\n{shown.get('emailAddress', '')}".lower() or text == shown["accountId"]


def whole_user(view: View, account: Account, expand: tuple[str, ...] = ()) -> JsonObject:
    """Show a user by itself: its groups are counted, and listed only where they were asked for."""
    mine = [group(view, one) for one in view.site.catalog.groups if account.id in one.members]
    lists: JsonObject = {"groups": {"size": len(mine), "items": mine if "groups" in expand else []}}
    lists |= {"applicationRoles": {"size": 1, "items": []}, "expand": "groups,applicationRoles"}
    return (user(view, account.id) or {}) | {"locale": "en_US"} | lists


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
    lead = lead_of(view)
    parts = view.site.parts
    return project(view, shown) | {
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
        "description": "",
        "lead": user(view, lead.id),
        "components": [
            component(view, one) | {"isAssigneeTypeValid": one.assignee_type != "COMPONENT_LEAD" or bool(one.lead)}
            for one in parts.components.values()
            if one.project == shown.id
        ],
        "issueTypes": [issue_type(view, kind) for kind in shown.types],
        "assigneeType": "UNASSIGNED",
        "versions": [version(view, one) for one in parts.versions.values() if one.project == shown.id],
        "roles": role_addresses(view, shown),
        "style": "classic",
        "isPrivate": shown.settings.browse is not None,
        "properties": {},
    }


def lead_of(view: View) -> Account:
    """Return who leads the projects: the first agent."""
    return next((a for a in view.site.catalog.accounts.values() if a.role == "agent"), view.account)


def component(view: View, shown: Component) -> JsonObject:
    """Show a component as it stands within an issue or project."""
    made: JsonObject = {"self": f"{view.rest}/component/{shown.id}", "id": shown.id, "name": shown.name}
    return made | ({"description": shown.description} if shown.description else {})


def version(view: View, shown: Version) -> JsonObject:
    """Show a version as it stands within an issue or project."""
    made: JsonObject = {"self": f"{view.rest}/version/{shown.id}", "id": shown.id}
    made |= {"description": shown.description} if shown.description else {}
    made |= {"name": shown.name, "archived": shown.archived, "released": shown.released}
    return made | ({"releaseDate": shown.release} if shown.release else {})


def role_addresses(view: View, shown: Project) -> JsonObject:
    """Show where each role's people in a project are listed, by the role's name."""
    numbers = enumerate(view.site.catalog.roles, 10000)
    return {name: f"{view.rest}/project/{shown.id}/role/{number}" for number, name in numbers}


def group(view: View, shown: Group) -> JsonObject:
    return {"name": shown.name, "groupId": shown.id, "self": f"{view.rest}/group?groupId={shown.id}"}


def permission(name: str) -> JsonObject:
    """Show what a permission is."""
    return {
        "id": str(10 + PERMISSIONS.index(name)),
        "key": name,
        "name": name.replace("_", " ").capitalize(),
        "type": "GLOBAL" if name in GLOBAL_PERMISSIONS else "PROJECT",
        "description": "",
    }


def issue_type(view: View, kind: IssueType) -> JsonObject:
    avatar = 10300 + int(kind.id) % 100
    return {
        "self": f"{view.rest}/issuetype/{kind.id}",
        "id": kind.id,
        "description": TYPE_TEXTS.get(kind.name, ""),
        "iconUrl": f"{view.rest}/universal_avatar/view/type/issuetype/avatar/{avatar}?size=medium",
        "name": spoken(view, kind.name),
        "subtask": kind.subtask,
        "avatarId": avatar,
        "hierarchyLevel": -1 if kind.subtask else 0,
    }


def spoken(view: View, name: str) -> str:
    """Say a name in the language of the account that reads."""
    return view.site.catalog.settings.languages.get(view.account.alias, {}).get(name, name)


def status(view: View, shown: Status) -> JsonObject:
    return {
        "self": f"{view.rest}/status/{shown.id}",
        "description": "",
        "iconUrl": f"{view.site.url}/",
        "name": spoken(view, shown.name),
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
        "name": spoken(view, shown.name),
        "id": shown.id,
    }


def whole_priority(view: View, shown: Named) -> JsonObject:
    """Show a priority by itself, with more than stands within an issue."""
    default = shown.name == view.site.catalog.called(view.site.catalog.settings.default_priority)
    return priority(view, shown) | {"statusColor": "#666666", "description": "", "isDefault": default}


def resolution(view: View, shown: Named) -> JsonObject:
    name = spoken(view, shown.name)
    return {"self": f"{view.rest}/resolution/{shown.id}", "id": shown.id, "description": "", "name": name}


def level(view: View, shown: Named) -> JsonObject:
    return {"self": f"{view.rest}/securitylevel/{shown.id}", "id": shown.id, "description": "", "name": shown.name}


def option(view: View, shown: Named) -> JsonObject:
    return {"self": f"{view.rest}/customFieldOption/{shown.id}", "value": shown.name, "id": shown.id}


def child(view: View, shown: Named) -> JsonObject:
    """Show an option that stands below another, by its own name."""
    return {**option(view, shown), "value": shown.name.partition(BELOW)[2]}


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
    match shown:
        case IssueType():
            return issue_type(view, shown)
        case Component():
            return component(view, shown)
        case Version():
            return version(view, shown)
    shapes = {"priority": priority, "resolution": resolution, "security": level}
    return shapes.get(kind, option)(view, shown)


def _avatars(url: str) -> JsonObject:
    join = "&" if "?" in url else "?"
    sizes = (("48x48", ""), ("24x24", "small"), ("16x16", "xsmall"), ("32x32", "medium"))
    return {size: f"{url}{join}size={word}" if word else url for size, word in sizes}
