# SPDX-License-Identifier: Apache-2.0
"""REST: people beyond the plain lists of them: groups, project roles, who may do what where, and pickers."""

from collections.abc import Iterable

from sandbox.jira import shapes
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.catalog import Account, Group, Project
from sandbox.jira.errors import JiraError
from sandbox.jira.values import JsonObject

ROLE_FIRST = 10000


# ---- groups


def _group(call: Call) -> Answer:
    group = _found_group(call)
    members = [shapes.user(call.view, one) for one in sorted(group.members)]
    users: JsonObject = {"size": len(members), "items": members, "max-results": 50, "start-index": 0}
    users |= {"end-index": max(0, len(members) - 1)}
    return Answer(shapes.group(call.view, group) | {"users": users, "expand": "users"})


def _group_members(call: Call) -> Answer:
    people = [call.site.catalog.accounts[one] for one in sorted(_found_group(call).members)]
    active = [one for one in people if one.active or call.flag("includeInactiveUsers")]
    return Answer(call.page(_shown(call, active), 50))


def _groups(call: Call) -> Answer:
    ids, names = call.words("groupId"), call.words("groupName")
    every = not ids and not names
    found = [one for one in call.site.catalog.groups if every or one.id in ids or one.name in names]
    return Answer(call.page([{"name": one.name, "groupId": one.id} for one in found], 50))


def _pick_groups(call: Call) -> Answer:
    text = call.query.get("query", "").lower()
    found = [one for one in call.site.catalog.groups if text in one.name.lower()]
    shown = [{"name": one.name, "html": one.name, "labels": [], "groupId": one.id} for one in found]
    page = shown[: call.number("maxResults", 20)]
    header = f"Showing {len(page)} of {len(shown)} matching groups"
    return Answer({"header": header, "total": len(shown), "groups": page})


def _groups_of_user(call: Call) -> Answer:
    account = _asked_account(call)
    mine = [one for one in call.site.catalog.groups if account.id in one.members]
    return Answer([shapes.group(call.view, one) for one in mine])


def _found_group(call: Call) -> Group:
    asked = call.query.get("groupId") or call.query.get("groupname")
    found = call.site.catalog.group(asked)
    if found is None:
        raise JiraError(404, f"The group named '{asked}' does not exist.")
    return found


# ---- roles


def _roles(call: Call) -> Answer:
    return Answer([_role_shown(call, name, None) for name in call.site.catalog.roles])


def _role_of_site(call: Call) -> Answer:
    return Answer(_role_shown(call, _role_name(call), None))


def _project_roles(call: Call) -> Answer:
    project = call.project()
    return Answer(shapes.role_addresses(call.view, project))


def _project_role(call: Call) -> Answer:
    project = call.project()
    return Answer(_role_shown(call, _role_name(call), project))


def _role_details(call: Call) -> Answer:
    project = call.project()
    shown = []
    for name in call.site.catalog.roles:
        whole = _role_shown(call, name, project)
        told = {key: whole[key] for key in ("self", "name", "id", "description")}
        shown.append(told | {"admin": name == "Administrators", "default": True, "translatedName": name})
    return Answer(shown)


def _role_name(call: Call) -> str:
    names = dict(enumerate(call.site.catalog.roles, ROLE_FIRST))
    wanted = call.path["role"]
    if not wanted.isdigit() or int(wanted) not in names:
        raise JiraError(404, f"Can not retrieve a role actor for a null project role: {wanted}.")
    return names[int(wanted)]


def _role_shown(call: Call, name: str, project: Project | None) -> JsonObject:
    number = ROLE_FIRST + list(call.site.catalog.roles).index(name)
    base = f"{call.view.rest}/project/{project.id}/role" if project else f"{call.view.rest}/role"
    actors = [
        {
            "id": 10100 + place,
            "displayName": call.site.catalog.accounts[one].name,
            "type": "atlassian-user-role-actor",
            "actorUser": {"accountId": one},
        }
        for place, one in enumerate(sorted(call.site.catalog.roles[name]))
    ]
    shown: JsonObject = {"self": f"{base}/{number}", "name": name, "id": number}
    return shown | {"description": f"A project role that represents {name.lower()} in a project", "actors": actors}


# ---- who may what, where


def _all_permissions(call: Call) -> Answer:
    return Answer({"permissions": {name: shapes.permission(name) for name in shapes.PERMISSIONS}})


def _who_may_see(call: Call) -> Answer:
    """Find people who can browse a project or an issue."""
    return Answer(_matching(call, _browsers(call)))


def _who_may(call: Call) -> Answer:
    wanted = call.words("permissions")
    if not wanted:
        raise JiraError(400, "The 'permissions' query parameter is required.")
    return Answer(_matching(call, [one for one in _browsers(call) if all(one.may(right) for right in wanted)]))


def _assignable_everywhere(call: Call) -> Answer:
    projects = [call.site.catalog.project(key) for key in call.words("projectKeys")]
    if not projects or None in projects:
        raise JiraError(404, "No project could be found with those keys.")
    fit = [
        one
        for one in call.site.catalog.accounts.values()
        if one.active
        and one.may("ASSIGNABLE_USER")
        and all(project and call.site.catalog.may_browse(one, project) for project in projects)
    ]
    return Answer(_matching(call, fit))


def _browsers(call: Call) -> list[Account]:
    key, name = call.query.get("issueKey"), call.query.get("projectKey")
    people = [one for one in call.site.catalog.accounts.values() if one.active]
    if key:
        issue = call.site.find(call.account, key)
        return [one for one in people if call.site.sees(one, issue)]
    project = call.site.catalog.project(name) if name else None
    if project is None:
        raise JiraError(400, "Either 'issueKey' or 'projectKey' must be given.")
    return [one for one in people if call.site.catalog.may_browse(one, project)]


# ---- people


def _bulk(call: Call) -> Answer:
    ids = call.query.getlist("accountId")
    if not ids:
        raise JiraError(400, "At least one 'accountId' query parameter is required.")
    found = [one for one in call.site.catalog.accounts.values() if one.id in ids]
    return Answer(call.page(_shown(call, found), 200))


def _pick(call: Call) -> Answer:
    found = _matching(call, [one for one in call.site.catalog.accounts.values() if one.active])
    shown = [
        {
            "accountId": one["accountId"],
            "accountType": one["accountType"],
            "html": one["displayName"],
            "displayName": one["displayName"],
        }
        for one in found
    ]
    header = f"Showing {len(shown)} of {len(shown)} matching users"
    return Answer({"users": shown, "total": len(shown), "header": header})


def _matching(call: Call, people: Iterable[Account]) -> list[JsonObject]:
    """Filter by `query` (names; addresses where they can be seen) and cut to the page."""
    text, wanted = call.query.get("query", "").lower(), call.query.get("accountId")
    found = [
        shown for shown in _shown(call, people) if wanted in (None, shown["accountId"]) and shapes.is_meant(shown, text)
    ]
    first = call.number("startAt", 0)
    return found[first : first + call.number("maxResults", 50, 1000)]


def _shown(call: Call, people: Iterable[Account]) -> list[JsonObject]:
    return [shown for one in people if (shown := shapes.user(call.view, one.id))]


def _asked_account(call: Call) -> Account:
    account = call.site.catalog.accounts.get(call.query.get("accountId", ""))
    if account is None:
        raise JiraError(404, "Specified user does not exist or you do not have required permissions")
    return account


ENDPOINTS = (
    Endpoint("GET", "/group", _group),
    Endpoint("GET", "/group/member", _group_members),
    Endpoint("GET", "/group/bulk", _groups),
    Endpoint("GET", "/groups/picker", _pick_groups),
    Endpoint("GET", "/role", _roles),
    Endpoint("GET", "/role/{role}", _role_of_site),
    Endpoint("GET", "/project/{project}/role", _project_roles),
    Endpoint("GET", "/project/{project}/role/{role}", _project_role),
    Endpoint("GET", "/project/{project}/roledetails", _role_details),
    Endpoint("GET", "/permissions", _all_permissions),
    Endpoint("GET", "/user/groups", _groups_of_user),
    Endpoint("GET", "/user/bulk", _bulk),
    Endpoint("GET", "/user/picker", _pick),
    Endpoint("GET", "/user/viewissue/search", _who_may_see),
    Endpoint("GET", "/user/permission/search", _who_may),
    Endpoint("GET", "/user/assignable/multiProjectSearch", _assignable_everywhere),
)
