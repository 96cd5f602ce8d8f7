# SPDX-License-Identifier: Apache-2.0
"""A rich text is never replaced blindly (engine §1)."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markup.test_markup_cases import adf, line, words
from markup.trees import documents, recorded
from sandbox.jira import adf as jira_site
from tandem.core import doc as hub
from tandem.core.plain import to_plain
from tandem.markup import Adf, CommonMark, Html, Plain, Textile
from tandem.markup.adf_read import native_nodes

ADF, HTML = Adf(), Html()
FILES = hub.media("show:u-1"), hub.media("show:u-2"), hub.media("show:u-3")
PICTURE = {
    "type": "mediaSingle",
    "attrs": {"layout": "wide", "width": 50},
    "content": [
        {"type": "media", "attrs": {"type": "file", "id": "u-1", "collection": "c", "alt": "shot.png", "width": 7}}
    ],
}
PANEL = {"type": "panel", "attrs": {"panelType": "info"}, "content": [line(words("Mind the gap"))]}
MENTION = {"type": "mention", "attrs": {"id": "557058:15b2", "text": "@Oliver", "accessLevel": ""}}
MACRO = {"type": "extension", "attrs": {"extensionType": "x", "extensionKey": "toc"}}
RED = words("red", {"type": "textColor", "attrs": {"color": "#f00"}})
PRESENT = adf(
    line(words("Seen by "), MENTION, words(" at noon")),
    PICTURE,
    line(RED),
    MACRO,
    PANEL,
    line(words("Last words of it all")),
)


def as_peer_shows(markup: hub.Markup) -> hub.Doc:
    """Send what Jira shows to the peer, files not offered, and read it there."""
    sent = hub.with_media(ADF.parse(PRESENT).doc, {})
    return markup.parse(markup.render(sent).native).doc


@pytest.mark.parametrize("peer", [HTML, Plain()], ids=lambda markup: markup.name)
def test_what_comes_back_unchanged_changes_nothing(peer: hub.Markup) -> None:
    assert ADF.render(as_peer_shows(peer), PRESENT).native == PRESENT


@pytest.mark.parametrize("peer", [HTML, Plain()], ids=lambda markup: markup.name)
def test_an_edit_at_the_peer_changes_only_its_own_block(peer: hub.Markup) -> None:
    shown = as_peer_shows(peer)
    edited = hub.doc(*shown["content"][:-1], hub.paragraph("Last words of it, changed"), hub.paragraph("More"))
    wanted = adf(*PRESENT["content"][:-1], line(words("Last words of it, changed")), line(words("More")))
    assert ADF.render(edited, PRESENT).native == wanted


def test_a_mention_outlives_an_edit_of_its_own_sentence() -> None:
    first, *others = as_peer_shows(HTML)["content"]
    edited = hub.doc(hub.paragraph("Seen by @Oliver at one"), *others)
    native = ADF.render(edited, PRESENT).native
    assert native == adf(line(words("Seen by "), MENTION, words(" at one")), *PRESENT["content"][1:])
    assert first == hub.paragraph("Seen by @Oliver at noon")


def test_a_panel_keeps_its_frame_when_its_words_change() -> None:
    shown = as_peer_shows(HTML)["content"]
    changed = [hub.quote(hub.paragraph("Mind the wide gap")) if block["type"] == "quote" else block for block in shown]
    native = ADF.render(hub.doc(*changed), PRESENT).native
    wanted = [
        PANEL | {"content": [line(words("Mind the wide gap"))]} if node is PANEL else node
        for node in PRESENT["content"]
    ]
    assert native == adf(*wanted)


@pytest.mark.parametrize(("old", "new"), [("inside", "within"), ("More", "Less")])
def test_what_can_be_opened_has_its_title_once_when_its_words_change(old: str, new: str) -> None:
    def present(title: str, words_in_it: str) -> dict[str, object]:
        frame = {"type": "expand", "attrs": {"title": title}, "content": [line(words(f"all that is {words_in_it}"))]}
        return adf(frame, line(words("end")))

    def change(value: str) -> str:
        return value.replace(old, new)

    shown = ADF.parse(present("More", "inside")).doc
    block = shown["content"][0]
    said = [hub.paragraph(change(part["content"][0]["text"])) for part in block["content"]]
    native = ADF.render(hub.doc({**block, "content": said}, *shown["content"][1:]), present("More", "inside")).native
    assert native == present(change("More"), change("inside"))


def test_a_panel_of_which_a_peer_made_lines_is_not_said_twice() -> None:
    picture = {"type": "paragraph", "content": [words("see "), MENTION]}
    frame = PANEL | {"content": [line(words("Mind the gap")), line(words("and the door")), picture]}
    plain = to_plain(ADF.parse(adf(frame, line(words("end")))).doc)
    changed = plain.replace("> Mind", "Please: Mind").replace("> and the", "and the").replace(">\n", "\n")
    native = ADF.render(Plain().parse(changed.replace("Please: ", "")).doc, adf(frame, line(words("end")))).native
    kinds = Counter(node["type"] for node in native_nodes(native))
    assert to_plain(ADF.parse(native).doc).count("gap") == 1
    assert kinds["mention"] == 1
    assert to_plain(ADF.parse(ADF.render(Plain().parse("end").doc, adf(frame, line(words("end")))).native).doc).count(
        "gap"
    )


def test_what_has_lost_its_place_stands_at_the_end() -> None:
    rendered = ADF.render(hub.doc(hub.paragraph("Something else entirely")), PRESENT)
    assert rendered.native == adf(
        line(words("Something else entirely")),
        line(MENTION),
        {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": PICTURE["content"]},
        MACRO,
        PANEL,
    )
    assert rendered.dropped_media == ()
    again = ADF.render(hub.doc(hub.paragraph("Something else again")), rendered.native)
    kinds = Counter(node["type"] for node in native_nodes(again.native))
    assert (kinds["media"], kinds["mention"], kinds["panel"], kinds["extension"]) == (1, 1, 1, 1)


def test_a_picture_that_the_text_shows_elsewhere_is_not_shown_twice() -> None:
    moved = hub.doc(hub.paragraph("New: ", hub.media("show:u-1"), " here"))
    native = ADF.render(moved, PRESENT).native
    files = [node for node in native_nodes(native) if node["type"] in ("media", "mediaInline")]
    assert [file["attrs"]["collection"] for file in files] == ["c"]


def test_a_ticked_task_stays_a_task() -> None:
    tasks = adf(
        {
            "type": "taskList",
            "attrs": {"localId": "l"},
            "content": [
                {"type": "taskItem", "attrs": {"localId": "1", "state": "TODO"}, "content": [words("wash")]},
                {"type": "taskItem", "attrs": {"localId": "2", "state": "DONE"}, "content": [words("dry")]},
            ],
        }
    )
    shown = ADF.parse(tasks).doc
    assert to_plain(shown) == "- [ ] wash\n- [x] dry"
    html = str(HTML.render(shown).native).replace("[ ]", "[x]")
    native: Any = ADF.render(HTML.parse(html).doc, tasks).native
    states = [(item["attrs"]["localId"], item["attrs"]["state"]) for item in native["content"][0]["content"]]
    assert states == [("1", "DONE"), ("2", "DONE")]


def test_a_picture_in_html_stays_or_comes_to_the_end() -> None:
    present = '<p>a</p><p><img alt="a" src="https://z.example/a.png"></p><p>b</p>'
    unchanged = hub.doc(hub.paragraph("a"), hub.paragraph("[file: a]"), hub.paragraph("b, and more"))
    assert HTML.render(unchanged, present).native == present.replace("b<", "b, and more<")
    gone = HTML.render(hub.doc(hub.paragraph("c")), present)
    assert gone.native == '<p>c</p><p><img alt="a" src="https://z.example/a.png"></p>'
    assert gone.dropped_media == ()


def test_the_present_value_is_never_changed_in_place() -> None:
    present = adf(line(words("I ask @Oliver")), line(MENTION, words(" knows")))
    before = json.dumps(present)
    native = ADF.render(hub.doc(hub.paragraph("I ask @Oliver")), present).native
    assert native == adf(line(words("I ask "), MENTION))
    assert json.dumps(present) == before


def test_a_peer_without_markup_takes_none_away() -> None:
    present = adf(
        {"type": "heading", "attrs": {"level": 2}, "content": [words("Plan")]},
        line(words("very ", {"type": "strong"}), words("bold")),
        line(words("end")),
    )
    back = Plain().parse(str(Plain().render(ADF.parse(present).doc).native).replace("end", "the end"))
    assert ADF.render(back.doc, present).native == adf(*present["content"][:2], line(words("the end")))


def test_a_mark_taken_away_at_a_peer_with_markup_is_an_edit() -> None:
    present = adf(line(words("very ", {"type": "strong"}), words("bold")), line(words("so", {"type": "em"})))
    edited = hub.doc(hub.paragraph("very bold"), hub.paragraph(hub.text("so", "em")))
    assert ADF.render(edited, present).native == adf(line(words("very bold")), line(words("so", {"type": "em"})))


def media_of(native: Any) -> set[str]:
    return {node["attrs"]["id"] for node in native_nodes(native) if node.get("type") in ("media", "mediaInline")}


@given(documents(st.sampled_from(FILES)), documents(st.sampled_from(FILES)))
def test_no_edit_ever_drops_a_media_node(old: hub.Doc, new: hub.Doc) -> None:
    present = ADF.render(old).native
    rendered = ADF.render(new, present)
    jira_site.check(rendered.native)
    assert rendered.dropped_media == ()
    assert media_of(rendered.native) >= media_of(present)


@pytest.mark.parametrize("peer", [HTML, Plain(), CommonMark(azure=True)], ids=lambda markup: markup.name)
@given(document=documents())
def test_what_a_peer_makes_of_a_text_is_written_over_it(peer: hub.Markup, document: hub.Doc) -> None:
    """Whatever kinds of blocks it became there, and whether or not people changed each of them: Jira takes it."""
    present = ADF.render(document).native
    arrived = peer.parse(peer.render(ADF.parse(present).doc).native).doc
    for changed in (arrived, hub.normalise(_strong(arrived))):
        jira_site.check(ADF.render(changed, present).native)


def _strong(node: hub.Node) -> hub.Node:
    """The same text, all of it strong: each block was changed by somebody."""
    if node["type"] == "text":
        return {**node, "marks": ["strong"]}
    return {**node, "content": [_strong(part) for part in node["content"]]} if "content" in node else node


def test_a_table_of_which_a_peer_made_lines_is_written_over() -> None:
    cells = hub.table([hub.cell(hub.paragraph("a"))], [hub.cell(hub.code("select a | b", "sql"))])
    present = ADF.render(hub.doc(cells)).native
    lines = hub.doc(hub.paragraph("a", hub.BREAK, hub.text("select a | b", "strong")))
    native: Any = ADF.render(lines, present).native
    jira_site.check(native)
    assert to_plain(ADF.parse(native).doc) == "a\nselect a | b"


def test_a_quotation_that_became_a_paragraph_is_one() -> None:
    present = ADF.render(hub.doc(hub.quote(hub.paragraph("said so")))).native
    changed = hub.doc(hub.paragraph(hub.text("said so", "strong")))
    native: Any = ADF.render(changed, present).native
    jira_site.check(native)
    assert ADF.parse(native).doc == changed


@given(documents())
def test_writing_what_is_shown_is_writing_nothing(document: hub.Doc) -> None:
    present = ADF.render(document).native
    assert ADF.render(ADF.parse(present).doc, present).native == present


def test_every_recorded_document_outlives_a_loop_over_html() -> None:
    for native in recorded("adf"):
        shown = hub.with_media(ADF.parse(native).doc, {})
        back = HTML.parse(HTML.render(shown).native).doc
        again: Any = ADF.render(back, native).native
        assert Counter(map(_kind, native_nodes(again))) == Counter(map(_kind, native_nodes(native)))


def _kind(node: dict[str, Any]) -> str:
    return str(node["type"])


def test_an_address_of_ones_own_tracker_stays_at_home_and_is_not_lost() -> None:
    own = Adf(hosts=frozenset({"one.example"}))
    address = "https://One.example:8443/browse/SHOP-1"
    to_it = {"type": "link", "attrs": {"href": address}}
    present = adf(
        line(
            words("see "), words("the ticket", to_it), words(" or "), {"type": "inlineCard", "attrs": {"url": address}}
        ),
        line(words(f"also {address}?x=1 and https://public.example/a")),
        line(words("end")),
    )
    parsed = own.parse(present)
    assert parsed.lossy == ("address", "inlineCard")
    sent = str(HTML.render(parsed.doc).native)
    assert sent == "<p>see the ticket or [address]</p><p>also [address] and https://public.example/a</p><p>end</p>"
    assert Html(hosts=own.hosts).parse(f'<p><a href="{address}">x</a> {address}</p>').doc == hub.doc(
        hub.paragraph("x [address]")
    )
    assert Plain(own.hosts).parse(address).doc == hub.doc(hub.paragraph("[address]"))
    assert own.render(HTML.parse(sent).doc, present).native == present
    edited = own.render(HTML.parse(sent.replace("see", "See").replace(">end<", ">The end<")).doc, present).native
    wanted = json.loads(json.dumps(present).replace('"see "', '"See "').replace('"end"', '"The end"'))
    assert edited == wanted


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("//one.example/browse/SHOP-1", "[address]"),
        ("see one.example/browse/SHOP-1 now", "see [address] now"),
        ("at one.example:8443", "at [address]"),
        ("https://scan.example/?url=https%3A%2F%2Fone.example%2Fbrowse%2FSHOP-1", "[address]"),
        ("https://scan.example/?url=https%253A%252F%252Fme%2540One.example%252Fx", "[address]"),
        ("one.example is down, write to joe@one.example", "one.example is down, write to joe@one.example"),
        ("two.one.example/b", "two.one.example/b"),
        ("https://one.example.org/a", "https://one.example.org/a"),
        ("https://other.example/one.example/c", "https://other.example/one.example/c"),
    ],
)
def test_an_address_of_ones_own_tracker_is_known_in_every_form(written: str, read: str) -> None:
    hosts = frozenset({"one.example", "jira"})
    assert Plain(hosts).parse(written).doc == hub.doc(hub.paragraph(read))
    assert Html(hosts=hosts).parse(f'<p><img src="x.png" alt="{written}"></p>').doc == hub.doc(
        hub.paragraph(hub.media("seen:x.png", read))
    )
    if "//" in written:
        linked = Html(hosts=hosts).parse(f'<p><a href="{written}">there</a></p>').doc
        assert any("href" in node for node in hub.walk(linked)) is (written == read)


def test_the_name_of_a_page_is_no_pictures_name() -> None:
    """It would tell how the sender's tracker is made."""
    shown = HTML.parse('<p><img src="/sys_attachment.do?sys_id=1"> <img src="/a/b.png"> <img src="/x?fileName=c"></p>')
    assert str(Plain().render(shown.doc).native) == "[file] [file: b.png] [file: c]"
    textile = Textile().parse("!https://own.example/x/b.png! !/x/sys_attachment.do! !c.png! !/d(e)!").doc
    assert to_plain(textile) == "[file: b.png] [file] [file: c.png] [file: e]"
