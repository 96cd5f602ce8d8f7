# SPDX-License-Identifier: Apache-2.0
"""Headings are text with a few names: nothing in them or in the values can do anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.config.template import DEFAULT, NAMES, names_in, render, wrong_in


def test_names_are_filled_in() -> None:
    assert render(DEFAULT, {"author": "Anna Ricci", "company": "Mercuri Inc."}) == "Anna Ricci (Mercuri Inc.) wrote:"
    assert render("{{twin.key}}: {{ author }}", {"twin.key": "#7", "author": "Anna"}) == "#7: Anna"


def test_a_name_without_a_value_leaves_nothing_behind() -> None:
    assert render(DEFAULT, {"company": "Mercuri Inc."}) == "(Mercuri Inc.) wrote:"
    assert render(DEFAULT, {"author": "Anna"}) == "Anna wrote:"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ author }} ({{ company }}, {{ twin.key }}) wrote:", "Mercuri (#7) wrote:"),
        ("{{ author }} ({{ twin.key }}, {{ company }}) wrote:", "Mercuri (#7) wrote:"),
        ("{{ author }} ({{ company }} / {{ twin.url }}) wrote:", "Mercuri wrote:"),
        ("[{{ company }}] {{ author }} – {{ twin.status }}", "Mercuri"),
        ("{{ company }}; {{ twin.url }}, {{ author }}: (so)", "Mercuri: (so)"),
    ],
)
def test_nor_do_the_signs_about_it_stay(template: str, told: str) -> None:
    assert render(template, {"author": "Mercuri", "company": "", "twin.key": "#7"}) == told


@given(
    st.text(min_size=1)
    .map(str.strip)
    .filter(lambda text: text and "  " not in text and "()" not in text and "\t" not in text)
)
def test_values_are_data(value: str) -> None:
    assert render("{{ author }}", {"author": value, "company": "never"}) == value


@pytest.mark.parametrize(
    "template",
    ["{{ autor }}", "{{ author", "author }}", "{% if x %}", "{# x #}", "{{ author.__class__ }}", "{{ 1 + 1 }}", "{{}}"],
)
def test_everything_else_is_refused(template: str) -> None:
    assert wrong_in(template)


def test_what_is_allowed() -> None:
    template = " ".join(f"{{{{ {name} }}}}" for name in NAMES) + " {single} 100%"
    assert wrong_in(template) is None
    assert names_in(template) == NAMES
