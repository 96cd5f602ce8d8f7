# SPDX-License-Identifier: Apache-2.0
"""REST: components and versions of projects, and how many issues have them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from sandbox.jira import shapes
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.catalog import Project
from sandbox.jira.errors import JiraError, UnrecognizedField, bad_field
from sandbox.jira.fields import Field, fields_of
from sandbox.jira.parts import Component, Version
from sandbox.jira.payload import NewComponent, NewVersion
from sandbox.jira.store import Issue
from sandbox.jira.values import JsonObject, words

_ASSIGNEES = ("PROJECT_DEFAULT", "COMPONENT_LEAD", "PROJECT_LEAD", "UNASSIGNED")
_COMPONENT = words(
    "self id name description lead leadUserName leadAccountId assigneeType assignee realAssigneeType realAssignee "
    "isAssigneeTypeValid project projectId metadata ari issueCount"
)
_VERSION = words(
    "expand self id name description archived released startDate releaseDate startDateSet releaseDateSet overdue "
    "userStartDate userReleaseDate project projectId moveUnfixedIssuesTo operations issuesStatusForFixVersion driver "
    "approvers"
)


# ---- components


def _components_page(call: Call) -> Answer:
    project, text = call.project(), call.query.get("query", "").lower()
    found = [one for one in _of(call, project, COMPONENT) if text in one.name.lower()]
    counted = [_shown_component(call, one) | {"issueCount": len(_with(call, one))} for one in found]
    return Answer(call.page(counted, 50))


def _delete_component(call: Call) -> Answer:
    found = _found(call, COMPONENT)
    _check_right(call)
    other = call.query.get("moveIssuesTo")
    if other and other not in call.site.parts.components:
        raise JiraError(404, f"The component with id {other} does not exist.")
    _swap(call, found, {"components": other})
    del call.site.parts.components[found.id]
    return Answer(status=204)


def _component_counts(call: Call) -> Answer:
    found = _found(call, COMPONENT)
    return Answer({"self": f"{call.view.rest}/component/{found.id}", "issueCount": len(_with(call, found))})


def _component_values(call: Call, sent: JsonObject) -> dict[str, Any]:
    _check_names(sent, _COMPONENT, "com.atlassian.jira.rest.v2.issue.component.ComponentBean")
    values = {"description": sent["description"]} if "description" in sent else {}
    if "leadAccountId" in sent:
        if sent["leadAccountId"] not in (None, *call.site.catalog.accounts):
            raise bad_field("leadAccountId", f"The user {sent['leadAccountId']} does not exist.")
        values["lead"] = sent["leadAccountId"]
    if sent.get("assigneeType"):
        if sent["assigneeType"] not in _ASSIGNEES:
            raise JiraError(400, f"Invalid assigneeType: {sent['assigneeType']}")
        values["assignee_type"] = sent["assigneeType"]
    return values


def _shown_component(call: Call, shown: Component) -> JsonObject:
    lead = shapes.user(call.view, shown.lead)
    default = shapes.user(call.view, shapes.lead_of(call.view).id)
    assigned = {"COMPONENT_LEAD": lead, "UNASSIGNED": None}.get(shown.assignee_type, default)
    project = call.site.catalog.project(shown.project)
    told: JsonObject = {"assigneeType": shown.assignee_type, "realAssigneeType": shown.assignee_type}
    people = {"lead": lead} if lead else {}
    people |= {"assignee": assigned, "realAssignee": assigned} if assigned else {}
    place = {"project": project.key if project else "", "projectId": int(shown.project)}
    return shapes.component(call.view, shown) | people | told | {"isAssigneeTypeValid": True} | place


# ---- versions


def _versions_page(call: Call) -> Answer:
    project, text = call.project(), call.query.get("query", "").lower()
    states = call.words("status")
    found = [one for one in _of(call, project, VERSION) if text in one.name.lower()]
    found = [one for one in found if not states or _state(one) in states]
    if call.query.get("orderBy", "").startswith("-"):
        found.reverse()
    return Answer(call.page([_shown_version(call, one) for one in found], 50))


def _state(version: Version) -> str:
    return "archived" if version.archived else "released" if version.released else "unreleased"


def _delete_version(call: Call) -> Answer:
    return _drop_version(call, call.query.get("moveFixIssuesTo"), call.query.get("moveAffectedIssuesTo"))


def _swap_version(call: Call) -> Answer:
    return _drop_version(call, call.sent.get("moveFixIssuesTo"), call.sent.get("moveAffectedIssuesTo"))


def _drop_version(call: Call, fix: object, affected: object) -> Answer:
    found = _found(call, VERSION)
    _check_right(call)
    swap = {"fixVersions": fix, "versions": affected}
    for other in swap.values():
        if other is not None and str(other) not in call.site.parts.versions:
            raise JiraError(404, f"Could not find version for id '{other}'")
    _swap(call, found, {name: None if other is None else str(other) for name, other in swap.items()})
    del call.site.parts.versions[found.id]
    return Answer(status=204)


def _move_version(call: Call) -> Answer:
    """Put a version elsewhere in its project's order: behind another, or by a word."""
    found = _found(call, VERSION)
    _check_right(call)
    order = [one.id for one in call.site.parts.versions.values() if one.id != found.id]
    place = list(call.site.parts.versions).index(found.id)
    steps = {"First": 0, "Last": len(order), "Earlier": max(0, place - 1), "Later": place + 1}
    after, word = call.sent.get("after"), call.sent.get("position")
    other = str(after).rsplit("/", 1)[-1] if after else None
    if other is not None and other not in order:
        raise JiraError(404, f"Could not find version for id '{other}'")
    if other is None and word not in steps:
        raise JiraError(400, "Either 'after' or 'position' must be given.")
    order.insert(order.index(other) + 1 if other else steps[str(word)], found.id)
    known = call.site.parts.versions
    call.site.parts.versions = {number: known[number] for number in order}
    return Answer(_shown_version(call, found))


def _version_counts(call: Call) -> Answer:
    found = _found(call, VERSION)
    fixed = _with(call, found, ("fixVersions",))
    told: JsonObject = {"self": f"{call.view.rest}/version/{found.id}", "issuesFixedCount": len(fixed)}
    affected = len(_with(call, found, ("versions",)))
    return Answer(told | {"issuesAffectedCount": affected, "issueCountWithCustomFieldsShowingVersion": 0})


def _unresolved(call: Call) -> Answer:
    found = _found(call, VERSION)
    fixed = _with(call, found, ("fixVersions",))
    open_ones = sum(not issue.fields.get("resolution") for issue in fixed)
    told: JsonObject = {"self": f"{call.view.rest}/version/{found.id}", "issuesUnresolvedCount": open_ones}
    return Answer(told | {"issuesCount": len(fixed)})


def _version_values(_: Call, sent: JsonObject) -> dict[str, Any]:
    _check_names(sent, _VERSION, "com.atlassian.jira.rest.v2.issue.version.VersionBean")
    names = {"description": "description", "startDate": "start", "releaseDate": "release"}
    names |= {"archived": "archived", "released": "released"}
    for name in ("startDate", "releaseDate"):
        if sent.get(name) and not re.fullmatch(r"\d{4}-\d\d-\d\d", sent[name]):
            raise bad_field(name, "The date must be of the form yyyy-MM-dd.")
    return {to: sent[name] for name, to in names.items() if sent.get(name) is not None}


def _shown_version(call: Call, shown: Version) -> JsonObject:
    told = shapes.version(call.view, shown)
    for name, day in (("Start", shown.start), ("Release", shown.release)):
        if day:
            told |= {f"{name.lower()}Date": day, f"user{name}Date": f"{date.fromisoformat(day):%-d/%b/%y}"}
    if shown.release:
        today = call.site.clock.now().date().isoformat()
        told["overdue"] = not shown.released and shown.release < today
    return told | {"projectId": int(shown.project)}


# ---- both


@dataclass(frozen=True, slots=True)
class _Kind:
    """What differs between the two kinds of part in what is asked of both alike."""

    part: type[Component] | type[Version]
    name: str  # of its list in the store
    values: Callable[[Call, JsonObject], dict[str, Any]]
    shown: Callable[[Call, Any], JsonObject]
    nameless: str
    taken: str
    missing: str


COMPONENT = _Kind(
    Component,
    "components",
    _component_values,
    _shown_component,
    nameless="The component name specified is invalid - cannot be an empty string.",
    taken="A component with the name already exists in this project.",
    missing="The component with id {} does not exist.",
)
VERSION = _Kind(
    Version,
    "versions",
    _version_values,
    _shown_version,
    nameless="You must specify a valid version name",
    taken="A version with this name already exists in this project.",
    missing="Could not find version for id '{}'",
)


def _all(call: Call, kind: _Kind) -> Answer:
    return Answer([kind.shown(call, one) for one in _of(call, call.project(), kind)])


def _one(call: Call, kind: _Kind) -> Answer:
    return Answer(kind.shown(call, _found(call, kind)))


def _add(call: Call, kind: _Kind) -> Answer:
    project, sent = _place(call), call.sent
    if not sent.get("name"):
        raise bad_field("name", kind.nameless)
    if any(one.name == sent["name"] for one in _of(call, project, kind)):
        raise bad_field("name", kind.taken)
    made = kind.part(call.site.parts.next_id(), sent["name"], project.id, **kind.values(call, sent))
    call.site.parts.save(made)
    return Answer(kind.shown(call, made), 201)


def _edit(call: Call, kind: _Kind) -> Answer:
    found = _found(call, kind)
    _check_right(call)
    named = {"name": call.sent["name"]} if call.sent.get("name") else {}
    made = replace(found, **named, **kind.values(call, call.sent))
    call.site.parts.save(made)
    return Answer(kind.shown(call, made))


def _found(call: Call, kind: _Kind) -> Any:
    number = call.path["part"]
    found = getattr(call.site.parts, kind.name).get(number)
    if found is None or not _seen(call, found):
        raise JiraError(404, kind.missing.format(number))
    return found


def _of(call: Call, project: Project, kind: _Kind) -> list[Any]:
    return list(call.site.parts.of(kind.name, project.id))


def _check_names(sent: JsonObject, known: frozenset[str], entity: str) -> None:
    if unknown := [name for name in sent if name not in known]:
        raise UnrecognizedField(unknown[0], entity)


def _place(call: Call) -> Project:
    """Find the project of a part that is to be made."""
    asked = call.sent.get("projectId") or call.sent.get("project")
    project = call.site.catalog.project(asked) if asked is not None else None
    if project is None or not call.site.catalog.may_browse(call.account, project):
        raise JiraError(404, f"No project could be found with key '{asked}'.")
    _check_right(call)
    return project


def _check_right(call: Call) -> None:
    if not call.account.may("ADMINISTER_PROJECTS"):
        raise JiraError(403, "You must have project or global administrator rights to do this.")


def _seen(call: Call, part: Component | Version) -> bool:
    project = call.site.catalog.project(part.project)
    return project is not None and call.site.catalog.may_browse(call.account, project)


def _fields(call: Call, part: Component | Version) -> list[Field]:
    kind = "components" if isinstance(part, Component) else "versions"
    return [known for known in fields_of(call.site.catalog).values() if known.kind == kind]


def _with(call: Call, part: Component | Version, only: tuple[str, ...] = ()) -> list[Issue]:
    names = only or tuple(known.id for known in _fields(call, part))
    return [
        issue
        for issue in call.site.store.all()
        if any(part.id in (issue.fields.get(name) or ()) for name in names) and call.site.sees(call.account, issue)
    ]


def _swap(call: Call, part: Component | Version, others: Mapping[str, str | None]) -> None:
    """Take a part away from all issues, in favour of another where one is named; their history does not tell."""
    for issue in list(call.site.store.all()):
        changed = {}
        for known in _fields(call, part):
            held = issue.fields.get(known.id) or ()
            if part.id in held:
                other = others.get(known.id)
                kept = [one for one in held if one != part.id] + ([other] if other else [])
                changed[known.id] = tuple(dict.fromkeys(kept))
        if changed:
            call.site.store.save(replace(issue, fields={**issue.fields, **changed}))


ENDPOINTS = (
    Endpoint("GET", "/project/{project}/components", partial(_all, kind=COMPONENT)),
    Endpoint("GET", "/project/{project}/component", _components_page),
    Endpoint("POST", "/component", partial(_add, kind=COMPONENT), takes=NewComponent),
    Endpoint("GET", "/component/{part}", partial(_one, kind=COMPONENT)),
    Endpoint("PUT", "/component/{part}", partial(_edit, kind=COMPONENT), takes=NewComponent),
    Endpoint("DELETE", "/component/{part}", _delete_component),
    Endpoint("GET", "/component/{part}/relatedIssueCounts", _component_counts),
    Endpoint("GET", "/project/{project}/versions", partial(_all, kind=VERSION)),
    Endpoint("GET", "/project/{project}/version", _versions_page),
    Endpoint("POST", "/version", partial(_add, kind=VERSION), takes=NewVersion),
    Endpoint("GET", "/version/{part}", partial(_one, kind=VERSION)),
    Endpoint("PUT", "/version/{part}", partial(_edit, kind=VERSION), takes=NewVersion),
    Endpoint("DELETE", "/version/{part}", _delete_version),
    Endpoint("POST", "/version/{part}/removeAndSwap", _swap_version),
    Endpoint("POST", "/version/{part}/move", _move_version),
    Endpoint("GET", "/version/{part}/relatedIssueCounts", _version_counts),
    Endpoint("GET", "/version/{part}/unresolvedIssueCount", _unresolved),
)
