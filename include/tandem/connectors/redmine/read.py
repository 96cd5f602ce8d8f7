# SPDX-License-Identifier: Apache-2.0
"""Reads of issues: what changed, what is in scope, issues by id, our own creates, ways of the workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from tandem.connectors.base import Author, Page, Record, Seen, Way
from tandem.connectors.redmine.shape import (
    OPEN,
    Form,
    Raw,
    flat,
    moment,
    raw_value,
    stamp,
    version,
)
from tandem.connectors.redmine.site import PAGE, Filter, Site, bound
from tandem.core.values import from_utc_text

QUERY = "query"
_TELL_AUTHOR = ("author", "description")  # offered fields beside which it is told who opened an issue
SECOND = timedelta(seconds=1)
LARGEST = 2**31  # ids are whole numbers below it


def start(site: Site, now: datetime) -> str:
    """Give the cursor for ``now`` (on our clock) in Redmine's time."""
    return stamp(site.at(now) - SECOND)


def changed_since(site: Site, cursor: str, overlap: timedelta) -> Iterator[Page]:
    """List what changed behind an instant of Redmine's clock, going back by the overlap.

    Pages by offset would shift with each change meanwhile, so each page begins at the stamp where the last one ended.
    Where more share a stamp than a page holds, they are listed by their ids, which stand still.
    """
    newest, since = cursor, from_utc_text(cursor) - overlap - SECOND
    while True:
        there = site.there()
        issues = site.listed([*site.places(), bound(since)], "updated_on:asc,id:asc")
        newest = max([newest, *(str(issue["updated_on"]) for issue in issues)])
        yield Page(_seen(site, issues, there), newest)
        if len(issues) < PAGE:
            return
        last = moment(issues[-1]["updated_on"])
        if last > since:
            since = last
            continue
        end = since + SECOND
        window: Filter = ("updated_on", "><", (stamp(since), stamp(end)))
        for page, asked in _by_id(site, [*site.places(), window]):
            yield Page(_seen(site, page, asked), max(newest, stamp(since)))
        since = end


def in_scope(site: Site) -> Iterator[Page]:
    """List all that is in scope, by ids, so that no change shifts a page."""
    for issues, there in _by_id(site, site.places(), narrowed=True):
        yield Page(tuple(seen for seen in _seen(site, issues, there, ask_query=False) if seen.in_scope))


def _by_id(site: Site, filters: Sequence[Filter], *, narrowed: bool = False) -> Iterator[tuple[list[Raw], float]]:
    """Read all pages of a list, with what time it was at least when each was asked for."""
    above = 0
    while True:
        there = site.there()
        issues = site.listed([*filters, ("issue_id", ">=", (str(above + 1),))], "id:asc", narrowed=narrowed)
        yield issues, there
        if len(issues) < PAGE:
            return
        above = int(issues[-1]["id"])


def _seen(site: Site, issues: Sequence[Raw], there: float, *, ask_query: bool = True) -> tuple[Seen, ...]:
    reasons = judged(site, issues) if ask_query else {str(issue["id"]): site.scope.reason(issue) for issue in issues}
    return tuple(
        Seen(
            id=str(issue["id"]),
            version=version(str(issue["updated_on"]), there, listed=True),
            created_at=moment(issue["created_on"]),
            in_scope=not reasons[str(issue["id"])],
        )
        for issue in issues
    )


def judged(site: Site, issues: Sequence[Raw]) -> dict[str, str]:
    """Judge issues as read: why each is out of scope (empty: it is in)."""
    reasons = {str(issue["id"]): site.scope.reason(issue) for issue in issues}
    inside = [number for number, reason in reasons.items() if not reason]
    if site.needs.query and inside:
        found = {str(issue["id"]) for issue in site.listed_by_id(inside, narrowed=True)}
        reasons |= {number: QUERY for number in inside if number not in found}
    return reasons


def fetch(site: Site, ids: Sequence[str], *, ahead: bool) -> tuple[Record, ...]:
    """Read issues by id. With ``ahead`` each is read with its journals, which are kept for the history, once.

    Of those that are not there, the deleted ones are told: Redmine says which.
    """
    wanted = [
        number for number in dict.fromkeys(ids) if number.isascii() and number.isdigit() and int(number) < LARGEST
    ]
    there = site.there()
    if ahead:
        issues = [issue for issue in site.http.map(site.issue, wanted) if issue is not None]
    else:
        issues = site.listed_by_id(wanted)
    reasons = judged(site, issues)
    site.fresh = {str(issue["id"]): issue for issue in issues} if ahead else {}
    missing = [number for number in wanted if number not in reasons]
    gone = site.http.map(site.is_deleted, missing)
    return (
        *(_record(site, issue, reasons[str(issue["id"])], there) for issue in issues),
        *(_tombstone(site, number, there) for number, deleted in zip(missing, gone, strict=True) if deleted),
    )


def _record(site: Site, issue: Raw, reason: str, there: float) -> Record:
    number, updated = str(issue["id"]), str(issue["updated_on"])
    forms = {} if reason else shown_forms(site, issue)
    fields = {name: flat(raw_value(issue, name), form) for name, form in forms.items()}
    named: dict[str, Author] = {}
    for name, form in forms.items():
        if form.kind == "person" and fields[name] is not None:
            value = raw_value(issue, name)
            person = site.person(value if isinstance(value, Mapping) else {"id": value})
            named[person.id] = person
    seen = version(updated, there)
    return Record(
        id=number,
        key=number,
        url=f"{site.http.base_url}/issues/{number}",
        version=seen,
        place=str((issue.get("project") or {}).get("id") or ""),
        type="" if reason else str((issue.get("tracker") or {}).get("id") or ""),
        created_at=moment(issue["created_on"]),
        updated_at=moment(updated),
        in_scope=not reason,
        fields=fields,
        people=named,
        reporter=None if reason or site.needs.read.isdisjoint(_TELL_AUTHOR) else site.person(issue.get("author")),
        mark=site.note_origin(issue).origin if not reason else None,
        settled=not seen.endswith(OPEN),
        scope_reason=reason,
    )


def shown_forms(site: Site, issue: Raw) -> dict[str, Form]:
    """The fields asked for that an issue can have: a custom field of other trackers or projects is not empty in it."""
    there = {f"cf_{one['id']}" for one in issue.get("custom_fields") or ()}
    wanted = sorted(site.needs.read | site.needs.write)
    return {name: site.form(name) for name in wanted if not name.startswith("cf_") or name in there}


def _tombstone(site: Site, number: str, there: float) -> Record:
    at = datetime.fromtimestamp(there, tz=moment("").tzinfo)
    return Record(
        id=number,
        key=number,
        url=f"{site.http.base_url}/issues/{number}",
        version=stamp(at),
        place="",
        type="",
        created_at=moment(""),
        updated_at=at,
        in_scope=False,
        final="deleted",
        scope_reason="deleted",
    )


def find(site: Site, marks: Sequence[str]) -> dict[str, str]:
    """Find our own creates by the field that holds our marks; a list of Redmine's is as fresh as its database."""
    found: dict[str, str] = {}
    for mark in marks:
        for issue in site.listed([(site.mark_field, "~", (mark,))], "id:asc"):
            if site.note_origin(issue).origin == mark:
                found.setdefault(mark, str(issue["id"]))
    return found


def ways(site: Site, ids: Sequence[str]) -> dict[str, tuple[Way, ...]]:
    """Read which statuses each issue can be given now; one that is gone or hidden is left out."""
    numbers = list(dict.fromkeys(ids))
    found = site.http.map(lambda number: site.issue(number, include="allowed_statuses"), numbers)
    return {n: offered(site, issue) for n, issue in zip(numbers, found, strict=True) if issue is not None}


def offered(site: Site, issue: Raw) -> tuple[Way, ...]:
    """The ways out of where an issue stands.

    Redmine tells them since 5.0. Of an older one every status may be tried: what the workflow forbids it passes over.
    """
    told = issue.get("allowed_statuses")
    statuses = site.statuses if told is None else told
    now = str(issue["status"]["id"])
    return tuple(
        Way(str(one["id"]), str(one["name"]), str(one["id"]), sure=told is not None)
        for one in statuses
        if str(one["id"]) != now
    )
