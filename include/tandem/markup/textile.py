# SPDX-License-Identifier: Apache-2.0
"""Textile, as Redmine writes and shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Literal

from tandem.core.doc import Doc, Node, Parsed, Rendered, repair
from tandem.core.plain import note
from tandem.core.values import Json
from tandem.markup.html_read import HtmlReader
from tandem.markup.keep import Piece
from tandem.markup.source import ADDRESS, ALL, BEGINNINGS, Dialect, cut, finished, led, picture
from tandem.markup.textile_read import to_html

_SIGNS = {"strong": "*", "em": "_", "strike": "-", "underline": "+", "sup": "^", "sub": "~", "code": "@"}
_SPECIAL = re.compile(r"[!-/:-@\[-`{-~]")
# Redmine makes links of issues, wiki pages and people, and runs macros. Its own sign against the first two is "!".
_ACTS = re.compile(r"(?:(?<=[\s(,\-\[>])|^)(?=#{1,2}\d)|(?<!\[)(?=\[\[)")
_CALLS = re.compile(r"\{(?=\{)|@(?=\w)")
_TOKEN = re.compile(r"(?m)^\S{1,8}")
_PICTURE = re.compile(r"(?:(?<=[>\s])|^)![^\s!]+!", re.MULTILINE)
_PART = re.compile(r"(?:<pre\b[\s\S]*?(?:</pre>|\Z)|(?!\n[ \t]*\n)[\s\S])+")


@dataclass(frozen=True, slots=True)
class Textile:
    """The codec of Textile; addresses of ``hosts``, the tracker's own, are not read."""

    hosts: frozenset[str] = frozenset()
    name: Literal["textile"] = "textile"

    def parse(self, native: Json) -> Parsed:
        """Read Textile; none is the empty document."""
        return read(native, self.hosts)

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write Textile over the present one; its pictures stay, at their place or at the end."""
        dialect = Dialect(_block, read, _pieces, _PICTURE, self.hosts)
        return dialect.render(_without_tabs(doc), present if isinstance(present, str) else "")

    def length(self, native: Json) -> int:
        """Count code points."""
        return len(native) if isinstance(native, str) else 0


def _without_tabs(node: Node) -> Node:
    """Code as Redmine shows it: a tab as four spaces."""
    if node["type"] == "code":
        return {**node, "text": node["text"].replace("\t", "    ")}
    return {**node, "content": [_without_tabs(part) for part in node["content"]]} if "content" in node else node


def read(native: Json, hosts: frozenset[str] = frozenset()) -> Parsed:
    """Read Textile into the hub's tree."""
    source = repair(native) if isinstance(native, str) else ""
    parsed = HtmlReader().read(to_html(source))
    return finished(parsed, native, hosts)


def _pieces(source: str, hosts: frozenset[str]) -> list[Piece]:
    """Cut a text at its empty lines, but in ``<pre>``."""
    return cut([part[0] for part in _PART.finditer(repair(source))], source, partial(read, hosts=hosts))


def _block(node: Node, caution: int, lossy: set[str], turn: int) -> str:
    """Write one block."""
    return _Writer(caution, lossy).block(node)


@dataclass(slots=True)
class _Writer:
    caution: int
    lossy: set[str]

    def block(self, node: Node) -> str:
        match node["type"]:
            case "paragraph":
                return self.inlines(node["content"])
            case "heading":
                return f"h{node['level']}. {self.inlines(node['content'])}"
            case "code":
                begin, end = (f'<code class="{node["language"]}">', "</code>") if "language" in node else ("", "")
                return f"<pre>{begin}\n{node['text']}\n{end}</pre>"
            case "quote":
                inner = "\n\n".join(map(self.block, node["content"]))
                return "\n".join(f"> {line}".rstrip(" ") if line else ">" for line in inner.split("\n"))
            case "list":
                return "\n".join(self._items(node, ""))
            case "table":
                return "\n".join(self._row(row) for row in node["content"])
        return "---"

    def _items(self, node: Node, above: str) -> list[str]:
        marks = above + ("#" if node["ordered"] else "*")
        if node.get("start", 1) != 1:
            self.lossy.add("start")
        lines = []
        for item in node["content"]:
            inner = [part for part in item["content"] if part["type"] != "list"]
            lines.append(f"{marks} {chr(10).join(map(self.block, inner))}")
            for part in item["content"]:
                lines += self._items(part, marks) if part["type"] == "list" else []
        return lines

    def _row(self, row: Node) -> str:
        return f"|{'|'.join(map(self._cell, row['content']))}|"

    def _cell(self, cell: Node) -> str:
        look = "_" if cell.get("header") else ""
        look += f"\\{cell['colspan']}" if "colspan" in cell else ""
        look += f"/{cell['rowspan']}" if "rowspan" in cell else ""
        text = "\n".join(map(self.block, cell["content"]))
        return f"{look}. {text}" if look else text

    def inlines(self, nodes: list[Node]) -> str:
        written = "".join(
            f'{left}"{self._run(words)}":{href}{right}' if href else self._run(words)
            for href, left, words, right in led(nodes)
        )
        if self.caution == BEGINNINGS:
            written = _TOKEN.sub(lambda m: _SPECIAL.sub(_entity, m[0]) if "&" not in m[0] else m[0], written)
        return written

    def _inline(self, node: Node) -> str:
        if node["type"] == "break":
            return "\n"
        if "source" in node:
            return str(node["source"])
        if node["type"] == "media":
            name = picture(node)
            if name:
                return f"!{name}!"
            self.lossy.add("media")
            return self._text(note(node))
        if node["type"] == "mention":
            self.lossy.add("mention")
            return self._text(node["text"])
        marks, words = node.get("marks", ()), node["text"]
        href = node.get("href")
        if href == words and not marks:
            return str(words)
        inner = words.strip(" ")
        left, right = words[: len(words) - len(words.lstrip(" "))], words[len(words.rstrip(" ")) :]
        if not inner:
            return str(words)
        written = inner if marks == ["code"] else self._text(inner)
        for mark in reversed(marks):
            written = f"{_SIGNS[mark]}{written}{_SIGNS[mark]}"
        return f'{left}"{written}":{href}{right}' if href else left + written + right

    def _run(self, nodes: list[Node]) -> str:
        return "".join(map(self._inline, nodes))

    def _text(self, value: str) -> str:
        if self.caution < ALL:
            guarded = _ACTS.sub("!", _CALLS.sub(_entity, value))
            return re.sub(r"&(?=#?\w+;)", "&amp;", guarded) if guarded == value else guarded
        parts, at = [], 0
        for found in ADDRESS.finditer(value):
            parts += [_SPECIAL.sub(_entity, value[at : found.start()]), found[0]]
            at = found.end()
        return "".join([*parts, _SPECIAL.sub(_entity, value[at:])])


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"
