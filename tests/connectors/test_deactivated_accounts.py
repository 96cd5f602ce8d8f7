# SPDX-License-Identifier: Apache-2.0
"""The preflight tells which of the accounts that a contract writes were deactivated, or are none."""

from collections.abc import Iterator

import pytest

from connectors.azure_devops_house import GONE
from connectors.azure_devops_house import connector as azure_devops_connector
from connectors.azure_devops_house import needs as azure_devops_needs
from connectors.jira_house import House, open_house
from connectors.servicenow_house import connector as servicenow_connector
from connectors.servicenow_house import needs as servicenow_needs
from connectors.zendesk_house import connector as zendesk_connector
from connectors.zendesk_house import needs as zendesk_needs


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


@pytest.mark.parametrize("asked", [True, False])
def test_jira(house, asked):
    active, gone = house.site.account("elaine"), house.site.account("gone")
    accounts = frozenset({active, gone, "557058:nobody"}) if asked else frozenset()
    with house.asked() as requests:
        found = house.jira(accounts=accounts).preflight()
    assert found.inactive == ({gone, "557058:nobody"} if asked else set())
    assert sum("user/bulk" in one["path"] for one in requests) == int(asked)


def test_zendesk(desk):
    body = {"user": {"name": "Gone", "email": "gone@mercuri.example", "role": "agent"}}
    gone = desk.ask("POST", "users.json", json=body).json()["user"]["id"]
    active = str(desk.user_id("anna"))
    assert desk.ask("DELETE", f"users/{gone}.json").status_code == 200
    accounts = frozenset({active, str(gone), "99999999"})
    found = zendesk_connector(desk, zendesk_needs(accounts=accounts)).preflight()
    assert found.inactive == {str(gone), "99999999"}
    assert zendesk_connector(desk).preflight().inactive == set()


def test_servicenow(servicenow):
    users = {row["user_name"]: row["sys_id"] for row in servicenow.read("table/sys_user")}
    body = {"user_name": "gone", "active": "false"}
    gone = servicenow.ask("POST", "table/sys_user", json=body).json()["result"]["sys_id"]
    active = users[next(name for name in users if "john" in name)]
    found = servicenow_connector(servicenow, servicenow_needs(accounts=frozenset({active, gone, "0" * 32}))).preflight()
    assert found.inactive == {gone, "0" * 32}


def test_azure_devops(azure_devops):
    """No item is made to find it out, and one who has left stays where they are named."""
    active = azure_devops.place.people["david"].email
    before = azure_devops.find("[System.Id] > 0")
    accounts = frozenset({active, GONE, "nobody@global.example"})
    found = azure_devops_connector(azure_devops, azure_devops_needs(accounts=accounts)).preflight()
    assert found.inactive == {GONE, "nobody@global.example"}
    assert azure_devops_connector(azure_devops).preflight().inactive == set()
    assert azure_devops.find("[System.Id] > 0") == before
