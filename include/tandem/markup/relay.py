# SPDX-License-Identifier: Apache-2.0
"""Lay what was changed in one form of a text over its other form: what was not changed keeps its look.

Two sides show one text each in its own way, for not all hold all. Blocks that are as they were stand for those of the
other form. Of a changed block whose look nobody changed the words keep that which they have over there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tandem.core.doc import BREAK, Doc, Node, doc, normalise, text, walk
from tandem.core.plain import note, to_plain
from tandem.core.values import canonical
from tandem.markup.changed_lines import as_was
from tandem.markup.keep import partners

_NEAR = 50  # blocks among which the changed form of one is looked for
_ALIKE = 0.3  # share of equal words from which a block is taken for the changed form of one


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
        made = as_was(part.blocks[0], to_plain(doc(*new)).split("\n")) if hidden else None
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
