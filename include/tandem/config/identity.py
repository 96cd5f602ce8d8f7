# SPDX-License-Identifier: Apache-2.0
"""Names, hashes and the stored form of a pair: what says that two runs used the same configuration."""

from __future__ import annotations

import hashlib

from pydantic import TypeAdapter

from tandem.config.models import Pair, Side
from tandem.core.values import Json, canonical

_PAIR = TypeAdapter(Pair)
_SIDE = TypeAdapter(Side)

MAPPING = ("fields", "zone", "due_hour")
"""The parts of a side that decide how its values read in neutral terms."""


def pair_name(left: str, right: str, *, offers: bool = False) -> str:
    """Name the pair of two sides: ``mercuri-zendesk__infinity-jira``.

    An offer's name is in it only if it must be, because two pairs join the same two contracts:
    ``mercuri-zendesk__infinity-jira.customers``.
    """
    return "__".join(side.replace("/", ".") if offers else side.partition("/")[0] for side in (left, right))


def dag_id(pair: Pair) -> str:
    """Name the pair's DAG: ``sync__`` and the pair's name, which is unique because it is a file's name."""
    return f"sync__{pair.name}"


def mapping_hash(side: Side) -> str:
    """Hash what decides how a side's values are read: another hash means that its bases must be mapped anew.

    People are left out: a new entry in their map writes nothing by itself.
    """
    stored = _SIDE.dump_python(side, mode="json")
    return _hash({part: stored[part] for part in MAPPING})


def config_hash(pair: Pair) -> str:
    """Hash all that decides what a run does, Variables too; not where in the files it stands."""
    stored = _PAIR.dump_python(pair, mode="json", exclude={"files": True, "warnings": True})
    for side in (stored["left"], stored["right"]):
        del side["file"], side["lines"], side["people"]["file"]
    return _hash(stored)


def freeze(pair: Pair) -> str:
    """Write a pair as JSON text, to be kept with a run."""
    return _PAIR.dump_json(pair).decode()


def thaw(text: str) -> Pair:
    """Read back what :func:`freeze` wrote."""
    return _PAIR.validate_json(text)


def _hash(value: Json) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()
