# SPDX-License-Identifier: Apache-2.0
"""How a tracker in memory behaves. Two kinds are given; ``dataclasses.replace`` makes more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tandem.connectors.base import Capabilities, Cursor, FieldInfo, Way
from tandem.core.doc import Markup
from tandem.markup.html import Html
from tandem.markup.plain import Plain


@dataclass(frozen=True, slots=True)
class Kind:
    """A tracker's manners, as far as they show through the protocol."""

    capabilities: Capabilities
    markup: Markup
    fields: Mapping[str, FieldInfo]
    place: str  # field that says where a ticket lies
    type: str  # field that the workflow depends on
    start: Mapping[str, str]  # values that a ticket is opened with, unless it says otherwise
    workflow: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)  # status → ways that lead on from it
    keyed: bool = False  # tickets have a key PLACE-n besides their id
    stamped: bool = False  # update refuses a version older than the present one
    answers: bool = False  # a write's answer shows the fields and the history entry
    create_only: frozenset[str] = frozenset()
    final: frozenset[str] = frozenset()  # statuses behind which nothing is taken
    tells: bool = False  # the feed tells what happened on tickets that are known
    page: int = 3  # tickets on a page of a listing


def _field(name: str, kind: str = "text", *, longest: int | None = None, required: bool = False) -> FieldInfo:
    return FieldInfo(name, name.replace("_", " ").title(), kind, max_length=longest, required=required)


def _choice(name: str, **choices: str) -> FieldInfo:
    numbered = {id_.removeprefix("_"): shown for id_, shown in choices.items()}
    return FieldInfo(name, name.title(), "choice", choices=numbered)


def _named(*fields: FieldInfo) -> dict[str, FieldInfo]:
    return {info.name: info for info in fields}


_FINISH = Way("31", "Finish", "3", needs=("resolution",))

JIRA_LIKE = Kind(
    capabilities=Capabilities(
        system="memory",
        cursor=Cursor.TIME,
        version_resolution=0.001,
        search_delay=60.0,
        sweep_every=3600.0,
        fetch_batch=100,
        read_batch=100,
        write_batch=50,
        compare_and_set=False,
        history=True,
        private_comments=False,
        files_in_comments=False,
        workflow=True,
        edit_comments=True,
        redact_comments=True,
        max_file=1_000_000,
        max_comment=32_767,
        clock=0.001,
    ),
    markup=Plain(),
    fields=_named(
        _field("summary", longest=255, required=True),
        _field("description", "rich", longest=32_767),
        _choice("status", _1="To Do", _2="In Progress", _3="Done"),
        _choice("priority", _1="Highest", _2="High", _3="Medium", _4="Low"),
        _choice("resolution", _1="Fixed", _2="Declined"),
        _choice("security", _1="Internal"),
        _choice("project", SHOP="Shop", OPS="Operations"),
        _choice("issuetype", _1="Bug", _2="Task"),
        _field("assignee", "person"),
        _field("labels", "set"),
        _field("duedate", "date"),
    ),
    place="project",
    type="issuetype",
    start={"status": "1", "project": "SHOP", "issuetype": "2"},
    workflow={
        "1": (Way("11", "Begin", "2"),),
        "2": (Way("21", "Put back", "1"), _FINISH),
        "3": (Way("41", "Reopen", "2"),),
    },
    keyed=True,
)

ZENDESK_LIKE = Kind(
    capabilities=Capabilities(
        system="memory",
        cursor=Cursor.TOKEN,
        version_resolution=1.0,
        search_delay=60.0,
        sweep_every=86_400.0,
        fetch_batch=100,
        read_batch=100,
        write_batch=1,
        compare_and_set=False,  # its stamp has seconds only: two changes in one second pass
        history=True,
        private_comments=True,
        files_in_comments=True,
        workflow=False,
        edit_comments=False,
        redact_comments=True,
        max_file=500_000,
        max_comment=65_535,
        clock=1.0,
        life_cycle_ends=frozenset({"closed"}),
        follow_ups=True,
        reopens_closed=False,
        redacts_closed=True,
    ),
    markup=Html(),
    fields=_named(
        _field("subject", longest=255, required=True),
        _field("description", "rich", longest=65_535),
        _choice("status", new="New", open="Open", pending="Pending", solved="Solved", closed="Closed"),
        _choice("priority", urgent="Urgent", high="High", normal="Normal", low="Low"),
        _choice("type", incident="Incident", problem="Problem", question="Question", task="Task"),
        _choice("brand_id", _1="Help", _2="Shop"),
        _field("assignee_id", "person"),
        _field("tags", "set"),
        _field("custom_field_7"),
    ),
    place="brand_id",
    type="type",
    start={"status": "new", "brand_id": "1"},
    stamped=True,
    answers=True,
    tells=True,
    create_only=frozenset({"description"}),
    final=frozenset({"closed"}),
)
