# SPDX-License-Identifier: Apache-2.0
"""Plain text, for fields that hold no markup."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from tandem.core.addresses import withhold, withhold_text
from tandem.core.doc import Doc, Parsed, Rendered, doc, is_damaged, normalise, walk
from tandem.core.plain import from_plain, to_plain
from tandem.core.values import Json, length
from tandem.markup.keep import partners

_ENDS = re.compile(r"(\r?\n(?:[ \t\xa0]*\r?\n)*)")


@dataclass(frozen=True, slots=True)
class Plain:
    """The codec of plain text; addresses of ``hosts``, the tracker's own, are not read."""

    hosts: frozenset[str] = frozenset()
    utf16: bool = False
    name: Literal["plain"] = "plain"

    def parse(self, native: Json) -> Parsed:
        """Read text; anything else that is not empty is read as its written form."""
        if native is None:
            return Parsed(doc())
        value = native if isinstance(native, str) else str(native)
        whole = from_plain(value)
        found = withhold(whole, self.hosts)
        lossy = {"address": found != whole, "unicode": is_damaged(value)}
        return Parsed(found, tuple(kind for kind, happened in lossy.items() if happened))

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write text in reading order; a line of the present text that reads the same stays as it is written."""
        hub = normalise(doc)
        flattened = {node["type"] for node in walk(hub)} - {"doc", "paragraph", "text", "break"}
        flattened |= {mark for node in walk(hub) for mark in node.get("marks", ())}
        flattened |= {"link" for node in walk(hub) if "href" in node}
        new = to_plain(hub)
        native = self._over(present, new) if isinstance(present, str) and present else new
        return Rendered(native, tuple(sorted(flattened)))

    def length(self, native: Json) -> int:
        """Count code points, or UTF-16 units where the field's tracker does."""
        return length(native, self.utf16) if isinstance(native, str) else 0

    def _over(self, present: str, new: str) -> str:
        """Write a text over the present one: with its ends of lines, and as it is where its lines read as new ones."""
        end = "\r\n" if "\r\n" in present else "\n"
        (old, old_ends), (lines, ends) = _lines(present), _lines(new)
        ends = [end * one.count("\n") for one in ends]
        partner = partners(list(map(self._read, old)), lines)
        for was, at in partner.items():
            lines[at] = old[was]
            if partner.get(was + 1) == at + 1 and _parts(old_ends[was]) == _parts(ends[at]):
                ends[at] = old_ends[was]
        written = "".join(part for pair in zip_longest(lines, ends, fillvalue="") for part in pair)
        return written if self._read(written) == self._read(new) else new

    def _read(self, value: str) -> str:
        """What a text, or one line of it, is read as."""
        return withhold_text(to_plain(from_plain(value)), self.hosts)


def _lines(value: str) -> tuple[list[str], list[str]]:
    """The lines of a text that are not empty, and what ends each but the last."""
    parts = _ENDS.split(value)
    return parts[::2], parts[1::2]


def _parts(end: str) -> bool:
    """Tell whether the end of a line ends its paragraph, too."""
    return end.count("\n") > 1
