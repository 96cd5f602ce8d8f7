# SPDX-License-Identifier: Apache-2.0
"""A file alone goes on over a tracker that tells nobody of what our account stored there: ServiceNow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.ring_of_four import AZURE, JIRA, PAIRS, SNOW, Four, running_ring


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Four]:
    with running_ring(tmp_path_factory.mktemp("ring")) as four:
        yield four


def test_a_file_goes_on_from_a_ticket_that_does_not_change_by_it(four: Four) -> None:
    chain = PAIRS[:3]
    ticket = four.open_ticket("Cart")
    four.quiet()
    ids = four.everywhere(ticket)
    four.azure.attach(int(ids[AZURE]), "plan.txt", b"plan")
    four.quiet(chain)
    [held] = four.desk.read("attachment", query=f"table_sys_id={ids[SNOW]}")
    assert held["file_name"] == "plan.txt"
    assert [file["filename"] for file in four.jira.fields(ids[JIRA])["attachment"]] == ["plan.txt"]
    before = four.box.control.requests(SNOW)
    four.run(chain[1])
    assert not [one for one in four.box.control.requests(SNOW)[len(before) :] if one["path"].endswith("/sys_audit")]
