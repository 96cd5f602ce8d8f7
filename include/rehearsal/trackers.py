# SPDX-License-Identifier: Apache-2.0
"""The trackers of a scenario: a world file's, or such as two contracts speak of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rehearsal.kinds import KINDS
from rehearsal.scenario import Scenario, TrackerSpec
from rehearsal.stage import joined
from sandbox.world import STORY, Tenant, World, load_world
from tandem.config.models import Pair, Side


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
        if "account" in changes and KINDS[tenant.kind].by_email:
            people[alias]["email"] = changes["account"]
        elif "account" in changes:
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
    kind = KINDS[side.system]
    people = {"tandem": {**_person("tandem", name), "token": f"{name}-token", "role": kind.role}}
    people |= {alias: {**_person(alias, name), "role": role} for alias, role in kind.people.items()}
    accounts = {alias.partition("@")[0].replace(".", "-"): told for alias, told in side.people.accounts.items()}
    accounts |= {f"automation-{number}": account for number, account in enumerate(side.automations)}
    people |= {word: _person(word, name, account if kind.by_email else "") for word, account in accounts.items()}
    own = {} if kind.by_email or not accounts else {"account_ids": accounts}
    return Tenant.model_validate(
        {
            "name": name,
            "kind": side.system,
            "company": side.company,
            "zone": side.zone,
            "people": people,
            "settings": {**kind.settings(side), **own},
        }
    )
