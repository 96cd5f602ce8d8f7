# SPDX-License-Identifier: Apache-2.0
"""Options of which some lie below others: each is one option, and one below is called by both names."""

from collections.abc import Collection, Iterable

from sandbox.jira.catalog import Named, named, with_id
from sandbox.jira.values import JsonObject

BELOW = " > "
"""Stands between an upper option's name and that of one below it."""


def tops(known: Iterable[Named]) -> list[Named]:
    """The upper options."""
    return [one for one in known if BELOW not in one.name]


def below(known: Iterable[Named], top: str) -> list[Named]:
    """The options below one, given by its name."""
    return [one for one in known if one.name.startswith(f"{top}{BELOW}")]


def chosen(known: Collection[Named], value: JsonObject) -> Named:
    """The option that a request means: that below, where one is given. A name counts below its own upper one alone.

    Raises: LookupError: there is no such option.
    """
    top = _one_of(tops(known), value, str(value.get("value")))
    child = value.get("child")
    if child is None:
        return top
    if not isinstance(child, dict):
        raise LookupError("the option below is no object")
    return _one_of(below(known, top.name), child, f"{top.name}{BELOW}{child.get('value')}")


def _one_of(known: Collection[Named], value: JsonObject, name: str) -> Named:
    found = with_id(known, str(value["id"])) if "id" in value else named(known, name)
    if found is None:
        raise LookupError(name)
    return found


def words(known: Collection[Named], id_: str) -> str:
    """What the changelog says of a choice: both names with their ids, in one text."""
    found = with_id(known, id_)
    if found is None:
        return id_
    upper, _, lower = found.name.partition(BELOW)
    if not lower:
        return f"Parent values: {upper}({found.id})"
    top = named(known, upper)
    return f"Parent values: {upper}({top.id if top else ''})Level 1 values: {lower}({found.id})"
