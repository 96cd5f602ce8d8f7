# SPDX-License-Identifier: Apache-2.0
"""Read Atlassian Document Format into the hub; whatever a node is, its text arrives in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tandem.core.addresses import withhold
from tandem.core.doc import (
    BREAK,
    SEEN,
    SOMEBODY,
    Doc,
    Node,
    Parsed,
    is_damaged,
    media,
    mention,
    normalise,
    safe_href,
    text,
    with_mentions,
)
from tandem.core.plain import from_plain
from tandem.core.values import Json

_WIKI_MENTION = re.compile(r"\[~accountid:([^\]\s|]{1,128})\]")  # as REST v2 and old apps write it
_DEPTH = 60  # deeper nesting than any editor makes is read as bare text
_EXACT = {"doc", "paragraph", "heading", "bulletList", "orderedList", "listItem", "codeBlock", "blockquote", "rule"}
_EXACT |= {"table", "tableRow", "tableHeader", "tableCell", "text", "hardBreak"}
_MEDIA = {"media", "mediaInline"}
_WORDED = {"emoji", "date", "status", "inlineCard", "blockCard", "embedCard", "placeholder", "taskList", "taskItem"}
_WORDED |= {"decisionList", "decisionItem", "mediaSingle", "mediaGroup", "caption", "layoutSection", "layoutColumn"}
INLINE = {"text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "placeholder", "mediaInline"}
INLINE |= {"inlineExtension"}
_CARDS = {"inlineCard", "blockCard", "embedCard"}
_LISTS = {"bulletList", "orderedList", "taskList", "decisionList"}
_MARKS = {"strong", "em", "code", "strike", "underline"}


def kind_of(node: Any) -> str:
    """Return a node's type, or nothing if it is not a node."""
    return node["type"] if isinstance(node, dict) and isinstance(node.get("type"), str) else ""


def attrs_of(node: Any) -> dict[str, Any]:
    """Return a node's attributes."""
    attrs = node.get("attrs") if isinstance(node, dict) else None
    return attrs if isinstance(attrs, dict) else {}


def children_of(node: Any) -> list[Any]:
    """Return a node's content."""
    content = node.get("content") if isinstance(node, dict) else None
    return [child for child in content if isinstance(child, dict)] if isinstance(content, list) else []


def native_nodes(native: Any) -> Iterator[Node]:
    """Yield every node of a document in reading order."""
    stack = [native]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(reversed(children_of(node)))


def media_id(node: Any) -> str:
    """Return what names a media node's file: the Media Services UUID (no attachment id), or an outside address."""
    return str(attrs_of(node).get("id") or attrs_of(node).get("url") or "") if kind_of(node) in _MEDIA else ""


def stays(node: Any) -> bool:
    """Tell whether a node must outlive any edit: the hub holds neither it nor all that it says."""
    return kind_of(node) not in _EXACT | _WORDED


def words_of(node: Any) -> str:
    """Return the text that an inline node or a macro shows by its attributes."""
    attrs, kind = attrs_of(node), kind_of(node)
    if kind == "date":
        stamp = str(attrs.get("timestamp", ""))
        if re.fullmatch(r"-?\d{1,14}", stamp) and abs(int(stamp)) < 253_000_000_000_000:
            return datetime.fromtimestamp(int(stamp) / 1000, UTC).date().isoformat()
        return stamp
    data = attrs.get("data")
    found = [node.get("text"), attrs.get("title"), attrs.get("text"), attrs.get("shortName"), attrs.get("url")]
    found += [data.get("name"), data.get("url")] if isinstance(data, dict) else []
    return next((value for value in found if isinstance(value, str) and value), "")


@dataclass(slots=True)
class AdfReader:
    """One reading: the tree is returned, what was flattened is collected on the way."""

    hosts: frozenset[str] = frozenset()  # the tracker's own, whose addresses the hub does not hold
    lossy: set[str] = field(default_factory=set)
    keeps: list[Json] = field(default_factory=list)

    def read(self, native: Json) -> Parsed:
        """Read a whole value: none, a document, or wiki text from REST v2 (as plain text)."""
        if isinstance(native, str):
            self.lossy.update({"unicode"} if is_damaged(native) else ())
            return Parsed(self._withheld(from_plain(native)), tuple(sorted(self.lossy)))
        found = self._withheld({"type": "doc", "content": self._blocks(children_of(native), 0)})
        return Parsed(found, tuple(sorted(self.lossy)), tuple(self.keeps))

    def one(self, node: Any) -> tuple[tuple[Node, ...], bool]:
        """Read one block; tell also whether it holds anything that the hub does not."""
        before = len(self.keeps)
        self.lossy.clear()
        blocks = self._withheld({"type": "doc", "content": self._blocks([node], 0)})["content"]
        return tuple(blocks), len(self.keeps) > before or bool(self.lossy)

    def _withheld(self, document: Doc) -> Doc:
        whole = with_mentions(normalise(document), _WIKI_MENTION)
        found = withhold(whole, self.hosts)
        self.lossy.update({"address"} if found != whole else ())
        return found

    def _flatten(self, node: Any) -> None:
        self.lossy.add(kind_of(node) or "unknown")
        if stays(node):
            self.keeps.append(node)

    def _blocks(self, nodes: list[Any], depth: int) -> list[Node]:
        """Read nodes where blocks stand; inlines among them, known or not, are gathered into paragraphs."""
        blocks: list[Node] = []
        loose: list[Any] = []
        for node in [*nodes, None]:
            if node is not None and self._is_inline(node):
                loose.append(node)
                continue
            if loose:
                blocks.append({"type": "paragraph", "content": self._inlines(loose, depth)})
                loose = []
            if node is not None:
                blocks.extend(self._block(node, depth + 1))
        return blocks

    def _is_inline(self, node: Any) -> bool:
        kind = kind_of(node)
        return kind in INLINE or (kind not in _EXACT | _WORDED and "text" in node)

    def _block(self, node: Any, depth: int) -> list[Node]:
        kind, attrs, children = kind_of(node), attrs_of(node), children_of(node)
        if kind not in _EXACT | _MEDIA | _CARDS:
            self._flatten(node)
        if depth > _DEPTH:
            self.lossy.add("depth")
            return [{"type": "paragraph", "content": [self._text(words_of(part) + " ") for part in native_nodes(node)]}]
        if kind in ("paragraph", "caption", "taskItem", "decisionItem"):
            return [{"type": "paragraph", "content": self._inlines(children, depth)}]
        if kind == "heading":
            level = min(6, max(1, _int(attrs.get("level"), 1)))
            return [{"type": "heading", "level": level, "content": self._inlines(children, depth)}]
        if kind == "codeBlock":
            shown = "".join("\n" if kind_of(part) == "hardBreak" else words_of(part) for part in native_nodes(node))
            language = attrs.get("language")
            found: Node = {"type": "code", "text": self._text(shown)["text"]}
            return [found | ({"language": language} if isinstance(language, str) else {})]
        if kind in _LISTS:
            return [self._list(node, depth)]
        if kind == "table":
            return [{"type": "table", "content": [self._row(row, depth) for row in children]}]
        if kind == "rule":
            return [{"type": "rule"}]
        if kind in _MEDIA:
            return [{"type": "paragraph", "content": [self._media(node)]}]
        if kind == "mediaGroup" and all(kind_of(part) in _MEDIA for part in children):
            return [{"type": "paragraph", "content": [self._media(part) for part in children]}]
        if kind in _CARDS:
            return [{"type": "paragraph", "content": self._inline(node, depth)}]
        title = words_of(node)
        shown_title: list[Node] = [{"type": "paragraph", "content": [self._text(title)]}] if title else []
        inner = shown_title + self._blocks(children, depth)
        return (
            [{"type": "quote", "content": inner}]
            if kind in ("blockquote", "panel", "expand", "nestedExpand")
            else inner
        )

    def _list(self, node: Node, depth: int) -> Node:
        ordered = kind_of(node) == "orderedList"
        items: list[Node] = []
        for child in children_of(node):
            kind = kind_of(child)
            if kind in _LISTS and items:  # ADF nests a task list beside its items
                items[-1]["content"].extend(self._block(child, depth + 1))
            elif kind in ("taskItem", "decisionItem"):
                self._flatten(child)
                state = {"DONE": "[x] ", "TODO": "[ ] "}.get(str(attrs_of(child).get("state")), "")
                line = [text(state), *self._inlines(children_of(child), depth)]
                items.append({"type": "item", "content": [{"type": "paragraph", "content": line}]})
            else:
                inner = children_of(child) if kind == "listItem" else [child]
                items.append({"type": "item", "content": self._blocks(inner, depth + 1)})
        start = max(0, _int(attrs_of(node).get("order"), 1))
        return {"type": "list", "ordered": ordered, "start": start, "content": items}

    def _row(self, row: Any, depth: int) -> Node:
        if kind_of(row) != "tableRow":
            return {"type": "row", "content": [{"type": "cell", "content": self._blocks([row], depth + 1)}]}
        return {"type": "row", "content": [self._cell(cell, depth) for cell in children_of(row)]}

    def _cell(self, cell: Any, depth: int) -> Node:
        kind, attrs = kind_of(cell), attrs_of(cell)
        is_cell = kind in ("tableCell", "tableHeader")
        self.lossy.update(key for key in ("background", "colwidth") if is_cell and attrs.get(key))
        spans = {key: max(1, _int(attrs.get(key), 1)) for key in ("colspan", "rowspan")}
        inner = self._blocks(children_of(cell) if is_cell else [cell], depth + 1)
        return {"type": "cell", "header": kind == "tableHeader", **spans, "content": inner}

    def _inlines(self, nodes: list[Any], depth: int) -> list[Node]:
        return [part for node in nodes for part in self._inline(node, depth + 1)]

    def _inline(self, node: Any, depth: int) -> list[Node]:
        kind = kind_of(node)
        if kind == "text":
            return [self._marked(node)]
        if kind == "hardBreak":
            return [dict(BREAK)]
        if kind in _MEDIA:
            return [self._media(node)]
        if kind not in _EXACT:
            self._flatten(node)
        words = self._text(words_of(node))
        if kind == "mention":
            account = attrs_of(node).get("id")
            return [
                mention(words["text"] or SOMEBODY, SEEN + account if isinstance(account, str) and account else None)
            ]
        if kind in _CARDS and (href := safe_href(attrs_of(node).get("url"))):
            return [{**words, "href": href}]
        if depth > _DEPTH:
            return [self._text(words_of(part) + " ") for part in native_nodes(node)]
        apart = [dict(BREAK)] if children_of(node) and kind not in INLINE and stays(node) is False else []
        return [*apart, words, *self._inlines(children_of(node), depth), *apart]

    def _marked(self, node: Node) -> Node:
        marks: list[str] = []
        href = None
        carried = node.get("marks")
        for mark in carried if isinstance(carried, list) else ():
            kind = kind_of(mark)
            if kind == "link":
                href = safe_href(attrs_of(mark).get("href"))
                self.lossy.update(() if href else {"link"})
            elif kind == "subsup" and attrs_of(mark).get("type") in ("sub", "sup"):
                marks.append(attrs_of(mark)["type"])
            elif kind in _MARKS:
                marks.append(kind)
            else:
                self.lossy.add(kind or "mark")
        return text(self._text(words_of(node))["text"], *marks, href=href)

    def _media(self, node: Node) -> Node:
        self.lossy.add("media")
        self.keeps.append(node)
        alt = attrs_of(node).get("alt")
        return media(SEEN + media_id(node), self._text(alt if isinstance(alt, str) else "")["text"])

    def _text(self, value: str) -> Node:
        self.lossy.update({"unicode"} if is_damaged(value) else ())
        return text(value)


def _int(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
