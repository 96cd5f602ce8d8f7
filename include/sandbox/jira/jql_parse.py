# SPDX-License-Identifier: Apache-2.0
"""JQL: from text to a tree. The part of the language that integrations use; the rest is refused in words."""

import re
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeAlias

from sandbox.jira.errors import JiraError

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<sign>!=|!~|<=|>=|[=<>~(),])
    |(?P<and>&&)|(?P<or>\|\|?)|(?P<bang>!)
    |(?P<word>[^\s=!<>~(),"'|&]+))""",
    re.VERBOSE,
)
_RESERVED = frozenset({"and", "or", "not", "in", "is", "was", "changed", "order", "by", "empty", "null"})
_PREDICATES = ("from", "to", "by", "before", "after", "on", "during")
_SIGNS = frozenset({"=", "!=", "<", ">", "<=", ">=", "~", "!~"})
_OPERATORS = " The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
_MOST_SORTS = 7


@dataclass(frozen=True)
class Written:
    """A value as written."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Call:
    """A function, such as `currentUser()` or `startOfDay(-1d)`."""

    written: str
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """In lower case: functions are known in any."""
        return self.written.lower()


@dataclass(frozen=True)
class Empty:
    """EMPTY, also written NULL."""


Operand: TypeAlias = Written | Call | Empty


@dataclass(frozen=True)
class Clause:
    field: str
    operator: str
    """`=`, `!=`, `<`, `>`, `<=`, `>=`, `~`, `!~`, `in`, `not in`, `is`, `is not`."""
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Predicate:
    """What a question about the past is narrowed by: `AFTER -1d`, `BY currentUser()`."""

    operator: str
    """`from`, `to`, `by`, `before`, `after`, `on`, `during`."""
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Past:
    """A clause about what a field held, or that it changed."""

    field: str
    operator: str
    """`was`, `was not`, `was in`, `was not in`, `changed`; the last has no operands."""
    operands: tuple[Operand, ...]
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True)
class Not:
    of: "Condition"


@dataclass(frozen=True)
class Both:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Either:
    parts: tuple["Condition", ...]


Condition: TypeAlias = Clause | Past | Not | Both | Either


@dataclass(frozen=True)
class Sort:
    field: str
    direction: Literal["asc", "desc"] | None


@dataclass(frozen=True)
class Query:
    where: Condition | None
    order: tuple[Sort, ...]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Query:
    """Parse a query.

    Raises:
        JiraError: 400 with Jira's kind of message, naming the place.
    """
    return _Parser(text).query()


class _Parser:
    """Recursive descent: or, and, not, clause."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def query(self) -> Query:
        where = None if self._is("order") or self._peek() is None else self._either()
        order: tuple[Sort, ...] = ()
        if self._take("order"):
            if not self._take("by"):
                self._fail("Expecting 'by'")
            order = self._sorts()
        if self._peek() is not None:
            self._fail("Expecting either 'OR' or 'AND'")
        return Query(where, order)

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _negated(self) -> Condition:
        if self._take("not") or self._take("!"):
            return Not(self._negated())
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause | Past:
        field = self._name("Expecting a field name")
        if self._take("changed"):
            return Past(field, "changed", (), self._predicates())
        if self._take("was"):
            operator = "was not" if self._take("not") else "was"
            if self._take("in"):
                return Past(field, f"{operator} in", self._list(), self._predicates())
            return Past(field, operator, (self._operand(),), self._predicates())
        if self._take("is"):
            operator = "is not" if self._take("not") else "is"
            return Clause(field, operator, (self._operand(),))
        if self._take("not"):
            if not self._take("in"):
                self._fail("Expecting 'in'")
            return Clause(field, "not in", self._list())
        if self._take("in"):
            return Clause(field, "in", self._list())
        token = self._peek()
        if token is None or token.text not in _SIGNS or token.kind != "sign":
            self._fail("Expecting operator", _OPERATORS)
        self._at += 1
        return Clause(field, token.text, (self._operand(),))

    def _predicates(self) -> tuple[Predicate, ...]:
        found = []
        while operator := next((word for word in _PREDICATES if self._take(word)), None):
            found.append(Predicate(operator, self._list()))
        return tuple(found)

    def _list(self) -> tuple[Operand, ...]:
        if not self._is("("):
            return (self._operand(),)
        self._expect("(")
        operands = [self._operand()]
        while self._take(","):
            operands.append(self._operand())
        self._expect(")")
        return tuple(operands)

    def _operand(self) -> Operand:
        if self._take("empty") or self._take("null"):
            return Empty()
        token = self._peek()
        if token is None or token.kind not in ("word", "string"):
            self._fail("Expecting either a value, list or function")
        self._at += 1
        if token.kind == "word" and self._take("("):
            arguments = []
            while not self._is(")"):
                arguments.append(self._name("Expecting a function argument"))
                if not self._take(","):
                    break
            self._expect(")")
            return Call(token.text, tuple(arguments))
        return Written(token.text, token.kind == "string")

    def _sorts(self) -> tuple[Sort, ...]:
        sorts: list[Sort] = []
        while True:
            field = self._name("Expecting a field name")
            direction: Literal["asc", "desc"] | None = None
            if self._take("asc"):
                direction = "asc"
            elif self._take("desc"):
                direction = "desc"
            sorts.append(Sort(field, direction))
            if not self._take(","):
                break
        if len(sorts) > _MOST_SORTS:
            raise JiraError(400, f"The maximum number of sort fields is {_MOST_SORTS}.")
        return tuple(sorts)

    def _name(self, complaint: str) -> str:
        token = self._peek()
        reserved = token is not None and token.kind == "word" and token.text.lower() in _RESERVED
        if token is None or token.kind not in ("word", "string") or reserved:
            self._fail(complaint)
        self._at += 1
        return token.text

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, text: str) -> bool:
        token = self._peek()
        return token is not None and token.kind != "string" and token.text.lower() == text

    def _take(self, text: str) -> bool:
        if self._is(text):
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            self._fail(f"Expecting '{text}'")

    def _fail(self, what: str, advice: str = "") -> NoReturn:
        token = self._peek()
        got = f"but got '{token.text}'" if token else "before the end of the query"
        place = f" (line 1, character {token.at + 1})" if token else ""
        raise JiraError(400, f"Error in the JQL Query: {what} {got}.{advice}{place}")


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            char = text[at:].lstrip()[:1]
            raise JiraError(
                400,
                f"Error in the JQL Query: The character '{char}' is a reserved JQL character. You must enclose it in a "
                f"string or use the escape '\\u{ord(char):04x}' instead. (line 1, character {at + 1})",
            )
        kind, word = found.lastgroup, found[found.lastgroup]
        if kind == "string":
            word = re.sub(r"\\(.)", r"\1", word[1:-1])
        elif kind in ("and", "or", "bang"):
            word, kind = {"and": "and", "or": "or", "bang": "!"}[kind], "sign"
        tokens.append(_Token(kind, word, found.start(found.lastgroup)))
        at = found.end()
    return tokens
