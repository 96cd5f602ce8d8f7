# SPDX-License-Identifier: Apache-2.0
"""Markup whose source people read and edit: written as a person would, and escaped only where it must be.

A block is written in ways of growing caution, until one is read back as what was meant; the last of them holds the
words at least.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tandem.core.addresses import withhold
from tandem.core.doc import (
    SEEN,
    SHOW,
    Doc,
    Node,
    Parsed,
    Rendered,
    is_damaged,
    media_refs,
    normalise,
    paragraph,
    text,
    walk,
)
from tandem.core.doc import doc as document
from tandem.core.plain import note, to_plain
from tandem.markup.keep import as_shown, over

PLAIN, BEGINNINGS, ALL = range(3)  # what is escaped: nothing, how lines begin, every sign
ADDRESS = re.compile(r"https?://[^\s<>\"|]*[\w/]")
_FILE_NAME = re.compile(r"[\w.-]+\.(?:png|jpe?g|gif|bmp|webp|svg)", re.IGNORECASE)


@dataclass(slots=True)
class Dialect:
    """What differs between markups: how a block is written and how a text is read."""

    block: Callable[[Node, int, set[str]], str]
    read: Callable[[str], Parsed]
    lossy: set[str] = field(default_factory=set)

    def render(self, doc: Doc, present: str) -> Rendered:
        """Write a document over a present text; its pictures stay, at their place or at the end."""
        blocks = normalise(doc)["content"]
        kept: tuple[str, ...] = ()
        if present:
            shown = as_shown(self.read(present).doc)
            kept = media_refs(shown)
            blocks = over(shown["content"], blocks)
        native = self.written(blocks)
        there = media_refs(as_shown(self.read(native).doc)) if kept else ()
        return Rendered(native, tuple(sorted(self.lossy)), tuple(ref for ref in kept if ref not in there))

    def written(self, blocks: Sequence[Node]) -> str:
        """Write blocks, each as plainly as it can be."""
        parts: list[str] = []
        for block in blocks:
            before = parts[-1:]
            parts.append(next(self._ways(block, before)))
        return "\n\n".join(parts)

    def _ways(self, block: Node, before: list[str]) -> Iterator[str]:
        """Offer the ways to write a block behind another that are read back as it, the plainest first."""
        earlier = self.read("\n\n".join(before)).doc["content"] if before else []
        for wanted in (block, without_marks(block)):
            for caution in (PLAIN, BEGINNINGS, ALL):
                lossy: set[str] = set()
                native = self.block(wanted, caution, lossy)
                if self._reads([*before, native], earlier, wanted):
                    self.lossy |= lossy | ({"mark"} if wanted is not block else set())
                    yield native
        # Nothing else is read as this block: its words stay, line by line.
        self.lossy.add(block["type"])
        for line_by_line in (PLAIN, BEGINNINGS, ALL):
            native = self.block(flattened(block), line_by_line, set())
            if self._reads([*before, native], earlier, flattened(block)):
                yield native
        yield self.block(flattened(block), ALL, set())

    def _reads(self, parts: Sequence[str], earlier: Sequence[Node], wanted: Node) -> bool:
        return self.read("\n\n".join(parts)).doc == autolinked(document(*earlier, seen(wanted)))


def finished(parsed: Parsed, native: object, hosts: frozenset[str]) -> Parsed:
    """Make links of bare addresses in what was read, and take out the tracker's own."""
    whole = autolinked(parsed.doc)
    found = withhold(whole, hosts)
    lossy = {*parsed.lossy, *({"address"} if found != whole else ()), *({"unicode"} if is_damaged(str(native)) else ())}
    return Parsed(found, tuple(sorted(lossy)), parsed.keeps)


def autolinked(doc: Doc) -> Doc:
    """Make links of bare addresses, as these trackers do."""
    return normalise(_node(doc))


def _node(node: Node) -> Node:
    if "content" not in node:
        return node
    parts: list[Node] = []
    for part in node["content"]:
        plain = part["type"] == "text" and "href" not in part and "code" not in part.get("marks", ())
        parts += _linked(part) if plain else [_node(part)]
    return {**node, "content": parts}


def _linked(node: Node) -> list[Node]:
    parts, at = [], 0
    for found in ADDRESS.finditer(node["text"]):
        parts += [{**node, "text": node["text"][at : found.start()]}, text(found[0], *node["marks"], href=found[0])]
        at = found.end()
    return [part for part in [*parts, {**node, "text": node["text"][at:]}] if part["text"]]


def seen(node: Node) -> Node:
    """Say of a document that was written what a reader of it reports: names for what it cannot hold."""
    if node["type"] == "mention":
        return text(node["text"])
    if node["type"] == "media":
        name = picture(node)
        return {"type": "media", "ref": SEEN + name, "name": name} if name else text(note(node))
    return {**node, "content": [seen(part) for part in node["content"]]} if "content" in node else node


def picture(node: Node) -> str:
    """The name by which a text shows one of its ticket's pictures; empty if it cannot."""
    name = node.get("name", "") if node.get("ref", "").startswith(SHOW) else ""
    return name if _FILE_NAME.fullmatch(name) else ""


def without_marks(node: Node) -> Node:
    """Take the look of words away, and leave the words, links and blocks."""
    if node["type"] == "text":
        return {**node, "marks": []}
    return {**node, "content": [without_marks(part) for part in node["content"]]} if "content" in node else node


def flattened(block: Node) -> Node:
    """Give a block's words in reading order, a line each."""
    lines = [line for line in to_plain(document(block)).split("\n") if line.strip()]
    runs: list[Node] = []
    for line in lines:
        runs += [{"type": "break"}] if runs else []
        runs.append(text(line))
    return normalise(document(paragraph(*runs)))["content"][0] if runs else paragraph()


def lossy_kinds(block: Node, *kinds: str) -> set[str]:
    """Which of these kinds of nodes a block holds."""
    return {node["type"] for node in walk(block)} & set(kinds)
