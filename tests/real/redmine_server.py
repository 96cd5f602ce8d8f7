# SPDX-License-Identifier: Apache-2.0
"""A real Redmine: Debian's, on SQLite, in a folder of its own; the database is made once and copied for each start."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from real.servers import Server, demand, free_port, made_once

CODE = Path("/usr/share/redmine")
HERE = Path(__file__).parent
DATABASE = "redmine.sqlite"


def is_there() -> bool:
    """Tell whether Redmine is installed so that it can be started."""
    lock = CODE / "Gemfile.lock"
    return lock.exists() and "    sqlite3 " in lock.read_text() and shutil.which("puma") is not None


@dataclass(frozen=True)
class Redmine:
    """A running Redmine. Its people: admin, tandem (the integration), ines, omar, rita (a reporter), halved, guest."""

    server: Server
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def key(self, login: str) -> str:
        """The API key of a person."""
        return key(login)

    def run(self, script: str) -> str:
        """Run Ruby inside this Redmine and give what it prints: what no client can ask for."""
        return _rails(self.folder, "runner", script)


def key(login: str) -> str:
    """The API key of a person, as the seed gives it."""
    return f"{login}key".ljust(40, "0")


@contextmanager
def running() -> Iterator[Redmine]:
    """Start a fresh Redmine on a free port; end it with the block."""
    demand("Redmine", HERE / "redmine_install.sh", is_there)
    seeded = made_once(f"redmine-{_fingerprint()}", _seed)
    with TemporaryDirectory(prefix="tandem-redmine-") as temporary:
        folder = _laid_out(Path(temporary))
        shutil.copy(seeded / DATABASE, folder / DATABASE)
        port = free_port()
        server = Server(
            # One thread: with more, SQLite's lock turns one parallel write in twenty into a 500.
            ["puma", "-e", "production", "-b", f"tcp://127.0.0.1:{port}", "-t", "1:1", "config.ru"],
            folder,
            _settings(folder),
            lambda: _answers(port),
            CODE,
        )
        server.start()
        try:
            yield Redmine(server, port, folder)
        finally:
            server.stop()


def _fingerprint() -> str:
    """What a seeded database depends on: Redmine's own migrations, and our seed."""
    made = hashlib.sha256((HERE / "redmine_seed.rb").read_bytes() + Path(__file__).read_bytes())
    for migration in sorted((CODE / "db" / "migrate").iterdir()):
        made.update(migration.name.encode())
    return made.hexdigest()[:16]


def _seed(folder: Path) -> None:
    _laid_out(folder)
    # Two steps: classes that were loaded before the tables were whole do not know their columns.
    _call(folder, "rake", "db:migrate")
    _rails(folder, "runner", str(HERE / "redmine_seed.rb"))


def _laid_out(folder: Path) -> Path:
    for name in ("config", "log", "files", "tmp/pdf", "public/plugin_assets"):
        (folder / name).mkdir(parents=True)
    (folder / "config" / "secret_key.txt").write_text(os.urandom(32).hex())
    # The path is looked up when it starts: a folder that was moved keeps its database.
    (folder / "config" / "database.yml").write_text(
        "production:\n  adapter: sqlite3\n  timeout: 20000\n  encoding: utf8\n"
        f"  database: <%= Redmine.root.realpath.join('{DATABASE}') %>\n"
    )
    return folder


def _settings(folder: Path) -> Mapping[str, str]:
    return {
        "BUNDLER_VERSION": _bundler(),
        "BUNDLE_SILENCE_ROOT_WARNING": "1",
        "RAILS_ENV": "production",
        "REDMINE_INSTANCE": os.path.relpath(folder, CODE / "instances"),
        "REDMINE_LANG": "en",
        "SCHEMA": "/dev/null",
        "TZ": "UTC",
    }


@cache
def _bundler() -> str:
    """The version of Debian's own bundler: another one, which Ruby brings along, cannot read Debian's gems."""
    asked = ["dpkg-query", "-W", "-f", "${Version}", "ruby-bundler"]
    return re.split(r"[^0-9.]", subprocess.check_output(asked, text=True))[0]


def _rails(folder: Path, *arguments: str) -> str:
    return _call(folder, "rails", *arguments)


def _call(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["bundle", "exec", *arguments],
        cwd=CODE,
        env={**os.environ, **_settings(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    said = re.sub(r"(?m)^.*(warning|DEPRECATION).*$\n?", "", done.stderr)
    assert done.returncode == 0, f"{' '.join(arguments)[:200]} failed:\n{done.stdout[-1500:]}\n{said[:3000]}"
    return done.stdout


def _answers(port: int) -> bool:
    try:
        told = requests.get(
            f"http://127.0.0.1:{port}/users/current.json", headers={"X-Redmine-API-Key": key("tandem")}, timeout=60
        )
    except requests.ConnectionError:
        return False
    return told.ok
