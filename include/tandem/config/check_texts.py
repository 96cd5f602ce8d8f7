# SPDX-License-Identifier: Apache-2.0
"""Fields that a contract composes or sets itself, and maps that depend on other fields: what can be wrong in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tandem.config.codes import Code
from tandem.config.composed import names_in
from tandem.config.models import TWIN, FieldRule, Side, WhenRule
from tandem.config.traits import TWIN_FIELDS, is_declared, values_of
from tandem.config.validate import did_you_mean
from tandem.errors import Problem

Values = Mapping[str, tuple[int | str, ...]]

_SENSELESS = ("kind", "map", "otherwise", "ignore", "on_change", "too_long", "fallback", "only")


def check_composed(side: Side, rule: FieldRule) -> Iterator[Problem]:
    """Check a field that is only written, with a text or value of the contract's own."""
    key = f"fields.{rule.hub}"
    if not is_declared(rule.hub):
        what = f"`{rule.hub}` cannot be composed: it is what both sides say."
        yield side.problem(Code.NOT_FOR_KIND, what, "Give the text a field of its own, called `x_…`.", key)
        return
    senseless = [*_SENSELESS, *(["direction"] if rule.direction != "in" else [])]
    for name in senseless:
        if side.has(f"{key}.{name}"):
            what = f"`{name}` means nothing for `{rule.hub}`: the contract itself says what is written."
            yield side.problem(Code.NOT_FOR_KIND, what, f"Remove `{name}`.", f"{key}.{name}")
    if rule.template is not None and rule.value is not None:
        fix = "Keep one of `template` and `value`."
        yield side.problem(Code.WRONG_VALUE, "The field has a text and a value.", fix, f"{key}.value")
    yield from _names(side, rule.template, f"{key}.template")
    for number, entry in enumerate(rule.when):
        yield from _names(side, entry.template, f"{key}.when.{number}.template")
        for name in ("place", "type", "map"):
            if side.has(f"{key}.when.{number}.{name}"):
                what = f"`{name}` means nothing for a field that is composed."
                fix = "Let it depend on hub fields: `where: {…}`; or make an offer for each place."
                yield side.problem(Code.NOT_FOR_KIND, what, fix, f"{key}.when.{number}.{name}")


def _names(side: Side, template: str | None, key: str) -> Iterator[Problem]:
    known = [hub for hub, rule in side.fields.items() if rule.comes_in and not rule.of_twin]
    for name in sorted(names_in(template)) if template is not None else ():
        if name not in known and name not in TWIN_FIELDS:
            what = f"The template uses `{name}`, which is no field that comes in here."
            fix = did_you_mean(name, (*known, *TWIN_FIELDS))
            yield side.problem(Code.COMPOSED, what, fix, key)


def check_where(side: Side, rule: FieldRule, values: Values) -> Iterator[Problem]:
    """Check the hub fields on which a field's maps or texts depend. ``values`` are those that the pair adds."""
    for number, entry in enumerate(rule.when):
        key = f"fields.{rule.hub}.when.{number}"
        for name in entry.where:
            yield from _where(side, rule, entry, name, values, f"{key}.where.{name}")


def _where(side: Side, rule: FieldRule, entry: WhenRule, name: str, values: Values, key: str) -> Iterator[Problem]:
    other = side.fields.get(name)
    if other is None or other.of_twin or (rule.is_composed and not other.comes_in):
        known = [hub for hub, one in side.fields.items() if not one.of_twin and (one.comes_in or not rule.is_composed)]
        does = "takes" if rule.is_composed else "has"
        what = f"The entry depends on `{name}`, which is no hub field that this contract {does}."
        yield side.problem(Code.HUB_FIELD, what, did_you_mean(name, known), key)
        return
    if not rule.is_composed and (name == rule.hub or any(one.where for one in other.when)):
        what = f"The map of `{rule.hub}` depends on `{name}`, whose own map depends on other fields."
        yield side.problem(Code.NEVER, what, "Let it depend on a field whose map does not.", key)
    known_values = (*values_of(name), *values.get(name, ()))
    for value in entry.where[name] if known_values else ():
        if value not in known_values:
            what = f"`{value}` is no value of `{name}`."
            yield side.problem(Code.HUB_VALUE, what, did_you_mean(str(value), map(str, known_values)), key)


def within(entry: WhenRule, earlier: WhenRule) -> bool:
    """Tell whether an entry fits no ticket whose hub values another does not fit."""
    return all(
        set(entry.where.get(name, ())) <= set(some) and name in entry.where for name, some in earlier.where.items()
    )


def check_told(side: Side, other: Side, revealed: frozenset[str]) -> Iterator[Problem]:
    """Check what a side's texts use against what the other side offers. ``revealed``: twin fields that it tells of."""
    for rule in side.fields.values():
        places = [("template", rule.template)]
        places += [(f"when.{number}.template", entry.template) for number, entry in enumerate(rule.when)]
        for at, template in places:
            for name in sorted(names_in(template)) if template is not None else ():
                key = f"fields.{rule.hub}.{at}"
                own, sent = side.fields.get(name), other.fields.get(name)
                taken = own is not None and own.comes_in and not own.of_twin
                if name.startswith(TWIN) and name not in revealed:
                    what = f"The other side does not reveal `{name}`; the text leaves it out."
                    fix = f"Remove it from the text, or ask {other.company} to reveal it."
                    yield side.problem(Code.NOT_REVEALED, what, fix, key, warning=True)
                elif taken and (sent is None or not sent.goes_out):
                    what = f"The other side does not offer `{name}`; the text leaves it out."
                    yield side.problem(
                        Code.COMPOSED, what, "Remove it from the text, or ask for it.", key, warning=True
                    )
