# SPDX-License-Identifier: Apache-2.0
"""Cut a text that is too long for its field: measured on what is sent, in the target's own unit (engine §5).

A cut falls between blocks, items, rows, lines or words; a word is cut only if it alone is too long, and then never
inside a character. Both parts are whole documents, so that no markup is ever open.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from tandem.core.doc import Doc, Markup, Node, normalise

_Fits = Callable[[list[Node]], bool]
_JOINER = "\u200d"
_TONES = ("\U0001f3fb", "\U0001f3ff")  # of skin; they colour the sign before
_FLAGS = ("\U0001f1e6", "\U0001f1ff")  # two letters make a flag


def split(markup: Markup, document: Doc, limit: int) -> tuple[Doc, Doc | None]:
    """Return the longest first part whose native form fits ``limit``, and the rest, or none if all fits.

    Raises:
        ValueError: not even one character fits.
    """

    def fits(blocks: list[Node]) -> bool:
        native = markup.render({"type": "doc", "content": blocks}).native
        return markup.length(native) <= limit

    blocks = normalise(document)["content"]
    head, tail = _take(blocks, fits, force=False)
    if tail and not head:
        head, tail = _take(blocks, fits, force=True)
    first = normalise({"type": "doc", "content": head})
    if tail and not first["content"]:
        raise ValueError(f"no character of this text fits {limit}")
    rest = normalise({"type": "doc", "content": tail})
    return first, rest if rest["content"] else None


def _take(nodes: list[Node], fits: _Fits, force: bool) -> tuple[list[Node], list[Node]]:
    """Take as many nodes as fit, then as much of the next one as fits; ``force`` cuts links and words too."""
    count = _most(len(nodes), lambda number: fits(nodes[:number]))
    if count == len(nodes):
        return nodes, []
    while count and "href" in nodes[count - 1] and not nodes[count - 1]["text"].strip():
        count -= 1  # at the end of a line nobody would see it, and where it leads would be lost
    taken, after = nodes[:count], nodes[count + 1 :]
    part, rest = _cut(nodes[count], lambda piece: fits([*taken, *piece]), force and not count)
    return [*taken, *part], [*rest, *after]


def _cut(node: Node, fits: _Fits, force: bool) -> tuple[list[Node], list[Node]]:
    if "content" in node:
        part, rest = _take(node["content"], lambda inner: fits([node | {"content": inner}]), force)
        if not part or not rest:
            return [], [node]  # it is known not to fit whole
        return [node | {"content": part}], [_go_on(node, rest, part)]
    shown = node.get("text")
    if shown is None or node["type"] == "mention" or ("href" in node and not force):
        return [], [node]
    places = _places(shown, node["type"] == "code", force)
    count = _most(len(places), lambda number: number == 0 or fits([node | {"text": shown[: places[number - 1]]}]))
    at = places[count - 1] if count else 0
    return ([node | {"text": shown[:at]}], [node | {"text": shown[at:]}]) if at else ([], [node])


def _go_on(node: Node, rest: list[Node], part: list[Node]) -> Node:
    """Build the second half of a container; a numbered list goes on counting."""
    if node["type"] == "list" and node["ordered"]:
        return node | {"content": rest, "start": node.get("start", 1) + len(node["content"]) - len(rest)}
    return node | {"content": rest}


def _most(size: int, fits: Callable[[int], bool]) -> int:
    """Find the greatest number up to ``size`` that fits, by halving."""
    low, high = 0, size
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _places(shown: str, is_code: bool, force: bool) -> list[int]:
    """List where a text may be cut: after lines in code, after words elsewhere; if forced, after any character."""
    if not force:
        ends = [found.end() for found in re.finditer(r"\n+" if is_code else r" +", shown)]
        return [end for end in ends if 0 < end < len(shown)]
    return [at for at in range(1, len(shown)) if not _joined(shown[at - 1], shown[at])]


def _joined(before: str, after: str) -> bool:
    """Tell whether two code points belong to one character that a reader sees."""
    if _JOINER in (before, after) or unicodedata.combining(after) or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return True
    return _TONES[0] <= after <= _TONES[1] or (_FLAGS[0] <= before <= _FLAGS[1] and _FLAGS[0] <= after <= _FLAGS[1])
