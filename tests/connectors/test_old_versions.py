# SPDX-License-Identifier: Apache-2.0
"""Trackers of a version that the connector does not speak with: told as such, not as a wrong address or log-in."""

from __future__ import annotations

import pytest
import requests

from connectors.answering import answering
from tandem.connectors.base import Condition, Needs
from tandem.connectors.registry import factory
from tandem.http import Http


@pytest.mark.parametrize(("version", "codes"), [("4.4.6", ["TDM-229"]), ("5.0.3", []), ("6.0.0", [])])
def test_a_request_tracker_before_its_fifth_version_is_refused(version: str, codes: list[str]) -> None:
    answers = {"2.0_rt": {"Version": version}, "user_tandem": {"Privileged": 0, "id": 1, "Name": "tandem"}}
    with answering(**answers) as (url, _):
        session = requests.Session()
        session.auth = ("tandem", "tandem")
        needs = Needs(frozenset({"Subject"}), frozenset(), (Condition("Queue", is_="Support"),))
        found = factory("request_tracker")(Http(session, url, tenant="rt"), needs).preflight()
    # Of a version that is spoken with the next thing is told: this account is not a privileged one.
    assert [one.code for one in found.problems] == (codes or ["TDM-221"])
