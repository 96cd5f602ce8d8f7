# SPDX-License-Identifier: Apache-2.0
"""REST: the site itself, its people, projects, fields, types, statuses and permissions."""

from sandbox.jira import shapes, shapes_screen
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.catalog import Account, Project
from sandbox.jira.errors import JiraError
from sandbox.jira.values import JsonObject


def _server_info(call: Call) -> Answer:
    deployment = call.site.catalog.settings.deployment
    version = [1001, 0, 0] if deployment == "Cloud" else [9, 12, 0]
    return Answer(
        {
            "baseUrl": call.site.url,
            "displayUrl": call.site.url,
            "version": ".".join(map(str, version)) + ("-SNAPSHOT" if deployment == "Cloud" else ""),
            "versionNumbers": version,
            "deploymentType": deployment,
            "buildNumber": 100268,
            "buildDate": "2024-11-05T09:26:35.000+0000",
            "serverTime": call.view.time(call.site.clock.now()),
            "scmInfo": "57a0ca5b4a0bb0ac5f3fee4764acb1c14e4d7e71",
            "serverTitle": f"{call.site.catalog.tenant.company} (simulated)",
            "serverTimeZone": call.site.zone.key,
        }
    )


def _myself(call: Call) -> Answer:
    return Answer(shapes.whole_user(call.view, call.account, call.words("expand")))


def _permissions(call: Call) -> Answer:
    project = _asked_project(call)
    issue = call.query.get("issueKey") or call.query.get("issueId")
    seen = call.site.find(call.account, issue) is not None if issue else True
    wanted = call.words("permissions")
    if not wanted:
        raise JiraError(400, "The 'permissions' query parameter is required.")
    if unknown := [name for name in wanted if name not in shapes.PERMISSIONS]:
        raise JiraError(400, f"Unrecognized permission: {', '.join(unknown)}")
    browses = project is None or call.site.catalog.may_browse(call.account, project)
    shown = {
        name: shapes.permission(name)
        | {"havePermission": call.account.may(name) and (name in shapes.GLOBAL_PERMISSIONS or (browses and seen))}
        for name in wanted
    }
    return Answer({"permissions": shown})


def _asked_project(call: Call) -> Project | None:
    asked = call.query.get("projectKey") or call.query.get("projectId")
    if not asked:
        return None
    project = call.site.catalog.project(asked)
    if project is None:
        raise JiraError(404, f"No project could be found with key '{asked}'.")
    return project


def _user(call: Call) -> Answer:
    account = call.site.catalog.accounts.get(call.query.get("accountId", ""))
    if account is None:
        raise JiraError(404, "Specified user does not exist or you do not have required permissions")
    return Answer(shapes.whole_user(call.view, account, call.words("expand")))


def _find_users(call: Call) -> Answer:
    if "query" not in call.query and "accountId" not in call.query:
        raise JiraError(400, "The 'query' or 'accountId' query parameter is required.")
    return Answer(_people(call, list(call.site.catalog.accounts.values())))


def _all_users(call: Call) -> Answer:
    return Answer(_people(call, list(call.site.catalog.accounts.values())))


def _assignable(call: Call) -> Answer:
    name = call.query.get("project") or call.query.get("issueKey", "").rpartition("-")[0]
    project = call.site.catalog.project(name) if name else None
    if project is None:
        raise JiraError(404, f"No project could be found with key '{name}'.")
    fit = [
        account
        for account in call.site.catalog.accounts.values()
        if account.active and account.may("ASSIGNABLE_USER") and call.site.catalog.may_browse(account, project)
    ]
    return Answer(_people(call, fit))


def _people(call: Call, accounts: list[Account]) -> list[JsonObject]:
    """Filter by `query` (names; addresses where they can be seen) and by `accountId`, and cut to the page."""
    text, wanted = call.query.get("query", "").lower(), call.query.get("accountId")
    found = [
        shown
        for account in accounts
        if (shown := shapes.user(call.view, account.id))
        and wanted in (None, account.id)
        and shapes.is_meant(shown, text)
    ]
    first = call.number("startAt", 0)
    return found[first : first + call.number("maxResults", 50, 1000)]


def _fields(call: Call) -> Answer:
    return Answer(shapes_screen.all_fields(call.view))


def _projects(call: Call) -> Answer:
    return Answer([shapes.project(call.view, project) for project in _seen(call)])


def _find_projects(call: Call) -> Answer:
    text = call.query.get("query", "").lower()
    found = [p for p in _seen(call) if text in p.name.lower() or text in p.key.lower()]
    return Answer(call.page([shapes.project(call.view, p) for p in found], 50))


def _project(call: Call) -> Answer:
    return Answer(shapes.whole_project(call.view, call.project()))


def _project_statuses(call: Call) -> Answer:
    project = call.project()
    statuses = [shapes.status(call.view, one) for one in project.statuses]
    return Answer(
        [
            {
                "self": f"{call.view.rest}/issuetype/{kind.id}",
                "id": kind.id,
                "name": kind.name,
                "subtask": kind.subtask,
                "statuses": statuses,
            }
            for kind in project.types
        ]
    )


def _project_levels(call: Call) -> Answer:
    call.project()
    return Answer({"levels": [shapes.level(call.view, one) for one in call.site.catalog.levels]})


def _statuses(call: Call) -> Answer:
    shown = [shapes.status(call.view, one) for one in call.site.catalog.statuses]
    return Answer([one | {"untranslatedName": one["name"]} for one in shown])


def _find_statuses(call: Call) -> Answer:
    statuses = [shapes.global_status(one) for one in call.site.catalog.statuses]
    text, category = call.query.get("searchString", "").lower(), call.query.get("statusCategory")
    found = [s for s in statuses if text in s["name"].lower() and category in (None, s["statusCategory"])]
    return Answer(call.page(found, 200))


def _categories(call: Call) -> Answer:
    return Answer(shapes.categories(call.view))


def _priorities(call: Call) -> Answer:
    return Answer([shapes.whole_priority(call.view, one) for one in call.site.catalog.priorities])


def _find_priorities(call: Call) -> Answer:
    return Answer(call.page([shapes.whole_priority(call.view, one) for one in call.site.catalog.priorities], 50))


def _types(call: Call) -> Answer:
    return Answer([shapes.issue_type(call.view, one) for one in call.site.catalog.types])


def _resolutions(call: Call) -> Answer:
    return Answer([shapes.resolution(call.view, one) for one in call.site.catalog.resolutions])


def _seen(call: Call) -> list[Project]:
    catalog = call.site.catalog
    return [project for project in catalog.projects if catalog.may_browse(call.account, project)]


ENDPOINTS = (
    Endpoint("GET", "/serverInfo", _server_info, anonymous=True),
    Endpoint("GET", "/myself", _myself),
    Endpoint("GET", "/mypermissions", _permissions),
    Endpoint("GET", "/user", _user),
    Endpoint("GET", "/user/search", _find_users),
    Endpoint("GET", "/user/assignable/search", _assignable),
    Endpoint("GET", "/users/search", _all_users),
    Endpoint("GET", "/users", _all_users),
    Endpoint("GET", "/field", _fields),
    Endpoint("GET", "/project", _projects),
    Endpoint("GET", "/project/search", _find_projects),
    Endpoint("GET", "/project/{project}", _project),
    Endpoint("GET", "/project/{project}/statuses", _project_statuses),
    Endpoint("GET", "/project/{project}/securitylevel", _project_levels),
    Endpoint("GET", "/status", _statuses),
    Endpoint("GET", "/statuses/search", _find_statuses),
    Endpoint("GET", "/statuscategory", _categories),
    Endpoint("GET", "/priority", _priorities),
    Endpoint("GET", "/priority/search", _find_priorities),
    Endpoint("GET", "/issuetype", _types),
    Endpoint("GET", "/resolution", _resolutions),
)
