# SPDX-License-Identifier: Apache-2.0
"""Papers for people: who can see and write what, and what each field means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from engine.ring_house import Ring
from support.sandbox import INCLUDE
from tandem.check import check_trackers
from tandem.config.load import load_all
from tandem.config.models import Pair
from tandem.core.rules import Which
from tandem.papers.access import TRUST, access, matrix, spread_of_fields, spread_of_texts
from tandem.papers.dictionary import dictionary
from tandem.papers.page import Paper, Section, markdown, page
from tandem.papers.samples import samples

CHAIN = [("acme", "globex"), ("globex", "initech")]
NAMES = ("acme", "globex", "initech")
SAID = {"out": "public", "as": "public", "names": "full", "onward": True}


def pairs(root: Path, joins: Sequence[tuple[str, str]] = CHAIN, **contracts: Any) -> list[Pair]:
    """A chain of three companies, with contracts changed so."""
    Ring(root, joins, contracts)
    return [pair for pair in load_all(root) if isinstance(pair, Pair)]


def row(pair: Pair, what: str) -> tuple[str, str]:
    """What the right company can do at the left, and the left one at the right."""
    [(there, here)] = [(str(right), str(left)) for name, right, left in matrix(pair) if name == what]
    return there, here


def test_the_first_line_says_who_is_trusted(tmp_path: Path) -> None:
    assert markdown(access(pairs(tmp_path))).splitlines()[2] == TRUST


@pytest.mark.parametrize(
    ("direction", "there", "here"), [("both", "full", "full"), ("out", "read", "write"), ("in", "write", "read")]
)
def test_verbs_follow_the_direction_of_a_field(tmp_path: Path, direction: str, there: str, here: str) -> None:
    rule = {"field": "subject", "too_long": "comment", "direction": direction}
    assert row(pairs(tmp_path, acme={"fields": {"title": rule}})[0], "title") == (there, here)


def test_what_one_side_alone_knows_is_shared_with_nobody(tmp_path: Path) -> None:
    assert row(pairs(tmp_path)[0], "x_order") == ("–", "–")


def test_what_is_set_at_creation_only_is_not_changed_later(tmp_path: Path) -> None:
    assert row(pairs(tmp_path)[0], "description") == ("read, create", "full")


def test_comments_that_do_not_leave_are_not_read(tmp_path: Path) -> None:
    pair = pairs(tmp_path, acme={"comments": {**SAID, "out": "none"}})[0]
    assert row(pair, "public comments") == ("write", "read")
    assert row(pair, "internal comments") == ("–", "–")


def test_trackers_are_called_as_people_call_them() -> None:
    told = markdown(access([pair for pair in load_all(INCLUDE) if isinstance(pair, Pair)]))
    assert "in Infinity Solutions's ServiceNow" in told and "in Global Pvt Ltd's Azure DevOps" in told
    said = "Infinity Solutions's comments and files name authors by name, and their company, and may be passed on."
    assert f"{said}\n\n{said}" not in told


@pytest.mark.parametrize("onward", [True, False])
def test_texts_spread_as_far_as_their_company_lets_them(tmp_path: Path, onward: bool) -> None:
    found = spread_of_texts(pairs(tmp_path, acme={"comments": {**SAID, "onward": onward}}))
    assert (("acme", "initech") in found) is onward
    assert found["globex", "acme"] == (["acme"], "full")


def test_round_a_ring_the_shortest_way_is_told(tmp_path: Path) -> None:
    found = spread_of_texts(pairs(tmp_path, [*CHAIN, ("acme", "initech")]))
    assert found == {(one, other): ([other], "full") for one in NAMES for other in NAMES if one != other}


def test_a_longer_way_is_told_where_it_names_more(tmp_path: Path) -> None:
    said = {"globex": {"comments": {**SAID, "names": "none"}}}
    found = spread_of_texts(pairs(tmp_path, [*CHAIN, ("acme", "initech")], **said))
    assert found["acme", "initech"] == (["initech"], "full")
    assert found["globex", "acme"] == (["acme"], "none")


def test_the_least_that_any_company_lets_be_named_is_told(tmp_path: Path) -> None:
    found = spread_of_texts(pairs(tmp_path, globex={"comments": {**SAID, "names": "company"}}))
    assert found["acme", "initech"] == (["globex", "initech"], "company")


def test_fields_spread_by_the_fields_that_they_are_written_to(tmp_path: Path) -> None:
    found = spread_of_fields(pairs(tmp_path))
    assert found["acme", "subject"] == ["globex: summary", "initech: summary"]
    assert ("acme", "custom_field_7") not in found


def test_what_a_side_composes_for_the_other_is_told_with_all_that_is_in_it(tmp_path: Path) -> None:
    acme = {"fields": {"x_line": {"direction": "out", "template": "{{ title }}: {{ x_order }}"}}}
    globex = {"fields": {"x_line": {"field": "duedate", "direction": "in"}}}
    known = pairs(tmp_path, acme=acme, globex=globex)
    assert row(known[0], "x_line") == ("read", "write")
    found = spread_of_fields(known)
    assert [ends for (_, native), ends in found.items() if native == "custom_field_7"] == [["globex: duedate"]]
    assert "globex: duedate" in next(ends for (system, native), ends in found.items() if native == "subject")


def test_a_dictionary_holds_fields_tables_and_samples(tmp_path: Path) -> None:
    ring = Ring(tmp_path, CHAIN)
    ring.open("acme", title="Cart | forgets *all*", priority="urgent")
    pair = next(one for one in load_all(tmp_path) if isinstance(one, Pair))
    report = check_trackers(pair, ring._connect)
    ring.clock.advance(121)
    shown = samples(pair.left, Which.LEFT, ring._connect(pair.left))
    assert shown["title"] == ["Cart | forgets *all*"] and shown["priority"] == ["Urgent"]
    told = markdown(dictionary(pair, report.sides, {"left": shown}, {}))
    assert "| 1 | Urgent | Highest |" in told
    assert "Cart \\| forgets \\*all\\*" in told
    assert "at most 255 characters" in told and "both ways" in told
    assert "what is too long goes into a comment" in told


def test_a_word_that_is_written_in_place_of_others_stands_in_their_rows(tmp_path: Path) -> None:
    ring = Ring(tmp_path, CHAIN)
    pair = next(one for one in load_all(tmp_path) if isinstance(one, Pair))
    told = markdown(dictionary(pair, check_trackers(pair, ring._connect).sides, {}, {}))
    assert "| new | Open (only written) | To Do |" in told
    assert "| any other | what comes is written as Open; what stands here is set aside until it is mapped;" in told


CELLS = st.lists(st.text(max_size=12), min_size=2, max_size=2)


@given(st.text(max_size=20), st.lists(CELLS, min_size=1, max_size=3))
def test_no_text_changes_the_form_of_a_paper(title: str, rows: Sequence[Sequence[str]]) -> None:
    paper = Paper(title, [title], [Section(title, [title], ("left", "right"), rows)])
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown(paper))
    kinds = [token.type for token in tokens]
    assert (kinds.count("tr_open"), kinds.count("table_open")) == (len(rows) + 1, 1)
    shown = {child.type for token in tokens for child in token.children or ()}
    assert shown <= {"text", "text_special", "softbreak"}
    assert "<script" not in page(Paper("<script>", [], []))
