# SPDX-License-Identifier: Apache-2.0
"""The preflight: log-in, rights, clock, dictionary, states and scope, with all problems at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from tandem.connectors.azure_devops import judging, people, raw_query
from tandem.connectors.azure_devops.process import choosing, edges, meant, samples, unseen
from tandem.connectors.azure_devops.scope import Scope, wanted
from tandem.connectors.azure_devops.shape import (
    AREA,
    ITERATION,
    PROJECT,
    STATE,
    TEXT_LONGEST,
    TITLE,
    TITLE_LONGEST,
    TYPE,
    Field,
    Raw,
)
from tandem.connectors.azure_devops.site import API, Site
from tandem.connectors.base import Author, FieldInfo, Preflight
from tandem.errors import ConfigurationError, CredentialsError, ItemError, Problem

MARKUPS = ("html", "markdown")
_PLACED = ("Id", "Rev", "TeamProject", "AreaPath", "AreaId", "IterationPath", "IterationId", "State", "Reason")
_STAMPED = ("CreatedBy", "CreatedDate", "ChangedBy", "ChangedDate", "AuthorizedDate")
FILLED = frozenset(f"System.{name}" for name in (*_PLACED, *_STAMPED))
DEEPEST = 14  # levels of areas that are read
PATHS: Mapping[str, str] = {AREA: "areas", ITERATION: "iterations"}
_MADE = "Make a field (Organisation settings → Process: type Text, single line), add it to the work item types in "
_MADE += "question, and write options: {marker: Custom.<its name>}."


def preflight(site: Site, scope: Scope, search_delay: float) -> Preflight:
    """Check all that can be checked without a write."""
    try:
        account, fields = site.account, site.fields
    except (CredentialsError, ConfigurationError):
        what = "Azure DevOps does not accept the token"
        return _stranger(site, search_delay, what, "Set the password to a personal access token that has not expired.")
    except ItemError:
        fix = "Set host to https://dev.azure.com/<organisation>."
        return _stranger(site, search_delay, "there is no such organisation at this address", fix)
    if (right := site.organisation_elsewhere()) is not None:
        what = "the address names more than the organisation"
        return _stranger(site, search_delay, what, f"Set host to {right}.")
    problems: list[Problem] = []
    if not account.id:
        fix = "Give the token the scope Work Items (read and write) and an account that is not a guest of nobody."
        problems.append(_wrong(site, "TDM-220", "Azure DevOps does not tell which account the token is of", fix))
    types, missing = _types(site)
    problems += missing
    of_new = judging.of_new(site, types)
    seen = samples(site, scope) if types and site.needs.write else {}
    ways = tuple(edges(site, types, seen))
    needed = frozenset(name for edge in ways for name in edge.way.needs)
    required = _required(site, types) | of_new.asked
    infos = _dictionary(site, fields, _choices(site, _asked(site) | needed | required, types), required)
    problems += [*_fields(site, infos), *_marker(site, types), *_states(site, types), *_scope(site, scope, infos)]
    if not missing:
        problems += _rights(site, of_new)
    return Preflight(
        account=account,
        offset=site.http.clock_offset,
        version=API,
        fields=infos,
        search_delay=search_delay,
        edges=ways,
        whole_workflow=True,
        problems=tuple(problems),
        remarks=("comments are public: Azure DevOps has no private ones", *unseen(site, types, seen)),
        private_comments=False,
        inactive=frozenset() if missing else judging.inactive(site, types),
        mentions={} if missing else people.mentions(site, seen.values()),
        learnt=site.learnt(),
    )


def _stranger(site: Site, delay: float, what: str, fix: str) -> Preflight:
    problem = _wrong(site, "TDM-220", what, fix)
    return Preflight(Author("", ""), site.http.clock_offset, API, {}, delay, problems=(problem,))


def _types(site: Site) -> tuple[dict[str, Mapping[str, Raw]], list[Problem]]:
    """The work item types of each project of the scope, as it is called there: project → type → what is told of it."""
    found: dict[str, Mapping[str, Raw]] = {}
    problems = []
    for project in site.projects:
        try:
            found[_called(site, project)] = site.types(project)
        except (ItemError, CredentialsError):
            problems.append(site.lost(project))
    if not site.projects:
        fix = "Name one in the scope: {field: System.TeamProject, is: <project>}."
        problems.append(_wrong(site, "TDM-227", "the scope names no project", fix, PROJECT))
    return found, problems


def _called(site: Site, project: str) -> str:
    """A project's name as it is spelled there, for Azure DevOps takes it in any case: its root area is called so."""
    try:
        return str(site.get(site.within(project, f"wit/classificationnodes/{PATHS[AREA]}"))["name"])
    except ItemError:
        return project


def _rights(site: Site, of_new: judging.OfNew) -> Iterator[Problem]:
    """The feed of revisions asks for a right of its own; so does reading items of an area."""
    path = site.within(site.project, "wit/reporting/workitemrevisions")
    told = site.ask("GET", path, params={"$maxPageSize": "1"}, accept=(401, 403, 404))
    if told.status_code != 200:
        what = "our account may not read the feed of revisions"
        fix = "Give it the right to view work items in the whole project, and the token the scope Work Items (read)."
        yield _wrong(site, "TDM-221", what, fix, PROJECT)
    if not of_new.allowed:
        what = "our account may not make work items there"
        fix = (
            "Give it the right to edit work items in the area of the scope, and the token Work Items (read and write)."
        )
        yield _wrong(site, "TDM-221", what, fix, AREA)
    conditions = [one for one in site.needs.scope if one.field != PROJECT]
    if not conditions and not site.needs.query:
        what = "the scope takes every work item of the project that our account may see"
        everything = _wrong(site, "TDM-227", what, "Name a type, an area or a tag in the scope.", "scope")
        yield replace(everything, warning=True)


# ---- dictionary


def _asked(site: Site) -> frozenset[str]:
    """The fields that the contract names."""
    return site.needs.read | site.needs.write | {condition.field for condition in site.needs.scope}


def _dictionary(
    site: Site, fields: Mapping[str, Field], choices: Mapping[str, Mapping[str, str]], required: frozenset[str]
) -> dict[str, FieldInfo]:
    return {
        name: FieldInfo(
            name=name,
            label=one.label,
            kind=one.kind,
            writable=not one.read_only,
            max_length=_longest(one),
            choices=choices.get(name, {}),
            required=name in required,
            filled=name in FILLED,
        )
        for name, one in fields.items()
    }


def _longest(one: Field) -> int | None:
    if one.kind in ("rich", "lines"):
        return TEXT_LONGEST
    return TITLE_LONGEST if one.kind == "text" else None


def _choices(site: Site, asked: frozenset[str], types: Mapping[str, Mapping[str, Raw]]) -> dict[str, Mapping[str, str]]:
    """What fields may hold, of all types of the scope's projects together: stored value → what people call it."""
    found: dict[str, dict[str, str]] = {PROJECT: _named(types)}
    for project, of_project in types.items():
        found.setdefault(TYPE, {}).update(_named(of_project))
        for type_ in choosing(site, types, project):
            states = of_project[type_].get("states") or ()
            found.setdefault(STATE, {}).update(_named(str(one["name"]) for one in states))
    for name, group in PATHS.items():
        for project in types if name in asked else ():
            found.setdefault(name, {}).update(_named(_nodes(site, project, group)))
    picked = {name for name in asked - found.keys() if name in site.fields and site.fields[name].kind == "choice"}
    for project in types if picked else ():
        for type_ in choosing(site, types, project):
            for name, values in _allowed(site, project, type_, picked):
                found.setdefault(name, {}).update(_named(values))
    return dict(found)


def _named(names: Any) -> dict[str, str]:
    return {str(name): str(name) for name in names}


def _allowed(site: Site, project: str, type_: str, names: set[str]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The values that the fields of a type may hold."""
    path = site.within(project, f"wit/workitemtypes/{type_}/fields")
    try:
        told = site.get(path, **{"$expand": "allowedValues"})["value"]
    except ItemError:
        return
    yield from (
        (one["referenceName"], one["allowedValues"])
        for one in told
        if one.get("referenceName") in names and one.get("allowedValues")
    )


def _nodes(site: Site, project: str, group: str) -> Iterator[str]:
    """The paths of a project's areas or iterations."""
    try:
        root = site.get(site.within(project, f"wit/classificationnodes/{group}"), **{"$depth": DEEPEST})
    except ItemError:
        return
    waiting = [(str(root["name"]), root)]
    while waiting:
        path, node = waiting.pop(0)
        yield path
        waiting += [(f"{path}\\{child['name']}", child) for child in node.get("children") or ()]


def _required(site: Site, types: Mapping[str, Mapping[str, Raw]]) -> frozenset[str]:
    """What no new item can do without. Azure DevOps fills its own fields by itself, but for the title."""
    return frozenset(
        str(one["referenceName"])
        for of_project in types.values()
        for type_ in meant(site, of_project)
        for one in of_project[type_].get("fieldInstances") or ()
        if one.get("alwaysRequired") is True
        and one.get("defaultValue") is None
        and (one["referenceName"] == TITLE or not str(one["referenceName"]).startswith("System."))
    )


def _fields(site: Site, infos: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    for name in sorted(_asked(site) - infos.keys()):
        fix = "Write the reference name (System.Title, Microsoft.VSTS.Common.Priority, Custom.OrderNo)."
        yield _wrong(site, "TDM-222", f'Azure DevOps has no field "{name}"', fix, name)
    for name in sorted(site.needs.write & infos.keys()):
        if not infos[name].writable:
            yield _wrong(site, "TDM-223", f"{name} cannot be written", "Take it out of what comes in.", name)
    if site.mark_field and site.mark_field in site.needs.read | site.needs.write:
        what, fix = f"{site.mark_field} is the field for our marks", "Take it out of the contract's fields."
        yield _wrong(site, "TDM-223", what, fix, site.mark_field)


def _marker(site: Site, types: Mapping[str, Mapping[str, Raw]]) -> Iterator[Problem]:
    name, known = site.mark_field, site.fields.get(site.mark_field)
    if site.needs.options.get("markup", "html") not in MARKUPS:
        what = "texts are written as html or as markdown"
        yield _wrong(site, "TDM-222", what, "Write options: {markup: html} or markdown.", "options.markup")
    elif site.needs.options.get("markup") == "markdown" and not judging.takes_markdown(site, types):
        what = "this server does not take long texts as Markdown"
        yield _wrong(site, "TDM-229", what, "Write options: {markup: html}.", "options.markup")
    if not name:
        if site.needs.write:
            what = "the contract names no field for the marks by which our own work is known again"
            yield _wrong(site, "TDM-222", what, _MADE, "options.marker")
        return
    if not _holds_marks(name, known):
        able = [one for one, about in site.fields.items() if _holds_marks(one, about)]
        near = [one for one in able if one.casefold() == name.casefold()] or get_close_matches(name, able, 1)
        fix = f'Did you mean "{near[0]}"? {_MADE}' if near else _MADE
        what = f'"{name}" is no custom field for one line of text'
        yield _wrong(site, "TDM-222", what, fix, "options.marker")
        return
    for project, of_project in types.items():
        for type_ in meant(site, of_project):
            listed = of_project[type_].get("fieldInstances") or of_project[type_].get("fields") or ()
            names = {one.get("referenceName") for one in listed}
            if names and name not in names:
                lacking = _wrong(site, "TDM-222", f"{type_} of {project} has no field {name}", _MADE, "options.marker")
                yield lacking if len(meant(site, of_project)) < len(of_project) else replace(lacking, warning=True)


def _holds_marks(name: str, known: Field | None) -> bool:
    return known is not None and known.kind == "text" and not known.read_only and name.startswith("Custom.")


# ---- states and scope


def _states(site: Site, types: Mapping[str, Mapping[str, Raw]]) -> Iterator[Problem]:
    """A status that a contract maps must be a state of some type, and one to which a step leads or that begins."""
    told = [of_project[name] for of_project in types.values() for name in meant(site, of_project)]
    states = {str(state["name"]) for one in told for state in one.get("states") or ()}
    if not states:
        return
    reached = {
        str(way.get("to")).casefold()
        for one in told
        for begin, ways in (one.get("transitions") or {}).items()
        for way in ways or ()
        if way.get("to") != begin
    }
    known = {state.casefold() for state in states}
    for status in site.needs.statuses:
        if status.casefold() not in known:
            fix = f"Choose from: {', '.join(sorted(states))}."
            yield _wrong(site, "TDM-225", f'no type of the scope has the state "{status}"', fix, STATE)
        elif reached and status.casefold() not in reached:
            what = f'no step of the process leads to the state "{status}"'
            yield _wrong(site, "TDM-225", what, "Map a state that can be reached, or change the process.", STATE)


def _scope(site: Site, scope: Scope, infos: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    for condition in site.needs.scope:
        choices = infos[condition.field].choices if condition.field in infos else {}
        if not choices or condition.field == PROJECT:
            continue
        known = {word.casefold() for word in choices}
        for word in wanted(condition):
            if word.casefold() not in known:
                what = f'the scope names {condition.field} "{word}", which Azure DevOps does not have'
                fix = f"Choose from: {', '.join(sorted(choices)[:20])}."
                yield _wrong(site, "TDM-224", what, fix, condition.field)
    if site.needs.query:
        yield from raw_query.wrong(site, scope, site.needs.query)


def _wrong(site: Site, code: str, what: str, fix: str, key: str = "") -> Problem:
    return Problem(code, what, fix, where=site.http.tenant, key=key)
