# SPDX-License-Identifier: Apache-2.0
"""HTML as Zendesk shows it in ``html_body`` and as Azure DevOps keeps it in its long fields.

Read as a browser does (html5lib); written small and clean, and passed through nh3 before anything leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal

import nh3

from tandem.core.doc import SHOW, Doc, Node, Parsed, Rendered, media_refs, normalise
from tandem.core.plain import note
from tandem.core.values import Json
from tandem.markup.html_read import HtmlReader
from tandem.markup.keep import as_shown, over
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


def clean(html: str) -> str:
    """Remove everything but our own small set of tags, attributes and address schemes."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
    )


@dataclass(frozen=True, slots=True)
class Html:
    """The codec of HTML.

    ``patterns`` are broken by an empty ``span`` (see ``neutralise``); addresses of ``hosts``, the tracker's own, are
    not read: leave them out where the contract reveals its addresses. A mention is its text, which calls nobody.
    """

    patterns: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    name: Literal["html"] = "html"

    def parse(self, native: Json) -> Parsed:
        """Read an HTML fragment, the wrapper of a Zendesk comment included; none is the empty document."""
        return HtmlReader(self.hosts).read(native if isinstance(native, str) else "")

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write HTML over the present one; its pictures stay, at their place or at the end.

        A present picture without a web address of its own (``data:``) cannot, and is named in ``dropped_media``.
        """
        blocks = normalise(doc)["content"]
        kept: tuple[str, ...] = ()
        if isinstance(present, str) and present:
            shown = as_shown(HtmlReader(self.hosts).read(present).doc)
            kept = media_refs(shown)
            blocks = over(shown["content"], blocks)
        writer = _Writer(self.patterns)
        native = clean("".join(map(writer.block, blocks)))
        there = media_refs(as_shown(HtmlReader().read(native).doc)) if kept else ()
        return Rendered(native, tuple(sorted(writer.lossy)), tuple(ref for ref in kept if ref not in there))

    def length(self, native: Json) -> int:
        """Count the bytes of the body in UTF-8, as Zendesk's 64 KB limit of a comment does (from memory; M)."""
        return len(native.encode("utf-8", "replace")) if isinstance(native, str) else 0


@dataclass(slots=True)
class _Writer:
    patterns: tuple[str, ...]
    lossy: set[str] = field(default_factory=set)
    breaks_space: bool = True  # the next space would be seen by nobody, so it is written as a no-break space

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
        return "".join(map(self._inline, nodes))

    def _inline(self, node: Node) -> str:
        if node["type"] == "break":
            self.breaks_space = True
            return "<br>"
        source = node.get("ref", "").removeprefix(SHOW) if node.get("ref", "").startswith(SHOW) else ""
        if node["type"] == "media" and source.startswith(("http://", "https://")):
            self.breaks_space = False
            return f'<img src="{escape(source)}" alt="{escape(node.get("name", ""))}">'
        self.lossy.update({node["type"]} - {"text"})
        written = self._text(self._spaced(note(node) if node["type"] == "media" else node["text"]))
        for mark in reversed(node.get("marks", ())):
            written = f"<{_MARKS[mark]}>{written}</{_MARKS[mark]}>"
        return f'<a href="{escape(node["href"])}">{written}</a>' if "href" in node else written

    def _spaced(self, value: str) -> str:
        shown: list[str] = []
        for sign in value:
            shown.append("\xa0" if sign == " " and self.breaks_space else sign)
            self.breaks_space = sign == " "
        return "".join(shown)

    def _text(self, value: str) -> str:
        first, *rest = cut(value, self.patterns) or [""]
        return escape(first, quote=False) + "".join(f"<span>{escape(part, quote=False)}</span>" for part in rest)
