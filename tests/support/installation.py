# SPDX-License-Identifier: Apache-2.0
"""A real Airflow for tests, with simulated trackers, a mailbox, and a pair broken on purpose."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from demo.airflow import ROOT, Airflow
from demo.mailbox import Mailbox
from demo.people import Account, Desk, Seat
from demo.play import DAG, JIRA, PAIR, ZENDESK
from demo.processes import Processes, wait_until
from demo.sandbox import Sandbox
from tandem.state.store import Store, open_store
from tandem.state.vault import Vault, new_keys

BROKEN = "sync__mercuri-zendesk__infinity-jira.warehouse"


@dataclass(frozen=True)
class Installation:
    """What the tests act on."""

    airflow: Airflow
    sandbox: Sandbox
    mailbox: Mailbox
    store: Store
    anna: Desk
    elaine: Seat
    folder: Path

    def play(self, params: dict[str, Any] | None = None, seconds: float = 120) -> str:
        """Starts a run, waits for its end, returns its id."""
        run = self.airflow.trigger(DAG, params)
        self.airflow.wait(DAG, run, seconds)
        return run

    def states(self, run: str) -> dict[str, str]:
        """The state in which each task of a run ended."""
        return {task: str(self.airflow.task(DAG, run, task)["state"]) for task in tasks()}

    def log(self, dag: str, run: str, task: str) -> list[str]:
        """The lines of a task's log, Airflow's grouping marks and what only DEBUG says left out."""
        lines = self.airflow.log_file(dag, run, task).read_text().splitlines()
        said = [json.loads(line) for line in lines]
        return [
            f"{each['event']} {each.get('reason', '')}".strip()
            for each in said
            if "::" not in each["event"] and each.get("level") != "debug"
        ]

    def mail(self, subject: str, known: int = 0) -> EmailMessage:
        """The mail whose subject starts so, waited for; not one of the first ``known`` of them."""
        wait_until(lambda: len(self.mails(subject)) > known, f"a mail {subject!r}", 60, self.airflow.processes)
        return self.mails(subject)[-1]

    def mails(self, subject: str) -> list[EmailMessage]:
        """All mails whose subject starts so."""
        return [message for message in self.mailbox.messages() if str(message["Subject"]).startswith(subject)]


def tasks() -> tuple[str, ...]:
    """The tasks of a pair, in their order."""
    return ("extract", "map", "diff", "load", "reconcile")


def text_of(message: EmailMessage) -> str:
    """The plain form of a mail."""
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    """Starts everything, plays the first run, ends everything."""
    processes, mailbox = Processes(folder), Mailbox(folder / "mail")
    content, hashing = new_keys()
    address = f"sqlite:///{folder / 'state.db'}"
    mailbox.start()
    try:
        sandbox = Sandbox.start(folder, processes)
        settings = {
            **sandbox.connections(),
            "AIRFLOW_CONN_SMTP_DEFAULT": mailbox.connection(),
            "TANDEM_ROOT": str(files(folder / "files")),
            "TANDEM_DB": address,
            "TANDEM_CONTENT_KEYS": content,
            "TANDEM_HASH_KEY": hashing,
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        }
        airflow = Airflow.start(folder / "airflow", processes, settings, wanted_port=0)
        wait_until(lambda: {DAG, BROKEN} <= airflow.dags().keys(), "both DAGs", 60, processes)
        for dag in (DAG, BROKEN):
            airflow.unpause(dag)
        anna = Desk(Account(sandbox.tenants[ZENDESK], "anna"))
        elaine = Seat(Account(sandbox.tenants[JIRA], "elaine"))
        store = open_store(address, Vault([content], hashing))
        made = Installation(airflow, sandbox, mailbox, store, anna, elaine, folder)
        made.play()
        yield made
        store.close()
    finally:
        mailbox.stop()
        processes.end_all()


def files(root: Path) -> Path:
    """The story's files with a short deadline and a rare schedule, and beside them a pair that cannot be used."""
    shutil.copytree(ROOT / "include" / "contracts", root / "contracts")
    (root / "pairs").mkdir()
    written = (ROOT / "include" / "pairs" / f"{PAIR}.yaml").read_text()
    assert "deadline: 10 min" in written and '"*/2 * * * *"' in written
    quick = written.replace("deadline: 10 min", "deadline: 20 s").replace('"*/2 * * * *"', '"0 0 1 1 *"')
    (root / "pairs" / f"{PAIR}.yaml").write_text(quick)
    broken = quick.replace("infinity-jira/customers", "infinity-jira.warehouse")
    (root / "pairs" / f"{BROKEN.removeprefix('sync__')}.yaml").write_text(broken)
    return root
