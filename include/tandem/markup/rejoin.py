# SPDX-License-Identifier: Apache-2.0
"""Take home what was changed in a text of which the other side's field holds only a part.

Who changed it there saw that part alone: what they did not see stays, at the place where their part was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tandem.core.doc import Doc, Node, Parsed, Rendered, doc, normalise
from tandem.core.plain import from_plain, to_plain
from tandem.core.values import Json
from tandem.markup.keep import is_flat, partners
from tandem.markup.split import split

CUT = "…"
MORE = "(There is more of this text: it is too long for this field.)"


def rejoin_line(whole: str, part: str, changed: str) -> str | None:
    """Give a line as it is meant by who changed the cut one. None: it was no part of the whole.

    Who took the sign of the cut away wrote a line of their own.
    """
    for number, (before, after) in enumerate(_cuts(part)):
        if len(whole) >= len(before) + len(after) and whole.startswith(before) and whole.endswith(after):
            there = list(_cuts(changed))
            if not there:
                return changed
            begin, end = there[min(number, len(there) - 1)]
            return begin + whole[len(before) : len(whole) - len(after)] + end
    return None


def _cuts(line: str) -> list[tuple[str, str]]:
    """Every place at which a line may be cut: what stands before it, and behind."""
    parts = line.split(CUT)
    return [(CUT.join(parts[:at]), CUT.join(parts[at:])) for at in range(1, len(parts))]


def rejoin(whole: Doc, part: Doc, changed: Doc) -> Doc | None:
    """Give a text as it is meant by who changed the part of it. None: it was no part of the whole."""
    whole = normalise(whole)
    all_signs, shown = _signs(to_plain(whole)), to_plain(part)
    before, noted, after = shown.partition(MORE)
    begin, end = _signs(before), _signs(after)
    if not noted:
        alike = next((at for at, (one, other) in enumerate(zip(begin, all_signs, strict=False)) if one != other), None)
        begin, end = (begin, end) if alike is None else (begin[:alike], begin[alike:])
    if not (all_signs.startswith(begin) and all_signs[len(begin) :].endswith(end)):
        return None
    seen = before if noted else shown[: _place(shown, len(begin))]
    mine, theirs = _at_the_cut(changed, seen)
    known, _ = _apart(whole, len(all_signs) - len(end))
    first, rest = _apart(known, len(begin))
    if not rest["content"] and not noted:
        return changed
    plain = to_plain(known)
    unseen = plain[_place(plain, len(begin)) :]
    goes_on = to_plain(mine).split()[-1:] == seen.split()[-1:]  # else what stood before the cut is not there any more
    joined = None
    if not all(map(is_flat, changed["content"])):  # bare text is laid over the whole by whoever writes it
        joined = (
            _weld_blocks(known["content"], first["content"], rest["content"], mine["content"])
            if goes_on
            else [*mine["content"], *rest["content"]]
        )
    if joined is None:
        joined = from_plain(to_plain(mine) + (unseen if goes_on else f"\n\n{unseen.lstrip()}"))["content"]
    return normalise(doc(*joined, *theirs["content"]))


def is_part(whole: Json, part: Json) -> bool:
    """Tell whether a text or line shows a part of another one: laid over the whole it changes nothing."""
    if isinstance(whole, dict) or isinstance(part, dict):
        text, shown = (one if isinstance(one, dict) else from_plain(str(one)) for one in (whole, part))
        joined = rejoin(text, shown, shown)
        return joined is not None and _signs(to_plain(joined)) == _signs(to_plain(normalise(text)))
    return rejoin_line(str(whole), str(part), str(part)) == whole


def _signs(plain: str) -> str:
    """A text without its spaces and lines, which trackers lay out in their own way."""
    return "".join(plain.split())


def _place(plain: str, count: int) -> int:
    """The place in a text behind so many signs of it."""
    seen = 0
    for place, sign in enumerate(plain):
        if seen == count:
            return place
        seen += not sign.isspace()
    return len(plain)


def _at_the_cut(changed: Doc, before: str) -> tuple[Doc, Doc]:
    """Part a changed text where it was cut: at the note, else behind what stood before the cut."""
    plain = to_plain(changed)
    begin, noted, _ = plain.partition(MORE)
    if noted:
        mine, theirs = _apart(changed, len(_signs(begin)))
        return mine, _apart(theirs, len(_signs(MORE)))[1]
    old, new = before.split(), plain.split()
    partner = partners(old, new)
    last = partner.get(len(old) - 1)
    return _apart(changed, len("".join(new if last is None else new[: last + 1])))


def _apart(document: Doc, count: int) -> tuple[Doc, Doc]:
    """Part a text behind so many of its signs; where that is within what cannot be parted, as plain text."""
    whole = normalise(document)
    size = len(_signs(to_plain(whole)))
    if count <= 0 or count >= size:
        return (doc(), whole) if count <= 0 else (whole, doc())
    try:
        first, rest = split(_Signs(), whole, count)
        if len(_signs(to_plain(first))) == count:
            return first, rest or doc()
    except ValueError:
        pass
    plain = to_plain(whole)
    place = _place(plain, count)
    return from_plain(plain[:place]), from_plain(plain[place:])


def _weld_blocks(
    whole: Sequence[Node], first: Sequence[Node], rest: Sequence[Node], mine: Sequence[Node]
) -> list[Node] | None:
    """Set the rest of blocks behind changed ones, as it stood behind the first of the whole. None: it does not fit."""
    if not mine or not first or not rest:
        return [*mine, *rest]
    parted, last = len(whole) - len(first) - len(rest), whole[len(first) - 1]
    if parted == 0 and last["type"] != "text":
        return [*mine, *rest]
    joined = _weld(last, first[-1], rest[0] if parted else None, mine[-1]) if parted in (0, -1) else None
    return None if joined is None else [*mine[:-1], joined, *whole[len(first) :]]


def _weld(whole: Node, first: Node, rest: Node | None, mine: Node) -> Node | None:
    """Set the rest of one node behind the changed form of its first part; of words it may be a mere space."""
    if not whole["type"] == first["type"] == mine["type"]:
        return None
    if "content" in whole and rest is not None:
        inner = _weld_blocks(whole["content"], first["content"], rest["content"], mine["content"])
        return None if inner is None else mine | {"content": inner}
    if whole.get("text", "").startswith(first.get("text", "")):
        return mine | {"text": mine.get("text", "") + whole.get("text", "")[len(first.get("text", "")) :]}
    return None


class _Signs:
    """The measure of a text in its signs."""

    name: Literal["signs"] = "signs"
    hosts: frozenset[str] = frozenset()

    def parse(self, native: Json) -> Parsed:
        return Parsed(from_plain(str(native)))

    def render(self, doc: Doc, present: Json | None = None) -> Rendered:
        return Rendered(_signs(to_plain(doc)))

    def length(self, native: Json) -> int:
        return len(str(native))
