# SPDX-License-Identifier: Apache-2.0
"""Plain text of the hub's rich text, and the heading that names a comment's first author."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tandem.core.doc import Doc, Node, doc, normalise, paragraph, repair, text, walk

_EDITED = "Edited:"


def note(node: Node) -> str:
    """Word what stands in the place of a file that is not shown."""
    return f"[file: {node['name']}]" if node.get("name") else "[file]"


def to_plain(document: Doc) -> str:
    """Write a document as plain text in reading order: blocks apart by an empty line, lists and quotes marked."""
    return "\n\n".join(_block(block) for block in normalise(document)["content"])


def from_plain(value: str) -> Doc:
    """Read plain text: an empty line ends a paragraph, a line's end is a break."""
    return normalise(doc(*(paragraph(part) for part in re.split(r"\n(?:[ \t\xa0]*\n)+", repair(value)))))


def reading_text(document: Doc) -> str:
    """Give every character that the tree holds for a reader, in reading order, without any layout."""
    return " ".join(note(node) if node["type"] == "media" else node.get("text", "") for node in walk(document))


def inline_text(nodes: Iterable[Node]) -> str:
    """Write inlines as plain text; a link whose words differ from its address is followed by the address."""
    written: list[str] = []
    run: list[Node] = []
    for node in [*nodes, {"type": "end"}]:
        if run and node.get("href") != run[0]["href"]:
            words, href = "".join(part["text"] for part in run), run[0]["href"]
            written.append(words if href in (words, f"mailto:{words}") else f"{words} ({href})")
            run = []
        if "href" in node:
            run.append(node)
        elif node["type"] == "break":
            written.append("\n")
        elif node["type"] == "media":
            written.append(note(node))
        else:
            written.append(node.get("text", ""))
    return "".join(written)


def _block(node: Node) -> str:
    kind = node["type"]
    if kind in ("paragraph", "heading"):
        return inline_text(node["content"])
    if kind == "code":
        return str(node["text"])
    if kind == "rule":
        return "----"
    if kind == "quote":
        return _indent("\n\n".join(map(_block, node["content"])), "> ", "> ")
    if kind == "list":
        return "\n".join(
            _indent("\n".join(map(_block, item["content"])), f"{number}. " if node["ordered"] else "- ", "  ")
            for number, item in enumerate(node["content"], node.get("start", 1))
        )
    rows = [
        [" ".join(" ".join(map(_block, cell["content"])).split()) for cell in row["content"]] for row in node["content"]
    ]
    return "\n".join(" | ".join(cells).rstrip(" ") for cells in rows)


def _indent(value: str, first: str, other: str) -> str:
    marked = ((other if number else first, line) for number, line in enumerate(value.split("\n")))
    return "\n".join(mark + line if line else mark.rstrip(" ") for mark, line in marked)


def heading_block(words: str) -> Node:
    """Build the paragraph that heads a forwarded comment, from the filled-in template."""
    return paragraph(text(words))


def with_heading(document: Doc, words: str) -> Doc:
    """Put our heading before a text."""
    return normalise(doc(heading_block(words), *document["content"]))


def as_edited(document: Doc) -> Doc:
    """Say before a text that it was edited."""
    first: Node | None = document["content"][0] if document["content"] else None
    if first is not None and first["type"] == "paragraph":
        led: Node = {**first, "content": [text(f"{_EDITED} "), *first["content"]]}
        return doc(led, *document["content"][1:])
    return doc(paragraph(_EDITED), *document["content"])


def not_as_edited(document: Doc) -> Doc:
    """Take away again what :func:`as_edited` said."""
    first, *rest = document["content"] or [paragraph()]
    words = first["content"] if first["type"] == "paragraph" else []
    if not words or not words[0].get("text", "").startswith(_EDITED):
        return document
    left = words[0]["text"].removeprefix(_EDITED).lstrip(" ")
    kept = [*([{**words[0], "text": left}] if left else []), *words[1:]]
    return normalise(doc(*([{**first, "content": kept}] if kept else []), *rest))


def without_heading(document: Doc, words: str) -> Doc:
    """Take our heading away where the text begins with it: a paragraph of its own, or the first lines of one.

    It is known by the recorded words alone, so that a tracker may have changed its look.
    """
    plain = normalise(document)
    recorded = from_plain(words)["content"]
    first, *rest = plain["content"] or [paragraph()]
    if not recorded or first["type"] not in ("paragraph", "heading"):
        return plain
    wanted = inline_text(recorded[0]["content"])
    parts = first["content"]
    ends = [number for number, part in enumerate(parts) if part["type"] == "break"]
    for end in [*ends, len(parts)]:
        if inline_text(parts[:end]) == wanted:
            return normalise(doc({**first, "content": parts[end:]}, *rest))
    return plain
