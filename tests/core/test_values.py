# SPDX-License-Identifier: Apache-2.0
"""Values in canonical form: equal ones compare, hash, store and sort alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.core.values import Json, as_set, canonical, from_set, from_utc_text, same, utc_text

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
json_values: st.SearchStrategy[Json] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=offsets)  # noqa: DTZ001 - bounds are naive


@given(json_values)
def test_the_canonical_text_reads_back(value: Json) -> None:
    assert json.loads(canonical(value)) == value
    assert same(value, json.loads(canonical(value)))


@given(st.dictionaries(st.text(), leaves, max_size=5))
def test_the_order_of_keys_says_nothing(value: dict[str, Json]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(json_values, json_values)
def test_same_is_equality_that_tells_words_from_numbers(left: Json, right: Json) -> None:
    assert same(left, left) and same(left, right) == same(right, left)
    if same(left, right):
        assert left == right


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        ({"a": [2.0]}, {"a": [2]}, True),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
        (None, "", False),
        (None, [], False),
        ([1, 2], [2, 1], False),
    ],
)
def test_same(left: Json, right: Json, equal: bool) -> None:
    assert same(left, right) is equal


@given(st.frozensets(st.text()))
def test_a_set_reads_back_and_has_one_form(items: frozenset[str]) -> None:
    assert as_set(from_set(items)) == items
    assert from_set(items) == sorted(items)


@pytest.mark.parametrize("empty", [None, [], "", "word"])
def test_absent_and_empty_are_the_empty_set(empty: Json) -> None:
    assert as_set(empty) == frozenset()


@given(moments)
def test_an_instant_reads_back_to_the_millisecond(moment: datetime) -> None:
    back = from_utc_text(utc_text(moment))
    assert back.tzinfo is not None and timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert utc_text(back) == utc_text(moment)


@given(moments, moments)
def test_texts_sort_as_the_instants_do(one: datetime, other: datetime) -> None:
    if one <= other:
        assert utc_text(one) <= utc_text(other)


def test_an_instant_is_told_in_utc() -> None:
    assert utc_text(datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)) == "2026-03-01T12:00:00.999Z"
    assert utc_text(datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2026-02-28T23:00:00.000Z"
