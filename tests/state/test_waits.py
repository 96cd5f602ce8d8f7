# SPDX-License-Identifier: Apache-2.0
"""What one process was told to wait holds for all that share the state database."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from engine.memory_house import Bench
from support.sandbox import INCLUDE, running_sandbox
from tandem.budgets import BUDGETS, LONGEST, READ_EVERY, Budgets
from tandem.http import Http
from tandem.state.store import Store, open_store
from tandem.state.vault import Vault, new_keys
from tandem.state.waits import Waits

NOW = 1_800_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    content, hashed = new_keys()
    made = open_store(f"sqlite:///{tmp_path / 'state.db'}", Vault([content], hashed))
    made.migrate()
    return made


def shared(store: Store) -> Budgets:
    budgets = Budgets()
    budgets.share(Waits(store))
    return budgets


def test_each_endpoint_and_ticket_waits_for_itself_in_all_processes(store: Store) -> None:
    one, other = shared(store), shared(store)
    one.limit("jira", "search", None, NOW, 60)
    one.limit("jira", "PUT /issue", "10001", NOW, 30)
    assert other.wait("jira", "search", None, NOW) == (60, False)
    assert other.wait("jira", "PUT /issue", "10001", NOW) == (30, True)
    assert other.wait("jira", "PUT /issue", "10002", NOW) == (0, False)
    assert other.wait("jira", "PUT /issue", None, NOW) == (0, False)
    assert other.wait("zendesk", "search", None, NOW) == (0, False)
    assert other.wait("jira", "search", None, NOW + 61) == (0, False)


def test_the_longer_wait_holds_and_none_is_longer_than_a_quarter_of_an_hour(store: Store) -> None:
    one, other = shared(store), shared(store)
    one.limit("jira", "search", None, NOW, 60)
    other.limit("jira", "search", None, NOW, 5)
    assert shared(store).wait("jira", "search", None, NOW) == (60, False)
    other.limit("jira", "search", None, NOW, 90_000)
    assert shared(store).wait("jira", "search", None, NOW) == (LONGEST, False)


def test_no_request_is_a_call_to_the_database(store: Store) -> None:
    class Counted:
        def __init__(self) -> None:
            self.read = 0

        def waits(self, now: float) -> dict[tuple[str, str, str | None], float]:
            self.read += 1
            return {}

        def keep(self, key: tuple[str, str, str | None], until: float, now: float) -> None:
            raise AssertionError("nothing was told")

    place, budgets = Counted(), Budgets()
    budgets.share(place)
    for number in range(1000):
        budgets.wait("jira", "search", None, NOW + number * READ_EVERY / 1000)
    assert place.read == 1
    budgets.wait("jira", "search", None, NOW + READ_EVERY)
    assert place.read == 2


def test_waits_of_yesterday_are_forgotten(store: Store) -> None:
    waits = Waits(store)
    waits.keep(("jira", "search", None), NOW + 60, NOW)
    waits.keep(("jira", "other", None), NOW + 200_060, NOW + 200_000)
    assert list(waits.waits(NOW)) == [("jira", "other", None)]


def test_a_second_process_does_not_even_ask_while_the_first_was_told_to_wait(store: Store) -> None:
    """Over real HTTP: one process meets the limit and ends; another that begins behind it sends nothing."""
    with running_sandbox() as box:
        place = box["infinity-jira"]
        box.control.fault("rate_limited", "infinity-jira", retry_after="600")
        code = """
import sys, requests
from tandem.budgets import BUDGETS
from tandem.errors import RateLimitedError
from tandem.http import Http
from tandem.state.store import open_store
from tandem.state.vault import Vault
from tandem.state.waits import Waits
BUDGETS.share(Waits(open_store(sys.argv[1], Vault([sys.argv[2]], sys.argv[3]))))
try:
    Http(requests.Session(), sys.argv[4], tenant="jira").request("GET", "/rest/api/3/myself", endpoint="myself")
except RateLimitedError as error:
    print(round(error.retry_after))
"""
        content, hashed = new_keys()
        asked = [str(store.engine.url), content, hashed, place.url]
        box.control.clear_requests()
        for sent in (1, 1):  # the second process adds none
            told = subprocess.run(
                [sys.executable, "-c", code, *asked],
                env={"PYTHONPATH": str(INCLUDE)},
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            assert 500 < int(told.stdout) <= 600
            assert len(box.control.requests("infinity-jira")) == sent
        other = Http(requests.Session(), place.url, tenant="another", clock=time.time)
        box.control.clear_faults()
        assert other.request("GET", "/rest/api/3/serverInfo", endpoint="serverInfo").ok


def test_a_process_whose_task_is_over_asks_a_closed_state_nothing(tmp_path: Path) -> None:
    """What was shared while a task worked is let go of with it: no request fails for a file that is gone."""
    bench = Bench(tmp_path)
    bench.run()
    bench.store.close()
    for file in tmp_path.iterdir():
        if file.name.startswith("state.db"):
            file.unlink()
    assert BUDGETS.wait("jira", "myself", None, NOW) == (0.0, False)
