# SPDX-License-Identifier: Apache-2.0
"""Law 2, hunted for: what was not offered is nowhere but in its own tracker, whatever goes wrong on the way."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.house import PAIR, House
from engine.people import JIRA, ZENDESK, Desk, People
from engine.truth import wait_for_feeds
from support.sandbox import running_sandbox
from support.secrets import JIRA_SETTINGS, ZENDESK_SETTINGS, Secrets, found_in, told_to
from tandem.errors import TandemError

COMMANDS = (
    ["check", PAIR, "--json"],
    ["plan", PAIR],
    ["plan", PAIR, "--json"],
    ["run", PAIR, "--json"],
    ["status", PAIR],
    ["status", PAIR, "--json"],
    ["drift", PAIR],
    ["drift", PAIR, "--json"],
    ["dictionary", PAIR],
    ["dictionary", PAIR, "--format", "html"],
    ["access", PAIR],
    ["relink", PAIR, "--json"],
)
FAULTS = ("cut_after", "error_after", "error_before", "rate_limited", "down")


@contextmanager
def debug_log(path: Path) -> Iterator[None]:
    """Write every logger's every word into a file."""
    root, handler = logging.getLogger(), logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    before = {name: logging.getLogger(name).level for name in ("", "tandem", "urllib3", "sqlalchemy")}
    root.addHandler(handler)
    for name in before:
        logging.getLogger(name or None).setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
        for name, level in before.items():
            logging.getLogger(name or None).setLevel(level)


def run(house: House, log: Path) -> None:
    """One run. Its end by an exception is told with all that Python tells of it, as Airflow's log would."""
    try:
        house.run()
    except TandemError:
        with log.open("a") as file:
            file.write("".join(traceback.format_exc(chain=True)))


def ask_the_cli(house: House, folder: Path) -> None:
    """Let the commands that people type write what they say into files."""
    for words in COMMANDS:
        told = subprocess.run(
            [sys.executable, "-m", "tandem.cli", *words], env=house.environment(), capture_output=True, check=False
        )
        assert told.stdout, f"{words} said nothing: {told.stderr.decode()}"
        (folder / f"{'-'.join(words)}.txt").write_bytes(told.stdout + told.stderr)


@pytest.fixture
def secrets_kept(tmp_path: Path) -> Iterator[tuple[House, Secrets, People, Path]]:
    with running_sandbox() as box:
        box.control.settings(ZENDESK, **ZENDESK_SETTINGS)
        box.control.settings(JIRA, **JIRA_SETTINGS)
        house = House(box, f"sqlite:///{tmp_path}/state.db")
        yield house, Secrets(Desk(box, ZENDESK, "anna").ask, Desk(box, JIRA, "elaine").ask), People(box, 1), tmp_path


def test_what_is_not_offered_is_found_nowhere(secrets_kept: tuple[House, Secrets, People, Path]) -> None:
    house, secrets, people, folder = secrets_kept
    box, log = house.box, folder / "debug.log"
    with debug_log(log):
        run(house, log)
        tickets = [secrets.ticket() for _ in range(3)]
        secrets.ticket(public=False)  # its first message is internal
        secrets.ticket(tags=("billing",))  # out of scope
        issues = [secrets.issue() for _ in range(2)]
        secrets.issue(security=True)
        secrets.issue(labels=())
        for ticket in tickets:
            secrets.whisper(ticket)
        for issue in issues:
            secrets.mutter(issue)
        wait_for_feeds(people)
        run(house, log)

        # One of each leaves, and people go on there; one of each comes back and shows what it was given outside.
        secrets.tag(tickets[0], "customer", method="DELETE")
        secrets.work_in_secret(tickets[0])
        secrets.edit(issues[0], security={"name": "Confidential"})
        secrets.plot(issues[0])
        for place, kind in enumerate(FAULTS * 2):
            secrets.change(tickets[1], subject=secrets.said("title"))
            secrets.whisper(tickets[1 + place % 2])
            secrets.mutter(issues[1])
            secrets.edit(issues[1], summary=secrets.said("summary"))
            box.control.fault(kind, probability=0.15)
            run(house, log)
            box.control.clear_faults()
        wait_for_feeds(people)
        ask_the_cli(house, folder)
        run(house, log)
    house.store.close()

    told_jira = told_to(box.control.requests(JIRA), "tandem", secrets.words["zendesk"])
    told_zendesk = told_to(box.control.requests(ZENDESK), "tandem", secrets.words["jira"])
    assert told_jira + told_zendesk == []
    every = [*secrets.words["zendesk"], *secrets.words["jira"]]
    assert found_in(folder, every) == []
    # What may travel did, and is sealed all the same wherever we keep it.
    assert told_to(box.control.requests(JIRA), "tandem", secrets.public)
    assert [hit for hit in found_in(folder, secrets.public) if not hit.endswith(".txt")] == []


def test_the_hunt_finds_what_is_there(secrets_kept: tuple[House, Secrets, People, Path]) -> None:
    """A hunt that could not find anything would prove nothing."""
    house, secrets, _, folder = secrets_kept
    secrets.whisper(secrets.ticket())
    note = next(word for word in secrets.words["zendesk"] if "note" in word)
    secrets.issue(labels=())
    Desk(house.box, JIRA, "tandem").ask("GET", f"/rest/api/3/issue/{note}", allow=(404,))
    (folder / "some.db").write_bytes(b"\0\0" + note.encode("utf-16-le"))
    assert told_to(house.box.control.requests(JIRA), "tandem", [note])
    assert found_in(folder, [note])
