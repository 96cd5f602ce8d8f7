# SPDX-License-Identifier: Apache-2.0
"""Brings the state database to the tables of this version, and refuses to work on any other."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tandem.errors import StateError

VERSION_TABLE = "tandem_alembic_version"
_STAMP = sa.select(sa.column("version_num", sa.String())).select_from(sa.table(VERSION_TABLE))
_LOCK = 0x74616E64656D  # "tandem": the number of PostgreSQL's advisory lock
logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)  # two lines each time it merely looks
_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(engine: sa.Engine) -> None:
    """Run the missing migrations in one transaction. A second process waits, then finds nothing to do.

    Raises:
        StateError: the database is newer than this code.
    """
    with engine.begin() as connection:  # SQLite: the transaction itself is the lock
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        found = _version(connection)
        if found is not None and found not in _known():
            _refuse_newer(found)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(engine: sa.Engine) -> None:
    """See that the tables are those of this version.

    Raises:
        StateError: they are missing, older or newer.
    """
    with engine.connect() as connection:
        found = _version(connection)
    if found is None:
        raise StateError("The state database has no tables yet.", fix="Run `tandem migrate`.")
    known = _known()
    if found not in known:
        _refuse_newer(found)
    if found != known[0]:
        raise StateError(
            f"The state database is of an older version ({found}, not {known[0]}).", fix="Run `tandem migrate`."
        )


def is_of_this_version(connection: sa.Connection) -> bool:
    """Tell, by one look, whether the tables are those of this version; what they are else is for :func:`check`."""
    try:
        return bool(connection.scalar(_STAMP) == _known()[0])
    except (sa.exc.OperationalError, sa.exc.ProgrammingError):
        return False  # there is no such table


def _refuse_newer(found: str) -> None:
    raise StateError(
        f"The state database is of a newer version ({found}) than this code.",
        fix="Install the version of Tandem that made it, or a newer one.",
    )


def _version(connection: sa.Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


@cache
def _known() -> list[str]:
    """All versions that this code knows, newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
