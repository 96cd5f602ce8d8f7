# SPDX-License-Identifier: Apache-2.0
"""Long texts take no longer than their length asks for. Each of these took minutes when time grew with its square."""

from __future__ import annotations

from time import process_time

from tandem.core import doc as hub
from tandem.markup import Plain

PATIENCE = 20.0
"""Seconds of the processor; on a slow machine each text takes a tenth of them."""


def test_a_plain_text_of_lines_that_recur_is_laid_over_the_present_one() -> None:
    def log(every: int) -> str:
        return "".join(f"line {number % every}\n" for number in range(4000))

    present, begun = f"head\n{log(7)}", process_time()
    Plain().render(hub.doc(hub.paragraph(log(5), "end")), present)
    assert process_time() - begun < PATIENCE
