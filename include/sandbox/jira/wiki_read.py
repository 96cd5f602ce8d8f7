# SPDX-License-Identifier: Apache-2.0
"""From Jira's wiki text to ADF: what the site stores of a text sent to `/rest/api/2`."""

import re

from sandbox.jira.values import JsonObject
from sandbox.jira.wiki_inline import MediaOf, inline, media, paragraph

_HEADING = re.compile(r"h([1-6])\.\s+(.*)$")
_LIST = re.compile(r"([*#]+|-)\s+(.*)$")
_FENCE = re.compile(r"\{(code|noformat)(?::([^}]*))?\}")
_BODY = re.compile(r"\{(quote|panel)(?::([^}]*))?\}\s*$")
_FILE_LINE = re.compile(r"!([^!|\n]+)(?:\|([^!\n]*))?!\s*$")
_PANEL_OF = {"#deebff": "info", "#eae6ff": "note", "#e3fcef": "success", "#fffae6": "warning", "#ffebe6": "error"}


def read(text: str, media_of: MediaOf) -> JsonObject:
    """Parse wiki text; what is no markup, or does not close, is text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return {"type": "doc", "version": 1, "content": _Blocks(lines, media_of).all()}


class _Blocks:
    """A cursor over lines."""

    def __init__(self, lines: list[str], media_of: MediaOf) -> None:
        self._lines = lines
        self._media_of = media_of
        self._at = 0

    def all(self) -> list[JsonObject]:
        nodes: list[JsonObject] = []
        while self._at < len(self._lines):
            if not self._lines[self._at].strip():
                self._at += 1
                continue
            nodes.append(self._next())
        return nodes

    def _next(self) -> JsonObject:
        line = self._lines[self._at]
        special = self._fenced(line) or self._bodied(line) or self._file(line)
        if special:
            return special
        if heading := _HEADING.match(line):
            self._at += 1
            return {
                "type": "heading",
                "attrs": {"level": int(heading[1])},
                "content": inline(heading[2], self._media_of),
            }
        if line.startswith("bq. "):
            self._at += 1
            return {"type": "blockquote", "content": [paragraph(line[4:], self._media_of)]}
        if re.fullmatch(r"-{4,}\s*", line):
            self._at += 1
            return {"type": "rule"}
        if _LIST.match(line):
            return self._list()
        if line.startswith("|"):
            return self._table()
        return self._paragraph()

    def _fenced(self, line: str) -> JsonObject | None:
        opened = _FENCE.match(line)
        if not opened:
            return None
        closing = f"{{{opened[1]}}}"
        first = line[opened.end() :]
        body = [first] if first else []
        for number in range(self._at + (0 if closing in first else 1), len(self._lines)):
            here = first if number == self._at else self._lines[number]
            if closing in here:
                before = here[: here.index(closing)]
                body = [before] if number == self._at else body + ([before] if before else [])
                self._at = number + 1
                return _code(opened[1], opened[2], "\n".join(body))
            body.append(here)
        return None

    def _bodied(self, line: str) -> JsonObject | None:
        opened = _BODY.match(line)
        if not opened:
            return None
        for number in range(self._at + 1, len(self._lines)):
            if self._lines[number].strip() == f"{{{opened[1]}}}":
                inner = _Blocks(self._lines[self._at + 1 : number], self._media_of).all()
                self._at = number + 1
                inner = inner or [{"type": "paragraph", "content": []}]
                if opened[1] == "quote":
                    return {"type": "blockquote", "content": inner}
                colour = re.search(r"bgColor=(#\w+)", opened[2] or "")
                kind = _PANEL_OF.get(colour[1] if colour else "", "info")
                return {"type": "panel", "attrs": {"panelType": kind}, "content": inner}
        return None

    def _file(self, line: str) -> JsonObject | None:
        found = _FILE_LINE.match(line)
        shown = media(found[1], found[2] or "", self._media_of) if found else None
        if shown is None:
            return None
        self._at += 1
        return {"type": "mediaSingle", "attrs": {"layout": "align-start"}, "content": [shown]}

    def _list(self) -> JsonObject:
        """Read one list; a change of its outermost kind begins another."""
        root: JsonObject = {"content": []}
        outermost = ""
        while self._at < len(self._lines) and (found := _LIST.match(self._lines[self._at])):
            prefix = found[1].replace("-", "*")
            if outermost and prefix[0] != outermost:
                break
            outermost = prefix[0]
            self._at += 1
            text = [found[2]]
            while self._at < len(self._lines) and self._goes_on(self._lines[self._at]):
                text.append(self._lines[self._at])
                self._at += 1
            _hang(root, prefix, paragraph("\n".join(text), self._media_of))
        return dict(root["content"][0])

    def _goes_on(self, line: str) -> bool:
        """Whether a line belongs to the list item before it."""
        return bool(line.strip()) and not self._starts_block(line)

    def _starts_block(self, line: str) -> bool:
        return bool(
            _LIST.match(line)
            or _HEADING.match(line)
            or _FENCE.match(line)
            or _BODY.match(line)
            or line.startswith(("bq. ", "|"))
            or re.fullmatch(r"-{4,}\s*", line)
        )

    def _table(self) -> JsonObject:
        rows: list[JsonObject] = []
        while self._at < len(self._lines) and self._lines[self._at].startswith("|"):
            line = self._lines[self._at]
            self._at += 1
            while not line.rstrip().endswith("|") and self._at < len(self._lines):
                line += "\n" + self._lines[self._at]
                self._at += 1
            rows.append({"type": "tableRow", "content": _cells(line.rstrip(), self._media_of)})
        return {"type": "table", "attrs": {"isNumberColumnEnabled": False, "layout": "default"}, "content": rows}

    def _paragraph(self) -> JsonObject:
        start = self._at
        self._at += 1
        while self._at < len(self._lines) and self._goes_on(self._lines[self._at]):
            if self._media_line(self._lines[self._at]):
                break
            self._at += 1
        return paragraph("\n".join(self._lines[start : self._at]), self._media_of)

    def _media_line(self, line: str) -> bool:
        found = _FILE_LINE.match(line)
        return bool(found and media(found[1], "", self._media_of))


def _code(kind: str, options: str | None, text: str) -> JsonObject:
    language = next((part for part in (options or "").split("|") if part and "=" not in part), None)
    node: JsonObject = {"type": "codeBlock", "attrs": {"language": language} if language else {}}
    return node | {"content": [{"type": "text", "text": text}] if text else []}


def _hang(root: JsonObject, prefix: str, content: JsonObject) -> None:
    """Put an item at its depth, opening the lists that lead there."""
    parent = root
    for depth, sign in enumerate(prefix):
        kind = "orderedList" if sign == "#" else "bulletList"
        lists = parent["content"]
        if not lists or lists[-1]["type"] != kind:
            made: JsonObject = {"type": kind, "content": []}
            lists.append(made | {"attrs": {"order": 1}} if kind == "orderedList" else made)
        items = lists[-1]["content"]
        if depth == len(prefix) - 1:
            items.append({"type": "listItem", "content": [content]})
        else:
            if not items:
                items.append({"type": "listItem", "content": [{"type": "paragraph", "content": []}]})
            parent = items[-1]


def _cells(line: str, media_of: MediaOf) -> list[JsonObject]:
    """Divide a table's line at its bars; `||` begins a header cell."""
    cells: list[JsonObject] = []
    for bar, text in re.findall(r"(\|\|?)((?:\\.|\[[^\]\n]*\]|![^!\n]+!|[^|])+)", line, re.DOTALL):
        kind = "tableHeader" if bar == "||" else "tableCell"
        content = [paragraph(text.strip(), media_of)]
        cells.append({"type": kind, "attrs": {}, "content": content})
    return cells or [{"type": "tableCell", "attrs": {}, "content": [paragraph("", media_of)]}]
