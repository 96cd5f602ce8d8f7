# SPDX-License-Identifier: Apache-2.0
"""Durations, sizes, shares and schedules."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.config import units

BLANKS = st.sampled_from(["", " ", "  "])


@given(st.integers(1, 300), st.sampled_from(sorted(units.SECONDS)), BLANKS)
def test_durations_read_as_written(number: int, unit: str, blank: str) -> None:
    assert units.duration(f"{number}{blank}{unit}") == timedelta(seconds=number * units.SECONDS[unit])


@given(st.integers(1, 10**6), st.sampled_from(sorted(units.BYTES)), BLANKS)
def test_sizes_read_as_written(number: int, unit: str, blank: str) -> None:
    assert units.size(f"{number}{blank}{unit}") == number * units.BYTES[unit]


@given(st.integers(1, 10**12))
def test_a_size_is_written_as_it_is_read(size: int) -> None:
    assert 0 <= size - units.size(units.exact(size)) < (1 if size < 10**9 else 1000)


def test_a_size_is_written_in_the_largest_unit_that_fits() -> None:
    assert [units.exact(size) for size in (2**30, 10**9 + 1, 52_428_800)] == ["1 GiB", "1000000 kB", "50 MiB"]


@pytest.mark.parametrize(
    ("size", "told"), [(20_000_000, "20 MB"), (52_428_800, "52.4 MB"), (100_000, "100 kB"), (7, "7 B")]
)
def test_a_size_is_told_as_people_tell_it(size: int, told: str) -> None:
    assert units.spoken(size) == told


@given(st.text() | st.from_regex(r"-?[0-9.]{0,12} ?[a-zA-Z%]{0,4}", fullmatch=True))
def test_anything_else_is_refused_in_words(text: str) -> None:
    for read in (units.duration, units.size, units.share, units.interval):
        try:
            value = read(text)
        except ValueError as error:
            assert str(error)
        else:
            assert value  # never nothing, never below nothing


@pytest.mark.parametrize("text", ["0 min", "-1 min", "1 m", "1 M", "10", "min", "1 min 5 s", "400 d", "1.5.1 h", ""])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError):
        units.duration(text)


def test_fractions_and_shares() -> None:
    assert units.duration("1.5 h") == timedelta(minutes=90)
    assert units.size("0.5 kB") == 500
    assert units.share("30 %") == pytest.approx(0.3)
    with pytest.raises(ValueError, match="at most 100 %"):
        units.share("101 %")


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [("*/2 * * * *", 2), ("@hourly", 60), ("*/5 8-18 * * 1-5", 5), ("0 6 * * 1,2", 1440), ("0,20 * * * *", 20)],
)
def test_the_interval_is_the_smallest_distance(schedule: str, minutes: int) -> None:
    assert units.interval(schedule) == timedelta(minutes=minutes)


@pytest.mark.parametrize("schedule", ["", "* * * *", "* * * * * *", "61 * * * *", "@never", "0 0 31 2 *"])
def test_no_schedules(schedule: str) -> None:
    with pytest.raises(ValueError):
        units.interval(schedule)
