# SPDX-License-Identifier: Apache-2.0
"""What a person reads of a text in HTML."""

from __future__ import annotations

from bs4 import BeautifulSoup

_BLOCKS = ("p", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "div")


def read_html(html: str) -> str:
    """Give what a reader sees: blocks on lines of their own, cells apart."""
    soup = BeautifulSoup(html, "html5lib")
    for line in soup.find_all("br"):
        line.replace_with("\n")
    for block in soup.find_all(_BLOCKS):
        block.append("\n")
    for cell in soup.find_all(["td", "th"]):
        cell.append("\t")
    return soup.get_text().strip()
