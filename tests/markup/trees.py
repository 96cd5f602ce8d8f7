# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for rich text, and the texts in recorded answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from support.material import RECORDED, demand
from tandem.core import doc as hub

_SIGNS = st.one_of(
    st.sampled_from(list("ab Z<>&\"'{}[]@~#*_-`|\\/%\t\n\xa0")),
    st.sampled_from(
        ["\U0001f9f5", "\U0001f468\u200d\U0001f469\u200d\U0001f466", "\u202eolleh", "e\u0301", "\u05d0", "\x00"]
    ),
    st.characters(exclude_categories=()),  # lone surrogates too
)
texts = st.lists(_SIGNS, min_size=1, max_size=8).map("".join)
names = st.text(st.sampled_from("abc. -_"), max_size=8)
hrefs = st.sampled_from(
    [None, None, None, "https://a.example/x?y=1&z=%20", "mailto:a@b.example", "javascript:alert(1)", "/rel"]
)
marks = st.sets(st.sampled_from(sorted(hub.MARKS)), max_size=3)
runs = st.builds(lambda value, with_marks, href: hub.text(value, *with_marks, href=href), texts, marks, hrefs)


def _inlines(extra: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.one_of(runs, runs, st.just(hub.BREAK), extra), max_size=4)


def documents(
    extra: st.SearchStrategy[Any] | None = None,
    holds: frozenset[str] = frozenset({"table", "heading", "rule", "quote"}),
) -> st.SearchStrategy[hub.Doc]:
    """Draw documents; ``holds`` names the block kinds that may stand anywhere, also within quotes and items."""
    inlines = _inlines(extra if extra is not None else runs)
    plain = st.one_of(
        inlines.map(lambda parts: hub.paragraph(*parts)),
        st.builds(hub.code, texts, st.sampled_from([None, "python", "C++"])),
    )
    heads = st.builds(lambda level, parts: hub.heading(level, *parts), st.integers(1, 6), inlines)
    rule = st.just({"type": "rule"})

    def nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        blocks = st.lists(inner, max_size=3)
        lists = st.builds(
            lambda contents, ordered, start: hub.items(*contents, ordered=ordered, start=start),
            st.lists(blocks, max_size=3),
            st.booleans(),
            st.integers(0, 9),
        )
        options = [lists]
        options += [blocks.map(lambda parts: hub.quote(*parts))] if "quote" in holds else []
        options += [_tables(blocks)] if "table" in holds else []
        return st.one_of(*options)

    leaves = st.one_of(plain, *([heads] if "heading" in holds else []), *([rule] if "rule" in holds else []))
    nested = st.recursive(leaves, nest, max_leaves=6)
    simple = st.recursive(
        plain, lambda inner: st.lists(st.lists(inner, max_size=2), max_size=2).map(lambda c: hub.items(*c))
    )
    quotes = st.lists(simple, max_size=2).map(lambda parts: hub.quote(*parts))
    cells = st.lists(st.one_of(simple, heads, rule, quotes), max_size=2)
    top = st.one_of(nested, heads, rule, quotes, _tables(cells))
    return st.lists(top, max_size=4).map(lambda parts: hub.doc(*parts))


def _tables(blocks: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    cells = st.builds(
        lambda inner, header, colspan, rowspan: hub.cell(*inner, header=header, colspan=colspan, rowspan=rowspan),
        blocks,
        st.booleans(),
        st.integers(1, 3),
        st.integers(1, 3),
    )
    return st.lists(st.lists(cells, max_size=2), max_size=2).map(lambda rows: hub.table(*rows))


def recorded(wanted: str) -> Iterator[Any]:
    """Yield every ADF document (``adf``) or every value under ``html_body`` in the recorded answers."""
    files = sorted(demand(RECORDED).glob("*/*.json"))
    assert files, f"no recorded answers in {RECORDED}"
    for file in files:
        yield from _found(json.loads(file.read_text("utf-8")), wanted)


def _found(value: Any, wanted: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if wanted == "adf" and value.get("type") == "doc" and "content" in value:
            yield value
        for key, part in value.items():
            if key == wanted:
                yield part
            yield from _found(part, wanted)
    elif isinstance(value, list):
        for part in value:
            yield from _found(part, wanted)
