# SPDX-License-Identifier: Apache-2.0
"""JQL's questions about the past: `status WAS Done BEFORE -1d`, `assignee CHANGED FROM EMPTY BY currentUser()`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from sandbox.jira.errors import JiraError
from sandbox.jira.jql_dates import day_of
from sandbox.jira.jql_parse import Operand, Past, Predicate
from sandbox.jira.jql_values import Searcher, Value, field_id, meant, value_of
from sandbox.jira.store import Issue
from sandbox.jira.values import epoch_ms

_REMEMBERED = frozenset({"assignee", "fixVersions", "priority", "reporter", "resolution", "status"})
"""The only fields whose past Jira searches."""
_TIMES = frozenset({"before", "after", "on", "during"})


@dataclass(frozen=True)
class _Span:
    """What a field held for a time: from a change, or the beginning, up to the next, or now."""

    held: frozenset[Value]
    start: int
    end: int
    by: str


def compile_past(past: Past, searcher: Searcher) -> Callable[[Issue], bool]:
    """Make a test of a clause about the past.

    Raises:
        JiraError: 400 for a field whose past is not searched, a predicate that does not fit, and unknown values.
    """
    name = field_id(past.field, searcher)
    if name not in _REMEMBERED:
        raise JiraError(400, f"History searches do not support the '{past.field}' field.")
    wanted = _values(past.field, name, past.operands, searcher)
    named = {one.operator: one for one in past.predicates}
    if past.operator != "changed" and named.keys() & {"from", "to"}:
        raise JiraError(400, f"The predicates 'from' and 'to' are not supported by the '{past.operator}' operator.")
    within = [_window(past, one, searcher) for one in past.predicates if one.operator in _TIMES]
    ends = {end: _values(past.field, name, named[end].operands, searcher) for end in ("from", "to") if end in named}
    people = _values("by", "creator", named["by"].operands, searcher) if "by" in named else None

    def changed(issue: Issue) -> bool:
        spans = list(_spans(issue, name, searcher))
        return any(
            (people is None or after.by in people)
            and ("from" not in ends or bool(before.held & ends["from"]))
            and ("to" not in ends or bool(after.held & ends["to"]))
            and all(first <= after.start <= last for first, last in within)
            for before, after in pairwise(spans)
        )

    def was(issue: Issue) -> bool:
        found = any(
            bool(span.held & wanted)
            and (people is None or span.by in people)
            and all(span.start <= last and span.end >= first for first, last in within)
            for span in _spans(issue, name, searcher)
        )
        return found != ("not" in past.operator)

    return changed if past.operator == "changed" else was


def _values(field: str, name: str, operands: Iterable[Operand], searcher: Searcher) -> frozenset[Value]:
    found: set[Value] = set()
    for operand in operands:
        found |= set(meant(field, name, operand, searcher))
    return frozenset(found)


def _window(past: Past, predicate: Predicate, searcher: Searcher) -> tuple[float, float]:
    """Return the first and the last millisecond that a predicate admits."""
    at = [searcher.moment(past.field, one) for one in predicate.operands]
    match predicate.operator:
        case "before":
            return float("-inf"), at[0] - 1
        case "after":
            return at[0] + 1, float("inf")
        case "on":
            return day_of(at[0], searcher.account.zone)
    if len(at) != 2:
        raise JiraError(400, "The 'during' predicate expects a list of two dates.")
    return at[0], at[1]


def _spans(issue: Issue, name: str, searcher: Searcher) -> Iterator[_Span]:
    """Walk back from what shows now, through the changelog."""
    now = value_of(issue, name, searcher)
    held = set(now) if isinstance(now, tuple) else {now}
    end, spans = epoch_ms(searcher.now), []
    for history in reversed(issue.histories):
        items = [item for item in history.items if item.field_id == name]
        if not items:
            continue
        at = epoch_ms(history.created)
        spans.append(_Span(frozenset(held or {None}), at, end, history.author))
        held = (held - {item.to for item in items}) | {item.source for item in items if item.source is not None}
        end = at
    spans.append(_Span(frozenset(held or {None}), epoch_ms(issue.created), end, issue.creator))
    return reversed(spans)
