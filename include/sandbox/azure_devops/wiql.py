# SPDX-License-Identifier: Apache-2.0
"""The query language WIQL: from its text to a tree."""

import re
from dataclasses import dataclass
from typing import Literal

from sandbox.azure_devops import errors

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<field>(?:\[(?:source|target)\]\.)?\[[^\]]+\])
      | (?P<macro>@\w+)
      | (?P<number>[-+]?\d+(?:\.\d+)?)
      | (?P<sign><>|<=|>=|!=|[=<>(),+-])
      | (?P<word>[A-Za-z_][\w.]*)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
MOST = 32_000
_MODES = ("mustcontain", "maycontain", "doesnotcontain", "recursive")


@dataclass(frozen=True)
class Value:
    """What a field is compared with."""

    kind: Literal["text", "number", "boolean", "field", "macro"]
    text: str
    plus: float = 0
    """What is added to a macro: days, or whatever it counts."""


@dataclass(frozen=True)
class Test:
    field: str
    op: str
    """In lower case: a sign, `contains`, `not contains`, `in`, `under`, `ever`, `is empty`, ..."""
    values: tuple[Value, ...]
    text: str
    """As it was written, for errors."""
    side: str = ""
    """Of a query over links: `source` or `target`; of the link itself, none."""


@dataclass(frozen=True)
class Both:
    join: Literal["and", "or"]
    parts: "tuple[Clause, ...]"


@dataclass(frozen=True)
class Not:
    part: "Clause"


Clause = Test | Both | Not


@dataclass(frozen=True)
class Parsed:
    columns: tuple[str, ...]
    where: Clause | None
    order: tuple[tuple[str, bool], ...]
    """Field, and whether it descends."""
    as_of: str | None
    links: bool = False
    """Whether it is over links, and answers with pairs."""
    mode: str = "mustcontain"

    @property
    def kind(self) -> Literal["flat", "tree", "oneHop"]:
        if not self.links:
            return "flat"
        return "tree" if self.mode == "recursive" else "oneHop"


def parse(text: str) -> Parsed:
    """Raises: AzureError (400)."""
    if len(text) > MOST:
        raise errors.bad_query(f"The query is longer than {MOST} characters.")
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int, int]] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise self._wrong(text[place:].strip()[:30])
            self._tokens.append((found.lastgroup, found[found.lastgroup], found.start(found.lastgroup), found.end()))
            place = found.end()
        self._at = 0

    def whole(self) -> Parsed:
        self._word("select")
        columns = [self._field()]
        while self._take_sign(","):
            columns.append(self._field())
        if not self._take_word("from"):
            there = self._tokens[self._at][1] if self._at < len(self._tokens) else ""
            caused = f" The error is caused by «{there}»." if there else ""
            raise errors.bad_query(f"TF51006: The query statement is missing a FROM clause.{caused}")
        links = self._take_word("workitemlinks")
        if not links:
            self._word("workitems")
        where = self._any() if self._take_word("where") else None
        order: list[tuple[str, bool]] = []
        as_of = None
        if self._take_word("order"):
            self._word("by")
            order.append(self._sorted())
            while self._take_sign(","):
                order.append(self._sorted())
        if self._take_word("asof"):
            as_of = self._value().text
        mode = self._mode() if links and self._take_word("mode") else "mustcontain"
        if self._at < len(self._tokens):
            raise self._wrong(self._tokens[self._at][1])
        return Parsed(tuple(columns), where, tuple(order), as_of, links, mode)

    def _mode(self) -> str:
        begins = self._take_sign("(")
        said = [self._next()[1].lower()]
        while self._take_sign(","):
            said.append(self._next()[1].lower())
        known = next((one for one in said if one in _MODES), None)
        if not begins or not self._take_sign(")") or known is None:
            raise self._wrong(said[0])
        return known

    def _sorted(self) -> tuple[str, bool]:
        name = self._field()
        descends = self._take_word("desc")
        if not descends:
            self._take_word("asc")
        return name, descends

    def _any(self) -> Clause:
        parts = [self._all()]
        while self._take_word("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Both("or", tuple(parts))

    def _all(self) -> Clause:
        parts = [self._one()]
        while self._take_word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both("and", tuple(parts))

    def _one(self) -> Clause:
        if self._take_word("not"):
            return Not(self._one())
        if self._take_sign("("):
            inner = self._any()
            if not self._take_sign(")"):
                raise self._wrong(")")
            return inner
        begins = self._at
        ever = self._take_word("ever")
        side, field = self._sided()
        op = self._operator()
        values: list[Value] = []
        if op in ("in", "not in"):
            if not self._take_sign("("):
                raise self._wrong(op)
            values.append(self._value())
            while self._take_sign(","):
                values.append(self._value())
            if not self._take_sign(")"):
                raise self._wrong(op)
        elif op not in ("is empty", "is not empty"):
            values.append(self._value())
        written = self._text[self._tokens[begins][2] : self._tokens[self._at - 1][3]]
        return Test(field, "ever" if ever and op == "=" else op, tuple(values), written, side)

    def _operator(self) -> str:
        kind, text, *_ = self._next()
        word = text.lower()
        if kind == "sign" and text in ("=", "<>", "!=", "<", ">", "<=", ">="):
            return "<>" if text == "!=" else text
        if word == "not":
            return f"not {self._operator()}"
        if word == "was":
            self._word("ever")
            return "ever"
        if word == "is":
            negative = self._take_word("not")
            self._word("empty")
            return "is not empty" if negative else "is empty"
        if word == "contains":
            return "contains words" if self._take_word("words") else "contains"
        if word in ("in", "under", "ever"):
            return word
        raise self._wrong(text)

    def _value(self) -> Value:
        kind, text, *_ = self._next()
        match kind:
            case "text":
                return Value("text", text[1:-1].replace(text[0] * 2, text[0]))
            case "number":
                return Value("number", text)
            case "field":
                return Value("field", text[1:-1].strip())
            case "macro":
                return Value("macro", text.lower(), self._offset())
            case "word" if text.lower() in ("true", "false"):
                return Value("boolean", text.lower())
        raise self._wrong(text)

    def _offset(self) -> float:
        if self._at < len(self._tokens):
            kind, text, *_ = self._tokens[self._at]
            if kind == "number" and text[0] in "+-":
                self._at += 1
                return float(text)
            if kind == "sign" and text in "+-":
                self._at += 1
                number = self._next()[1]
                return float(number) if text == "+" else -float(number)
        return 0

    def _sided(self) -> tuple[str, str]:
        name = self._field()
        side, dot, rest = name.partition("].[")
        return (side.lower(), rest) if dot else ("", name)

    def _field(self) -> str:
        kind, text, *_ = self._next()
        if kind == "field":
            return text[1:-1].strip()
        if kind == "word":
            return text
        raise self._wrong(text)

    def _next(self) -> tuple[str, str, int, int]:
        if self._at >= len(self._tokens):
            raise errors.bad_query("TF51006: The query statement is missing a clause at its end.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str, text: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at][:2]
        if there and there[0] == kind and there[1].lower() == text:
            self._at += 1
            return True
        return False

    def _take_word(self, text: str) -> bool:
        return self._take("word", text)

    def _take_sign(self, text: str) -> bool:
        return self._take("sign", text)

    def _word(self, text: str) -> None:
        if not self._take_word(text):
            there = self._tokens[self._at][1] if self._at < len(self._tokens) else ""
            raise self._wrong(there or text)

    def _wrong(self, near: str) -> errors.AzureError:
        return errors.bad_query(f"TF51006: The query statement is not valid. The error is caused by «{near}».")
