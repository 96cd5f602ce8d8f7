# SPDX-License-Identifier: Apache-2.0
"""Lay what was changed in one form of a text over its other form: what was not changed keeps its look.

Two sides show one text each in its own way, for not all hold all. Blocks that are as they were stand for those of the
other form. Of a changed block that showed no marks its words keep those that they have over there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from tandem.core.doc import BREAK, Doc, Node, doc, normalise, text
from tandem.core.plain import inline_text, note, to_plain
from tandem.core.values import canonical
from tandem.markup.keep import is_flat, partners

_TOKEN = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
_ITEM = re.compile(r"(?:- |\d+\. |-$|\d+\.$)")
_LONG = 2_000  # words from which nobody looks for those that stayed


def relay(other: Doc, shown: Doc, changed: Doc) -> Doc:
    """Give a changed text in the look of its ``other`` form; ``shown``: what it was before."""
    over, before, after = (normalise(_noted(one))["content"] for one in (other, shown, changed))
    if over == before or not before or not over:
        return changed
    made: list[Node] = []
    at = 0
    for begin, end, part in _replaced(over, before, after):
        made += after[at:begin] + part
        at = end
    made += after[at:]
    new = normalise(doc(*made))
    return new if _signs(new["content"]) == _signs(after) else changed


def _noted(node: Node) -> Node:
    """A text in which a note stands for each file, as for who reads it elsewhere."""
    if node["type"] == "media":
        return text(note(node))
    return {**node, "content": [_noted(part) for part in node["content"]]} if "content" in node else node


@dataclass(frozen=True, slots=True)
class _Part:
    """Blocks of the other form, and how many blocks from ``begin`` on show the same."""

    blocks: list[Node]
    begin: int
    size: int


def _replaced(over: Sequence[Node], before: Sequence[Node], after: Sequence[Node]) -> list[tuple[int, int, list[Node]]]:
    """Give what stands for which of the changed blocks: begin, end, blocks."""
    stayed = partners([canonical(block) for block in before], [canonical(block) for block in after])
    found: list[tuple[int, int, list[Node]]] = []
    free: list[_Part] = []
    gone: list[_Part] = []
    last = 0  # the first changed block that nothing stands for yet
    for part in _parts(over, before):
        begin = stayed.get(part.begin)
        if begin is None or any(stayed.get(part.begin + n) != begin + n for n in range(part.size)):
            free.append(part)
            continue
        found += _restored(free, before, after, last, begin)
        gone += free
        free, last = [], begin + part.size
        found.append((begin, last, list(part.blocks)))
    found += _restored(free, before, after, last, len(after))
    found += _moved([*gone, *free], before, after, {at for begin, end, _ in found for at in range(begin, end)})
    return sorted(found, key=lambda one: one[0])


def _moved(
    parts: Sequence[_Part], before: Sequence[Node], after: Sequence[Node], known: set[int]
) -> Iterator[tuple[int, int, list[Node]]]:
    """Find blocks that stand elsewhere by now."""
    places = {canonical(block): at for at, block in enumerate(after) if at not in known}
    for part in parts:
        at = places.pop(canonical(before[part.begin]), None) if part.size == 1 else None
        if at is not None:
            yield at, at + 1, list(part.blocks)


def _parts(over: Sequence[Node], before: Sequence[Node]) -> Iterator[_Part]:
    """Cut both forms of a text where blocks of both end; what does not say the same is left out."""
    left, right, at = list(over), list(before), 0
    same = partners([_signs([block]) for block in left], [_signs([block]) for block in right])
    done = 0
    for mine, theirs in [*sorted(same.items()), (len(left), len(right))]:
        if (done < mine or at < theirs) and _signs(left[done:mine]) == _signs(right[at:theirs]):
            yield from _cut(left[done:mine], right[at:theirs], at)
        if mine < len(left):
            yield _Part([left[mine]], theirs, 1)
        done, at = mine + 1, theirs + 1


def _cut(left: Sequence[Node], right: Sequence[Node], at: int) -> Iterator[_Part]:
    """Cut blocks that say the same on the whole."""
    sizes = [len(_signs([block])) for block in right]
    mine: list[Node] = []
    begin = place = wanted = reached = 0
    for block in left:
        mine.append(block)
        wanted += len(_signs([block]))
        while place < len(right) and reached < wanted:
            reached += sizes[place]
            place += 1
        if reached == wanted and place > begin and _signs(mine) == _signs(right[begin:place]):
            yield _Part(mine, at + begin, place - begin)
            mine, begin = [], place
    if mine and begin < len(right):
        yield _Part(mine, at + begin, len(right) - begin)


def _restored(
    parts: Sequence[_Part], before: Sequence[Node], after: Sequence[Node], begin: int, end: int
) -> Iterator[tuple[int, int, list[Node]]]:
    """Let changed blocks, of which no marks could be seen, keep the look that they have in the other form."""
    if sum(part.size for part in parts) != end - begin:
        return
    for part in parts:
        new = after[begin : begin + part.size]
        bare = all(map(is_flat, [*before[part.begin : part.begin + part.size], *new]))
        made = _as_was(part.blocks[0], to_plain(doc(*new)).split("\n")) if bare and len(part.blocks) == 1 else None
        if made is not None and _signs([made]) == _signs(new):
            yield begin, begin + part.size, [made]
        begin += part.size


def _signs(blocks: Sequence[Node]) -> str:
    return "".join(to_plain(doc(*blocks)).split())


def _as_was(block: Node, lines: Sequence[str]) -> Node | None:
    """Read lines of plain text as the changed form of a block; none if they are no such."""
    match block["type"]:
        case "paragraph":
            return block | {"content": _words(block["content"], "\n".join(lines))}
        case "heading":
            return block | {"content": _words(block["content"], lines[0])} if len(lines) == 1 else None
        case "code":
            return block | {"text": "\n".join(_with_tabs(block["text"].split("\n"), lines))}
        case "list":
            return _as_list(block, lines)
        case "quote":
            return _as_quote(block, lines)
        case "table":
            return _as_table(block, lines)
    return None


def _with_tabs(old: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
    """Lines of code as they were written, where they are the same; bare text shows a tab as four spaces."""
    spaced = [line.replace("\t", "    ").rstrip(" ") for line in old]
    stayed = {after: before for before, after in partners(spaced, lines).items()}
    return (old[stayed[at]] if at in stayed else line for at, line in enumerate(lines))


def _as_quote(block: Node, lines: Sequence[str]) -> Node | None:
    """Each line begins with its sign; a line with nothing else parts two blocks."""
    if any(line != ">" and not line.startswith("> ") for line in lines):
        return None
    groups = "\n".join(line[2:] for line in lines).split("\n\n")
    sizes = [len(to_plain(doc(inner)).split("\n\n")) for inner in block["content"]]
    if sum(sizes) != len(groups):
        return None
    made = []
    for inner, size in zip(block["content"], sizes, strict=True):
        made.append(_as_was(inner, "\n\n".join(groups[:size]).split("\n")))
        groups = groups[size:]
    return None if None in made else block | {"content": made}


def _as_list(block: Node, lines: Sequence[str]) -> Node | None:
    """Each item begins with its sign; lines of a nested list are further in."""
    items: list[list[str]] = []
    for line in lines:
        if _ITEM.match(line):
            items.append([_ITEM.sub("", line, count=1)])
        elif items and line.startswith("  "):
            items[-1].append(line[2:])
        else:
            return None
    old = [to_plain(doc(*item["content"])) if item["content"] else "" for item in block["content"]]
    made = []
    for number, before in _matched(
        [" ".join(one.split()) for one in old], [" ".join(" ".join(i).split()) for i in items]
    ):
        item: Node = block["content"][before] if before is not None else {"type": "item", "content": []}
        inner = _inner(item["content"], items[number])
        if inner is None:
            return None
        made.append(item | {"content": inner})
    return block | {"content": made}


def _inner(blocks: Sequence[Node], lines: list[str]) -> list[Node] | None:
    """What stands in an item or cell: where it is of several blocks, each keeps the number of its lines."""
    if len(blocks) < 2:
        found = _as_was(blocks[0], lines) if blocks else {"type": "paragraph", "content": _words([], "\n".join(lines))}
        return None if found is None else [found]
    sizes = [len(to_plain(doc(block)).split("\n")) for block in blocks]
    if sum(sizes) != len(lines):
        return None
    made = []
    for block, size in zip(blocks, sizes, strict=True):
        made.append(_as_was(block, lines[:size]))
        lines = lines[size:]
    return None if None in made else [one for one in made if one is not None]


def _as_table(block: Node, lines: Sequence[str]) -> Node | None:
    """Each line is a row, its cells apart by bars."""
    old = [" ".join(to_plain(doc({"type": "table", "content": [row]})).split()) for row in block["content"]]
    rows = []
    for number, before in _matched(old, list(lines)):
        if before is None:
            return None
        row, words = block["content"][before], [one.strip(" ") for one in f"{lines[number]} ".split(" | ")]
        if old[before] == lines[number]:
            rows.append(row)
            continue
        if len(words) != len(row["content"]):
            return None
        cells = []
        for cell, said in zip(row["content"], words, strict=True):
            same = " ".join(to_plain(doc(*cell["content"])).split()) == said
            inner = cell["content"] if same else _inner(cell["content"], [said]) if said else []
            if inner is None:
                return None
            cells.append(cell | {"content": inner})
        rows.append(row | {"content": cells})
    return block | {"content": rows}


def _matched(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int | None]]:
    """Give for each new line the old one that it is, or is the changed form of."""
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for step in range(j2 - j1):
            yield j1 + step, i1 + step if kind in ("equal", "replace") and i1 + step < i2 else None


@dataclass(frozen=True, slots=True)
class _Token:
    words: str
    marks: tuple[str, ...] = ()
    group: int = 0  # of a link or mention, which stays whole or not at all


def _words(inlines: Sequence[Node], said: str) -> list[Node]:
    """Say something with the marks, links and mentions that the same words had."""
    old, groups = _tokens(inlines)
    new = _TOKEN.findall(said)
    if len(old) > _LONG or len(new) > _LONG:
        return _run(said, ())
    made: list[Node] = []
    partner: dict[int, int] = {}
    opcodes = SequenceMatcher(None, [one.words for one in old], new, autojunk=False).get_opcodes()
    marks: list[tuple[str, ...]] = [()] * len(new)
    for kind, i1, i2, j1, j2 in opcodes:
        if kind == "equal":
            partner |= {j1 + step: i1 + step for step in range(j2 - j1)}
            marks[j1:j2] = [one.marks for one in old[i1:i2]]
        elif kind == "replace" or (kind == "insert" and 0 < i1 < len(old)):
            around = {one.marks for one in (old[i1:i2] if kind == "replace" else old[i1 - 1 : i1 + 1])}
            marks[j1:j2] = [around.pop() if len(around) == 1 else ()] * (j2 - j1)
    at = 0
    while at < len(new):
        token = old[partner[at]] if at in partner else _Token(new[at])
        size = sum(one.group == token.group for one in old) if token.group else 0
        first = partner.get(at, 0)
        if (
            size
            and [partner.get(at + n) for n in range(size)] == list(range(first, first + size))
            and (first == 0 or old[first - 1].group != token.group)
        ):
            made += groups[token.group]
            at += size
            continue
        made += _run(new[at], marks[at])
        at += 1
    return made


def _run(words: str, marks: Sequence[str]) -> list[Node]:
    parts = [[text(line, *marks)] for line in words.split("\n")]
    return [node for number, part in enumerate(parts) for node in ([dict(BREAK)] if number else []) + part]


def _tokens(inlines: Sequence[Node]) -> tuple[list[_Token], dict[int, list[Node]]]:
    tokens: list[_Token] = []
    groups: dict[int, list[Node]] = {}
    for key, run in groupby(inlines, key=lambda node: (node["type"], node.get("href"))):
        nodes = list(run)
        if key[0] == "break":
            tokens += [_Token("\n") for _ in nodes]
        elif key == ("text", None):
            for node in nodes:
                tokens += [_Token(words, tuple(node["marks"])) for words in _TOKEN.findall(node["text"])]
        else:
            groups[len(groups) + 1] = nodes
            tokens += [_Token(words, (), len(groups)) for words in _TOKEN.findall(inline_text(nodes))]
    return tokens, groups
