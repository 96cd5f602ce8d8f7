# SPDX-License-Identifier: Apache-2.0
"""What people write in Markdown, and what comes to it from other editors: nothing is flattened or written anew."""

from __future__ import annotations

import pytest

from tandem.core import doc as hub
from tandem.markup import Adf, CommonMark, Html, Plain

CODECS = [CommonMark(), CommonMark(azure=True)]
both = pytest.mark.parametrize("markdown", CODECS, ids=["redmine", "azure"])
P = hub.paragraph


@both
@pytest.mark.parametrize("words", ["a\tb", "all:\n\tmake it\n\n\t\techo x", "\tfirst", "end\t"])
def test_code_with_tabs_stays_code(markdown: CommonMark, words: str) -> None:
    for document in (hub.doc(hub.code(words)), hub.doc(hub.items([P("see"), hub.code(words)]), P("so"))):
        rendered = markdown.render(document)
        assert rendered.lossy == ()
        assert markdown.parse(rendered.native).doc == hub.normalise(document)


@both
@pytest.mark.parametrize(
    "html",
    [
        "<b>(x)</b>y and <i>so</i>",
        "<b>bold</b><i>it</i><b><i>both</i></b>w",
        "<code>a  b</code> and <b>c</b>",
        'see <a href="https://x.example/a">t ] x</a>',
        '<a href="https://x.example/a">t ] x</a>',
        '<a href="https://x.example/a_(b">l</a> and <a href="https://x.example/a)">m</a>',
        '<a href="https://x.example/a_(b"><b>(l</b>o</a>',
    ],
)
def test_the_look_of_words_is_kept_where_signs_cannot_show_it(markdown: CommonMark, html: str) -> None:
    document = Html().parse(f"<p>{html}</p>").doc
    rendered = markdown.render(document)
    assert rendered.lossy == ()
    assert markdown.parse(rendered.native).doc == document


REFERENCES = (
    "# See [the page][p]\n\nBy [p] or [q], __so__.\n\n"
    "[p]: https://x.example/p 'T'\n[q]: https://x.example/q\n\n* a\n* b"
)


@both
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_what_references_stand_for_stays_where_the_text_is_edited(markdown: CommonMark, place: int) -> None:
    blocks = list(markdown.parse(REFERENCES).doc["content"])
    edited = hub.doc(*blocks[:place], P("An added line."), *blocks[place:])
    native = markdown.render(edited, REFERENCES).native
    assert markdown.parse(native).doc == hub.normalise(edited)
    for line in filter(None, REFERENCES.split("\n")):
        assert line in native.split("\n")


@both
def test_a_reference_may_stand_beside_what_names_it(markdown: CommonMark) -> None:
    present = "by [p] __x__\n\n[p]: https://x.example/1\n\nby [p] __y__"
    edited = hub.doc(*markdown.parse(present).doc["content"], P("new"))
    assert markdown.render(edited, present).native == f"{present}\n\nnew"


@both
@pytest.mark.parametrize("size", [29_999, 30_000])
def test_a_long_row_of_ticks_is_soon_read(markdown: CommonMark, size: int) -> None:
    assert markdown.parse("a" + "`" * size).doc == hub.normalise(hub.doc(P("a" + "`" * size)))


def test_code_with_tabs_comes_home_from_a_field_without_markup() -> None:
    """Plain text shows a tab as spaces: that is no edit of the code."""
    adf = {"type": "codeBlock", "content": [{"type": "text", "text": "all:\n\tmake\tit\n\nend"}]}
    native = {"type": "doc", "version": 1, "content": [adf]}
    arrived = Plain().parse(Plain().render(Adf().parse(native).doc).native).doc
    home = Adf().render(hub.doc(*arrived["content"], P("so")), native).native
    assert isinstance(home, dict)
    assert home["content"][0] == adf
    assert Adf().parse(home).doc["content"][1:] == hub.normalise(hub.doc(P("so")))["content"]


def test_a_long_text_of_equal_lines_is_soon_edited() -> None:
    blocks = [P("the same line")] * 1000
    native = Adf().render(hub.doc(*blocks)).native
    edited = hub.doc(P("first"), *blocks[:500], P("middle"), *blocks[501:], P("last"))
    assert Adf().parse(Adf().render(edited, native).native).doc == hub.normalise(edited)
