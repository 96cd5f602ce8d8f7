# SPDX-License-Identifier: Apache-2.0
"""A corpus of rich texts through every ordered pair of formats and back: what a person sees stays, and no second pass
changes anything. The texts are such as people write in tickets, and those in the vendors' recorded answers."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from itertools import permutations
from typing import Any

import pytest

from markup.trees import recorded
from tandem.core import doc as hub
from tandem.core.doc import cell, code, doc, heading, items, paragraph, quote, table, text
from tandem.core.plain import reading_text, to_plain
from tandem.core.values import Json
from tandem.markup import Adf, CommonMark, Html, Journal, Plain, Textile
from tandem.markup.neutralise import JIRA, ZENDESK
from tandem.markup.relay import relay

FORMATS: Mapping[str, hub.Markup] = {
    "adf": Adf(JIRA),
    "html": Html(ZENDESK),
    "journal": Journal(),
    "plain": Plain(),
    "common_mark": CommonMark(),
    "azure_markdown": CommonMark(azure=True),
    "textile": Textile(),
}
PAIRS = list(permutations(FORMATS, 2))
RULE: hub.Node = {"type": "rule"}
BR = hub.BREAK
LINK = "https://status.example/incidents/7?lang=en&x=1#now"
TRACE = 'Traceback (most recent call last):\n  File "x.py", line 3\n\n    raise *Error*\n# end'
CORPUS: Mapping[str, hub.Doc] = {
    "words": doc(paragraph("The cart forgets the coupon."), paragraph("Since ", text("Monday", "strong"), ".")),
    "marks": doc(
        paragraph(
            text("bold", "strong"),
            " ",
            text("slanted", "em"),
            " ",
            text("gone", "strike"),
            " ",
            text("both", "em", "strong"),
            " ",
            text("under", "underline"),
            " and ",
            text("Ctrl+C", "code"),
        )
    ),
    "lines": doc(paragraph("Kind regards,", BR, "Anna Ricci", BR, "Mercuri Inc."), paragraph("PS: see below")),
    "headings": doc(*(heading(level, f"Part {level}") for level in range(1, 7)), paragraph("text")),
    "bullets": doc(
        paragraph("Steps:"), items([paragraph("open the cart")], [paragraph("add a ", text("coupon", "em"))])
    ),
    "numbers": doc(items([paragraph("log in")], [paragraph("pay")], [paragraph("wait")], ordered=True)),
    "nested": doc(
        items(
            [paragraph("one"), items([paragraph("one a")], [paragraph("one b"), items([paragraph("deep")])])],
            [paragraph("two"), items([paragraph("first")], [paragraph("second")], ordered=True)],
        )
    ),
    "code": doc(paragraph("Log:"), code(TRACE, "python")),
    "links": doc(
        paragraph("See ", text("the status page", href=LINK), " or ", text(LINK, href=LINK), "."),
        paragraph("Mail ", text("the desk", href="mailto:desk@mercuri.example")),
    ),
    "table": doc(
        table(
            [cell(paragraph("Shop"), header=True), cell(paragraph("Errors"), header=True)],
            [cell(paragraph("North")), cell(paragraph(text("12", "strong")))],
            [cell(paragraph("South")), cell(paragraph(text("page", href=LINK)))],
        )
    ),
    "quote": doc(quote(paragraph("It worked yesterday."), paragraph("Really.")), paragraph("It does not today.")),
    "quoted_list": doc(quote(paragraph("They said:"), items([paragraph("a")], [paragraph("b")])), paragraph("so")),
    "rule": doc(paragraph("above"), RULE, paragraph("below")),
    "emoji": doc(paragraph("Fixed \U0001f389 by 東京 — “quoted” naïve שלום"), paragraph("a  b   c")),
    "signs": doc(
        paragraph("*not bold* _x_ ~y~ `z` [a](b) !c! {d} <e> &amp; #1 @f | g \\ h"),
        paragraph("1. not a list"),
        paragraph("- nor this"),
        paragraph("> nor that"),
        paragraph("h1. nor a heading"),
        paragraph("# 7", BR, "* 8", BR, "bq. 9"),
    ),
    "mixed": doc(
        heading(2, "What ", text("happened", "em")),
        paragraph("At ", text("09:30", "strong"), " the ", text("kiosk", href=LINK), " stopped:"),
        items([paragraph("no answer"), code("ping kiosk\n100% loss")], [paragraph("no log")]),
        table([cell(paragraph("a"), header=True)], [cell(paragraph("b"))]),
        quote(paragraph("Please hurry.")),
        RULE,
        paragraph("Thanks"),
    ),
    "picture": doc(
        paragraph("Look:"), paragraph(hub.media(None, "shot.png")), paragraph("and ", hub.media(None, "b.png"))
    ),
}


def seen(document: hub.Doc) -> hub.Doc:
    """What a person sees of a text once it left its tracker: names for files, and mentions as words."""
    gone = hub.with_people(hub.with_media(document, dict.fromkeys(hub.media_refs(document))), {})
    return hub.normalise(_as_words(gone))


def _as_words(node: hub.Node) -> hub.Node:
    if node["type"] == "media":
        return text(f"[file: {node['name']}]" if node.get("name") else "[file]")
    if node["type"] == "mention":
        return text(node["text"])
    return {**node, "content": [_as_words(part) for part in node["content"]]} if "content" in node else node


def letters(document: hub.Doc, lossy: Collection[str] = ()) -> str:
    """All that there is to read; where blocks became lines, signs stand for them, as they do in plain text."""
    flat = set(lossy) - {"language", "mark", "start"}
    return re.sub(r"[\s|]", "", to_plain(seen(document)) if flat else reading_text(seen(document)))


def without(document: hub.Doc, kinds: tuple[str, ...]) -> Any:
    """A text without what a format says that it does not hold: a mark, a language, the kind of a block."""
    native = json.loads(json.dumps(seen(document)))

    def strip(node: Any) -> Any:
        if node.get("type") == "text":
            node["marks"] = [mark for mark in node["marks"] if mark not in kinds and "mark" not in kinds]
        if "language" in kinds:
            node.pop("language", None)
        for part in node.get("content", ()):
            strip(part)
        return node

    return hub.normalise(strip(native))


def linked(document: hub.Doc) -> hub.Doc:
    """Bare addresses are links to everybody who reads them."""
    from tandem.markup.source import autolinked

    return autolinked(document)


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize(("home", "away"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_a_text_goes_out_and_comes_home(home: str, away: str, name: str) -> None:
    here, there = FORMATS[home], FORMATS[away]
    native = here.render(CORPUS[name]).native
    journey(here, there, native)


@pytest.mark.parametrize("away", [name for name in FORMATS if name != "adf"])
def test_recorded_documents_of_jira_go_out_and_come_home(away: str) -> None:
    texts = [native for native in recorded("adf") if native["content"]]
    assert texts
    for native in texts:
        journey(FORMATS["adf"], FORMATS[away], native)


@pytest.mark.parametrize("away", [name for name in FORMATS if name != "html"])
def test_recorded_comments_of_zendesk_go_out_and_come_home(away: str) -> None:
    texts = [native for native in recorded("html_body") if native]
    assert texts
    for native in texts:
        journey(FORMATS["html"], FORMATS[away], native)


@pytest.mark.parametrize("away", [name for name in FORMATS if name != "html"])
def test_recorded_descriptions_of_azure_devops_go_out_and_come_home(away: str) -> None:
    texts = [native for native in recorded("System.Description") if native]
    for native in texts:
        journey(FORMATS["html"], FORMATS[away], native)


@pytest.mark.parametrize("key", ["description", "short_description", "close_notes", "value"])
@pytest.mark.parametrize("away", [name for name in FORMATS if name != "journal"])
def test_recorded_texts_of_servicenow_go_out_and_come_home(away: str, key: str) -> None:
    for native in recorded(key):
        if isinstance(native, str) and native:
            journey(FORMATS["journal"], FORMATS[away], native)


def journey(here: hub.Markup, there: hub.Markup, native: Json) -> None:
    """Send a native text to the other format and back, as two runs would."""
    shown = seen(here.parse(native).doc)
    sent = there.render(shown)
    arrived = there.parse(sent.native).doc
    if there.name == "plain":
        assert sent.native == to_plain(arrived) == to_plain(shown)
    else:
        assert letters(arrived, sent.lossy) == letters(shown, sent.lossy), "letters are lost"
    if there.name != "plain" and not set(sent.lossy) - {"language", "mark", "underline", "sub", "sup", "start"}:
        assert linked(without(arrived, sent.lossy)) == linked(without(shown, sent.lossy)), "it looks otherwise there"
    # What arrived is sent back, as after an edit elsewhere in the ticket: home stays as it is.
    home = here.render(seen(relay(shown, arrived, arrived)), native)
    assert home.dropped_media == ()
    if here.name not in ("plain", "journal"):
        assert letters(here.parse(home.native).doc) == letters(here.parse(native).doc)
        assert seen(here.parse(home.native).doc) == seen(here.parse(native).doc), "it looks otherwise at home"
    # A second pass writes the same.
    again = there.render(seen(here.parse(home.native).doc))
    assert there.parse(there.render(arrived).native).doc == arrived, "a second pass changes it"
    if here.name not in ("plain", "journal"):
        assert again.native == sent.native, "a second pass changes what is sent"
