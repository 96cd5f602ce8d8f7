# SPDX-License-Identifier: Apache-2.0
"""The preflight: log-in, rights, clock, marker, dictionary and scope, with all problems at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from tandem.connectors.base import Author, FieldInfo, Preflight
from tandem.connectors.marks import NO_ORIGIN
from tandem.connectors.redmine import raw_query
from tandem.connectors.redmine.scope import wanted
from tandem.connectors.redmine.shape import (
    CUSTOM,
    LINE_LONGEST,
    STANDARD,
    YES_NO,
    Raw,
    label,
    options,
    raw_value,
)
from tandem.connectors.redmine.site import Site
from tandem.connectors.redmine.write import NOTE_LONGEST, PRIVATE_RIGHTS
from tandem.errors import ConfigurationError, CredentialsError, GoneError, Problem

READ_RIGHTS = ("view_issues", "view_private_notes")
WRITE_RIGHTS = ("add_issues", "edit_issues", "add_issue_notes", "edit_own_issue_notes")
MARKUPS = ("textile", "common_mark")
WRITE = re.compile(r"[0-9a-f]{32}(~[0-9a-f]{8})?")  # the mark of a change of fields; that of a thing made has a colon
_NO_CHOICES: Mapping[str, str] = {}


@dataclass(slots=True)
class Finding:
    """What the checks found so far."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    projects: list[Raw] = field(default_factory=list)


def preflight(site: Site, search_delay: float) -> Preflight:
    """Check everything that can be checked without a write."""
    found = Finding()
    account = _account(site, found)
    if not account.id:
        return Preflight(account, 0.0, "", {}, search_delay, problems=tuple(found.problems))
    _find_projects(site, found)
    _check_rights(site, found)
    _check_options(site, found)
    fields = _dictionary(site, found)
    _check_scope(site, found, fields)
    private = all(site.may(right, str(one["id"])) for one in found.projects for right in PRIVATE_RIGHTS)
    return Preflight(
        account=account,
        offset=site.offset,
        version="",  # Redmine tells it to nobody
        fields=fields,
        search_delay=search_delay,
        problems=tuple(found.problems),
        remarks=tuple(found.remarks),
        private_comments=private if found.projects else None,
    )


def _account(site: Site, found: Finding) -> Author:
    try:
        user = site.account
    except CredentialsError:
        fix = "Set the password to the API key of an active account (My account → API access key), and see that "
        fix += "Administration → Settings → API enables the REST web service."
        found.problems.append(_wrong(site, "TDM-220", "Redmine does not accept the log-in", fix))
    except (GoneError, ConfigurationError):
        fix = "Set the connection's host to the address at which people open Redmine."
        found.problems.append(_wrong(site, "TDM-220", "there is no Redmine at this address", fix))
    else:
        return Author(str(user["id"]), f"{user.get('firstname', '')} {user.get('lastname', '')}".strip())
    return Author("", "")


def _find_projects(site: Site, found: Finding) -> None:
    for name in site.scope.projects:
        number = site.project_id(name)
        if number is not None:
            found.projects.append(site.projects[number])
            continue
        what = f'there is no project "{name}", or our account may not see it'
        fix = "Write the project's identifier, or give the integration account a role in it."
        found.problems.append(_wrong(site, "TDM-221", what, fix, "project"))
    if not site.scope.projects:
        found.projects += site.projects.values()


def _check_rights(site: Site, found: Finding) -> None:
    """Name the rights that our roles lack. Who does not see private notes cannot tell which files came with one."""
    reads = READ_RIGHTS if site.needs.files or site.needs.comments == "all" else READ_RIGHTS[:1]
    for project in found.projects:
        for right in (*reads, *(WRITE_RIGHTS if site.needs.write else ())):
            if not site.may(right, str(project["id"])):
                what = f"our account lacks the right {right} in project {project['identifier']}"
                fix = "Give it to the account's role: Administration → Roles and permissions."
                found.problems.append(_wrong(site, "TDM-221", what, fix, right))


def _check_options(site: Site, found: Finding) -> None:
    if site.needs.options.get("markup") not in MARKUPS:
        what = "the contract does not say how texts are written, and Redmine does not tell"
        fix = "See Administration → Settings → General → Text formatting: options: {markup: textile} or common_mark."
        found.problems.append(_wrong(site, "TDM-222", what, fix, "options.markup"))
    name = site.mark_field
    made = "Make a custom field of issues: format Text, for all projects and trackers, used as a filter, visible to "
    made += "the role of the integration account alone; write options: {marker: cf_<its number>}."
    if not name.removeprefix(CUSTOM).isdigit() or not name.startswith(CUSTOM):
        if site.needs.write:
            what = "the contract names no custom field for the marks by which our own work is known again"
            found.problems.append(_wrong(site, "TDM-222", what, made, "options.marker"))
        return
    if not site.sees_issues:
        what = "Redmine shows our account no list of issues"
        fix = "Give the account a role with the right to view issues in the projects of the scope."
        found.problems.append(_wrong(site, "TDM-221", what, fix, "view_issues"))
        return
    # A filter that is not known is passed over: then issues are found that bear no such mark.
    strange = uuid4().hex
    if any(strange not in str(raw_value(issue, name)) for issue in site.listed([(name, "~", (strange,))], "id:asc")):
        what = f"{name} cannot be searched by: it is no filter, or our account may not see it"
        found.problems.append(_wrong(site, "TDM-222", what, made, "options.marker"))
    told = next((one for one in site.custom_fields if CUSTOM + str(one["id"]) == name), None)
    if told is not None and told.get("field_format") not in ("string", "text"):
        found.problems.append(_wrong(site, "TDM-222", f"{name} is no text", made, "options.marker"))
    elif told is None and site.shown_fields and name not in site.shown_fields:
        what = f"no issue of the scope has {name}"
        found.problems.append(_wrong(site, "TDM-222", what, made, "options.marker"))
    strangers = [one for one in site.listed(site.places(), "id:desc") if not _is_ours(raw_value(one, name))]
    if strangers:
        what = f"{name} holds something else on issue {strangers[0]['id']}: it is for our marks alone"
        found.problems.append(_wrong(site, "TDM-222", what, made, "options.marker"))


def _is_ours(value: Any) -> bool:
    if not value:
        return True
    return isinstance(value, str) and all(
        word == NO_ORIGIN or ":" in word or WRITE.fullmatch(word) for word in value.split(" ")
    )


# ---- dictionary


def _dictionary(site: Site, found: Finding) -> dict[str, FieldInfo]:
    choices = _choices(site, found)
    infos = {
        name: FieldInfo(
            name=name,
            label=label(name),
            kind=form.kind,
            writable=form.writable,
            max_length={"subject": LINE_LONGEST, "description": NOTE_LONGEST}.get(name),
            choices=choices.get(name, _NO_CHOICES),
            required=name in ("subject", "project", "tracker"),
            filled=name in ("author", "created_on", "priority", "status", "updated_on"),
        )
        for name, form in STANDARD.items()
    }
    told = {CUSTOM + str(one["id"]): one for one in site.custom_fields}
    if not told and not site.is_admin:
        found.remarks.append("no administrator: the options of custom fields are not told")
    for name, one in (told or site.shown_fields).items():
        form = site.form(name)
        infos[name] = FieldInfo(
            name=name,
            label=str(one["name"]),
            kind=form.kind,
            writable=form.writable,
            max_length=_longest(one),
            choices=_custom_choices(site, name, one),
            required=one.get("is_required") is True,
        )
    asked = site.needs.read | site.needs.write | site.scope.fields
    for name in sorted(asked - set(infos)):
        # In a project without issues nobody but an administrator learns which custom fields there are.
        if name.removeprefix(CUSTOM).isdigit() and not told and not site.shown_fields:
            infos[name] = FieldInfo(name, name, "unknown")
            continue
        what = f'Redmine has no field "{name}", or our account may not see it'
        custom = ", ".join(f"{own} ({one.label})" for own, one in infos.items() if own.startswith(CUSTOM))
        fix = "Write the name of a standard field (subject, assigned_to, …), or cf_<number> for a custom one"
        fix += f": {custom}." if custom else "."
        found.problems.append(_wrong(site, "TDM-222", what, fix, name))
    for name in sorted(site.needs.write & set(infos)):
        if not infos[name].writable:
            what = f"{name} cannot be written"
            found.problems.append(_wrong(site, "TDM-223", what, "Take it out of what comes in.", name))
    if site.mark_field in site.needs.read | site.needs.write:
        what = f"{site.mark_field} is the marker field"
        fix = "Take it out of the contract's fields."
        found.problems.append(_wrong(site, "TDM-223", what, fix, site.mark_field))
    known = {word.casefold() for pair in choices["status"].items() for word in pair}
    for status in site.needs.statuses:
        if status.casefold() not in known:
            fix = f"Choose from: {', '.join(sorted(set(choices['status'].values())))}."
            found.problems.append(_wrong(site, "TDM-225", f'Redmine has no status "{status}"', fix, "status"))
    return infos


def _longest(told: Raw) -> int | None:
    if told.get("max_length"):
        return int(told["max_length"])
    return None


def _custom_choices(site: Site, name: str, told: Raw) -> Mapping[str, str]:
    form = site.form(name)
    if form.kind != "choice":
        return _NO_CHOICES
    if told.get("field_format") == "version":
        return site.version_names
    return options(told)


def _choices(site: Site, found: Finding) -> dict[str, dict[str, str]]:
    """Read what choices there are: id → name. Trackers, categories and versions are those of the scope's projects."""
    asked = "category" in site.needs.read | site.needs.write | site.scope.fields
    paths = [f"/projects/{project['id']}.json" for project in found.projects] if asked else []
    told = [site.get(path, include="issue_categories")["project"] for path in paths]
    categories = [category for project in told for category in project.get("issue_categories") or ()]
    return {
        "status": _names(site.statuses),
        "priority": _names(site.get("/enumerations/issue_priorities.json")["issue_priorities"]),
        "tracker": _names([tracker for project in found.projects for tracker in project.get("trackers") or ()]),
        "project": {str(project["id"]): str(project["identifier"]) for project in found.projects},
        "category": _names(categories),
        "fixed_version": dict(site.version_names),
        "is_private": dict(YES_NO),
    }


def _names(items: Any) -> dict[str, str]:
    return {str(item["id"]): str(item["name"]) for item in items or ()}


# ---- scope


def _check_scope(site: Site, found: Finding, fields: Mapping[str, FieldInfo]) -> None:
    for condition in site.needs.scope:
        choices = fields[condition.field].choices if condition.field in fields else {}
        if not choices or condition.field in ("project", "is_private"):
            continue
        known = {word.casefold() for pair in choices.items() for word in pair}
        for word in wanted(condition):
            if str(word).casefold() not in known:
                what = f'the scope names {condition.field} "{word}", which Redmine does not have'
                fix = f"Choose from: {', '.join(sorted(set(choices.values())))}."
                found.problems.append(_wrong(site, "TDM-224", what, fix, condition.field))
    if not (site.needs.scope or site.needs.query):
        what = "the scope takes every issue that our account may see"
        everything = _wrong(site, "TDM-227", what, "Name at least a project in the scope.", "scope")
        found.problems.append(replace(everything, warning=True))
    if site.needs.query is not None:
        found.problems += raw_query.wrong(site, site.needs.query)


def _wrong(site: Site, code: str, what: str, fix: str, key: str = "") -> Problem:
    return Problem(code, what, fix, where=site.http.tenant, key=key)
