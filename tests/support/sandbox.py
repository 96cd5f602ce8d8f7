# SPDX-License-Identifier: Apache-2.0
"""Starts the real sandbox process for a test, and speaks with its control interface."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import requests

from specs.description import check_file

INCLUDE = Path(__file__).parents[2] / "include"
STORY = INCLUDE / "sandbox" / "worlds" / "story.yaml"
START_SECONDS = 60


@dataclass(frozen=True)
class Login:
    """A person's log-in at one tracker."""

    name: str
    email: str
    password: str
    token: str | None
    role: str
    zone: str | None
    active: bool

    @property
    def basic(self) -> tuple[str, str]:
        """E-mail and password, for `requests`' `auth=`."""
        return (self.email, self.password)


@dataclass(frozen=True)
class Place:
    """One tenant's tracker."""

    name: str
    kind: str
    company: str
    url: str
    zone: str
    integration: Login
    people: Mapping[str, Login]
    """By alias."""

    @property
    def netloc(self) -> str:
        return self.url.removeprefix("http://")


@dataclass(frozen=True)
class Control:
    """The control interface of a running sandbox."""

    url: str

    def _ask(self, method: str, path: str, **sent: Any) -> Any:
        answer = requests.request(method, self.url + path, **{"timeout": 10, **sent})
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def fault(self, kind: str, tenant: str | None = None, **conditions: Any) -> int:
        """Sets a fault (see `sandbox.faults.Fault`) and returns its number."""
        number: int = self._ask("POST", "/faults", json={"kind": kind, "tenant": tenant, **conditions})["id"]
        return number

    def faults(self) -> list[dict[str, Any]]:
        """Those set, with how often each struck."""
        return list(self._ask("GET", "/faults"))

    def clear_faults(self, number: int | None = None) -> None:
        self._ask("DELETE", "/faults", params={} if number is None else {"id": number})

    def requests(self, tenant: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """The API requests seen, oldest first (see `sandbox.request_log.Entry`)."""
        params: dict[str, Any] = {"after": after} | ({"tenant": tenant} if tenant else {})
        return list(self._ask("GET", "/requests", params=params))

    def clear_requests(self, tenant: str | None = None) -> None:
        self._ask("DELETE", "/requests", params={"tenant": tenant} if tenant else {})

    def advance(self, seconds: float, tenant: str | None = None) -> None:
        """Moves the clock of the sandbox, or of one tenant."""
        self._ask("POST", "/clock", json={"advance": seconds, "tenant": tenant})

    def begin_second(self, tenant: str) -> None:
        """Moves the clock of a tenant to the beginning of a second: what follows at once happens in it."""
        now = datetime.fromisoformat(self._ask("GET", "/clock")[tenant])
        at = now.replace(microsecond=0) + timedelta(seconds=1)
        self._ask("POST", "/clock", json={"at": at.isoformat(), "tenant": tenant})

    def act(self, tenant: str, by: str, asked: list[tuple[str, str, Any]]) -> list[Any]:
        """Does many requests (method, path, body) as one person, and returns the bodies of their answers.

        A list as body is a JSON Patch document.
        """
        types = {True: {"type": "application/json-patch+json"}, False: {}}
        answers: list[Any] = []
        for start in range(0, len(asked), 500):
            some = [
                {"method": method, "path": path, "body": body, **types[isinstance(body, list)]}
                for method, path, body in asked[start : start + 500]
            ]
            got = self._ask("POST", f"/tenants/{tenant}/requests", params={"by": by}, json=some, timeout=120)
            assert all(one["status"] < 300 for one in got), next(one for one in got if one["status"] >= 300)
            answers += [one["body"] for one in got]
        return answers

    def settings(self, tenant: str, **changes: Any) -> dict[str, Any]:
        """Changes a tracker's settings and returns those in force."""
        return dict(self._ask("POST", f"/tenants/{tenant}/settings", json=changes))


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox process that answers."""

    pid: int
    control: Control
    places: Mapping[str, Place]
    """By tenant name."""
    log: Path

    def said(self) -> str:
        """What the process printed so far."""
        return self.log.read_text()

    def __getitem__(self, tenant: str) -> Place:
        return self.places[tenant]


@contextmanager
def running_sandbox(world: Path | Mapping[str, Any] = STORY) -> Iterator[RunningSandbox]:
    """Runs the sandbox with that world on free ports until the block ends."""
    with TemporaryDirectory() as folder:
        file, log, exchanges = Path(folder, "places.json"), Path(folder, "log"), Path(folder, "exchanges.jsonl")
        # JSON is YAML; a world given as a file keeps its own ports, which give way if they are taken.
        path = world if isinstance(world, Path) else Path(folder, "world.yaml")
        if not isinstance(world, Path):
            path.write_text(json.dumps(world))
        process = _forked(log, [str(path), "--write", str(file), "--exchanges", str(exchanges)])
        try:
            deadline = time.monotonic() + START_SECONDS
            while not file.exists():
                assert process.is_running(), f"the sandbox ended:\n{log.read_text()}"
                assert time.monotonic() < deadline, f"the sandbox did not start:\n{log.read_text()}"
                time.sleep(0.02)
            yield _described(process.pid, json.loads(file.read_text()), log)
        finally:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
                process.wait(timeout=10)
        wrong = check_file(exchanges)
        assert not wrong, "answers that the vendor's description does not allow:\n" + "\n".join(wrong[:20])


def _forked(log: Path, arguments: list[str]) -> psutil.Process:
    """`python -m sandbox` with these arguments, out of a process that has loaded it already (see `nursery`)."""
    nursery = _nursery()
    assert nursery.stdin is not None and nursery.stdout is not None
    log.touch()
    print(json.dumps({"log": str(log), "arguments": arguments}), file=nursery.stdin, flush=True)
    return psutil.Process(int(nursery.stdout.readline()))


@cache
def _nursery() -> subprocess.Popen[str]:
    """One for each process of tests; it ends with the tests, when its input does."""
    nursery = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("nursery.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(INCLUDE)},
    )
    assert nursery.stdout is not None and nursery.stdout.readline() == "ready\n"
    return nursery


def _described(pid: int, described: Mapping[str, Any], log: Path) -> RunningSandbox:
    places = {}
    for name, tenant in described["tenants"].items():
        people = {alias: Login(**person) for alias, person in tenant["people"].items()}
        places[name] = Place(
            name=name,
            kind=tenant["kind"],
            company=tenant["company"],
            url=tenant["url"],
            zone=tenant["zone"],
            integration=people[tenant["integration"]],
            people=people,
        )
    return RunningSandbox(pid, Control(described["control"]), places, log)
