# SPDX-License-Identifier: Apache-2.0
"""Fixtures for all tests: keys, and the state database on both of its engines."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import postgres as support
from support.postgres import Postgres
from tandem.state.store import Store, open_store
from tandem.state.vault import Vault, new_keys


@pytest.fixture
def vault() -> Vault:
    content, hashing = new_keys()
    return Vault([content], hashing)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; skips where there is none, unless ``TANDEM_TEST_ALL`` asks for everything."""
    wanted = os.environ.get("TANDEM_TEST_ALL") or os.environ.get("TANDEM_TEST_POSTGRES")
    if not wanted and support.binaries() is None:
        pytest.skip("PostgreSQL is not installed here")
    with support.running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.database() as url:
            yield url


@pytest.fixture
def store(database_url: str, vault: Vault) -> Iterator[Store]:
    """A migrated state database, once on each engine."""
    opened = open_store(database_url, vault)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path, vault: Vault) -> Iterator[Store]:
    """A migrated state database on SQLite alone, for tests of what does not depend on the engine."""
    opened = open_store(f"sqlite:///{tmp_path / 'state.db'}", vault)
    opened.migrate()
    yield opened
    opened.close()
