# SPDX-License-Identifier: Apache-2.0
"""Lists of choices and numbers between native and hub value (engine §15): by map, by name; each reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fields import read, rule, said, terms, write
from tandem.core.mapping import Said, left_out
from tandem.core.rules import Choices
from tandem.core.values import Json, as_number, as_set, number_text, same
from tandem.errors import MappingError

COLOURS = {"11": "Red", "12": "Crimson", "13": "Blue", "14": "Green"}
ON = terms(Choices(ids={name: id_ for id_, name in COLOURS.items()}, names=COLOURS, kind="set"))
MAPPED = rule("x_colours", kind="set", map={"red": ("Red", "Crimson"), "blue": ("Blue",)}, ignore=("Green",))
NAMED = rule("x_colours", kind="set")
NUMBER = rule("x_weight", kind="number")
SCALAR = rule("x_weight", kind="scalar")


def test_elements_are_read_and_written_by_the_map() -> None:
    assert read(MAPPED, ["11", "12", "13"], ON) == Said(["blue", "red"])
    assert write(MAPPED, ["blue", "red"], on=ON) == ["11", "13"]


def test_an_element_that_says_the_same_is_left_alone() -> None:
    assert write(MAPPED, ["red"], present=["12"], on=ON) == ["12"]
    assert write(MAPPED, [], present=["12", "14"], on=ON) == ["14"]


def test_an_element_that_the_map_does_not_name_stays_at_home_and_is_counted() -> None:
    assert read(MAPPED, ["11", "14"], ON) == Said(["red"])  # ignored
    assert read(MAPPED, ["11", "99"], ON) == Said(["red"], lossy=1)
    assert write(MAPPED, ["blue"], present=["11", "99"], on=ON) == ["13", "99"]
    assert left_out(MAPPED, ["blue", "mauve"], ON) == 1
    assert write(MAPPED, ["blue", "mauve"], on=ON) == ["13"]


def test_otherwise_stands_for_all_elements_that_the_map_does_not_name() -> None:
    other = rule("x_colours", kind="set", map={"red": ("Red",)}, otherwise_out="other", ignore=("Green",))
    assert read(other, ["11", "12", "13", "14"], ON) == Said(["other", "red"])
    assert write(other, ["other"], present=["11", "13"], on=ON) == ["13"]


def test_without_a_map_names_travel_and_ids_stay_at_home() -> None:
    assert read(NAMED, ["11", "13"], ON) == Said(["Blue", "Red"])
    assert write(NAMED, ["Blue", "Red", "Mauve"], on=ON) == ["11", "13"]
    assert left_out(NAMED, ["Mauve"], ON) == 1


@given(st.sets(st.sampled_from(["red", "blue"])), st.sets(st.sampled_from([*COLOURS, "99"])))
def test_a_mapped_set_reads_back(want: set[str], present: set[str]) -> None:
    written = write(MAPPED, sorted(want), present=sorted(present), on=ON)
    assert as_set(said(MAPPED, written, ON)) == want
    assert as_set(written) - as_set(said_natives()) == present - as_set(said_natives())


def said_natives() -> Json:
    """The natives that the map names."""
    return ["11", "12", "13"]


# ---- numbers


@pytest.mark.parametrize(
    ("native", "value"),
    [(12, 12), (12.0, 12), ("12", 12), (" 12.50 ", 12.5), ("-0.1", -0.1), ("1e3", 1000), (0, 0), ("0.00", 0)],
)
def test_a_number_is_one_however_it_is_written(native: Json, value: Json) -> None:
    assert read(NUMBER, native) == Said(value)


@pytest.mark.parametrize("native", ["", None])
def test_no_number_is_empty(native: Json) -> None:
    assert read(NUMBER, native) == Said(None)


@pytest.mark.parametrize("native", ["twelve", "1,5", "NaN", "Infinity", "1e999", True, ["1"], "0.12345678901234567890"])
def test_what_is_no_number_names_the_field_and_never_the_value(native: Json) -> None:
    with pytest.raises(MappingError) as caught:
        read(NUMBER, native)
    assert caught.value.fields == ("x_weight",) and str(native) not in str(caught.value)


def test_a_number_is_written_as_its_field_takes_it() -> None:
    assert write(NUMBER, 12.5, on=terms(Choices(kind="number"))) == 12.5
    assert write(NUMBER, 12.5, on=terms(Choices(kind="text"))) == "12.5"
    assert write(NUMBER, 10**21, on=terms(Choices(kind="text"))) == "1" + "0" * 21


def test_a_scalar_is_of_the_kind_that_its_tracker_tells() -> None:
    number, text, day = (terms(Choices(kind=kind)) for kind in ("number", "text", "date"))
    assert read(SCALAR, "12.0", number) == Said(12)
    assert read(SCALAR, "12.0", text) == Said("12.0")
    assert write(SCALAR, "12", on=number) == 12
    assert write(SCALAR, 12, on=text) == "12"
    assert write(SCALAR, "2026-01-31T22:00:00.000Z", on=day) == "2026-01-31"
    for wrong in (number, day):
        with pytest.raises(MappingError):
            write(SCALAR, "soon", on=wrong)


@given(
    st.integers(-(10**29), 10**29) | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
)
def test_a_number_reads_back_from_a_number_and_from_a_text(value: float) -> None:
    wanted = as_number(value)
    if wanted is None:
        return  # smaller than anybody writes
    for kind in ("number", "text"):
        on = terms(Choices(kind=kind))
        assert same(said(NUMBER, write(NUMBER, wanted, on=on), on), wanted)
    assert as_number(number_text(wanted)) == wanted


# ---- boxes

BOX = terms(Choices(ids={"yes": "true", "no": "false"}, names={"true": "yes", "false": "no"}, kind="choice"))
EXPRESS = rule("x_express", kind="choice", map={"express": ("true",), "normal": ("false",)})


@pytest.mark.parametrize(("native", "value"), [("true", "yes"), ("True", "yes"), ("1", "yes"), (True, "yes")])
def test_a_ticked_box_says_yes_whatever_a_history_calls_it(native: Json, value: Json) -> None:
    assert read(SCALAR, native, BOX) == Said(value)
    assert read(EXPRESS, native, BOX) == Said("express")


@pytest.mark.parametrize("native", ["false", "False", "0", False, None, ""])
def test_a_box_is_never_empty(native: Json) -> None:
    assert read(SCALAR, native, BOX) == Said("no")
    assert write(SCALAR, None, on=BOX) == "false"


@pytest.mark.parametrize("value", ["yes", "no"])
def test_a_box_reads_back(value: Json) -> None:
    assert said(SCALAR, write(SCALAR, value, on=BOX), BOX) == value


def test_a_box_takes_nothing_but_yes_and_no() -> None:
    with pytest.raises(MappingError) as caught:
        write(SCALAR, "perhaps", on=BOX)
    assert caught.value.fields == ("x_weight",) and "perhaps" not in str(caught.value)


@pytest.mark.parametrize("value", ["express", "normal"])
def test_a_box_may_have_a_map(value: Json) -> None:
    named = rule("x_express", kind="choice", map={"express": ("yes",), "normal": ("no",)})
    assert said(named, write(named, value, on=BOX), BOX) == value
