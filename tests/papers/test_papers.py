# SPDX-License-Identifier: Apache-2.0
"""Papers for people: who can see and write what, and what each field means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from engine.ring_house import Ring
from support.sandbox import INCLUDE
from tandem.check import SideReport, check_trackers
from tandem.config.load import load_all
from tandem.config.models import Pair
from tandem.core.rules import Which
from tandem.papers.access import TRUST, access, matrix, spread_of_fields, spread_of_texts
from tandem.papers.dictionary import dictionary
from tandem.papers.page import Paper, Section, markdown, page
from tandem.papers.samples import samples
from tandem.papers.sides import called, trackers

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


def test_two_trackers_of_one_company_are_told_apart() -> None:
    pair = next(one for one in load_all(INCLUDE) if isinstance(one, Pair) and one.name.startswith("infinity-jira"))
    told = markdown(access([pair]))
    assert "| what | Infinity Solutions, ServiceNow can, in Infinity Solutions's Jira |" in told
    assert "Infinity Solutions, Jira takes new tickets; Infinity Solutions, ServiceNow takes new tickets." in told
    blank = SideReport(pair.left), SideReport(pair.right)
    told = markdown(dictionary(pair, blank, {}, {}))
    assert told.startswith("# What Infinity Solutions, Jira and Infinity Solutions, ServiceNow share")
    assert "| meaning | Infinity Solutions, Jira | Infinity Solutions, ServiceNow |" in told
    assert "the other side's are written as public, internal ones as internal" in told
    heads = called(replace(pair, right=replace(pair.left, name="infinity-jira/other")))
    assert heads == (
        "Infinity Solutions, Jira (infinity-jira/root_cause)",
        "Infinity Solutions, Jira (infinity-jira/other)",
    )
    assert set(trackers([pair]).values()) == {"Infinity Solutions, Jira", "Infinity Solutions, ServiceNow"}


def test_internal_comments_within_one_company_are_written_as_such() -> None:
    """Whatever `as:` says: visibility belongs to where a text was written."""
    every = [pair for pair in load_all(INCLUDE) if isinstance(pair, Pair)]
    known = {pair.name: row(pair, "internal comments") for pair in every}
    assert known.pop("infinity-jira__infinity-servicenow") == ("full", "full")
    assert set(known.values()) == {("–", "–")}


def test_where_no_tickets_are_made_nothing_is_written_at_creation(tmp_path: Path) -> None:
    pair = pairs(tmp_path, acme={"create": "none"})[0]
    assert row(pair, "description") == ("read", "full")


def test_what_a_side_composes_of_the_others_fields_is_written_by_them(tmp_path: Path) -> None:
    line = {"field": "custom_field_9", "template": "{{ title }} ({{ twin.company }})", "direction": "in"}
    always = {"field": "custom_field_8", "value": "gold", "direction": "in"}
    pair = pairs(tmp_path, acme={"fields": {"x_line": line, "x_always": always}})[0]
    assert row(pair, "x_line") == ("write", "–")
    assert row(pair, "x_always") == ("–", "–")


def test_it_is_told_what_each_side_reveals_and_which_labels_are_meant(tmp_path: Path) -> None:
    acme = {"reveal": ["key", "status"], "fields": {"labels": {"field": "tags", "only": ["kiosk", "payment"]}}}
    globex = {"reveal": [], "fields": {"labels": {"field": "labels", "only": ["kiosk"]}}}
    told = markdown(access(pairs(tmp_path, CHAIN[:1], acme=acme, globex=globex)))
    assert "Of its tickets, Acme reveals key and status." in told
    assert "Of its tickets, Globex reveals neither key nor url nor status." in told
    assert "| labels: kiosk |" in told


def test_what_is_revealed_spreads_with_the_field_that_shows_it(tmp_path: Path) -> None:
    globex = {"fields": {"twin.key": "customfield_9", "x_theirs": {"field": "customfield_9", "direction": "out"}}}
    initech = {"reveal": ["key"], "fields": {"x_theirs": {"field": "customfield_8", "direction": "in"}}}
    found = spread_of_fields(pairs(tmp_path, acme={"reveal": ["key"]}, globex=globex, initech=initech))
    assert found["acme", "key"] == [("globex", "customfield_9"), ("initech", "customfield_8")]


def test_a_tracker_is_not_told_as_one_that_its_own_values_reach() -> None:
    every = [pair for pair in load_all(INCLUDE) if isinstance(pair, Pair)]
    for (system, _), ends in spread_of_fields(every).items():
        assert system not in {there for there, _ in ends}


def test_files_spread_where_comments_stay(tmp_path: Path) -> None:
    known = pairs(tmp_path, acme={"comments": {**SAID, "out": "none"}})
    assert ("acme", "initech") not in spread_of_texts(known)
    assert spread_of_texts(known, "files")["acme", "initech"] == (["globex", "initech"], "full")
    told = markdown(access(known))
    assert "| files | Acme" in told and "| comments, files | Globex" in told
    assert ("acme", "globex") not in spread_of_texts(pairs(tmp_path, acme={"attachments": "none"}), "files")


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
    assert found["acme", "subject"] == [("globex", "summary"), ("initech", "summary")]
    assert ("acme", "custom_field_7") not in found


def test_what_a_side_composes_for_the_other_is_told_with_all_that_is_in_it(tmp_path: Path) -> None:
    acme = {"fields": {"x_line": {"direction": "out", "template": "{{ title }}: {{ x_order }}"}}}
    globex = {"fields": {"x_line": {"field": "duedate", "direction": "in"}}}
    known = pairs(tmp_path, acme=acme, globex=globex)
    assert row(known[0], "x_line") == ("read", "write")
    found = spread_of_fields(known)
    assert [ends for (_, native), ends in found.items() if native == "custom_field_7"] == [[("globex", "duedate")]]
    assert ("globex", "duedate") in next(ends for (system, native), ends in found.items() if native == "subject")


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


def test_what_one_side_alone_has_stays_in_its_house(tmp_path: Path) -> None:
    """A dictionary goes to both companies: neither is told of the other's own fields, nor how it makes tickets."""
    ring = Ring(tmp_path, CHAIN, {"acme": {"create": {"tags": ["customer", "from-rivals"]}}})
    pair = next(one for one in load_all(tmp_path) if isinstance(one, Pair))
    told = markdown(dictionary(pair, check_trackers(pair, ring._connect).sides, {"left": {"x_order": ["7"]}}, {}))
    assert "custom_field_7" not in told and "x_order" not in told
    assert "from-rivals" not in told and "| new tickets | are made here | are made here |" in told


def test_what_a_side_makes_of_the_others_fields_is_told_without_its_own_words(tmp_path: Path) -> None:
    line = {"field": "duedate", "template": "{{ title }}!", "direction": "in"}
    entry = [{"where": {"priority": [1]}, "value": "Top secret"}]
    desk = {"field": "customfield_9", "value": "Own queue", "when": entry, "direction": "in"}
    pair = pairs(tmp_path, CHAIN[:1], globex={"fields": {"x_line": line, "x_desk": desk}})[0]
    told = markdown(dictionary(pair, [SideReport(pair.left), SideReport(pair.right)], {}, {}))
    assert "| x_line | made there of what comes | – | duedate, scalar | left to right | – |" in told
    assert "composed: {{ title }}!" in told and "right: fixed values" in told
    assert "Top secret" not in told and "Own queue" not in told


def test_it_is_told_where_internal_comments_have_no_place(tmp_path: Path) -> None:
    ring = Ring(tmp_path, CHAIN[:1])
    [pair] = [one for one in load_all(tmp_path) if isinstance(one, Pair)]
    pair = replace(pair, right=replace(pair.right, comments=replace(pair.right.comments, out="all")))
    left, right = check_trackers(pair, ring._connect).sides
    assert "written as public, internal ones as internal" in markdown(dictionary(pair, [left, right], {}, {}))
    assert left.found is not None
    left = replace(left, found=replace(left.found, private_comments=False))
    assert "internal ones are not: there are none here" in markdown(dictionary(pair, [left, right], {}, {}))
    beside = replace(pair, left=replace(pair.left, system="azure_devops"))
    assert (row(pair, "internal comments"), row(beside, "internal comments")) == (("write", "read"), ("–", "read"))


def test_of_what_no_map_names_the_neutral_word_is_the_sample(tmp_path: Path) -> None:
    """The other company is sent that word, and nothing of what stands behind it."""
    known = {"1": "Urgent", "2": "High", "3": None, "4": None}
    rule = {"map": known, "otherwise": {"out": 2, "in": "High"}}
    ring = Ring(tmp_path, CHAIN, {"acme": {"fields": {"priority": rule}}})
    ring.open("acme", title="Cart", priority="low")
    pair = next(one for one in load_all(tmp_path) if isinstance(one, Pair))
    ring.clock.advance(121)
    assert samples(pair.left, Which.LEFT, ring._connect(pair.left))["priority"] == ["2"]


def test_a_copys_text_is_no_sample(tmp_path: Path) -> None:
    """Its heading may name whom this company would not name to the next."""
    ring = Ring(tmp_path, CHAIN)
    ring.quiet()
    ring.open("acme", title="Cart", description="Forgets the coupon")
    ring.quiet()
    pair = next(one for one in load_all(tmp_path) if isinstance(one, Pair))
    ring.clock.advance(121)
    shown = samples(pair.right, Which.RIGHT, ring._connect(pair.right))
    assert (shown["title"], shown["description"]) == (["Cart"], [])


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


def test_a_page_is_read_on_a_telephone_and_on_paper() -> None:
    told = page(Paper("Title", [], [Section("One", [], ("a", "b"), [("<table>", "2")])]))
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in told
    assert told.count('<div class="wide"><table>') == told.count("</table></div>") == 1
    assert "@media print" in told and "&lt;table&gt;" in told
