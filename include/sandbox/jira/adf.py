# SPDX-License-Identifier: Apache-2.0
"""Atlassian Document Format: which documents Jira takes, which media they hold, and their plain text.

The grammar follows the published ADF schema as far as tickets use it; Jira answers INVALID_INPUT to the rest.
"""

from collections.abc import Iterator

from sandbox.jira.errors import JiraError
from sandbox.jira.values import JsonObject, words

_INLINE = words("text hardBreak mention emoji date status inlineCard mediaInline inlineExtension placeholder")
_BLOCK = words(
    "paragraph heading bulletList orderedList taskList decisionList codeBlock blockquote panel rule "
    "table mediaSingle mediaGroup expand blockCard embedCard extension bodiedExtension layoutSection"
)
_IN_CELL = (_BLOCK - {"table", "expand", "layoutSection", "bodiedExtension"}) | {"nestedExpand"}
_CHILDREN: dict[str, frozenset[str]] = {
    "doc": _BLOCK,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "caption": _INLINE,
    "taskItem": _INLINE,
    "decisionItem": _INLINE,
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": frozenset({"paragraph", "bulletList", "orderedList", "taskList", "mediaSingle", "codeBlock"}),
    "taskList": frozenset({"taskItem", "taskList"}),
    "decisionList": frozenset({"decisionItem"}),
    "codeBlock": frozenset({"text"}),
    "blockquote": frozenset({"paragraph", "bulletList", "orderedList", "codeBlock", "mediaGroup", "mediaSingle"}),
    "panel": _BLOCK - {"panel", "table", "blockquote", "expand", "layoutSection", "bodiedExtension"},
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableHeader", "tableCell"}),
    "tableHeader": _IN_CELL,
    "tableCell": _IN_CELL,
    "mediaSingle": frozenset({"media", "caption"}),
    "mediaGroup": frozenset({"media"}),
    "expand": _BLOCK,
    "nestedExpand": _IN_CELL,
    "bodiedExtension": _BLOCK,
    "layoutSection": frozenset({"layoutColumn"}),
    "layoutColumn": _BLOCK,
}
_LEAVES = _INLINE | {"rule", "media", "blockCard", "embedCard", "extension"}
_MUST_HOLD = words("bulletList orderedList listItem table tableRow mediaSingle mediaGroup blockquote panel")
_NEEDS: dict[str, tuple[str, ...]] = {
    "heading": ("level",),
    "panel": ("panelType",),
    "mention": ("id",),
    "emoji": ("shortName",),
    "date": ("timestamp",),
    "status": ("text", "color"),
    "taskItem": ("localId", "state"),
    "decisionItem": ("localId", "state"),
    "taskList": ("localId",),
    "decisionList": ("localId",),
    "media": ("type",),
    "mediaInline": ("id",),
}
_MARKS: dict[str, tuple[str, ...]] = {
    "strong": (),
    "em": (),
    "underline": (),
    "strike": (),
    "code": (),
    "subsup": ("type",),
    "textColor": ("color",),
    "backgroundColor": ("color",),
    "link": ("href",),
    "annotation": ("id",),
    "alignment": ("align",),
    "indentation": ("level",),
    "breakout": ("mode",),
    "border": ("size", "color"),
    "fragment": ("localId",),
    "dataConsumer": ("sources",),
}
_WITH_CODE = frozenset({"code", "link", "annotation"})
_PANELS = frozenset({"info", "note", "tip", "warning", "error", "success", "custom"})


def check(document: object) -> JsonObject:
    """Return the document if Jira would take it.

    Raises:
        JiraError: 400 INVALID_INPUT, as the site answers to a document outside the schema.
    """
    if not isinstance(document, dict) or document.get("type") != "doc" or document.get("version") != 1:
        raise _invalid()
    if not isinstance(document.get("content"), list):
        raise _invalid()
    _check_node(document)
    return document


def media_ids(document: JsonObject | None) -> frozenset[str]:
    """Return the Media-Services UUIDs of the site's own files that a document shows."""
    return frozenset(
        str(node["attrs"]["id"])
        for node in walk(document)
        if node["type"] in ("media", "mediaInline") and node["attrs"].get("type", "file") != "external"
    )


def walk(document: JsonObject | None) -> Iterator[JsonObject]:
    """Yield every node, outermost first, in reading order."""
    if document is not None:
        yield document
        for child in document.get("content") or ():
            yield from walk(child)


def is_blank(document: JsonObject) -> bool:
    """Tell whether nothing would be seen: Jira shows such a field as null."""
    silent = {"doc", "paragraph", "hardBreak"}
    return all(
        node["type"] in silent or (node["type"] == "text" and not node["text"].strip()) for node in walk(document)
    )


def plain(document: JsonObject | None) -> str:
    """Return the text alone, one line a block: what search looks in, and what the length limit counts."""
    if document is None:
        return ""
    parts: list[str] = []
    for node in walk(document):
        attrs = node.get("attrs", {})
        match node["type"]:
            case "text":
                parts.append(node["text"])
            case "hardBreak":
                parts.append("\n")
            case "mention" | "emoji" | "status":
                parts.append(str(attrs.get("text") or attrs.get("shortName") or ""))
            case "inlineCard" | "blockCard" | "embedCard":
                parts.append(str(attrs.get("url", "")))
            case kind if kind not in _INLINE and "".join(parts) and not parts[-1].endswith("\n"):
                parts.append("\n")
    return "".join(parts)


def of_text(text: str) -> JsonObject:
    """Wrap plain text: a blank line divides paragraphs, a line end is a hard break."""
    paragraphs: list[JsonObject] = []
    for block in text.split("\n\n"):
        inline: list[JsonObject] = []
        for number, line in enumerate(block.split("\n")):
            inline += [{"type": "hardBreak"}] if number else []
            inline += [{"type": "text", "text": line}] if line else []
        paragraphs.append({"type": "paragraph", "content": inline})
    return {"type": "doc", "version": 1, "content": paragraphs}


def _check_node(node: JsonObject) -> None:
    kind = node["type"]
    attrs = node.get("attrs", {})
    if not isinstance(attrs, dict) or any(attrs.get(name) is None for name in _NEEDS.get(kind, ())):
        raise _invalid()
    _check_attrs(kind, attrs)
    if kind == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        raise _invalid()
    _check_marks(node.get("marks", []))
    children = node.get("content", [])
    if not isinstance(children, list) or (kind in _LEAVES and children) or (kind in _MUST_HOLD and not children):
        raise _invalid()
    allowed = _CHILDREN.get(kind, frozenset())
    for child in children:
        if not isinstance(child, dict) or child.get("type") not in allowed:
            raise _invalid()
        _check_node(child)


def _check_attrs(kind: str, attrs: JsonObject) -> None:
    if kind == "heading" and attrs["level"] not in range(1, 7):
        raise _invalid()
    if kind == "panel" and attrs["panelType"] not in _PANELS:
        raise _invalid()
    if kind == "media":
        needed = ("url",) if attrs["type"] == "external" else ("id", "collection")
        if any(not isinstance(attrs.get(name), str) for name in needed):
            raise _invalid()
    if kind in ("inlineCard", "blockCard") and not ("url" in attrs or "data" in attrs):
        raise _invalid()


def _check_marks(marks: object) -> None:
    if not isinstance(marks, list):
        raise _invalid()
    kinds = set()
    for mark in marks:
        if not isinstance(mark, dict) or mark.get("type") not in _MARKS:
            raise _invalid()
        attrs = mark.get("attrs", {})
        if any(attrs.get(name) is None for name in _MARKS[mark["type"]]):
            raise _invalid()
        kinds.add(mark["type"])
    if "code" in kinds and not kinds <= _WITH_CODE:
        raise _invalid()


def _invalid() -> JiraError:
    return JiraError(400, "INVALID_INPUT")
