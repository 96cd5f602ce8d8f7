# SPDX-License-Identifier: Apache-2.0
"""Rich text in the hub: one small JSON tree that every tracker's markup is read into and written from.

A block is paragraph, heading, list, code, quote, table or rule; an inline is text, break, mention or media. A media
``ref`` starts with ``seen:`` (as a tracker showed it), ``file:`` (an origin) or ``show:`` (an address at the target).
Codecs read the first and write only the last: an address that nobody translated with :func:`with_media` cannot leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tandem.core.values import Json

Node = dict[str, Any]
Doc = dict[str, Any]
BREAK: Node = {"type": "break"}
MARKS = frozenset({"strong", "em", "code", "strike", "underline", "sub", "sup"})
SEEN, SHOW = "seen:", "show:"
SOMEBODY = "@somebody"  # stands for a mention whose text tells nothing but an account
_UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f]")  # no tracker keeps these; XML forbids them
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,40}")
_HREF = re.compile(r"(?:https?://[^\s/?#]|mailto:[^\s])[^\s]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A file that a text carries inside itself (a ``data:`` picture); its media node has the same ``ref``."""

    ref: str
    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a native text says; ``lossy`` names the node kinds that were flattened (``unicode``: text was repaired to
    U+FFFD), ``keeps`` holds the native nodes that the hub cannot hold."""

    doc: Doc
    lossy: tuple[str, ...] = ()
    keeps: tuple[Json, ...] = ()
    files: tuple[InlineFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A native text to write. A caller refuses to write it while ``dropped_media`` names anything."""

    native: Json
    lossy: tuple[str, ...] = ()
    dropped_media: tuple[str, ...] = ()


class Markup(Protocol):
    """One tracker's way to write rich text."""

    @property
    def name(self) -> str: ...

    @property
    def hosts(self) -> frozenset[str]:
        """The tracker's own hosts, whose addresses are not read: no text carries them to others."""

    def parse(self, native: Json) -> Parsed:
        """Read a native text; never raises on what a tracker sent, an unknown node gives its text."""

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write a text; of ``present``, which it will replace, everything that the hub cannot hold is kept."""

    def length(self, native: Json) -> int:
        """Measure a native text in the unit of the tracker's own limit."""


def doc(*blocks: Node) -> Doc:
    """Build a document."""
    return {"type": "doc", "content": list(blocks)}


def paragraph(*inlines: Node | str) -> Node:
    """Build a paragraph; a bare string stands for unmarked text."""
    return {"type": "paragraph", "content": [text(part) if isinstance(part, str) else part for part in inlines]}


def heading(level: int, *inlines: Node | str) -> Node:
    """Build a heading of level 1 to 6."""
    return {**paragraph(*inlines), "type": "heading", "level": level}


def text(value: str, *marks: str, href: str | None = None) -> Node:
    """Build a run of text with marks and, if it is a link, its address."""
    return {"type": "text", "text": value, "marks": sorted(marks), **({"href": href} if href else {})}


def mention(shown: str, person: str | None = None) -> Node:
    """Build a mention: what is shown, and who is meant, as far as that is known.

    ``person`` is like a media ``ref``: an account as a tracker showed it (``seen:``), an alias, or an account at the
    target (``show:``). Codecs write only the last as a mention, which calls that person, and all else as its text.
    """
    return {"type": "mention", "text": shown, **({"person": person} if person else {})}


def media(ref: str | None = None, name: str = "") -> Node:
    """Build a picture or file in the text; ``name`` is what a reader sees for it."""
    return {"type": "media", **({"ref": ref} if ref else {}), **({"name": name} if name else {})}


def items(*contents: list[Node], ordered: bool = False, start: int = 1) -> Node:
    """Build a list from the blocks of each item."""
    inner = [{"type": "item", "content": blocks} for blocks in contents]
    return {"type": "list", "ordered": ordered, "start": start, "content": inner}


def code(value: str, language: str | None = None) -> Node:
    """Build a block of code."""
    return {"type": "code", "text": value, **({"language": language} if language else {})}


def quote(*blocks: Node) -> Node:
    """Build a quotation."""
    return {"type": "quote", "content": list(blocks)}


def cell(*blocks: Node, header: bool = False, colspan: int = 1, rowspan: int = 1) -> Node:
    """Build a cell of a table."""
    return {"type": "cell", "header": header, "colspan": colspan, "rowspan": rowspan, "content": list(blocks)}


def table(*rows: list[Node]) -> Node:
    """Build a table from the cells of each row."""
    return {"type": "table", "content": [{"type": "row", "content": cells} for cells in rows]}


def repair(value: str) -> str:
    """Give valid Unicode: halves of a pair are joined, a lone surrogate or a control character becomes U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", re.sub("\r\n|[\r\x0b\x0c]", "\n", whole_characters(value)))


def whole_characters(value: str) -> str:
    """Join the halves of a pair; a lone surrogate, which no tracker takes, becomes U+FFFD."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_damaged(value: str) -> bool:
    """Tell whether :func:`repair` has to replace anything."""
    return repair(value).count("\ufffd") > value.count("\ufffd")


def safe_href(value: object) -> str | None:
    """Return an absolute web or mail address, or none: other schemes run code, relative ones name the sender's host.

    Spaces and lines in it are read as a browser does.
    """
    href = re.sub("[\t\n]", "", repair(value)).strip().replace(" ", "%20") if isinstance(value, str) else ""
    return href if _HREF.fullmatch(href) else None


def normalise(document: Doc) -> Doc:
    """Give the one form of all documents in which a reader sees the same.

    Raises:
        ValueError: a node that the hub does not know.
    """
    return {"type": "doc", "content": _blocks(document["content"])}


def _blocks(nodes: list[Node]) -> list[Node]:
    return [block for node in nodes for block in _block(node)]


def _block(node: Node) -> list[Node]:
    kind, new = node["type"], {key: value for key, value in node.items() if key in ("type", "level")}
    if kind == "rule":
        return [new]
    if kind == "code":
        language = node.get("language") or ""
        new["text"] = repair(node["text"]).rstrip("\n")
        return [new | ({"language": language} if _LANGUAGE.fullmatch(language) else {})] if new["text"] else []
    if kind in ("paragraph", "heading"):
        new["content"] = _inlines(node["content"])
    elif kind in ("quote", "item", "cell"):
        new["content"] = _blocks(node["content"])
        new |= {key: True for key in ("header",) if node.get(key)}
        new |= {key: node[key] for key in ("colspan", "rowspan") if node.get(key, 1) > 1}
    elif kind in ("list", "table", "row"):
        new["content"] = _blocks(node["content"])
        if kind == "list":
            new["ordered"] = bool(node.get("ordered"))
            new |= {"start": max(0, node["start"])} if new["ordered"] and node.get("start", 1) != 1 else {}
    else:
        raise ValueError(f"no block of the hub: {kind}")
    return [new] if new["content"] or kind in ("item", "cell") else []


def _inlines(nodes: list[Node]) -> list[Node]:
    lines: list[list[Node]] = [[]]
    for run in (run for node in nodes for run in _runs(node)):
        last = lines[-1][-1] if lines[-1] else None
        if run["type"] == "break":
            lines.append([])
        elif last and run["type"] == last["type"] == "text" and run == {**last, "text": run["text"]}:
            last["text"] += run["text"]
        else:
            lines[-1].append(run)
    for line in lines:  # spaces at the end of a line are seen by nobody
        while line and line[-1]["type"] == "text":
            line[-1]["text"] = line[-1]["text"].rstrip(" ")
            if line[-1]["text"]:
                break
            line.pop()
    filled = [number for number, line in enumerate(lines) if line] or [0]
    shown = lines[filled[0] : filled[-1] + 1]
    return [run for number, line in enumerate(shown) for run in ([dict(BREAK)] if number else []) + line]


def _runs(node: Node) -> Iterator[Node]:
    if node["type"] == "text":
        marks = MARKS & set(node.get("marks", ()))
        marks = frozenset({"code"}) if "code" in marks else marks - {"sup"} if "sub" in marks else marks
        href = safe_href(node.get("href"))
        shown = repair(node["text"]).replace("\t", "    ").replace("\xa0", " ")
        for number, line in enumerate(shown.split("\n")):
            yield from [dict(BREAK)] if number else []
            yield from [text(line, *marks, href=href)] if line else []
    elif node["type"] == "mention":
        yield from [mention(shown, node.get("person"))] if (shown := _label(node["text"])) else []
    elif node["type"] == "media":
        yield media(node.get("ref"), _label(node.get("name") or ""))
    elif node["type"] == "break":
        yield dict(BREAK)
    else:
        raise ValueError(f"no inline of the hub: {node['type']}")


def _label(value: str) -> str:
    return " ".join(repair(value).split())


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything in it, in reading order."""
    stack = [node]
    while stack:
        yield (top := stack.pop())
        stack.extend(reversed(top.get("content", ())))


def media_refs(document: Doc) -> tuple[str, ...]:
    """List the references of all media, each once, in reading order."""
    return tuple(dict.fromkeys(node["ref"] for node in walk(document) if node["type"] == "media" and "ref" in node))


def with_media(node: Doc, refs: Mapping[str, str | None]) -> Doc:
    """Translate media references; one mapped to none keeps its name, one not mapped loses name and reference."""
    if node["type"] == "media" and "ref" in node:
        return media(refs[node["ref"]], node.get("name", "")) if node["ref"] in refs else media()
    return {**node, "content": [with_media(part, refs) for part in node["content"]]} if "content" in node else node


def people_of(document: Doc) -> tuple[str, ...]:
    """List whom a text mentions, each once, in reading order."""
    return tuple(
        dict.fromkeys(node["person"] for node in walk(document) if node["type"] == "mention" and "person" in node)
    )


def with_people(node: Doc, people: Mapping[str, str | None]) -> Doc:
    """Translate whom a text mentions; a mention of anybody who is not mapped is mere text from then on."""
    if node["type"] == "mention" and "person" in node:
        return mention(node["text"], people.get(node["person"]))
    return {**node, "content": [with_people(part, people) for part in node["content"]]} if "content" in node else node


def calling(node: Node) -> str | None:
    """Give the account at the target that a mention calls; none where it calls nobody there."""
    person = str(node.get("person", "")) if node["type"] == "mention" else ""
    return person.removeprefix(SHOW) if person.startswith(SHOW) else None


def with_mentions(document: Doc, pattern: re.Pattern[str]) -> Doc:
    """Make mentions of what a markup writes as text (``[~accountid:…]``). A group of the pattern is the account."""

    def node(one: Node) -> Node:
        if "content" not in one:
            return one
        parts: list[Node] = []
        for part in one["content"]:
            plain = part["type"] == "text" and "code" not in part["marks"]
            parts += _mentions(part, pattern) if plain else [node(part)]
        return {**one, "content": parts}

    return normalise(node(document)) if any(pattern.search(n.get("text", "")) for n in walk(document)) else document


def _mentions(node: Node, pattern: re.Pattern[str]) -> Iterator[Node]:
    at = 0
    for found in pattern.finditer(node["text"]):
        yield {**node, "text": node["text"][at : found.start()]}
        yield mention(SOMEBODY, SEEN + next(group for group in found.groups() if group))
        at = found.end()
    yield {**node, "text": node["text"][at:]}


def is_doc(value: Json) -> bool:
    """Tell a document of the hub from any other value, a tracker's own tree too."""
    return isinstance(value, dict) and value.keys() == {"type", "content"} and value["type"] == "doc"


def is_empty(document: Doc) -> bool:
    """Tell whether a reader sees nothing at all."""
    return not normalise(document)["content"]
