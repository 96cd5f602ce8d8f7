# SPDX-License-Identifier: Apache-2.0
"""What somebody changes in the part of a text that their field holds is laid over the whole of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markup.trees import documents
from tandem.core.doc import Doc, Markup, doc, normalise, paragraph, text
from tandem.core.plain import from_plain, to_plain
from tandem.markup import Adf, CommonMark, Html, Plain, Textile, split
from tandem.markup.rejoin import MORE, is_part, rejoin, rejoin_line

MARKUPS = [Plain(), Adf(), Html(), Textile(), CommonMark()]


def letters(document: Doc) -> str:
    """What is said, whatever signs stand for a table or list."""
    return "".join(sign for sign in to_plain(document) if sign.isalnum())


@pytest.mark.parametrize("noted", [False, True])
@pytest.mark.parametrize("markup", MARKUPS, ids=lambda markup: markup.name)
@given(written=documents(), share=st.floats(0.1, 0.9))
def test_nothing_that_is_not_shown_is_lost(markup: Markup, noted: bool, written: Doc, share: float) -> None:
    whole = markup.parse(markup.render(written).native).doc
    try:
        first, _ = split(markup, whole, int(markup.length(markup.render(whole).native) * share))
    except ValueError:
        return
    shown = doc(*first["content"], *([paragraph(text(MORE, "em"))] if noted else []))
    part = markup.parse(markup.render(shown).native).doc
    changed = doc(*part["content"], paragraph("zzadded"))
    joined = rejoin(whole, part, changed)
    if joined is None:
        assert "href" in repr(written) or letters(part).removesuffix(
            letters(from_plain(MORE)) if noted else ""
        ) != letters(first)
        return  # the part reads otherwise than what it is a part of
    assert letters(joined).replace("zzadded", "", 1) == letters(whole) and "zzadded" in letters(joined)
    unchanged = rejoin(whole, part, part)
    assert unchanged is not None and letters(unchanged) == letters(whole)


def test_a_link_without_words_is_not_lost_where_a_text_is_cut() -> None:
    blank = text("  ", href="https://a.example/x")
    whole = doc(paragraph("one"), paragraph(blank, "two"))
    for limit in range(5, Adf().length(Adf().render(whole).native)):
        first, rest = split(Adf(), whole, limit)
        assert rest is not None and letters(doc(*first["content"], *rest["content"])) == letters(whole)


def test_a_line() -> None:
    assert rejoin_line("one two three", "one two…", "one 2…") == "one 2 three"
    assert rejoin_line("one two three", "one two…", "one two… and more") == "one two three and more"
    assert rejoin_line("one two three and more", "one two… and more", "1 two… and less") == "1 two three and less"
    assert rejoin_line("one two three", "one two…", "four") == "four"
    assert rejoin_line("well… one two three", "well… one…", "well… 1…") == "well… 1 two three"
    assert rejoin_line("four", "one two…", "one 2…") is None
    assert rejoin_line("one", "one", "two") is None


def test_a_text_that_is_shown_whole_is_as_it_was_changed() -> None:
    whole, changed = from_plain("one\n\ntwo"), from_plain("one\n\ntwo and more")
    assert rejoin(whole, whole, changed) == changed
    assert rejoin(whole, from_plain("1"), changed) is None


def test_marks_of_what_is_changed_stay_and_so_do_those_of_the_rest() -> None:
    whole = doc(paragraph(text("one", "em"), text(" two"), text(" three", "strong")), paragraph(text("four", "em")))
    part = doc(paragraph(text("one", "em"), text(" two")))
    changed = doc(paragraph(text("1", "strong"), text(" two")))
    assert rejoin(whole, part, changed) == normalise(
        doc(paragraph(text("1", "strong"), text(" two"), text(" three", "strong")), paragraph(text("four", "em")))
    )


@pytest.mark.parametrize(
    ("whole", "part", "is_one"),
    [
        ("one two three", "one two…", True),
        ("one two three", "one two", False),
        ("one two three", "one too…", False),
        (from_plain("one\n\ntwo\n\nthree"), from_plain("one\n\ntwo"), True),
        (from_plain("one\n\ntwo\n\nthree"), from_plain(f"one\n\n{MORE}"), True),
        (from_plain("one\n\ntwo\n\nthree"), from_plain("one\n\ntoo"), False),
        (from_plain("one\n\ntwo\n\nthree"), from_plain(f"two\n\n{MORE}"), False),
    ],
)
def test_a_part_is_told_from_another_text(whole: Doc | str, part: Doc | str, is_one: bool) -> None:
    assert is_part(whole, part) is is_one
