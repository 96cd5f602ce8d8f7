# SPDX-License-Identifier: Apache-2.0
"""The two forms of a long text: HTML, and Markdown where somebody chose it. Each text is read as what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tandem.core.doc import Doc, Markup, Parsed, Rendered
from tandem.core.values import Json
from tandem.markup import CommonMark, Html

# What the tracker makes a link of, or tells somebody about.
_SIGNS = re.compile(r"[^\w\s.,;:?\"'%/=]|\n|^\s|^\d")
ACTS: tuple[str, ...] = (r"#\d", r"AB#\d", r"!\d", r"(?<!\w)@[\w<]")


def in_elements(text: str) -> bool:
    """Tell whether a text is HTML for all to see, or none at all."""
    return not text or (text.startswith("<") and text.endswith(">"))


def unclear(text: str) -> bool:
    """Tell whether a text would be read otherwise as Markdown than as HTML."""
    if in_elements(text) or not _SIGNS.search(text):
        return False
    return Html().parse(text).doc != CommonMark(azure=True).parse(text).doc


@dataclass(frozen=True, slots=True)
class Texts:
    """The codec of Azure DevOps: a text is HTML, an object ``{"markdown": …}`` is Markdown."""

    html: Markup
    common_mark: Markup
    writes: str = "html"  # how new texts are written: "html" or "markdown"

    @property
    def name(self) -> str:
        return self.writes

    @property
    def hosts(self) -> frozenset[str]:
        return self.html.hosts

    def parse(self, native: Json) -> Parsed:
        """Read a text in the form that it has."""
        return self.common_mark.parse(native["markdown"]) if isinstance(native, dict) else self.html.parse(native)

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write a text in the form of the present one; a new one as the contract says.

        The form is kept, for a person chose it, and what is kept of the present text is written in it.
        """
        if present is None:
            return self._as(self.writes == "markdown", doc, None)
        return self._as(isinstance(present, dict), doc, present)

    def _as(self, markdown: bool, doc: Doc, present: Any) -> Rendered:
        if not markdown:
            return self.html.render(doc, present)
        made = self.common_mark.render(doc, present["markdown"] if present else None)
        return Rendered({"markdown": made.native}, made.lossy, made.dropped_media)

    def length(self, native: Json) -> int:
        """Count characters."""
        text = native.get("markdown") if isinstance(native, dict) else native
        return len(text) if isinstance(text, str) else 0
