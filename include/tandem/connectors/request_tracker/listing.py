# SPDX-License-Identifier: Apache-2.0
"""What changed, and what is there: the transactions of all tickets, and the search.

Cursors: ``transactions:<number>``. It stands behind the newest transaction that is old enough: one that is committed
late may have a smaller number than others that were seen already, so the newest minute is listed again each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from tandem.connectors.base import Page, Seen
from tandem.connectors.request_tracker import journal
from tandem.connectors.request_tracker.journal import MAILS, Row
from tandem.connectors.request_tracker.read import Reader, asked, created
from tandem.connectors.request_tracker.scope import Scope
from tandem.connectors.request_tracker.shape import API, version
from tandem.errors import ConfigurationError, Problem
from tandem.http import Http, parsed

KIND = "transactions"
OVERLAP = timedelta(seconds=60)  # the longest that a transaction may stay uncommitted and not be missed
NO_MAIL = " AND ".join(f"Type != '{kind}'" for kind in MAILS)


class Feed:
    """The listings of one Request Tracker, for one scope."""

    def __init__(self, http: Http, scope: Scope, reader: Reader, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._scope = scope
        self._reader = reader
        self._clock = clock

    def start(self, now: datetime) -> str:
        """The cursor behind which all changes from ``now`` (our clock) on are seen."""
        newest = self._newest(1)  # this also tells the tracker's clock, if nothing has
        until, last = self._there(now), newest[0].id if newest else 0
        page = 1
        while rows := self._newest(page):
            last = rows[-1].id - 1
            old = next((row for row in rows if row.at <= until), None)
            if old is not None:
                return f"{KIND}:{old.id}"
            page += 1
        return f"{KIND}:{last}"

    def changed_since(self, cursor: str) -> Iterator[Page]:
        """List the tickets of all transactions behind a cursor.

        The newest is asked for first: pages from which all is hidden do not end the reading before it is reached.
        """
        floor = _number(cursor)
        query, page = f"id > {floor} AND {NO_MAIL}", 0
        newest = max((row.id for row in journal.page_of(self._http, query, newest_first=True)), default=0)
        reached = 0
        while reached < newest:
            page += 1
            rows = journal.page_of(self._http, query, page)
            if not rows:
                continue
            reached = rows[-1].id
            until = self._there(self._clock())
            floor = max([floor, *(row.id for row in rows if row.at <= until)])
            yield Page(self._seen(rows), f"{KIND}:{floor}")

    def in_scope(self) -> Iterator[Page]:
        """List the tickets in scope. The search reads the tables themselves: it is never late."""
        below = ""
        while True:
            params = {
                "query": self._scope.search() + below,
                "fields": ",".join(asked(self._scope.fields)),
                "orderby": "id",
                "order": "DESC",
                "per_page": str(journal.PAGE),
            }
            items = parsed(self._http.request("GET", f"{API}/tickets", params=params))["items"]
            if not items:
                return
            inside = [str(one["id"]) for one in items if not self._scope.reason(one)]
            numbers = journal.newest(self._http, inside)
            made = {str(one["id"]): created(one) for one in items}
            yield Page(tuple(Seen(id_, version(numbers[id_]), made[id_], True) for id_ in inside if id_ in numbers))
            below = f" AND id < {items[-1]['id']}"

    def _newest(self, page: int) -> Sequence[Row]:
        return journal.page_of(self._http, "id > 0", page, newest_first=True)

    def _seen(self, rows: Sequence[Row]) -> tuple[Seen, ...]:
        """The tickets of a page in the order of their last changes, each with the newest that is shown."""
        last = {row.ticket: row for row in rows}
        ordered = sorted(last.values(), key=lambda row: row.id)
        found = self._reader.seen([row.ticket for row in ordered])
        return tuple(
            Seen(
                id=row.ticket,
                version=version(row.id),
                created_at=created(found[row.ticket].ticket) if row.ticket in found else row.at,
                in_scope=row.ticket in found and not found[row.ticket].reason,
                deleted=row.ticket in found and found[row.ticket].final == "deleted",
            )
            for row in ordered
        )

    def _there(self, moment: datetime) -> datetime:
        """An instant of our clock in the tracker's, less what a transaction may need to be committed."""
        return (moment + timedelta(seconds=self._http.clock_offset) - OVERLAP).astimezone(UTC)


def _number(cursor: str) -> int:
    kind, _, number = cursor.partition(":")
    if kind != KIND or not number.isdigit():
        problem = Problem(
            "TDM-306", "a stored cursor is none of Request Tracker's", "See who changed the state database."
        )
        raise ConfigurationError([problem])
    return int(number)
