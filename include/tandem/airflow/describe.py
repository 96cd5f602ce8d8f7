# SPDX-License-Identifier: Apache-2.0
"""What a pair does, in words, made from its files: the documentation page of its DAG."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tandem.config.models import TWIN, Pair, Side
from tandem.config.units import spoken
from tandem.connectors.base import Condition

TASKS = {
    "extract": "Ask each tracker, in batches, what changed since the last look, with history, comments and files.",
    "map": "Turn each side's records into hub tickets by its own contract; one that does not fit is set aside alone.",
    "diff": "Merge field by field against what each side showed when both last agreed; store the plan.",
    "load": "Apply the plan: each write is on record before it is sent, and looked up before it is ever repeated.",
    "reconcile": "Read back what was written, agree on it, give every event a state, and count.",
}


def words(span: timedelta) -> str:
    """Say a length of time in its own size: "20 s", "10 min", "2 h"."""
    seconds = span.total_seconds()
    if seconds < 120 and seconds != 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 3600:.3g} h" if seconds >= 3600 else f"{seconds / 60:.3g} min"


def headline(pair: Pair) -> str:
    """Say in one line what a pair does."""
    left, right = pair.left, pair.right
    return f"{left.company} ({_system(left)}) and {right.company} ({_system(right)}) in step"


def describe(pair: Pair) -> str:
    """Return the page in Markdown."""
    left, right, people = pair.left, pair.right, pair.people
    levels = [
        f"priority {number} resolved within {words(level.resolve)}" for number, level in pair.service_levels.items()
    ]
    files = ", ".join(file.name.replace("_", "\\_") for file in pair.files)
    return "\n".join(
        [
            f"Keeps tickets in step between **{left.company}** ({_system(left)}) and **{right.company}** "
            f"({_system(right)}).",
            "",
            f"### Which tickets\n{_scope(left, right)}\n{_scope(right, left)}",
            "",
            f"### What goes which way\n{_fields(pair)}",
            "",
            "Where both sides changed one field, the losing value is kept"
            + (f"; two changes closer than 5 s: {_rule(pair, pair.tie)}." if _newest(pair) else "."),
            "",
            f"### Comments and files\n{_items(left, right)}\n{_items(right, left)}",
            "",
            "### When",
            f"- Schedule (UTC): `{pair.schedule}`",
            f"- A run that takes longer than {words(pair.deadline)} is told by e-mail.",
            f"- A plan of more than {pair.limits.creates} creates or {pair.limits.closes} closes in one interval stops "
            "before its first write.",
            *([f"- Promised: {', '.join(levels)}."] if levels else []),
            "",
            "### Who",
            f"Acts: {', '.join(people.responsible)}. Answers for it: {people.accountable}."
            + (f" Is informed: {', '.join(people.informed)}." if people.informed else ""),
            "",
            "### To look, or to act",
            "- *Trigger* starts a run now; a dry run only plans. Runs never overlap: one waits for the other.",
            "- The log of *reconcile* ends with what the run did. Clearing or ending a task does no harm.",
            "- An Airflow Variable switches the pair off, or changes its limits and rules. Its key: "
            f"`tandem__{pair.name}`",
            "",
            f"This page was made from {files}. Each company edits its own contract only.",
        ]
    )


def _system(side: Side) -> str:
    names = {"azure_devops": "Azure DevOps", "jira": "Jira", "redmine": "Redmine", "request_tracker": "Request Tracker"}
    names |= {"servicenow": "ServiceNow", "zendesk": "Zendesk"}
    return names.get(side.system, side.system)


def _newest(pair: Pair) -> bool:
    return "newest" in {pair.conflicts.default, *pair.conflicts.fields.values()}


def _rule(pair: Pair, rule: str) -> str:
    said = {
        "left": f"{pair.left.company} wins",
        "right": f"{pair.right.company} wins",
        "newest": "the later change wins",
        "hold": "waits for a person",
    }
    return said[rule]


def _scope(side: Side, other: Side) -> str:
    conditions = " and ".join(_condition(each) for each in side.scope)
    tickets = f"tickets where {conditions}" if conditions else "all tickets"
    made = f"new ones of {other.company} are created here" if side.create is not None else "none are created here"
    return f"- {side.company}: {tickets}; {made}"


def _condition(condition: Condition) -> str:
    field = f"*{condition.field}*"
    if condition.contains is not None:
        return f'{field} has "{condition.contains}"'
    if condition.in_:
        return f"{field} is one of {', '.join(condition.in_)}"
    if condition.set_ is not None:
        return f"{field} is {'filled' if condition.set_ else 'empty'}"
    return f'{field} is "{condition.is_}"'


def _fields(pair: Pair) -> str:
    rows = ["| field | goes | if both changed it |", "|---|---|---|"]
    for name in _in_order(hub for side in (pair.left, pair.right) for hub in (*side.fields, *side.sent)):
        ours, theirs = (side.sent.get(name, side.fields.get(name)) for side in (pair.left, pair.right))
        if ours and theirs:
            over = "→" if ours.goes_out and theirs.comes_in else ""
            back = "←" if theirs.goes_out and ours.comes_in else ""
            arrow = {"→←": "both ways", "→": f"to {pair.right.company}", "←": f"to {pair.left.company}"}.get(
                over + back
            )
            if arrow:
                rule = _rule(pair, pair.conflicts.rule(name)) if over and back else ""
                each = ", each by itself" if rule and ours.kind == "set" else ""
                rows.append(f"| {name} | {arrow} | {rule}{each} |")
    for side, other in ((pair.left, pair.right), (pair.right, pair.left)):
        shown = [hub.removeprefix(TWIN) for hub in side.fields if hub.startswith(TWIN)]
        rows += [f"| {part} of the ticket at {other.company} | to {side.company} | |" for part in shown]
        own = [hub for hub, rule in side.fields.items() if rule.is_composed]
        rows += [f"| {hub} | set at {side.company} | |" for hub in own]
    return "\n".join(rows)


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _items(source: Side, target: Side) -> str:
    told = {
        "public": "public comments, internal notes never",
        "all": "all comments, internal notes too",
        "none": "no comments",
    }[source.comments.out]
    files = "no files" if source.attachments is None else "files"
    limit = source.attachments.up_to if source.attachments else None
    size = f" up to {spoken(limit)}" if limit else ""
    return f"- From {source.company} to {target.company}: {told}; {files}{size}"
