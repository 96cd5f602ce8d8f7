# SPDX-License-Identifier: Apache-2.0
"""A real Airflow on this machine: its four parts as our own children, and its REST API.

Not `airflow standalone`: that leaves its children running when it is ended. Facts on names and answers: Airflow 3.3.2.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from demo.processes import DemoError, Processes, free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("scheduler", "dag-processor", "api-server", "triggerer")
ENDED = frozenset({"success", "failed"})
BUSY = 60.0  # seconds for which an answer that Airflow's database is locked is asked again
PATIENCE = 600.0  # seconds for which a run is waited for: on a busy machine its tasks take minutes


def environment(home: Path, port: int, extra: Mapping[str, str]) -> dict[str, str]:
    """What each part needs: SQLite, LocalExecutor, loopback only, quick to see changed files, nothing sent home."""
    base = f"http://127.0.0.1:{port}"
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT)]),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "15",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        **extra,
    }


@dataclass
class Airflow:
    """One running Airflow; `start` makes it, its children end with `processes`."""

    url: str
    home: Path
    processes: Processes
    _session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def start(
        cls, home: Path, processes: Processes, extra: Mapping[str, str], wanted_port: int = 8080, patience: float = 180
    ) -> "Airflow":
        """Creates the database, starts the four parts, returns when each says that it is healthy. Raises: DemoError."""
        home.mkdir(parents=True, exist_ok=True)
        port = free_port(wanted_port)
        env = environment(home, port, extra)
        command = [sys.executable, "-m", "airflow"]
        processes.run("airflow db migrate", [*command, "db", "migrate"], env, home / "logs" / "db-migrate.log")
        for part in PARTS:
            quiet = ["--skip-serve-logs"] if part in ("scheduler", "triggerer") else []
            processes.start(f"airflow {part}", [*command, part, *quiet], env, home / "logs" / f"{part}.log")
        airflow = cls(f"http://127.0.0.1:{port}", home, processes)
        wait_until(
            airflow.healthy, f"Airflow at {airflow.url} to be healthy (logs: {home / 'logs'})", patience, processes
        )
        return airflow

    def healthy(self) -> bool:
        """Whether the database, the scheduler, the triggerer and the DAG processor all say so."""
        try:
            parts = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=10).json()
        except (requests.RequestException, ValueError):
            return False
        names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((parts.get(name) or {}).get("status") == "healthy" for name in names)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        patience: float = BUSY,
    ) -> Any:
        """One request to `/api/v2`; log-in is renewed when it has run out. Raises: DemoError on any error answer.

        Airflow's own database is SQLite here, which locks out a second writer: what it refused for that is asked again,
        for `patience` seconds.
        """
        answer, until = self._ask(method, path, body, params), time.monotonic() + patience
        while _locked_out(answer) and time.monotonic() < until:
            self.processes.check()
            time.sleep(1)
            answer = self._ask(method, path, body, params)
        if not answer.ok:
            raise DemoError(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:300]}")
        return answer.json() if answer.content else None

    def _ask(self, method: str, path: str, body: Any, params: Mapping[str, Any] | None) -> requests.Response:
        for attempt in (1, 2):
            answer = self._session.request(method, f"{self.url}/api/v2{path}", json=body, params=params, timeout=60)
            if answer.status_code != 401 or attempt == 2:
                break
            token = self._session.get(f"{self.url}/auth/token", timeout=30).json()["access_token"]
            self._session.headers["Authorization"] = f"Bearer {token}"
        return answer

    def dags(self) -> dict[str, dict[str, Any]]:
        """All DAGs by id."""
        return {dag["dag_id"]: dag for dag in self.call("GET", "/dags", params={"limit": 100})["dags"]}

    def unpause(self, dag_id: str) -> None:
        """From now on its schedule runs."""
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Its schedule rests; a run that is under way goes on."""
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": True})

    def trigger(self, dag_id: str, params: Mapping[str, Any] | None = None) -> str:
        """Starts a run now and returns its id."""
        return str(
            self.call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(params or {})})[
                "dag_run_id"
            ]
        )

    def backfill(self, dag_id: str, start: datetime, end: datetime) -> list[str]:
        """Airflow's own backfill of the intervals from `start` to `end`; the ids of its runs once they are made."""
        body = {
            "dag_id": dag_id,
            "from_date": start.isoformat(),
            "to_date": end.isoformat(),
            "reprocess_behavior": "completed",
            "max_active_runs": 1,
        }
        number = self.call("POST", "/backfills", body, patience=PATIENCE)["id"]
        wait_until(
            lambda: self.call("GET", f"/backfills/{number}")["completed_at"] is not None,
            f"backfill {number} of {dag_id}",
            PATIENCE,
            self.processes,
        )
        runs = self.runs(dag_id)
        return [run["dag_run_id"] for run in runs if run["run_type"] == "backfill" and _between(run, start, end)]

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The runs of a DAG, latest first."""
        answer = self.call("GET", f"/dags/{dag_id}/dagRuns", params={"limit": 100, "order_by": "-run_after"})
        return list(answer["dag_runs"])

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """One run."""
        return dict(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))

    def task(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """One task of a run: `state`, `try_number`, `pid` and more."""
        return dict(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"))

    def wait(self, dag_id: str, run_id: str, seconds: float = PATIENCE) -> str:
        """Waits for the end of a run; returns its state."""
        wait_until(
            lambda: self.run(dag_id, run_id)["state"] in ENDED, f"run {run_id} of {dag_id}", seconds, self.processes
        )
        return str(self.run(dag_id, run_id)["state"])

    def result(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """What a task returned (its XCom): references and counts; empty if it returned nothing."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        try:
            value = self.call("GET", path)["value"]
        except DemoError:
            return {}
        return dict(json.loads(value) if isinstance(value, str) else value or {})

    def log_file(self, dag_id: str, run_id: str, task_id: str | None = None) -> Path:
        """Where the log of a run lies; with a task's id, of its latest try."""
        folder = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}"
        if task_id is None:
            return folder
        attempts = sorted((folder / f"task_id={task_id}").glob("attempt=*.log"))
        return attempts[-1] if attempts else folder / f"task_id={task_id}"


def _between(run: Mapping[str, Any], start: datetime, end: datetime) -> bool:
    return start <= datetime.fromisoformat(run["logical_date"]) <= end


def next_boundary(every: float, now: float | None = None) -> float:
    """Seconds until the next full interval of `every` seconds, when the schedule starts a run."""
    now = time.time() if now is None else now
    return every - now % every


def _locked_out(answer: requests.Response) -> bool:
    """Whether the database was another's.

    A backfill that was locked out half-way stands without runs until Airflow ends it, and keeps out the same one when
    it is asked for again.
    """
    if answer.status_code == 409:
        return "already a running backfill" in answer.text
    return answer.status_code in (500, 503) and "database" in answer.text.lower()
