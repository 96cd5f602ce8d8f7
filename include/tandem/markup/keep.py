# SPDX-License-Identifier: Apache-2.0
"""Which part of a present text stands where a new text goes: a rich text is never replaced blindly (engine §1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from tandem.core.doc import BREAK, SEEN, SHOW, Node, doc, normalise, paragraph, text, walk
from tandem.core.plain import note, to_plain
from tandem.markup.nesting import held, lined

_FILE = re.compile(r"\[file(?:: [^\]\n]*)?\]")
_NEAR = 50  # blocks before and behind a place among which the edited form of what stood there is looked for
_LONG = 1_000_000  # pairs of lines from which lines that recur do not lead the matching
_WORDY = 10_000  # pairs of words from which a block is known by which words it has, in whatever order
_ALIKE = 0.4  # share of equal words from which a changed block is taken for the edited form of a present one


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of the present text: as its tracker has it, and as the hub reads it."""

    native: Any
    blocks: tuple[Node, ...]
    keeps: bool = False  # it holds something that the hub cannot
    inner: Callable[[], list[Piece]] | None = None  # the pieces of one that holds several


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of the new text. With a piece and no block the piece stays as it is; with both, the block is the
    piece's edited form; without a piece the block is new."""

    block: Node | None
    piece: Piece | None = None


def align(pieces: Sequence[Piece], blocks: Sequence[Node]) -> tuple[list[Slot], list[Piece]]:
    """Lay the new blocks over the present pieces; give the new order, and the pieces whose place is gone."""
    whole = _equal_runs(pieces, blocks)
    flat = all(is_flat(block) for block in blocks)
    slots: list[Slot] = []
    at = 0
    while at < len(blocks):
        number, end = whole.get(at, (-1, at + 1))
        slots += [Slot(blocks[at])] if number < 0 else _settle(pieces[number], blocks[at:end], flat)
        at = end
    _match_edited(pieces, slots)
    _put_back_unseen(pieces, slots)
    placed = {id(slot.piece) for slot in slots}
    return slots, [piece for piece in pieces if id(piece) not in placed]


def _settle(piece: Piece, run: Sequence[Node], flat: bool) -> list[Slot]:
    """Choose between a present piece and blocks that read the same: the richer form stays; a changed mark counts."""
    same_kinds = [block["type"] for block in run] == [block["type"] for block in piece.blocks]
    flattened = not same_kinds and (piece.keeps or all(is_flat(block) for block in run))
    if not any("language" in node for block in run for node in walk(block)):
        silent = list(map(unnamed, piece.blocks))  # most trackers do not tell the language of code
    else:
        silent = list(piece.blocks)
    could_be_shown = (silent, held(silent), list(map(_without_gaps, silent)))
    as_lines = _veiled(map(lined, run)) == _veiled(map(lined, silent))
    if flat or flattened or as_lines or _veiled(run) in map(_veiled, could_be_shown):
        return [Slot(None, piece)]
    return [Slot(run[0], None if piece.inner else piece), *map(Slot, run[1:])]


def unnamed(node: Node) -> Node:
    """A block without the languages of its code."""
    new = {key: value for key, value in node.items() if key != "language"}
    return {**new, "content": [unnamed(part) for part in node["content"]]} if "content" in node else new


def _without_gaps(node: Node) -> Node:
    """A block without empty lines in it, which not every source can hold."""
    parts = node.get("content", [])
    kept = [part for before, part in zip([{}, *parts], parts, strict=False) if part != BREAK or before != BREAK]
    return {**node, "content": [_without_gaps(part) for part in kept]} if parts else node


def _veiled(blocks: Iterable[Node]) -> list[Node]:
    """Show what another tracker could have shown: a note for each file, bare text for each mention and address."""

    def veil(node: Node) -> Node:
        if node["type"] == "media":
            return text("[file]")
        if node["type"] == "mention":
            return text(node["text"])
        if node["type"] == "text":
            words = _FILE.sub("[file]", node["text"])
            return text(words, *node["marks"], href=node.get("href") if node.get("href") != node["text"] else None)
        return {**node, "content": [veil(part) for part in node["content"]]} if "content" in node else node

    return list(normalise(doc(*map(veil, blocks)))["content"])


def is_flat(block: Node) -> bool:
    """Tell whether a block is bare text, as markups show it that have no more."""
    parts = block.get("content", ())
    return block["type"] == "paragraph" and not any(
        part.get("marks") or part.get("href", part.get("text")) != part.get("text") for part in parts
    )


def _lines(blocks: Sequence[Node]) -> list[str]:
    plain = _FILE.sub("[file]", to_plain(doc(*blocks))).replace("\t", "    ")  # as text outside of code has them
    return [line.strip() for line in plain.split("\n") if line.strip()]


def _equal_runs(pieces: Sequence[Piece], blocks: Sequence[Node]) -> dict[int, tuple[int, int]]:
    """Find runs of whole blocks that read as one piece: first block → (piece, end of the run)."""
    left = [(line, number) for number, piece in enumerate(pieces) for line in _lines(piece.blocks)]
    right = [(line, number) for number, block in enumerate(blocks) for line in _lines([block])]
    partner = partners([line for line, _ in left], [line for line, _ in right])
    found: dict[int, tuple[int, int]] = {}
    for number, lines in groupby(enumerate(left), key=lambda one: one[1][1]):
        mine = [index for index, _ in lines]
        theirs = [partner.get(index, -1) for index in mine]
        if -1 in theirs or theirs != list(range(theirs[0], theirs[0] + len(theirs))):
            continue
        first, last = theirs[0], theirs[-1]
        start, end = right[first][1], right[last][1]
        begins = first == 0 or right[first - 1][1] != start
        closes = last + 1 == len(right) or right[last + 1][1] != end
        if begins and closes:
            found[start] = (number, end + 1)
    return found


def partners(left: Sequence[str], right: Sequence[str]) -> dict[int, int]:
    """Pair equal lines. An edit changes a few places, so how both begin and end is paired first: what is left for the
    matcher, whose time grows with the square, is short."""
    same = [one == other for one, other in zip(left, right, strict=False)]
    begin = same.index(False) if False in same else len(same)
    same = [one == other for one, other in zip(reversed(left[begin:]), reversed(right[begin:]), strict=False)]
    end = same.index(False) if False in same else len(same)
    partner = {line: line for line in range(begin)}
    partner |= {len(left) - step: len(right) - step for step in range(1, end + 1)}
    between = left[begin : len(left) - end], right[begin : len(right) - end]
    matcher = SequenceMatcher(None, *between, autojunk=len(between[0]) * len(between[1]) > _LONG)
    for found in matcher.get_matching_blocks():
        partner |= {begin + found.a + step: begin + found.b + step for step in range(found.size)}
    return partner


def matched(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int | None]]:
    """Give for each new line the old one that it is, or is the changed form of."""
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for step in range(j2 - j1):
            yield j1 + step, i1 + step if kind in ("equal", "replace") and i1 + step < i2 else None


def _match_edited(pieces: Sequence[Piece], slots: list[Slot]) -> None:
    """Pair each present piece left with the new block of its kind that reads most alike."""
    placed = {id(slot.piece) for slot in slots}
    free = [index for index, slot in enumerate(slots) if slot.piece is None]
    left = [piece for piece in pieces if id(piece) not in placed]
    for number, piece in enumerate(left):
        if len(piece.blocks) != 1:
            continue
        words = _words(piece.blocks)
        near = max(0, number * len(free) // len(left) - _NEAR)
        likeness = {
            index: _likeness(words, _words([block]))
            for index in free[near : near + 2 * _NEAR]
            if slots[index].piece is None
            and (block := slots[index].block) is not None
            and block["type"] == piece.blocks[0]["type"]
        }
        best = max(likeness, key=lambda index: likeness[index], default=-1)
        if likeness.get(best, 0) >= _ALIKE:
            slots[best] = Slot(slots[best].block, piece)


def _likeness(left: Sequence[str], right: Sequence[str]) -> float:
    """The share of words that two blocks have in common, from 0 to 1."""
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return matcher.ratio() if len(left) * len(right) < _WORDY else matcher.quick_ratio()


def _put_back_unseen(pieces: Sequence[Piece], slots: list[Slot]) -> None:
    """Set a piece of which no reader elsewhere saw anything behind the piece that it stood behind, if that is there."""
    before: Piece | None = None
    for piece in pieces:
        if piece.keeps and not _lines(piece.blocks):
            places = [index for index, slot in enumerate(slots) if before is not None and slot.piece is before]
            if before is None or places:
                slots.insert(places[-1] + 1 if places else 0, Slot(None, piece))
        before = piece


def _words(blocks: Sequence[Node]) -> list[str]:
    return " ".join(_lines(blocks)).split()


def as_shown(node: Node) -> Node:
    """Take the target's own pictures as what they are: they may be shown there."""
    if node["type"] == "media" and node.get("ref", "").startswith(SEEN):
        return node | {"ref": SHOW + node["ref"].removeprefix(SEEN)}
    return {**node, "content": [as_shown(part) for part in node["content"]]} if "content" in node else node


def laid(pieces: Sequence[Piece], blocks: Sequence[Node]) -> list[Slot]:
    """Lay new blocks over present pieces, each with what it holds of its piece: pictures and languages.

    A piece that holds several is opened where it does not stay whole, so that an edit changes no more than its own.
    """
    slots, gone = align(pieces, blocks)
    while opened := {id(piece): piece.inner() for piece in gone if piece.inner}:
        pieces = [part for piece in pieces for part in opened.get(id(piece), [piece])]
        slots, gone = align(pieces, blocks)
    return [replace(slot, block=_in_languages(_with_pictures(slot.block, slot.piece), slot.piece)) for slot in slots]


def over(pieces: Sequence[Piece], blocks: Sequence[Node]) -> list[Slot]:
    """Lay new blocks over present pieces; pictures stay where the text still names them, or come at the end."""
    shown = laid(pieces, blocks)
    there = {node["ref"] for slot in shown for node in _pictures(blocks_of(slot))}
    lost = {node["ref"]: node for piece in pieces for node in _pictures(piece.blocks) if node["ref"] not in there}
    return shown + [Slot(paragraph(node)) for node in lost.values()]


def blocks_of(slot: Slot) -> Sequence[Node]:
    """What a step of the new text reads as."""
    return [slot.block] if slot.block else list(map(as_shown, slot.piece.blocks if slot.piece else ()))


def _pictures(blocks: Sequence[Node]) -> list[Node]:
    """The pictures of the target's own text."""
    return [as_shown(node) for block in blocks for node in walk(block) if node["type"] == "media" and "ref" in node]


def _with_pictures(block: Node | None, piece: Piece | None) -> Node | None:
    """Set the pictures of a piece into its edited form, where a note still stands for each."""
    for picture in _pictures(piece.blocks) if block and piece else ():
        block = _set_in(block, note(picture), picture) or block
    return block


def _in_languages(block: Node | None, piece: Piece | None) -> Node | None:
    """Give code of a piece's edited form the language that it had there: most trackers do not tell it."""
    old = [node.get("language", "") for one in (piece.blocks if piece else ()) for node in walk(one) if _is_code(node)]
    if block is None or not any(old) or len(old) != sum(map(_is_code, walk(block))):
        return block
    languages = iter(old)

    def named(node: Node) -> Node:
        if _is_code(node):
            return {"language": next(languages), **node}
        return {**node, "content": [named(part) for part in node["content"]]} if "content" in node else node

    return next(iter(normalise(doc(named(block)))["content"]), block)


def _is_code(node: Node) -> bool:
    return bool(node["type"] == "code")


def _set_in(node: Node | None, words: str, picture: Node) -> Node | None:
    """Set a picture in place of the first text that reads so; none if there is no such."""
    parts = node.get("content", []) if node else []
    for place, part in enumerate(parts):
        before, found, after = part["text"].partition(words) if part["type"] == "text" else ("", "", "")
        inner = [{**part, "text": before}, picture, {**part, "text": after}] if found else None
        inner = inner or ([deeper] if (deeper := _set_in(part, words, picture)) else None)
        if node and inner:
            return {**node, "content": [*parts[:place], *inner, *parts[place + 1 :]]}
    return None
