# SPDX-License-Identifier: Apache-2.0
"""A pair of the examples at work: its files, the ways to its trackers, a state of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from engine.house import STEPS
from support.sandbox import INCLUDE, Place
from tandem.connections import Connection, connect, open_tracker
from tandem.core.rules import Which
from tandem.pipeline.environment import Environment, Job
from tandem.state import links
from tandem.state.store import open_store, utc_now
from tandem.state.vault import Vault, new_keys

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def sandbox_way(place: Place) -> dict[str, Any]:
    """The connection to a simulated tracker."""
    login = place.integration
    user = f"{login.email}/token" if place.kind == "zendesk" else login.email
    return {"conn_type": "http", "host": place.url, "login": user, "password": login.token}


def laid_out(folder: Path, *changes: tuple[str, str, str], beside: Path | None = None) -> Path:
    """Copy our own contracts and the examples into one folder, and what another package lays ``beside`` them.

    ``changes`` are (file, text, other text).
    """
    shutil.copytree(INCLUDE / "contracts", folder / "contracts")
    for source in (EXAMPLES, beside):
        for name in ("contracts", "pairs") if source else ():
            shutil.copytree(source / name, folder / name, dirs_exist_ok=True)
    for file, old, new in changes:
        edit(folder / file, old, new)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Change a text in a file; it must be there."""
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new))


class Pairing:
    """Runs a pair, in this process or in one of its own."""

    def __init__(
        self,
        pair: str,
        folder: Path,
        ways: Mapping[str, dict[str, Any]],
        *changes: tuple[str, str, str],
        beside: Path | None = None,
    ) -> None:
        self.pair, self.ways = pair, ways
        self.root = laid_out(folder / "files", *changes, beside=beside)
        self.address = f"sqlite:///{folder / 'state.db'}"
        self.keys = new_keys()
        self.store = open_store(self.address, Vault([self.keys[0]], self.keys[1]))
        self.store.migrate()
        self.between: Callable[[str], None] | None = None  # called before each task: people act in mid-run
        self._numbers = count(1)
        self.later = timedelta()  # by how much our own clock is moved on
        self._env = Environment(
            self.root,
            self.store,
            lambda offer: connect(self._tracker(offer.connection), offer),
            now=lambda: utc_now() + self.later,
        )

    def _tracker(self, connection: str) -> Any:
        way = self.ways[connection]
        return open_tracker(
            Connection(
                connection,
                host=way["host"],
                login=way.get("login", ""),
                password=way.get("password", ""),
                extra=way.get("extra", {}),
            )
        )

    def run(self, **what: Any) -> dict[str, Any]:
        """One whole run; gives each task's counts."""
        job = Job(self.pair, f"test-{next(self._numbers)}", **what)
        told = {}
        for name, step in STEPS.items():
            if self.between is not None:
                self.between(name)
            told[name] = step(job, self._env)
        return told

    def calm(self, most: int = 10) -> dict[str, Any]:
        """Run until a run finds nothing to do, or two nothing to write (as of what is parked); give what that told."""
        quiet = False
        for _ in range(most):
            told = self.run()
            if not told["diff"]["actions"] and (quiet or not told["diff"]["links"]):
                return told
            quiet = not told["diff"]["actions"]
        raise AssertionError(f"it does not come to rest: {told['diff']}")

    def edit(self, file: str, *changes: tuple[str, str]) -> None:
        """Change texts in one of the files."""
        for old, new in changes:
            edit(self.root / file, old, new)

    def environment(self) -> dict[str, str]:
        """The environment in which `tandem` acts on this pair."""
        return {
            **os.environ,
            **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(way) for name, way in self.ways.items()},
            # Behind ours, what this process was given: a connector may lie there.
            "PYTHONPATH": os.pathsep.join(filter(None, (str(INCLUDE), os.environ.get("PYTHONPATH")))),
            "TANDEM_ROOT": str(self.root),
            "TANDEM_DB": self.address,
            "TANDEM_CONTENT_KEYS": self.keys[0],
            "TANDEM_HASH_KEY": self.keys[1],
        }

    def tandem(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "tandem.cli", *words], env=self.environment(), capture_output=True, text=True
        )

    def reasons(self) -> dict[str, tuple[str, str]]:
        """How each link stands, by its left ticket: state and reason."""
        with self.store.read() as tx:
            found = links.links(tx, self.pair).values()
            return {
                link.members[Which.LEFT].ticket: (link.state, link.reason)
                for link in found
                if Which.LEFT in link.members
            }

    def twins(self) -> dict[str, str]:
        """Left ticket → right ticket, of all links that have both."""
        with self.store.read() as tx:
            return {
                link.members[Which.LEFT].ticket: link.members[Which.RIGHT].ticket
                for link in links.links(tx, self.pair).values()
                if link.lone is None and link.members
            }
