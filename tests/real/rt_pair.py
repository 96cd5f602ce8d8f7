# SPDX-License-Identifier: Apache-2.0
"""The example pair at work: Mercuri's simulated Zendesk and a real Request Tracker, a state of its own, people."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests

from real.servers import ROOT
from support.sandbox import INCLUDE, RunningSandbox
from tandem.connections import Tracker, connect
from tandem.core.rules import Which
from tandem.pipeline import tasks
from tandem.pipeline.environment import Environment, Job
from tandem.state import links
from tandem.state.store import open_store
from tandem.state.vault import Vault, new_keys

EXAMPLES = ROOT / "docs" / "examples"
PAIR = "mercuri-zendesk__nordwind-request_tracker"
ZENDESK = "mercuri-zendesk"
STEPS: dict[str, Callable[[Job, Environment], dict[str, Any]]] = {
    "extract": tasks.extract,
    "map": tasks.map_tickets,
    "diff": tasks.diff,
    "load": tasks.load,
    "reconcile": tasks.reconcile,
}


def laid_out(root: Path) -> Path:
    """The example's files and Mercuri's contract, as an installation has them."""
    shutil.copytree(EXAMPLES / "contracts", root / "contracts")
    for file in ("mercuri-zendesk.yaml", "people/mercuri-inc.yaml"):
        shutil.copy(INCLUDE / "contracts" / file, root / "contracts" / file)
    (root / "pairs").mkdir()
    shutil.copy(EXAMPLES / "pairs" / f"{PAIR}.yaml", root / "pairs")
    return root


@dataclass
class House:
    """Runs the pair and looks into its state."""

    box: RunningSandbox
    rt_url: str
    folder: Path
    keys: tuple[str, str] = field(default_factory=new_keys)
    numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.root = laid_out(self.folder / "files")
        self.url = f"sqlite:///{self.folder / 'state.db'}"
        self.store = open_store(self.url, Vault([self.keys[0]], self.keys[1]))
        self.store.migrate()
        self.env = Environment(self.root, self.store, lambda offer: connect(self.way_to(offer.system), offer))

    def edit(self, file: str, *changes: tuple[str, str]) -> None:
        """Change texts in one of the files; each must be there."""
        path = self.root / file
        text = path.read_text()
        for old, new in changes:
            assert old in text, f"{old!r} is not in {file}"
            text = text.replace(old, new)
        path.write_text(text)

    def way_to(self, system: str) -> Tracker:
        """Log in as the integration."""
        session = requests.Session()
        if system == "request_tracker":
            session.auth = ("tandem", "tandem-password")
            return Tracker(self.rt_url, session, allow_plain_http=False)
        login = self.box[ZENDESK].integration
        session.auth = (f"{login.email}/token", login.token or login.password)
        return Tracker(self.box[ZENDESK].url, session, allow_plain_http=False)

    def run(self, **what: Any) -> dict[str, Any]:
        """One whole run; gives each task's counts."""
        job = Job(PAIR, f"test-{next(self.numbers)}", **what)
        return {name: step(job, self.env) for name, step in STEPS.items()}

    def environment(self) -> dict[str, str]:
        """The environment in which `tandem` runs this installation as a process of its own."""
        login = self.box[ZENDESK].integration
        ways = {
            "mercuri_zendesk": (self.box[ZENDESK].url, f"{login.email}/token", login.token),
            "nordwind_request_tracker": (self.rt_url, "tandem", "tandem-password"),
        }
        told = {
            f"AIRFLOW_CONN_{name.upper()}": json.dumps(
                {"conn_type": "http", "host": url, "login": user, "password": word}
            )
            for name, (url, user, word) in ways.items()
        }
        return {
            **os.environ,
            **told,
            "PYTHONPATH": str(INCLUDE),
            "TANDEM_ROOT": str(self.root),
            "TANDEM_DB": self.url,
            "TANDEM_CONTENT_KEYS": self.keys[0],
            "TANDEM_HASH_KEY": self.keys[1],
        }

    def reasons(self) -> dict[str, tuple[str, str]]:
        """How each link stands, by Zendesk's ticket: state and reason."""
        with self.store.read() as tx:
            found = links.links(tx, PAIR).values()
            return {link.members[Which.LEFT].ticket: (link.state, link.reason) for link in found if link.members}

    def twins(self) -> dict[str, str]:
        """Zendesk's ticket → Request Tracker's, of all links that have both."""
        with self.store.read() as tx:
            return {
                link.members[Which.LEFT].ticket: link.members[Which.RIGHT].ticket
                for link in links.links(tx, PAIR).values()
                if link.lone is None and link.members
            }
