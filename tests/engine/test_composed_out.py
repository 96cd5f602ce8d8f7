# SPDX-License-Identifier: Apache-2.0
"""What a contract composes for the other side, and texts that depend on place and type, through whole runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.laws import laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from engine.ring_house import Ring
from tandem.config.load import load_pair
from tandem.connectors.base import FieldInfo
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE
from tandem.errors import ConfigurationError

LINE = FieldInfo("line", "Line", "text", max_length=60)
NOTE = FieldInfo("note", "Note", "rich")
LEVEL = FieldInfo("level", "Level", "choice", choices={"1": "Gold", "2": "Tin"})
HUSH = FieldInfo("hush", "Hush", "text")
SECRET = "SECRET-17"


def bench_of(path: Path, left: dict[str, Any], right: dict[str, Any], **more: Any) -> Bench:
    """``left`` and ``right`` are fields; ``reveal`` is of the left side."""
    kinds = {
        "left": replace(ZENDESK_LIKE, fields={**ZENDESK_LIKE.fields, "hush": HUSH}),
        "right": replace(JIRA_LIKE, fields={**JIRA_LIKE.fields, "line": LINE, "note": NOTE, "level": LEVEL}),
    }
    ours = {"reveal": more.pop("reveal", ["key"]), "fields": left}
    return Bench(path, left=ours, right={"fields": right}, kinds=kinds, **more)


def at_rest(bench: Bench, *, apart: bool = False) -> None:
    """``apart``: what both sides show of a field that the laws know is not the same."""
    bench.quiet()
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    assert apart or laws(bench) == []


def shown(bench: Bench, issue: str, name: str) -> Any:
    return bench.tracker(RIGHT).tickets[issue].fields.get(name)


def sends(template: str, **more: Any) -> dict[str, Any]:
    return {"template": template, "direction": "out", **more}


def warnings(bench: Bench) -> list[str]:
    return [one.code for one in load_pair(bench.root / "pairs" / f"{PAIR}.yaml", bench.root / "contracts").warnings]


def test_a_text_that_leaves_is_made_of_what_is_offered_and_follows_it(tmp_path: Path) -> None:
    text = "{{ own.key }} ({{ own.company }}) {% if priority == 1 %}URGENT {% endif %}{{ x_order }}"
    bench = bench_of(tmp_path, {"x_line": sends(text)}, {"x_line": {"field": "line", "direction": "in"}})
    assert warnings(bench) == []
    ticket, issue = bench.linked(priority="high", custom_field_7="A-7")
    assert shown(bench, issue, "line") == f"{ticket} (Acme) A-7"
    bench.set(LEFT, ticket, "priority", "urgent")
    at_rest(bench)
    assert shown(bench, issue, "line") == f"{ticket} (Acme) URGENT A-7"
    bench.set(LEFT, ticket, "custom_field_7", None)
    at_rest(bench)
    assert shown(bench, issue, "line") == f"{ticket} (Acme) URGENT"


def test_what_people_make_of_it_stays_until_there_is_news_and_never_travels(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_line": sends("{{ x_order }}")}, {"x_line": "line"})
    assert warnings(bench) == ["TDM-265"]  # the field looks as if it went both ways
    ticket, issue = bench.linked(custom_field_7="A-7")
    bench.set(RIGHT, issue, "line", "mine")
    at_rest(bench)
    assert shown(bench, issue, "line") == "mine"
    assert "mine" not in repr(bench.tracker(LEFT).tickets)
    bench.set(LEFT, ticket, "custom_field_7", "A-8")
    at_rest(bench)
    assert shown(bench, issue, "line") == "A-8"


def test_a_title_may_be_composed_of_itself_and_then_goes_one_way(tmp_path: Path) -> None:
    title = sends("[{{ own.key }}] {{ title }}", field="subject")
    bench = bench_of(tmp_path, {"title": {**title, "too_long": None}}, {"title": {"direction": "in"}})
    ticket, issue = bench.linked(title="Cart")
    assert bench.get(RIGHT, issue, "title") == f"[{ticket}] Cart"
    bench.set(LEFT, ticket, "title", "Basket")
    bench.set(RIGHT, issue, "title", "Theirs")
    at_rest(bench, apart=True)
    assert (bench.get(LEFT, ticket, "title"), bench.get(RIGHT, issue, "title")) == ("Basket", f"[{ticket}] Basket")


def test_a_priority_may_be_set_by_what_other_fields_say(tmp_path: Path) -> None:
    left = {
        "priority": {"field": None, "map": None, "direction": "out", "value": "3"}
        | {"when": [{"where": {"x_order": "VIP"}, "value": "1"}]}
    }
    bench = bench_of(tmp_path, left, {"priority": {"direction": "in"}}, pair={"conflicts": {"priority": None}})
    ticket, issue = bench.linked(custom_field_7="VIP", priority="low")
    assert bench.get(RIGHT, issue, "priority") == "1"
    bench.set(LEFT, ticket, "custom_field_7", "A-7")
    at_rest(bench, apart=True)
    assert bench.get(RIGHT, issue, "priority") == "3"


def test_a_value_that_leaves_is_taken_by_the_others_map_or_refused_when_loaded(tmp_path: Path) -> None:
    left = {"x_level": {"direction": "out", "value": "high", "when": [{"where": {"priority": [1, 2]}, "value": "top"}]}}
    right = {"x_level": {"field": "level", "direction": "in", "map": {"high": "Tin", "top": "Gold"}}}
    bench = bench_of(tmp_path, left, right)
    _, issue = bench.linked(priority="urgent")
    assert shown(bench, issue, "level") == "1"
    at_rest(bench)
    del right["x_level"]["map"]["top"]
    bench.write({"fields": left}, {"fields": right})
    with pytest.raises(ConfigurationError) as caught:
        warnings(bench)
    assert [(one.code, one.key) for one in caught.value.problems] == [("TDM-235", "fields.x_level.map")]


def test_a_field_that_is_set_at_creation_alone_is_not_told_again(tmp_path: Path) -> None:
    right = {"x_line": {"field": "line", "direction": "in", "once": True}}
    bench = bench_of(tmp_path, {"x_line": sends("{{ x_order }}")}, right)
    ticket, issue = bench.linked(custom_field_7="A-7")
    bench.set(LEFT, ticket, "custom_field_7", "A-8")
    at_rest(bench)
    assert shown(bench, issue, "line") == "A-7"


def test_the_other_sides_text_may_use_what_is_composed_for_it(tmp_path: Path) -> None:
    right = {"x_line": {"field": "line", "direction": "in"}, "x_note": {"field": "note", "template": "<{{ x_line }}>"}}
    bench = bench_of(tmp_path, {"x_line": sends("{{ x_order }}")}, right)
    _, issue = bench.linked(custom_field_7="A-7")
    assert shown(bench, issue, "note") == "<A-7>"
    at_rest(bench)


def test_a_text_that_cannot_be_made_sets_aside_its_field_alone(tmp_path: Path) -> None:
    left = {"x_line": sends("{% if x_order < 2 %}x{% endif %}")}
    bench = bench_of(tmp_path, left, {"x_line": {"field": "line", "direction": "in"}})
    ticket, issue = bench.linked(custom_field_7="A-7")
    bench.set(LEFT, ticket, "priority", "low")
    bench.quiet()
    assert (shown(bench, issue, "line"), bench.get(RIGHT, issue, "priority")) == (None, "4")


def test_out_of_scope_nothing_new_leaves(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"x_line": sends("{{ x_order }}")}, {"x_line": {"field": "line", "direction": "in"}})
    ticket, issue = bench.linked(custom_field_7="A-7")
    bench.label(LEFT, ticket, remove="customer")
    bench.quiet()
    bench.set(LEFT, ticket, "custom_field_7", SECRET)
    bench.quiet()
    assert shown(bench, issue, "line") == "A-7"


@pytest.mark.parametrize("name", ["x_hush", "own.url", "own.status", "assignee", "twin.key"])
def test_nothing_leaves_in_a_text_that_would_not_leave_by_itself(tmp_path: Path, name: str) -> None:
    left = {
        "x_hush": {"field": "hush", "direction": "in"},
        "assignee": {"direction": "in"},
        "x_line": sends(f"<{{{{ {name} }}}}>"),
    }
    bench = bench_of(tmp_path, left, {"x_line": {"field": "line", "direction": "in"}})
    with pytest.raises(ConfigurationError) as caught:
        warnings(bench)
    assert [one.code for one in caught.value.problems if not one.warning] == ["TDM-265"]


def test_a_field_that_only_comes_in_is_not_even_read_for_a_condition(tmp_path: Path) -> None:
    when = [{"where": {"x_hush": SECRET}, "value": "b"}]
    left = {
        "x_hush": {"field": "hush", "direction": "in"},
        "x_line": {"direction": "out", "value": "a", "when": when},
    }
    bench = bench_of(tmp_path, left, {"x_line": {"field": "line", "direction": "in"}})
    with pytest.raises(ConfigurationError, match=r"offers"):
        warnings(bench)


@pytest.mark.parametrize(
    "taken",
    [{"field": "labels", "kind": "set"}, {"field": "assignee", "kind": "people"}, {"field": "n", "kind": "number"}],
)
def test_a_text_is_not_taken_into_a_field_of_another_kind(tmp_path: Path, taken: dict[str, str]) -> None:
    right = {"labels": None, "assignee": None, "x_line": {**taken, "direction": "in"}}
    bench = bench_of(tmp_path, {"x_line": sends("{{ x_order }}")}, right)
    with pytest.raises(ConfigurationError) as caught:
        warnings(bench)
    assert [one.key for one in caught.value.problems if not one.warning] == ["fields.x_line"]


# ---- place and type of the ticket

PLACED = [{"place": "OPS", "value": "ours"}, {"place": "SHOP", "type": "Bug", "template": "bug {{ title }}"}]


def test_a_text_may_depend_on_the_place_and_type_of_the_ticket_that_shows_it(tmp_path: Path) -> None:
    right = {"x_line": {"field": "line", "template": "{{ title }}", "when": PLACED}}
    scope = [{"field": "project", "in": ["SHOP", "OPS"]}, {"field": "labels", "contains": "customer"}]
    bench = bench_of(tmp_path, {}, right)
    bench.write({"reveal": ["key"]}, {"fields": right, "scope": scope})
    bench.places = {"SHOP", "OPS"}
    _, issue = bench.linked(title="Cart")  # made as a task
    assert shown(bench, issue, "line") == "Cart"
    bench.set(RIGHT, issue, "issuetype", "1")
    at_rest(bench)
    assert shown(bench, issue, "line") == "bug Cart"
    bench.set(RIGHT, issue, "project", "OPS")
    at_rest(bench)
    assert shown(bench, issue, "line") == "ours"


def test_a_ticket_that_is_made_has_the_text_of_the_type_that_it_gets(tmp_path: Path) -> None:
    types = {"incident": "Bug", "request": "Task"}
    right = {
        "type": {"field": "issuetype", "map": types, "direction": "in", "once": True},
        "x_line": {"field": "line", "value": "other", "when": [{"type": "Bug", "value": "bug"}]},
    }
    left = {"type": {"field": "type", "map": {"incident": "Incident", "request": "Question"}, "direction": "out"}}
    bench = bench_of(tmp_path, left, right)
    assert shown(bench, bench.linked(type="incident")[1], "line") == "bug"
    assert shown(bench, bench.linked(type="question")[1], "line") == "other"
    at_rest(bench)


def test_what_leaves_may_depend_on_the_place_and_type_of_the_ticket_that_it_tells_of(tmp_path: Path) -> None:
    when = [{"place": "Shop", "type": "Problem", "value": "shop problem"}, {"type": "Problem", "value": "problem"}]
    left = {"x_line": {"direction": "out", "value": "other", "when": when}}
    bench = bench_of(tmp_path, left, {"x_line": {"field": "line", "direction": "in"}})
    ticket, issue = bench.linked(type="problem")
    assert shown(bench, issue, "line") == "problem"
    bench.set(LEFT, ticket, "brand_id", "2")
    at_rest(bench)
    assert shown(bench, issue, "line") == "shop problem"
    bench.set(LEFT, ticket, "type", "task")
    at_rest(bench)
    assert shown(bench, issue, "line") == "other"


def test_no_place_or_type_is_told(tmp_path: Path) -> None:
    """Words of a condition stay at home: the other side gets the value alone."""
    left = {"x_line": {"direction": "out", "value": "a", "when": [{"place": "Help", "value": "b"}]}}
    bench = bench_of(tmp_path, left, {"x_line": {"field": "line", "direction": "in"}})
    _, issue = bench.linked()
    assert shown(bench, issue, "line") == "b"
    assert "Help" not in json.dumps([repr(one) for one in bench.tracker(RIGHT).tickets.values()])


# ---- over two hops


def test_what_is_composed_goes_on_and_a_change_on_the_way_stays_behind(tmp_path: Path) -> None:
    """Acme composes it, Globex takes it and offers it on: Initech has it, and its own change comes to Globex alone."""
    rules = {
        "acme": {"reveal": ["key"], "fields": {"x_line": sends("{{ own.key }} {{ title }}"), "x_order": None}},
        "globex": {"fields": {"x_line": "duedate_text"}},
        "initech": {"fields": {"x_line": "duedate_text"}},
    }
    ring = Ring(tmp_path, [("acme", "globex"), ("globex", "initech")], rules)
    for name in ("globex", "initech"):
        tracker = ring.trackers[name]
        fields = {**tracker.kind.fields, "duedate_text": FieldInfo("duedate_text", "Line", "text", max_length=200)}
        tracker.kind = replace(tracker.kind, fields=fields)
    ring.round()
    ticket = ring.open("acme", title="Cart", status="open")
    ring.quiet()

    def line(name: str) -> Any:
        return ring.trackers[name].tickets[ring.only(name)].fields.get("duedate_text")

    assert (line("globex"), line("initech")) == (f"{ticket} Cart", f"{ticket} Cart")
    ring.set("initech", ring.only("initech"), "duedate_text", "theirs")
    ring.quiet()
    assert (line("globex"), line("initech")) == ("theirs", "theirs")
    assert "theirs" not in repr(ring.trackers["acme"].tickets)
    ring.set("acme", ticket, "title", "Basket")
    ring.quiet()
    assert (line("globex"), line("initech")) == (f"{ticket} Basket", f"{ticket} Basket")
