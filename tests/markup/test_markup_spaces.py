# SPDX-License-Identifier: Apache-2.0
"""HTML is read as a browser shows it: with the lines and spaces that its style keeps, and with its boxes to tick."""

from __future__ import annotations

import pytest

from tandem.core import doc as hub
from tandem.core.doc import BREAK
from tandem.core.doc import paragraph as P
from tandem.core.doc import text as T
from tandem.markup import Html

SHOWN = {
    '<div style="white-space:pre-wrap">one\n  two\n\nfour</div><p>x\ny</p>': (
        P("one", BREAK, "  two", BREAK, BREAK, "four"),
        P("x y"),
    ),
    '<p>a<span style="color:red; white-space: pre">\t<b>b \n c</b></span></p>': (
        P("a    ", T("b ", "strong"), BREAK, T(" c", "strong")),
    ),
    '<p style="WHITE-SPACE:Pre-Line">a   b\n c</p>': (P("a b", BREAK, "c"),),
    '<div style="white-space:pre"><p style="white-space:normal">a\n b</p></div>': (P("a b"),),
    '<div style="x-white-space:pre">a\n b</div>': (P("a b"),),
    '<ul><li><input type="checkbox" checked> done</li><li><input type=checkbox disabled>open</li></ul>': (
        hub.items([P("[x] done")], [P("[ ] open")]),
    ),
    "<p>a <input value=b> c</p>": (P("a c"),),
}


@pytest.mark.parametrize("html", SHOWN)
def test_html_is_read_as_it_is_shown(html: str) -> None:
    assert Html().parse(html).doc == hub.normalise(hub.doc(*SHOWN[html]))


@pytest.mark.parametrize("html", SHOWN)
def test_what_is_shown_so_stays_as_it_is_written(html: str) -> None:
    shown = Html().parse(html).doc
    arrived = Html().parse(Html().render(shown).native).doc
    assert arrived == shown
    edited = hub.doc(*arrived["content"], P("added"))
    assert Html().parse(Html().render(edited, html).native).doc == hub.normalise(edited)
