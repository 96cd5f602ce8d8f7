# SPDX-License-Identifier: Apache-2.0
"""The trackers of a scenario: a world file's, or such as two contracts speak of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rehearsal.scenario import Scenario, TrackerSpec
from rehearsal.stage import joined
from sandbox.world import STORY, Tenant, World, load_world
from tandem.config.models import FieldRule, Pair, Side

_JIRA_TYPES = {"set": "labels", "people": "user", "date": "date", "rich": "text"}
_CATEGORY = {"new": "new", "solved": "done", "closed": "done"}


def in_words(error: ValidationError) -> str:
    """Say in a line what does not fit."""
    told = ((".".join(map(str, one["loc"])), one["type"], one["msg"]) for one in error.errors())
    return "; ".join(
        f"there is no setting `{key}`" if kind == "extra_forbidden" else f"`{key}`: {what}" for key, kind, what in told
    )


def make_world(scenario: Scenario, pair: Pair, folder: Path) -> World:
    """Give the left and the right tracker, in this order.

    Raises:
        pydantic.ValidationError, KeyError: what is written does not fit.
    """
    if scenario.world is None:
        tenants = [of_contract(pair.left), of_contract(pair.right)]
    else:
        known = load_world(STORY if scenario.world == "story" else folder / scenario.world).tenants
        tenants = [_meant(known, pair.left), _meant(known, pair.right)]
    specs = (scenario.trackers.get("left"), scenario.trackers.get("right"))
    changed = [_changed(tenant, spec or TrackerSpec()) for tenant, spec in zip(tenants, specs, strict=True)]
    return World(tenants=tuple(changed))


def _meant(tenants: Iterable[Tenant], side: Side) -> Tenant:
    """The tenant that a contract's connection is named after, else the one of its company and system."""
    fitting = [one for one in tenants if one.kind == side.system]
    named = [one for one in fitting if one.name == side.connection.replace("_", "-")]
    own = [one for one in fitting if one.company == side.company]
    found = next(iter([*named, *own]), None)
    if found is None:
        raise KeyError(f"the world has no {side.system} of {side.company}")
    return found


def _changed(tenant: Tenant, spec: TrackerSpec) -> Tenant:
    told = tenant.model_dump()
    people = {alias: dict(person) for alias, person in told["people"].items()}
    accounts = dict(told["settings"].get("account_ids", {}))
    for alias, changes in spec.people.items():
        given = {name: value for name, value in changes.items() if name != "account"}
        people[alias] = joined(people.get(alias, _person(alias, tenant.name)), given)
        if "account" in changes:
            accounts[alias] = changes["account"]
    settings = joined(told["settings"], spec.settings)
    if accounts:
        settings = {**settings, "account_ids": accounts}
    return Tenant.model_validate({**told, "people": people, "settings": settings, "zone": spec.zone or tenant.zone})


def _person(alias: str, tenant: str, email: str = "") -> dict[str, Any]:
    return {"name": alias.capitalize(), "email": email or f"{alias}@{tenant}.example", "password": alias}


def of_contract(side: Side) -> Tenant:
    """Make a tracker in which a contract finds all that it speaks of."""
    name = side.connection.replace("_", "-").lower()
    people = {"tandem": {**_person("tandem", name), "token": f"{name}-token", "role": "admin"}}
    people["agent"] = _person("agent", name)
    accounts = {}
    for alias, account in side.people.accounts.items():
        word = alias.partition("@")[0].replace(".", "-")
        people[word] = _person(word, name, f"{word}@{name}.example")
        accounts[word] = account
    for number, account in enumerate(side.automations):
        people[f"automation-{number}"] = _person(f"automation-{number}", name)
        accounts[f"automation-{number}"] = account
    settings = _jira(side) if side.system == "jira" else _zendesk(side)
    return Tenant.model_validate(
        {
            "name": name,
            "kind": side.system,
            "company": side.company,
            "zone": side.zone,
            "people": people,
            "settings": {**settings, "account_ids": accounts, "search_lag": 1},
        }
    )


def _values(side: Side, native: str) -> list[str]:
    """All native names that a contract uses for a field, in order."""
    found: dict[str, None] = {}
    for rule in (each for field in side.fields.values() for _, each in field.maps()):
        if rule.native == native:
            found.update(dict.fromkeys(name for names in rule.map.values() for name in names))
            found.update(dict.fromkeys([*rule.ignore, *([rule.otherwise_in] if rule.otherwise_in else [])]))
    for native_name, value in (side.create or {}).items():
        if native_name == native and isinstance(value, str):
            found[value] = None
    for condition in side.scope:
        if condition.field == native:
            told = [*condition.in_, *([condition.is_] if condition.is_ is not None else [])]
            found.update(dict.fromkeys(map(str, told)))
    return list(found)


def _jira(side: Side) -> dict[str, Any]:
    own = {rule.native: rule for rule in side.fields.values() if rule.native.startswith("customfield_")}
    places = [name for rule in side.fields.values() for entry in rule.when for name in entry.place]
    projects = dict.fromkeys([*_values(side, "project"), *places]) or {"TEST": None}
    types = _values(side, "issuetype") or ["Task"]
    made: dict[str, Any] = {
        "projects": {key: {"name": key.capitalize(), "issue_types": types} for key in projects},
        "custom_fields": {name: _custom(side, rule) for name, rule in own.items()},
    }
    if priorities := _values(side, "priority"):
        made |= {"priorities": priorities, "default_priority": priorities[len(priorities) // 2]}
    screens = [field for way in side.transitions.values() for field in way.fields.items()]
    resolutions = [str(value) for name, value in screens if name == "resolution"]
    if resolutions:
        made["resolutions"] = list(dict.fromkeys(resolutions))
    status = side.fields.get("status")
    return made | ({"workflow": _workflow(side, status)} if status is not None else {})


def _workflow(side: Side, status: FieldRule) -> dict[str, Any]:
    """Every status can be reached from every other, by the contract's own transitions where it names them."""
    categories = {
        name: _CATEGORY.get(str(hub), "indeterminate")
        for _, rule in status.maps()
        for hub, names in rule.map.items()
        for name in names
    }
    statuses = {name: categories.get(name, "indeterminate") for name in _values(side, "status")}
    ways = []
    for name in statuses:
        rule = side.transitions.get(name)
        way = {"name": (rule.by if rule and rule.by else name), "from": [one for one in statuses if one != name]}
        ways.append({**way, "to": name, "required": list(rule.fields) if rule else []})
    return {"statuses": statuses, "initial": next(iter(statuses)), "transitions": ways}


def _custom(side: Side, rule: FieldRule) -> dict[str, Any]:
    if rule.map:
        return {"name": rule.hub, "type": "option", "options": _values(side, rule.native)}
    return {"name": rule.hub, "type": _JIRA_TYPES.get(rule.kind, "string")}


def _zendesk(side: Side) -> dict[str, Any]:
    fields = []
    for rule in side.fields.values():
        number = rule.native.removeprefix("custom_field_")
        if number.isdecimal():
            chosen: Mapping[str, Any] = {"type": "tagger", "options": _values(side, rule.native)} if rule.map else {}
            fields.append({"id": int(number), "title": rule.hub, **chosen})
    tags = [one.contains for one in side.scope if one.field == "tags" and one.contains]
    return {"ticket_fields": fields, "tags": tags, "export_lag": 1}
