# SPDX-License-Identifier: Apache-2.0
"""Where a scenario is played: simulated trackers in this process, an installation of its own, one clock for both."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
import sqlalchemy as sa

from rehearsal.kinds import KINDS, address
from sandbox.control import House, Sandbox
from tandem.config import yaml
from tandem.config.load import load_pair
from tandem.config.models import Pair
from tandem.config.models import Side as Offer
from tandem.config.needs import needs
from tandem.connections import problem
from tandem.connectors.base import Connector
from tandem.connectors.registry import factory
from tandem.core.rules import Which
from tandem.errors import ConfigurationError
from tandem.http import Http
from tandem.pipeline.environment import Environment
from tandem.state import tables
from tandem.state.lease import BETWEEN_TASKS
from tandem.state.store import Store, open_store, to_db
from tandem.state.vault import Vault, new_keys

_READING_POST = re.compile(r"/search|/bulkfetch|/comment/list|/jql/|/wiql|/workitemsbatch|/workitemrevisions")
_JUDGED_ONLY = "validateOnly=true"
_KEYS = new_keys()  # of this process's states, which live as long as their scenario


class KilledError(BaseException):
    """The run's process ended here: nothing of it goes on."""


def is_write(method: str, target: str) -> bool:
    """Tell a request that changes something from one that reads, which may be a POST, or only asks whether it might."""
    if _JUDGED_ONLY in target:
        return False
    return method in ("PUT", "DELETE", "PATCH") or (method == "POST" and not _READING_POST.search(target))


def joined(old: Any, new: Any) -> Any:
    """Join two mappings key by key; ``None`` removes a key, everything else replaces."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    made = dict(old)
    for key, value in new.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = joined(made.get(key), value) if isinstance(value, Mapping) else value
    return made


class _Session(requests.Session):
    """A log-in whose process may die at one of its writes."""

    def __init__(self, point: Callable[[str, str, bool], None]) -> None:
        super().__init__()
        self._point = point

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        self._point(str(request.method), str(request.url), False)
        answer = super().send(request, **how)
        self._point(str(request.method), str(request.url), True)
        return answer


@dataclass
class Stage:
    """The installation under rehearsal, and the trackers around it."""

    sandbox: Sandbox
    houses: Mapping[Which, House]
    root: Path
    pair_name: str
    store: Store
    connections: Mapping[str, Which]  # where each leads that the pair had when the scenario began
    point: Callable[[bool], None] = field(default=lambda answered: None)  # called around each write to a tracker
    dead: bool = False
    _interval: timedelta = timedelta(minutes=1)

    @property
    def env(self) -> Environment:
        return Environment(self.root, self.store, self.connect, now=self.now, sleep=self.sleep)

    @property
    def pair(self) -> Pair:
        """The pair as its files say now. Raises: ConfigurationError."""
        return load_pair(self.root / "pairs" / f"{self.pair_name}.yaml", self.root / "contracts")

    @property
    def interval(self) -> timedelta:
        """The pair's interval; while its files cannot be read, that which it had last."""
        with suppress(ConfigurationError):  # the run tells it
            self._interval = self.pair.interval
        return self._interval

    def now(self) -> datetime:
        """The time of the scenario."""
        return self.sandbox.clock.now()

    def sleep(self, seconds: float) -> None:
        """Whoever waits, waits on the scenario's clock."""
        self.sandbox.clock.advance(seconds)

    def wait(self, pause: timedelta) -> None:
        """Time passes for everybody."""
        self.sandbox.clock.advance(pause.total_seconds())

    def house_of(self, offer: Offer) -> House:
        """The tracker that a contract's connection leads to. Raises: ConfigurationError: to none."""
        which = self.connections.get(offer.connection)
        if which is None:
            raise problem(
                offer.connection, "There is no such connection.", f"There are: {', '.join(self.connections)}."
            )
        return self.houses[which]

    def connect(self, offer: Offer) -> Connector:
        """Log in as the integration."""
        house = self.house_of(offer)
        person = house.tenant.people[house.tenant.integration]
        session = _Session(self._passes)
        session.auth = KINDS[house.tenant.kind].login(person)
        http = Http(
            session,
            address(house),
            tenant=f"{self.root}:{offer.connection}",  # budgets are the process's, and each scenario has its own
            clock=self.sandbox.clock.timestamp,
            sleep=self.sleep,
        )
        return factory(offer.system)(http, needs(offer))

    def _passes(self, method: str, url: str, answered: bool) -> None:
        if self.dead:
            raise KilledError
        if is_write(method, url):
            self.point(answered)

    def hold_lease(self) -> None:
        """Let the lease between two tasks last on the scenario's clock: the engine gives it by the machine's."""
        until = to_db(self.now() + BETWEEN_TASKS)
        with self.store.begin() as tx:
            tx.run(sa.update(tables.lease).where(tables.lease.c.run.is_not(None)).values(until=until))

    def revive(self) -> None:
        """A new process: the lease of the dead one is free, as ``tandem run`` frees it."""
        self.dead = False
        self.point = lambda answered: None
        with self.store.begin() as tx:
            tx.run(sa.update(tables.lease).values(run=None, task=None, pid=None, host=None, until=None))

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """People act, or somebody looks: no fault strikes them."""
        self.sandbox.faults.paused = True
        try:
            yield
        finally:
            self.sandbox.faults.paused = False


def edit(root: Path, name: str, changes: Mapping[str, Any]) -> None:
    """Change a file of an installation, or make a map of people.

    Raises:
        ConfigurationError: there is no such file, or it cannot be read.
    """
    path = root / (name if name.endswith(".yaml") else f"{name}.yaml")
    if path.parent.name == "people" and not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    document = yaml.read(path)
    if document.value is None or document.problems:
        raise ConfigurationError(document.problems, where=name)
    path.write_text(json.dumps(joined(document.value, changes), ensure_ascii=False, indent=1), encoding="utf-8")


@cache
def _empty_state() -> bytes:
    """A migrated state with nothing in it: making the tables takes longer than a scenario."""
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/state.db", Vault([_KEYS[0]], _KEYS[1]))
        store.migrate()
        store.close()
        return Path(folder, "state.db").read_bytes()


def open_state(folder: Path) -> Store:
    """Open an empty state in a folder; it need not outlive a power failure."""
    file = folder / "state.db"
    file.write_bytes(_empty_state())
    store = open_store(f"sqlite:///{file}", Vault([_KEYS[0]], _KEYS[1]))
    sa.event.listen(store.engine, "connect", lambda made, _record: made.execute("PRAGMA synchronous=OFF"))
    return store


def copy_files(source: Path, root: Path) -> None:
    """Copy contracts, people and pairs, so that a scenario may change them."""
    for part in ("contracts", "pairs"):
        if (source / part).is_dir():
            shutil.copytree(source / part, root / part)
