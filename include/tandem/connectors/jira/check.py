# SPDX-License-Identifier: Apache-2.0
"""The preflight: log-in, rights, clock, dictionary, scope and workflow, with all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tandem.connectors.base import Author, Condition, Edge, FieldInfo, Preflight
from tandem.connectors.jira import raw_query
from tandem.connectors.jira.read import transitions
from tandem.connectors.jira.scope import among, quoted
from tandem.connectors.jira.shape import BELOW, SYSTEM, TEXT_LONGEST, form
from tandem.connectors.jira.site import FETCH, Issue, Site
from tandem.errors import CredentialsError, GoneError, Problem
from tandem.http import parsed

READ_RIGHTS = ("BROWSE_PROJECTS",)
WRITE_RIGHTS = ("CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS")
FILE_RIGHT = "CREATE_ATTACHMENTS"
LINE_LONGEST = 255  # in UTF-16 units, of the summary too
_REQUIRED = frozenset({"summary", "project", "issuetype"})
_FILLED = frozenset({"created", "creator", "updated", "status"})
_LINE = ":textfield"
_META_PAGE = 200
USERS = 100  # accounts that one request asks for


@dataclass(slots=True)
class Finding:
    """What the checks found so far."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    projects: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(str(project["key"]) for project in self.projects)


def preflight(site: Site, search_delay: float) -> Preflight:
    """Check everything that can be checked without a write.

    Comments can be internal in service projects only, so all projects of the scope must be such.
    """
    found = Finding()
    server: Mapping[str, Any] = {}
    account = Author("", "")
    try:
        server = site.get("/serverInfo")
        account = site.account
    except GoneError:
        found.problems.append(_elsewhere(site))
    except CredentialsError:
        fix = "Set log-in to the account's e-mail and password to an API token that is active."
        found.problems.append(_wrong(site, "TDM-220", "Jira does not accept the log-in", fix))
    if not account.id:
        offset, problems = site.http.clock_offset, tuple(found.problems)
        return Preflight(account, offset, str(server.get("version", "")), {}, search_delay, problems=problems)
    found.remarks.append(str(server.get("deploymentType", "Cloud")))
    _find_projects(site, found)
    _check_rights(site, found)
    fields = _dictionary(site, found)
    _check_scope(site, found, fields)
    edges = _edges(site, found, fields)
    return Preflight(
        account=account,
        offset=site.http.clock_offset,
        version=str(server.get("version", "")),
        fields=fields,
        search_delay=search_delay,
        edges=edges,
        problems=tuple(found.problems),
        remarks=tuple(found.remarks),
        private_comments={project.get("projectTypeKey") for project in found.projects} == {"service_desk"},
        max_file=_largest_file(site) if site.needs.files else None,
        inactive=_inactive(site),
        highest={key: _newest_key(site, key) for key in found.keys} if site.needs.write else {},
        learnt=site.learnt(),
    )


def _elsewhere(site: Site) -> Problem:
    """Say why version 3 of the API is not there: a Jira that a company runs by itself knows version 2 alone."""
    answer = site.http.request("GET", "/rest/api/2/serverInfo", accept=(401, 403, 404))
    server = parsed(answer) if answer.status_code == 200 else {}
    if "deploymentType" not in server:
        fix = "Set the connection's host to the site's own address (https://<site>.atlassian.net)."
        return _wrong(site, "TDM-220", "there is no Jira at this address", fix)
    what = f"this is Jira {server['deploymentType']} {server.get('version', '')}, which lacks version 3 of the API"
    return _wrong(site, "TDM-229", what, "Name a Jira Cloud site, or use a connector made for this edition.")


def _inactive(site: Site) -> frozenset[str]:
    """Which of the accounts that are written were deactivated, or are no accounts here."""
    asked, active = sorted(site.needs.accounts), set[str]()
    for start in range(0, len(asked), USERS):
        part = asked[start : start + USERS]
        users = site.get("/user/bulk", accountId=part, maxResults=USERS)["values"]
        active |= {str(user["accountId"]) for user in users if user.get("active") is not False}
    return frozenset(asked) - active


def _newest_key(site: Site, project: str) -> str:
    """The newest key that the search knows: it lags, so it may be too low, and is never too high."""
    page = next(site.search(f"project = {quoted(project)} ORDER BY created DESC", ["created"], 1))
    return str(page[0]["key"]) if page else ""


def _largest_file(site: Site) -> int | None:
    """Read the site's own limit in bytes; 0 where attachments are switched off, none where it is not told."""
    told = site.get("/attachment/meta")
    limit = told.get("uploadLimit")
    return 0 if told.get("enabled") is False else int(limit) if limit is not None else None


def _find_projects(site: Site, found: Finding) -> None:
    for name in site.scope.projects:
        project = site.project(name)
        if project is not None:
            found.projects.append(project)
            continue
        what = f'there is no project with the key "{name}", or our account may not see it'
        fix = "Write the project's key, or give the integration account the right to browse it."
        found.problems.append(_wrong(site, "TDM-221", what, fix, "project"))


def _check_rights(site: Site, found: Finding) -> None:
    writes = (*WRITE_RIGHTS, *([FILE_RIGHT] if site.needs.files else [])) if site.needs.write else ()
    wanted = (*READ_RIGHTS, *writes)
    for key in found.keys if site.scope.projects else ("",):
        where = {"projectKey": key} if key else {}
        answer = site.get("/mypermissions", permissions=",".join(wanted), **where)
        given = {name for name, told in answer["permissions"].items() if told.get("havePermission")}
        for right in wanted:
            if right not in given:
                what = f"our account lacks the right {right} in {f'project {key}' if key else 'every project'}"
                fix = "Give it that right in the project's permission scheme."
                found.problems.append(_wrong(site, "TDM-221", what, fix, right))


# ---- dictionary


def _dictionary(site: Site, found: Finding) -> dict[str, FieldInfo]:
    kinds = [kind for key in found.keys for kind in site.get(f"/project/{key}/statuses", "/project/statuses")]
    options = _with_options(site)
    screens = _screens(site, found, kinds) if options or site.needs.write else {}
    choices = _choices(site, found, kinds)
    for screen in screens.values():
        for name, meta in screen.items() if options else ():
            for value in meta.get("allowedValues") or () if name in options else ():
                choices.setdefault(name, {}).update(_option(value))
    required = _required(screens)
    infos = {str(told["id"]): _info(told, choices, required) for told in site.dictionary}
    for name in sorted((site.needs.read | site.needs.write | site.scope.fields) - set(infos)):
        if name != "security":  # a site without security levels lacks it; nothing is restricted there
            what = f'Jira has no field "{name}", or our account may not see it'
            fix = "Write the field's id (summary, customfield_10042, …)."
            found.problems.append(_wrong(site, "TDM-222", what, fix, name))
    for name in sorted(site.needs.write & set(infos)):
        if not infos[name].writable:
            what = f"{name} cannot be written"
            found.problems.append(_wrong(site, "TDM-223", what, "Take it out of what comes in.", name))
    known = {word.casefold() for pair in choices["status"].items() for word in pair}
    for status in site.needs.statuses:
        if status.casefold() not in known:
            fix = f"Choose from: {', '.join(sorted(set(choices['status'].values())))}."
            found.problems.append(_wrong(site, "TDM-225", f'Jira has no status "{status}" here', fix, "status"))
    return infos


def _info(
    told: Mapping[str, Any], choices: Mapping[str, Mapping[str, str]], required: Mapping[str, tuple[str, ...]]
) -> FieldInfo:
    name, schema = str(told["id"]), told.get("schema") or {}
    shape = SYSTEM.get(name) or form(schema)
    length = {"summary": LINE_LONGEST}.get(name)
    if shape.kind == "rich":
        length = TEXT_LONGEST
    elif str(schema.get("custom", "")).endswith(_LINE):
        length = LINE_LONGEST
    return FieldInfo(
        name=name,
        label=str(told.get("name", name)),
        kind="persons" if shape.kind == "set" and shape.by == "accountId" else shape.kind,
        writable=shape.writable or name == "status",
        max_length=length,
        choices=choices.get(name, {}),
        required=name in _REQUIRED,
        filled=name in _FILLED,
        required_of=required.get(name, ()),
    )


def _choices(site: Site, found: Finding, kinds: Sequence[Issue]) -> dict[str, dict[str, str]]:
    """Read what choices there are: id → name. Statuses and types are those of the scope's projects."""
    if not found.keys:
        kinds = [{**kind, "statuses": []} for kind in site.get("/issuetype")]
    statuses = [status for kind in kinds for status in kind["statuses"]] or site.get("/status")
    choices = {
        "priority": _names(site.get("/priority")),
        "resolution": _names(site.get("/resolution")),
        "issuetype": _names(kinds),
        "status": _names(statuses),
        "project": {str(project["id"]): str(project["key"]) for project in found.projects},
        "components": _names(part for project in found.projects for part in project.get("components") or ()),
    }
    versions = _names(part for project in found.projects for part in project.get("versions") or ())
    choices |= {"fixVersions": versions, "versions": versions}
    if site.scope.names("security"):
        choices["security"] = _names(level for key in found.keys for level in _levels(site, key))
    return choices


def _option(value: Mapping[str, Any]) -> dict[str, str]:
    """A choice and, where it has such, those below it: id → name."""
    id_, name = str(value["id"]), str(value.get("value") or value.get("name"))
    below = {f"{id_}/{one['id']}": f"{name}{BELOW}{one['value']}" for one in value.get("children") or ()}
    return {id_: name, **below}


def _levels(site: Site, project: str) -> Sequence[Issue]:
    levels: Sequence[Issue] = site.get(f"/project/{project}/securitylevel", "/project/securitylevel")["levels"]
    return levels


def _with_options(site: Site) -> frozenset[str]:
    """Name the needed custom fields that choose from options of their own."""
    needed = site.needs.read | site.needs.write | site.scope.fields
    return frozenset(n for n in needed if n not in SYSTEM and (f := site.forms.get(n)) and f.name == "value")


def _screens(site: Site, found: Finding, kinds: Sequence[Issue]) -> dict[tuple[str, str], dict[str, Issue]]:
    """Read the screens for creating: (project, type) → field → what is told of it.

    They alone tell to everyone which options a field has, and what a project asks for.
    """
    screens: dict[tuple[str, str], dict[str, Issue]] = {}
    for key in found.keys:
        for kind in {str(kind["id"]): kind for kind in kinds}:
            start, total = 0, 1
            while start < total:
                path = f"/issue/createmeta/{key}/issuetypes/{kind}"
                try:
                    page = site.get(path, "/issue/createmeta", startAt=start, maxResults=_META_PAGE)
                except (GoneError, CredentialsError):  # a type of another project, or no right to create, as is told
                    break
                screens.setdefault((key, kind), {}).update({str(meta["fieldId"]): meta for meta in page["fields"]})
                total, start = int(page.get("total", 0)), start + max(len(page["fields"]), 1)
    return screens


def _required(screens: Mapping[tuple[str, str], Mapping[str, Issue]]) -> dict[str, tuple[str, ...]]:
    """What no issue of a type can do without, in whichever project of the scope it is made: field → types."""
    by_type: dict[str, list[set[str]]] = {}
    for (_, kind), screen in screens.items():
        asked = {name for name, meta in screen.items() if meta.get("required") and not meta.get("hasDefaultValue")}
        by_type.setdefault(kind, []).append(asked - _REQUIRED)
    needed = {kind: set.intersection(*each) for kind, each in by_type.items()}
    names = {name for asked in needed.values() for name in asked}
    return {name: tuple(sorted(kind for kind, asked in needed.items() if name in asked)) for name in names}


def _names(items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {str(item["id"]): str(item["name"]) for item in items}


# ---- scope


def _check_scope(site: Site, found: Finding, fields: Mapping[str, FieldInfo]) -> None:
    for condition in site.needs.scope:
        choices = fields[condition.field].choices if condition.field in fields else {}
        if not choices or condition.field == "project":
            continue
        known = {word.casefold() for pair in choices.items() for word in pair}
        for word in _words(condition):
            if word.casefold() not in known:
                what = f'the scope names {condition.field} "{word}", which Jira does not have'
                fix = f"Choose from: {', '.join(sorted(set(choices.values())))}."
                found.problems.append(_wrong(site, "TDM-224", what, fix, condition.field))
    if not (site.needs.scope or site.needs.query):
        what = "the scope takes every issue that our account may see"
        everything = _wrong(site, "TDM-227", what, "Name at least a project in the scope.", "scope")
        found.problems.append(replace(everything, warning=True))
    if site.needs.query:
        found.problems += raw_query.wrong(site, site.needs.query, fields)


def _words(condition: Condition) -> Iterator[str]:
    if condition.is_ is not None:
        yield from map(str, condition.is_ if isinstance(condition.is_, list) else [condition.is_])
    yield from condition.in_
    if condition.contains is not None:
        yield condition.contains


# ---- workflow


def _edges(site: Site, found: Finding, fields: Mapping[str, FieldInfo]) -> tuple[Edge, ...]:
    """Read pieces of the workflow: the ways out of one issue for each type and status that the contract maps."""
    choices = fields["status"].choices if "status" in fields else {}
    mapped = {word.casefold() for word in site.needs.statuses}
    statuses = tuple(sorted(number for number, name in choices.items() if {number, name.casefold()} & mapped))
    edges: list[Edge] = []
    for key in found.keys if statuses else ():
        samples = _samples(site, key, statuses)
        ways = site.http.map(lambda issue: transitions(site, str(issue["id"])), list(samples.values()))
        edges += [
            Edge(key, kind, status, way)
            for (kind, status), offered in zip(samples, ways, strict=True)
            for way in offered or ()
        ]
    return tuple(edges)


def _samples(site: Site, key: str, statuses: tuple[str, ...]) -> dict[tuple[str, str], Issue]:
    """Find one issue for each pair of type and status, as long as a search finds another pair."""
    samples: dict[tuple[str, str], Issue] = {}
    while True:
        parts = [among("project", (key,)), among("status", statuses)]
        parts += [f"NOT ({among('issuetype', (kind,))} AND {among('status', (status,))})" for kind, status in samples]
        known = len(samples)
        for issue in next(site.search(" AND ".join(parts), ["issuetype", "status"], FETCH)):
            place = (str(issue["fields"]["issuetype"]["id"]), str(issue["fields"]["status"]["id"]))
            if place[1] in statuses:
                samples.setdefault(place, issue)
        if len(samples) == known:
            return samples


def _wrong(site: Site, code: str, what: str, fix: str, key: str = "") -> Problem:
    return Problem(code, what, fix, where=site.http.tenant, key=key)
