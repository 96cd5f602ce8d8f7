# SPDX-License-Identifier: Apache-2.0
"""What a pair does, in words, made from its files: the documentation page of its DAG."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tandem.config.models import Pair, Side
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


def describe(pair: Pair) -> str:
    """Return the page in Markdown."""
    left, right = pair.left, pair.right
    rules = [f"{field}: {rule}" for field, rule in sorted(pair.conflicts.fields.items())]
    levels = [
        f"priority {number} resolved within {words(level.resolve)}" for number, level in pair.service_levels.items()
    ]
    return "\n".join(
        [
            f"Keeps tickets in step: **{left.company}** ({left.system}) and **{right.company}** ({right.system}).",
            "",
            f"### Which tickets\n{_scope(left)}\n{_scope(right)}",
            "",
            f"### What goes which way\n{_fields(pair)}",
            "",
            f"### Comments and files\n{_items(left, right)}\n{_items(right, left)}",
            "",
            "### Both sides changed one field",
            f"Rule: {pair.conflicts.default or 'newest'}"
            + (f"; {', '.join(rules)}" if rules else "")
            + f". Closer than 5 s: {pair.tie}. The losing value is kept and can be seen.",
            "",
            "### When",
            f"Schedule `{pair.schedule}`; a run over {words(pair.deadline)} is told by e-mail. A plan beyond "
            f"{pair.limits.creates} creates or {pair.limits.closes} closes an interval stops before its first write."
            + (f" Promised: {', '.join(levels)}." if levels else ""),
            "",
            "### Who",
            f"Acts: {', '.join(pair.people.responsible)}. Answers for it: {pair.people.accountable}."
            + (f" Informed: {', '.join(pair.people.informed)}." if pair.people.informed else ""),
            "",
            f"Files: {', '.join(f'`{file.name}`' for file in pair.files)}. Each company edits its own contract only.",
        ]
    )


def _scope(side: Side) -> str:
    conditions = " and ".join(_condition(each) for each in side.scope) or "all tickets"
    made = "new ones are created here too" if side.create is not None else "none are created here"
    return f"- {side.company}: {conditions}; {made}"


def _condition(condition: Condition) -> str:
    if condition.contains is not None:
        return f"{condition.field} contains {condition.contains}"
    if condition.in_:
        return f"{condition.field} is one of {', '.join(condition.in_)}"
    if condition.set_ is not None:
        return f"{condition.field} is {'filled' if condition.set_ else 'empty'}"
    return f"{condition.field} is {condition.is_}"


def _fields(pair: Pair) -> str:
    rows = ["| field | direction |", "|---|---|"]
    for name in _in_order([*pair.left.fields, *pair.right.fields]):
        ours, theirs = pair.left.fields.get(name), pair.right.fields.get(name)
        if ours and theirs:
            over = "→" if ours.goes_out and theirs.comes_in else ""
            back = "←" if theirs.goes_out and ours.comes_in else ""
            arrow = {"→←": "both ways", "→": f"to {pair.right.company}", "←": f"to {pair.left.company}"}.get(
                over + back
            )
            if arrow:
                rows.append(f"| {name} | {arrow} |")
    return "\n".join(rows)


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _items(source: Side, target: Side) -> str:
    told = {
        "public": f"public comments go to {target.company}, private ones never",
        "all": f"all comments go to {target.company}",
        "none": f"no comment goes to {target.company}",
    }[source.comments.out]
    files = "files travel with them" if source.attachments is not None else "no files travel"
    return f"- {source.company}: {told}; {files}"
