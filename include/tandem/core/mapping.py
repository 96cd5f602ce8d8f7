# SPDX-License-Identifier: Apache-2.0
"""One field between a side's native value and the hub's: read by the contract's map, written by the same map.

A native value is the connector's flat form: choices and people by id. What cannot be told in hub terms is one of
three things: *unsaid* (a person unknown here: the field says nothing), *kept* (ignored, or the end of a life cycle:
the field keeps its base), or an error that sets the ticket aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tandem.core import labels
from tandem.core.addresses import withhold_text
from tandem.core.doc import Markup, is_empty, media_refs, normalise, whole_characters, with_media
from tandem.core.rules import Choices, FieldRule, People
from tandem.core.values import Json, as_set, from_set, length, utc_text
from tandem.errors import MappingError, TooLargeError

NOBODY = "none"  # fallback of people: write the field empty


@dataclass(frozen=True, slots=True)
class Said:
    """A native value in hub terms."""

    value: Json
    lossy: int = 0


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A value that says nothing, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that is none: the field keeps its base."""

    why: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What one side needs to read and write its values: dictionary, people, markup, zone."""

    choices: Choices
    people: People
    markup: Markup
    emails: dict[str, str]  # account → lower-case e-mail, as the record's answer told
    zone: str = "UTC"
    due_hour: int = 17
    life_cycle_ends: frozenset[str] = frozenset()
    label_allowed: str | None = None
    label_max: int | None = None
    utf16: bool = False  # lines and labels are measured in UTF-16 units, else in code points


def to_hub(rule: FieldRule, native: Json, terms: Terms) -> Said | Unsaid | Kept:
    """Read a native value.

    Raises:
        MappingError: the value has no place in the contract's map.
    """
    if rule.kind == "rich":
        parsed = terms.markup.parse(native)
        doc = normalise(with_media(parsed.doc, dict.fromkeys(media_refs(parsed.doc))))
        return Said(None if is_empty(doc) else doc, len(parsed.lossy))
    if rule.kind == "set":
        read = {item: labels.read(item, terms.label_allowed) for item in as_set(native)}
        offered = {item: label for item, label in read.items() if rule.only is None or label in rule.only}
        damaged = sum(label.count("\ufffd") > item.count("\ufffd") for item, label in offered.items())
        return Said(from_set(frozenset(offered.values())), damaged)
    if native is None or native == "":
        return _empty(rule)
    if rule.map or rule.kind == "choice":
        return _choice_to_hub(rule, native, terms)
    if rule.kind == "people":
        account = str(native)
        alias = terms.people.alias(account) or terms.emails.get(account)
        return Said(alias) if alias else Unsaid("a person who is not in the people file")
    if rule.kind == "date":
        return Said(_date_to_hub(rule, native, terms))
    if terms.choices.names and not isinstance(native, list):
        return Said(terms.choices.name_of(native))
    if isinstance(native, str):
        shown = whole_characters(native)
        damaged = shown.count("\ufffd") > native.count("\ufffd")
        return Said(withhold_text(shown, terms.markup.hosts), int(damaged))
    return Said(native)


def _empty(rule: FieldRule) -> Said:
    """An empty choice is a value of its own where the map names it (as the empty text), else it is no value."""
    for hub, names in rule.map.items():
        if "" in names:
            return Said(hub)
    return Said(None)


def _choice_to_hub(rule: FieldRule, native: Json, terms: Terms) -> Said | Kept:
    id_, name = str(native), terms.choices.name_of(native)
    for hub, names in rule.map.items():
        if any(terms.choices.id_of(known) == id_ or known == name for known in names):
            return Said(hub)
    if name in rule.ignore or id_ in rule.ignore:
        return Kept("ignored by the contract")
    if id_ in terms.life_cycle_ends:
        return Kept("the end of the ticket's life")
    if rule.otherwise_out is not None:
        return Said(rule.otherwise_out)
    raise MappingError(
        f"The value of {rule.native} is not in the contract's map (fields.{rule.hub}.map).", fields=[rule.hub]
    )


def to_native(rule: FieldRule, value: Json, terms: Terms, present: Json = None) -> Json:
    """Write a hub value in native form. ``present`` is what the side shows now, which is kept where it says the same.

    Raises:
        MappingError: the value cannot be written here.
        TooLargeError: it is longer than the field takes.
        LookupError: a person has no account here and no fallback: nothing is to be written.
    """
    if rule.kind == "rich":
        return _rich_to_native(rule, value, terms, present)
    if rule.kind == "set":
        return _set_to_native(rule, as_set(value), terms, as_set(present))
    if value is None:
        return None
    if rule.map or rule.kind == "choice":
        return _choice_to_native(rule, value, terms, present)
    if rule.kind == "people":
        return _person_to_native(rule, str(value), terms)
    if rule.kind == "date":
        return _date_to_native(str(value), terms)
    if terms.choices.ids and isinstance(value, str):
        if value not in terms.choices.ids:
            raise MappingError(f"The value of {rule.hub} is no choice of {rule.native}.", fields=[rule.hub])
        return terms.choices.id_of(value)
    limit = terms.choices.max_length
    if isinstance(value, str) and limit is not None and length(value, terms.utf16) > limit:
        raise TooLargeError(f"The text for {rule.native} is longer than {limit} characters.", fields=[rule.hub])
    return value


def _choice_to_native(rule: FieldRule, value: Json, terms: Terms, present: Json) -> Json:
    if present is not None and present != "":
        try:
            shown = _choice_to_hub(rule, present, terms)
        except MappingError:
            shown = Kept("not in the map")
        if isinstance(shown, Said) and shown.value == value:
            return present
    for hub, names in rule.map.items():
        if hub == value:
            return terms.choices.id_of(names[0]) or None
    if rule.otherwise_in is not None:
        return terms.choices.id_of(rule.otherwise_in)
    if not rule.map and isinstance(value, str):
        return terms.choices.id_of(value)
    raise MappingError(
        f"The hub value for {rule.hub} has no native value here (fields.{rule.hub}.map).", fields=[rule.hub]
    )


def _person_to_native(rule: FieldRule, alias: str, terms: Terms) -> Json:
    account = terms.people.account(alias)
    if account:
        return account
    if rule.fallback == NOBODY:
        return None
    if rule.fallback and (stand_in := terms.people.account(rule.fallback)):
        return stand_in
    raise LookupError(rule.hub)


def _rich_to_native(rule: FieldRule, value: Json, terms: Terms, present: Json) -> Json:
    doc = value if isinstance(value, dict) else {"type": "doc", "content": []}
    rendered = terms.markup.render(doc, present)
    if rendered.dropped_media:
        raise MappingError(f"Writing {rule.native} would delete a file that its present text shows.", fields=[rule.hub])
    limit = terms.choices.max_length
    if limit is not None and terms.markup.length(rendered.native) > limit:
        raise TooLargeError(f"The text for {rule.native} is longer than {limit}.", fields=[rule.hub])
    return rendered.native


def _set_to_native(rule: FieldRule, want: frozenset[str], terms: Terms, present: frozenset[str]) -> Json:
    """Write a set: elements that this side does not offer stay as they are; elements that it does not take stay out."""
    shown = {item: labels.read(item, terms.label_allowed) for item in present}
    kept = {
        item for item, label in shown.items() if label in want or (rule.only is not None and label not in rule.only)
    }
    there = {shown[item] for item in kept}
    taken = want if rule.only is None else want & rule.only
    new = {labels.spell(label, terms.label_allowed) for label in taken - there if _fits(label, terms)}
    return from_set(frozenset(kept | new))


def too_long(rule: FieldRule, value: Json, terms: Terms) -> int:
    """Count the elements of a set that are to be written and whose spelling is longer than this side takes."""
    want = as_set(value) if rule.kind == "set" else frozenset()
    return sum(not _fits(label, terms) for label in (want if rule.only is None else want & rule.only))


def _fits(label: str, terms: Terms) -> bool:
    spelled = labels.spell(label, terms.label_allowed)
    return terms.label_max is None or length(spelled, terms.utf16) <= terms.label_max


def _date_to_hub(rule: FieldRule, native: Json, terms: Terms) -> str:
    """A day stays a day; an instant is told in UTC (one without a zone is of the contract's).

    Raises:
        MappingError: it is no date.
    """
    try:
        if not isinstance(native, str):
            raise ValueError("no text")
        if len(native) == len("2026-01-31"):
            return date.fromisoformat(native).isoformat()
        moment = datetime.fromisoformat(native)
    except ValueError:
        raise MappingError(f"The value of {rule.native} is no date.", fields=[rule.hub]) from None
    return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(terms.zone)))


def _date_to_native(value: str, terms: Terms) -> str:
    """Fit a day to an instant, or an instant to a day, in the contract's zone and at its ``due_hour``."""
    zone = ZoneInfo(terms.zone)
    a_day = len(value) == len("2026-01-31")
    if terms.choices.kind == "date":
        return value if a_day else datetime.fromisoformat(value).astimezone(zone).date().isoformat()
    if a_day:
        return utc_text(datetime.combine(date.fromisoformat(value), time(terms.due_hour), zone))
    return value
