# SPDX-License-Identifier: Apache-2.0
"""Laws of the codecs, for any text: nothing lost, one form, safe, cut only where it may be."""

from __future__ import annotations

import re
from typing import Any

import nh3
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from markup.trees import documents, names, recorded, texts
from sandbox.jira import adf as jira_site
from tandem.core import doc as hub
from tandem.core.plain import (
    as_edited,
    from_plain,
    not_as_edited,
    reading_text,
    to_plain,
    with_heading,
    without_heading,
)
from tandem.markup import Adf, Html, Journal, Plain, split
from tandem.markup.html import clean
from tandem.markup.nesting import held
from tandem.markup.neutralise import JIRA, ZENDESK

ADF, HTML, JOURNAL = Adf(JIRA), Html(ZENDESK), Journal()
ADDRESSES = st.sampled_from(["show:https://z.example/a.png", "show:https://z.example/b?name=c.png"])
PICTURES = st.builds(hub.media, ADDRESSES, names.filter(str.strip))
FILES = st.builds(hub.media, st.sampled_from(["show:uuid-1", "show:uuid-2"]), names)
UNSHOWN = st.builds(hub.media, st.sampled_from([None, "seen:https://sender.example/x.png", "file:1"]), names)
ENTRY = ["[code]", "[/code]", "[CODE]", "<b>", "</b>", "x < y", "  ", "\r\n", "\n\n", "&amp;", "@[Beth]"]
MENTIONS = st.builds(hub.mention, texts, st.sampled_from([None, "anna"]))


def seen(node: hub.Node, keep_language: bool = True) -> hub.Node:
    """Say of a document that was shown what a reader of it reports."""
    new = {key: value for key, value in node.items() if keep_language or key != "language"}
    if node["type"] == "media" and "ref" in node:
        new["ref"] = node["ref"].replace("show:", "seen:")
    return {**new, "content": [seen(part, keep_language) for part in node["content"]]} if "content" in new else new


def letters(document: hub.Doc) -> str:
    """Give the text in reading order without what layout adds or takes."""
    return re.sub(r"[\s|]", "", reading_text(document))


@given(documents())
def test_normalise_gives_one_form(document: hub.Doc) -> None:
    once = hub.normalise(document)
    assert hub.normalise(once) == once


@given(documents(PICTURES))
def test_html_holds_every_document(document: hub.Doc) -> None:
    wanted = hub.normalise(document)
    rendered = HTML.render(document)
    assert HTML.parse(rendered.native).doc == seen(wanted, keep_language=False)
    assert set(rendered.lossy) <= {"language"}


@given(documents(PICTURES))
def test_a_journal_holds_every_document(document: hub.Doc) -> None:
    wanted = hub.normalise(document)
    rendered = JOURNAL.render(document)
    assert JOURNAL.parse(rendered.native).doc == seen(wanted, keep_language=False)
    assert set(rendered.lossy) <= {"language"}


@given(st.lists(texts, min_size=1, max_size=4))
def test_a_journal_writes_plain_text_as_it_is(lines: list[str]) -> None:
    """Nobody who reads an entry sees tags for what needs none."""
    document = hub.normalise(hub.doc(*(hub.paragraph(line) for line in lines)))
    plain = to_plain(document)
    assume(from_plain(plain) == document and not re.search(r"(?i)\[/?code]|@\[", plain))
    assert JOURNAL.render(document).native == plain


@given(
    st.lists(
        st.sampled_from(
            ["[code]", "[/code]", "[CODE]", "<b>", "</b>", "x < y", "  ", "\r\n", "\n\n", "&amp;", "@[Beth]"]
        )
    ).map("".join)
)
def test_no_entry_makes_the_journal_reader_raise_and_one_form_is_reached(native: str) -> None:
    once = JOURNAL.render(JOURNAL.parse(native).doc).native
    assert JOURNAL.render(JOURNAL.parse(once).doc).native == once


@given(documents(FILES, holds=frozenset()))
def test_adf_holds_every_document_that_its_nesting_allows(document: hub.Doc) -> None:
    rendered = ADF.render(document)
    jira_site.check(rendered.native)
    assert ADF.parse(rendered.native).doc == seen(hub.normalise(document))
    assert rendered.lossy == ()


@given(documents(st.one_of(FILES, MENTIONS, UNSHOWN)))
def test_adf_is_valid_and_flattens_the_rest_in_reading_order(document: hub.Doc) -> None:
    wanted = hub.normalise(document)
    rendered = ADF.render(document)
    jira_site.check(rendered.native)
    read = ADF.parse(rendered.native).doc
    if not {"quote", "rule"} & set(rendered.lossy):  # these show their signs as words
        assert letters(read) == letters(wanted)
    assert letters(hub.doc(*held(wanted["content"]))) == letters(read)
    assert rendered.lossy or read == seen(wanted)


@given(documents(st.one_of(PICTURES, MENTIONS, UNSHOWN)))
def test_html_is_safe_and_keeps_all_text(document: hub.Doc) -> None:
    native = HTML.render(document).native
    assert isinstance(native, str)
    assert clean(native) == native
    assert nh3.clean(native, link_rel=None) == native
    assert "sender.example" not in native
    assert "javascript:" not in re.sub(r">[^<]*<", "><", native)
    assert letters(HTML.parse(native).doc) == letters(hub.normalise(document))


@pytest.mark.parametrize("markup", [ADF, HTML, JOURNAL, Plain()], ids=lambda markup: markup.name)
@given(document=documents(MENTIONS))
def test_a_second_pass_changes_nothing(markup: hub.Markup, document: hub.Doc) -> None:
    once = markup.render(markup.parse(markup.render(document).native).doc).native
    assert markup.render(markup.parse(once).doc).native == once


@given(documents(MENTIONS))
def test_both_trackers_show_the_same_plain_text(document: hub.Doc) -> None:
    there = HTML.parse(HTML.render(document).native).doc
    assert to_plain(there) == to_plain(document)


@given(texts)
def test_plain_text_is_read_back_to_the_letter(value: str) -> None:
    wanted = to_plain(from_plain(value))
    for markup in (ADF, HTML, JOURNAL, Plain()):
        assert to_plain(markup.parse(markup.render(from_plain(value)).native).doc) == wanted


@pytest.mark.parametrize("markup", [ADF, HTML, JOURNAL, Plain()], ids=lambda markup: markup.name)
@settings(max_examples=50)
@given(document=documents(holds=frozenset({"heading"})), limit=st.integers(250, 500))
def test_parts_fit_and_joined_are_the_whole(markup: hub.Markup, document: hub.Doc, limit: int) -> None:
    parts: list[hub.Doc] = []
    rest: hub.Doc | None = document
    while rest:
        part, rest = split(markup, rest, limit)
        assert markup.length(markup.render(part).native) <= limit
        parts.append(part)
    whole = hub.normalise(document)
    assert "".join(map(letters, parts)) == letters(whole)
    assert sum(map(links, parts)) >= links(whole)
    if len(parts) == 1:
        assert parts[0] == whole


def links(document: hub.Doc) -> int:
    """Count the runs that are links."""
    return sum("href" in node for node in hub.walk(document))


@given(documents(), texts)
def test_a_heading_comes_off_as_it_went_on(document: hub.Doc, words: str) -> None:
    heading = to_plain(from_plain(words)).split("\n\n")[0]
    for markup in (ADF, HTML, JOURNAL):
        sent = markup.render(with_heading(document, heading)).native
        plain = markup.parse(markup.render(document).native).doc
        assert without_heading(markup.parse(sent).doc, heading) == (plain if heading.strip() else hub.normalise(plain))


@given(documents())
def test_that_a_text_was_edited_comes_off_as_it_went_on(document: hub.Doc) -> None:
    for markup in (ADF, HTML, JOURNAL):
        sent = markup.parse(markup.render(with_heading(as_edited(document), "Anna wrote:")).native).doc
        plain = markup.parse(markup.render(document).native).doc
        assert to_plain(not_as_edited(without_heading(sent, "Anna wrote:"))).split() == to_plain(plain).split()


ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(
                    ["doc", "paragraph", "listItem", "bulletList", "table", "media", "x", "text", "panel"]
                )
            },
            optional={
                "content": st.lists(inner, max_size=3),
                "text": st.text(max_size=5),
                "attrs": inner,
                "marks": inner,
            },
        ),
    ),
    max_leaves=12,
)


@given(ANY)
def test_no_value_makes_the_adf_reader_raise(native: Any) -> None:
    parsed = ADF.parse(native)
    assert ADF.render(parsed.doc, native).dropped_media == ()


@given(
    st.text(st.sampled_from("<>/=\"' abpliutrdhjs&;:-!"))
    | st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</table>",
                "<table>",
                "<td>",
                "<li>",
                "<ul>",
                "</ul>",
                "x",
                " ",
                "<pre>\n",
                "<img src=data:image/png;base64,AA>",
                "<a href='jAvascript:1'>",
                "<script>",
                "</script>",
                "&nbsp;",
                "<!--",
            ]
        ),
    ).map("".join)
)
def test_no_text_makes_the_html_reader_raise_and_one_form_is_reached(native: str) -> None:
    once = HTML.render(HTML.parse(native).doc).native
    assert HTML.render(HTML.parse(once).doc).native == once


def test_every_recorded_document_crosses_over_with_the_same_text() -> None:
    crossed = 0
    for markup, other, kind in ((ADF, HTML, "adf"), (HTML, ADF, "html_body")):
        for native in recorded(kind):
            mine = markup.parse(native).doc
            theirs = other.parse(other.render(mine).native).doc
            assert to_plain(theirs) == to_plain(hub.with_media(mine, dict.fromkeys(hub.media_refs(mine))))
            crossed += bool(mine["content"])
    assert crossed >= 7
