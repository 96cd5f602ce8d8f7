# SPDX-License-Identifier: Apache-2.0
"""A paper of sections and tables, as Markdown and as an HTML page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

_SPECIAL = re.compile(r"[\\`*\[\]<>#|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")  # within a word, _ says nothing
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; }
th, td { border: 1px solid #d4dbe3; padding: .4rem .6rem; text-align: left; vertical-align: top; }
th { background: #eef2f6; } tr:nth-child(even) td { background: #f8fafc; }
.wide { overflow-x: auto; }
@media print {
  body { font-size: 10px; max-width: none; margin: 0; padding: 0; } h1 { font-size: 18px; } h2 { font-size: 14px; }
  h2 { break-after: avoid; } tr { break-inside: avoid; } .wide { overflow: visible; }
  td, th { padding: .2rem .3rem; print-color-adjust: exact; } td + td { overflow-wrap: anywhere; }
}
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with sentences and, below them, a table (none: no table)."""

    title: str
    text: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper. Everything in it is plain text."""

    title: str
    text: Sequence[str]
    sections: Sequence[Section]


def markdown(paper: Paper) -> str:
    """Write a paper as GitHub's Markdown; no character of its texts means anything to Markdown."""
    lines = [f"# {_plain(paper.title)}", "", *_paragraphs(paper.text)]
    for section in paper.sections:
        lines += [f"## {_plain(section.title)}", "", *_paragraphs(section.text)]
        if section.rows:
            lines += [_row(section.head), _row("---" for _ in section.head), *map(_row, map(_cells, section.rows)), ""]
    return "\n".join(lines).rstrip() + "\n"


def page(paper: Paper) -> str:
    """Write a paper as an HTML page that needs nothing else."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown(paper))
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    title = html.escape(paper.title)
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f'<meta charset="utf-8">{view}<title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}</body>\n</html>\n'


def _paragraphs(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from (_plain(text), "")


def _cells(row: Sequence[str]) -> list[str]:
    return [_plain(cell) for cell in row]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
