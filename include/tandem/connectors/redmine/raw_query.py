# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a raw query, all at once: Redmine passes over filters that it does not know, and lists more."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from tandem.connectors.redmine.site import Site, params_of
from tandem.errors import Problem
from tandem.http import parsed

CODE = "TDM-226"
_FILTER = "f[]"
_BESIDE = frozenset({"set_filter", "utf8", "sort", "group_by", "page", "per_page", "limit", "offset"})  # narrow nothing
_COPY = "Filter a list of issues in Redmine and copy what stands behind the `?` of its address."


def wrong(site: Site, query: str) -> Iterator[Problem]:
    """List what keeps a raw query from saying what it is to say."""
    pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True)
    filters = [value for name, value in pairs if name == _FILTER and value]
    if not filters:
        yield _problem(site, "the raw query names no filter of Redmine's (`f[]=…`)", _COPY)
        return
    given = {name for name, _ in pairs}
    strange = [name for name in dict.fromkeys(filters) if not _known(site, name)]
    for name in strange:
        yield _problem(site, f'Redmine has no filter "{name}" here, and would pass over it', _COPY)
    for name in filters:
        if f"op[{name}]" not in given:
            yield _problem(site, f'the filter "{name}" has no `op[{name}]=…`: Redmine would pass over it', _COPY)
    for name in (name for name, _ in pairs if "[" not in name and name not in _BESIDE):
        yield _problem(site, f'"{name}=" in the raw query is no filter in the form that is asked', _COPY)
    refused = "" if strange else _refusal(site, pairs)
    if refused:
        yield _problem(site, f"Redmine refuses the raw query: {refused}", _COPY)


def _known(site: Site, name: str) -> bool:
    """Ask by a filter without a value: Redmine refuses that of those that it knows."""
    return bool(_refusal(site, [(_FILTER, name), (f"op[{name}]", "="), (f"v[{name}][]", "")]))


def _refusal(site: Site, pairs: list[tuple[str, str]]) -> str:
    asked = [("set_filter", "1"), ("limit", "1"), *(pair for pair in pairs if "[" in pair[0])]
    answer = site.http.request("GET", "/issues.json", params=params_of(asked), endpoint="GET", accept=(403, 404, 422))
    if answer.status_code != 422:
        return ""
    return "; ".join(str(one) for one in parsed(answer).get("errors") or ()) or "422"


def _problem(site: Site, what: str, fix: str) -> Problem:
    return Problem(CODE, what, fix, where=site.http.tenant, key="query")
