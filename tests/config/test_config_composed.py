# SPDX-License-Identifier: Apache-2.0
"""Templates of composed fields: what may stand in one, what is refused, and that nothing runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.config.composed import FILTERS, names_in, render

VALUES = {
    "title": "No <coupon>",
    "priority": 1,
    "labels": ["kiosk", "checkout"],
    "assignee": None,
    "twin.key": "SHOP-7",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ twin.key }}: {{ title }}", "SHOP-7: No <coupon>"),
        ("{% if priority <= 2 %}urgent{% else %}calm{% endif %}", "urgent"),
        ("{{ 'urgent' if priority == 1 and not assignee else 'calm' }}", "urgent"),
        ("{{ labels }} / {{ labels | join('+') }} / {{ labels | length }}", "kiosk, checkout / kiosk+checkout / 2"),
        ("{{ title | upper | truncate(5) }}", "NO..."),
        ("{{ assignee }}|{{ assignee | default('nobody', true) }}", "|nobody"),
        ("{% if 'kiosk' in labels %}{{ 'in ' ~ title }}{% endif %}", "in No <coupon>"),
        ("plain words", "plain words"),
    ],
)
def test_what_a_template_makes(template: str, text: str) -> None:
    names = names_in(template)
    assert render(template, {name: VALUES[name] for name in names}) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ title.__class__ }}",
        "{{ title.upper() }}",
        "{{ title['x'] }}",
        "{{ range(9) }}",
        "{% for one in labels %}{% endfor %}",
        "{% set x = title %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'secret' %}",
        "{% import 'os' as os %}",
        "{% extends 'base' %}",
        "{% raw %}{% endraw %}{{ 'a' * 999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ title | attr('__class__') }}",
        "{{ labels | map('upper') }}",
        "{{ title | replace('a', 'b') }}",
        "{{ labels | join(title) }}",
        "{{ labels | join(*labels) }}",
        "{{ title is defined }}",
        "{{ twin }}",
        "{{ twin.key.x }}",
        "{{ title",
        "{% if title %}",
        "x" * 2001,
    ],
)
def test_all_else_is_refused_in_words(template: str) -> None:
    with pytest.raises(ValueError, match=r"^(it|a|`|there|what) ?.{3,}"):
        names_in(template)


@given(st.lists(st.sampled_from([*FILTERS, "attr('x')", "join('ab')"]), max_size=12), st.text(max_size=40))
def test_no_filters_make_a_text_longer_than_its_values(filters: list[str], value: str) -> None:
    """Whatever is strung together: the result is bounded, so that nobody's machine is filled."""
    template = "{{ " + " | ".join(["title", *filters]) + " }}"
    try:
        names_in(template)
        made = render(template, {"title": value})
    except ValueError:
        return
    assert len(made) <= 4 * len(value) + 20  # a capital may take more letters than its small one


@given(st.text(st.sampled_from("{}%# |.'title()[]_twinkey~"), max_size=40))
def test_any_text_is_a_template_or_refused(template: str) -> None:
    try:
        names = names_in(template)
    except ValueError:
        return
    try:
        render(template, dict.fromkeys(names, "x"))
    except ValueError:
        assert True


@given(st.text(max_size=30))
def test_values_are_data(value: str) -> None:
    """What looks like a template within a value stays as it is."""
    assert (
        render("<{{ title }}>", {"title": value + "{{ title }}{% if x %}"}) == f"<{value}{{{{ title }}}}{{% if x %}}>"
    )


def test_a_value_that_is_not_given_is_never_found_elsewhere() -> None:
    for name in ("title", "self", "environment", "cycler"):
        with pytest.raises(ValueError, match="cannot be filled"):
            render("{{ " + name + " ~ '' }}", {}) if name != "self" else render("{{ self.x }}", {})


def test_what_cannot_be_compared_says_so_and_shows_no_value() -> None:
    with pytest.raises(ValueError, match="cannot be filled") as caught:
        render("{% if title <= 2 %}x{% endif %}", {"title": "Merger with Initech"})
    assert "Initech" not in str(caught.value)
