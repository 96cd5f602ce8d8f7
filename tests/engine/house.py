# SPDX-License-Identifier: Apache-2.0
"""An installation for tests: the example pair, the sandbox as its trackers, a state of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import requests

from support.sandbox import RunningSandbox
from tandem.connections import Tracker, connect
from tandem.core.rules import Which
from tandem.pipeline import tasks
from tandem.pipeline.environment import Environment, Job
from tandem.state import links
from tandem.state.store import Store, open_store
from tandem.state.vault import Vault, new_keys

INCLUDE = Path(__file__).parents[2] / "include"
PAIR = "mercuri-zendesk__infinity-jira"
TENANTS = {"mercuri_zendesk": "mercuri-zendesk", "infinity_jira": "infinity-jira"}

STEPS = {
    "extract": tasks.extract,
    "map": tasks.map_tickets,
    "diff": tasks.diff,
    "load": tasks.load,
    "reconcile": tasks.reconcile,
}


def way_to(box: RunningSandbox, connection: str, tenants: Mapping[str, str] = TENANTS) -> Tracker:
    """Log in as the integration."""
    place = box[tenants[connection]]
    session = requests.Session()
    login = place.integration
    user = f"{login.email}/token" if place.kind == "zendesk" else login.email
    by_token = login.token and place.kind != "servicenow"
    session.auth = (user, login.token if by_token else login.password)  # type: ignore[arg-type]
    organisation = f"/{place.company.split()[0].lower()}" if place.kind == "azure_devops" else ""
    return Tracker(place.url + organisation, session, allow_plain_http=False)


@dataclass
class House:
    """Runs the pair and looks into its state."""

    box: RunningSandbox
    url: str
    root: Path = INCLUDE
    keys: tuple[str, str] = field(default_factory=new_keys)
    numbers: Any = field(default_factory=lambda: count(1))
    between: Callable[[str], None] | None = None  # called before each task: people act in mid-run
    pair: str = PAIR
    tenants: Mapping[str, str] = field(default_factory=lambda: TENANTS)
    ahead: float = 0.0  # seconds that it moved its clock on
    patient: bool = True  # else what waits moves all clocks on, its own and the trackers'

    def __post_init__(self) -> None:
        self.store: Store = open_store(self.url, Vault([self.keys[0]], self.keys[1]))
        self.store.migrate()
        ways = {connection: way_to(self.box, connection, self.tenants) for connection in self.tenants}
        self.env = Environment(self.root, self.store, lambda offer: connect(ways[offer.connection], offer))
        if not self.patient:
            self.env = replace(self.env, now=self._now, sleep=self._pass)

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def _pass(self, seconds: float) -> None:
        self.ahead += seconds
        self.box.control.advance(seconds)

    def run(self, **what: Any) -> dict[str, Any]:
        """One whole run; gives each task's counts."""
        job = Job(self.pair, f"test-{next(self.numbers)}", **what)
        told = {}
        for name, step in STEPS.items():
            if job.dry_run and name == "load":
                break
            if self.between is not None:
                self.between(name)
            told[name] = step(job, self.env)
        return told

    def settle(self, seconds: float) -> None:
        """Let time pass at the trackers, and run, until nothing is left to do."""
        for _ in range(8):
            self.box.control.advance(seconds)
            told = self.run()
            if not told["diff"]["actions"] and not told["diff"]["links"]:
                return
        raise AssertionError("it does not come to rest")

    def environment(self) -> dict[str, str]:
        """The environment in which `tandem` runs this installation as a process of its own."""
        ways = {}
        for connection in self.tenants:
            way = way_to(self.box, connection, self.tenants)
            user, password = way.session.auth  # type: ignore[misc]
            ways[connection] = {"conn_type": "http", "host": way.url, "login": user, "password": password}
        return {
            **os.environ,
            **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(way) for name, way in ways.items()},
            "PYTHONPATH": str(INCLUDE),
            "TANDEM_ROOT": str(self.root),
            "TANDEM_DB": self.url,
            "TANDEM_CONTENT_KEYS": self.keys[0],
            "TANDEM_HASH_KEY": self.keys[1],
        }

    def twins(self) -> dict[str, str]:
        """Left ticket → right ticket, of all links that have both."""
        with self.store.read() as tx:
            return {
                link.members[Which.LEFT].ticket: link.members[Which.RIGHT].ticket
                for link in links.links(tx, self.pair).values()
                if link.lone is None and link.members
            }
