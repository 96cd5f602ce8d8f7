# SPDX-License-Identifier: Apache-2.0
"""The process: the types that the scope lets in, the steps between their states, and what rules ask for on the way.

Rules are told by nobody, but Azure DevOps can judge a change that it does not save.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tandem.connectors.azure_devops.calls import ANSWERED, refused
from tandem.connectors.azure_devops.read import asked, steps
from tandem.connectors.azure_devops.scope import Scope, wanted
from tandem.connectors.azure_devops.shape import PROJECT, STATE, TYPE, Raw
from tandem.connectors.azure_devops.site import PATCH, Site
from tandem.connectors.base import Edge
from tandem.errors import ItemError

Types = Mapping[str, Mapping[str, Raw]]
"""Project → type → what is told of it."""
Samples = Mapping[tuple[str, str], Raw]
"""Project and type → an item of it."""
Needed = Mapping[tuple[str, str, str], tuple[str, ...]]
"""Project, type and state → fields that a rule asks for there."""


def meant(site: Site, types: Mapping[str, Raw]) -> list[str]:
    """The types that the scope names, or all."""
    named = {word.casefold() for one in site.needs.scope if one.field == TYPE for word in wanted(one)}
    return [name for name in types if not named or name.casefold() in named]


def choosing(site: Site, types: Types, project: str) -> list[str]:
    """The types of a project by which its choices are known: all, where the scope names one that is nowhere."""
    known = {name.casefold() for of_project in types.values() for name in of_project}
    named = {word.casefold() for one in site.needs.scope if one.field == TYPE for word in wanted(one)}
    return meant(site, types[project]) if named <= known else list(types[project])


def edges(site: Site, types: Types, seen: Samples) -> Iterator[Edge]:
    """The steps between states, of the types that the scope lets in, with what rules ask for."""
    needed = _needed(site, types, seen)
    for project, of_project in types.items():
        for type_ in meant(site, of_project):
            for state in of_project[type_].get("states") or ():
                name = str(state["name"])
                for way in steps(site, project, type_, name):
                    fields = needed.get((project, type_, way.to), ())
                    yield Edge(project, type_, name, replace(way, needs=fields))


def samples(site: Site, scope: Scope) -> Samples:
    """An item in scope of each project and type, among the newest."""
    try:
        items = list(site.items(site.newest(scope.wiql()), asked(site, scope)).values())
        reasons = scope.reasons(items)
    except ItemError:  # the query is wrong, as is told already
        return {}
    inside = [item for item in items if not reasons[str(item["id"])]]
    return {(str(one["fields"].get(PROJECT)), str(one["fields"].get(TYPE))): one for one in inside}


def unseen(site: Site, types: Types, seen: Samples) -> Iterator[str]:
    """Say of which types no step could be judged."""
    names = sorted(
        {kind for project, all_ in types.items() for kind in meant(site, all_) if (project, kind) not in seen}
    )
    if site.needs.statuses and site.needs.write and names:
        yield f"what rules ask for at a step is not known yet of {', '.join(names)}: none in scope is among the newest"


def _needed(site: Site, types: Types, seen: Samples) -> Needed:
    """Have the steps of one item of each type judged, to the states that the contract maps. Nothing is saved."""
    found: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for (project, type_), item in seen.items():
        here = str(item["fields"].get(STATE) or "")
        for way in steps(site, project, type_, here) if project in types else ():
            if way.to.casefold() in {status.casefold() for status in site.needs.statuses}:
                found[project, type_, way.to] = _asked_for(site, str(item["id"]), way.to)
    return found


def _asked_for(site: Site, id_: str, state: str) -> tuple[str, ...]:
    ops = [{"op": "add", "path": f"/fields/{STATE}", "value": state}]
    params = {"validateOnly": "true"}
    path = f"/_apis/wit/workitems/{id_}"
    told = site.ask("PATCH", path, params=params, body=ops, kind=PATCH, accept=(*ANSWERED, 401), reads=True)
    if told.status_code != 400:
        return ()
    fields = refused(site, told.status_code, told.json()).fields
    return tuple(name for name in fields if name != STATE)
