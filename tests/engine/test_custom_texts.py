# SPDX-License-Identifier: Apache-2.0
"""Custom fields that hold text with markup by the dictionary: beside another of the kind, and beside a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.laws import laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.base import FieldInfo
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE
from tandem.core.doc import Markup
from tandem.markup import Adf, Plain
from tandem.state import links

NOTES = FieldInfo("notes", "Notes", "rich", max_length=2_000)
LINE = FieldInfo("notes", "Notes", "text", max_length=2_000)
KEPT = "557058:aa11"  # an account of Jira's


def bench_of(path: Path, right: FieldInfo = NOTES, *, markup: Markup | None = None, **more: Any) -> Bench:
    """A desk whose texts are HTML, and a site whose texts are ADF; ``x_notes`` without any kind."""
    kinds = {
        "left": replace(ZENDESK_LIKE, fields={**ZENDESK_LIKE.fields, "notes": NOTES}),
        "right": replace(JIRA_LIKE, markup=markup or Adf(), fields={**JIRA_LIKE.fields, "notes": right}),
    }
    files = {which: {"fields": {"x_notes": "notes"}} for which in ("left", "right")}
    return Bench(path, **files, kinds=kinds, **more)


def adf(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": list(content)}]}


def words(value: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"marks": [{"type": one} for one in marks]} if marks else {})}


def quiet(bench: Bench) -> None:
    bench.quiet()
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    assert laws(bench) == []


def shown(bench: Bench, which: Any, ticket: str) -> Any:
    return bench.tracker(which).tickets[ticket].fields.get("notes")


def test_markup_goes_through_to_another_field_with_markup_and_back(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    ticket, issue = bench.linked(notes="<p>Do <b>not</b> press</p>")
    assert shown(bench, RIGHT, issue) == adf(words("Do "), words("not", "strong"), words(" press"))
    bench.set(RIGHT, issue, "notes", adf(words("Press "), words("it", "em")))
    quiet(bench)
    assert shown(bench, LEFT, ticket) == "<p>Press <em>it</em></p>"


def test_ids_of_accounts_stay_at_home(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    ticket, issue = bench.linked(notes="<p>Do</p>")
    mention = {"type": "mention", "attrs": {"id": KEPT, "text": "@Elaine"}}
    bench.set(RIGHT, issue, "notes", adf(words("Ask "), mention))
    quiet(bench)
    assert shown(bench, LEFT, ticket) == "<p>Ask @Elaine</p>"
    assert KEPT not in repr(bench.tracker(LEFT).tickets)


def test_a_field_without_markup_has_the_words(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, LINE)
    ticket, issue = bench.linked(notes="<p>Do <b>not</b> press &lt;it&gt;</p>")
    assert shown(bench, RIGHT, issue) == "Do not press <it>"
    bench.set(RIGHT, issue, "notes", "Press <it>")
    quiet(bench)
    assert shown(bench, LEFT, ticket) == "<p>Press &lt;it&gt;</p>"


def test_the_same_words_at_both_sides_are_no_conflict(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, LINE, pair={"conflicts": {"x_notes": "hold"}})
    ticket, issue = bench.linked(notes="<p>Do</p>")
    bench.set(LEFT, ticket, "notes", "<p>Press <b>it</b></p>")
    bench.set(RIGHT, issue, "notes", "Press it")
    quiet(bench)
    assert (shown(bench, LEFT, ticket), shown(bench, RIGHT, issue)) == ("<p>Press <b>it</b></p>", "Press it")
    assert bench.run()["diff"].get("conflicts", 0) == 0


def test_an_emptied_text_is_emptied(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, LINE)
    ticket, issue = bench.linked(notes="<p>Do</p>")
    bench.set(LEFT, ticket, "notes", None)
    quiet(bench)
    assert not shown(bench, RIGHT, issue)


def test_a_base_that_an_older_version_noted_as_no_text_is_read_as_one(tmp_path: Path) -> None:
    """Else each side would seem to have changed it, and the one whose people did not would win by the rule."""
    bench = bench_of(tmp_path, pair={"conflicts": {"x_notes": "left"}})
    ticket, issue = bench.linked(notes="<p>Do <b>not</b> press</p>")
    with bench.store.begin() as tx:
        (link,) = links.links(tx, PAIR)
        for which, one in ((LEFT, ticket), (RIGHT, issue)):
            links.set_bases(tx, link, which, {"x_notes": links.Base(shown(bench, which, one), "")})
    bench.set(RIGHT, issue, "notes", adf(words("Press it")))
    quiet(bench)
    assert shown(bench, LEFT, ticket) == "<p>Press it</p>"
    assert shown(bench, RIGHT, issue) == adf(words("Press it"))


LOOK = (
    '<h2 class="a">Plan</h2><p style="color:red">Do <b>not</b> press <a href="https://a.example/x">this</a></p>'
    "<ul><li>first <code>thing</code></li><li>second</li></ul><p>end</p>"
)


@pytest.mark.parametrize("right", [NOTES, LINE], ids=["text", "line"])
def test_what_was_not_changed_in_plain_text_keeps_its_look_at_home(tmp_path: Path, right: FieldInfo) -> None:
    bench = bench_of(tmp_path, right, markup=Plain())
    ticket, issue = bench.linked(notes=LOOK)
    there = str(shown(bench, RIGHT, issue))
    bench.set(RIGHT, issue, "notes", there.replace("Plan", "Plans").replace("Do", "Never").replace("second", "2nd"))
    quiet(bench)
    home = str(shown(bench, LEFT, ticket))
    assert "<h2>Plans</h2>" in home and "<li>first <code>thing</code></li><li>2nd</li>" in home
    assert '<p style="color:red">Never <b>not</b> press <a href="https://a.example/x">this</a></p>' in home
    bench.set(RIGHT, issue, "notes", str(shown(bench, RIGHT, issue)).replace("end", "the end"))
    quiet(bench)
    assert shown(bench, LEFT, ticket) == home.replace("<p>end</p>", "<p>the end</p>")
