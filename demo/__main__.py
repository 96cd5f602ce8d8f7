# SPDX-License-Identifier: Apache-2.0
"""`python -m demo [--story-only]`: starts trackers and Airflow, plays the story, stays until Ctrl-C, leaves nothing."""

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from cryptography.fernet import Fernet

from demo.airflow import ROOT, Airflow, next_boundary
from demo.console import Console
from demo.mailbox import Mailbox
from demo.play import AZURE_DEVOPS, DAG, INTERVAL, JIRA, PAIRS, SERVICENOW, ZENDESK, Play, dag, tell_story
from demo.processes import DemoError, Processes, wait_until
from demo.sandbox import Sandbox
from demo.story import STEPS
from demo.story_chain import CHAIN

BUILD = ROOT / "build"
STAGES = 5


class EndedError(BaseException):
    """A signal ended the demo. Not an Exception: nothing on the way may take it for a failed step."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main() -> int:
    """Runs the demo; the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--story-only", action="store_true", help="end when the story is told; exit 0 if all was seen")
    stay = not parser.parse_args().story_only
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _ended)
    folder, console = BUILD / "demo", Console()
    BUILD.mkdir(exist_ok=True)
    lock = (BUILD / "demo.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        console.failure("Another demo is running in this folder; end it with Ctrl-C first.")
        return 1
    processes = Processes(folder)
    mailbox: Mailbox | None = None
    try:
        if stale := processes.end_stale():
            console.line(f"An earlier demo was cut short; ended {stale} processes of it.")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mailbox = Mailbox(folder / "mail")
        mailbox.start()
        return _demo(console, folder, processes, mailbox, stay)
    except DemoError as error:
        console.failure(f"The demo could not go on: {error}")
        return 1
    except EndedError as ended:
        return 0 if stay and ended.number == signal.SIGINT else 128 + ended.number
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if mailbox:
            mailbox.stop()
        count = processes.end_all()
        console.line(f"Ended {count} processes; logs, mails and state are in {folder.relative_to(ROOT)}/.")


def _ended(number: int, frame: FrameType | None) -> None:
    raise EndedError(number)


def _demo(console: Console, folder: Path, processes: Processes, mailbox: Mailbox, stay: bool) -> int:
    console.line("Tandem demo: three companies' trackers, simulated on this machine, kept in step by a real Airflow")
    console.stage(1, STAGES, "environment .venv ready")
    sandbox = Sandbox.start(folder, processes)
    console.stage(2, STAGES, "trackers:  " + "\n                   ".join(_addresses(sandbox)))
    settings = _settings(folder, sandbox, mailbox)
    with console.timed(3, STAGES, f"Airflow {version('apache-airflow')} starts"):
        airflow = Airflow.start(folder / "airflow", processes, settings)
        dags = [dag(pair) for pair in PAIRS]
        wait_until(lambda: set(dags) <= airflow.dags().keys(), f"the DAGs {', '.join(dags)} to appear", 60, processes)
        airflow.unpause(DAG)
    console.line(f"        {airflow.url} (no log-in needed here)")
    checked = [f"{pair:<42} every 2 minutes   check: {_check(pair, {**os.environ, **settings})}" for pair in PAIRS]
    console.stage(4, STAGES, "pairs:     " + "\n                   ".join(checked))
    console.stage(5, STAGES, "the story")
    play = Play(console, sandbox, airflow)
    play.tell("first run: tickets that are there already stay as they are (start: now)")
    play.run()
    steps = (*STEPS, *CHAIN)
    outcomes = tell_story(play, steps, BUILD / "story.json")
    seen = sum(outcome.ok for outcome in outcomes)
    console.line(f"  {seen} of {len(steps)} steps seen at the peer (build/story.json).")
    if stay:
        wait = next_boundary(INTERVAL.total_seconds())
        console.line(f"  Open the pages above and change something: the next run starts in {wait:.0f} s.")
        console.line("  Ctrl-C ends everything.")
        _stay(processes, mailbox, console)
    return 0 if seen == len(steps) else 1


def _addresses(sandbox: Sandbox) -> list[str]:
    people = {
        ZENDESK: ("Mercuri's Zendesk    ", "anna"),
        JIRA: ("Infinity's Jira      ", "elaine"),
        SERVICENOW: ("Infinity's ServiceNow", "john"),
        AZURE_DEVOPS: ("Global's Azure DevOps", "david"),
    }
    lines = []
    for name, (title, alias) in people.items():
        tenant = sandbox.tenants[name]
        person = tenant.people[alias]
        lines.append(f"{title}   {tenant.url}     log in as {person['email']} / {person['password']}")
    return lines


def _settings(folder: Path, sandbox: Sandbox, mailbox: Mailbox) -> dict[str, str]:
    """What Tandem needs in Airflow's environment: connections, the state database and its keys, made for this demo."""
    return {
        **sandbox.connections(),
        "AIRFLOW_CONN_SMTP_DEFAULT": mailbox.connection(),
        "TANDEM_DB": f"sqlite:///{folder / 'state.db'}",
        "TANDEM_CONTENT_KEYS": Fernet.generate_key().decode(),
        "TANDEM_HASH_KEY": Fernet.generate_key().decode(),
    }


def _check(pair: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "tandem.cli", "check", pair]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise DemoError(f"tandem check {pair} found problems:\n{done.stdout}{done.stderr}")
    return "0 problems"


def _stay(processes: Processes, mailbox: Mailbox, console: Console) -> None:
    """Until a signal ends it; says when a mail came."""
    known = len(mailbox.files())
    while True:
        time.sleep(2)
        processes.check()
        for message, file in list(zip(mailbox.messages(), mailbox.files(), strict=False))[known:]:
            console.told(f"mail to {message['To']}: {message['Subject']}  ({file.relative_to(ROOT)})")
            known += 1


if __name__ == "__main__":
    sys.exit(main())
