# SPDX-License-Identifier: Apache-2.0
"""`search/jql`: behind the store by the lag, page by page with a token, without a total."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import total_ordering
from typing import Any

from sandbox.jira.catalog import Account
from sandbox.jira.errors import JiraError
from sandbox.jira.jql_match import compile_condition
from sandbox.jira.jql_parse import Sort, parse
from sandbox.jira.jql_values import Searcher, field_id, value_of
from sandbox.jira.site import Site
from sandbox.jira.store import Issue

MOST_RECONCILED = 50
TOKEN_SECONDS = 7 * 86_400
_FALLING = frozenset({"created", "updated", "resolutiondate", "priority"})
"""Sorted downwards unless `ASC` is said, as Jira's fields are."""


@dataclass(frozen=True)
class Page:
    issues: tuple[Issue, ...]
    next_token: str | None


def search(
    site: Site, account: Account, jql: str, most: int, token: str | None = None, reconcile: Sequence[int] = ()
) -> Page:
    """Find issues as they were `search_lag` seconds ago; those named in `reconcile` are as they are now.

    A page begins behind the last issue of the one before, by the values that order them; so an issue that changes
    between two pages may be seen twice, or not.

    Raises:
        JiraError: 400 for a query, a token or a list that does not hold.
    """
    query = parse(jql)
    if query.where is None:
        raise JiraError(
            400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
        )
    if len(reconcile) > MOST_RECONCILED:
        raise JiraError(400, f"The maximum number of issues to reconcile is {MOST_RECONCILED}.")
    searcher = Searcher(site, account, site.clock.now())
    test = compile_condition(query.where, searcher)
    found = [issue for issue in _indexed(site, reconcile) if site.sees(account, issue) and test(issue)]
    order = _order(query.order, searcher)
    found.sort(key=lambda issue: _position(issue, order, searcher))
    if token:
        last = _read_token(token, jql, searcher.now)
        found = [issue for issue in found if _position(issue, order, searcher) > _placed(last, order)]
    page = tuple(found[:most])
    more = len(found) > most
    return Page(page, _write_token(page[-1], jql, order, searcher) if more else None)


def count(site: Site, account: Account, jql: str) -> int:
    """Count roughly, as `search/approximate-count` does. Raises: JiraError 400."""
    return len(search(site, account, jql, 1_000_000).issues)


def _indexed(site: Site, reconcile: Sequence[int]) -> list[Issue]:
    """Return the store as the index knows it, but for the issues that were asked to be fresh."""
    late = site.clock.timestamp() - site.catalog.settings.search_lag
    fresh = set(reconcile)
    current = [issue for issue_id in fresh if (issue := site.store.get(issue_id)) is not None]
    return [issue for issue in site.store.as_of(late) if issue.id not in fresh] + current


@total_ordering
@dataclass(frozen=True, eq=True)
class _Rank:
    """One value in an order: downwards if `falling`, what is empty last."""

    value: Any
    falling: bool

    def __lt__(self, other: "_Rank") -> bool:
        if self.value is None or other.value is None:
            return self.value is not None and other.value is None
        return bool(self.value > other.value if self.falling else self.value < other.value)


def _order(sorts: Sequence[Sort], searcher: Searcher) -> list[tuple[str, bool]]:
    """Return fields and directions, the id last so that no two issues have one place."""
    order = []
    for sort in sorts:
        name = field_id(sort.field, searcher)
        falling = sort.direction == "desc" if sort.direction else name in _FALLING
        order.append((name, not falling if name == "priority" else falling))
    return [*order, ("issuekey", not order)]


def _position(issue: Issue, order: Sequence[tuple[str, bool]], searcher: Searcher) -> tuple[_Rank, ...]:
    return _placed([_sortable(issue, name, searcher) for name, _ in order], order)


def _placed(values: Sequence[Any], order: Sequence[tuple[str, bool]]) -> tuple[_Rank, ...]:
    return tuple(_Rank(value, falling) for value, (_, falling) in zip(values, order, strict=True))


def _sortable(issue: Issue, name: str, searcher: Searcher) -> Any:
    value = value_of(issue, name, searcher)
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or None
    return int(value) if name == "priority" and value else value


def _write_token(last: Issue, jql: str, order: Sequence[tuple[str, bool]], searcher: Searcher) -> str:
    values = [_sortable(last, name, searcher) for name, _ in order]
    content = {"q": _digest(jql), "v": values, "t": searcher.now.timestamp()}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _read_token(token: str, jql: str, now: datetime) -> list[Any]:
    try:
        content = json.loads(base64.urlsafe_b64decode(token))
        fits = content["q"] == _digest(jql) and now.timestamp() - content["t"] <= TOKEN_SECONDS
    except (ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        raise JiraError(400, "The provided next page token is invalid or expired.")
    return list(content["v"])


def _digest(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:16]
