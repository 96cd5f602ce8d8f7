# SPDX-License-Identifier: Apache-2.0
"""A text that is too long for the other side's field, and is changed there: what they did not see stays at home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.laws import laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from engine.test_length import bench_of as length_bench
from tandem.connectors.base import FieldInfo
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE
from tandem.core.doc import Markup, doc
from tandem.core.plain import from_plain, to_plain
from tandem.markup import Adf, Html, Plain
from tandem.markup.rejoin import MORE
from tandem.pipeline.drift import drift
from tandem.pipeline.environment import Job
from tandem.state import links, tables
from tandem.state.links import Base

LONG = " ".join(f"word{number}" for number in range(25))
HOME = (
    '<h2 class="a">first</h2><p style="color:red">second <b>bold</b> words</p>'
    "<ul><li>third " + "lorem ipsum " * 10 + "</li><li>fourth " + "dolor sit " * 30 + "</li></ul>"
    "<table><tbody><tr><td>fifth</td><td>amet</td></tr></tbody></table><p>last <i>words</i></p>"
)
PLAIN, ADF, HTML = Plain(), Adf(), Html()


def bench_of(path: Path, markup: Markup, policy: str) -> Bench:
    notes = FieldInfo("notes", "Notes", "rich", max_length=100_000)
    small = replace(notes, max_length=400)
    kinds = {
        "left": replace(ZENDESK_LIKE, fields={**ZENDESK_LIKE.fields, "notes": notes}),
        "right": replace(JIRA_LIKE, markup=markup, fields={**JIRA_LIKE.fields, "notes": small}),
    }
    rule = {"x_notes": {"field": "notes", "kind": "rich", "too_long": policy}}
    return Bench(
        path, left={"fields": {"x_notes": {"field": "notes", "kind": "rich"}}}, right={"fields": rule}, kinds=kinds
    )


class Cut:
    """A long text at home, of which the other side shows a part."""

    def __init__(self, path: Path, markup: Markup, policy: str) -> None:
        self.markup, self.bench = markup, bench_of(path, markup, policy)
        self.ticket, self.issue = self.bench.linked(notes=HOME)

    def home(self) -> str:
        return str(self.bench.get(LEFT, self.ticket, "notes"))

    def part(self) -> str:
        return to_plain(self.markup.parse(self.bench.get(RIGHT, self.issue, "notes")).doc)

    def change(self, how: Callable[[str], str]) -> None:
        """Somebody changes what the other side shows."""
        present = self.bench.get(RIGHT, self.issue, "notes")
        new = self.markup.render(from_plain(how(self.part())), present).native
        self.bench.set(RIGHT, self.issue, "notes", new or None)
        self.bench.quiet()
        before = self.bench.changes()
        self.bench.run()
        assert self.bench.changes() == before
        assert laws(self.bench) == []
        assert self.bench.events("quarantined", "conflict") == []


@pytest.fixture(params=[PLAIN, ADF, HTML], ids=lambda markup: str(markup.name))
def markup(request: pytest.FixtureRequest) -> Markup:
    made: Markup = request.param
    return made


@pytest.fixture(params=["cut", "comment"])
def cut(tmp_path: Path, markup: Markup, request: pytest.FixtureRequest) -> Cut:
    return Cut(tmp_path, markup, request.param)


def test_what_is_changed_in_the_part_arrives_and_what_is_not_seen_stays(cut: Cut) -> None:
    assert "fifth" not in cut.part()
    cut.change(lambda part: part.replace("third lorem", "third") + "\n\nand")
    home = cut.home()
    words = to_plain(HTML.parse(HOME).doc).replace("third lorem", "third") + "\n\nand"
    assert to_plain(HTML.parse(home).doc) == words and home.endswith("<p>last <i>words</i></p><p>and</p>")
    cut.change(lambda part: part.replace("first", "new"))
    assert to_plain(HTML.parse(cut.home()).doc) == to_plain(HTML.parse(home).doc).replace("first", "new")
    assert '<p style="color:red">second <b>bold</b> words</p>' in cut.home()


def test_a_whole_new_text_and_none_at_all_stand_for_the_part(cut: Cut) -> None:
    unseen = HTML.parse(HOME).doc["content"][-2:]
    for new in ("another", "another one", "", "again"):
        cut.change(_instead(new))
        shown = HTML.parse(cut.home()).doc["content"]
        at = shown.index(unseen[0])
        assert shown[at : at + 2] == unseen
        assert to_plain(doc(*shown)).startswith(new.split()[0] if new else "sit") and "third" not in cut.home()


def test_home_goes_on_with_the_text_that_was_joined(cut: Cut) -> None:
    cut.change(lambda part: part.replace("first", "new"))
    cut.bench.set(LEFT, cut.ticket, "notes", cut.home().replace("new", "2nd").replace("last", "end"))
    cut.bench.quiet()
    assert "2nd" in cut.part() and "end" not in cut.part()
    cut.change(lambda part: part.replace("2nd", "3rd"))
    assert "3rd" in cut.home() and "end <i>words</i>" in cut.home()


def test_what_cannot_be_fitted_in_is_set_aside_in_sight(tmp_path: Path) -> None:
    """That side's tracker made other words of what it was given."""
    cut = Cut(tmp_path, PLAIN, "cut")
    link = cut.bench.link(LEFT, cut.ticket).id
    with cut.bench.store.begin() as tx:
        mapping = links.bases(tx, [link])[(link, RIGHT)]["x_notes"].mapping
        links.set_bases(tx, link, RIGHT, {"x_notes": Base(from_plain(f"other words\n\n{MORE}"), mapping)})
    cut.bench.set(RIGHT, cut.issue, "notes", "new words")
    cut.bench.quiet()
    assert cut.home() == HOME
    assert [row["code"] for row in cut.bench.rows(tables.quarantine)] == ["TDM-205"]


@pytest.mark.parametrize("policy", ["cut", "comment"])
def test_a_line_keeps_its_end(tmp_path: Path, policy: str) -> None:
    bench = length_bench(tmp_path, title=policy, description=policy)
    bench.run()
    ticket = bench.open(LEFT, title=LONG)
    bench.quiet()
    issue = bench.twin(LEFT, ticket)
    for old, new in (("word0", "Now"), ("word1", "Once"), ("…", "…!")):
        shown = str(bench.get(RIGHT, issue, "title"))
        bench.set(RIGHT, issue, "title", shown.replace(old, new))
        bench.quiet()
    assert bench.get(LEFT, ticket, "title") == LONG.replace("word0 word1 ", "Now Once ") + "!"
    bench.set(RIGHT, issue, "title", "another")
    bench.quiet()
    assert bench.get(LEFT, ticket, "title") == "another"


@pytest.mark.parametrize("policy", ["cut", "comment"])
@pytest.mark.parametrize("markup", [PLAIN, ADF, HTML], ids=lambda markup: str(markup.name))
def test_a_part_of_a_text_is_in_agreement_with_the_whole(tmp_path: Path, markup: Markup, policy: str) -> None:
    cut = Cut(tmp_path, markup, policy)
    assert _apart(cut.bench) == []
    cut.change(lambda text: text.replace("second", "SECOND"))
    cut.bench.quiet()
    assert _apart(cut.bench) == []


def test_a_cut_title_and_a_description_under_our_heading_are_in_agreement(tmp_path: Path) -> None:
    bench = length_bench(tmp_path, title="cut", description="comment")
    bench.linked(title=LONG, description="<p>" + "</p><p>".join([LONG] * 9) + "</p>")
    assert _apart(bench) == []


def _instead(new: str) -> Callable[[str], str]:
    return lambda part: new


def _apart(bench: Bench) -> list[str]:
    bench.wait(10)
    told = drift(Job(PAIR, f"drift-{bench.world.clock.now}"), bench.env)
    return [one.field for one in told.findings]
