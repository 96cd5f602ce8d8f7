# SPDX-License-Identifier: Apache-2.0
"""What went wrong in other people's syncs (cases C04–C07, C09), and what a reader must see instead."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest

from tandem.core import doc as hub
from tandem.core.plain import from_plain, note, to_plain, with_heading, without_heading
from tandem.markup import Adf, CommonMark, Html, Plain, Textile, split
from tandem.markup.adf_read import native_nodes
from tandem.markup.neutralise import JIRA, ZENDESK, pieces

ADF, HTML = Adf(JIRA), Html(ZENDESK)


def adf(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def words(value: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"marks": list(marks)} if marks else {})}


def line(*inlines: Any) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(inlines)}


def test_c04_every_cell_of_a_merged_table_arrives() -> None:
    native = adf(
        line(words("Totals")),
        {
            "type": "table",
            "content": [
                {
                    "type": "tableRow",
                    "content": [
                        {
                            "type": "tableHeader",
                            "attrs": {"colspan": 2, "colwidth": [120, 80]},
                            "content": [line(words("Sum"))],
                        }
                    ],
                },
                {
                    "type": "tableRow",
                    "content": [
                        {
                            "type": "tableCell",
                            "attrs": {"rowspan": 2, "background": "#fff"},
                            "content": [line(words("A"))],
                        },
                        {"type": "tableCell", "attrs": {}, "content": [line(words("B"))]},
                    ],
                },
            ],
        },
        {"type": "hologram", "attrs": {"text": "seen"}, "content": [line(words("never before"))]},
    )
    parsed = ADF.parse(native)
    assert parsed.lossy == ("background", "colwidth", "hologram")
    assert to_plain(parsed.doc) == "Totals\n\nSum\nA | B\n\nseen\n\nnever before"
    html = HTML.render(parsed.doc).native
    assert html == (
        '<p>Totals</p><table><tbody><tr><th colspan="2">Sum</th></tr><tr><td rowspan="2">A</td><td>B</td></tr></tbody>'
        "</table><p>seen</p><p>never before</p>"
    )
    for other in (HTML, Plain()):  # an edit beside the table leaves the table as it was, flattened or not
        back = other.parse(other.render(parsed.doc).native).doc
        edited = hub.doc(hub.paragraph("Totals of May"), *back["content"][1:])
        assert ADF.render(edited, native).native == adf(line(words("Totals of May")), *native["content"][1:])


C05 = [
    "Set {noformat} and {color:green} as told",
    "[x|y], -not struck-, *.log and C:\\new\\table",
    "{{ticket.requester.email}} {% if x %} @anna [~bob] h1. x #12 AB#7 /close <b>&amp;</b> {{{{{",
]


@pytest.mark.parametrize("value", C05)
def test_c05_braces_and_signs_are_read_back_to_the_letter(value: str) -> None:
    fence = "a\n```\n{code}\n```\n  b\t{{x}}"
    whole = hub.doc(
        hub.paragraph(value),
        hub.paragraph(hub.text("/v2/items/{sku}", "code"), " and ", hub.text('{{{"n": 7}}}', "code")),
        hub.code(fence),
    )
    for markup in (ADF, HTML):
        assert markup.parse(markup.render(whole).native).doc == hub.normalise(whole)
        assert markup.render(markup.parse(markup.render(whole).native).doc) == markup.render(whole)


@pytest.mark.parametrize("value", C05)
def test_no_pattern_that_a_tracker_acts_on_is_left_whole(value: str) -> None:
    html = HTML.render(from_plain(value)).native
    assert isinstance(html, str)
    assert not any(sign in html for sign in ("{{", "}}", "{%", "%}", "@anna"))
    nodes = list(native_nodes(ADF.render(from_plain(value)).native))
    assert not any(sign in node.get("text", "") for node in nodes for sign in ("@anna", "[~", "{color:", "{noformat}"))
    assert "".join(pieces(value, ZENDESK)) == value


def test_a_mention_calls_nobody_at_the_peer() -> None:
    native = adf(line(words("ask "), {"type": "mention", "attrs": {"id": "557058:15b2", "text": "@Oliver"}}))
    parsed = ADF.parse(native)
    assert parsed.keeps == (native["content"][0]["content"][1],)
    assert "557058" not in json.dumps(hub.with_people(parsed.doc, {}))
    assert HTML.render(parsed.doc).native == "<p>ask @<span>Oliver</span></p>"
    assert "mention" not in json.dumps(ADF.render(parsed.doc).native)


BOLD = [part for number in range(300) for part in (hub.text(f"bold{number} ", "strong"), hub.text("word " * 21))]


@pytest.mark.parametrize(
    "blocks",
    [
        [hub.paragraph(*BOLD, "x" * 400)],
        [hub.paragraph("y" * 32_700), hub.code("z = 1\n" * 100)],
        [hub.paragraph("w" * 32_757 + "\U0001f9f5" * 30)],
        [hub.paragraph("v " * 16_370, hub.text("the hand-book", href="https://a.example/" + "p" * 60), " end")],
        [hub.paragraph("\U0001f468\u200d\U0001f469\u200d\U0001f466" * 9000)],
        [hub.items(*[[hub.paragraph("item " * 50)] for _ in range(200)], ordered=True)],
    ],
    ids=["bold", "fence", "emoji", "link", "family", "list"],
)
@pytest.mark.parametrize("markup", [ADF, HTML, Plain()], ids=lambda markup: markup.name)
def test_c06_parts_fit_in_the_targets_own_unit(markup: hub.Markup, blocks: list[hub.Node]) -> None:
    whole = hub.normalise(hub.doc(*blocks))
    parts = []
    rest: hub.Doc | None = whole
    while rest:
        part, rest = split(markup, rest, 32_767)
        assert markup.length(markup.render(part).native) <= 32_767
        parts.append(part)
    assert len(parts) > 1
    joined = "".join(node.get("text", "") for part in parts for node in hub.walk(part))
    everything = "".join(node.get("text", "") for node in hub.walk(whole))
    assert "".join(joined.split()) == "".join(everything.split())
    assert sum("href" in node for part in parts for node in hub.walk(part)) == sum("href" in n for n in hub.walk(whole))
    for part in parts:
        shown = to_plain(part)
        assert not shown.startswith("\u200d") and not shown.endswith("\u200d")


def test_a_cut_list_goes_on_counting_and_a_cut_item_keeps_its_number() -> None:
    whole = hub.doc(hub.items(*[[hub.paragraph("word " * 20)] for _ in range(4)], ordered=True))
    first, rest = split(HTML, whole, 260)
    assert rest is not None
    assert [len(part["content"][0]["content"]) for part in (first, rest)] == [3, 2]
    assert rest["content"][0]["start"] == 3


def test_a_link_is_cut_only_if_it_alone_is_too_long() -> None:
    link = hub.text("the hand book of all", href="https://a.example/")
    first, rest = split(HTML, hub.doc(hub.paragraph("see ", link)), 60)
    assert (first, rest) == (hub.doc(hub.paragraph("see")), hub.doc(hub.paragraph(link)))
    first, rest = split(HTML, hub.doc(hub.paragraph(link)), 50)
    assert rest is not None
    assert [node["href"] for part in (first, rest) for node in hub.walk(part) if "href" in node] == [link["href"]] * 2


def test_marks_that_shut_each_other_out_have_one_form() -> None:
    document = hub.doc(hub.paragraph(hub.text("a", "sup", "sub"), hub.text("b", "strong", "code")))
    assert hub.normalise(document) == hub.doc(hub.paragraph(hub.text("a", "sub"), hub.text("b", "code")))


def test_a_limit_below_one_character_is_an_error() -> None:
    with pytest.raises(ValueError, match="no character"):
        split(HTML, from_plain("x"), 3)


@pytest.mark.parametrize(
    ("value", "shown", "lossy"),
    [
        ("thread \U0001f9f5", "thread \U0001f9f5", ()),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f466", "\U0001f468\u200d\U0001f469\u200d\U0001f466", ()),
        ("\u05d0\u05d1 \u202eabc", "\u05d0\u05d1 \u202eabc", ()),
        ("half \ud83d end", "half \ufffd end", ("unicode",)),
        ("\ud83e\uddf5", "\U0001f9f5", ()),
        ("nul \x00", "nul \ufffd", ("unicode",)),
    ],
)
def test_c07_any_sign_arrives_and_a_broken_one_is_on_record(value: str, shown: str, lossy: tuple[str, ...]) -> None:
    for markup, native in ((ADF, adf(line(words(value)))), (HTML, f"<p>{value}</p>"), (Plain(), value)):
        parsed = markup.parse(native)
        assert (to_plain(parsed.doc), parsed.lossy) == (shown, lossy)
        json.dumps(markup.render(parsed.doc).native, ensure_ascii=False).encode("utf-8")


def test_c09_no_address_of_a_picture_leaves_untranslated() -> None:
    address = "https://one.example/_apis/wit/attachments/a1b2?fileName=shot.png"
    data = "data:image/png;base64," + base64.b64encode(b"PNG").decode()
    parsed = HTML.parse(f'<p>see <img src="{address}"> and <img src="{address}"></p><img src="{data}">')
    assert [node["name"] for node in hub.walk(parsed.doc) if node["type"] == "media"][:2] == ["shot.png", "shot.png"]
    (file,) = parsed.files
    assert (file.content, file.mime) == (b"PNG", "image/png")
    first, second = hub.media_refs(parsed.doc)
    assert (first, second) == ("seen:" + address, file.ref)
    for markup in (ADF, HTML, Plain()):
        assert "one.example" not in json.dumps(markup.render(parsed.doc).native)
    withheld = hub.with_media(parsed.doc, {})
    assert to_plain(withheld) == "see [file] and [file]\n\n[file]"
    passed_on = hub.with_media(parsed.doc, {first: "show:5f3c-uuid", second: None})
    native = ADF.render(passed_on).native
    assert json.dumps(native).count('"id": "5f3c-uuid"') == 2
    assert note(hub.media(name=file.name)) in json.dumps(native)


def test_c09_a_jira_picture_is_shown_by_its_twins_address() -> None:
    native = adf(
        {
            "type": "mediaSingle",
            "attrs": {"layout": "center"},
            "content": [{"type": "media", "attrs": {"id": "u-1", "type": "file"}}],
        }
    )
    mine = ADF.parse(native).doc
    assert hub.media_refs(mine) == ("seen:u-1",)
    assert HTML.render(mine).native == "<p>[file]</p>"
    shown = HTML.render(hub.with_media(mine, {"seen:u-1": "show:https://z.example/a.png"})).native
    assert shown == '<p><img src="https://z.example/a.png" alt=""></p>'


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>ok",
        "<style>p{}</style>ok",
        '<p onclick="alert(1)">ok</p>',
        '<a href="javascript:alert(1)">ok</a>',
        '<a href=" jAva\tscript:alert(1)">ok</a>',
        '<a href="data:text/html,x">ok</a>',
        '<svg><script>alert(1)</script></svg><img src=x onerror="alert(1)">ok',
        '<iframe src="https://x.example"></iframe>ok',
        '<!-- <script> -->ok<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    ],
)
def test_nothing_that_runs_survives(html: str) -> None:
    parsed = HTML.parse(html)
    native = HTML.render(hub.with_media(parsed.doc, {})).native
    assert isinstance(native, str)
    assert "ok" in native
    assert not any(
        evil in native.lower() for evil in ("script", "alert", "onerror", "onclick", "iframe", "data:", "style")
    )


def test_a_zendesk_comment_is_read_without_its_wrapper() -> None:
    html = (
        '<div class="zd-comment" dir="auto"><p dir="auto">One&nbsp;&nbsp;two<br>\n three</p>'
        '<ul><li>a<ol start="3"><li>b</li></ol></li>'
        '</ul><blockquote><p>q</p></blockquote><pre><code class="language-py">\nx  = 1\n</code></pre>'
        '<p><a href="https://a.example">l</a> &lt;b&gt; &amp;amp;</p><p>&nbsp;</p></div>'
    )
    assert HTML.parse(html).doc == hub.normalise(
        hub.doc(
            hub.paragraph("One  two", hub.BREAK, "three"),
            hub.items([hub.paragraph("a"), hub.items([hub.paragraph("b")], ordered=True, start=3)]),
            hub.quote(hub.paragraph("q")),
            hub.code("x  = 1", "py"),
            hub.paragraph(hub.text("l", href="https://a.example"), " <b> &amp;"),
        )
    )


def test_deep_nesting_keeps_its_text() -> None:
    native: dict[str, Any] = line(words("deep"))
    for _ in range(400):
        native = {"type": "panel", "content": [native]}
    assert to_plain(ADF.parse(adf(native)).doc).endswith("deep")
    assert to_plain(HTML.parse("<blockquote>" * 3000 + "deep").doc).endswith("deep")


@pytest.mark.parametrize("markup", [Textile(), CommonMark()], ids=lambda markup: markup.name)
def test_quotes_within_quotes_keep_their_words_however_deep(markup: hub.Markup) -> None:
    source = "\n".join(["before", "", "> " * 2000 + "deep", "", "after"])
    shown = markup.parse(source)
    first, deep, last = (to_plain(hub.doc(block)) for block in shown.doc["content"])
    assert (first, deep.rpartition(" ")[2], last) == ("before", "deep", "after")
    assert markup.parse(markup.render(shown.doc).native).doc == shown.doc


def test_our_heading_comes_off_whatever_the_tracker_made_of_it() -> None:
    body = from_plain("Hello\n\nworld")
    sent = with_heading(body, "Anna (Mercuri) wrote:")
    assert to_plain(sent) == "Anna (Mercuri) wrote:\n\nHello\n\nworld"
    assert without_heading(sent, "Anna (Mercuri) wrote:") == body
    joined = "<p><b>Anna (Mercuri) wrote:</b><br>Hello</p><p>world</p>"
    assert without_heading(HTML.parse(joined).doc, "Anna (Mercuri) wrote:") == body
    assert without_heading(body, "Anna (Mercuri) wrote:") == body


def test_the_core_of_it_needs_only_the_standard_library_and_pydantic() -> None:
    probe = (
        "import sys, pydantic; pydantic.TypeAdapter(pydantic.JsonValue); before = set(sys.modules); "
        "import tandem.core.doc, tandem.core.plain; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, env={"PYTHONPATH": "include"}
    )
    assert done.stdout.strip() == "['tandem']"


def test_what_jira_cannot_hold_within_quotes_and_items_is_shown_with_its_signs() -> None:
    link = hub.text("page", "em", href="https://a.example/x")
    inner = hub.quote(
        hub.paragraph("b ", link, hub.BREAK, "c"), hub.items([hub.paragraph("d")]), hub.quote(hub.code("e"))
    )
    item = [hub.heading(2, "h"), hub.quote(hub.paragraph("i")), {"type": "rule"}, hub.paragraph("j")]
    rendered = ADF.render(hub.doc(hub.quote(hub.paragraph("a"), inner), hub.items(item, ordered=True)))
    shown = ADF.parse(rendered.native).doc
    assert rendered.lossy == ("heading", "quote", "rule")
    assert to_plain(shown) == (
        "> a\n>\n> > b page (https://a.example/x)\n> > c\n> >\n> > - d\n> >\n> > > e\n\n1. h\n  > i\n  ----\n  j"
    )
    assert link | {"text": "page"} in list(hub.walk(shown))
    assert hub.text("h", "strong") in list(hub.walk(shown))
