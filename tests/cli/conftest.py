# SPDX-License-Identifier: Apache-2.0
"""A sandbox for each file of tests of the command line; an installation for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import JIRA, ZENDESK, House

from support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.control.settings(ZENDESK, export_lag=0, search_lag=0)
        running.control.settings(JIRA, search_lag=0)
        yield running


@pytest.fixture
def house(box: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    yield House(box, tmp_path)
    box.control.clear_faults()


@pytest.fixture
def started(house: House) -> House:
    """An installation whose first run is over: what is there by now stays out."""
    said = house.tandem("run", "mercuri-zendesk__infinity-jira")
    assert said.code == 0, said.err
    return house
