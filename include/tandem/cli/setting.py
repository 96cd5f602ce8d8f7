# SPDX-License-Identifier: Apache-2.0
"""Where a command works: files, connections, state database, keys. What is heavy is imported when it is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import tandem
from tandem.cli.out import UsageError, say
from tandem.connections import ADDRESS, STATE, Connections, connect, open_tracker, state_of
from tandem.errors import StateError

if TYPE_CHECKING:
    from tandem.config.models import Side
    from tandem.connectors.base import Connector
    from tandem.pipeline.environment import Environment, Progress
    from tandem.state.store import Store

ROOT = "TANDEM_ROOT"
HERE = "sqlite:///tandem.db"
"""The state database where nothing names one: a file in the working directory."""


@dataclass
class Setting:
    """The installation as one command sees it."""

    root: Path
    connections: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @cached_property
    def known(self) -> Connections:
        """The connections that there are. Raises: ConfigurationError."""
        return Connections(self.environ, self.connections)

    def connect(self, offer: Side) -> Connector:
        """Make the connector of an offer. Nothing is asked yet. Raises: ConfigurationError."""
        return connect(open_tracker(self.known.find(offer.connection)), offer)

    def pairs(self) -> list[str]:
        """Name the pairs that there are files for."""
        return sorted(path.stem for path in (self.root / "pairs").glob("*.yaml"))

    def demand_pairs(self) -> list[str]:
        """Name the pairs; there must be one. Raises: UsageError."""
        if known := self.pairs():
            return known
        fix = "Write pairs/<left>__<right>.yaml there, or name another folder with --root."
        raise UsageError(f"There is no pair below {self.root}.", fix)

    def pair_name(self, name: str) -> str:
        """Give a pair's name, as typed or as its DAG is called. Raises: UsageError."""
        known, wanted = self.demand_pairs(), name.removeprefix("sync__")
        if wanted in known:
            return wanted
        from tandem.config.validate import did_you_mean

        raise UsageError(f"There is no pair {name}.", did_you_mean(wanted, known).replace("`", ""))

    def state_address(self) -> tuple[str, Mapping[str, str]]:
        """Give the address of the state database, and where its keys stand. Raises: ConfigurationError."""
        if self.environ.get(ADDRESS) or self.known.get(STATE):
            return state_of(self.environ, self.known.find)
        say(f"state database: {HERE.removeprefix('sqlite:///')} in this folder (set {ADDRESS} for another)")
        return HERE, self.environ

    def open(self) -> Store:
        """Open the state database with its keys. Raises: ConfigurationError, StateError."""
        from tandem.state.store import open_store
        from tandem.state.vault import keys_from_environment

        address, settings = self.state_address()
        vault = keys_from_environment(settings)
        try:
            return open_store(address, vault)
        except OSError as error:
            what = f"The folder of the state database cannot be made ({error.strerror})."
            raise StateError(
                what, where="state database", fix=f"Set {ADDRESS} to a place that can be written."
            ) from None

    @contextmanager
    def store(self, *, migrate: bool = False) -> Iterator[Store]:
        """Work with the state database; ``migrate`` makes its tables, or brings older ones up to this version.

        Raises:
            StateError: it cannot be used, or is not of this version.
        """
        from sqlalchemy.exc import DBAPIError

        store = self.open()
        try:
            if migrate:
                store.migrate()
            else:
                store.check_schema()
            yield store
        except DBAPIError as error:
            what = f"The state database cannot be used ({type(error.orig).__name__})."
            fix = f"See that it runs, that {ADDRESS} is right, and that there is room on its disk."
            raise StateError(what, where="state database", fix=fix) from None
        finally:
            store.close()

    def environment(self, store: Store, progress: Progress) -> Environment:
        """Give what the engine works in."""
        from tandem.pipeline.environment import Environment

        return Environment(self.root, store, self.connect, progress=progress)


def setting(root: Path | None, connections: Path | None) -> Setting:
    """Find the installation: as named, by ``TANDEM_ROOT``, beside the package in a checkout, or where we stand."""
    if root is None and os.environ.get(ROOT):
        root = Path(os.environ[ROOT])
    if root is None:
        beside = Path(tandem.__file__).parents[1]
        root = beside if (beside / "pairs").is_dir() else Path.cwd()
    if not root.is_dir():
        raise UsageError(
            f"There is no folder {root}.", f"Name the one that holds contracts/ and pairs/: --root, {ROOT}."
        )
    return Setting(root.absolute(), connections)
