# SPDX-License-Identifier: Apache-2.0
"""`/api/now/table/{table}` and its rows."""

from collections.abc import Iterable
from urllib.parse import urlencode

from sandbox.servicenow import errors, writes
from sandbox.servicenow.calls import Answer, Call
from sandbox.servicenow.query import Row, parse
from sandbox.servicenow.scripts import filled
from sandbox.servicenow.shapes import Display, View

MOST = 10_000


def serve(call: Call) -> Answer:
    """Raises: SnowError."""
    if len(call.path) not in (1, 2):
        raise errors.no_resource()
    table = call.path[0]
    if len(call.path) == 1:
        if call.method in ("GET", "HEAD"):
            return _list(call, table)
        if call.method == "POST":
            return _create(call, table)
        raise errors.no_method()
    row = _row(call, table, call.path[1])
    match call.method:
        case "GET" | "HEAD":
            return Answer({"result": _view(call).row(table, row)})
        case "PUT" | "PATCH":
            writes.update(
                call.instance, call.user, table, row, call.body(), display=call.flag("sysparm_input_display_value")
            )
            return Answer({"result": _view(call).row(table, row)})
        case "DELETE":
            writes.delete(call.instance, call.user, table, row)
            return Answer(None, 204)
    raise errors.no_method()


def _row(call: Call, table: str, sys_id: str) -> Row:
    """Raises: SnowError (403, 404)."""
    call.instance.refuse_closed(call.user, table)
    row = call.instance.row(table, sys_id)
    if row is None or not call.instance.sees(call.user, table, row):
        raise errors.no_record()
    return row


def _create(call: Call, table: str) -> Answer:
    row = writes.create(call.instance, call.user, table, call.body(), display=call.flag("sysparm_input_display_value"))
    # On v2, whichever version was called: as recorded.
    location = f"{call.instance.url}/api/now/v2/table/{table}/{row['sys_id']}"
    return Answer({"result": _view(call).row(table, row)}, 201, {"Location": location})


def _list(call: Call, table: str) -> Answer:
    call.instance.refuse_closed(call.user, table)
    rows, headers = page(call, table)
    view = _view(call)
    return Answer({"result": [view.row(table, row) for row in rows]}, 200, headers)


def _view(call: Call) -> View:
    # Clients in Python send "False".
    asked = call.query.get("sysparm_display_value", "false").lower()
    display: Display = "all" if asked == "all" else "true" if asked == "true" else "false"
    fields = tuple(name.strip() for name in call.query.get("sysparm_fields", "").split(",") if name.strip())
    return View(call.instance, call.user, display, call.flag("sysparm_exclude_reference_link"), fields)


def page(call: Call, table: str) -> tuple[list[Row], dict[str, str]]:
    """One page of what a query finds, and its headers.

    The limit is applied before the rights: a short or empty page is not the end, and the count tells of rows that the
    user does not see.
    """
    found = matching(call, table, call.query.get("sysparm_query", ""))
    limit = max(1, call.number("sysparm_limit", MOST))
    offset = max(0, call.number("sysparm_offset", 0))
    seen = [row for row in found[offset : offset + limit] if call.instance.sees(call.user, table, row)]
    headers = {} if call.flag("sysparm_no_count") else {"X-Total-Count": str(len(found))}
    if len(found) > limit and not call.flag("sysparm_suppress_pagination_header"):
        headers["Link"] = _links(call, limit, offset, len(found))
    return seen, headers


def matching(call: Call, table: str, text: str) -> list[Row]:
    """Raises: SnowError (400)."""
    instance = call.instance

    def cell(row: Row, path: str) -> str:
        return instance.cell(table, row, path)

    rows: Iterable[Row] = instance.table(table)
    query = parse(filled(text, call.user, instance.now()), lambda path: instance.has(table, path))
    if query.invalid and instance.settings.invalid_query_returns_no_rows:
        return []
    # Without an order there is none that anyone could rely on.
    unordered = sorted((row for row in rows if query.holds(row, cell)), key=lambda row: row["sys_id"])
    return query.sort(unordered, cell)


def _links(call: Call, limit: int, offset: int, total: int) -> str:
    """One header for all, without a space behind `;`; the first page, too, has a previous one: as recorded."""
    others = [(k, v) for k, v in call.query.multi_items() if k not in ("sysparm_limit", "sysparm_offset")]

    def at(start: int, rel: str) -> str:
        asked = urlencode([*others, ("sysparm_limit", limit), ("sysparm_offset", start)])
        return f'<{call.instance.url}{call.address}?{asked}>;rel="{rel}"'

    links = [at(0, "first"), at(offset - limit, "prev")]
    if offset + limit < total:
        links.append(at(offset + limit, "next"))
    links.append(at((total - 1) // limit * limit, "last"))
    return ",".join(links)
