# SPDX-License-Identifier: Apache-2.0
"""What a preflight learnt of a tracker, kept for the connectors that are made after it.

It holds for one log-in at one address, and for the release that wrote it. To any other it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol

from tandem import __version__
from tandem.core.values import Json
from tandem.http import Http

NOTHING_LEARNT: Mapping[str, Json] = MappingProxyType({})
_OF = "of"


def to_keep(http: Http, learnt: Mapping[str, Any]) -> dict[str, Json]:
    """Say for whom it holds."""
    return {**learnt, _OF: _of(http)}


def to_recall(http: Http, learnt: Mapping[str, Json]) -> Mapping[str, Json]:
    """Give what was learnt, if it holds here."""
    return learnt if learnt.get(_OF) == _of(http) else NOTHING_LEARNT


class Knows(Protocol):
    """Asks its tracker for each thing once, in cached properties, unless it was ``learnt`` before."""

    http: Http
    recalled: Mapping[str, Any]


def take_up(site: Knows, learnt: Mapping[str, Json] = NOTHING_LEARNT) -> None:
    """Have it know what was learnt, if it holds here, and nothing of what it asked for until now."""
    for name, made in vars(type(site)).items():
        if isinstance(made, cached_property):
            vars(site).pop(name, None)
    site.recalled = to_recall(site.http, learnt)


def _of(http: Http) -> str:
    return f"{__version__} {http.fingerprint}"
