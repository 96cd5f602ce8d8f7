# SPDX-License-Identifier: Apache-2.0
"""Read lines of plain text as the changed form of a block: words that stayed keep their marks, links and mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from tandem.core.doc import BREAK, Node, doc, text
from tandem.core.plain import inline_text, to_plain
from tandem.markup.keep import matched, partners
from tandem.markup.source import ADDRESS

_TOKEN = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
_ITEM = re.compile(r"(?:- |\d+\. |-$|\d+\.$)")
_CELL: Node = {"type": "cell", "content": []}
_LONG = 2_000  # words from which nobody looks for those that stayed


def as_was(block: Node, lines: Sequence[str]) -> Node | None:
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
        made.append(as_was(inner, "\n\n".join(groups[:size]).split("\n")))
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
    return [as_was(blocks[at], mine) or _bare(mine) if blocks else _bare(mine) for at, mine in owned.items()]


def _bare(lines: Sequence[str]) -> Node:
    return {"type": "paragraph", "content": _run("\n".join(lines), ())}


def _as_table(block: Node, lines: Sequence[str]) -> Node | None:
    """Each line is a row, its cells apart by bars."""
    present = [_line([{"type": "table", "content": [row]}]) for row in block["content"]]
    columns = max(len(row["content"]) for row in block["content"])
    rows = []
    for number, before in matched(present, [" ".join(line.split()) for line in lines]):
        said = lines[number] + " " * lines[number].endswith("|")
        said = " " * said.startswith("|") + said  # spaces at the ends of a line are seen by nobody
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
    named, before = {}, inline_text(inlines)
    for number, nodes in groups.items():
        found = re.search(rf"(\S+) \({re.escape(nodes[0]['href'])}\)", said) if _is_bare(nodes) else None
        if found and f"{found[1]} {nodes[0]['href']}" not in before:  # an address was given words of its own
            named[number] = found[0]
            said = f"{said[: found.start()]}{nodes[0]['href']}{said[found.end() :]}"
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
        if kind == "insert" and i1 and _goes_on(groups.get(old[i1 - 1].group, []), "".join(new[j1:j2])):
            group = old[i1 - 1].group
        tokens[j1:j2] = [_Token(words, ((words, marks),), group) for words in new[j1:j2]]
    made: list[Node] = []
    for number, run in groupby(tokens, key=lambda token: token.group):
        part = list(run)
        if number:
            made += _linked(groups[number], named.get(number) or "".join(token.words for token in part))
        else:
            made += [node for token in part for words, marks in token.runs for node in _run(words, marks)]
    return made


def _linked(nodes: list[Node], said: str) -> list[Node]:
    """A link or mention as it was; a link with other words, if its address still stands behind them; or one that leads
    elsewhere, if its words are its address."""
    href = nodes[0].get("href")
    words = said.removesuffix(f" ({href})")
    if said == inline_text(nodes):
        return nodes
    if _is_bare(nodes) and ADDRESS.fullmatch(said):
        return [text(said, *nodes[0]["marks"], href=said)]
    if words == said or not words.strip():
        return _run(said, ())
    bare = [{key: value for key, value in node.items() if key != "href"} for node in nodes]
    return [node | {"href": href} if node["type"] == "text" else node for node in _words(bare, words)]


def _is_bare(nodes: Sequence[Node]) -> bool:
    """Tell whether these are an address that leads where it says."""
    return bool(nodes) and nodes[0].get("href") == "".join(node["text"] for node in nodes)


def _goes_on(nodes: Sequence[Node], more: str) -> bool:
    """Tell whether words belong to the address that they stand at the end of."""
    return _is_bare(nodes) and ADDRESS.fullmatch(f"{nodes[0]['href']}{more}") is not None


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
