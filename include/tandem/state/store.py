# SPDX-License-Identifier: Apache-2.0
"""The state database: SQLite for one machine, PostgreSQL for many. One transaction at a time, fenced where it writes.

All times in the tables are naive UTC: :func:`to_db` and :func:`from_db` stand at the border.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from tandem.core.values import Json
from tandem.errors import ConfigurationError, OvertakenError, Problem
from tandem.state import schema, tables
from tandem.state.vault import Vault

BUSY_SECONDS = 30
_FOUR_BYTES = "🧵"
_READ_ONLY = "tandem_read_only"


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to write for a pair: the try of a task that took the lease last has the highest number."""

    pair: str
    number: int
    run: str
    task: str


@dataclass(frozen=True, slots=True)
class Tx:
    """One open transaction.

    What is asked again and again is a statement made once, with a ``bindparam`` for each value; its ``values`` are
    given with it. Making a statement costs more than SQLite takes to answer it.
    """

    connection: sa.Connection
    vault: Vault

    def rows(self, select: sa.Executable, **values: Any) -> list[dict[str, Any]]:
        """Read all rows of a select, by column name."""
        return [dict(row) for row in self.connection.execute(select, values).mappings()]

    def row(self, select: sa.Executable, **values: Any) -> dict[str, Any] | None:
        """Read the first row of a select, by column name."""
        found = self.connection.execute(select, values).mappings().first()
        return None if found is None else dict(found)

    def run(self, statement: sa.Executable, **values: Any) -> int:
        """Run an update or delete; return how many rows it met."""
        return int(self.connection.execute(statement, values).rowcount)

    def insert(self, table: sa.Table, row: Mapping[str, Any]) -> Any:
        """Insert one row; return its primary key (a tuple if it has several columns)."""
        key = self.connection.execute(_plain_insert(table), dict(row)).inserted_primary_key
        assert key is not None
        return key[0] if len(key) == 1 else tuple(key)

    def upsert(
        self,
        table: sa.Table,
        rows: Sequence[Mapping[str, Any]],
        update: Sequence[str] | None = None,
        *,
        on: Sequence[str] | None = None,
    ) -> int:
        """Insert rows; where one is there already, set its ``update`` columns. Return how many rows were touched.

        ``update``: none means all that the rows name, but the key; empty leaves a row as it is, whichever of the
        table's unique keys it meets. ``on`` names the unique key (default: the primary key if the rows name it, else
        the table's other one). All rows name the same columns.
        """
        if not rows:
            return 0
        names = rows[0].keys()
        if any(row.keys() != names for row in rows):
            raise ValueError(f"rows for {table.name} name different columns")
        key = tuple(on or _key(table, names))
        changed = [name for name in names if name not in key] if update is None else update
        statement = _upsert(self.connection.dialect.name, table, key, tuple(changed))
        options = {"preserve_rowcount": True}  # SQLAlchemy does not keep that of an insert by itself
        return int(self.connection.execute(statement, [dict(row) for row in rows], execution_options=options).rowcount)

    def seal(self, value: Json) -> str:
        """Encrypt a value for a ``sealed`` column."""
        return self.vault.seal(value)

    def open(self, text: str) -> Json:
        """Decrypt a ``sealed`` column."""
        return self.vault.open(text)


@dataclass(frozen=True, slots=True)
class Store:
    """The state database and the keys to it."""

    engine: sa.Engine
    vault: Vault

    @contextmanager
    def begin(self, fence: Fence | None = None) -> Iterator[Tx]:
        """Write in one transaction, only while ``fence`` is the pair's newest.

        The lease's row stays locked until the commit, so no newer try can come between the test and the write.

        Raises:
            OvertakenError: another try holds the lease now.
        """
        with self.engine.begin() as connection:
            tx = Tx(connection, self.vault)
            if fence is not None:
                hold(tx, fence)
            yield tx

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Read one unmoving picture of the state without waiting for writers. Writing in it fails."""
        options: dict[str, Any] = {_READ_ONLY: True}
        if self.engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield Tx(connection, self.vault)

    def migrate(self) -> None:
        """Make the tables, or bring those of an older version up to this one. Safe to run twice at once."""
        schema.migrate(self.engine)

    def check_schema(self) -> None:
        """See that the tables are those of this version.

        Raises:
            StateError: they are missing, older or newer.
        """
        with self.read() as tx:
            if schema.is_of_this_version(tx.connection):
                return
        schema.check(self.engine)

    def close(self) -> None:
        """Close the idle connections (before a fork, or at the end)."""
        self.engine.dispose()


def open_store(url: str, vault: Vault) -> Store:
    """Open the state database at ``sqlite:///path`` or ``postgresql://…``. The folder of a file is made if missing.

    Raises:
        ConfigurationError: the address is none of these.
    """
    address = _address(url)
    if address.get_backend_name() == "postgresql":
        return Store(sa.create_engine(address, pool_pre_ping=True, pool_size=5, hide_parameters=True), vault)
    Path(str(address.database)).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(address, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    sa.event.listen(engine, "checkin", _on_checkin)
    return Store(engine, vault)


def check_four_byte(store: Store) -> Problem | None:
    """Write a sign of four bytes and read it back (rolled back): a database that cuts it would cut people's texts."""
    row = {"pair": _FOUR_BYTES, "kind": "four-byte", "cause": "", "at": now_utc()}
    with store.engine.connect() as connection:
        try:
            connection.execute(sa.insert(tables.notice).values(**row))
            of_probe = tables.notice.c.kind == row["kind"]
            shown = connection.scalars(sa.select(tables.notice.c.pair).where(of_probe)).all()
        except (sa.exc.DataError, UnicodeError):
            shown = []
        finally:
            connection.rollback()
    if list(shown) == [_FOUR_BYTES]:
        return None
    return Problem(
        code="TDM-308",
        what="The state database does not keep every character: a sign of four bytes did not come back.",
        fix="Use a database whose encoding is UTF-8.",
        where="state database",
    )


def now_utc() -> datetime:
    """The present, as the tables write it."""
    return to_db(utc_now())


def utc_now() -> datetime:
    """The present, aware."""
    return datetime.now(UTC)


def to_db(moment: datetime) -> datetime:
    """Write an instant as naive UTC."""
    if moment.tzinfo is None:
        raise ValueError("an instant without a zone is none")
    return moment.astimezone(UTC).replace(tzinfo=None)


def from_db(moment: datetime) -> datetime:
    """Read an instant that :func:`to_db` wrote."""
    return moment.replace(tzinfo=UTC)


_HOLDER = (
    sa.select(tables.lease.c.fence, tables.lease.c.run)
    .where(tables.lease.c.pair == sa.bindparam("pair"))
    .with_for_update()
)


def hold(tx: Tx, fence: Fence) -> None:
    """Keep the lease's row locked until the commit.

    Raises:
        OvertakenError: another try holds the lease now.
    """
    still_held(tx.row(_HOLDER, pair=fence.pair), fence)


def still_held(row: Mapping[str, Any] | None, fence: Fence) -> None:
    """See that the lease's row, as it was read, names this holder.

    Raises:
        OvertakenError: another try holds the lease now.
    """
    if row is None or (row["fence"], row["run"]) != (fence.number, fence.run):
        raise OvertakenError(f"Another try holds the lease of {fence.pair} now.", where=f"{fence.run}/{fence.task}")


@cache
def _plain_insert(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@cache
def _upsert(dialect: str, table: sa.Table, key: tuple[str, ...], changed: tuple[str, ...]) -> sa.Executable:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if not changed:
        return insert.on_conflict_do_nothing()
    return insert.on_conflict_do_update(index_elements=key, set_={name: insert.excluded[name] for name in changed})


def _key(table: sa.Table, names: Any) -> list[str]:
    primary = [column.name for column in table.primary_key]
    if set(primary) <= set(names):
        return primary
    unique = [constraint for constraint in table.constraints if isinstance(constraint, sa.UniqueConstraint)]
    return [column.name for column in unique[0].columns]


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        address = None
    backend = address.get_backend_name() if address is not None else ""
    if address is not None and backend == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    # a database in memory would be another one in each thread and task
    if address is not None and backend == "sqlite" and address.database not in (None, "", ":memory:"):
        return address.set(drivername="sqlite+pysqlite")
    what = "The address of the state database is not one that Tandem can use."
    fix = "Write sqlite:////absolute/path/state.db, or postgresql://user:password@host/database."
    raise ConfigurationError([Problem(code="TDM-301", what=what, fix=fix, where="state database")])


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin by itself, and too late
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    if connection.get_execution_options().get(_READ_ONLY):
        driver = connection.connection.driver_connection  # neither can fail for others' sake, so both go the short way
        assert driver is not None
        driver.execute("PRAGMA query_only=ON")
        driver.execute("BEGIN")
    else:
        # takes the write lock at once: two that read first and write later would wait for each other for ever
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _on_checkin(connection: Any, _record: object) -> None:
    if connection is not None:
        connection.execute("PRAGMA query_only=OFF")
