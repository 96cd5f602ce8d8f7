# SPDX-License-Identifier: Apache-2.0
"""What a peer did not change stays at home as it is written, in the markups whose text is one string (engine §1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from markup import natives as native
from markup.trees import documents
from tandem.core import doc as hub
from tandem.core.doc import Markup
from tandem.core.plain import to_plain
from tandem.markup import Adf, CommonMark, Html, Plain, Textile

ADF, HTML = Adf(), Html()
FILES = hub.media("show:u-1", "0"), hub.media("show:u-2", "1"), hub.media("show:u-3", "2")
DATA = '<img alt="" src="data:image/png;base64,AAAA">'
OWN = (  # what the hub does not hold: a colour, a mention's account, a language, an own address, a frame
    '<div style="color:red">first <b>words</b></div>',
    '<p>ask <a data-vss-mention="version:2.0,1-2-3" href="#">@Anna</a></p>',
    '<table class="x"><tbody><tr><td><pre><code class="language-js">a | b</code></pre></td></tr></tbody></table>',
    "<p>&nbsp;</p>",
    '<p>see <a href="https://own.example/x/1"><img alt="a.png" src="/x/a.png" width="7"></a></p>',
    f"<p>look {DATA} there</p>",
    "<details><summary>more</summary><p>one</p><p>two</p></details>",
)


@pytest.mark.parametrize("peer", [ADF, HTML, Plain(), Textile(), CommonMark()], ids=lambda markup: markup.name)
def test_an_edit_at_the_peer_leaves_every_other_block_of_html_as_it_is_written(peer: hub.Markup) -> None:
    home, present = Html(hosts=frozenset({"own.example"})), "".join(OWN) + "<p>end</p>"
    shown = hub.with_people(hub.with_media(home.parse(present).doc, {}), {})
    arrived = peer.parse(peer.render(shown).native).doc
    edited = hub.doc(*arrived["content"][:-1], hub.paragraph("the end"))
    rendered = home.render(edited, present)
    assert (rendered.native, rendered.dropped_media) == ("".join(OWN) + "<p>the end</p>", ())


OWN_MARKDOWN = (  # other spellings, linked items, who is called, tables and frames as HTML, pictures of all kinds
    "Head\n====",
    "* a\n\n  b\n* c",
    "- another list",
    "See #12, !45 and AB#3, @<11111111-2222-3333-4444-555555555555>.",
    "<table><tr><td>x</td><td><pre>a | b</pre></td></tr></table>",
    "<details><summary>more</summary>",
    "one __two__",
    "</details>",
    "~~~py\nx = 1\n~~~",
    "[![i](https://e.example/i.png)](https://e.example) and ![j](data:image/png;base64,AAAA)",
    "[the item](https://own.example/x/1) <img src='/x/a.png' width=7>",
    "<!-- said by nobody -->",
)
OWN_TEXTILE = (
    "h2(#plan). Plan",
    "* a\n** b",
    "see #12, r5, commit:abc and [[Start]]",
    "%{color:red}red% words",
    '<pre><code class="ruby">\na\n\n  b\n</code></pre>',
    "!/x/a.png! and !https://e.example/i.png!",
    "|a|=. b|",
)
SOURCES = [(CommonMark(azure=True), OWN_MARKDOWN), (CommonMark(), OWN_MARKDOWN), (Textile(), OWN_TEXTILE)]


@pytest.mark.parametrize("peer", [ADF, HTML, Plain(), Textile(), CommonMark()], ids=lambda markup: markup.name)
@pytest.mark.parametrize(("home", "own"), SOURCES, ids=["azure", "redmine", "textile"])
def test_an_edit_at_the_peer_leaves_every_other_block_of_a_source(
    home: Any, own: tuple[str, ...], peer: hub.Markup
) -> None:
    home, present = replace(home, hosts=frozenset({"own.example"})), "\n\n".join([*own, "end"])
    shown = hub.with_people(hub.with_media(home.parse(present).doc, {}), {})
    arrived = peer.parse(peer.render(shown).native).doc
    edited = hub.doc(*arrived["content"][:-1], hub.paragraph("the end"))
    rendered = home.render(edited, present)
    assert (rendered.native, rendered.dropped_media) == ("\n\n".join([*own, "the end"]), ())


@pytest.mark.parametrize(
    ("home", "picture"),
    [
        (CommonMark(azure=True), "![i](https://e.example/i.png)"),
        (CommonMark(), "![j](data:image/png;base64,AAAA)"),
        (CommonMark(), '![a b](/x/y(1).png "t")'),
        (CommonMark(), "<img src='/x/a.png' width=7>"),
        (Textile(), "!https://e.example/i.png(i)!"),
        (Textile(), "!>/x/a.png!"),
    ],
)
def test_a_picture_of_a_source_stays_in_a_block_that_is_edited(home: hub.Markup, picture: str) -> None:
    shown = to_plain(hub.with_media(home.parse(f"see {picture} there").doc, dict.fromkeys(refs(home, picture))))
    words = shown.removesuffix(" there")
    edited = home.render(hub.doc(hub.paragraph(f"{words} over there")), f"see {picture} there")
    assert (edited.native, edited.dropped_media) == (f"see {picture} over there", ())
    gone = home.render(hub.doc(hub.paragraph("c")), f"see {picture} there")
    assert (gone.native, gone.dropped_media) == (f"c\n\n{picture}", ())


def refs(markup: hub.Markup, native: str) -> tuple[str, ...]:
    return hub.media_refs(markup.parse(native).doc)


def test_a_link_outlives_that_its_address_stands_at_the_end() -> None:
    present = "see [it][1] now\n\nmore\n\n[1]: https://e.example/x"
    native = CommonMark().render(CommonMark().parse(present.replace("more", "less")).doc, present).native
    assert CommonMark().parse(native).doc == CommonMark().parse(present.replace("more", "less")).doc


@pytest.mark.parametrize("home", [CommonMark(), CommonMark(azure=True), Textile()], ids=lambda markup: markup.name)
@given(document=documents())
def test_a_source_that_says_what_it_shows_is_left_alone(home: hub.Markup, document: hub.Doc) -> None:
    present = home.render(document).native
    again = home.render(home.parse(present).doc, present).native
    assert str(again).strip() == str(present).strip()


def test_a_picture_stays_at_its_place_in_a_block_that_is_edited() -> None:
    for picture in (DATA, '<img src="/x/b.png" alt="b.png">', '<img src="https://z.example/c?name=d.png" alt="d.png">'):
        name = hub.with_media(HTML.parse(picture).doc, dict.fromkeys(hub.media_refs(HTML.parse(picture).doc)))
        note = to_plain(name)
        edited = HTML.render(hub.doc(hub.paragraph(f"look {note} over there")), f"<p>look {picture} there</p>")
        assert edited.dropped_media == ()
        again = HTML.parse(edited.native)
        assert to_plain(again.doc) == f"look {note} over there"
        assert hub.media_refs(again.doc) == hub.media_refs(HTML.parse(picture).doc)


def test_a_picture_within_the_text_itself_comes_to_the_end() -> None:
    gone = HTML.render(hub.doc(hub.paragraph("c")), f"<p>a {DATA}</p>")
    assert gone.dropped_media == ()
    assert HTML.parse(gone.native).files == HTML.parse(DATA).files


def test_a_frame_of_several_blocks_is_opened_for_the_one_that_changed() -> None:
    present = '<div><p style="x">one</p><ul><li>a</li></ul><p style="y">two</p></div>'
    rendered = HTML.render(hub.doc(hub.paragraph("one"), hub.items([hub.paragraph("a")]), hub.paragraph("2")), present)
    assert rendered.native == '<p style="x">one</p><ul><li>a</li></ul><p>2</p>'


@given(documents(st.sampled_from(FILES)), documents(st.sampled_from(FILES)))
def test_no_edit_ever_drops_a_picture_of_html(old: hub.Doc, new: hub.Doc) -> None:
    present = str(HTML.render(old).native)
    for number, data in enumerate(("/1.png", "data:image/png;base64,AAAA", "https://z.example/3.png")):
        present = present.replace(f"[file: {number}]", f'<img src="{data}" alt="{number}">')
    rendered = HTML.render(new, present)
    assert rendered.dropped_media == ()
    assert set(hub.media_refs(HTML.parse(rendered.native).doc)) >= set(hub.media_refs(HTML.parse(present).doc))


@given(documents())
def test_html_that_says_what_it_shows_is_left_alone(document: hub.Doc) -> None:
    present = HTML.render(document).native
    assert HTML.render(HTML.parse(present).doc, present).native == present


def test_a_picture_that_cannot_stay_is_named_before_the_write() -> None:
    assert CommonMark().render(hub.doc(hub.paragraph("c")), "![a][1]\n\n[1]: /x").dropped_media == ("show:/x",)


SHOWN_OTHERWISE = (  # blocks of which Jira or Markdown shows something else; a bare address, a link to some
    hub.quote(hub.paragraph("a"), hub.quote(hub.paragraph("b"), hub.paragraph("c"), hub.items([hub.paragraph("d")]))),
    hub.items([hub.heading(3, "h"), hub.quote(hub.paragraph("i")), {"type": "rule"}, hub.paragraph("j")]),
    hub.items([hub.table([hub.cell(hub.paragraph("k")), hub.cell(hub.code("l | m", "sql"))]), hub.paragraph("n")]),
    hub.paragraph("(https://a.example/x_y). [1]: http://b.example 't'"),
    hub.paragraph(hub.text("bold", "strong"), " and ", hub.text("linked", href="https://a.example/z")),
)


@pytest.mark.parametrize(
    "peer", [ADF, HTML, Plain(), Textile(), CommonMark(azure=True)], ids=lambda markup: markup.name
)
@pytest.mark.parametrize("home", [ADF, HTML, CommonMark()], ids=lambda markup: markup.name)
def test_what_a_peer_shows_otherwise_keeps_its_form_at_home(home: hub.Markup, peer: hub.Markup) -> None:
    present: Any = home.render(hub.doc(*SHOWN_OTHERWISE, hub.paragraph("end"))).native
    shown = home.parse(present).doc
    arrived = peer.parse(peer.render(shown).native).doc
    edited = hub.doc(*arrived["content"][:-1], hub.paragraph("the end"))
    assert home.parse(home.render(edited, present).native).doc["content"] == [
        *shown["content"][:-1],
        hub.paragraph("the end"),
    ]


ACTIVE = [
    '<img src="https://z.example/a.png" alt="a" onerror="steal()">',
    "<script>steal()</script>words",
    '<a href="javascript:steal()">words</a>',
    '<a href="data:text/html,steal()">words</a>',
    '<iframe src="https://steal.example"></iframe>words',
    '<form action="https://steal.example"><input name="steal"></form>words',
    '<svg onload="steal()"></svg>words',
]


@pytest.mark.parametrize("codec", [Html(), CommonMark(), CommonMark(azure=True)], ids=repr)
@pytest.mark.parametrize("active", ACTIVE)
def test_what_could_act_is_not_written_back(codec: Markup, active: str) -> None:
    """It stood in the tracker's own text; we write nothing that could act all the same."""
    present = f"<p>first</p><p>{active}</p>" if codec.name == "html" else f"first\n\n{active}"
    shown = codec.parse(present).doc["content"]
    edited = hub.doc(hub.paragraph("first, edited"), *shown[1:])
    native = str(codec.render(edited, present).native)
    assert "first, edited" in native
    found = BeautifulSoup(native if codec.name == "html" else MarkdownIt().render(native), "html5lib")
    assert not found.find_all(["script", "iframe", "form", "input", "svg"])
    for tag in found.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")]
        assert not str(tag.get("href", "")).startswith(("javascript:", "data:"))


def test_empty_blocks_of_jira_stay_where_people_set_them() -> None:
    """Blank lines are how Jira's editor makes room; no other tracker is told of them."""

    def paragraph(*words: str) -> dict[str, Any]:
        return {"type": "paragraph", "content": [{"type": "text", "text": word} for word in words]}

    empty = {"type": "paragraph"}, {"type": "heading", "attrs": {"level": 2}}, {"type": "codeBlock", "content": []}
    quote = {"type": "blockquote", "content": [paragraph("q"), empty[0], paragraph("r")]}
    blocks = [empty[0], paragraph("a"), *empty, empty[0], paragraph("b"), quote, empty[0]]
    present: Any = {"type": "doc", "version": 1, "content": blocks}
    for peer in (HTML, Plain(), CommonMark(azure=True)):
        arrived = peer.parse(peer.render(ADF.parse(present).doc).native).doc
        rendered = ADF.render(hub.doc(*arrived["content"], hub.paragraph("c")), present)
        assert rendered.native["content"] == [*blocks, paragraph("c")]


def test_no_empty_block_of_jira_stays_where_it_parts_nothing() -> None:
    """An emptied text, a new cell and an item with an inner list alone hold a paragraph that is there to be filled."""
    blank = native.line()
    inner = native.node("bulletList", native.item(native.line("in")))
    for present, wanted, shown in (
        ([blank], [hub.paragraph("a")], [native.line("a")]),
        ([blank, native.line("a"), blank], [], []),
        (
            [native.node("table", native.node("tableRow", native.node("tableCell", blank)))],
            [hub.table([hub.cell(hub.paragraph("a"))])],
            [
                native.node(
                    "table", native.node("tableRow", {**native.node("tableCell", native.line("a")), "attrs": {}})
                )
            ],
        ),
        (
            [native.node("bulletList", native.item(blank, inner))],
            [hub.items([hub.paragraph("a"), hub.items([hub.paragraph("in")])])],
            [native.node("bulletList", native.item(native.line("a"), inner))],
        ),
    ):
        assert ADF.render(hub.doc(*wanted), native.adf(*present)).native["content"] == shown


@pytest.mark.parametrize(
    "present",
    ["Hi,\r\n\r\n  - one \r\n\tTab  two ", "-- \nAl\n\n\n\n_____\nq  ", "a\xa0b\n \nc\u200b", "\n\n a\n\n\nb"],
)
def test_lines_of_plain_text_stay_as_they_are_written(present: str) -> None:
    home = Plain()
    shown = home.parse(present).doc
    rendered = home.render(hub.doc(*shown["content"], hub.paragraph("added")), present)
    assert home.parse(rendered.native).doc == hub.doc(*shown["content"], hub.paragraph("added"))
    assert str(rendered.native).strip("\r\n").startswith(present.strip("\r\n"))


def test_an_address_of_its_own_stays_in_a_plain_text() -> None:
    home = Plain(hosts=frozenset({"own.example"}))
    shown = home.parse("see https://own.example/1\n\nhttps://own.example/2 and b").doc
    assert "own.example" not in to_plain(shown)
    edited = hub.doc(shown["content"][0], hub.paragraph("new"))
    rendered = home.render(edited, "see https://own.example/1\r\n\r\nhttps://own.example/2 and b")
    assert rendered.native == "see https://own.example/1\r\n\r\nnew"


def test_a_box_to_tick_costs_no_other_block_its_look() -> None:
    red, boxes = '<p style="color:red">red</p>', "<ul><li><input type=checkbox checked> done</li></ul>"
    shown = HTML.parse(red + boxes).doc
    rendered = HTML.render(hub.doc(*shown["content"], hub.paragraph("added")), red + boxes)
    assert rendered.native == f"{red}<ul><li>[x] done</li></ul><p>added</p>"


@given(present=st.text(st.sampled_from("ab \t\xa0\r\n"), max_size=30), new=documents())
def test_what_is_written_over_plain_text_reads_as_what_was_meant(present: str, new: hub.Doc) -> None:
    assert Plain().parse(Plain().render(new, present).native).doc == Plain().parse(Plain().render(new).native).doc
