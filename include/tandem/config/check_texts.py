# SPDX-License-Identifier: Apache-2.0
"""Fields that a contract composes or sets itself, and maps that depend on other fields: what can be wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from tandem.config.codes import Code
from tandem.config.composed import names_in
from tandem.config.field_rules import OWN
from tandem.config.models import TWIN, FieldRule, Side, WhenRule, hub_value
from tandem.config.traits import TWIN_FIELDS, is_declared, values_of
from tandem.config.validate import did_you_mean
from tandem.errors import Problem

Values = Mapping[str, tuple[int | str, ...]]

_SENSELESS = ("kind", "map", "otherwise", "ignore", "on_change", "too_long", "fallback", "only")
_VALUES = ("type", "priority")  # of which a value may be sent that the contract sets
_OWN_FIELDS = tuple(f"{OWN}{part}" for part in ("key", "url", "status", "company"))


def check_composed(side: Side, rule: FieldRule) -> Iterator[Problem]:
    """Check a field that is only written, with a text or value of the contract's own."""
    key = f"fields.{rule.hub}"
    if not is_declared(rule.hub):
        what = f"`{rule.hub}` cannot be composed: it is what both sides say."
        fix = "Give the text a field of its own, called `x_…`; what leaves may be composed with `direction: out`."
        yield side.problem(Code.NOT_FOR_KIND, what, fix, key)
        return
    yield from _senseless(side, rule, [*_SENSELESS, *(["direction"] if rule.direction != "in" else [])])
    known = [hub for hub, one in side.fields.items() if one.comes_in and not one.is_own]
    yield from _texts(side, rule, "comes in here", (*known, *TWIN_FIELDS))


def check_sent(side: Side, rule: FieldRule, values: Values) -> Iterator[Problem]:
    """Check a text or value that the contract composes for the other side. ``values`` are those that the pair adds."""
    key = f"fields.{rule.hub}"
    if rule.hub in _VALUES and rule.templates:
        what = f"`{rule.hub}` is one of some values, and a template may make any text."
        fix = "Write `value: …`, and others under `when: [{where: {…}, value: …}]`."
        yield side.problem(Code.NOT_FOR_KIND, what, fix, key)
    elif rule.hub not in ("title", *_VALUES) and not is_declared(rule.hub):
        what = f"`{rule.hub}` cannot be composed: it could not be read back."
        fix = "Only `title`, `type`, `priority` and fields of your own, called `x_…`, can be."
        yield side.problem(Code.NOT_FOR_KIND, what, fix, key)
    yield from _senseless(side, rule, [*_SENSELESS, "once", *(["field"] if rule.hub != "title" else [])])
    known = [hub for hub, one in side.fields.items() if one.goes_out and not one.of_twin]
    own = [name for name in _OWN_FIELDS if _is_revealed(side, name)]
    yield from _texts(side, rule, "goes out from here", (*known, *own))
    known_values = (*values_of(rule.hub), *values.get(rule.hub, ()))
    for value in rule.values if known_values else ():
        if hub_value(value) not in known_values:
            what = f"`{value}` is no value of `{rule.hub}`."
            yield side.problem(Code.HUB_VALUE, what, did_you_mean(value, map(str, known_values)), key)


def _is_revealed(side: Side, name: str) -> bool:
    part = name.removeprefix(OWN)
    return part == "company" or (part in side.reveal and (part != "status" or "status" in side.fields))


def _senseless(side: Side, rule: FieldRule, names: Iterable[str]) -> Iterator[Problem]:
    key = f"fields.{rule.hub}"
    for name in names:
        if side.has(f"{key}.{name}"):
            what = f"`{name}` means nothing for `{rule.hub}`: the contract itself says what is written."
            yield side.problem(Code.NOT_FOR_KIND, what, f"Remove `{name}`.", f"{key}.{name}")


def _texts(side: Side, rule: FieldRule, does: str, known: Collection[str]) -> Iterator[Problem]:
    """Check what a field is composed of. ``does``: what a field must do to be among the ``known``."""
    key = f"fields.{rule.hub}"
    if rule.template is not None and rule.value is not None:
        fix = "Keep one of `template` and `value`."
        yield side.problem(Code.WRONG_VALUE, "The field has a text and a value.", fix, f"{key}.value")
    yield from _names(side, rule.template, does, known, f"{key}.template")
    for number, entry in enumerate(rule.when):
        yield from _names(side, entry.template, does, known, f"{key}.when.{number}.template")
        if side.has(f"{key}.when.{number}.map"):
            what = "`map` means nothing for a field that is composed."
            fix = "Write `template: …` or `value: …`."
            yield side.problem(Code.NOT_FOR_KIND, what, fix, f"{key}.when.{number}.map")


def _names(side: Side, template: str | None, does: str, known: Collection[str], key: str) -> Iterator[Problem]:
    for name in sorted(names_in(template)) if template is not None else ():
        if name not in known:
            what = f"The template uses `{name}`, which is no field that {does}."
            yield side.problem(Code.COMPOSED, what, did_you_mean(name, known), key)


def check_where(side: Side, rule: FieldRule, values: Values) -> Iterator[Problem]:
    """Check the hub fields on which a field's maps or texts depend. ``values`` are those that the pair adds."""
    for number, entry in enumerate(rule.when):
        key = f"fields.{rule.hub}.when.{number}"
        for name in entry.where:
            yield from _where(side, rule, entry, name, values, f"{key}.where.{name}")


def _where(side: Side, rule: FieldRule, entry: WhenRule, name: str, values: Values, key: str) -> Iterator[Problem]:
    fits, does = _seen_by(rule)
    other = side.fields.get(name)
    if other is None or not fits(other):
        what = f"The entry depends on `{name}`, which is no hub field that this contract {does}."
        known = [hub for hub, one in side.fields.items() if fits(one)]
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


def _seen_by(rule: FieldRule) -> tuple[Callable[[FieldRule], bool], str]:
    """Give which fields a field may depend on, and what of these the contract does."""
    if not rule.is_composed:
        return lambda one: not one.of_twin, "has"
    if rule.goes_out:
        return lambda one: one.goes_out and not one.of_twin, "offers"
    return lambda one: one.comes_in and not one.is_own, "takes"


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
                taken = own is not None and own.comes_in and not own.of_twin  # what is composed for us is offered
                if name.startswith(TWIN) and name not in revealed:
                    what = f"The other side does not reveal `{name}`; the text leaves it out."
                    fix = f"Remove it from the text, or ask {other.company} to reveal it."
                    yield side.problem(Code.NOT_REVEALED, what, fix, key, warning=True)
                elif taken and (sent is None or not sent.goes_out):
                    what = f"The other side does not offer `{name}`; the text leaves it out."
                    yield side.problem(
                        Code.COMPOSED, what, "Remove it from the text, or ask for it.", key, warning=True
                    )
