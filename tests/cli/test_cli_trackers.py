# SPDX-License-Identifier: Apache-2.0
"""What `check` makes of a tracker's answers that the sandbox does not give: each as a preflight made for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from support.sandbox import INCLUDE
from tandem.check import PairReport, check_trackers
from tandem.config.load import load_pair
from tandem.config.models import Pair, Side, TransitionRule, WhenRule
from tandem.connectors.base import Author, Capabilities, Cursor, Edge, FieldInfo, Preflight, Way
from tandem.errors import CredentialsError, UnavailableError

ID = {"To Do": "1", "In Progress": "2", "In Review": "3", "Waiting": "4", "Done": "5"}
STATUS = FieldInfo("status", "Status", "choice", choices={id_: name for name, id_ in ID.items()})
RESOLUTION = FieldInfo("resolution", "Resolution", "choice", choices={"10": "Fixed", "11": "Known issue"})


def capabilities(**told: Any) -> Capabilities:
    numbers = dict(version_resolution=0.001, search_delay=60.0, sweep_every=3600.0)
    numbers |= dict(fetch_batch=100, read_batch=100, write_batch=1)
    flags = dict(compare_and_set=False, history=True, private_comments=True, files_in_comments=False, workflow=True)
    flags |= dict(edit_comments=True, redact_comments=True)
    rest = dict(system="jira", cursor=Cursor.TIME, max_file=10**9, max_comment=1, clock=1.0)
    return Capabilities(**{**numbers, **flags, **rest, **told})


def preflight(*fields: FieldInfo, edges: Sequence[Edge] = (), offset: float = 0.0) -> Preflight:
    known = {info.name: info for info in fields}
    return Preflight(Author("a", "Tandem"), offset, "9", known, 60.0, edges=tuple(edges))


def edge(source: str, to: str, name: str, *needs: str) -> Edge:
    return Edge("SHOP", "Task", ID[source], Way(name, name, ID[to], needs))


@dataclass
class Tracker:
    """As much of a connector as a check asks."""

    found: Preflight | Exception
    capabilities: Capabilities

    def preflight(self) -> Preflight:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


QUIET = Tracker(preflight(FieldInfo("subject", "Subject", "text")), capabilities(system="zendesk", workflow=False))


@pytest.fixture(scope="module")
def pair() -> Pair:
    name = "mercuri-zendesk__infinity-jira"
    return load_pair(Path(INCLUDE, "pairs", f"{name}.yaml"), Path(INCLUDE, "contracts"))


def checked(pair: Pair, found: Preflight | Exception, **told: Any) -> PairReport:
    jira = Tracker(found, capabilities(**told))
    return check_trackers(pair, lambda side: jira if side.system == "jira" else QUIET)  # type: ignore[arg-type,return-value]


def said(report: PairReport) -> list[tuple[str, str]]:
    return [(one.code, one.key) for one in report.everything]


def with_side(pair: Pair, **changes: Any) -> Pair:
    right: Side = replace(pair.right, **changes)
    return replace(pair, right=right)


def test_a_field_that_no_create_fills_is_named_with_a_value_to_fill_it(pair: Pair) -> None:
    cost = FieldInfo("customfield_7", "Cost centre", "choice", choices={"1": "Shop"}, required=True)
    summary = FieldInfo("summary", "Summary", "text", required=True)
    report = checked(pair, preflight(cost, summary))
    assert said(report) == [("TDM-240", "offers.customers.create")]
    assert report.everything[0].fix == "Add it: create: {customfield_7: Shop}."
    filled = with_side(pair, create={**(pair.right.create or {}), "customfield_7": "Shop"})
    assert said(checked(filled, preflight(cost, summary))) == []
    assert said(checked(with_side(pair, create=None), preflight(cost, summary))) == []


def test_newest_is_refused_where_no_history_can_be_read(pair: Pair) -> None:
    report = checked(pair, preflight(STATUS), history=False)
    assert said(report) == [("TDM-245", "conflicts.default")]
    assert report.everything[0].line == 6
    assert any("may go unseen" in remark for remark in report.sides[1].remarks)


def test_internal_comments_are_refused_where_there_are_none(pair: Pair) -> None:
    internal = with_side(pair, comments=replace(pair.right.comments, as_="internal"))
    assert said(checked(internal, preflight(STATUS), private_comments=False)) == [
        ("TDM-231", "offers.customers.comments.as")
    ]
    assert said(checked(internal, preflight(STATUS))) == []


@pytest.mark.parametrize(("offset", "words"), [(75.0, "75 s ahead"), (-61.0, "61 s behind"), (59.0, "")])
def test_a_clock_that_is_off_by_more_than_a_minute_is_told(pair: Pair, offset: float, words: str) -> None:
    found = checked(pair, preflight(STATUS, offset=offset)).everything
    assert [(one.code, one.key, one.warning) for one in found] == ([("TDM-228", "connection", True)] if words else [])
    assert all(words in one.what for one in found)


EVERY = [
    edge("To Do", "In Progress", "Start"),
    edge("In Progress", "In Review", "Review"),
    edge("In Review", "To Do", "Back"),
    edge("In Progress", "Waiting", "Wait"),
    edge("Waiting", "In Progress", "Resume"),
    edge("In Progress", "Done", "Finish", "resolution"),
    edge("Done", "To Do", "Reopen"),
]


def test_a_workflow_that_the_contract_can_walk_is_no_problem(pair: Pair) -> None:
    assert said(checked(pair, preflight(STATUS, RESOLUTION, edges=EVERY))) == []


def test_a_status_that_no_way_leads_to_is_named_once_all_others_were_seen(pair: Pair) -> None:
    without = [one for one in EVERY if one.way.name != "Wait"]
    assert said(checked(pair, preflight(STATUS, RESOLUTION, edges=without))) == [
        ("TDM-203", "fields.status.map.pending")
    ]
    unseen = [one for one in without if one.way.name != "Back"]  # perhaps In Review leads to Waiting
    assert said(checked(pair, preflight(STATUS, RESOLUTION, edges=unseen))) == []


def test_a_place_is_named_as_people_name_it(pair: Pair) -> None:
    """Where a tracker knows its places and types by numbers, a message does not."""
    queues = FieldInfo("Queue", "Queue", "choice", choices={"SHOP": "Support"})
    types = FieldInfo("issuetype", "Type", "choice", choices={"Task": "Job", "Bug": "Fault"})
    without = [one for one in EVERY if one.way.name != "Wait"]
    told = {"place_field": "Queue", "type_field": "issuetype"}
    [alone] = checked(pair, preflight(STATUS, RESOLUTION, queues, types, edges=without), **told).everything
    assert alone.what.startswith('In Support, no transition leads to "Waiting"')
    both = [*without, *(replace(one, type="Bug") for one in EVERY)]
    [among] = checked(pair, preflight(STATUS, RESOLUTION, queues, types, edges=both), **told).everything
    assert among.what.startswith('In Support, for Job, no transition leads to "Waiting"')


def test_transitions_of_one_name_are_told_apart_by_their_ids(pair: Pair) -> None:
    ways = [Way(id_, "Go", ID["In Progress"]) for id_ in ("11", "21")]
    others = [one for one in EVERY if one.way.to != ID["In Progress"]]
    edges = [*others, *(Edge("SHOP", "Task", ID["To Do"], way) for way in ways)]
    [told] = checked(pair, preflight(STATUS, RESOLUTION, edges=edges)).everything
    assert told.fix == "Choose one: transitions: {In Progress: {by: 11}}"
    chosen = with_side(pair, transitions={**pair.right.transitions, "In Progress": TransitionRule(("21",))})
    assert said(checked(chosen, preflight(STATUS, RESOLUTION, edges=edges))) == []


def test_internal_comments_are_refused_where_this_very_place_has_none(pair: Pair) -> None:
    internal = with_side(pair, comments=replace(pair.right.comments, as_="internal"))
    found = replace(preflight(STATUS), private_comments=False)
    assert said(checked(internal, found)) == [("TDM-231", "offers.customers.comments.as")]


def test_files_that_the_tracker_does_not_take_are_told(pair: Pair) -> None:
    off = replace(preflight(STATUS), max_file=0)
    assert said(checked(pair, off)) == [("TDM-258", "offers.customers.attachments")]
    assert said(checked(with_side(pair, attachments=None), off)) == []


def test_two_ways_that_can_both_be_taken_are_a_choice_and_one_that_can_is_none(pair: Pair) -> None:
    two = [*EVERY, edge("To Do", "In Progress", "Hurry")]
    assert said(checked(pair, preflight(STATUS, RESOLUTION, edges=two))) == [
        ("TDM-203", "fields.status.map.in_progress")
    ]
    one = [*EVERY, edge("To Do", "In Progress", "Hurry", "resolution")]
    assert said(checked(pair, preflight(STATUS, RESOLUTION, edges=one))) == []


def with_bugs(pair: Pair) -> Pair:
    """Bugs go no further than to review."""
    status = pair.right.fields["status"]
    bugs = {**status.map, "solved": ("In Review",), "in_progress": ("In Progress",)}
    when = (WhenRule(bugs, place=("SHOP", "OPS"), type=("Bug",)),)
    return with_side(pair, fields={**pair.right.fields, "status": replace(status, when=when)})


def test_names_of_every_map_and_of_its_places_and_types_are_looked_up(pair: Pair) -> None:
    types = FieldInfo("issuetype", "Type", "choice", choices={"7": "Fault", "8": "Task"})
    projects = FieldInfo("project", "Project", "choice", choices={"10": "SHOP"})
    status = replace(STATUS, choices={id_: name for id_, name in STATUS.choices.items() if name != "In Review"})
    found = preflight(status, types, projects)
    told = said(checked(with_bugs(pair), found, place_field="project", type_field="issuetype"))
    assert {(code, key.partition("fields.")[2]) for code, key in told if "issuetype" not in key} >= {
        ("TDM-225", "status.when.0.place"),
        ("TDM-225", "status.when.0.type"),
        ("TDM-225", "status.when.0.map.solved"),
    }


def test_the_workflow_of_a_type_is_held_against_the_map_of_that_type(pair: Pair) -> None:
    """Two ways lead to In Review: for a Task it is never written, for a Bug one would have to be chosen."""
    types = FieldInfo("issuetype", "Type", "choice", choices={"7": "Bug", "8": "Task"})
    ways = [edge("In Progress", "In Review", name) for name in ("Review", "Review at once")]

    def of(type_: str) -> Preflight:
        return preflight(STATUS, RESOLUTION, types, edges=[replace(way, type=type_) for way in ways])

    for type_, problems in (("8", []), ("7", [("TDM-203", "fields.status.when.0.map.solved")])):
        found = [
            one for one in said(checked(with_bugs(pair), of(type_), type_field="issuetype")) if one[0] == "TDM-203"
        ]
        assert found == problems


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CredentialsError("GET /x answered 403", where="infinity_jira"), "TDM-302"),
        (UnavailableError("no answer", where="infinity_jira"), "TDM-102"),
    ],
)
def test_a_tracker_that_cannot_be_asked_is_a_problem_like_others(pair: Pair, error: Exception, code: str) -> None:
    report = checked(pair, error)
    assert said(report) == [(code, "connection")]
    assert report.everything[0].line == 5
    assert [side.logged_in for side in report.sides] == [True, False]
