# SPDX-License-Identifier: Apache-2.0
"""REST: search with JQL, by GET and POST; the removed `/search` says where to go."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.jira import search, shapes_issue, shapes_screen
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.errors import JiraError
from sandbox.jira.payload import Search
from sandbox.jira.routes_issue import from_query, wanted
from sandbox.jira.values import JsonObject

DEFAULT_PAGE = 50
MOST_BARE = 5000
"""Issues a page where only ids or keys are asked for."""
EMBEDDED_COMMENTS = 20
"""Comments that search embeds an issue; `total` says if there are more."""


def _search(call: Call, given: Mapping[str, Any]) -> Answer:
    how = replace(wanted(call, given, "id"), comments=EMBEDDED_COMMENTS)
    bare = how.bare and not how.expand and not how.properties
    most = min(
        int(given.get("maxResults") or DEFAULT_PAGE), MOST_BARE if bare else call.site.catalog.settings.page_size
    )
    if most < 1:
        raise JiraError(400, "The value of maxResults must be at least 1.")
    reconcile = [int(one) for one in given.get("reconcileIssues") or ()]
    jql, token = str(given.get("jql") or ""), given.get("nextPageToken")
    page = search.search(call.site, call.account, jql, most, token, reconcile)
    names = "names" in how.expand
    each = replace(how, expand=how.expand - {"names", "schema"})
    body: JsonObject = {"issues": [shapes_issue.issue(call.view, issue, each) for issue in page.issues]}
    if names:
        body["names"] = {name: label for name, label in shapes_issue.names(call.view).items() if how.takes(name)}
    if "schema" in how.expand:
        listed = shapes_screen.all_fields(call.view)
        body["schema"] = {one["id"]: one["schema"] for one in listed if "schema" in one and how.takes(one["id"])}
    if page.next_token:
        body["nextPageToken"] = page.next_token
    return Answer(body | {"isLast": page.next_token is None})


def _by_query(call: Call) -> Answer:
    plain = {name: call.query.get(name) for name in ("jql", "nextPageToken")}
    numbers = {"maxResults": call.number("maxResults", DEFAULT_PAGE), "reconcileIssues": call.words("reconcileIssues")}
    return _search(call, from_query(call) | plain | numbers)


def _by_body(call: Call) -> Answer:
    return _search(call, call.sent)


def _count(call: Call) -> Answer:
    return Answer({"count": search.count(call.site, call.account, str(call.sent.get("jql") or ""))})


def _gone(call: Call) -> Answer:
    raise JiraError(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
        "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    )


ENDPOINTS = (
    Endpoint("GET", "/search/jql", _by_query),
    Endpoint("POST", "/search/jql", _by_body, takes=Search),
    Endpoint("POST", "/search/approximate-count", _count, takes=Search),
    Endpoint("GET", "/search", _gone),
    Endpoint("POST", "/search", _gone),
)
