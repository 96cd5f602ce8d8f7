# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a raw query, all at once. Azure DevOps itself tells the first fault alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from tandem.connectors.azure_devops.scope import Scope
from tandem.connectors.azure_devops.shape import PROJECT
from tandem.connectors.azure_devops.site import Site
from tandem.connectors.brackets import LEAVES_OUT, TELLING, enclosed
from tandem.errors import ItemError, Problem

CODE = "TDM-226"
_FIELD = re.compile(r"\[([A-Za-z_][\w.]*)\]")
_TEXT = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
_BEYOND = re.compile(r"\b(SELECT|ORDER\s+BY|ASOF)\b", re.IGNORECASE)
_FIX = "Write a condition in WIQL: [System.Tags] CONTAINS 'shared'."


def wrong(site: Site, scope: Scope, query: str) -> Iterator[Problem]:
    """List what keeps a raw query from being asked, or from narrowing anything."""
    found = list(_told(query, site))
    yield from (_problem(site, what, fix) for what, fix in found)
    if not found:
        try:
            next(site.query(f"({query}) AND [System.Id] = 0"), None)
        except ItemError:
            yield _problem(site, "Azure DevOps does not understand the raw query", _FIX)
            return
        if scope.fields <= {PROJECT} and _leaves_none_out(site, scope, query):
            what = "the raw query leaves out none of the work items that the conditions let in"
            yield Problem("TDM-227", what, LEAVES_OUT, where=site.http.tenant, key="query", warning=True)


def _leaves_none_out(site: Site, scope: Scope, query: str) -> bool:
    there = scope.wiql(narrowed=False)
    if len(site.newest(there)) < TELLING:
        return False
    return not site.newest(" AND ".join([*([there] if there else []), f"NOT ({query})"]))


def _told(query: str, site: Site) -> Iterator[tuple[str, str]]:
    if not enclosed(query):
        yield "the raw query closes a bracket that it did not open, or leaves one open", "Set brackets in pairs."
    bare = _TEXT.sub("''", query)
    for word in dict.fromkeys(" ".join(one.split()).upper() for one in _BEYOND.findall(bare)):
        yield f"the raw query holds {word}", "Write what stands behind WHERE, without ORDER BY and ASOF."
    known = {name.casefold(): name for name in site.fields}
    labels = {one.label.casefold(): name for name, one in site.fields.items()}
    for name in dict.fromkeys(_FIELD.findall(bare)):
        if name.casefold() not in known.keys() | labels.keys():
            near = get_close_matches(name.casefold(), [*known, *labels], 1)
            guess = f'Did you mean "[{(known | labels)[near[0]]}]"? ' if near else ""
            yield f"the raw query names [{name}], which Azure DevOps does not have", f"{guess}{_FIX}"


def _problem(site: Site, what: str, fix: str) -> Problem:
    return Problem(CODE, what, fix, where=site.http.tenant, key="query")
