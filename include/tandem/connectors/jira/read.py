# SPDX-License-Identifier: Apache-2.0
"""Reads of issues: what changed, what is in scope, issues by id, our own creates, ways of the workflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from tandem.connectors.base import Author, Page, Record, Seen, Way
from tandem.connectors.jira.scope import QUERY, Scope
from tandem.connectors.jira.shape import MARK, author, flat, instant, mark_of, people, told_at
from tandem.connectors.jira.site import FETCH, SEARCH_LONGEST, Issue, Site
from tandem.core.values import from_utc_text, utc_text
from tandem.errors import GoneError

RESOLUTION = timedelta(milliseconds=1)  # of Jira's times
MARGIN = timedelta(seconds=3)  # its clock is known to the second
STILL = " still"  # ends a cursor behind which nothing can come up any more
_REPORTER = "reporter"
_ALWAYS = ("created", "issuetype", "project", "security", "status", "updated")


def changed_since(site: Site, cursor: str, overlap: timedelta) -> Iterator[Page]:
    """List what changed behind an instant of the tracker's clock, going back by the overlap.

    Only places are asked for: an issue that another condition has just left must be seen as out of scope. Behind a
    search that was asked when twice the overlap was over, nothing can come up any more: its cursor says so, and the
    next one does not go back. Else a busy minute would be listed again for ever after, in all its pages.
    """
    newest, still = cursor.removesuffix(STILL), cursor.endswith(STILL)
    since = from_utc_text(newest) - (timedelta(0) if still else overlap) - RESOLUTION
    bound = f"updated >= {int(since.timestamp() * 1000)}"  # epoch milliseconds have no time zone
    began = site.http.time()

    def jql(scope: Scope) -> str:
        return " AND ".join(part for part in (scope.places(), bound) if part) + " ORDER BY updated ASC"

    for issues in site.search_scope(jql, _listed(site), FETCH):
        page = _seen(site, issues, ask_query=True)
        reached = max([newest, *(seen.version for seen in page)])
        newest, still = reached, still and reached == newest
        yield Page(page, newest + STILL if still else newest)
    over = from_utc_text(newest) + 2 * overlap + MARGIN
    if not still and over.timestamp() <= began + site.http.clock_offset:
        yield Page((), newest + STILL)


def in_scope(site: Site) -> Iterator[Page]:
    """List all that is in scope, as far as the search knows."""
    for issues in site.search_scope(lambda scope: scope.jql(site.forms), _listed(site), SEARCH_LONGEST):
        yield Page(tuple(seen for seen in _seen(site, issues, ask_query=False) if seen.in_scope))


def _listed(site: Site) -> list[str]:
    return sorted({"updated", "created"} | site.scope.fields)


def _seen(site: Site, issues: Sequence[Issue], *, ask_query: bool) -> tuple[Seen, ...]:
    inside = {str(issue["id"]) for issue in issues if not site.scope.reason(issue["fields"])}
    if site.scope.query and ask_query:
        inside = site.matching(sorted(inside))
    return tuple(
        Seen(
            id=str(issue["id"]),
            version=utc_text(told_at(issue["fields"], "updated", "created")),
            created_at=told_at(issue["fields"], "created", "updated"),
            in_scope=str(issue["id"]) in inside,
        )
        for issue in issues
    )


def fetch(site: Site, ids: Sequence[str], beside: Sequence[str] = ()) -> tuple[Record, ...]:
    """Read issues whole, as far as the offer goes; of one out of scope only that it is, and where.

    ``beside``: fields that their histories will ask for next. The issues are kept for that, once.
    """
    wanted = site.needs.read | site.needs.write
    fields = sorted(wanted.union(site.scope.fields, _ALWAYS, beside, {_REPORTER} if _tells_reporter(site) else ()))
    issues = site.issues(list(dict.fromkeys(ids)), fields, marked=True)
    reasons = judged(site, issues)
    site.fresh = {str(issue["id"]): (issue, reasons[str(issue["id"])]) for issue in issues} if beside else {}
    return tuple(_record(site, issue, wanted, reasons[str(issue["id"])]) for issue in issues)


def judged(site: Site, issues: Sequence[Issue]) -> dict[str, str]:
    """Judge issues as read by their ids: why each is out of scope (empty: it is in)."""
    reasons = {str(issue["id"]): site.scope.reason(issue["fields"]) for issue in issues}
    if site.scope.query:
        inside = [issue for issue, reason in reasons.items() if not reason]
        found = site.matching(inside)
        reasons |= {issue: QUERY for issue in inside if issue not in found}
    return reasons


def _record(site: Site, issue: Issue, wanted: frozenset[str], reason: str) -> Record:
    fields: Mapping[str, Any] = issue["fields"]
    shown = {} if reason else {name: fields[name] for name in sorted(wanted) if name in fields}
    key, updated = str(issue["key"]), told_at(fields, "updated", "created")
    named: dict[str, Author] = dict(chain.from_iterable(people(value).items() for value in shown.values()))
    return Record(
        id=str(issue["id"]),
        key=key,
        url=f"{site.http.base_url}/browse/{key}",
        version=utc_text(updated),
        place=str((fields.get("project") or {}).get("key") or key.rpartition("-")[0]),
        type="" if reason else str((fields.get("issuetype") or {}).get("id") or ""),
        created_at=told_at(fields, "created", "updated"),
        updated_at=updated,
        in_scope=not reason,
        fields={name: flat(name, value) for name, value in shown.items()},
        people=named,
        reporter=None if reason or not (_tells_reporter(site) and fields.get(_REPORTER)) else author(fields[_REPORTER]),
        mark=mark_of((issue.get("properties") or {}).get(MARK)),
        scope_reason=reason,
    )


def _tells_reporter(site: Site) -> bool:
    """Tell whether it leaves who opened an issue: where that is offered, and beside the text that this person wrote."""
    return not site.needs.read.isdisjoint((_REPORTER, "description"))


def find(site: Site, marks: Sequence[str], after: Mapping[str, str]) -> dict[str, str]:
    """Find our own creates by key: all keys of a project above the highest one known before them.

    Keys are read strongly consistent, and a number is given once, so that only a gap as long as a whole batch
    (refused creates and deleted issues leave gaps) ends the look-up.
    """
    missing = set(marks)
    found: dict[str, str] = {}
    for place, highest in after.items():
        number = _number(highest)
        while missing:
            keys = [f"{place}-{number + step}" for step in range(1, FETCH + 1)]
            issues = site.issues(keys, ["created"], marked=True)
            if not issues:
                break
            for issue in issues:
                mark = mark_of((issue.get("properties") or {}).get(MARK))
                if mark in missing:
                    missing.discard(mark)
                    found[mark] = str(issue["id"])
            number += FETCH
    return found


def _number(key: str) -> int:
    """Read the number of a key; none known is 0."""
    return int(key.rpartition("-")[2]) if key else 0


def ways(site: Site, ids: Sequence[str]) -> dict[str, tuple[Way, ...]]:
    """Read the transitions that each issue offers us now; an issue that is gone is left out."""
    found = site.http.map(lambda issue: transitions(site, issue), list(dict.fromkeys(ids)))
    return {issue: offered for issue, offered in zip(dict.fromkeys(ids), found, strict=True) if offered is not None}


def transitions(site: Site, issue: str) -> tuple[Way, ...] | None:
    """Read one issue's transitions with the fields that their screens cannot do without."""
    try:
        answer = site.get(f"/issue/{issue}/transitions", "/issue/transitions", expand="transitions.fields")
    except GoneError:
        return None
    return tuple(
        Way(str(offered["id"]), str(offered["name"]), str(offered["to"]["id"]), tuple(_needed(offered)))
        for offered in answer.get("transitions") or ()
        if offered.get("isAvailable") is not False and offered.get("to")
    )


def _needed(offered: Mapping[str, Any]) -> Iterable[str]:
    fields: Mapping[str, Mapping[str, Any]] = offered.get("fields") or {}
    return sorted(
        n for n, asked in fields.items() if asked and asked.get("required") and not asked.get("hasDefaultValue")
    )


def start(site: Site, now: datetime) -> str:
    """Give the cursor for ``now`` (on our clock) in the tracker's time, never in its future.

    Its offset is known to the second only, so the cursor lies a second earlier.
    """
    there = instant(site.get("/serverInfo")["serverTime"])
    return utc_text(min(now + timedelta(seconds=site.http.clock_offset), there) - timedelta(seconds=1))
