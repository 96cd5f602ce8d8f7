# SPDX-License-Identifier: Apache-2.0
"""An installation whose pair is the example of ServiceNow and Azure DevOps, for the command line."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from cli_house import House, connection
from ruamel.yaml import YAML

from support.azure_devops import NAME, Desk
from support.sandbox import STORY

PAIR = "infinity-servicenow__global-azure_devops"
AZURE_FILE = "contracts/global-azure_devops.yaml"
SERVICENOW = "infinity-servicenow"


def world() -> dict[str, Any]:
    """The story's ServiceNow and Azure DevOps, empty."""
    tenants = {one["name"]: one for one in YAML(typ="safe").load(STORY)["tenants"]}
    return {"tenants": [{**deepcopy(tenants[name]), "port": 0, "tickets": []} for name in (SERVICENOW, NAME)]}


@dataclass
class AzureDevOpsHouse(House):
    """Commands run in it; David is at the other end."""

    pair: str = PAIR

    def trackers(self) -> dict[str, str]:
        return {
            "AIRFLOW_CONN_GLOBAL_AZURE_DEVOPS": self.connection(),
            "AIRFLOW_CONN_INFINITY_SERVICENOW": connection(
                self.box[SERVICENOW], self.box[SERVICENOW].integration.password
            ),
        }

    def connection(self, token: str | None = None) -> str:
        """The connection to the organization, also with another token."""
        place = self.box[NAME]
        return connection(place, token).replace(place.url, self.desk.url)

    @property
    def desk(self) -> Desk:
        return Desk(self.box[NAME], self.box.control)
