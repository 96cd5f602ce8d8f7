# SPDX-License-Identifier: Apache-2.0
"""Read HTML into the hub as a browser lays it out: whitespace collapses, scripts are not text, unknown tags are."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from mimetypes import guess_type
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bs4 import BeautifulSoup
from bs4.dammit import EntitySubstitution
from bs4.element import NavigableString, PreformattedString, Tag
from bs4.formatter import HTMLFormatter

from tandem.core.addresses import withhold
from tandem.core.doc import (
    BREAK,
    SEEN,
    SOMEBODY,
    Doc,
    InlineFile,
    Node,
    Parsed,
    is_damaged,
    media,
    mention,
    normalise,
    repair,
    safe_href,
    text,
    walk,
)
from tandem.markup.keep import Piece

DEPTH = 100
"""Deeper nesting is read as bare text."""
_SILENT = {"script", "style", "head", "title", "meta", "link", "template", "base", "noscript"}
_MARKS = {"b": "strong", "strong": "strong", "i": "em", "em": "em", "cite": "em", "var": "em", "dfn": "em"}
_MARKS |= {"code": "code", "tt": "code", "kbd": "code", "samp": "code", "s": "strike", "strike": "strike"}
_MARKS |= {"del": "strike", "u": "underline", "ins": "underline", "sub": "sub", "sup": "sup"}
PLAIN_BLOCKS = {"p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "figure", "figcaption"}
PLAIN_BLOCKS |= {
    "address",
    "center",
    "fieldset",
    "form",
    "details",
    "summary",
    "dl",
    "dt",
    "dd",
    "body",
    "html",
    "caption",
}
_QUIET = {"p", "div", "span", "body", "html", "br", "wbr", "font"}
_CELLS = ("td", "th")
_LINE = ("text", "break", "media", "mention")
_FORM = HTMLFormatter(
    lambda value: EntitySubstitution.substitute_xml(value).replace("\xa0", "&nbsp;"), void_element_close_prefix=""
)
_SPACE = re.compile("[ \t\n\r\f]+")
_WHITE_SPACE = re.compile(r"(?:^|;)\s*white-space\s*:\s*(normal|nowrap|pre-line|pre-wrap|pre|break-spaces)", re.I)
_AS_WRITTEN = ("pre", "pre-wrap", "break-spaces")
_DATA = re.compile(r"data:(image/[\w.+-]+)((?:;[^,;]*)*),(.*)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Style:
    marks: frozenset[str] = frozenset()
    href: str | None = None
    depth: int = 0
    spaces: str = "normal"  # how CSS's white-space shows them


@dataclass(slots=True)
class HtmlReader:
    """One reading: the tree is returned, what was flattened is collected on the way."""

    hosts: frozenset[str] = frozenset()  # the tracker's own, whose addresses the hub does not hold
    lossy: set[str] = field(default_factory=set)
    keeps: list[str] = field(default_factory=list)
    files: dict[str, InlineFile] = field(default_factory=dict)

    def read(self, html: str) -> Parsed:
        """Read a whole fragment."""
        self.lossy.update({"unicode"} if is_damaged(html) else ())
        body = body_of(html)
        found = self._withheld(self._blocks(body, _Style()) if body else [])
        return Parsed(found, tuple(sorted(self.lossy)), tuple(self.keeps), tuple(self.files.values()))

    def pieces(self, html: str) -> list[Piece]:
        """Cut a fragment into what stands one below another, each as it is written and as it is read."""
        body = body_of(html)
        return self.pieces_of(body) if body else []

    def pictures(self, html: str) -> dict[str, str]:
        """Give the pictures of a fragment as they are written there, by their references."""
        body = body_of(html)
        return {self._image(node)["ref"]: written(node) for node in (body.find_all("img") if body else ())}

    def _withheld(self, blocks: list[Node]) -> Doc:
        whole = normalise({"type": "doc", "content": blocks})
        found = withhold(whole, self.hosts)
        self.lossy.update({"address"} if found != whole else ())
        return found

    def pieces_of(self, parent: Tag) -> list[Piece]:
        runs: list[tuple[list[Any], list[Node], bool]] = []
        for child in parent.children:
            flow = self._node(child, _Style())
            is_line = all(part["type"] in _LINE for part in flow)
            if is_line and runs and runs[-1][2]:
                runs[-1][0].append(child)
                runs[-1][1].extend(flow)
            else:
                runs.append(([child], flow, is_line))
        return [self._piece(nodes, flow, is_line) for nodes, flow, is_line in runs]

    def _piece(self, nodes: list[Any], flow: list[Node], is_line: bool) -> Piece:
        blocks = self._withheld(_grouped(flow))["content"]
        source = "".join(map(written, nodes))
        stays = "<input" not in source  # no form is written back, so a box to tick goes on as words
        holder = nodes[0] if len(blocks) > 1 and not is_line and nodes[0].name in PLAIN_BLOCKS else None
        return Piece(
            (f"<div>{source}</div>" if is_line and blocks else source) if stays else None,
            tuple(blocks),
            bool(source.strip()) if not blocks else any(node["type"] == "media" for b in blocks for node in walk(b)),
            (lambda: self.pieces_of(holder)) if holder else None,
        )

    def _blocks(self, parent: Tag, style: _Style) -> list[Node]:
        return _grouped(self._flow(parent.children, style))

    def _flow(self, nodes: Iterable[Any], style: _Style) -> list[Node]:
        """Read nodes as a browser flows them: inlines, and blocks that part them."""
        return [part for node in nodes for part in self._node(node, style)]

    def _node(self, node: Any, style: _Style) -> list[Node]:
        if isinstance(node, PreformattedString):  # comment, doctype, CDATA
            return []
        if isinstance(node, NavigableString):
            return _run(node, style)
        if not isinstance(node, Tag) or node.name in _SILENT:
            self.lossy.update({node.name} - {None} if isinstance(node, Tag) else ())
            return []
        if style.depth > DEPTH:
            self.lossy.add("depth")
            return [text(_SPACE.sub(" ", node.get_text(" ")), *style.marks, href=style.href)]
        shown = _WHITE_SPACE.search(str(node.get("style") or ""))
        inner = replace(style, depth=style.depth + 1, spaces=shown[1].lower() if shown else style.spaces)
        return self._element(node, node.name, inner)

    def _element(self, node: Tag, tag: str, style: _Style) -> list[Node]:
        if tag == "br":
            return [dict(BREAK)]
        if tag == "img":
            return [self._image(node)]
        if tag == "hr":
            return [{"type": "rule"}]
        if tag == "pre":
            return self._pre(node)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            blocks = self._blocks(node, style)
            return [
                part | {"type": "heading", "level": int(tag[1])} if part["type"] == "paragraph" else part
                for part in blocks
            ]
        if tag == "blockquote":
            return [{"type": "quote", "content": self._blocks(node, style)}]
        if tag in ("ul", "ol", "menu", "dir"):
            return [self._list(node, style)]
        if tag == "li":  # outside a list
            return [
                {"type": "list", "ordered": False, "content": [{"type": "item", "content": self._blocks(node, style)}]}
            ]
        if tag == "table":
            return self._table(node, style)
        if tag in _MARKS:
            return self._flow(node.children, replace(style, marks=style.marks | {_MARKS[tag]}))
        if tag == "a" and (account := _called(node)):
            return [mention(_SPACE.sub(" ", node.get_text()).strip() or SOMEBODY, SEEN + account)]
        if tag == "a":
            href = safe_href(node.get("href"))
            self.lossy.update({"link"} if node.get("href") and not href else ())
            return self._flow(node.children, replace(style, href=href or style.href))
        if tag == "input" and str(node.get("type")).lower() == "checkbox":
            self.lossy.add(tag)
            return [text("[x] " if node.has_attr("checked") else "[ ] ", *style.marks, href=style.href)]
        self.lossy.update({tag} - _QUIET)
        self.lossy.update({"style"} if node.get("style") else ())
        if tag in PLAIN_BLOCKS:
            return self._blocks(node, style) or [{"type": "paragraph", "content": []}]
        return self._flow(node.children, style)

    def _pre(self, present: Tag) -> list[Node]:
        node = copy(present)
        for line_end in node.find_all("br"):
            line_end.replace_with("\n")
        for silent in node.find_all(list(_SILENT)):
            silent.decompose()
        code = node.find("code")
        classes = [*_classes(node), *(_classes(code) if isinstance(code, Tag) else [])]
        language = next((name.removeprefix("language-") for name in classes if name.startswith("language-")), "")
        shown = node.get_text()
        if isinstance(code, Tag) and code.get_text() == shown:
            shown = shown.removeprefix("\n")  # we write the code on a line of its own
        files = [self._image(picture) for picture in node.find_all("img")]
        return [{"type": "code", "text": shown, "language": language}, {"type": "paragraph", "content": files}]

    def _list(self, node: Tag, style: _Style) -> Node:
        items: list[Node] = []
        for child in node.children:
            if isinstance(child, Tag) and child.name == "li":
                items.append({"type": "item", "content": self._blocks(child, style)})
                continue
            loose = normalise({"type": "doc", "content": _grouped(self._node(child, style))})["content"]
            if loose and not items:
                items.append({"type": "item", "content": []})
            if loose:  # old editors set an inner list beside the item, not in it
                items[-1]["content"].extend(loose)
        start = _number(node.get("start"), 1) if node.name == "ol" else 1
        return {"type": "list", "ordered": node.name == "ol", "start": start, "content": items}

    def _table(self, node: Tag, style: _Style) -> list[Node]:
        before: list[Node] = []
        rows: list[Node] = []
        for part in node.children:
            if isinstance(part, Tag) and part.name in ("thead", "tbody", "tfoot"):
                rows += [self._row(row, style) for row in part.find_all("tr", recursive=False)]
            elif isinstance(part, Tag) and part.name == "caption":
                before += self._blocks(part, style)
        return [*before, {"type": "table", "content": rows}]

    def _row(self, row: Tag, style: _Style) -> Node:
        return {
            "type": "row",
            "content": [
                {
                    "type": "cell",
                    "header": cell.name == "th",
                    "colspan": min(1000, max(1, _number(cell.get("colspan"), 1))),
                    "rowspan": min(65534, max(1, _number(cell.get("rowspan"), 1))),
                    "content": self._blocks(cell, style),
                }
                for cell in row.find_all(list(_CELLS), recursive=False)
            ],
        }

    def _image(self, node: Tag) -> Node:
        source, alt = str(node.get("src") or ""), str(node.get("alt") or "")
        self.lossy.add("img")
        if inline := _DATA.fullmatch(source):
            file = _inline_file(inline[1], inline[2], inline[3], alt)
            self.files[file.ref] = file
            return media(file.ref, file.name)
        self.keeps.append(str(node))
        return media(SEEN + source, alt or _file_name(source))


def body_of(html: str) -> Tag | None:
    return BeautifulSoup(f"<body>{repair(html)}", "html5lib").body  # the tag keeps bs4 from taking it for a file name


def written(node: Any) -> str:
    return str(node.output_ready(_FORM) if isinstance(node, NavigableString) else node.decode(formatter=_FORM))


def _run(node: NavigableString, style: _Style) -> list[Node]:
    """Read a run of text; its lines and spaces are shown where its style says so."""
    lines = [str(node)] if style.spaces in ("normal", "nowrap") else str(node).replace("\r\n", "\n").split("\n")
    shown = [line.replace(" ", "\xa0") if style.spaces in _AS_WRITTEN else _SPACE.sub(" ", line) for line in lines]
    parts = [part for line in shown for part in (BREAK, text(line, *style.marks, href=style.href))]
    return [dict(part) for part in parts[1:]]


def _grouped(flow: list[Node]) -> list[Node]:
    """Gather runs of inlines into paragraphs, with whitespace collapsed over their borders."""
    blocks: list[Node] = []
    run: list[Node] = []
    for node in [*flow, {"type": "rule"}]:
        if node["type"] in _LINE:
            run.append(node)
            continue
        if run:
            blocks.append({"type": "paragraph", "content": _collapsed(run)})
            run = []
        blocks.append(node)
    return blocks[:-1]


def _collapsed(run: list[Node]) -> list[Node]:
    kept: list[Node] = []
    at_space = True  # a line's first space, and one after another, is not shown
    for node in run:
        if node["type"] != "text":
            at_space = node["type"] == "break"
            kept.append(node)
            continue
        shown = node["text"].removeprefix(" ") if at_space else node["text"]
        if shown:
            kept.append(node | {"text": shown})
            at_space = shown.endswith(" ")
    return kept


def _called(node: Tag) -> str:
    """Whom Azure DevOps calls by a link: ``data-vss-mention="version:2.0,<id>"``."""
    return str(node.get("data-vss-mention") or "").rpartition(",")[2].strip()


def _classes(node: Tag) -> list[str]:
    found = node.get("class")
    return found.split() if isinstance(found, str) else [str(name) for name in found or ()]


def _number(value: object, otherwise: int) -> int:
    found = re.match(r"\s*([+-]?\d{1,9})", value) if isinstance(value, str) else None
    return int(found[1]) if found else otherwise


def _inline_file(mime: str, options: str, data: str, alt: str) -> InlineFile:
    """Take a picture out of its own address; a broken one is kept as the bytes that stand there."""
    try:
        content = (
            base64.b64decode(unquote(data), validate=False) if "base64" in options.lower() else unquote(data).encode()
        )
    except binascii.Error:
        content = data.encode()
    digest = hashlib.sha256(content).hexdigest()
    kind = mime.lower().removeprefix("image/").split("+")[0]
    return InlineFile(f"{SEEN}data:{digest}", alt or f"image-{digest[:8]}.{kind}", mime.lower(), content)


def _file_name(source: str) -> str:
    """Find a picture's name in an address: the trackers' own ``fileName=`` or ``name=``, else a last step like one.

    What is no picture's name (``sys_attachment.do``) says how the sender's tracker is made, and nothing of the picture.
    """
    try:
        address = urlsplit(source)
    except ValueError:
        return ""
    query = {key.lower(): values[0] for key, values in parse_qs(address.query).items()}
    last = unquote(PurePosixPath(address.path).name)
    return query.get("filename") or query.get("name") or (last if _is_picture(last) else "")


def _is_picture(name: str) -> bool:
    return (guess_type(name)[0] or "").startswith("image/")
