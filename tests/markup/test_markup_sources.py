# SPDX-License-Identifier: Apache-2.0
"""Laws of the markups whose source people read and edit: Textile and CommonMark."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markup.trees import documents, names, texts
from tandem.core import doc as hub
from tandem.core.plain import from_plain, reading_text, to_plain, with_heading, without_heading
from tandem.markup import CommonMark, Html, Textile, split
from tandem.markup.source import autolinked, seen

CODECS = [Textile(), CommonMark(), CommonMark(azure=True)]
MENTIONS = st.builds(hub.mention, texts, st.sampled_from([None, "anna"]))
PICTURES = st.builds(hub.media, st.sampled_from(["show:7", "seen:x", None]), st.sampled_from(["a.png", "b c.jpg", "n"]))
both = pytest.mark.parametrize("markup", CODECS, ids=lambda markup: markup.name)
P = hub.paragraph


def letters(document: hub.Doc) -> str:
    return re.sub(r"[\s|]", "", reading_text(document))


@both
@given(document=documents(st.one_of(MENTIONS, PICTURES)))
def test_every_word_is_read_back(markup: hub.Markup, document: hub.Doc) -> None:
    wanted = hub.normalise(seen(hub.normalise(document)))
    rendered = markup.render(document)
    read = markup.parse(rendered.native).doc
    assert rendered.lossy or read == autolinked(wanted)
    signs = {"list", "table", "quote", "paragraph", "heading", "rule", "link"}  # these show their signs as words
    if not signs & set(rendered.lossy):
        assert letters(read) == letters(wanted)


@both
@given(value=texts)
def test_plain_text_is_read_back_to_the_letter(markup: hub.Markup, value: str) -> None:
    assert to_plain(markup.parse(markup.render(from_plain(value)).native).doc) == to_plain(from_plain(value))


@both
@given(document=documents(MENTIONS))
def test_a_second_pass_changes_nothing(markup: hub.Markup, document: hub.Doc) -> None:
    once = markup.render(markup.parse(markup.render(document).native).doc).native
    assert markup.render(markup.parse(once).doc).native == once


@both
@given(source=st.text(st.sampled_from("*_-+^~@%?!\"|#[]<>&=:().`'\\/{} \nab1"), max_size=40))
def test_no_text_makes_a_reader_raise_and_what_it_reads_stays(markup: hub.Markup, source: str) -> None:
    read = markup.parse(source).doc
    assert to_plain(markup.parse(markup.render(read).native).doc).split() or not to_plain(read).split()


@both
@settings(max_examples=25)
@given(document=documents(holds=frozenset({"heading"})), limit=st.integers(400, 700))
def test_parts_fit_and_joined_are_the_whole(markup: hub.Markup, document: hub.Doc, limit: int) -> None:
    parts: list[hub.Doc] = []
    rest: hub.Doc | None = document
    while rest:
        part, rest = split(markup, rest, limit)
        assert markup.length(markup.render(part).native) <= limit
        parts.append(part)
    assert "".join(map(letters, parts)) == letters(hub.normalise(document))


@both
@given(document=documents(), words=st.text(st.sampled_from("ab *-_#12.:()"), min_size=1, max_size=12))
def test_a_heading_comes_off_as_it_went_on(markup: hub.Markup, document: hub.Doc, words: str) -> None:
    heading = to_plain(from_plain(words)).split("\n\n")[0]
    sent = markup.render(with_heading(document, heading)).native
    plain = markup.parse(markup.render(document).native).doc
    assert without_heading(markup.parse(sent).doc, heading) == plain


@pytest.mark.parametrize("markup", CODECS[:2], ids=lambda markup: markup.name)
@given(value=texts, name=names)
def test_what_the_tracker_acts_on_is_written_so_that_it_does_not(markup: hub.Markup, value: str, name: str) -> None:
    native = str(markup.render(hub.doc(P(f"see #12, [[{name}]] {{{{toc}}}} @anna {value}"))).native)
    assert not re.search(r"(?:^|[\s(,\-\[>])#\d|(?:^|[\s(,\->])\[\[|\{\{toc|@anna", native)


@given(value=texts)
def test_what_azure_devops_acts_on_is_written_so_that_it_does_not(value: str) -> None:
    native = str(CommonMark(azure=True).render(hub.doc(P(f"see #12, AB#7 !3 @anna {value}"))).native)
    assert not re.search(r"(?<!&)#\d|!\d|@anna", native)


@pytest.mark.parametrize("begins", ["@Elaine", "#12", "AB#7", "ABCDE#7", "!3", "@a@b@c@d"])
@pytest.mark.parametrize("goes_on", ["*so* it is", "[x](y)", "| a | b |", "_x_ `y`"])
def test_what_azure_devops_acts_on_at_the_begin_is_read_as_it_was(begins: str, goes_on: str) -> None:
    document = hub.doc(P(f"{begins} {goes_on}"), P(hub.text("and", "strong"), f" {begins}"))
    rendered = CommonMark(azure=True).render(document)
    assert (CommonMark().parse(rendered.native).doc, rendered.lossy) == (hub.normalise(document), ())


@pytest.mark.parametrize("rest", ["?q=[1]", '?r="2"', "(a)b", "a%7Cb", "a|b", "b%20c", "ü?é=ä", "a\\b", "?a=1&copy=2"])
def test_an_address_stays_as_it_was_written(rest: str) -> None:
    link = hub.text("la]b*el", "strong", href=f"https://e.example/{rest}")
    document = hub.doc(P("see ", link, " and ", hub.text("more", "em")))
    for markup in (CommonMark(), CommonMark(azure=True)):
        rendered = markup.render(document)
        assert (markup.parse(rendered.native).doc, rendered.lossy) == (document, ())


ORDINARY = [
    hub.doc(P("Cart forgets the coupon! It's 5-6 * 7 (see below), x_y_z."), P("line1", hub.BREAK, "line2")),
    hub.doc(P(hub.text("bold", "strong"), " and ", hub.text("it", "em"), ", ", hub.text("gone", "strike"), ".")),
    hub.doc(P("see ", hub.text("the page", href="https://a.example/x?y=1"), ".")),
    hub.doc(hub.heading(2, "Head"), hub.items([P("a")], [P("b"), hub.items([P("c")], ordered=True)])),
    hub.doc(hub.code("if x < 1:\n    pass", "python"), hub.quote(P("said")), {"type": "rule"}),
    hub.doc(hub.table([hub.cell(P("H"), header=True)], [hub.cell(P("1"))])),
    hub.doc(P("h1. is no heading"), P("* is no item"), P("  two  spaces")),
    hub.doc(P(hub.media("show:7", "a.png"))),
]


@both
@pytest.mark.parametrize("document", ORDINARY, ids=range(len(ORDINARY)))
def test_what_people_write_elsewhere_is_held_whole(markup: hub.Markup, document: hub.Doc) -> None:
    rendered = markup.render(document)
    assert rendered.lossy == ()
    assert markup.parse(rendered.native).doc == hub.normalise(seen(document))


def test_plain_sentences_stay_as_they_are() -> None:
    said = "Cart forgets the coupon! It's 5-6 * 7 (see below), x_y_z; 20 % off. Or is it?"
    for markup in CODECS:
        assert markup.render(from_plain(said)).native == said


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("h2. A *b*\n\ntext\nmore", "<h2>A <strong>b</strong></h2><p>text<br>more</p>"),
        ("* a\n** b\n# c", "<ul><li>a<ul><li>b</li></ul></li></ul><ol><li>c</li></ol>"),
        ('"words":https://x.example/a. And !pic.png!', None),
        ('<pre><code class="ruby">\na < b\n</code></pre>', '<pre><code class="language-ruby">a &lt; b</code></pre>'),
        ("|_. a|b|\n|\\2. c|", "<table><tr><th>a</th><td>b</td></tr><tr><td colspan=2>c</td></tr></table>"),
        ("> one\n> two\n\nbq. three", "<blockquote>one<br>two</blockquote><blockquote>three</blockquote>"),
        ("!#12 and #13 and !{{toc}}", "<p>#12 and #13 and {{toc}}</p>"),
    ],
)
def test_textile_is_read_as_redmine_shows_it(source: str, html: str | None) -> None:
    read = Textile().parse(source).doc
    if html is not None:
        assert read == Html().parse(html).doc
    else:
        kinds = [node["type"] for node in hub.walk(read)]
        assert "media" in kinds
        assert [node.get("href") for node in hub.walk(read) if "href" in node] == ["https://x.example/a"]


@both
def test_pictures_of_the_present_text_stay(markup: hub.Markup) -> None:
    present = {"textile": "before !a.png!", "common_mark": "before ![a.png](a.png)"}[markup.name]
    rendered = markup.render(hub.doc(P("after")), present)
    assert rendered.dropped_media == ()
    assert "a.png" in str(rendered.native)


CELLS = {
    "blocks": hub.table(
        [hub.cell(hub.items([P("a")], [P("b")])), hub.cell(hub.code("x | y\n\n  # z"))],
        [hub.cell(P("see #12, !3 and @anna"), P(hub.text("bold", "strong")), hub.quote(P("[[q]]")), colspan=2)],
    ),
    "no_head": hub.table([hub.cell(P("a"))], [hub.cell(P("b"))]),
    "head_aside": hub.table([hub.cell(P("a"), header=True), hub.cell(P("b"))]),
}


@pytest.mark.parametrize("markup", CODECS[1:], ids=["redmine", "azure"])
@pytest.mark.parametrize("name", CELLS)
def test_a_table_that_markdown_cannot_write_is_one_in_html(name: str, markup: hub.Markup) -> None:
    document = hub.doc(P("before"), CELLS[name], hub.items([P("in an item"), CELLS[name]]), P("after"))
    rendered = markup.render(document)
    assert (rendered.lossy, markup.parse(rendered.native).doc) == ((), hub.normalise(document))
    assert not re.search(r"(?<!&)#\d|!\d|@anna|\[\[", str(rendered.native))


@pytest.mark.parametrize("markup", CODECS[1:], ids=["redmine", "azure"])
def test_a_picture_in_such_a_table_stays(markup: hub.Markup) -> None:
    present = "<table><tr><td><p>a</p><p><img src='/x.png' alt='x.png'></p></td></tr></table>"
    edited = hub.doc(hub.table([hub.cell(P("b"), P("[file: x.png]"))]))
    rendered = markup.render(edited, present)
    assert rendered.dropped_media == ()
    wanted = hub.table([hub.cell(P("b"), P(hub.media("seen:/x.png", "x.png")))])
    assert markup.parse(rendered.native).doc == hub.normalise(hub.doc(wanted))
