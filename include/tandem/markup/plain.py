# SPDX-License-Identifier: Apache-2.0
"""Plain text, for fields that hold no markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tandem.core.addresses import withhold
from tandem.core.doc import Doc, Parsed, Rendered, doc, is_damaged, normalise, walk
from tandem.core.plain import from_plain, to_plain
from tandem.core.values import Json, length


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
        """Write text in reading order; plain text holds nothing that could be lost with ``present``."""
        hub = normalise(doc)
        flattened = {node["type"] for node in walk(hub)} - {"doc", "paragraph", "text", "break"}
        flattened |= {mark for node in walk(hub) for mark in node.get("marks", ())}
        flattened |= {"link" for node in walk(hub) if "href" in node}
        return Rendered(to_plain(hub), tuple(sorted(flattened)))

    def length(self, native: Json) -> int:
        """Count code points, or UTF-16 units where the field's tracker does."""
        return length(native, self.utf16) if isinstance(native, str) else 0
