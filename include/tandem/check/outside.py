# SPDX-License-Identifier: Apache-2.0
"""What an offer creates, held against its own scope: a new ticket that is outside it would send nothing back."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tandem.check.bound import Bound
from tandem.check.names import Fields
from tandem.config.codes import Code
from tandem.config.models import FieldRule, Side
from tandem.config.scope_ids import words_of
from tandem.connectors.base import Condition, FieldInfo
from tandem.errors import Problem


def outside(side: Side, fields: Fields, bound: Bound, told: Collection[str] = ()) -> Iterator[Problem]:
    """Warn where what is created here would be out of scope. Of a raw query nothing can be told.

    ``told``: fields of which the scope names what is not there.
    """
    for number, condition in enumerate(side.scope if side.create is not None else ()):
        info = fields.get(condition.field)
        if info is None or isinstance(condition.is_, bool):  # a switch has a value though nobody gives one
            continue
        if info.choices and any(bound.id_of(info, word) is None for word in words_of(condition)):
            continue  # told as what it is: no choice
        given, mapped = _given(side, condition, info, bound), _mapped(side, condition, info, bound)
        found = [] if condition.field in told else given or mapped or []
        if given is None and mapped is None and condition.set_ is not False and not info.filled:
            what = f"Nothing fills {condition.field} of a new ticket: unless the tracker does, it is empty"
            found = [(f"scope.{number}", what)]
        for key, what in found:
            fix = "Create what the scope takes in, or widen the scope. As it is, nothing of such a ticket goes back."
            yield side.problem(Code.OUTSIDE, f"{what}, which the scope does not take in.", fix, key, warning=True)


def _given(side: Side, condition: Condition, info: FieldInfo, bound: Bound) -> list[tuple[str, str]] | None:
    """Judge what ``create`` gives; none where it gives nothing."""
    given = (side.create or {}).get(condition.field)
    if given is None:
        return None
    words = [str(one) for one in (given if isinstance(given, list) else [given])]
    if info.choices and any(bound.id_of(info, word) is None for word in words):
        return []  # told as what it is: no choice
    if any(_met(condition, word, info, bound) for word in words):
        return []
    return [(f"create.{condition.field}", f'A new ticket gets {condition.field} "{", ".join(words)}"')]


def _mapped(side: Side, condition: Condition, info: FieldInfo, bound: Bound) -> list[tuple[str, str]] | None:
    """Judge what maps write into the field; none where no field of the hub is written there."""
    rule = next((one for one in side.fields.values() if one.native == condition.field and one.comes_in), None)
    if rule is None:
        return None
    words = [one for one in _written(rule) if not info.choices or bound.id_of(info, one[1]) is not None]  # else told
    beyond = [(key, word) for key, word in words if not _met(condition, word, info, bound)]
    if not beyond or rule.hub == "status":  # a ticket begins in one that it leaves again
        return []
    listed = " or ".join(dict.fromkeys(f'"{word}"' for _, word in beyond))
    return [(f"fields.{rule.hub}.{beyond[0][0]}", f"A new ticket can get {condition.field} {listed}")]


def _written(rule: FieldRule) -> Iterator[tuple[str, str]]:
    for at, one in rule.maps():
        yield from ((f"{at}map.{value}", names[0]) for value, names in one.map.items() if names)
        if one.otherwise_in:
            yield f"{at}otherwise.in", one.otherwise_in


def _met(condition: Condition, word: str, info: FieldInfo, bound: Bound) -> bool:
    if condition.set_ is not None:
        return condition.set_
    wanted = [_names(one, info, bound) for one in words_of(condition)]
    own = _names(word, info, bound)
    if any(own & names for names in wanted):
        return True
    parts = condition.contains is not None and info.kind not in ("set", "persons")
    return any(
        inner in one if parts else one.startswith(f"{inner}\\")  # an area lies within the areas above it
        for names in wanted
        for inner in names
        for one in own
    )


def _names(word: str, info: FieldInfo, bound: Bound) -> set[str]:
    """What a word may be written as: it, the choice's id, the choice's name."""
    id_ = bound.id_of(info, word)
    return {one.casefold() for one in (word, id_, info.choices.get(id_) if id_ else None) if one}
