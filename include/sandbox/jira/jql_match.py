# SPDX-License-Identifier: Apache-2.0
"""JQL: what a clause means on this site for this account, and whether an issue fits."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sandbox.jira.errors import JiraError
from sandbox.jira.jql_parse import Both, Clause, Condition, Either, Empty, Not, Past, Written
from sandbox.jira.jql_past import compile_past
from sandbox.jira.jql_values import Searcher, field_id, kind_of, meant, texts_of, value_of
from sandbox.jira.store import Issue

Test: TypeAlias = Callable[[Issue], bool]

_EQUAL = frozenset({"=", "!=", "in", "not in", "is", "is not"})
_ORDERED = frozenset({"<", ">", "<=", ">="})
_NEGATIVE = frozenset({"!=", "not in", "is not", "!~"})
_RANKED = frozenset({"date", "datetime", "number", "span", "issuekey", "priority"})


def compile_condition(condition: Condition, searcher: Searcher) -> Test:
    """Make a test of a condition.

    Raises:
        JiraError: 400 for fields and values that the site does not know, or that the account may not.
    """
    match condition:
        case Not():
            inner = compile_condition(condition.of, searcher)
            return lambda issue: not inner(issue)
        case Both():
            tests = _compiled(condition.parts, searcher)
            return lambda issue: all(test(issue) for test in tests)
        case Either():
            tests = _compiled(condition.parts, searcher)
            return lambda issue: any(test(issue) for test in tests)
        case Past():
            return compile_past(condition, searcher)
        case Clause():
            return _clause(condition, searcher)


def _compiled(parts: Sequence[Condition], searcher: Searcher) -> list[Test]:
    """Make the tests of several conditions; all that is wrong with any of them is said at once."""
    tests, said = list[Test](), list[str]()
    for part in parts:
        try:
            tests.append(compile_condition(part, searcher))
        except JiraError as refused:
            said += refused.messages
    if said:
        raise JiraError(400, *said)
    return tests


def _clause(clause: Clause, searcher: Searcher) -> Test:
    name = field_id(clause.field, searcher)
    kind = kind_of(name, searcher)
    if kind == "text":
        return _text(clause, name, searcher)
    if clause.operator not in _EQUAL and not (kind in _RANKED and clause.operator in _ORDERED):
        raise _unsupported(clause)
    if clause.operator in ("is", "is not") and not isinstance(clause.operands[0], Empty):
        raise JiraError(400, f"The operator '{clause.operator}' supports only EMPTY and NULL.")
    if kind == "file" and clause.operator not in ("is", "is not"):
        raise _unsupported(clause)
    if clause.operator in _ORDERED:
        return _comparison(clause, name, kind, searcher)
    wanted: set[Any] = set()
    for operand in clause.operands:
        wanted |= set(meant(clause.field, name, operand, searcher))
    negative = clause.operator in _NEGATIVE

    def test(issue: Issue) -> bool:
        held = value_of(issue, name, searcher)
        values = set(held) if isinstance(held, tuple) else {held}
        found = bool(values & wanted) or (None in wanted and not held)
        if negative and None not in wanted and not held and held != 0:
            return False  # what is empty fits no `!=` and no `not in`: Jira's best-known surprise
        return found != negative

    return test


def _comparison(clause: Clause, name: str, kind: str, searcher: Searcher) -> Test:
    bound = next(iter(meant(clause.field, name, clause.operands[0], searcher)), None)
    if bound is None:
        raise JiraError(400, f"The operator '{clause.operator}' does not support EMPTY.")
    rank: Callable[[Any], Any] = (lambda value: -int(value)) if kind == "priority" else (lambda value: value)

    def fits(held: Any) -> bool:
        left, right = rank(held), rank(bound)
        match clause.operator:
            case "<":
                return bool(left < right)
            case "<=":
                return bool(left <= right)
            case ">":
                return bool(left > right)
        return bool(left >= right)

    def test(issue: Issue) -> bool:
        held = value_of(issue, name, searcher)
        return any(fits(one) for one in (held if isinstance(held, tuple) else (held,)) if one is not None)

    return test


def _text(clause: Clause, name: str, searcher: Searcher) -> Test:
    operand = clause.operands[0]
    if clause.operator in ("is", "is not") or isinstance(operand, Empty):
        return lambda issue: (not any(texts_of(issue, name, searcher))) != (clause.operator in _NEGATIVE)
    if clause.operator not in ("~", "!~") or not isinstance(operand, Written):
        raise _unsupported(clause)
    words = [word.rstrip("*") for word in re.findall(r"[\w*]+", operand.text.lower())]

    def test(issue: Issue) -> bool:
        held = "\n".join(texts_of(issue, name, searcher)).lower()
        return all(word in held for word in words) != (clause.operator == "!~")

    return test


def _unsupported(clause: Clause) -> JiraError:
    return JiraError(400, f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
