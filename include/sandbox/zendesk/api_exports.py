# SPDX-License-Identifier: Apache-2.0
"""Incremental exports and search. Exports go by the generated timestamp and leave out their lag's worth of the end."""

import base64
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from sandbox.zendesk import errors
from sandbox.zendesk.api_tickets import sideloads
from sandbox.zendesk.calls import Answer, Call, Routes
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.paging import by_number, page_of, whole
from sandbox.zendesk.records import PRIORITIES, STATUSES, Organization, Ticket, User
from sandbox.zendesk.search import found_groups, found_organizations, found_tickets, found_users, kinds_of, order_of
from sandbox.zendesk.shapes import organization_shape, ticket_shape, user_shape
from sandbox.zendesk.ticket_events import event_shape

T = TypeVar("T")
R = TypeVar("R", Ticket, User, Organization)
routes = Routes()


def _second(at: float, desk: Desk) -> int | None:
    """The whole second of `at`, None while exports do not show it yet: never the unfinished one."""
    second, now = int(at), desk.now()
    return second if second <= now - desk.settings.export_lag and second < int(now) else None


def _exported(desk: Desk, user: User) -> list[tuple[int, Ticket]]:
    """Deleted tickets too, in the order in which exports give them."""
    hidden = desk.settings.hidden.get(user.email or "", ())
    all_of_them = [(_second(t.generated_at, desk), t) for t in desk.tickets.values() if t.id not in hidden]
    return sorted(((s, t) for s, t in all_of_them if s is not None), key=lambda item: (item[0], item[1].id))


def _start(call: Call) -> int:
    """Raises: ZendeskError (400, 422)."""
    if not call.query.get("start_time", "").isdigit():
        raise errors.invalid_value("start_time is not present or not a number")
    start = int(call.query["start_time"])
    if start > call.desk.now() - call.desk.settings.export_lag:
        raise errors.start_time_too_recent(call.desk.settings.export_lag)
    return start


@routes.on("GET", "/api/v2/incremental/tickets/cursor", "admin")
def tickets_by_cursor(call: Call) -> Answer:
    tickets, ends = _cursor_page(call, _exported(call.desk, call.user))
    return Answer({"tickets": [ticket_shape(call.desk, t) for t in tickets], **sideloads(call, tickets), **ends})


def _cursor_page(call: Call, exported: list[tuple[int, R]]) -> tuple[list[R], dict[str, Any]]:
    """A page and its ends. There is a cursor even at the end of the stream: it is where to go on later."""
    size = max(1, min(1000, whole(call.query, "per_page", 1000)))
    after = _after(call.query["cursor"]) if "cursor" in call.query else (_start(call), -1)
    waiting = [(second, record) for second, record in exported if (second, record.id) > after]
    page = waiting[:size]
    last = (page[-1][0], page[-1][1].id) if page else after
    cursor = base64.b64encode(f"{last[0]}.0||{last[1]}|".encode()).decode()
    address = call.address.removesuffix(".json")
    ends = {
        "after_url": f"{address}.json?cursor={cursor}",
        "after_cursor": cursor,
        "before_url": None,
        "before_cursor": None,
        "end_of_stream": len(waiting) <= size,
    }
    return [record for _, record in page], ends


def _after(cursor: str) -> tuple[int, int]:
    """Raises: ZendeskError (400)."""
    try:
        second, _, number, _ = base64.b64decode(cursor, validate=True).decode().split("|")
        return int(float(second)), int(number)
    except ValueError as error:
        raise errors.invalid_value("The cursor is invalid") from error


def _by_time(call: Call, name: str, items: list[tuple[int, T]], shape: Callable[[T], dict[str, Any]]) -> Answer:
    """A page of what is in order of its second; it never ends within one, so it may be longer than asked."""
    size = max(1, min(1000, whole(call.query, "per_page", 1000)))
    start = _start(call)
    waiting = items[bisect_left(items, start, key=lambda item: item[0]) :]
    page = waiting[:size]
    page += [item for item in waiting[size:] if page and item[0] == page[-1][0]]
    end = page[-1][0] if page else start
    body = {
        name: [shape(one) for _, one in page],
        "next_page": f"{call.address}?{urlencode({**call.query, 'start_time': end})}",
        "count": len(page),
        "end_of_stream": len(page) == len(waiting),
        "end_time": end,
    }
    return Answer(body)


@routes.on("GET", "/api/v2/incremental/tickets", "admin")
def tickets_by_time(call: Call) -> Answer:
    exported = _exported(call.desk, call.user)
    return _by_time(call, "tickets", exported, partial(ticket_shape, call.desk))


def _changed(call: Call, records: Iterable[R]) -> list[tuple[int, R]]:
    """Users or organizations, by the second of their last change."""
    all_of_them = [(_second(record.updated_at, call.desk), record) for record in records]
    return sorted(((s, r) for s, r in all_of_them if s is not None), key=lambda item: (item[0], item[1].id))


@routes.on("GET", "/api/v2/incremental/users", "admin")
def users_by_time(call: Call) -> Answer:
    return _by_time(call, "users", _changed(call, call.desk.users.values()), partial(user_shape, call.desk))


@routes.on("GET", "/api/v2/incremental/organizations", "admin")
def organizations_by_time(call: Call) -> Answer:
    shape = partial(organization_shape, call.desk)
    return _by_time(call, "organizations", _changed(call, call.desk.organizations.values()), shape)


@routes.on("GET", "/api/v2/incremental/users/cursor", "admin")
def users_by_cursor(call: Call) -> Answer:
    users, ends = _cursor_page(call, _changed(call, call.desk.users.values()))
    return Answer({"users": [user_shape(call.desk, user) for user in users], **ends})


@routes.on("GET", "/api/v2/incremental/ticket_events", "admin")
def events_by_time(call: Call) -> Answer:
    """One event an audit, its changes as `child_events`; comments whole only with `include=comment_events`."""
    desk, with_comments = call.desk, "comment_events" in call.query.get("include", "").split(",")
    hidden = desk.settings.hidden.get(call.user.email or "", ())
    audits = [(_second(a.created_at, desk), a) for t in desk.tickets.values() if t.id not in hidden for a in t.audits]
    shown = sorted(((s, a) for s, a in audits if s is not None), key=lambda item: (item[0], item[1].id))
    return _by_time(call, "ticket_events", shown, partial(event_shape, desk, with_comments=with_comments))


@routes.on("GET", "/api/v2/search")
def search(call: Call) -> Answer:
    query = call.query.get("query")
    if not query:
        raise errors.ZendeskError(422, {"error": "invalid", "description": "Invalid search: empty query"})
    page = by_number("results", _results(call, query), lambda result: result, call.query, call.address)
    return Answer({"results": page.pop("results"), "facets": None, **page})


def _results(call: Call, query: str) -> list[dict[str, Any]]:
    desk, user = call.desk, call.user
    shown: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "ticket": lambda: [ticket_shape(desk, one) for one in _sorted(call, query)],
        "user": lambda: [user_shape(desk, one) for one in found_users(desk, user, query)],
        "organization": lambda: [organization_shape(desk, one) for one in found_organizations(desk, user, query)],
        "group": lambda: found_groups(desk, user, query),
    }
    return [{**one, "result_type": kind} for kind in kinds_of(query) for one in shown[kind]()]


def _sorted(call: Call, query: str) -> list[Ticket]:
    """Newest first, unless the query or its parameters say otherwise."""
    tickets = found_tickets(call.desk, call.user, query)
    said, way = order_of(query)
    by = (said or call.query.get("sort_by", "created")).removesuffix("_at")
    keys: dict[str, Callable[[Ticket], Any]] = {
        "updated": lambda t: t.updated_at,
        "status": lambda t: STATUSES.index(t.status),
        "priority": lambda t: PRIORITIES.index(t.values["priority"]) if t.values["priority"] else -1,
        "ticket_type": lambda t: t.values["type"] or "",
    }
    tickets.sort(key=keys.get(by, lambda t: t.created_at))
    if (way or call.query.get("sort_order", "desc")) == "desc":
        tickets.reverse()
    return tickets


@routes.on("GET", "/api/v2/search/count")
def search_count(call: Call) -> Answer:
    return Answer({"count": len(_results(call, call.query.get("query", "")))})


@routes.on("GET", "/api/v2/search/export")
def search_export(call: Call) -> Answer:
    """In order of creation, by cursor only."""
    if call.query.get("filter[type]") != "ticket":
        raise errors.ZendeskError(422, {"error": "invalid", "description": "filter[type] must be ticket"})
    tickets = found_tickets(call.desk, call.user, call.query.get("query", ""))
    tickets.sort(key=lambda t: (t.created_at, t.id))
    query = call.query if "page[size]" in call.query else type(call.query)({**call.query, "page[size]": "100"})
    shape = partial(ticket_shape, call.desk)
    page = page_of("results", tickets, shape, query, call.address, lambda t: (t.created_at, t.id), largest=1000)
    results = [{**result, "result_type": "ticket"} for result in page.pop("results")]
    return Answer({"results": results, "facets": None, **page})
