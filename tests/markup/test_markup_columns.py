# SPDX-License-Identifier: Apache-2.0
"""Jira's columns, which no other tracker shows as such, stay columns whatever is set, changed or taken away in them."""

from __future__ import annotations

import pytest

from markup.natives import adf, item, line, node
from sandbox.jira import adf as jira_site
from tandem.core.plain import from_plain, to_plain
from tandem.markup import Adf
from tandem.markup.relay import relay

ADF = Adf()
LEFT = [line("left one"), node("bulletList", item(line("a")), item(line("b")))]
RIGHT = [node("panel", line("right one"), panelType="note"), line("right two")]
PRESENT = adf(
    line("before"),
    node("layoutSection", node("layoutColumn", *LEFT, width=66.6), node("layoutColumn", *RIGHT, width=33.3)),
    line("after"),
)


@pytest.mark.parametrize(
    ("old", "new", "left", "right"),
    [
        ("- b\n\n", "- b\n\nbetween\n\n", "left one\n\n- a\n- b\n\nbetween", "> right one\n\nright two"),
        ("left one\n\n", "left one\n\nnew\n\n", "left one\n\nnew\n\n- a\n- b", "> right one\n\nright two"),
        ("right two", "right 2", "left one\n\n- a\n- b", "> right one\n\nright 2"),
        ("left one", "left 1", "left 1\n\n- a\n- b", "> right one\n\nright two"),
        ("> right one\n\nright two", "> right one", "left one\n\n- a\n- b", "> right one"),
        ("before", "before it", "left one\n\n- a\n- b", "> right one\n\nright two"),
        ("left one\n\n- a\n- b\n\n", "", "", "> right one\n\nright two"),
    ],
)
def test_columns_stay_columns(old: str, new: str, left: str, right: str) -> None:
    over = ADF.parse(PRESENT).doc
    plain = to_plain(over)
    changed = relay(over, from_plain(plain), from_plain(plain.replace(old, new)))
    native = ADF.render(changed, PRESENT).native
    jira_site.check(native)
    assert isinstance(native, dict) and isinstance(native["content"], list)
    first, section, last = native["content"]
    columns = [to_plain(ADF.parse(adf(*column["content"])).doc) for column in section["content"]]
    assert [column["attrs"] for column in section["content"]] == [{"width": 66.6}, {"width": 33.3}]
    assert columns == [left, right]
    assert to_plain(ADF.parse(adf(first, last)).doc) == "before\n\nafter".replace(old, new)
    assert ADF.render(changed, native).native == native


def test_columns_of_which_nothing_is_left_are_gone_but_for_what_outlives_any_edit() -> None:
    assert ADF.render(from_plain("before\n\nafter"), PRESENT).native == adf(line("before"), line("after"), RIGHT[0])
