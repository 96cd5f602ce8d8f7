# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL for tests: that of ``TANDEM_TEST_POSTGRES``, or a private cluster in a temporary folder."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

START_SECONDS = 60


@dataclass(frozen=True)
class Postgres:
    """A server on which databases can be made. ``url`` leads to its maintenance database."""

    url: sa.URL

    @contextmanager
    def database(self, encoding: str = "UTF8") -> Iterator[str]:
        """Makes an empty database and drops it after use."""
        name = f"tandem_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def answers(self) -> bool:
        try:
            self._run("SELECT 1")
        except sa.exc.OperationalError:
            return False
        return True

    def _run(self, statement: str) -> None:
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, if PostgreSQL is installed here."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def running() -> Iterator[Postgres]:
    """The server named by ``TANDEM_TEST_POSTGRES``, or one started for these tests and ended with them."""
    given = os.environ.get("TANDEM_TEST_POSTGRES")
    if given:
        yield Postgres(sa.make_url(given).set(drivername="postgresql+psycopg"))
        return
    folder = binaries()
    assert folder is not None, "PostgreSQL is not installed here; or name one in TANDEM_TEST_POSTGRES"
    with TemporaryDirectory(prefix="tandem-postgres-") as temporary:
        data, who = Path(temporary) / "data", _somebody(temporary)
        make = [folder / "initdb", "-D", data, "-U", "tandem", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(make, check=True, cwd=temporary, capture_output=True, **who)
        port = _free_port()
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": temporary, "fsync": "off"}
        start = [folder / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())]
        with (Path(temporary) / "log").open("wb") as log:
            process = subprocess.Popen(start, cwd=temporary, stdout=log, stderr=log, **who)
        try:
            url = sa.URL.create("postgresql+psycopg", "tandem", host="127.0.0.1", port=port, database="postgres")
            server = Postgres(url)
            deadline = time.monotonic() + START_SECONDS
            while not server.answers():
                assert process.poll() is None, (Path(temporary) / "log").read_text()
                assert time.monotonic() < deadline, "PostgreSQL did not start"
                time.sleep(0.05)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: clients are cut off
            process.wait(START_SECONDS)


def _somebody(folder: str) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as somebody without rights, who gets the folder."""
    if os.geteuid() != 0:
        return {}
    who = pwd.getpwnam("nobody")
    os.chown(folder, who.pw_uid, who.pw_gid)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
