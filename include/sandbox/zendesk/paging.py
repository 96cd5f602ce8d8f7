# SPDX-License-Identifier: Apache-2.0
"""Zendesk's two ways of paging a list: by cursor if `page[size]` is asked for, else by page number."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from sandbox.zendesk.errors import invalid_value, too_deep

T = TypeVar("T")
Key = tuple[Any, ...]
DEEPEST = 10_000
"""Records that pages by number reach; behind them Zendesk gives an error."""


def page_of(
    name: str,
    items: Sequence[T],
    shape: Callable[[T], dict[str, Any]],
    query: QueryParams,
    address: str,
    key: Callable[[T], Key],
    *,
    default: int = 100,
    largest: int = 100,
) -> dict[str, Any]:
    """One page of `items`, which are in ascending order of `key`; `address` is the list's own, without a query."""
    if "page[size]" in query or "page[after]" in query or "page[before]" in query:
        return _by_cursor(name, items, shape, query, address, key, default, largest)
    return by_number(name, items, shape, query, address, default, largest)


def whole(query: QueryParams, name: str, default: int) -> int:
    """A whole number of the query. Raises: ZendeskError (400)."""
    text = query.get(name) or str(default)
    if not text.lstrip("-").isdigit():
        raise invalid_value(f"{name} must be an integer")
    return int(text)


def by_number(
    name: str,
    items: Sequence[T],
    shape: Callable[[T], dict[str, Any]],
    query: QueryParams,
    address: str,
    default: int = 100,
    largest: int = 100,
) -> dict[str, Any]:
    """Raises: ZendeskError (400) for a page that lies too deep."""
    size = max(1, min(largest, whole(query, "per_page", default)))
    number = max(1, whole(query, "page", 1))
    start = (number - 1) * size
    if number * size > DEEPEST:
        raise too_deep()

    def at(page: int) -> str:
        return f"{address}?{urlencode({**_others(query), 'page': page, 'per_page': size})}"

    return {
        name: [shape(item) for item in items[start : start + size]],
        "next_page": at(number + 1) if start + size < len(items) else None,
        "previous_page": at(number - 1) if number > 1 else None,
        "count": len(items),
    }


def _by_cursor(
    name: str,
    items: Sequence[T],
    shape: Callable[[T], dict[str, Any]],
    query: QueryParams,
    address: str,
    key: Callable[[T], Key],
    default: int,
    largest: int,
) -> dict[str, Any]:
    size = max(1, min(largest, whole(query, "page[size]", default)))
    keys = [list(key(item)) for item in items]
    if "page[before]" in query:
        before = decoded(query["page[before]"])
        end = sum(k < before for k in keys)
        start = max(0, end - size)
        more = start > 0
    else:
        start = sum(k <= decoded(query["page[after]"]) for k in keys) if "page[after]" in query else 0
        end = min(start + size, len(items))
        more = end < len(items)
    # A page without items has no cursors: as recorded.
    first = encoded(keys[start]) if start < end else None
    last = encoded(keys[end - 1]) if start < end else None

    def at(side: str, cursor: str | None) -> str | None:
        # Set although there is no more: as recorded, and a trap for those who follow `next` to its end.
        return cursor and f"{address}?{urlencode({**_others(query), f'page[{side}]': cursor, 'page[size]': size})}"

    return {
        name: [shape(item) for item in items[start:end]],
        "meta": {"has_more": more, "after_cursor": last, "before_cursor": first},
        "links": {"prev": at("before", first), "next": at("after", last)},
    }


def _others(query: QueryParams) -> dict[str, str]:
    return {k: v for k, v in query.items() if not k.startswith("page") and k != "per_page"}


def encoded(key: Sequence[Any]) -> str:
    """A cursor: opaque, and it stays valid when items before it go away."""
    return base64.b64encode(json.dumps(list(key)).encode()).decode()


def decoded(cursor: str) -> list[Any]:
    """Raises: ZendeskError (400)."""
    try:
        key = json.loads(base64.b64decode(cursor, validate=True))
    except ValueError as error:
        raise invalid_value("The cursor is invalid") from error
    if not isinstance(key, list):
        raise invalid_value("The cursor is invalid")
    return key
