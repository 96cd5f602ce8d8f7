# SPDX-License-Identifier: Apache-2.0
"""Zendesk is only told of a changed description, in a comment; the change itself goes round a ring all the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from engine.ring_of_four import AZURE, JIRA, PAIRS, SNOW, TRACKERS, ZENDESK, Four, running_ring
from support.jira import doc

ORDERS = list(permutations(PAIRS))


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Four]:
    with running_ring(tmp_path_factory.mktemp("ring")) as four:
        yield four


def describe(four: Four, tracker: str, id_: str, text: str) -> None:
    if tracker == JIRA:
        four.jira.edit(id_, description=doc(text))
    elif tracker == SNOW:
        four.desk.change(id_, description=text)
    else:
        four.azure.set(int(id_), {"Microsoft.VSTS.TCM.ReproSteps": f"<p>{text}</p>"})


def described(four: Four, ids: dict[str, str]) -> dict[str, Any]:
    fields = four.azure.item(int(ids[AZURE]))["fields"]
    return {
        JIRA: repr(four.jira.fields(ids[JIRA])["description"]),
        SNOW: four.desk.read(f"table/incident/{ids[SNOW]}")["description"],
        AZURE: fields["Microsoft.VSTS.TCM.ReproSteps"],
    }


@pytest.mark.parametrize("order", ORDERS[::5], ids=lambda order: "".join(str(PAIRS.index(one)) for one in order))
@pytest.mark.parametrize("tracker", [JIRA, SNOW, AZURE])
def test_a_change_that_one_tracker_is_only_told_of_reaches_all_others(
    four: Four, tracker: str, order: tuple[str, ...]
) -> None:
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    ids, text = four.everywhere(ticket), f"described anew {number}"
    describe(four, tracker, ids[tracker], text)
    four.quiet(order)
    assert [one for one, shown in described(four, ids).items() if text not in shown] == []
    told = {one: sum(text in said for said in texts) for one, texts in four.texts(ids).items()}
    assert told[ZENDESK] == 1
    assert told[tracker] == 0
    assert all(told[one] <= 1 for one in TRACKERS)
