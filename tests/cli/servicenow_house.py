# SPDX-License-Identifier: Apache-2.0
"""An installation whose pair is the example of Jira and ServiceNow, for the command line."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from cli_house import House, connection
from ruamel.yaml import YAML

from support.sandbox import STORY
from support.servicenow import NAME, Desk
from support.servicenow import world as servicenow_world

PAIR = "infinity-jira__infinity-servicenow"
JIRA_FILE, SERVICENOW_FILE = "contracts/infinity-jira.yaml", "contracts/infinity-servicenow.yaml"
GROUPS = ["Service Desk", "Network", "Global Development"]
RIGHTS = ["sys_audit", "sys_journal_field", "sys_properties"]


def world() -> dict[str, Any]:
    """The story's Jira, whose project has internal comments, and a ServiceNow whose account is no admin."""
    tenant = next(one for one in YAML(typ="safe").load(STORY)["tenants"] if one["name"] == "infinity-jira")
    jira = {**deepcopy(tenant), "port": 0, "tickets": []}
    jira["settings"] |= {"search_lag": 0}
    jira["settings"]["projects"]["SHOP"]["service_desk"] = True
    (servicenow,) = servicenow_world({"grants": {"tandem": RIGHTS}, "groups": GROUPS})["tenants"]
    servicenow["people"]["tandem"]["role"] = "agent"
    return {"tenants": [jira, servicenow]}


@dataclass
class ServiceNowHouse(House):
    """Commands run in it; John is at the other end."""

    pair: str = PAIR

    def trackers(self) -> dict[str, str]:
        return {
            "AIRFLOW_CONN_INFINITY_JIRA": connection(self.box["infinity-jira"]),
            "AIRFLOW_CONN_INFINITY_SERVICENOW": connection(self.box[NAME], self.box[NAME].integration.password),
        }

    @property
    def desk(self) -> Desk:
        return Desk(self.box[NAME], self.box.control)
