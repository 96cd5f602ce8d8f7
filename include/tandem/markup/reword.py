# SPDX-License-Identifier: Apache-2.0
"""Change words of a text where they are written, so that all about them stays: colours, classes, a person's own signs.

A wording is an offer. Who takes it reads it first, for what words stand on may be gone, or come to mean something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from itertools import pairwise
from typing import NamedTuple

from tandem.core.doc import Node, walk

_SOURCE = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>|&#?\w+;|\s+|[^\W_]+|[\W_]", re.DOTALL)
_WORD = re.compile(r"(\s*)([^\W_]+|[^\w\s]|_)")
_SIGN = re.compile(r"()(\s+|[^\W_]+|[^\w\s]|_)")  # of code, whose spaces are words, too
_LONG = 2_000  # words from which nobody looks for those that stayed
_Change = tuple[int, int, str]  # of a source: begin, end, and what comes there


class _Word(NamedTuple):
    """A word or sign of a document; or a border, which has no words but says what begins there."""

    said: str
    spaces: str = ""  # before it
    begins: bool = True  # it stands by itself, and not at once behind another one that looks alike
    border: str = ""

    @property
    def key(self) -> tuple[str, bool, str]:
        return self.said, self.begins, self.border


@dataclass(slots=True)
class _Step:
    """Words that went, and words that came instead; always whole ones, for half of one may mean something else."""

    begin: int
    end: int
    first: int
    last: int


def reworded(
    source: str, before: Sequence[Node], after: Sequence[Node], written: Callable[[str], str]
) -> Iterator[str]:
    """Offer a source that says what was changed; none where more than words was. ``written``: words as it has them."""
    old, new = _words(before), _words(after)
    found = list(_SOURCE.finditer(source))
    if max(len(old), len(new), len(found) // 4) > _LONG:
        return
    steps = _steps(old, new)
    if not steps or any(
        word.border for step in steps for word in (*old[step.begin : step.end], *new[step.first : step.last])
    ):
        return
    wording = _Wording(source, old, _places(found, old), written)
    for behind in (True, False):
        changes = [wording.changes(step, new[step.first : step.last], behind) for step in steps]
        if all(changes):
            yield wording.replaced([one for some in changes for one in some])


def _words(blocks: Sequence[Node]) -> list[_Word]:
    words: list[_Word] = []
    for node in (node for block in blocks for node in walk(block)):
        if "text" not in node:
            words.append(_Word("", border=repr({**node, "content": None})))
            continue
        is_code = node["type"] == "code"
        words += [_Word("", border="code")] if is_code else []
        apart = True
        for spaces, said in (_SIGN if is_code else _WORD).findall(node["text"]):
            words.append(_Word(said, spaces, apart or bool(spaces) or said.isspace()))
            apart = said.isspace()
    return words


def _steps(old: Sequence[_Word], new: Sequence[_Word]) -> list[_Step]:
    steps: list[_Step] = []
    matcher = SequenceMatcher(None, [one.key for one in old], [one.key for one in new], autojunk=False)
    for kind, *at in matcher.get_opcodes():
        if kind == "equal":
            continue
        step = _Step(*at)
        while _goes_on(old, step.begin, step.end) or _goes_on(new, step.first, step.last):
            step.begin, step.first = step.begin - 1, step.first - 1
        while not all(one[at].begins for one, at in ((old, step.end), (new, step.last)) if at < len(one)):
            step.end, step.last = step.end + 1, step.last + 1
        if steps and (step.begin < steps[-1].end or step.first < steps[-1].last):
            steps[-1].end, steps[-1].last = step.end, step.last
        else:
            steps.append(step)
    return steps


def _goes_on(words: Sequence[_Word], begin: int, end: int) -> bool:
    return begin < end and not words[begin].begins


def _places(found: Sequence[re.Match[str]], words: Sequence[_Word]) -> dict[int, tuple[int, int]]:
    """Find words of a document in the source that shows it."""
    said = [(word.border and f"\n{word.border}") or word.said for word in words]
    blocks = SequenceMatcher(None, [unescape(one[0]) for one in found], said, autojunk=False).get_matching_blocks()
    return {same.b + at: found[same.a + at].span() for same in blocks for at in range(same.size)}


@dataclass(frozen=True, slots=True)
class _Wording:
    source: str
    old: Sequence[_Word]
    places: Mapping[int, tuple[int, int]]
    written: Callable[[str], str]

    def changes(self, step: _Step, come: Sequence[_Word], behind: bool) -> list[_Change]:
        """What is to be replaced; nothing if it cannot be told where. New words stand ``behind`` the words before
        them, or before those behind them."""
        gone = range(step.begin, step.end)
        if any(number not in self.places for number in gone):
            return []
        if gone:
            old, new = _groups(self.old[step.begin : step.end]), _groups(come)
            same = zip(old, new, strict=True) if len(old) == len(new) else [(slice(None), slice(None))]
            pairs = [(gone[mine], come[theirs]) for mine, theirs in same]
            return [one for numbers, words in pairs for one in self._instead(numbers, words)]
        last, after = self.places.get(step.begin - 1), self.places.get(step.end)
        if last and (behind or not after):
            return [(last[1], last[1], self.written(_said(come, spaces=True)))]
        behind_them = self.old[step.end].spaces if after else ""
        return [(after[0], after[0], self.written(_said(come) + behind_them))] if after else []

    def _instead(self, numbers: Sequence[int], words: Sequence[_Word]) -> Iterator[_Change]:
        first, *rest = numbers
        yield (*self.places[first], self.written(_said(words))) if words else self._without(first)
        yield from map(self._without, rest)

    def _without(self, number: int) -> _Change:
        """Take a word away, with the spaces before it; one that begins a line, with those behind it."""
        begin, end = self.places[number]
        spaces = len(self.old[number].spaces)
        if spaces and self.source[begin - spaces : begin].isspace():
            return begin - spaces, end, ""
        after = len(self.old[number + 1].spaces) if not spaces and number + 1 < len(self.old) else 0
        return begin, end + after if self.source[end : end + after].isspace() else end, ""

    def replaced(self, changes: Sequence[_Change]) -> str:
        """Give the source with these changes."""
        made, at = "", 0
        for begin, end, said in sorted(changes):
            made += self.source[at:begin] + said
            at = max(at, end)
        return made + self.source[at:]


def _said(words: Sequence[_Word], *, spaces: bool = False) -> str:
    said = "".join(word.spaces + word.said for word in words)
    return said if spaces or not words else said[len(words[0].spaces) :]


def _groups(words: Sequence[_Word]) -> list[slice]:
    """Where each word that stands by itself is, with the signs at it."""
    begins = [at for at, word in enumerate(words) if word.begins]
    return [slice(begin, end) for begin, end in pairwise([*begins, len(words)])]
