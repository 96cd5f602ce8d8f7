# SPDX-License-Identifier: Apache-2.0
"""REST: what the site is made of, one by one and in further lists: types, statuses, choices, workflows, labels."""

from collections.abc import Iterable

from sandbox.jira import shapes, shapes_screen
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.catalog import N, Named, named, with_id
from sandbox.jira.errors import JiraError
from sandbox.jira.values import JsonObject


def _found(call: Call, known: Iterable[N], what: str) -> N:
    wanted = call.path["item"]
    found = with_id(known, wanted)
    if found is None:
        raise JiraError(404, f"The {what} with id '{wanted}' does not exist")
    return found


def _priority(call: Call) -> Answer:
    return Answer(shapes.whole_priority(call.view, _found(call, call.site.catalog.priorities, "priority")))


def _resolution(call: Call) -> Answer:
    return Answer(shapes.resolution(call.view, _found(call, call.site.catalog.resolutions, "resolution")))


def _find_resolutions(call: Call) -> Answer:
    ids = call.words("id")
    shown = [
        {"id": one.id, "name": one.name, "description": "", "isDefault": False}
        for one in call.site.catalog.resolutions
        if not ids or one.id in ids
    ]
    return Answer(call.page([] if call.flag("onlyDefault") else shown, 50))


def _type(call: Call) -> Answer:
    return Answer(shapes.issue_type(call.view, _found(call, call.site.catalog.types, "issue type")))


def _types_of_project(call: Call) -> Answer:
    asked = call.query.get("projectId")
    project = call.site.catalog.project(asked) if asked else None
    if project is None or not call.site.catalog.may_browse(call.account, project):
        raise JiraError(404, f"No project could be found with id '{asked}'.")
    level = call.query.get("level")
    kinds = [kind for kind in project.types if level in (None, "-1" if kind.subtask else "0")]
    return Answer([shapes.issue_type(call.view, kind) for kind in kinds])


def _status(call: Call) -> Answer:
    known, wanted = call.site.catalog.statuses, call.path["item"]
    found = with_id(known, wanted) or named(known, wanted)
    if found is None:
        raise JiraError(404, f"The status with id '{wanted}' does not exist")
    return Answer(shapes.status(call.view, found))


def _statuses_by_id(call: Call) -> Answer:
    ids = call.words("id")
    if not 0 < len(ids) <= 50:
        raise JiraError(400, "The number of ids must be between 1 and 50.")
    return Answer([shapes.global_status(one) for one in call.site.catalog.statuses if one.id in ids])


def _statuses_by_name(call: Call) -> Answer:
    names = call.words("name")
    return Answer([shapes.global_status(one) for one in call.site.catalog.statuses if one.name in names])


def _category(call: Call) -> Answer:
    wanted = call.path["item"]
    for shown in shapes.categories(call.view):
        if wanted in (str(shown["id"]), shown["key"]):
            return Answer(shown)
    raise JiraError(404, f"The status category with id '{wanted}' does not exist")


def _level(call: Call) -> Answer:
    return Answer(shapes.level(call.view, _found(call, call.site.catalog.levels, "security level")))


def _scheme(call: Call) -> JsonObject:
    levels = [shapes.level(call.view, one) for one in call.site.catalog.levels]
    shown: JsonObject = {"self": f"{call.view.rest}/issuesecurityschemes/10000", "id": 10000}
    return shown | {"name": "Default Issue Security Scheme", "description": "", "levels": levels}


def _project_scheme(call: Call) -> Answer:
    call.project()
    if not call.site.catalog.levels:
        raise JiraError(404, "The project has no issue security scheme.")
    return Answer(_scheme(call))


def _schemes(call: Call) -> Answer:
    if not call.account.may("ADMINISTER"):
        raise JiraError(403, "Only users with the Administer Jira permission can do this.")
    scheme = {name: value for name, value in _scheme(call).items() if name != "levels"}
    return Answer({"issueSecuritySchemes": [scheme] if call.site.catalog.levels else []})


def _link_type(call: Call) -> Answer:
    return Answer(shapes.link_type(call.view, _found(call, call.site.catalog.link_types, "issue link type")))


def _option(call: Call) -> Answer:
    options: list[Named] = [option for field in call.site.catalog.custom_fields for option in field.options]
    found = _found(call, options, "custom field option")
    return Answer({"self": f"{call.view.rest}/customFieldOption/{found.id}", "value": found.name})


def _find_fields(call: Call) -> Answer:
    text, ids, kinds = call.query.get("query", "").lower(), call.words("id"), call.words("type")
    found = [
        {name: one[name] for name in ("id", "name", "schema", "key") if name in one}
        | {"isLocked": False, "isUnscreenable": False, "description": ""}
        for one in shapes_screen.all_fields(call.view)
        if text in one["name"].lower()
        and (not ids or one["id"] in ids)
        and (not kinds or ("custom" if one["custom"] else "system") in kinds)
    ]
    return Answer(call.page(found, 50))


def _labels(call: Call) -> Answer:
    seen = (issue for issue in call.site.store.all() if call.site.sees(call.account, issue))
    used = {label for issue in seen for label in issue.fields.get("labels") or ()}
    page = call.page([{"label": label} for label in sorted(used)], 1000)
    return Answer(page | {"values": [one["label"] for one in page["values"]]})


def _workflows(call: Call) -> Answer:
    if not call.account.may("ADMINISTER"):
        raise JiraError(403, "Only Jira administrators can access workflows.")
    shown = []
    for project in call.site.catalog.projects:
        statuses = [{"id": one.id, "name": one.name, "properties": {}} for one in project.statuses]
        ways = [
            {
                "id": way.id,
                "name": way.name,
                "description": "",
                "from": sorted(way.source),
                "to": way.to.id,
                "type": "directed" if way.source else "global",
            }
            for way in project.transitions
        ]
        made: JsonObject = {"id": {"name": f"Workflow of {project.key}", "entityId": f"workflow-{project.id}"}}
        made |= {"description": "", "transitions": ways, "statuses": statuses, "isDefault": False}
        shown.append(made | {"created": None, "updated": None})
    expand = call.words("expand")
    for made in shown:
        for name in ("transitions", "statuses"):
            if name not in expand:
                del made[name]
    return Answer(call.page(shown, 50))


def _project_types(call: Call) -> Answer:
    named_types = {"software": "Software", "service_desk": "Service Desk", "business": "Business"}
    return Answer(
        [
            {
                "key": key,
                "formattedKey": name,
                "descriptionI18nKey": f"jira.project.type.{key.replace('_', '')}.description",
                "icon": "",
                "color": "#0052CC",
            }
            for key, name in named_types.items()
        ]
    )


def _configuration(call: Call) -> Answer:
    tracking = {"workingHoursPerDay": 8.0, "workingDaysPerWeek": 5.0, "timeFormat": "pretty", "defaultUnit": "minute"}
    switches = ("voting", "watching", "subTasks", "issueLinking", "timeTracking", "attachments")
    switched = {f"{name}Enabled": True for name in switches}
    return Answer(switched | {"unassignedIssuesAllowed": True, "timeTrackingConfiguration": tracking})


ENDPOINTS = (
    Endpoint("GET", "/priority/{item}", _priority),
    Endpoint("GET", "/resolution/search", _find_resolutions),
    Endpoint("GET", "/resolution/{item}", _resolution),
    Endpoint("GET", "/issuetype/project", _types_of_project),
    Endpoint("GET", "/issuetype/{item}", _type),
    Endpoint("GET", "/status/{item}", _status),
    Endpoint("GET", "/statuses", _statuses_by_id),
    Endpoint("GET", "/statuses/byNames", _statuses_by_name),
    Endpoint("GET", "/statuscategory/{item}", _category),
    Endpoint("GET", "/securitylevel/{item}", _level),
    Endpoint("GET", "/issuesecurityschemes", _schemes),
    Endpoint("GET", "/project/{project}/issuesecuritylevelscheme", _project_scheme),
    Endpoint("GET", "/issueLinkType/{item}", _link_type),
    Endpoint("GET", "/customFieldOption/{item}", _option),
    Endpoint("GET", "/field/search", _find_fields),
    Endpoint("GET", "/label", _labels),
    Endpoint("GET", "/workflow/search", _workflows),
    Endpoint("GET", "/project/type", _project_types),
    Endpoint("GET", "/configuration", _configuration),
)
