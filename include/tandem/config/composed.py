# SPDX-License-Identifier: Apache-2.0
"""Texts composed of hub fields: ``{{ twin.key }}: {{ title | truncate(60) }}``, and nothing that could be run.

A template is data that a company wrote, and values are data that others wrote. So only what is listed here may stand in
one: names, conditions, comparisons and a few filters; no call, no loop, no attribute but those of ``twin`` and ``own``.
Its length is bounded by that of its values. Which names it uses is known when the contract is loaded; no other value is
given.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tandem.config.field_rules import OWN, TWIN, FieldRule
from tandem.core.values import Json

LONGEST = 2_000  # characters of a template
FILTERS = (
    "capitalize",
    "default",
    "first",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "title",
    "trim",
    "truncate",
    "upper",
)
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.Filter,
    nodes.Keyword,
    nodes.List,
    nodes.Tuple,
)
_ROOTS = {prefix.removesuffix("."): prefix for prefix in (TWIN, OWN)}


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False, finalize=_shown
    )
    made.filters = {name: made.filters[name] for name in FILTERS} | {"join": _joined}
    made.tests = {}
    made.globals = {}
    return made


def _joined(value: Any, separator: str = ", ") -> str:
    """Join a list. A text is one already: joining its letters, again and again, would make it as long as one likes."""
    return separator.join(map(str, value)) if isinstance(value, list) else str(_shown(value))


def _shown(value: Any) -> Any:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


_JINJA = _environment()


def names_in(template: str) -> frozenset[str]:
    """List the hub fields that a template uses (``twin.key`` among them).

    Raises:
        ValueError: it is no template, or holds more than may stand in one; the message says what.
    """
    if len(template) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST:,} characters")
    try:
        tree = _JINJA.parse(template)
    except TemplateError as error:
        raise ValueError(f"it cannot be read: {error.message or type(error).__name__}") from None
    names = frozenset(_names(tree))
    try:
        _compiled(template)
    except TemplateError as error:
        raise ValueError(f"it cannot be read: {error.message or type(error).__name__}") from None
    return names


def _names(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name in _ROOTS:
            return [f"{_ROOTS[node.node.name]}{node.attr}"]
        raise ValueError(f"`.{node.attr}` may not stand in it: only `twin.` and `own.` have parts")
    if isinstance(node, nodes.Name) and node.name in _ROOTS:
        raise ValueError(f"`{node.name}` stands for nothing by itself: write `{node.name}.key`")
    if not isinstance(node, _ALLOWED):
        raise ValueError(f"a {type(node).__name__.lower()} may not stand in it")
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise ValueError(f"there is no filter `{node.name}`; there are {', '.join(FILTERS)}")
    if isinstance(node, nodes.Filter) and not all(isinstance(given, nodes.Const) for given in _given(node)):
        raise ValueError(f"what is given to `{node.name}` must be written out")
    found = [node.name] if isinstance(node, nodes.Name) else []
    for child in node.iter_child_nodes():
        found += _names(child)
    return found


def _given(node: nodes.Filter) -> list[nodes.Expr]:
    return [
        *node.args,
        *(keyword.value for keyword in node.kwargs),
        *(n for n in (node.dyn_args, node.dyn_kwargs) if n),
    ]


@cache
def _compiled(template: str) -> Template:
    return _JINJA.from_string(template)


def render(template: str, values: Mapping[str, Json]) -> str:
    """Fill a template. ``values`` holds the fields that it names, and may hold no others.

    Raises:
        ValueError: it cannot be filled with these values (a word is compared with a number, say).
    """
    given: dict[str, Any] = {root: {} for root in _ROOTS}
    for name, value in values.items():
        root, _, part = name.partition(".")
        if part:
            given[root][part] = value
        else:
            given[name] = value
    try:
        text = _compiled(template).render(given)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"it cannot be filled ({type(error).__name__})") from None
    return text.strip()


def uses(rule: FieldRule) -> set[str]:
    """Give the hub fields that a composed field looks at."""
    if not rule.is_composed:
        return set()
    names = {name for text in rule.templates for name in names_in(text)}
    return {name for name in names | {one for entry in rule.when for one in entry.where} if "." not in name}
