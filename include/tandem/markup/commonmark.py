# SPDX-License-Identifier: Apache-2.0
"""CommonMark with tables and strikethrough, as Redmine (from 5.0) and Azure DevOps write and show it."""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from tandem.core.doc import SOMEBODY, Doc, Node, Parsed, Rendered, repair, walk
from tandem.core.plain import note
from tandem.core.values import Json
from tandem.markup.html import GUID, HtmlWriter, identity, is_inert
from tandem.markup.html_read import DEPTH, HtmlReader
from tandem.markup.keep import Piece, Slot
from tandem.markup.source import ADDRESS, ALL, BEGINNINGS, ELEMENTS, Dialect, cut, finished, led, picture

_MARKS = {"strong": ("**", "**"), "em": ("*", "*"), "strike": ("~~", "~~"), "underline": ("<u>", "</u>")}
_MARKS |= {"sub": ("<sub>", "</sub>"), "sup": ("<sup>", "</sup>")}
_TAGS = {"strong": "strong", "em": "em", "strike": "s", "underline": "u", "sub": "sub", "sup": "sup", "code": "code"}
_ELEMENTS = {mark: (f"<{tag}>", f"</{tag}>") for mark, tag in _TAGS.items()}
_SPECIAL = re.compile(r"[!-/:-@\[-`{-~]")
# Redmine makes links of issues, wiki pages and people, and runs macros. Its own sign against links is "!"; whom a note
# names by "@" gets a mail, so that is hidden from it, too.
_ACTS = re.compile(r"(?:(?<=[\s(,\-\[>])|^)(?=#{1,2}\d|@\w)|(?<!\[)(?=\[\[)")
_UNDONE = re.compile(r"(?:(?<=[\s(,\-\[>])|^)!(?=#{1,2}\d|@\w)|!(?=\[\[)")
_LITERAL = re.compile(r"(?<=\\!)(?=\\#|&#64;)")
# Azure DevOps makes links of items (#12, AB#12) and pull requests (!12), and tells whom a text names. What looks like
# an element may be cleaned out of a long field, whatever its form.
_ACTS_AZURE = re.compile(r"(?=#\d|!\d|<[A-Za-z/!?])|(?<!\w)(?=@[\w<])")
_ACTS_HTML = (r"#\d", r"!\d", r"(?<!\w)@[\w<]", r"\[\[", r"\{\{")
_CALLS = re.compile(r"\{(?=\{)|@(?=\w)")
_NUMBERED = re.compile("\x02([0-9]+)\x03")
_LITERALLY = re.compile("(?!)")  # nothing
_ENTITY = re.compile(r"&#\d+;")
_TOKEN = re.compile(rf"(?m)^(?:{_ENTITY.pattern}|[^\s<]){{1,8}}")
# Azure DevOps calls people by @<id>; what stands in code calls nobody.
_CALLED = re.compile(rf"(`++)[\s\S]*?(?<!`)\1(?!`)|`++|@<({GUID.pattern})>")
_SIGN = re.compile(f"{_ENTITY.pattern}|{_SPECIAL.pattern}")
_PICTURE = re.compile(
    r"!\[[^\]\n]*\]\((?:<[^>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+\"[^\"]*\")?\)|<img\b[^>]*>", re.I
)
_BULLETS = ("-", "*")
_NUMBERS = (".", ")")
References = dict[str, Any]  # label → address, title and lines, as the reader collects them


@dataclass(frozen=True, slots=True)
class CommonMark:
    """The codec of CommonMark; addresses of ``hosts``, the tracker's own, are not read.

    What the tracker would act on is told from it by Redmine's own sign or, for Azure DevOps (``azure``), by an entity.
    """

    hosts: frozenset[str] = frozenset()
    azure: bool = False
    name: Literal["common_mark"] = "common_mark"

    def parse(self, native: Json) -> Parsed:
        """Read CommonMark; none is the empty document."""
        return read(native, self.hosts, azure=self.azure)

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        """Write CommonMark over the present one; its pictures stay, at their place or at the end."""
        text = partial(read, azure=self.azure)
        called = _call if self.azure else _nobody
        pieces = partial(_pieces, self.azure)
        dialect = Dialect(partial(_block, self.azure), text, pieces, _PICTURE, self.hosts, called, ELEMENTS + 1)
        return dialect.render(doc, present if isinstance(present, str) else "")

    def length(self, native: Json) -> int:
        """Count code points."""
        return len(native) if isinstance(native, str) else 0


def read(
    native: Json, hosts: frozenset[str] = frozenset(), *, azure: bool = False, references: References | None = None
) -> Parsed:
    """Read CommonMark into the hub's tree; ``references``: what the whole says of those that a part of it names."""
    markdown = _reader()
    source = _CALLED.sub(_called, repair(native) if isinstance(native, str) else "")
    tokens = markdown.parse(source, {"references": ChainMap({}, references or {})})
    for token in tokens:
        _keep_spaces(token, _LITERALLY if azure else _UNDONE)
    parsed = HtmlReader().read(markdown.renderer.render(tokens, markdown.options, {}))
    return finished(parsed, native, hosts)


def _pieces(azure: bool, source: str, hosts: frozenset[str]) -> list[Piece]:
    """Cut a text where its blocks begin; what references stand for is a part of its own, which nobody sees."""
    text = repair(source)
    said: dict[str, References] = {}
    blocks = [token.map for token in _reader().parse(text, said) if token.level == 0 and token.map]
    references = said.get("references", {})
    within = {line for begin, end in blocks for line in range(begin, end)}
    told = {line for one in references.values() for line in range(*one["map"])} - within
    apart = [line for line in told if line - 1 not in told]  # those one behind another are one part
    lines = text.split("\n")
    begins = sorted({*(begin for begin, _ in blocks), *apart})
    parts = ["\n".join(lines[begin:end]) for begin, end in pairwise([0, *begins[1:], len(lines)])]
    return cut(parts, text, partial(read, hosts=hosts, azure=azure, references=references), _stays)


def _stays(part: str) -> bool:
    """Tell whether the HTML in a part, that in code left out, could not act."""
    tokens = [one for block in _reader().parse(_CALLED.sub(_called, part)) for one in (block, *(block.children or ()))]
    return is_inert("".join(one.content for one in tokens if one.type in ("html_block", "html_inline")))


@cache
def _reader() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": 2 * DEPTH}).enable(["table", "strikethrough"])
    markdown.block.ruler.before("table", "deep", _deep)
    markdown.normalizeLink = _as_written  # type: ignore[assignment, method-assign]  # of this one reader
    return markdown


def _deep(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Read what is nested deeper than anybody writes as bare text: the reader itself would leave it out."""
    if state.level < DEPTH or silent:
        return False
    words = state.push("inline", "", 0)
    words.content, words.children = state.getLines(line, end, state.blkIndent, False).strip(), []
    state.line = end
    return True


def _as_written(address: str) -> str:
    """An address is not spelt anew: it would be another one to whoever compares."""
    return address


def _called(found: re.Match[str]) -> str:
    """A mention as HTML has it; code, and signs that open none, stay as they are."""
    return found[0] if not found[2] else f'<a href="#" data-vss-mention="version:2.0,{found[2]}">{SOMEBODY}</a>'


def _call(node: Node) -> str | None:
    """A mention as a source of Azure DevOps calls somebody."""
    account = identity(node)
    return f"@<{account}>" if account else None


def _nobody(node: Node) -> None:
    """Redmine calls by log-in, which no people file holds."""


def _keep_spaces(token: Token, undone: re.Pattern[str]) -> None:
    """Keep spaces one after another, which HTML shows to nobody; and undo what keeps Redmine from making a link."""
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            spaced = re.sub(r"(?<= ) ", "\xa0", child.content.replace("\t", "    "))
            child.content = undone.sub("", spaced) if child.type == "text" else spaced


def _block(azure: bool, node: Node, caution: int, lossy: set[str], turn: int) -> str:
    """Write one block."""
    return _Writer(caution, lossy, azure).block(node, turn)


@dataclass(slots=True)
class _Writer:
    caution: int
    lossy: set[str]
    azure: bool = False

    def block(self, node: Node, turn: int = 0) -> str:
        """Write a block. ``turn`` tells lists apart that stand one behind another."""
        match node["type"]:
            case "paragraph":
                return self.inlines(node["content"])
            case "heading":
                return f"{'#' * node['level']} {self.inlines(node['content'])}"
            case "code":
                fence = "`" * max([2, *(len(run) for run in re.findall("`+", node["text"]))]) + "`"
                return f"{fence}{node.get('language', '')}\n{node['text']}\n{fence}"
            case "quote":
                inner = self._blocks(node["content"])
                return "\n".join(f"> {line}" if line else ">" for line in inner.split("\n"))
            case "list":
                return self._list(node, turn)
            case "table":
                return self._table(node)
        return "---"

    def _blocks(self, nodes: list[Node]) -> str:
        written: list[str] = []
        turn = 0
        for before, node in zip([None, *nodes], nodes, strict=False):
            behind = before is not None and before["type"] == node["type"] == "list"
            turn = 1 - turn if behind else 0
            written.append(self.block(node, turn))
        return "\n\n".join(written)

    def _list(self, node: Node, turn: int) -> str:
        items = []
        for number, item in enumerate(node["content"], node.get("start", 1)):
            mark = f"{number}{_NUMBERS[turn]} " if node["ordered"] else f"{_BULLETS[turn]} "
            inner = self._blocks(item["content"]).split("\n")
            items.append("\n".join([mark + inner[0], *(" " * len(mark) + line if line else "" for line in inner[1:])]))
        loose = any(len(item["content"]) > 1 for item in node["content"])
        return ("\n\n" if loose else "\n").join(items)

    def _table(self, node: Node) -> str:
        """Write a table with bars, or in HTML if there is more in it than bars can part."""
        if not _is_plain(node):
            shown = {part["ref"]: part["source"] for part in walk(node) if "ref" in part and "source" in part}
            drawn = {ref: _reader().renderInline(source) for ref, source in shown.items()}
            writer = HtmlWriter(_ACTS_HTML, drawn, calls=self.azure)
            written = writer.over(Slot(node))
            self.lossy |= writer.lossy
            return written.replace("\n", "&#10;")  # an empty line would end it
        rows = [[self._cell(cell) for cell in row["content"]] for row in node["content"]]
        bar = "|".join("---" for _ in rows[0])
        return "\n".join([f"| {' | '.join(rows[0])} |", f"|{bar}|", *(f"| {' | '.join(row)} |" for row in rows[1:])])

    def _cell(self, cell: Node) -> str:
        written = "<br>".join(map(self.block, cell["content"]))
        return re.sub(r"(?<!\\)\|", r"\\|", re.sub(r" *\n", "<br>", written))

    def inlines(self, nodes: list[Node]) -> str:
        written = "".join(
            f"{left}[{self._run(words)}]({self._where(href)}){right}" if href else self._run(words)
            for href, left, words, right in led(nodes)
        )
        if self.caution == BEGINNINGS:
            written = _TOKEN.sub(lambda m: _careful(m[0]) if "\\" not in m[0] else m[0], written)
        written = re.sub(
            r"(?:  \n)+(?=  \n)", lambda m: "<br>" * (len(m[0]) // 3), written
        )  # an empty line would end it
        return re.sub(r"(?m)^ ", "&nbsp;", written)  # what stands behind it begins no line any more

    def _inline(self, node: Node) -> str:
        if node["type"] == "break":
            return "  \n"
        if "source" in node:
            return str(node["source"])
        if node["type"] == "media":
            name = picture(node)
            if name:
                return f"![{name}]({name})"
            self.lossy.add("media")
            return self._text(note(node))
        if node["type"] == "mention":
            self.lossy.add("mention")
            return self._text(node["text"])
        marks, words, href = node.get("marks", ()), node["text"], node.get("href")
        if href == words and not marks and self.caution < ALL and ADDRESS.fullmatch(words):
            return str(words)
        inner = words.strip(" ")
        signs = _MARKS if self.caution < ELEMENTS else _ELEMENTS
        if not inner and (signs is _MARKS or not marks):
            return str(words)
        left, right = words[: len(words) - len(words.lstrip(" "))], words[len(words.rstrip(" ")) :]
        if marks and signs is _ELEMENTS:  # these hold the spaces at the ends of a run, which signs do not
            inner, left, right = "\x04" * len(left) + inner + "\x04" * len(right), "", ""
        code = marks == ["code"] and signs is _MARKS
        written = self._code(inner) if code else self._text(inner).replace("\x04", "&nbsp;")
        for mark in reversed([] if code else marks):
            begin, end = signs[mark]
            written = f"{begin}{written}{end}"
        return f"{left}[{written}]({self._where(href)}){right}" if href else left + written + right

    def _run(self, nodes: list[Node]) -> str:
        return "".join(map(self._inline, nodes))

    def _where(self, href: str) -> str:
        return f"<{href}>" if self.caution >= ALL else href  # a lone bracket in it would end it

    def _code(self, words: str) -> str:
        fence = "`" * (max([0, *(len(run) for run in re.findall("`+", words))]) + 1)
        space = " " if words.startswith("`") or words.endswith("`") else ""
        return f"{fence}{space}{words}{space}{fence}"

    def _text(self, value: str) -> str:
        if self.azure:
            return self._entities(value)
        guarded = _ACTS.sub("\x02", value)
        if self.caution < ALL:
            return _CALLS.sub(_entity, guarded).replace("\x02", "!")
        parts, at = [], 0
        for found in ADDRESS.finditer(guarded):
            parts += [_SPECIAL.sub(_escaped, guarded[at : found.start()]), found[0]]
            at = found.end()
        # An element without anything in it parts a "!" of the text's own from ours.
        return _LITERAL.sub("<b></b>!", "".join([*parts, _SPECIAL.sub(_escaped, guarded[at:])])).replace("\x02", "!")

    def _entities(self, value: str) -> str:
        pieces = _ACTS_AZURE.split(value)
        written = [pieces[0], *(f"\x02{ord(piece[0])}\x03{piece[1:]}" for piece in pieces[1:])]
        escaped = "".join(written) if self.caution < ALL else _SPECIAL.sub(r"\\\g<0>", "".join(written))
        return _NUMBERED.sub(r"&#\1;", escaped)


def _is_plain(table: Node) -> bool:
    """Tell whether a table has a head and one line in each cell."""
    cells = [(cell, not number) for number, row in enumerate(table["content"]) for cell in row["content"]]
    same = len({len(row["content"]) for row in table["content"]}) == 1
    return same and all(
        cell.get("header", False) is head
        and not {"colspan", "rowspan"} & cell.keys()
        and [part["type"] for part in cell["content"]] in ([], ["paragraph"])
        for cell, head in cells
    )


def _careful(token: str) -> str:
    """Escape every sign of how a line begins; an entity stands for one, and stays."""
    return _SIGN.sub(lambda m: m[0] if len(m[0]) > 1 else f"\\{m[0]}", token)


def _escaped(found: re.Match[str]) -> str:
    return _entity(found) if _CALLS.match(found.string, found.start()) else f"\\{found[0]}"


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"
