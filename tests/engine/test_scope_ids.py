# SPDX-License-Identifier: Apache-2.0
"""A scope by ids: bound when a name is first seen, and kept whatever the thing is called later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tandem.config.load import load_pair
from tandem.config.scope_ids import bind, by_ids, renamed
from tandem.connectors.base import Condition, FieldInfo

ROOT = Path(__file__).parents[2] / "include"
STATUS = FieldInfo("status", "Status", "choice", choices={"3": "In Progress", "10001": "Done"})
PARTS = FieldInfo("components", "Components", "set", choices={"1": "Web", "2": "Till", "7": "Web"})
FIELDS = {"status": STATUS, "components": PARTS, "labels": FieldInfo("labels", "Labels", "set")}
SCOPE = (
    Condition("status", in_=("in progress", "10001")),
    Condition("components", contains="Web"),
    Condition("labels", contains="customer"),
    Condition("duedate", set_=True),
)


def test_a_name_is_bound_to_all_that_bear_it_and_an_id_to_itself() -> None:
    assert bind(SCOPE, FIELDS, {}) == {
        "status": {"in progress": ["3"], "10001": ["10001"]},
        "components": {"Web": ["1", "7"]},  # each project has its own
    }


def test_what_is_renamed_stays_bound_and_is_told() -> None:
    bound = bind(SCOPE, FIELDS, {})
    now = {**FIELDS, "status": replace(STATUS, choices={"3": "Doing", "10001": "Fertig"})}
    again = bind(SCOPE, now, bound)
    assert (again, renamed(again, now)) == (bound, [("status", "in progress")])


def test_what_is_gone_gives_way_to_what_bears_the_name_now() -> None:
    bound = bind(SCOPE, FIELDS, {})
    now = {**FIELDS, "status": replace(STATUS, choices={"9": "In Progress", "10001": "Done"})}
    assert bind(SCOPE, now, bound)["status"]["in progress"] == ["9"]
    nowhere = {**FIELDS, "status": replace(STATUS, choices={"10001": "Done"})}
    assert "in progress" not in bind(SCOPE, nowhere, bound)["status"]


@pytest.mark.parametrize(
    ("written", "given"),
    [
        (Condition("status", is_="In Progress"), Condition("status", in_=("3",))),
        (Condition("status", in_=("In Progress", "Held")), Condition("status", in_=("3", "Held"))),
        (Condition("components", contains="Web"), Condition("components", in_=("1", "7"))),
        (Condition("components", contains="Till"), Condition("components", contains="2")),
        (Condition("labels", contains="Web"), Condition("labels", contains="Web")),
        (Condition("status", set_=False), Condition("status", set_=False)),
    ],
)
def test_the_connector_is_given_ids(written: Condition, given: Condition) -> None:
    pair = load_pair(next((ROOT / "pairs").glob("*.yaml")), ROOT / "contracts")
    bound = {"status": {"In Progress": ["3"]}, "components": {"Web": ["1", "7"], "Till": ["2"]}}
    assert by_ids(replace(pair.right, scope=(written,)), bound).scope == (given,)
