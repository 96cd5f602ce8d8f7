# SPDX-License-Identifier: Apache-2.0
"""When an issue was out of scope, by the changelog of a simulated Jira: restriction and labels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.jira_house import House, open_house
from tandem.connectors.base import Condition

SCOPE = (Condition("project", is_="DESK"), Condition("labels", contains="shared"))


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


def test_a_security_level_and_a_label_take_an_issue_out_and_back(house: House) -> None:
    issue = house.make(project="DESK", summary="to and fro", labels=["shared"])
    house.site.edit(issue, security={"name": "Board"})
    house.site.edit(issue, security=None)
    house.site.edit(issue, labels=["other"])
    house.site.edit(issue, labels=["other", "shared"])
    house.site.edit(issue, summary="stays")
    (told,) = house.jira(scope=SCOPE).history([issue]).values()
    assert told.inside and told.away is not None and len(told.away) == 2
    assert all(one.until is not None and one.since <= one.until for one in told.away)
    assert {entry.field for entry in told.entries} & {"security"} == set()


def test_a_raw_query_leaves_it_untold(house: House) -> None:
    issue = house.make(project="DESK", summary="queried", labels=["shared"])
    (told,) = house.jira(scope=SCOPE, query="summary ~ queried").history([issue]).values()
    assert told.away is None
