# SPDX-License-Identifier: Apache-2.0
"""Worklogs: time that people say they spent, and what it does to the remaining estimate."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.jira import comments, durations
from sandbox.jira.catalog import Account
from sandbox.jira.errors import JiraError, bad_field
from sandbox.jira.fields import Field, estimate_items, rich_text
from sandbox.jira.site import Site
from sandbox.jira.store import Issue, Item, Worklog
from sandbox.jira.values import JsonObject

_COMMENT = Field("comment", "Comment", "text")


def add(
    site: Site, account: Account, issue: Issue, body: JsonObject, version: str, query: Mapping[str, str] | None = None
) -> Worklog:
    """Log work. `query` says what becomes of the estimate. Raises: JiraError 400, 403."""
    seconds, started, text = check(site, account, issue, body, version)
    now = site.store.now()
    made = Worklog(
        id=site.store.next_id("worklog"),
        author=account.id,
        body=text,
        created=now,
        updated=now,
        update_author=account.id,
        started=started or now,
        seconds=seconds or 0,
        visibility=comments.restriction(site, account, body.get("visibility")),
        properties=comments.properties_of(body),
    )
    _save(site, account, issue, (*issue.worklogs, made), _estimate(issue, -made.seconds, query or {}), str(made.id))
    return made


def check(
    site: Site, account: Account, issue: Issue, body: JsonObject, version: str
) -> tuple[int | None, datetime | None, JsonObject | None]:
    """Read the seconds, the start and the text of a worklog that is about to be added. Raises: JiraError 400, 403."""
    if not account.may("WORK_ON_ISSUES"):
        raise JiraError(403, "You do not have the permission to associate a worklog to this issue.")
    seconds, started, text = _read(site, account, issue, body, version)
    if not seconds:
        raise bad_field("timeLogged", "You must indicate the time spent working.")
    return seconds, started, text


def edit(
    site: Site,
    account: Account,
    issue: Issue,
    worklog: Worklog,
    body: JsonObject,
    version: str,
    query: Mapping[str, str] | None = None,
) -> Worklog:
    """Change a worklog. Raises: JiraError 400."""
    _check_right(account, worklog, "EDIT", "edit")
    seconds, started, text = _read(site, account, issue, body, version)
    changed = replace(
        worklog,
        body=text if "comment" in body else worklog.body,
        seconds=seconds or worklog.seconds,
        started=started or worklog.started,
        updated=site.store.now(),
        update_author=account.id,
        properties={**worklog.properties, **comments.properties_of(body)},
    )
    if "visibility" in body:
        changed = replace(changed, visibility=comments.restriction(site, account, body["visibility"]))
    kept = tuple(changed if one.id == worklog.id else one for one in issue.worklogs)
    _save(site, account, issue, kept, _estimate(issue, worklog.seconds - changed.seconds, query or {}), str(worklog.id))
    return changed


def delete(
    site: Site, account: Account, issue: Issue, worklog: Worklog, query: Mapping[str, str] | None = None
) -> None:
    """Delete a worklog; only its id is told of later. Raises: JiraError 400."""
    _check_right(account, worklog, "DELETE", "delete")
    kept = tuple(one for one in issue.worklogs if one.id != worklog.id)
    _save(site, account, issue, kept, _estimate(issue, worklog.seconds, query or {}), str(worklog.id))
    site.store.deleted_worklogs[worklog.id] = site.store.now()


def spent(issue: Issue) -> int:
    """Return the seconds spent on an issue."""
    return sum(one.seconds for one in issue.worklogs)


def _read(
    site: Site, account: Account, issue: Issue, body: JsonObject, version: str
) -> tuple[int | None, datetime | None, JsonObject | None]:
    given, seconds = body.get("timeSpent"), body.get("timeSpentSeconds")
    if given is not None:
        seconds = durations.read(given) if isinstance(given, str) else None
        if seconds is None:
            raise bad_field("timeLogged", "Invalid time duration entered.")
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 60):
        raise bad_field("timeLogged", "Invalid time duration entered.")
    started = body.get("started")
    try:
        moment = datetime.strptime(started, "%Y-%m-%dT%H:%M:%S.%f%z") if started is not None else None
    except (TypeError, ValueError):
        raise JiraError(400, f"Unexpected value for 'started': {started}") from None
    text = body.get("comment")
    return seconds, moment, rich_text(_COMMENT, text, site.setting(issue, account, version)) if text else None


def _estimate(issue: Issue, change: int, query: Mapping[str, str]) -> tuple[int | None, int | None] | None:
    """Return the estimates as `adjustEstimate` leaves them: `auto` counts the remaining one on."""
    original, remaining = issue.fields.get("timetracking") or (None, None)
    match query.get("adjustEstimate", "auto"):
        case "leave":
            pass
        case "new":
            remaining = _span(query, "newEstimate")
        case "manual":
            remaining = max(0, (remaining or 0) - _span(query, "reduceBy" if change < 0 else "increaseBy"))
        case "auto":
            remaining = remaining if remaining is None else max(0, remaining + change)
        case other:
            raise JiraError(400, f"Invalid value for adjustEstimate: {other}")
    return None if original is None and remaining is None else (original, remaining)


def _span(query: Mapping[str, str], name: str) -> int:
    seconds = durations.read(query.get(name, ""))
    if seconds is None:
        raise JiraError(400, f"You must supply a valid '{name}'.")
    return seconds if name != "increaseBy" else -seconds


def _save(
    site: Site, account: Account, issue: Issue, worklogs: tuple[Worklog, ...], estimates: Any, number: str
) -> None:
    told = estimate_items(issue.fields.get("timetracking"), estimates)
    before, after = spent(issue), sum(one.seconds for one in worklogs)
    if before != after:
        old, new = (str(value) if value else None for value in (before, after))
        told.append(Item("timespent", "timespent", old, old, new, new))
    told.append(Item("WorklogId", None, number, number, None, None))
    fields = {**issue.fields, "timetracking": estimates}
    site.record(issue, account, told, fields=fields, worklogs=worklogs)


def _check_right(account: Account, worklog: Worklog, verb: str, word: str) -> None:
    own = account.id == worklog.author and account.may(f"{verb}_OWN_WORKLOGS")
    if not (own or account.may(f"{verb}_ALL_WORKLOGS")):
        raise JiraError(400, f"You do not have the permission to {word} the worklog with id: {worklog.id}.")
