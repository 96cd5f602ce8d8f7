# SPDX-License-Identifier: Apache-2.0
"""The pair of ServiceNow and Azure DevOps, killed at each write and at each transaction of its state.

At a write the process of `tandem run` is killed (SIGKILL) before or after the tracker did what was asked, which may be
half of a batch's tickets for all that anybody knows. A normal run of the tests takes a part of the points;
``TANDEM_EXAMPLES=all`` takes each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.deaths import mortal
from engine.development_house import AZURE, SNOW, Both, running_pair
from engine.storms import killed_at

pytestmark = pytest.mark.timeout(900)
ALL = os.environ.get("TANDEM_EXAMPLES") == "all"
WRITES = [
    (SNOW, "POST", r"/table/incident|/batch"),
    (SNOW, "PATCH", r"/table/incident|/batch"),
    (SNOW, "POST", r"/batch"),
    (SNOW, "POST", r"/attachment/file"),
    (AZURE, "POST", r"(?i)/workitems/\$"),
    (AZURE, "PATCH", r"(?i)/workitems/|/\$batch"),
    (AZURE, "PATCH", r"(?i)/\$batch"),
    (AZURE, "POST", r"/attachments"),
]
POINTS = [(write, kind, nth) for write in WRITES for kind in ("hang", "hang_after") for nth in (0, 1)]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    with running_pair(tmp_path) as both:
        yield both


def test_killed_at_any_write(both: Both) -> None:
    first, second = both.incident(short_description="first"), both.item(System__Title="second")
    both.settle()
    control, points, struck = both.box.control, POINTS if ALL else POINTS[::5], 0
    for number, ((tenant, method, path), kind, nth) in enumerate(points):
        both.busy(number, first, second)
        control.advance(12)
        account = both.box[tenant].integration.email
        fault = control.fault(kind, tenant, account=account, method=method, path=path, skip=nth, count=1)
        struck += killed_at(both.house, fault)
        control.clear_faults()
        both.run()
    assert struck >= len(points) // 2, "the faults struck"
    both.settle()
    assert both.wrong(first, second, len(points)) == []
    control.clear_requests()
    assert (both.run()["diff"]["actions"], both.writes()) == (0, [])


def test_killed_at_any_transaction(both: Both) -> None:
    first, second = both.incident(short_description="first"), both.item(System__Title="second")
    both.settle()
    step, point, number = (1 if ALL else 13), 4, 0
    with mortal(both.house.store, both.run) as killed:
        while True:
            both.busy(number, first, second)
            number += 1
            if not killed(point):
                break
            both.run()
            point += step
    assert point > 30
    both.settle()
    assert both.wrong(first, second, number) == []
    both.box.control.clear_requests()
    assert (both.run()["diff"]["actions"], both.writes()) == (0, [])
