# SPDX-License-Identifier: Apache-2.0
"""An installation for the command line: the example pair's files, the sandbox as its trackers, a state of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests
from typer.testing import CliRunner

from support.sandbox import INCLUDE, Place, RunningSandbox
from support.story import laid_out
from tandem.cli import app
from tandem.state.vault import new_keys

PAIR = "mercuri-zendesk__infinity-jira"
ZENDESK, JIRA = "mercuri-zendesk", "infinity-jira"
PATIENCE = 30.0
T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The one object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def connection(place: Place, password: str | None = None) -> str:
    """The Airflow connection to a simulated tracker, as JSON."""
    login = place.integration
    user = f"{login.email}/token" if place.kind == "zendesk" else login.email
    told = {"conn_type": "http", "host": place.url, "login": user, "password": password or login.token}
    return json.dumps({**told, "extra": {"allow_plain_http": True}})


@dataclass
class House:
    """One installation; commands run in it."""

    box: RunningSandbox
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    pair: str = PAIR

    def __post_init__(self) -> None:
        self.root = laid_out(self.folder / "include", self.pair)
        content, hashing = new_keys()
        self.environ |= {
            "TANDEM_DB": f"sqlite:///{self.folder / 'state.db'}",
            "TANDEM_CONTENT_KEYS": content,
            "TANDEM_HASH_KEY": hashing,
            "TANDEM_ROOT": str(self.root),
            **self.trackers(),
        }

    def trackers(self) -> dict[str, str]:
        """The connections that the contracts name."""
        return {
            "AIRFLOW_CONN_MERCURI_ZENDESK": connection(self.box[ZENDESK]),
            "AIRFLOW_CONN_INFINITY_JIRA": connection(self.box[JIRA]),
        }

    def edit(self, file: str, *changes: tuple[str, str]) -> None:
        """Change texts in one of the files; each must be there."""
        path = self.root / file
        text = path.read_text()
        for old, new in changes:
            assert old in text, f"{old!r} is not in {file}"
            text = text.replace(old, new)
        path.write_text(text)

    def tandem(self, *words: str, **environ: str | None) -> Said:
        """Run a command in this process. An environment variable of None is taken away."""
        found = CliRunner().invoke(app, list(words), env={**self.environ, **environ})
        return Said(found.exit_code, found.stdout, found.stderr)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have the installation's environment as the process's own."""
        before = dict(os.environ)
        os.environ.update(self.environ)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Run a command in a process of its own."""
        env = {**os.environ, **self.environ, "PYTHONPATH": str(INCLUDE)}
        command = [sys.executable, "-m", "tandem.cli", *words]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def open_ticket(self, subject: str, who: str = "anna", **fields: Any) -> str:
        """Have somebody open a customer's ticket in Zendesk; give its number."""
        place = self.box[ZENDESK]
        ticket = {"subject": subject, "comment": {"body": "Please help."}, "tags": ["customer"], **fields}
        answer = requests.post(
            f"{place.url}/api/v2/tickets.json", json={"ticket": ticket}, auth=place.people[who].basic, timeout=10
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["ticket"]["id"])

    def change_ticket(self, number: str, who: str = "anna", **fields: Any) -> None:
        place = self.box[ZENDESK]
        url = f"{place.url}/api/v2/tickets/{number}.json"
        answer = requests.put(url, json={"ticket": fields}, auth=place.people[who].basic, timeout=10)
        assert answer.status_code == 200, answer.text

    def jira(self, method: str, path: str, who: str = "elaine", **sent: Any) -> requests.Response:
        place = self.box[JIRA]
        url = f"{place.url}/rest/api/2/{path}"
        answer = requests.request(method, url, auth=place.people[who].basic, timeout=10, **sent)
        assert answer.ok, answer.text
        return answer

    def open_issue(self, summary: str, **fields: Any) -> str:
        """Have Elaine open an issue in SHOP that is out of scope; give its key."""
        given = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": summary, **fields}
        return str(self.jira("POST", "issue", json={"fields": given}).json()["key"])

    def go(self, key: str, name: str) -> None:
        """Have Elaine take an issue along a transition; one that asks for a resolution gets one."""
        path = f"issue/{key}/transitions"
        ways = self.jira("GET", path, params={"expand": "transitions.fields"}).json()["transitions"]
        way = next(one for one in ways if one["name"] == name)
        fields = {"resolution": {"name": "Fixed"}} if "resolution" in way["fields"] else {}
        self.jira("POST", path, json={"transition": {"id": way["id"]}, "fields": fields})

    def forget_preflight(self) -> None:
        """Let the next run ask the trackers about themselves, as it does once an hour."""
        with sqlite3.connect(self.folder / "state.db") as state:
            state.execute("UPDATE tandem_side SET preflight_at = NULL")

    def twins(self) -> list[dict[str, Any]]:
        """The issues that carry the label of customers' tickets, asked for by key."""
        found: list[dict[str, Any]] = []
        for number in range(1, 200):
            place = self.box[JIRA]
            url = f"{place.url}/rest/api/2/issue/SHOP-{number}"
            answer = requests.get(url, auth=place.people["elaine"].basic, timeout=10)
            if answer.status_code == 404:
                return found
            if "customer" in answer.json()["fields"]["labels"]:
                found.append(answer.json())
        return found

    def twin(self, subject: str) -> dict[str, Any] | None:
        return next((one for one in self.twins() if one["fields"]["summary"] == subject), None)


def until(look: Callable[[], T], wanted: Callable[[T], bool], what: str) -> T:
    """Look again until it is as wanted: a tracker shows a change with the end of its second."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = look()
        if wanted(seen):
            return seen
        assert time.monotonic() < deadline, f"{what}: {seen}"
        time.sleep(0.1)


def problems(house: House, **environ: str) -> list[dict[str, Any]]:
    """What `check` finds; each has its place and its fix."""
    found = house.tandem("check", "--json", **environ).data["problems"]
    assert [one for one in found if not (one["file"] and one["line"] and one["key"] and one["fix"])] == []
    return list(found)


def only(house: House, code: str, **environ: str) -> dict[str, Any]:
    """The one thing that `check` finds."""
    [found] = problems(house, **environ)
    assert found["code"] == code, found
    return found


def keys_of(problems: list[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Codes and keys of problems."""
    return {(one["code"], one["key"]) for one in problems}
