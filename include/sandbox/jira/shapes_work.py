# SPDX-License-Identifier: Apache-2.0
"""Time as Jira shows it: worklogs, estimates, and an issue's sums with its sub-tasks'."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.jira import durations, wiki_write, worklogs
from sandbox.jira.shapes import View, user
from sandbox.jira.store import Issue, Worklog
from sandbox.jira.values import JsonObject

EMBEDDED = 20
"""Worklogs that an issue embeds."""


def worklog(view: View, on: Issue, shown: Worklog, *, properties: bool = False) -> JsonObject:
    """Show a worklog; its text only if it has one."""
    made: JsonObject = {
        "self": f"{view.rest}/issue/{on.id}/worklog/{shown.id}",
        "author": user(view, shown.author),
        "updateAuthor": user(view, shown.update_author),
    }
    if shown.body:
        text = view.version == "2"
        made["comment"] = wiki_write.write(shown.body, lambda media: None) if text else shown.body
    made |= {
        "created": view.time(shown.created),
        "updated": view.time(shown.updated),
        **({"visibility": shown.visibility} if shown.visibility else {}),
        "started": view.time(shown.started),
        "timeSpent": durations.write(shown.seconds),
        "timeSpentSeconds": shown.seconds,
        "id": str(shown.id),
        "issueId": str(on.id),
    }
    if properties:
        made["properties"] = [{"key": key, "value": value} for key, value in shown.properties.items()]
    return made


def fields(view: View, on: Issue) -> dict[str, Callable[[], Any]]:
    """Make the fields of an issue that tell of time."""
    original, remaining = _estimates(on)
    spent = worklogs.spent(on) or None
    return {
        "timespent": lambda: spent,
        "timeestimate": lambda: remaining,
        "timeoriginalestimate": lambda: original,
        "aggregatetimespent": lambda: _sum(worklogs.spent(one) or None for one in _all(view, on)),
        "aggregatetimeestimate": lambda: _sum(_estimates(one)[1] for one in _all(view, on)),
        "aggregatetimeoriginalestimate": lambda: _sum(_estimates(one)[0] for one in _all(view, on)),
        "progress": lambda: _progress(spent, remaining),
        "aggregateprogress": lambda: _progress(
            _sum(worklogs.spent(one) or None for one in _all(view, on)),
            _sum(_estimates(one)[1] for one in _all(view, on)),
        ),
        "workratio": lambda: -1 if not original else (spent or 0) * 100 // original,
        "timetracking": lambda: _tracking(original, remaining, spent),
        "worklog": lambda: _embedded(view, on),
    }


def _embedded(view: View, on: Issue) -> JsonObject:
    seen = [one for one in on.worklogs if view.site.sees_said(view.account, one)]
    shown = [worklog(view, on, one) for one in seen[:EMBEDDED]]
    return {"startAt": 0, "maxResults": EMBEDDED, "total": len(seen), "worklogs": shown}


def _tracking(original: int | None, remaining: int | None, spent: int | None) -> JsonObject:
    named = {"originalEstimate": original, "remainingEstimate": remaining, "timeSpent": spent}
    known = {name: seconds for name, seconds in named.items() if seconds is not None}
    words: JsonObject = {name: durations.write(seconds) for name, seconds in known.items()}
    return words | {f"{name}Seconds": seconds for name, seconds in known.items()}


def _progress(spent: int | None, remaining: int | None) -> JsonObject:
    done, total = spent or 0, (spent or 0) + (remaining or 0)
    return {"progress": done, "total": total} | ({"percent": done * 100 // total} if total else {})


def _estimates(issue: Issue) -> tuple[int | None, int | None]:
    original, remaining = issue.fields.get("timetracking") or (None, None)
    return original, remaining


def _all(view: View, on: Issue) -> list[Issue]:
    return [on, *view.site.store.children(on)]


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
