# SPDX-License-Identifier: Apache-2.0
"""Marks and addresses that signs of Markdown cannot set off: editors make them every day, and Markdown holds them."""

from __future__ import annotations

import nh3
import pytest

from tandem.core import doc as hub
from tandem.core.doc import paragraph as P
from tandem.core.doc import text as T
from tandem.markup import CommonMark

CODECS = [CommonMark(), CommonMark(azure=True)]
both = pytest.mark.parametrize("markup", CODECS, ids=["redmine", "azure"])
BOLD = T("for sure", "strong")
WIKI = "https://wiki.example/Run_book_(v2)"
HARD = {
    "a bold space": P(T("Note: ", "strong"), "call ", BOLD),
    "within a word": P("un", T("believ", "em"), "able, ", BOLD),
    "overlapping": P(T("a", "em", "strong"), T("b", "em"), T("c", "strike", "strong"), "d, ", BOLD),
    "spaces in code": P("press ", T(" x ", "code"), ", ", BOLD),
    "code beside words": P("a", T("b|*c", "code"), "d ", BOLD),
    "an address that ends in a bracket": P("see ", T(WIKI, href=WIKI), ", ", BOLD),
    "an address with words behind": P(T("https://x.example/a", href="https://x.example/a"), "b, ", BOLD),
    "an address with a hash": P(T("https://x.example/#12", href="https://x.example/#12"), "b, ", BOLD),
    "a mail address": P(T("mailto:a@b.example", href="mailto:a@b.example"), " ", BOLD),
    "an odd bracket": P(T("x", href="https://x.example/a)b"), " ", BOLD),
    "signs and spaces": P(T("*args ", "strong"), "and <b> &amp; [x](y) #12 @anna, ", BOLD),
    "a heading": hub.heading(2, T("In ", "em"), "short: ", BOLD),
    "an item": hub.items([P(T("One ", "strong"), "of two")], [P("two"), hub.items([P(T("in", "strong"), "ner")])]),
}


@both
@pytest.mark.parametrize("name", HARD)
def test_no_mark_of_a_block_is_lost_for_one_that_signs_cannot_set_off(markup: hub.Markup, name: str) -> None:
    document = hub.doc(P("before"), HARD[name], P("after"))
    rendered = markup.render(document)
    assert (markup.parse(rendered.native).doc, rendered.lossy) == (hub.normalise(document), ())
    again = markup.render(markup.parse(rendered.native).doc)
    assert again.native == rendered.native


@both
def test_what_signs_can_set_off_is_written_with_signs(markup: hub.Markup) -> None:
    document = hub.doc(
        P(T("bold", "strong"), " and ", T("x", "code"), " at ", T("https://a.example", href="https://a.example"))
    )
    assert markup.render(document).native == "**bold** and `x` at https://a.example"


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "a <b>x</b> </p>", "<!-- x -->", "<https a>"])
def test_words_like_elements_outlive_the_cleaning_of_a_long_field(words: str) -> None:
    document = hub.doc(P("**"), P(T(words, "strong"), " ", words, " ", BOLD))
    rendered = CommonMark(azure=True).render(document)
    cleaned = nh3.clean(str(rendered.native), link_rel=None).replace("&amp;", "&")
    assert CommonMark(azure=True).parse(cleaned).doc == hub.normalise(document)
