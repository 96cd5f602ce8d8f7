# SPDX-License-Identifier: Apache-2.0
"""From ADF to Jira's wiki text: what `/rest/api/2` and the changelog show of a rich text."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from sandbox.jira.values import JsonObject

FileName = Callable[[str], str | None]
"""Media UUID to the name of the issue's file; None if the issue has no such file."""

_PHRASES = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
_LINE_START = re.compile(r"^(\s*)([*#\-]+(?=\s)|h[1-6]\.(?=\s)|bq\.(?=\s)|----+\s*$|\|)")
_ALWAYS = "{}[]!"
_OPENERS = "*_-+^~"
_PANEL_COLOURS = {"info": "#deebff", "note": "#eae6ff", "tip": "#e3fcef", "success": "#e3fcef"}
_PANEL_COLOURS |= {"warning": "#fffae6", "error": "#ffebe6", "custom": "#f4f5f7"}


def write(document: JsonObject | None, file_name: FileName) -> str | None:
    """Render a document as wiki text; what the text cannot show is flattened in reading order."""
    if document is None:
        return None
    return _blocks(document.get("content", []), file_name)


def _blocks(nodes: Iterable[JsonObject], file_name: FileName) -> str:
    return "\n\n".join(text for text in (_block(node, file_name) for node in nodes) if text)


def _block(node: JsonObject, file_name: FileName) -> str:
    children = node.get("content", [])
    attrs = node.get("attrs", {})
    match node["type"]:
        case "paragraph" | "caption":
            return _guard_lines(_inline(children, file_name))
        case "heading":
            return f"h{attrs['level']}. {_inline(children, file_name)}"
        case "bulletList" | "orderedList" | "taskList" | "decisionList":
            return "\n".join(_list(node, "", file_name))
        case "codeBlock":
            language = attrs.get("language")
            code = "".join(child["text"] for child in children)
            return f"{{code:{language}}}\n{code}\n{{code}}" if language else f"{{code}}\n{code}\n{{code}}"
        case "blockquote":
            return f"{{quote}}\n{_blocks(children, file_name)}\n{{quote}}"
        case "panel":
            colour = _PANEL_COLOURS[attrs["panelType"]]
            return f"{{panel:bgColor={colour}}}\n{_blocks(children, file_name)}\n{{panel}}"
        case "rule":
            return "----"
        case "table":
            return "\n".join(_row(row, file_name) for row in children)
        case "mediaSingle":
            return "\n".join(text for text in (_block(child, file_name) for child in children) if text)
        case "mediaGroup":
            return "\n".join(f"[^{name}]" for child in children if (name := _media_name(child, file_name)))
        case "media":
            name = _media_name(node, file_name)
            return f"!{name}{_media_size(attrs)}!" if name else ""
        case "blockCard" | "embedCard":
            return _card(attrs, "smart-card")
        case "expand" | "nestedExpand":
            title = f"*{_escape(attrs['title'], '', '')}*" if attrs.get("title") else ""
            return "\n\n".join(part for part in (title, _blocks(children, file_name)) if part)
        case _:
            return _blocks(children, file_name)


def _list(node: JsonObject, prefix: str, file_name: FileName) -> list[str]:
    prefix += "#" if node["type"] == "orderedList" else "*"
    lines: list[str] = []
    for item in node.get("content", []):
        if item["type"] == "taskList":
            lines += _list(item, prefix, file_name)
        elif item["type"] in ("taskItem", "decisionItem"):
            lines.append(f"{prefix} {_inline(item.get('content', []), file_name)}")
        else:
            lines += _list_item(item, prefix, file_name)
    return lines


def _list_item(item: JsonObject, prefix: str, file_name: FileName) -> list[str]:
    lines: list[str] = []
    for child in item["content"]:
        if child["type"] in ("bulletList", "orderedList", "taskList"):
            lines += _list(child, prefix, file_name)
            continue
        text = _inline(child.get("content", []), file_name) if child["type"] == "paragraph" else ""
        text = text or _block(child, file_name)
        lines.append(f"{prefix} {text}" if not lines else text)
    return lines


def _row(row: JsonObject, file_name: FileName) -> str:
    text = ""
    for cell in row["content"]:
        bar = "||" if cell["type"] == "tableHeader" else "|"
        body = _blocks(cell.get("content", []), file_name).replace("|", "\\|")
        text += f"{bar}{body or ' '}"
    return text + ("||" if row["content"][-1]["type"] == "tableHeader" else "|")


def _inline(nodes: list[JsonObject], file_name: FileName) -> str:
    out = ""
    for position, node in enumerate(nodes):
        follower = nodes[position + 1] if position + 1 < len(nodes) else None
        after = follower["text"][0] if follower and follower["type"] == "text" else ""
        out += _inline_node(node, out[-1:], after, file_name)
    return out


def _inline_node(node: JsonObject, before: str, after: str, file_name: FileName) -> str:
    attrs = node.get("attrs", {})
    match node["type"]:
        case "text":
            return _text(node, before, after)
        case "hardBreak":
            return "\n"
        case "mention":
            return f"[~accountid:{attrs['id']}]"
        case "emoji":
            return str(attrs.get("text") or attrs["shortName"])
        case "date":
            return _day(attrs["timestamp"])
        case "status":
            return f"*[ {_escape(str(attrs['text']).upper(), ' ', ' ')} ]*"
        case "inlineCard":
            return _card(attrs, "smart-link")
        case "mediaInline":
            name = _media_name(node, file_name)
            return f"[^{name}]" if name else ""
        case _:
            return ""


def _text(node: JsonObject, before: str, after: str) -> str:
    marks = {mark["type"]: mark.get("attrs", {}) for mark in node.get("marks", [])}
    text = node["text"]
    if "code" in marks:
        body = f"{{{{{text}}}}}"
    else:
        wrapped = any(kind in marks for kind in (*_PHRASES, "subsup", "link", "textColor"))
        body = _escape(text, "" if wrapped else before, "" if wrapped else after)
    signs = [_PHRASES[kind] for kind in _PHRASES if kind in marks]
    if "subsup" in marks:
        signs.append("^" if marks["subsup"]["type"] == "sup" else "~")
    for sign in signs:
        loose = _is_word(before) or _is_word(after) or len(signs) > 1 or text != text.strip()
        body = f"{{{sign}}}{body}{{{sign}}}" if loose else f"{sign}{body}{sign}"
    if "textColor" in marks:
        body = f"{{color:{marks['textColor']['color']}}}{body}{{color}}"
    if "link" in marks:
        body = f"[{body}|{marks['link']['href']}]"
    return body


def _escape(text: str, before: str, after: str) -> str:
    """Put a backslash before what would be read as markup, as Jira does (`Making a comment\\!`)."""
    out: list[str] = []
    for position, char in enumerate(text):
        previous = text[position - 1] if position else before
        following = text[position + 1] if position + 1 < len(text) else after
        if char == "\\" and (not previous.strip() or not (following.isalnum() or following.isspace())):
            out.append("&#92;")
        elif char == "&" and text[position + 1 : position + 5] in ("#92;", "#38;"):
            out.append("&#38;")
        elif char in _ALWAYS or (char in _OPENERS and not _is_word(previous) and following.strip()):
            out.append("\\" + char)
        else:
            out.append(char)
    return "".join(out)


def _guard_lines(text: str) -> str:
    """Keep a paragraph's line from being read as a list item, a heading, a rule or a table."""
    return "\n".join(_LINE_START.sub(r"\1\\\2", line) for line in text.split("\n"))


def _is_word(char: str) -> bool:
    return char.isalnum()


def _media_name(node: JsonObject, file_name: FileName) -> str | None:
    attrs = node.get("attrs", {})
    return attrs["url"] if attrs.get("type") == "external" else file_name(attrs["id"])


def _media_size(attrs: JsonObject) -> str:
    parts = [f"{name}={attrs[name]}" for name in ("width", "height") if attrs.get(name) is not None]
    return "|" + ",".join(parts) if parts else ""


def _card(attrs: JsonObject, style: str) -> str:
    url = attrs.get("url") or attrs.get("data", {}).get("url", "")
    return f"[{url}|{url}|{style}]"


def _day(timestamp: object) -> str:
    return f"{datetime.fromtimestamp(int(str(timestamp)) / 1000, UTC):%Y-%m-%d}"
