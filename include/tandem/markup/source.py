# SPDX-License-Identifier: Apache-2.0
"""Markup whose source people read and edit: written as a person would, and escaped only where it must be.

A block is written in ways of growing caution, until one is read back as what was meant; the last of them holds the
words at least.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby, pairwise, product

from tandem.core.addresses import withhold
from tandem.core.doc import (
    SEEN,
    SHOW,
    SOMEBODY,
    Doc,
    Node,
    Parsed,
    Rendered,
    is_damaged,
    media_refs,
    mention,
    normalise,
    paragraph,
    text,
    walk,
)
from tandem.core.doc import doc as document
from tandem.core.plain import note, to_plain
from tandem.markup.fitted import fitted
from tandem.markup.html import is_inert, kept
from tandem.markup.keep import Piece, Slot, as_shown, blocks_of, over
from tandem.markup.reword import reworded

# What is escaped: nothing, how lines begin, every sign; the last writes the look of words as elements, too.
PLAIN, BEGINNINGS, ALL, ELEMENTS = range(4)
_ENDS = r"[^\s<>\"|]*[\w/]"
_BRACKETS = r"[^\s<>\"|()]+\([^\s<>\"|()]*\)"  # a bracket that the address itself opens ends it, too
ADDRESS = re.compile(rf"https?://(?:(?:{_BRACKETS})+(?:{_ENDS})?|{_ENDS})")
_SHELLS = {"text", "item", "row", "cell"}
_NONE: frozenset[str] = frozenset()
_FILE_NAME = re.compile(r"[\w.-]+\.(?:png|jpe?g|gif|bmp|webp|svg)", re.IGNORECASE)


@dataclass(slots=True)
class Dialect:
    """What differs between markups: how a block is written (the last number tells lists apart that stand one behind
    another), how a text is read and cut into its blocks, and how it shows a picture."""

    block: Callable[[Node, int, set[str], int], str]
    read: Callable[[str, frozenset[str]], Parsed]
    pieces: Callable[[str, frozenset[str]], list[Piece]]
    picture: re.Pattern[str]
    hosts: frozenset[str] = frozenset()
    called: Callable[[Node], str | None] = lambda _: None  # how a mention is written that calls somebody
    cautions: int = ALL + 1  # in how many ways it writes
    names: dict[str, str] = field(default_factory=dict)  # of those who are called: person → words
    lossy: set[str] = field(default_factory=set)
    known: dict[tuple[str, frozenset[str]], Doc] = field(default_factory=dict)  # what was read
    sources: dict[str, str] = field(default_factory=dict)  # pictures of the present text: reference → as it is written

    def render(self, doc: Doc, present: str) -> Rendered:
        """Write a document over a present text: each block of it that stays is left as it is written, and so is a
        picture."""
        self.names = {node["person"]: node["text"] for node in walk(doc) if self.called(node)}
        blocks = nameless(normalise(doc), self.names)["content"]
        if not present:
            return Rendered(self.written(map(Slot, blocks)), tuple(sorted(self.lossy)))
        before = self._refs(present)
        shown = [one[0] if is_inert(one[0]) else kept(one[0]) for one in self.picture.finditer(present)]
        self.sources = {ref: source for source in shown for ref in self._refs(source)}
        slots = over(self.pieces(present, self.hosts), blocks)
        wanted = document(*(block for slot in slots for block in blocks_of(slot)))
        native = self.written(slots, hasty=True)
        if as_shown(self._seen(native, self.hosts)) != withhold(autolinked(wanted), self.hosts):
            native = self.written(slots)
        if to_plain(self._seen(native, self.hosts)) != to_plain(withhold(wanted, self.hosts)):
            native = self.written(map(Slot, wanted["content"]))  # what was written stood on what is gone
        there = self._refs(native)
        return Rendered(native, tuple(sorted(self.lossy)), tuple(ref for ref in before if ref not in there))

    def written(self, slots: Iterable[Slot], *, hasty: bool = False) -> str:
        """Write a text step by step, each as plainly as it can be; ``hasty``: what stays is not read again."""
        parts: list[str] = []
        before: list[str] = []  # the last part that anybody sees
        for slot in slots:
            native = slot.piece.native if slot.piece and not slot.block else None
            if native is not None and slot.piece and not slot.piece.blocks:
                parts.append(native)
                continue
            if native is not None and (hasty or self._stands(before, native)):
                parts.append(native)
                before = [native]
                continue
            for block in blocks_of(slot):
                ways = chain(self._reworded(slot, before), self._ways(self._drawn(block), before))
                before = [next(ways)]
                parts += before
        return "\n\n".join(filter(None, parts))

    def _reworded(self, slot: Slot, before: list[str]) -> Iterator[str]:
        """Offer the present form of a block in which the words are changed."""
        if slot.block is None or slot.piece is None or slot.piece.native is None:
            return
        wanted = [*self._doc(before), seen(self._drawn(slot.block))]
        for caution in (PLAIN, ALL):
            for native in reworded(slot.piece.native, slot.piece.blocks, [slot.block], partial(self._words, caution)):
                if self._reads([*before, native], wanted):
                    yield native

    def _words(self, caution: int, words: str) -> str:
        return self.block(paragraph(words), caution, set(), 0)

    def _ways(self, block: Node, before: list[str]) -> Iterator[str]:
        """Offer the ways to write a block behind another that are read back as it, the plainest first."""
        earlier = self._doc(before)
        for wanted in self._forms(block):
            for caution, turn in product(range(self.cautions), (0, 1) if block["type"] == "list" else (0,)):
                lossy: set[str] = set()
                native = self.block(wanted, caution, lossy, turn)
                if self._reads([*before, native], [*earlier, seen(wanted)]):
                    self.lossy |= lossy | _lost(block, wanted)
                    yield native
        # Nothing else is read as this block: its words stay, line by line.
        self.lossy.add(block["type"])
        for line_by_line in (PLAIN, BEGINNINGS, ALL):
            native = self.block(flattened(block), line_by_line, set(), 0)
            if self._reads([*before, native], [*earlier, flattened(block)]):
                yield native
        yield self.block(flattened(block), ALL, set(), 0)

    def _forms(self, block: Node) -> Iterator[Node]:
        yield block
        yield fitted(block, self._can)
        yield without_marks(block)

    def _can(self, block: Node) -> bool:
        """Tell whether a block can be written by itself."""
        written = (self.block(block, caution, set(), 0) for caution in range(self.cautions))
        return any(self._reads([native], [seen(block)]) for native in written)

    def _reads(self, parts: Sequence[str], wanted: Sequence[Node]) -> bool:
        return self._seen("\n\n".join(parts), _NONE) == autolinked(document(*wanted))

    def _stands(self, before: list[str], native: str) -> bool:
        return self._reads([*before, native], [*self._doc(before), *self._doc([native])])

    def _doc(self, parts: Sequence[str]) -> list[Node]:
        """Read parts; each is asked for by the block behind it, too."""
        return list(self._seen("\n\n".join(parts), _NONE)["content"]) if parts else []

    def _seen(self, native: str, hosts: frozenset[str]) -> Doc:
        """Read what was written; who is called in it has no words, wherever it could hold some."""
        if (native, hosts) not in self.known:
            called = {SEEN + person.removeprefix(SHOW) for person in self.names}
            self.known[native, hosts] = nameless(self.read(native, hosts).doc, called)
        return self.known[native, hosts]

    def _refs(self, native: str) -> tuple[str, ...]:
        return media_refs(as_shown(self._seen(native, self.hosts)))

    def _drawn(self, block: Node) -> Node:
        """Give the pictures of the present text in a block as they are written there, and mentions as they are."""
        if source := self.called(block):
            return block | {"source": source, "text": self.names.get(block["person"], block["text"])}
        new = block | ({"source": self.sources[block["ref"]]} if block.get("ref") in self.sources else {})
        return {**new, "content": [self._drawn(part) for part in new["content"]]} if "content" in new else new


def cut(
    parts: Sequence[str], whole: str, read: Callable[[str], Parsed], stays: Callable[[str], bool] = is_inert
) -> list[Piece]:
    """Give the pieces that a text was cut into; where they read otherwise than the whole, one without a border.

    ``stays``: whether a part may be left as it is written; else it is written anew.
    """
    found = [(part, read(part).doc["content"]) for part in parts]
    shown = read(whole).doc["content"]
    if [block for _, blocks in found for block in blocks] != shown:
        return [Piece(None, (block,), bool(lossy_kinds(block, "media"))) for block in shown]
    return [
        Piece(part.strip("\n") if stays(part) else None, tuple(blocks), not blocks or any(map(_has_files, blocks)))
        for part, blocks in found
        if part.strip()
    ]


def _has_files(block: Node) -> bool:
    return bool(lossy_kinds(block, "media"))


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


def nameless(node: Node, persons: Collection[str]) -> Node:
    """Take their words from mentions of these: a source that calls by an id alone shows none."""
    if node["type"] == "mention" and node.get("person") in persons:
        return mention(SOMEBODY, node["person"])
    return {**node, "content": [nameless(part, persons) for part in node["content"]]} if "content" in node else node


def _linked(node: Node) -> list[Node]:
    parts, at = [], 0
    for found in ADDRESS.finditer(node["text"]):
        parts += [{**node, "text": node["text"][at : found.start()]}, text(found[0], *node["marks"], href=found[0])]
        at = found.end()
    return [part for part in [*parts, {**node, "text": node["text"][at:]}] if part["text"]]


def seen(node: Node) -> Node:
    """Say of a document that was written what a reader of it reports: names for what it cannot hold."""
    if node["type"] == "mention" and "source" in node:
        return mention(SOMEBODY, SEEN + node["person"].removeprefix(SHOW))
    if node["type"] == "mention":
        return text(node["text"])
    if node["type"] == "media" and "source" in node:
        return {"type": "media", "ref": SEEN + node["ref"].removeprefix(SHOW), "name": node.get("name", "")}
    if node["type"] == "media":
        name = picture(node)
        return {"type": "media", "ref": SEEN + name, "name": name} if name else text(note(node))
    return {**node, "content": [seen(part) for part in node["content"]]} if "content" in node else node


def picture(node: Node) -> str:
    """The name by which a text shows one of its ticket's pictures; empty if it cannot."""
    name = node.get("name", "") if node.get("ref", "").startswith(SHOW) else ""
    return name if _FILE_NAME.fullmatch(name) else ""


def led(nodes: Sequence[Node]) -> Iterator[tuple[str | None, str, list[Node], str]]:
    """Part inlines by where they lead: address, spaces before its words, the words without it, spaces behind them.

    Looks that meet within a word stay apart: readers do not agree on what signs there mean.
    """
    for href, run in groupby(nodes, key=lambda node: node.get("href")):
        words = list(run)
        alone = href is None or len(words) == 1
        if alone or not all(" " in (one["text"][-1], two["text"][0]) for one, two in pairwise(words)):
            yield from ((None, "", [node], "") for node in words)
            continue
        bare = [{key: value for key, value in node.items() if key != "href"} for node in words]
        first, last = bare[0], bare[-1]
        left, right = len(first["text"]) - len(first["text"].lstrip(" ")), len(last["text"].rstrip(" "))
        behind, first["text"], last["text"] = last["text"][right:], first["text"][left:], last["text"][:right]
        yield href, " " * left, bare, behind


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


def _lost(block: Node, wanted: Node) -> set[str]:
    """What of a block its simpler form does not have."""
    lost = _kinds(block) - _kinds(wanted)
    return {kind for kind in lost if kind not in _SHELLS}


def _kinds(block: Node) -> Counter[str]:
    nodes = list(walk(block))
    marks, links = sum(len(node.get("marks", ())) for node in nodes), sum("href" in node for node in nodes)
    return Counter(node["type"] for node in nodes) + Counter(mark=marks, link=links)


def lossy_kinds(block: Node, *kinds: str) -> set[str]:
    """Which of these kinds of nodes a block holds."""
    return {node["type"] for node in walk(block)} & set(kinds)
