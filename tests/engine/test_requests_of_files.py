# SPDX-License-Identifier: Apache-2.0
"""By which name a text shows a file is asked of Jira once for each new file, by whatever task of whatever run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.counting import quiet
from engine.house import TENANTS, House
from support.jira import JiraSite, doc, picture
from support.sandbox import RunningSandbox, running_sandbox

ZENDESK, JIRA = TENANTS["mercuri_zendesk"], TENANTS["infinity_jira"]
ISSUES = 5


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.control.settings(ZENDESK, export_lag=0, search_lag=0)
        running.control.settings(JIRA, search_lag=0)
        yield running


def contents(house: House) -> int:
    """How often a file's content was asked for, or where it lies, since this was asked last."""
    asked = house.box.control.requests(JIRA)
    house.box.control.clear_requests()
    return sum("/attachment/content/" in one["path"] for one in asked)


def test_each_file_that_a_text_shows_is_asked_for_once_and_fetched_once(box: RunningSandbox, tmp_path: Path) -> None:
    house, site = House(box, f"sqlite:///{tmp_path / 'state.db'}", patient=False), JiraSite(box[JIRA], box.control)
    house.run()
    issues = [site.create(labels=["customer"], summary=f"Two pictures {number}") for number in range(ISSUES)]
    for issue in issues:
        for name in ("till.png", "shop.png"):
            file = site.attach(issue, name, b"picture of " + name.encode())
            assert site.ask(
                "POST", f"3/issue/{issue}/comment", "elaine", json={"body": picture(site.media_of(str(file["id"])))}
            ).ok
    contents(house)
    quiet(house)
    assert contents(house) == 2 * 2 * ISSUES, "its name, and its bytes"
    for issue in issues:
        assert site.ask("POST", f"3/issue/{issue}/comment", "elaine", json={"body": doc("Any news?")}).ok
    quiet(house)
    assert contents(house) == 0
    house.ahead = timedelta(days=91).total_seconds()
    quiet(house)
    assert site.ask("POST", f"3/issue/{issues[0]}/comment", "elaine", json={"body": doc("Still there?")}).ok
    contents(house)
    quiet(house)
    assert contents(house) == 2, "what was kept long ago was forgotten"
