# SPDX-License-Identifier: Apache-2.0
"""Edit a block of HTML where it stands: what the hub does not hold stays on the words, items and cells that do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import takewhile
from typing import Any

from bs4.element import NavigableString, Tag

from tandem.core.addresses import withhold
from tandem.core.doc import SEEN, SHOW, Node, calling, doc, mention, normalise, text, walk
from tandem.core.plain import reading_text
from tandem.markup.html_read import PLAIN_BLOCKS, HtmlReader, body_of, written
from tandem.markup.keep import Slot, as_shown, blocks_of, laid, matched, unnamed
from tandem.markup.reword import reworded

_BLOCKS = PLAIN_BLOCKS | {"ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_SECTIONS = ("thead", "tbody", "tfoot")


@dataclass(frozen=True, slots=True)
class Edits:
    """How edited blocks are written. ``write``: a block anew; ``said``: words."""

    write: Callable[[Node], str]
    said: Callable[[str], str]
    hosts: frozenset[str] = frozenset()

    def edited(self, native: str, before: Sequence[Node], block: Node) -> str | None:
        """Write a block over the present form of it; none where that has nothing to keep, or no place for it."""
        if native == "".join(map(self.write, before)):
            return None
        for wording in reworded(native, before, [block], self.said):
            if self._says(wording, [block]):
                return wording
        made = self._rebuilt(native, before, block)
        return made if made is not None and self._says(made, [block]) else None

    def _says(self, native: str, blocks: Sequence[Node]) -> bool:
        wanted = withhold(normalise(as_shown(doc(*blocks))), self.hosts)
        found = as_shown(HtmlReader(self.hosts).read(native).doc)
        if "'language'" not in repr(wanted):
            found = unnamed(found)
        called = {SEEN + account for node in _mentions(wanted) if (account := calling(node))}
        return _worded(found, called) == _worded(wanted, called)

    def _rebuilt(self, native: str, before: Sequence[Node], block: Node) -> str | None:
        """Write a block part by part, each in the element that held it."""
        body = body_of(native)
        shells = [body, *_shells(body)] if body else []
        if len(before) != 1 or before[0]["type"] != block["type"] or len(shells) < 2:
            return None
        made = self._part(shells[-1], before[0], block)
        for shell in reversed(shells[1:-1]):
            made = made and _wrapped(shell, made)
        return made

    def _part(self, element: Tag, before: Node, block: Node) -> str | None:
        match block["type"], element.name:
            case "list", "ul" | "ol":
                return self._list(element, before, block)
            case "table", "table":
                return self._table(element, before, block)
            case "quote", "blockquote":
                return _wrapped(element, self._inner(element, block["content"]))
            case "code", "pre":
                code = element.find("code")
                shown = "\n" + escape(block["text"], quote=False)
                return _wrapped(element, _wrapped(code, shown) if isinstance(code, Tag) else shown)
            case ("paragraph", _) | ("heading", "h1" | "h2" | "h3" | "h4" | "h5" | "h6"):
                return self._line(element, block)
        return None

    def _list(self, element: Tag, before: Node, block: Node) -> str | None:
        present = [child for child in element.children if isinstance(child, Tag)]
        if [child.name for child in present] != ["li"] * len(before["content"]):
            return None
        items = []
        for item, place in _paired(before["content"], block["content"]):
            if place is None:
                items.append(_within(self.write({**block, "content": [item]})))
            elif item == before["content"][place]:
                items.append(written(present[place]))
            else:
                items.append(_wrapped(present[place], self._inner(present[place], item["content"])))
        return _wrapped(element, "".join(items), start=block.get("start"))

    def _table(self, element: Tag, before: Node, block: Node) -> str | None:
        sections = [child for child in element.children if isinstance(child, Tag)]
        rows = [row for part in sections if part.name in _SECTIONS for row in part.find_all("tr", recursive=False)]
        if len(rows) != len(before["content"]):
            return None
        made: dict[int, list[str]] = {id(part): [] for part in sections}
        into = rows[0].parent
        for row, place in _paired(before["content"], block["content"]):
            into = rows[place].parent if place is not None else into
            made[id(into)].append(self._row(rows, before, row, place))
        parts = [
            _wrapped(part, "".join(made[id(part)])) if part.name in _SECTIONS else written(part) for part in sections
        ]
        return _wrapped(element, "".join(parts))

    def _row(self, rows: Sequence[Tag], before: Node, row: Node, place: int | None) -> str:
        old = before["content"][place]["content"] if place is not None else []
        cells = rows[place].find_all(["td", "th"], recursive=False) if place is not None else []
        if place is None or not len(old) == len(cells) == len(row["content"]):
            return _within(_within(self.write({"type": "table", "content": [row]})))
        if row == before["content"][place]:
            return written(rows[place])
        made = []
        for element, cell in zip(cells, row["content"], strict=True):
            spans = {key: cell.get(key) for key in ("colspan", "rowspan")}
            name = "th" if cell.get("header") else "td"
            made.append(_wrapped(element, self._inner(element, cell["content"]), name=name, **spans))
        return _wrapped(rows[place], "".join(made))

    def _inner(self, element: Tag, blocks: Sequence[Node]) -> str:
        """Write what stands in an item, cell or quote over what stood there."""
        made: list[str] = []
        for slot in laid(HtmlReader(self.hosts).pieces_of(element), blocks):
            part = self._slot(slot)
            tight = not made and element.name != "blockquote" and part.startswith(("<div>", "<p>"))
            made.append(_within(part) if tight else part)
        return "".join(made)

    def _slot(self, slot: Slot) -> str:
        native = str(slot.piece.native) if slot.piece and slot.piece.native is not None else None
        if slot.block is None or slot.piece is None or native is None:
            return native if slot.block is None and native is not None else "".join(map(self.write, blocks_of(slot)))
        return self.edited(native, slot.piece.blocks, slot.block) or self.write(slot.block)

    def _line(self, element: Tag, block: Node) -> str | None:
        """Write a line anew, with the colours of words that stand in it once."""
        new = body_of(self.write(block))
        line = next(new.children, None) if new else None
        if not isinstance(line, Tag):
            return None
        for words in element.find_all(string=True):
            around = takewhile(lambda one: one is not element, words.parents)
            looks = [one for one in around if one.name in ("span", "font") and one.attrs]
            if looks and words.strip():
                _colour(line, words.strip(), looks)
        name = element.name if element.name in PLAIN_BLOCKS else line.name
        return _wrapped(element, "".join(map(written, line.children)), name=name)


def _colour(line: Tag, words: str, looks: Sequence[Tag]) -> None:
    """Give words of a line the looks that they had, the innermost first."""
    wanted = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")
    found = [(run, one) for run in line.find_all(string=True) for one in wanted.finditer(str(run))]
    if len(found) != 1:
        return
    ((run, one),) = found
    inner: Any = NavigableString(words)
    for look in looks:
        shell = Tag(name=look.name, attrs=dict(look.attrs))
        shell.append(inner)
        inner = shell
    run.replace_with(NavigableString(run[: one.start()]), inner, NavigableString(run[one.end() :]))


def _shells(body: Tag) -> Iterator[Tag]:
    """What stands around a block, the outermost first, and last the element that is the block."""
    inner = [child for child in body.children if isinstance(child, Tag) or str(child).strip()]
    while len(inner) == 1 and isinstance(inner[0], Tag):
        yield (only := inner[0])
        inner = [child for child in only.children if isinstance(child, Tag) or str(child).strip()]
        if only.name not in PLAIN_BLOCKS or not inner or getattr(inner[0], "name", None) not in _BLOCKS:
            return


def _wrapped(element: Tag, inner: str, *, name: str = "", **attributes: Any) -> str:
    """Write an element with other contents."""
    told = {**element.attrs, **{key: str(value) for key, value in attributes.items() if value is not None}}
    kept = {key: value for key, value in told.items() if attributes.get(key, "") is not None}
    end = f"</{name or element.name}>"
    return written(Tag(name=name or element.name, attrs=kept)).removesuffix(end) + inner + end


def _within(element: str) -> str:
    """What stands in the one element of a text."""
    return element[element.index(">") + 1 : element.rindex("<")]


def _paired(old: Sequence[Node], new: Sequence[Node]) -> Iterator[tuple[Node, int | None]]:
    """Pair parts with those that they were: one by one if their number is unchanged, else by what they say."""
    if len(old) == len(new):
        yield from zip(new, range(len(old)), strict=True)
        return
    yield from ((new[at], place) for at, place in matched(list(map(reading_text, old)), list(map(reading_text, new))))


def _mentions(document: Node) -> Iterator[Node]:
    return (node for node in walk(document) if node["type"] == "mention")


def _worded(document: Node, called: set[str]) -> Node:
    """A document in which those are mentions who are called, and others mere words."""

    def one(node: Node) -> Node:
        if node["type"] == "mention":
            person = SEEN + str(node.get("person", "")).removeprefix(SHOW).removeprefix(SEEN)
            return mention(node["text"], person) if person in called else text(node["text"])
        return {**node, "content": [one(part) for part in node["content"]]} if "content" in node else node

    return normalise(one(document))
