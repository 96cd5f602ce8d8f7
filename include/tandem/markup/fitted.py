# SPDX-License-Identifier: Apache-2.0
"""Make no more of a block simpler than a markup cannot write: a word's look, a link, what an item or cell holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from tandem.core.doc import BREAK, Node, doc, normalise, paragraph, text
from tandem.core.plain import inline_text
from tandem.markup.nesting import flattened

_Stands = Callable[[Node], bool]
_MANY = 60  # looks in a paragraph from which they are not tried one by one


def fitted(block: Node, stands: _Stands) -> Node:
    """Give a block that can be written, or more of it; ``stands`` tells whether one can."""
    if stands(block):
        return block
    match block["type"]:
        case "paragraph" | "heading":
            return _line(block, stands)
        case "list" if "start" not in block:
            return block | {"content": [_item(block, item, stands) for item in block["content"]]}
        case "table":
            return block | {"content": [_row(block, row, stands) for row in block["content"]]}
        case "quote":
            return block | {"content": [part for inner in block["content"] for part in _quoted(block, inner, stands)]}
    return block


def _quoted(quote: Node, inner: Node, stands: _Stands) -> list[Node]:
    def within(part: Node) -> bool:
        return stands(quote | {"content": [part]})

    made = fitted(inner, within)
    return [made] if within(made) else [_line(part, within) for part in flattened(made)]


def _row(table: Node, row: Node, stands: _Stands) -> Node:
    return row | {"content": [_cell(table, row, cell, stands) for cell in row["content"]]}


def _cell(table: Node, row: Node, cell: Node, stands: _Stands) -> Node:
    def alone(one: Node) -> bool:
        return stands(table | {"content": [row | {"content": [one]}]})

    return cell if alone(cell) else _as_lines(cell, cell["content"], alone)


def _item(block: Node, item: Node, stands: _Stands) -> Node:
    """An item is lines and then, maybe, the lists in it."""
    alone = block | {"content": [item]}
    if stands(alone):
        return item
    inner = [fitted(part, stands) if part["type"] == "list" else part for part in item["content"]]
    first = next((at for at, part in enumerate(inner) if part["type"] == "list"), len(inner))
    if not all(part["type"] == "list" and stands(part) for part in inner[first:]):
        first = len(inner)
    lined = _as_lines(item, inner[:first], lambda one: stands(block | {"content": [one]}))
    return item | {"content": [*lined["content"], *inner[first:]]}


def _as_lines(holder: Node, blocks: Sequence[Node], stands: _Stands) -> Node:
    """Give an item or cell that holds the lines of blocks, one below another."""
    parts = [part for block in blocks for one in flattened(block) for part in (BREAK, *one["content"])][1:]
    lines = normalise(doc(paragraph(*parts)))["content"]
    return holder | {"content": [_line(one, lambda line: stands(holder | {"content": [line]})) for one in lines]}


def _line(block: Node, stands: _Stands) -> Node:
    """Let words have the looks and addresses that can be written among the others."""
    if stands(block):
        return block
    groups = [list(run) for _, run in groupby(_without_gaps(block["content"]), key=lambda node: node.get("href"))]
    forms = [list(_forms(group)) for group in _apart(groups)]
    chosen = [len(one) - 1 for one in forms]  # the plainest of each

    def line(choice: Sequence[int]) -> Node:
        parts = [part for one, number in zip(forms, choice, strict=True) for part in one[number]]
        (made,) = normalise(doc(block | {"content": parts}))["content"] or [paragraph()]
        return dict(made)

    if not stands(line(chosen)) or sum(len(one) > 1 for one in forms) > _MANY:
        return line(chosen)
    for at, one in enumerate(forms):
        for number in range(len(one) - 1):
            trial = [*chosen[:at], number, *chosen[at + 1 :]]
            if stands(line(trial)):
                chosen = trial
                break
    return line(chosen)


def _apart(groups: Sequence[list[Node]]) -> Iterator[list[Node]]:
    """Words that lead somewhere together, and all others each by itself."""
    for group in groups:
        yield from [group] if "href" in group[0] else [[node] for node in group]


def _forms(group: list[Node]) -> Iterator[list[Node]]:
    """Forms of some words, the plainest last."""
    first, last = group[0], group[-1]
    looks = "text" in first and "text" in last and ("href" in first or any(node.get("marks") for node in group))
    yield from [group, _trimmed(group)] if looks else []
    if looks:
        for mark in sorted({mark for node in group for mark in node.get("marks", ())}):
            yield [_with(node, [mark] if mark in node.get("marks", ()) else []) for node in group]
    bare = [_with(node, []) for node in group]
    if "href" in group[0]:
        yield bare
        yield [text(inline_text(group))]
    else:
        yield bare


def _trimmed(group: list[Node]) -> list[Node]:
    """Words whose look ends where they do: of a space nobody sees it."""
    first, last = group[0]["text"], group[-1]["text"]
    left, right = len(first) - len(first.lstrip(" ")), len(last) - len(last.rstrip(" "))
    inner = [dict(node) for node in group]
    inner[-1]["text"] = inner[-1]["text"][: len(last) - right]
    inner[0]["text"] = inner[0]["text"][left:]
    return [text(" " * left), *inner, text(" " * right)]


def _with(node: Node, marks: list[str]) -> Node:
    return node | {"marks": marks} if node["type"] == "text" else node


def _without_gaps(inlines: Sequence[Node]) -> list[Node]:
    """Inlines without empty lines."""
    return [part for before, part in zip([BREAK, *inlines], inlines, strict=False) if part != BREAK or before != BREAK]
