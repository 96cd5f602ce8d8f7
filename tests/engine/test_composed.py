# SPDX-License-Identifier: Apache-2.0
"""Fields that a contract composes or sets itself, and maps that depend on other fields, through whole runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.laws import laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.config.load import load_pair
from tandem.connectors.base import FieldInfo
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE
from tandem.core.rules import Which

LINE = FieldInfo("line", "Line", "text", max_length=60)
NOTE = FieldInfo("note", "Note", "rich")
DESK = FieldInfo("desk", "Desk", "choice", choices={"1": "Partner", "2": "Own"})
TEXT = "{{ twin.key }} {% if priority == 1 %}URGENT {% endif %}{{ title | truncate(30) }}"
SEVERITIES = {"1": "One", "2": "Two", "3": "Three"}


def bench_of(path: Path, right: dict[str, Any] | None = None, left: dict[str, Any] | None = None, **more: Any) -> Bench:
    fields = {**JIRA_LIKE.fields, "line": LINE, "note": NOTE, "desk": DESK}
    kinds = {"right": replace(JIRA_LIKE, fields=fields)} | more.pop("kinds", {})
    return Bench(path, left={"reveal": ["key"], **(left or {})}, right={"fields": right or {}}, kinds=kinds, **more)


def at_rest(bench: Bench) -> None:
    bench.quiet()
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    assert laws(bench) == []


def shown(bench: Bench, issue: str, name: str) -> Any:
    return bench.tracker(RIGHT).tickets[issue].fields.get(name)


def test_a_text_is_written_at_creation_and_follows_what_it_is_composed_of(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_line": {"field": "line", "template": TEXT}})
    ticket, issue = bench.linked(title="Cart", priority="high")
    assert shown(bench, issue, "line") == f"{ticket} Cart"
    bench.set(LEFT, ticket, "priority", "urgent")
    at_rest(bench)
    assert shown(bench, issue, "line") == f"{ticket} URGENT Cart"
    bench.set(RIGHT, issue, "title", "Basket")  # changed on its own side, and so at the other too
    at_rest(bench)
    assert shown(bench, issue, "line") == f"{ticket} URGENT Basket"


def test_what_people_make_of_a_text_stays_until_there_is_news_and_never_travels(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_line": {"field": "line", "template": "{{ title }}"}})
    ticket, issue = bench.linked(title="Cart")
    bench.set(RIGHT, issue, "line", "mine")
    at_rest(bench)
    assert shown(bench, issue, "line") == "mine"
    assert "mine" not in repr(bench.tracker(LEFT).tickets)
    bench.set(LEFT, ticket, "title", "Basket")
    at_rest(bench)
    assert shown(bench, issue, "line") == "Basket"


def test_a_text_in_a_field_with_markup_is_text_there(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_note": {"field": "note", "template": "{{ title }}"}})
    _, issue = bench.linked(title="a <b>& c")
    assert shown(bench, issue, "note") == "a <b>& c"
    at_rest(bench)


def test_a_text_that_is_too_long_sets_aside_its_field_alone(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_line": {"field": "line", "template": "{{ title }}"}})
    ticket, issue = bench.linked(title="Cart " * 20)
    assert shown(bench, issue, "line") is None
    bench.set(LEFT, ticket, "priority", "low")
    bench.quiet()
    assert bench.get(RIGHT, issue, "priority") == "4"
    bench.set(LEFT, ticket, "title", "Cart")
    bench.wait(86_400)  # longer than what is set aside waits to be tried again
    at_rest(bench)
    assert shown(bench, issue, "line") == "Cart"


def test_a_text_that_cannot_be_made_sets_aside_its_field_alone(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_line": {"field": "line", "template": "{% if title < 2 %}x{% endif %}"}})
    ticket, issue = bench.linked(title="Cart")
    bench.set(LEFT, ticket, "priority", "low")
    bench.quiet()
    assert (shown(bench, issue, "line"), bench.get(RIGHT, issue, "priority")) == (None, "4")


def test_a_fixed_value_is_set_again_with_each_write_and_not_by_itself(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_desk": {"field": "desk", "value": "Partner"}})
    ticket, issue = bench.linked()
    assert shown(bench, issue, "desk") == "1"
    bench.set(RIGHT, issue, "desk", "2")
    at_rest(bench)
    assert shown(bench, issue, "desk") == "2"
    bench.set(LEFT, ticket, "title", "Basket")
    at_rest(bench)
    assert shown(bench, issue, "desk") == "1"


def test_a_fixed_value_may_be_set_at_creation_alone(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_desk": {"field": "desk", "value": "Partner", "once": True}})
    ticket, issue = bench.linked()
    bench.set(RIGHT, issue, "desk", "2")
    bench.set(LEFT, ticket, "title", "Basket")
    at_rest(bench)
    assert shown(bench, issue, "desk") == "2"


def test_which_value_is_set_may_depend_on_other_fields(tmp_path: Path) -> None:
    when = [{"where": {"priority": [1, 2], "status": "in_progress"}, "value": "Partner"}]
    bench = bench_of(tmp_path, {"x_desk": {"field": "desk", "value": "Own", "when": when}})
    ticket, issue = bench.linked(priority="high")
    assert shown(bench, issue, "desk") == "1"
    bench.set(LEFT, ticket, "priority", "low")
    at_rest(bench)
    assert shown(bench, issue, "desk") == "2"


def test_a_ticket_made_at_the_composing_side_gets_its_text_when_it_has_a_twin(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_line": {"field": "line", "template": "{{ twin.company }}: {{ title }}"}})
    bench.run()
    issue = bench.open(RIGHT, title="Cart")
    at_rest(bench)
    assert shown(bench, issue, "line") == "Acme: Cart"


def test_out_of_scope_nothing_new_is_composed(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_line": {"field": "line", "template": "{{ title }}"}})
    ticket, issue = bench.linked(title="Cart")
    bench.label(LEFT, ticket, remove="customer")
    bench.quiet()
    bench.set(LEFT, ticket, "title", "Secret merger")
    bench.quiet()
    assert shown(bench, issue, "line") == "Cart"


@pytest.mark.parametrize("name", ["priority", "x_order", "x_secret", "assignee"])
def test_a_text_holds_nothing_that_its_side_does_not_offer(tmp_path: Path, name: str) -> None:
    """Law 2: the field is named by the template, taken by its contract, and not offered by the other."""
    secret = "SECRET-17"
    kind = replace(ZENDESK_LIKE, fields={**ZENDESK_LIKE.fields, "hush": FieldInfo("hush", "Hush", "text")})
    left = {
        "fields": {
            "priority": {"direction": "in"},
            "assignee": None,
            "x_order": None,
            "x_secret": {"field": "hush", "direction": "in"},
        }
    }
    right = {
        "x_line": {"field": "line", "template": f"<{{{{ {name} }}}}>"},
        "x_order": {"field": "note", "direction": "in"},
        "x_secret": {"field": "note", "direction": "both"} if name == "x_secret" else None,
    }
    right = {hub: rule for hub, rule in right.items() if rule and not (hub == "x_order" and name == "x_secret")}
    bench = bench_of(tmp_path, right, left, kinds={"left": kind}, pair={"conflicts": {"priority": None}})
    pair = load_pair(tmp_path / "pairs" / f"{PAIR}.yaml", tmp_path / "contracts")
    assert [(one.code, one.warning) for one in pair.warnings if one.code == "TDM-265"] == [("TDM-265", True)]
    _, issue = bench.linked(custom_field_7=secret, hush=secret, priority="urgent", assignee_id="anna")
    bench.quiet()
    assert shown(bench, issue, "line") == "<>"
    assert secret not in json.dumps([repr(one) for one in bench.tracker(RIGHT).tickets.values()])


# ---- maps that depend on other fields


def severe(**more: Any) -> dict[str, Any]:
    """A severity whose words depend on the priority of the very ticket."""
    own = {"low": "Three", "high": "Two"}
    when = [{"where": {"priority": [1, 2]}, "map": {"low": "Two", "high": "One"}}]
    return {"x_severity": {"field": "severity", "map": own, "when": when, **more}}


def severity_bench(path: Path, right: dict[str, Any] | None = None) -> Bench:
    info = FieldInfo("severity", "Severity", "choice", choices=SEVERITIES)
    kinds = {"right": replace(JIRA_LIKE, fields={**JIRA_LIKE.fields, "severity": info})}
    left = {
        "fields": {"x_severity": {"field": "custom_field_7", "map": {"low": "low", "high": "high"}}, "x_order": None}
    }
    return Bench(path, left=left, right={"fields": right or severe()}, kinds=kinds)


@pytest.mark.parametrize(("priority", "written"), [("urgent", "1"), ("low", "2")])
def test_a_value_is_made_by_the_map_that_another_field_chooses(tmp_path: Path, priority: str, written: str) -> None:
    bench = severity_bench(tmp_path)
    _, issue = bench.linked(priority=priority, custom_field_7="high")
    assert shown(bench, issue, "severity") == written
    at_rest(bench)


def test_a_change_of_both_at_once_is_written_by_where_the_ticket_will_be(tmp_path: Path) -> None:
    bench = severity_bench(tmp_path)
    ticket, issue = bench.linked(priority="low", custom_field_7="low")
    assert shown(bench, issue, "severity") == "3"
    bench.set(LEFT, ticket, "priority", "urgent")
    bench.set(LEFT, ticket, "custom_field_7", "high")
    at_rest(bench)
    assert (bench.get(RIGHT, issue, "priority"), shown(bench, issue, "severity")) == ("1", "1")
    bench.set(RIGHT, issue, "severity", "2")
    at_rest(bench)
    assert bench.get(LEFT, ticket, "custom_field_7") == "low"


@pytest.mark.parametrize("which", [LEFT, RIGHT])
def test_out_of_scope_a_map_that_needs_another_field_waits_in_sight(tmp_path: Path, which: Which) -> None:
    bench = severity_bench(tmp_path)
    ticket, issue = bench.linked(priority="urgent", custom_field_7="high")
    bench.label(RIGHT, issue, remove="customer")
    bench.quiet()
    bench.set(LEFT, ticket, "custom_field_7", "low")
    bench.run()
    assert shown(bench, issue, "severity") == "1"
    bench.label(RIGHT, issue, add="customer")
    bench.wait(3600)
    at_rest(bench)
    assert shown(bench, issue, "severity") == "2"
