# SPDX-License-Identifier: Apache-2.0
"""The connector reads what a real Azure DevOps once answered."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from support import material
from support.material import demand
from tandem.connectors.azure_devops.read import is_deleted
from tandem.connectors.azure_devops.shape import Field, attachment, author, flat, moment, version

RECORDED = demand(material.RECORDED / "azure_devops")
PEOPLE = {"System.CreatedBy", "System.ChangedBy", "System.AuthorizedAs", "Microsoft.VSTS.Common.ClosedBy"}
TIMES = ("Date",)


def answers() -> Iterator[dict[str, Any]]:
    for file in sorted(RECORDED.glob("*.json")):
        for one in json.loads(file.read_text())["interactions"]:
            if isinstance(one["response"]["body"], dict):
                yield one["response"]["body"]


def items(value: Any) -> Iterator[dict[str, Any]]:
    """All that looks like a work item, wherever it stands in an answer."""
    if isinstance(value, dict):
        if "rev" in value and "fields" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from items(one)


def known(name: str) -> Field:
    kind = "dateTime" if name.endswith(TIMES) else "string"
    return Field(name, name, "plainText" if name == "System.Tags" else kind, identity=name in PEOPLE)


def test_every_recorded_item_is_understood() -> None:
    found = [item for answer in answers() for item in items(answer)]
    assert len(found) > 40
    for item in found:
        assert version(item["rev"]) == f"{item['rev']:010d}"
        assert not is_deleted(item["fields"])
        for name, value in item["fields"].items():
            read = flat(known(name), value)
            assert read is not None, "an empty field is absent"
            assert json.dumps(read)
            if name in PEOPLE:
                assert "@example.com" in str(read) and "<" not in str(read)
            if name.endswith(TIMES) and not name.endswith("RevisedDate"):
                assert moment(value) > datetime(2020, 1, 1, tzinfo=UTC)
        for relation in item.get("relations") or ():
            assert attachment(relation) is None


def test_the_story_of_one_item_keeps_its_states_and_times() -> None:
    """Made, done, thrown away: as recorded."""
    (file,) = RECORDED.glob("test_workItemCreateShowUpdateDelete*.json")
    made, _, done, deleted, gone = [one["response"]["body"] for one in json.loads(file.read_text())["interactions"]]
    assert [item["fields"]["System.State"] for item in (made, done, deleted["resource"])] == ["To Do", "Done", "Done"]
    assert [version(item["rev"])[-1] for item in (made, done, deleted["resource"])] == ["1", "2", "3"]
    assert moment(done["fields"]["System.ChangedDate"]).isoformat() == "2025-01-10T12:13:35.527000+00:00"
    assert moment(deleted["deletedDate"]).isoformat() == "2025-01-10T12:13:35+00:00"
    assert gone["typeKey"] == "WorkItemUnauthorizedAccessException"


def test_a_person_is_the_same_in_all_recorded_forms() -> None:
    (file,) = RECORDED.glob("test_workItemCreateShowUpdateDelete*.json")
    made, _, _, deleted, _ = [one["response"]["body"] for one in json.loads(file.read_text())["interactions"]]
    whole = author(made["fields"]["System.CreatedBy"])
    assert author(deleted["resource"]["fields"]["System.CreatedBy"]) == author(deleted["deletedBy"]) == whole
    text = f"{whole.name} <{whole.id}>"
    assert author({"id": "22157d54-1821-6536-a446-928b06348385", "uniqueName": text}) == whole
    assert whole.email == whole.id


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2018-10-24T09:25:25.81Z", "2018-10-24T09:25:25.810000+00:00"),
        ("2018-10-24T09:25:57Z", "2018-10-24T09:25:57+00:00"),
        ("2018-10-24T09:25:35.9312345Z", "2018-10-24T09:25:35.931234+00:00"),
        ("9999-01-01T00:00:00Z", "9999-01-01T00:00:00+00:00"),
        ("1/10/2025 12:13:35 PM", "2025-01-10T12:13:35+00:00"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00+05:30", "1970-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59.9999999-08:00", "1970-01-01T00:00:00+00:00"),
        (None, "1970-01-01T00:00:00+00:00"),
        ("rubbish", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_times_are_read_in_every_form(told: str | None, read: str) -> None:
    assert moment(told).isoformat() == read


def test_a_name_that_people_give_themselves_is_no_account() -> None:
    """People are mapped by account: a display name that looks like another's would be theirs."""
    gone = {"id": "0C38B4A2-4e08-447d-8cd2-7c4a1c4baf3d", "displayName": "david@global.example", "inactive": True}
    told = author(gone)
    assert (told.id, told.email, told.name) == (gone["id"].lower(), None, "david@global.example")
    assert author({"displayName": "[Shop]\\Team", "uniqueName": "vstfs:///Classification/x"}).id.startswith("vstfs")


def test_a_day_of_the_first_year_is_a_time_as_any() -> None:
    known = Field("Custom.Seen", "Seen", "dateTime")
    assert flat(known, "0001-01-01T00:00:00Z") == "0001-01-01T00:00:00.000Z"


def test_tags_are_one_text() -> None:
    tags = Field("System.Tags", "Tags", "plainText")
    assert flat(tags, "my tag; tag2;Über ") == ["my tag", "tag2", "Über"]
    assert flat(tags, "") is None
    assert flat(tags, None) is None
