# SPDX-License-Identifier: Apache-2.0
"""From a document to one of our models, with every problem said in words and placed on its line."""

from __future__ import annotations

import copy
import difflib
import functools
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tandem.config.codes import Code
from tandem.config.traits import HUB_FIELDS, is_declared
from tandem.config.yaml import Document
from tandem.errors import Problem

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]

_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping (`key: value`)",
    "model_type": "a mapping (`key: value`)",
    "tuple_type": "a list",
    "string_too_short": "not empty",
    "string_pattern_mismatch": "a plain name on one line",
    "string_too_long": "shorter",
    "too_short": "at least one",
}

_DECIDE = ("scope", "query", "offers")  # what is offered


def validate(model: type[Model], document: Document) -> tuple[Model | None, tuple[Problem, ...]]:
    """Read a document as a model: the model, or nothing and why not (the document's own problems included)."""
    if document.value is None:
        return None, document.problems
    try:
        read = model.model_validate(dict(document.value))
    except ValidationError as error:
        items = error.errors(include_url=False)
        found = [_problem(model, document, item) for item in items if not _follows(item, items)]
        return None, (*document.problems, *found)
    return (None if document.problems else read), document.problems


def salvaged(model: type[Model], document: Document) -> Model | None:
    """Read what is left of a document without the keys that are wrong: to look at, never to run by.

    Nothing is left where a condition would be, for then more is in scope than was meant.
    """
    value: Any = copy.deepcopy(dict(document.value or {}))
    try:
        model.model_validate(value)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            *above, last = (part for part in item["loc"] if part != "[key]")
            decides = bool({"scope", "query"} & {*above[-2:]}) or difflib.get_close_matches(str(last), _DECIDE, 1)
            if item["type"] == "missing" or above[-1:] == ["offers"] or decides:
                return None
            try:
                del functools.reduce(lambda inner, part: inner[part], above, value)[last]
            except (KeyError, IndexError, TypeError):
                return None
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def follows(problem: Problem, cause: Problem) -> bool:
    """Tell whether a problem may be there only because a key with a fault was left out."""
    if problem.file != cause.file or (problem.code == cause.code and problem.key == cause.key):
        return False
    above, _, name = cause.key.rpartition(".")
    beside, _, other = problem.key.rpartition(".")
    alike = above == beside and bool(difflib.get_close_matches(name, [other], 1))
    return cause.key == problem.key or cause.key.startswith(f"{problem.key}.") or alike


def _follows(error: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether a list is only short of what is wrong in it."""
    place = error["loc"]
    return error["type"] == "too_short" and any(
        len(one["loc"]) > len(place) and one["loc"][: len(place)] == place for one in others
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the known word nearest to a misspelt one, or list them all."""
    words = list(known)
    near = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else f"There are: {', '.join(words)}." if words else "Remove it."


def _problem(model: type[BaseModel], document: Document, error: Mapping[str, Any]) -> Problem:
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    key = ".".join(map(str, place))
    kind: str = error["type"]
    context: Mapping[str, Any] = error.get("ctx", {})
    if kind in set(Code):
        return document.problem(Code(kind), context["what"], context["fix"], key)
    if kind == "extra_forbidden":
        what = f"There is no key `{place[-1]}` here."
        word, known = str(place[-1]), _keys(model, place[:-1])
        a_field = "fields" in known and (word in HUB_FIELDS or is_declared(word))
        fix = "Write it under `fields:`, further to the right." if a_field else did_you_mean(word, known)
        return document.problem(Code.UNKNOWN_KEY, what, fix, key)
    if kind == "missing":
        meaning = _keys(model, place[:-1]).get(str(place[-1]), "")
        return document.problem(
            Code.MISSING, f"`{place[-1]}` is missing.", f"Add `{place[-1]}:` {meaning}".strip(), key
        )
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        what = f"`{error['input']}` is not one of: {', '.join(allowed)}."
        return document.problem(Code.WRONG_VALUE, what, did_you_mean(str(error["input"]), allowed), key)
    return document.problem(Code.WRONG_VALUE, _what(error["input"]), f"It must be {_wanted(kind, context)}.", key)


def _what(value: object) -> str:
    if value is None or value == "":
        return "There is no value."
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        return f"There is a {'mapping' if isinstance(value, Mapping) else 'list'} here."
    return f"`{value}` cannot stand here."


def _wanted(kind: str, context: Mapping[str, Any]) -> str:
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
    return _EXPECTED.get(kind, "a value of another kind; docs/reference says which")


def _keys(model: type[BaseModel], place: Sequence[str | int]) -> Mapping[str, str]:
    """List the keys that may stand at a place, with their meanings."""
    kind: Any = model
    for part in place:
        kind = _within(kind, part)
    kind = _plain(kind)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    return {field.alias or name: field.description or "" for name, field in kind.model_fields.items()}


def _within(kind: Any, part: str | int) -> Any:
    """Give the type of what stands at one key of a value of this type."""
    kind = _plain(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        return fields[str(part)].annotation if str(part) in fields else None
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    return arguments[0] if get_origin(kind) is tuple and arguments else None


def _plain(kind: Any) -> Any:
    """Take off what is around a type: its annotations, and that it may be left out."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return _plain(next(part for part in get_args(kind) if part is not type(None)))
    return kind
