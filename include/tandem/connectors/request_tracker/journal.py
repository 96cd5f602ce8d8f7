# SPDX-License-Identifier: Apache-2.0
"""Transactions: what happened on tickets, append-only, with numbers that grow.

A ticket's row is locked while a transaction is written, so the numbers of one ticket come in the order of its changes.
Those of different tickets need not: one may be committed behind a larger one. What our account may not see is left out
of a page and counted in it all the same, so a short page, even an empty one, says nothing of what lies behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tandem.connectors.request_tracker.shape import API, Raw, moment, name_of
from tandem.http import Http, parsed

PAGE = 100
BLIND = 5  # pages of nothing that we may see, one behind the other, after which we give up
TICKET = "ObjectType = 'RT::Ticket'"  # queues and users have transactions too, under the same numbers as tickets
FIELDS = "Type,Field,OldValue,NewValue,Created,Creator,ObjectId,ObjectType"
MAILS = ("EmailRecord", "CommentEmailRecord")  # that mail was sent: no work on the ticket


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction on a ticket."""

    id: int
    ticket: str
    type: str
    field: str
    old: str
    new: str
    at: datetime
    creator: str

    @property
    def order(self) -> str:
        return f"{self.id:020d}"


@dataclass(frozen=True, slots=True)
class Journal:
    """What is known of a ticket's transactions, oldest first. ``whole``: back to its creation."""

    rows: tuple[Row, ...]
    whole: bool

    @property
    def newest(self) -> int:
        return self.rows[-1].id if self.rows else 0

    def with_later(self, rows: Iterable[Row]) -> Journal:
        """The same with what happened since."""
        later = sorted({row.id: row for row in rows if row.id > self.newest}.values(), key=lambda row: row.id)
        return Journal((*self.rows, *later), self.whole)


def rows_of(body: Raw) -> list[Row]:
    """Read a page of transactions, those of tickets alone."""
    return [
        Row(
            id=int(item["id"]),
            ticket=str(name_of(item["ObjectId"])),
            type=str(item["Type"]),
            field=str(item.get("Field") or ""),
            old=name_of(item.get("OldValue")),
            new=name_of(item.get("NewValue")),
            at=moment(item["Created"]),
            creator=name_of(item.get("Creator")),
        )
        for item in body["items"]
        if item.get("ObjectType") == "RT::Ticket"
    ]


def page_of(http: Http, query: str, page: int = 1, *, newest_first: bool = False, per_page: int = PAGE) -> list[Row]:
    """Read one page of the transactions that a search finds."""
    params = {
        "query": f"{TICKET} AND ({query})",
        "fields": FIELDS,
        "orderby": "id",
        "order": "DESC" if newest_first else "ASC",
        "per_page": str(per_page),
        "page": str(page),
    }
    return rows_of(parsed(http.request("GET", f"{API}/transactions", params=params)))


def listed(http: Http, query: str, *, newest_first: bool = False) -> Iterator[list[Row]]:
    """Yield page after page of what a search finds, until some show nothing."""
    page, blind = 0, 0
    while blind < BLIND:
        page += 1
        rows = page_of(http, query, page, newest_first=newest_first)
        blind = 0 if rows else blind + 1
        yield rows


def whole(http: Http, tickets: Collection[str]) -> dict[str, Journal]:
    """Read all transactions of tickets, newest first: each begins with its creation, so the end is known."""
    left, found = set(tickets), {ticket: list[Row]() for ticket in tickets}
    if left:
        for rows in listed(http, _any(sorted(left, key=int)), newest_first=True):
            for row in rows:
                found[row.ticket].append(row)
            left -= {row.ticket for row in rows if row.type == "Create"}
            if not left:
                break
    return {
        ticket: Journal(tuple(sorted(rows, key=lambda row: row.id)), ticket not in left)
        for ticket, rows in found.items()
        if rows
    }


def newest(http: Http, tickets: Collection[str]) -> dict[str, int]:
    """Read the number of the newest transaction of each ticket."""
    left, found = set(tickets), dict[str, int]()
    while left:
        for rows in listed(http, _any(sorted(left, key=int)), newest_first=True):
            for row in rows:
                found[row.ticket] = max(found.get(row.ticket, 0), row.id)
            if left <= found.keys():
                return found
            if rows and found.keys() & left:
                break  # those that are found must not fill the next pages
        else:
            return found
        left -= found.keys()
    return found


def since(http: Http, known: Mapping[str, int]) -> dict[str, list[Row]]:
    """Read the transactions of tickets from a number on, that one included: so none that we may see is hidden."""
    if not known:
        return {}
    found: dict[str, list[Row]] = {}
    left = set(known)
    query = " OR ".join(f"(TicketId = {ticket} AND id >= {number})" for ticket, number in sorted(known.items()))
    for rows in listed(http, query, newest_first=True):
        for row in rows:
            found.setdefault(row.ticket, []).append(row)
        left -= {row.ticket for row in rows if row.id == known[row.ticket]}
        if not left:
            break
    return found


def _any(tickets: Sequence[str]) -> str:
    return " OR ".join(f"TicketId = {ticket}" for ticket in tickets)
