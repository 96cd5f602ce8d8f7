# SPDX-License-Identifier: Apache-2.0
"""What is changed in a form of a text that shows less is laid over the other form: all else keeps its look."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markup.trees import documents
from tandem.core.doc import (
    BREAK,
    Doc,
    Markup,
    Node,
    cell,
    code,
    doc,
    heading,
    items,
    media,
    mention,
    normalise,
    paragraph,
    quote,
    table,
    text,
    walk,
)
from tandem.core.plain import from_plain, to_plain
from tandem.markup import Adf, CommonMark, Html, Plain, Textile
from tandem.markup.relay import relay

MARKUPS = [Plain(), Adf(), Html(), Textile(), CommonMark()]
LINK = "https://a.example/x_(y)"
RICH = doc(
    heading(2, "Plan ", text("A", "em")),
    paragraph("Do ", text("not", "strong"), " press ", text("this one", href=LINK), " or ", mention("@Anna", "anna")),
    items([paragraph("first ", text("thing", "code"))], [paragraph("second"), items([paragraph("inner")])]),
    table([cell(paragraph("key"), header=True), cell(paragraph(text("value", "em")))], [cell(paragraph("k")), cell()]),
    code("a = 1\n\nb = 2", "python"),
    quote(paragraph("said")),
    paragraph("Yours,", BREAK, text("Elaine", "em")),
)
FLAT = from_plain(to_plain(RICH))


def with_other(document: Doc, word: str, other: str) -> Doc:
    """The same text with another word."""
    new = copy.deepcopy(document)
    for node in walk(new):
        if word in node.get("text", "") and node["type"] != "mention":
            node["text"] = node["text"].replace(word, other, 1)
            return normalise(new)
    raise AssertionError(f"there is no {word}")


@pytest.mark.parametrize(
    "word", ["Plan", "A", "Do", "not", "press", "first", "thing", "inner", "value", "b = 2", "said", "Yours"]
)
def test_a_word_that_is_changed_in_plain_text_leaves_all_else_as_it_looks(word: str) -> None:
    assert relay(RICH, FLAT, with_other(FLAT, word, "else")) == with_other(RICH, word, "else")


def test_a_link_of_which_the_words_are_changed_leads_where_it_led() -> None:
    for old, new in (("this one", "that one"), ("this one", "this"), ("this one", "this very one"), ("this", "THIS")):
        assert relay(RICH, FLAT, with_other(FLAT, old, new)) == with_other(RICH, old, new)


def test_marks_within_a_link_stay_where_another_word_of_it_is_changed() -> None:
    over = doc(paragraph("see ", text("the ", href=LINK), text("big", "strong", href=LINK), text(" page", href=LINK)))
    flat = from_plain(to_plain(over))
    for word in ("page", "the", "big"):
        assert relay(over, flat, with_other(flat, word, "other")) == with_other(over, word, "other")


def test_a_bare_address_that_is_changed_leads_where_it_says() -> None:
    other = f"{LINK}/z?a=1#b"
    over, wanted = (doc(paragraph("see ", text(one, "em", href=one), " now")) for one in (LINK, other))
    plain = to_plain(over)
    assert relay(over, from_plain(plain), from_plain(plain.replace(LINK, other))) == normalise(wanted)
    gone = relay(over, from_plain(plain), from_plain(plain.replace(LINK, "nothing")))
    assert to_plain(gone) == "see nothing now" and "href" not in repr(gone)


def test_a_bare_address_that_is_given_words_leads_where_it_led() -> None:
    over = doc(paragraph(text("go", "strong"), " to ", text(LINK, href=LINK), ", now"))
    plain = to_plain(over)
    for named in ("page", "https://b.example/y"):
        made = relay(over, from_plain(plain), from_plain(plain.replace(LINK, f"{named} ({LINK})")))
        assert made == normalise(doc(paragraph(text("go", "strong"), " to ", text(named, href=LINK), ", now")))
    made = relay(over, from_plain(plain), from_plain(plain.replace(LINK, f"({LINK})")))
    assert made == normalise(doc(paragraph(text("go", "strong"), " to (", text(LINK, href=LINK), "), now")))


def test_a_link_without_its_address_and_a_changed_mention_are_words() -> None:
    for old, new in ((f" ({LINK})", ""), (f"this one ({LINK})", f"({LINK})"), ("@Anna", "@Annabel")):
        changed = relay(RICH, FLAT, with_other(FLAT, old, new))
        assert to_plain(changed) == to_plain(RICH).replace(old, new)
        assert all("href" not in node for node in walk(changed)) is (old != "@Anna")
        assert ("anna" in repr(changed)) is (old != "@Anna")
        assert "['strong']" in repr(changed)


def test_marks_within_a_word_stay_where_another_word_is_changed() -> None:
    over = doc(
        paragraph("some H", text("2", "sub"), "O ", text("x", "em"), text("y", "strong"), text("code", "code"), "s")
    )
    flat = from_plain(to_plain(over))
    assert relay(over, flat, with_other(flat, "some", "more")) == with_other(over, "some", "more")


TABLE = doc(
    paragraph("Hosts"),
    table(
        [cell(paragraph("Host"), header=True), cell(paragraph("Note | unit"), header=True)],
        [cell(paragraph(text("web_01", "code"))), cell(paragraph("a | b"), items([paragraph("x")], [paragraph("y")]))],
        [cell(paragraph("web_02")), cell()],
        [{**cell(paragraph("wide")), "colspan": 2}],
    ),
    paragraph("end"),
)


@pytest.mark.parametrize(
    ("old", "new"),
    [("web_01", "web_01b"), ("a | b", "a | bb"), ("- y", "- why"), ("Note", "Notes"), ("wide", "narrow")],
)
def test_a_table_with_bars_in_its_cells_stays_one(old: str, new: str) -> None:
    plain = to_plain(TABLE)
    made = relay(TABLE, from_plain(plain), from_plain(plain.replace(old, new)))
    assert to_plain(made).split() == plain.replace(old, new).split()
    before, after = ([row["content"] for row in one["content"][1]["content"]] for one in (TABLE, made))
    changed = [
        (one, other) for left, right in zip(before, after, strict=True) for one, other in zip(left, right, strict=True)
    ]
    assert sum(normalise(doc(table([one]))) != normalise(doc(table([other]))) for one, other in changed) == 1


def test_a_row_comes_and_goes() -> None:
    plain = to_plain(TABLE)
    more = relay(TABLE, from_plain(plain), from_plain(plain.replace("wide", "web_03 | new\nwide")))["content"][1]
    wanted = normalise(TABLE)["content"][1]["content"]
    assert [*more["content"][:3], *more["content"][4:]] == wanted
    assert more["content"][3]["content"] == [cell_of("web_03"), cell_of("new")]
    less = relay(TABLE, from_plain(plain), from_plain(plain.replace("web_02 |\n", "")))["content"][1]
    assert less["content"] == [*wanted[:2], *wanted[3:]]


@pytest.mark.parametrize("line", ["a | b", " | b", "a |", " |", "|", "| b"])
def test_empty_cells_are_cells_with_or_without_spaces_at_the_ends_of_their_line(line: str) -> None:
    cells = [[cell(paragraph(one)) if one else cell() for one in row] for row in (("a", "b"), ("", ""), ("c", "d"))]
    over = normalise(doc(paragraph("x"), table(*cells), paragraph("z")))
    plain = to_plain(over)
    made = relay(over, from_plain(plain), from_plain(plain.replace("\n |\n", f"\n{line}\n")))
    words = [to_plain(doc(*one["content"])) for one in made["content"][1]["content"][1]["content"]]
    assert words == [part.strip() for part in line.split("|")]


def cell_of(words: str) -> Node:
    return {"type": "cell", "content": [paragraph(words)]}


def test_lines_of_an_item_come_and_go_and_other_items_keep_their_look() -> None:
    rich = text("very", "strong")
    over = doc(
        paragraph("do"),
        items(
            [paragraph("run ", rich), code("make\n  all")],
            [paragraph("then ", rich), items([paragraph("a")], [paragraph("b")])],
        ),
        paragraph("end"),
    )
    plain = to_plain(over)
    for old, new in (
        ("  - b\n", ""),
        ("  - a\n  - b\n", ""),
        ("  make\n", "  make\n  more\n"),
        ("  - a\n", "  - a\n  - more\n"),
    ):
        made = relay(over, from_plain(plain), from_plain(plain.replace(f"{old}", new)))
        assert to_plain(made) == plain.replace(old, new)
        assert sum(node.get("marks") == ["strong"] for node in walk(made)) == 2, (old, new)
        assert sum(node["type"] == "code" for node in walk(made)) == 1


NESTED = normalise(
    doc(
        paragraph("see ", text("this", "strong")),
        quote(paragraph("asked"), quote(paragraph("it ", text("hangs", "em")), paragraph("help"))),
        items(
            [paragraph("one"), table([cell(paragraph("in"), header=True), cell(paragraph("a table"))])],
            [paragraph("two")],
        ),
    )
)


@pytest.mark.parametrize("word", ["asked", "hangs", "help", "in", "table", "one", "two"])
def test_what_may_not_stand_within_another_block_stays_where_it_may(word: str) -> None:
    """Jira shows a quote in a quote, and a table in an item, as lines of text."""
    shown = Adf().parse(Adf().render(NESTED).native).doc
    assert shown != NESTED
    assert relay(NESTED, shown, with_other(shown, word, "else")) == with_other(NESTED, word, "else")


def test_an_item_that_goes_leaves_what_may_not_stand_in_others() -> None:
    shown = Adf().parse(Adf().render(NESTED).native).doc
    less = copy.deepcopy(shown)
    del less["content"][2]["content"][1]
    assert relay(NESTED, shown, less)["content"][2]["content"] == NESTED["content"][2]["content"][:1]


def test_a_paragraph_that_is_set_within_lines_parts_them() -> None:
    over = doc(paragraph("one ", text("bold", "strong"), BREAK, BREAK, "two ", text("bold", "em")), paragraph("end"))
    plain = to_plain(over)
    made = relay(over, from_plain(plain), from_plain(plain.replace("two", "between\n\ntwo")))
    assert to_plain(made) == plain.replace("two", "between\n\ntwo")
    assert [node["marks"] for node in walk(made) if node.get("marks")] == [["strong"], ["em"]]


def test_what_is_edited_beside_a_new_paragraph_keeps_its_look() -> None:
    over = doc(*(paragraph(f"say {word} ", text("now", "strong")) for word in ("one", "two", "three")))
    plain = to_plain(over).replace("one", "1").replace("say two", "new\n\nsay 2").replace("three now", "3 now\n\nend")
    made = relay(over, from_plain(to_plain(over)), from_plain(plain))
    assert to_plain(made) == plain
    assert [node["text"] for node in walk(made) if node.get("marks")] == ["now"] * 3


def test_code_with_an_empty_line_in_which_a_line_comes_stays_code() -> None:
    over = doc(paragraph("do"), code("a = 1\n\n  b = 2", "python"), paragraph("end"))
    plain = to_plain(over)
    made = relay(over, from_plain(plain), from_plain(plain.replace("  b", "c = 3\n\n  b")))
    assert made["content"][1] == code("a = 1\n\nc = 3\n\n  b = 2", "python")


def test_items_and_blocks_come_and_go() -> None:
    lines = to_plain(RICH)
    for old, new in (
        ("- second\n", "- between\n- second\n"),
        ("- first thing\n", ""),
        ("Do not", "Mind!\n\nDo not"),
        ("> said\n\n", ""),
        ("key | value\nk |", "key | value\nkk |"),
    ):
        made = relay(RICH, FLAT, from_plain(lines.replace(old, new)))
        assert to_plain(made).split() == lines.replace(old, new).split()
        kinds = [block["type"] for block in made["content"]]
        assert {"heading", "list", "table", "code"} <= set(kinds), (old, new)


def test_a_block_that_is_moved_keeps_its_look() -> None:
    plain = to_plain(RICH)
    moved = "> said\n\n" + plain.replace("> said\n\n", "")
    assert relay(RICH, FLAT, from_plain(moved))["content"][0] == RICH["content"][5]


def test_a_mark_that_was_seen_and_taken_away_is_gone() -> None:
    shown = doc(paragraph("Do ", text("not", "strong")), paragraph("H2O"))
    over = doc(paragraph("Do ", text("not", "strong")), paragraph("H", text("2", "sub"), "O"))
    assert relay(over, shown, doc(paragraph("Do not"), paragraph("H2O"))) == doc(
        paragraph("Do not"), paragraph("H", text("2", "sub"), "O")
    )


def test_tabs_of_code_stay_where_bare_text_has_spaces() -> None:
    over = doc(code("\tone\n\n\t\ttwo\nthree"))
    flat = from_plain(to_plain(over))
    assert relay(over, flat, with_other(flat, "three", "3")) == doc(code("\tone\n\n\t\ttwo\n3"))


def test_a_note_stands_for_a_file() -> None:
    over = doc(paragraph("See ", media(None, "a.png"), text("now", "em")))
    assert "media" not in repr(relay(over, from_plain("See [file: a.png]now"), from_plain("Look [file: a.png]now")))


def _edited(document: Doc, number: int) -> Doc:
    new = copy.deepcopy(document)
    runs: list[Node] = [node for node in walk(new) if node["type"] == "text"]
    if runs:
        runs[number % len(runs)]["text"] += "zz"
    return normalise(doc(*new["content"], paragraph("added")))


@pytest.mark.parametrize("markup", MARKUPS, ids=lambda markup: markup.name)
@given(written=documents(), number=st.integers(0, 20))
def test_every_word_is_as_it_was_changed_and_no_change_is_none(markup: Markup, written: Doc, number: int) -> None:
    over = normalise(written)
    shown = markup.parse(markup.render(over).native).doc
    changed = _edited(shown, number)
    assert to_plain(relay(over, shown, changed)).split() == to_plain(changed).split()
    assert to_plain(relay(over, shown, shown)).split() == to_plain(shown).split()
