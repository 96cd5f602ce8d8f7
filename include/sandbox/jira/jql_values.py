# SPDX-License-Identifier: Apache-2.0
"""JQL: the fields that search knows, what an issue holds of each, and what an operand means beside them."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sandbox.jira import adf, durations, worklogs
from sandbox.jira.catalog import Account, Named, named, with_id
from sandbox.jira.errors import JiraError
from sandbox.jira.fields import PARTS, Field, Setting, fields_of, known_of
from sandbox.jira.jql_dates import moment
from sandbox.jira.jql_parse import Call, Empty, Operand
from sandbox.jira.parts import Version
from sandbox.jira.site import Site
from sandbox.jira.store import Issue
from sandbox.jira.values import epoch_ms

Value: TypeAlias = str | int | float | None

_ALIASES = {
    "key": "issuekey",
    "id": "issuekey",
    "issue": "issuekey",
    "type": "issuetype",
    "createddate": "created",
    "updateddate": "updated",
    "resolved": "resolutiondate",
    "due": "duedate",
    "level": "security",
    "component": "components",
    "fixversion": "fixversions",
    "affectedversion": "versions",
    "timeoriginalestimate": "originalestimate",
    "timeestimate": "remainingestimate",
}
_BESIDE = {
    "issuekey": "issuekey",
    "project": "project",
    "status": "status",
    "statuscategory": "statuscategory",
    "statuscategorychangeddate": "date",
    "creator": "user",
    "watcher": "user",
    "voter": "user",
    "worklogauthor": "user",
    "text": "text",
    "comment": "text",
    "worklogcomment": "text",
    "parent": "parent",
    "created": "date",
    "updated": "date",
    "resolutiondate": "date",
    "duedate": "date",
    "worklogdate": "date",
    "watchers": "number",
    "votes": "number",
    "attachments": "file",
    "timespent": "span",
    "originalestimate": "span",
    "remainingestimate": "span",
}
"""Kinds by field, of those that requests do not set as others; the names in lower case."""
_TEXTS = ("summary", "text", "string")
_CATEGORIES = {
    "new": ("to do", "new", "2"),
    "indeterminate": ("in progress", "indeterminate", "4"),
    "done": ("done", "complete", "3"),
}


@dataclass(frozen=True)
class Searcher:
    """Who searches where, and when."""

    site: Site
    account: Account
    now: datetime

    def moment(self, field: str, operand: Operand) -> int:
        """Read a date in milliseconds. Raises: JiraError 400."""
        return moment(field, operand, self.account.zone, self.now)


def field_id(name: str, searcher: Searcher) -> str:
    """Resolve a field as written: system name, custom name, `cf[10042]` or `customfield_10042`.

    Raises:
        JiraError: 400 for a field that the site does not have.
    """
    wanted = name.lower()
    if custom := re.fullmatch(r"cf\[(\d+)\]", wanted):
        wanted = f"customfield_{custom[1]}"
    wanted = _ALIASES.get(wanted, wanted)
    if wanted in _BESIDE:
        return wanted
    for known in fields_of(searcher.site.catalog).values():
        if wanted in (known.id.lower(), known.name.lower()):
            return known.id
    raise JiraError(400, f"Field '{name}' does not exist or you do not have permission to view it.")


def kind_of(name: str, searcher: Searcher) -> str:
    """Return how a field of that id is compared: `text`, or by the kind of its values."""
    known = fields_of(searcher.site.catalog).get(name)
    kind = _BESIDE.get(name) or (known.kind if known else name)
    return "text" if kind in _TEXTS else kind


def value_of(issue: Issue, name: str, searcher: Searcher) -> Any:
    """Return what search compares and sorts by: ids, text, milliseconds; a tuple of many; None where empty."""
    match name:
        case "issuekey":
            return issue.id
        case "statuscategory":
            return searcher.site.catalog.status(issue.status).category
        case "created" | "updated":
            return epoch_ms(getattr(issue, name))
        case "resolutiondate":
            return epoch_ms(issue.resolved) if issue.resolved else None
        case "statuscategorychangeddate":
            return epoch_ms(issue.category_changed)
        case "project" | "status" | "creator" | "parent":
            return getattr(issue, name)
        case "security":
            return searcher.site.level_of(issue)
        case "watcher" | "voter":
            return tuple(sorted(issue.watchers if name == "watcher" else issue.voters))
        case "watchers" | "votes":
            return len(issue.watchers if name == "watchers" else issue.voters)
        case "attachments":
            return tuple(str(file.id) for file in issue.attachments)
        case "worklogauthor" | "worklogdate":
            seen = [one for one in issue.worklogs if searcher.site.sees_said(searcher.account, one)]
            return tuple(one.author if name == "worklogauthor" else epoch_ms(one.started) for one in seen)
        case "timespent":
            return worklogs.spent(issue) or None
        case "originalestimate" | "remainingestimate":
            original, remaining = issue.fields.get("timetracking") or (None, None)
            return original if name == "originalestimate" else remaining
        case "timetracking":
            return None
    stored = issue.fields.get(name)
    if isinstance(stored, datetime):
        return epoch_ms(stored)
    if name == "duedate" and stored:
        return epoch_ms(datetime.fromisoformat(stored).replace(tzinfo=searcher.account.zone))
    return adf.plain(stored) if isinstance(stored, dict) else stored


def texts_of(issue: Issue, name: str, searcher: Searcher) -> Iterable[str]:
    """Return what a text search looks through; comments and worklogs only as far as the account may see them."""
    site, account = searcher.site, searcher.account
    said = [adf.plain(one.body) for one in issue.comments if site.sees_said(account, one)]
    if name == "comment":
        return said
    if name == "worklogcomment":
        return [adf.plain(one.body) for one in issue.worklogs if one.body and site.sees_said(account, one)]
    if name != "text":
        return [str(value_of(issue, name, searcher) or "")]
    kinds = {known.id for known in fields_of(site.catalog).values() if known.kind in ("summary", "text")}
    return [str(value_of(issue, one, searcher) or "") for one in kinds] + said


def meant(field: str, name: str, operand: Operand, searcher: Searcher) -> Collection[Value]:
    """Resolve one operand to what issues hold in the field of that id; `field` is the one written, for messages.

    Raises:
        JiraError: 400 for what the site does not know, or the account may not.
    """
    kind = kind_of(name, searcher)
    if isinstance(operand, Empty):
        return [None]
    if kind in ("date", "datetime"):
        return [searcher.moment(field, operand)]
    if isinstance(operand, Call):
        return _called(operand, kind, searcher)
    text, catalog = operand.text, searcher.site.catalog
    known = fields_of(catalog).get(name)
    match kind:
        case "issuekey" | "parent":
            return [_issue(field, text, searcher)]
        case "project":
            project = catalog.project(text) or named(catalog.projects, text)
            allowed = [p for p in catalog.projects if p is project and catalog.may_browse(searcher.account, p)]
            return [p.id for p in allowed] or _unknown(field, text)
        case "status":
            return _ids(catalog.statuses, text) or _unknown(field, text)
        case "statuscategory":
            return [key for key, names in _CATEGORIES.items() if text.lower() in names] or _unknown(field, text)
        case "user":
            people = catalog.accounts.values()
            return [a.id for a in people if text in (a.id, a.name) or text.lower() == a.email] or _unknown(field, text)
        case "resolution" if text.lower() == "unresolved":
            return [None]
        case "labels":
            return [text]
        case "number":
            return [_number(field, text)]
        case "span":
            return [_span(field, text)]
    choices = tuple(_choices(known, searcher))
    if known and known.kind in PARTS:
        return [one.id for one in choices if text in (one.id, one.name)] or _unknown(field, text)
    return _ids(choices, text) or _unknown(field, text)


def _called(call: Call, kind: str, searcher: Searcher) -> Collection[Value]:
    function = _FUNCTIONS.get((kind, call.name))
    if function is None:
        raise JiraError(400, f"Unable to find JQL function '{call.written}({', '.join(call.arguments)})'.")
    return function(call, searcher)


def _members(call: Call, searcher: Searcher) -> Collection[Value]:
    """`membersOf("jira-users")`."""
    name = call.arguments[0] if call.arguments else ""
    group = next((g for g in searcher.site.catalog.groups if name.lower() in (g.id, g.name.lower())), None)
    if group is None:
        raise JiraError(400, f"Function 'membersOf' can not generate a list of usernames for group '{name}'.")
    return group.members


def _linked(call: Call, searcher: Searcher) -> Collection[Value]:
    """`linkedIssues(SHOP-1)`, of all kinds, or `linkedIssues(SHOP-1, "blocks")` of one, in its direction."""
    if not call.arguments:
        raise JiraError(400, "Function 'linkedIssues' expected between '1' and '2' arguments but received '0'.")
    number, word = _issue("issue", call.arguments[0], searcher), [one.lower() for one in call.arguments[1:]]
    types = {one.id: one for one in searcher.site.catalog.link_types}
    found: list[int] = []
    for link in searcher.site.store.links.values():
        kind = types.get(link.type)
        if kind is None:
            continue
        if link.inward_issue == number and (not word or kind.outward.lower() in word):
            found.append(link.outward_issue)
        if link.outward_issue == number and (not word or kind.inward.lower() in word):
            found.append(link.inward_issue)
    return found


def _versions(released: bool) -> "_Function":
    """`releasedVersions(SHOP)` or `unreleasedVersions()`: of the projects named, or of all."""

    def listed(call: Call, searcher: Searcher) -> Collection[Value]:
        projects = {project.id for one in call.arguments if (project := searcher.site.catalog.project(one))}
        known = [one for one in searcher.site.parts.all("versions").values() if isinstance(one, Version)]
        of = [one for one in known if not call.arguments or one.project in projects]
        return [one.id for one in of if one.released is released and not one.archived]

    return listed


def _types(subtasks: bool) -> "_Function":
    return lambda call, searcher: [known.id for known in searcher.site.catalog.types if known.subtask is subtasks]


def _marked(name: str) -> "_Function":
    """`watchedIssues()` or `votedIssues()`: the account's own."""

    def listed(call: Call, searcher: Searcher) -> Collection[Value]:
        issues = searcher.site.store.all()
        return [issue.id for issue in issues if searcher.account.id in value_of(issue, name, searcher)]

    return listed


_Function: TypeAlias = Callable[[Call, Searcher], Collection[Value]]
_FUNCTIONS: Mapping[tuple[str, str], _Function] = {
    ("user", "currentuser"): lambda call, searcher: [searcher.account.id],
    ("user", "membersof"): _members,
    ("type", "subtaskissuetypes"): _types(subtasks=True),
    ("type", "standardissuetypes"): _types(subtasks=False),
    ("issuekey", "linkedissues"): _linked,
    ("issuekey", "watchedissues"): _marked("watcher"),
    ("issuekey", "votedissues"): _marked("voter"),
    ("versions", "releasedversions"): _versions(released=True),
    ("versions", "unreleasedversions"): _versions(released=False),
}
"""By the kind of the field beside which they may stand, and the name in lower case."""


def _choices(known: Field | None, searcher: Searcher) -> Iterable[Named]:
    if known is None:
        return ()
    catalog = searcher.site.catalog
    if known.kind == "type":
        return catalog.types
    parts = searcher.site.parts
    if known.kind in PARTS:
        return tuple(parts.all(known.kind).values())
    return known_of(known, Setting(catalog, "3", catalog.projects[0], searcher.account, parts)) or ()


def _ids(known: Iterable[Named], text: str) -> list[str]:
    found = named(known, text) or with_id(known, text)
    return [found.id] if found else []


def _issue(field: str, text: str, searcher: Searcher) -> int:
    issue = searcher.site.store.find(text)
    if issue is None or not searcher.site.sees(searcher.account, issue):
        what = f"A value with ID '{text}'" if text.isdigit() else f"An issue with key '{text}'"
        raise JiraError(400, f"{what} does not exist for the field '{field}'.")
    return issue.id


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise JiraError(400, f"The value '{text}' for the field '{field}' is not a number.") from None


def _span(field: str, text: str) -> int:
    seconds = durations.read(text)
    if seconds is None:
        raise JiraError(400, f"The value '{text}' for the field '{field}' is not a valid duration.")
    return seconds


def _unknown(field: str, text: str) -> Sequence[str]:
    raise JiraError(400, f"The value '{text}' does not exist for the field '{field}'.")
