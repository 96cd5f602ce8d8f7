# SPDX-License-Identifier: Apache-2.0
"""Texts as editors write them, through every other format and back; and an edit there changes nothing but its own."""

from __future__ import annotations

from typing import Any

import pytest

from markup import natives
from markup.test_markup_corpus import FORMATS, journey, seen
from tandem.core import doc as hub
from tandem.markup.relay import relay

TEXTS = [
    (home, name, native)
    for home, texts in {
        "adf": natives.ADF,
        "html": natives.HTML,
        "azure_markdown": natives.MARKDOWN,
        "common_mark": natives.MARKDOWN,
        "textile": natives.TEXTILE,
        "journal": natives.JOURNAL,
    }.items()
    for name, native in texts.items()
]


@pytest.mark.parametrize("away", FORMATS)
@pytest.mark.parametrize(("home", "name", "native"), TEXTS, ids=[f"{home}-{name}" for home, name, _ in TEXTS])
def test_a_text_of_a_tracker_goes_out_and_comes_home(home: str, name: str, native: Any, away: str) -> None:
    journey(FORMATS[home], FORMATS[away], native)


WRITTEN_OVER = [text for text in TEXTS if text[0] != "journal"]  # a journal only grows


@pytest.mark.parametrize("away", FORMATS)
@pytest.mark.parametrize(
    ("home", "name", "native"), WRITTEN_OVER, ids=[f"{home}-{name}" for home, name, _ in WRITTEN_OVER]
)
def test_what_is_added_elsewhere_is_added_at_home(home: str, name: str, native: Any, away: str) -> None:
    here, there = FORMATS[home], FORMATS[away]
    shown = seen(here.parse(native).doc)
    arrived = there.parse(there.render(shown).native).doc
    added = hub.normalise(hub.doc(hub.paragraph("added there"), hub.paragraph("in two parts")))["content"]
    for edited in (hub.doc(*arrived["content"], *added), hub.doc(*added, *arrived["content"])):
        rendered = here.render(seen(relay(shown, arrived, edited)), native)
        assert rendered.dropped_media == ()
        blocks = seen(here.parse(rendered.native).doc)["content"]
        assert blocks in ([*shown["content"], *added], [*added, *shown["content"]])
