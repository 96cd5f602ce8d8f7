# SPDX-License-Identifier: Apache-2.0
"""From ADF to HTML: what `expand=renderedFields` shows of a rich text."""

from html import escape

from sandbox.jira.values import JsonObject
from sandbox.jira.wiki_write import FileName

_TAGS = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "taskList": "ul",
    "decisionList": "ul",
    "listItem": "li",
    "taskItem": "li",
    "decisionItem": "li",
    "blockquote": "blockquote",
    "table": "table",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
    "panel": "div",
}
_MARKS = {"strong": "b", "em": "em", "strike": "del", "underline": "ins", "code": "tt"}


def render(document: JsonObject | None, file_name: FileName) -> str:
    """Render a document as Jira's HTML; a field without text gives an empty string."""
    return "" if document is None else "\n".join(_node(child, file_name) for child in document.get("content", []))


def _node(node: JsonObject, file_name: FileName) -> str:
    kind, attrs = node["type"], node.get("attrs", {})
    inner = "".join(_node(child, file_name) for child in node.get("content", []))
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>{inner}</{_TAGS[kind]}>"
    match kind:
        case "text":
            return _text(node)
        case "hardBreak":
            return "<br/>"
        case "rule":
            return "<hr />"
        case "heading":
            return f"<h{attrs['level']}>{inner}</h{attrs['level']}>"
        case "codeBlock":
            return f'<div class="code panel"><pre>{inner}</pre></div>'
        case "mention" | "emoji" | "status":
            return escape(str(attrs.get("text") or attrs.get("shortName") or ""))
        case "inlineCard" | "blockCard":
            url = escape(str(attrs.get("url", "")))
            return f'<a href="{url}">{url}</a>'
        case "media" | "mediaInline" if attrs.get("type") != "external":
            return escape(file_name(attrs["id"]) or "")
        case "media":
            return f'<img src="{escape(attrs["url"])}" />'
        case _:
            return inner


def _text(node: JsonObject) -> str:
    html = escape(node["text"])
    for mark in node.get("marks", []):
        if mark["type"] in _MARKS:
            tag = _MARKS[mark["type"]]
            html = f"<{tag}>{html}</{tag}>"
        elif mark["type"] == "link":
            html = f'<a href="{escape(mark["attrs"]["href"])}">{html}</a>'
    return html
