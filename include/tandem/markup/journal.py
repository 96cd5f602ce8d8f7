# SPDX-License-Identifier: Apache-2.0
"""Entries of ServiceNow's journals: plain text, in which ``[code]…[/code]`` holds HTML.

Plain text is written as it is. What it cannot hold (a list, a link, bold words) goes as HTML within one pair of tags.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from tandem.core.doc import Doc, Parsed, Rendered, is_damaged, normalise
from tandem.core.plain import from_plain, to_plain
from tandem.core.values import Json
from tandem.markup.html import Html
from tandem.markup.plain import Plain

_CODE = re.compile(r"\[code\](.*?)(?:\[/code\]|\Z)", re.IGNORECASE | re.DOTALL)
# Its own tags, and a person called by @[…].
SERVICENOW: tuple[str, ...] = (r"\[/?[Cc][Oo][Dd][Ee]\]", r"(?<!\w)@\[")


@dataclass(frozen=True, slots=True)
class Journal:
    """The codec of journal entries; addresses of ``hosts``, the tracker's own, are not read."""

    hosts: frozenset[str] = frozenset()
    name: Literal["journal"] = "journal"
    _html: Html = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_html", Html(SERVICENOW, self.hosts))

    def parse(self, native: Json) -> Parsed:
        """Read an entry; a tag that is not closed goes to its end."""
        text = native if isinstance(native, str) else "" if native is None else str(native)
        if not _CODE.search(text):
            return Plain(self.hosts).parse(text)
        found = self._html.parse(_as_html(text))
        damaged = is_damaged(text) and "unicode" not in found.lossy
        return Parsed(found.doc, (*found.lossy, "unicode") if damaged else found.lossy, found.keeps, found.files)

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write an entry. Journals only grow: there is never a present one to keep anything of."""
        hub = normalise(doc)
        plain = to_plain(hub)
        if from_plain(plain) == hub and not any(re.search(pattern, plain) for pattern in SERVICENOW):
            return Rendered(plain)
        rendered = self._html.render(hub)
        return Rendered(f"[code]{rendered.native}[/code]", rendered.lossy)

    def length(self, native: Json) -> int:
        """Count characters."""
        return len(native) if isinstance(native, str) else 0


def _as_html(text: str) -> str:
    """An entry as one piece of HTML: what stands outside the tags is text, whose spaces and lines are kept."""
    made, end = "", 0
    for code in _CODE.finditer(text):
        made += _text(text[end : code.start()]) + code[1]
        end = code.end()
    return f"<p>{made}{_text(text[end:])}</p>"


def _text(plain: str) -> str:
    lines = escape(plain.replace("\r\n", "\n"), quote=False).replace(" ", "\xa0")
    return re.sub(r"\n(?:[ \t\xa0]*\n)+", "</p><p>", lines).replace("\n", "<br>")
