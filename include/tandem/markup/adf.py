# SPDX-License-Identifier: Apache-2.0
"""Atlassian Document Format, version 1, as Jira Cloud speaks it in REST v3.

What may stand where is that of Atlassian's published document structure (``nesting``); ``code`` goes with no mark but
``link``. What does not fit is flattened in reading order.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

from tandem.core.doc import SHOW, Doc, Node, Parsed, Rendered, calling, doc, normalise
from tandem.core.plain import inline_text, note, to_plain
from tandem.core.values import Json, canonical, length
from tandem.markup.adf_columns import owners, parted
from tandem.markup.adf_keep import TITLED, identity, outermost, set_in, set_in_colour
from tandem.markup.adf_read import (
    INLINE,
    AdfReader,
    attrs_of,
    children_of,
    kind_of,
    media_id,
    native_nodes,
    words_of,
)
from tandem.markup.keep import Piece, align, matched
from tandem.markup.nesting import flattened, stands
from tandem.markup.neutralise import pieces as cut

_MARKS = {"strong", "em", "code", "strike", "underline"}
_LINES = {"paragraph", "heading", "taskItem", "decisionItem"}  # native blocks that hold inlines
_TICKED = {"taskList": re.compile(r"\[([x ])\](?: |$)"), "decisionList": re.compile("()")}  # and how an item begins
_SECTION = "layoutSection"
_EMPTY: Node = {"type": "paragraph", "content": []}
_TASKS_STAND = {"doc", "cell", "panel", "taskList"}
_WHERE = {"panel": "panel", "expand": "cell", "nestedExpand": "panel", "blockquote": "quote"}


@dataclass(frozen=True, slots=True)
class Adf:
    """The codec of ADF.

    ``patterns`` are broken by the border of two text nodes (see ``neutralise``); addresses of ``hosts``, the tracker's
    own, are not read: leave them out where the contract reveals its addresses.
    """

    patterns: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    name: Literal["adf"] = "adf"

    def parse(self, native: Json) -> Parsed:
        """Read an ADF document, none as the empty one, a string (REST v2) as plain text."""
        return AdfReader(self.hosts).read(native)

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write valid ADF over the present document; no media node of it is ever dropped."""
        present = deepcopy(present)  # nodes of it are set into the new document, and edited there
        writer = _Writer(
            self.patterns, self.hosts, {media_id(node): node for node in native_nodes(present) if media_id(node)}
        )
        old = children_of(present) if isinstance(present, dict) else []
        content = writer.blocks(normalise(doc)["content"], "doc", old)
        native: dict[str, Any] = {"type": "doc", "version": 1, "content": content}
        content.extend(writer.left_over(native, old))
        there = {media_id(node) for node in native_nodes(native)}
        dropped = tuple(name for name in writer.present if name not in there)
        return Rendered(native, tuple(sorted(writer.lossy)), dropped)

    def length(self, native: Json) -> int:
        """Estimate the characters that Jira counts against its 32,767: UTF-16 units of the text's wiki form.

        Jira publishes no rule for ADF. Its stored form is as long as wiki markup or shorter, so each mark, address
        and block counts with the markup that REST v2 would show for it.
        """
        return sum(_units(node) for node in native_nodes(native))


def _units(node: Node) -> int:
    attrs, shown = attrs_of(node), node.get("text")
    size = length(shown, utf16=True) if isinstance(shown, str) else 2
    told = (str(value) for key, value in attrs.items() if key in ("text", "url", "alt", "language", "id"))
    size += sum(length(value, utf16=True) for value in told)
    for mark in node.get("marks") or ():
        size += 4 + length(str(attrs_of(mark).get("href", "")), utf16=True)
    return size + (14 if kind_of(node) == "codeBlock" else 0)


@dataclass(slots=True)
class _Writer:
    patterns: tuple[str, ...]
    hosts: frozenset[str]
    present: dict[str, Node]
    lossy: set[str] = field(default_factory=set)
    tasks: int = 0  # that were named

    def blocks(self, hub: Sequence[Node], where: str, old: Sequence[Node] = ()) -> list[Node]:
        """Write blocks over the present ones of the same container."""
        reader = AdfReader(self.hosts)
        read = [(node, *reader.one(node)) for node in old]
        # Blank lines part what is shown. Where nothing is, and in an item, they are there to be filled.
        parting = bool(hub) and where != "item" and any(blocks for _, blocks, _ in read)
        pieces = [Piece(node, blocks, keeps or (parting and not blocks)) for node, blocks, keeps in read]
        written: list[Node] = []
        slots = align(pieces, hub)[0] if pieces else []
        whole = {id(slot.piece.native) for slot in slots if slot.piece and slot.block is None}
        if any(kind_of(node) == _SECTION and id(node) not in whole for node in old):
            return self._around_columns(hub, where, pieces)
        for slot in slots:
            if slot.block is None and slot.piece:
                written.append(slot.piece.native)
            elif slot.block is not None:
                written.extend(self.block(slot.block, where, slot.piece.native if slot.piece else None))
        return written if pieces else [new for block in hub for new in self.block(block, where)]

    def _around_columns(self, hub: Sequence[Node], where: str, pieces: Sequence[Piece]) -> list[Node]:
        """Write blocks over present ones of which some stand in columns, and no longer as they did."""
        owned = owners([piece.blocks for piece in pieces], hub)
        written: list[Node] = []
        old: list[Node] = []
        at = 0
        for number, piece in enumerate(pieces):
            if kind_of(piece.native) != _SECTION:
                old.append(piece.native)
            elif number in owned:
                begin, end = owned.index(number), len(owned) - owned[::-1].index(number)
                written += [*self.blocks(hub[at:begin], where, old), self._columns(hub[begin:end], piece.native)]
                old, at = [], end
        return [*written, *self.blocks(hub[at:], where, old)]

    def _columns(self, hub: Sequence[Node], old: Node) -> Node:
        columns = children_of(old)
        owned = owners([AdfReader(self.hosts).one(column)[0] for column in columns], hub)
        parts = zip(columns, parted(owned, len(columns)), strict=True)
        inner = [(column, self.blocks(hub[part], "doc", children_of(column))) for column, part in parts]
        return {**old, "content": [{**column, "content": new or [_EMPTY]} for column, new in inner]}

    def block(self, hub: Node, where: str, old: Node | None = None) -> list[Node]:
        """Write one block, as the edited form of a present node if there is one."""
        kind = hub["type"]
        if not stands(hub, where):
            self.lossy.add(kind)
            return self.blocks(flattened(hub), where)
        base = old or {}
        match kind:
            case "paragraph":
                return self._paragraph(hub["content"], where, base)
            case "heading":
                return [
                    self._restored(
                        {"type": kind, "attrs": {"level": hub["level"]}, "content": self.inlines(hub["content"])}, base
                    )
                ]
            case "code":
                kept = attrs_of(base) if kind_of(base) == "codeBlock" else {}
                attrs = {**kept, **({"language": hub["language"]} if "language" in hub else {})}
                return [
                    {
                        "type": "codeBlock",
                        **({"attrs": attrs} if attrs else {}),
                        "content": [{"type": "text", "text": hub["text"]}],
                    }
                ]
            case "quote":
                shell = base if kind_of(base) in _WHERE else {"type": "blockquote"}
                shell, said = _titled(shell, hub["content"])
                inner = self.blocks(said, _WHERE[shell["type"]], children_of(base))
                return [{**shell, "content": inner}] if inner else []
            case "list":
                return [self._list(hub, base, where)]
            case "table":
                return [self._table(hub, base)]
        return [{"type": "rule"}]

    def _paragraph(self, hub: list[Node], where: str, old: Node) -> list[Node]:
        if all(node["type"] == "media" and node.get("ref", "").startswith(SHOW) for node in hub):
            files = [self._media(node, "media") for node in hub]
            if len(files) == 1:
                return [{"type": "mediaSingle", "attrs": {"layout": "center"}, "content": files}]
            if where != "item" and all(attrs_of(node).get("type") != "external" for node in files):
                return [{"type": "mediaGroup", "content": files}]
        return [self._restored({"type": "paragraph", "content": self.inlines(hub)}, old)]

    def _list(self, hub: Node, old: Node, where: str) -> Node:
        if ticked := self._ticked(hub, old, where):
            return ticked
        shell: Node = {"type": "orderedList" if hub["ordered"] else "bulletList"}
        if hub["ordered"]:
            shell["attrs"] = {"order": hub.get("start", 1)}
        present = old if kind_of(old) == shell["type"] else {}
        return {**shell, "content": [self._item(item, before) for item, before, _ in self._paired(hub, present)]}

    def _item(self, hub: Node, old: Node) -> Node:
        inner = self.blocks(hub["content"], "item", children_of(old))
        if not inner or kind_of(inner[0]) not in ("paragraph", "mediaSingle", "codeBlock"):
            inner.insert(0, _EMPTY)  # an item may not begin with a list
        return {"type": "listItem", "content": inner}

    def _ticked(self, hub: Node, old: Node, where: str) -> Node | None:
        """Write a list as tasks, if each item is a line with a box before it, or as the decisions that it was."""
        present = old if kind_of(old) in _TICKED else {}
        kind = kind_of(present) or "taskList"
        if hub["ordered"] or not (present or where in _TASKS_STAND):
            return None
        parts: list[Node] = []
        for item, task, hung in self._paired(hub, present):
            first, *inner = item["content"] or [{}]
            line = first["content"] if first.get("type") == "paragraph" else []
            box = _TICKED[kind].match(line[0].get("text", "")) if line else None
            nested = [
                self._ticked(part, old, kind) if part["type"] == "list" else None
                for part, old in zip(inner, [*hung, *[{}] * len(inner)], strict=False)
            ]
            if box is None or None in nested:
                return None
            words = [{**line[0], "text": line[0].get("text", "")[box.end() :]}, *line[1:]] if box[0] else line
            new = self._restored({"type": kind.replace("List", "Item"), "content": self.inlines(words)}, task)
            state = {"x": "DONE", " ": "TODO", "": "DECIDED"}[box[1]]
            new["attrs"] = {"localId": self._local(item), **new.get("attrs", {}), "state": state}
            parts += [new, *filter(None, nested)]
        return {"type": kind, "attrs": present.get("attrs") or {"localId": self._local(hub)}, "content": parts}

    def _local(self, hub: Node) -> str:
        """Name a task by its words; of two that are alike each has its own name."""
        self.tasks += 1
        return str(uuid5(NAMESPACE_OID, f"{self.tasks} {canonical(hub)}"))

    def _paired(self, hub: Node, old: Node) -> list[tuple[Node, Node, list[Node]]]:
        """Pair parts with the present ones, and what hangs on these: one by one if their number is unchanged, else by
        what they say."""
        new, before = hub["content"], _grouped(children_of(old))
        pairs: Iterable[tuple[int, int | None]] = ((at, at) for at in range(len(new)))
        if len(before) != len(new):
            read = [self._read({**old, "content": group}) for group in before]
            pairs = matched(read, [_said({**hub, "content": [part]}) for part in new])
        groups: Iterable[list[Node]] = ([{}] if place is None else before[place] for _, place in pairs)
        return [(part, group[0], group[1:]) for part, group in zip(new, groups, strict=True)]

    def read(self, native: Node) -> Sequence[Node]:
        return AdfReader(self.hosts).one(native)[0]

    def _read(self, node: Node) -> str:
        shown = node if kind_of(node) != "tableRow" else {"type": "table", "content": [node]}
        return "".join(map(_said, AdfReader(self.hosts).one(shown)[0]))

    def _table(self, hub: Node, old: Node) -> Node:
        rows = [
            {
                "type": "tableRow",
                "content": [self._cell(cell, before) for cell, before, _ in self._paired(row, old_row)],
            }
            for row, old_row, _ in self._paired(hub, old)
        ]
        return {**({"type": "table"} if kind_of(old) != "table" else old), "content": rows}

    def _cell(self, hub: Node, old: Node) -> Node:
        attrs = {key: value for key, value in attrs_of(old).items() if key not in ("colspan", "rowspan")}
        attrs |= {key: hub[key] for key in ("colspan", "rowspan") if key in hub}
        inner = self.blocks(hub["content"], "cell", children_of(old)) or [_EMPTY]
        return {"type": "tableHeader" if hub.get("header") else "tableCell", "attrs": attrs, "content": inner}

    def inlines(self, hub: list[Node]) -> list[Node]:
        """Write inlines; a mention of nobody here is plain text, so that it calls no stranger."""
        written: list[Node] = []
        for node in hub:
            if node["type"] == "break":
                written.append({"type": "hardBreak"})
            elif account := calling(node):
                written.append({"type": "mention", "attrs": {"id": account, "text": node["text"]}})
            elif node["type"] == "media" and node.get("ref", "").startswith(SHOW):
                file = self._media(node, "mediaInline")
                written.append(
                    file if attrs_of(file).get("type") != "external" else {"type": "text", "text": note(node)}
                )
            else:
                self.lossy.update({node["type"]} - {"text"})
                words = note(node) if node["type"] == "media" else node["text"]
                marks = _marks(node)
                written += [{"type": "text", "text": part, **marks} for part in cut(words, self.patterns)]
        return written

    def _media(self, hub: Node, kind: str) -> Node:
        """Write a file: the present node for it if there is one, since its collection and size are not in the hub."""
        name = hub["ref"].removeprefix(SHOW)
        attrs = attrs_of(self.present.get(name))
        if not attrs:
            source = (
                {"type": "external", "url": name} if "://" in name else {"type": "file", "id": name, "collection": ""}
            )
            attrs = source | ({"alt": hub["name"]} if "name" in hub else {})
        return {"type": kind, "attrs": attrs}

    def _restored(self, new: Node, old: Node) -> Node:
        """Give an edited paragraph back what it held beside text: each node whose words still stand there."""
        for inline in children_of(old) if kind_of(old) in _LINES else ():
            reader = AdfReader(self.hosts)
            blocks, _ = reader.one(inline)
            if kind_of(inline) not in ("text", "hardBreak") or reader.lossy == {"address"}:
                set_in(new, inline, "".join(part.get("text", "") for block in blocks for part in block["content"]))
            elif reader.lossy:
                shown = blocks[0]["content"][0] if blocks else {}
                set_in_colour(new, inline, shown.get("text", ""), _marks(shown).get("marks", []))
        return (
            {**{key: old[key] for key in ("attrs", "marks") if key in old}, **new}
            if kind_of(old) == new["type"]
            else new
        )

    def left_over(self, native: Node, old: list[Node]) -> list[Node]:
        """Return what must outlive the edit and stands nowhere in the new text, to be set at its end."""
        there = Counter(map(identity, native_nodes(native)))
        blocks: list[Node] = []
        inlines: list[Node] = []
        lines = set(_lines_of(self.read(native)))
        nodes = deque(outermost(old))
        while nodes:
            node = nodes.popleft()
            if there[identity(node)] > 0:
                there[identity(node)] -= 1
            elif kind_of(node) == "media":
                blocks.append({"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [node]})
            elif kind_of(node) in INLINE:
                inlines += [] if set_in(native, node, words_of(node)) else [node]
            elif kind_of(node) in TITLED and lines.issuperset(_lines_of(self.read(node))):
                nodes.extendleft(reversed(list(outermost(children_of(node)))))  # all that it said stands elsewhere
            else:
                blocks.append(node)
        return [*([{"type": "paragraph", "content": inlines}] if inlines else []), *blocks]


def _titled(shell: Node, said: list[Node]) -> tuple[Node, list[Node]]:
    """Take the title of what can be opened off its text, whose first paragraph it is to a reader."""
    if not attrs_of(shell).get("title") or not said or said[0]["type"] != "paragraph" or len(said) < 2:
        return shell, said
    return {**shell, "attrs": {**attrs_of(shell), "title": inline_text(said[0]["content"])}}, said[1:]


def _marks(hub: Node) -> Node:
    marks: list[Node] = [{"type": mark} for mark in hub.get("marks", ()) if mark in _MARKS]
    marks += [{"type": "subsup", "attrs": {"type": mark}} for mark in hub.get("marks", ()) if mark in ("sub", "sup")]
    marks += [{"type": "link", "attrs": {"href": hub["href"]}}] if "href" in hub else []
    return {"marks": marks} if marks else {}


def _grouped(parts: list[Node]) -> list[list[Node]]:
    """Parts of a node; tasks each with the lists that hang on it: ADF sets these beside it."""
    groups: list[list[Node]] = []
    for node in parts:
        if kind_of(node) == "taskList" and groups:
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def _lines_of(blocks: Sequence[Node]) -> list[str]:
    """The lines of blocks without the signs of quotes."""
    lines = (line.lstrip("> ") for line in to_plain(doc(*blocks)).split("\n"))
    return [line for line in lines if line]


def _said(hub: Node) -> str:
    """The signs of a block or row, its number left out."""
    block = hub if hub["type"] != "row" else {"type": "table", "content": [hub]}
    return "".join(to_plain(doc({**block, "start": 1})).split())
