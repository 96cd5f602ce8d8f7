# SPDX-License-Identifier: Apache-2.0
"""Finds connectors by their system's name, in the entry point group ``tandem.connectors``.

Any installed package may add one: ``[project.entry-points."tandem.connectors"] other = "package.module:Other"``, a
:class:`Factory` with ``traits``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import TYPE_CHECKING, Protocol, cast

from tandem.connectors.base import Connector, Needs, SystemTraits
from tandem.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from tandem.http import Http

GROUP = "tandem.connectors"
# Our own, for a checkout that nobody installed; the same are entry points in pyproject.toml.
BUILT_IN: Mapping[str, str] = {
    "azure_devops": "tandem.connectors.azure_devops:AzureDevOps",
    "jira": "tandem.connectors.jira:Jira",
    "redmine": "tandem.connectors.redmine:Redmine",
    "request_tracker": "tandem.connectors.request_tracker:RequestTracker",
    "servicenow": "tandem.connectors.servicenow:ServiceNow",
    "zendesk": "tandem.connectors.zendesk:Zendesk",
}


class Factory(Protocol):
    """Makes a connector for one offer, over a log-in."""

    def __call__(self, http: Http, needs: Needs) -> Connector: ...


def systems() -> tuple[str, ...]:
    """Name the systems that there are connectors for."""
    return tuple(sorted({*BUILT_IN, *(point.name for point in _installed())}))


def factory(system: str) -> Factory:
    """Return what makes the connector of a system; only that connector is imported.

    Raises:
        ConfigurationError: there is none, it cannot be imported, or two packages bring one of this name.
    """
    points = {point.value: point for point in _installed().select(name=system)}
    if len(points) > 1:
        places = " and ".join(sorted(points))
        raise _wrong(f'two connectors for the system "{system}": {places}', "Uninstall one of the two packages.")
    if not points and system not in BUILT_IN:
        near = get_close_matches(system, systems(), 1)
        fix = f'Did you mean "{near[0]}"?' if near else "Install the package that brings its connector."
        raise _wrong(f'there is no connector for the system "{system}"; there are: {", ".join(systems())}', fix)
    point = next(iter(points.values()), None) or EntryPoint(system, BUILT_IN[system], GROUP)
    try:
        return cast(Factory, point.load())
    except Exception as error:  # what a package of others does when it is imported harms no other pair
        raise _wrong(
            f'the connector for the system "{system}" cannot be imported from {point.value}: {error}',
            "Install the package that it needs, or a release of it that fits this one.",
        ) from error


def traits(system: str) -> SystemTraits:
    """Return what another package's connector says of its system without asking it.

    Raises:
        ConfigurationError: it says nothing, or :func:`factory` has none to ask.
    """
    told = getattr(factory(system), "traits", None)
    if isinstance(told, SystemTraits):
        return told
    raise _wrong(
        f'the connector for the system "{system}" says nothing of the system',
        "Give its class `traits`, a SystemTraits of tandem.connectors.base; see docs/developer.md.",
    )


def _installed() -> EntryPoints:
    return _on(tuple(sys.path))


@lru_cache(maxsize=1)
def _on(path: tuple[str, ...]) -> EntryPoints:
    """What is installed where Python looks now: to find it reads every package's metadata, and each task asks twice."""
    return entry_points(group=GROUP)


def _wrong(what: str, fix: str) -> ConfigurationError:
    return ConfigurationError([Problem(ConfigurationError.code, what, fix)])
