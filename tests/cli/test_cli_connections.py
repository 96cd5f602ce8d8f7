# SPDX-License-Identifier: Apache-2.0
"""Connections outside Airflow are read as Airflow reads them, and never shown."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.sandbox import INCLUDE
from tandem.connections import Connections, open_tracker, state_of
from tandem.errors import ConfigurationError

SECRET = "s3cret/of+ours"
WRITTEN = {
    "keys": {"conn_type": "http", "host": "https://desk.example", "login": "a@b.example/token", "password": SECRET},
    "schema": {"conn_type": "http", "host": "desk.example", "schema": "https", "port": 8443, "login": "me"},
    "path": {"conn_type": "http", "host": "https://desk.example/jira", "extra": {"verify": "/ca.pem", "X-Tenant": "7"}},
    "nested": {"conn_type": "http", "host": "http://x", "extra": json.dumps({"proxies": {"https": "http://p:3"}})},
    "options": {
        "conn_type": "http",
        "host": "https://x",
        "extra": {"trust_env": False, "cert": "/c", "max_redirects": 3},
    },
    "uri": "http://me%40b.example:s3%2Fc@desk.example:8443/https?X-Tenant=7",
    "inner": "http://https://me:pw@desk.example:8443/",
    "bare": "http://desk.example",
    "extra": "http://me@desk.example/https?__extra__=%7B%22trust_env%22%3A+false%7D",
}
ASK_AIRFLOW = """
import json, sys
from airflow.providers.http.hooks.http import HttpHook
told = {}
for name in json.loads(sys.argv[1]):
    hook = HttpHook(http_conn_id=name)
    session = hook.get_conn()
    auth = [session.auth.username, session.auth.password or ""] if session.auth else None
    mine = {k: v for k, v in session.headers.items() if k.lower().startswith("x-")}
    options = [session.proxies, session.verify, session.cert, session.stream, session.max_redirects, session.trust_env]
    told[name] = [hook.base_url, auth, *options, mine]
print("TOLD" + json.dumps(told))
"""


def variables() -> dict[str, str]:
    texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in WRITTEN.items()}
    return {f"AIRFLOW_CONN_{name.upper()}": text for name, text in texts.items()}


def ours(name: str) -> list[Any]:
    way = open_tracker(Connections(variables()).find(name))
    session = way.session
    auth = list(session.auth) if isinstance(session.auth, tuple) else None
    mine = {key: value for key, value in session.headers.items() if key.lower().startswith("x-")}
    options = [session.proxies, session.verify, session.cert, session.stream, session.max_redirects, session.trust_env]
    return [way.url, auth, *options, mine]


def test_a_session_is_what_airflows_hook_makes_of_the_same_connection(tmp_path: Path) -> None:
    env = {**os.environ, **variables(), "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    command = [sys.executable, "-c", ASK_AIRFLOW, json.dumps(list(WRITTEN))]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout.partition("TOLD")[2])
    assert {name: ours(name) for name in WRITTEN} == theirs


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_a_file_holds_the_same_keys_and_goes_before_the_environment(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"connections.{ending}"
    yaml = (
        f"desk:\n  host: https://file.example\n  login: me\n  password: {SECRET}\n  extra: {{allow_plain_http: true}}\n"
    )
    told = {"host": "https://file.example", "login": "me", "password": SECRET, "extra": {"allow_plain_http": True}}
    file.write_text(yaml if ending == "yaml" else json.dumps({"desk": told}))
    environ = {"AIRFLOW_CONN_DESK": "https://env.example", "TANDEM_CONNECTIONS": str(file)}
    found = Connections(environ).find("desk")
    assert (found.url, found.login, found.password, found.allow_plain_http) == (
        "https://file.example",
        "me",
        SECRET,
        True,
    )
    assert SECRET not in repr(found)
    assert Connections({**environ, "AIRFLOW_CONN_OTHER": "http://other.example"}).find("other").host == "other.example"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f'{{"host": "https://x", "password": "{SECRET}"', "not JSON"),
        (f'{{"hots": "https://x", "password": "{SECRET}"}}', "hots"),
        (f'{{"host": "https://x", "password": "{SECRET}", "port": "{SECRET}"}}', "port"),
        (f'{{"host": "https://x", "extra": "{SECRET}"}}', "extra is not JSON"),
        (f'{{"host": "https://x", "extra": {{"verfy": "{SECRET}"}}}}', "verfy"),
        (f'{{"password": "{SECRET}"}}', "no host"),
        (SECRET, "neither JSON nor a URI"),
        (f"http://me:{SECRET.replace('/', '')}@x:port/", "neither JSON nor a URI"),
    ],
)
def test_what_is_wrong_is_named_without_a_value(text: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_tracker(Connections({"AIRFLOW_CONN_DESK": text}).find("desk"))
    said = str(caught.value)
    assert what in said and "connection desk" in said and "s3cret" not in said


def test_a_missing_connection_is_named_with_its_variable_and_a_guess(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("infinity_jra: https://x.example\n")
    with pytest.raises(ConfigurationError, match=r"Did you mean infinity_jra\? Else set AIRFLOW_CONN_INFINITY_JIRA"):
        Connections({}, file).find("infinity_jira")


def test_the_state_database_and_its_keys_may_stand_in_a_connection() -> None:
    told = {
        "conn_type": "postgres",
        "host": "db",
        "port": 5433,
        "schema": "tandem",
        "login": "me",
        "password": "p@ss/1",
    }
    environ = {"AIRFLOW_CONN_TANDEM_DB": json.dumps({**told, "extra": {"TANDEM_HASH_KEY": "k"}})}
    address, settings = state_of(environ, Connections(environ).find)
    assert address == "postgresql://me:p%40ss%2F1@db:5433/tandem"
    assert settings["TANDEM_HASH_KEY"] == "k"
    assert state_of({**environ, "TANDEM_DB": "sqlite:////x.db"}, Connections(environ).find)[0] == "sqlite:////x.db"


def test_the_command_line_never_imports_airflow() -> None:
    script = (
        "import sys, tandem.cli, tandem.cli.check, tandem.cli.plan, tandem.cli.status, tandem.cli.decisions, "
        "tandem.cli.keys, tandem.cli.contract\nprint([name for name in sys.modules if name.split('.')[0] == 'airflow'])"
    )
    env = {**os.environ, "PYTHONPATH": str(INCLUDE)}
    said = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_help_and_version_need_neither_database_nor_http() -> None:
    heavy = ("sqlalchemy", "requests", "pydantic", "rich.progress")
    script = f"import sys, tandem.cli\nprint([name for name in {heavy} if name in sys.modules])"
    env = {**os.environ, "PYTHONPATH": str(INCLUDE)}
    said = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
