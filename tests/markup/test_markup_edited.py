# SPDX-License-Identifier: Apache-2.0
"""A block that was edited elsewhere keeps how its other words look, of which no other tracker holds anything."""

from __future__ import annotations

import pytest

from tandem.core import doc as hub
from tandem.core.plain import from_plain, to_plain
from tandem.markup import Adf, CommonMark, Html, Plain, Textile
from tandem.markup.relay import relay

HTML, MARKDOWN, TEXTILE = Html(), CommonMark(azure=True), Textile()
RED = '<span style="color:red">'
SQL = '<code class="language-sql">SELECT a\n  FROM b\nWHERE c</code>'
WORDS: tuple[tuple[hub.Markup, str, str, str], ...] = (  # a text, words in it, and what they become
    (HTML, f"<pre>{SQL}</pre>", "FROM b", "FROM bb"),
    (HTML, f'<pre class="x">{SQL}</pre>', " a", " a, d"),
    (HTML, f"<p>the {RED}printer</span> of John is broken</p>", "John", "Joan"),
    (HTML, f"<p>the {RED}printer</span> of John is broken</p>", "is broken", "is not broken"),
    (HTML, f"<p>the {RED}printer</span> of John is broken</p>", "printer", "plotter"),
    (HTML, '<p class="x" style="margin:0">Dear <font color="#ff0000">Anna</font>,<br>so be it</p>', "be it", "be"),
    (HTML, f"<p>a <b>{RED}red</span></b> and a <span>red</span> one</p>", "one", "&amp; another"),
    (HTML, f'<ul style="x"><li>{RED}one</span> two</li><li>three</li></ul>', "three", "four"),
    (HTML, '<p>see <a data-vss-mention="version:2.0,1-2" href="#">@Anna</a> &amp; go</p>', "go", "stay"),
    (HTML, '<blockquote style="x"><p style="y">one <i>two</i></p><p>three</p></blockquote>', "three", "3"),
    (MARKDOWN, "The <span style='color:red'>printer</span> is *broken*", "is ", "was "),
    (MARKDOWN, "| a | b |\n|:--|--:|\n| c | d e |\n| f | g |", "d e", "d eh"),
    (MARKDOWN, "and __this__ one", "one", "other"),
    (MARKDOWN, "Title x\n=======", "x", "y"),
    (MARKDOWN, "* one\n* two\n* three __x__", "two", "2"),
    (TEXTILE, "%{color:red}red% words of John", "John", "Joan"),
    (TEXTILE, "|a|>. b|\n|c|d|", "d", "e"),
)
ROW = f'<tr style="x"><td style="background:red" width="20">a b</td><td>{RED}c</span></td></tr>'
PARTS = (  # a text, lines of it, what they become, and how the text is written then
    (
        f'<ul><li class="a">{RED}one</span></li><li>two</li><li>three</li></ul>',
        "- two\n",
        "",
        f'<ul><li class="a">{RED}one</span></li><li>three</li></ul>',
    ),
    (
        f'<ol class="o"><li class="a">{RED}one</span><ul><li class="b">{RED}deep</span></li><li>x</li></ul></li></ol>',
        "  - x",
        "  - x\n  - y\n2. two",
        f'<ol class="o"><li class="a">{RED}one</span><ul><li class="b">{RED}deep</span></li><li>x</li><li>y</li></ul>'
        "</li><li>two</li></ol>",
    ),
    (
        f'<table border="1"><tbody>{ROW}<tr><td>d</td><td>{RED}e</span></td></tr></tbody></table>',
        "a b | c\n",
        "a bb | c\nnew | row\n",
        f'<table border="1"><tbody>{ROW.replace("a b", "a bb")}<tr><td>new</td><td>row</td></tr>'
        f"<tr><td>d</td><td>{RED}e</span></td></tr></tbody></table>",
    ),
)


def edited(markup: hub.Markup, peer: hub.Markup, present: str, old: str, new: str) -> str:
    """Change a text at a peer, and write it over what it is at home."""
    over = hub.with_people(markup.parse(present).doc, {})
    shown = peer.parse(peer.render(over).native).doc
    plain = to_plain(shown)
    assert plain.count(old) == 1
    there = from_plain(plain.replace(old, new)) if peer.name == "plain" else in_words(shown, old, new)
    assert to_plain(there) == plain.replace(old, new)
    changed = relay(over, shown, there)
    native = str(markup.render(changed, present).native)
    assert to_plain(markup.parse(native).doc) == to_plain(changed)
    assert markup.render(changed, native).native == native
    return native


def in_words(node: hub.Node, old: str, new: str) -> hub.Node:
    """A text with other words."""
    if "content" in node:
        return {**node, "content": [in_words(part, old, new) for part in node["content"]]}
    return {**node, "text": node["text"].replace(old, new)} if "text" in node else node


@pytest.mark.parametrize("peer", [Plain(), Adf()], ids=lambda markup: markup.name)
@pytest.mark.parametrize(("markup", "present", "old", "new"), WORDS)
def test_an_edit_changes_no_more_than_its_words(
    markup: hub.Markup, peer: hub.Markup, present: str, old: str, new: str
) -> None:
    assert edited(markup, peer, present, old, new.replace("&amp;", "&")) == present.replace(old, new)


@pytest.mark.parametrize(("present", "old", "new", "wanted"), PARTS)
def test_an_item_or_row_that_comes_or_goes_leaves_the_others_as_they_look(
    present: str, old: str, new: str, wanted: str
) -> None:
    assert edited(HTML, Plain(), present, old, new) == wanted


def test_a_mark_that_was_given_elsewhere_leaves_the_colours_of_other_words() -> None:
    present = f'<p style="x">the {RED}printer</span> of John</p>'
    bold = hub.doc(hub.paragraph("the printer of ", hub.text("John", "strong")))
    assert HTML.render(bold, present).native == f'<p style="x">the {RED}printer</span> of <strong>John</strong></p>'
