# SPDX-License-Identifier: Apache-2.0
"""John at work in Infinity's ServiceNow, through its Table API; and what that shows."""

import hashlib
from dataclasses import dataclass

from demo.people import Account, Json

INCIDENT = "/api/now/table/incident"


@dataclass(frozen=True)
class Post:
    """Someone at ServiceNow."""

    account: Account

    def incidents(self, title: str) -> list[dict[str, Json]]:
        """All incidents with this title, each column as people see it."""
        asked = {"sysparm_query": f"short_description={title}", "sysparm_display_value": "true"}
        return list(self.account.call("GET", INCIDENT, params=asked)["result"])

    def incident(self, sys_id: str) -> dict[str, Json]:
        """An incident, each column as people see it."""
        return dict(
            self.account.call("GET", f"{INCIDENT}/{sys_id}", params={"sysparm_display_value": "true"})["result"]
        )

    def open(self, title: str, **columns: Json) -> None:
        """Makes an incident; each column as the form shows it."""
        asked = {"sysparm_input_display_value": "true"}
        self.account.call("POST", INCIDENT, params=asked, json={"short_description": title, **columns})

    def change(self, sys_id: str, **columns: Json) -> None:
        """Sets columns, each as the form shows it: a group by its name, a choice by its label."""
        self.account.call("PATCH", f"{INCIDENT}/{sys_id}", params={"sysparm_input_display_value": "true"}, json=columns)

    def comment(self, sys_id: str, text: str) -> None:
        """Writes a comment that customers may see."""
        self.account.call("PATCH", f"{INCIDENT}/{sys_id}", json={"comments": text})

    def note(self, sys_id: str, text: str) -> None:
        """Writes a work note, which stays inside."""
        self.account.call("PATCH", f"{INCIDENT}/{sys_id}", json={"work_notes": text})

    def comments(self, sys_id: str) -> str:
        """All comments that customers may see, newest first, as the form shows them."""
        return str(self.incident(sys_id)["comments"])

    def notes(self, sys_id: str) -> str:
        """All work notes."""
        return str(self.incident(sys_id)["work_notes"])

    def files(self, sys_id: str) -> dict[str, str]:
        """Name and SHA-256 of each file, its bytes downloaded."""
        query = {"sysparm_query": f"table_name=incident^table_sys_id={sys_id}"}
        listed = self.account.call("GET", "/api/now/attachment", params=query)["result"]
        return {
            each["file_name"]: hashlib.sha256(
                self.account.content(f"/api/now/attachment/{each['sys_id']}/file")
            ).hexdigest()
            for each in listed
        }
