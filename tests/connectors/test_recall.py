# SPDX-License-Identifier: Apache-2.0
"""What a preflight learnt is taken up by connectors that are made later, where it holds, and asked for where not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors import azure_devops_house, jira_house, servicenow_house
from support.azure_devops import Desk as AzureDesk
from support.servicenow import Desk
from tandem.connectors import learnt
from tandem.connectors.base import Condition, Recalls
from tandem.http import Http

NETWORK = Condition("assignment_group", is_="Network")


@pytest.fixture(scope="module")
def jira() -> Iterator[jira_house.House]:
    with jira_house.open_house() as house:
        yield house


def _kept(told: Any) -> Any:
    """As the state gives it back."""
    return json.loads(json.dumps(dict(told.learnt)))


def test_azure_devops_is_not_asked_again_for_its_fields_and_our_account(azure_devops: AzureDesk) -> None:
    ticket = azure_devops_house.make(azure_devops, "one", System__Tags="shared")
    kept = _kept(azure_devops_house.connector(azure_devops).preflight())
    asked, later = azure_devops_house.connector(azure_devops), azure_devops_house.connector(azure_devops)
    later.recall(kept)
    azure_devops.control.clear_requests()
    told = later.fetch([ticket]), later.history([ticket])
    paths = [one["path"].rpartition("/")[2] for one in azure_devops.control.requests()]
    assert {"fields", "connectionData"}.isdisjoint(paths)
    assert told == (asked.fetch([ticket]), asked.history([ticket]))
    later.preflight()
    paths = [one["path"].rpartition("/")[2] for one in azure_devops.control.requests()]
    assert {"fields", "connectionData"} <= set(paths), "a preflight asks anew"


def test_servicenow_is_not_asked_again_for_its_dictionary_and_our_account(servicenow: Desk) -> None:
    ticket = servicenow_house.make(servicenow, comments="said", priority="3")
    kept = _kept(servicenow_house.connector(servicenow).preflight())
    asked, later = servicenow_house.connector(servicenow), servicenow_house.connector(servicenow)
    later.recall(kept)
    servicenow.control.clear_requests()
    told = later.fetch([ticket]), later.history([ticket])
    tables = [one["path"].rpartition("/")[2] for one in servicenow.control.requests()]
    assert {"sys_dictionary", "sys_choice"}.isdisjoint(tables)
    assert tables.count("sys_user") == 1, "who said it"
    assert told == (asked.fetch([ticket]), asked.history([ticket]))


def test_a_contract_that_decides_by_another_column_is_not_judged_by_what_was_learnt_before(servicenow: Desk) -> None:
    """Choices are kept of the columns that were needed: without those of ``urgency`` its names would mean nothing."""
    ticket = servicenow_house.make(servicenow, urgency="1")
    kept = _kept(servicenow_house.connector(servicenow).preflight())
    scope = (*servicenow_house.IN_SCOPE, Condition("urgency", is_="1 - High"))
    later = servicenow_house.connector(servicenow, servicenow_house.needs(scope=scope))
    later.recall(kept)
    (found,) = later.fetch([ticket])
    assert found.in_scope


def test_jira_is_not_asked_again_for_its_fields_and_our_account(jira: jira_house.House) -> None:
    issue = jira.make()
    kept = _kept(jira.jira().preflight())
    asked, later = jira.jira(), jira.jira()
    later.recall(kept)
    with jira.asked() as seen:
        told = later.fetch([issue]), later.history([issue])
    assert {"field", "myself"}.isdisjoint(one["path"].rpartition("/")[2] for one in seen)
    assert told == (asked.fetch([issue]), asked.history([issue]))


def test_another_log_in_is_not_told_what_the_one_before_learnt(servicenow: Desk) -> None:
    """Who the integration is decides what is our own work."""
    kept = _kept(servicenow_house.connector(servicenow).preflight())
    servicenow.control.clear_requests()
    other = servicenow_house.connector(servicenow, who="beth")
    assert isinstance(other, Recalls)
    other.recall(kept)
    (note,) = other.fetch([servicenow_house.make(servicenow, comments="said")])
    assert "sys_dictionary" in {one["path"].rpartition("/")[2] for one in servicenow.control.requests()}
    assert note.fields["short_description"] == "Help"


@pytest.mark.parametrize(
    "change",
    [
        {"auth": ("tandem", "another")},
        {"auth": ("tandem2", "word")},
        {"headers": {"X-Tenant": "two"}},
        {"cert": "client.pem"},
        {"url": "https://other.example"},
    ],
)
def test_what_is_kept_holds_for_one_log_in_at_one_address(change: dict[str, Any]) -> None:
    kept = learnt.to_keep(_http(), {"account": "we"})
    assert learnt.to_recall(_http(), kept)["account"] == "we"
    assert learnt.to_recall(_http(**change), kept) == {}
    assert "word" not in str(kept)


def test_what_another_release_kept_is_asked_anew() -> None:
    kept = learnt.to_keep(_http(), {"account": "we"})
    kept = {name: f"0.{value}" if value != "we" else value for name, value in kept.items()}
    assert learnt.to_recall(_http(), kept) == {}


def _http(url: str = "https://one.example", auth: Any = ("tandem", "word"), cert: Any = None, **more: Any) -> Http:
    session = requests.Session()
    session.auth, session.cert = auth, cert
    session.headers.update(more.get("headers", {}))
    return Http(session, url, tenant="t")
