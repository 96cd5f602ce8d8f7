# SPDX-License-Identifier: Apache-2.0
"""What a contract names, looked up in its tracker's dictionary: choices of fields, and what a new ticket asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from tandem.check.bound import Bound
from tandem.config import scope_ids
from tandem.config.codes import Code
from tandem.config.models import Side
from tandem.config.traits import TRAITS
from tandem.connectors.base import Capabilities, FieldInfo
from tandem.errors import Problem, TransitionError

CHOICE = "TDM-225"
LISTED = 12  # choices named in a message
SURE = 0.9  # how much alike a name and what it surely means are
Fields = Mapping[str, FieldInfo]
_ID = re.compile(r"[0-9]+|[0-9a-f]{32}")  # a number, or the id of a row in ServiceNow


def choices(side: Side, fields: Fields, capabilities: Capabilities, bound: Bound) -> Iterator[Problem]:
    """Every name that the contract uses must be a choice of its field, as the engine binds names: exactly."""
    renamed: dict[str, list[tuple[str, str, str]]] = {}
    for key, native, name in [*_names(side), *_spots(side, capabilities)]:
        info = fields.get(native)
        if info is None or not info.choices:
            continue
        if bound.id_of(info, name) is None:
            yield side.problem(CHOICE, f'"{name}" is no choice of {native}.', instead(info, name), key)
        elif now := bound.renamed(info, name):
            renamed.setdefault(native, []).append((key, name, now))
    for native, word in scope_ids.renamed(bound.scope, fields):
        number = next((n for n, one in enumerate(side.scope) if one.field == native), 0)
        ids = bound.scope[native][word]
        now = ", ".join(fields[native].choices.get(id_, id_) for id_ in ids)
        renamed.setdefault(native, []).append((f"scope.{number}", word, now))
    for native, found in renamed.items():
        yield told_renamed(side, native, found)


def told_renamed(side: Side, what: str, found: list[tuple[str, str, str]]) -> Problem:
    """Say, in one notice, which names (key, name, name in the tracker) have changed there."""
    told = dict.fromkeys(f'"{name}" is "{now}"' for _, name, now in found)
    listed = ", ".join(list(told)[:LISTED]) + (", …" if len(told) > LISTED else "")
    said = f"Names of {what} have changed in the tracker: {listed}. They are known by their ids, and nothing changes."
    fix = "Write the new names when it suits you; a state that is lost, or another pair, knows only those."
    return side.problem(Code.RENAMED, said, fix, found[0][0], warning=True)


def instead(info: FieldInfo, name: str) -> str:
    """Say which choices there are, and first of all which may have been meant."""
    known = _words(info)
    near = meant(info, name)
    listed = ", ".join(known[:LISTED]) + (", …" if len(known) > LISTED else "")
    guess = f'Did you mean "{near}"? ' if near else ""
    return f"{guess}There are: {listed}."


def meant(info: FieldInfo, name: str) -> str | None:
    """Give the choice that a name which is none is nearest to; none if it is near to none."""
    return nearest(name, [*_words(info), *info.choices])


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Give what is written like a word but for capitals, else what is most like it; none if nothing is."""
    listed = list(known)
    same = (one for one in listed if one.casefold() == word.casefold())
    return next(same, None) or next(iter(get_close_matches(word, listed, 1, cutoff)), None)


def _words(info: FieldInfo) -> list[str]:
    """What people call the choices: ids where they are words, as in Zendesk."""
    return sorted(set(info.choices.values() if any(_ID.fullmatch(id_) for id_ in info.choices) else info.choices))


def misspelt(side: Side, fields: Fields, bound: Bound) -> Iterator[tuple[str, str]]:
    """List (hub field, choice that was meant) of the names in maps that are no choices."""
    for hub, field_rule in side.fields.items():
        info = fields.get(field_rule.native)
        for _, rule in field_rule.maps() if info is not None and info.choices else ():
            assert info is not None
            wrong = (name for names in rule.map.values() for name in names if bound.id_of(info, name) is None)
            yield from ((hub, near) for name in wrong if (near := meant(info, name)))


def _names(side: Side) -> Iterator[tuple[str, str, str]]:
    """List (key, native field, name) of all names that stand for choices."""
    for hub, field_rule in side.fields.items():
        for at, rule in field_rule.maps():
            key = f"fields.{hub}.{at}"
            for value, names in rule.map.items():
                yield from ((f"{key}map.{value}", rule.native, name) for name in names if name)
            yield from ((f"{key}ignore", rule.native, name) for name in rule.ignore if side.has(f"{key}ignore"))
            if rule.otherwise_in and side.has(f"{key}otherwise"):
                yield f"{key}otherwise.in", rule.native, rule.otherwise_in
    given = [(f"create.{native}", native, given) for native, given in (side.create or {}).items()]
    for to, transition in side.transitions.items():
        given += [(f"transitions.{to}.fields.{native}", native, given) for native, given in transition.fields.items()]
    yield from ((key, native, name) for key, native, name in given if isinstance(name, str))


def _spots(side: Side, capabilities: Capabilities) -> Iterator[tuple[str, str, str]]:
    """List (key, native field, name) of the places and types for which there are maps of their own."""
    for hub, rule in side.fields.items():
        for number, entry in enumerate(rule.when):
            key = f"fields.{hub}.when.{number}"
            yield from ((f"{key}.place", capabilities.place_field, name) for name in entry.place)
            yield from ((f"{key}.type", capabilities.type_field, name) for name in entry.type)


def create(side: Side, fields: Fields, capabilities: Capabilities, bound: Bound) -> Iterator[Problem]:
    """What the tracker asks for in a new ticket must be filled by `create` or by a field that comes in."""
    if side.create is None:
        return
    filled = _filled(side) | {near for _, near in unknown(side, fields)}
    told = TRAITS[side.system].create_needs if side.system in TRAITS else ()  # by the files' own check
    types = _made(side, fields, capabilities.type_field, bound)
    for name, info in fields.items():
        of = [word for id_, word in types.items() if id_ in info.required_of]
        if (info.required or of) and info.writable and name not in filled and name not in told:
            thing = "ticket" if info.required else " and no ".join(of)
            what = f"No {thing} can be created without {label(fields, name)}, and nothing fills it."
            yield side.problem(Code.CREATE, what, f"Add it: create: {{{name}: {example(fields, name)}}}.", "create")


def _made(side: Side, fields: Fields, native: str, bound: Bound) -> dict[str, str]:
    """The types of the tickets that the contract makes: id → as it calls them."""
    given = (side.create or {}).get(native)
    names = [given] if isinstance(given, str) else []
    for rule in side.fields.values():
        for _, one in rule.maps() if rule.native == native and rule.comes_in else ():
            names += [each[0] for each in one.map.values() if each] + [one.otherwise_in or "", str(one.value or "")]
    info = fields.get(native)
    return {id_: name for name in names if info is not None and name and (id_ := bound.id_of(info, name)) is not None}


def unknown(side: Side, fields: Fields) -> Iterator[tuple[str, str]]:
    """List (hub field, native field surely meant) of the fields that come in and that the tracker does not have."""
    for hub, rule in side.fields.items():
        if rule.comes_in and rule.native not in fields and (near := field_meant(rule.native, fields, SURE)):
            yield hub, near


def field_meant(name: str, fields: Fields, cutoff: float = 0.6) -> str | None:
    """Give the field that was meant by a name which is none: one of that label, else what is nearest."""
    by_label = (native for native, info in fields.items() if info.label.casefold() == name.casefold())
    return next(by_label, None) or nearest(name, fields, cutoff)


def statuses(side: Side, fields: Fields, bound: Bound) -> Iterator[Problem]:
    """What the tracker asks for in a status that is written, and neither `create` nor a field that comes in fills.

    It is a warning: people may fill it, and it may be asked for on some tickets alone (a form of Zendesk).
    """
    status = side.fields.get("status")
    if status is None or not status.comes_in or status.native not in fields:
        return
    filled = _filled(side)
    written = {names[0]: f"{at}map.{value}" for at, one in status.maps() for value, names in one.map.items() if names}
    for name, info in fields.items():
        for word, at in written.items() if info.needed_in and name not in filled else ():
            if bound.id_of(fields[status.native], word) in info.needed_in:
                what = f'Tickets go to "{word}" only with {label(fields, name)}, and nothing fills it.'
                fix = f"Fill it where people do not, as with create: {{{name}: {example(fields, name)}}}."
                yield side.problem(TransitionError.code, what, fix, f"fields.status.{at}", warning=True)


def _filled(side: Side) -> set[str]:
    """The native fields that a new ticket gets from `create` or from what comes in."""
    return {*(side.create or {}), *(rule.native for rule in side.fields.values() if rule.comes_in)}


def label(fields: Fields, name: str) -> str:
    """A field as people and as the tracker call it."""
    known = fields[name].label if name in fields else ""
    return f'"{known}" ({name})' if known and known.casefold() != name.casefold() else f'"{name}"'


def example(fields: Fields, name: str) -> str:
    """A value that a field takes."""
    names = list(fields[name].choices.values()) if name in fields else []
    return names[0] if names else "…"
