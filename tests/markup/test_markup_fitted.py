# SPDX-License-Identifier: Apache-2.0
"""What a markup cannot write costs no more than itself: all else of the paragraph, list or table looks as it did."""

from __future__ import annotations

import pytest

from tandem.core import doc as hub
from tandem.core.doc import BREAK, cell, code, items, paragraph, quote, table, text
from tandem.core.plain import to_plain
from tandem.markup import Adf, CommonMark, Html, Plain, Textile
from tandem.markup.relay import relay

LINK = "https://a.example/x"
BOLD = text("bold", "strong")
XY = items([paragraph("x")], [paragraph("y")])
WRITTEN = (
    (paragraph("H", text("2", "sub"), "O is ", BOLD), "H2O is *bold*"),
    (paragraph("日本", text("語", "strong"), "です ", text("it", "em")), "日本語です _it_"),
    (paragraph("see ", text("the ", href=LINK), text("page", "strong", href=LINK)), f'see "the *page*":{LINK}'),
    (paragraph(text("x", href=LINK), "y and ", BOLD), f"x ({LINK})y and *bold*"),
    (paragraph("one", BREAK, BREAK, "two ", BOLD), "one\ntwo *bold*"),
    (code("a\n\tb\n\nc", "sql"), '<pre><code class="sql">\na\n    b\n\nc\n</code></pre>'),
    (items([paragraph("run ", BOLD), code("make")], [paragraph("b ", BOLD)]), "* run *bold*\n@make@\n* b *bold*"),
    (
        items([paragraph("a"), items([paragraph("b"), paragraph("c")], ordered=True)], [paragraph(BOLD)]),
        "* a\n*# b\nc\n* *bold*",
    ),
    (
        table(
            [cell(paragraph("H"), header=True)],
            [cell(items([paragraph("x")], [paragraph("y")]))],
            [cell(paragraph(BOLD))],
        ),
        "|_. H|\n|- x\n- y|\n|*bold*|",
    ),
    (table([cell(paragraph("a|b")), cell(paragraph(BOLD))]), "|a&#124;b|*bold*|"),
    (quote(paragraph("said ", BOLD), code("x = 1")), "> said *bold*\n>\n> @x = 1@"),
)


@pytest.mark.parametrize(("block", "written"), WRITTEN)
def test_textile_shows_all_that_it_can(block: hub.Node, written: str) -> None:
    rendered = Textile().render(hub.doc(block))
    assert rendered.native == written
    again = Textile().render(Textile().parse(written).doc, written)
    assert again.native == written


@pytest.mark.parametrize("markup", [CommonMark(), CommonMark(azure=True)], ids=["redmine", "azure"])
def test_a_link_of_which_some_words_are_bold_is_one_in_markdown(markup: hub.Markup) -> None:
    link = paragraph(
        "see ", text("the ", href=LINK), text("page", "strong", href=LINK), text(" now ", href=LINK), "and"
    )
    native = f"see [the **page** now]({LINK}) and"
    assert markup.render(hub.doc(link)).native == native
    assert markup.parse(native).doc == hub.normalise(
        Html().parse(str(Html().render(markup.parse(native).doc).native)).doc
    )


@pytest.mark.parametrize("home", [Html(), Adf(), CommonMark(azure=True)], ids=lambda markup: markup.name)
@pytest.mark.parametrize("block", [block for block, _ in WRITTEN])
def test_what_was_simpler_there_is_as_it_was_at_home(home: hub.Markup, block: hub.Node) -> None:
    """What people changed beside it comes home alone, with the looks that it has there."""
    present = home.render(hub.doc(paragraph("first"), block, paragraph("end"))).native
    over = home.parse(present).doc
    there = Textile().parse(Textile().render(over).native).doc
    changed = hub.normalise(hub.doc(*there["content"][:-1], paragraph("the end ", BOLD)))
    native = home.render(relay(over, there, changed), present).native
    assert home.parse(native).doc["content"][:-1] == over["content"][:-1]
    assert to_plain(home.parse(native).doc).endswith("the end bold")
    plain = Plain().parse(to_plain(over)).doc
    assert home.render(relay(over, plain, plain), present).native == present
