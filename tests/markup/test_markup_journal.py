# SPDX-License-Identifier: Apache-2.0
"""Entries of ServiceNow's journals, as people write them and as they are written."""

import pytest

from tandem.core.doc import code, doc, heading, items, normalise, paragraph, text
from tandem.core.plain import to_plain
from tandem.markup import Journal

JOURNAL = Journal(frozenset({"here.service-now.com"}))


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ("plain", doc(paragraph("plain"))),
        ("two\r\nlines", doc(paragraph("two", {"type": "break"}, "lines"))),
        ("see [code]<b>this</b>[/code] now", doc(paragraph("see ", text("this", "strong"), " now"))),
        ("[code]<ul><li>a</li></ul>[/code]", normalise(doc(items([paragraph("a")])))),
        ("a\n\n[code]<h2>b</h2>[/code]", doc(paragraph("a"), heading(2, "b"))),
        ("x < y  &amp; z [code]<i>!</i>[/code]", doc(paragraph("x < y  &amp; z ", text("!", "em")))),
        ("[code]<p>left open", doc(paragraph("left open"))),
        (None, doc()),
    ],
)
def test_what_people_write_is_read(entry: str | None, wanted: object) -> None:
    assert JOURNAL.parse(entry).doc == wanted


def test_plain_text_goes_plain_and_the_rest_as_html_within_tags() -> None:
    assert JOURNAL.render(doc(paragraph("a"), paragraph("b < c"))).native == "a\n\nb < c"
    assert (
        JOURNAL.render(doc(paragraph("a ", text("b", "strong")))).native == "[code]<p>a <strong>b</strong></p>[/code]"
    )
    assert JOURNAL.render(doc(code("x"))).native == "[code]<pre><code>\nx</code></pre>[/code]"


def test_its_own_tags_in_a_text_are_text() -> None:
    line = "write [code]<b>bold</b>[/code] for bold, and ask @[Beth]"
    native = JOURNAL.render(doc(paragraph(line))).native
    assert str(native).count("[/code]") == 1
    assert "@[" not in str(native)
    assert to_plain(JOURNAL.parse(native).doc) == line


def test_addresses_of_the_instance_are_not_read() -> None:
    entry = "[code]<a href='https://here.service-now.com/incident.do?sys_id=1'>it</a>[/code]"
    assert "service-now.com" not in repr(JOURNAL.parse(entry).doc)
