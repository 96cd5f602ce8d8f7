# SPDX-License-Identifier: Apache-2.0
"""What of a text of Jira outlives an edit of it: nodes that the hub does not hold, and colours of words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tandem.core.doc import Node
from tandem.core.values import canonical
from tandem.markup.adf_read import attrs_of, children_of, kind_of, media_id, native_nodes, stays

TITLED = {"panel", "expand", "nestedExpand", "blockquote"}
"""What people may give another title, and it is the same one."""


def outermost(nodes: list[Node]) -> Iterator[Node]:
    """Yield the nodes that stay; not those within another one that stays, since they go with it."""
    for node in nodes:
        if stays(node):
            yield node
        else:
            yield from outermost(children_of(node))


def identity(node: Node) -> str:
    """Name a node by what makes it itself: a panel is the same one with other words in it, or with another title."""
    if kind_of(node) == "mention":
        return f"mention {attrs_of(node).get('id')}"
    attrs = {**attrs_of(node), "title": None} if kind_of(node) in TITLED else node.get("attrs")
    return media_id(node) or canonical([kind_of(node), attrs, node.get("text")])


def set_in_colour(native: Node, inline: Node, words: str, marks: Sequence[Node]) -> None:
    """Set words of a colour, or with a remark, in place of the same ones, if these stand there once and look alike."""
    wanted = re.compile(rf"(?<!\w){re.escape(words) or '(?!)'}(?!\w)")
    parts = children_of(native)
    found = [(at, *one.span()) for at, part in enumerate(parts) for one in wanted.finditer(part.get("text", ""))]
    if len(found) == 1 and parts[found[0][0]].get("marks", []) == marks:
        ((at, begin, end),) = found
        part, said = parts[at], parts[at]["text"]
        around = [part | {"text": said[:begin]}, inline, part | {"text": said[end:]}]
        native["content"] = [*parts[:at], *(one for one in around if one["text"]), *parts[at + 1 :]]


def set_in(native: Node, inline: Node, shown: str) -> bool:
    """Set an inline node in place of the first text that reads as it is shown; tell whether there was one."""
    wanted = r"\[file(?:: [^\]\n]*)?\]" if media_id(inline) else rf"(?<!\w){re.escape(shown)}(?!\w)"
    if not shown and not media_id(inline):
        return False
    for parent in native_nodes(native):
        if kind_of(parent) == "codeBlock":
            continue
        for place, node in enumerate(children_of(parent)):
            found = re.search(wanted, node["text"]) if kind_of(node) == "text" else None
            if found:
                around = [
                    node | {"text": node["text"][: found.start()]},
                    inline,
                    node | {"text": node["text"][found.end() :]},
                ]
                parts = children_of(parent)
                parts[place : place + 1] = [part for part in around if part is inline or part["text"]]
                parent["content"] = parts
                return True
    return False
