# SPDX-License-Identifier: Apache-2.0
"""One field between a side's native value and the hub's: read by the contract's map, written by the same map.

A native value is the connector's flat form: choices and people by id. What cannot be told in hub terms is one of
three things: *unsaid* (a person unknown here: the field says nothing), *kept* (ignored, or the end of a life cycle:
the field keeps its base), or an error that sets the ticket aside.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tandem.core import elements
from tandem.core.addresses import withhold_text
from tandem.core.doc import (
    SEEN,
    SHOW,
    Doc,
    Markup,
    is_empty,
    media_refs,
    normalise,
    people_of,
    whole_characters,
    with_media,
    with_people,
)
from tandem.core.plain import from_plain, to_plain
from tandem.core.rules import FieldRule, People
from tandem.core.terms import Kept, Said, Terms, Unsaid
from tandem.core.values import Json, as_number, as_set, from_set, length, number_text, utc_text
from tandem.errors import MappingError, TooLargeError

__all__ = [
    "NOBODY",
    "Kept",
    "Said",
    "Terms",
    "Unsaid",
    "called",
    "hub_text",
    "kind_of",
    "left_out",
    "ticked",
    "to_hub",
    "to_native",
]

NOBODY = "none"  # fallback of people: write the field empty
YES, NO = "yes", "no"  # hub values of a box without a map
TICKED = "true"
LINES = "lines"  # kind of a field whose text has no markup


def to_hub(rule: FieldRule, native: Json, terms: Terms) -> Said | Unsaid | Kept:
    """Read a native value.

    Raises:
        MappingError: the value has no place in the contract's map.
    """
    if rule.kind == "rich":
        parsed = terms.markup.parse(native)
        doc = hub_text(parsed.doc, terms)
        return Said(None if is_empty(doc) else doc, len(parsed.lossy))
    if rule.kind == "set":
        told, lost = elements.to_hub(rule, native, terms)
        return Said(from_set(told), lost)
    if terms.choices.is_box:
        native = ticked(native)
        if rule.kind == "scalar" and not rule.map:
            return Said(YES if native == TICKED else NO)
    if native is None or native == "":
        return _empty(rule)
    if rule.map or rule.kind == "choice":
        return _choice_to_hub(rule, native, terms)
    if rule.kind == "people":
        account = str(native)
        alias = terms.people.alias(account) or terms.emails.get(account)
        return Said(alias) if alias else Unsaid("a person who is not in the people file")
    kind = kind_of(rule, terms)
    if kind == "date":
        return Said(_date_to_hub(rule, native, terms))
    if kind == "number":
        return Said(_number(rule, native, rule.native))
    if terms.choices.names and not isinstance(native, list):
        return Said(terms.choices.name_of(native))
    if isinstance(native, str):
        shown = whole_characters(native)
        damaged = shown.count("\ufffd") > native.count("\ufffd")
        return Said(withhold_text(shown, terms.markup.hosts), int(damaged))
    return Said(native)


def hub_text(document: Doc, terms: Terms) -> Doc:
    """Take out of a text what only its own tracker knows: addresses of pictures, and accounts of those it mentions.

    Who is in the people file goes by the alias.
    """
    shown = with_media(document, dict.fromkeys(media_refs(document)))
    aliases = {person: terms.people.mentioned(person.removeprefix(SEEN)) for person in people_of(shown)}
    return normalise(with_people(shown, aliases))


def called(document: Doc, people: People) -> Doc:
    """Let the mentions of a text call those who have an account here; all others are text."""
    accounts = {alias: people.mention(alias) for alias in people_of(document)}
    return with_people(document, {alias: SHOW + account if account else None for alias, account in accounts.items()})


def kind_of(rule: FieldRule, terms: Terms) -> str:
    """Give a field's kind; a scalar is of the kind that its tracker's dictionary tells."""
    if rule.kind != "scalar":
        return rule.kind
    return {"number": "number", "date": "date", "datetime": "date"}.get(terms.choices.kind, "scalar")


def ticked(value: Json) -> str:
    """Give the one form of a box, which is ticked or not, whatever an answer or a history calls the two."""
    return TICKED if str(value).lower() in ("true", "1", "yes", "on") else "false"


def _tick(rule: FieldRule, value: Json) -> Json:
    if value is not None and str(value).lower() not in (YES, NO, "true", "false"):
        raise MappingError(f"The value of {rule.hub} is neither yes nor no.", fields=[rule.hub])
    return ticked(value)


def _number(rule: FieldRule, value: Json, where: str) -> Json:
    number = as_number(value)
    if number is None:
        raise MappingError(f"The value of {where} is no number.", fields=[rule.hub])
    return number


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
    if isinstance(value, dict):  # the other side's field holds markup, and this one does not
        value = to_plain(value)
    if rule.kind == "set":
        return elements.to_native(rule, as_set(value), terms, as_set(present))
    if terms.choices.is_box and rule.kind == "scalar" and not rule.map:
        return _tick(rule, value)
    if value is None:
        return None
    if rule.map or rule.kind == "choice":
        chosen = _choice_to_native(rule, value, terms, present)
        return ticked(chosen) if terms.choices.is_box else chosen
    if rule.kind == "people":
        return _person_to_native(rule, str(value), terms)
    kind = kind_of(rule, terms)
    if kind == "date":
        return _date_to_native(rule, str(value), terms)
    if kind == "number":
        number = _number(rule, value, rule.hub)
        return number if terms.choices.kind in ("number", "") else number_text(number)
    if isinstance(value, int | float) and not isinstance(value, bool) and terms.choices.kind in ("text", LINES):
        value = number_text(value)
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
    doc = value if isinstance(value, dict) else from_plain(str(value or ""))
    wanted = called(doc, terms.people)
    rendered = terms.markup.render(wanted, present)
    if rendered.dropped_media:
        raise MappingError(f"Writing {rule.native} would delete a file that its present text shows.", fields=[rule.hub])
    limit = terms.choices.max_length
    native = rendered.native
    if limit is not None and terms.markup.length(native) > limit and _is_all_read(terms.markup, present):
        native = terms.markup.render(wanted, "").native  # how the present text is laid out costs room
    if limit is not None and terms.markup.length(native) > limit:
        raise TooLargeError(f"The text for {rule.native} is longer than {limit}.", fields=[rule.hub])
    return native


def _is_all_read(markup: Markup, present: Json) -> bool:
    """Tell whether a text is one of which the hub holds everything but its layout."""
    said = markup.parse(present)
    return isinstance(present, str) and not said.keeps and not said.lossy and not people_of(said.doc)


def left_out(rule: FieldRule, value: Json, terms: Terms) -> int:
    """Count the elements of a set that are to be written and that this side cannot hold."""
    return elements.left_out(rule, as_set(value), terms) if rule.kind == "set" else 0


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


def _date_to_native(rule: FieldRule, value: str, terms: Terms) -> str:
    """Fit a day to an instant, or an instant to a day, in the contract's zone and at its ``due_hour``.

    Raises:
        MappingError: it is no date.
    """
    zone = ZoneInfo(terms.zone)
    a_day = len(value) == len("2026-01-31")
    try:
        if terms.choices.kind == "date":
            day = date.fromisoformat(value) if a_day else datetime.fromisoformat(value).astimezone(zone).date()
            return day.isoformat()
        if a_day:
            return utc_text(datetime.combine(date.fromisoformat(value), time(terms.due_hour), zone))
        return utc_text(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise MappingError(f"The value of {rule.hub} is no date.", fields=[rule.hub]) from None
