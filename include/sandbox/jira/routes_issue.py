# SPDX-License-Identifier: Apache-2.0
"""REST: issues, one and many, their fields' meta data, transitions, history and properties."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.jira import edits, house_rules, shapes, shapes_issue, shapes_screen, transitions
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.catalog import IssueType, Project, with_id
from sandbox.jira.errors import JiraError
from sandbox.jira.payload import Changes, Fetch, Logs, ManyChanges
from sandbox.jira.shapes_issue import Wanted
from sandbox.jira.store import Issue
from sandbox.jira.values import JsonObject, epoch_ms

MOST_CREATED = 50
MOST_FETCHED = 100
MOST_PROPERTIES = 5
MOST_CHANGELOGS = 1000
MOST_CHANGELOG_FIELDS = 10


def wanted(call: Call, given: Mapping[str, Any], default: str) -> Wanted:
    """Read what a request wants of each issue, from a query or a body. Raises: JiraError 400."""
    fields, expand, properties = (_listed(given.get(name)) for name in ("fields", "expand", "properties"))
    if len(properties) > MOST_PROPERTIES:
        raise JiraError(400, f"The maximum number of properties that can be requested is {MOST_PROPERTIES}.")
    return Wanted(fields or (default,), frozenset(expand), properties)


def from_query(call: Call) -> dict[str, Any]:
    return {name: call.words(name) for name in ("fields", "expand", "properties")}


def _create(call: Call) -> Answer:
    return Answer(_created(call, call.sent), 201)


def _create_many(call: Call) -> Answer:
    updates = call.sent.get("issueUpdates") or []
    if not 0 < len(updates) <= MOST_CREATED:
        refused = JiraError(400, f"The number of issues to create must be between 1 and {MOST_CREATED}.")
        return Answer({"issues": [], "errors": [{"status": 400, "elementErrors": refused.body()}]}, 400)
    issues: list[JsonObject] = []
    errors: list[JsonObject] = []
    for number, update in enumerate(updates):
        try:
            issues.append(_created(call, update))
        except JiraError as refused:
            errors.append({"status": refused.status, "elementErrors": refused.body(), "failedElementNumber": number})
    return Answer({"issues": issues, "errors": errors}, 201 if issues else 400)


def _created(call: Call, body: JsonObject) -> JsonObject:
    made = edits.create(call.site, call.account, body, call.version)
    if body.get("transition"):
        transitions.take(call.site, call.account, made, {"transition": body["transition"]}, call.version)
    house_rules.run(call.site, call.account, made.id, "created")
    return {"id": str(made.id), "key": made.key, "self": f"{call.view.rest}/issue/{made.id}"}


def _get(call: Call) -> Answer:
    return Answer(shapes_issue.issue(call.view, call.issue(), wanted(call, from_query(call), "*all")))


def _edit(call: Call) -> Answer:
    issue = call.issue()
    edits.edit(call.site, call.account, issue, call.sent, call.version)
    house_rules.run(call.site, call.account, issue.id, "edited")
    if not call.flag("returnIssue"):
        return Answer(status=204)
    given = {"expand": call.words("expand")}
    return Answer(shapes_issue.issue(call.view, _again(call, issue), wanted(call, given, "*all")))


def _delete(call: Call) -> Answer:
    edits.delete(call.site, call.account, call.issue(), with_subtasks=call.flag("deleteSubtasks"))
    return Answer(status=204)


def _assign(call: Call) -> Answer:
    edits.edit(call.site, call.account, call.issue(), {"fields": {"assignee": call.sent}}, call.version)
    return Answer(status=204)


def _fetch_many(call: Call) -> Answer:
    asked = call.sent.get("issueIdsOrKeys") or []
    if not 0 < len(asked) <= MOST_FETCHED:
        raise JiraError(400, f"The number of issues to fetch must be between 1 and {MOST_FETCHED}.")
    how = wanted(call, call.sent, "*navigable")
    found = {issue.id: issue for name in asked if (issue := _if_seen(call, str(name)))}
    shown = [shapes_issue.issue(call.view, issue, how) for _, issue in sorted(found.items())]
    # What is not found or not to be seen is left out; the list of errors is for what may be tried again.
    return Answer({"expand": "schema,names", "issues": shown, "issueErrors": []})


def _editmeta(call: Call) -> Answer:
    return Answer(shapes_issue.editmeta(call.view, call.issue()))


def _createmeta_types(call: Call) -> Answer:
    types = [shapes.issue_type(call.view, kind) for kind in call.project().types]
    return Answer(_slice(call, "issueTypes", types))


def _createmeta_fields(call: Call) -> Answer:
    project = call.project()
    kind = with_id(project.types, call.path["type"])
    if kind is None:
        raise JiraError(404, f"Issue type with id '{call.path['type']}' does not exist in the project.")
    return Answer(_slice(call, "fields", shapes_screen.createmeta(call.view, project, kind)))


def _createmeta(call: Call) -> Answer:
    """The older form, all projects in one; client libraries still ask it."""
    wanted_keys, expand = call.words("projectKeys") + call.words("projectIds"), call.words("expand")
    shown = []
    for project in call.site.catalog.projects:
        asked = not wanted_keys or {project.key, project.id} & set(wanted_keys)
        if not asked or not call.site.catalog.may_browse(call.account, project):
            continue
        ids, names = call.words("issuetypeIds"), call.words("issuetypeNames")
        kinds = [k for k in project.types if (not ids or k.id in ids) and (not names or k.name in names)]
        types = [shapes.issue_type(call.view, kind) for kind in kinds]
        if "projects.issuetypes.fields" in expand:
            types = [made | {"fields": _by_id(call, project, kind)} for made, kind in zip(types, kinds, strict=True)]
        place = shapes.project(call.view, project)
        shown.append({key: place[key] for key in ("self", "id", "key", "name", "avatarUrls")} | {"issuetypes": types})
    return Answer({"expand": "projects", "projects": shown})


def _by_id(call: Call, project: Project, kind: IssueType) -> JsonObject:
    return {one.pop("fieldId"): one for one in shapes_screen.createmeta(call.view, project, kind)}


def _transitions(call: Call) -> Answer:
    issue = call.issue()
    with_fields = "transitions.fields" in call.words("expand")
    legal = transitions.legal(call.site, call.account, issue)
    asked = call.query.get("transitionId")
    shown = [
        shapes_screen.transition(call.view, issue, one, with_fields=with_fields)
        for one in legal
        if asked in (None, one.id)
    ]
    return Answer({"expand": "transitions", "transitions": shown})


def _transition(call: Call) -> Answer:
    issue = call.issue()
    transitions.take(call.site, call.account, issue, call.sent, call.version)
    house_rules.run(call.site, call.account, issue.id, "transitioned")
    return Answer(status=204)


def _changelog(call: Call) -> Answer:
    issue = call.issue()
    first, most = call.number("startAt", 0), call.number("maxResults", 100, 100)
    shown = issue.histories[first : first + most]
    last = first + len(shown) >= len(issue.histories)
    base = f"{call.view.rest}/issue/{call.path['issue']}/changelog?maxResults={most}&startAt="
    page: JsonObject = {"self": f"{base}{first}"}
    if not last:
        page["nextPage"] = f"{base}{first + most}"
    page |= {"maxResults": most, "startAt": first, "total": len(issue.histories), "isLast": last}
    return Answer(page | {"values": [shapes_issue.history(call.view, entry) for entry in shown]})


def _changelog_many(call: Call) -> Answer:
    asked, only = call.sent.get("issueIdsOrKeys") or [], call.sent.get("fieldIds") or []
    if not 0 < len(asked) <= MOST_CHANGELOGS:
        raise JiraError(400, f"issueIdsOrKeys must hold between 1 and {MOST_CHANGELOGS} ids or keys.")
    if len(only) > MOST_CHANGELOG_FIELDS:
        raise JiraError(400, f"fieldIds must hold at most {MOST_CHANGELOG_FIELDS} ids.")
    seen = {issue.id: issue for name in asked if (issue := _if_seen(call, str(name)))}
    entries = sorted(
        (epoch_ms(entry.created), issue.id, entry.id)
        for issue in seen.values()
        for entry in issue.histories
        if not only or any(item.field_id in only for item in entry.items)
    )
    most = min(int(call.sent.get("maxResults") or 1000), 10_000)
    first = _offset(call.sent.get("nextPageToken"))
    logs: dict[int, list[JsonObject]] = {}
    for _, issue_id, entry_id in entries[first : first + most]:
        entry = next(known for known in seen[issue_id].histories if known.id == entry_id)
        logs.setdefault(issue_id, []).append(shapes_issue.history(call.view, entry, only=only, numeric=True))
    page: JsonObject = {"issueChangeLogs": [{"issueId": str(n), "changeHistories": shown} for n, shown in logs.items()]}
    return Answer(page | ({"nextPageToken": str(first + most)} if first + most < len(entries) else {}))


def _properties(call: Call) -> Answer:
    issue = call.issue()
    base = f"{call.view.rest}/issue/{issue.id}/properties"
    return Answer({"keys": [{"self": f"{base}/{key}", "key": key} for key in issue.properties]})


def _property(call: Call) -> Answer:
    issue, key = call.issue(), call.path["property"]
    if key not in issue.properties:
        raise JiraError(404, f"The property {key} does not exist.")
    return Answer({"key": key, "value": issue.properties[key]})


def _set_property(call: Call) -> Answer:
    issue, key = call.issue(), call.path["property"]
    if not call.account.may("EDIT_ISSUES"):
        raise JiraError(403, "You do not have permission to edit issues in this project.")
    new = key not in issue.properties
    call.site.store.save(replace(issue, properties={**issue.properties, key: call.body}), touch=False)
    return Answer("", 201 if new else 200)


def _drop_property(call: Call) -> Answer:
    issue, key = call.issue(), call.path["property"]
    if key not in issue.properties:
        raise JiraError(404, f"The property {key} does not exist.")
    kept = {name: value for name, value in issue.properties.items() if name != key}
    call.site.store.save(replace(issue, properties=kept), touch=False)
    return Answer(status=204)


def _move_many(call: Call) -> Answer:
    """Move issues between projects. The real one works on later and tells by its task; here it is done at once."""
    mapping = call.sent.get("targetToSourcesMapping") or {}
    for target, sources in mapping.items():
        place, _, kind = target.partition(",")
        project = call.site.catalog.project(place)
        type_name = next((t.name for t in call.site.catalog.types if t.id == kind.partition(",")[0]), None)
        if project is None or type_name is None:
            raise JiraError(400, f"Invalid target: {target}")
        for name in sources["issueIdsOrKeys"]:
            edits.move(call.site, call.account, call.site.find(call.account, str(name)), project, type_name)
    return Answer({"taskId": str(call.site.store.next_id("task"))}, 201)


def _moved(call: Call) -> Answer:
    now = epoch_ms(call.site.store.now())
    task = {"taskId": call.path["task"], "status": "COMPLETE", "progressPercent": 100}
    return Answer(task | {"created": now, "started": now, "updated": now})


def _again(call: Call, issue: Issue) -> Issue:
    return call.site.find(call.account, str(issue.id))


def _if_seen(call: Call, name: str) -> Issue | None:
    try:
        return call.site.find(call.account, name)
    except JiraError:
        return None


def _offset(token: object) -> int:
    if token is None:
        return 0
    if not (isinstance(token, str) and token.isdigit()):
        raise JiraError(400, "The provided next page token is invalid or expired.")
    return int(token)


def _slice(call: Call, name: str, listed: list[JsonObject]) -> JsonObject:
    first, most = call.number("startAt", 0), call.number("maxResults", 50, 200)
    return {"startAt": first, "maxResults": most, "total": len(listed), name: listed[first : first + most]}


def _listed(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        given = given.split(",")
    return tuple(str(one).strip() for one in given) if isinstance(given, list | tuple) else ()


ENDPOINTS = (
    Endpoint("POST", "/issue", _create, takes=Changes),
    Endpoint("POST", "/issue/bulk", _create_many, takes=ManyChanges),
    Endpoint("POST", "/issue/bulkfetch", _fetch_many, takes=Fetch),
    Endpoint("POST", "/changelog/bulkfetch", _changelog_many, takes=Logs),
    Endpoint("GET", "/issue/createmeta", _createmeta),
    Endpoint("GET", "/issue/createmeta/{project}/issuetypes", _createmeta_types),
    Endpoint("GET", "/issue/createmeta/{project}/issuetypes/{type}", _createmeta_fields),
    Endpoint("GET", "/issue/{issue}", _get),
    Endpoint("PUT", "/issue/{issue}", _edit, takes=Changes),
    Endpoint("DELETE", "/issue/{issue}", _delete),
    Endpoint("PUT", "/issue/{issue}/assignee", _assign),
    Endpoint("GET", "/issue/{issue}/editmeta", _editmeta),
    Endpoint("GET", "/issue/{issue}/transitions", _transitions),
    Endpoint("POST", "/issue/{issue}/transitions", _transition, takes=Changes),
    Endpoint("GET", "/issue/{issue}/changelog", _changelog),
    Endpoint("GET", "/issue/{issue}/properties", _properties),
    Endpoint("GET", "/issue/{issue}/properties/{property}", _property),
    Endpoint("PUT", "/issue/{issue}/properties/{property}", _set_property),
    Endpoint("DELETE", "/issue/{issue}/properties/{property}", _drop_property),
    Endpoint("POST", "/bulk/issues/move", _move_many),
    Endpoint("GET", "/bulk/queue/{task}", _moved),
)
