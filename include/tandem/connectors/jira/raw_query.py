# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a raw query, all at once, as Jira's own parser tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from tandem.connectors.base import FieldInfo
from tandem.connectors.brackets import LEAVES_OUT, TELLING, enclosed
from tandem.connectors.jira.scope import clause
from tandem.connectors.jira.site import Site
from tandem.errors import ConfigurationError, CredentialsError, ItemError, Problem

CODE = "TDM-226"
_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
_NO_FIELD = re.compile(r"Field '(?P<word>[^']+)'")
_NO_VALUE = re.compile(r"value '(?P<word>[^']+)'.* field '(?P<field>[^']+)'")


def wrong(site: Site, query: str, fields: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    """List what keeps a raw query from being asked."""
    if _ORDER.search(query):
        yield _problem(site, "the raw query holds an order", "Remove `ORDER BY …`.")
    told = _refusals(site, query)
    for one in told:
        yield _problem(site, f"Jira refuses the raw query: {one}", _fix(one, fields))
    if told or _ORDER.search(query):
        return
    try:
        next(site.search(f"({query})", ["id"], 1))
    except ConfigurationError:
        yield _problem(site, "Jira refuses the raw query", _fix("", fields))
        return
    if site.scope.fields <= {"project", "security"} and (all_ := _none_left_out(site)):
        what = f"the raw query leaves out none of the {all_} issues that the conditions let in"
        yield Problem("TDM-227", what, LEAVES_OUT, where=site.http.tenant, key="query", warning=True)


def _none_left_out(site: Site) -> int:
    """How many issues the scope lets in, if as many as without its query; 0: too few to tell."""
    scopes = (site.scope, replace(site.scope, query=None))
    try:
        found, all_ = (
            int(site.ask("/search/approximate-count", {"jql": scope.jql(site.forms)})["count"]) for scope in scopes
        )
    except (ItemError, CredentialsError):
        return 0
    return all_ if found == all_ >= TELLING else 0


def _refusals(site: Site, query: str) -> list[str]:
    """Have the query read by itself: within the brackets of a search, one that closes them would be another."""
    try:
        (answer,) = site.ask("/jql/parse", {"queries": [query]}, validation="strict")["queries"]
    except (ItemError, CredentialsError):  # a token that may search and not this
        return [] if enclosed(query, "\\") else ["It closes a bracket that it did not open, or leaves one open."]
    return [str(one) for one in answer.get("errors") or ()]


def _fix(refusal: str, fields: Mapping[str, FieldInfo]) -> str:
    fix = "Correct the JQL; Jira's advanced search takes the same words."
    near: list[str] = []
    if found := _NO_FIELD.match(refusal):
        names = [word for name, info in fields.items() for word in (clause(name), info.label)]
        near = get_close_matches(found["word"], names, 1)
    elif found := _NO_VALUE.search(refusal):
        known = fields.get(found["field"])
        near = get_close_matches(found["word"], known.choices.values(), 1) if known is not None else []
    return f'Did you mean "{near[0]}"? {fix}' if near else fix


def _problem(site: Site, what: str, fix: str) -> Problem:
    return Problem(CODE, what, fix, where=site.http.tenant, key="query")
