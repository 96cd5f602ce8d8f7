# SPDX-License-Identifier: Apache-2.0
"""Lay what was changed in one form of a text over its other form: what was not changed keeps its look.

Two sides show one text each in its own way, for not all hold all. Blocks that are as they were stand for those of the
other form. Of a changed block whose look nobody changed the words keep that which they have over there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from tandem.core.doc import BREAK, Doc, Node, doc, normalise, text, walk
from tandem.core.plain import inline_text, note, to_plain
from tandem.core.values import canonical
from tandem.markup.keep import matched, partners

_TOKEN = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
_ITEM = re.compile(r"(?:- |\d+\. |-$|\d+\.$)")
_CELL: Node = {"type": "cell", "content": []}
_NEAR = 50  # blocks among which the changed form of one is looked for
_ALIKE = 0.3  # share of equal words from which a block is taken for the changed form of one
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
    """Let changed blocks whose look nobody changed keep the one that they have in the other form."""
    whole = sum(part.size for part in parts) == end - begin
    for part in parts:
        old = before[part.begin : part.begin + part.size]
        begin, size = (begin, part.size) if whole else _place(old, after, begin, end)
        new = after[begin : begin + size]
        hidden = len(part.blocks) == 1 and part.blocks != old and bool(new) and _same_look(old, new)
        made = _as_was(part.blocks[0], to_plain(doc(*new)).split("\n")) if hidden else None
        if made is not None and _signs([made]) == _signs(new):
            yield begin, begin + size, [made] if size == part.size else _parted(made)
        begin += size


def _place(old: Sequence[Node], after: Sequence[Node], begin: int, end: int) -> tuple[int, int]:
    """Find the first changed blocks that read like these: where they begin, and how many they are."""
    lines, words = set(_lines(old)), set(to_plain(doc(*old)).split())
    said = {at: _lines([after[at]]) for at in range(begin, min(end, begin + _NEAR))}
    same = {at for at, mine in said.items() if not lines.isdisjoint(mine)}
    near = ({*" ".join(mine).split()} for mine in said.values())
    alike = {at for at, mine in zip(said, near, strict=True) if len(words & mine) >= _ALIKE * len(words | mine)}
    if not same | alike:
        return begin, 0
    first = min(same | alike)
    last = min(first + len(old), end)
    while last in same:
        last += 1
    return first, last - first


def _lines(blocks: Sequence[Node]) -> list[str]:
    return [line for line in to_plain(doc(*blocks)).split("\n") if line]


def _parted(block: Node) -> list[Node]:
    """Make paragraphs of one in which empty lines came to stand."""
    if block["type"] != "paragraph":
        return [block]
    runs: list[list[Node]] = [[]]
    for node, behind in zip(block["content"], [*block["content"][1:], None], strict=True):
        if node == behind == BREAK:
            runs.append([])
        else:
            runs[-1].append(node)
    return [{**block, "content": run} for run in runs]


def _same_look(before: Sequence[Node], new: Sequence[Node]) -> bool:
    """Tell whether nobody gave blocks or words another look; that of words which are gone went with them."""
    shells = [[{**block, "content": None, "text": None} for block in blocks] for blocks in (before, new)]
    if shells[0] != shells[1] and any(block["type"] != "paragraph" for block in [*before, *new]):
        return False
    (old, now), said = map(_looks, (before, new)), to_plain(doc(*new))
    given, taken = ([look for _, look in one] for one in (now, old))
    gone = Counter(taken) - Counter(given)
    return not Counter(given) - Counter(taken) and not any(look in gone and words in said for words, look in old)


def _looks(blocks: Sequence[Node]) -> list[tuple[str, tuple[str, str]]]:
    """The words that have marks or lead somewhere, and these."""
    runs = [node for block in blocks for node in walk(block) if node["type"] == "text"]
    return [(run["text"], (f"{run['marks']}", run.get("href", ""))) for run in runs if run["marks"] or "href" in run]


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
    said = [" ".join(" ".join(item).split()) for item in items]
    made = []
    for number, before in matched([" ".join(one.split()) for one in old], said):
        item: Node = block["content"][before] if before is not None else {"type": "item", "content": []}
        made.append(item | {"content": _inner(item["content"], items[number])})
    return block | {"content": made}


def _inner(blocks: Sequence[Node], lines: Sequence[str]) -> list[Node]:
    """What stands in an item or cell: each line belongs to the block that it is of, a new one to that before it."""
    old = [(line, place) for place, block in enumerate(blocks) for line in to_plain(doc(block)).split("\n")]
    owned: dict[int, list[str]] = {}
    place = 0
    for number, before in matched([line for line, _ in old], lines):
        place = place if before is None else old[before][1]
        owned.setdefault(place, []).append(lines[number])
    return [_as_was(blocks[at], mine) or _bare(mine) if blocks else _bare(mine) for at, mine in owned.items()]


def _bare(lines: Sequence[str]) -> Node:
    return {"type": "paragraph", "content": _run("\n".join(lines), ())}


def _as_table(block: Node, lines: Sequence[str]) -> Node | None:
    """Each line is a row, its cells apart by bars."""
    present = [_line([{"type": "table", "content": [row]}]) for row in block["content"]]
    columns = max(len(row["content"]) for row in block["content"])
    rows = []
    for number, before in matched(present, lines):
        said = f"{lines[number]} " if lines[number].endswith("|") else lines[number]
        row: Node = block["content"][before] if before is not None else {"type": "row", "content": [_CELL] * columns}
        was = [_line(cell["content"]) for cell in row["content"]]
        words = _spread(was, " | ", said)
        if words is None:
            return None
        cells = zip(row["content"], was, words, strict=True)
        rows.append(row | {"content": [cell if new == old else _as_cell(cell, new) for cell, old, new in cells]})
    return block | {"content": rows}


def _as_cell(cell: Node, said: str) -> Node:
    """A cell's lines stand one behind another in its row."""
    lines = [line for block in cell["content"] for line in to_plain(doc(block)).split("\n")]
    changed = _spread([" ".join(line.split()) for line in lines], " ", said) or [said]
    return cell | {"content": _inner(cell["content"], changed) if said else []}


def _line(blocks: Sequence[Node]) -> str:
    return " ".join(to_plain(doc(*blocks)).split())


def _spread(parts: Sequence[str], sign: str, said: str) -> list[str] | None:
    """Part a line as it was parted, where one part of it was changed; else at each sign, if they are as many."""
    old = sign.join(parts)
    begin = _alike(old, said)
    end = len(old) - _alike(old[begin:][::-1], said[begin:][::-1])
    start = 0
    for number, part in enumerate(parts):
        if start <= begin and end <= start + len(part):
            behind = len(old) - start - len(part)
            return [*parts[:number], said[start : len(said) - behind], *parts[number + 1 :]]
        start += len(part) + len(sign)
    found = said.split(sign)
    return found if len(found) == len(parts) else None


def _alike(one: str, other: str) -> int:
    """How many signs two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@dataclass(frozen=True, slots=True)
class _Token:
    words: str
    runs: tuple[tuple[str, tuple[str, ...]], ...]  # its parts, by their marks
    group: int = 0  # the link or mention that it is of


def _words(inlines: Sequence[Node], said: str) -> list[Node]:
    """Say something with the marks, links and mentions that the same words had."""
    old, groups = _tokens(inlines)
    new = _TOKEN.findall(said)
    if len(old) > _LONG or len(new) > _LONG:
        return _run(said, ())
    tokens = [_Token(words, ((words, ()),)) for words in new]
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, [one.words for one in old], new, autojunk=False).get_opcodes():
        if kind == "equal":
            tokens[j1:j2] = old[i1:i2]
            continue
        around = old[i1:i2] if kind == "replace" else old[i1 - 1 : i1 + 1] if 0 < i1 < len(old) else []
        looks, within = {marks for one in around for _, marks in one.runs}, {one.group for one in around}
        marks, group = looks.pop() if len(looks) == 1 else (), within.pop() if len(within) == 1 else 0
        tokens[j1:j2] = [_Token(words, ((words, marks),), group) for words in new[j1:j2]]
    made: list[Node] = []
    for number, run in groupby(tokens, key=lambda token: token.group):
        part = list(run)
        if number:
            made += _linked(groups[number], "".join(token.words for token in part))
        else:
            made += [node for token in part for words, marks in token.runs for node in _run(words, marks)]
    return made


def _linked(nodes: list[Node], said: str) -> list[Node]:
    """A link or mention as it was; or a link with other words, if its address still stands behind them."""
    href, looks = nodes[0].get("href"), {tuple(node.get("marks", ())) for node in nodes}
    words = said.removesuffix(f" ({href})")
    if said == inline_text(nodes):
        return nodes
    if words == said or not words.strip():
        return _run(said, ())
    return [text(words, *(looks.pop() if len(looks) == 1 else ()), href=href)]


def _run(words: str, marks: Sequence[str]) -> list[Node]:
    parts = [[text(line, *marks)] for line in words.split("\n")]
    return [node for number, part in enumerate(parts) for node in ([dict(BREAK)] if number else []) + part]


def _tokens(inlines: Sequence[Node]) -> tuple[list[_Token], dict[int, list[Node]]]:
    tokens: list[_Token] = []
    groups: dict[int, list[Node]] = {}
    for key, run in groupby(inlines, key=lambda node: (node["type"], node.get("href"))):
        nodes = list(run)
        if key[0] == "break":
            tokens += [_Token("\n", (("\n", ()),)) for _ in nodes]
        elif key == ("text", None):
            signs = [(sign, tuple(node["marks"])) for node in nodes for sign in node["text"]]
            for found in _TOKEN.finditer("".join(sign for sign, _ in signs)):
                looks = groupby(signs[found.start() : found.end()], key=lambda one: one[1])
                runs = tuple(("".join(sign for sign, _ in part), marks) for marks, part in looks)
                tokens.append(_Token(found[0], runs))
        else:
            groups[len(groups) + 1] = nodes
            tokens += [_Token(words, ((words, ()),), len(groups)) for words in _TOKEN.findall(inline_text(nodes))]
    return tokens, groups
