# SPDX-License-Identifier: Apache-2.0
"""Addresses as people paste them: with brackets, with spaces, and as cards; each leads to the same place elsewhere."""

from __future__ import annotations

import pytest

from markup.natives import adf, line, node
from tandem.core import doc as hub
from tandem.core.doc import Markup
from tandem.markup import Adf, CommonMark, Html, Textile

ADF, HTML, AZURE = Adf(), Html(), CommonMark(azure=True)
MARKUPS = [ADF, HTML, AZURE, CommonMark(), Textile()]


def leads(document: hub.Doc) -> list[tuple[str, str | None]]:
    """The words of a text, each run with where it leads."""
    return [(part["text"], part.get("href")) for part in hub.walk(document) if part["type"] == "text"]


@pytest.mark.parametrize("markup", [AZURE, CommonMark(), Textile()], ids=lambda one: f"{one.name}")
@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("see https://w.example/a_(b)", "https://w.example/a_(b)"),
        ("see https://w.example/a_(b)/c.", "https://w.example/a_(b)/c"),
        ("(see https://w.example/a_(b))", "https://w.example/a_(b)"),
        ("(see https://w.example/a)", "https://w.example/a"),
    ],
)
def test_a_bare_address_holds_the_brackets_that_it_opens(markup: Markup, said: str, address: str) -> None:
    assert (address, address) in leads(markup.parse(said).doc)
    native = markup.render(hub.doc(hub.paragraph(said))).native
    assert leads(markup.parse(native).doc) == leads(markup.parse(said).doc)


@pytest.mark.parametrize(
    "read",
    [
        HTML.parse('<a href=" https://s.example/My Files/a\tb.doc">plan</a>'),
        AZURE.parse("[plan](<https://s.example/My Files/ab.doc>)"),
        ADF.parse(
            adf(
                line(
                    {
                        "type": "text",
                        "text": "plan",
                        "marks": [{"type": "link", "attrs": {"href": "https://s.example/My Files/ab.doc"}}],
                    }
                )
            )
        ),
    ],
    ids=["html", "markdown", "adf"],
)
def test_an_address_with_spaces_leads_where_a_browser_goes(read: hub.Parsed) -> None:
    wanted = [("plan", "https://s.example/My%20Files/ab.doc")]
    assert leads(read.doc) == wanted
    for markup in MARKUPS:
        assert leads(markup.parse(markup.render(read.doc).native).doc) == wanted


def test_a_card_on_a_line_of_its_own_is_a_link() -> None:
    native = adf(
        line("See"), node("blockCard", url="https://w.example/7"), node("embedCard", url="https://v.example/1")
    )
    document = ADF.parse(native).doc
    cards = [(address, address) for address in ("https://w.example/7", "https://v.example/1")]
    assert leads(document) == [("See", None), *cards]
    edited = hub.doc(hub.paragraph("Look"), *document["content"][1:])
    written = ADF.render(edited, native).native
    assert isinstance(written, dict)
    assert written["content"][1:] == native["content"][1:]
