# SPDX-License-Identifier: Apache-2.0
"""Textile as Redmine reads it (RedCloth 3 with its own additions), turned into the HTML that it would show.

Other Textile readers change letters (quotes, dashes, ``(c)``); this one, like Redmine, leaves them as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

from tandem.markup.html_read import DEPTH

_Marked = str | Callable[[re.Match[str]], str]
_KEPT = "\x02{}\x03"  # control characters are no part of any text that reaches here
_PLACE = re.compile("\x02(\\d+)\x03")
_OFF = re.compile(r"<(pre|code|kbd|notextile)\b[^>\n]*>(.*?)(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_CODE_IN_PRE = re.compile(r"\s*<code(?:\s+class=[\"']?([\w+#.-]+)[\"']?)?[^>\n]*>(.*?)(?:</code>\s*)?\Z", re.DOTALL)
_ENTITY = re.compile(r"&(?!(?:#\d+|#x[0-9a-f]+|[a-z0-9]+);)", re.IGNORECASE)
_SIDES = r"[<>=()]{0,40}"  # more signs than anybody needs: without an end, time would have none either
_ALIGN = rf"(?:{_SIDES}[\-^~]?{_SIDES})"
_CLASS = r"(?:(?:\([^\"()]+\)|\{[^{\"}]+\}|\[[a-z\-_]+\])*)"
_SPAN = r"(?:(?:\\(?P<cols>\d+))?(?:/(?P<rows>\d+))?)"
_PREFIX = re.compile(rf"(h[1-6]|p|bq|fn\d+){_ALIGN}{_CLASS}\.(?::\S+)? (.*)", re.DOTALL)
_ITEM = re.compile(rf"([#*]+){_CLASS} (.*)", re.DOTALL)
_ROW_LOOK = re.compile(rf"{_ALIGN}{_CLASS}\. (?=\|)")
_CELL = re.compile(rf"(?P<head>_)?{_SPAN}{_ALIGN}{_CLASS}\. ?")
_TABLE_LOOK = re.compile(rf"table_?{_ALIGN}{_CLASS}\. ?\n")
_RULE = re.compile(r" ?(?:(?:\* ?){3,}|(?:- ?){3,}|(?:_ ?){3,})")
_JOINED = r"\*\*|\*|\?\?|-|__|_|%|\+|\^|~"
_PUNCT = r"!-/:-@\[-`{-~"
_QTAGS = (
    *(("**", "b"), ("*", "strong"), ("??", "cite"), ("-", "del"), ("__", "i")),
    *(("_", "em"), ("%", "span"), ("+", "ins"), ("^", "sup"), ("~", "sub")),
)
_SPANS = tuple(
    (
        re.compile(
            rf"(^|[>\s(])(?!--)({_JOINED}|){re.escape(sign)}(\w|\S.*?\S)(?!--){re.escape(sign)}({_JOINED}|)"
            rf"(?=[{_PUNCT}]|<|\s|$)"
        ),
        re.compile(rf"(?<=\S)(?!--)(?=({re.escape(sign)}(?:{_JOINED}|)(?=[{_PUNCT}]|<|\s|$)))"),
        rf"\1\2<{tag}>\3</{tag}>\4",
    )
    for sign, tag in _QTAGS
)
_LINK = re.compile(
    rf"(?P<pre>^|[\s\[{{(>]|[{_PUNCT}])?\"{_CLASS}(?P<text>[^\"]+?)\s?(?:\([^)]+?\)(?=\"))?\":"
    r"(?P<url>(?:/|[a-zA-Z]+://|www\.|mailto:)[^\W]\S*?)(?P<slash>/)?(?P<post>[^\w=/;()\-]*?)(?=<|\s|$)"
)
_IMAGE = re.compile(r"(>|\s|^)!(?:[<=>])?(?:\. )?([^\s(!]+?)\s?(?:\(((?:[^()]|\([^)]+\))+?)\))?!(?::\S+)?(?=\W|$)")
_INLINE_CODE = re.compile(r"(^|[^\w@])@(?:\|\w+?\|)?(.+?)@(?=\W|$)")
_CODE_END = re.compile(r"(@)(?=\W|$)")
_UNDONE = re.compile(r"(?:(?<=[\s(,\-\[>])|^)!(?=#{1,2}\d)|!(?=\[\[|\{\{)")


def to_html(source: str) -> str:
    """Read Textile."""
    return _Reader().read(source)


class _Reader:
    def __init__(self) -> None:
        self._kept: list[str] = []

    def read(self, source: str) -> str:
        text = _OFF.sub(self._off, source.replace("\t", "    "))
        text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        text = re.sub(r"(^|\s)==([^=\n]+.*?)==(?=\s|$)", lambda m: m[1] + self._keep(escape(m[2])), text)
        text = _ENTITY.sub("&amp;", text).replace("<", "&lt;")
        html = self._blocks(text)
        while _PLACE.search(html):
            html = _PLACE.sub(lambda m: self._kept[int(m[1])], html)
        return html

    def _keep(self, html: str) -> str:
        self._kept.append(html)
        return _KEPT.format(len(self._kept) - 1)

    def _off(self, found: re.Match[str]) -> str:
        tag, inner = found[1].lower(), found[2]
        if tag != "pre":
            shown = escape(inner)
            return self._keep(shown if tag == "notextile" else f"<code>{shown}</code>")
        code = _CODE_IN_PRE.fullmatch(inner)
        language = f' class="language-{escape(code[1])}"' if code and code[1] else ""
        shown = escape(code[2] if code else inner).removeprefix("\n")
        return "\n\n" + self._keep(f"<pre><code{language}>\n{shown}</code></pre>") + "\n\n"

    # ---- blocks

    def _blocks(self, text: str, depth: int = 0) -> str:
        parts: list[str] = []
        lines: list[str] = []
        quoted: list[str] = []
        for line in [*text.split("\n"), None]:
            if line is not None and line.startswith(">") and depth <= DEPTH:
                quoted.append(re.sub(r"^> ?", "", line))
                continue
            if quoted:
                inner = self._blocks("\n".join(quoted), depth + 1)
                parts += [self._plain_blocks("\n".join(lines)), f"<blockquote>{inner}</blockquote>"]
                lines, quoted = [], []
            if line is not None:
                lines.append(line)
        return "".join([*parts, self._plain_blocks("\n".join(lines))])

    def _plain_blocks(self, text: str) -> str:
        return "".join(self._block(part.strip("\n")) for part in re.split(r"\n(?: *\n)+", text) if part.strip("\n "))

    def _block(self, block: str) -> str:
        if _PLACE.fullmatch(block):
            return block
        look = _TABLE_LOOK.match(block)
        table = block[look.end() :] if look else block
        row = _ROW_LOOK.match(table)
        if table.rstrip().endswith("|") and (table.startswith("|") or row) and len(table.rstrip()) > 1:
            return self._table(table.rstrip())
        if _RULE.fullmatch(block):
            return "<hr>"
        if prefix := _PREFIX.fullmatch(block):
            return self._prefixed(prefix[1], prefix[2])
        lines = block.split("\n")
        first = next((number for number, line in enumerate(lines) if _ITEM.fullmatch(line)), None)
        if first is None:
            return f"<p>{self._inline(block)}</p>"
        before = f"<p>{self._inline(chr(10).join(lines[:first]))}</p>" if first else ""
        return before + self._list(lines[first:])

    def _prefixed(self, tag: str, text: str) -> str:
        if tag == "bq":
            return f"<blockquote><p>{self._inline(text)}</p></blockquote>"
        if tag.startswith("fn"):
            return f"<p><sup>{tag[2:]}</sup> {self._inline(text)}</p>"
        return f"<{tag}>{self._inline(text)}</{tag}>"

    def _list(self, lines: list[str]) -> str:
        items: list[tuple[str, list[str]]] = []
        for line in lines:
            if item := _ITEM.fullmatch(line):
                items.append((item[1], [item[2]]))
            else:
                items[-1][1].append(line)
        html, open_ = "", list[str]()
        for marks, text in items:
            while open_ and len(open_[-1]) > len(marks):
                html += f"</li></{_list_tag(open_.pop())}>"
            if open_ and len(open_[-1]) == len(marks) and _list_tag(open_[-1]) != _list_tag(marks):
                html += f"</li></{_list_tag(open_.pop())}>"
            if open_ and len(open_[-1]) == len(marks):
                html += "</li>"
            else:
                open_.append(marks)
                html += f"<{_list_tag(marks)}>"
            html += f"<li>{self._inline(chr(10).join(text))}"
        return html + "".join(f"</li></{_list_tag(marks)}>" for marks in reversed(open_))

    def _table(self, table: str) -> str:
        rows: list[str] = []
        for line in table.split("\n"):
            if rows and not rows[-1].rstrip().endswith("|"):
                rows[-1] += "\n" + line
            else:
                rows.append(line)
        return f"<table><tbody>{''.join(map(self._row, rows))}</tbody></table>"

    def _row(self, row: str) -> str:
        look = _ROW_LOOK.match(row)
        inner = row[look.end() :] if look else row
        cells = inner.strip().removeprefix("|").removesuffix("|").split("|")
        return f"<tr>{''.join(map(self._cell, cells))}</tr>"

    def _cell(self, cell: str) -> str:
        found = _CELL.match(cell)
        tag, spans = "td", ""
        if found and found.end():
            tag = "th" if found["head"] else "td"
            for name, group in (("colspan", "cols"), ("rowspan", "rows")):
                spans += f' {name}="{found[group]}"' if found[group] else ""
            cell = cell[found.end() :]
        return f"<{tag}{spans}>{self._inline(cell.strip(' '))}</{tag}>"

    # ---- what stands in a line

    def _inline(self, text: str) -> str:
        html = _spaced(text).replace("\n", "<br>")
        html = _IMAGE.sub(lambda m: m[1] + self._image(m[2], m[3] or ""), html)
        html = _within(_INLINE_CODE, _CODE_END, lambda m: m[1] + self._keep(f"<code>{m[2]}</code>"), html)
        for pattern, end, marked in _SPANS:
            html = _within(pattern, end, marked, html)
        html = _LINK.sub(self._link, html)
        return _UNDONE.sub("", html)

    def _image(self, source: str, title: str) -> str:
        return self._keep(f'<img src="{escape(source)}" alt="{escape(title)}">')

    def _link(self, found: re.Match[str]) -> str:
        if "<br>" in found["text"]:
            return found[0]
        url, post = found["url"], found["post"]
        if url.endswith(")") and url.count(")") > url.count("("):
            url, post = url[:-1], ")" + post
        address = self._keep(f'<a href="{escape(unescape(url + (found["slash"] or "")))}">')
        return f"{found['pre'] or ''}{address}{found['text']}</a>{post}"


def _list_tag(marks: str) -> str:
    return "ol" if marks.endswith("#") else "ul"


def _within(span: re.Pattern[str], end: re.Pattern[str], marked: _Marked, text: str) -> str:
    """Mark the spans of a text. None ends behind the last sign that can end one: no sign that could begin one looks
    there for its end, each to the end of the text."""
    last = max((found.end(1) for found in end.finditer(text)), default=0)
    return span.sub(marked, text[:last]) + text[last:]


def _spaced(text: str) -> str:
    """Keep spaces that HTML shows to nobody: at the start of a line, and one after another."""
    return re.sub(r"(?m)^ |(?<= ) ", "\xa0", text)
