# SPDX-License-Identifier: Apache-2.0
"""The simulated trackers as a child process, and their control interface: faults, settings, what they were asked."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from demo.airflow import ROOT
from demo.azure_devops import ORGANIZATION
from demo.people import Tenant, credentials
from demo.processes import Processes, wait_until


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    control: str
    tenants: Mapping[str, Tenant]
    integrations: Mapping[str, str]
    """Tenant's name to the alias of the account that integrations log in with."""

    @classmethod
    def start(cls, folder: Path, processes: Processes) -> "Sandbox":
        """Starts it and returns when every port answers. Raises: DemoError."""
        written = folder / "sandbox.json"
        env = {**os.environ, "PYTHONPATH": str(ROOT / "include")}
        command = [sys.executable, "-m", "sandbox", "--write", str(written)]
        processes.start("sandbox", command, env, folder / "sandbox.log")
        wait_until(written.exists, "the trackers to start", 60, processes)
        said = json.loads(written.read_text())
        tenants = {
            name: Tenant(name, each["kind"], each["company"], each["url"], each["people"])
            for name, each in said["tenants"].items()
        }
        return cls(said["control"], tenants, {name: each["integration"] for name, each in said["tenants"].items()})

    def connections(self) -> dict[str, str]:
        """The Airflow connections to the trackers, as environment variables; tokens where the tracker takes them."""
        return {
            f"AIRFLOW_CONN_{name.replace('-', '_').upper()}": self._connection(name, tenant)
            for name, tenant in self.tenants.items()
        }

    def _connection(self, name: str, tenant: Tenant) -> str:
        login, password = credentials(tenant, self.integrations[name])
        return json.dumps(
            {
                "conn_type": "http",
                "host": f"{tenant.url}/{ORGANIZATION}" if tenant.kind == "azure_devops" else tenant.url,
                "login": login,
                "password": password,
                # The sandbox is on this machine's loopback; a real tracker is reached by HTTPS only.
                "extra": {"allow_plain_http": True},
            }
        )

    def requests(self, tenant: str, after: int = 0) -> list[dict[str, Any]]:
        """What a tracker was asked since request number `after`."""
        return list(self._call("GET", "/requests", params={"tenant": tenant, "after": after}))

    def last_request(self, tenant: str) -> int:
        """The number of the newest request."""
        return max((entry["number"] for entry in self.requests(tenant)), default=0)

    @contextmanager
    def fault(self, **fault: Any) -> Iterator[int]:
        """Something goes wrong while the block runs; gives the fault's number."""
        number = int(self._call("POST", "/faults", json=fault)["id"])
        try:
            yield number
        finally:
            self._call("DELETE", "/faults", params={"id": number})

    def struck(self, number: int) -> int:
        """How often a fault has struck."""
        return next(int(each["struck"]) for each in self._call("GET", "/faults") if each["id"] == number)

    def settings(self, tenant: str) -> dict[str, Any]:
        """A tracker's settings in force."""
        return dict(self._call("GET", f"/tenants/{tenant}/settings"))

    def change(self, tenant: str, **settings: Any) -> None:
        """Changes a tracker's settings, as its administrator would."""
        self._call("POST", f"/tenants/{tenant}/settings", json=settings)

    def _call(self, method: str, path: str, **request: Any) -> Any:
        answer = requests.request(method, f"{self.control}{path}", timeout=30, **request)
        answer.raise_for_status()
        return answer.json() if answer.content else None
