# SPDX-License-Identifier: Apache-2.0
"""A scope by ids: what its conditions call by name is bound to ids when it is first seen.

Names are people's: an administrator changes them, and an account reads them in its own language. A scope that went by
them would lose its tickets in silence, or take in others. So the connector is given ids, from the first preflight on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tandem.config.models import Side
from tandem.connectors.base import Condition, FieldInfo

Bound = Mapping[str, Mapping[str, Sequence[str]]]
"""Native field → word of a condition → ids. One name may stand for several: each project has a component `Web`."""


def by_ids(offer: Side, bound: Bound) -> Side:
    """Write an offer's conditions with the ids that their words are bound to; a word that is not bound stays."""
    return replace(offer, scope=tuple(_by_ids(condition, bound.get(condition.field, {})) for condition in offer.scope))


def _by_ids(condition: Condition, bound: Mapping[str, Sequence[str]]) -> Condition:
    words = words_of(condition)
    if all(list(bound.get(word, (word,))) == [word] for word in words):
        return condition
    ids = dict.fromkeys(id_ for word in words for id_ in bound.get(word, (word,)))
    if condition.contains is not None and len(ids) == 1:
        return Condition(condition.field, contains=next(iter(ids)))
    return Condition(condition.field, in_=tuple(ids))


def bind(scope: Iterable[Condition], fields: Mapping[str, FieldInfo], before: Bound) -> dict[str, dict[str, list[str]]]:
    """Bind words to the ids that have this name now, and keep those that they were bound to as long as these exist.

    A word that is neither an id nor a name, nor was one, stays unbound: the preflight says so.
    """
    bound: dict[str, dict[str, list[str]]] = {}
    for condition in scope:
        info = fields.get(condition.field)
        for word in words_of(condition) if info is not None else ():
            assert info is not None
            kept = [id_ for id_ in before.get(condition.field, {}).get(word, ()) if id_ in info.choices]
            now = [word] if word in info.choices else _named(info, word)
            if ids := list(dict.fromkeys([*kept, *now])):
                bound.setdefault(condition.field, {})[word] = ids
    return bound


def renamed(bound: Bound, fields: Mapping[str, FieldInfo]) -> list[tuple[str, str]]:
    """List (field, word) of what no longer bears the name that the scope calls it by."""
    return [
        (native, word)
        for native, own in bound.items()
        for word in own
        if word not in fields[native].choices and not _named(fields[native], word)
    ]


def _named(info: FieldInfo, word: str) -> list[str]:
    return [id_ for id_, label in info.choices.items() if label.casefold() == word.casefold()]


def words_of(condition: Condition) -> list[str]:
    """The words of a condition that may be names of choices."""
    told = condition.is_ if isinstance(condition.is_, list) else [condition.is_]
    words = [str(word) for word in told if isinstance(word, str | int) and not isinstance(word, bool)]
    return [*words, *condition.in_, *([condition.contains] if condition.contains is not None else [])]
