# SPDX-License-Identifier: Apache-2.0
"""Fixtures for all tests: keys, and the state database on both of its engines."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from support import postgres as support
from support.postgres import Postgres
from tandem.state.store import Store, open_store
from tandem.state.tables import metadata
from tandem.state.vault import Vault, new_keys

# How long an example takes says nothing on a machine that others use too.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


def _new_vault() -> Vault:
    content, hashing = new_keys()
    return Vault([content], hashing)


@pytest.fixture
def vault() -> Vault:
    return _new_vault()


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


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def _migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.db'}"
        else:
            server: Postgres = request.getfixturevalue("postgres")
            url = stack.enter_context(server.database())
        opened = open_store(url, _new_vault())
        opened.migrate()
        yield opened
        opened.close()


@pytest.fixture
def store(_migrated: Store, vault: Vault) -> Iterator[Store]:
    """A migrated and empty state database, once on each engine. Tests that change the schema make their own."""
    yield Store(_migrated.engine, vault)
    with _migrated.begin() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.run(table.delete())


@pytest.fixture
def sqlite_store(tmp_path: Path, vault: Vault) -> Iterator[Store]:
    """A migrated state database on SQLite alone, for tests of what does not depend on the engine."""
    opened = open_store(f"sqlite:///{tmp_path / 'state.db'}", vault)
    opened.migrate()
    yield opened
    opened.close()
