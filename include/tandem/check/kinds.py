# SPDX-License-Identifier: Apache-2.0
"""Whether each field of a contract is of the kind that its tracker's dictionary tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tandem.check.names import CHOICE, instead
from tandem.config.codes import Code
from tandem.config.models import FieldRule, Side
from tandem.config.traits import HUB_FIELDS, TWIN_FIELDS, is_declared
from tandem.connectors.base import FieldInfo
from tandem.errors import Problem

_LISTS = ("set", "persons")
# Kinds of the contract, with those of a tracker that cannot hold such a value. Unknown kinds are left to the tracker.
_NEVER = {
    "date": ("choice", "person", "number"),
    "number": ("choice", "person", "date", "datetime"),
    "rich": ("choice", "person", "number", "date", "datetime"),
    "people": ("choice", "number", "date", "datetime"),
}


def kinds(side: Side, fields: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    """List the fields whose values would not be taken, or would be read as something else."""
    for rule in side.fields.values():
        info = fields.get(rule.native)
        if info is not None and (rule.hub in (*HUB_FIELDS, *TWIN_FIELDS) or is_declared(rule.hub)):  # else told
            yield from _kind(side, rule, info)


def _kind(side: Side, rule: FieldRule, info: FieldInfo) -> Iterator[Problem]:
    key = f"fields.{rule.hub}"
    if rule.is_composed:
        yield from _fixed(side, rule, info)
        return
    if info.kind in _LISTS and rule.kind != "set" and not rule.of_twin:
        what = f"{rule.native} is a list, and `{rule.hub}` is not."
        fix = "Write `kind: set`." if rule.hub.startswith("x_") else "Name another field."
        yield side.problem(Code.NOT_FOR_KIND, what, fix, key)
    elif rule.kind == "set" and info.kind not in (*_LISTS, "unknown"):
        what = f"`{rule.hub}` is a list, and {rule.native} is none (it is of kind {info.kind})."
        yield side.problem(Code.NOT_FOR_KIND, what, "Name a list, or remove `kind: set`.", key)
    elif info.kind in _NEVER.get(rule.kind, ()):
        what = f"`{rule.hub}` is of kind {rule.kind}, and {rule.native} of kind {info.kind}."
        yield side.problem(Code.NOT_FOR_KIND, what, "Name another field, or mend `kind`.", key)


def _fixed(side: Side, rule: FieldRule, info: FieldInfo) -> Iterator[Problem]:
    """A fixed value of a field of choices is one of them."""
    given = [("value", rule.value), *((f"when.{number}.value", one.value) for number, one in enumerate(rule.when))]
    for at, value in given:
        if value and info.choices and value not in info.choices and value not in info.choices.values():
            what = f'"{value}" is no choice of {rule.native}.'
            yield side.problem(CHOICE, what, instead(info, value), f"fields.{rule.hub}.{at}")
