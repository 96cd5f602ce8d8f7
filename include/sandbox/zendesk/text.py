# SPDX-License-Identifier: Apache-2.0
"""Comment bodies: what comes in as text or HTML, and the three forms in which Zendesk gives it back."""

import html
import re
from urllib.parse import quote

import nh3
from bs4 import BeautifulSoup

_BLOCKS = ("p", "div", "li", "br", "tr", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6")
_TAGS = nh3.ALLOWED_TAGS - {"map", "area"}


def html_from_text(text: str) -> str:
    """A plain `body`: a blank line makes a paragraph, a line end a line break."""
    paragraphs = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n"))
    return _wrapped(
        "".join(f'<p dir="auto">{html.escape(p, quote=False).replace(chr(10), "<br>")}</p>' for p in paragraphs)
    )


def html_from_html(source: str) -> str:
    """An `html_body`: scripts, handlers and unknown elements are taken out, as Zendesk does."""
    return _wrapped(nh3.clean(source, tags=_TAGS, link_rel="noopener noreferrer"))


def _wrapped(inner: str) -> str:
    return f'<div class="zd-comment" dir="auto">{inner}</div>'


def text_from_html(source: str) -> str:
    """The text of a body, one line a block."""
    soup = BeautifulSoup(source, "html.parser")
    for block in soup.find_all(_BLOCKS):
        block.append("\n\n" if block.name == "p" else "\n")
    text = soup.get_text().replace("\xa0", " ")
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def redacted(text: str) -> str:
    """As many blocks as there were characters."""
    return "▇" * len(text)


def content_name(name: str) -> str:
    return quote(name, safe="")
