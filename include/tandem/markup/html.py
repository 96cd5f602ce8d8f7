# SPDX-License-Identifier: Apache-2.0
"""HTML as Zendesk shows it in ``html_body`` and as Azure DevOps keeps it in its long fields.

Read as a browser does (html5lib); written small and clean, and passed through nh3 before anything leaves. What stays of
a text stays as its own people wrote it, but for what could act.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any, Literal

import nh3
from bs4 import BeautifulSoup

from tandem.core.addresses import withhold
from tandem.core.doc import SEEN, SHOW, Doc, Node, Parsed, Rendered, calling, media_refs, normalise
from tandem.core.doc import doc as document
from tandem.core.plain import note, to_plain
from tandem.core.values import Json
from tandem.markup.html_edit import Edits
from tandem.markup.html_read import HtmlReader
from tandem.markup.keep import Slot, as_shown, blocks_of, over
from tandem.markup.neutralise import pieces as cut

_MARKS = {"strong": "strong", "em": "em", "code": "code", "strike": "s", "underline": "u", "sub": "sub", "sup": "sup"}
_TAGS = set(_MARKS.values()) | {"p", "br", "ul", "ol", "li", "pre", "blockquote", "hr", "a", "img", "span"}
_TAGS |= {"h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_CALLING = _ATTRIBUTES | {"a": {"href", "data-vss-mention"}}
GUID = re.compile("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
"""The id of an identity, as texts of Azure DevOps call it."""
_KEPT_TAGS = nh3.ALLOWED_TAGS | {"font", "section", "main"}
_KEPT_ATTRIBUTES = {
    "align",
    "bgcolor",
    "border",
    "class",
    "color",
    "dir",
    "face",
    "height",
    "id",
    "lang",
    "name",
    "rel",
}
_KEPT_ATTRIBUTES |= {"size", "style", "target", "title", "valign", "width"}
_DATA = ("data",)  # pictures that a present text carries inside itself; no link has this scheme


def clean(html: str, *schemes: str, calls: bool = False) -> str:
    """Remove everything but our own small set of tags, attributes and address schemes (``schemes``: more of these);
    ``calls``: mentions of Azure DevOps are written, too."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_CALLING if calls else _ATTRIBUTES,
        url_schemes={"http", "https", "mailto", *schemes},
        link_rel=None,
        strip_comments=True,
    )


def kept(html: str) -> str:
    """Let a part of a present text be as its people wrote it, but for what could act: scripts, forms, handlers."""
    return nh3.clean(
        html,
        tags=_KEPT_TAGS,
        attributes={**nh3.ALLOWED_ATTRIBUTES, "*": _KEPT_ATTRIBUTES},
        attribute_filter=_attribute,
        generic_attribute_prefixes={"data-"},
        url_schemes=nh3.ALLOWED_URL_SCHEMES | set(_DATA),
        link_rel=None,
        strip_comments=False,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    return None if name == "href" and value.strip().lower().startswith("data:") else value


def is_inert(html: str) -> bool:
    """Tell whether nothing in a part of a text could act."""
    return "<" not in html or _shape(html) == _shape(kept(html))


def _shape(html: str) -> list[tuple[str, list[str]]]:
    found = BeautifulSoup(f"<body>{html}", "html5lib").find_all(True)
    return [(tag.name, sorted(tag.attrs)) for tag in found]


def identity(node: Node) -> str | None:
    """Give the identity of Azure DevOps that a mention is to call; none where it calls nobody there."""
    account = calling(node)
    return account if account and GUID.fullmatch(account) else None


@dataclass(frozen=True, slots=True)
class Html:
    """The codec of HTML.

    ``patterns`` are broken by an empty ``span`` (see ``neutralise``); addresses of ``hosts``, the tracker's own, are
    not read: leave them out where the contract reveals its addresses. A mention is its text, which calls nobody,
    but where ``calls``: there the link is written by which Azure DevOps calls an identity.
    """

    patterns: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    calls: bool = False
    name: Literal["html"] = "html"

    def parse(self, native: Json) -> Parsed:
        """Read an HTML fragment, the wrapper of a Zendesk comment included; none is the empty document."""
        return HtmlReader(self.hosts).read(native if isinstance(native, str) else "")

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write HTML over the present one: each block of it that stays stays as it is written, and so does a picture.

        A picture that has no place in what is written is named in ``dropped_media``.
        """
        blocks = normalise(doc)["content"]
        if not isinstance(present, str) or not present:
            writer = HtmlWriter(self.patterns, calls=self.calls)
            return Rendered(clean("".join(map(writer.block, blocks)), calls=self.calls), tuple(sorted(writer.lossy)))
        reader = HtmlReader(self.hosts)
        pictures = {SHOW + ref.removeprefix(SEEN): shown for ref, shown in reader.pictures(present).items()}
        writer = HtmlWriter(self.patterns, pictures, self.calls, self.hosts)
        slots = over(reader.pieces(present), blocks)
        native = "".join(writer.over(slot) for slot in slots)
        wanted = withhold(document(*(block for slot in slots for block in blocks_of(slot))), self.hosts)
        read = HtmlReader(self.hosts).read(native).doc
        if to_plain(read) != to_plain(wanted):  # what was written stood on what is gone
            native = "".join(writer.over(Slot(block)) for slot in slots for block in blocks_of(slot))
            read = HtmlReader().read(native).doc
        there = media_refs(as_shown(read))
        return Rendered(native, tuple(sorted(writer.lossy)), tuple(ref for ref in pictures if ref not in there))

    def length(self, native: Json) -> int:
        """Count the bytes of the body in UTF-8, as Zendesk's 64 KB limit of a comment does (from memory; M)."""
        return len(native.encode("utf-8", "replace")) if isinstance(native, str) else 0


@dataclass(slots=True)
class HtmlWriter:
    """One writing; what the form does not hold is collected on the way."""

    patterns: tuple[str, ...]
    pictures: Mapping[str, str] = field(default_factory=dict)  # of the present text: reference → as it is written
    calls: bool = False  # whether a mention is the link by which Azure DevOps calls somebody
    hosts: frozenset[str] = frozenset()
    lossy: set[str] = field(default_factory=set)
    breaks_space: bool = True  # the next space would be seen by nobody, so it is written as a no-break space

    def over(self, slot: Slot) -> str:
        """Write one step of a text: a present piece as it is, its edited form, or a new block."""
        native = str(slot.piece.native) if slot.piece and slot.piece.native is not None else None
        if slot.block is None and native is not None:
            return kept(native)
        anew = "".join(clean(self.block(block), *_DATA, calls=self.calls) for block in blocks_of(slot))
        if slot.block is None or slot.piece is None or native is None:
            return anew
        writer = HtmlWriter(self.patterns, self.pictures, calls=self.calls)  # what it does not hold was counted above
        edited = Edits(writer.block, writer.words, self.hosts).edited(native, slot.piece.blocks, slot.block)
        return anew if edited is None else kept(edited)

    def block(self, node: Node) -> str:
        kind = node["type"]
        match kind:
            case "paragraph":
                return f"<p>{self.inlines(node['content'])}</p>"
            case "heading":
                return f"<h{node['level']}>{self.inlines(node['content'])}</h{node['level']}>"
            case "code":
                self.lossy.update({"language"} & node.keys())  # trackers' own cleaning takes classes away
                return f"<pre><code>\n{self._text(node['text'])}</code></pre>"
            case "quote":
                return f"<blockquote>{self._blocks(node['content'])}</blockquote>"
            case "list":
                start = f' start="{node["start"]}"' if "start" in node else ""
                tag = "ol" if node["ordered"] else "ul"
                return f"<{tag}{start}>{''.join(self._tight('li', '', item) for item in node['content'])}</{tag}>"
            case "table":
                rows = "".join(f"<tr>{''.join(map(self._cell, row['content']))}</tr>" for row in node["content"])
                return f"<table><tbody>{rows}</tbody></table>"
        return "<hr>"

    def _blocks(self, nodes: list[Node]) -> str:
        return "".join(map(self.block, nodes))

    def _cell(self, node: Node) -> str:
        spans = "".join(f' {key}="{node[key]}"' for key in ("colspan", "rowspan") if key in node)
        return self._tight("th" if node.get("header") else "td", spans, node)

    def _tight(self, tag: str, attributes: str, node: Node) -> str:
        """Write an item or cell; its first paragraph needs no element of its own."""
        first, *rest = node["content"] or [None]
        if first and first["type"] == "paragraph":
            return f"<{tag}{attributes}>{self.inlines(first['content'])}{self._blocks(rest)}</{tag}>"
        return f"<{tag}{attributes}>{self._blocks(node['content'])}</{tag}>"

    def inlines(self, nodes: list[Any]) -> str:
        self.breaks_space = True
        runs = [
            (href, "".join(map(self._inline, run))) for href, run in groupby(nodes, key=lambda node: node.get("href"))
        ]
        return "".join(f'<a href="{escape(href)}">{words}</a>' if href else words for href, words in runs)

    def _inline(self, node: Node) -> str:
        if node["type"] == "break":
            self.breaks_space = True
            return "<br>"
        if node["type"] == "media" and (written := self.pictures.get(node.get("ref", ""))):
            self.breaks_space = False
            return written
        source = node.get("ref", "").removeprefix(SHOW) if node.get("ref", "").startswith(SHOW) else ""
        if node["type"] == "media" and source.startswith(("http://", "https://")):
            self.breaks_space = False
            return f'<img src="{escape(source)}" alt="{escape(node.get("name", ""))}">'
        if self.calls and (account := identity(node)):
            self.breaks_space = False
            shown = escape(node["text"], quote=False)
            return f'<a href="#" data-vss-mention="version:2.0,{account}">{shown}</a>'
        self.lossy.update({node["type"]} - {"text"})
        written = self._text(self._spaced(note(node) if node["type"] == "media" else node["text"]))
        for mark in reversed(node.get("marks", ())):
            written = f"<{_MARKS[mark]}>{written}</{_MARKS[mark]}>"
        return written

    def _spaced(self, value: str) -> str:
        shown: list[str] = []
        for sign in value:
            shown.append("\xa0" if sign == " " and self.breaks_space else sign)
            self.breaks_space = sign == " "
        return "".join(shown)

    def words(self, value: str) -> str:
        """Write words that stand among others."""
        return self._text(re.sub("(?<= ) ", "\xa0", value))

    def _text(self, value: str) -> str:
        first, *rest = cut(value, self.patterns) or [""]
        return escape(first, quote=False) + "".join(f"<span>{escape(part, quote=False)}</span>" for part in rest)
