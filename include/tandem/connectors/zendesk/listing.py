# SPDX-License-Identifier: Apache-2.0
"""What changed, and what is there: Zendesk's export, its search, its list of tickets.

Cursors: ``start:<time>``, ``token:<time>:<events>:<after_cursor>`` and, without an admin's rights, ``search:<time>``.
Times are Unix seconds in Zendesk's clock. The time beside a token lets reading go on by search if the rights are taken
away; ``events`` is where the export of ticket events is read on. It never moves past an event of a known ticket that
was not taken in: it moves only when that export was read, and then every known ticket with an event in it is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import floor
from typing import Any

import requests

from tandem.connectors.base import Known, Page, Seen
from tandem.connectors.zendesk.events import Events, Parts
from tandem.connectors.zendesk.scope import Scope
from tandem.connectors.zendesk.shape import Raw, listed_version, moment
from tandem.errors import ConfigurationError, Problem
from tandem.http import Http, parsed

EXPORT_LAG = 60  # seconds at its end that an export leaves out; a later start_time is refused
PAGE = 100
OVERLAP = 2  # seconds: the stamps' resolution, and the cut of the Date header


def start(now: datetime, http: Http) -> str:
    """The cursor behind which all changes from ``now`` (our clock) on are seen."""
    return f"start:{floor(_there(now, http)) - OVERLAP}"


def _there(now: datetime, http: Http) -> float:
    """An instant of our clock in Zendesk's, which is asked for where no answer has told it yet."""
    if not http.knows_clock:
        http.request("GET", "/api/v2/users/me.json", accept=(401, 403))
    return now.timestamp() + http.clock_offset


class Feed:
    """The listings of one Zendesk, for one scope."""

    def __init__(
        self, http: Http, scope: Scope, events: Events, search_delay: float, clock: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._scope = scope
        self._events = events
        self._delay = search_delay
        self._clock = clock

    def changed_since(self, cursor: str, known: Known) -> Iterator[Page]:
        """Read the export from a cursor to its end; by search where the export is forbidden.

        What happened on known tickets is read for all pages at once, as soon as anything is listed.
        """
        kind, since, events, token = _split(cursor)
        parts: Parts | None = None
        named: set[str] = set()
        while kind != "search":
            params = {"cursor": token} if kind == "token" else {"start_time": str(self._old_enough(since))}
            response = self._export(params)
            if response is None:
                break
            body = parsed(response)
            if parts is None and body["tickets"]:
                parts = self._events.read(self._old_enough(events), known)
            seen, newest = self._seen(body["tickets"], response)
            since = max(since, newest)
            if after := body.get("after_cursor"):
                kind, token = "token", str(after)
            last = body.get("end_of_stream") is not False or not after
            named |= {one.id for one in seen}
            if last and parts is not None:
                # Changed once more in the minute that exports leave out: listed later, and its events are told by now.
                seen += tuple(_touched(id_, at) for id_, at in sorted(parts.touched.items()) if id_ not in named)
                events = parts.until
            deltas = self._events.deltas(parts, [one.id for one in seen]) if parts is not None else {}
            yield Page(seen, f"token:{since}:{events}:{token}" if kind == "token" else f"start:{since}", deltas)
            if last:
                return
        yield from self._searched(since)

    def in_scope(self) -> Iterator[Page]:
        """List the tickets in scope from the list of tickets: read from the database, so without the search's lag.

        Archived tickets are not in it. They are closed and take no more; a linked one is asked for by its id.
        """
        for response, tickets in self._pages("/api/v2/tickets.json", "tickets", {}, ""):
            page, _ = self._seen(tickets, response)
            yield Page(tuple(seen for seen in page if seen.in_scope))

    def _export(self, params: Mapping[str, str]) -> requests.Response | None:
        """Ask for a page of the export; none where our account may not read it (it takes an admin)."""
        path = "/api/v2/incremental/tickets/cursor.json"
        response = self._http.request(
            "GET", path, params={**params, "per_page": "1000"}, endpoint="incremental", accept=(403,)
        )
        return None if response.status_code == 403 else response

    def _old_enough(self, since: int) -> int:
        return max(0, min(since, floor(_there(self._clock(), self._http)) - EXPORT_LAG - OVERLAP))

    def _searched(self, since: int) -> Iterator[Page]:
        """Read by search what changed. It is ordered by creation: only behind the last page does the cursor move."""
        begin = datetime.fromtimestamp(max(0, since - self._delay - OVERLAP), UTC)
        params = {"query": f"updated>={begin:%Y-%m-%dT%H:%M:%SZ}", "filter[type]": "ticket"}
        newest = since
        for response, tickets in self._pages("/api/v2/search/export.json", "results", params, "search"):
            page, latest = self._seen(tickets, response)
            newest = max(newest, latest)
            yield Page(page, f"search:{since}")
        yield Page((), f"search:{newest}")

    def _pages(
        self, path: str, name: str, params: Mapping[str, str], endpoint: str
    ) -> Iterator[tuple[requests.Response, Sequence[Raw]]]:
        asked = {**params, "page[size]": str(PAGE)}
        while True:
            response = self._http.request("GET", path, params=asked, endpoint=endpoint)
            body: dict[str, Any] = parsed(response)
            yield response, body[name]
            # ``links.next`` is set on the last page too: only ``has_more`` counts.
            if not body["meta"]["has_more"]:
                return
            asked["page[after]"] = body["meta"]["after_cursor"]

    def _seen(self, tickets: Sequence[Raw], response: requests.Response) -> tuple[tuple[Seen, ...], int]:
        """The tickets of a page, without content, and the newest change among them."""
        seen = []
        for ticket in tickets:
            deleted = ticket.get("status") == "deleted"
            seen.append(
                Seen(
                    id=str(ticket["id"]),
                    version=listed_version(ticket["updated_at"], response),
                    created_at=moment(ticket["created_at"]),
                    in_scope=not deleted and not self._scope.reason(ticket),
                    deleted=deleted,
                )
            )
        newest = max((floor(moment(ticket["updated_at"]).timestamp()) for ticket in tickets), default=0)
        return tuple(seen), newest


def _touched(ticket: str, at: str) -> Seen:
    """Name a known ticket by its newest event. Whether it is in scope, or to be seen at all, is read by its id."""
    return Seen(ticket, at, moment(at), in_scope=False)


def _split(cursor: str) -> tuple[str, int, int, str]:
    """Kind, time, time of the events, token."""
    kind, *rest = cursor.split(":", 3 if cursor.startswith("token:") else 1)
    sizes = {"start": 1, "search": 1, "token": 3}
    if len(rest) != sizes.get(kind) or not all(part.isdigit() for part in rest[:2]) or not rest[-1]:
        problem = Problem("TDM-306", "a stored cursor is none of Zendesk's", "See who changed the state database.")
        raise ConfigurationError([problem])
    since = int(rest[0])
    return (kind, since, int(rest[1]), rest[2]) if kind == "token" else (kind, since, since, "")
