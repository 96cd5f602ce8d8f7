# SPDX-License-Identifier: Apache-2.0
"""Recorded answers, changed as other organisations' answers differ: nothing raises; ids, states and times are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.answering import answering
from connectors.test_azure_devops_recorded import RECORDED, items
from tandem.connectors.azure_devops import AzureDevOps
from tandem.connectors.azure_devops.shape import Field, author, flat
from tandem.connectors.base import Condition, Needs
from tandem.core.values import utc_text
from tandem.http import Http

ITEMS = [
    item
    for file in sorted(RECORDED.glob("*.json"))
    for one in json.loads(file.read_text())["interactions"]
    for item in items(one["response"]["body"])
]
WHOLE = next(
    item["fields"]["System.CreatedBy"] for item in ITEMS if isinstance(item["fields"].get("System.CreatedBy"), dict)
)
MAIL = WHOLE["uniqueName"].lower()
SPELLED = f"{WHOLE['displayName']} <{WHOLE['uniqueName']}>"
FORMS = [WHOLE, SPELLED, {"id": WHOLE["id"], "uniqueName": SPELLED}, {**WHOLE, "name": SPELLED}]
STRANGERS = [None, "", {}, {"displayName": None}, "Build Service", {"displayName": "Former user", "id": "x"}, 7, []]
MOMENTS = st.integers(10**12, 2 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
DIGITS = st.sampled_from(["fewest", "three", "seven"])
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(STRANGERS)
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)
)
KINDS = ["string", "integer", "double", "boolean", "dateTime", "plainText", "html", "treePath", "guid", "identity"]
KINDS += ["picklistString", "picklistInteger", "history", "neverSeen"]
FIELDS = [
    {"referenceName": "System.State", "name": "State", "type": "string"},
    {"referenceName": "System.Title", "name": "Title", "type": "string"},
    {"referenceName": "System.Tags", "name": "Tags", "type": "plainText"},
    {"referenceName": "System.Description", "name": "Description", "type": "html"},
    {"referenceName": "System.AssignedTo", "name": "Assigned To", "type": "string", "isIdentity": True},
    {"referenceName": "Custom.Odd", "name": "Odd", "type": "string"},
]
READ = frozenset(one["referenceName"] for one in FIELDS)


def spelled(at: datetime, how: str) -> str:
    """A time as one server or another writes it: zeros at its end are cut, or it has more digits."""
    digits = f"{at.microsecond:06d}" + ("0" if how == "seven" else "")
    digits = digits.rstrip("0") if how == "fewest" else digits[:3] if how == "three" else digits
    return f"{at:%Y-%m-%dT%H:%M:%S}" + (f".{digits}" if digits else "") + "Z"


@st.composite
def mutated(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a recorded item with other values, and what must be kept of it."""
    item = deepcopy(draw(st.sampled_from(ITEMS)))
    fields: dict[str, Any] = item["fields"]
    for name in list(fields):
        if draw(st.integers(0, 9)) == 0:
            del fields[name]
    at = draw(MOMENTS)
    kept = {"rev": draw(st.integers(1, 10_000)), "state": draw(st.sampled_from(["To Do", "Réalisé", "完了"])), "at": at}
    item |= {"id": 40, "rev": kept["rev"]}
    fields |= {
        "System.State": kept["state"],
        "System.TeamProject": "UL",
        "System.WorkItemType": "Task",
        "System.ChangedDate": spelled(at, draw(DIGITS)),
        "System.CreatedDate": spelled(at, draw(DIGITS)),
        "System.CreatedBy": draw(st.sampled_from(FORMS)),
        "System.Tags": draw(st.sampled_from(["", "one", "one; Two", " one;Two ;", "a;b; c"])),
        "Custom.Odd": draw(ODD),
        "System.AssignedTo": draw(st.sampled_from([*FORMS, *STRANGERS])),
    }
    return item, kept


@pytest.fixture(scope="module")
def given_back() -> Iterator[tuple[str, dict[str, Any]]]:
    """Serve whatever stands in a dictionary."""
    told_by: dict[str, Any] = {"item": {}, "updates": [], "comments": []}
    account = {"authenticatedUser": {"id": "us", "providerDisplayName": "Us"}}
    with answering(
        wit_workitemsbatch=lambda body, path: {"count": 1, "value": [told_by["item"], None]},
        wit_fields={"count": len(FIELDS), "value": FIELDS},
        _apis_connectionData=account,
        **{
            "40_updates": lambda body, path: {"count": 1, "value": told_by["updates"]},
            "40_comments": lambda body, path: told_by["comments"],
        },
    ) as (url, _):
        yield url, told_by


def azure(url: str, **changes: Any) -> AzureDevOps:
    project = (Condition("System.TeamProject", is_="UL"),)
    options = {"marker": "Custom.Tandem", "markup": "html"}
    return AzureDevOps(
        Http(requests.Session(), url, tenant="mutated"), Needs(READ, frozenset(), project, options=options, **changes)
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutated())
def test_any_item_is_read_with_its_id_state_and_time(given_back: Any, drawn: Any) -> None:
    url, told_by = given_back
    item, kept = drawn
    told_by["item"] = item
    (record,) = azure(url).fetch(["40"])
    assert (record.id, record.place, record.type, record.in_scope) == ("40", "UL", "Task", True)
    assert record.fields["System.State"] == kept["state"]
    assert record.updated_at == kept["at"]
    assert int(record.version) == kept["rev"]
    assert record.reporter is not None and (record.reporter.id, record.reporter.email) == (MAIL, MAIL)
    assert set(record.fields) == READ
    assert json.dumps(dict(record.fields))
    tags = record.fields["System.Tags"]
    assert tags is None or (isinstance(tags, list) and all(str(tag).strip() == tag for tag in tags))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_history_is_told_with_its_states_times_and_writers(given_back: Any, data: st.DataObject) -> None:
    url, told_by = given_back
    told_by["item"], _ = data.draw(mutated())
    moments = sorted(data.draw(st.lists(MOMENTS, min_size=2, max_size=5, unique=True)))
    updates: list[dict[str, Any]] = []
    kept = []
    for rev, at in enumerate(moments, start=1):
        before, after = f"s{rev - 1}", f"s{rev}"
        change: dict[str, Any] = {"newValue": after} if rev == 1 else {"oldValue": before, "newValue": after}
        fields = {
            "System.Rev": {"newValue": rev},
            "System.ChangedDate": {"newValue": spelled(at, data.draw(DIGITS))},
            "System.State": change,
            "Custom.Odd": {"oldValue": data.draw(ODD), "newValue": data.draw(ODD)},
            "System.AssignedTo": data.draw(st.sampled_from([{}, {"newValue": FORMS[0]}, {"oldValue": None}])),
        }
        last = {"revisedDate": "9999-01-01T00:00:00Z"} if rev == len(moments) else {"revisedDate": spelled(at, "three")}
        updates.append(
            {"id": len(updates) + 1, "rev": rev, "workItemId": 40, "fields": fields, **last}
            | {"revisedBy": data.draw(st.sampled_from(FORMS))}
        )
        if data.draw(st.booleans()):  # a link to another item: no revision of its own
            relations = {"added": [{"rel": "System.LinkTypes.Related", "url": "x", "attributes": {"name": "Related"}}]}
            updates.append({"id": len(updates) + 1, "rev": rev, "workItemId": 40, "relations": relations})
        if rev > 1:
            kept.append((at, before, after, MAIL))
    told_by["updates"] = updates
    found = azure(url, files=data.draw(st.booleans())).history(["40"])["40"]
    states = [(e.at, e.before, e.after, e.author.id) for e in found.entries if e.field == "System.State"]
    assert states == kept
    assert len({entry.id for entry in found.entries}) == len(found.entries)


@st.composite
def said(draw: st.DrawFn) -> dict[str, Any]:
    at = draw(MOMENTS)
    whole = {
        "id": draw(st.integers(1, 10**6)),
        "version": draw(st.integers(1, 3)),
        "text": draw(st.sampled_from(["<div>said</div>", "said", "**said**", ""])),
        "format": draw(st.sampled_from(["html", "markdown", "Markdown"])),
        "createdBy": draw(st.sampled_from([*FORMS, None, {}])),
        "createdDate": spelled(at, draw(DIGITS)),
        "modifiedDate": spelled(at, draw(DIGITS)),
        "isDeleted": False,
    }
    lost = draw(st.sets(st.sampled_from(["version", "format", "modifiedDate", "isDeleted", "createdBy"])))
    return {key: value for key, value in whole.items() if key not in lost}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(said(), max_size=4, unique_by=lambda one: one["id"]), st.data())
def test_any_comment_is_taken(given_back: Any, listed: list[dict[str, Any]], data: st.DataObject) -> None:
    url, told_by = given_back
    told_by["item"], _ = data.draw(mutated())
    changed = {"System.ChangedDate": {"newValue": "2020-01-01T00:00:00Z"}, "System.History": {"newValue": "said"}}
    told_by["updates"] = [{"id": 1, "rev": 1, "fields": changed, "revisedBy": WHOLE}]
    told_by["comments"] = {"totalCount": len(listed), "count": len(listed), "comments": listed}
    found = azure(url).history(["40"])["40"]
    assert {comment.id for comment in found.comments} == {str(one["id"]) for one in listed}
    assert all(comment.public and comment.mark is None for comment in found.comments)
    assert [comment.at for comment in found.comments] == [
        datetime.fromisoformat(one["createdDate"]).astimezone(UTC) for one in listed
    ]


@given(ODD, st.sampled_from(KINDS), st.booleans(), st.booleans())
def test_any_value_has_a_flat_form_that_is_json(value: Any, kind: str, identity: bool, picked: bool) -> None:
    for name in ("Custom.Odd", "System.Tags"):
        assert json.dumps(flat(Field(name, name, kind, False, identity, picked), value), allow_nan=False) is not None


@given(MOMENTS, DIGITS)
def test_a_time_is_one_text_however_it_is_spelled(at: datetime, how: str) -> None:
    assert flat(Field("Custom.At", "At", "dateTime"), spelled(at, how)) == utc_text(at)


@given(st.sampled_from([*FORMS, *STRANGERS]) | ODD)
def test_anybody_is_somebody_or_nobody(told: Any) -> None:
    found = author(told)
    assert isinstance(found.id, str) and isinstance(found.name, str)
    assert "<" not in found.id or ">" not in found.id or not isinstance(told, str) or found.id == told.strip().lower()
