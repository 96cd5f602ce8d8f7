# SPDX-License-Identifier: Apache-2.0
"""Files of YAML 1.2, read as plain values with the line of every key.

``on``, ``off``, ``yes`` and ``no`` are words. Keys are texts (``1:`` is ``"1"``). A key given twice, a tag, an anchor
or an alias is a problem: what a file says must be seen by reading it. Built from the parser's events, so nothing in
a file can make an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from tandem.config.codes import Code
from tandem.config.models import shown
from tandem.core.values import Json
from tandem.errors import Problem

DEEPEST = 20

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?\.[0-9]{1,18}([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, Json] = {"": None, "~": None, "null": None, "true": True, "false": False}
_ADVICE = "Look at this line and the one above it: indentation by spaces, a space after each colon, quotes closed."


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. ``lines`` has the line of every key and list item, by dotted key; ``""`` is the file."""

    file: str
    value: Mapping[str, Json] | None  # None: nothing can be made of it
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line_of(self, key: str) -> int | None:
        """Give the line of a key, or of the nearest key above it."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key)

    def problem(self, code: Code, what: str, fix: str, key: str = "", *, warning: bool = False) -> Problem:
        """Say what is wrong at a key."""
        return Problem(code, what, fix, file=self.file, line=self.line_of(key), key=key, warning=warning)


def read(path: Path) -> Document:
    """Read a file; whatever is wrong with it is in the document's problems."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        return _nothing(shown(path), f"The file cannot be read: {error.strerror}.", "Make the file, or let it be read.")
    except UnicodeDecodeError:
        return _nothing(shown(path), "The file is not UTF-8 text.", "Save it as UTF-8.")
    return parse(text, shown(path))


@lru_cache(maxsize=256)  # each task of each run reads its files anew, and they hardly ever say something else
def parse(text: str, file: str) -> Document:
    """Read a text as one mapping. What it gives is shared, and never changed."""
    building = _Building(file)
    try:
        value = building.document(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _nothing(file, f"This is not YAML: {error.problem}.", _ADVICE, mark.line + 1 if mark else None)
    except YAMLError as error:
        return _nothing(file, f"This is not YAML: {str(error).splitlines()[0]}.", _ADVICE)
    if not isinstance(value, dict):
        empty = value is None and not building.problems
        what = "There is nothing in it." if empty else "It is not a mapping (lines of `key: value`)."
        building.problems.append(Problem(Code.UNREADABLE, what, "Write keys and values.", file=file, line=1))
        value = None
    return Document(file, value, building.lines, tuple(building.problems))


def _nothing(file: str, what: str, fix: str, line: int | None = None) -> Document:
    return Document(file, None, {}, (Problem(Code.UNREADABLE, what, fix, file=file, line=line),))


class _Building:
    """Makes values of events, noting lines and problems on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {"": 1}
        self.problems: list[Problem] = []

    def document(self, events: Iterator[Event]) -> Json:
        value: Json = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                value = self._value(next(events), events, "") if documents == 1 else value
                if documents == 2:
                    self._add(
                        Code.NOT_PLAIN, "There are several documents in one file.", "Remove the line `---`.", event
                    )
        return value

    def _value(self, event: Event, events: Iterator[Event], key: str, depth: int = 0) -> Json:
        self._refuse_marks(event, key)
        if depth > DEEPEST:
            raise MarkedYAMLError(problem=f"nested more than {DEEPEST} deep", problem_mark=event.start_mark)
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, key, depth + 1)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, key, depth + 1)
        return _scalar(event) if isinstance(event, ScalarEvent) else None

    def _mapping(self, events: Iterator[Event], above: str, depth: int) -> Json:
        made: dict[str, Json] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            name = _whole(event.value) if isinstance(event, ScalarEvent) else None
            key = _join(above, str(name))
            if name is None:
                self._add(Code.NOT_PLAIN, "A key is not a word.", "Write the key as a word or a number.", event, above)
                self._value(event, events, key, depth)
            first = self.lines.get(key) if name in made else None
            if first is None:
                self.lines[key] = event.start_mark.line + 1
            else:
                what = f"`{name}` is given twice; the first is on line {first}."
                self._add(Code.TWICE, what, "Keep one of them.", event, key)
            value = self._value(next(events), events, key, depth)
            if name is not None:
                made.setdefault(name, value)
        return made

    def _sequence(self, events: Iterator[Event], above: str, depth: int) -> Json:
        made: list[Json] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            key = _join(above, str(len(made)))
            self.lines[key] = event.start_mark.line + 1
            made.append(self._value(event, events, key, depth))
        return made

    def _refuse_marks(self, event: Any, key: str) -> None:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            self._add(Code.NOT_PLAIN, "Anchors and aliases (`&`, `*`) are not read here.", _WRITE_OUT, event, key)
        if getattr(event, "tag", None):
            self._add(
                Code.NOT_PLAIN,
                "Tags (`!`) are not read here.",
                "Remove the tag; quote a text that begins with `!`.",
                event,
                key,
            )

    def _add(self, code: Code, what: str, fix: str, event: Any, key: str = "") -> None:
        line = event.start_mark.line + 1
        self.problems.append(Problem(code, what, fix, file=self.file, line=line, key=key))


_WRITE_OUT = "Write the value out; quote a text that begins with `&` or `*`."


def _join(above: str, key: str) -> str:
    return f"{above}.{key}" if above else key


def _whole(text: str) -> str:
    """Join the two halves in which JSON escapes some characters; half a character alone becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _scalar(event: ScalarEvent) -> Json:
    text = _whole(event.value)
    if event.style:  # quoted or a block: a text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and isfinite(float(text)):
        return float(text)
    return text
