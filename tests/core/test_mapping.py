# SPDX-License-Identifier: Apache-2.0
"""One field between native and hub value (engine §15): choices, ignored values, texts; a round trip for each kind."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.fields import CHOICES, PRIORITY, STATUS, TEXT, read, rule, said, terms, write
from markup.trees import documents
from tandem.core import doc as hub
from tandem.core.doc import Markup, Rendered, doc, is_empty, media, normalise, paragraph
from tandem.core.mapping import Kept, Said
from tandem.core.rules import Choices
from tandem.core.values import Json, same
from tandem.errors import MappingError, TooLargeError
from tandem.markup import Adf, Html, Plain

SECRET = "Merger with Initech"


# ---- choices


@pytest.mark.parametrize(
    ("native", "value"), [("3", "in_progress"), ("4", "in_progress"), ("5", "solved"), ("1", "new")]
)
def test_all_names_are_read(native: str, value: str) -> None:
    assert read(STATUS, native) == Said(value)


def test_the_first_name_is_written() -> None:
    assert write(STATUS, "in_progress") == "3"
    assert write(STATUS, "in_progress", present="5") == "3"


def test_a_present_value_that_maps_the_same_is_left_alone() -> None:
    assert write(STATUS, "in_progress", present="4") == "4"


@given(st.sampled_from(["new", "in_progress", "solved"]), st.sampled_from([None, "", "1", "3", "4", "5", "6", "99"]))
def test_a_mapped_value_reads_back(value: str, present: str | None) -> None:
    assert read(STATUS, write(STATUS, value, present=present)) == Said(value)


@pytest.mark.parametrize(("native", "value"), [("2", 1), ("9", 3), (None, None), ("", None)])
def test_otherwise_out_is_what_unnamed_values_mean(native: str | None, value: Json) -> None:
    """An empty choice is empty, and no unnamed value."""
    assert read(PRIORITY, native) == Said(value)


def test_otherwise_in_is_written_for_values_that_the_map_does_not_name() -> None:
    assert write(PRIORITY, 4) == "8"
    assert write(PRIORITY, 1) == "2"


def test_a_present_value_that_otherwise_means_the_same_is_left_alone() -> None:
    assert write(PRIORITY, 3, present="9") == "9"


@pytest.mark.parametrize("rule_", [STATUS, rule("status", kind="choice"), rule("status", map={"new": ("Open",)})])
@pytest.mark.parametrize("native", ["99", SECRET, 7, ["a"]])
def test_an_unknown_value_names_the_field_and_never_the_value(rule_: object, native: Json) -> None:
    with pytest.raises(MappingError) as caught:
        read(rule_, native)  # type: ignore[arg-type]
    assert caught.value.fields == ("status",)
    assert "status" in str(caught.value) and str(native) not in str(caught.value)


def test_a_hub_value_without_a_native_one_names_the_field_and_never_the_value() -> None:
    with pytest.raises(MappingError) as caught:
        write(STATUS, SECRET)
    assert caught.value.fields == ("status",) and SECRET not in str(caught.value)


def test_names_and_ids_are_both_known() -> None:
    """C10: what a contract calls by name is bound to its id; by then the tracker may show another name."""
    renamed = Choices(ids={"In Progress": "3", "Doing": "3"}, names={"3": "Doing"})
    assert read(STATUS, "3", terms(renamed)) == Said("in_progress")
    assert write(STATUS, "in_progress", on=terms(renamed)) == "3"
    assert read(rule("status", map={"new": ("1",)}), "1") == Said("new")


def test_an_empty_choice_may_have_a_meaning() -> None:
    named = rule("priority", map={3: ("", "Normal"), 1: ("Urgent",)})
    assert read(named, None) == read(named, "") == Said(3)
    assert write(named, 3, present="2") is None


# ---- no value


def test_what_is_ignored_keeps_the_base() -> None:
    assert isinstance(read(STATUS, "6"), Kept)  # by its name
    assert isinstance(read(rule("status", map={"new": ("Open",)}, ignore=("6",)), "6"), Kept)  # by its id


def test_the_end_of_a_life_keeps_the_base_unless_it_is_mapped() -> None:
    on = terms(CHOICES, life_cycle_ends=frozenset({"closed"}))
    assert isinstance(read(STATUS, "closed", on), Kept)
    mapped = rule("status", map={"closed": ("closed",), "new": ("To Do",)})
    assert read(mapped, "closed", on) == Said("closed")


def test_what_is_no_value_is_written_over() -> None:
    assert write(STATUS, "new", present="6") == "1"


# ---- empty


@pytest.mark.parametrize("kind", ["text", "choice", "people", "date", "scalar"])
@pytest.mark.parametrize("empty", [None, ""])
def test_empty_is_told_as_empty_and_written_as_empty(kind: str, empty: Json) -> None:
    """C19: null and the empty text are the same emptiness."""
    assert read(rule("x", kind=kind), empty) == Said(None)
    assert write(rule("x", kind=kind), None, present="something") is None


# ---- texts and plain values


@given(st.text(min_size=1) | st.integers() | st.booleans())
def test_a_plain_value_is_itself(value: Json) -> None:
    assert read(TEXT, value) == Said(value)
    assert same(write(TEXT, value), value)


def test_a_text_that_is_too_long_is_refused_without_showing_it() -> None:
    on = terms(Choices(max_length=len(SECRET) - 1))
    with pytest.raises(TooLargeError) as caught:
        write(TEXT, SECRET, on=on)
    assert caught.value.fields == ("title",) and SECRET not in str(caught.value)
    assert write(TEXT, SECRET[:-1], on=on) == SECRET[:-1]


def test_half_a_character_in_a_line_is_repaired_and_counted() -> None:
    assert read(TEXT, "half \ud83d end") == Said("half \ufffd end", lossy=1)


def test_half_a_character_in_a_label_is_repaired_and_counted() -> None:
    """And is left alone where it stands: what it says is there."""
    labels = rule("labels", kind="set")
    there = ["fine", "half \ud83d"]
    assert read(labels, there) == Said(["fine", "half \ufffd"], lossy=1)
    assert write(labels, ["fine", "half \ufffd"], present=there) == there
    assert write(labels, ["half \ufffd"]) == ["half \ufffd"]


def test_a_text_is_measured_in_the_targets_own_unit() -> None:
    """Jira counts an emoji as two."""
    limit = Choices(max_length=3)
    assert write(TEXT, "\U0001f9f5" * 3, on=terms(limit)) == "\U0001f9f5" * 3
    with pytest.raises(TooLargeError):
        write(TEXT, "\U0001f9f5" * 2, on=terms(limit, utf16=True))
    labels = rule("labels", kind="set")
    assert write(labels, ["a\U0001f9f5", "\U0001f9f5" * 2], on=terms(label_max=3, utf16=True)) == ["a\U0001f9f5"]


def test_a_free_choice_goes_by_name() -> None:
    """A field with a dictionary and without a map: names travel, ids stay at home."""
    free = rule("component", kind="text")
    on = terms(Choices(ids={"Checkout": "17"}, names={"17": "Checkout"}))
    assert read(free, "17", on) == Said("Checkout")
    assert write(free, "Checkout", on=on) == "17"
    with pytest.raises(MappingError) as caught:
        write(free, SECRET, on=on)
    assert caught.value.fields == ("component",) and SECRET not in str(caught.value)


# ---- rich text

RICH = rule("description", kind="rich")


@given(documents(holds=frozenset({"heading"})))
def test_a_rich_text_reads_back(document: hub.Doc) -> None:
    """In a markup that holds all of it, which ADF does for these."""
    on = terms(markup=Adf())
    assume(not Adf().render(document).lossy)
    told = said(RICH, write(RICH, document, on=on), on)
    assert same(told, None if is_empty(document) else normalise(hub.with_media(document, {})))


@given(documents())
def test_no_address_of_a_picture_leaves(document: hub.Doc) -> None:
    on = terms(markup=Adf())
    shown = doc(*document["content"], paragraph(media("seen:https://one.example/a.png", "a.png")))
    told = said(RICH, Adf().render(shown).native, on)
    assert not (isinstance(told, dict) and hub.media_refs(told))


@pytest.mark.parametrize("empty", [None, "", {"version": 1, "type": "doc", "content": []}])
def test_a_rich_text_that_shows_nothing_is_empty(empty: Json) -> None:
    on = terms(markup=Plain() if not isinstance(empty, dict) else Adf())
    assert read(RICH, empty, on) == Said(None)


def test_a_rich_text_too_long_for_its_field_is_refused() -> None:
    with pytest.raises(TooLargeError) as caught:
        write(RICH, doc(paragraph("x" * 11)), on=terms(Choices(max_length=10)))
    assert caught.value.fields == ("description",)
    assert write(RICH, doc(paragraph("x" * 10)), on=terms(Choices(max_length=10))) == "x" * 10


@pytest.mark.parametrize(
    ("markup", "present"),
    [(Plain(), "a\r\n\r\n\r\nb"), (Html(), "<div><div><p>a</p></div></div><div><p>b</p></div>")],
    ids=["plain", "html"],
)
def test_how_a_present_text_is_laid_out_gives_way_to_what_is_said(markup: Markup, present: str) -> None:
    said = doc(*map(paragraph, "abc"))
    size = markup.length(markup.render(said).native)
    roomy = write(RICH, said, present=present, on=terms(markup=markup))
    tight = write(RICH, said, present=present, on=terms(Choices(max_length=size), markup=markup))
    assert markup.length(roomy) > size == markup.length(tight)
    assert markup.parse(roomy).doc == markup.parse(tight).doc == said


def test_what_only_the_present_text_holds_does_not_give_way() -> None:
    present = '<p style="color:red">a</p>'
    with pytest.raises(TooLargeError):
        write(
            RICH, doc(paragraph("a"), paragraph("b")), present=present, on=terms(Choices(max_length=20), markup=Html())
        )


def test_a_write_that_would_delete_a_file_of_the_present_text_is_refused() -> None:
    class Dropping(Plain):
        def render(self, doc: hub.Doc, present: Json | None = None) -> Rendered:
            return Rendered("", dropped_media=("7f3a",) if present else ())

    on = terms(markup=Dropping())
    with pytest.raises(MappingError) as caught:
        write(RICH, doc(paragraph("new")), present="shows a file", on=on)
    assert caught.value.fields == ("description",)
    assert write(RICH, doc(paragraph("new")), on=on) == ""
