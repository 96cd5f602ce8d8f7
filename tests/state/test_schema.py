# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tandem.errors import StateError
from tandem.state.schema import VERSION_TABLE
from tandem.state.store import open_store
from tandem.state.tables import metadata

MIGRATE = """
import sys
from tandem.state.store import open_store
from tandem.state.vault import Vault, new_keys
open_store(sys.argv[1], Vault([new_keys()[0]], new_keys()[1])).migrate()
"""


@pytest.fixture
def store(database_url, vault):
    """One of its own: these tests change the schema."""
    opened = open_store(database_url, vault)
    opened.migrate()
    yield opened
    opened.close()


def _set_version(store, version):
    with store.begin() as tx:
        tx.run(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = :version").bindparams(version=version))


def test_the_migrations_lead_to_the_tables_of_the_code(store):
    with store.engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        assert set(sa.inspect(connection).get_table_names()) == {*metadata.tables, VERSION_TABLE}


def test_migrating_again_changes_nothing(store):
    store.check_schema()
    store.migrate()
    store.check_schema()


def test_an_empty_database_is_refused_with_the_way_out(database_url, vault):
    empty = open_store(database_url, vault)
    with pytest.raises(StateError, match="tandem migrate"):
        empty.check_schema()
    empty.close()


def test_a_newer_database_is_refused_and_left_alone(store):
    _set_version(store, "9999")
    with pytest.raises(StateError, match="newer"):
        store.check_schema()
    with pytest.raises(StateError, match="newer"):
        store.migrate()


def test_two_processes_migrate_at_once(database_url, vault):
    both = [subprocess.Popen([sys.executable, "-c", MIGRATE, database_url]) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    store = open_store(database_url, vault)
    store.check_schema()
    store.close()
