# SPDX-License-Identifier: Apache-2.0
"""What may stand where in ADF, and what is shown of a block where it may not: its lines, with the signs of plain text.

Valid nesting is that of Atlassian's published document structure: quotes and list items hold no heading, table, rule or
quote, cells hold no table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tandem.core.doc import BREAK, Node, doc, normalise, paragraph, text, walk

_HOLDS = {  # where: hub blocks that may stand there
    "doc": {"paragraph", "heading", "list", "code", "quote", "table", "rule"},
    "cell": {"paragraph", "heading", "list", "code", "quote", "rule"},
    "panel": {"paragraph", "heading", "list", "code", "rule"},
    "quote": {"paragraph", "list", "code"},
    "item": {"paragraph", "list", "code"},
}


def stands(block: Node, where: str) -> bool:
    """Tell whether a block may stand there."""
    return block["type"] in _HOLDS[where]


def flattened(block: Node) -> list[Node]:
    """Write a block where it may not stand: its words in reading order, a line each."""
    runs = [part for line in _lines(block) for part in (BREAK, *line)]
    return list(normalise(doc(paragraph(*runs)))["content"])


def held(blocks: Iterable[Node], where: str = "doc") -> list[Node]:
    """Give what ADF shows of blocks."""
    shown = (part for block in blocks for part in ([block] if stands(block, where) else flattened(block)))
    return [_held_within(block) for block in shown]


def _held_within(node: Node) -> Node:
    if node["type"] in ("list", "table", "row"):
        return {**node, "content": [_held_within(part) for part in node["content"]]}
    return {**node, "content": held(node["content"], node["type"])} if node["type"] in _HOLDS else node


def lined(node: Node) -> Node:
    """Give a block as markups show it whose items and cells hold but lines; code in these has no look of its own."""
    inner = node.get("content", [])
    if node["type"] in ("list", "table", "row"):
        return {**node, "content": [lined(part) for part in inner]}
    if node["type"] == "quote":
        parts = [lined(part) if part["type"] in ("paragraph", "list") else _bare_lines(part) for part in inner]
        return {**node, "content": parts}
    if node["type"] not in ("item", "cell"):
        return node
    first = next((at for at, part in enumerate(inner) if part["type"] == "list"), len(inner))
    if node["type"] == "cell" or any(part["type"] != "list" for part in inner[first:]):
        first = len(inner)
    parts = inner[:first]
    shown = [one for part in parts for one in part.get("content", ())]
    one_line = [part["type"] for part in parts] == ["paragraph"] and BREAK not in shown
    if not one_line or all("code" in one.get("marks", ()) for one in shown):
        parts = [paragraph(*(one for part in parts for one in (BREAK, *_bare_lines(part)["content"])))]
    return {**node, "content": [*parts, *map(lined, inner[first:])]}


def _bare_lines(block: Node) -> Node:
    parts = [part for one in flattened(block) for part in one["content"]]
    return paragraph(*(_uncoded(part) for part in parts))


def _uncoded(part: Node) -> Node:
    return part | {"marks": [mark for mark in part["marks"] if mark != "code"]} if "marks" in part else part


def _lines(block: Node) -> list[list[Node]]:
    """The lines of a block as plain text has them, with the marks, links and files of its words."""
    kind = block["type"]
    if kind == "paragraph":
        return _split(block["content"])
    if kind == "heading":
        return [[_strong(part) for part in line] for line in _split(block["content"])]
    if kind == "code":
        return [[text(line, "code")] for line in block["text"].split("\n")]
    if kind == "quote":
        inner = [line for part in block["content"] for line in ([], *_lines(part))][1:]
        return [[text("> "), *line] for line in inner]
    if kind == "list":
        return [line for number, item in enumerate(block["content"]) for line in _item(block, number, item)]
    if kind == "table":
        return [
            [part for cell in row["content"] for part in (text(" | "), *_line(cell))][1:] for row in block["content"]
        ]
    return [[text("----")]]


def _item(block: Node, number: int, item: Node) -> list[list[Node]]:
    sign = f"{number + block.get('start', 1)}. " if block["ordered"] else "- "
    inner = [line for part in item["content"] for line in _lines(part)] or [[]]
    return [[text("  " if place else sign), *line] for place, line in enumerate(inner)]


def _split(inlines: Sequence[Node]) -> list[list[Node]]:
    lines: list[list[Node]] = [[]]
    for part in inlines:
        if part["type"] == "break":
            lines.append([])
        else:
            lines[-1].append(part)
    return lines


def _strong(part: Node) -> Node:
    return part | {"marks": [*part["marks"], "strong"]} if "marks" in part else part


def _line(cell: Node) -> list[Node]:
    """Give all inlines of a cell in one line."""
    line: list[Node] = []
    for node in walk(cell):
        if node["type"] in ("paragraph", "heading", "code") and line:
            line.append(text(" "))
        if node["type"] in ("text", "mention", "media"):
            line.append(node)
        elif node["type"] in ("break", "code"):
            line.append(text(" ".join(node.get("text", " ").split("\n"))))
    return line
