# SPDX-License-Identifier: Apache-2.0
"""People, sets and dates between native and hub value (engine §15, §16)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.fields import read, rule, said, terms, write
from tandem.core.labels import spell
from tandem.core.mapping import NOBODY, Said, Unsaid
from tandem.core.rules import Choices
from tandem.core.values import Json, as_set, from_set, from_utc_text, utc_text
from tandem.errors import MappingError

# ---- people

WHO = rule("assignee", kind="people")
KNOWN = terms(
    people={"ana@x.example": "17", "team@x.example": "18"}, emails={"19": "bo@x.example", "17": "old@x.example"}
)


def test_a_person_is_an_alias() -> None:
    assert read(WHO, "17", KNOWN) == Said("ana@x.example")  # the people file, before the tracker's own e-mail
    assert read(WHO, 17, KNOWN) == Said("ana@x.example")


def test_by_default_the_alias_is_the_e_mail() -> None:
    assert read(WHO, "19", KNOWN) == Said("bo@x.example")


def test_a_person_whom_nobody_knows_is_unsaid() -> None:
    told = read(WHO, "Mallory Secret", KNOWN)
    assert isinstance(told, Unsaid) and "Mallory" not in told.why


def test_an_alias_is_written_as_the_account_whatever_its_case() -> None:
    assert write(WHO, "Ana@X.example", on=KNOWN) == "17"


def test_without_an_account_here_nothing_is_to_be_written() -> None:
    with pytest.raises(LookupError):
        write(WHO, "bo@x.example", present="17", on=KNOWN)


@pytest.mark.parametrize(("fallback", "account"), [("team@x.example", "18"), (NOBODY, None)])
def test_a_fallback_stands_in(fallback: str, account: Json) -> None:
    stand_in = rule("assignee", kind="people", fallback=fallback)
    assert write(stand_in, "bo@x.example", present="17", on=KNOWN) == account
    assert write(stand_in, "ana@x.example", on=KNOWN) == "17"


def test_a_fallback_without_an_account_is_none() -> None:
    with pytest.raises(LookupError):
        write(rule("assignee", kind="people", fallback="gone@x.example"), "bo@x.example", on=KNOWN)


@given(st.dictionaries(st.emails().map(str.lower), st.integers(1, 99).map(str), min_size=1), st.data())
def test_a_person_with_an_account_reads_back(accounts: dict[str, str], data: st.DataObject) -> None:
    one_alias = {account: alias for alias, account in accounts.items()}
    on = terms(people={alias: account for account, alias in one_alias.items()})
    alias = data.draw(st.sampled_from(sorted(one_alias.values())))
    assert read(WHO, write(WHO, alias, on=on), on) == Said(alias)


# ---- sets

ALL = rule("labels", kind="set")
SOME = rule("labels", kind="set", only=frozenset({"on hold", "kiosk", "a", "b"}))
TRACKER = terms(label_allowed=r"\S", label_max=12)
labels = st.sampled_from(["on hold", "kiosk", "a", "b", "secret", "own label", "_x20_", "far too long for it"])
shown = st.frozensets(labels).map(lambda items: from_set(frozenset(spell(item, r"\S") for item in items)))


def test_only_offered_elements_are_read() -> None:
    assert said(SOME, ["a", "on_x20_hold", "secret"], TRACKER) == ["a", "on hold"]
    assert said(ALL, ["b", "a"], TRACKER) == ["a", "b"]
    assert said(SOME, None) == said(SOME, []) == []


@given(shown, st.frozensets(labels))
def test_elements_that_are_not_offered_stay_and_are_not_taken(present: Json, want: frozenset[str]) -> None:
    assert SOME.only is not None
    written = as_set(write(SOME, from_set(want), present=present, on=TRACKER))
    private = {item for item in as_set(present) if as_set(said(ALL, [item], TRACKER)).isdisjoint(SOME.only)}
    assert private <= written
    assert as_set(said(SOME, from_set(written), TRACKER)) == want & SOME.only
    assert as_set(said(ALL, from_set(written - private), TRACKER)) <= SOME.only


@given(shown, st.frozensets(labels))
def test_a_set_reads_back_but_for_what_is_too_long(present: Json, want: frozenset[str]) -> None:
    """The ticket arrives whatever becomes of a label; one that is there already stays."""
    fits = {label for label in want if len(spell(label, r"\S")) <= 12}
    told = as_set(said(ALL, write(ALL, from_set(want), present=present, on=TRACKER), TRACKER))
    assert told == fits | (want & as_set(said(ALL, present, TRACKER)))


def test_the_original_keeps_its_spelling() -> None:
    loose = terms(label_allowed=r"\w")  # would be spelled with codes, were it ours
    assert write(ALL, ["on-hold"], present=["on-hold"], on=loose) == ["on-hold"]


def test_emptied_is_written_as_the_empty_set() -> None:
    assert write(ALL, None, present=["a"]) == write(ALL, [], present=["a"]) == []


# ---- dates

DUE = rule("due", kind="date")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"]
zones = st.sampled_from(ZONES)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
DAY, INSTANT = Choices(kind="date"), Choices(kind="datetime")


@given(days, zones, st.integers(0, 23))
@example(date(2026, 10, 25), "Europe/Berlin", 2)  # the hour that comes twice
@example(date(2026, 3, 29), "Europe/Berlin", 2)  # the hour that never comes
def test_a_day_is_an_instant_at_its_due_hour_and_reads_back(day: date, zone: str, hour: int) -> None:
    instant = write(DUE, day.isoformat(), on=terms(INSTANT, zone=zone, due_hour=hour))
    moment = from_utc_text(str(instant)).astimezone(ZoneInfo(zone))
    skipped = not exists(day, hour, zone)
    assert (moment.date(), moment.hour) == (day, hour + 1 if skipped else hour)
    assert write(DUE, said(DUE, instant), on=terms(DAY, zone=zone, due_hour=hour)) == day.isoformat()


def exists(day: date, hour: int, zone: str) -> bool:
    """Tell whether the clocks of a zone showed this hour on this day."""
    wall = datetime.combine(day, time(hour), ZoneInfo(zone))
    return wall.astimezone(UTC).astimezone(ZoneInfo(zone)).hour == hour


@given(days, zones)
def test_a_day_stays_a_day(day: date, zone: str) -> None:
    on = terms(DAY, zone=zone)
    assert said(DUE, day.isoformat(), on) == day.isoformat() == write(DUE, day.isoformat(), on=on)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), zones, st.booleans())  # noqa: DTZ001 - bounds are naive
def test_an_instant_is_told_in_utc_and_reads_back(wall: datetime, zone: str, later: bool) -> None:
    moment = wall.replace(tzinfo=ZoneInfo(zone), fold=int(later))
    value = said(DUE, moment.isoformat())
    assert value == utc_text(moment)
    assert said(DUE, write(DUE, value, on=terms(INSTANT, zone=zone))) == value


def test_the_hour_that_comes_twice_has_one_meaning() -> None:
    """C13: 02:20 by the wall of Berlin on 25 October 2026, at first and again."""
    berlin = terms(INSTANT, zone="Europe/Berlin", due_hour=2)
    assert said(DUE, "2026-10-25T02:20:00+02:00") == "2026-10-25T00:20:00.000Z"
    assert said(DUE, "2026-10-25T02:20:00+01:00") == "2026-10-25T01:20:00.000Z"
    assert write(DUE, "2026-10-25", on=berlin) == "2026-10-25T00:00:00.000Z"  # the first of the two
    assert write(DUE, "2026-03-29", on=berlin) == "2026-03-29T01:00:00.000Z"  # 03:00, the first that there is


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-10-24T22:30:00.000Z", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T23:30:00.000Z", "Europe/Berlin", "2026-10-26"),
        ("2026-10-25T23:30:00.000Z", "UTC", "2026-10-25"),
        ("2026-10-25T03:30:00.000Z", "America/New_York", "2026-10-24"),
    ],
)
def test_an_instant_is_a_day_in_the_contracts_zone(instant: str, zone: str, day: str) -> None:
    assert write(DUE, instant, on=terms(DAY, zone=zone)) == day


@pytest.mark.parametrize(
    "spelling", ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00.000+0100", "2026-03-01T12:00:00+00:00"]
)
def test_each_spelling_of_an_instant_is_read(spelling: str) -> None:
    assert said(DUE, spelling) == "2026-03-01T12:00:00.000Z"


def test_an_instant_without_a_zone_is_of_the_contracts_zone() -> None:
    """Never of the machine that Tandem happens to run on."""
    assert said(DUE, "2026-03-01T12:00:00", terms(zone="Asia/Kolkata")) == "2026-03-01T06:30:00.000Z"


@pytest.mark.parametrize(
    "native", ["soon", "2026-13-01", "ten chars.", "2026-03-01T25:00:00Z", 5, 20260301, ["2026-03-01"]]
)
def test_what_is_no_date_names_the_field_and_never_the_value(native: Json) -> None:
    with pytest.raises(MappingError) as caught:
        read(DUE, native)
    assert caught.value.fields == ("due",)
    assert "native_due" in str(caught.value) and str(native) not in str(caught.value)


def test_days_and_instants_of_both_sides_meet() -> None:
    """A day here, an instant there: what arrives says the same day back."""
    there = terms(INSTANT, zone="Asia/Kolkata", due_hour=18)
    instant = write(DUE, said(DUE, "2026-03-01"), on=there)
    assert instant == "2026-03-01T12:30:00.000Z"
    assert from_utc_text(str(instant)) - datetime(2026, 3, 1, tzinfo=UTC) == timedelta(hours=12, minutes=30)
