# SPDX-License-Identifier: Apache-2.0
"""Long texts take no longer than their length asks for. Each of these took minutes when time grew with its square."""

from __future__ import annotations

from time import process_time

import pytest

from tandem.core import doc as hub
from tandem.markup import CommonMark, Html, Plain, Textile

PATIENCE = 20.0
"""Seconds of the processor; on a slow machine each text takes a tenth of them."""


def test_a_plain_text_of_lines_that_recur_is_laid_over_the_present_one() -> None:
    def log(every: int) -> str:
        return "".join(f"line {number % every}\n" for number in range(4000))

    present, begun = f"head\n{log(7)}", process_time()
    Plain().render(hub.doc(hub.paragraph(log(5), "end")), present)
    assert process_time() - begun < PATIENCE


def test_a_paragraph_of_words_that_recur_is_known_in_its_edited_form() -> None:
    old, new = (" ".join(f"w{number % every}" for number in range(6000)) for every in (10, 9))
    begun = process_time()
    assert Html().render(hub.doc(hub.paragraph(new)), f"<p>{old}</p>").native == f"<p>{new}</p>"
    assert process_time() - begun < PATIENCE


def test_what_references_stand_for_is_kept_in_one_go() -> None:
    told = "\n".join(f"[r{number}]: https://e.example/{number}" for number in range(12_000))
    present, begun = f"see [r1] and [r2]\n\n{told}", process_time()
    rendered = CommonMark().render(
        hub.doc(*CommonMark().parse(present).doc["content"], hub.paragraph("added")), present
    )
    assert rendered.native == f"{present}\n\nadded"
    assert process_time() - begun < PATIENCE


@pytest.mark.parametrize(
    "line", ["(" * 40, "p" + "(" * 30_000, "@a " * 40_000, "*a " * 20_000, "__a " * 20_000, ">" * 30_000]
)
def test_signs_that_nothing_ends_are_words(line: str) -> None:
    """The first had no end at all."""
    begun = process_time()
    Textile().parse(f"before\n\n{line}")
    assert process_time() - begun < PATIENCE


def test_one_edited_paragraph_of_many_costs_no_more_than_to_write_them() -> None:
    """What stays is not read again piece by piece: that took twice as long as to write all anew."""
    many = [hub.paragraph(f"Paragraph {number} of ", hub.text("many", "strong")) for number in range(600)]
    begun = process_time()
    present = CommonMark(azure=True).render(hub.doc(*many)).native
    written = process_time()
    many[300] = hub.paragraph("Another paragraph, 300 of ", hub.text("many", "strong"))
    native = CommonMark(azure=True).render(hub.doc(*many), present).native
    assert native == str(present).replace("Paragraph 300 of", "Another paragraph, 300 of")
    assert process_time() - written < 1.7 * (written - begun)
