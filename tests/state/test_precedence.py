# SPDX-License-Identifier: Apache-2.0
"""Which of two changes of one field stands: the first decision holds, and what people wrote over what they saw."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tandem.core.rules import Which
from tandem.state import precedence
from tandem.state.precedence import PASSED
from tandem.state.store import Store, Tx, to_db
from tandem.state.tables import event, lease, origin, presence

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HERE = "jira:7"
ELSEWHERE = "desk:1:00000001:subject"


@pytest.fixture
def tx(store: Store) -> Iterator[Tx]:
    """A transaction over an installation with one ticket, of which nothing is told yet."""
    with store.begin() as tx:
        tx.insert(lease, {"pair": "desk__jira", "fence": 1})
        tx.insert(
            origin, {"id": "o", "kind": "ticket", "system": "desk", "native": "1", "private": False, "company": "Desk"}
        )
        for system, native in (("desk", "1"), ("jira", "7")):
            copy = {"origin": "o", "system": system, "kind": "ticket", "native": native, "place": "", "ticket": native}
            tx.insert(presence, {**copy, "former": [], "current": True})
        yield tx


def happened(tx: Tx, number: int, cause: str = "", *, ticket: str = "7", **told: object) -> str:
    """Store one change of the summary at our side, made there or elsewhere; return its cause."""
    entry = f"{number:08d}:summary"
    cause = cause or f"jira:{ticket}:{entry}"
    row = {"pair": "desk__jira", "side": "right", "ticket": ticket, "key": f"field:{entry}", "kind": "field"}
    at = to_db(NOW + timedelta(seconds=number))
    row |= {"field": "summary", "order": f"{number:08d}", "at": at, "person": True, "state": "arrived", "reason": ""}
    tx.insert(event, {**row, "cause": cause, **told})
    return cause


def standing(tx: Tx, one: str, other: str) -> str | None:
    return precedence.order_of(tx, "o").standing(one, other)


def seen(tx: Tx, causes: str) -> None:
    """Changes of other trackers, as they came to ours."""
    for number, cause in enumerate(causes, 1):
        happened(tx, number, cause)


def test_the_first_decision_holds(tx: Tx) -> None:
    seen(tx, "ab")
    assert standing(tx, "a", "b") is None
    assert precedence.settle(tx, "b", "a", NOW) == "b"
    assert precedence.settle(tx, "a", "b", NOW) == "b"
    assert standing(tx, "a", "b") == standing(tx, "b", "a") == "b"


def test_a_decision_holds_over_a_third_change(tx: Tx) -> None:
    seen(tx, "abcd")
    precedence.settle(tx, "b", "a", NOW)
    precedence.settle(tx, "c", "b", NOW)
    assert standing(tx, "a", "c") == standing(tx, "c", "a") == "c"
    assert standing(tx, "a", "d") is None


def test_decisions_that_go_round_tell_nothing_of_the_two_that_never_met(tx: Tx) -> None:
    seen(tx, "abcd")
    for stands, falls in (("b", "a"), ("c", "b"), ("a", "c"), ("c", "d"), ("d", "b")):
        precedence.settle(tx, stands, falls, NOW)
    assert standing(tx, "a", "d") is None


def test_what_people_set_over_what_they_saw_stands(tx: Tx) -> None:
    happened(tx, 1, ELSEWHERE)
    over = happened(tx, 2)
    assert standing(tx, ELSEWHERE, over) == standing(tx, over, ELSEWHERE) == over


def test_what_was_written_over_people_by_us_stands_by_decision_alone(tx: Tx) -> None:
    before = happened(tx, 1)
    happened(tx, 2, ELSEWHERE)
    assert standing(tx, before, ELSEWHERE) is None


@pytest.mark.parametrize("told", [{"person": False}, {"state": "echo"}, {"state": "noted", "reason": PASSED}], ids=str)
def test_what_no_person_meant_stands_over_nothing(tx: Tx, told: dict[str, object]) -> None:
    """A rule of the tracker's, a write of ours, a status on the way of one."""
    happened(tx, 1, ELSEWHERE)
    over = happened(tx, 2, **told)
    assert standing(tx, ELSEWHERE, over) is None


def test_other_tickets_and_fields_tell_nothing(tx: Tx) -> None:
    happened(tx, 1, ELSEWHERE)
    over = [happened(tx, 2, ticket="8"), happened(tx, 3, field="priority")]
    happened(tx, 1, ELSEWHERE, ticket="8")
    assert [standing(tx, ELSEWHERE, one) for one in over] == [None, None]


def test_what_a_field_shows_is_its_last_change(tx: Tx) -> None:
    assert precedence.last_change(tx, "desk__jira", Which.RIGHT, "7", "summary", "l") is None
    happened(tx, 1)
    told = {"author": "Anna", "first_at": "2026-01-02T03:00:00Z"}
    happened(tx, 2, ELSEWHERE, sealed=tx.seal(told))
    happened(tx, 3, state="noted", reason=PASSED)
    last = precedence.last_change(tx, "desk__jira", Which.RIGHT, "7", "summary", "l")
    assert last is not None
    assert (last.cause, last.author, last.at.hour, last.at.minute) == (ELSEWHERE, "Anna", 3, 0)


def test_a_write_that_carries_a_change_again_has_a_name_of_its_own_for_each_that_fell() -> None:
    names = {precedence.again("a", "b"), precedence.again("b", "a"), precedence.again("a", "c")}
    assert len(names) == 3
    assert precedence.again("a", "b") in names
    assert max(map(len, names)) < 60
