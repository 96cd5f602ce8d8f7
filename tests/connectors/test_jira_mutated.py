# SPDX-License-Identifier: Apache-2.0
"""Recorded answers, changed as other sites' answers differ: nothing raises, and ids, states and times are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.answering import answering
from support import material
from support.material import demand
from tandem.connectors.base import Condition, Needs
from tandem.connectors.jira import Jira
from tandem.connectors.jira.shape import SYSTEM, author, flat, form, told
from tandem.http import Http
from tandem.markup import Adf

RECORDED = demand(material.RECORDED / "jira")
FILES = {file.stem: json.loads(file.read_text())["interactions"] for file in sorted(RECORDED.glob("*.json"))}
BODIES = [one.get("body", one.get("response", {}).get("body")) for listed in FILES.values() for one in listed]

FORMER = {"accountId": "557058:c4f0fa3e-1c55-4a26-b78a-d3a9b56a9f44", "displayName": "Former user", "active": False}
SERVER = {"name": "admin", "key": "JIRAUSER10100", "displayName": "Admin", "active": True, "emailAddress": None}
PEOPLE = st.sampled_from([None, FORMER, FORMER | {"emailAddress": "a@b.example"}, SERVER, {"displayName": None}, {}])
NUMBERS = st.integers(1, 10**6).map(str)
MOMENTS = st.integers(10**12, 2 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
ZONES = st.sampled_from([0, 330, -210, 480, 765, -720]).map(lambda minutes: timezone(timedelta(minutes=minutes)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CUSTOM = JSON | st.sampled_from(
    [
        "0|i00026:",
        "3_*:*_2_*:*_642394764_*|*_10000_*:*_1_*:*_0",
        "2024-13-45T99:99:99.000+0000",
        "0001-01-01T00:00:00.000+0530",
        {"hasEpicLinkFieldDependency": False, "nonEditableReason": {"reason": "PLUGIN_LICENSE_ERROR"}},
        {"id": "10020", "value": "Web", "child": {"id": "10021", "value": "Mobile"}},
        {"id": "10020", "value": "Web", "child": None},
        [{"id": 1, "name": "Sprint 1", "state": "active"}, None],
        [FORMER, None],
        {"type": "doc", "version": 1, "content": [{"type": "neverSeen", "attrs": {"x": 1}}]},
        ["com.atlassian.greenhopper.service.sprint.Sprint@1f[id=1,state=ACTIVE]"],
    ]
)


def wire_time(moment: datetime, zone: timezone, how: int) -> str:
    """Write a time as one site or another does."""
    local = moment.astimezone(zone)
    text = f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"
    return [text, text[:-2] + ":" + text[-2:], f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"][how]


def issues_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all that looks like an issue with its fields."""
    if isinstance(value, dict):
        if "key" in value and isinstance(value.get("fields"), dict):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from issues_in(one)


ISSUES = list(issues_in(BODIES))


def things(value: Any, *keys: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if set(keys) <= set(value):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from things(one, *keys)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a recorded issue with other values, and what must be kept of it."""
    issue = deepcopy(draw(st.sampled_from(ISSUES)))
    fields: dict[str, Any] = issue["fields"]
    for name in list(fields):
        match draw(st.integers(0, 9)):
            case 0:
                fields[name] = None
            case 1:
                del fields[name]
    for name in draw(st.sets(st.sampled_from(["assignee", "reporter", "creator"]))):
        fields[name] = draw(PEOPLE)
    for number in draw(st.sets(st.integers(10000, 10060), max_size=5)):
        fields[f"customfield_{number}"] = draw(CUSTOM)
    kept = {"id": draw(NUMBERS), "status": draw(NUMBERS), "updated": draw(MOMENTS)}
    issue["id"] = kept["id"]
    fields["project"] = {"id": "10000", "key": "UL"}
    name = draw(st.sampled_from(["To Do", "Zu erledigen", "完了", "À faire"]))
    fields["status"] = {"id": kept["status"], "name": name, "statusCategory": {"id": 2, "key": "new"}}
    fields["updated"] = wire_time(kept["updated"], draw(ZONES), draw(st.integers(0, 2)))
    return issue, kept


@pytest.fixture(scope="module")
def given_back() -> Iterator[tuple[str, dict[str, Any]]]:
    """Serve whatever stands in a dictionary."""
    told_by: dict[str, Any] = {"issue": {}, "logs": [], "field": []}
    with answering(
        issue_bulkfetch=lambda body, path: {"issues": [told_by["issue"]]},
        changelog_bulkfetch=lambda body, path: {"issueChangeLogs": told_by["logs"]},
        comment_list=lambda body, path: {"values": []},
        project_UL={"key": "UL", "projectTypeKey": "software"},
        **{"3_myself": {"accountId": "us"}, "3_field": lambda body, path: told_by["field"]},
    ) as (url, _):
        yield url, told_by


def jira(url: str, *read: str, **needs: Any) -> Jira:
    project = (Condition("project", is_="UL"),)
    return Jira(Http(requests.Session(), url, tenant="mutated"), Needs(frozenset(read), frozenset(), project, **needs))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutated())
def test_any_issue_is_read_with_its_id_state_and_time(given_back: Any, drawn: Any) -> None:
    url, told_by = given_back
    issue, kept = drawn
    issue["fields"].pop("security", None)
    told_by["issue"] = issue
    names = [name for name in issue["fields"] if not name.startswith("customfield_")]
    (record,) = jira(url, *names).fetch([kept["id"]])
    assert (record.id, record.key, record.place) == (kept["id"], issue["key"], "UL")
    assert record.in_scope
    assert record.fields["status"] == kept["status"]
    assert record.updated_at == kept["updated"]
    assert datetime.fromisoformat(record.version) == kept["updated"]
    assert json.dumps(dict(record.fields))
    for name, value in issue["fields"].items():
        assert json.dumps(flat(name, value)) is not None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_history_is_told_with_its_ids_states_and_times(given_back: Any, data: st.DataObject) -> None:
    url, told_by = given_back
    recorded = data.draw(st.sampled_from([one for one in ISSUES if "changelog" in one]))
    issue = {"id": "10100", "key": "UL-1", "fields": {"project": {"key": "UL"}, "comment": data.draw(LISTS)}}
    histories = deepcopy(recorded["changelog"]["histories"])
    kept = {}
    for number, history in enumerate(histories):
        moment, before, after = data.draw(MOMENTS), data.draw(NUMBERS), data.draw(NUMBERS)
        history["id"] = str(20000 + number)
        history["created"] = data.draw(st.sampled_from([round(moment.timestamp() * 1000), moment.isoformat()]))
        history["author"] = data.draw(PEOPLE)
        ends = {"from": before, "fromString": "Zu erledigen", "to": after, "toString": "完了"}
        odd = {"field": "Rank", "fieldtype": "custom", "fieldId": "customfield_10019", "from": "", "fromString": ""}
        resolution = {"field": "resolution", "fieldId": "resolution", "from": None, "to": "10000", "toString": "Done"}
        history["items"] = [odd, resolution, {"field": "status", "fieldId": "status", **ends}, {"field": "Link"}]
        kept[f"{history['id']}:status"] = (moment, before, after)
    told_by["issue"] = issue
    told_by["logs"] = [{"issueId": "10100", "changeHistories": histories}]
    found = jira(url, "status", "resolution", "summary", files=False).history(["10100"])["10100"]
    states = {entry.id: (entry.at, entry.before, entry.after) for entry in found.entries if entry.field == "status"}
    assert states == kept
    assert len([entry for entry in found.entries if entry.field == "resolution"]) == len(histories)
    expected = [one["id"] for one in comments_of(issue["fields"]["comment"])]
    assert sorted(comment.id for comment in found.comments) == sorted(expected)


def comments_of(listed: Any) -> list[dict[str, Any]]:
    return list(listed if isinstance(listed, list) else (listed or {}).get("comments") or ())


@st.composite
def comments(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(0, 3))):
        at = wire_time(draw(MOMENTS), draw(ZONES), draw(st.integers(0, 2)))
        body: Any = draw(st.sampled_from(["h1. wiki", None, {"type": "doc", "version": 1, "content": []}]))
        whole = {"author": draw(PEOPLE), "body": body, "created": at, "updated": at, "updateAuthor": draw(PEOPLE)}
        whole |= {"visibility": None, "jsdPublic": True, "renderedBody": "", "properties": []}
        lost = draw(st.sets(st.sampled_from(["author", "updated", "updateAuthor", "visibility", "body"])))
        made.append({"id": str(10000 + number)} | {key: value for key, value in whole.items() if key not in lost})
    return made


LISTS = comments().flatmap(
    lambda made: st.sampled_from(
        [made, {"comments": made, "total": len(made), "startAt": 0, "maxResults": len(made)}, {"comments": made}]
    )
)


def test_every_recorded_comment_file_person_and_transition_is_taken(given_back: Any) -> None:
    url, told_by = given_back
    said = [one for one in things(BODIES, "body", "created", "id") if "updateAuthor" in one]
    files = list(things(BODIES, "filename", "created"))
    assert len(said) > 5
    assert files
    for number, one in enumerate(files):
        one.setdefault("id", str(number))
    told_by["issue"] = {
        "id": "10100",
        "key": "UL-1",
        "fields": {"project": {"key": "UL"}, "comment": said, "attachment": files},
    }
    told_by["logs"] = []
    found = jira(url, "description", comments="all").history(["10100"])["10100"]
    assert {comment.id for comment in found.comments} == {one["id"] for one in said}
    assert {file.name for file in found.files} == {one["filename"] for one in files}
    for person in things(BODIES, "displayName", "active"):
        assert author(person).id == str(person.get("accountId") or person.get("key") or person["name"])


def test_every_recorded_field_of_the_dictionary_has_a_form() -> None:
    schemas = [one["schema"] for one in things(BODIES, "schema", "clauseNames")]
    assert schemas
    assert {form(one).kind for one in schemas} <= {
        "text",
        "rich",
        "number",
        "date",
        "datetime",
        "person",
        "choice",
        "set",
    }


@given(CUSTOM, st.sampled_from(["customfield_10001", "summary", "labels", "created"]))
def test_any_value_has_a_flat_form_that_is_json(value: Any, name: str) -> None:
    assert json.dumps(flat(name, value)) is not None


@given(
    st.dictionaries(
        st.sampled_from(["from", "fromString", "to", "toString"]),
        st.none() | st.text() | st.sampled_from(["[10019, 10020]", "1e999", "NaN", "2024-99-99T00:00:00.000+0000"]),
    ),
    st.sampled_from(sorted(SYSTEM)),
)
def test_any_end_of_a_change_is_told_in_json(item: dict[str, Any], name: str) -> None:
    for end in ("from", "to"):
        assert json.dumps(told(item, end, SYSTEM[name]), allow_nan=False) is not None


@given(st.lists(st.sampled_from(["neverSeen", "extension", "mediaSingle", "panel", "paragraph"]), min_size=1), CUSTOM)
def test_nodes_that_nobody_knows_leave_their_text(kinds: list[str], odd: Any) -> None:
    inner: dict[str, Any] = {"type": "text", "text": "the text"}
    for kind in kinds:
        inner = {"type": kind, "attrs": {"odd": odd}, "content": [inner]}
    read = Adf().parse({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [inner]}]})
    assert "the text" in json.dumps(read.doc)
